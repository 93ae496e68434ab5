"""Train the picture book of `models/picturebook`: a sentence becomes a scene.

    python training/picturebook.py --vae DIR [--size small|full] [--minutes 80] [--export models/picturebook-many-steps]
    python training/picturebook.py --distil --start models/picturebook-many-steps --export models/picturebook

The same command goes on from the last checkpoint. Both calls write what `StableDiffusionPipeline.from_pretrained` reads:
a CLIP text model with a vocabulary of its own, a U-Net, and the autoencoder of vae.py in whose latents the U-Net works.
The text model is trained from nothing, together with the U-Net and by its loss alone. That pipeline passes no attention
mask, so that the U-Net attends to the padding too; it is trained as it will be run. Scenes are drawn while it trains
(scenes/compose.py).

The first call is latent diffusion (Rombach et al., 2022) with what has been learnt since: the network predicts the velocity
(Salimans and Ho, 2022); the noise ends where nothing of the picture is left, as sampling begins there (Lin et al., 2024);
every noise level counts alike, as each one's loss is divided by what it usually is (in the spirit of Karras et al., 2024);
a batch's timesteps are spread evenly; a tenth of the captions is empty, for classifier-free guidance (Ho and Salimans,
2021). Muon (Jordan et al., 2024) for the convolutions and matrices inside the blocks, AdamW for the rest; bf16.

The second call, `--distil`, halves what a picture costs. The student learns the guided teacher's velocity, at one guidance
scale, so that a step is one evaluation and not two (the first stage of Meng et al., 2023); whoever runs it leaves guidance
off. No run of it has gone to its end yet. (Latent consistency distillation, tried before on a GPU for 77 seconds, gave blurs:
it has to carry what a picture is from the last steps to the first, which takes longer.)

What ships is in f16, below 60 MB. Writes to `--out` (training/runs/picturebook-SIZE[-distil]): `checkpoint.pt`, `loss.png`,
`tokenizer/`, `held-out.png` (scenes that are never trained on) and `samples-MINUTES.png` (their captions, drawn; not picked).
"""

import argparse
import copy
import itertools
import json
import re
import time
from pathlib import Path
from typing import Callable, Iterable, Iterator

import torch
from diffusers import (
    AutoencoderKL,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import rescale_noise_cfg
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from torch.utils.flop_counter import FlopCounterMode
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

import recipe
from muon import Muon, take_step
from scenes.compose import Scenes, index_of
from scenes.ship import ship
from sheets import save_sheet

VOCABULARY = 5120
# Captions have 13 tokens, seldom 30. CLIP's own 77 would only be more padding, and cross-attention pays for padding.
LENGTH = 32
TEXT = dict(hidden_size=256, intermediate_size=1024, num_hidden_layers=4, num_attention_heads=4, projection_dim=256)
UNET = dict(
    in_channels=16, out_channels=16, layers_per_block=1, time_embedding_dim=512,
    cross_attention_dim=TEXT["hidden_size"], use_linear_projection=True,
    down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
)  # fmt: skip
# What diffusers calls `attention_head_dim` is the number of heads here: of 32 channels, so that many words can be heard.
SIZES = {
    "full": dict(sample_size=16, block_out_channels=(192, 256), attention_head_dim=(6, 8)),  # 256 x 256 pixels
    "small": dict(sample_size=8, block_out_channels=(128, 192), attention_head_dim=(4, 6)),  # 128 x 128
}
# Stable Diffusion's, which goes through much noise: there the layout of a scene is decided.
NOISE = dict(
    num_train_timesteps=1000, beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012,
    rescale_betas_zero_snr=True, prediction_type="v_prediction", steps_offset=1,
)  # fmt: skip
SCHEDULE = DDPMScheduler(**NOISE)
DROPPED_CAPTIONS = 0.1

SAMPLER = DPMSolverMultistepScheduler(**NOISE, timestep_spacing="trailing")
STEPS = 8  # of this solver; 20 look much the same
GUIDANCE_SCALE = 3.0
GUIDANCE_RESCALE = 0.7  # how far the guided velocity gets its contrast from before: without it colours are too strong

READ = dict(dtype=torch.float32, low_cpu_mem_usage=False)  # the other way needs another package


# --- tokens ----------------------------------------------------------------------------------------------------------


def texts_of(path: Path) -> Iterator[str]:
    """Each line of a text file; of a .jsonl file every string in it."""

    def strings(value) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, (list, dict)):
            for each in value.values() if isinstance(value, dict) else value:
                yield from strings(each)

    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield from strings(json.loads(line)) if path.suffix == ".jsonl" else [line]


