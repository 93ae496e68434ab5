"""Makes tests/fixtures/gpt2/tokenizers.json: what transformers does with tokenizers of every kind, and with a folder's files.

    python training/fixtures_tokenizers.py

Each of `tokenizers` has texts in tokens, tokens in text, and where `StopStringCriteria` ends lists of tokens. Each of
`folders` is that of `gpt2/writer` with other small files.
"""

import json
import random
import tempfile
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import AutoTokenizer, StopStringCriteria, logging

from fixtures import FIXTURES

WRITER = FIXTURES / "gpt2" / "writer"
WORDS = ["a", "b", "n", "do", "it", "not", "fox", "old"]
MARKS = [".", ",", "!", "?", "'", "n't", "'s", "'re"]


def added(token_id: int, content: str, special: bool = True, **properties) -> dict:
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": not special, "special": special}
    return {"id": token_id, "content": content, **flags, **properties}


def numbered(tokens: list[str]) -> dict[str, int]:
    return {token: index for index, token in enumerate(tokens)}


def tokenizer(model: dict, special: list[dict], pre_tokenizer: dict | None, decoder: dict | None, **more) -> dict:
    empty = {"truncation": None, "padding": None, "normalizer": None, "post_processor": None}
    parts = {"added_tokens": special, "pre_tokenizer": pre_tokenizer, "decoder": decoder, "model": model}
    return {"version": "1.0", **empty, **parts, **more}


def word_level(tokens: list[str]) -> dict:
    return {"type": "WordLevel", "vocab": numbered(tokens), "unk_token": tokens[1]}


def metaspace(scheme: str) -> dict:
    return {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": scheme, "split": True}


def sequence(**parts: list) -> dict:
    ((name, listed),) = parts.items()
    return {"type": "Sequence", name: listed}


def tokenizers() -> dict[str, tuple[dict, dict]]:
    """By name: a tokenizer.json and a tokenizer_config.json."""
    marked = [f"\u2581{word}" for word in WORDS]
    special = [added(0, "</s>")]
    spm = ["</s>", "<unk>", "\u2581", *marked, *"abcdefilnotx", *MARKS, "\u4eba"]
    unigram = {"type": "Unigram", "unk_id": 1, "byte_fallback": False}
    unigram["vocab"] = [[token, 0.0 if index < 2 else -len(spm) / (len(token) + 1)] for index, token in enumerate(spm)]
    wordpiece = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, *"abcdef'.,!?", "##b", "##c", "##d", "##e", "##f", "##x", "##'t", "\u4eba"]
    wordpiece = list(dict.fromkeys(wordpiece))
    pieces = {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100}
    pieces["vocab"] = numbered(wordpiece)
    bert = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}
    specials = [added(index, wordpiece[index]) for index in range(4)]
    around = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]}
    around |= {"pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}]}
    around["special_tokens"] = {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]}}
    high = [f"<0x{byte:02X}>" for byte in [0x0A, 0x41, 0xE4, 0xBA, 0xF0, 0x9F, 0xA6, 0x84, 0xFF]]
    fallback = {"type": "BPE", "unk_token": "<unk>", "byte_fallback": True, "fuse_unk": True, "dropout": None}
    fallback |= {"vocab": numbered(["</s>", "<unk>", *high, "\u2581", *"abcdef", "\u2581a", "de"]), "merges": [["\u2581", "a"], ["d", "e"]]}
    replace = {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}
    llama = sequence(decoders=[replace, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}])
    spaces = sequence(normalizers=[{"type": "Prepend", "prepend": "\u2581"}, {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}])
    suffixed = {"type": "BPE", "unk_token": "<unk>", "end_of_word_suffix": "</w>", "dropout": None, "fuse_unk": False}
    letters = [*"abcdef", *(f"{letter}</w>" for letter in "abcdef")]
    suffixed |= {"vocab": numbered(["</s>", "<unk>", *letters, "ab", "ef</w>"]), "merges": [["a", "b"], ["e", "f</w>"]]}
    byte_level = json.loads((WRITER / "tokenizer.json").read_text())
    byte_level["added_tokens"] += [added(300, "<|im_end|>"), added(301, "<a b>", special=False), added(302, "\u4eba", special=False)]
    words = word_level(["</s>", "<unk>", *WORDS, *MARKS, "abcdef"])
    white = {"type": "WhitespaceSplit"}
    wordpiece_decoder = {"type": "WordPiece", "prefix": "##", "cleanup": False}
    backend = {"tokenizer_class": "PreTrainedTokenizerFast"}
    cleaned = {**backend, "clean_up_tokenization_spaces": True}
    made = {
        "metaspace": (tokenizer(word_level(["</s>", "<unk>", *marked, "\u2581abcdef", *MARKS]), special, metaspace("always"), metaspace("always")), backend),
        "metaspace, never prepended": (tokenizer(word_level(["</s>", "<unk>", *marked, *WORDS, "abcdef"]), special, metaspace("never"), metaspace("never")), backend),
        "unigram": (tokenizer(unigram, special, metaspace("first"), metaspace("first")), backend),
        "unigram, cleaned up": (tokenizer(unigram, special, metaspace("always"), metaspace("always")), cleaned),
        "wordpiece": (tokenizer(pieces, specials, {"type": "BertPreTokenizer"}, wordpiece_decoder, normalizer=bert, post_processor=around), backend),
        "wordpiece, cleaned up": (tokenizer(pieces, specials, {"type": "BertPreTokenizer"}, {**wordpiece_decoder, "cleanup": True}, normalizer=bert), cleaned),
        "byte fallback": (tokenizer(fallback, special, None, llama, normalizer=spaces), backend),
        "suffixed": (tokenizer(suffixed, special, white, {"type": "BPEDecoder", "suffix": "</w>"}), cleaned),
        "no decoder": (tokenizer(words, special, white, None), backend),
        "no decoder, cleaned up": (tokenizer(words, special, white, None), cleaned),
        "ctc": (tokenizer(words, special, white, {"type": "CTC", "pad_token": "a", "word_delimiter_token": "|", "cleanup": True}), backend),
        "byte level": (byte_level, backend),
    }
    return made


