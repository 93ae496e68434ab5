"""Makes tests/fixtures/clip: what transformers makes of prompts, and what its text encoders compute.

    python training/fixtures_clip.py

`tokenizer/` is a vocabulary of CLIP's kind: the bytes, the bytes that end a word, pairs that are merged, and the two special
tokens. `tokenizers.json` has the small files that may be beside it, and texts in tokens. The other folders are what a
pipeline's `text_encoder/` is, with tiny networks of random weights, plus `expected.json`.
"""

import json
import random
import tempfile
from collections import Counter
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import pre_tokenizers
from transformers import (
    AutoTokenizer,
    CLIPConfig,
    CLIPModel,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    logging,
)

from fixtures import FIXTURES, numbers, write_json

CLIP = FIXTURES / "clip"
START, END = "<|startoftext|>", "<|endoftext|>"
WHITE_SPACE = "\t\n\v\f\r \u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))

# What the pairs are learned from.
PROMPTS = """
a photo of a fox on a hill at night, highly detailed, digital painting, concept art, trending on artstation
an astronaut riding a horse on the moon, photograph, 4k, sharp focus, studio lighting
the old lighthouse in a storm, oil on canvas, dramatic light, by a great master of the sea
a small red house in the snow, watercolor, soft colors, children's book illustration, it's cozy
portrait of a young woman with flowers in her hair, they're blooming, isn't it beautiful, we've seen it
a robot that doesn't know what to do, cinematic, unreal engine, octane render, 8k, hdr
caf\u00e9 cr\u00e8me, na\u00efve fa\u00e7ade, stra\u00dfe, \u4e00\u53ea\u72d0\u72f8\u5728\u5c71\u4e0a, \u732b\u306e\u5199\u771f, \u043b\u0438\u0441\u0430 \u043d\u0430 \u0445\u043e\u043b\u043c\u0435
"""

TEXTS = [
    "",
    "a photo of a fox on a hill at night",
    "A Photo OF a FOX",
    "it's they're we've I'm you'll she'd isn't, IT'S THEY'RE WE'VE I'M YOU'LL SHE'D ISN'T, It'S 'S 'sss ''s 't's",
    "caf\u00e9 CAF\u00c9 cafe\u0301 na\u00efve fa\u00e7ade \u00c5ngstr\u00f6m \u212bngstr\u00f6m Stra\u00dfe \u1e9e \ufb01sh \u00c6on",
    "\u0130stanbul \u0131\u0130Ii \u01c5 \u01c4 \u1e9e \u03a3\u03c3\u03c2 \u039f\u0394\u039f\u03a3 \u0386\u03bb\u03c6\u03b1",
    "\u4e00\u53ea\u72d0\u72f8\u5728\u5c71\u4e0a\uff0c\u591c\u665a\u3002\u732b\u306e\u5199\u771f \u30ab\u30bf\u30ab\u30ca \u534a\u89d2\uff76\uff85 \ud55c\uad6d\uc5b4 \u1112\u1161\u11ab",
    "\U0001f98a\U0001f31d\U0001f469\u200d\U0001f680 a\U0001f98ab \u2764\ufe0f \U0001f1e9\U0001f1ea \U0001f44d\U0001f3fd",
    "&amp; &lt;b&gt;fox&lt;/b&gt; &#39;s &nbsp; <b>bold</b> <|x|>",
    "  runs   of \t\t tabs\n\n\nlines\r\n and \u00a0\u2003\u3000spaces \u2028\u2029 \u0085 ",
    "\u00a0",
    "   \n\t ",
    "!",
    "?!... --- ,,, (:;) [[]] {{}} $\u20ac\u00a3 @#% ^&* _ __init__ a_b `~` \u2026 \u2014 \u201cquoted\u201d \u2018s \u2019s",
    "wow! such!! a fox !!! ! !a",
    "0 12 345 1,234.56 3.14e-10 4k 8K 1080p \u00bd \u00b2 \u2163 \u0664\u0665 \u096f\uff11\uff12 x2y3",
    "(a fox:1.3), [a hill], ((night)) masterpiece, 1girl <lora:x:0.8> a|b AND c BREAK d",
    f"a {END} b {START} c{END}{END}d {END.upper()} <|EndOfText|>",
    f"{START}a{END}",
    "<|endoftext| >< |endoftext|> <|endoftext <|startoftext|>'s",
    "control \u0000 \u0001\u0007\u0008 \u001b[31m \u007f \u0080 \u009f zero\u200bwidth \u200ejoin\u200der \ufeffbom \u001c\u001d\u001e\u001f \u180e soft\u00adhyphen \ufffd",
    "combining a\u0301\u0302\u0303\u0304 \u0301alone  \u0301 e\u0301\u0327 \u1100\u1161 \u0958 \u0344 \u2126\u212a \u0f73 \u1e0a\u0323",
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \u0928\u092e\u0938\u094d\u0924\u0947 \u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35 \u10d2\u10d0\u10db \u1c92 \u13a0 \uab70",
    "\U0001d400\U0001d401 \U00010400\U00010428 \U0001e900 \u24b6\u24d0 \uff21\uff41 \u2160\u2170 \U00020000",
    "antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis",
    "x" * 300,
    "fox" * 100,
    "a " * 74 + "fox",
    "a " * 75 + "fox",
    "a " * 74 + "\U0001f98a fox",
    "a " * 76 + "  the end   ",
    ("a photo of a fox on a hill at night, " * 10).strip(),
    "new<cat toy>word <cat-toy> <CAT-TOY> <cat-toy>s a<cat-toy> [V] [v] [w] x[W] *s* **",
]
LONG = [
    ("a fox, " * 1429)[:10_000],
    "\u72d0" * 2_000,
    " " * 5_000 + "fox" + " " * 4_997,
    "!" * 10_000,
]
ALPHABET = [*"aabbce fox 's't.,!-0123456789", " ", "  ", "\n", "\u00e9", "e\u0301", "\u00df", "\u0130", "\u732b", "\U0001f98a", "\u200d", "\u0000", "\u00a0", END, START, "&amp;", "T", "'RE", "\u0301", "\ufe0f", "\u0e31"]


