"""Make the fixtures that the Rust code is compared with: tiny models with random weights, and what PyTorch computes.

    python training/fixtures.py

Writes below tests/fixtures/. Each folder is a model as Hearth loads it, plus `expected.json`.
"""

import json
import math
import shutil
import tempfile
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel, LogitsProcessorList, PreTrainedTokenizerFast

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


def gan_gradients_fixture() -> None:
    """One step's gradients of the two networks of `gan/conditional`, each by its own loss, under their parameters' names."""
    torch.manual_seed(0)
    model, folder = FIXTURES / "gan" / "conditional", FIXTURES / "gan-gradients"
    folder.mkdir(parents=True, exist_ok=True)
    config = json.loads((model / "config.json").read_text())
    networks = nn.ModuleDict({"generator": gan.Generator(config), "discriminator": gan.Discriminator(config)})
    networks.load_state_dict(load_file(model / "model.safetensors"))
    generator, discriminator = networks["generator"], networks["discriminator"]

    batch, classes = 5, config["num_classes"]
    latents, labels = torch.randn(batch, config["latent_dim"]), torch.randint(classes, (batch,))
    pixels = config["num_channels"] * config["image_size"] ** 2
    real, real_labels = 2 * torch.rand(batch, pixels) - 1, torch.randint(classes, (batch,))

    def loss(pictures: torch.Tensor, labels: torch.Tensor, target: float) -> torch.Tensor:
        logits = discriminator.training_logits(pictures, labels, dropout=0.0)
        return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))

    fake = generator(latents, labels)
    losses = {
        "discriminator": loss(real, real_labels, 1.0) + loss(fake.detach(), labels, 0.0),
        "generator": loss(fake, labels, 1.0),
    }
    gradients = {}
    for name, value in losses.items():
        parameters = dict(networks[name].named_parameters(name))
        of_network = torch.autograd.grad(value, list(parameters.values()), retain_graph=True)
        gradients |= dict(zip(parameters, of_network))
    save_file(gradients, folder / "gradients.safetensors", metadata={"format": "pt"})
    expected = {"latents": numbers(latents), "class_labels": labels.tolist()}
    expected |= {"real": numbers(real), "real_class_labels": real_labels.tolist()}
    expected |= {f"{name}_loss": value.item() for name, value in losses.items()}
    write_json(folder / "expected.json", expected)


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


PROMPT = "Once upon a time"
EOS = [3, 11, 40, 97, 200]  # several, so that texts end at different lengths

GENERATIONS = [
    {},
    {"max_length": 25},
    {"no_repeat_ngram_size": 2},
    {"no_repeat_ngram_size": 1},
    {"repetition_penalty": 1.7},
    {"repetition_penalty": 0.6},
    {"exponential_decay_length_penalty": [4, 1.3], "eos_token_id": EOS},
    {"exponential_decay_length_penalty": [0, 0.5], "eos_token_id": EOS, "num_beams": 3, "num_return_sequences": 2},
    {"min_new_tokens": 14, "eos_token_id": EOS},
    {"bad_words": ["a", "the"]},
    {"eos_token_id": EOS},
    {"stop_strings": ["14", "zz"]},
    {"num_beams": 3},
    {"num_beams": 4, "num_return_sequences": 3, "no_repeat_ngram_size": 2},
    {"num_beams": 3, "early_stopping": True, "num_return_sequences": 3, "eos_token_id": EOS},
    {"num_beams": 3, "early_stopping": False, "num_return_sequences": 3, "eos_token_id": EOS},
    {"num_beams": 3, "early_stopping": "never", "num_return_sequences": 3, "eos_token_id": EOS},
    {"num_beams": 3, "length_penalty": -2.0, "eos_token_id": EOS, "num_return_sequences": 2},
    {"num_beams": 3, "length_penalty": 3.0, "eos_token_id": EOS, "num_return_sequences": 2},
    {"num_beams": 2, "repetition_penalty": 1.5, "min_new_tokens": 5, "eos_token_id": EOS},
]