TEXTS = ["", "a fox", " a  fox ", "do not, it's old!", "abcdef \u4eba\U0001f984 a</s>b", "[CLS] old [SEP]", "ab ef <|im_end|><a b>x"]
STOPS = {
    "byte level": ["<|im_end|>", "\n\n", "aa", "<a b>x", "\u4eba", "a<|endoftext|>", "\U0001f984", "im", "> "],
    "default": ["a fox", "x", " fox", "aa", "a a", "do n't", "</s>", "[SEP]", " old.", "\u4eba", "de", "ab", "'s it", "n!n"],
}


def loaded(files: dict[str, dict | None]) -> AutoTokenizer:
    """What transformers makes of a folder's files; those without a value are the writer's."""
    with tempfile.TemporaryDirectory() as folder:
        for name, value in {"config.json": {"model_type": "gpt2"}, **files}.items():
            text = (WRITER / name).read_text() if value is None else json.dumps(value)
            (Path(folder) / name).write_text(text)
        return AutoTokenizer.from_pretrained(folder)


def stopped(criteria: StopStringCriteria, ids: list[int]) -> int | None:
    """The number of tokens at which a text ends that has these."""
    return next((end for end in range(1, len(ids) + 1) if criteria(torch.tensor([ids[:end]]), None).item()), None)


def case(name: str, files: tuple[dict, dict]) -> dict:
    draw = random.Random(name)
    made = loaded(dict(zip(["tokenizer.json", "tokenizer_config.json"], files)))
    vocab = sorted(made.get_vocab().values())
    if name == "byte level":  # a few of its tokens, so that they meet
        chars = made.convert_tokens_to_ids(["a", "x", "\u010a", "\u0120", "i", "m", ">", "<", "\u00e4", "\u00ba", "\u00f0", "\u0141", "\u00a6", "\u0126"])
        vocab = [0, 300, 301, 302, *chars]
    lists = [[draw.choice(vocab) for _ in range(draw.choice([1, 2, 3, 8, 60]))] for _ in range(20)]
    stops = []
    for stop in STOPS.get(name, STOPS["default"]):
        try:
            criteria = StopStringCriteria(made, [stop])
        except ValueError:  # no token has a part of it; or "abcdef", with which transformers looks at tokens, is unknown
            continue
        ends = [stopped(criteria, ids) for ids in lists]
        if any(ends):
            stops.append([stop, ends])
    return {
        "name": name,
        "tokenizer.json": None if name == "byte level" else files[0],
        "added_tokens": files[0]["added_tokens"],
        "tokenizer_config.json": files[1],
        "encoded": [[text, made(text)["input_ids"]] for text in TEXTS],
        "decoded": [[ids, made.decode(ids, skip_special_tokens=True)] for ids in lists],
        "stopped": stops,  # a stop string, and the number of tokens after which it ends each of the lists
    }


