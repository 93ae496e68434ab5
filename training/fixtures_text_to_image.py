"""Make the fixtures that text to a picture is compared with: tiny Stable Diffusion folders of random weights, in the forms
that the Hub has them, and whole calls of diffusers' pipelines.

    python training/fixtures_text_to_image.py                       # tests/fixtures/text-to-image/
    python training/fixtures_text_to_image.py --held-out DIR        # other seeds and shapes, to check what no code was written for

Each folder is what a user would name, plus `expected.json` (calls and prompts) and `expected.safetensors` (their numbers).
All pipelines are loaded from the folders, so that diffusers and transformers have read the old forms too. Whatever they would
draw from a generator is given to them and written down.
"""

import argparse
import json
import shutil
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import diffusers
import torch
import torch.nn.functional as F
import transformers
from diffusers.models.attention_processor import AttnProcessor
from diffusers.models.autoencoders import vae as vae_module
from diffusers.pipelines.latent_consistency_models import pipeline_latent_consistency_img2img
from diffusers.pipelines.stable_diffusion import pipeline_stable_diffusion_img2img, pipeline_stable_diffusion_inpaint
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import CLIPTextModel

from fixtures import FIXTURES
from fixtures_diffusion import SCHEDULERS, smooth_picture
from fixtures_schedulers import RANDOM, as_read
from fixtures_text_to_image_folders import TEXT_WEIGHTS, UNET_WEIGHTS, Shapes, lcm, sd1, sd2, tiny, turbo

PROMPT = "a small red boat on the sea, at night"
OTHER_PROMPT = "two birds over the old house"
NEGATIVE = "blurry, low quality"
# Twice what fits, and other words at each place.
LONG_PROMPT = " ".join(f"{thing} {number}" for number in range(12) for thing in ("the fox", "a boat,", "misty"))
PROMPTS = (PROMPT, OTHER_PROMPT, NEGATIVE, "", "Ünder  the MOON!! 2026 \U0001f98a 人", LONG_PROMPT)


@dataclass
class Tape:
    """Gives out noise where diffusers asks a generator for some, and keeps it by who asked."""

    posterior: list = field(default_factory=list)
    noise: list = field(default_factory=list)
    steps: list = field(default_factory=list)

    def __enter__(self):
        by_owner = {vae_module: self.posterior, **dict.fromkeys(RANDOM, self.steps)}
        edits = (pipeline_stable_diffusion_img2img, pipeline_stable_diffusion_inpaint, pipeline_latent_consistency_img2img)
        by_owner |= dict.fromkeys(edits, self.noise)
        for module, drawn in by_owner.items():
            module.randn_tensor = lambda shape, *arguments, drawn=drawn, **named: self.draw(shape, drawn)
        return self

    def __exit__(self, *error):
        pass

    @staticmethod
    def draw(shape: tuple, drawn: list) -> torch.Tensor:
        drawn.append(noise(tuple(shape)))
        return drawn[-1].clone()


def noise(shape: tuple) -> torch.Tensor:
    return torch.randn(shape).round(decimals=2)


