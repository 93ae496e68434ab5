"""What has to hold before a long training is worth its time: the vocabulary, the sizes, and what the pipeline will run."""

import argparse
import itertools
import json
import random
import tempfile
import unittest
from pathlib import Path
from typing import Iterator

import diffusers
import torch
import transformers
from diffusers import AutoencoderKL, StableDiffusionPipeline
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import rescale_noise_cfg
from transformers import CLIPTokenizer

import picturebook
import recipe
import vae
from scenes.captions import caption
from scenes.compose import FOLDER
from scenes.layouts import Layouts

CAPTIONS = [
    "A small fox sits on the left of a red house, and a tall tree stands on the right, at night.",
    "three yellow ducks on a pond under a rainbow",
    "The dragon's tower by the sea: it isn't raining, but the sky is grey!",
]
TINY_TEXT = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, projection_dim=32)
TINY_UNET = picturebook.UNET | dict(
    in_channels=4, out_channels=4, cross_attention_dim=32, sample_size=4,
    block_out_channels=(32, 32), attention_head_dim=(1, 2), norm_num_groups=8,
)  # fmt: skip


def setUpModule():
    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()


def make_tokenizer() -> CLIPTokenizer:
    return picturebook.train_tokenizer(CAPTIONS * 3, size=700)


def make_pipeline(
    tokenizer: CLIPTokenizer, scheduler=picturebook.SAMPLER
) -> tuple[picturebook.Painter, StableDiffusionPipeline]:
    torch.manual_seed(0)
    painter = picturebook.make_painter(TINY_TEXT, TINY_UNET, len(tokenizer)).eval()
    blocks = dict(down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2)
    autoencoder = AutoencoderKL(**blocks, block_out_channels=(8, 8), norm_num_groups=4, scaling_factor=0.7).eval()
    return painter, picturebook.pipeline(painter, autoencoder, tokenizer, picturebook.SAMPLER)


class TokenizerTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tokenizer = make_tokenizer()

    def test_words_come_back(self):
        ids = self.tokenizer("three yellow ducks on a pond under a rainbow").input_ids
        self.assertEqual(self.tokenizer.decode(ids, skip_special_tokens=True), "three yellow ducks on a pond under a rainbow")
        self.assertEqual(len(ids), 2 + 9)  # the words of the corpus are one token each

    def test_any_text_has_tokens(self):
        ids = self.tokenizer("Zebra 🦓 überqueren 42").input_ids
        self.assertEqual(self.tokenizer.decode(ids, skip_special_tokens=True), "zebra 🦓 überqueren 4 2")

    def test_vocabulary_is_in_the_order_of_clip(self):
        names = self.tokenizer.convert_ids_to_tokens(range(len(self.tokenizer)))
        self.assertEqual(names[256:512], [name + "</w>" for name in names[:256]])
        self.assertEqual(names[-2:], ["<|startoftext|>", "<|endoftext|>"])
        self.assertLessEqual(len(names), 700)

    def test_captions_come_before_tales(self):
        with tempfile.TemporaryDirectory() as folder:
            tale = Path(folder, "tale.txt")
            tale.write_text("once upon a time there was a miller who had three sons\n" * 1000)
            tokenizer = picturebook.tokenizer_of(CAPTIONS, [tale])
        measures = picturebook.measure(tokenizer, CAPTIONS)
        self.assertEqual((measures["longest"], measures["words"], measures["whole"]), (26, 36, 36))
        self.assertEqual(len(tokenizer("a miller").input_ids), 4)

    @unittest.skipUnless((FOLDER / "index.json").exists(), "scenes are not prepared")
    def test_captions_of_scenes_fit_and_have_a_token_for_each_word(self):
        rng, layouts = random.Random(0), Layouts(FOLDER)
        captions = [caption(layouts.draw(rng), rng) for _ in range(4000)]
        measures = picturebook.measure(picturebook.tokenizer_of(captions, []), captions)
        self.assertLessEqual(measures["longest"], picturebook.LENGTH)
        self.assertEqual(measures["whole"], measures["words"])

    def test_saved_files_are_read_alike(self):
        with tempfile.TemporaryDirectory() as folder:
            picturebook.save_tokenizer(self.tokenizer, Path(folder))
            names = {path.name for path in Path(folder).iterdir()}
            self.assertEqual(names, {"vocab.json", "merges.txt", "tokenizer_config.json"})
            again = CLIPTokenizer.from_pretrained(folder)
        self.assertEqual(again.model_max_length, picturebook.LENGTH)
        self.assertTrue(torch.equal(picturebook.tokens(again, CAPTIONS), picturebook.tokens(self.tokenizer, CAPTIONS)))

    def test_words_are_taken_from_text_and_from_lines_of_json(self):
        with tempfile.TemporaryDirectory() as folder:
            text, lines = Path(folder, "tales.txt"), Path(folder, "tales.jsonl")
            text.write_text("a fox\na hen\n")
            lines.write_text('{"title": "a fox", "pages": ["a hen", {"text": "an egg"}], "year": 3}\n"the end"\n')
            self.assertEqual([line.strip() for line in picturebook.texts_of(text)], ["a fox", "a hen"])
            self.assertEqual(list(picturebook.texts_of(lines)), ["a fox", "a hen", "an egg", "the end"])