def train_tokenizer(texts: Iterable[str], size: int = VOCABULARY) -> CLIPTokenizer:
    """CLIP's byte-pair encoding with a vocabulary of these texts, in CLIP's order: bytes, last bytes, merges, the two ends."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    letters = [*alphabet, *(letter + "</w>" for letter in alphabet)]
    ends = ["<|startoftext|>", "<|endoftext|>"]
    clip = CLIPTokenizer().backend_tokenizer
    bpe = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    bpe.normalizer, bpe.pre_tokenizer = clip.normalizer, clip.pre_tokenizer
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(ends), end_of_word_suffix="</w>", initial_alphabet=alphabet, show_progress=False
    )
    bpe.train_from_iterator(texts, trainer)
    # The trainer does not know of letters at a word's end that the texts have none of: these take some merges' places.
    merges = [tuple(pair) for pair in json.loads(bpe.to_str())["model"]["merges"]][: size - len(letters) - len(ends)]
    names = [*letters, *dict.fromkeys(left + right for left, right in merges), *ends]
    vocabulary = {name: index for index, name in enumerate(names)}
    return CLIPTokenizer(vocabulary, merges, model_max_length=LENGTH)


def save_tokenizer(tokenizer: CLIPTokenizer, folder: Path) -> None:
    """`vocab.json` and `merges.txt`, which every reader of CLIP's tokenizers knows, instead of the newer `tokenizer.json`."""
    tokenizer.save_pretrained(folder)
    tokenizer.backend_tokenizer.model.save(str(folder))
    (folder / "tokenizer.json").unlink()


def tokens(tokenizer: CLIPTokenizer, captions: list[str]) -> torch.Tensor:
    """`[count, LENGTH]`, as StableDiffusionPipeline makes them."""
    return tokenizer(captions, padding="max_length", max_length=LENGTH, truncation=True, return_tensors="pt").input_ids


def tokenizer_of(captions: list[str], tales: list[Path]) -> CLIPTokenizer:
    """With a token for each of the captions' words; the tales' words, of which no picture says anything, get what is left."""
    words = " ".join(sorted({word for caption in captions for word in words_of(caption)}))
    return train_tokenizer(itertools.chain(captions, itertools.repeat(words, 200), *(texts_of(path) for path in tales)))