class Folder:
    """A folder, its pipeline as diffusers loads it, and the calls that are made of it."""

    def __init__(self, root: Path, make: object, shapes: Shapes):
        self.path, self.shapes = root / make.__name__, shapes
        shutil.rmtree(self.path, ignore_errors=True)
        torch.manual_seed(shapes.seed + len(make.__name__))
        make(self.path, shapes)
        self.calls, self.embeddings, self.tensors = [], [], {}
        self.load()
        self.check_names()
        self.size = (shapes.sample_size * self.pipeline.vae_scale_factor,) * 2

    def load(self, **named) -> None:
        """As `from_pretrained` has it; without the parts that are not there."""
        absent = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
        self.pipeline = diffusers.DiffusionPipeline.from_pretrained(self.path, **absent, **named)
        self.scheduler_config = json.loads((self.path / "scheduler" / "scheduler_config.json").read_text())

    def check_names(self) -> None:
        """Diffusers only warns of weights that it does not know, and makes up those that are missing."""
        sums = lambda tensors: sorted(float(tensor.double().abs().sum()) for tensor in tensors if tensor.is_floating_point())
        for part, name in (("unet", UNET_WEIGHTS), ("vae", UNET_WEIGHTS), ("text_encoder", TEXT_WEIGHTS)):
            written = load_file(self.path / part / name).values()
            assert sums(written) == sums(getattr(self.pipeline, part).state_dict().values()), f"{self.path.name}/{part}"

    def record(self, name: str, tensor: torch.Tensor) -> None:
        assert tensor.isfinite().all(), f"{self.path.name}: {name} is not finite"
        self.tensors[name] = tensor.detach().clone().contiguous()

    @torch.no_grad()
    def embed(self, clip_skips: tuple = (0, 1)) -> None:
        """The embeddings of each prompt, and its tokens. The tensor of prompt n with clip_skip m is `embeddings.n.m`."""
        tokenizer, encode = self.pipeline.tokenizer, self.pipeline.encode_prompt
        for index, prompt in enumerate(PROMPTS):
            length = tokenizer.model_max_length
            token_ids = tokenizer(prompt, padding="max_length", max_length=length, truncation=True).input_ids
            whole = tokenizer(prompt).input_ids
            cut = tokenizer.decode(whole[length - 1 : -1]) if len(whole) > length else None
            self.embeddings.append({"prompt": prompt, "token_ids": token_ids, "truncated": cut, "clip_skips": clip_skips})
            for skip in clip_skips:
                embeddings, _ = encode(prompt, "cpu", 1, False, clip_skip=skip)
                self.record(f"embeddings.{index}.{skip}", embeddings[0])
            last, _ = encode(prompt, "cpu", 1, False)
            assert torch.allclose(last[0], self.tensors[f"embeddings.{index}.0"], atol=1e-6)

    def pipeline_as(self, kind: str, scheduler: str | None) -> object:
        config = self.scheduler_config
        name = scheduler or config["_class_name"]
        parts = {**self.pipeline.components, "scheduler": as_read(name, config)}
        parts.pop("image_encoder", None)
        return getattr(diffusers, kind)(**parts, requires_safety_checker=False)

    @torch.no_grad()
    def call(self, prompt: object, picture: bool = False, mask: torch.Tensor | None = None, attentions: bool = False, **options) -> dict:
        """One call from given noise: options are diffusers' own, and `scheduler`. Its tensors are `calls.n.…`."""
        index, guidance = len(self.calls), options.get("guidance_scale")
        consistency = isinstance(self.pipeline, diffusers.LatentConsistencyModelPipeline)
        kind = "LatentConsistencyModel" if consistency else "StableDiffusion"
        kind += "InpaintPipeline" if mask is not None else "Img2ImgPipeline" if picture else "Pipeline"
        pipeline = self.pipeline_as(kind, options.get("scheduler"))
        pipeline.set_progress_bar_config(disable=True)
        named = {key: value for key, value in options.items() if key != "scheduler"}
        height, width = options.get("height", self.size[0]), options.get("width", self.size[1])
        prompts = 1 if isinstance(prompt, str) else len(prompt)
        count = prompts * options.get("num_images_per_prompt", 1)
        factor = self.pipeline.vae_scale_factor
        shape = (count, 4, height // factor, width // factor)
        original = smooth_picture(height, width).to(torch.uint8)
        if picture:
            named["image"] = Image.fromarray(original[..., :3].numpy())
            assert self.pipeline.vae.config.in_channels == 3
        else:
            named["latents"] = noise(shape)
        if mask is not None:
            named["mask_image"] = Image.fromarray((mask * 170 + 40).to(torch.uint8).numpy())
            named |= {"height": height, "width": width}
        looks, timesteps, samples = Attentions(pipeline.unet) if attentions else None, [], []

        def after_step(pipeline, step: int, timestep: torch.Tensor, held: dict) -> dict:
            timesteps.append(float(timestep))
            samples.append(held["latents"])
            if looks:
                looks.step_done(shape[2:], count)
            return {}

        with Tape() as tape:
            result = pipeline(prompt, output_type="pt", callback_on_step_end=after_step, **named)
        if looks:
            self.record(f"calls.{index}.attentions", torch.stack(looks.steps))
            looks.remove()
        pictures = result.images * 2 - 1
        self.record(f"calls.{index}.latents", tape.noise[0] if picture else named["latents"])
        if tape.posterior:
            self.record(f"calls.{index}.posterior_noise", tape.posterior[0])
        if tape.steps:
            self.record(f"calls.{index}.step_noise", torch.stack(tape.steps))
        self.record(f"calls.{index}.samples", samples[-1])
        if mask is not None:
            # diffusers' own, and what is shown: there the kept part is exactly the picture's.
            self.record(f"calls.{index}.painted", pictures)
            kept = original[..., :3].permute(2, 0, 1)[None] / 127.5 - 1
            pictures = torch.where(mask[None, None] > 0, pictures, kept)
            self.record(f"calls.{index}.mask", mask.to(torch.uint8))
        self.record(f"calls.{index}.pictures", pictures)
        if picture:
            self.record(f"calls.{index}.picture", original)
        options = {"prompt": prompt, **{key: value for key, value in options.items() if value is not None}}
        self.calls.append({"options": options, "size": [height, width], "timesteps": timesteps})
        clipped = (pictures.abs() > 0.999).float().mean()
        report = f"samples ± {samples[-1].std():.2f}, pictures {pictures.mean():.2f} ± {pictures.std():.2f}, {clipped:.0%} clipped"
        print(f"{self.path.name} {index} {kind} {options}: {report}")
        return self.calls[-1]

    def changes(self, one: int, other: int) -> None:
        """Nothing is compared in vain: these two calls must differ as a mistake would."""
        apart = (self.tensors[f"calls.{one}.pictures"] - self.tensors[f"calls.{other}.pictures"]).abs().mean() * 127.5
        print(f"{self.path.name}: calls {one} and {other} are {apart:.1f} / 255 apart")
        assert apart > 3, f"calls {one} and {other} of {self.path.name} are only {apart:.2f} / 255 apart"

    def write(self) -> None:
        expected = {"embeddings": self.embeddings, "calls": self.calls}
        (self.path / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")
        save_file(self.tensors, self.path / "expected.safetensors")


class Attentions:
    """Which words each place of the picture attends to: the mean over heads and layers of the cross-attentions."""

    def __init__(self, unet: diffusers.UNet2DConditionModel):
        self.unet, self.steps, self.seen = unet, [], []
        self.before = dict(unet.attn_processors)
        unet.set_attn_processor(AttnProcessor())
        self.layers = [module for name, module in unet.named_modules() if name.endswith("attn2")]
        for layer in self.layers:
            layer.get_attention_scores = self.seeing(layer)

    def seeing(self, layer: torch.nn.Module) -> object:
        scores = type(layer).get_attention_scores

        def get_attention_scores(*arguments, **named):
            probs = scores(layer, *arguments, **named)
            self.seen.append(probs.unflatten(0, (-1, layer.heads)).mean(1))
            return probs

        return get_attention_scores

    def step_done(self, size: tuple, count: int) -> None:
        assert len(self.seen) == len(self.layers)
        height, width = size
        enlarged = []
        for probs in self.seen:
            probs = probs[-count:]  # with guidance the prompt's come last
            shrunk = round((height * width / probs.shape[1]) ** 0.5)
            maps = probs.transpose(1, 2).unflatten(2, (height // shrunk, width // shrunk))
            enlarged.append(F.interpolate(maps, size=size, mode="nearest"))
        self.steps.append(torch.stack(enlarged).mean(0))
        self.seen.clear()

    def remove(self) -> None:
        for layer in self.layers:
            del layer.get_attention_scores
        self.unet.set_attn_processor(self.before)


def painted(height: int, width: int) -> torch.Tensor:
    """A mask that no block of latents ends with: 1 is painted."""
    mask = torch.zeros(height, width, dtype=torch.uint8)
    mask[height // 4 + 1 : height - 3, width // 2 - 1 :] = 1
    mask[0, 0] = 1
    return mask


def sd1_calls(folder: Folder) -> None:
    shapes = folder.shapes
    guided = {"negative_prompt": NEGATIVE, "guidance_scale": shapes.guidance, "num_inference_steps": shapes.steps}
    folder.embed()
    for scheduler in SCHEDULERS:
        folder.call(PROMPT, scheduler=scheduler, **guided)
    first = len(folder.calls)
    torch.manual_seed(shapes.seed + 1)  # the same noise for these, so that they differ in what is asked for
    state = torch.get_rng_state()

    def again(prompt: object = PROMPT, **options) -> None:
        torch.set_rng_state(state)
        folder.call(prompt, **{"scheduler": "DDIMScheduler", **guided, **options})

    again()
    again(guidance_rescale=0.7)
    again(clip_skip=1)
    again(eta=0.5)
    again(negative_prompt=None)
    again(guidance_scale=1.0, negative_prompt=None)
    again(OTHER_PROMPT)
    again(LONG_PROMPT)
    for index in range(first + 1, len(folder.calls)):
        folder.changes(first, index)
    both = [PROMPT, OTHER_PROMPT]
    folder.call(both, num_images_per_prompt=2, scheduler="EulerAncestralDiscreteScheduler", **guided | {"negative_prompt": [NEGATIVE, ""]})
    factor = folder.pipeline.vae_scale_factor
    height, width = (folder.size[0] + 4 * factor) // 8 * 8, folder.size[1]
    folder.call(PROMPT, height=height, width=width, **guided)
    folder.call(PROMPT, **guided | {"num_inference_steps": 2}, scheduler="EulerDiscreteScheduler", attentions=True)

    edit = guided | {"num_inference_steps": shapes.steps + 1, "strength": 0.6}
    for scheduler in (None, "DDIMScheduler", "EulerDiscreteScheduler", "DPMSolverMultistepScheduler", "DDPMScheduler", "UniPCMultistepScheduler", "LCMScheduler"):
        folder.call(PROMPT, picture=True, scheduler=scheduler, **edit)
    folder.call(both, picture=True, num_images_per_prompt=2, eta=0.3, scheduler="DDIMScheduler", **edit | {"negative_prompt": None})
    mask = painted(*folder.size)
    for scheduler, strength in (
        (None, 0.7),
        ("DDIMScheduler", 1.0),
        ("DDIMScheduler", 0.7),
        ("EulerAncestralDiscreteScheduler", 1.0),
        ("DPMSolverMultistepScheduler", 0.7),
        ("UniPCMultistepScheduler", 1.0),
    ):
        folder.call(PROMPT, picture=True, mask=mask, scheduler=scheduler, **edit | {"strength": strength})


def sd2_calls(folder: Folder) -> None:
    shapes = folder.shapes
    guided = {"negative_prompt": NEGATIVE, "guidance_scale": shapes.guidance, "num_inference_steps": shapes.steps}
    folder.embed()
    folder.call(PROMPT, **guided)
    for scheduler in ("EulerDiscreteScheduler", "DPMSolverMultistepScheduler", "PNDMScheduler"):
        folder.call(PROMPT, scheduler=scheduler, **guided | {"guidance_rescale": 0.7})
    folder.call(PROMPT, **guided | {"num_inference_steps": 2}, attentions=True)
    folder.call(PROMPT, picture=True, strength=0.6, **guided)
    folder.call(PROMPT, picture=True, mask=painted(*folder.size), strength=0.7, **guided)
    # The halves beside the plain weights, computed with in f32.
    folder.load(variant="fp16", torch_dtype=torch.float32)
    folder.call(PROMPT, **guided)["variant"] = "fp16"


def turbo_calls(folder: Folder) -> None:
    folder.embed((0,))
    once = {"num_inference_steps": 1, "guidance_scale": 0.0}
    folder.call(PROMPT, **once)
    folder.call(PROMPT, **once | {"num_inference_steps": 3})
    folder.call([OTHER_PROMPT, ""], **once)
    folder.call(PROMPT, picture=True, strength=0.5, **once | {"num_inference_steps": 2})


def lcm_calls(folder: Folder) -> None:
    folder.embed((0,))
    few = {"num_inference_steps": folder.shapes.steps, "guidance_scale": 8.5}
    folder.call(PROMPT, **few)
    folder.call(PROMPT, **few | {"guidance_scale": 1.0})
    folder.call([PROMPT, OTHER_PROMPT], **few | {"num_inference_steps": 2}, num_images_per_prompt=2)
    folder.call(PROMPT, picture=True, strength=0.6, **few)


def tiny_calls(folder: Folder) -> None:
    shapes = folder.shapes
    guided = {"negative_prompt": NEGATIVE, "guidance_scale": shapes.guidance, "num_inference_steps": shapes.steps}
    folder.embed((0,))
    folder.call(PROMPT, **guided)
    folder.call(PROMPT, scheduler="EulerDiscreteScheduler", **guided)
    folder.call(PROMPT, picture=True, strength=0.6, **guided)
    folder.call(PROMPT, picture=True, mask=painted(*folder.size), strength=1.0, **guided)


FOLDERS = {sd1: sd1_calls, sd2: sd2_calls, turbo: turbo_calls, lcm: lcm_calls, tiny: tiny_calls}
COMMITTED = {
    sd1: Shapes(layers=1),
    sd2: Shapes(seed=10, vae_channels=(4, 8, 8), steps=3),
    turbo: Shapes(seed=20),
    lcm: Shapes(seed=30),
    tiny: Shapes(seed=40, vae_channels=(8, 8, 8)),
}
HELD_OUT = {
    "wide": Shapes(100, (12, 20), 4, 4, 8, 20, 4, 3, (4, 8, 8), 2, 5, 4.0),
    "odd": Shapes(200, (6, 10), 2, 2, 12, 12, 3, 4, (4, 12), 1, 6, 9.0),
    "larger": Shapes(300, (32, 64), 8, 4, 16, 32, 4, 3, (8, 16, 16, 16), 2, 3, 7.5),
}


def make(root: Path, shapes: dict) -> None:
    for make, calls in FOLDERS.items():
        folder = Folder(root, make, shapes[make])
        calls(folder)
        folder.write()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--held-out", type=Path, metavar="DIR")
    held_out = parser.parse_args().held_out
    warnings.simplefilter("ignore")
    diffusers.utils.logging.set_verbosity_error()
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    diffusers.utils.logging.disable_progress_bar()
    # What diffusers' clip_skip looks for; since transformers 5 the model has no such part.
    CLIPTextModel.text_model = property(lambda model: model)
    torch.set_num_threads(1)
    if held_out is None:
        make(FIXTURES / "text-to-image", COMMITTED)
        return
    for name, shapes in HELD_OUT.items():
        make(held_out / name, dict.fromkeys(FOLDERS, shapes))


if __name__ == "__main__":
    main()
