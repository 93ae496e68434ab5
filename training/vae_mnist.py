"""Train the variational autoencoders of `models/vae-mnist`, which turn a digit into a few numbers and back.

    python training/vae_mnist.py [--data DIR] [--minutes 25] [--export models/vae-mnist]

What: the encoder reads a digit and gives a normal distribution over latents; the decoder draws a digit from a latent (Kingma
and Welling, 2014). Training maximises the evidence lower bound (ELBO): how well the decoder reconstructs a digit from a latent
of its distribution, minus the KL divergence of that distribution from the unit normal. The divergence keeps the digits'
latents together around zero, so that a latent drawn from the unit normal is likely to be a digit too.

Why six of them: two latents are a map that a page can show, sixteen give sharper digits. For each, the divergence has three
weights (beta; Higgins et al., 2017), because that is the choice between exact reconstructions and an orderly space.

How: the six share the batches but no weights, so they train side by side. The gradient of the sum of their losses is each
one's own, and one optimiser, clock and checkpoint serve all. AdamW, with a learning rate that falls to zero; what ships is the
moving average of the weights, in f16. No augmentation, dropout or warm-up of beta.

Writes to `--out` (training/runs/vae_mnist): `checkpoint.pt`, `loss.png` and the pictures; and with `--export DIR` the
model folder: the default network (two latents, beta 1) at its top, the others in a folder each, and the pictures.
The same command goes on from the last checkpoint. `evaluate_digits.py` judges the folder.
"""

import argparse
import copy
import io
import json
from pathlib import Path
from typing import Iterator

import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn

import mnist
import recipe

LATENT_SIZES = (2, 16)
BETAS = (0.25, 1, 4)
DEFAULT = "latent-2-beta-1"
COLUMNS = 20  # of a picture's rows of digits
ACTIVATIONS = {"relu": nn.ReLU, "silu": nn.SiLU}
# Two latents need depth, to fold the plane into digits; with sixteen a deeper decoder leaves more of them unused.
HIDDEN_SIZES = {
    2: {"encoder_hidden_sizes": [96, 64], "decoder_hidden_sizes": [96, 96, 96]},
    16: {"encoder_hidden_sizes": [160], "decoder_hidden_sizes": [160]},
}
CONFIGS = {
    f"latent-{latent_dim}-beta-{beta:g}": {
        "model_type": "vae",
        "image_size": 28,
        "num_channels": 1,
        "pixel_range": [0, 1],
        "latent_dim": latent_dim,
        **HIDDEN_SIZES[latent_dim],
        "activation": "silu",
        "beta": beta,
    }
    for latent_dim in LATENT_SIZES
    for beta in BETAS
}


# --- network ---------------------------------------------------------------------------------------------------------


def perceptron(sizes: list[int], activation: str) -> list[nn.Module]:
    """Linear layers through these sizes, with the activation between them."""
    layers: list[nn.Module] = []
    for fan_in, fan_out in zip(sizes, sizes[1:]):
        layers += [nn.Linear(fan_in, fan_out), ACTIVATIONS[activation]()]
    return layers[:-1]


