"""MNIST as tensors: the four IDX files, from a folder or downloaded once."""

import gzip
import urllib.request
from pathlib import Path

import torch

MIRROR = "https://ossci-datasets.s3.amazonaws.com/mnist/"
DOWNLOADS = Path(__file__).parent / "data" / "mnist"
FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


def read_idx(path: Path) -> torch.Tensor:
    """An IDX file of unsigned bytes: magic (0, 0, 8, rank), big-endian sizes, then the bytes."""
    raw = path.read_bytes()
    if path.suffix == ".gz":
        raw = gzip.decompress(raw)
    if raw[:3] != b"\0\0\x08":
        raise ValueError(f"{path} is not an IDX file of unsigned bytes")
    rank = raw[3]
    sizes = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(rank)]
    return torch.frombuffer(bytearray(raw[4 + 4 * rank :]), dtype=torch.uint8).reshape(sizes)


def find(folder: Path, name: str) -> Path | None:
    # Copies of the files disagree on "-idx3" or ".idx3", and on whether they are compressed.
    for spelling in (name, name.replace("-idx", ".idx")):
        for suffix in ("", ".gz"):
            if (path := folder / (spelling + suffix)).exists():
                return path
    return None


def load(split: str, folder: Path | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """Images in [-1, 1] as `[count, 1, 28, 28]` and labels as `[count]`; `split` is 'train' or 'test'."""
    tensors = []
    for name in FILES[split]:
        path = find(folder or DOWNLOADS, name)
        if path is None:
            if folder is not None:
                raise FileNotFoundError(f"{folder} holds no {name}")
            DOWNLOADS.mkdir(parents=True, exist_ok=True)
            path = DOWNLOADS / f"{name}.gz"
            urllib.request.urlretrieve(MIRROR + path.name, path)
        tensors.append(read_idx(path))
    images, labels = tensors
    return images.unsqueeze(1).float() / 127.5 - 1, labels.long()
