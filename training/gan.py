"""Train the digit GAN of `models/gan-mnist`: two multilayer perceptrons against each other.

    python training/gan.py [--data DIR] [--epochs 80] [--unconditional] [--resume]

The classic recipe (Goodfellow et al., 2014): binary cross-entropy, Adam at 2e-4, batches of 64, one
step of the discriminator, then one of the generator with the non-saturating loss. Both see the class
as a learned embedding concatenated to their input (Mirza and Osindero, 2014). What ships is the
exponential moving average of the weights, in f16.

Writes to `--out` (training/runs/gan): `checkpoint.pt`, `samples-EPOCH.png`, `loss.png`; and with `--export DIR`
the model folder's `config.json` and `model.safetensors`.
"""

import argparse
import json
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

import mnist

CONFIG = {
    "model_type": "gan",
    "image_size": 28,
    "num_channels": 1,
    "latent_dim": 100,
    "generator_hidden_sizes": [256, 512, 1024],
    "discriminator_hidden_sizes": [1024, 512, 256],
    "negative_slope": 0.2,
    "num_classes": 10,
    "class_embedding_dim": 10,
}


def perceptron(sizes: list[int], hidden: nn.Module, last: nn.Module) -> nn.Sequential:
    layers: list[nn.Module] = []
    for fan_in, fan_out in zip(sizes, sizes[1:]):
        layers += [nn.Linear(fan_in, fan_out), hidden]
    return nn.Sequential(*layers[:-1], last)


