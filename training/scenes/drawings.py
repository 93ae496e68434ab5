"""The drawings that scenes are made of: Microsoft's Fluent 3D set (MIT), as the npm package below has it in 256 pixels.

A drawing is a float array `[height, width, 4]`, straight alpha, trimmed. People and many animals are heads or busts there:
`figure` gives them a body, shaded like the set.
"""

import colorsys
import io
import subprocess
import tarfile
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from .lexicon import Entry

PACKAGE = "@lobehub/fluent-emoji-3d@1.1.0"
CLOTHES = ("#e4574c", "#3f7fd6", "#3aa76d", "#f2b23c", "#8a5cd0", "#ef7fa7", "#34a7b8", "#f58442")
TROUSERS = ("#3d5a8f", "#5b4a43", "#6d7b8a", "#7a4e8f")
PEOPLE = (
    "boy",
    "girl",
    "child",
    "baby",
    "man",
    "woman",
    "old man",
    "old woman",
    "santa claus",
    "mrs claus",
    "clown",
    "cowboy",
)
DRESSES = ("girl", "woman", "old woman", "mrs claus")
# What busts wear below: legs or a robe, and its colour; None takes the bust's own.
LEGS = {
    "princess": ("robe", "#7d55c7"), "prince": ("legs", "#f4f0e6"), "king": ("robe", "#b8405a"), "wizard": ("robe", "#3f6fd0"),
    "witch": ("robe", "#3f6fd0"), "elf": ("robe", "#5d9a4a"), "superhero": ("legs", "#3f7fd6"), "judge": ("robe", "#2f2b3a"),
    "student": ("robe", "#2f2b3a"), "vampire": ("legs", "#2f2b3a"), "ninja": ("legs", None), "farmer": ("legs", "#4a78b8"),
    "pilot": ("legs", "#3a4a78"), "cook": ("legs", "#5a6472"), "firefighter": ("legs", "#6a5a3c"), "troll": ("legs", "#6b4a35"),
    "doctor": ("legs", "#5f7fb0"), "scientist": ("legs", "#5a6472"), "royal guard": ("legs", "#2b2f45"),
}  # fmt: skip
# Hues by name, in turns; white, black and grey are made by taking the colour away.
HUES = {"red": 0.0, "orange": 0.075, "yellow": 0.14, "green": 0.36, "blue": 0.59, "purple": 0.75, "pink": 0.92}


def rgb(colour: str) -> np.ndarray:
    """'#rrggbb' as three floats in [0, 1]."""
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], np.float32) / 255


def fetch(folder: Path) -> Path:
    """The set's folder; downloaded by npm the first time."""
    if not (folder / "package.json").exists():
        with tempfile.TemporaryDirectory() as temporary:
            command = ["npm", "pack", "--silent", "--pack-destination", temporary, PACKAGE]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            with tarfile.open(next(Path(temporary).glob("*.tgz"))) as tar:
                members = [member for member in tar.getmembers() if member.isfile()]
                for member in members:
                    member.name = member.name.removeprefix("package/")
                tar.extractall(folder, members, filter="data")
    return folder


class Drawings:
    """The set's drawings by code point."""

    def __init__(self, folder: Path):
        self.assets = folder / "assets"
        self.cache: dict[str, np.ndarray] = {}

    def load(self, code: str) -> np.ndarray:
        if code not in self.cache:
            image = Image.open(io.BytesIO((self.assets / f"{code}.webp").read_bytes())).convert("RGBA")
            self.cache[code] = trim(np.asarray(image, np.float32) / 255)
        return self.cache[code]

    def of(self, subject: Entry, rng: np.random.Generator, code: str | None = None) -> np.ndarray:
        """The subject as it stands in a scene, with a body where its drawing is only a head."""
        drawing = self.load(code or subject.drawings[rng.integers(len(subject.drawings))])
        if subject.moves == "floats":
            drawing = without_water(drawing)
        if subject.form == "head":
            return with_body(drawing, subject, rng)
        if subject.form == "bust":
            return with_legs(drawing, subject)
        return drawing


