"""The places of the scenes, one function each. It paints a canvas and returns the line on which subjects stand, `[256]`."""

import numpy as np

from .drawings import CLOTHES, rgb
from .paint import DARK, LIGHTS, SIZE, Canvas, X, Y, mix

# The set's drawings that belong to a place.
PINE, TREE, PALM, CACTUS, MUSHROOM, CORAL = "1f332", "1f333", "1f334", "1f335", "1f344", "1fab8"
HOUSES = ("1f3e0", "1f3e1", "1f6d6", "26ea")
FURNITURE = {"1f6cf-fe0f": 66, "1f6cb-fe0f": 84, "1fa91": 58, "1fab4": 50, "1f4da": 26, "1f570-fe0f": 40}
PICTURE = "1f5bc-fe0f"


def hill(canvas: Canvas) -> np.ndarray:
    canvas.sky(165, body=canvas.chance(0.6))
    canvas.ground(148, 14, "#a7cf9a", "#7fb27f", 0.35)
    far = canvas.ground(166, 12, "#8cc96f", "#5fa352", 0.12)
    canvas.trees(far, "#4f9a55", canvas.rng.integers(2, 7), 14, 26, 0.12, canvas.pick(["pine", "round"]))
    line = canvas.ground(188, 9, "#86d063", "#3f9440", waves=1.2)
    canvas.tufts(line, "#4aa04a", 70, canvas.chance(0.6))
    return line + 24


def meadow(canvas: Canvas) -> np.ndarray:
    canvas.sky(150, body=canvas.chance(0.6))
    far = canvas.ground(146, 7, "#9fd08a", "#79b86a", 0.25)
    canvas.trees(far, "#5aa25a", canvas.rng.integers(3, 9), 14, 24, 0.22, "round")
    line = canvas.ground(160, 4, "#a3db6c", "#4fa446", waves=1.0)
    canvas.tufts(line, "#55a84b", 120, True)
    return line + 54


def forest(canvas: Canvas) -> np.ndarray:
    canvas.sky(170, clouds=False, body=canvas.chance(0.4))
    line = canvas.ground(150, 6, "#8fbf86", "#5f9a66", 0.3)
    canvas.trees(line, "#6aa676", 24, 50, 86, 0.42)
    line = canvas.ground(168, 6, "#6fae62", "#3f7f48", 0.1)
    canvas.trees(line, "#3f8352", 14, 60, 110, 0.16)
    line = canvas.ground(186, 5, "#77bb58", "#35783c", waves=1.2)
    for x in (canvas.uniform(-6, 22), SIZE - canvas.uniform(-6, 22)):
        canvas.paste(canvas.pick([PINE, TREE]), x, line[int(np.clip(x, 0, SIZE - 1))] + 16, canvas.uniform(125, 165))
    canvas.tufts(line, "#3f9145", 70)
    for x in (canvas.uniform(10, 70), canvas.uniform(186, 246)):
        if canvas.chance(0.4):
            canvas.paste(MUSHROOM, x, canvas.uniform(236, 250), canvas.uniform(14, 20))
    return line + 30


def mountains(canvas: Canvas) -> np.ndarray:
    canvas.sky(175, body=canvas.chance(0.6))
    for index in range(4):
        x, height, foot = (index + canvas.uniform(0.2, 0.8)) * SIZE / 4, canvas.uniform(70, 130), 182
        width = height * canvas.uniform(0.75, 1.05)
        ridge = 5 * np.sin(Y * 0.16 + index) + 2 * np.sin(Y * 0.41 + 2 * index)
        outline = (
            foot - height * (1 - np.abs(X - x) / width) + 2.2 * np.sin(X * 0.21 + 2 * index) + 1.2 * np.sin(X * 0.53 + index)
        )
        mask = np.clip(Y - outline + 0.5, 0, 1) * (Y < foot + 6)
        lit = np.where(X < x + ridge, 1.10, 0.86)[..., None]
        canvas.over(np.clip(mix(rgb("#8292b4") * canvas.ground_light, canvas.horizon, 0.25) * lit, 0, 1), mask)
        snow = mask * np.clip((foot - height * 0.60 + 5 * np.sin(X * 0.45 + index) - Y) / 2 + 0.5, 0, 1)
        canvas.over(
            np.clip(mix(rgb("#f6f9ff") * canvas.ground_light, canvas.horizon, 0.1) * np.where(lit > 1, 1.02, 0.86), 0, 1), snow
        )
    far = canvas.ground(172, 7, "#8cc077", "#5f9c5a", 0.15)
    canvas.trees(far, "#41804f", 9, 18, 32, 0.1)
    line = canvas.ground(192, 6, "#86c766", "#448f43", waves=1.3)
    canvas.tufts(line, "#4a9a48", 60, canvas.chance(0.5))
    return line + 24


