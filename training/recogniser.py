"""A recogniser of subjects, places and times, trained on composed scenes: it judges what a text-to-image model draws.

    python training/recogniser.py [--scenes DIR] [--minutes 25]

A small residual network on 128 x 128 pixels. It ranks the subjects (a scene's are its first), and names the place and the
time. Its features are what the Fréchet distance is measured in. The same command goes on from the last checkpoint.

Writes to `--out` (training/runs/recogniser): `checkpoint.pt`, `loss.png` and, as `recogniser.pt`, what `load` reads.
"""

import argparse
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

import recipe
from scenes.compose import Drawn, Scenes, index_of
from scenes.lexicon import of_kind
from sheets import to_floats

SIZE = 128
SUBJECTS = list(of_kind("subject"))
PLACES = [*of_kind("place"), "plain"]
TIMES = list(of_kind("time"))
WIDTHS = (48, 96, 192, 288)
HELD_OUT_SEED = 900_000_000  # of scenes to measure with; what is trained on comes from a stream, which has other seeds


class Block(nn.Module):
    """Two convolutions around a residual, the first of which may halve the picture."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs),
        )  # fmt: skip
        self.skip = nn.Identity() if inputs == outputs else nn.Sequential(nn.AvgPool2d(stride), nn.Conv2d(inputs, outputs, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.layers(x) + self.skip(x))


class Recogniser(nn.Module):
    """Pictures `[count, 3, height, width]` in [-1, 1] to scores of subjects, places and times."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, WIDTHS[0], 4, 4), nn.BatchNorm2d(WIDTHS[0]), nn.ReLU(), Block(WIDTHS[0], WIDTHS[0])
        )
        pairs = zip(WIDTHS, WIDTHS[1:])
        self.stages = nn.Sequential(
            *(nn.Sequential(Block(inputs, outputs, 2), Block(outputs, outputs)) for inputs, outputs in pairs)
        )
        self.subjects = nn.Linear(2 * WIDTHS[-1], len(SUBJECTS))
        self.places = nn.Linear(2 * WIDTHS[-1], len(PLACES))
        self.times = nn.Linear(2 * WIDTHS[-1], len(TIMES))

    def features(self, pictures: torch.Tensor) -> torch.Tensor:
        """`[count, 2 · 288]`: the means and the maxima over the last map; the maxima find what is small."""
        if pictures.shape[-1] != SIZE:
            pictures = F.interpolate(pictures, (SIZE, SIZE), mode="area")
        x = self.stages(self.stem(pictures))
        return torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        features = self.features(pictures)
        return self.subjects(features), self.places(features), self.times(features)


def labels(drawn: Drawn) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """What is in scenes: subjects as shares `[count, subjects]`, places and times `[count]`. Where time does not show it is -100."""
    subjects = torch.zeros(len(drawn.layouts), len(SUBJECTS))
    for row, layout in enumerate(drawn.layouts):
        for item in layout.items:
            subjects[row, SUBJECTS.index(item.subject)] = 1 / len(layout.items)
    places = torch.tensor([PLACES.index(layout.place) for layout in drawn.layouts])
    times = torch.tensor([TIMES.index(layout.time) if layout.shows_time else -100 for layout in drawn.layouts])
    return subjects, places, times


def save(model: Recogniser, path: Path) -> None:
    """In f16, with the names that the outputs stand for."""
    names = {"subjects": SUBJECTS, "places": PLACES, "times": TIMES}
    weights = {name: value.half() if value.is_floating_point() else value for name, value in model.state_dict().items()}
    torch.save({**names, "weights": weights}, path)


def load(path: Path, device: str = "cpu") -> Recogniser:
    saved = torch.load(path, map_location="cpu")
    if (saved["subjects"], saved["places"], saved["times"]) != (SUBJECTS, PLACES, TIMES):
        raise SystemExit(f"{path} was trained with another lexicon: train it again")
    model = Recogniser()
    model.load_state_dict(saved["weights"])
    return model.eval().to(device)


