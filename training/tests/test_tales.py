"""The tales' generator, the faults that its checker finds, and the judges of stories. Standard library only.

python -m unittest discover -s training/tests -t training
"""

import copy
import random
import re
import unittest
from pathlib import Path

import tales
from tales import judge, plots, words

BEGINNINGS = (Path(__file__).parent.parent / "beginnings.txt").read_text(encoding="utf-8").splitlines()

VARIANTS = [
    "{A_hero} walked along the road {in_place} with {a_thing}, and {he} met {a_friend} called {friend_name}.",
    "One {time} {a_hero} went out to find {a_thing}. {He} found {friend_name} the {friend} {in_place}.",
    "Once upon a time there was {a_hero} who met {a_friend} named {friend_name} near {the_place} with {a_thing}.",
    "{In_place} lived {a_hero_named}. {Friend_name} the {friend} came by and brought {him} {a_thing} and some bread.",
    "There was once {a_hero} who shared {a_thing} with {friend_name}, {a_friend}. \"Good,\" said {name}. They both laughed.",
]  # fmt: skip


def good_plot() -> plots.Plot:
    return {
        "id": "a-good-plot", "heroes": ["child", "animal"], "place": ["forest"],
        "vars": {"thing": ["kite", "umbrella"], "friend": ["owl", "fox"]},
        "steps": [{"scene": "{hero} {in_place}", "text": list(VARIANTS)} for _ in range(6)],
    }  # fmt: skip


