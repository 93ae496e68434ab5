"""What has to hold before a long training is worth its time: the crops, the decoder's cost, and what a page will load."""

import json
import tempfile
import unittest
from pathlib import Path

import diffusers
import torch
from diffusers import AutoencoderKL
from torch.utils.flop_counter import FlopCounterMode

import vae

DECODER = 6_000_000_000  # multiplications a picture, at most


def setUpModule():
    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()


class Stream:
    """Scenes of one pixel, numbered, as scenes.compose yields them."""

    def __init__(self, count: int):
        self.count, self.pictures = count, torch.zeros(0, 3, 1, 1)

    def __iter__(self):
        return self

    def __next__(self):
        first = int(self.pictures.max()) + 1 if len(self.pictures) else 0
        self.pictures = torch.arange(first, first + self.count).view(-1, 1, 1, 1).expand(-1, 3, 1, 1)
        return self


class CropTests(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)

    def test_crops_lie_inside_and_every_position_occurs(self):
        rows, columns = torch.meshgrid(torch.arange(7.0), torch.arange(7.0), indexing="ij")
        scenes = torch.stack([rows, columns, rows]).expand(500, -1, -1, -1)
        cut = vae.crops(scenes, 4, whole=0)
        self.assertEqual(cut.shape, (500, 3, 4, 4))
        corners = cut[:, :2, :1, :1]
        self.assertTrue(torch.equal(cut[:, :2] - corners, scenes[:, :2, :4, :4]), "not a window of the scene")
        self.assertEqual(
            {tuple(corner) for corner in corners.flatten(1).tolist()}, {(top, left) for top in range(4) for left in range(4)}
        )

    def test_whole_scenes_are_reduced_and_not_cut(self):
        scenes = torch.rand(3, 3, 8, 8)
        both = vae.crops(scenes, 4, whole=2)
        torch.testing.assert_close(both[:2], scenes[:2].unflatten(3, (4, 2)).unflatten(2, (4, 2)).mean((3, 5)))
        self.assertEqual(both.shape, (3, 3, 4, 4))

    def test_crops_as_large_as_the_scene_are_the_scene(self):
        scenes = torch.rand(4, 3, 8, 8)
        torch.testing.assert_close(vae.crops(scenes, 8, whole=2), scenes)

    def test_batches_are_full_and_of_the_last_scenes(self):
        for fresh in (0.25, 1.0):
            pool = vae.Pool(Stream(8), count=8, fresh=fresh)
            seen = set()
            for step in range(100):
                batch = pool.batch()
                self.assertEqual(len(batch), 8)
                self.assertEqual(len(batch[:, 0].unique()), 8, "a scene twice in a batch")
                seen |= set(batch[:, 0].flatten().tolist())
                drawn = 8 + 8 * int(step * fresh)
                self.assertLess(batch.max(), drawn)
                self.assertGreaterEqual(batch.min(), drawn - 8 * pool.BATCHES)
            self.assertGreater(len(seen), (0.9 if fresh < 1 else 0.6) * drawn)

    def test_bytes_stay_the_same_as_floats(self):
        values = torch.arange(256, dtype=torch.uint8)
        self.assertTrue(torch.equal(vae.to_bytes(vae.to_floats(values)), values))


