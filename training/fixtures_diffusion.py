"""Make the fixtures that the diffusion pipeline is compared with: tiny folders of random weights, as diffusers saves them,
and whole calls of theirs.

    python training/fixtures_diffusion.py

Writes below tests/fixtures/diffusion/pipeline-*/: what save_pretrained writes, and `expected.json`. Networks and schedulers
are diffusers'. Its RePaintScheduler is compared with where nothing is taken back; the jumps, and ILVR, which diffusers does not
have, are written down here as their papers have them.
"""

import json
import warnings

import diffusers
import torch
from diffusers import DDPMPipeline, RePaintScheduler, UNet2DModel
from diffusers.schedulers import scheduling_repaint

from fixtures import FIXTURES
from fixtures_schedulers import RANDOM, as_read

SMALL = {
    "block_out_channels": (4, 8),
    "layers_per_block": 1,
    "down_block_types": ("DownBlock2D", "AttnDownBlock2D"),
    "up_block_types": ("AttnUpBlock2D", "UpBlock2D"),
    "norm_num_groups": 2,
    "attention_head_dim": 4,
}
SCHEDULERS = (
    "DDIMScheduler",
    "DDPMScheduler",
    "DPMSolverMultistepScheduler",
    "EulerAncestralDiscreteScheduler",
    "EulerDiscreteScheduler",
    "LCMScheduler",
    "PNDMScheduler",
    "UniPCMultistepScheduler",
)
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
NO_CLASS = len(DIGITS)
STEPS = 6
BATCH = 2


def numbers(tensor: torch.Tensor) -> list[float]:
    """What a test compares within 1e-4 needs no more digits."""
    return [float(f"{value:.6g}") for value in tensor.flatten().tolist()]


def noise(shape: tuple) -> torch.Tensor:
    return torch.randn(shape).round(decimals=2)


