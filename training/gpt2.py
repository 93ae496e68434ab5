"""Train the story model of `models/gpt2-stories`: a small GPT-2 and its byte-level BPE, on real stories and our own tales.

    python training/gpt2.py --data DIR [--minutes 105] [--until HH:MM] [--start models/gpt2-stories] [--export DIR]

The same command goes on from the last checkpoint. The architecture is transformers' `GPT2LMHeadModel`, unchanged. The
budget is time, not steps (recipe.py): the learning rate and the mix of stories follow the fraction of it that has passed.
What makes a short run worth it: Muon (Jordan et al., 2024) for the matrices inside the blocks, AdamW for the rest; bf16;
windows that often begin where a story begins; first everything, then more and more of the simple stories and the tales.
What makes few stories enough: each is read some ten times, against dropout and weight decay, without which the held-out
loss rises from the third time on.

The real stories teach the language; most of them are long, and few end within the 512 tokens that the model sees. The
tales (training/tales) teach what a short story is: one hero whose name and place stay, and an end. They are told anew,
each with other names and words, `--tale-tokens` of them; plots that are held out are measured as a kind of their own.

What ships was made on one GPU by `--minutes 4.2 --batch-tokens 32768`, 145 million tokens. Two CPU cores read 1,000 to
3,000 a second: there `--batch-tokens 6144`, the default, and less dropout suit the few millions that a night gives. A
rehearsal of everything, from the texts to the exported folder: `--minutes 3 --data DIR --out DIR --export DIR`.

`--data` holds gzipped JSON lines with `title`, `text` and, where known, `author` and `license`, one file a collection.
None of them is a file that one URL serves, so nothing is downloaded; they were made from
  african_storybook.jsonl.gz        github.com/global-asp/asp-source, English (CC BY rows only)
  storyweaver.jsonl.gz              github.com/global-asp/pb-source, English (CC BY rows only)
  fairytales.jsonl.gz               the stories of FairytaleQA, github.com/uci-soe/FairytaleQAData (Apache-2.0)
  classics.jsonl.gz                 short stories of Project Gutenberg: Andersen, Grimm, Wilde, O. Henry, Doyle, …
  gutenberg_short_fiction.jsonl.gz  short fictions of Project Gutenberg, as listed by LCATS, github.com/xenotaur/lcats

Writes to `--out` (training/runs/gpt2): `tokenizer.json`, `stories.pt` (the tokens; delete it after a change of the texts),
`checkpoint.pt`, `loss.png`; and with `--export DIR` the model folder, at the end or, with `--export-only`, at once from the
last checkpoint or from the mean of several (`--average`; copy `checkpoint.pt` aside while training goes on). With `--start
DIR` a run goes on from a model folder, with its tokenizer, instead, and the mean of that folder and of what the run made
measures better than either.
"""

import argparse
import collections
import functools
import gzip
import hashlib
import itertools
import json
import math
import multiprocessing
import random
import re
import statistics
import zlib
from array import array
from pathlib import Path
from typing import Iterator

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import GenerationConfig, GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

import recipe
import tales
from muon import orthogonalised

