"""Captions, layouts and the lexicon, without drawings: the standard library is enough."""

import json
import random
import tempfile
import unittest
from pathlib import Path

from scenes.captions import caption
from scenes.layouts import MARGIN, SIZE, Layouts, held_out
from scenes.lexicon import article, entries, find, of_kind

SCENES = 4000


def layouts() -> Layouts:
    """Layouts over an index of square sprites and flat backgrounds, one a place and time."""
    sprites = [[name, colour, 248, 248] for name in of_kind("subject") for colour in ("", "blue")]
    timeless = {"space": ("night",), "moon": ("night",), "mars": ("day",), "underwater": ("day",)}
    grounds = {"sea": 196, "sky": 190, "space": 190}
    backgrounds = [["plain", "day", False, "pink", [200] * SIZE]]
    for place in of_kind("place"):
        for time in timeless.get(place, of_kind("time")):
            backgrounds += [[place, time, body, "", [grounds.get(place, 220)] * SIZE] for body in (True, False)]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "index.json").write_text(json.dumps({"sprites": sprites, "backgrounds": backgrounds}))
        return Layouts(Path(folder))


class Captions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.layouts, rng = layouts(), random.Random(0)
        cls.drawn = [cls.layouts.draw(rng) for _ in range(SCENES)]
        cls.captions = [caption(layout, rng) for layout in cls.drawn]

    def test_a_caption_never_names_what_is_not_in_the_picture(self):
        for layout, text in zip(self.drawn, self.captions):
            there = {item.subject for item in layout.items} | {layout.place, layout.time}
            named = {entry.name for entry in find(text)}
            self.assertLessEqual(named, there, text)

    def test_a_caption_names_every_subject(self):
        for layout, text in zip(self.drawn, self.captions):
            named = {entry.name for entry in find(text)}
            self.assertLessEqual({item.subject for item in layout.items}, named, text)

    def test_a_size_or_colour_is_said_only_of_what_has_it(self):
        adjectives = of_kind("adjective")
        for layout, text in zip(self.drawn, self.captions):
            sizes = {item.size for item in layout.items}
            for size in ("small", "big"):
                if size not in sizes:
                    said = [word for word in adjectives[size].en[:4] if f" {word} " in f" {text} "]
                    names = " ".join(
                        name
                        for item in layout.items
                        for name in (*of_kind("subject")[item.subject].en, *of_kind("subject")[item.subject].near)
                    )
                    self.assertFalse(
                        [
                            word
                            for word in said
                            if word not in names
                            and word not in " ".join(of_kind("place")[layout.place].phrases if layout.place != "plain" else ())
                        ],
                        text,
                    )
            for item in layout.items:
                if item.colour and not layout.style:
                    self.assertIn(item.colour, text)

    def test_a_pencil_drawing_has_no_colours_and_no_time(self):
        for layout, text in zip(self.drawn, self.captions):
            if layout.style:
                for phrase in of_kind("place")[layout.place].phrases:  # a green hill is still called so
                    text = text.replace(phrase, "")
                self.assertNotIn(" blue ", text)
                self.assertFalse([entry for entry in find(text) if entry.kind == "time"], text)

    def test_the_article_fits_the_word(self):
        self.assertEqual(
            ["an owl", "a unicorn", "an hourglass", "a ufo"],
            [article(word) for word in ("owl", "unicorn", "hourglass", "ufo")],
        )
        for text in self.captions:
            self.assertNotRegex(text, r"\ba (?!one)[aeio]|\ban [bcdfgjklmnpqrstvwxyz]|\ba a\b|  ")

    def test_captions_of_a_layout_differ(self):
        layout = next(layout for layout in self.drawn if len(layout.items) == 2)
        self.assertGreater(len({caption(layout, random.Random(seed)) for seed in range(50)}), 25)