class Folder:
    """A pipeline's folder, and the calls that are made of it."""

    def __init__(self, name: str, config: dict, scheduler: object, id2label: dict | None = None):
        torch.manual_seed(len(name))
        self.path = FIXTURES / "diffusion" / f"pipeline-{name}"
        self.unet = UNet2DModel(**SMALL, **config).eval()
        for key, parameter in self.unet.named_parameters():
            spread = 0.3 if "norm" in key or "class" in key else 0.1
            parameter.data += torch.randn_like(parameter) * spread
        DDPMPipeline(self.unet, scheduler).save_pretrained(self.path)
        if id2label:
            index = self.path / "model_index.json"
            index.write_text(json.dumps({**json.loads(index.read_text()), "id2label": id2label}, indent=2) + "\n")
        self.config = json.loads((self.path / "scheduler" / "scheduler_config.json").read_text())
        height, width = self.unet.config.sample_size
        self.shape = (BATCH, self.unet.config.in_channels, height, width)
        self.picture = smooth_picture(height, width)
        self.calls = []

    def output(self, sample: torch.Tensor, timestep: float, labels: list[int] | None, guidance: float) -> torch.Tensor:
        """The network's output, with classifier-free guidance as DiTPipeline has it."""
        evaluate = lambda classes: self.unet(sample, timestep, class_labels=classes).sample
        if labels is None:
            return evaluate(None)
        output = evaluate(torch.tensor(labels))
        if guidance == 1:
            return output
        without = evaluate(torch.full((BATCH,), NO_CLASS))
        return without + guidance * (output - without)

    @torch.no_grad()
    def call(
        self,
        scheduler: str,
        way: object = None,
        labels: list[int] | None = None,
        guidance: float = 1,
        options: dict | None = None,
        steps: int = STEPS,
        **named,
    ) -> None:
        """One call from given noise: where it ends, and the sample after each step, of unit variance."""
        options = options or {}
        run = Run(self, as_read(scheduler, self.config), steps, way, **named)
        samples = []
        for step, back in run.visits:
            timestep = run.timesteps[step]
            scaled = run.scheduler.scale_model_input(run.sample, timestep)
            output = self.output(scaled, timestep, labels, guidance)
            run.step(output, step, back)
            samples.append(numbers(run.shown))
        asked = {"scheduler": scheduler, "num_inference_steps": steps, **run.options, **options}
        asked |= {} if labels is None else {"class_labels": labels, "guidance_scale": guidance}
        call = {
            "options": asked,
            "latents": numbers(run.latents),
            "noise": numbers(torch.stack(run.drawn)) if run.drawn else [],
            "mask": way.mask_bytes if isinstance(way, Inpainting) else None,
            "picture": way is not None,
            "timesteps": [float(run.timesteps[step]) for step, _ in run.visits],
            "samples": samples,
        }
        self.calls.append(call)

    def write(self) -> None:
        expected = {"picture": self.picture.flatten().tolist(), "calls": self.calls}
        (self.path / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")


def smooth_picture(height: int, width: int) -> torch.Tensor:
    """RGBA bytes `[height, width, 4]` that differ in every pixel."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    channels = [y * 255 // (height - 1), x * 255 // (width - 1), (x * 37 + y * 91) % 256, torch.full_like(x, 255)]
    return torch.stack(channels, dim=-1)


class Run:
    """One call under way. A way is what brings the picture into it."""

    def __init__(self, folder: Folder, scheduler: object, steps: int, way: object, eta: float = 0):
        self.scheduler, self.way, self.eta, self.shape = scheduler, way, eta, folder.shape
        scheduler.set_timesteps(steps)
        self.timesteps = scheduler.timesteps.tolist()
        self.latents = noise(self.shape)
        self.drawn: list[torch.Tensor] = []
        self.options = {"eta": eta} if eta else {}
        self.original = original_of(folder)
        self.sample = self.latents * scheduler.init_noise_sigma
        self.visits = [(step, None) for step in range(len(self.timesteps))]
        for module in (*RANDOM, scheduling_repaint):
            module.randn_tensor = lambda shape, *arguments, **named: self.draw().reshape(shape)
        if way:
            self.options |= way.options
            way.begin(self)
        if way and isinstance(scheduler, diffusers.UniPCMultistepScheduler):
            # Its corrector starts from what the sample was before the way changed it.
            scheduler.disable_corrector = [step for step in range(steps) if way.changes(self, step + 1)]

    def draw(self) -> torch.Tensor:
        self.drawn.append(noise(self.shape))
        return self.drawn[-1].clone()

    def noisy(self, at: int) -> torch.Tensor:
        """The picture as noisy as a sample is before step `at`."""
        if at == len(self.timesteps):
            return self.original
        alpha, sigma = self.scales(at)
        return alpha * self.original + sigma * self.draw()

    def scales(self, at: int) -> tuple[float, float]:
        """Picture and noise in a sample before step `at`."""
        if at == len(self.timesteps):
            return 1.0, 0.0
        if hasattr(self.scheduler, "sigmas"):
            sigma = float(self.scheduler.sigmas[at])
            exploding = "Euler" in type(self.scheduler).__name__
            return (1.0, sigma) if exploding else (1 / (1 + sigma**2) ** 0.5, sigma / (1 + sigma**2) ** 0.5)
        alpha = float(self.scheduler.alphas_cumprod[int(self.timesteps[at])])
        return alpha**0.5, (1 - alpha) ** 0.5

    def step(self, output: torch.Tensor, step: int, back: int | None) -> None:
        if isinstance(self.scheduler, RePaintScheduler):
            kept = self.way.kept.expand(self.shape)
            self.sample = self.scheduler.step(output, self.timesteps[step], self.sample, self.original, kept).prev_sample
        else:
            named = {"eta": self.eta} if self.eta else {}
            self.sample = self.scheduler.step(output, self.timesteps[step], self.sample, **named).prev_sample
            if self.way:
                self.way.after(self, step + 1)
        alpha, sigma = self.scales(step + 1)
        self.shown = self.sample / (alpha**2 + sigma**2) ** 0.5
        if back is not None:
            to_alpha, to_sigma = self.scales(back)
            kept = to_alpha / alpha
            self.sample = kept * self.sample + (to_sigma**2 - kept**2 * sigma**2) ** 0.5 * self.draw()


def original_of(folder: Folder) -> torch.Tensor:
    """The picture `[1, channels, height, width]` in [-1, 1]; grey by Rec. 601, in whole steps."""
    rgb = folder.picture[..., :3].permute(2, 0, 1).float()
    if folder.shape[1] == 1:
        weights = torch.tensor([299, 587, 114]).reshape(3, 1, 1)
        rgb = ((folder.picture[..., :3].permute(2, 0, 1) * weights).sum(0, keepdim=True) + 500).div(1000, rounding_mode="floor")
    return rgb.float()[None] / 127.5 - 1


class Variation:
    """diffusers' img2img."""

    def __init__(self, strength: float):
        self.options = {"strength": strength}

    def begin(self, run: Run) -> None:
        steps = run.scheduler.num_inference_steps
        start = max(steps - min(int(steps * self.options["strength"]), steps), 0)
        if hasattr(run.scheduler, "set_begin_index"):
            run.scheduler.set_begin_index(start)
        timesteps = torch.tensor(run.timesteps[start : start + 1])
        original = run.original.expand(run.shape)
        run.sample = run.scheduler.add_noise(original, run.latents, timesteps.to(run.scheduler.timesteps.dtype))
        run.visits = run.visits[start:]

    def changes(self, run: Run, at: int) -> bool:
        return False

    def after(self, run: Run, at: int) -> None:
        pass


class Inpainting:
    """RePaint, algorithm 1. Of the mask `[height, width]` 1 is painted."""

    def __init__(self, mask: torch.Tensor, jump_length: int, jump_n_sample: int):
        self.options = {"jump_length": jump_length, "jump_n_sample": jump_n_sample}
        if jump_n_sample == 1:
            del self.options["jump_length"]  # Hearth refuses what means nothing
        self.jump_length, self.jump_n_sample = jump_length, jump_n_sample
        self.kept = 1 - mask.float()
        self.mask_bytes = torch.stack([mask * 200 + 30] * 3 + [torch.full_like(mask, 255)], dim=-1).flatten().tolist()

    def begin(self, run: Run) -> None:
        steps = len(run.timesteps)
        times = RePaintScheduler()
        times.set_timesteps(steps, jump_length=self.jump_length, jump_n_sample=self.jump_n_sample)
        interval = times.config.num_train_timesteps // steps
        path = [int(timestep) // interval for timestep in times.timesteps] + [-1]
        run.visits = []
        for place, (now, following) in enumerate(zip(path, path[1:])):
            if place > 0 and now > path[place - 1]:
                continue  # on the way back, which is one jump here
            if following < now:
                run.visits.append((steps - 1 - now, None))
            else:
                run.visits.append((steps - 1 - now, steps - now - self.jump_length))

    def changes(self, run: Run, at: int) -> bool:
        return True

    def after(self, run: Run, at: int) -> None:
        run.sample = self.kept * run.noisy(at) + (1 - self.kept) * run.sample


class SuperResolution:
    """ILVR, algorithm 1. The low-pass filter projects on what is linear between the middles of squares."""

    def __init__(self, downsampling_factor: int, control_guidance_end: float = 1):
        self.options = {"downsampling_factor": downsampling_factor, "control_guidance_end": control_guidance_end}
        self.factor, self.end = downsampling_factor, control_guidance_end

    def begin(self, run: Run) -> None:
        self.down, self.across = (self.projection(size) for size in run.shape[2:])

    def projection(self, size: int) -> torch.Tensor:
        columns = torch.eye(size, dtype=torch.float64)[None]
        means = torch.nn.functional.avg_pool1d(columns, self.factor)[0].T
        groups = torch.eye(size // self.factor, dtype=torch.float64)[None]
        between = torch.nn.functional.interpolate(groups, size, mode="linear", align_corners=False)[0].T
        return (between @ torch.linalg.inv(means @ between) @ means).float()

    def low(self, sample: torch.Tensor) -> torch.Tensor:
        return self.down @ sample @ self.across.T

    def changes(self, run: Run, at: int) -> bool:
        return at / len(run.timesteps) <= self.end

    def after(self, run: Run, at: int) -> None:
        if self.changes(run, at):
            run.sample = run.sample + self.low(run.noisy(at)) - self.low(run.sample)


def repaint_by_diffusers(folder: Folder, way: Inpainting) -> None:
    """The same call twice, by diffusers' own RePaintScheduler and by DDIM with what is above."""
    state = torch.get_rng_state()
    folder.call("DDIMScheduler", way)
    ours = folder.calls[-1]["samples"]
    torch.set_rng_state(state)
    scheduler = RePaintScheduler.from_config({**folder.config, "eta": 0.0})
    scheduler.set_timesteps(STEPS, jump_length=STEPS, jump_n_sample=1)
    sample, theirs = noise(folder.shape), []
    kept, picture = way.kept.expand(folder.shape), original_of(folder).expand(folder.shape)
    scheduling_repaint.randn_tensor = lambda shape, *arguments, **named: noise(shape)
    with torch.no_grad():
        for timestep in scheduler.timesteps:
            output = folder.output(sample, timestep, None, 1)
            sample = scheduler.step(output, timestep, sample, picture, kept).prev_sample
            theirs.append(sample.flatten())
    apart = (torch.stack(theirs[:-1]) - torch.tensor(ours[:-1])).abs().max()
    assert apart < 1e-4, f"RePaintScheduler differs by {apart}"
    # The last time it adds no noise to the picture either.
    assert (theirs[-1] - torch.tensor(ours[-1])).abs().max() < 1e-4


def main() -> None:
    warnings.simplefilter("ignore")
    diffusers.utils.logging.set_verbosity_error()

    one_channel = {"sample_size": (8, 8), "in_channels": 1, "out_channels": 1, "num_class_embeds": NO_CLASS + 1}
    # Betas that leave something of the picture: what divides by nearly nothing cannot be compared.
    ddim = diffusers.DDIMScheduler(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, timestep_spacing="trailing")
    classes = Folder("classes", one_channel, ddim, {str(index): name for index, name in enumerate(DIGITS)})
    for name in SCHEDULERS:
        classes.call(name, labels=[3, 9])
    classes.call("DDIMScheduler", labels=[0, 7], guidance=2.5, eta=0.7)
    classes.call("DPMSolverMultistepScheduler", labels=[5, 5], guidance=4)
    classes.call("DDIMScheduler", Variation(0.6), labels=[1, 2], guidance=1.5)
    classes.write()

    rgb = Folder("rgb", {"sample_size": (4, 8)}, diffusers.DDPMScheduler())
    for name in ("DDIMScheduler", "DDPMScheduler", "EulerDiscreteScheduler", "DPMSolverMultistepScheduler"):
        rgb.call(name, Variation(0.5))
    rgb.call("UniPCMultistepScheduler", Variation(1))
    mask = torch.zeros(4, 8, dtype=torch.int64)
    mask[1:3, 3:7] = 1
    repaint_by_diffusers(rgb, Inpainting(mask, STEPS, 1))
    rgb.call("DDIMScheduler", Inpainting(mask, 2, 3), eta=0.4)
    rgb.call("DDPMScheduler", Inpainting(mask, 1, 2))
    rgb.call("EulerAncestralDiscreteScheduler", Inpainting(mask, STEPS, 1))
    rgb.call("DPMSolverMultistepScheduler", Inpainting(mask, STEPS, 1))
    rgb.call("UniPCMultistepScheduler", Inpainting(mask, STEPS, 1))
    rgb.call("DDPMScheduler", SuperResolution(4))
    rgb.call("EulerDiscreteScheduler", SuperResolution(2, 0.5))
    rgb.call("UniPCMultistepScheduler", SuperResolution(4, 0.8))
    rgb.write()


if __name__ == "__main__":
    main()
