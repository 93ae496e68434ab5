"""Layouts to pictures, many at once, on a GPU or a CPU: backgrounds are cropped, sprites sampled and blended over them.

scenes = Scenes(folder, size=256, device="cuda")
drawn = scenes.draw(64, seed=1)          # drawn.pictures: bytes [64, 3, 256, 256]; drawn.captions: 64 strings
"""

import dataclasses
import json
import math
import random
from pathlib import Path
from typing import Iterator

import numpy as np
import torch
import torch.nn.functional as F

from .captions import caption
from .layouts import SIZE, Item, Layout, Layouts
from .paint import LIGHTS
from .prepare import CELL

FOLDER = Path(__file__).parent.parent / "data" / "scenes"
LAYERS = 6  # items and extras at most
CHUNK = {"cpu": 16, "cuda": 256}  # scenes at once: what fits a cache, what fills a GPU
# What a place does to the light on its subjects.
PLACE_LIGHT = {
    "space": (0.97, 0.97, 1.02),
    "moon": (0.97, 0.97, 1.0),
    "mars": (1.02, 0.94, 0.91),
    "underwater": (0.86, 0.96, 1.04),
}
WEATHERS = {"rain": 1, "snowfall": 2}


@dataclasses.dataclass
class Drawn:
    """Scenes: bytes `[count, 3, size, size]` on the device, their captions and layouts."""

    pictures: torch.Tensor
    captions: list[str]
    layouts: list[Layout]


@dataclasses.dataclass
class Batch:
    """Layouts as numbers, for the device: `scenes` `[count, 9]` and `layers` `[count, LAYERS, 10]`."""

    scenes: torch.Tensor  # background, crop's x, y and width, light's red, green and blue, style, weather
    layers: torch.Tensor  # sprite or -1, x, y (middle), width, height, angle, flip, hidden, shadow, foam


def to_batch(layouts: list[Layout]) -> Batch:
    scenes = np.zeros((len(layouts), 9), np.float32)
    layers = np.full((len(layouts), LAYERS, 10), -1, np.float32)
    for row, layout in enumerate(layouts):
        light = PLACE_LIGHT.get(layout.place) or LIGHTS[layout.time].subject
        weather = 0 if layout.place in ("room", "plain") else WEATHERS.get(layout.time, 0)
        scenes[row] = (layout.background, *layout.crop, *light, layout.style == "pencil", weather)
        for column, item in enumerate(layout.order[:LAYERS]):
            layers[row, column] = _layer(item)
    return Batch(torch.from_numpy(scenes), torch.from_numpy(layers))


def _layer(item: Item) -> tuple[float, ...]:
    middle = item.foot - item.height / 2
    foam = float(item.hidden > 0)
    return (
        item.sprite,
        item.x,
        middle,
        item.width,
        item.height,
        math.radians(item.angle),
        item.flip,
        item.hidden,
        item.shadow,
        foam,
    )


def index_of(folder: Path | None) -> Path:
    """What `prepare` writes last."""
    return (folder or FOLDER) / "index.json"