END = "<|endoftext|>"  # before and after every story: bos and eos
VOCABULARY = 8192
CONFIG = dict(
    vocab_size=VOCABULARY, n_positions=512, n_embd=512, n_layer=8, n_head=8,
    resid_pdrop=0.3, embd_pdrop=0.3, attn_pdrop=0.3,  # the stories are few, and read many times over
    bos_token_id=0, eos_token_id=0, pad_token_id=0,
)  # fmt: skip
GENERATION = dict(
    do_sample=True, temperature=0.7, top_k=40, top_p=0.95, max_new_tokens=120,
    no_repeat_ngram_size=6,  # else it repeats itself; shorter ones are in every line that says who spoke
    exponential_decay_length_penalty=(60, 1.015),  # else half of its stories do not end
    bos_token_id=0, eos_token_id=0, pad_token_id=0,
)  # fmt: skip
COLLECTIONS = {
    "african_storybook": "African Storybook (africanstorybook.org), CC BY 4.0 (creativecommons.org/licenses/by/4.0)",
    "storyweaver": "StoryWeaver, Pratham Books (storyweaver.org.in), CC BY 4.0 (creativecommons.org/licenses/by/4.0)",
    "fairytales": "FairytaleQA (github.com/uci-soe/FairytaleQAData), Apache-2.0, from Project Gutenberg",
    "classics": "Project Gutenberg (gutenberg.org), public domain in the United States: classics",
    "gutenberg_short_fiction": "Project Gutenberg (gutenberg.org), public domain in the United States: short fiction",
}
# Each kind's share of the windows at the start and at the end of training; in between it is interpolated.
MIX = {
    "simple": (0.03, 0.05), "fairy": (0.09, 0.10), "space": (0.21, 0.10), "other": (0.37, 0.15), "tales": (0.30, 0.60),
}  # fmt: skip
WEIGHT_DECAY = 0.2  # of matrices and embeddings
STORY_START = 0.4  # this share of the windows begins with a story's beginning, as visitors' prompts do
# Half of the tales' names are invented, and a name that comes again counts more: else the model learns which names there are
# and puts a usual one in place of the hero's.
INVENTED_NAMES, NAME_WEIGHT = 0.5, 3
HELD_OUT_TALES = 4  # of each plot that is held out


# --- stories ---------------------------------------------------------------------------------------------------------

SPACE = re.compile(r"\b(space|planets?|rockets?|spaceships?|galax\w+|mars|martians?|venus|asteroids?|starships?)\b", re.I)
TYPOGRAPHY = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "´": "'", "―": "—", "–": "-", "…": "..."})


NOT_STORY = re.compile(r"((the end|end|chapter)\b.{0,30}$|transcriber|(translated|written|illustrated) by)", re.I)


def clean(text: str, pages: bool) -> str:
    """Paragraphs, one a line, without what belongs to a printed book; `pages` joins picture books' short pages."""
    text = text.translate(TYPOGRAPHY).replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r"\[(Illustration|Transcriber|Footnote|Sidenote)[^]]*\]", "", text, flags=re.I)
    text = re.sub(r" *(?:-{2,}|—) *", "—", text)
    paragraphs: list[str] = []
    for block in re.split(r"\n[ \t]*\n", text):
        # A single indented line before the story is a magazine's teaser, unless all of the book's lines are indented.
        if not paragraphs and re.match(r" {3,}\S", block) and not pages and "\n      " not in text[:400].strip("\n"):
            continue
        line = re.sub(r"\s+", " ", re.sub(r"[_*|#<>{}\\=]+|\[\d+\]", "", block)).strip()
        if not re.search(r"[a-z]", line) or NOT_STORY.match(line):
            continue
        if pages and paragraphs and len(paragraphs[-1]) < 200 and '"' not in line[:1]:
            paragraphs[-1] += " " + line
        else:
            paragraphs.append(line)
    return "\n".join(paragraphs)


def read_story(row: dict) -> dict | None:
    """A row of a collection as `title`, `author`, `collection`, `kind`, `text`, `held_out`, `words` (a count of each) and
    `shingles`, by which duplicates are known; None for what is no story to read."""
    name = row["collection"]
    pages = name in ("african_storybook", "storyweaver")
    text = clean(row["text"], pages)
    words = re.findall(r"[a-z']+", text.lower())
    if len(words) < 40 or "!!!" in text:
        return None
    # The same tale comes in two collections: a sample of its eight-word shingles shows it.
    shingles = {zlib.crc32(" ".join(words[start : start + 8]).encode()) for start in range(len(words) - 7)}
    if pages:
        kind = "simple"
    elif name == "fairytales" or re.match("Anderson|Grimm|Wilde", row["title"]):
        kind = "fairy"
    else:
        kind = "space" if len(SPACE.findall(text)) > len(words) / 400 else "other"
    return {
        "title": row["title"], "collection": name, "kind": kind, "text": text,
        "author": ", ".join(row["author"]) if isinstance(row.get("author"), list) else row.get("author", ""),
        "held_out": hashlib.sha256(row["title"].lower().encode()).digest()[0] < 8,  # one story in 32, for ever
        "words": collections.Counter(words), "shingles": {shingle for shingle in shingles if shingle % 8 == 0},
    }  # fmt: skip


