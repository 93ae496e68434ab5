"""Make the autoencoders that the Rust code is compared with: tiny, of random weights, and what diffusers computes with them.

    python training/fixtures_vae.py

Writes below tests/fixtures/vae/. Each folder is what a pipeline's `vae/` is, plus `expected.json`.
"""

import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL, AutoencoderTiny
from safetensors.torch import load_file, save_file

from fixtures import FIXTURES, numbers, write_json
from fixtures_unet import WEIGHTS, older_names

ROWS = 2

KL = {
    "block_out_channels": (4, 6, 8),
    "down_block_types": ("DownEncoderBlock2D",) * 3,
    "up_block_types": ("UpDecoderBlock2D",) * 3,
    "norm_num_groups": 2,
    "latent_channels": 3,
    "scaling_factor": 0.6,
}
# Stable Diffusion's form: four sizes, two layers, four latent channels, and every field at its default.
STABLE_DIFFUSION = {
    "block_out_channels": (4, 4, 6, 6),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 2,
    "norm_num_groups": 2,
    "sample_size": 512,
}
# The fields that Stable Diffusion 1's file has, which diffusers 0.6 wrote.
OLDER_FIELDS = """_class_name _diffusers_version act_fn block_out_channels down_block_types in_channels latent_channels
    layers_per_block norm_num_groups out_channels sample_size up_block_types""".split()
TINY = {
    "encoder_block_out_channels": (6,) * 4,
    "decoder_block_out_channels": (6,) * 4,
    "num_encoder_blocks": (1, 2, 2, 2),
    "num_decoder_blocks": (2, 2, 2, 1),
}


@torch.no_grad()
def vae_fixture(
    name: str, model: AutoencoderKL | AutoencoderTiny, size: tuple[int, int], dtype: torch.dtype = torch.float32
) -> Path:
    """Pictures and latents of random numbers, each through one half. The expectation is computed in f32 from weights rounded
    to `dtype`, and has latents as the U-Net of a pipeline has them."""
    folder = FIXTURES / "vae" / name
    torch.manual_seed(len(name))
    for key, parameter in model.named_parameters():
        # Norms begin as the identity and biases as zeros, so that a missing one would not be seen.
        spread = 0.5 if "norm" in key else 0.1
        parameter.copy_((parameter + torch.randn_like(parameter) * spread).to(dtype).float())
    model.eval().to(dtype).save_pretrained(folder)
    model.float()

    config, (height, width) = model.config, size
    pictures = torch.rand(ROWS, config.in_channels, height, width) * 2 - 1
    shift = config.shift_factor or 0.0
    expected = {"height": height, "width": width, "pictures": numbers(pictures)}
    if isinstance(model, AutoencoderKL):
        posterior = model.encode(pictures).latent_dist
        noise = torch.randn_like(posterior.mean)
        drawn = posterior.mean + posterior.std * noise
        assert (drawn - posterior.mean).abs().max() > 0.1
        expected |= {"noise": numbers(noise), "drawn": numbers((drawn - shift) * config.scaling_factor)}
        encoded = posterior.mean
    else:
        encoded = model.encode(pictures).latents
    latents = torch.randn_like(encoded)
    decoded = model.decode(latents / config.scaling_factor + shift).sample
    expected |= {
        "encoded": numbers((encoded - shift) * config.scaling_factor),
        "latents": numbers(latents),
        "decoded": numbers(decoded),
    }
    write_json(folder / "expected.json", expected)
    return folder


def kl_fixture(name: str, size: tuple[int, int], dtype: torch.dtype = torch.float32, **config) -> Path:
    torch.manual_seed(1)
    return vae_fixture(name, AutoencoderKL(**config), size, dtype)


def tiny_fixture(name: str, size: tuple[int, int], **config) -> Path:
    torch.manual_seed(1)
    return vae_fixture(name, AutoencoderTiny(**config), size)


def as_stable_diffusion_1(folder: Path) -> None:
    """Turns the file and its configuration into those of 2022."""
    save_file(older_names(load_file(folder / WEIGHTS)), folder / WEIGHTS, metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", {field: config[field] for field in OLDER_FIELDS})
    assert AutoencoderKL.from_pretrained(folder).config.scaling_factor == 0.18215


def vae_fixtures() -> None:
    kl_fixture("kl", (16, 24), **KL)
    as_stable_diffusion_1(kl_fixture("kl-older", (24, 16), **STABLE_DIFFUSION))
    without = {"use_quant_conv": False, "use_post_quant_conv": False}
    kl_fixture("kl-shifted", (16, 16), **KL | without, shift_factor=0.3, act_fn="gelu")
    # As models/picturebook has it.
    kl_fixture("kl-no-attention", (12, 20), **KL, mid_block_add_attention=False)
    kl_fixture("kl-grey", (12, 16), **KL, in_channels=1, out_channels=1)
    kl_fixture("kl-half", (16, 12), torch.float16, **KL)
    tiny_fixture("tiny", (24, 16), **TINY)
    small = {"encoder_block_out_channels": (5, 5), "decoder_block_out_channels": (7, 7)}
    blocks = {"num_encoder_blocks": (1, 1), "num_decoder_blocks": (1, 2)}
    tiny_fixture("tiny-grey", (6, 10), **small | blocks, in_channels=1, out_channels=1, act_fn="silu", scaling_factor=0.7)


if __name__ == "__main__":
    torch.set_num_threads(1)
    vae_fixtures()