class Scenes:
    """Draws scenes of `size` pixels on a device."""

    def __init__(self, folder: Path | None = None, size: int = 256, device: str = "cpu"):
        folder = folder or FOLDER
        if not index_of(folder).exists():
            raise SystemExit(f"{folder} has no scenes yet: python -m training.scenes prepare --out {folder}")
        self.size, self.device = size, torch.device(device)
        self.windows = device == "cpu"  # paste one by one, each in its window: most of a picture has nothing to paste
        self.layouts = Layouts(folder)
        self.sprites = torch.from_numpy(np.load(folder / "sprites.npy", mmap_mode=None if device != "cpu" else "c")).to(device)
        self.backgrounds = torch.from_numpy(np.load(folder / "backgrounds.npy")).to(device)
        sizes = [row[2:] for row in json.loads((folder / "index.json").read_text())["sprites"]]
        self.inside = torch.tensor(sizes, dtype=torch.float32, device=device) / CELL  # the share of a cell that a sprite fills
        steps = (torch.arange(size, device=device, dtype=torch.float32) + 0.5) / size
        self.y, self.x = torch.meshgrid(steps, steps, indexing="ij")
        self.weather = self._weather().to(device)

    def draw(self, count: int, seed: int, split: str = "train", items: int | None = None) -> Drawn:
        """`count` scenes, the same for the same seed; with `items` subjects each, or one to three."""
        rng = random.Random(seed)
        layouts = [self.layouts.draw(rng, split, items) for _ in range(count)]
        captions = [caption(layout, rng) for layout in layouts]
        return Drawn(self.compose(to_batch(layouts)), captions, layouts)

    def captions(self, count: int, seed: int) -> list[str]:
        """Captions alone, for a tokenizer."""
        rng = random.Random(seed)
        return [caption(self.layouts.draw(rng), rng) for _ in range(count)]

    def stream(self, count: int, seed: int, workers: int, split: str = "train") -> Iterator[Drawn]:
        """Endless batches of `count`; on a machine with cores to spare, `workers` processes lay the scenes out."""
        loader = torch.utils.data.DataLoader(
            _Stream(self.layouts, count, seed, split),
            batch_size=None,
            num_workers=workers,
            prefetch_factor=4 if workers else None,
        )
        for batch, captions, layouts in loader:
            yield Drawn(self.compose(batch), captions, layouts)

    @torch.no_grad()
    def compose(self, batch: Batch) -> torch.Tensor:
        """Bytes `[count, 3, size, size]`."""
        chunk = CHUNK[self.device.type]
        parts = zip(batch.scenes.split(chunk), batch.layers.split(chunk))
        return torch.cat([self._compose(scenes.to(self.device), layers) for scenes, layers in parts])

    def _compose(self, scenes: torch.Tensor, layers: torch.Tensor) -> torch.Tensor:
        background, x, y, width = scenes[:, 0].long(), *scenes[:, 1:4, None, None].unbind(1)
        # Where each pixel of the picture is on the background of 256 pixels.
        px, py = x + self.x * width, y + self.y * width
        grid = torch.stack([px, py], -1) * (2 / SIZE) - 1
        picture = F.grid_sample(self.backgrounds[background].float() / 255, grid, padding_mode="border", align_corners=False)
        for layer in layers.unbind(1):
            rows = torch.nonzero(layer[:, 0] >= 0).flatten()
            if len(rows) == 0:
                break
            if self.windows:
                for row in rows.tolist():
                    one = slice(row, row + 1)
                    window = (one, *self._window(layer[row], scenes[row]))
                    under = picture[one, :, window[1], window[2]]
                    under.copy_(self._paste(under, layer[one], px[window], py[window], scenes[one]))
            else:
                layer, rows = layer[rows].to(self.device), rows.to(self.device)
                picture[rows] = self._paste(picture[rows], layer, px[rows], py[rows], scenes[rows])
        return (self._finish(picture, scenes) * 255).round().clamp(0, 255).to(torch.uint8)

    def _window(self, layer: torch.Tensor, scene: torch.Tensor) -> tuple[slice, slice]:
        """The rows and columns of the picture that an item can touch, its shadow and foam too."""
        _, x, y, width, height, *_ = layer.tolist()
        _, left, top, shown, *_ = scene.tolist()
        reach_x, reach_y = 0.70 * width + 0.12 * height + 3, 0.62 * height + 0.16 * width + 4
        scale = self.size / shown
        spans = ((y - reach_y - top, y + reach_y - top), (x - reach_x - left, x + reach_x - left))
        return tuple(slice(max(0, math.floor(low * scale)), max(1, math.ceil(high * scale))) for low, high in spans)

    def _paste(
        self, under: torch.Tensor, layer: torch.Tensor, px: torch.Tensor, py: torch.Tensor, scenes: torch.Tensor
    ) -> torch.Tensor:
        sprite = layer[:, 0].long()
        x, y, width, height, angle, flip, hidden, shadow, foam = layer[:, 1:, None, None].unbind(1)
        dx, dy = px - x, py - y
        if bool((shadow > 0).any()):
            distance = torch.hypot(dx / (width * 0.46), (dy - height * 0.49) / (width * 0.11).clamp(min=2.2))
            under = under * (1 - shadow * ((1.25 - distance) / 0.7).clamp(0, 1) ** 1.5)[:, None]
        cosine, sine = torch.cos(angle), torch.sin(angle)
        u = (dx * cosine + dy * sine) / width * (1 - 2 * flip)  # from -0.5 to 0.5 over the sprite's box
        v = (dy * cosine - dx * sine) / height
        # The copy that is no more than twice as large as what is drawn.
        drawn = height.flatten() / scenes[:, 3] * self.size
        level = torch.log2(self.inside[sprite, 1] * CELL / drawn.clamp(min=1)).floor().clamp(0, 2)
        side = CELL * 0.5**level
        left, top = torch.where(level > 0, 1.0, 0.0) * CELL, torch.where(level > 1, 0.5, 0.0) * CELL
        texture, columns, rows = self.sprites[sprite], CELL * 1.5, CELL
        if len(layer) == 1:  # take that copy alone
            x0, y0, columns = int(left), int(top), int(side)
            texture, left, top, rows = texture[:, :, y0 : y0 + columns, x0 : x0 + columns], 0 * left, 0 * top, columns
        inside = self.inside[sprite] * side[:, None]
        # Outside of the box the sample stays on the cell's empty margin: two pixels beyond the edge, at any level.
        limit = (0.5 + 2 / inside)[..., None, None]
        u = torch.minimum(torch.maximum(u, -limit[:, 0]), limit[:, 0])
        v = torch.minimum(torch.maximum(v, -limit[:, 1]), limit[:, 1])
        column = (left + side / 2)[:, None, None] + u * inside[:, 0, None, None]
        row = (top + side / 2)[:, None, None] + v * inside[:, 1, None, None]
        grid = torch.stack([column * (2 / columns) - 1, row * (2 / rows) - 1], -1)
        sample = F.grid_sample(texture.float() / 255, grid, align_corners=False)
        light = scenes[:, 4:7, None, None]
        colour, alpha = (sample[:, :3] * light).clamp(max=1), sample[:, 3:]
        if bool((hidden > 0).any()):  # water hides what is below its surface
            shown = ((0.5 - hidden - v) * height / 2 + 0.5).clamp(0, 1).where(hidden > 0, 1.0)[:, None]
            colour, alpha = colour * shown, alpha * shown
        out = colour + under * (1 - alpha)
        if bool((foam > 0).any()):
            surface = (dy - height * (0.5 - hidden)).abs() / 2.4
            ripple = 0.75 + 0.25 * torch.sin(dx * 0.9 + x) * torch.sin(dx * 0.37)
            edge = ((width * 0.62 - dx.abs()) / 10).clamp(0, 1)
            out = torch.lerp(
                out, (0.55 + 0.45 * light).expand_as(out), ((1 - surface).clamp(0, 1) * ripple * edge * foam * 0.75)[:, None]
            )
        return out

    def _finish(self, picture: torch.Tensor, scenes: torch.Tensor) -> torch.Tensor:
        weather = scenes[:, 8].long()
        for kind in (1, 2):
            rows = torch.nonzero(weather == kind).flatten()
            if len(rows):
                numbers = (scenes[rows, 0].long() + scenes[rows, 1].long()) % self.weather.shape[1]
                veil = self.weather[kind - 1, numbers][:, None]
                picture[rows] = picture[rows] + (1 - picture[rows]) * veil
        rows = torch.nonzero(scenes[:, 7] > 0).flatten()
        if len(rows):
            picture[rows] = pencil(picture[rows])
        return picture

    def _weather(self, count: int = 6) -> torch.Tensor:
        """Veils of rain and of snow in front of a scene, `[2, count, size, size]`."""
        from PIL import Image, ImageDraw

        rng, veils = random.Random(0), []
        for kind in ("rain", "snow"):
            for _ in range(count):
                image = Image.new("L", (512, 512))
                draw = ImageDraw.Draw(image)
                for _ in range(110):
                    x, y, length = rng.uniform(0, 512), rng.uniform(-20, 512), rng.uniform(14, 30)
                    if kind == "rain":
                        draw.line((x, y, x - length * 0.25, y + length), fill=100, width=2)
                    else:
                        radius = rng.uniform(1.6, 4.6)
                        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=220)
                small = image.resize((self.size, self.size), Image.Resampling.LANCZOS)
                veils.append(torch.from_numpy(np.asarray(small, np.float32) / 255))
        return torch.stack(veils).view(2, count, self.size, self.size)


