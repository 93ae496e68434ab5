"""Write the fixtures that the training of a GAN is compared with.

    python training/fixtures_gan_training.py

Two small GANs, with classes and without, learn for 20 steps in PyTorch from given parameters, pictures and noise, for each loss
and optimizer. `tests/fixtures/gan-training/NAME/` has a `config.json`; `begin.safetensors`, the parameters and what each step
learns from; `RUN.safetensors`, the parameters after it; and `runs.json`, each run's options and what every step reports.
"""

import json
import shutil
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

import gan
import recipe

FIXTURES = Path(__file__).parent.parent / "tests" / "fixtures" / "gan-training"
STEPS = 20
BATCH = 8
BASE = dict(model_type="gan", image_size=5, num_channels=1, latent_dim=3, negative_slope=0.2)
CONFIGS = {
    "classes": BASE
    | dict(generator_hidden_sizes=[8, 12], discriminator_hidden_sizes=[12, 7], num_classes=3, class_embedding_dim=2),
    "plain": BASE | dict(generator_hidden_sizes=[9], discriminator_hidden_sizes=[10]),
}
DEFAULTS = dict(
    learning_rate=2e-4, betas=[0.9, 0.999], discriminator_steps=1, label_smoothing=0.0, mismatched_labels=0.0, optimizer="Adam",
    loss="bce", weight_clip=0.01,
)  # fmt: skip
RUNS = {
    "bce-adam": {},
    "hinge-adam": dict(loss="hinge", learning_rate=0.001),
    "wasserstein-adam": dict(loss="wasserstein", discriminator_steps=2, weight_clip=0.05),
    "bce-sgd": dict(optimizer="SGD", learning_rate=0.1, label_smoothing=0.1),
    "hinge-sgd": dict(loss="hinge", optimizer="SGD", learning_rate=0.05),
    "wasserstein-sgd": dict(loss="wasserstein", optimizer="SGD", learning_rate=0.02),
    "betas": dict(betas=[0.5, 0.9], learning_rate=0.002, discriminator_steps=2),
    "mismatched": dict(mismatched_labels=0.3, learning_rate=0.002, discriminator_steps=2, label_smoothing=0.1),
}


def discriminator_loss(loss: str, real: torch.Tensor, fake: torch.Tensor, smoothing: float) -> torch.Tensor:
    if loss == "bce":
        of_real = F.binary_cross_entropy_with_logits(real, torch.full_like(real, 1 - smoothing))
        return of_real + F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))
    if loss == "hinge":
        return F.relu(1 - real).mean() + F.relu(1 + fake).mean()
    return fake.mean() - real.mean()


def generator_loss(loss: str, logits: torch.Tensor) -> torch.Tensor:
    return F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits)) if loss == "bce" else -logits.mean()


def networks(config: dict, tensors: dict[str, torch.Tensor]) -> list[torch.nn.Module]:
    made = [gan.Generator(config), gan.Discriminator(config)]
    for name, network in zip(("generator", "discriminator"), made):
        network.load_state_dict({key: tensors[f"{name}.{key}"].clone() for key in network.state_dict()})
    return made


def train(config: dict, options: dict, begin: dict[str, torch.Tensor]) -> tuple[list[list[float]], dict[str, torch.Tensor]]:
    options = DEFAULTS | options
    generator, discriminator = networks(config, begin)
    kind = torch.optim.Adam if options["optimizer"] == "Adam" else torch.optim.SGD
    extra = dict(betas=options["betas"]) if options["optimizer"] == "Adam" else {}
    of_generator, of_discriminator = (
        kind(network.parameters(), lr=options["learning_rate"], **extra) for network in (generator, discriminator)
    )
    loss, reports, batch = options["loss"], [], 0
    verdict = torch.sigmoid if loss == "bce" else lambda logits: logits
    for _ in range(STEPS):
        for _ in range(options["discriminator_steps"]):
            real, latents = begin["real"][batch], begin["latents"][batch]
            labels = begin["labels"][batch] if "labels" in begin else None
            fake = generator(latents, labels)
            # The first fakes are real pictures with labels of other classes.
            mismatched = mismatched_of(options, labels)
            fakes = torch.cat([real[:mismatched], fake.detach()[mismatched:]])
            said = None
            if labels is not None:
                said = torch.cat([labels, begin["other_labels"][batch][:mismatched], labels[mismatched:]])
            logits = discriminator.training_logits(torch.cat([real, fakes]), said, 0.0)
            of_real, of_fake = logits.chunk(2)
            d_loss = discriminator_loss(loss, of_real, of_fake, options["label_smoothing"])
            of_discriminator.zero_grad()
            d_loss.backward()
            of_discriminator.step()
            if loss == "wasserstein":
                for parameter in discriminator.parameters():
                    parameter.data.clamp_(-options["weight_clip"], options["weight_clip"])
            batch += 1
        g_loss = generator_loss(loss, discriminator.training_logits(fake, labels, 0.0))
        of_generator.zero_grad()
        g_loss.backward()
        of_generator.step()
        verdicts = [verdict(logits).mean().item() for logits in (of_real, of_fake[mismatched:])]
        reports.append([d_loss.item(), g_loss.item(), *verdicts])
    return reports, gan.checkpoint_tensors(generator, discriminator)


def mismatched_of(options: dict, labels: torch.Tensor | None) -> int:
    """How many pictures of a batch get a label of another class."""
    return 0 if labels is None else int(options["mismatched_labels"] * BATCH)


def main() -> None:
    for name, config in CONFIGS.items():
        folder = FIXTURES / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        torch.manual_seed(len(name))
        begin = dict(gan.checkpoint_tensors(gan.Generator(config), gan.Discriminator(config)))
        # Or else all pictures are on the same side of the hinge, gradients of real and fake ones cancel, and Adam takes what
        # rounding leaves of them for a direction: PyTorch itself then differs by 1e-4 between 32 and 64 bits.
        for key in begin:
            if key.startswith("discriminator.main") and key.endswith("weight"):
                begin[key] = 3 * begin[key]
        pixels = config["image_size"] ** 2
        begin["real"] = torch.rand(2 * STEPS, BATCH, pixels) * 2 - 1
        begin["latents"] = torch.randn(2 * STEPS, BATCH, config["latent_dim"])
        if classes := config.get("num_classes"):
            begin["labels"] = torch.randint(classes, (2 * STEPS, BATCH))
            begin["other_labels"] = (begin["labels"] + torch.randint(1, classes, (2 * STEPS, BATCH))) % classes
        runs = {}
        for run, options in RUNS.items():
            reports, tensors = train(config, options, begin)
            mismatched = mismatched_of(DEFAULTS | options, begin.get("labels"))
            runs[run] = dict(options=options, mismatched=mismatched, reports=reports)
            save_file({key: value.contiguous() for key, value in tensors.items()}, folder / f"{run}.safetensors")
        if "labels" in begin:
            for labels, rows in (("labels", "class_weights"), ("other_labels", "other_class_weights")):
                begin[rows] = F.one_hot(begin.pop(labels), config["num_classes"]).float()
        save_file({key: value.contiguous() for key, value in begin.items()}, folder / "begin.safetensors")
        recipe.write_json(folder / "config.json", config)
        recipe.write_json(folder / "runs.json", runs)


if __name__ == "__main__":
    main()
