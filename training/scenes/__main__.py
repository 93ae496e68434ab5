"""Scenes from the command line:

python -m training.scenes prepare [--drawings DIR] [--out DIR] [--variants 6] [--backgrounds 6]
python -m training.scenes sheet OUT.png [--count 48] [--seed 0] [--split held_out] [--size 256]
python -m training.scenes speed [--size 128]
python -m training.scenes lexicon models/picturebook/lexicon.json
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import torch  # noqa: E402

from .compose import FOLDER, Scenes  # noqa: E402
from .drawings import fetch  # noqa: E402
from .prepare import prepare  # noqa: E402
from .ship import ship  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("prepare", "sheet", "speed", "lexicon"))
    parser.add_argument("file", type=Path, nargs="?", help="what `sheet` and `lexicon` write")
    parser.add_argument(
        "--drawings", type=Path, default=FOLDER.parent / "fluent", help="the unpacked npm package; downloaded when not there"
    )
    parser.add_argument("--out", "--scenes", type=Path, default=FOLDER)
    parser.add_argument("--variants", type=int, default=6, help="sprites a subject at most")
    parser.add_argument("--backgrounds", type=int, default=6, help="a place and time")
    parser.add_argument("--count", type=int, default=48)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--split", choices=("train", "held_out"), default="train")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--workers", type=int, default=0, help="processes that lay scenes out, for speed")
    args = parser.parse_args()
    if args.command == "lexicon":
        return ship(args.file)
    if args.command == "prepare":
        return prepare(fetch(args.drawings), args.out, args.variants, args.backgrounds)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    scenes = Scenes(args.out, args.size, device)
    if args.command == "sheet":
        from sheets import save_sheet

        drawn = scenes.draw(args.count, args.seed, args.split)
        return save_sheet(args.file, drawn.pictures, drawn.captions, columns=8, width=min(args.size, 192))
    speed(scenes, args.workers)


def speed(scenes: Scenes, workers: int) -> None:
    """How many scenes a second come out of a stream, and how many layouts and captions a core makes."""
    batch, batches = (512, 16) if scenes.device.type == "cuda" else (64, 4)
    stream = scenes.stream(batch, seed=0, workers=workers)
    next(stream)
    started = time.time()
    for _ in range(batches):
        last = next(stream).pictures
    last.sum().item()  # waits for a GPU
    print(f"{batch * batches / (time.time() - started):.0f} scenes/s of {scenes.size} pixels, {workers} workers")
    started = time.time()
    scenes.captions(500, seed=1)
    print(f"{500 / (time.time() - started):.0f} layouts and captions/s a core")


main()
