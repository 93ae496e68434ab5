"""Brushes for backgrounds: a canvas of 256 x 256 float pixels, skies and light by the time of day, soft shapes.

Coordinates are pixels from the top left. A background knows where its ground is, so that subjects stand on it.
"""

import dataclasses

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .drawings import Drawings, resize, rgb

SIZE = 256
Y, X = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)


@dataclasses.dataclass(frozen=True)
class Light:
    """A time of day: the sky from top to horizon, what it does to the ground and to the subjects, the colour of clouds."""

    sky: tuple[str, str, str]
    ground: tuple[float, float, float]
    subject: tuple[float, float, float]
    cloud: str
    body: str = ""  # sun, moon or nothing


LIGHTS = {
    "day": Light(("#4aa8ee", "#8ecdf8", "#dff3fd"), (1, 1, 1), (1, 1, 1), "#ffffff", "sun"),
    "morning": Light(("#7fbfee", "#c4e2f2", "#ffe6c4"), (1, 0.98, 0.90), (1.02, 1, 0.95), "#fff4e6", "sun"),
    "sunset": Light(("#5a5aa8", "#f0857a", "#ffd48a"), (0.98, 0.78, 0.68), (1.02, 0.92, 0.84), "#ffc3a8", "sun"),
    "dusk": Light(("#2c3170", "#7c64ae", "#f3aaa6"), (0.66, 0.62, 0.82), (0.92, 0.87, 0.98), "#b79ac8", "moon"),
    # Subjects keep most of their light at night, or they would be dull.
    "night": Light(("#0a1136", "#1a2a66", "#41569c"), (0.36, 0.42, 0.68), (0.86, 0.88, 1.03), "#5a6cb0", "moon"),
    "rain": Light(("#7f93a8", "#a3b3c2", "#c9d3da"), (0.78, 0.84, 0.88), (0.93, 0.96, 0.98), "#e4eaee"),
    "snowfall": Light(("#a9b9d0", "#c6d2e2", "#e6ecf4"), (0.92, 0.95, 1.0), (0.97, 0.98, 1.0), "#eef2f8"),
    "fog": Light(("#bcc6cc", "#ced6da", "#dfe4e6"), (0.90, 0.93, 0.94), (0.97, 0.98, 0.99), "#e8ecee"),
}
DARK = ("dusk", "night")


def mix(first, second, share):
    return first * (1 - share) + second * share