def read_rows(folder: Path) -> Iterator[dict]:
    for name in COLLECTIONS:
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
            yield from ({**json.loads(line), "collection": name} for line in file)


def read_stories(folder: Path) -> list[dict]:
    """The stories without duplicates, long-winded ones left out. On all cores: one needs most of a minute."""
    stories, seen = [], set()
    with multiprocessing.Pool() as pool:
        for story in filter(None, pool.imap(read_story, read_rows(folder), chunksize=8)):
            shingles = story.pop("shingles")
            if len(shingles & seen) <= 0.2 * len(shingles):
                seen |= shingles
                stories.append(story)
    # Of the fiction for adults leave out the eighth with the rarest words, as the simple stories use them: leaving out
    # half made it plainer, but there was too little of it, and the held-out loss was flat long before the end.
    counts: collections.Counter[str] = collections.Counter()
    for story in stories:
        if story["kind"] in ("simple", "fairy"):
            counts.update(story["words"])
    plain = {word for word, _ in counts.most_common(4000)}
    for story in stories:
        words = story.pop("words")
        story["plainness"] = sum(count for word, count in words.items() if word in plain) / words.total()
    for kind in ("space", "other"):
        least = statistics.quantiles((story["plainness"] for story in stories if story["kind"] == kind), n=8)[0]
        stories = [story for story in stories if story["kind"] != kind or story["plainness"] >= least]
    return stories


def attribution(stories: list[dict]) -> str:
    """Who wrote what the model has read, as CC BY asks: one line an author."""
    about = "The stories that models/gpt2-stories was trained or measured on, cleaned, their pages joined."
    lines = ["# Attribution", "", about, ""]
    for collection, heading in COLLECTIONS.items():
        authors: dict[str, list[str]] = collections.defaultdict(list)
        for story in stories:
            if story["collection"] == collection:
                authors[story["author"].strip() or "Titles"].append(story["title"].strip())
        lines += [f"## {heading}", ""]
        lines += [f"- {author}: {'; '.join(sorted(titles))}" for author, titles in sorted(authors.items())] + [""]
    lines += ["## Tales", "", "- Hearth's own plots and generator (training/tales), under Hearth's licence", ""]
    return "\n".join(lines)


def paragraphs(tale: tales.Tale) -> str:
    """A tale's text, its paragraphs one a line, like the other stories'."""
    return tale["text"].replace("\n\n", "\n")