class Arrangement(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.layouts, rng = layouts(), random.Random(1)
        cls.drawn = [cls.layouts.draw(rng) for _ in range(SCENES)]

    def test_every_item_is_whole_in_the_picture(self):
        for layout in self.drawn:
            left, top, width = layout.crop
            self.assertTrue(0 <= left and 0 <= top and left + width <= SIZE + 1e-6 and top + width <= SIZE + 1e-6)
            for item in layout.items:
                x0, y0, x1, y1 = item.box
                self.assertGreaterEqual(min(x0 - left, y0 - top, left + width - x1, top + width - y1), MARGIN - 1e-6, layout)

    def test_everybody_is_where_they_live(self):
        for layout in self.drawn:
            for item in layout.items:
                self.assertIn(layout.place, (*of_kind("subject")[item.subject].lives, "plain"))

    def test_pairs_that_are_held_out_are_never_in_training(self):
        for layout in self.drawn:
            self.assertFalse(
                [item.subject for item in layout.items if layout.place != "plain" and held_out(item.subject, layout.place)]
            )
        rng = random.Random(2)
        for _ in range(200):
            layout = self.layouts.draw(rng, "held_out")
            self.assertTrue(held_out(layout.items[0].subject, layout.place))

    def test_a_size_that_is_said_shows(self):
        for layout in self.drawn:
            for item in layout.items:
                self.assertTrue(item.shows_its_size, item)
            bigs, smalls = ([item.height for item in layout.items if item.size == size] for size in ("big", "small"))
            self.assertFalse(bigs and smalls and min(bigs) < max(smalls), layout)

    def test_every_subject_has_a_place_in_training(self):
        for name, entry in of_kind("subject").items():
            self.assertFalse(all(held_out(name, place) for place in entry.lives), name)

    def test_places_and_relations_are_not_rare(self):
        for place in of_kind("place"):
            self.assertGreater(sum(layout.place == place for layout in self.drawn), SCENES / 60, place)
        for relation in ("in front of", "behind", "above", "on", "holding", "riding"):
            self.assertGreater(sum(layout.relation == relation for layout in self.drawn), SCENES / 200, relation)

    def test_every_place_time_and_relation_occurs_and_nobody_is_there_twice(self):
        self.assertEqual({layout.place for layout in self.drawn}, {*of_kind("place"), "plain"})
        self.assertEqual({layout.time for layout in self.drawn}, set(of_kind("time")))
        relations = {layout.relation for layout in self.drawn}
        self.assertLessEqual({"with", "beside", "in front of", "behind", "above", "on", "holding", "riding"}, relations)
        for layout in self.drawn:
            self.assertEqual(len({item.subject for item in layout.items}), len(layout.items))

    def test_sun_and_moon_keep_their_times(self):
        for layout in self.drawn:
            names = {item.subject for item in layout.items}
            if names & {"sun", "smiling sun"} and layout.place not in ("plain", "space"):
                self.assertIn(layout.time, ("day", "morning", "sunset"))
            if names & {"moon", "crescent moon"} and layout.place not in ("plain", "space"):
                self.assertIn(layout.time, ("dusk", "night"))

    def test_the_same_seed_gives_the_same_scene(self):
        first, second = (self.layouts.draw(random.Random(7)) for _ in range(2))
        self.assertEqual(first, second)


class Lexicon(unittest.TestCase):
    def test_a_word_stands_for_one_thing(self):
        seen: dict[str, str] = {}
        for entry in entries():
            if entry.kind in ("subject", "place", "time"):
                for word in entry.en:
                    self.assertFalse(word in seen, f"{word}: {entry.name} and {seen.get(word)}")
                    seen[word] = entry.name

    def test_a_chinese_word_stands_for_one_thing(self):
        seen: dict[str, str] = {}
        for entry in entries():
            if entry.kind == "subject":
                self.assertTrue(entry.zh, entry.name)
                for word in entry.zh:
                    self.assertFalse(word in seen, f"{word}: {entry.name} and {seen.get(word)}")
                    seen[word] = entry.name

    def test_a_subject_says_where_it_lives_how_large_it_is_and_how_it_is_drawn(self):
        places = set(of_kind("place"))
        self.assertGreaterEqual(len(places), 16)
        for name, entry in of_kind("subject").items():
            self.assertTrue(entry.lives and entry.drawings and entry.plural and 1 <= entry.size <= 5, name)
            self.assertLessEqual(set(entry.lives), places, name)
            self.assertIn(entry.moves, ("stands", "flies", "sky", "floats", "sinks"), name)

    def test_a_phrase_of_a_place_or_time_is_found_as_that(self):
        for kind in ("place", "time"):
            for name, entry in of_kind(kind).items():
                for phrase in entry.phrases:
                    self.assertEqual(
                        [name], [found.name for found in find(f"a thing {phrase}") if found.kind != "subject"], phrase
                    )

    def test_the_longest_word_wins(self):
        self.assertEqual(["mars"], [entry.name for entry in find("on the red planet mars")])
        self.assertEqual(
            ["rocket", "dog", "cottage"], [entry.name for entry in find("The starship, the puppy and the cottage")]
        )

    def test_a_plural_is_found(self):
        self.assertEqual(
            ["dog", "fox", "mouse", "ship"], [entry.name for entry in find("Puppies, foxes and mice on three ships")]
        )

    def test_an_orange_thing_is_no_fruit(self):
        self.assertEqual(["cat"], [entry.name for entry in find("an orange cat")])


if __name__ == "__main__":
    unittest.main()
