"""Make the U-Nets that the Rust code is compared with: tiny, of random weights, and what diffusers computes with them.

    python training/fixtures_unet.py

Writes below tests/fixtures/diffusion/unet/. Each folder is what a pipeline's `unet/` is, plus `expected.json`.
"""

import torch
from diffusers import UNet2DConditionModel, UNet2DModel
from diffusers.models.attention_processor import AttnProcessor
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

TOKENS, TEXT_WIDTH = 7, 6
# Stable Diffusion 1 with fewer and smaller blocks.
TEXT = {
    "sample_size": 8,
    "block_out_channels": (6, 8),
    "layers_per_block": 2,
    "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
    "norm_num_groups": 2,
    "cross_attention_dim": TEXT_WIDTH,
    "attention_head_dim": 2,
}
SMALL_TEXT = {**TEXT, "sample_size": 4, "block_out_channels": (4, 6), "layers_per_block": 1}

# What the attention's parts were called before diffusers 0.15: the checkpoints of google/ddpm-* have these names.
OLDER_NAMES = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


def older_names(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    renamed = {}
    for name, tensor in tensors.items():
        for new, old in OLDER_NAMES.items():
            if ".attn" not in name:  # a transformer's parts always had their names
                name = name.replace(f".{new}.", f".{old}.")
        renamed[name] = tensor
    return renamed


class Recorder(AttnProcessor):
    """Attention as it is, and the probabilities with which pixels attend to the text."""

    def __init__(self) -> None:
        super().__init__()
        self.probs = []

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, **rest):
        if encoder_hidden_states is not None:
            queries = attn.head_to_batch_dim(attn.to_q(hidden_states))
            keys = attn.head_to_batch_dim(attn.to_k(encoder_hidden_states))
            probs = attn.get_attention_scores(queries, keys)
            self.probs.append(probs.unflatten(0, (-1, attn.heads)).mean(1))
        return super().__call__(attn, hidden_states, encoder_hidden_states, **rest)

    def maps(self, height: int, width: int) -> torch.Tensor:
        """The mean of all layers, each enlarged: `[rows, tokens, height, width]`."""
        enlarged = []
        for probs in self.probs:
            rows, pixels, tokens = probs.shape
            factor = round((height * width / pixels) ** 0.5)
            maps = probs.transpose(1, 2).reshape(rows, tokens, height // factor, width // factor)
            enlarged.append(maps.repeat_interleave(factor, 2).repeat_interleave(factor, 3))
        return torch.stack(enlarged).mean(0)


@torch.no_grad()
def unet_fixture(
    name: str,
    config: dict,
    timesteps: list[float],
    dtype: torch.dtype = torch.float32,
    class_labels: torch.Tensor | None = None,
    older: bool = False,
    tokens: int = TOKENS,
) -> None:
    """One row for each timestep. The expectation is computed in f32 from weights rounded to `dtype`."""
    torch.manual_seed(len(name))
    folder = FIXTURES / "diffusion" / "unet" / name
    has_text = "cross_attention_dim" in config
    model = (UNet2DConditionModel if has_text else UNet2DModel)(**config).eval()
    for key, parameter in model.named_parameters():
        # Norms begin as the identity and biases as zeros, so that a missing one would not be seen.
        spread = 0.5 if "norm" in key else 0.15
        parameter.copy_((parameter + torch.randn_like(parameter) * spread).to(dtype).float())
    model.to(dtype).save_pretrained(folder)
    if older:
        save_file(older_names(load_file(folder / WEIGHTS)), folder / WEIGHTS, metadata={"format": "pt"})
    size = config["sample_size"]
    height, width = (size, size) if isinstance(size, int) else size
    sample = torch.randn(len(timesteps), model.config.in_channels, height, width)
    conditioning = {"class_labels": class_labels}
    expected = {"sample": numbers(sample), "timesteps": timesteps}
    if has_text:
        conditioning["encoder_hidden_states"] = torch.randn(len(timesteps), tokens, TEXT_WIDTH)
        expected["encoder_hidden_states"] = numbers(conditioning["encoder_hidden_states"])
    if config.get("time_cond_proj_dim"):
        conditioning["timestep_cond"] = torch.randn(len(timesteps), config["time_cond_proj_dim"])
        expected["timestep_cond"] = numbers(conditioning["timestep_cond"])
    output = model.float()(sample, torch.tensor(timesteps), **conditioning).sample
    expected["output"] = numbers(output)
    if has_text:
        recorder = Recorder()
        model.set_attn_processor(recorder)
        again = model(sample, torch.tensor(timesteps), **conditioning).sample
        torch.testing.assert_close(again, output, rtol=1e-4, atol=1e-5)
        if recorder.probs:
            expected["attentions"] = numbers(recorder.maps(height, width))
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


def text_fixtures() -> None:
    # Stable Diffusion 1, with as many tokens as it has.
    unet_fixture("text", {**TEXT, "sample_size": (4, 8)}, [1, 981], tokens=77)
    # Stable Diffusion 2: a list of heads, linear projections.
    linear = {**TEXT, "attention_head_dim": (2, 3, 4), "use_linear_projection": True, "upcast_attention": True}
    linear |= {"block_out_channels": (4, 6, 8), "layers_per_block": 1, "sample_size": (12, 8)}
    linear["down_block_types"] = ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D")
    linear["up_block_types"] = ("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D")
    unet_fixture("text-linear", linear, [999, 42])
    # segmind/tiny-sd and nota-ai/bk-sdm-tiny: fewer layers, nothing in the middle. The heads do not use all channels.
    distilled = {**TEXT, "mid_block_type": None, "layers_per_block": 1, "block_out_channels": (10, 9), "norm_num_groups": 1}
    distilled["attention_head_dim"] = (3, 4)
    distilled["down_block_types"] = ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D")
    distilled["up_block_types"] = ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D")
    unet_fixture("text-distilled", distilled, [500], tokens=5)
    # Latent consistency models embed the guidance scale.
    unet_fixture("text-guided", {**SMALL_TEXT, "time_cond_proj_dim": 10}, [259, 779])
    only_cross = {**SMALL_TEXT, "only_cross_attention": (True, False), "transformer_layers_per_block": (2, 1)}
    only_cross |= {"layers_per_block": (1, 2), "cross_attention_dim": (TEXT_WIDTH, TEXT_WIDTH)}
    only_cross["down_block_types"] = ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D")
    unet_fixture("text-only-cross", only_cross, [20, 30])
    # Nothing is as it is by default, and one residual block is in the middle.
    classes = {**SMALL_TEXT, "num_class_embeds": 3, "mid_block_type": "UNetMidBlock2D", "mid_block_scale_factor": 1.5}
    classes |= {"act_fn": "gelu", "timestep_post_act": "silu", "time_embedding_act_fn": "relu", "freq_shift": 1}
    classes |= {"conv_in_kernel": 5, "conv_out_kernel": 1, "resnet_time_scale_shift": "scale_shift", "norm_eps": 1e-6}
    classes |= {"in_channels": 5, "out_channels": 3, "downsample_padding": 0, "flip_sin_to_cos": False}
    classes |= {"time_embedding_dim": 12, "center_input_sample": True}
    unet_fixture("text-classes", classes, [3, 400], class_labels=torch.tensor([2, 0]))
    # Pixels that attend to each other beside those that attend to the text as well, under the older names.
    pixels = {**SMALL_TEXT, "down_block_types": ("AttnDownBlock2D", "CrossAttnDownBlock2D"), "class_embed_type": "timestep"}
    pixels |= {"up_block_types": ("CrossAttnUpBlock2D", "AttnUpBlock2D"), "attention_head_dim": (4, 3), "act_fn": "relu"}
    unet_fixture("text-pixels", pixels, [640], class_labels=torch.tensor([7]), older=True)
    unet_fixture("text-half", SMALL_TEXT, [250, 750], dtype=torch.float16)


if __name__ == "__main__":
    unet_fixtures()
    text_fixtures()