def train_tokenizer(stories: list[dict], plots: list[tales.Plot]) -> Tokenizer:
    """Byte-level BPE with GPT-2's pre-tokenizer."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    texts = [story["text"] for story in stories if not story["held_out"]]
    # Simple stories count threefold, so that their words are whole tokens.
    texts += 2 * [story["text"] for story in stories if not story["held_out"] and story["kind"] in ("simple", "fairy")]
    texts += map(paragraphs, tales.tell_many(plots, 20 * len(plots), seed=1))
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=[END], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


class Row:
    """The training tokens of a kind in one row, how much each of them counts, and where in it stories begin."""

    def __init__(self):
        self.tokens, self.weights, self.starts = array("h", [0]), array("b", [1]), array("q")

    def add(self, ids: list[int], weights: list[int] | None = None) -> None:
        self.starts.append(len(self.tokens) - 1)  # at the token that ends the story before
        self.tokens.extend([*ids, 0])
        self.weights.extend([*(weights or [1] * len(ids)), 1])

    def tensors(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        parts = ((self.tokens, torch.int16), (self.weights, torch.int8), (self.starts, torch.int64))
        return tuple(torch.frombuffer(part, dtype=dtype) for part, dtype in parts)


def prepare(args: argparse.Namespace, device: str) -> dict:
    """`stories.pt`: of each kind the training tokens and where stories begin, and the held-out stories."""
    cache = args.out / "stories.pt"
    if cache.exists():
        return torch.load(cache)
    if args.data is None:
        raise SystemExit("--data DIR is needed the first time; see the top of this file")
    stories = read_stories(args.data)
    plots, held_out_plots = tales.split(tales.read(args.tales))
    if not plots:
        raise SystemExit(f"there are no plots in {args.tales}")
    (args.out / "ATTRIBUTION.md").write_text(attribution(stories), encoding="utf-8")
    tokenizer = Tokenizer.from_file(str(args.start / "tokenizer.json")) if args.start else train_tokenizer(stories, plots)
    tokenizer.save(str(args.out / "tokenizer.json"))
    rows = {kind: Row() for kind in MIX}
    held_out = []
    add_tales(rows["tales"], tokenizer, plots, tale_budget(args, device), args.seed)
    for story, ids in zip(stories, encoded(tokenizer, [story["text"] for story in stories])):
        if story["held_out"]:
            held_out.append((story["kind"], story["title"], len(story["text"].encode()), torch.tensor([0, *ids, 0])))
        else:
            rows[story["kind"]].add(ids)
    for tale in tales.tell_many(held_out_plots, HELD_OUT_TALES * len(held_out_plots), seed=0):
        text = paragraphs(tale)
        held_out.append(("tales", tale["id"], len(text.encode()), torch.tensor([0, *tokenizer.encode(text).ids, 0])))
    for kind, row in rows.items():
        print(f"{kind}: {len(row.starts)} stories, {len(row.tokens):,} tokens", flush=True)
    prepared = {"train": {kind: row.tensors() for kind, row in rows.items()}, "held_out": held_out}
    torch.save(prepared, cache)
    return prepared


def encoded(tokenizer: Tokenizer, texts: list[str], at_once: int = 64) -> Iterator[list[int]]:
    """The tokens of each text, on all cores."""
    for start in range(0, len(texts), at_once):
        yield from (encoding.ids for encoding in tokenizer.encode_batch(texts[start : start + at_once]))


def tale_budget(args: argparse.Namespace, device: str) -> int:
    """Tokens of tales to tell, by default about as many as the run will read: no tale comes much oftener than once."""
    most, least = 30_000_000, 300_000
    return args.tale_tokens or (most if device == "cuda" else min(most, max(least, int(50_000 * args.minutes))))


def add_tales(row: Row, tokenizer: Tokenizer, plots: list[tales.Plot], budget: int, seed: int) -> None:
    """Tells tales, on all cores, until the row has so many tokens."""
    tell = functools.partial(tell_round, plots, tokenizer)
    seeds = itertools.count(seed * 1_000_000)
    with multiprocessing.Pool() as pool:
        while len(row.tokens) < budget:
            for told in pool.map(tell, itertools.islice(seeds, multiprocessing.cpu_count())):
                for ids, weights in told:
                    row.add(ids, weights)


def tell_round(plots: list[tales.Plot], tokenizer: Tokenizer, seed: int) -> list[tuple[list[int], list[int]]]:
    """The tokens of one tale of every plot, and how much each counts."""
    told = []
    for tale in tales.tell_many(plots, len(plots), seed, INVENTED_NAMES):
        encoding = tokenizer.encode(paragraphs(tale))
        told.append((encoding.ids, name_weights(paragraphs(tale), tale["names"], encoding.offsets)))
    return told


def name_weights(text: str, names: list[str], offsets: list[tuple[int, int]]) -> list[int]:
    """How much each token counts: those of a name that has come before `NAME_WEIGHT` times as much."""
    spans = [found.span() for name in names for found in list(re.finditer(rf"\b{name}\b", text))[1:]]
    inside = {at for start, end in spans for at in range(start, end)}
    return [NAME_WEIGHT if end - 1 in inside else 1 for _, end in offsets]


def shares_at(fraction: float, of_tales: float | None = None) -> dict[str, float]:
    """Each kind's share of the windows after a fraction of the time; the tales' can be given."""
    shares = {kind: begin + (end - begin) * fraction for kind, (begin, end) in MIX.items()}
    if of_tales is None:
        return shares
    rest = sum(shares.values()) - shares["tales"]
    return {kind: share * (1 - of_tales) / rest for kind, share in shares.items()} | {"tales": of_tales}


def draw_windows(
    train: dict, count: int, length: int, shares: dict[str, float], chance: random.Random
) -> tuple[torch.Tensor, torch.Tensor]:
    """`[count, length + 1]` tokens: inputs and, one to the right, targets; and how much each counts."""
    rows = []
    for kind in chance.choices(list(shares), shares.values(), k=count):
        tokens, weights, starts = train[kind]
        at = int(starts[chance.randrange(len(starts))]) if chance.random() < STORY_START else chance.randrange(len(tokens))
        at = max(0, min(at, len(tokens) - length - 1))
        rows.append((tokens[at : at + length + 1].long(), weights[at : at + length + 1].float()))
    return torch.stack([tokens for tokens, _ in rows]), torch.stack([weights for _, weights in rows])


# --- optimiser -------------------------------------------------------------------------------------------------------


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, orthogonalised, for the blocks' matrices. transformers' Conv1D stores them as `[in, out]`."""

    def __init__(self, parameters, lr: float, momentum: float = 0.95, weight_decay: float = WEIGHT_DECAY):
        super().__init__(parameters, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            parts: dict[torch.Size, list] = collections.defaultdict(list)
            for parameter in group["params"]:
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                momentum = self.state[parameter].setdefault("momentum", torch.zeros_like(parameter))
                momentum.lerp_(parameter.grad, 1 - group["momentum"])
                update = parameter.grad.lerp(momentum, group["momentum"])
                rows, columns = parameter.shape
                # c_attn is three matrices side by side; each gets its own singular values flattened.
                pieces = 3 if columns == 3 * rows else 1
                for weight, piece in zip(parameter.chunk(pieces, 1), update.chunk(pieces, 1)):
                    tall = piece.shape[0] > piece.shape[1]
                    piece = piece.mT if tall else piece
                    scale = max(1, weight.shape[1] / weight.shape[0]) ** 0.5
                    parts[piece.shape].append((weight.mT if tall else weight, piece, scale))
            for part in parts.values():  # one batched product for all matrices of a shape
                for (weight, _, scale), update in zip(part, orthogonalised(torch.stack([piece for _, piece, _ in part]))):
                    weight.add_(update, alpha=-group["lr"] * scale)


# --- training --------------------------------------------------------------------------------------------------------


@torch.no_grad()
def held_out_loss(model: GPT2LMHeadModel, held_out: list, windows: int | None = None) -> dict[str, float]:
    """Nats per token and bits per byte, of each kind and of all that are no tales; `windows` of 256 a kind, or all in full."""
    device, sums = model.device, collections.Counter()
    is_training = model.training
    model.eval()
    for kind in MIX:
        stories = [(size, ids) for of_kind, _, size, ids in held_out if of_kind == kind]
        if windows:
            stories = [(0, ids[:257]) for _, ids in stories[:windows]]
        for size, ids in stories:
            loss, length = 0.0, CONFIG["n_positions"]
            for piece in (ids[at : at + length + 1] for at in range(0, len(ids) - 1, length)):
                with torch.autocast(device.type, torch.bfloat16, enabled=bool(windows)):
                    logits = model(piece[None, :-1].to(device)).logits[0]
                loss += F.cross_entropy(logits.float(), piece[1:].to(device), reduction="sum").item()
            for name in (kind,) if kind == "tales" else ("all", kind):
                sums[f"{name} nats"] += loss
                sums[f"{name} tokens"] += len(ids) - 1
                sums[f"{name} bytes"] += size
    model.train(is_training)
    result = {}
    for name in ("all", *MIX):
        result[name] = sums[f"{name} nats"] / max(1, sums[f"{name} tokens"])
        if sums[f"{name} bytes"]:
            result[f"{name} bits per byte"] = sums[f"{name} nats"] / math.log(2) / sums[f"{name} bytes"]
    return result


def export(model: GPT2LMHeadModel, out: Path, folder: Path, held_out: list) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    half = GPT2LMHeadModel(model.config)
    half.load_state_dict(model.state_dict())
    half = half.half()
    half.generation_config = GenerationConfig(**GENERATION)
    half.save_pretrained(folder)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(out / "tokenizer.json"), bos_token=END, eos_token=END, unk_token=END, pad_token=END,
        model_max_length=CONFIG["n_positions"], clean_up_tokenization_spaces=False,
    )  # fmt: skip
    tokenizer.save_pretrained(folder)
    settings = folder / "tokenizer_config.json"  # transformers 5 writes a class there that nothing else knows
    settings.write_text(re.sub(r'"TokenizersBackend"', '"PreTrainedTokenizerFast"', settings.read_text()))
    recipe.finish_folder(folder)
    shipped = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32).to(model.device)
    # Half a million tokens: on a CPU a part of them has to do.
    for name, value in held_out_loss(shipped.eval(), held_out, None if shipped.device.type == "cuda" else 12).items():
        print(f"{name}: {value:.3f}" if "bits" in name else f"{name}: perplexity {math.exp(value):.2f}")
    for name in ("loss.png", "ATTRIBUTION.md"):
        if (out / name).exists():
            (folder / name).write_bytes((out / name).read_bytes())


