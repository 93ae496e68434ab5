"""All that the recipes of stories and pictures read, in one archive for a machine that has no network.

    python training/pack.py --stories DIR [--drawings DIR] [--out training/data/inputs.tar]
    tar xf training/data/inputs.tar -C training/data      # there

Only the drawings that scenes use, and the stories' collections; below 40 MB. The plots of tales are in the repository.
"""

import argparse
import re
import tarfile
from pathlib import Path

from scenes import places
from scenes.drawings import fetch
from scenes.lexicon import of_kind

DATA = Path(__file__).parent / "data"
LIMIT = 40_000_000  # bytes


def codes() -> set[str]:
    """The drawings that subjects and places are made of."""
    of_subjects = {code for subject in of_kind("subject").values() for code in subject.drawings}
    source = Path(places.__file__).read_text()  # places name theirs as constants
    return of_subjects | set(re.findall(r'"([0-9a-f]{4,5}(?:-fe0f)?)"', source))


def files(drawings: Path, stories: Path) -> dict[str, Path]:
    """What goes in, by its name in the archive."""
    chosen = {"fluent/package.json": drawings / "package.json"}
    chosen |= {f"fluent/assets/{code}.webp": drawings / "assets" / f"{code}.webp" for code in sorted(codes())}
    return chosen | {f"text/{path.name}": path for path in sorted(stories.glob("*.jsonl.gz"))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--drawings", type=Path, default=DATA / "fluent", help="the unpacked npm package; downloaded when not there"
    )
    parser.add_argument("--stories", type=Path, required=True, help="folder with the five collections (see gpt2.py)")
    parser.add_argument("--out", type=Path, default=DATA / "inputs.tar")
    args = parser.parse_args()
    chosen = files(fetch(args.drawings), args.stories)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(args.out, "w") as tar:
        for name, path in chosen.items():
            tar.add(path, arcname=name)
    size = args.out.stat().st_size
    print(f"{args.out}: {len(chosen)} files, {size / 1e6:.1f} MB")
    if size > LIMIT:
        raise SystemExit(f"more than {LIMIT / 1e6:.0f} MB: a GPU's machine may not take it")


if __name__ == "__main__":
    main()
