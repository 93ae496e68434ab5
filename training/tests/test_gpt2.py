"""What each token of a tale counts for."""

import random
import unittest
from pathlib import Path

import torch
from tokenizers import Tokenizer

import gpt2

TOKENIZER = Path(__file__).parents[2] / "models" / "gpt2-stories" / "tokenizer.json"


class NameWeights(unittest.TestCase):
    def test_a_name_counts_more_from_the_second_time_on(self):
        text = "A fox named Razora met Tim. \"Timid?\" asked Razora. Tim's tail said no."
        encoding = Tokenizer.from_file(str(TOKENIZER)).encode(text)
        weights = gpt2.name_weights(text, ["Razora", "Tim"], encoding.offsets)
        heavy = "".join(text[start:end] for (start, end), weight in zip(encoding.offsets, weights) if weight > 1)
        self.assertEqual(heavy, " Razora Tim")

    def test_windows_have_the_weights_of_their_tokens(self):
        row = gpt2.Row()
        row.add([5, 6, 7, 6], [1, 1, 1, 3])
        row.add([8, 9] * 10)
        train = {kind: row.tensors() for kind in gpt2.MIX}
        tokens, weights = gpt2.draw_windows(train, 50, 4, gpt2.shares_at(0.5), random.Random(0))
        self.assertEqual(tokens.shape, weights.shape)
        first = (tokens == torch.tensor([0, 5, 6, 7, 6])).all(1)
        self.assertTrue(first.any())
        self.assertEqual(weights[first][0].tolist(), [1, 1, 1, 1, 3])
        self.assertTrue((weights[tokens >= 8] == 1).all())

    def test_the_tales_share_can_be_given_and_the_rest_shrinks_alike(self):
        usual, given = gpt2.shares_at(0.5), gpt2.shares_at(0.5, of_tales=0.8)
        self.assertAlmostEqual(sum(given.values()), 1)
        self.assertEqual(given["tales"], 0.8)
        self.assertAlmostEqual(given["fairy"] / given["other"], usual["fairy"] / usual["other"])


if __name__ == "__main__":
    unittest.main()