class Tales(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.plots = tales.read()
        cls.tales = list(tales.tell_many(cls.plots, 2000, seed=7))

    def test_no_placeholder_is_left(self):
        for tale in self.tales:
            for text in (tale["text"], *(scene["caption"] for scene in tale["scenes"])):
                self.assertNotRegex(text, "[{}]")

    def test_the_same_seed_tells_the_same_tale(self):
        for plot in self.plots[:20]:
            random.seed(1)  # the global generator has no say
            first = tales.tell(plot, random.Random(5))
            random.seed(2)
            self.assertEqual(first, tales.tell(plot, random.Random(5)))

    def test_a_and_an_agree_with_what_follows(self):
        silent, consonant = ("hour", "hono", "heir"), ("uni", "use", "eu", "one", "once", "u-")
        for tale in self.tales:
            for text in (tale["text"], *(scene["caption"] for scene in tale["scenes"])):
                for article, word in re.findall(r"((?:^|(?<=[.] )|(?<=\"))An?|\ban?) ([a-z-]{2,})", text):
                    if (article, word) == ("A", "is"):  # somebody learns letters
                        continue
                    is_vowel = word[0] in "aeiou" and not word.startswith(consonant) or word.startswith(silent)
                    self.assertEqual(article.lower() == "an", is_vowel, f"{tale['id']}: {article} {word}")

    def test_no_article_comes_twice(self):
        for tale in self.tales:
            self.assertNotRegex(tale["text"], r"\b([Tt]he|[Aa]n?) (the|a|an)\b", tale["id"])

    def test_sentences_begin_with_capital_letters(self):
        for tale in self.tales:
            self.assertNotRegex(tale["text"], r"(^|\n\n|[a-z][.] )\"?[a-z]", tale["id"])

    def test_the_scenes_cover_the_text_in_order(self):
        for tale in self.tales:
            at = 0
            for scene in tale["scenes"]:
                self.assertIn(tale["text"][at : scene["start"]], ("", " ", "\n\n"))
                self.assertLess(scene["start"], scene["end"])
                at = scene["end"]
            self.assertEqual(at, len(tale["text"]))
            self.assertEqual(tale["scenes"][0]["start"], 0)

    def test_the_hero_is_named_and_of_a_known_kind(self):
        kinds = {kind for group in words.KINDS.values() for kind in group}
        for tale in self.tales:
            self.assertIn(tale["name"], tale["text"])
            self.assertIn(tale["hero"], kinds)

    def test_no_two_people_of_a_tale_share_a_name_or_a_kind(self):
        for plot in self.plots:
            for seed in range(10):
                drawn = plots_words(plot, seed)
                people = [name for name in plot.get("vars", {}) if plots.is_friend(name)]
                names = [drawn["name"], *(drawn[f"{person}_name"] for person in people)]
                self.assertEqual(len({name[0] for name in names}), len(names), f"{plot['id']}: {names}")
                self.assertNotIn(drawn["kind"], [drawn[person] for person in people], plot["id"])

    def test_a_share_of_the_names_is_invented_and_hardly_any_comes_twice(self):
        told = list(tales.tell_many(self.plots, 1000, seed=7, invented=0.5))
        usual = {name for names in words.NAMES.values() for name in names}
        invented = [tale["name"] for tale in told if tale["name"] not in usual]
        self.assertTrue(400 < len(invented) < 600, len(invented))
        self.assertGreater(len(set(invented)), 0.85 * len(invented))
        for tale in told:
            self.assertIn(tale["name"], tale["names"])
            self.assertIn(tale["name"], tale["text"], tale["id"])
            for name in tale["names"]:
                self.assertRegex(name, "^[A-Z][a-z]{2,}$")

    def test_heroes_suit_their_place(self):
        whale = {**good_plot(), "heroes": ["sea"], "place": ["village", "beach"]}
        self.assertEqual(plots.heroes(whale, "village"), {"sea": ["crab", "turtle"]})
        self.assertIn("whale", plots.heroes(whale, "beach")["sea"])
        self.assertNotIn("penguin", plots.heroes(good_plot(), "desert")["animal"])

    def test_nobody_in_the_plot_is_the_hero_too(self):
        plot = good_plot()
        plot["steps"][2]["text"][0] += " An old bear and two mice looked on."
        kinds = plots.heroes(plot, "forest")["animal"]
        self.assertFalse({"bear", "mouse"} & set(kinds))
        self.assertIn("fox", kinds)

    def test_tales_differ_in_hero_name_and_words(self):
        texts = {tale["text"] for tale in self.tales}
        self.assertGreater(len(texts), 0.99 * len(self.tales))
        self.assertGreater(len({tale["name"] for tale in self.tales}), 150)
        self.assertGreater(len({tale["hero"] for tale in self.tales}), 30)

    def test_usual_openings_go_before_a_first_step_whose_subject_is_the_hero(self):
        plot = good_plot()
        plot["steps"][0]["text"] = VARIANTS[:1] * 5
        texts = [tales.tell(plot, random.Random(seed))["text"] for seed in range(200)]
        opened = [text for text in texts if re.match("Once upon|There|Long|Far|One day|A long|This|Have", text)]
        self.assertTrue(20 < len(opened) < 120, len(opened))
        for text in opened:
            self.assertRegex(text.split(". ")[0] + ".", r"named|called|name was|who|heard of")

    def test_plurals_and_articles(self):
        for noun, many in (
            ("mouse", "mice"), ("loaf of bread", "loaves of bread"), ("old woman", "old women"), ("fairy", "fairies"),
            ("toy", "toys"), ("scarf", "scarves"), ("box", "boxes"), ("sheep", "sheep"), ("maple leaf", "maple leaves"),
        ):  # fmt: skip
            self.assertEqual(words.plural(noun), many)
        self.assertEqual([words.an(noun).split()[0] for noun in ("owl", "unicorn", "hour", "fox")], ["an", "a", "an", "a"])


def plots_words(plot: plots.Plot, seed: int) -> dict[str, str]:
    from tales.tales import draw_words

    return draw_words(plot, random.Random(seed))


class HeldOut(unittest.TestCase):
    def test_held_out_plots_are_never_in_the_training_set(self):
        training, held_out = tales.split(tales.read())
        self.assertFalse({plot["id"] for plot in training} & {plot["id"] for plot in held_out})
        told = {tale["id"] for tale in tales.tell_many(training, 3 * len(training), seed=0)}
        self.assertFalse(told & {plot["id"] for plot in held_out})
        self.assertEqual(told, {plot["id"] for plot in training})

    def test_about_one_plot_in_twelve_is_held_out(self):
        held_out = sum(plots.is_held_out({"id": f"plot-{number}"}) for number in range(6000))
        self.assertTrue(400 < held_out < 600, held_out)

    def test_a_plot_stays_where_it_is(self):
        self.assertTrue(plots.is_held_out({"id": "the-cold-soup"}))
        self.assertFalse(plots.is_held_out({"id": "the-long-swap"}))


class Faults(unittest.TestCase):
    def assert_fault(self, expected: str, change) -> None:
        plot = copy.deepcopy(good_plot())
        change(plot)
        found = tales.faults([plot])
        self.assertTrue(any(expected in fault for fault in found), f"{expected!r} is not in {found}")

    def in_a_variant(self, text: str, step: int = 3):
        return lambda plot: plot["steps"][step]["text"].__setitem__(2, text)

    def test_a_good_plot_has_none(self):
        self.assertEqual(tales.faults([good_plot()]), [])

    def test_the_plots_of_the_repository_have_unique_ids(self):
        ids = [plot["id"] for plot in tales.read()]
        self.assertEqual(len(ids), len(set(ids)))

    def test_an_id_that_comes_twice(self):
        self.assertIn("a-good-plot: the id comes twice", tales.faults([good_plot(), good_plot()]))

    def test_an_id_with_other_letters(self):
        self.assert_fault("an id is made of", lambda plot: plot.update(id="A plot"))

    def test_a_missing_field(self):
        self.assert_fault("a field is missing", lambda plot: plot.pop("heroes"))

    def test_an_unknown_field(self):
        self.assert_fault("unknown field mood", lambda plot: plot.update(mood="good"))

    def test_too_few_steps(self):
        self.assert_fault("5 steps instead of 6 to 9", lambda plot: plot["steps"].pop())

    def test_a_short_plot_with_many_steps(self):
        self.assert_fault("6 steps instead of 3 to 5", lambda plot: plot.update(short=True))

    def test_a_long_plot_with_few_steps(self):
        self.assert_fault("6 steps instead of 10 to 16", lambda plot: plot.update(long=True))

    def test_unknown_heroes_places_and_times(self):
        self.assert_fault("unknown group of heroes: fish", lambda plot: plot.update(heroes=["fish"]))
        self.assert_fault("unknown place: bathtub", lambda plot: plot.update(place=["bathtub"]))
        self.assert_fault("unknown place: bathtub", lambda plot: plot["vars"].update(far=["bathtub"]))
        self.assert_fault("unknown time: teatime", lambda plot: plot.update(times=["teatime"]))

    def test_a_variable_without_words(self):
        self.assert_fault("variable thing has no words", lambda plot: plot["vars"].update(thing=[]))

    def test_four_variants(self):
        self.assert_fault("step 4: 4 variants instead of 5", lambda plot: plot["steps"][3]["text"].pop())

    def test_the_same_variant_twice(self):
        self.assert_fault("step 4: the same variant twice", self.in_a_variant(VARIANTS[0]))

    def test_an_unknown_placeholder(self):
        self.assert_fault("no placeholder {villain}", self.in_a_variant("Then came {villain}, and that was the end of it."))
        self.assert_fault("no placeholder {far}", lambda plot: plot["steps"][0].update(scene="{hero} {far}"))

    def test_a_stray_brace(self):
        self.assert_fault("a stray brace", self.in_a_variant("Then came {name, and that was the end of the whole long day."))

    def test_a_variable_that_is_never_used(self):
        self.assert_fault("variable food is never used", lambda plot: plot["vars"].update(food=["pie"]))

    def test_a_variant_that_is_too_short_or_too_long(self):
        self.assert_fault("step 4: 3 words", self.in_a_variant("Then {he} slept."))
        self.assert_fault("step 4: 80 words", self.in_a_variant("Then " + 78 * "and " + "so."))

    def test_a_variant_without_a_full_stop(self):
        self.assert_fault("no full stop", self.in_a_variant("Then {he} went home again and slept until the next morning"))

    def test_a_quote_that_does_not_close(self):
        self.assert_fault("does not close", self.in_a_variant('"I will go home again now, said {name}, and {he} went home.'))

    def test_a_small_letter_at_the_start(self):
        self.assert_fault("a small letter", self.in_a_variant("then {he} went home again and slept until the next morning."))

    def test_typographic_quotes(self):
        self.assert_fault("quotes are straight", self.in_a_variant("“I will go home again now,” said {name}, and {he} did."))

    def test_an_article_before_a_word_that_may_begin_with_a_vowel(self):
        self.assert_fault("a {thing} is not always right", self.in_a_variant("Then {he} found a {thing} and took it home."))

    def test_two_articles(self):
        self.assert_fault("two articles: the {a_thing}", self.in_a_variant("Then {he} took the {a_thing} and went home."))

    def test_a_first_step_without_the_hero(self):
        self.assert_fault("without {a_hero}", self.in_a_variant("{Name} went out with {friend_name} the {friend} one day.", 0))

    def test_a_friend_whose_name_comes_before_the_friend(self):
        def change(plot: plots.Plot) -> None:
            plot["steps"][0]["text"][0] = "{A_hero} went out one day and met {friend_name} there."
            plot["steps"][0]["text"][1] = "{A_hero} went out one day with {a_thing} and met nobody."

        self.assert_fault("before anybody knows", change)

    def test_nobody_who_could_be_the_hero(self):
        def change(plot: plots.Plot) -> None:
            plot.update(heroes=["sea"], place=["village"])
            plot["steps"][1]["text"][0] = "{Name} met a crab and a turtle on the way to {the_place}."

        self.assert_fault("no hero is left for village", change)

    def test_a_tale_in_the_first_person_may_write_to_somebody_by_name(self):
        plot = good_plot()
        text = "I am {a_hero} and live {in_place} with {a_thing}. Dear {friend_name}, are you well? So NUMBER. Your {name}"
        texts = [text.replace("NUMBER", number) for number in "abcde"]
        plot["steps"] = [{"scene": "{hero}", "text": texts} for _ in range(6)]
        self.assertEqual(tales.faults([plot]), [])


class Judges(unittest.TestCase):
    FOX = "Once upon a time there was a little fox named Quilla who lived in a hut. "

    def test_the_hero_is_the_first_name(self):
        self.assertEqual(judge.hero_of(self.FOX), "Quilla")
        self.assertEqual(judge.hero_of("Mia looked under the bed, and Tom looked behind it."), "Mia")
        self.assertEqual(judge.hero_of('"I can fly," said Kira the hen.'), "Kira")
        self.assertIsNone(judge.hero_of("A poor old woman lived in a hut in the forest."))
        self.assertIsNone(judge.hero_of("My name is Sam, and I live in a lighthouse."))

    def test_a_name_that_comes_again_is_kept(self):
        for written in ("Quilla met an owl called Tom. Tom said hello to Quilla.", "It rained on Quilla's roof."):
            self.assertEqual(judge.name_verdict(self.FOX, written), "kept")

    def test_a_name_that_does_not_come_again_is_lost(self):
        self.assertEqual(judge.name_verdict(self.FOX, "One day she went out. She saw a tree, and it was tall."), "lost")

    def test_another_name_takes_its_place(self):
        written = "One day Quilla went out. The sun was warm, and the path was dry. Then Bella saw a tree. Bella was glad."
        self.assertEqual(judge.name_verdict(self.FOX, written), "replaced")

    def test_pronouns_that_agree(self):
        self.assertIs(judge.pronouns_agree("Quilla", self.FOX + "Quilla took her bag. She went out."), True)
        self.assertIs(judge.pronouns_agree("Quilla", self.FOX + "Quilla took her bag. He went out."), False)
        self.assertIsNone(judge.pronouns_agree("Quilla", self.FOX + "The rain fell on the roof."))

    def test_pronouns_of_others_do_not_count(self):
        for text in (
            "Quilla took her bag to the king, and he was glad. She went home. Quilla sat on her bed.",
            'Quilla took her bag. "He is late," said Quilla, and she laughed.',
            "Quilla took her bag. Tom was there. He laughed. Quilla hid her bag.",
        ):
            self.assertIs(judge.pronouns_agree("Quilla", self.FOX + text), True, text)

    def test_the_heros_own_kind_is_no_other_person(self):
        text = "Lily the fox took her bag. The fox was glad, and she sang."
        self.assertEqual(judge.pronouns_of("Lily", text), ["she", "she"])

    def test_words_that_come_twice(self):
        self.assertTrue(judge.repeats("he went to the big house, and then he went to the big house."))
        self.assertFalse(judge.repeats("he went to the big house, and then she went to the big house."))

    def test_words_that_were_copied_are_known_under_other_names(self):
        copies = judge.Copies(["Then Lily took her lamp and went down to the old bridge."])
        self.assertEqual(copies.share("", "Then Tom took his lamp and went down to the old bridge."), 1.0)
        self.assertEqual(copies.share("", "Then Tom took his bag and walked up to the new tower."), 0.0)
        self.assertIsNone(copies.share("Then Tom took", " his lamp."))

    def test_what_the_beginning_has_is_not_copied(self):
        copies = judge.Copies(["once upon a time there was a little fox in a big forest"])
        self.assertEqual(copies.share("Once upon a time there was a little fox", " who sang all day and all night."), 0.0)


class Beginnings(unittest.TestCase):
    def test_there_are_200_of_8_to_25_words(self):
        self.assertEqual(len(BEGINNINGS), len(set(BEGINNINGS)))
        self.assertEqual(len(BEGINNINGS), 200)
        for beginning in BEGINNINGS:
            self.assertIn(len(beginning.split()), range(8, 26), beginning)

    def test_no_plot_has_them(self):
        copies = judge.Copies((tale["text"] for tale in tales.tell_many(tales.read(), 1500, seed=3)), size=10)
        for beginning in BEGINNINGS:
            beginning = beginning.replace("Once upon a time, in a distant galaxy, ", "")  # the page's, so some tales begin so
            self.assertLess(copies.share("", beginning) or 0, 0.5, beginning)

    def test_most_have_a_hero_with_a_name(self):
        self.assertGreater(sum(judge.hero_of(beginning) is not None for beginning in BEGINNINGS), 160)


if __name__ == "__main__":
    unittest.main()
