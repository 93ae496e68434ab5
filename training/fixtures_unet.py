"""Make the U-Nets that the Rust code is compared with: tiny, of random weights, and what diffusers computes with them.

    python training/fixtures_unet.py

Writes below tests/fixtures/diffusion/unet/. Each folder is what a pipeline's `unet/` is, plus `expected.json`.
"""

import torch
from diffusers import UNet2DModel
from safetensors.torch import load_file, save_file

from fixtures import FIXTURES, numbers, write_json

WEIGHTS = "diffusion_pytorch_model.safetensors"

PLAIN = {
    "sample_size": 8,
    "in_channels": 3,
    "out_channels": 3,
    "block_out_channels": (4, 6),
    "layers_per_block": 1,
    "down_block_types": ("DownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "UpBlock2D"),
    "norm_num_groups": 2,
    "attention_head_dim": 2,
}
ATTENTION = {
    **PLAIN,
    "down_block_types": ("DownBlock2D", "AttnDownBlock2D"),
    "up_block_types": ("AttnUpBlock2D", "UpBlock2D"),
}

# What the attention's parts were called before diffusers 0.15: the checkpoints of google/ddpm-* have these names.
OLDER_NAMES = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


def older_names(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    renamed = {}
    for name, tensor in tensors.items():
        for new, old in OLDER_NAMES.items():
            name = name.replace(f".{new}.", f".{old}.")
        renamed[name] = tensor
    return renamed


@torch.no_grad()
def unet_fixture(
    name: str,
    config: dict,
    timesteps: list[float],
    dtype: torch.dtype = torch.float32,
    class_labels: torch.Tensor | None = None,
    older: bool = False,
) -> None:
    """One row for each timestep. The expectation is computed in f32 from weights rounded to `dtype`."""
    torch.manual_seed(len(name))
    folder = FIXTURES / "diffusion" / "unet" / name
    model = UNet2DModel(**config).eval()
    for key, parameter in model.named_parameters():
        # Norms begin as the identity and biases as zeros, so that a missing one would not be seen.
        spread = 0.5 if "norm" in key else 0.15
        parameter.copy_((parameter + torch.randn_like(parameter) * spread).to(dtype).float())
    model.to(dtype).save_pretrained(folder)
    if older:
        save_file(older_names(load_file(folder / WEIGHTS)), folder / WEIGHTS, metadata={"format": "pt"})
    size = config["sample_size"]
    height, width = (size, size) if isinstance(size, int) else size
    sample = torch.randn(len(timesteps), config["in_channels"], height, width)
    output = model.float()(sample, torch.tensor(timesteps), class_labels=class_labels).sample
    expected = {"sample": numbers(sample), "timesteps": timesteps, "output": numbers(output)}
    if class_labels is not None:
        expected["class_labels" if class_labels.dim() == 1 else "class_embeddings"] = numbers(class_labels)
    write_json(folder / "expected.json", expected)


def unet_fixtures() -> None:
    unet_fixture("plain", PLAIN, [0, 37, 999])
    # As google/ddpm-cifar10-32 has it: one head, padding at the end only, sin before cos, the older names.
    published = {
        **ATTENTION,
        "down_block_types": ("AttnDownBlock2D", "UNetResAttnDownBlock2D"),
        "up_block_types": ("UNetResAttnUpBlock2D", "AttnUpBlock2D"),
        "attention_head_dim": None,
        "downsample_padding": 0,
        "flip_sin_to_cos": False,
        "freq_shift": 1,
        "norm_eps": 1e-6,
        "act_fn": "swish",
    }
    unet_fixture("published", published, [1, 500], older=True)
    classes = {**ATTENTION, "num_class_embeds": 5, "in_channels": 1, "out_channels": 1, "layers_per_block": 2}
    unet_fixture("classes", classes, [3, 400, 10.5], class_labels=torch.tensor([4, 0, 2]))
    timestep_classes = {**PLAIN, "class_embed_type": "timestep", "act_fn": "gelu", "mid_block_type": None}
    unet_fixture("timestep-classes", timestep_classes, [8, 640], class_labels=torch.tensor([7, 120]))
    identity = {**PLAIN, "class_embed_type": "identity", "time_embedding_dim": 10, "act_fn": "relu", "add_attention": False}
    unet_fixture("identity", identity, [20, 30], class_labels=torch.randn(2, 10))
    fourier = {**PLAIN, "time_embedding_type": "fourier", "center_input_sample": True, "mid_block_scale_factor": 2**0.5}
    unet_fixture("fourier", fourier, [0.5, 3.0, 900.0])
    resnet = {**ATTENTION, "downsample_type": "resnet", "upsample_type": "resnet", "block_out_channels": (4, 4, 6)}
    resnet["down_block_types"] = ("AttnDownBlock2D", "ResnetDownsampleBlock2D", "DownBlock2D")
    resnet["up_block_types"] = ("UpBlock2D", "AttnUpBlock2D", "ResnetUpsampleBlock2D")
    unet_fixture("resnet-sampling", resnet, [11, 222])
    # Nothing is a multiple of four, an attention's heads do not use all channels, and more goes in than comes out.
    odd = {**ATTENTION, "sample_size": (6, 10), "block_out_channels": (9, 15), "norm_num_groups": 3}
    odd |= {"in_channels": 5, "out_channels": 2, "attention_head_dim": 4}
    unet_fixture("odd-sizes", odd, [77, 78])
    scale_shift = {**ATTENTION, "resnet_time_scale_shift": "scale_shift"}
    unet_fixture("scale-shift", scale_shift, [5, 600])
    unet_fixture("scale-shift-normed", {**scale_shift, "attn_norm_num_groups": 3}, [5, 600])
    unet_fixture("half", ATTENTION, [250, 750], dtype=torch.float16)


if __name__ == "__main__":
    unet_fixtures()