def words_of(caption: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", caption.lower())


def measure(tokenizer: CLIPTokenizer, captions: list[str]) -> dict[str, int]:
    """The vocabulary's size, the most tokens of a caption, the number of words, and how many of them are one token."""
    longest = max(len(ids) for ids in tokenizer(captions).input_ids)
    words = list({word for caption in captions for word in words_of(caption)})
    whole = sum(len(ids) == 3 for ids in tokenizer(words).input_ids)  # between the two ends
    return {"tokens": len(tokenizer), "longest": longest, "words": len(words), "whole": whole}


# --- network ---------------------------------------------------------------------------------------------------------


class Painter(torch.nn.Module):
    """What is trained: the text model and the U-Net."""

    def __init__(self, text_encoder: CLIPTextModel, unet: UNet2DConditionModel):
        super().__init__()
        self.text_encoder, self.unet = text_encoder, unet

    def encode(self, ids: torch.Tensor) -> torch.Tensor:
        """`[count, LENGTH, hidden]`. No attention mask, as StableDiffusionPipeline passes none."""
        return self.text_encoder(ids).last_hidden_state

    def forward(self, latents: torch.Tensor, timesteps: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        return self.unet(latents, timesteps, encoder_hidden_states=self.encode(ids)).sample.float()


def make_text_encoder(vocabulary: int, **text) -> CLIPTextModel:
    """Of random weights."""
    ends = dict(bos_token_id=vocabulary - 2, eos_token_id=vocabulary - 1, pad_token_id=vocabulary - 1)
    return CLIPTextModel(CLIPTextConfig(**(text or TEXT), vocab_size=vocabulary, max_position_embeddings=LENGTH, **ends))


def make_painter(text: dict, unet: dict, vocabulary: int = VOCABULARY) -> Painter:
    """Of random weights."""
    return Painter(make_text_encoder(vocabulary, **text), UNet2DConditionModel(**unet))


def costs(size: str) -> dict[str, int]:
    """Parameters of both networks, and the multiplications of one evaluation of each."""
    with torch.device("meta"):
        painter = make_painter(TEXT, {**UNET, **SIZES[size]}).eval()
        states = torch.zeros(1, LENGTH, TEXT["hidden_size"])
        latents = torch.zeros(1, UNET["in_channels"], *2 * (SIZES[size]["sample_size"],))
        calls = {
            "text_encoder": lambda: painter.encode(torch.zeros(1, LENGTH, dtype=torch.long)),
            "unet": lambda: painter.unet(latents, torch.zeros(1), encoder_hidden_states=states),
        }
        result = {"parameters": sum(parameter.numel() for parameter in painter.parameters())}
        for name, call in calls.items():
            with FlopCounterMode(display=False) as counter, torch.no_grad():
                call()
            result[name] = counter.get_total_flops() // 2  # it counts additions too
    return result


def pipeline(painter: Painter, vae: AutoencoderKL, tokenizer: CLIPTokenizer, scheduler) -> StableDiffusionPipeline:
    networks = dict(vae=vae, text_encoder=painter.text_encoder, unet=painter.unet)
    others = dict(safety_checker=None, feature_extractor=None, requires_safety_checker=False)
    made = StableDiffusionPipeline(**networks, tokenizer=tokenizer, scheduler=copy.deepcopy(scheduler), **others)
    made.set_progress_bar_config(disable=True)
    return made


def load(folder: Path) -> tuple[Painter, AutoencoderKL, CLIPTokenizer]:
    """What `export` wrote, in f32."""
    made = StableDiffusionPipeline.from_pretrained(folder, **READ)
    return Painter(made.text_encoder, made.unet), made.vae, made.tokenizer


def export(made: StableDiffusionPipeline, folder: Path, call: dict) -> int:
    """The folder that `StableDiffusionPipeline.from_pretrained` reads, in f16, and its bytes.

    model_index.json says what to call it with, and that lexicon.json has the words that it knows; diffusers passes over that.
    """
    half = {
        name: copy.deepcopy(part).cpu().to(memory_format=torch.contiguous_format).half()
        for name, part in made.components.items()
        if isinstance(part, torch.nn.Module)
    }
    StableDiffusionPipeline(**{**made.components, **half}, requires_safety_checker=False).save_pretrained(folder)
    save_tokenizer(made.tokenizer, folder / "tokenizer")
    index = json.loads((folder / "model_index.json").read_text())
    recipe.write_json(folder / "model_index.json", {**index, **call, "lexicon": "lexicon.json"})
    ship(folder / "lexicon.json")
    return recipe.finish_folder(folder)


# --- scenes ----------------------------------------------------------------------------------------------------------


@torch.no_grad()
def encode(vae: AutoencoderKL, pictures: torch.Tensor) -> torch.Tensor:
    """Latents of bytes, as StableDiffusionPipeline expects them: scaled, and not shifted."""
    pixels = (pictures.to(vae.device, torch.float32) / 127.5 - 1).contiguous(memory_format=torch.channels_last)
    with torch.autocast(vae.device.type, torch.bfloat16):
        means = torch.cat([vae.encode(part).latent_dist.mean for part in pixels.split(128)])
    return means.float() * vae.config.scaling_factor


def latents_of(
    scenes: Scenes, vae: AutoencoderKL, tokenizer: CLIPTokenizer, seed: int, workers: int
) -> Callable[[int], Iterator[tuple[torch.Tensor, torch.Tensor]]]:
    """Endless batches, as many scenes each as is asked for: latents and token ids."""

    def stream(count: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        for drawn in scenes.stream(count, seed, workers):
            yield encode(vae, drawn.pictures), tokens(tokenizer, drawn.captions).to(vae.device)

    return stream


class Pool:
    """Latents and token ids of scenes. With a share of `fresh` 1, each is a new one. To compose and encode a scene takes longer
    than to learn from it: with less, that share is new, and a batch is picked from all that a ring of them holds."""

    FIRST, CAPACITY = 1024, 2**16  # scenes

    def __init__(self, stream: Callable[[int], Iterator[tuple[torch.Tensor, torch.Tensor]]], count: int, fresh: float):
        self.count, self.fresh = count, fresh
        self.stream = stream(count)
        self.drawn, self.owed = 0, 0.0
        self.seconds = 0.0  # spent on drawing and encoding; on a GPU only on asking for it

    def add(self, latents: torch.Tensor, ids: torch.Tensor) -> None:
        if not self.drawn:  # memory that nothing is written to costs nothing
            self.latents = latents.new_empty(self.CAPACITY, *latents.shape[1:], dtype=torch.bfloat16)
            self.ids = ids.new_empty(self.CAPACITY, *ids.shape[1:])
        places = torch.arange(self.drawn, self.drawn + len(ids), device=ids.device) % self.CAPACITY
        self.latents[places], self.ids[places] = latents.bfloat16(), ids
        self.drawn += len(ids)

    def batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        started = time.time()
        if self.fresh >= 1:
            latents, ids = next(self.stream)
            self.drawn += len(ids)
        else:
            self.owed += self.count * self.fresh if self.drawn else self.FIRST
            while self.owed >= self.count:
                before = self.drawn
                self.add(*next(self.stream))
                self.owed -= self.drawn - before
            picked = torch.randint(min(self.drawn, self.CAPACITY), (self.count,), device=self.ids.device)
            latents, ids = self.latents[picked].float(), self.ids[picked]
        self.seconds += time.time() - started
        return latents.contiguous(), ids


# --- training --------------------------------------------------------------------------------------------------------


class Denoising(torch.nn.Module):
    """The first call's loss: the velocity's squared error, every noise level's divided by what it usually is."""

    LEVELS = 20

    def __init__(self, nothing: torch.Tensor):
        super().__init__()
        self.usual = recipe.UsualLosses(self.LEVELS)
        self.register_buffer("nothing", nothing, persistent=False)

    def forward(self, painter: Painter, clean: torch.Tensor, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What to minimise, and what to report."""
        count = len(clean)
        ids = ids.where(torch.rand(count, 1, device=ids.device) >= DROPPED_CAPTIONS, self.nothing)
        fractions = recipe.spread(count, clean.device)
        timesteps = (fractions * len(SCHEDULE)).long()
        noise = torch.randn_like(clean)
        with torch.autocast(clean.device.type, torch.bfloat16):
            velocity = painter(SCHEDULE.add_noise(clean, noise, timesteps), timesteps, ids)
        losses = (velocity - SCHEDULE.get_velocity(clean, noise, timesteps)).square().mean((1, 2, 3))
        return self.usual.weighted(losses, fractions).mean(), losses.detach().mean()


class GuidanceDistillation:
    """The second call's loss: with one evaluation the student is to give the velocity that takes its teacher two."""

    def __init__(self, teacher: UNet2DConditionModel, nothing: torch.Tensor, guidance_scale: float):
        self.teacher, self.nothing, self.guidance_scale = teacher, nothing, guidance_scale

    @torch.no_grad()
    def guided(self, noisy: torch.Tensor, timesteps: torch.Tensor, states: torch.Tensor, nothing: torch.Tensor) -> torch.Tensor:
        """The teacher's velocity, as StableDiffusionPipeline guides it."""
        both = torch.cat([nothing.expand_as(states), states])
        without, velocity = self.teacher(noisy.repeat(2, 1, 1, 1), timesteps.repeat(2), both).sample.float().chunk(2)
        return rescale_noise_cfg(without + self.guidance_scale * (velocity - without), velocity, GUIDANCE_RESCALE)

    def __call__(self, painter: Painter, clean: torch.Tensor, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What to minimise, and what to report."""
        timesteps = (recipe.spread(len(clean), clean.device) * len(SCHEDULE)).long()
        noisy = SCHEDULE.add_noise(clean, torch.randn_like(clean), timesteps)
        with torch.autocast(clean.device.type, torch.bfloat16):
            with torch.no_grad():
                states, nothing = painter.encode(ids), painter.encode(self.nothing)
            goal = self.guided(noisy, timesteps, states, nothing)
            velocity = painter.unet(noisy, timesteps, states).sample.float()
        loss = (velocity - goal).square().mean()
        return loss, loss.detach()


def optimisers(painter: Painter, args: argparse.Namespace) -> tuple[Muon, torch.optim.AdamW]:
    """Muon for matrices inside the blocks, AdamW for the ends, embeddings, norms and biases."""
    trained = {name: parameter for name, parameter in painter.named_parameters() if parameter.requires_grad}
    inner = {name: p for name, p in trained.items() if p.dim() > 1 and re.search(r"block|layers\.", name)}
    outer = [p for name, p in trained.items() if name not in inner]
    adam = torch.optim.AdamW(outer, lr=args.learning_rate, betas=(0.9, 0.98), weight_decay=0.0)
    return Muon(inner.values(), lr=args.muon_learning_rate), adam


def make_tokenizer(args: argparse.Namespace, scenes: Scenes) -> None:
    """Of the scenes' captions; a later run goes on with it."""
    folder = args.out / "tokenizer"
    if not folder.exists():
        captions = scenes.captions(20_000, args.seed)
        tokenizer = tokenizer_of(captions, args.words)
        print("captions:", measure(tokenizer, captions), flush=True)
        save_tokenizer(tokenizer, folder)


def make_networks(args: argparse.Namespace) -> tuple[Painter, AutoencoderKL, CLIPTokenizer]:
    """From `--start`, or random ones and the tokenizer of `make_tokenizer`."""
    if args.start:
        painter, vae, tokenizer = load(args.start)
    else:
        tokenizer = CLIPTokenizer.from_pretrained(args.out / "tokenizer")
        painter = make_painter(TEXT, {**UNET, **SIZES[args.size]}, len(tokenizer))
    if args.vae:
        vae = AutoencoderKL.from_pretrained(args.vae, **READ)
    if painter.unet.config.sample_size != SIZES[args.size]["sample_size"]:
        raise ValueError(f"the network of --start is not of --size {args.size}")
    if vae.config.shift_factor:
        raise ValueError("StableDiffusionPipeline does not shift latents: the autoencoder must have no shift_factor")
    return painter, vae, tokenizer


def learn(run: recipe.Run, pool: Pool, objective, painter: Painter, average: recipe.Average, muon: Muon, adam) -> None:
    """Until the time is over."""
    args, beside = run.args, recipe.Beside(painter.unet.device.type)
    batch = beside(pool.batch)
    for step in run.steps():
        for optimiser, rate in ((muon, args.muon_learning_rate), (adam, args.learning_rate)):
            optimiser.param_groups[0]["lr"] = rate * run.rate()
        before = pool.seconds
        loss, reported = objective(painter, *batch)
        loss.backward()
        take_step(muon, adam)
        average.update(painter, step)
        batch = beside(pool.batch)  # the next one, while a GPU is still at this
        run.record(pictures=args.batch_size, loss=reported, drawing=pool.seconds - before)
    if pool.drawn:
        seconds = sum(entry["seconds"] for entry in run.history)
        share = sum(entry["drawing"] for entry in run.history) / seconds
        speed = run.history[-1]["pictures"] / seconds
        print(f"{speed:.0f} pictures/s; {pool.drawn} new scenes, which took {share:.0%} of the time", flush=True)


def compile_before(unet: UNet2DConditionModel, teacher: UNet2DConditionModel | None, args: argparse.Namespace) -> None:
    """Compiles the network, its gradients and its teacher for batches of this size, before the clock runs."""
    device, side = unet.device, unet.config.sample_size
    for network in (unet, teacher) if teacher else (unet,):
        network.compile(dynamic=False)
    nothing = torch.zeros(1, LENGTH, dtype=torch.long, device=device)
    painter = Painter(make_text_encoder(VOCABULARY).to(device).requires_grad_(not teacher), unet)
    objective = GuidanceDistillation(teacher, nothing, args.guidance_scale) if teacher else Denoising(nothing).to(device)
    loss, _ = objective(painter, torch.randn(args.batch_size, 16, side, side, device=device), nothing.repeat(args.batch_size, 1))
    loss.backward()
    unet.zero_grad(set_to_none=True)
    print("compiled", flush=True)


def sample_sheets(made: StableDiffusionPipeline, scenes: Scenes, run: recipe.Run, call: dict) -> Callable[[], None]:
    """Draws captions of scenes that are never trained on, unpicked, whenever it is called."""
    held_out = scenes.draw(48 if made.device.type == "cuda" else 24, seed=0, split="held_out")
    save_sheet(run.args.out / "held-out.png", held_out.pictures, held_out.captions)

    def save() -> None:
        pictures = made(held_out.captions, generator=torch.Generator().manual_seed(0), output_type="pt", **call).images
        save_sheet(run.args.out / f"samples-{run.elapsed / 60:03.0f}.png", pictures * 2 - 1, held_out.captions)

    return save


def train(args: argparse.Namespace) -> None:
    device = recipe.prepare(args)
    if device == "cpu":  # the fused attention's way back is slow there, and products in bf16 are fast
        torch.backends.cuda.enable_flash_sdp(False)
        torch.backends.cuda.allow_fp16_bf16_reduction_math_sdp(True)
    if args.wait:
        recipe.wait_for(index_of(args.scenes))
    scenes = None if args.export_only else Scenes(args.scenes, 16 * SIZES[args.size]["sample_size"], device)
    if scenes and not args.start:
        make_tokenizer(args, scenes)
    unet = UNet2DConditionModel(**UNET, **SIZES[args.size]).to(device, memory_format=torch.channels_last)
    teacher = copy.deepcopy(unet).requires_grad_(False) if args.distil else None
    if args.compile and not args.export_only:
        compile_before(unet, teacher, args)
    if args.wait:
        for path in filter(None, (args.vae, args.start)):
            recipe.wait_for(path)
    painter, vae, tokenizer = make_networks(args)
    vae.to(device, memory_format=torch.channels_last).requires_grad_(False).eval()
    painter.to(device, memory_format=torch.channels_last)
    nothing = tokens(tokenizer, [""]).to(device)
    average = recipe.Average(painter)
    unet.load_state_dict(painter.unet.state_dict())
    painter.unet = unet  # the compiled one
    parts = {}
    if args.distil:
        painter.text_encoder.requires_grad_(False)
        teacher.load_state_dict(unet.state_dict())  # before the student's checkpoint is read
        objective = GuidanceDistillation(teacher, nothing, args.guidance_scale)
        call = dict(num_inference_steps=STEPS, guidance_scale=1.0)
    else:
        parts["objective"] = objective = Denoising(nothing).to(device)
        guidance = dict(guidance_scale=args.guidance_scale, guidance_rescale=GUIDANCE_RESCALE)
        call = dict(num_inference_steps=STEPS, **guidance)
    muon, adam = optimisers(painter, args)
    run = recipe.Run(args, device, painter=painter, average=average, muon=muon, adam=adam, **parts)
    made = pipeline(average.module, vae, tokenizer, SAMPLER)
    if not args.export_only:
        run.on_save = sample_sheets(made, scenes, run, call)
        stream = latents_of(scenes, vae, tokenizer, args.seed + len(run.history), args.workers)
        learn(run, Pool(stream, args.batch_size, args.fresh), objective, painter, average, muon, adam)
    if args.export:
        print(f"{args.export}: {export(made, args.export, call) / 1e6:.1f} MB")
        if args.pieces:
            recipe.write_pieces(args.export, args.pieces)


def main() -> None:
    cuda = torch.cuda.is_available()
    parser = recipe.arguments(__doc__, "picturebook", minutes=80)
    parser.set_defaults(out=None, compile=None)
    parser.add_argument("--size", choices=SIZES, default="full", help="small: 128 x 128, to be trained on two CPU cores")
    parser.add_argument("--vae", type=Path, help="the autoencoder's folder; by default that of --start")
    parser.add_argument("--scenes", type=Path, help="what `python -m training.scenes prepare` wrote")
    parser.add_argument("--words", type=Path, nargs="*", default=[], help="text or .jsonl files: more for the vocabulary")
    parser.add_argument("--start", type=Path, help="model folder to begin from, when there is no checkpoint")
    parser.add_argument("--distil", action="store_true", help="teach what --start draws to a student of few steps")
    parser.add_argument("--guidance-scale", type=float, default=GUIDANCE_SCALE, help="of sheets, and folded into the student")
    parser.add_argument("--batch-size", type=int, default=512 if cuda else 64)
    parser.add_argument("--fresh", type=float, default=0.25 if cuda else 0.125, help="share of a batch that is new scenes")
    parser.add_argument("--workers", type=int, default=8 if cuda else 0, help="processes that lay scenes out")
    parser.add_argument("--muon-learning-rate", type=float, help="by default 0.02, and 0.001 to distil")
    parser.add_argument("--learning-rate", type=float, help="AdamW's; by default 0.001, and 0.0001 to distil")
    args = parser.parse_args()
    if args.distil and not args.start:
        parser.error("--distil needs --start")
    if not args.vae and not args.start:
        parser.error("--vae or --start is needed")
    if args.compile is None:  # for the student's loss that takes longer than a few minutes win back, if they are its own
        args.compile = cuda and (args.wait or not args.distil)
    suffix = "-distil" if args.distil else ""
    args.out = args.out or Path(__file__).parent / "runs" / f"picturebook-{args.size}{suffix}"
    args.muon_learning_rate = args.muon_learning_rate or (0.001 if args.distil else 0.02)
    args.learning_rate = args.learning_rate or (0.0001 if args.distil else 0.001)
    train(args)


if __name__ == "__main__":
    main()
