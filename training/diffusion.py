"""Train the digit diffusion of `models/ddpm-mnist`: a small class-conditional U-Net that takes noise away.

    python training/diffusion.py [--data DIR] [--minutes 90] [--until HH:MM] [--export models/ddpm-mnist]

The same command goes on from the last checkpoint. The network is diffusers' `UNet2DModel`, unchanged. The budget is
time, not steps: the learning rate follows the fraction of it that has passed, so that the run ends annealed however
fast the machine is. The recipe is DDPM's (Ho et al., 2020) with what has been learnt since: the network predicts the
velocity (Salimans and Ho, 2022); every noise level counts alike, as each one's loss is divided by what it usually is
(in the spirit of Karras et al., 2024); a batch's timesteps are spread evenly; a tenth of the labels is replaced by 'no
class', for classifier-free guidance (Ho and Salimans, 2021). Muon (Jordan et al., 2024) for the convolutions and matrices
inside the blocks, AdamW for the rest; bf16. What ships is a moving average of the weights, in f16; it
was made on one GPU by `--minutes 5.5 --batch-size 512`, 43 epochs. On two CPU cores these take some four hours.

Digits are padded from 28 to 32 pixels, which halve three times over. Classes 0 to 9 are the digits, class 10 is none.

Writes to `--out` (training/runs/diffusion): `checkpoint.pt`, `samples-MINUTES.png`, `loss.png`; and with `--export DIR`
the model folder, at the end or, with `--export-only`, at once from the last checkpoint.
"""

import argparse
import copy
import inspect
import json
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import DDPMPipeline, DDPMScheduler, EulerAncestralDiscreteScheduler, UNet2DModel

import gan
import mnist
import recipe
from muon import Muon, take_step