class Canvas:
    """A picture in the making, and the chance that makes each one different."""

    def __init__(self, rng: np.random.Generator, time: str, drawings: Drawings):
        self.rng, self.time, self.drawings = rng, time, drawings
        self.light = LIGHTS[time]
        self.pixels = np.zeros((SIZE, SIZE, 3), np.float32)
        self.body: tuple[float, float, float] | None = None  # the sun's or moon's x, y and radius

    # --- chance ---

    def uniform(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def pick(self, values):
        return values[self.rng.integers(len(values))]

    # --- colours ---

    @property
    def ground_light(self) -> np.ndarray:
        return np.array(self.light.ground, np.float32)

    @property
    def horizon(self) -> np.ndarray:
        return rgb(self.light.sky[2])

    # --- brushes ---

    def over(self, colour: np.ndarray, mask: np.ndarray) -> None:
        """Paints a colour, or a picture of colours, where the mask is."""
        alpha = np.clip(mask, 0, 1)[..., None]
        self.pixels += (colour - self.pixels) * alpha

    def dab(self, x: float, y: float, rx: float, ry: float, colour: np.ndarray, opacity: float = 1, soft: float = 1.2) -> None:
        """A small ellipse; touches only the pixels around it."""
        x0, x1 = int(np.clip(x - rx - soft - 1, 0, SIZE)), int(np.clip(x + rx + soft + 2, 0, SIZE))
        y0, y1 = int(np.clip(y - ry - soft - 1, 0, SIZE)), int(np.clip(y + ry + soft + 2, 0, SIZE))
        distance = np.hypot((X[y0:y1, x0:x1] - x) / rx, (Y[y0:y1, x0:x1] - y) / ry)
        alpha = (np.clip((1 - distance) * min(rx, ry) / soft + 0.5, 0, 1) * opacity)[..., None]
        window = self.pixels[y0:y1, x0:x1]
        window += (colour - window) * alpha

    def gradient(self, stops: list[tuple[float, np.ndarray]], along: np.ndarray = Y) -> np.ndarray:
        places = [place for place, _ in stops]
        return np.stack([np.interp(along, places, [colour[k] for _, colour in stops]) for k in range(3)], -1).astype(
            np.float32
        )

    def noise(self, *octaves: tuple[int, float]) -> np.ndarray:
        """Smooth noise in [0, 1]: grids of so many cells with so much weight."""
        total = np.zeros((SIZE, SIZE), np.float32)
        for cells, weight in octaves:
            grid = Image.fromarray(self.rng.random((cells + 1, cells + 1)).astype(np.float32))
            total += weight * np.asarray(grid.resize((SIZE, SIZE), Image.Resampling.BICUBIC))
        return total / sum(weight for _, weight in octaves)

    def draw(self) -> ImageDraw.ImageDraw:
        """Pillow's brush, for thin lines; `end_draw` takes what it drew."""
        self._image = Image.fromarray((np.clip(self.pixels, 0, 1) * 255).astype(np.uint8))
        return ImageDraw.Draw(self._image)

    def end_draw(self) -> None:
        self.pixels = np.asarray(self._image, np.float32) / 255

    def paste(
        self, code: str, x: float, foot: float, height: float, haze: float = 0, flip: bool = False, shadow: bool = True
    ) -> None:
        """A drawing of the set as a part of the background."""
        drawing = resize(self.drawings.load(code), height)
        drawing = drawing[:, ::-1] if flip else drawing
        rows, columns = drawing.shape[:2]
        if shadow:
            self.shade(x, foot, columns * 0.42)
        left, top = round(x - columns / 2), round(foot - rows)
        x0, y0, x1, y1 = max(0, left), max(0, top), min(SIZE, left + columns), min(SIZE, top + rows)
        if x1 <= x0 or y1 <= y0:
            return
        part = drawing[y0 - top : y1 - top, x0 - left : x1 - left]
        colour = mix(np.clip(part[..., :3] * np.array(self.light.subject, np.float32), 0, 1), self.horizon, haze)
        window = self.pixels[y0:y1, x0:x1]
        window += (colour - window) * part[..., 3:]

    def shade(self, x: float, y: float, width: float) -> None:
        """The soft shadow of something that stands at `x`, `y`."""
        distance = np.hypot((X - x) / width, (Y - y) / max(2.5, width * 0.2))
        self.pixels *= (1 - 0.34 * np.clip((1.25 - distance) / 0.6, 0, 1) ** 1.5)[..., None]

    # --- what many places have ---

    def sky(self, horizon: float, clouds: bool = True, body: bool = True) -> None:
        colours = [rgb(colour) for colour in self.light.sky]
        stops = [(0, colours[0]), (horizon * 0.6, colours[1]), (horizon, colours[2]), (SIZE, colours[2])]
        self.pixels = self.gradient(stops)
        if self.time == "night":
            self.stars(80, horizon)
        if self.time == "dusk":
            self.stars(24, horizon * 0.5, 0.6)
        if body and self.light.body == "sun":
            self._sun(horizon)
        if body and self.light.body == "moon":
            self._moon(horizon)
        if clouds:
            many = 2 if self.time in ("rain", "snowfall") else 0
            for _ in range(self.rng.integers(0, 3) + many):
                height = self.uniform(0.12, 0.6) * horizon
                self.cloud(
                    self.uniform(0, SIZE),
                    height,
                    self.uniform(50, 105),
                    rgb(self.light.cloud),
                    0.55 if self.time == "night" else 0.9,
                )

    def _sun(self, horizon: float) -> None:
        height, radius = {"day": (0.16, 16), "morning": (0.62, 19), "sunset": (0.80, 24)}[self.time]
        colour = rgb({"day": "#fff3b8", "morning": "#fff0c0", "sunset": "#ffe08a"}[self.time])
        x, y = self.uniform(0.15, 0.85) * SIZE, height * horizon
        distance = np.hypot(X - x, Y - y)
        self.over(colour, 0.55 * np.exp(-np.maximum(distance - radius, 0) / 26))
        self.over(mix(colour, 1.0, 0.35), np.clip((radius - distance) / 2 + 0.5, 0, 1))
        self.body = (x, y, radius)

    def _moon(self, horizon: float) -> None:
        x, y, radius = self.uniform(0.15, 0.85) * SIZE, self.uniform(0.2, 0.32) * horizon + 8, self.uniform(15, 20)
        distance = np.hypot(X - x, Y - y)
        self.over(rgb("#dfe8ff"), 0.32 * np.exp(-np.maximum(distance - radius, 0) / 22))
        disc = np.clip((radius - distance) / 1.6 + 0.5, 0, 1)
        if self.chance(0.5):  # a crescent
            disc = np.clip(
                disc - np.clip((radius * 0.88 - np.hypot(X - x - radius * 0.45, Y - y + radius * 0.2)) / 1.6 + 0.5, 0, 1), 0, 1
            )
        self.over(rgb("#fff6d8"), disc)
        self.body = (x, y, radius)

    def stars(self, count: int, bottom: float = SIZE, opacity: float = 1) -> None:
        for _ in range(count):
            x, y = self.uniform(0, SIZE), self.rng.random() ** 1.2 * bottom
            radius = 0.6 + 1.2 * self.rng.random() ** 4
            self.dab(x, y, radius, radius, rgb(self.pick(["#ffffff", "#ffffff", "#ffe9b0"])), opacity * self.uniform(0.45, 1))
        for _ in range(4):  # some with rays
            x, y, reach = self.uniform(0, SIZE), self.uniform(0, 0.8) * bottom, self.uniform(3.5, 6.5)
            across = np.clip(1 - np.abs(X - x) / 0.9, 0, 1) * np.clip(1 - np.abs(Y - y) / reach, 0, 1)
            along = np.clip(1 - np.abs(Y - y) / 0.9, 0, 1) * np.clip(1 - np.abs(X - x) / reach, 0, 1)
            self.over(rgb("#fffbe8"), np.maximum(across, along) * 0.95 * opacity)

    def cloud(self, x: float, y: float, width: float, colour: np.ndarray, opacity: float = 0.92) -> None:
        mask = np.zeros((SIZE, SIZE), np.float32)
        puffs = self.rng.integers(4, 7)
        for index in range(puffs):
            along = (index + 0.5) / puffs - 0.5
            radius = width * (0.25 - 0.42 * along**2) * self.uniform(0.75, 1.25)
            cx, cy = x + along * width, y - radius * self.uniform(0.45, 0.85)
            distance = np.hypot((X - cx) / (radius * 1.08), (Y - cy) / radius)
            mask = np.maximum(mask, (1 - distance) * radius / 2.5 + 0.5)
        base = np.hypot((X - x) / (width * 0.5), (Y - y + width * 0.05) / (width * 0.075))
        mask = np.clip(np.maximum(mask, (1 - base) * width * 0.03 + 0.5), 0, 1)
        shaded = colour * (1 - 0.16 * np.clip((Y - y + width * 0.3) / (width * 0.34), 0, 1) ** 1.3)[..., None]
        self.over(shaded, mask * opacity)

    def ground(
        self, y: float, swing: float, top: str, bottom: str, haze: float = 0, waves: float = 1.6, texture: float = 0.04
    ) -> np.ndarray:
        """Ground from a wavy line down; the line, `[SIZE]`."""
        phase = self.rng.random(3) * 2 * np.pi
        turn = np.arange(SIZE) / SIZE * 2 * np.pi
        shape = 0.6 * np.sin(turn * waves * 0.5 + phase[0]) + 0.3 * np.sin(turn * waves + phase[1])
        line = (y + swing * (shape + 0.12 * np.sin(turn * waves * 2.3 + phase[2]))).astype(np.float32)
        depth = np.clip((Y - line) / (SIZE - y + 1), 0, 1)
        colour = self.gradient([(0, rgb(top)), (1, rgb(bottom))], depth) * self.ground_light
        if texture:
            colour *= (1 + texture * 2 * (self.noise((6, 1), (20, 0.7), (50, 0.5)) - 0.5))[..., None]
        colour += np.exp(-np.abs(Y - line - 1.5) / 2.2)[..., None] * 0.10  # the rim catches the light
        self.over(mix(np.clip(colour, 0, 1), self.horizon, haze), np.clip(Y - line + 0.5, 0, 1))
        return line

    def tufts(self, line: np.ndarray, colour: str, count: int, flowers: bool = False) -> None:
        """Blades of grass on the ground, some with a flower."""
        draw = self.draw()
        as_bytes = lambda colour: tuple(int(channel) for channel in np.clip(colour * 255, 0, 255))  # noqa: E731
        for _ in range(count):
            x = int(self.rng.integers(SIZE))
            y = line[x] + 4 + (SIZE - line[x]) * self.rng.random() ** 0.8
            size = 1.5 + 4 * (y - line[x]) / (SIZE - line[x] + 1)
            blade = as_bytes(rgb(colour) * self.ground_light * self.uniform(0.86, 1.14))
            for lean in (-1, 0, 1):
                draw.line((x, y, x + lean * size * 0.7, y - size * (1.2 - 0.3 * abs(lean))), fill=blade)
            if flowers and self.chance(0.35):
                petal = rgb(self.pick(["#ffffff", "#ffd24d", "#ff8fb0", "#b58cff", "#ff7a5c"])) * self.ground_light
                radius = 1.2 + size * 0.28
                draw.ellipse((x - radius, y - size - radius, x + radius, y - size + radius), fill=as_bytes(petal))
                draw.ellipse((x - 0.6, y - size - 0.6, x + 0.6, y - size + 0.6), fill=(250, 200, 60))
        self.end_draw()

    def trees(
        self, line: np.ndarray, colour: str, count: int, low: float, high: float, haze: float, kind: str = "pine"
    ) -> None:
        """Small trees far away on a line."""
        shade = mix(rgb(colour) * self.ground_light, self.horizon, haze)
        for _ in range(count):
            x, height = self.uniform(0, SIZE), self.uniform(low, high)
            y = line[int(min(SIZE - 1, x))] + 3
            if kind == "pine":
                for tier in range(3):
                    base, width = y - height * (0.18 + 0.24 * tier), height * (0.30 - 0.07 * tier)
                    inside = np.clip(width * (Y - base + height * 0.38) / (height * 0.38) - np.abs(X - x) + 0.5, 0, 1)
                    self.over(shade * (0.86 + 0.09 * tier), inside * np.clip(base - Y + 1, 0, 1) * (Y > base - height * 0.38))
            else:
                self.over(
                    shade * 0.62, np.clip(1.2 + height * 0.03 - np.abs(X - x), 0, 1) * (Y > y - height * 0.5) * (Y < y + 1)
                )
                for puff in range(3):
                    cy = y - height * (0.62 + 0.12 * (puff == 1))
                    self.dab(
                        x + (puff - 1) * height * 0.16, cy, height * 0.28, height * 0.30, shade * (0.9 + 0.08 * puff), soft=2
                    )

    def planet(self, x: float, y: float, radius: float, colours: tuple[str, str], kind: str, ring: bool = False) -> None:
        nx, ny = (X - x) / radius, (Y - y) / radius
        distance = np.hypot(nx, ny)
        lit = np.clip(-0.6 * nx - 0.55 * ny + 0.62 * np.sqrt(np.clip(1 - distance**2, 0, 1)), 0, 1)
        pattern = self.noise((5, 1), (10, 0.6), (22, 0.35))
        if kind == "bands":
            pattern = 0.5 + 0.5 * np.sin((ny * 7 + nx * 1.2 + 2.2 * pattern) * 2)
        elif kind == "land":
            pattern = np.clip((pattern - 0.48) * 14, 0, 1)
        first, second = map(rgb, colours)
        surface = mix(first, second, pattern[..., None]) * (0.22 + 0.95 * lit)[..., None]
        self.over(second, 0.28 * np.exp(-np.maximum(distance - 1, 0) * 9))
        across = (Y - y) * 0.96 - (X - x) * 0.28
        reach = np.hypot((X - x) * 0.96 + (Y - y) * 0.28, across * 3.4) / radius
        band = (
            np.clip((reach - 1.32) * radius / 2, 0, 1)
            * np.clip((2.02 - reach) * radius / 2, 0, 1)
            * (0.72 + 0.2 * np.sin(reach * 40))
        )
        if ring:
            self.over(rgb("#f3d9a4"), band * (across <= 0) * 0.9)
        self.over(np.clip(surface, 0, 1), np.clip((1 - distance) * radius + 0.5, 0, 1))
        if ring:
            self.over(rgb("#f6dfae"), band * (across > 0) * 0.95)

    def water(self, top: float, shallow: str, deep: str, bottom: float = SIZE, ripples: int = 70) -> None:
        light = self.ground_light
        stops = [
            (top, mix(rgb(shallow) * light, self.horizon, 0.42)),
            (top + 24, rgb(shallow) * light),
            (bottom, rgb(deep) * light),
        ]
        self.over(self.gradient(stops), np.clip(Y - top + 0.5, 0, 1))
        if self.body:
            for _ in range(60):  # the sun's or moon's way on the water
                along = self.rng.random() ** 1.4
                x, y = self.body[0] + self.uniform(-0.5, 0.5) * (18 + 60 * along), top + (bottom - top) * along
                self.dab(x, y, 4 + 12 * along * self.rng.random(), 0.8 + 1.1 * along, rgb("#fff0c4"), 0.6 - 0.35 * along)
        for _ in range(ripples):
            y = top + 3 + (bottom - top - 6) * self.rng.random() ** 1.2
            width = 3 + (y - top + 5) * 0.16 * self.uniform(0.5, 1.5)
            self.dab(self.uniform(0, SIZE), y, width, 0.8 + (y - top) * 0.012, rgb("#e8f6ff") * (0.5 + 0.5 * light), 0.30)

    def blurred(self, radius: float) -> None:
        image = Image.fromarray((np.clip(self.pixels, 0, 1) * 255).astype(np.uint8))
        self.pixels = np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255