def weights_of(path: Path) -> dict[str, torch.Tensor]:
    """Of a model folder or of a checkpoint."""
    if path.is_dir():
        return GPT2LMHeadModel.from_pretrained(path, dtype=torch.float32).state_dict()
    return torch.load(path, map_location="cpu", weights_only=False)["model"]


def optimisers(args: argparse.Namespace, model: GPT2LMHeadModel) -> dict[str, torch.optim.Optimizer]:
    matrices = [parameter for name, parameter in model.named_parameters() if parameter.dim() == 2 and ".h." in name]
    embeddings = [model.transformer.wte.weight, model.transformer.wpe.weight]
    vectors = [parameter for parameter in model.parameters() if parameter.dim() == 1]
    adam = torch.optim.AdamW(
        [dict(params=embeddings, weight_decay=WEIGHT_DECAY), dict(params=vectors, weight_decay=0.0)],
        lr=args.learning_rate, betas=(0.9, 0.95),
    )  # fmt: skip
    return {"muon": Muon(matrices, lr=args.muon_learning_rate), "adam": adam}


def train(args: argparse.Namespace) -> None:
    device = recipe.prepare(args)
    stories = prepare(args, device)
    dropout = {} if args.dropout is None else {part: args.dropout for part in CONFIG if part.endswith("pdrop")}
    model = GPT2LMHeadModel(GPT2Config(**CONFIG | dropout)).to(device)
    optimiser = optimisers(args, model)
    run = recipe.Run(args, device, model=model, **optimiser)
    if args.average:  # late checkpoints' mean measures better than the last of them
        states = [weights_of(path) for path in args.average]
        model.load_state_dict({key: sum(state[key] for state in states) / len(states) for key in states[0]})
    if not args.export_only:
        train_on(stories, model, optimiser, run, device)
    if args.export:
        export(model, args.out, args.export, stories["held_out"])
        if args.pieces:
            recipe.write_pieces(args.export, args.pieces)


