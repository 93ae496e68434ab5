"""What the recipes share: the clock, checkpoints, the average, noise levels, pieces."""

import io
import tarfile
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import torch

import recipe


class Clock:
    """A time that only `sleep` moves."""

    def __init__(self):
        self.now = 1000.0

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Runs(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.clock = Clock()
        patch = mock.patch.object(recipe, "time", self.clock)
        patch.start()
        self.addCleanup(patch.stop)

    def args(self, *more: str):
        args = recipe.arguments("", "test", minutes=1).parse_args(["--out", self.folder.name, *more])
        recipe.prepare(args)
        return args

    def train(self, seconds: float, *more: str, model=None) -> recipe.Run:
        """A run whose steps take so many seconds, and add 1 to a weight each."""
        model = model or torch.nn.Linear(1, 1)
        run = recipe.Run(self.args(*more), "cpu", model=model)
        for _ in run.steps():
            with torch.no_grad():
                model.weight += 1
            self.clock.sleep(seconds)
            run.record(pictures=4, loss=torch.tensor(1.0, requires_grad=True))
        return run

    def test_a_run_ends_when_its_minutes_are_over(self):
        run = self.train(10.0)
        self.assertEqual(6, len(run.history))
        self.assertEqual(60, run.elapsed)
        self.assertEqual(24, run.history[-1]["pictures"])

    def test_a_later_run_goes_on_from_the_checkpoint(self):
        model = torch.nn.Linear(1, 1)
        self.train(10.0, model=model)
        self.clock.sleep(5000)  # the gap does not count
        again = torch.nn.Linear(1, 1)
        run = self.train(10.0, "--minutes", "1.5", model=again)
        self.assertEqual(9, len(run.history))
        self.assertAlmostEqual(model.weight.item() + 3, again.weight.item(), places=5)

    def test_checkpoints_come_every_few_minutes_and_at_the_end(self):
        model, saves = torch.nn.Linear(1, 1), []
        run = recipe.Run(self.args("--minutes", "5", "--save-every", "2"), "cpu", model=model)
        run.on_save = lambda: saves.append(run.elapsed)
        for _ in run.steps():
            self.clock.sleep(30)
            run.record(loss=1.0)
        self.assertEqual([150, 300], saves)
        self.assertTrue((Path(self.folder.name) / "loss.png").exists())

    def test_without_a_checkpoint_there_is_nothing_to_export(self):
        with self.assertRaisesRegex(SystemExit, "nothing to export"):
            recipe.Run(self.args("--export-only"), "cpu")

    def test_the_rate_warms_up_and_falls_to_zero(self):
        run = recipe.Run(self.args(), "cpu")
        rates = []
        for _ in run.steps():
            rates.append(run.rate(warm_up=10))
            self.clock.sleep(1)
            run.record(loss=1.0)
        self.assertEqual([0.1, 0.2, 0.3], [round(rate, 6) for rate in rates[:3]])
        self.assertEqual(1.0, max(rates))
        self.assertLess(rates[-1], 0.03)
        self.assertEqual(rates[20:], sorted(rates[20:], reverse=True))


class Parts(unittest.TestCase):
    def test_the_average_of_what_stays_is_that(self):
        model = torch.nn.Linear(2, 2)
        average = recipe.Average(torch.nn.Linear(2, 2))
        for step in range(200):
            average.update(model, step)
        self.assertTrue(torch.allclose(average.module.weight, model.weight, atol=1e-4))

    def test_levels_count_alike_whatever_their_losses_are(self):
        usual = recipe.UsualLosses(4)
        for _ in range(2000):
            fractions = recipe.spread(64, "cpu")
            weighted = usual.weighted(1 + 99 * (fractions >= 0.5), fractions)
        by_level = [weighted[(fractions * 4).long() == level].mean().item() for level in range(4)]
        for mean in by_level:
            self.assertAlmostEqual(1, mean, delta=0.02)

    def test_fractions_are_spread_evenly_and_below_one(self):
        fractions = recipe.spread(100, "cpu")
        self.assertEqual(list(range(100)), (fractions * 100).long().tolist())
        with mock.patch("torch.rand", lambda count, device: torch.full((count,), 1 - 2**-25)):
            self.assertLess(recipe.spread(3, "cpu").max().item(), 1)

    def test_pieces_put_together_are_the_folder(self):
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "model"
            (folder / "unet").mkdir(parents=True)
            content = torch.randint(256, (50_000,), dtype=torch.uint8).numpy().tobytes()
            (folder / "unet" / "weights").write_bytes(content)
            with mock.patch.object(recipe, "PIECE", 10_000):
                pieces = recipe.write_pieces(folder, Path(temporary) / "out")
            self.assertGreater(len(pieces), 5)
            self.assertTrue(all(piece.stat().st_size <= 10_000 for piece in pieces))
            joined = b"".join(piece.read_bytes() for piece in sorted(pieces))
            with tarfile.open(fileobj=io.BytesIO(joined)) as tar:
                self.assertEqual(content, tar.extractfile("model/unet/weights").read())


if __name__ == "__main__":
    unittest.main()