def pencil(picture: torch.Tensor) -> torch.Tensor:
    """A pencil drawing of a picture: grey divided by its blurred self leaves the outlines (a colour dodge)."""
    grey = (picture * picture.new_tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True)
    radius = max(1, picture.shape[-1] // 64)
    kernel = torch.arange(-3 * radius, 3 * radius + 1, device=picture.device, dtype=picture.dtype)
    kernel = torch.softmax(-0.5 * (kernel / radius) ** 2, 0)
    padded = F.pad(grey, (3 * radius,) * 4, mode="replicate")
    blurred = F.conv2d(F.conv2d(padded, kernel[None, None, None]), kernel[None, None, :, None])
    lines = (grey / blurred.clamp(min=0.02)).clamp(0, 1) ** 2.2
    shaded = lines * (0.80 + 0.20 * grey)
    return shaded * picture.new_tensor([1.0, 0.985, 0.95])[:, None, None]


class _Stream(torch.utils.data.IterableDataset):
    """Layouts and captions without end; each worker has its own seeds."""

    def __init__(self, layouts: Layouts, count: int, seed: int, split: str):
        self.layouts, self.count, self.seed, self.split = layouts, count, seed, split

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        number, workers = (worker.id, worker.num_workers) if worker else (0, 1)
        while True:
            rng = random.Random(f"stream {self.seed} {number}")  # other scenes than those of `draw`
            layouts = [self.layouts.draw(rng, self.split) for _ in range(self.count)]
            yield to_batch(layouts), [caption(layout, rng) for layout in layouts], layouts
            number += workers
