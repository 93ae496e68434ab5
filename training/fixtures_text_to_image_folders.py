"""Tiny Stable Diffusion folders of random weights, in the forms that the Hub has them: `fixtures_text_to_image.py` makes calls
of them.
"""

import json
import re
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

UNET_WEIGHTS, TEXT_WEIGHTS = "diffusion_pytorch_model.safetensors", "model.safetensors"
CORPUS = """a fox on a hill at night, in the snow; a small red boat on the sea under the moon. the old house by the river
in the forest, painted in the style of the masters: oil on canvas, soft light, many details. a blurry photo of a cat that sleeps
on a chair beside the window, ugly, low quality. two birds over the mountains in the morning mist, watercolour"""


@dataclass
class Shapes:
    """What differs between the folders that are committed and those that are held out."""

    seed: int = 0
    channels: tuple = (8, 16)
    groups: int = 4
    heads: int = 2
    sample_size: int = 8
    hidden_size: int = 16
    text_heads: int = 2
    text_layers: int = 2
    vae_channels: tuple = (8, 8)
    layers: int = 1
    steps: int = 4
    guidance: float = 7.5

    @property
    def three_levels(self) -> tuple:
        return (*self.channels, self.channels[-1])


# --- the tokenizer


def byte_symbols() -> dict[int, str]:
    """A printable character for each byte, in CLIP's order: those that are printable themselves come first."""
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAC + 1), *range(0xAE, 0xFF + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + index) for index, byte in enumerate(others)}


