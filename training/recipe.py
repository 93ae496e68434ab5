"""What every recipe shares: a budget of time, checkpoints that a later run resumes, a moving average, curves, pieces.

The budget is time, not steps: the learning rate follows the fraction of it that has passed, so that a run ends annealed
however fast the machine is. A recipe is

    run = Run(args, model=model, adam=adam)      # goes on from the last checkpoint, if there is one
    for step in run.steps():                     # until the minutes are over
        adam.param_groups[0]["lr"] = args.learning_rate * run.rate()
        ...
        run.record(pictures=batch, loss=loss)    # waits for the GPU, so that the clock has its time
"""

import argparse
import collections
import copy
import datetime
import io
import json
import math
import tarfile
import time
from pathlib import Path
from typing import Callable, Iterator

import torch

PIECE = 15 * 2**20  # bytes: what may travel in one file


def arguments(description: str, name: str, minutes: float) -> argparse.ArgumentParser:
    """The options that every recipe has; the recipe adds its own."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "runs" / name, help="checkpoints, curves and samples"
    )
    parser.add_argument("--export", type=Path, help="write the model folder here at the end")
    parser.add_argument("--pieces", type=Path, help="write the exported folder there too, as a tar in pieces under 16 MiB")
    parser.add_argument("--export-only", action="store_true", help="write it from the last checkpoint and stop")
    parser.add_argument("--minutes", type=float, default=minutes, help="of training in all, pauses not counted")
    parser.add_argument("--until", help="stop, annealed, at this time of day (HH:MM) if the minutes are not over by then")
    parser.add_argument("--pause-file", type=Path, help="wait while this file exists")
    parser.add_argument(
        "--wait", action="store_true", help="for inputs that are still being made; what can be compiled before is compiled"
    )
    parser.add_argument("--save-every", type=float, default=4, help="minutes between checkpoints")
    parser.add_argument("--threads", type=int, default=0, help="by default as many as PyTorch chooses")
    parser.add_argument(
        "--compile", action=argparse.BooleanOptionalAction, default=torch.cuda.is_available(), help="torch.compile"
    )
    parser.add_argument("--seed", type=int, default=0)
    return parser


def prepare(args: argparse.Namespace) -> str:
    """Seeds and settles PyTorch; the device to train on."""
    torch.manual_seed(args.seed)
    torch.set_flush_denormal(True)  # tiny numbers are slow on a CPU
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.benchmark = True
    if args.threads:
        torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    return "cuda" if torch.cuda.is_available() else "cpu"


def wait_for(path: Path) -> None:
    """Until it is there: a chain of recipes can be started at once, so that each compiles while the one before it trains."""
    while not path.exists():
        time.sleep(0.2)


class Beside:
    """Makes batches on a second CUDA stream. Whatever waits for the GPU there waits for that alone, and not for the step of
    training that the first stream is still at."""

    def __init__(self, device: str):
        self.stream = torch.cuda.Stream() if device == "cuda" else None
        if self.stream:
            self.stream.wait_stream(torch.cuda.current_stream())

    def __call__(self, make: Callable):
        if self.stream is None:
            return make()
        with torch.cuda.stream(self.stream):
            made = make()
        current = torch.cuda.current_stream()
        current.wait_stream(self.stream)
        for tensor in made if isinstance(made, tuple) else (made,):
            tensor.record_stream(current)
        return made


class Run:
    """A training on the clock. `parts` are what a checkpoint holds: anything with `state_dict` and `load_state_dict`."""

    def __init__(self, args: argparse.Namespace, device: str, **parts):
        self.args, self.parts = args, parts
        self.checkpoint = args.out / "checkpoint.pt"
        self.history: list[dict] = []
        self.elapsed = 0.0  # seconds of training, pauses and the gaps between runs not counted
        self.on_save: Callable[[], None] = lambda: None  # sample sheets and the like
        if self.checkpoint.exists():
            state = torch.load(self.checkpoint, map_location=device, weights_only=False)
            for name, part in parts.items():
                part.load_state_dict(state[name])
            self.history, self.elapsed = state["history"], state["elapsed"]
            torch.manual_seed(args.seed + len(self.history))
            print(f"resumed after {self.elapsed / 60:.1f} minutes, step {len(self.history)}", flush=True)
        elif args.export_only and not getattr(args, "average", None):
            raise SystemExit(f"{self.checkpoint} is not there: there is nothing to export")
        self.until = math.inf
        if args.until:
            now = datetime.datetime.now()
            end = datetime.datetime.combine(now.date(), datetime.time.fromisoformat(args.until))
            self.until = (end if end > now else end + datetime.timedelta(days=1)).timestamp()

    @property
    def budget(self) -> float:
        """Seconds of training in all."""
        return min(self.args.minutes * 60, self.elapsed + max(0.0, self.until - time.time()))

    @property
    def fraction(self) -> float:
        return min(1.0, self.elapsed / max(self.budget, 1e-9))

    def rate(self, warm_up: int = 100, decay: float = 0.7) -> float:
        """The learning rate's factor: a short warm-up, then flat, then over the last `decay` of the time a straight line to zero."""
        return min(1.0, (len(self.history) + 1) / warm_up, (1 - self.fraction) / decay)

    def steps(self) -> Iterator[int]:
        """The number of each step until the time is over; saves every few minutes and at the end."""
        saved_at = self.elapsed
        while self.elapsed < self.budget:
            while self.args.pause_file and self.args.pause_file.exists():
                time.sleep(1)
            self._started = time.time()
            yield len(self.history)
            if self.elapsed < self.budget and self.elapsed - saved_at > 60 * self.args.save_every:
                self.save()
                saved_at = self.elapsed
        self.save()

    def record(self, pictures: int = 0, every: int = 50, **values) -> None:
        """Ends a step: `values` are scalars (tensors too), kept for the curves; `pictures` counts what was seen."""
        entry = {
            name: float(torch.as_tensor(value).detach()) for name, value in values.items()
        }  # waits for a GPU, which the time must have in it
        seconds = time.time() - self._started
        self.elapsed += seconds
        seen = (self.history[-1]["pictures"] if self.history else 0) + pictures
        self.history.append({**entry, "pictures": seen, "seconds": seconds})
        if len(self.history) % every == 0:
            recent = self.history[-every:]
            means = ", ".join(f"{name} {sum(entry.get(name, 0) for entry in recent) / len(recent):.4f}" for name in entry)
            speed = pictures * len(recent) / sum(entry["seconds"] for entry in recent)
            print(f"step {len(self.history)}: {means}, {self.fraction:.1%}, {speed:.0f}/s", flush=True)

    def save(self) -> None:
        state = {name: part.state_dict() for name, part in self.parts.items()}
        torch.save({**state, "history": self.history, "elapsed": self.elapsed}, self.checkpoint.with_suffix(".tmp"))
        self.checkpoint.with_suffix(".tmp").replace(self.checkpoint)
        if self.history:
            save_curves(self.args.out / "loss.png", self.history)
        self.on_save()