def trim(drawing: np.ndarray) -> np.ndarray:
    rows, columns = np.where(drawing[..., 3] > 0.08)
    return drawing[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def resize(drawing: np.ndarray, height: float) -> np.ndarray:
    """To `height` pixels, by premultiplied alpha so that edges keep their colour."""
    width = max(1, round(drawing.shape[1] * height / drawing.shape[0]))
    size = (width, max(1, round(height)))
    premultiplied = np.concatenate([drawing[..., :3] * drawing[..., 3:], drawing[..., 3:]], -1)
    planes = [np.asarray(Image.fromarray(premultiplied[..., k]).resize(size, Image.Resampling.LANCZOS)) for k in range(4)]
    planes = np.clip(np.stack(planes, -1), 0, 1)
    alpha = planes[..., 3:]
    return np.concatenate([np.where(alpha > 1e-3, planes[..., :3] / np.maximum(alpha, 1e-3), 0).clip(0, 1), alpha], -1)


def without_water(boat: np.ndarray) -> np.ndarray:
    """Boats of the set come with blue water below, which a scene has its own of."""
    drawing = boat.copy()
    red, _, blue, alpha = np.moveaxis(drawing, -1, 0)
    water = (blue > red + 0.18) & (blue > 0.45)
    water[: int(len(water) * 0.72)] = False
    drawing[..., 3] = np.where(water, 0, alpha)
    return trim(drawing)


def recoloured(drawing: np.ndarray, colour: str) -> np.ndarray | None:
    """The drawing with its main hue replaced; None where it has no main hue or has that colour already."""
    hsv = np.asarray(Image.fromarray((drawing[..., :3] * 255).astype(np.uint8)).convert("HSV"), np.float32) / 255
    hue, saturation, value = np.moveaxis(hsv, -1, 0)
    strong = (drawing[..., 3] > 0.5) & (saturation > 0.35) & (value > 0.25)
    if strong.sum() < 0.25 * (drawing[..., 3] > 0.5).sum():
        return None
    bins = np.bincount((hue[strong] * 24).astype(int) % 24, minlength=24)
    smoothed = bins + np.roll(bins, 1) + np.roll(bins, -1)
    main = (smoothed.argmax() + 0.5) / 24
    distance = (HUES[colour] - main + 0.5) % 1 - 0.5
    if smoothed.max() < 0.5 * strong.sum() or abs(distance) < 0.05:
        return None
    near = np.abs((hue - main + 0.5) % 1 - 0.5) < 0.09
    hsv[..., 0] = np.where(near, (hue + distance) % 1, hue)
    if colour == "yellow":  # a dark yellow is olive
        hsv[..., 2] = np.where(near & (saturation > 0.2), np.clip(value * 1.25, 0, 1), value)
    changed = Image.fromarray((hsv * 255).astype(np.uint8), "HSV").convert("RGB")
    return np.concatenate([np.asarray(changed, np.float32) / 255, drawing[..., 3:]], -1)


def main_colour(drawing: np.ndarray) -> str | None:
    """The name of the colour that most of a drawing has, if one has."""
    pixels = drawing[drawing[..., 3] > 0.5][::7, :3]
    hsv = np.array([colorsys.rgb_to_hsv(*pixel) for pixel in pixels])
    strong = hsv[(hsv[:, 1] > 0.35) & (hsv[:, 2] > 0.25)]
    if len(strong) < 0.55 * len(hsv):
        return None
    names = list(HUES)
    hues = np.array(list(HUES.values()))
    nearest = np.abs((strong[:, :1] - hues + 0.5) % 1 - 0.5).argmin(1)
    counts = np.bincount(nearest, minlength=len(names))
    return names[counts.argmax()] if counts.max() > 0.75 * len(strong) else None


# --- bodies ----------------------------------------------------------------------------------------------------------


class Figure:
    """A canvas for a body: soft shapes, lit from above like the set."""

    def __init__(self, height: int, width: int):
        self.pixels = np.zeros((height, width, 4), np.float32)
        self.y, self.x = np.mgrid[0:height, 0:width].astype(np.float32)

    def ellipse(self, x: float, y: float, rx: float, ry: float) -> np.ndarray:
        return (1 - np.hypot((self.x - x) / rx, (self.y - y) / ry)) * min(rx, ry) / 1.6 + 0.5

    def capsule(self, x0: float, y0: float, x1: float, y1: float, radius: float) -> np.ndarray:
        dx, dy = x1 - x0, y1 - y0
        along = np.clip(((self.x - x0) * dx + (self.y - y0) * dy) / (dx * dx + dy * dy + 1e-6), 0, 1)
        return (radius - np.hypot(self.x - x0 - along * dx, self.y - y0 - along * dy)) / 1.6 + 0.5

    def put(self, mask: np.ndarray, colour: np.ndarray) -> None:
        mask = np.clip(mask, 0, 1)
        rows, columns = np.where(mask > 0.5)
        if len(rows) == 0:
            return
        top, bottom, left, right = rows.min(), rows.max(), columns.min(), columns.max()
        light = 1.10 - 0.32 * (self.y - top) / max(1, bottom - top)
        light -= 0.12 * np.abs((self.x - (left + right) / 2) / max(1, (right - left) / 2)) ** 2
        self.over(np.concatenate([np.clip(colour * light[..., None], 0, 1), mask[..., None]], -1), 0, 0)

    def over(self, drawing: np.ndarray, x: int, y: int) -> None:
        height, width = drawing.shape[:2]
        under = self.pixels[y : y + height, x : x + width]
        alpha = drawing[: under.shape[0], : under.shape[1], 3:]
        under[..., :3] = under[..., :3] * (1 - alpha) + drawing[: under.shape[0], : under.shape[1], :3] * alpha
        under[..., 3:] = np.maximum(under[..., 3:], alpha)


def fur(head: np.ndarray) -> np.ndarray:
    """An animal's own colour: the median over the cheeks."""
    middle = head[int(len(head) * 0.28) : int(len(head) * 0.6)].reshape(-1, 4)
    return np.median(middle[middle[:, 3] > 0.8][:, :3], 0)


def skin(head: np.ndarray) -> np.ndarray:
    """A person's skin: the median between the eyes and the mouth."""
    height, width = head.shape[:2]
    middle = head[int(height * 0.55) : int(height * 0.7), int(width * 0.35) : int(width * 0.65)].reshape(-1, 4)
    return np.median(middle[middle[:, 3] > 0.8][:, :3], 0)


def with_body(drawing: np.ndarray, subject: Entry, rng: np.random.Generator) -> np.ndarray:
    """A small body in a shirt or dress below a head; one arm may wave."""
    head = resize(drawing, 300)
    figure = Figure(504, max(400, head.shape[1] + 8))
    centre, top = figure.pixels.shape[1] / 2, 272
    person = subject.name in PEOPLE
    colour = skin(head) if person else fur(head)
    mean = head[..., :3][head[..., 3] > 0.8].mean(0)
    clothes = [each for each in map(rgb, CLOTHES) if np.abs(each - mean).sum() > 0.62] or [rgb(CLOTHES[0])]
    shirt = clothes[rng.integers(len(clothes))]
    legs = rgb(TROUSERS[rng.integers(len(TROUSERS))]) if person else colour * 0.9
    for side in (-1, 1):
        figure.put(figure.capsule(centre + side * 34, top + 120, centre + side * 38, top + 190, 26), legs)
        figure.put(figure.ellipse(centre + side * 46, top + 208, 36, 20), rgb("#4a3a3a") if person else colour * 0.8)
    for side, waves in ((-1, rng.random() < 0.4), (1, False)):
        hand = top + (4 if waves else 108)
        figure.put(figure.capsule(centre + side * 66, top + 40, centre + side * 104, hand, 21), shirt * 0.93)
        figure.put(figure.ellipse(centre + side * 108, hand + (-12 if waves else 12), 20, 20), colour)
    if subject.name in DRESSES:
        reach = 48 + (figure.y - top) * 0.30
        hem = ((figure.y < top + 148) & (figure.y > top - 8)).astype(np.float32)
        figure.put(np.clip((reach - np.abs(figure.x - centre)) / 1.6 + 0.5, 0, 1) * hem, shirt)
    else:
        sides = [figure.capsule(centre + side * 28, top + 36, centre + side * 28, top + 104, 48) for side in (-1, 1)]
        figure.put(np.maximum.reduce([*sides, figure.ellipse(centre, top + 80, 56, 80)]), shirt)
        if not person:
            figure.put(figure.ellipse(centre, top + 92, 34, 44), shirt * 0.45 + 0.55)
    figure.over(head, int(centre - head.shape[1] / 2), 0)
    return trim(figure.pixels)


def with_legs(drawing: np.ndarray, subject: Entry) -> np.ndarray:
    """Legs or a robe below a bust."""
    bust = resize(drawing, 300)
    height, width = bust.shape[:2]
    shape, colour = LEGS.get(subject.name, ("legs", None))
    figure = Figure(504, width + 40)
    low = bust[int(height * 0.80) : int(height * 0.97)].reshape(-1, 4)
    cloth = rgb(colour) if colour else np.median(low[low[:, 3] > 0.8][:, :3], 0)
    columns = np.where(bust[int(height * 0.90), :, 3] > 0.4)[0]
    half, middle = (columns.max() - columns.min()) / 2 * 0.97, 20 + (columns.max() + columns.min()) / 2
    top = height - 12
    if shape == "robe":
        reach = half * (0.82 + 0.42 * np.clip((figure.y - top) / 156, 0, 1) ** 1.2)
        hem = top + 156 - 10 * ((figure.x - middle) / half) ** 2
        mask = np.clip(reach - np.abs(figure.x - middle) + 0.5, 0, 1) * np.clip(hem - figure.y + 0.5, 0, 1)
        figure.put(mask * (figure.y > top - 20), cloth)
    else:
        stance = half * 0.46
        for side in (-1, 1):
            figure.put(figure.capsule(middle + side * stance, top + 36, middle + side * stance, top + 124, half * 0.36), cloth)
        figure.put(figure.capsule(middle - stance * 0.8, top + 8, middle + stance * 0.8, top + 8, 44), cloth)
        shoe = cloth * 0.55 if colour else rgb("#5a5264")
        for side in (-1, 1):
            figure.put(figure.ellipse(middle + side * (stance + 6), top + 144, half * 0.46, 24), shoe)
    figure.over(bust, 20, 0)
    return trim(figure.pixels)
