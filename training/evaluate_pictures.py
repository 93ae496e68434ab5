"""Judge any text-to-image folder on scenes: is there what was asked for?

    python training/evaluate_pictures.py FOLDER [--size 128] [--count 1000] [--out DIR]

The captions are those of scenes that training never drew: one subject; two; pairs of subject and place that training never
sees (composing); and one subject in the words of stories. A recogniser (`training/recogniser.py`) ranks the subjects of each
picture: found is a subject that comes first, both of two are found if they are the first two. Places and times count where
the caption names them. FID is the Fréchet distance between the recogniser's features of the pictures and of composed scenes
of the same layouts; that of two such sets of scenes is printed beside it, as the least there could be.

Writes to `--out` (FOLDER-judged beside it): `figures.json`, `sheet.png` (48 unpicked), `neighbours.png` (sixteen over the
composed scenes nearest to them), and prints the figures as a table.
"""

import argparse
import dataclasses
import inspect
import json
import random
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline

import recipe
from frechet import frechet_distance
from recogniser import HELD_OUT_SEED, PLACES, SUBJECTS, TIMES, Recogniser, load
from scenes.captions import caption, place_phrase, with_article
from scenes.compose import Scenes, to_batch
from scenes.layouts import Layout
from scenes.lexicon import find, of_kind
from sheets import save_sheet, to_floats

# Shares of the captions.
GROUPS = {"one subject": 0.4, "two subjects": 0.3, "held-out pair": 0.15, "story words": 0.15}
NEIGHBOURS = 16


@dataclasses.dataclass
class Wanted:
    """A caption, and what must be in its picture. `place` and `time` are None where the caption leaves them open."""

    group: str
    caption: str
    subjects: list[str]
    place: str | None
    time: str | None
    layout: Layout | None = None


def story_words(layout: Layout, rng: random.Random) -> str:
    """The scene's subject by a word that is not its name."""
    subject = of_kind("subject")[layout.items[0].subject]
    words = [word for word in subject.en[1:] if [entry.name for entry in find(word)] == [subject.name]]
    word = rng.choice(words or [subject.name])
    return f"{with_article(word, word, subject)} {place_phrase(layout, rng)}".strip()


def captions(scenes: Scenes, count: int, seed: int = HELD_OUT_SEED + 77) -> list[Wanted]:
    """`count` captions, in `GROUPS`."""
    rng, wanted = random.Random(seed), []
    for group, share in GROUPS.items():
        for _ in range(round(count * share)):
            split = "held_out" if group == "held-out pair" else "train"
            layout = scenes.layouts.draw(rng, split, 2 if group == "two subjects" else 1)
            while layout.style:  # places and times are judged by their colours
                layout = scenes.layouts.draw(rng, split, 2 if group == "two subjects" else 1)
            text = story_words(layout, rng) if group == "story words" else caption(layout, rng)
            named = {entry.kind: entry.name for entry in find(text)}
            subjects = [item.subject for item in layout.items]
            wanted.append(Wanted(group, text, subjects, named.get("place"), named.get("time"), layout))
    return wanted


@torch.no_grad()
def draw(folder: Path, texts: list[str], size: int | None, steps: int | None, batch: int, device: str) -> torch.Tensor:
    """Bytes `[count, 3, size, size]`, as the folder's pipeline draws them by default."""
    dtype = torch.float16 if device == "cuda" else torch.float32
    options = "dtype" if "dtype" in inspect.signature(StableDiffusionPipeline.from_pretrained).parameters else "torch_dtype"
    pipeline = StableDiffusionPipeline.from_pretrained(folder, **{options: dtype}).to(device)
    pipeline.set_progress_bar_config(disable=True)
    settings = json.loads((folder / "model_index.json").read_text())
    steps = steps or settings.get("num_inference_steps", 20)
    guidance = {
        "guidance_scale": settings.get("guidance_scale", 4.0),
        "guidance_rescale": settings.get("guidance_rescale", 0.0),
    }
    pictures = []
    for at in range(0, len(texts), batch):
        part = texts[at : at + batch]
        generators = [torch.Generator().manual_seed(at + index) for index in range(len(part))]
        with torch.autocast(device, torch.bfloat16, enabled=device == "cpu"):
            drawn = pipeline(
                part, num_inference_steps=steps, **guidance, generator=generators, output_type="pt", height=size, width=size
            )
        pictures.append((drawn.images.float().clamp(0, 1) * 255).round().to(torch.uint8).cpu())
        print(f"{at + len(part)} of {len(texts)}", end="\r", flush=True)
    return torch.cat(pictures)