def desert(canvas: Canvas) -> np.ndarray:
    canvas.sky(160, body=canvas.chance(0.7))
    canvas.ground(146, 12, "#f2cf97", "#dcae72", 0.3, texture=0.02)
    canvas.ground(164, 14, "#f3c983", "#dba062", 0.1, texture=0.03)
    line = canvas.ground(186, 10, "#f6cd7f", "#d4954f", waves=1.2)
    if canvas.chance(0.7):
        x = canvas.pick([24, SIZE - 26])
        canvas.paste(CACTUS, x + canvas.uniform(0, 8), line[x] + 14, canvas.uniform(46, 68))
    return line + 24


def snow(canvas: Canvas) -> np.ndarray:
    canvas.sky(160, body=canvas.chance(0.6))
    canvas.ground(150, 10, "#e7eefa", "#c9d9ee", 0.3, texture=0.02)
    far = canvas.ground(168, 9, "#f2f6fd", "#cfdff2", 0.1, texture=0.02)
    canvas.trees(far, "#5f9484", canvas.rng.integers(4, 10), 26, 48, 0.18)
    return canvas.ground(188, 8, "#ffffff", "#cfe0f4", waves=1.2, texture=0.02) + 24


def beach(canvas: Canvas) -> np.ndarray:
    canvas.sky(140, body=canvas.chance(0.7))
    canvas.water(140, "#3fa3d6", "#2b86c0", 205, 40)
    line = canvas.ground(196, 6, "#f7e2ad", "#e3bd7c", waves=1.0, texture=0.03)
    canvas.over(rgb("#ffffff") * (0.5 + 0.5 * canvas.ground_light), np.exp(-(((Y - line + 1) / 2.6) ** 2)) * 0.8)
    if canvas.chance(0.6):
        x = canvas.pick([14, SIZE - 14])
        canvas.paste(PALM, x, line[x] + 20, canvas.uniform(118, 148), flip=x > SIZE / 2)
    return line + 28


def sea(canvas: Canvas) -> np.ndarray:
    canvas.sky(135, body=canvas.chance(0.7))
    canvas.water(135, "#3c9fd4", "#1d63a6")
    return np.full(SIZE, 196, np.float32)


def sky(canvas: Canvas) -> np.ndarray:
    canvas.sky(250, body=canvas.chance(0.5))
    cloud = mix(rgb("#ffffff") * (0.45 + 0.55 * canvas.ground_light), canvas.horizon, 0.15)
    for index in range(7):
        canvas.cloud(
            (index + canvas.uniform(0, 0.5)) * SIZE / 6, canvas.uniform(236, 258), canvas.uniform(80, 120), cloud, 0.95
        )
    return np.full(SIZE, 190, np.float32)


def city(canvas: Canvas) -> np.ndarray:
    canvas.sky(175, body=canvas.chance(0.6))
    light = canvas.ground_light
    for haze, low, high, gap in ((0.45, 50, 120, 0), (0.12, 40, 100, 2)):
        x = -10.0
        while x < SIZE:
            width, top = canvas.uniform(20, 40), 196 - canvas.uniform(low, high)
            wall = rgb(canvas.pick(["#e08a7a", "#7fa3cf", "#e8c27a", "#9bc1a0", "#b79ac8", "#d9d3cf"])) * light
            _house_front(canvas, x, top, width, mix(wall, canvas.horizon, haze), haze)
            x += width + gap
    street = [(196, "#b9bcc4"), (206, "#a9acb5"), (207, "#70747f"), (SIZE, "#5a5e69")]
    canvas.over(canvas.gradient([(y, rgb(colour) * light) for y, colour in street]), (Y >= 196) * 1.0)
    for index in range(5):  # the road's dashes
        dash = (Y > 237) & (Y < 240.5) & (np.abs(X - 26 - 56 * index - (Y - 238) * 0.4) < 15)
        canvas.over(rgb("#f4efdc") * light, dash * 0.8)
    return np.full(SIZE, 226, np.float32)


