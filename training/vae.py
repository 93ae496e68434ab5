"""Train the autoencoder of `models/picturebook`: scenes of 256 x 256 pixels to latents of 16 x 16 with 16 channels, and back.

    python training/vae.py [--scenes DIR] [--minutes 120] [--export DIR]

The same command goes on from the last checkpoint. The network is diffusers' `AutoencoderKL`, unchanged. Every visitor's page
runs the decoder, so it may cost 6 billion multiplications a picture (`multiplications` counts them); the encoder costs a third
of that.

The losses are those of latent diffusion (Rombach et al., 2022): L1, a small KL, and in the second half of the time a PatchGAN
(Isola et al., 2017) with the hinge loss. Instead of a perceptual network, which would have to be downloaded, there is an L1 of
the pictures' gradients, which keeps eyes and outlines crisp. Two regularisers make the latents easier to learn for a diffusion
model, and cost little:

- Scale equivariance (Skorokhodov et al., 2025, "Improving the Diffusability of Autoencoders"): latents averaged to half their
  size must decode to the picture at half its size. Otherwise latents have high frequencies that pictures do not have.
- Noise on the latents (as in Zheng et al., 2025, "Diffusion Transformers with Representation Autoencoders"): the latents that
  a diffusion model makes are a little off, and the decoder should not mind.

A quarter of each batch is whole scenes reduced to 128 x 128, the size of the small picture book; the rest is random crops.
For an autoencoder of the small one alone, `--whole 0.75` is better.
Scenes of full size come out of a network that saw only crops no worse than the crops do. Muon (Jordan et al., 2024) for the
convolutions inside the blocks, AdamW for the rest; bf16. What ships is a moving average of the weights, in f16, its latents
standardised channel by channel (`standardise`).

`--finetune-decoder DIR` fine-tunes the decoder of that folder with its encoder frozen, so that what was trained on its latents
still fits.

Writes to `--out` (training/runs/vae): `checkpoint.pt`, `loss.png` and `reconstructions.png` (scenes that are never trained on,
each above its reconstruction); and with `--export DIR` the model folder.
"""

import argparse
import copy
from pathlib import Path
from typing import Iterator

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from diffusers.models.attention_processor import Attention
from torch import nn

import recipe
from muon import Muon, take_step
from sheets import save_sheet, to_bytes, to_floats

# No attention: what is learnt from crops then holds for whole scenes.
CONFIG = dict(
    sample_size=256, latent_channels=16, block_out_channels=(24, 32, 64, 112, 128), layers_per_block=1, norm_num_groups=8,
    down_block_types=("DownEncoderBlock2D",) * 5, up_block_types=("UpDecoderBlock2D",) * 5, mid_block_add_attention=False,
    scaling_factor=1.0,
)  # fmt: skip
EDGES = 1.0  # weight of the L1 of gradients
HALVED = 0.25  # weight of the scale equivariance
HALVED_EVERY = 4  # pictures of a batch, of which one is decoded at half its size too
NOISE = 0.05  # how strong the noise on latents typically is, in standard deviations of the latents
ADVERSARIAL_FROM = 0.5  # of the time
ADVERSARIAL_RAMP = 0.1  # of the time, in which its weight rises to the full one
HELD_OUT = 64  # scenes
STATISTICS = 512  # scenes whose latents are measured, as much as 2,048 crops
CHUNK = 16  # whole scenes that go through the network at once


# --- scenes ----------------------------------------------------------------------------------------------------------


