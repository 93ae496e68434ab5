"""Composing, with three sprites on flat grounds."""

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch

from scenes.compose import Scenes, to_batch
from scenes.layouts import SIZE, Item, Layout
from scenes.prepare import cell

GREY = 128


def sprite(height: int, width: int) -> np.ndarray:
    """Opaque: the left half red, the right half blue, the lowest eighth green."""
    drawing = np.zeros((height, width, 4), np.float32)
    drawing[..., 3] = 1
    drawing[:, : width // 2, 0] = 1
    drawing[:, width // 2 :, 2] = 1
    drawing[-height // 8 :, :, :3] = (0, 1, 0)
    return drawing


class Composing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cells = [cell(sprite(*shape)) for shape in ((200, 200), (60, 240), (240, 50))]
        np.save(Path(folder.name) / "sprites.npy", np.stack([pixels for pixels, _, _ in cells]))
        np.save(Path(folder.name) / "backgrounds.npy", np.full((1, 3, SIZE, SIZE), GREY, np.uint8))
        sprites = [[name, "", width, height] for name, (_, width, height) in zip(("fox", "bus", "tree"), cells)]
        index = {"sprites": sprites, "backgrounds": [["hill", "day", False, "", [200] * SIZE]]}
        (Path(folder.name) / "index.json").write_text(json.dumps(index))
        cls.folder = Path(folder.name)
        cls.scenes = Scenes(cls.folder, SIZE, "cpu")
        cls.aspects = [width / height for _, width, height in cells]

    def layout(self, *items: Item, crop=(0.0, 0.0, float(SIZE))) -> Layout:
        return Layout("hill", "day", 0, list(items), order=list(items), crop=crop)

    def item(self, number: int, height: float, x: float, foot: float, **more) -> Item:
        return Item("fox", number, self.aspects[number], height, x, foot, **more)

    def compose(self, *layouts: Layout, scenes: Scenes | None = None) -> torch.Tensor:
        return (scenes or self.scenes).compose(to_batch(list(layouts))).int()

    def test_a_sprite_is_where_its_item_is_and_nothing_else_changes(self):
        for number in range(3):
            for height in (20, 45, 90):  # from each of the three copies
                item = self.item(number, height, 120, 180)
                picture = self.compose(self.layout(item))[0]
                left, top, right, bottom = (round(edge) for edge in item.box)
                inside = torch.zeros(SIZE, SIZE, dtype=torch.bool)
                inside[max(0, top - 2) : bottom + 2, max(0, left - 2) : right + 2] = True
                self.assertEqual(0, (picture - GREY).abs().amax(0)[~inside].max().item(), (number, height))
                middle = (top + bottom) // 2
                quarter = (right - left) // 4
                self.assertGreater(picture[0, middle, left + quarter], 200, "red on the left")
                self.assertGreater(picture[2, middle, right - quarter], 200, "blue on the right")

    def test_one_by_one_and_all_at_once_are_the_same(self):
        layouts = [
            self.layout(self.item(0, 20, 60, 200, shadow=0.3), self.item(1, 30, 150, 190)),
            self.layout(self.item(2, 120, 128, 220, hidden=0.25), crop=(40.0, 60.0, 180.0)),
            self.layout(self.item(0, 70, 100, 150, angle=12.0, flip=True)),
            self.layout(self.item(2, 40, 200, 230, shadow=0.3), self.item(0, 60, 90, 240)),
        ]
        at_once = Scenes(self.folder, SIZE, "cpu")
        at_once.windows = False
        self.assertLessEqual((self.compose(*layouts) - self.compose(*layouts, scenes=at_once)).abs().max(), 1)

    def test_a_flipped_item_is_mirrored(self):
        straight, flipped = (self.compose(self.layout(self.item(0, 80, 128, 200, flip=flip)))[0] for flip in (False, True))
        self.assertLess((straight.flip(2) - flipped).abs().float().mean(), 1)
        self.assertGreater((straight - flipped).abs().float().mean(), 5)

    def test_water_hides_what_is_below_its_surface(self):
        picture = self.compose(self.layout(self.item(0, 80, 128, 200, hidden=0.25)))[0]
        self.assertLess((picture[:, 190, 128] - GREY).abs().max(), 2)
        self.assertGreater((picture[:, 150, 110] - GREY).abs().max(), 50)

    def test_a_crop_enlarges_what_it_shows(self):
        item = self.item(0, 40, 128, 148)
        near = self.compose(self.layout(item, crop=(88.0, 88.0, 80.0)))[0]
        red = ((near[0] > 200) & (near[2] < 60)).sum().item() / SIZE**2
        self.assertAlmostEqual(0.5 * (40 / 80) ** 2 * 7 / 8, red, delta=0.02)


if __name__ == "__main__":
    unittest.main()