def _house_front(canvas: Canvas, x: float, top: float, width: float, wall: np.ndarray, haze: float) -> None:
    shape = np.clip(X - x + 0.5, 0, 1) * np.clip(x + width - X + 0.5, 0, 1) * np.clip(Y - top + 0.5, 0, 1) * (Y < 200)
    canvas.over(wall * (1.05 - 0.12 * np.clip((X - x) / width, 0, 1))[..., None], shape)
    if canvas.chance(0.35):  # a gable
        roof = np.clip(width * 0.5 * (Y - top + 14) / 14 - np.abs(X - x - width / 2), 0, 1) * (Y > top - 14) * (Y < top + 1)
        canvas.over(wall * 0.8, roof)
    glass = mix(wall * 0.62, rgb("#9fd0f0") * canvas.ground_light, 0.35)
    lamps = 0.6 if canvas.time in (*DARK, "sunset") else 0
    for y in np.arange(top + 7, 190, 11):
        for left in np.arange(x + 4, x + width - 6, 8):
            colour = rgb("#ffe08a") if canvas.chance(lamps) else glass
            x0, y0 = int(np.clip(np.ceil(left), 0, SIZE)), int(np.ceil(y))
            window = canvas.pixels[y0 : y0 + 5, x0 : int(np.clip(np.ceil(left + 4), 0, SIZE))]
            window += (colour - window) * (1 - haze * 0.6)


def village(canvas: Canvas) -> np.ndarray:
    line = hill(canvas)
    for x in sorted(canvas.rng.choice([28, 76, 128, 182, 228], 3, replace=False)):
        house = HOUSES[canvas.rng.choice(4, p=[0.4, 0.4, 0.1, 0.1])]
        canvas.paste(house, x + canvas.uniform(0, 10), line[x] - 16, canvas.uniform(42, 54), haze=0.08)
    return line + 14


def space(canvas: Canvas) -> np.ndarray:
    palettes = [
        ("#0a0b2a", "#241a55", "#5a2f86"),
        ("#06122e", "#0f2e5e", "#1f6b8c"),
        ("#120a26", "#3a1850", "#8c2f6b"),
        ("#070a1f", "#16213f", "#2c3c78"),
    ]
    dark, middle, bright = map(rgb, canvas.pick(palettes))
    mist, angle = canvas.noise((3, 1), (6, 0.7), (12, 0.4), (26, 0.2)), canvas.uniform(0, np.pi)
    band = np.exp(-((((X - 128) * np.sin(angle) + (Y - 128) * np.cos(angle)) / 90) ** 2))
    canvas.pixels = mix(dark, middle, np.clip(mist * 1.25 - 0.1, 0, 1)[..., None])
    canvas.over(bright, np.clip((mist - 0.42) * 2.6, 0, 1) * band * 0.85)
    canvas.stars(130)
    side = canvas.rng.integers(2)
    first, second = canvas.rng.permutation(len(PLANETS))[:2]
    if canvas.chance(0.7):
        canvas.planet(
            (54, 202)[side] + canvas.uniform(-14, 14), canvas.uniform(48, 70), canvas.uniform(24, 38), *PLANETS[first]
        )
    if canvas.chance(0.5):
        canvas.planet(
            (205, 52)[side] + canvas.uniform(-10, 10), canvas.uniform(200, 224), canvas.uniform(11, 20), *PLANETS[second]
        )
    return np.full(SIZE, 190, np.float32)


PLANETS = [
    (("#e0a45c", "#b0643a"), "bands", True), (("#3f7fd0", "#62b567"), "land", False), (("#d9663f", "#a53c2b"), "plain", False),
    (("#8fd0d8", "#4f8fb8"), "bands", False), (("#c9b6e8", "#8a6cc4"), "plain", False), (("#f2b0c0", "#c46c94"), "bands", True),
]  # fmt: skip


def _planet_ground(canvas: Canvas, bright: str, dark: str, zenith: str, haze: str) -> np.ndarray:
    canvas.light = LIGHTS["day"]  # the ground is lit by the sun, whatever the sky's colour
    canvas.pixels = canvas.gradient([(0, rgb(zenith)), (SIZE, rgb(haze))])
    canvas.stars(110, 190)
    if canvas.chance(0.7):
        canvas.planet(canvas.pick([48, 206]), canvas.uniform(48, 66), canvas.uniform(26, 36), *PLANETS[canvas.rng.integers(2)])
    far = canvas.ground(176, 10, bright, dark, 0, 1.7, 0.05)
    canvas.pixels = np.where((Y >= far)[..., None], canvas.pixels * 0.78, canvas.pixels)
    line = canvas.ground(196, 6, bright, dark, 0, 1.2, 0.06)
    for _ in range(11):  # craters
        x, y = canvas.uniform(0, SIZE), canvas.uniform(206, 254)
        radius = 4 + (y - 196) * 0.22 * canvas.uniform(0.5, 1.5)
        canvas.dab(x, y, radius, radius * 0.34, rgb(dark) * 0.8, 0.8, 1.4)
        canvas.dab(x, y + radius * 0.12, radius * 0.92, radius * 0.26, rgb(bright), 0.5, 1.6)
    return line + 28