def crops(scenes: torch.Tensor, size: int, whole: int) -> torch.Tensor:
    """`[count, 3, size, size]` of square scenes: the first `whole` at half size, the others at their own, cut at random.

    So a crop of half a scene's size leaves the first `whole` uncut.
    """
    halved = max(size, scenes.shape[-1] // 2)
    parts = []
    for scene in [*F.interpolate(scenes[:whole], halved, mode="area"), *scenes[whole:]]:
        top, left = torch.randint(scene.shape[-1] - size + 1, (2,)).tolist()
        parts.append(scene[:, top : top + size, left : left + size])
    return torch.stack(parts)


class Pool:
    """Batches picked from the last scenes of a stream. A share `fresh` of their number is new, so that each is cropped several
    times: composing takes longer than learning on a CPU, and about as long on a GPU."""

    BATCHES = 8  # that it holds

    def __init__(self, stream: Iterator, count: int, fresh: float):
        self.stream, self.count, self.fresh = stream, count, fresh
        self.scenes, self.owed = next(stream).pictures, 0.0

    def batch(self) -> torch.Tensor:
        while self.owed >= 1:
            self.scenes = torch.cat([self.scenes, next(self.stream).pictures])[-self.BATCHES * self.count :]
            self.owed -= 1
        self.owed += self.fresh
        return self.scenes[torch.randperm(len(self.scenes))[: self.count].to(self.scenes.device)]


# --- networks --------------------------------------------------------------------------------------------------------


def multiplications(network: nn.Module, *inputs: torch.Tensor) -> int:
    """What a call costs in convolutions, linear layers and attention."""
    total = 0

    def count(module: nn.Module, _, output: torch.Tensor) -> None:
        nonlocal total
        if isinstance(module, nn.Conv2d):
            total += output.numel() * module.weight[0].numel()
        elif isinstance(module, nn.Linear):
            total += output.numel() * module.in_features
        else:  # between all pixels: queries with keys, weights with values
            batch, channels, height, width = output.shape
            total += 2 * batch * channels * (height * width) ** 2

    counted = [module for module in network.modules() if isinstance(module, (nn.Conv2d, nn.Linear, Attention))]
    hooks = [module.register_forward_hook(count) for module in counted]
    with torch.no_grad():
        network(*inputs)
    for hook in hooks:
        hook.remove()
    return total


def costs(**changes) -> dict[str, int]:
    """Multiplications a picture and parameters, of the network or of one with a changed configuration."""
    with torch.device("meta"):
        vae, size = AutoencoderKL(**{**CONFIG, **changes}), CONFIG["sample_size"]
        latents = torch.zeros(1, CONFIG["latent_channels"], size // 16, size // 16)
        encoder = multiplications(nn.Sequential(vae.encoder, vae.quant_conv), torch.zeros(1, 3, size, size))
        decoder = multiplications(nn.Sequential(vae.post_quant_conv, vae.decoder), latents)
    return dict(encoder=encoder, decoder=decoder, parameters=sum(parameter.numel() for parameter in vae.parameters()))


def make_autoencoder(folder: Path | None) -> AutoencoderKL:
    """A new one, or that of a folder, whose encoder stays as it is."""
    if not folder:
        return AutoencoderKL(**CONFIG)
    vae = AutoencoderKL.from_pretrained(folder, torch_dtype=torch.float32)
    for part in (vae.encoder, vae.quant_conv):
        part.requires_grad_(False)
    return vae


def make_discriminator(channels: int = 32) -> nn.Sequential:
    """A PatchGAN: for each square of 46 pixels a number, positive if it is real and negative if it is a reconstruction."""
    layers: list[nn.Module] = [nn.Conv2d(3, channels, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
    for _ in range(2):
        layers += [nn.Conv2d(channels, 2 * channels, 4, stride=2, padding=1), nn.GroupNorm(8, 2 * channels), nn.LeakyReLU(0.2)]
        channels *= 2
    return nn.Sequential(*layers, nn.Conv2d(channels, 1, 4, padding=1))


def optimisers(vae: AutoencoderKL, args: argparse.Namespace) -> tuple[Muon, torch.optim.AdamW]:
    """Muon for the convolutions inside the blocks, AdamW for the ends, norms and biases."""
    trained = {name: p for name, p in vae.named_parameters() if p.requires_grad}
    inner = {name: p for name, p in trained.items() if p.dim() > 1 and "block" in name}
    outer = [p for name, p in trained.items() if name not in inner]
    adam = torch.optim.AdamW(outer, lr=args.learning_rate, betas=(0.9, 0.98), weight_decay=0.0)
    return Muon(inner.values(), lr=args.muon_learning_rate), adam


# --- losses ----------------------------------------------------------------------------------------------------------


def difference(reconstruction: torch.Tensor, pictures: torch.Tensor) -> torch.Tensor:
    """L1 of the pixels, and of the steps from each pixel to its neighbours."""
    error = reconstruction - pictures
    across, down = error.diff(dim=-1), error.diff(dim=-2)
    return error.abs().mean() + EDGES * (across.abs().mean() + down.abs().mean()) / 2


def perturbed(latents: torch.Tensor) -> torch.Tensor:
    """With noise, for each picture of another strength. It follows the latents' scale: they cannot grow away from it."""
    strength = NOISE * latents.detach().std() * torch.randn(len(latents), 1, 1, 1, device=latents.device).abs()
    return latents + strength * torch.randn_like(latents)


def autoencode(vae: AutoencoderKL, pictures: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The reconstruction in training, and its losses."""
    with torch.autocast(pictures.device.type, torch.bfloat16):
        posterior = vae.encode(pictures).latent_dist
        latents = perturbed(posterior.sample())
        reconstruction = vae.decode(latents).sample.float()
        # `forward` goes past torch.compile, which would start again for another size.
        halved = vae.decoder.forward(vae.post_quant_conv(F.avg_pool2d(latents[::HALVED_EVERY], 2))).float()
    mean, logvar = posterior.mean.float(), posterior.logvar.float()
    return reconstruction, dict(
        difference=difference(reconstruction, pictures),
        halved=difference(halved, F.avg_pool2d(pictures[::HALVED_EVERY], 2)),
        kl=0.5 * (mean.square() + logvar.exp() - 1 - logvar).mean(),
    )


def adversarial_loss(
    discriminator: nn.Module, reconstruction: torch.Tensor, pictures: torch.Tensor, weight: float
) -> torch.Tensor:
    """A loss for the autoencoder with the discriminator's gradient, scaled to `weight` times the norm of `difference`'s.

    VQGAN (Esser et al., 2021) compares these gradients at the last layer's weights. Compared at the reconstruction they
    need no second backward pass through the decoder.
    """
    leaf = reconstruction.detach().requires_grad_()
    with torch.autocast(leaf.device.type, torch.bfloat16):
        score = discriminator(leaf).float().mean()
    (gradient,) = torch.autograd.grad(-score, leaf)
    (usual,) = torch.autograd.grad(difference(leaf, pictures), leaf)
    scale = weight * usual.norm() / gradient.norm().clamp(min=1e-12)
    return (reconstruction * gradient * scale).sum()


def discriminator_loss(discriminator: nn.Module, reconstruction: torch.Tensor, pictures: torch.Tensor) -> torch.Tensor:
    """The hinge loss: 2 for a discriminator that cannot tell, 0 for one that is right and sure."""
    with torch.autocast(pictures.device.type, torch.bfloat16):
        real, made = discriminator(torch.cat([pictures, reconstruction.detach()])).float().chunk(2)
    return F.relu(1 - real).mean() + F.relu(1 + made).mean()


# --- results ---------------------------------------------------------------------------------------------------------


@torch.no_grad()
def reconstruct(vae: AutoencoderKL, scenes: torch.Tensor) -> torch.Tensor:
    """Bytes to bytes."""
    with torch.autocast(scenes.device.type, torch.bfloat16):
        return torch.cat([to_bytes(vae(to_floats(part)).sample) for part in scenes.split(CHUNK)])


def psnr(scenes: torch.Tensor, others: torch.Tensor) -> float:
    """Decibels between bytes, the mean over scenes."""
    errors = (scenes.float() - others.float()).square().mean((1, 2, 3)).clamp(min=1e-3)
    return (10 * torch.log10(255**2 / errors)).mean().item()


@torch.no_grad()
def moments(vae: AutoencoderKL, scenes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Each latent channel's mean and standard deviation."""
    with torch.autocast(scenes.device.type, torch.bfloat16):
        latents = torch.cat([vae.encode(to_floats(part)).latent_dist.mean.float() for part in scenes.split(CHUNK)])
    std, mean = torch.std_mean(latents, (0, 2, 3))
    return mean, std


@torch.no_grad()
def standardise(vae: AutoencoderKL, mean: torch.Tensor, std: torch.Tensor) -> None:
    """Latents whose channels have these moments get mean 0 and variance 1; reconstructions stay the same.

    `quant_conv` and `post_quant_conv`, the 1 x 1 convolutions around the latents, take up the difference. So `scaling_factor`
    is 1 and there is no `shift_factor`, which `StableDiffusionPipeline` would ignore.
    """
    before, after = vae.quant_conv, vae.post_quant_conv
    means, logvars = before.bias.chunk(2)
    means.sub_(mean).div_(std)
    logvars.sub_(2 * std.log())
    before.weight.chunk(2)[0].div_(std[:, None, None, None])
    after.bias.add_(after.weight[:, :, 0, 0] @ mean)
    after.weight.mul_(std[:, None, None])


def export(vae: AutoencoderKL, scenes: torch.Tensor | None, folder: Path) -> None:
    """The folder that `AutoencoderKL.from_pretrained` reads, in f16; `scenes` are those whose latents it standardises, if any."""
    vae = copy.deepcopy(vae)
    if scenes is not None:
        mean, std = moments(vae, scenes)
        standardise(vae, mean, std)
        print(f"standardised latents of means {mean.min():.2f} to {mean.max():.2f}, deviations {std.min():.2f} to {std.max():.2f}")
    vae.cpu().to(memory_format=torch.contiguous_format).half().save_pretrained(folder)
    size = recipe.finish_folder(folder)
    print(f"{folder}: {size / 1e6:.1f} MB")


# --- training --------------------------------------------------------------------------------------------------------


def train(args: argparse.Namespace) -> None:
    from scenes.compose import Scenes, index_of

    device = recipe.prepare(args)
    print(", ".join(f"{name}: {number / 1e6:,.2f} million" for name, number in costs().items()))
    layout = torch.channels_last if device == "cuda" else torch.contiguous_format  # a CPU's GroupNorm is slow in the former
    vae = make_autoencoder(args.finetune_decoder).to(device, memory_format=layout)
    discriminator = make_discriminator().to(device, memory_format=layout)
    average = recipe.Average(vae)
    muon, adam = optimisers(vae, args)
    discriminator_adam = torch.optim.AdamW(discriminator.parameters(), lr=args.discriminator_learning_rate, betas=(0.5, 0.9))
    networks = dict(vae=vae, average=average, discriminator=discriminator)
    if args.compile and not args.export_only:
        compile_before(vae, args.batch_size, args.crop)
    if args.wait:
        recipe.wait_for(index_of(args.scenes))
    scenes = Scenes(args.scenes, size=CONFIG["sample_size"], device=device)
    run = recipe.Run(args, device, **networks, muon=muon, adam=adam, discriminator_adam=discriminator_adam)
    held_out = scenes.draw(HELD_OUT, 0, split="held_out").pictures

    def save_reconstructions() -> None:
        reconstructions = reconstruct(average.module, held_out)
        rows = zip(held_out[:24].split(8), reconstructions[:24].split(8))
        save_sheet(args.out / "reconstructions.png", torch.cat([picture for row in rows for picture in row]), columns=8)
        print(f"{run.elapsed / 60:.1f} minutes: PSNR {psnr(held_out, reconstructions):.2f} dB", flush=True)

    if not args.export_only:
        run.on_save = save_reconstructions
        stream = scenes.stream(args.batch_size, args.seed + len(run.history), args.workers)
        train_on(run, Pool(stream, args.batch_size, args.fresh), vae, average, discriminator)
    if args.export:
        measured = None  # the latents of an encoder that stays are what they were
        if not args.finetune_decoder:
            measured = torch.cat([scenes.draw(CHUNK, seed).pictures for seed in range(STATISTICS // CHUNK)])
        export(average.module, measured, args.export)
        if args.pieces:
            recipe.write_pieces(args.export, args.pieces)


def compile_before(vae: AutoencoderKL, count: int, crop: int) -> None:
    """Compiles both halves and their gradients for batches of this size, before the clock runs."""
    vae.encoder.compile(dynamic=False)
    vae.decoder.compile(dynamic=False)
    reconstruction, losses = autoencode(vae, torch.randn(count, 3, crop, crop, device=vae.device))
    (reconstruction.mean() + sum(losses.values())).backward()
    vae.zero_grad(set_to_none=True)
    print("compiled", flush=True)


def train_on(run: recipe.Run, pool: Pool, vae: AutoencoderKL, average: recipe.Average, discriminator: nn.Module) -> None:
    """Until the time is over."""
    args, muon, adam, discriminator_adam = run.args, *(run.parts[name] for name in ("muon", "adam", "discriminator_adam"))
    rates = {muon: args.muon_learning_rate, adam: args.learning_rate, discriminator_adam: args.discriminator_learning_rate}
    beside, whole = recipe.Beside(vae.device.type), round(args.whole * args.batch_size)

    def batch() -> torch.Tensor:
        return crops(to_floats(pool.batch()), args.crop, whole)

    pictures = beside(batch)
    for step in run.steps():
        for optimiser, rate in rates.items():
            optimiser.param_groups[0]["lr"] = rate * run.rate()
        reconstruction, losses = autoencode(vae, pictures)
        loss = losses["difference"] + HALVED * losses["halved"] + args.kl * losses["kl"]
        weight = args.adversarial * min(1.0, max(0.0, (run.fraction - ADVERSARIAL_FROM) / ADVERSARIAL_RAMP))
        if weight > 0:
            loss = loss + adversarial_loss(discriminator, reconstruction, pictures, weight)
        loss.backward()
        take_step(muon, adam)
        average.update(vae, step)
        if weight > 0:
            losses["discriminator"] = discriminator_loss(discriminator, reconstruction, pictures)
            losses["discriminator"].backward()
            discriminator_adam.step()
            discriminator.zero_grad(set_to_none=True)
        pictures = beside(batch)  # the next ones, while a GPU is still at these
        run.record(pictures=args.batch_size, **{name: value.detach() for name, value in losses.items()})


def main() -> None:
    cuda = torch.cuda.is_available()
    parser = recipe.arguments(__doc__, "vae", minutes=120)
    parser.add_argument("--scenes", type=Path, help="what `python -m training.scenes prepare` wrote")
    parser.add_argument("--finetune-decoder", type=Path, help="fine-tune the decoder of this folder; its encoder is frozen")
    parser.add_argument("--crop", type=int, default=128, help="pixels")
    parser.add_argument("--whole", type=float, default=0.25, help="share of a batch that is whole scenes at half their size")
    parser.add_argument("--batch-size", type=int, default=128 if cuda else 16)
    parser.add_argument(
        "--fresh", type=float, default=0.25 if cuda else 0.125, help="new scenes, as a share of all that are cropped"
    )
    parser.add_argument("--workers", type=int, default=8 if cuda else 0, help="processes that lay scenes out")
    parser.add_argument("--kl", type=float, default=1e-6, help="weight of the KL, a mean over latent numbers")
    parser.add_argument("--adversarial", type=float, default=0.1, help="weight of the discriminator; 0 leaves it out")
    parser.add_argument("--muon-learning-rate", type=float, default=0.02)
    parser.add_argument("--learning-rate", type=float, default=1e-3, help="AdamW's, for the ends, norms and biases")
    parser.add_argument("--discriminator-learning-rate", type=float, default=2e-4)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
