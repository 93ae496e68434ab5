"""That the recipe of the digit autoencoders computes what it says, and that the folder that ships is one of its own."""

import itertools
import json
import math
import tempfile
import unittest
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch.distributions import Bernoulli, Normal, kl_divergence

import vae_mnist

SHIPPED = Path(__file__).parents[2] / "models" / "vae-mnist"
MEGABYTE = 1e6
TINY = {  # four pixels
    "model_type": "vae",
    "image_size": 2,
    "num_channels": 1,
    "pixel_range": [0, 1],
    "latent_dim": 2,
    "encoder_hidden_sizes": [8],
    "decoder_hidden_sizes": [8],
    "activation": "silu",
    "beta": 1,
}


def tiny_network() -> vae_mnist.VAE:
    """With weights that make its bound differ from its likelihood."""
    torch.manual_seed(0)
    network = vae_mnist.VAE(TINY).requires_grad_(False)
    for parameter in network.parameters():
        parameter.mul_(3)
    return network


def log_likelihood(network: vae_mnist.VAE, pictures: torch.Tensor, draws: int) -> torch.Tensor:
    """By importance sampling: the log of the mean of p(x|z) p(z) / q(z|x) over latents z of q(z|x), in nats, `[batch]`."""
    mean, logvar = network.encode(pictures)
    posterior, prior = Normal(mean, torch.exp(logvar / 2)), Normal(0.0, 1.0)
    latents = posterior.sample((draws,))
    pixels = Bernoulli(network.decode(latents.flatten(0, 1))).log_prob(pictures.repeat(draws, 1)).sum(1).view(draws, -1)
    weights = pixels + (prior.log_prob(latents) - posterior.log_prob(latents)).sum(2)
    return weights.logsumexp(0) - math.log(draws)


class BoundTests(unittest.TestCase):
    def test_the_divergence_is_that_of_torch_distributions(self):
        torch.manual_seed(0)
        mean, logvar = torch.randn(5, 3), torch.randn(5, 3)
        expected = kl_divergence(Normal(mean, torch.exp(logvar / 2)), Normal(0.0, 1.0)).sum(1)
        torch.testing.assert_close(vae_mnist.kl_divergence(mean, logvar), expected)

    def test_reparameterised_draws_have_the_mean_and_the_variance(self):
        torch.manual_seed(0)
        mean, logvar = torch.tensor([[1.0, -2.0]]), torch.tensor([[-2.0, 1.0]])
        draws = vae_mnist.reparameterised(mean.expand(100_000, 2), logvar.expand(100_000, 2))
        torch.testing.assert_close(draws.mean(0), mean[0], atol=0.02, rtol=0)
        torch.testing.assert_close(draws.var(0), logvar[0].exp(), atol=0, rtol=0.02)

    def test_the_bound_is_below_the_likelihood_and_the_likelihoods_of_all_pictures_are_one(self):
        network = tiny_network()
        pictures = torch.tensor(list(itertools.product((0.0, 1.0), repeat=4)))
        likelihoods = log_likelihood(network, pictures, draws=20_000)
        self.assertAlmostEqual(likelihoods.exp().sum().item(), 1, delta=0.02)
        bounds = -torch.stack([sum(network(pictures)) for _ in range(2_000)]).mean(0)
        self.assertTrue((bounds < likelihoods).all(), f"{bounds} is not below {likelihoods}")

    def test_the_reconstruction_is_the_cross_entropy_of_what_the_decoder_draws(self):
        network, pictures = tiny_network(), torch.rand(6, 4)
        torch.manual_seed(1)
        reconstruction, _ = network(pictures)
        torch.manual_seed(1)
        drawn = network.decode(vae_mnist.reparameterised(*network.encode(pictures)))
        expected = -(pictures * drawn.log() + (1 - pictures) * (1 - drawn).log()).sum(1)
        torch.testing.assert_close(reconstruction, expected)

    def test_a_latent_is_active_if_its_mean_varies(self):
        network = tiny_network()
        network.encoder[-1].weight[1] = 0  # the second latent's mean
        self.assertEqual(vae_mnist.measures(network, torch.rand(50, 4), draws=1)["active"], 1)


class ExportTests(unittest.TestCase):
    def test_an_exported_folder_loads_and_decodes_the_same_within_f16(self):
        torch.manual_seed(0)
        networks = torch.nn.ModuleList(vae_mnist.VAE(config) for config in vae_mnist.CONFIGS.values())
        with tempfile.TemporaryDirectory() as folder:
            vae_mnist.export(Path(folder), networks)
            loaded = vae_mnist.load_all(Path(folder))
        self.assertEqual(list(loaded), list(vae_mnist.CONFIGS))
        for network, again in zip(networks, loaded.values()):
            latents = vae_mnist.prior(10, network)
            with torch.no_grad():
                torch.testing.assert_close(again.decode(latents), network.decode(latents), atol=1e-3, rtol=0)
            self.assertEqual(again.beta, network.beta)


class ShippedFolderTests(unittest.TestCase):
    def test_every_config_is_the_recipes(self):
        for name, config in vae_mnist.CONFIGS.items():
            self.assertEqual(json.loads((vae_mnist.subfolder(SHIPPED, name) / "config.json").read_text()), config, name)

    def test_the_weights_fit_their_config_and_are_f16(self):
        for name, config in vae_mnist.CONFIGS.items():
            tensors = load_file(vae_mnist.subfolder(SHIPPED, name) / "model.safetensors")
            expected = {key: value.shape for key, value in vae_mnist.VAE(config).state_dict().items()}
            self.assertEqual({key: value.shape for key, value in tensors.items()}, expected, name)
            self.assertEqual({value.dtype for value in tensors.values()}, {torch.float16}, name)

    def test_the_folder_is_no_larger_than_three_megabytes(self):
        files = [path for path in SHIPPED.rglob("*") if path.is_file()]
        self.assertLessEqual(sum(path.stat().st_size for path in files), 3 * MEGABYTE)

    def test_digits_of_the_prior_are_white_on_black(self):
        for name, network in vae_mnist.load_all(SHIPPED).items():
            with torch.no_grad():
                digits = network.decode(vae_mnist.prior(100, network)).view(-1, 28, 28)
            self.assertTrue(0.05 < digits.mean() < 0.25, name)
            self.assertLess(digits[:, 0].max(), 0.2, name)  # the topmost row is empty


if __name__ == "__main__":
    unittest.main()