@torch.no_grad()
def recognise(model: Recogniser, pictures: torch.Tensor, wanted: list[Wanted]) -> dict[str, dict[str, float]]:
    """The shares that are right, by group."""
    hits: dict[str, dict[str, list[bool]]] = {group: {"subject": [], "both": [], "place": [], "time": []} for group in GROUPS}
    device = next(model.parameters()).device
    for part, asked in zip(pictures.split(100), [wanted[at : at + 100] for at in range(0, len(wanted), 100)]):
        scores, places, times = (output.cpu() for output in model(to_floats(part).to(device)))
        for row, each in enumerate(asked):
            found = {SUBJECTS[index] for index in scores[row].topk(len(each.subjects)).indices.tolist()}
            group = hits[each.group]
            group["subject"].append(each.subjects[0] in found)
            if len(each.subjects) == 2:
                group["both"].append(set(each.subjects) == found)
            if each.place in PLACES:
                group["place"].append(PLACES[places[row].argmax()] == each.place)
            if each.time in TIMES:
                group["time"].append(TIMES[times[row].argmax()] == each.time)
    mean = lambda values: sum(values) / len(values)  # noqa: E731
    return {group: {name: mean(values) for name, values in kinds.items() if values} for group, kinds in hits.items()}


@torch.no_grad()
def features(model: Recogniser, pictures: torch.Tensor) -> torch.Tensor:
    device = next(model.parameters()).device
    return torch.cat([model.features(to_floats(part).to(device)).cpu().double() for part in pictures.split(100)])


def save_neighbours(path: Path, model: Recogniser, pictures: torch.Tensor, scenes: Scenes, count: int) -> None:
    """The first pictures, and below each the scene, of many composed ones, that is nearest in features."""
    composed = torch.cat([scenes.draw(500, 5000 + index).pictures.cpu() for index in range(max(1, count // 500))])
    distances = torch.cdist(features(model, pictures[:NEIGHBOURS]), features(model, composed))
    nearest = composed[distances.argmin(1)]
    rows = [row for pair in zip(pictures[:NEIGHBOURS].split(8), nearest.split(8)) for row in pair]
    save_sheet(path, torch.cat(rows), columns=8, width=128)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scenes", type=Path)
    parser.add_argument("--recogniser", type=Path, default=Path(__file__).parent / "runs" / "recogniser" / "recogniser.pt")
    parser.add_argument("--size", type=int, help="of the pictures; the folder's own otherwise")
    parser.add_argument("--steps", type=int, help="the folder's own otherwise")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--neighbours", type=int, default=10_000, help="composed scenes to look for near ones in")
    parser.add_argument("--batch-size", type=int, default=25)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    out = args.out or args.folder.with_name(args.folder.name + "-judged")
    out.mkdir(parents=True, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if not args.recogniser.exists():
        raise SystemExit(f"{args.recogniser} is not there: python training/recogniser.py makes it")
    model = load(args.recogniser, device)
    wanted = captions(Scenes(args.scenes, 128, device), args.count)
    # Groups in turns, so that the sheet, the first 48, is of all kinds.
    random.Random(0).shuffle(wanted)
    pictures = draw(args.folder, [each.caption for each in wanted], args.size, args.steps, args.batch_size, device)
    save_sheet(out / "sheet.png", pictures[:48], [each.caption for each in wanted[:48]], columns=8, width=160)
    scenes = Scenes(args.scenes, pictures.shape[-1], device)
    figures: dict = recognise(model, pictures, wanted)
    composed = scenes.compose(to_batch([each.layout for each in wanted])).cpu()
    others = captions(scenes, args.count, HELD_OUT_SEED + 78)  # the same kinds of scenes, others of them
    least = scenes.compose(to_batch([each.layout for each in others])).cpu()
    figures["fid"] = frechet_distance(features(model, pictures), features(model, composed))
    figures["fid of scenes"] = frechet_distance(features(model, least), features(model, composed))
    recipe.write_json(out / "figures.json", figures)
    save_neighbours(out / "neighbours.png", model, pictures, scenes, args.neighbours)
    print("| captions | subject found | both found | place | time |\n|---|---|---|---|---|")
    for group in GROUPS:
        cells = [
            f"{figures[group][name]:.1%}" if name in figures[group] else "" for name in ("subject", "both", "place", "time")
        ]
        print(f"| {group} | " + " | ".join(cells) + " |")
    print(f"\nFID {figures['fid']:.2f}; of other composed scenes {figures['fid of scenes']:.2f}")


if __name__ == "__main__":
    main()