class VAE(nn.Module):
    """Digits `[batch, pixels]` in [0, 1] to latents `[batch, latent_dim]` and back."""

    def __init__(self, config: dict):
        super().__init__()
        pixels, latent_dim = config["num_channels"] * config["image_size"] ** 2, config["latent_dim"]
        encoder_sizes = [pixels, *config["encoder_hidden_sizes"], 2 * latent_dim]
        decoder_sizes = [latent_dim, *config["decoder_hidden_sizes"], pixels]
        self.latent_dim, self.beta = latent_dim, config["beta"]
        self.encoder = nn.Sequential(*perceptron(encoder_sizes, config["activation"]))
        self.decoder = nn.Sequential(*perceptron(decoder_sizes, config["activation"]), nn.Sigmoid())

    def encode(self, digits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and log-variance of each digit's latents, `[batch, latent_dim]` each."""
        mean, logvar = self.encoder(digits).chunk(2, dim=1)
        return mean, logvar

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """A digit for each row, `[batch, pixels]` in [0, 1]."""
        return self.decoder(latents)

    def forward(self, digits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The two terms of the negative ELBO, in nats, `[batch]` each: reconstruction and KL divergence."""
        mean, logvar = self.encode(digits)
        latents = reparameterised(mean, logvar)
        logits = self.decoder[:-1](latents)  # the loss applies the sigmoid, where rounding cannot make it 0 or 1
        reconstruction = F.binary_cross_entropy_with_logits(logits, digits, reduction="none").sum(1)
        return reconstruction, kl_divergence(mean, logvar)


def reparameterised(mean: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
    """A draw from the normal distribution that has gradients for its mean and log-variance."""
    return mean + torch.exp(logvar / 2) * torch.randn_like(mean)


def kl_divergence(mean: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
    """Of a normal distribution with independent latents from the unit normal, in nats, `[batch]`."""
    return 0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum(1)


# --- training --------------------------------------------------------------------------------------------------------


def pixels(split: str, folder: Path | None) -> tuple[torch.Tensor, torch.Tensor]:
    """Digits `[count, 784]` in [0, 1], white on black, and labels `[count]`."""
    images, labels = mnist.load(split, folder)
    return (images.flatten(1) + 1) / 2, labels


def batches(digits: torch.Tensor, size: int) -> Iterator[torch.Tensor]:
    """Epoch after epoch, each in an order of its own."""
    while True:
        for rows in torch.randperm(len(digits), device=digits.device).split(size):
            if len(rows) == size:
                yield digits[rows]


def train(args: argparse.Namespace) -> None:
    device = recipe.prepare(args)
    networks = nn.ModuleList(VAE(config) for config in CONFIGS.values()).to(device)
    average = recipe.Average(networks)
    adam = torch.optim.AdamW(networks.parameters(), lr=args.learning_rate, weight_decay=args.weight_decay, fused=True)
    run = recipe.Run(args, device, networks=networks, average=average, adam=adam)
    test_digits, test_labels = pixels("test", args.data)

    def save() -> None:
        save_pictures(args.out, dict(zip(CONFIGS, copy.deepcopy(average.module).cpu())), test_digits, test_labels)

    run.on_save = save
    if not args.export_only:
        train_digits, _ = pixels("train", args.data)
        digits = batches(train_digits.to(device), args.batch_size)
        for step in run.steps():
            adam.param_groups[0]["lr"] = args.learning_rate * run.rate()
            batch = next(digits)
            loss, nats = 0.0, {}
            for name, network in zip(CONFIGS, networks):
                reconstruction, kl = network(batch)
                loss = loss + (reconstruction + network.beta * kl).mean()
                nats[name] = (reconstruction + kl).mean()  # the curves show all six in the same unit, whatever their beta
            loss.backward()
            adam.step()
            adam.zero_grad(set_to_none=True)
            average.update(networks, step)
            run.record(len(batch), every=500, **nats)
    if args.export:
        export(args.export, average.module)
        shipped = load_all(args.export)
        save_pictures(args.export, shipped, test_digits, test_labels)
        for name, network in shipped.items():
            print(name, {term: round(value, 2) for term, value in measures(network, test_digits).items()}, flush=True)


@torch.no_grad()
def measures(network: VAE, digits: torch.Tensor, draws: int = 10) -> dict[str, float]:
    """Means over the digits in nats; and how many latents are active: those whose mean varies (Burda et al., 2016)."""
    terms = [torch.stack(network(digits)).mean(1) for _ in range(draws)]
    reconstruction, kl = torch.stack(terms).mean(0).tolist()
    active = (network.encode(digits)[0].var(0) > 0.01).sum().item()
    return {"ELBO": -reconstruction - kl, "reconstruction": reconstruction, "KL": kl, "active": active}


# --- the model folder ------------------------------------------------------------------------------------------------


def subfolder(folder: Path, name: str) -> Path:
    """Where a network lies: the default one at the top."""
    return folder if name == DEFAULT else folder / name


def export(folder: Path, networks: nn.ModuleList) -> None:
    """`config.json` and `model.safetensors` (f16) of each network."""
    for (name, config), network in zip(CONFIGS.items(), networks):
        target = subfolder(folder, name)
        target.mkdir(parents=True, exist_ok=True)
        recipe.write_json(target / "config.json", config)
        tensors = {key: value.cpu().half().contiguous() for key, value in network.state_dict().items()}
        save_file(tensors, target / "model.safetensors", metadata={"format": "pt"})
        recipe.finish_folder(target)


def load(folder: Path) -> VAE:
    """The network of one folder, in f32."""
    network = VAE(json.loads((folder / "config.json").read_text()))
    network.load_state_dict({key: value.float() for key, value in load_file(folder / "model.safetensors").items()})
    return network.eval()


def load_all(folder: Path) -> dict[str, VAE]:
    """The six networks of the folder and its sub-folders, by name."""
    return {name: load(subfolder(folder, name)) for name in CONFIGS}


# --- pictures --------------------------------------------------------------------------------------------------------


@torch.no_grad()
def save_pictures(folder: Path, networks: dict[str, VAE], digits: torch.Tensor, labels: torch.Tensor) -> None:
    """`map.png`, `reconstructions.png` and `samples.png`, of networks and test digits on the CPU."""
    some = digits[:COLUMNS]
    redrawn = {name: network.decode(network.encode(some)[0]) for name, network in networks.items()}
    drawn = {name: network.decode(prior(3 * COLUMNS, network)) for name, network in networks.items()}
    save_rows(folder / "reconstructions.png", {"test set": some, **redrawn})
    save_rows(folder / "samples.png", drawn)
    save_map(folder / "map.png", networks[DEFAULT], digits, labels)


def prior(count: int, network: VAE, seed: int = 0) -> torch.Tensor:
    """Latents of the unit normal, `[count, latent_dim]`, the same at each call."""
    return torch.randn(count, network.latent_dim, generator=torch.Generator().manual_seed(seed))


def tiled(digits: torch.Tensor, columns: int) -> torch.Tensor:
    """Digits `[count, 784]`, row by row, as one picture."""
    return digits.reshape(-1, columns, 28, 28).permute(0, 2, 1, 3).reshape(-1, columns * 28)


def save_rows(path: Path, digits: dict[str, torch.Tensor]) -> None:
    """Each name beside its digits `[count, 784]`, `COLUMNS` in a row."""
    plt = pyplot()
    gap = torch.ones(8, COLUMNS * 28)
    strips, centres, height = [], [], 0
    for each in digits.values():
        strips += [tiled(each, COLUMNS), gap]
        centres.append(height + len(strips[-2]) / 2)
        height += len(strips[-2]) + len(gap)
    figure, axis = plt.subplots(figsize=(7, 7 * height / (COLUMNS * 28)))
    axis.imshow(torch.cat(strips[:-1]), cmap="gray", vmin=0, vmax=1)
    axis.set_yticks(centres, [name.replace("-", " ").replace(" beta", "\nbeta") for name in digits], fontsize=8)
    axis.set_xticks([])
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    save_figure(path, figure, "L", 16)


def save_map(path: Path, network: VAE, digits: torch.Tensor, labels: torch.Tensor, count: int = 20) -> None:
    """The decoder over the plane of latents and, beside it, where the encoder puts the digits.

    Both axes are stretched to the unit normal's quantiles, so that equal areas are equally likely and a digit on the right
    lies where the picture on the left has been drawn from.
    """
    plt = pyplot()
    quantiles = (torch.arange(count) + 0.5) / count
    up, along = torch.meshgrid(torch.special.ndtri(quantiles.flip(0)), torch.special.ndtri(quantiles), indexing="ij")
    plane = tiled(network.decode(torch.stack([along, up], 2).flatten(0, 1)), count)
    means = torch.special.ndtr(network.encode(digits)[0])

    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 6))
    left.imshow(plane, cmap="gray", vmin=0, vmax=1, extent=(0, 1, 0, 1))
    points = right.scatter(means[:, 0], means[:, 1], s=3, linewidths=0, c=labels, cmap="tab10")
    right.legend(*points.legend_elements(), loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, handletextpad=0)
    ticks = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0])
    for axis in (left, right):
        axis.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="first latent", ylabel="second latent")
        axis.set_xticks(torch.special.ndtr(ticks), [f"{tick:g}" for tick in ticks])
        axis.set_yticks(torch.special.ndtr(ticks), [f"{tick:g}" for tick in ticks])
    save_figure(path, figure, "RGB", 64)


def pyplot():
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt


def save_figure(path: Path, figure, mode: str, colours: int) -> None:
    """With few colours ("RGB") or greys ("L"), as the folder has to stay small."""
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=130, bbox_inches="tight")
    pyplot().close(figure)
    Image.open(buffer).convert(mode).quantize(colours).save(path, optimize=True)


def main() -> None:
    parser = recipe.arguments(__doc__, "vae_mnist", minutes=25)
    parser.add_argument("--data", type=Path, help="folder with the four IDX files; downloaded when not given")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--weight-decay", type=float, default=0.01)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