class SizeTests(unittest.TestCase):
    def test_full_size_stays_below_sixty_megabytes(self):
        costs = picturebook.costs("full")
        with torch.device("meta"):
            autoencoder = sum(parameter.numel() for parameter in AutoencoderKL(**vae.CONFIG).parameters())
        names_and_vocabulary = 300_000
        self.assertLess((costs["parameters"] + autoencoder) * 2 + names_and_vocabulary, 60e6)
        self.assertTrue(1.5e9 < costs["unet"] < 2.7e9, costs)

    def test_small_size_is_for_two_cores(self):
        costs = picturebook.costs("small")
        self.assertLess(costs["parameters"], 16_000_000)
        self.assertLess(costs["unet"], 0.35e9, costs)

    def test_heads_have_32_channels(self):
        for size, config in picturebook.SIZES.items():
            for channels, heads in zip(config["block_out_channels"], config["attention_head_dim"]):
                self.assertEqual(channels, 32 * heads, size)


class PipelineTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tokenizer = make_tokenizer()

    def draw(self, pipeline: StableDiffusionPipeline, **options) -> torch.Tensor:
        generator = torch.Generator().manual_seed(1)
        return pipeline(CAPTIONS[1:], generator=generator, output_type="pt", **options).images

    def test_empty_captions_are_what_guidance_uses(self):
        painter, pipeline = make_pipeline(self.tokenizer)
        seen = []

        def look(_, arguments, named):
            seen.append(arguments[0])
            self.assertIsNone(named.get("attention_mask"))

        painter.text_encoder.register_forward_pre_hook(look, with_kwargs=True)
        self.draw(pipeline, num_inference_steps=2, guidance_scale=3.0)
        for ids, captions in zip(seen, (CAPTIONS[1:], ["", ""]), strict=True):
            self.assertTrue(torch.equal(ids, picturebook.tokens(self.tokenizer, captions)))

    def test_exported_folder_draws_the_same(self):
        for scale in (3.0, 1.0):
            call = dict(num_inference_steps=4, guidance_scale=scale)
            _, pipeline = make_pipeline(self.tokenizer)
            before = self.draw(pipeline, **call)
            with tempfile.TemporaryDirectory() as parent:
                folder = Path(parent, "picturebook")
                size = picturebook.export(pipeline, folder, call)
                self.assertEqual(size, sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()))
                for weights in folder.rglob("*.safetensors"):
                    self.assertEqual(weights.stat().st_mode & 0o777, 0o644)
                painter, autoencoder, tokenizer = picturebook.load(folder)
                loaded = StableDiffusionPipeline.from_pretrained(folder, dtype=torch.float32)
                index = json.loads((folder / "model_index.json").read_text())
                self.assertEqual({key: index[key] for key in call}, call)
                self.assertEqual(type(loaded.scheduler), type(picturebook.SAMPLER))
            loaded.set_progress_bar_config(disable=True)
            again = picturebook.pipeline(painter, autoencoder, tokenizer, picturebook.SAMPLER)
            for after in (self.draw(loaded, **call), self.draw(again, **call)):
                torch.testing.assert_close(after, before, atol=0.02, rtol=0)

    def test_networks_in_memory_stay_in_f32(self):
        painter, pipeline = make_pipeline(self.tokenizer)
        with tempfile.TemporaryDirectory() as folder:
            picturebook.export(pipeline, Path(folder, "picturebook"), {})
        self.assertEqual({parameter.dtype for parameter in painter.parameters()}, {torch.float32})


