"""Judge a story model: what becomes of 200 beginnings that no plot has, and how well it knows texts that it has not read.

    python training/evaluate_stories.py FOLDER [--data DIR] [--out DIR]

FOLDER is any GPT-2 as transformers reads it. The beginnings (beginnings.txt) are continued as the page does it: the folder's
generation_config.json, and what index.html asks for beside (`PAGE`); seeds are fixed. Each gets 300 tokens to end in (few
tales are that short: `--tokens 480` fills the context); what the figures say of names, pronouns, repetition and copies is
about the first 150, about what a visitor reads. tales/judge.py has the rules. They are rules of thumb, so held-out tales,
cut to the same length, are judged beside the model's.

The table goes to the standard output as Markdown. `--out` (training/runs/stories) gets it too (`table.md`), with the figures
(`figures.json`) and all that was written (`samples.jsonl`). With `--data`, as of gpt2.py, the held-out real stories are
measured, their first 513 tokens; bits a byte compare models of different tokenizers. A few minutes on a CPU.
"""

import argparse
import collections
import json
import math
import random
from pathlib import Path

import torch
import torch.nn.functional as F
from transformers import AutoTokenizer, GPT2LMHeadModel, logging

import gpt2
import recipe
import tales
from tales import judge

HERE = Path(__file__).parent
PAGE = dict(do_sample=True, temperature=0.8, top_p=0.95)  # <hearth-text id="text"> in index.html
SHORT = 150  # tokens that are judged
ENDS = (300, 480)  # tokens that a text may end in
TALES_EACH = 40  # of each training plot, to know copies by: nearly every variant comes
HELD_OUT_EACH = 4


# --- writing -----------------------------------------------------------------------------------------------------------


@torch.no_grad()
def write(model: GPT2LMHeadModel, tokenizer, beginnings: list[str], tokens: int, seed: int) -> list[list[int]]:
    """What the model writes after each beginning, up to its end-of-text token. Beginnings of a length are one batch: padding
    would be tokens to the repetition penalty."""
    by_length = collections.defaultdict(list)
    for index, beginning in enumerate(beginnings):
        by_length[len(tokenizer(beginning)["input_ids"])].append(index)
    written: list[list[int]] = [[] for _ in beginnings]
    for length, indices in sorted(by_length.items()):
        torch.manual_seed(seed + length)
        ids = torch.tensor([tokenizer(beginnings[index])["input_ids"] for index in indices], device=model.device)
        room = min(tokens, model.config.n_positions - length)
        texts = model.generate(ids, attention_mask=torch.ones_like(ids), **PAGE, max_new_tokens=room)
        for index, text in zip(indices, texts[:, length:].tolist()):
            written[index] = until_end(text, model.generation_config.eos_token_id)
        print(f"{sum(map(bool, written))} of {len(beginnings)} written", flush=True)
    return written


def until_end(tokens: list[int], end: int) -> list[int]:
    return tokens[: tokens.index(end) + 1] if end in tokens else tokens


# --- judging -----------------------------------------------------------------------------------------------------------


def judge_text(beginning: str, short: str, ended_after: int | None, copies: judge.Copies) -> dict:
    hero = judge.hero_of(beginning)
    return {
        "hero": hero,
        "name": judge.name_verdict(beginning, short) if hero else None,
        "pronouns agree": judge.pronouns_agree(hero, beginning + short) if hero else None,
        "repeats": judge.repeats(beginning + short),
        "copied": copies.share(beginning, short),
        "ended after": ended_after,
    }


def figures(verdicts: list[dict], tokens: int) -> dict[str, float]:
    """Shares of the texts that a question makes sense for."""

    def share(question: str, answer) -> float:
        asked = [verdict[question] for verdict in verdicts if verdict[question] is not None]
        return sum(value == answer for value in asked) / max(1, len(asked))

    def ended_within(end: int) -> float:
        return sum((verdict["ended after"] or math.inf) <= end for verdict in verdicts) / max(1, len(verdicts))

    copied = [verdict["copied"] for verdict in verdicts if verdict["copied"] is not None]
    return {
        "hero's name kept": share("name", "kept"),
        "hero's name does not come again": share("name", "lost"),
        "another name takes its place": share("name", "replaced"),
        "hero's pronouns agree": share("pronouns agree", True),
        "no 6 words twice": share("repeats", False),
        "8 words in a row from a training tale": sum(copied) / max(1, len(copied)),
        **{f"ended within {end} tokens": ended_within(end) for end in ENDS if end <= tokens},
    }


def judge_model(tokenizer, beginnings: list[str], written: list[list[int]], end: int, copies: judge.Copies) -> list[dict]:
    rows = []
    for beginning, ids in zip(beginnings, written):
        short = tokenizer.decode(ids[:SHORT], skip_special_tokens=True)
        text = tokenizer.decode(ids, skip_special_tokens=True)
        ended_after = len(ids) if end in ids else None
        rows.append({"beginning": beginning, "text": text, **judge_text(beginning, short, ended_after, copies)})
    return rows


def judge_tales(tokenizer, told: list[tales.Tale], copies: judge.Copies) -> list[dict]:
    """Tales cut like what the model wrote: the first 20 words are the beginning."""
    rows = []
    for tale in told:
        text = gpt2.paragraphs(tale)
        beginning = " ".join(text.split(" ")[:20])
        ids = tokenizer(text[len(beginning) :])["input_ids"]
        short = tokenizer.decode(ids[:SHORT])
        rows.append({"beginning": beginning, **judge_text(beginning, short, len(ids) + 1, copies)})
    return rows