PROCESSED = [
    {"temperature": 0.7},
    {"top_k": 5},
    {"top_k": 0, "top_p": 0.8},
    {"top_k": 0, "top_p": 0.05},
    {"top_k": 0, "min_p": 0.2},
    {"top_k": 0, "typical_p": 0.5},
    {"temperature": 1.5, "top_k": 40, "top_p": 0.9, "min_p": 0.02, "typical_p": 0.9, "repetition_penalty": 1.3},
    {"num_beams": 3, "top_k": 1},
    {"num_beams": 3, "top_k": 0, "top_p": 0.05, "min_p": 0.9, "typical_p": 0.05},
    {"no_repeat_ngram_size": 2, "min_new_tokens": 4, "bad_words": ["time"], "top_k": 0},
    {"exponential_decay_length_penalty": [1, 1.5], "top_k": 0},
]

CORPUS = [
    "",
    " ",
    "Once upon a time, in a distant galaxy",
    "don't we'll I'VE 'tis",
    "a" * 100,
    "a" + " " * 50 + "b\n\n\n\tc \r\n",
    "1234567890 3.14 1,000,000",
    "\U0001f680\U0001f469\u200d\U0001f680 \U0001f1e8\U0001f1f3 e\u0301 \u00e9",
    "\u4eba\u5de5\u667a\u80fd\u6b63\u5728\u6539\u53d8\u4e16\u754c\u3002 \uc548\ub155 \u0645\u0631\u062d\u0628\u0627 \u0928\u092e\u0938\u094d\u0924\u0947",
    "\x00\x01\x7f\x85\u00a0\u2028\ufeff\ufffd",
    "before<|endoftext|>after <|endoftext|>",
]