class TrainingTests(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(2)
        self.tokenizer = make_tokenizer()
        self.painter = picturebook.make_painter(TINY_TEXT, TINY_UNET, len(self.tokenizer))
        self.nothing = picturebook.tokens(self.tokenizer, [""])
        self.clean = torch.randn(8, 4, 4, 4)
        self.ids = picturebook.tokens(self.tokenizer, CAPTIONS[:2] * 4)

    def test_student_learns_what_the_pipeline_makes_of_two_evaluations(self):
        teacher = self.painter.unet.eval().requires_grad_(False)
        objective = picturebook.GuidanceDistillation(teacher, self.nothing, guidance_scale=2.0)
        states, nothing = self.painter.encode(self.ids).detach(), self.painter.encode(self.nothing).detach()
        for timestep in (999, 499, 19):
            timesteps = torch.full((8,), timestep)
            with_text = teacher(self.clean, timesteps, states).sample
            without = teacher(self.clean, timesteps, nothing.expand_as(states)).sample
            expected = rescale_noise_cfg(2 * with_text - without, with_text, picturebook.GUIDANCE_RESCALE)
            torch.testing.assert_close(objective.guided(self.clean, timesteps, states, nothing), expected, atol=1e-5, rtol=1e-4)

    def test_distillation_trains_the_unet_alone(self):
        self.painter.text_encoder.requires_grad_(False)
        objective = picturebook.GuidanceDistillation(self.painter.unet, self.nothing, guidance_scale=2.0)
        loss, reported = objective(self.painter, self.clean, self.ids)
        loss.backward()
        self.assertTrue(loss.isfinite() and reported.isfinite())
        self.assertTrue(all(parameter.grad is not None for parameter in self.painter.unet.parameters()))
        self.assertTrue(all(parameter.grad is None for parameter in self.painter.text_encoder.parameters()))

    def test_usual_losses_follow_the_losses(self):
        objective = picturebook.Denoising(self.nothing)
        before = objective.usual.losses.clone()
        loss, reported = objective(self.painter, self.clean, self.ids)
        loss.backward()
        self.assertFalse(torch.equal(objective.usual.losses, before))
        self.assertEqual(list(objective.state_dict()), ["usual.losses"])
        self.assertIsNotNone(self.painter.text_encoder.embeddings.token_embedding.weight.grad)

    def test_every_weight_has_one_optimiser_in_an_order_that_a_checkpoint_can_rely_on(self):
        args = argparse.Namespace(learning_rate=1e-3, muon_learning_rate=0.02)
        muon, adam = picturebook.optimisers(self.painter, args)
        matrices, others = (optimiser.param_groups[0]["params"] for optimiser in (muon, adam))
        self.assertEqual(len(matrices) + len(others), len(list(self.painter.parameters())))
        self.assertTrue(all(matrix.dim() > 1 for matrix in matrices))
        order = [id(parameter) for parameter in self.painter.parameters()]
        places = [order.index(id(matrix)) for matrix in matrices]
        self.assertEqual(places, sorted(places))
        self.assertIn(id(self.painter.unet.conv_in.weight), map(id, others))
        self.assertIn(id(self.painter.text_encoder.embeddings.token_embedding.weight), map(id, others))

    def test_timesteps_are_spread_evenly(self):
        places = recipe.spread(64, "cpu")
        self.assertEqual((places * 64).long().tolist(), list(range(64)))


class PoolTests(unittest.TestCase):
    def setUp(self):
        self.counts = []

    def stream(self, count: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        for number in itertools.count(1):
            self.counts.append(count)
            yield torch.full((count, 1, 2, 2), float(number)), torch.full((count, 3), number)

    def test_all_are_new_when_asked_for(self):
        pool = picturebook.Pool(self.stream, 7, fresh=1.0)
        pool.batch()
        _, ids = pool.batch()
        self.assertEqual((self.counts, ids[0, 0]), ([7, 7], 2))

    def test_a_share_is_new(self):
        pool = picturebook.Pool(self.stream, 128, fresh=0.25)
        for _ in range(9):
            latents, ids = pool.batch()
        self.assertEqual(pool.drawn, pool.FIRST + 8 * 32)
        self.assertEqual((len(latents), latents.dtype), (128, torch.float32))
        self.assertTrue(torch.equal(latents[:, 0, 0, 0].long(), ids[:, 0]))  # a scene keeps its caption

    def test_the_oldest_make_room(self):
        pool = picturebook.Pool(self.stream, 128, fresh=0.5)
        pool.FIRST, pool.CAPACITY = 256, 256
        for _ in range(3):
            pool.batch()
        self.assertEqual(sorted(set(pool.ids[:, 0].tolist())), [2, 3])


if __name__ == "__main__":
    unittest.main()