def byte_pairs(merges: int) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """A vocabulary of CLIP's kind, and the merges that the corpus asks for most often."""
    symbols = byte_symbols()
    words = Counter()
    for word in re.findall(r"[a-z]+|[^\sa-z]+", CORPUS.lower()):
        spelled = [symbols[byte] for byte in word.encode()]
        words[(*spelled[:-1], spelled[-1] + "</w>")] += 1
    learned = []
    for _ in range(merges):
        pairs = Counter()
        for word, count in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += count
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        learned.append(best)
        words = Counter({merged(word, best): count for word, count in words.items()})
    tokens = [*symbols.values(), *(f"{symbol}</w>" for symbol in symbols.values()), *("".join(pair) for pair in learned)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    return {token: index for index, token in enumerate(tokens)}, learned


def merged(word: tuple, pair: tuple) -> tuple:
    result, index = [], 0
    while index < len(word):
        joined = word[index : index + 2] == pair
        result.append("".join(pair) if joined else word[index])
        index += 2 if joined else 1
    return tuple(result)


def added_token(content: str) -> dict:
    return {"content": content, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False}


def write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def save_tokenizer(folder: Path, pad_token: str) -> int:
    """The files of transformers 4's slow tokenizer. Returns the size of the vocabulary."""
    vocab, merges = byte_pairs(100)
    start, end = added_token("<|startoftext|>"), added_token("<|endoftext|>")
    write(folder / "special_tokens_map.json", {"bos_token": start, "eos_token": end, "pad_token": pad_token, "unk_token": end})
    typed = lambda token: {"__type": "AddedToken", **token}
    config = {
        "add_prefix_space": False,
        "bos_token": typed(start),
        "do_lower_case": True,
        "eos_token": typed(end),
        "errors": "replace",
        "model_max_length": 77,
        "name_or_path": "openai/clip-vit-large-patch14",
        "pad_token": pad_token,
        "special_tokens_map_file": "./special_tokens_map.json",
        "tokenizer_class": "CLIPTokenizer",
        "unk_token": typed(end),
    }
    write(folder / "tokenizer_config.json", config)
    (folder / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{left} {right}\n" for left, right in merges))
    return len(vocab)


# --- networks whose every weight shows in what comes out


@torch.no_grad()
def randomise(model: torch.nn.Module, gains: dict[str, float]) -> torch.nn.Module:
    """Weights that keep the size of what passes through them, times the first gain whose pattern is in the name."""
    for name, parameter in model.named_parameters():
        gain = next((gain for pattern, gain in gains.items() if re.search(pattern, name)), 1.0)
        if name.endswith("bias"):
            parameter.copy_(torch.randn_like(parameter) * 0.2)
        elif "norm" in name:
            parameter.copy_(1 + torch.randn_like(parameter) * 0.3)
        elif "embedding.weight" in name:
            parameter.copy_(torch.randn_like(parameter) * gain)
        else:
            parameter.copy_(torch.randn_like(parameter) * gain / parameter[0].numel() ** 0.5)
    return model.eval()


def text_encoder(shapes: Shapes, vocab_size: int, **config) -> CLIPTextModel:
    config = CLIPTextConfig(
        vocab_size=vocab_size,
        hidden_size=shapes.hidden_size,
        intermediate_size=4 * shapes.hidden_size,
        num_hidden_layers=shapes.text_layers,
        num_attention_heads=shapes.text_heads,
        max_position_embeddings=77,
        projection_dim=shapes.hidden_size,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
        **config,
    )
    # Attention that is not flat, so that a mask or an order that is wrong shows.
    return randomise(CLIPTextModel(config), {"position_embedding": 0.5, "[qk]_proj": 1.7})


def unet(shapes: Shapes, **config) -> UNet2DConditionModel:
    defaults = {
        "sample_size": shapes.sample_size,
        "block_out_channels": shapes.channels,
        "layers_per_block": shapes.layers,
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
        "norm_num_groups": shapes.groups,
        "attention_head_dim": shapes.heads,
        "cross_attention_dim": shapes.hidden_size,
    }
    # What is attended to must differ between words and matter, or guidance would change nothing.
    gains = {"attn2.to_[qk]": 1.7, "attn2.to_out": 1.5, "conv_out.weight": 0.8}
    return randomise(UNet2DConditionModel(**{**defaults, **config}), gains)


@torch.no_grad()
def autoencoder(shapes: Shapes, **config) -> AutoencoderKL:
    levels = len(shapes.vae_channels)
    config = {
        "block_out_channels": shapes.vae_channels,
        "down_block_types": ("DownEncoderBlock2D",) * levels,
        "up_block_types": ("UpDecoderBlock2D",) * levels,
        "layers_per_block": 1,
        "latent_channels": 4,
        "norm_num_groups": 4,
        "sample_size": shapes.sample_size * 2 ** (levels - 1),
        "scaling_factor": 0.18215,
        **config,
    }
    gains = {"decoder.conv_out.weight": 0.8, "attentions.*[qk].weight": 1.5, "post_quant_conv": 0.15, "^quant_conv": 3.0}
    model = randomise(AutoencoderKL(**config), gains)
    # Latents are drawn from about 3 ± 1.5, as unit variance times the scale of what is to be seen.
    model.quant_conv.weight[4:] /= 6
    model.quant_conv.bias[4:] += 0.7
    return model


def tiny_autoencoder(shapes: Shapes) -> AutoencoderTiny:
    channels = (shapes.vae_channels[0],) * len(shapes.vae_channels)
    blocks = (1,) * len(channels)
    config = {"num_encoder_blocks": blocks, "num_decoder_blocks": blocks}
    config |= {"encoder_block_out_channels": channels, "decoder_block_out_channels": channels}
    # Halved in every block, because nothing is normed between them.
    return randomise(AutoencoderTiny(**config), {r"decoder.layers.\d+.weight": 0.8, "conv.4": 0.7, "weight": 1.2})


# --- folders as people have them

LATENT_BETAS = {"beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085}
OLDER_ATTENTION = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


def older_attention(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What an autoencoder's attention was called before diffusers 0.15."""
    renamed = {}
    for name, tensor in tensors.items():
        for new, old in OLDER_ATTENTION.items():
            name = name.replace(f".attentions.0.{new}.", f".attentions.0.{old}.")
        renamed[name] = tensor
    return renamed


def older_text(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """transformers before 5: a prefix, and the positions among the weights."""
    older = {f"text_model.{name.removeprefix('text_model.')}": tensor for name, tensor in tensors.items()}
    older["text_model.embeddings.position_ids"] = torch.arange(77).reshape(1, 77)
    return older


def rewrite(path: Path, change: object) -> None:
    save_file({name: tensor.contiguous() for name, tensor in change(load_file(path)).items()}, path, metadata={"format": "pt"})


def keep(path: Path, keys: str, **changes) -> None:
    """Of a config file only these keys, as an older library wrote them."""
    config = json.loads(path.read_text())
    write(path, {key: config[key] for key in sorted(keys.split()) if key in config} | changes)


def index(pipeline: str, scheduler: str, checker: bool | None, **more) -> dict:
    """A model_index.json. `checker`: whether it names a safety checker, whose folder nobody needs."""
    named = {"safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"]}
    named |= {"feature_extractor": ["transformers", "CLIPImageProcessor"]}
    parts = {"scheduler": ["diffusers", scheduler], "text_encoder": ["transformers", "CLIPTextModel"]}
    parts |= {"tokenizer": ["transformers", "CLIPTokenizer"], "unet": ["diffusers", "UNet2DConditionModel"]}
    parts |= {"vae": ["diffusers", "AutoencoderKL"]}
    parts |= named if checker else dict.fromkeys(named, [None, None]) if checker is False else {}
    return {"_class_name": pipeline, "_diffusers_version": "0.19.0.dev0", **dict(sorted(parts.items())), **more}


UNET_KEYS = """_class_name act_fn attention_head_dim block_out_channels center_input_sample cross_attention_dim down_block_types
downsample_padding flip_sin_to_cos freq_shift in_channels layers_per_block mid_block_scale_factor norm_eps norm_num_groups
out_channels sample_size up_block_types"""
VAE_KEYS = """_class_name act_fn block_out_channels down_block_types in_channels latent_channels layers_per_block norm_num_groups
out_channels sample_size up_block_types"""
TEXT_KEYS = """architectures attention_dropout bos_token_id dropout eos_token_id hidden_act hidden_size initializer_factor
initializer_range intermediate_size layer_norm_eps max_position_embeddings model_type num_attention_heads num_hidden_layers
pad_token_id projection_dim vocab_size"""


def sd1(folder: Path, shapes: Shapes) -> None:
    """Stable Diffusion 1: configs of diffusers 0.9 without a scaling_factor, old names, parts whose folders are not there."""
    vocab_size = save_tokenizer(folder / "tokenizer", "<|endoftext|>")
    text_encoder(shapes, vocab_size, hidden_act="quick_gelu").save_pretrained(folder / "text_encoder")
    unet(shapes).save_pretrained(folder / "unet")
    autoencoder(shapes).save_pretrained(folder / "vae")
    rewrite(folder / "text_encoder" / TEXT_WEIGHTS, older_text)
    rewrite(folder / "vae" / UNET_WEIGHTS, older_attention)
    keep(folder / "unet" / "config.json", UNET_KEYS, _diffusers_version="0.9.0")
    keep(folder / "vae" / "config.json", VAE_KEYS, _diffusers_version="0.9.0")
    keep(folder / "text_encoder" / "config.json", TEXT_KEYS, torch_dtype="float32", transformers_version="4.22.0.dev0")
    scheduler = {
        "_class_name": "PNDMScheduler",
        "_diffusers_version": "0.9.0",
        **LATENT_BETAS,
        "clip_sample": False,
        "num_train_timesteps": 1000,
        "set_alpha_to_one": False,
        "skip_prk_steps": True,
        "steps_offset": 1,
        "trained_betas": None,
    }
    write(folder / "scheduler" / "scheduler_config.json", scheduler)
    write(folder / "model_index.json", index("StableDiffusionPipeline", "PNDMScheduler", True))


def sd2(folder: Path, shapes: Shapes) -> None:
    """Stable Diffusion 2: velocities, linear projections, heads for each block, and halves beside the plain weights."""
    vocab_size = save_tokenizer(folder / "tokenizer", "!")
    text_encoder(shapes, vocab_size, hidden_act="gelu").save_pretrained(folder / "text_encoder")
    blocks = {"down_block_types": ("CrossAttnDownBlock2D",) * 2 + ("DownBlock2D",)}
    blocks |= {"up_block_types": ("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 2, "block_out_channels": shapes.three_levels}
    heads = [shapes.heads // 2, shapes.heads, shapes.heads]
    unet(shapes, **blocks, attention_head_dim=heads, use_linear_projection=True).save_pretrained(folder / "unet")
    autoencoder(shapes).save_pretrained(folder / "vae")
    rewrite(folder / "text_encoder" / TEXT_WEIGHTS, older_text)
    for part, name in (("text_encoder", TEXT_WEIGHTS), ("unet", UNET_WEIGHTS), ("vae", UNET_WEIGHTS)):
        halves = {key: tensor.half() if tensor.is_floating_point() else tensor for key, tensor in load_file(folder / part / name).items()}
        save_file(halves, folder / part / name.replace(".safetensors", ".fp16.safetensors"), metadata={"format": "pt"})
    scheduler = {
        "_class_name": "DDIMScheduler",
        "_diffusers_version": "0.8.0",
        **LATENT_BETAS,
        "clip_sample": False,
        "num_train_timesteps": 1000,
        "prediction_type": "v_prediction",
        "set_alpha_to_one": False,
        "skip_prk_steps": True,
        "steps_offset": 1,
        "trained_betas": None,
    }
    write(folder / "scheduler" / "scheduler_config.json", scheduler)
    write(folder / "model_index.json", index("StableDiffusionPipeline", "DDIMScheduler", False, requires_safety_checker=False))


def turbo(folder: Path, shapes: Shapes) -> None:
    """SD-Turbo, saved again by transformers 5: no prefix, one tokenizer.json."""
    with tempfile.TemporaryDirectory() as slow:
        vocab_size = save_tokenizer(Path(slow), "!")
        CLIPTokenizer.from_pretrained(slow).save_pretrained(folder / "tokenizer")
    text_encoder(shapes, vocab_size, hidden_act="gelu").save_pretrained(folder / "text_encoder")
    config = {"attention_head_dim": [shapes.heads, 2 * shapes.heads], "use_linear_projection": True}
    unet(shapes, **config).save_pretrained(folder / "unet")
    autoencoder(shapes).save_pretrained(folder / "vae")
    scheduler = {
        "_class_name": "EulerDiscreteScheduler",
        "_diffusers_version": "0.24.0.dev0",
        **LATENT_BETAS,
        "clip_sample": False,
        "interpolation_type": "linear",
        "num_train_timesteps": 1000,
        "prediction_type": "epsilon",
        "sample_max_value": 1.0,
        "set_alpha_to_one": False,
        "sigma_max": None,
        "sigma_min": None,
        "skip_prk_steps": True,
        "steps_offset": 1,
        "timestep_spacing": "trailing",
        "timestep_type": "discrete",
        "trained_betas": None,
        "use_karras_sigmas": False,
    }
    write(folder / "scheduler" / "scheduler_config.json", scheduler)
    more = {"image_encoder": [None, None], "requires_safety_checker": False}
    write(folder / "model_index.json", index("StableDiffusionPipeline", "EulerDiscreteScheduler", False, **more))


def lcm(folder: Path, shapes: Shapes) -> None:
    """A latent consistency model: the U-Net is told the guidance."""
    vocab_size = save_tokenizer(folder / "tokenizer", "<|endoftext|>")
    text_encoder(shapes, vocab_size, hidden_act="quick_gelu").save_pretrained(folder / "text_encoder")
    unet(shapes, time_cond_proj_dim=3 * shapes.channels[0]).save_pretrained(folder / "unet")
    autoencoder(shapes).save_pretrained(folder / "vae")
    rewrite(folder / "text_encoder" / TEXT_WEIGHTS, older_text)
    scheduler = {
        "_class_name": "LCMScheduler",
        "_diffusers_version": "0.23.0.dev0",
        **LATENT_BETAS,
        "clip_sample": False,
        "clip_sample_range": 1.0,
        "dynamic_thresholding_ratio": 0.995,
        "num_train_timesteps": 1000,
        "original_inference_steps": 50,
        "prediction_type": "epsilon",
        "rescale_betas_zero_snr": False,
        "sample_max_value": 1.0,
        "set_alpha_to_one": True,
        "steps_offset": 1,
        "thresholding": False,
        "timestep_scaling": 10.0,
        "timestep_spacing": "leading",
        "trained_betas": None,
    }
    write(folder / "scheduler" / "scheduler_config.json", scheduler)
    write(folder / "model_index.json", index("LatentConsistencyModelPipeline", "LCMScheduler", True, requires_safety_checker=True))


def tiny(folder: Path, shapes: Shapes) -> None:
    """A distilled model as tiny-sd and bk-sdm-tiny are, without a middle block, and with the small autoencoder."""
    vocab_size = save_tokenizer(folder / "tokenizer", "<|endoftext|>")
    text_encoder(shapes, vocab_size, hidden_act="quick_gelu").save_pretrained(folder / "text_encoder")
    config = {"down_block_types": ("CrossAttnDownBlock2D",) * 2, "up_block_types": ("CrossAttnUpBlock2D",) * 2}
    unet(shapes, **config, mid_block_type=None, layers_per_block=1).save_pretrained(folder / "unet")
    tiny_autoencoder(shapes).save_pretrained(folder / "vae")
    rewrite(folder / "text_encoder" / TEXT_WEIGHTS, older_text)
    scheduler = {
        "_class_name": "DPMSolverMultistepScheduler",
        "_diffusers_version": "0.19.0.dev0",
        **LATENT_BETAS,
        "algorithm_type": "dpmsolver++",
        "clip_sample": False,
        "num_train_timesteps": 1000,
        "prediction_type": "epsilon",
        "set_alpha_to_one": False,
        "skip_prk_steps": True,
        "solver_order": 2,
        "solver_type": "midpoint",
        "steps_offset": 1,
        "thresholding": False,
        "timestep_spacing": "leading",
        "trained_betas": None,
    }
    write(folder / "scheduler" / "scheduler_config.json", scheduler)
    named = index("StableDiffusionPipeline", "DPMSolverMultistepScheduler", True, requires_safety_checker=True)
    write(folder / "model_index.json", named | {"vae": ["diffusers", "AutoencoderTiny"]})