def byte_level_tokenizer(texts: list[str], vocab_size: int) -> Tokenizer:
    """GPT-2's kind of tokenizer."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


@torch.no_grad()
def writer_fixture() -> None:
    """A GPT-2 with a tokenizer: what `generate` writes, what its processors make of scores, and a corpus in tokens."""
    torch.manual_seed(5)
    folder = FIXTURES / "gpt2" / "writer"
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = byte_level_tokenizer(CORPUS, 300)
    tokenizer.save(str(folder / "tokenizer.json"))
    tokenizer.model.save(str(folder))  # vocab.json and merges.txt
    config = GPT2Config(
        vocab_size=300, n_positions=48, n_embd=12, n_layer=2, n_head=3, bos_token_id=0, eos_token_id=0
    )
    model = GPT2LMHeadModel(config).eval()
    for parameter in model.parameters():
        parameter.add_(torch.randn_like(parameter) * 0.5)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>")

    def arguments(options: dict) -> dict:
        arguments = {key: value for key, value in options.items() if key != "bad_words"}
        if "bad_words" in options:
            spellings = [spelling for word in options["bad_words"] for spelling in (word, f" {word}")]
            arguments["bad_words_ids"] = [tokenizer.encode(spelling).ids for spelling in spellings]
        if "max_length" not in options:
            arguments["max_new_tokens"] = 20
        if "stop_strings" in options:
            arguments["tokenizer"] = fast
        return {"pad_token_id": 0, **arguments}

    prompt = torch.tensor([tokenizer.encode(PROMPT).ids])
    generations = []
    for options in GENERATIONS:
        output = model.generate(prompt, attention_mask=torch.ones_like(prompt), do_sample=False, **arguments(options))
        eos = options.get("eos_token_id", [0])
        sequences = []
        for row in output[:, prompt.shape[1] :].tolist():
            ends = [index for index, token in enumerate(row) if token in eos]
            sequences.append(row[: ends[0] + 1] if ends else row)  # without the padding
        generations.append({"options": options, "sequences": sequences})

    processed = []
    token_ids = model.generate(prompt, attention_mask=torch.ones_like(prompt), do_sample=False, max_new_tokens=3, pad_token_id=0)
    logits = model(token_ids).logits[:, -1] * 0.5
    for options in PROCESSED:
        generation_config, _ = model._prepare_generation_config(None, do_sample=True, **arguments(options))
        model._prepare_special_tokens(generation_config)
        processors = model._get_logits_processor(
            generation_config, prompt.shape[1], prompt, logits_processor=LogitsProcessorList()
        )
        scores = processors(token_ids, logits.clone())[0]
        processed.append({"options": options, "scores": [x if math.isfinite(x) else None for x in scores.tolist()]})
    write_json(
        folder / "expected.json",
        {
            "prompt": PROMPT,
            "prompt_ids": prompt[0].tolist(),
            "generations": generations,
            "token_ids": token_ids[0].tolist(),
            "logits": numbers(logits),
            "processed": processed,
            "corpus": [
                {"text": text, "token_ids": fast(text)["input_ids"], "decoded": fast.decode(fast(text)["input_ids"], skip_special_tokens=True)}
                for text in CORPUS
            ],
        },
    )


# Folders with the weights of `writer`: changes of its config.json (None removes a field), a generation_config.json (or none),
# and a call's options.
BEAMS = {"max_length": 20, "num_beams": 3, "early_stopping": True, "no_repeat_ngram_size": 2}
TWENTY = {"max_new_tokens": 20}
FOLDERS = [
    {"generation_config": BEAMS},
    {"generation_config": BEAMS, "options": {"num_beams": 1}},
    {"generation_config": BEAMS, "options": {"max_new_tokens": 9}},
    {"generation_config": BEAMS, "options": {"max_length": 17}},
    {"generation_config": {**BEAMS, "max_length": 10}},
    {"generation_config": {**BEAMS, "max_new_tokens": 8}},
    {"generation_config": {"eos_token_id": EOS, "min_length": 28, **TWENTY}},
    {"generation_config": {"eos_token_id": EOS, "min_length": 28, "min_new_tokens": 2, **TWENTY}},
    {"generation_config": {"eos_token_id": EOS, "min_length": 28, **TWENTY}, "options": {"min_new_tokens": 1}},
    {"generation_config": {"eos_token_id": EOS, "min_new_tokens": 30, **TWENTY}},
    {"generation_config": {"eos_token_id": EOS, **TWENTY}, "options": {"eos_token_id": 293}},
    {"generation_config": {"eos_token_id": None, **TWENTY}, "config": {"eos_token_id": 241}},
    {"generation_config": {"bad_words_ids": [[241], [200, 280], [293]], "eos_token_id": 293, **TWENTY}},
    {"generation_config": {"stop_strings": "14", **TWENTY}},
    {"generation_config": {"num_beams": 4, "num_return_sequences": 3, **TWENTY}},
    {"generation_config": {"num_beams": 4, "num_return_sequences": 3, **TWENTY}, "options": {"num_return_sequences": 2}},
    {"generation_config": {"num_beams": 3}, "options": {"num_return_sequences": 4, **TWENTY}},
    {"generation_config": {"num_return_sequences": 2}, "options": TWENTY},
    {"generation_config": {"num_beams": 3, "length_penalty": -2.0, "eos_token_id": EOS}, "options": TWENTY},
    {"generation_config": {"length_penalty": -2.0, "early_stopping": True, "repetition_penalty": 1.7}, "options": TWENTY},
    {"generation_config": {"suppress_tokens": [241, 242, 400], "begin_suppress_tokens": [20, 293]}, "options": TWENTY},
    {"generation_config": {"suppress_tokens": list(range(300)), "eos_token_id": 5, "max_new_tokens": 3}},
    {"generation_config": {"forced_eos_token_id": 7, "eos_token_id": 7, "max_new_tokens": 5}},
    {"generation_config": {"forced_eos_token_id": [9], "num_beams": 3, "eos_token_id": 0, "max_length": 19}},
    {"generation_config": {"do_sample": True, "temperature": 0.5, "top_k": 3}, "options": {"do_sample": False, **TWENTY}},
    {"generation_config": {"do_sample": True, "top_k": 1, **TWENTY}},
    {"generation_config": {"do_sample": True, "top_p": 0.0, **TWENTY}},
    {"generation_config": {"do_sample": True, "temperature": 0.0}},
    {"generation_config": {"do_sample": False, "temperature": 0.0, **TWENTY}},
    {"generation_config": {"temperature": 0.0, "top_k": -1, "top_p": 1.5, **TWENTY}},
    {"generation_config": {"bos_token_id": 5, "max_new_tokens": 5}, "prompt": ""},
    {"config": {"bos_token_id": 7}, "options": {"max_new_tokens": 5}, "prompt": ""},
    {"config": {"bos_token_id": 300}, "generation_config": {"bos_token_id": None}, "prompt": ""},
    {"config": {"eos_token_id": 241}, "options": TWENTY},
    {"config": {"eos_token_id": [200, 293]}, "options": TWENTY},
    {"config": {"bos_token_id": None, "eos_token_id": None}, "options": TWENTY},
    {"config": {"bos_token_id": 50256, "eos_token_id": 50256}, "options": {"min_new_tokens": 3, **TWENTY}},
    {"config": {"eos_token_id": [300, 200]}, "options": TWENTY},
    {"config": {"bos_token_id": -1, "eos_token_id": -1}, "options": {"min_new_tokens": 3, **TWENTY}},
    {"generation_config": {"eos_token_id": -1, "suppress_tokens": [-1], **TWENTY}},
    {"config": BEAMS},
    {"config": BEAMS, "generation_config": {"eos_token_id": 0}, "options": TWENTY},
    {"config": {"task_specific_params": {"text-generation": {"do_sample": True, "max_length": 50}}}, "options": TWENTY},
]


@torch.no_grad()
def folders_fixture() -> None:
    """What `generate` writes in these folders; nothing where it refuses to."""
    writer = FIXTURES / "gpt2" / "writer"
    fast = PreTrainedTokenizerFast(tokenizer_file=str(writer / "tokenizer.json"))
    folders = []
    for case in FOLDERS:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            shutil.copy(writer / "model.safetensors", folder)
            config = json.loads((writer / "config.json").read_text()) | case.get("config", {})
            removed = [name for name, value in case.get("config", {}).items() if value is None]
            write_json(folder / "config.json", {name: value for name, value in config.items() if name not in removed})
            if "generation_config" in case:
                write_json(folder / "generation_config.json", case["generation_config"])
            prompt = fast(case.get("prompt", PROMPT), return_tensors="pt")["input_ids"] if case.get("prompt") != "" else None
            try:
                model = GPT2LMHeadModel.from_pretrained(folder).eval()
                output = model.generate(prompt, tokenizer=fast, **case.get("options", {}))
            except ValueError:
                folders.append({**case, "sequences": None})
                continue
        eos = case.get("options", {}).get("eos_token_id", model.generation_config.eos_token_id)
        eos = eos if isinstance(eos, list) else [eos]
        sequences = []
        for row in output[:, 1 if prompt is None else prompt.shape[1] :].tolist():
            ends = [index for index, token in enumerate(row) if token in eos]
            sequences.append(row[: ends[0] + 1] if ends else row)  # without the padding
        folders.append({**case, "sequences": sequences})
    (writer / "folders.json").write_text("[\n" + ",\n".join(map(json.dumps, folders)) + "\n]\n")


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
    writer_fixture()
    folders_fixture()


if __name__ == "__main__":
    gan_fixtures()
    gpt2_fixtures()
    gan_gradients_fixture()