def train_on(stories: dict, model: GPT2LMHeadModel, optimiser: dict, run: recipe.Run, device: str) -> None:
    args, length = run.args, CONFIG["n_positions"]
    rates = {"muon": args.muon_learning_rate, "adam": args.learning_rate}
    clipped = [parameter for group in optimiser["adam"].param_groups for parameter in group["params"]]
    chance = random.Random(args.seed + len(run.history))  # a resumed run draws other windows

    def loss_of(tokens: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        logits = model(tokens[:, :-1], use_cache=False).logits
        losses = F.cross_entropy(logits.float().flatten(0, 1), tokens[:, 1:].flatten(), reduction="none")
        weights = weights[:, 1:].flatten()
        return (losses * weights).sum() / weights.sum()

    def windows() -> tuple[torch.Tensor, torch.Tensor]:
        shares = shares_at(run.fraction, args.tale_share)
        drawn = draw_windows(stories["train"], args.batch_tokens // length, length, shares, chance)
        return tuple(part.to(device) for part in drawn)

    if args.compile:
        loss_of = torch.compile(loss_of, dynamic=False)
        with torch.autocast(device, torch.bfloat16):  # before the clock runs
            loss_of(*windows()).backward()
        model.zero_grad(set_to_none=True)
        print("compiled", flush=True)
    if args.start and not run.history:
        if args.wait:
            recipe.wait_for(args.start / "model.safetensors")
        model.load_state_dict(weights_of(args.start))

    def measure() -> dict[str, float]:
        losses = held_out_loss(model, stories["held_out"], windows=12)
        print("held out:", {name: round(value, 3) for name, value in losses.items()}, flush=True)
        return {"held-out stories": losses["all"], "held-out tales": losses["tales"]}

    held_out, measured_at = measure(), run.elapsed
    for _ in run.steps():
        for name, part in optimiser.items():
            for group in part.param_groups:
                group["lr"] = rates[name] * run.rate(warm_up=30, decay=0.8)
        tokens, weights = windows()
        with torch.autocast(device, torch.bfloat16):
            loss = loss_of(tokens, weights)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(clipped, 1.0)  # Muon's updates have a fixed size already
        for part in optimiser.values():
            part.step()
        model.zero_grad(set_to_none=True)
        run.record(tokens[:, 1:].numel(), every=10, loss=loss.detach(), **held_out)
        if run.elapsed - measured_at > 60 * args.evaluate_every:
            held_out, measured_at = measure(), run.elapsed


def main() -> None:
    parser = recipe.arguments(__doc__, "gpt2", minutes=105)
    parser.add_argument("--data", type=Path, help="folder with the five collections")
    parser.add_argument("--tales", type=Path, default=tales.PLOTS, help="plots of the tales: a folder or a file")
    parser.add_argument("--tale-tokens", type=int, default=0, help="30 million on a GPU, 50,000 a minute on a CPU otherwise")
    parser.add_argument("--tale-share", type=float, help="of the windows, from the start to the end; otherwise it grows")
    parser.add_argument("--average", type=Path, nargs="+", help="with --export-only: the mean of these checkpoints or folders")
    parser.add_argument("--start", type=Path, help="model folder to begin from, and its tokenizer, if there is no checkpoint")
    parser.add_argument("--dropout", type=float, help=f"{CONFIG['attn_pdrop']} otherwise; without any, tales are soon known by heart")
    parser.add_argument("--batch-tokens", type=int, default=6144)
    parser.add_argument("--muon-learning-rate", type=float, default=0.02)
    parser.add_argument("--learning-rate", type=float, default=2e-3, help="AdamW's, for embeddings, norms and biases")
    parser.add_argument("--evaluate-every", type=float, default=5, help="minutes between held-out losses")
    args = parser.parse_args()
    if args.average and not args.export_only:
        parser.error("--average is for --export-only")
    train(args)


if __name__ == "__main__":
    main()