def random_texts(count: int) -> list[str]:
    rng = random.Random(18)
    return ["".join(rng.choices(ALPHABET, k=rng.randint(1, 40))) for _ in range(count)]


def byte_symbols() -> list[str]:
    """The characters that stand for the bytes, in the order in which CLIP's vocabulary has them."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("\u00a1"), ord("\u00ac") + 1), *range(ord("\u00ae"), ord("\u00ff") + 1)]
    symbols = {byte: chr(byte) for byte in printable}
    others = [byte for byte in range(256) if byte not in symbols]
    symbols |= {byte: chr(256 + index) for index, byte in enumerate(others)}
    return [symbols[byte] for byte in [*printable, *others]]


def learn(count: int) -> list[tuple[str, str]]:
    """The pairs that come most often, one after the other. Of several it is the first by the alphabet."""
    bytes_of = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    words = Counter()
    for word in PROMPTS.lower().replace(",", " ,").replace("'", " '").split():
        ((symbols, _),) = bytes_of.pre_tokenize_str(word)
        words[(*symbols[:-1], symbols[-1] + "</w>")] += 1
    merges = []
    for _ in range(count):
        pairs = Counter()
        for word, times in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += times
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        words = Counter({merged(word, best): times for word, times in words.items()})
    return merges


def merged(word: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    out, index = [], 0
    while index < len(word):
        found = word[index : index + 2] == pair
        out.append("".join(pair) if found else word[index])
        index += 2 if found else 1
    return tuple(out)


def vocabulary() -> None:
    folder = CLIP / "tokenizer"
    folder.mkdir(parents=True, exist_ok=True)
    symbols, merges = byte_symbols(), learn(220)
    tokens = [*symbols, *(f"{symbol}</w>" for symbol in symbols), *map("".join, merges), START, END]
    vocab = {token: index for index, token in enumerate(tokens)}
    assert len(vocab) == len(tokens)
    (folder / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False) + "\n")
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges), ""]
    (folder / "merges.txt").write_text("\n".join(lines))


def token(content: str, **properties) -> dict:
    return {"content": content, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False, **properties}


def folders() -> dict[str, dict[str, dict]]:
    """The small files beside the vocabulary, as people's folders have them."""
    map_1 = {"bos_token": token(START), "eos_token": token(END), "pad_token": END, "unk_token": token(END)}
    old = {"add_prefix_space": False, "do_lower_case": True, "errors": "replace", "model_max_length": 77}
    old |= {"name_or_path": "openai/clip-vit-large-patch14", "special_tokens_map_file": "./special_tokens_map.json"}
    old |= {"tokenizer_class": "CLIPTokenizer", "pad_token": END}
    old |= {name: {"__type": "AddedToken", **token(text)} for name, text in [("bos_token", START), ("eos_token", END), ("unk_token", END)]}
    first, second = 512 + 220, 512 + 221  # the special tokens
    newer = {key: value for key, value in old.items() if not key.endswith("_token")} | {"clean_up_tokenization_spaces": True}
    newer |= {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": "!"}
    decoder = {"0": token("!", normalized=False, special=True), str(first): token(START, special=True), str(second): token(END, special=True)}
    learned = {"<cat-toy>": second + 1, "[V]": second + 2, "<cat toy>": second + 3}
    return {
        "stable diffusion 1": {"special_tokens_map.json": map_1, "tokenizer_config.json": old},
        "stable diffusion 2": {"special_tokens_map.json": {**map_1, "pad_token": "!"}, "tokenizer_config.json": old},
        "of transformers 4.40": {"special_tokens_map.json": map_1, "tokenizer_config.json": newer | {"added_tokens_decoder": decoder}},
        "with learned tokens": {"special_tokens_map.json": map_1 | {"additional_special_tokens": ["*s*"]}, "tokenizer_config.json": old, "added_tokens.json": learned},
        "with a pad token of its own": {"tokenizer_config.json": old | {"pad_token": "<pad>"}},
        "of few tokens": {"tokenizer_config.json": {"model_max_length": 9}},
        "of two tokens": {"tokenizer_config.json": {"model_max_length": 2}},
        "without special tokens in texts": {"tokenizer_config.json": {"model_max_length": 77, "split_special_tokens": True}},
        "tokenizer.json": {"tokenizer.json": {}, "tokenizer_config.json": old},
        "tokenizer.json with a learned token": {"tokenizer.json": {"<cat-toy>": second + 1}, "tokenizer_config.json": {"model_max_length": 20}},
    }


def loaded(files: dict[str, dict]) -> CLIPTokenizer:
    with tempfile.TemporaryDirectory() as folder:
        for name in ["vocab.json", "merges.txt"]:
            if "tokenizer.json" not in files:
                (Path(folder) / name).write_text((CLIP / "tokenizer" / name).read_text())
        for name, content in files.items():
            content = tokenizer_json(content) if name == "tokenizer.json" else content
            (Path(folder) / name).write_text(json.dumps(content))
        return CLIPTokenizer.from_pretrained(folder)


def tokenizer_json(added: dict[str, int]) -> dict:
    """A tokenizer.json as older versions of transformers wrote it, with more tokens. How it splits texts does not count."""
    made = json.loads(loaded(folders()["stable diffusion 1"]).backend_tokenizer.to_str())
    made["added_tokens"] += [
        {"id": index, "special": False, **token(content)} for content, index in added.items()
    ]
    made["model"]["unk_token"] = None
    made["normalizer"] = None
    made["padding"] = {"strategy": {"Fixed": 5}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0, "pad_token": "!"}
    return made


def case(name: str, files: dict[str, dict], texts: list[str]) -> dict:
    made = loaded(files)
    length = made.model_max_length
    encoded = []
    for text in texts:
        # As diffusers calls it.
        ids = made(text, padding="max_length", max_length=length, truncation=True).input_ids
        assert len(ids) == length
        whole = made(text, add_special_tokens=False, return_offsets_mapping=True)
        room, offsets = length - 2, whole.offset_mapping
        cut = offsets[room][0] if len(offsets) > room else None  # the first character that does not fit
        words = Counter(whole.word_ids()[:room])
        spans, at = [], 0
        for count in words.values():
            # Offsets leave out an accent that was composed with its letter.
            next_start = offsets[at + count][0] if at + count < len(offsets) else len(text)
            last = max(offsets[at + count - 1][1], next_start)
            spans.append([text[offsets[at][0] : last].rstrip(WHITE_SPACE), 1 + at, 1 + at + count])
            at += count
        end = len(ids)
        while end > at + 2:
            end -= 1
            assert ids[end] == made.pad_token_id
        encoded.append([text, ids[:end], cut, spans])
    small = {key: value for key, value in files.items() if key != "tokenizer.json"}
    found = {"name": name, "files": small, "pad_token_id": made.pad_token_id, "max_length": length}
    if "tokenizer.json" in files:
        found["tokenizer.json"] = tokenizer_json(files["tokenizer.json"])
        found["tokenizer.json"]["model"]["vocab"] = found["tokenizer.json"]["model"]["merges"] = None  # those of `tokenizer/`
    return {**found, "encoded": encoded}


def tokenizers() -> None:
    cases = []
    for name, files in folders().items():
        texts = TEXTS + random_texts(60) + LONG if name == "stable diffusion 1" else TEXTS[:2] + TEXTS[12:20] + TEXTS[27:] + random_texts(8)
        cases.append(case(name, files, texts))
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    (CLIP / "tokenizers.json").write_text(f"[\n{lines}\n]\n")


PLAIN = {"vocab_size": 60, "hidden_size": 12, "intermediate_size": 20, "num_hidden_layers": 3, "num_attention_heads": 3}
PLAIN |= {"max_position_embeddings": 14, "projection_dim": 12, "bos_token_id": 58, "eos_token_id": 59}

# The config.json of Stable Diffusion 1 has these too.
OLD = {"_name_or_path": "openai/clip-vit-large-patch14", "architectures": ["CLIPTextModel"], "attention_dropout": 0.0}
OLD |= {"bos_token_id": 0, "dropout": 0.0, "eos_token_id": 2, "hidden_act": "quick_gelu", "initializer_factor": 1.0}
OLD |= {"initializer_range": 0.02, "layer_norm_eps": 1e-05, "model_type": "clip_text_model", "pad_token_id": 1}
OLD |= {"torch_dtype": "float32", "transformers_version": "4.22.0.dev0"}


@torch.no_grad()
def randomise(model: torch.nn.Module, dtype: torch.dtype) -> None:
    """Norms begin as the identity and biases as zeros, so that a missing one would not be seen."""
    for parameter in model.parameters():
        spread = 0.4 if parameter.dim() > 1 else 0.2
        parameter.copy_((parameter + torch.randn_like(parameter) * spread).to(dtype).float())


@torch.no_grad()
def text_encoder(
    name: str, config: dict, dtype: torch.dtype = torch.float32, kind: type = CLIPTextModel, old: bool = False
) -> None:
    """Two rows of tokens with each clip_skip. The expectation is computed in f32 from weights rounded to `dtype`."""
    torch.manual_seed(len(name))
    folder = CLIP / name
    if kind is CLIPModel:
        tower = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "image_size": 4, "patch_size": 2}
        model = CLIPModel(CLIPConfig(text_config=config, vision_config=tower, projection_dim=12)).eval()
    else:
        model = kind(CLIPTextConfig(**config)).eval()
    randomise(model, dtype)
    model.to(dtype).save_pretrained(folder)
    model.float()
    text_model = model if kind is CLIPTextModel else model.text_model
    tensors = load_file(folder / "model.safetensors")
    if old:
        # As transformers before version 5 wrote it.
        tensors = {f"text_model.{key}": value for key, value in tensors.items()}
        tensors["text_model.embeddings.position_ids"] = torch.arange(config["max_position_embeddings"])[None]
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        write_json(folder / "config.json", {**OLD, **{key: value for key, value in config.items() if not key.endswith("token_id")}})
    token_ids = torch.randint(config["vocab_size"], (2, 11))
    states = text_model(token_ids, output_hidden_states=True)
    embeddings = [states.last_hidden_state]
    for clip_skip in range(1, min(config["num_hidden_layers"], 2) + 1):
        # As diffusers has it.
        embeddings.append(text_model.final_layer_norm(states.hidden_states[-(clip_skip + 1)]))
    expected = {"token_ids": token_ids.tolist(), "embeddings": [numbers(rows) for rows in embeddings]}
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")


def text_encoders() -> None:
    text_encoder("prefixed", PLAIN, old=True)
    text_encoder("bare", PLAIN)
    text_encoder("gelu", {**PLAIN, "hidden_act": "gelu", "layer_norm_eps": 1e-3, "num_attention_heads": 2})
    text_encoder("half", PLAIN, dtype=torch.float16)
    # Nothing is a multiple of four.
    text_encoder("single-layer", {**PLAIN, "hidden_size": 15, "intermediate_size": 9, "num_hidden_layers": 1})
    text_encoder("projection", PLAIN, kind=CLIPTextModelWithProjection)
    text_encoder("whole", PLAIN, kind=CLIPModel)


if __name__ == "__main__":
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    vocabulary()
    tokenizers()
    text_encoders()
