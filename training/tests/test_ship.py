"""The lexicon that ships is the one that captions are made of."""

import tempfile
import unittest
from pathlib import Path

from scenes.ship import ship

SHIPPED = Path(__file__).parents[2] / "models" / "picturebook" / "lexicon.json"


class Shipped(unittest.TestCase):
    def test_it_is_made_of_these_words(self):
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "lexicon.json"
            ship(made)
            self.assertEqual(made.read_text(encoding="utf-8"), SHIPPED.read_text(encoding="utf-8"))


if __name__ == "__main__":
    unittest.main()
