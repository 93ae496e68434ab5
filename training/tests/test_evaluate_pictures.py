"""The judge of pictures, with recognisers that answer as told."""

import unittest

import torch

from evaluate_pictures import GROUPS, Wanted, captions, recognise, story_words
from frechet import frechet_distance
from recogniser import PLACES, SIZE, SUBJECTS, TIMES, Recogniser, labels
from scenes.lexicon import find, of_kind
from tests.test_scenes import layouts


class Told(torch.nn.Module):
    """Says the same subjects, first the first, and the same place and time of every picture."""

    def __init__(self, subjects: list[str], place: str, time: str):
        super().__init__()
        self.scores = torch.nn.Parameter(torch.zeros(len(SUBJECTS)))
        self.place, self.time = PLACES.index(place), TIMES.index(time)
        with torch.no_grad():
            for rank, name in enumerate(subjects):
                self.scores[SUBJECTS.index(name)] = 10 - rank

    def forward(self, pictures):
        count = len(pictures)
        one_hot = lambda index, length: torch.eye(length)[index].expand(count, -1)  # noqa: E731
        return self.scores.expand(count, -1), one_hot(self.place, len(PLACES)), one_hot(self.time, len(TIMES))


class Laid:
    """What `captions` needs of scenes."""

    def __init__(self):
        self.layouts = layouts()


class Judging(unittest.TestCase):
    def judge(self, told: Told, *wanted: Wanted) -> dict:
        return recognise(told, torch.zeros(len(wanted), 3, SIZE, SIZE, dtype=torch.uint8), list(wanted))

    def test_a_subject_is_found_if_it_comes_first(self):
        told = Told(["fox", "owl"], "forest", "night")
        fox = Wanted("one subject", "a fox in the forest at night", ["fox"], "forest", "night")
        owl = Wanted("one subject", "an owl in the snow", ["owl"], "snow", None)
        figures = self.judge(told, fox, owl)["one subject"]
        self.assertEqual({"subject": 0.5, "place": 0.5, "time": 1.0}, figures)

    def test_two_are_found_if_they_are_the_first_two_in_any_order(self):
        wanted = [Wanted("two subjects", "", pair, None, None) for pair in (["owl", "fox"], ["fox", "owl"], ["fox", "cat"])]
        figures = self.judge(Told(["fox", "owl", "cat"], "forest", "day"), *wanted)["two subjects"]
        self.assertAlmostEqual(2 / 3, figures["both"])
        self.assertEqual(1.0, figures["subject"])

    def test_the_captions_are_shared_out_to_the_groups_and_name_what_they_want(self):
        wanted = captions(Laid(), 200)
        for group, share in GROUPS.items():
            self.assertEqual(round(200 * share), sum(each.group == group for each in wanted))
        for each in wanted:
            named = {entry.name for entry in find(each.caption)}
            self.assertLessEqual(set(each.subjects), named, each)
        self.assertEqual(wanted, captions(Laid(), 200))

    def test_story_words_are_not_the_subjects_own_name(self):
        import random

        rng, other = random.Random(3), 0
        drawer = layouts()
        for _ in range(100):
            layout = drawer.draw(rng, count=1)
            text = story_words(layout, rng)
            name = layout.items[0].subject
            other += not text.startswith((f"a {name} ", f"an {name} ", f"the {name} "))
            self.assertIn(name, [entry.name for entry in find(text)], text)
        self.assertGreater(other, 90)


class Distance(unittest.TestCase):
    def test_the_same_features_are_no_distance_apart(self):
        features = torch.randn(500, 6, dtype=torch.double)
        self.assertAlmostEqual(0, frechet_distance(features, features), places=6)

    def test_it_is_that_of_the_normal_distributions(self):
        torch.manual_seed(0)
        first, second = torch.randn(200_000, 3, dtype=torch.double), 2 * torch.randn(200_000, 3, dtype=torch.double) + 1
        self.assertAlmostEqual(3 * 1**2 + 3 * (2 - 1) ** 2, frechet_distance(first, second), delta=0.06)


class Recognising(unittest.TestCase):
    def test_labels_share_one_between_the_subjects_and_leave_out_times_that_do_not_show(self):
        import random
        import types

        drawn = types.SimpleNamespace(layouts=[layouts().draw(random.Random(seed)) for seed in range(40)])
        subjects, places, times = labels(drawn)
        self.assertTrue(torch.allclose(subjects.sum(1), torch.ones(40)))
        for row, layout in enumerate(drawn.layouts):
            self.assertEqual({item.subject for item in layout.items}, {SUBJECTS[i] for i in subjects[row].nonzero().flatten()})
            self.assertEqual(layout.place, PLACES[places[row]])
            self.assertEqual(bool(times[row] >= 0), layout.shows_time)

    def test_a_picture_of_any_size_gets_scores_of_every_subject_place_and_time(self):
        model = Recogniser().eval()
        for size in (128, 256):
            shapes = [tuple(output.shape) for output in model(torch.zeros(2, 3, size, size))]
            self.assertEqual([(2, len(of_kind("subject"))), (2, len(of_kind("place")) + 1), (2, len(of_kind("time")))], shapes)


if __name__ == "__main__":
    unittest.main()