class CostTests(unittest.TestCase):
    def test_decoder_costs_at_most_six_billion_multiplications(self):
        self.assertLess(vae.costs()["decoder"], DECODER)

    def test_multiplications_are_counted_as_pytorch_counts_them(self):
        for attention in (False, True):
            with torch.device("meta"):
                network = AutoencoderKL(**vae.CONFIG | {"mid_block_add_attention": attention})
                with FlopCounterMode(display=False) as counter, torch.no_grad():
                    network.decode(torch.zeros(1, 16, 16, 16))
            costs = vae.costs(mid_block_add_attention=attention)
            self.assertEqual(costs["decoder"], counter.get_total_flops() // 2)


class LossTests(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)
        self.pictures = torch.rand(2, 3, 64, 64) * 2 - 1
        self.discriminator = vae.make_discriminator()

    def test_adversarial_gradient_is_a_share_of_the_difference(self):
        reconstruction = (self.pictures + 0.1 * torch.randn_like(self.pictures)).requires_grad_()
        (usual,) = torch.autograd.grad(vae.difference(reconstruction, self.pictures), reconstruction)
        loss = vae.adversarial_loss(self.discriminator, reconstruction, self.pictures, weight=0.3)
        (gradient,) = torch.autograd.grad(loss, reconstruction)
        self.assertAlmostEqual((gradient.norm() / usual.norm()).item(), 0.3, places=4)
        before, after = (self.discriminator(reconstruction - step * gradient).mean() for step in (0, 1))
        self.assertGreater(after, before, "it does not lead to what the discriminator takes for real")

    def test_discriminator_that_cannot_tell_has_a_loss_of_two(self):
        for parameter in self.discriminator[-1].parameters():
            torch.nn.init.zeros_(parameter)
        self.assertEqual(vae.discriminator_loss(self.discriminator, self.pictures, self.pictures).item(), 2)

    def test_every_weight_learns(self):
        network = AutoencoderKL(**vae.CONFIG)
        _, losses = vae.autoencode(network, self.pictures)
        sum(losses.values()).backward()
        idle = [name for name, parameter in network.named_parameters() if parameter.grad is None or not parameter.grad.any()]
        self.assertEqual(idle, [])


class ExportTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.manual_seed(0)
        cls.scenes = torch.randint(256, (4, 3, 4, 4), dtype=torch.uint8).repeat_interleave(16, 2).repeat_interleave(16, 3)
        cls.network = AutoencoderKL(**vae.CONFIG).eval().requires_grad_(False)
        for parameter in cls.network.quant_conv.parameters():
            parameter += 0.3 * torch.randn_like(parameter)  # latents far from standardised
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory())) / "vae"
        vae.export(cls.network, cls.scenes, cls.folder)
        cls.loaded = AutoencoderKL.from_pretrained(cls.folder, dtype=torch.float32)

    def test_it_reconstructs_the_same_within_f16(self):
        pictures = vae.to_floats(self.scenes)
        with torch.no_grad():
            before, after = (network(pictures).sample for network in (self.network, self.loaded))
        self.assertLess((after - before).std(), 0.01 * before.std())

    def test_every_latent_channel_is_standardised(self):
        with torch.no_grad():
            posterior = self.loaded.encode(vae.to_floats(self.scenes)).latent_dist
            original = self.network.encode(vae.to_floats(self.scenes)).latent_dist
        std, mean = torch.std_mean(posterior.mean, (0, 2, 3))
        torch.testing.assert_close(mean, torch.zeros(16), atol=0.03, rtol=0)
        torch.testing.assert_close(std, torch.ones(16), atol=0.03, rtol=0)
        ratio = posterior.std / original.std * original.mean.std((0, 2, 3))[:, None, None]
        torch.testing.assert_close(ratio, torch.ones_like(ratio), atol=0.03, rtol=0)  # the posterior's noise is scaled alike
        self.assertEqual(self.loaded.config.scaling_factor, 1)
        self.assertIsNone(self.loaded.config.shift_factor)

    def test_the_folder_is_diffusers_own_in_f16_and_anyone_may_read_it(self):
        self.assertEqual({path.name for path in self.folder.iterdir()}, {"config.json", "diffusion_pytorch_model.safetensors"})
        self.assertEqual(json.loads((self.folder / "config.json").read_text())["_class_name"], "AutoencoderKL")
        size = sum(parameter.numel() for parameter in self.network.parameters()) * 2
        self.assertLess((self.folder / "diffusion_pytorch_model.safetensors").stat().st_size, size + 50_000)
        for path in self.folder.iterdir():
            self.assertEqual(path.stat().st_mode & 0o777, 0o644)


if __name__ == "__main__":
    unittest.main()
