"""Judge a model of digits: is each the class it was asked for, how varied are they, and are they copies?

    python training/evaluate_digits.py models/gan-mnist [--data DIR] [--card REPORT.md]
    python training/evaluate_digits.py models/ddpm-mnist [--steps 25] [--guidance-scale 1] [--count 10000]

Trains a small classifier on MNIST (kept in `--out` for the next time), draws 10,000 digits from the model, and reports
for them and for the real test digits: the share classified as the asked class, the classifier's mean confidence,
the share of each class, and the Fréchet distance (FID) between the classifier's features of the digits and of the
real test digits. It also finds the training digits nearest to some drawn ones, and saves them side by side.

A folder with a `config.json` is a GAN, one with a `model_index.json` a diffusion model, which draws with the scheduler
that its folder holds. Variational autoencoders (`config.json` with the model type "vae") are asked for no class: for each
network of the folder the report has its ELBO of the test digits, the share of their reconstructions that the classifier
reads as the digit they were, and the FID of digits drawn from the prior.
"""

import argparse
import json
import os
import time
from pathlib import Path

import diffusers
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

import diffusion
import gan
import mnist
import vae_mnist
from frechet import frechet_distance

GOAL = 0.992


class Classifier(nn.Module):
    """Two convolutions twice, pooled, and two linear layers; the hidden one's 128 features are what FID compares."""

    def __init__(self):
        super().__init__()

        def block(channels_in: int, channels: int) -> list[nn.Module]:
            layers: list[nn.Module] = []
            for fan_in in (channels_in, channels):
                layers += [nn.Conv2d(fan_in, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU()]
            return [*layers, nn.MaxPool2d(2)]

        self.features = nn.Sequential(
            *block(1, 16), *block(16, 32), nn.Flatten(), nn.Dropout(0.3), nn.Linear(32 * 49, 128), nn.ReLU()
        )
        self.classes = nn.Linear(128, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.classes(self.features(images))


@torch.no_grad()
def judge(classifier: Classifier, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Probabilities `[count, 10]` and features `[count, 128]`."""
    classifier.eval()
    features = torch.cat([classifier.features(batch) for batch in images.split(500)])
    return classifier.classes(features).softmax(1), features


def accuracy(classifier: Classifier, images: torch.Tensor, labels: torch.Tensor) -> float:
    return (judge(classifier, images)[0].argmax(1) == labels).float().mean().item()


def train_classifier(data: Path | None, out: Path) -> Classifier:
    classifier = Classifier()
    weights = out / "classifier.pt"
    test_images, test_labels = mnist.load("test", data)
    if weights.exists():
        classifier.load_state_dict(torch.load(weights))
    else:
        torch.manual_seed(0)
        images, labels = mnist.load("train", data)
        epochs, batch = 6, 128
        steps = epochs * (len(images) // batch)
        optimiser = torch.optim.AdamW(classifier.parameters(), lr=2e-3, weight_decay=0.01, fused=True)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=4e-3, total_steps=steps)
        for epoch in range(epochs):
            started = time.time()
            classifier.train()
            for rows in torch.randperm(len(images))[: len(images) // batch * batch].split(batch):
                loss = F.cross_entropy(classifier(images[rows]), labels[rows])
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                optimiser.step()
                schedule.step()
            right = accuracy(classifier, test_images, test_labels)
            print(f"classifier, epoch {epoch + 1}: {right:.2%} of the test set, {time.time() - started:.0f} s", flush=True)
        out.mkdir(parents=True, exist_ok=True)
        torch.save(classifier.state_dict(), weights)
    right = accuracy(classifier, test_images, test_labels)
    if right < GOAL:
        raise SystemExit(f"the classifier is right in {right:.2%} of the test set, less than {GOAL:.1%}: no judge")
    return classifier


def model_type(folder: Path) -> str | None:
    """What `config.json` says, if there is one."""
    config = folder / "config.json"
    return json.loads(config.read_text())["model_type"] if config.exists() else None


@torch.no_grad()
def draw_gan(folder: Path, labels: torch.Tensor) -> torch.Tensor:
    config = json.loads((folder / "config.json").read_text())
    generator = gan.Generator(config)
    tensors = load_file(folder / "model.safetensors")
    prefix = "generator."
    generator.load_state_dict({k.removeprefix(prefix): v.float() for k, v in tensors.items() if k.startswith(prefix)})
    latents = torch.randn(len(labels), config["latent_dim"])
    return generator(latents, labels if config.get("num_classes") else None).reshape(-1, 1, 28, 28)


def draw_diffusion(folder: Path, labels: torch.Tensor, steps: int, guidance_scale: float) -> torch.Tensor:
    model = diffusers.UNet2DModel.from_pretrained(folder, subfolder="unet", torch_dtype=torch.float32).eval()
    _, name = json.loads((folder / "model_index.json").read_text())["scheduler"]
    scheduler = getattr(diffusers, name).from_pretrained(folder, subfolder="scheduler")
    # Batches that stay in the caches; on a CPU one process a core, as threads of one batch would wait for each other.
    parts = [(model, scheduler, part, steps, guidance_scale, seed) for seed, part in enumerate(labels.split(50))]
    with torch.multiprocessing.Pool(os.cpu_count(), torch.set_num_threads, (1,)) as pool:
        return torch.cat(pool.starmap(diffusion.draw, parts, chunksize=1))


def report(name: str, probs: torch.Tensor, features: torch.Tensor, asked: torch.Tensor, real: torch.Tensor) -> dict:
    found = probs.argmax(1)
    shares = torch.bincount(found, minlength=10).double() / len(found)
    return {
        "name": name,
        "as asked": (found == asked).double().mean().item(),
        "confidence": probs.max(1).values.double().mean().item(),
        "shares": shares.tolist(),
        "FID": frechet_distance(features, real),
    }


def table(rows: list[dict]) -> str:
    head = ["", "as asked", "mean confidence", "FID", *map(str, range(10))]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        percentages = [f"{share:.1%}" for share in row["shares"]]
        lines.append([row["name"], f"{row['as asked']:.2%}", f"{row['confidence']:.2%}", f"{row['FID']:.2f}", *percentages])
    return as_table(lines)


def as_table(lines: list[list[str]]) -> str:
    """Markdown's."""
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


@torch.no_grad()
def judge_autoencoders(folder: Path, classifier: Classifier, data: Path | None, count: int) -> str:
    """A table with a row for each network of the folder; `count` digits are drawn from each."""
    digits, labels = vae_mnist.pixels("test", data)

    def judged(digits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return judge(classifier, digits.reshape(-1, 1, 28, 28) * 2 - 1)

    _, real_features = judged(digits)
    head = ["", "ELBO", "reconstruction", "KL", "active latents", "reconstructions read right", "FID"]
    lines = [head, ["---"] * len(head)]
    for name, network in vae_mnist.load_all(folder).items():
        bound = vae_mnist.measures(network, digits)
        probs, _ = judged(network.decode(network.encode(digits)[0]))
        right = (probs.argmax(1) == labels).double().mean().item()
        _, features = judged(network.decode(vae_mnist.prior(count, network)))
        nats = [f"{bound[term]:.1f}" for term in ("ELBO", "reconstruction", "KL")]
        fid = frechet_distance(features, real_features)
        lines.append([name, *nats, str(bound["active"]), f"{right:.1%}", f"{fid:.1f}"])
    return as_table(lines)


def save_neighbours(path: Path, images: torch.Tensor, training: torch.Tensor) -> float:
    """A row of drawn digits over the row of their nearest training digits. Gives the smallest distance, per pixel."""
    distances = torch.cdist(images.flatten(1), training.flatten(1))
    nearest = distances.min(1)
    gan.save_grid(path, torch.cat([images, training[nearest.indices]]), columns=len(images))
    return (nearest.values.min() / 28).item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, help="folder with the four IDX files; downloaded when not given")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "runs" / "evaluation")
    parser.add_argument("--card", type=Path, help="also write the table to this file, and neighbours.png beside it")
    parser.add_argument("--count", type=int, default=10_000, help="digits to draw")
    parser.add_argument("--steps", type=int, default=diffusion.STEPS, help="of the diffusion")
    parser.add_argument("--guidance-scale", type=float, default=1.0, help="of the diffusion; 1 is none")
    args = parser.parse_args()
    torch.set_flush_denormal(True)
    classifier = train_classifier(args.data, args.out)
    torch.manual_seed(1)
    if model_type(args.model) == "vae":
        text = judge_autoencoders(args.model, classifier, args.data, args.count) + "\n"
        print(text)
        if args.card:
            args.card.write_text(text)
        return
    if (args.model / "model_index.json").exists():
        asked = torch.arange(args.count) % 10
        drawn = draw_diffusion(args.model, asked, args.steps, args.guidance_scale)
    else:
        asked = torch.randint(10, (args.count,))
        drawn = draw_gan(args.model, asked)
    test_images, test_labels = mnist.load("test", args.data)
    training_images, _ = mnist.load("train", args.data)
    real_probs, real_features = judge(classifier, test_images)
    # Real digits against real digits: what a perfect model would reach.
    some = training_images[torch.randperm(len(training_images))[: args.count]]
    floor = frechet_distance(judge(classifier, some)[1], real_features)
    rows = [
        report(args.model.name, *judge(classifier, drawn), asked, real_features),
        report("real test digits", real_probs, real_features, test_labels, real_features),
    ]
    text = f"{table(rows)}\n\nFID of {args.count:,} real training digits: {floor:.2f}.\n"
    folder = args.card.parent if args.card else args.out
    closest = save_neighbours(folder / "neighbours.png", drawn[:16], training_images)
    text += f"Closest of 16 drawn digits to its nearest training digit: {closest:.3f} RMS per pixel, of 2.\n"
    print(text)
    if args.card:
        args.card.write_text(text)


if __name__ == "__main__":
    main()