class Average:
    """A moving average of a module's weights that reaches back over about a sixteenth of the run, whatever its length."""

    SPAN = 16

    def __init__(self, module: torch.nn.Module):
        self.module = copy.deepcopy(module).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, module: torch.nn.Module, step: int) -> None:
        torch._foreach_lerp_(list(self.module.parameters()), list(module.parameters()), self.SPAN / (step + self.SPAN))
        for mine, theirs in zip(self.module.buffers(), module.buffers()):
            mine.copy_(theirs)

    def state_dict(self) -> dict:
        return self.module.state_dict()

    def load_state_dict(self, state: dict) -> None:
        self.module.load_state_dict(state)


def spread(count: int, device: torch.device | str) -> torch.Tensor:
    """One random number from each of `count` equal stretches of [0, 1): a batch's noise levels, spread evenly."""
    fractions = (torch.arange(count, device=device) + torch.rand(count, device=device)) / count
    return fractions.clamp(max=1 - 1e-6)  # f32 rounds the last one up


class UsualLosses(torch.nn.Module):
    """What a diffusion's loss usually is at each noise level, averaged over the last steps, so that all levels count alike."""

    def __init__(self, levels: int):
        super().__init__()
        self.register_buffer("losses", torch.ones(levels))

    def weighted(self, losses: torch.Tensor, fractions: torch.Tensor) -> torch.Tensor:
        """`losses` `[count]` divided by the usual ones of their noise levels; `fractions` of the timesteps are in [0, 1)."""
        count, levels = len(losses), (fractions * len(self.losses)).long()
        weighted = losses / self.losses[levels]
        self.losses.index_add_(0, levels, 0.02 * len(self.losses) / count * (losses.detach() - self.losses[levels]))
        return weighted


def save_curves(path: Path, history: list[dict], width: int = 100) -> None:
    """Every recorded value over the steps, each as the means of about `width` stretches."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = [name for name in history[-1] if name not in ("pictures", "seconds")]
    figure, axes = plt.subplots(1, len(names), figsize=(4 * len(names), 3.2), squeeze=False)
    for axis, name in zip(axes[0], names):
        points: dict[int, list[float]] = collections.defaultdict(list)
        for step, entry in enumerate(history):
            if name in entry and math.isfinite(entry[name]):
                points[step * width // len(history)].append(entry[name])
        means = {stretch: sum(values) / len(values) for stretch, values in points.items()}
        axis.plot([stretch * len(history) / width for stretch in means], list(means.values()))
        axis.set(title=name, xlabel="step", yscale="log" if min(means.values(), default=0) > 0 else "linear")
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)


def finish_folder(folder: Path) -> int:
    """Lets everybody read a model folder, whose weights are written for their owner alone; its bytes."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    for path in files:
        path.chmod(0o644)
    return sum(path.stat().st_size for path in files)


def write_pieces(folder: Path, out: Path) -> list[Path]:
    """A model folder as one tar in pieces under 16 MiB, for a machine that sends back no larger file: `cat *.tar.* | tar x`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tar.add(folder, arcname=folder.name)
    out.mkdir(parents=True, exist_ok=True)
    data, pieces = buffer.getvalue(), []
    for index, start in enumerate(range(0, len(data), PIECE)):
        pieces.append(out / f"{folder.name}.tar.{index:02d}")
        pieces[-1].write_bytes(data[start : start + PIECE])
    return pieces


def write_json(path: Path, value) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