CLASSES = 10
NO_CLASS = CLASSES
CONFIG = dict(
    sample_size=32, in_channels=1, out_channels=1, num_class_embeds=CLASSES + 1,
    block_out_channels=(32, 48, 96), layers_per_block=1, norm_num_groups=8, attention_head_dim=96,
    down_block_types=("DownBlock2D", "DownBlock2D", "AttnDownBlock2D"),
    up_block_types=("AttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
)  # fmt: skip
NOISE = dict(num_train_timesteps=1000, beta_schedule="linear", beta_start=1e-4, beta_end=0.02, prediction_type="v_prediction")
# Of 1,000 digits in 25 steps 97.3 % were as asked with this one, 95.4 % with DPM-Solver++: fresh noise mends strokes.
SAMPLER = EulerAncestralDiscreteScheduler(**NOISE, timestep_spacing="trailing")
STEPS = 25
LEVELS = 20  # groups of timesteps whose usual losses are kept
DROPPED_LABELS = 0.1


def pixels(split: str, folder: Path | None) -> tuple[torch.Tensor, torch.Tensor]:
    """Digits `[count, 1, 32, 32]` in [-1, 1] on black, and labels `[count]`."""
    images, labels = mnist.load(split, folder)
    return F.pad(images, (2, 2, 2, 2), value=-1), labels


# --- sampling --------------------------------------------------------------------------------------------------------


@torch.no_grad()
def draw(
    model, scheduler, labels: torch.Tensor, steps: int = STEPS, guidance_scale: float = 1.0, seed: int = 0
) -> torch.Tensor:
    """One digit a label, `[count, 1, 28, 28]`, as a pipeline would draw it."""
    generator = torch.Generator().manual_seed(seed)
    scheduler = copy.deepcopy(scheduler)
    scheduler.set_timesteps(steps)
    size = model.config.sample_size
    sample = torch.randn(len(labels), 1, size, size, generator=generator).to(model.device) * scheduler.init_noise_sigma
    nothing = torch.full_like(labels, NO_CLASS)
    chance = {"generator": generator} if "generator" in inspect.signature(scheduler.step).parameters else {}
    for timestep in scheduler.timesteps:
        scaled = scheduler.scale_model_input(sample, timestep)
        with torch.autocast(model.device.type, torch.bfloat16):
            output = model(scaled, timestep, class_labels=labels).sample.float()
            if guidance_scale != 1:
                without = model(scaled, timestep, class_labels=nothing).sample.float()
                output = without + guidance_scale * (output - without)
        sample = scheduler.step(output, timestep, sample, **chance).prev_sample
    return sample[:, :, 2:-2, 2:-2].clamp(-1, 1).cpu()


# --- training --------------------------------------------------------------------------------------------------------


def export(average: UNet2DModel, out: Path, folder: Path) -> None:
    """The folder that `DDPMPipeline.from_pretrained` reads, with the classes' names as `DiTPipeline` has them."""
    half = copy.deepcopy(average).cpu().to(memory_format=torch.contiguous_format).half()
    DDPMPipeline(half, SAMPLER).save_pretrained(folder)
    index = folder / "model_index.json"
    names = {str(digit): str(digit) for digit in range(CLASSES)}
    index.write_text(json.dumps({**json.loads(index.read_text()), "id2label": names}, indent=2) + "\n")
    recipe.finish_folder(folder)
    if (out / "loss.png").exists():
        (folder / "loss.png").write_bytes((out / "loss.png").read_bytes())


def train(args: argparse.Namespace) -> None:
    device = recipe.prepare(args)
    model = UNet2DModel(**CONFIG).to(device)
    if args.start:
        model.load_state_dict(UNet2DModel.from_pretrained(args.start, subfolder="unet").state_dict())
    average = recipe.Average(model)
    inner = {name: p for name, p in model.named_parameters() if p.dim() > 1 and "block" in name}
    outer = [p for name, p in model.named_parameters() if name not in inner]
    muon = Muon(inner.values(), lr=args.muon_learning_rate)
    adam = torch.optim.AdamW(outer, lr=args.learning_rate, betas=(0.9, 0.98), weight_decay=0.0)
    usual = recipe.UsualLosses(LEVELS).to(device)
    run = recipe.Run(args, device, model=model, average=average, muon=muon, adam=adam, usual=usual)

    def save_samples() -> None:
        sheet = draw(average.module, SAMPLER, torch.arange(CLASSES, device=device).repeat(6))
        gan.save_grid(args.out / f"samples-{run.elapsed / 60:03.0f}.png", sheet)

    if not args.export_only:
        run.on_save = save_samples
        images, labels = (tensor.to(device) for tensor in pixels("train", args.data))
        network = torch.compile(model, dynamic=False) if args.compile else model
        scheduler = DDPMScheduler(**NOISE)
        rows = iter(())
        batch = args.batch_size
        for step in run.steps():
            muon.param_groups[0]["lr"] = args.muon_learning_rate * run.rate()
            adam.param_groups[0]["lr"] = args.learning_rate * run.rate()
            picked = next(rows, ())
            if len(picked) < batch:  # a new epoch, in a new order
                rows = iter(torch.randperm(len(images), device=device).split(batch))
                picked = next(rows)
            clean, classes = images[picked], labels[picked]
            classes = classes.where(torch.rand(batch, device=device) >= DROPPED_LABELS, NO_CLASS)
            fractions = recipe.spread(batch, device)
            timesteps = (fractions * NOISE["num_train_timesteps"]).long()
            noise = torch.randn_like(clean)
            noisy = scheduler.add_noise(clean, noise, timesteps)
            target = scheduler.get_velocity(clean, noise, timesteps)
            with torch.autocast(device, torch.bfloat16):
                velocity = network(noisy, timesteps, class_labels=classes).sample
            losses = (velocity.float() - target).square().mean((1, 2, 3))
            usual.weighted(losses, fractions).mean().backward()
            take_step(muon, adam)
            average.update(model, step)
            run.record(pictures=batch, loss=losses.mean())
    if args.export:
        export(average.module, args.out, args.export)


def main() -> None:
    parser = recipe.arguments(__doc__, "diffusion", minutes=90)
    parser.add_argument("--data", type=Path, help="folder with the four IDX files; downloaded when not given")
    parser.add_argument(
        "--start", type=Path, help="model folder to begin from, when there is no checkpoint; random weights otherwise"
    )
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--muon-learning-rate", type=float, default=0.02)
    parser.add_argument(
        "--learning-rate", type=float, default=1e-3, help="AdamW's, for the ends, embeddings, norms and biases"
    )
    train(parser.parse_args())


if __name__ == "__main__":
    main()