def moon(canvas: Canvas) -> np.ndarray:
    return _planet_ground(canvas, "#d8d8e2", "#8f90a4", "#070a22", "#141a40")


def mars(canvas: Canvas) -> np.ndarray:
    return _planet_ground(canvas, "#e8895a", "#a8472e", "#3a1a3c", "#c4704e")


def underwater(canvas: Canvas) -> np.ndarray:
    canvas.light = LIGHTS["day"]
    canvas.pixels = canvas.gradient([(0, rgb("#7fdcf0")), (90, rgb("#2fa3d6")), (SIZE, rgb("#0e4a8c"))])
    for _ in range(5):  # rays of light
        x, slope = canvas.uniform(0, SIZE), canvas.uniform(-0.4, 0.4)
        ray = np.exp(-(((X - x - slope * Y) / (7 + Y * 0.07)) ** 2)) * np.clip(1 - Y / 210, 0, 1)
        canvas.over(rgb("#e8fbff"), ray * 0.30)
    canvas.light = LIGHTS["dusk"]  # distant ground is dim
    canvas.ground(186, 8, "#4faed0", "#2e7cb0", 0, 1.8)
    canvas.light = LIGHTS["day"]
    line = canvas.ground(212, 6, "#f0dca2", "#c9a463", 0.10, 1.2)
    for _ in range(canvas.rng.integers(5, 11)):
        _seaweed(canvas, canvas.uniform(0, SIZE), line)
    if canvas.chance(0.6):
        x = int(canvas.pick([canvas.uniform(20, 60), canvas.uniform(196, 236)]))
        canvas.paste(CORAL, x, line[x] + 12, canvas.uniform(34, 48), shadow=False)
    for _ in range(14):
        x, y, radius = canvas.uniform(0, SIZE), canvas.uniform(0, 200), 1.5 + 3.5 * canvas.rng.random() ** 2
        canvas.over(rgb("#e8fbff"), np.clip(1.1 - np.abs(np.hypot(X - x, Y - y) - radius), 0, 1) * 0.7)
    return line + 16


def _seaweed(canvas: Canvas, x: float, line: np.ndarray) -> None:
    height, phase = canvas.uniform(26, 76), canvas.uniform(0, 6)
    y = line[int(min(x, SIZE - 1))] + canvas.uniform(0, 10)
    colour = rgb(canvas.pick(["#2f9c62", "#46b36b", "#1f7f6a", "#c4547a"]))
    along = np.clip((y - Y) / height, 0, 1)
    stem = np.clip(3.4 * (1 - along) + 0.8 - np.abs(X - x - 5 * np.sin(along * 4 + phase) * along), 0, 1)
    canvas.over(colour * (0.75 + 0.4 * along)[..., None], stem * (Y < y) * (Y > y - height))


def room(canvas: Canvas) -> np.ndarray:
    wall = rgb(canvas.pick(["#f6d9b8", "#cfe3f2", "#f3cfd3", "#d5e8cf", "#e2d6f0", "#fbe7b2"]))
    light = np.array(canvas.light.subject, np.float32)
    x, y, width, height = canvas.pick([34, 128, 150]), 30, 72, 82
    canvas.sky(120)
    # The window is a small picture of the sky, so it is painted first and put in at its size.
    rows = (np.arange(height) * 190 / height).astype(int)
    columns = (np.arange(width) * SIZE / width).astype(int)
    canvas.blurred(1.2)
    view = canvas.pixels[rows][:, columns]
    canvas.pixels = np.tile((wall * light)[None, None], (SIZE, SIZE, 1)) * (1.04 - 0.12 * Y / 180)[..., None]
    _wallpaper(canvas, wall)
    frame = lambda margin: (
        np.clip(X - x + margin, 0, 1)
        * np.clip(x + width + margin - X, 0, 1)
        * np.clip(Y - y + margin, 0, 1)
        * np.clip(y + height + margin - Y, 0, 1)
    )  # noqa: E731
    canvas.over(rgb("#ffffff") * light * 0.97, frame(6.5))
    canvas.pixels[y : y + height, x : x + width] = view
    bars = (np.abs(X - x - width / 2) < 2) | (np.abs(Y - y - height / 2) < 2)
    canvas.over(rgb("#ffffff") * light * 0.95, bars * frame(0.5))
    curtain = rgb(canvas.pick(CLOTHES)) * light
    for edge, side in ((x - 9, 1), (x + width + 9, -1)):
        cloth = (
            np.clip(15 - 5 * np.sin((Y - y) / height * 2.4) - np.abs(X - edge - side * 4), 0, 1)
            * (Y > y - 10)
            * (Y < y + height + 14)
        )
        canvas.over(np.clip(curtain * (1.02 + 0.12 * np.sin(X * 1.1))[..., None], 0, 1), cloth)
    canvas.over(rgb("#8a5f3c") * light, np.clip(2.2 - np.abs(Y - y + 11), 0, 1) * (X > x - 28) * (X < x + width + 28))
    _floor(canvas, light)
    _furniture(canvas, x + width / 2)
    if canvas.time == "night":
        canvas.over(rgb("#ffdf9a"), 0.12 * np.exp(-((X - 128) ** 2 + (Y - 150) ** 2) / 14000))
    return np.full(SIZE, 234, np.float32)