@torch.no_grad()
def accuracy(model: Recogniser, scenes: Scenes, count: int = 1000) -> dict[str, float]:
    """On scenes that it has not seen: the subject of one alone, both of two, places, times."""
    result = {}
    for items in (1, 2):
        drawn = scenes.draw(count, HELD_OUT_SEED + items, split="any", items=items)
        scores, places, times = model(to_floats(drawn.pictures))
        wanted, right_places, right_times = (label.to(scores.device) for label in labels(drawn))
        found = scores.topk(items).indices
        hits = (wanted.gather(1, found) > 0).all(1)
        result["subject" if items == 1 else "both of two"] = hits.float().mean().item()
        result["place"] = (places.argmax(1) == right_places).float().mean().item()
        known = right_times >= 0
        result["time"] = (times.argmax(1) == right_times)[known].float().mean().item()
    return result


def train(args: argparse.Namespace) -> None:
    device = recipe.prepare(args)
    if args.wait:
        recipe.wait_for(index_of(args.scenes))
    scenes = Scenes(args.scenes, SIZE, device)
    model = Recogniser().to(device, memory_format=torch.channels_last)
    average = recipe.Average(model)
    adam = torch.optim.AdamW(model.parameters(), lr=args.learning_rate, weight_decay=0.02)
    run = recipe.Run(args, device, model=model, average=average, adam=adam)
    if args.start and not run.history:
        for network in (model, average.module):
            network.load_state_dict(load(args.start).state_dict())

    def report() -> None:
        save(average.module, args.out / "recogniser.pt")
        print({name: f"{value:.1%}" for name, value in accuracy(average.module, scenes, 500).items()}, flush=True)

    if args.export_only:
        return report()
    run.on_save = report
    # It judges pairs that the picture model has not seen, so it must have seen them itself.
    stream = scenes.stream(args.batch_size, seed=args.seed + 1 + len(run.history), workers=args.workers, split="any")
    # A CPU composes more slowly than it learns: there each scene is seen twice, the second time turned over.
    repeat, turned = device == "cpu", None
    beside = recipe.Beside(device)

    def batch() -> tuple[torch.Tensor, ...]:
        nonlocal turned
        if turned:
            pictures, *wanted = turned
            turned = None
            return pictures.flip(3), *wanted
        drawn = next(stream)
        made = to_floats(drawn.pictures), *(label.to(device) for label in labels(drawn))
        turned = made if repeat else None
        return made

    following = beside(batch)
    for step in run.steps():
        adam.param_groups[0]["lr"] = args.learning_rate * run.rate()
        pictures, subjects, places, times = following
        noisy = pictures + torch.randn_like(pictures) * 0.15 * torch.rand(
            len(pictures), 1, 1, 1, device=device
        )  # drawn pictures are not as clean
        with torch.autocast(device, torch.bfloat16):
            scores, place, time = model(noisy.contiguous(memory_format=torch.channels_last))
        loss = F.cross_entropy(scores.float(), subjects)
        (loss + 0.3 * F.cross_entropy(place.float(), places) + 0.3 * F.cross_entropy(time.float(), times)).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        model.zero_grad(set_to_none=True)
        average.update(model, step)
        following = beside(batch)  # while a GPU is still at these
        run.record(pictures=len(pictures), loss=loss)


def main() -> None:
    cuda = torch.cuda.is_available()
    parser = recipe.arguments(__doc__, "recogniser", minutes=25)
    parser.add_argument(
        "--scenes", type=Path, help="what `python -m training.scenes prepare` wrote; training/data/scenes otherwise"
    )
    parser.add_argument("--start", type=Path, help="a recogniser.pt to begin from, when there is no checkpoint")
    parser.add_argument("--batch-size", type=int, default=512 if cuda else 64)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--workers", type=int, default=8 if cuda else 0, help="processes that lay scenes out")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
