"""Digits for training in the tab: the first of MNIST's training set, in its own format.

    python training/pack_mnist.py data/mnist [--data DIR] [--count 10000]

The files are IDX and gzip as MNIST's own are, so that whatever reads those reads these. Without PyTorch, and the same bytes
each time.
"""

import argparse
import gzip
import struct
from pathlib import Path

FILES = {
    "images-idx3-ubyte.gz": "train-images-idx3-ubyte.gz",
    "labels-idx1-ubyte.gz": "train-labels-idx1-ubyte.gz",
}


def first(raw: bytes, count: int) -> bytes:
    """The first `count` entries of an IDX file of unsigned bytes: magic (0, 0, 8, rank), big-endian sizes, the bytes."""
    if raw[:3] != b"\0\0\x08":
        raise ValueError("this is not an IDX file of unsigned bytes")
    rank = raw[3]
    total, *shape = struct.unpack_from(f">{rank}I", raw, 4)
    if count > total:
        raise ValueError(f"the file has {total} entries, and not {count}")
    entry = 1
    for size in shape:
        entry *= size
    head = 4 + 4 * rank
    return raw[:4] + struct.pack(f">{rank}I", count, *shape) + raw[head : head + count * entry]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="the folder to write")
    parser.add_argument("--data", type=Path, default=Path(__file__).parent / "data" / "mnist", help="MNIST's own files")
    parser.add_argument("--count", type=int, default=10_000)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for name, source in FILES.items():
        raw = gzip.decompress((given.data / source).read_bytes())
        packed = gzip.compress(first(raw, given.count), compresslevel=9, mtime=0)
        (given.out / name).write_bytes(packed)
        print(f"{given.out / name}: {len(packed):,} bytes")


if __name__ == "__main__":
    main()
