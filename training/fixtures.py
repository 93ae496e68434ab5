"""Make the fixtures that the Rust code is compared with: tiny models with random weights, and what PyTorch computes.

    python training/fixtures.py

Writes below tests/fixtures/. Each folder is a model as Hearth loads it, plus `expected.json`.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import GPT2Config, GPT2LMHeadModel

import gan

FIXTURES = Path(__file__).parent.parent / "tests" / "fixtures"


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n")


def numbers(tensor: torch.Tensor) -> list[float]:
    return tensor.flatten().tolist()


@torch.no_grad()
def gan_fixture(name: str, config: dict, dtype: torch.dtype = torch.float32, shards: int = 1, batch: int = 5) -> None:
    """Both networks on a batch. The expectation is computed in f32 from weights rounded to `dtype`."""
    torch.manual_seed(len(name))
    folder = FIXTURES / "gan" / name
    folder.mkdir(parents=True, exist_ok=True)
    generator, discriminator = gan.Generator(config), gan.Discriminator(config)
    for network in (generator, discriminator):
        for parameter in network.parameters():
            parameter.copy_((parameter * 3).to(dtype).float())  # larger, so that an error shows
    tensors = {key: value.to(dtype) for key, value in gan.checkpoint_tensors(generator, discriminator).items()}
    write_json(folder / "config.json", config)
    if shards == 1:
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    else:
        names = sorted(tensors)
        weight_map = {}
        for shard in range(shards):
            file = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
            part = {key: tensors[key] for key in names[shard::shards]}
            save_file(part, folder / file, metadata={"format": "pt"})
            weight_map |= dict.fromkeys(part, file)
        total = sum(tensor.nbytes for tensor in tensors.values())
        write_json(folder / "model.safetensors.index.json", {"metadata": {"total_size": total}, "weight_map": weight_map})

    latents = torch.randn(batch, config["latent_dim"])
    classes = config.get("num_classes", 0)
    labels = torch.randint(classes, (batch,)) if classes else None
    pictures = generator(latents, labels)
    scores = discriminator(pictures, labels)
    expected = {"latents": numbers(latents), "pixels": numbers(pictures), "scores": numbers(scores)}
    if labels is not None:
        expected["class_labels"] = labels.tolist()
        # A mixture of two classes is the mixture of their embeddings.
        weights = torch.softmax(torch.randn(batch, classes), dim=1)
        mixed = [torch.cat([latents, weights @ generator.class_embedding.weight], dim=1)]
        pictures = generator.main(mixed[0])
        scores = discriminator.main(torch.cat([pictures, weights @ discriminator.class_embedding.weight], dim=1))
        expected["mixed"] = {
            "class_weights": numbers(weights),
            "pixels": numbers(pictures),
            "scores": numbers(scores),
        }
    write_json(folder / "expected.json", expected)


def gan_fixtures() -> None:
    config = {
        "model_type": "gan",
        "image_size": 6,
        "num_channels": 1,
        "latent_dim": 7,
        "generator_hidden_sizes": [9, 13, 16],
        "discriminator_hidden_sizes": [17, 11, 5],
        "negative_slope": 0.2,
        "num_classes": 4,
        "class_embedding_dim": 3,
    }
    plain = {key: value for key, value in config.items() if "class" not in key}
    # A square layer loads without a shape error when it is transposed by mistake: only the numbers tell.
    square = {**plain, "generator_hidden_sizes": [7, 7], "discriminator_hidden_sizes": [36, 36], "negative_slope": 0.05}
    gan_fixture("conditional", config)
    gan_fixture("unconditional", plain)
    gan_fixture("square-rgb", {**square, "num_channels": 3})
    gan_fixture("half", config, dtype=torch.float16)
    gan_fixture("bfloat", config, dtype=torch.bfloat16)
    gan_fixture("sharded", config, shards=3)


@torch.no_grad()
def gpt2_fixture(name: str, dtype: torch.dtype = torch.float32, **changes) -> None:
    """Logits of transformers for two rows of tokens, computed in f32 from weights rounded to `dtype`.

    `sharded` saves several files. `bare` saves what old checkpoints hold: no prefix, the causal masks, the head twice.
    """
    torch.manual_seed(len(name))
    folder = FIXTURES / "gpt2" / name
    sizes = {"vocab_size": 37, "n_positions": 24, "n_embd": 12, "n_layer": 2, "n_head": 3}
    config = GPT2Config(**{**sizes, "bos_token_id": 36, "eos_token_id": 36, **changes})
    model = GPT2LMHeadModel(config).eval()
    for parameter in model.parameters():
        spread = 0.4 if parameter.dim() > 1 else 0.2
        parameter.copy_((parameter + torch.randn_like(parameter) * spread).to(dtype).float())
    model.to(dtype).save_pretrained(folder, max_shard_size="9KB" if name == "sharded" else "1GB")
    (folder / "generation_config.json").unlink()
    if name == "bare":
        tensors = {key.removeprefix("transformer."): value for key, value in load_file(folder / "model.safetensors").items()}
        for layer in range(config.n_layer):
            mask = torch.ones(config.n_positions, config.n_positions, dtype=torch.uint8).tril()
            tensors[f"h.{layer}.attn.bias"] = mask[None, None]
        tensors["lm_head.weight"] = tensors["wte.weight"].clone()
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    token_ids = torch.randint(config.vocab_size, (2, 11))
    logits = model.float()(token_ids).logits
    write_json(folder / "expected.json", {"token_ids": token_ids.tolist(), "logits": numbers(logits)})


def gpt2_fixtures() -> None:
    gpt2_fixture("plain")
    gpt2_fixture(
        "untied",
        tie_word_embeddings=False,
        activation_function="gelu",
        n_inner=20,
        scale_attn_by_inverse_layer_idx=True,
        layer_norm_epsilon=1e-3,
    )
    gpt2_fixture("unscaled", activation_function="relu", scale_attn_weights=False, n_layer=3, n_head=1)
    gpt2_fixture("half", dtype=torch.float16, activation_function="silu")
    gpt2_fixture("bfloat", dtype=torch.bfloat16, activation_function="gelu_pytorch_tanh")
    gpt2_fixture("sharded")
    gpt2_fixture("bare")


if __name__ == "__main__":
    gan_fixtures()
    gpt2_fixtures()