def _wallpaper(canvas: Canvas, wall: np.ndarray) -> None:
    pattern = canvas.rng.integers(3)
    if pattern == 0:
        canvas.pixels *= (1 - 0.045 * ((X // 14) % 2))[..., None]
    elif pattern == 1:
        for y in range(12, 176, 26):
            for x in range(12 + (y // 26 % 2) * 13, SIZE, 26):
                canvas.dab(x, y, 3, 3, np.clip(wall * 1.1, 0, 1), 0.7, 1.5)


def _floor(canvas: Canvas, light: np.ndarray) -> None:
    boards = np.abs(((X - 128) / (1 + (Y - 178) * 0.012)) % 34 - 17) > 16.1
    wood = rgb(canvas.pick(["#c98f5a", "#b5763f", "#d9a973"])) * light
    shaded = wood * (0.86 + 0.22 * np.clip((Y - 178) / 78, 0, 1))[..., None] * (1 - 0.14 * boards)[..., None]
    canvas.over(shaded, np.clip(Y - 177.5, 0, 1))
    canvas.over(rgb("#ffffff") * light * 0.9, np.clip(4.5 - np.abs(Y - 175), 0, 1))
    rug = rgb(canvas.pick(CLOTHES)) * light
    for rx, ry, colour in ((92, 22, mix(rug, 1.0, 0.2)), (82, 18, rug * 0.93), (60, 12, mix(rug, 1.0, 0.25))):
        canvas.dab(128, 228, rx, ry, np.clip(colour, 0, 1), soft=1.5)


def _furniture(canvas: Canvas, window: float) -> None:
    """Up to two pieces along the wall, on the sides, where they do not stand in for subjects."""
    pieces = list(FURNITURE)
    for x in canvas.rng.permutation([30, 228])[: canvas.rng.integers(0, 3)]:
        piece = pieces.pop(canvas.rng.integers(len(pieces)))
        if abs(x - window) > 70 and canvas.chance(0.2):
            canvas.paste(PICTURE, x, 96, 42, shadow=False)
        canvas.paste(piece, x, 196, FURNITURE[piece] * canvas.uniform(0.92, 1.08))


PLACES = {
    "hill": hill, "meadow": meadow, "forest": forest, "mountains": mountains, "desert": desert, "snow": snow, "beach": beach,
    "city": city, "village": village, "room": room, "sea": sea, "sky": sky, "space": space, "moon": moon, "mars": mars,
    "underwater": underwater,
}  # fmt: skip
# Where times of day do not show, a place has one.
TIMELESS = {"space": "night", "moon": "night", "mars": "day", "underwater": "day"}


def times_of(place: str) -> tuple[str, ...]:
    """The times of day and weathers that a place is painted in."""
    if place in TIMELESS:
        return (TIMELESS[place],)
    without = {
        "desert": ("rain", "snowfall", "fog"),
        "snow": ("rain", "fog"),
        "beach": ("snowfall",),
        "sea": ("snowfall",),
        "sky": ("snowfall", "fog"),
    }
    return tuple(time for time in LIGHTS if time not in without.get(place, ()))


def paint(place: str, time: str, seed: int, drawings) -> tuple[np.ndarray, np.ndarray, bool]:
    """A background: bytes `[256, 256, 3]`, the line on which subjects stand `[256]`, and whether sun or moon are in it."""
    canvas = Canvas(np.random.default_rng(seed), time, drawings)
    line = PLACES[place](canvas)
    if time == "fog" and place != "room":
        canvas.over(canvas.horizon, 0.5 * np.clip(1.15 - np.abs(Y - 170) / 120, 0, 1))
    return (np.clip(canvas.pixels, 0, 1) * 255).round().astype(np.uint8), line, canvas.body is not None and place != "room"