# --- texts that the model has not read -----------------------------------------------------------------------------------


@torch.no_grad()
def score(model: GPT2LMHeadModel, tokenizer, texts: list[str]) -> tuple[float, float]:
    """Perplexity a token and bits a byte of the texts' first windows, without an end-of-text token before, as the page's
    `score` reads them: of each token after the first."""
    nats, tokens, size = 0.0, 0, 0
    for text in texts:
        ids = torch.tensor(tokenizer(text)["input_ids"][: model.config.n_positions + 1], device=model.device)
        logits = model(ids[None, :-1]).logits[0]
        nats += F.cross_entropy(logits.float(), ids[1:], reduction="sum").item()
        tokens += len(ids) - 1
        size += len(tokenizer.decode(ids[1:]).encode())
    return math.exp(nats / tokens), nats / math.log(2) / size


def unread(data: Path | None, held_out_plots: list[tales.Plot], each: int) -> dict[str, list[str]]:
    """Texts of every kind; of the real stories `each` a kind."""
    passage = (HERE.parent / "benches" / "passage.txt").read_text(encoding="utf-8")
    told = tales.tell_many(held_out_plots, HELD_OUT_EACH * len(held_out_plots), seed=0)
    texts = {"benches/passage.txt": [passage], "held-out tales": [gpt2.paragraphs(tale) for tale in told]}
    if data:
        stories = [story for story in gpt2.read_stories(data) if story["held_out"]]
        for kind in gpt2.MIX:
            of_kind = [story["text"] for story in stories if story["kind"] == kind]
            if of_kind:
                texts[f"held-out stories, {kind}"] = random.Random(0).sample(of_kind, min(each, len(of_kind)))
    return texts


# --- the report ----------------------------------------------------------------------------------------------------------


def table(name: str, of_model: dict, of_tales: dict, scores: dict) -> str:
    lines = [f"| | {name} | held-out tales themselves |", "|---|---|---|"]
    lines += [f"| {figure} | {value:.1%} | {of_tales[figure]:.1%} |" for figure, value in of_model.items()]
    lines += ["", f"| {name} | perplexity a token | bits a byte |", "|---|---|---|"]
    lines += [f"| {text} | {perplexity:.2f} | {bits:.3f} |" for text, (perplexity, bits) in scores.items()]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, help="folder with the five collections")
    parser.add_argument("--tales", type=Path, default=tales.PLOTS, help="the plots that the model was trained on or could be")
    parser.add_argument("--beginnings", type=Path, default=HERE / "beginnings.txt")
    parser.add_argument("--count", type=int, help="only so many of the beginnings, evenly taken")
    parser.add_argument("--tokens", type=int, default=300, help="to end in")
    parser.add_argument("--each", type=int, default=40, help="held-out stories of a kind to measure")
    parser.add_argument("--out", type=Path, default=HERE / "runs" / "stories")
    parser.add_argument("--threads", type=int, default=0, help="by default as many as PyTorch chooses")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    logging.set_verbosity_error()  # else it advises about masks and lengths that are as they should be
    logging.disable_progress_bar()
    args.out.mkdir(parents=True, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = GPT2LMHeadModel.from_pretrained(args.folder, dtype=torch.float32).to(device).eval()
    tokenizer = AutoTokenizer.from_pretrained(args.folder)
    end = model.generation_config.eos_token_id
    beginnings = args.beginnings.read_text(encoding="utf-8").splitlines()
    if args.count:
        beginnings = beginnings[:: max(1, len(beginnings) // args.count)][: args.count]
    plots, held_out_plots = tales.split(tales.read(args.tales))
    told = list(tales.tell_many(held_out_plots, HELD_OUT_EACH * len(held_out_plots), seed=0))
    copies = judge.Copies(gpt2.paragraphs(tale) for tale in tales.tell_many(plots, TALES_EACH * len(plots), seed=1))

    scores = {name: score(model, tokenizer, texts) for name, texts in unread(args.data, held_out_plots, args.each).items()}
    print("measured", flush=True)
    samples = judge_model(tokenizer, beginnings, write(model, tokenizer, beginnings, args.tokens, args.seed), end, copies)
    of_model, of_tales = figures(samples, args.tokens), figures(judge_tales(tokenizer, told, copies), args.tokens)
    text = table(args.folder.name, of_model, of_tales, scores)
    print(text)
    (args.out / "table.md").write_text(text, encoding="utf-8")
    settings = {**model.generation_config.to_diff_dict(), **PAGE, "max_new_tokens": args.tokens, "seed": args.seed}
    known = {name: {"perplexity": perplexity, "bits per byte": bits} for name, (perplexity, bits) in scores.items()}
    result = {"settings": settings, "beginnings": len(beginnings), "figures": of_model, "held-out tales": of_tales}
    result["texts"] = known
    recipe.write_json(args.out / "figures.json", result)
    with open(args.out / "samples.jsonl", "w", encoding="utf-8") as file:
        file.writelines(json.dumps(sample, ensure_ascii=False) + "\n" for sample in samples)


if __name__ == "__main__":
    main()