SLOW = {"vocab.json": None, "merges.txt": None}
START, END = "<|startoftext|>", "<|endoftext|>"


def byte_level(prefix: bool) -> dict:
    return {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": True}


def fast(**changes) -> dict:
    """The files of a folder with the writer's tokenizer.json, changed."""
    return {"tokenizer.json": json.loads((WRITER / "tokenizer.json").read_text()) | changes}


def config(**fields) -> dict:
    return {"tokenizer_config.json": fields}


def folders() -> dict[str, dict]:
    token = added(300, "<x>", rstrip=True)
    token.pop("id")
    plain = {**token, "content": "<y>", "rstrip": False, "special": False, "normalized": True}
    bos = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": END, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]}
    bos |= {"pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}]}
    bos["special_tokens"] = {END: {"id": END, "ids": [0], "tokens": [END]}}
    named = {"bos_token": "<x>", "pad_token": {**plain, "lstrip": True}, "additional_special_tokens": ["<z>", "<q>"]}
    backend = "PreTrainedTokenizerFast"
    return {
        "slow": SLOW,
        "slow, with a space in front": SLOW | config(add_prefix_space=True),
        "slow, begun": SLOW | config(add_bos_token=True),
        "slow, begun and ended": SLOW | config(add_bos_token=True, add_eos_token=True, bos_token=START),
        "slow, begun by nothing": SLOW | config(add_bos_token=True, bos_token=None),
        "slow, with added tokens": SLOW | {"added_tokens.json": {START: 300, "<x>": 301}},
        "slow, with a gap": SLOW | {"added_tokens.json": {"<x>": 305, "<y>": 302}},
        "slow, with names": SLOW | {"added_tokens.json": {"<x>": 300, "<z>": 301}, "special_tokens_map.json": named},
        "slow, all in one": SLOW
        | {"added_tokens.json": {"<z>": 300}, "special_tokens_map.json": {"pad_token": "<q>"}}
        | config(added_tokens_decoder={"300": token, "301": plain}, pad_token="<x>", image_token="<q>", extra_special_tokens=["<e>"]),
        "slow, with properties": SLOW | config(bos_token={"__type": "AddedToken", **plain}, unk_token=None),
        "slow, unsplit": SLOW | config(split_special_tokens=True),
        "of the vocabulary": SLOW | {"special_tokens_map.json": {"sep_token": "On"}},
        "fast, with a space in front": fast() | config(add_prefix_space=True),
        "fast, without the space": fast(pre_tokenizer=byte_level(True)) | config(tokenizer_class="GPT2TokenizerFast"),
        "fast, without a config": fast(pre_tokenizer=byte_level(True)),
        "fast, as it is": fast(pre_tokenizer=byte_level(True)) | config(tokenizer_class=backend, add_prefix_space=False),
        "fast, begun": fast(post_processor=bos) | config(tokenizer_class=backend, add_bos_token=False),
        "fast, not begun": fast() | config(tokenizer_class=backend, add_bos_token=True, bos_token=END),
        "fast, without added tokens": fast(added_tokens=[]),
        "fast, with a name": fast() | config(tokenizer_class=backend, pad_token="<x>"),
    }


FOLDER_TEXTS = ["Once upon", f"{START}Once <x> <y>b{END}", "the <z><q> <e>", ""]


def folder_case(name: str, files: dict[str, dict | None]) -> dict:
    made = loaded(files)
    small = {name: value for name, value in files.items() if value is not None and name != "tokenizer.json"}
    original = fast()["tokenizer.json"]
    changes = {key: value for key, value in (files.get("tokenizer.json") or {}).items() if value != original[key]}
    texts = [(text, made(text)["input_ids"]) for text in FOLDER_TEXTS]
    return {
        "name": name,
        "tokenizer.json": changes if "tokenizer.json" in files else None,  # what is changed in the writer's
        "files": small,
        "texts": [[text, ids, made.decode(ids, skip_special_tokens=True)] for text, ids in texts],
    }


def compact(name: str, cases: list[dict]) -> str:
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    return f'"{name}":[\n{lines}\n]'


if __name__ == "__main__":
    logging.set_verbosity_error()
    parts = {
        "tokenizers": [case(name, files) for name, files in tokenizers().items()],
        "folders": [folder_case(name, files) for name, files in folders().items()],
    }
    text = ",\n".join(compact(name, cases) for name, cases in parts.items())
    (FIXTURES / "gpt2" / "tokenizers.json").write_text(f"{{{text}}}\n")
