"""Make the digit VAEs that the Rust code is compared with: tiny, of random weights, and what PyTorch computes with them.

    python training/fixtures_vae_mnist.py [--data DIR]

Writes below tests/fixtures/vae-mnist/. Each folder is a model as Hearth loads it, plus `expected.json`. Beside them lie ten
digits of MNIST's test set, one of each class, as an IDX file: what the models that ship are tried with.
"""

import argparse
from pathlib import Path

import torch
from safetensors.torch import save_file

import mnist
import vae_mnist
from fixtures import FIXTURES, numbers, write_json

FOLDER = FIXTURES / "vae-mnist"
ROWS = 4
CONFIG = {
    "model_type": "vae",
    "image_size": 5,
    "num_channels": 1,
    "pixel_range": [0, 1],
    "latent_dim": 2,
    "encoder_hidden_sizes": [9, 7],
    "decoder_hidden_sizes": [8, 11, 6],
    "activation": "silu",
    "beta": 1,
}


@torch.no_grad()
def vae_fixture(name: str, dtype: torch.dtype = torch.float32, **changes) -> None:
    """Both networks on a batch. The expectation is computed in f32 from weights rounded to `dtype`."""
    folder, config = FOLDER / name, CONFIG | changes
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(len(name))
    network = vae_mnist.VAE(config)
    for parameter in network.parameters():
        parameter.copy_((parameter * 2).to(dtype).float())  # larger, so that an error shows
    write_json(folder / "config.json", config)
    tensors = {key: value.to(dtype) for key, value in network.state_dict().items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})

    size = config["num_channels"] * config["image_size"] ** 2
    pictures = torch.randint(256, (ROWS, size))
    mean, logvar = network.encode(pictures / 255)
    latents = torch.randn(ROWS, config["latent_dim"])
    decoded = network.decode(latents)
    assert decoded.min() < 0.3 and decoded.max() > 0.7
    expected = {"pictures": pictures.flatten().tolist(), "mean": numbers(mean), "logvar": numbers(logvar)}
    write_json(folder / "expected.json", expected | {"latents": numbers(latents), "decoded": numbers(decoded)})


def vae_fixtures() -> None:
    vae_fixture("plane")
    vae_fixture("plane-relu", activation="relu", beta=0.25)
    vae_fixture("five", latent_dim=5, beta=4, dtype=torch.float16)
    # A square layer loads without a shape error when it is transposed by mistake: only the numbers tell.
    square = {"encoder_hidden_sizes": [27, 27], "decoder_hidden_sizes": [5, 5], "image_size": 3}
    vae_fixture("five-rgb", latent_dim=5, activation="relu", num_channels=3, **square)
    vae_fixture("no-hidden", latent_dim=5, encoder_hidden_sizes=[], decoder_hidden_sizes=[])


def digits_fixture(data: Path | None) -> None:
    """The first test digit of each class, `[10, 28, 28]` bytes behind an IDX header."""
    images, labels = mnist.load("test", data)
    first = torch.stack([images[labels == digit][0] for digit in range(10)])
    pixels = ((first.flatten(1) + 1) * 127.5).round().byte()
    header = b"".join(number.to_bytes(4, "big") for number in (0x803, 10, 28, 28))
    (FOLDER / "digits.idx3-ubyte").write_bytes(header + pixels.numpy().tobytes())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with the four IDX files; downloaded when not given")
    torch.set_num_threads(1)
    vae_fixtures()
    digits_fixture(parser.parse_args().data)
