"""Renders once what scenes are pasted from: sprites with their smaller copies, and backgrounds. On all cores.

Writes to a folder (training/data/scenes)
- `sprites.npy`: bytes `[count, 4, 256, 384]`, premultiplied alpha. A sprite fills a box of 248 pixels in a cell of 256; its
  copies at a half and a quarter lie in the strip beside it, as mipmaps do, so that it is never shrunk by more than a half;
- `backgrounds.npy`: bytes `[count, 3, 256, 256]`;
- `index.json`: of each sprite its subject, its colour where it is not its own, width and height in its cell; of each
  background its place, time, whether sun or moon are in it, the colour of a plain one, and the line on which subjects stand.
"""

import concurrent.futures
import functools
import json
import multiprocessing
import os
import zlib
from pathlib import Path

import numpy as np

from .drawings import HUES, Drawings, main_colour, recoloured, resize, rgb
from .lexicon import of_kind
from .places import PLACES, paint, times_of

CELL, INSIDE = 256, 248
COLOURS_A_SUBJECT = 4
# Plain grounds by the names of their colours.
PLAIN = {
    "white": "#fbfaf7", "light blue": "#cfe6f7", "pink": "#f9d3df", "yellow": "#fbeeb5", "green": "#cfe9c6", "purple": "#ddd0f2",
    "orange": "#fbd9b5", "grey": "#d9dbe0", "blue": "#9cc3ee", "light green": "#e0f3d4", "beige": "#f1e6d3", "red": "#eb9a92",
}  # fmt: skip


def cell(drawing: np.ndarray) -> tuple[np.ndarray, int, int]:
    """A drawing with its mipmaps, `[4, 256, 384]`, and its width and height in the cell."""
    height, width = drawing.shape[:2]
    scale = INSIDE / max(height, width)
    out = np.zeros((4, CELL, CELL * 3 // 2), np.uint8)
    size = (0, 0)
    for level in range(3):
        small = resize(drawing, max(1.0, height * scale / 2**level))
        rows, columns = small.shape[:2]
        premultiplied = np.concatenate([small[..., :3] * small[..., 3:], small[..., 3:]], -1)
        side, x, y = CELL >> level, *((0, 0), (CELL, 0), (CELL, CELL // 2))[level]
        top, left = y + (side - rows) // 2, x + (side - columns) // 2
        out[:, top : top + rows, left : left + columns] = (premultiplied * 255).round().transpose(2, 0, 1)
        size = size if level else (columns, rows)
    return out, *size


@functools.cache
def _drawings(folder: Path) -> Drawings:
    return Drawings(folder)


def sprites_of(name: str, folder: Path, variants: int) -> list[tuple[list, np.ndarray]]:
    """A subject's sprites: its drawings, as many as wanted, and other colours of the first."""
    subject, drawings = of_kind("subject")[name], _drawings(folder)
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    bodies = 1 if subject.form == "whole" else 3  # clothes and arms differ
    wanted = min(variants, len(subject.drawings) * bodies)
    codes = [code for _ in range(bodies) for code in rng.permutation(subject.drawings)][:wanted]
    out = []
    for code in codes:
        picture, width, height = cell(drawings.of(subject, rng, str(code)))
        out.append(([name, "", width, height], picture))
    if subject.recolour:
        drawing = drawings.of(subject, rng, subject.drawings[0])
        for colour in [str(each) for each in rng.permutation(list(HUES)) if each != main_colour(drawing)][:COLOURS_A_SUBJECT]:
            changed = recoloured(drawing, colour)
            if changed is not None:
                picture, width, height = cell(changed)
                out.append(([name, colour, width, height], picture))
    return out


def background(task: tuple[str, str, int], folder: Path) -> tuple[list, np.ndarray]:
    place, time, seed = task
    if place == "plain":
        name = list(PLAIN)[seed % len(PLAIN)]
        rng = np.random.default_rng(seed)
        light = 1.03 - rng.uniform(0.02, 0.10) * (np.arange(CELL) / CELL)[:, None, None]
        pixels = np.broadcast_to(np.clip(rgb(PLAIN[name]) * light, 0, 1), (CELL, CELL, 3))
        pixels, line, body, ground = (pixels * 255).round().astype(np.uint8), np.full(CELL, 200.0), False, name
    else:
        pixels, line, body = paint(place, time, seed, _drawings(folder))
        ground = ""
    return [place, time, body, ground, [round(float(y)) for y in line]], pixels.transpose(2, 0, 1)


def prepare(drawings: Path, out: Path, variants: int, each: int, cores: int | None = None) -> None:
    """`variants` sprites a subject at most, `each` backgrounds a place and time."""
    out.mkdir(parents=True, exist_ok=True)
    tasks = [("plain", "day", seed) for seed in range(2 * len(PLAIN))]
    for place in PLACES:
        times = times_of(place)
        # Places without times of day get as many backgrounds as others have of some times together.
        count = each if len(times) > 1 else 4 * each
        tasks += [
            (place, time, 1000 * number + zlib.crc32(f"{place} {time}".encode()) % 1000)
            for time in times
            for number in range(count)
        ]
    with concurrent.futures.ProcessPoolExecutor(cores or os.cpu_count(), multiprocessing.get_context("fork")) as pool:
        subjects = list(of_kind("subject"))
        lists = list(pool.map(functools.partial(sprites_of, folder=drawings, variants=variants), subjects, chunksize=8))
        sprites = [pair for each_subject in lists for pair in each_subject]
        backgrounds = list(pool.map(functools.partial(background, folder=drawings), tasks, chunksize=8))
    for name, pairs in (("sprites.npy", sprites), ("backgrounds.npy", backgrounds)):
        with open(out / f"{name}.new", "wb") as file:
            np.save(file, np.stack([pixels for _, pixels in pairs]))
        (out / f"{name}.new").replace(out / name)  # a training that has the old one mapped keeps it
    index = {"sprites": [row for row, _ in sprites], "backgrounds": [row for row, _ in backgrounds]}
    (out / "index.json").write_text(json.dumps(index))
    print(f"{len(sprites)} sprites of {len(subjects)} subjects, {len(backgrounds)} backgrounds in {out}")
