"""The generator's commands, from the repository's root.

    python -m training.tales check [FILE …]                   # what is wrong with these plots
    python -m training.tales print 5 [--seed 1] [--plots …]   # tales to read, with their scenes
    python -m training.tales write 10000 tales.jsonl.gz       # tales as JSON lines

FILE is a file of plots or a folder of such files, by default training/tales/plots. A line of `write` has the plot's `id`,
the `text`, the `scenes` (`start` and `end`, in characters, and a `caption`), the `hero`'s kind and the hero's `name`.
"""

import argparse
import gzip
import itertools
import json
import textwrap
from pathlib import Path

from . import plots
from .tales import tell_many


def check(args: argparse.Namespace) -> None:
    found = plots.read(*args.plots)
    faults = plots.faults(found)
    print(*faults, sep="\n", end="\n" if faults else "")
    texts = [text for plot in found for text in plots.variants(plot)]
    held_out = [plot["id"] for plot in found if plots.is_held_out(plot)]
    print(f"{len(found)} plots, {len(texts)} variants, {sum(len(text.split()) for text in texts)} words, {len(faults)} faults")
    print(f"held out: {', '.join(held_out) or 'none'}")
    raise SystemExit(bool(faults))


def tell(args: argparse.Namespace) -> itertools.chain:
    training, held_out = plots.split(plots.read(*args.plots))
    chosen = {"training": training, "held-out": held_out, "all": training + held_out}[args.of]
    return tell_many(chosen, args.count, args.seed)


def show(args: argparse.Namespace) -> None:
    for tale in tell(args):
        print(f"--- {tale['id']}")
        for paragraph in tale["text"].split("\n\n"):
            print(textwrap.fill(paragraph, 110))
        print(*(f"   · {scene['caption']}" for scene in tale["scenes"]), sep="\n")


def write(args: argparse.Namespace) -> None:
    opener = gzip.open if args.file.suffix == ".gz" else open
    with opener(args.file, "wt", encoding="utf-8") as file:
        for tale in tell(args):
            file.write(json.dumps(tale, ensure_ascii=False) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for name, function in (("check", check), ("print", show), ("write", write)):
        command = commands.add_parser(name)
        command.set_defaults(function=function)
        if function is check:
            command.add_argument("plots", type=Path, nargs="*")
            continue
        command.add_argument("count", type=int)
        if function is write:
            command.add_argument("file", type=Path)
        command.add_argument("--plots", type=Path, nargs="+", default=[])
        command.add_argument("--of", choices=("training", "held-out", "all"), default="all", help="which of the plots")
        command.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.function(args)


main()