class Conditional(nn.Module):
    """A perceptron whose input has the class's embedding at its end, if the model has classes."""

    def __init__(self, config: dict, sizes: list[int], hidden: nn.Module, last: nn.Module):
        super().__init__()
        if classes := config.get("num_classes", 0):
            self.class_embedding = nn.Embedding(classes, config["class_embedding_dim"])
            sizes = [sizes[0] + config["class_embedding_dim"], *sizes[1:]]
        self.main = perceptron(sizes, hidden, last)

    def concatenated(self, x: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
        return x if labels is None else torch.cat([x, self.class_embedding(labels)], dim=1)

    def forward(self, x: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        return self.main(self.concatenated(x, labels))


class Generator(Conditional):
    """`[batch, latent_dim]` of unit normals to `[batch, pixels]` in [-1, 1]."""

    def __init__(self, config: dict):
        pixels = config["num_channels"] * config["image_size"] ** 2
        sizes = [config["latent_dim"], *config["generator_hidden_sizes"], pixels]
        super().__init__(config, sizes, nn.ReLU(), nn.Tanh())


class Discriminator(Conditional):
    """`[batch, pixels]` in [-1, 1] to `[batch, 1]`, the probability that the picture is real."""

    def __init__(self, config: dict):
        pixels = config["num_channels"] * config["image_size"] ** 2
        sizes = [pixels, *config["discriminator_hidden_sizes"], 1]
        super().__init__(config, sizes, nn.LeakyReLU(config["negative_slope"]), nn.Sigmoid())

    def training_logits(self, x: torch.Tensor, labels: torch.Tensor | None, dropout: float) -> torch.Tensor:
        """The same network with dropout after each hidden layer and without the sigmoid, which the loss applies."""
        x = self.concatenated(x, labels)
        for layer in self.main[:-1]:
            x = layer(x)
            if isinstance(layer, nn.LeakyReLU):
                x = F.dropout(x, dropout)
        return x


def checkpoint_tensors(generator: Generator, discriminator: Discriminator) -> dict[str, torch.Tensor]:
    """Both `state_dict`s under their network's name, as `models/gan-mnist/model.safetensors` holds them."""
    networks = {"generator": generator, "discriminator": discriminator}
    return {f"{name}.{key}": value for name, network in networks.items() for key, value in network.state_dict().items()}


def export(folder: Path, config: dict, generator: Generator, discriminator: Discriminator, dtype: torch.dtype) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    tensors = {key: value.to(dtype).contiguous() for key, value in checkpoint_tensors(generator, discriminator).items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def save_grid(path: Path, images: torch.Tensor, columns: int = 10) -> None:
    import matplotlib.image

    rows = images.reshape(-1, columns, 28, 28).permute(0, 2, 1, 3).reshape(-1, columns * 28)
    matplotlib.image.imsave(path, rows.clamp(-1, 1).numpy(), cmap="gray", vmin=-1, vmax=1)


def save_losses(path: Path, history: list[dict]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 4))
    for name in ("discriminator", "generator"):
        axes.plot([entry[name] for entry in history], label=name)
    axes.set(xlabel="epoch", ylabel="binary cross-entropy", title="GAN on MNIST")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    for kept, new in zip(average.parameters(), model.parameters()):
        kept.lerp_(new, 1 - decay)


def train(args: argparse.Namespace) -> None:
    torch.manual_seed(args.seed)
    torch.set_flush_denormal(True)  # Adam's moments become denormal, and those are ten times slower
    device = "cuda" if torch.cuda.is_available() else "cpu"
    config = dict(CONFIG)
    if args.unconditional:
        config.update(num_classes=0, class_embedding_dim=0)
    images, labels = mnist.load("train", args.data)
    images, labels = images.flatten(1).to(device), labels.to(device)

    def networks() -> tuple[Generator, Discriminator]:
        return Generator(config).to(device), Discriminator(config).to(device)

    generator, discriminator = networks()
    average_generator, average_discriminator = networks()
    average_generator.load_state_dict(generator.state_dict())
    average_discriminator.load_state_dict(discriminator.state_dict())
    optimisers = [
        torch.optim.Adam(network.parameters(), lr=args.learning_rate, betas=(0.5, 0.999), fused=True)
        for network in (generator, discriminator)
    ]
    generator_optimiser, discriminator_optimiser = optimisers
    saved = {
        "generator": generator,
        "discriminator": discriminator,
        "average_generator": average_generator,
        "average_discriminator": average_discriminator,
        "generator_optimiser": generator_optimiser,
        "discriminator_optimiser": discriminator_optimiser,
    }
    history: list[dict] = []
    args.out.mkdir(parents=True, exist_ok=True)
    checkpoint = args.out / "checkpoint.pt"
    if args.resume and checkpoint.exists():
        state = torch.load(checkpoint, map_location=device)
        for name, part in saved.items():
            part.load_state_dict(state[name])
        history = state["history"]
        print(f"resumed after epoch {len(history)}")

    def random_labels(count: int) -> torch.Tensor | None:
        return None if args.unconditional else torch.randint(config["num_classes"], (count,), device=device)

    fixed_latents = torch.randn(100, config["latent_dim"], device=device)
    fixed_labels = None if args.unconditional else torch.arange(10, device=device).repeat(10)
    batch = args.batch_size
    for epoch in range(len(history), args.epochs):
        started, totals, steps = time.time(), [0.0, 0.0], 0
        # The learning rate falls to a tenth over the last half, so that the average settles.
        progress = max(0.0, 2 * epoch / args.epochs - 1)
        for optimiser in optimisers:
            optimiser.param_groups[0]["lr"] = args.learning_rate * (1 - 0.9 * progress)
        for rows in torch.randperm(len(images), device=device).split(batch):
            if len(rows) < batch:
                continue
            real = images[rows]
            real_labels = None if args.unconditional else labels[rows]
            fake_labels = random_labels(batch)
            fake = generator(torch.randn(batch, config["latent_dim"], device=device), fake_labels)

            # Discriminator: real pictures are 0.9 (one-sided label smoothing), generated ones 0.
            both_labels = None if args.unconditional else torch.cat([real_labels, fake_labels])
            logits = discriminator.training_logits(torch.cat([real, fake.detach()]), both_labels, args.dropout)
            targets = torch.cat([torch.full_like(logits[:batch], 0.9), torch.zeros_like(logits[batch:])])
            discriminator_loss = F.binary_cross_entropy_with_logits(logits, targets)
            discriminator_optimiser.zero_grad(set_to_none=True)
            discriminator_loss.backward()
            discriminator_optimiser.step()

            # Generator: its pictures should pass for real. Only the generator needs gradients here.
            discriminator.requires_grad_(False)
            fooled = discriminator.training_logits(fake, fake_labels, args.dropout)
            generator_loss = F.binary_cross_entropy_with_logits(fooled, torch.ones_like(fooled))
            generator_optimiser.zero_grad(set_to_none=True)
            generator_loss.backward()
            generator_optimiser.step()
            discriminator.requires_grad_(True)

            follow(average_generator, generator, args.ema)
            follow(average_discriminator, discriminator, args.ema)
            totals[0] += discriminator_loss.item()
            totals[1] += generator_loss.item()
            steps += 1
        history.append({"discriminator": totals[0] / steps, "generator": totals[1] / steps})
        print(
            f"epoch {epoch + 1}/{args.epochs}: discriminator {history[-1]['discriminator']:.4f}, "
            f"generator {history[-1]['generator']:.4f}, {time.time() - started:.1f} s",
            flush=True,
        )
        if (epoch + 1) % args.save_every == 0 or epoch + 1 == args.epochs:
            state = {name: part.state_dict() for name, part in saved.items()}
            torch.save({**state, "history": history, "config": config}, checkpoint.with_suffix(".tmp"))
            checkpoint.with_suffix(".tmp").replace(checkpoint)
            with torch.no_grad():
                samples = average_generator(fixed_latents, fixed_labels).cpu()
            save_grid(args.out / f"samples-{epoch + 1:04}.png", samples)
            save_losses(args.out / "loss.png", history)
    if args.export:
        export(args.export, config, average_generator.cpu(), average_discriminator.cpu(), torch.float16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with the four IDX files; downloaded when not given")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "runs" / "gan")
    parser.add_argument("--export", type=Path, help="write config.json and model.safetensors to this folder at the end")
    parser.add_argument("--epochs", type=int, default=80)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--dropout", type=float, default=0.3, help="in the discriminator, while training")
    parser.add_argument("--ema", type=float, default=0.9995, help="decay of the weights' moving average, per step")
    parser.add_argument("--unconditional", action="store_true")
    parser.add_argument("--save-every", type=int, default=2, help="epochs between checkpoints")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
