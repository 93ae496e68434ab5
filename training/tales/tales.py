"""From a plot to a tale: draws a hero, a place and the plot's other words, takes one variant of each step and fills it in.

All chance comes from one generator, so that a seed is a tale. What the draw looks after: nobody in a tale is of the hero's
kind or has another's name, or one that begins with the same letter; a hero suits the place; and, for the prompts that
people write, some tales begin with one of the usual openings before their first step.
"""

import random
import re
from typing import Container, Iterator

from . import plots, words
from .plots import PLACEHOLDER, Plot

Tale = dict  # id, text, scenes, hero, name, names

NEW_PARAGRAPH = 0.55  # how often a step begins a paragraph
USUAL_OPENING = 0.3  # how often a tale has one, where its first step allows it
# A placeholder at the start of a sentence, which then has a capital letter. After "Stop!" or "Why?" the sentence may go on.
SENTENCE_START = re.compile(r'(^"?|[.!?] "?|\." "?)\{([a-z])')
# A first step that a sentence about the hero can go before: the hero is its subject.
SUBJECT = re.compile(r"^(One \{time\} )?\{[Aa]_hero(?:_named)?\}(?=,? \w)")

OPENINGS = [
    "Once upon a time there was {a_hero}.",
    "Once upon a time there lived {a_hero}.",
    "Once upon a time, {in_place}, there was {a_hero}.",
    "Once upon a time there was {a_kind} {who}, and {his} name was {name}.",
    "Once upon a time there was {a_kind} who {habit}. {His} name was {name}.",
    "There was once {a_hero} who {habit}.",
    "There once lived {a_hero} who {habit}.",
    "Long ago, {in_place}, lived {a_hero}.",
    "Far away, {in_place}, there lived {a_hero} who {habit}.",
    "A long time ago there was {a_hero}.",
    "One day {a_hero} decided to {plan}.",
    "Once upon a time {a_hero} decided to {plan}.",
    "This is the tale of {a_hero}.",
    "Have you heard of {a_hero}? Then listen.",
]
GALAXY_OPENINGS = [
    "Once upon a time, in a distant galaxy, {a_hero} decided to {plan}.",
    "Once upon a time, in a distant galaxy, there was {a_hero} who {habit}.",
    "In a distant galaxy, {a_hero} decided to {plan}.",
    "In a distant galaxy there lived {a_hero} who {habit}.",
    "In a galaxy far from here lived {a_hero}.",
]
# What is true in any tale.
HABITS = [
    "liked to find things out", "was always ready for something new", "never liked to give up", "looked closely at everything",
    "wanted to know how things work", "had many good ideas and some odd ones", "was glad of every new day",
    "liked a good tale",
]  # fmt: skip
PLANS = [
    "have a real adventure", "do something new", "be a little braver than the day before", "keep both eyes open",
    "find out something that nobody else knew", "make the best of the day", "see what would happen next",
]  # fmt: skip
WHO = ["with bright eyes", "with a big heart", "with a head full of ideas"]


def tell(plot: Plot, chance: random.Random, invented: float = 0.0) -> Tale:
    """One tale of this plot: its text, paragraphs apart by a blank line, and where in it each scene is. `invented` is the chance
    of each name to be one that nobody has."""
    drawn = draw_words(plot, chance, invented)
    text, scenes = "", []
    for number, step in enumerate(plot["steps"]):
        part = fill(chance.choice(step["text"]), drawn, chance) if number else begin(plot, drawn, chance)
        if text:
            text += "\n\n" if chance.random() < NEW_PARAGRAPH else " "
        start, text = len(text), text + part
        scenes.append({"start": start, "end": len(text), "caption": fill(step["scene"], drawn, chance, scene=True)})
    names = [drawn[key] for key in drawn if key == "name" or key.endswith("_name")]
    return {"id": plot["id"], "text": text, "scenes": scenes, "hero": drawn["kind"], "name": drawn["name"], "names": names}


def tell_many(from_plots: list[Plot], count: int, seed: int, invented: float = 0.0) -> Iterator[Tale]:
    """Tales of all plots in turn, so that each plot is told as often as the others."""
    chance = random.Random(seed)
    order: list[Plot] = []
    for _ in range(count if from_plots else 0):
        if not order:
            order = chance.sample(from_plots, len(from_plots))
        yield tell(order.pop(), chance, invented)


# --- words -------------------------------------------------------------------------------------------------------------


def draw_words(plot: Plot, chance: random.Random, invented: float = 0.0) -> dict[str, str]:
    """What each placeholder becomes in one tale."""
    place = chance.choice(plot["place"])
    groups = plots.heroes(plot, place)
    # A group of many kinds comes oftener than one of few, but not as much oftener: children are heroes in many tales.
    group = chance.choices(list(groups), [len(kinds) ** 0.5 for kinds in groups.values()])[0]
    kind = chance.choice(groups[group])
    options = plot.get("vars", {})
    taken = plots.taken_names(plot)
    gender, name = draw_name(kind, taken, "", chance, invented)
    adjective = chance.choice(words.adjectives(kind))
    drawn = {
        "name": name, "kind": kind, "adj": adjective, "hero": words.an(kind),
        "time": chance.choice(plot.get("times") or words.TIMES),
        **words.PRONOUNS[gender], **words.place_words("place", place),
    }  # fmt: skip
    described = f"{adjective} {kind}" if chance.random() < 0.88 else kind
    drawn["the_described"] = f"the {described}"
    drawn["a_hero_named"] = f"{words.an(described)} named {name}"
    drawn["a_hero"] = f"{words.an(described)} {'named' if chance.random() < 0.7 else 'called'} {name}"
    used, initials = {kind, place}, name[0]
    for variable, choices in options.items():
        word = chance.choice([choice for choice in choices if choice not in used] or choices)
        used.add(word)
        if plots.is_place(variable):
            drawn |= words.place_words(variable, word)
        else:
            drawn |= {variable: word, f"a_{variable}": words.an(word), f"the_{variable}": f"the {word}"}
            drawn[f"{variable}_s"] = words.plural(word)
        if plots.is_friend(variable):
            gender, friend = draw_name(word, taken, initials, chance, invented)
            initials += friend[0]
            drawn[f"{variable}_name"] = friend
            drawn |= {f"{variable}_{key}": pronoun for key, pronoun in words.PRONOUNS[gender].items()}
    return drawn


def draw_name(
    kind: str, taken: Container[str], initials: str, chance: random.Random, invented: float = 0.0
) -> tuple[str, str]:
    """A gender that suits the kind, and a name that is not taken and does not begin like another name."""
    gender = "she" if kind in words.SHE else "he" if kind in words.HE else chance.choice(["she", "he"])

    def is_free(name: str) -> bool:
        return name not in taken and name[0] not in initials

    while invented and chance.random() < invented:
        name = words.invent_name(gender, chance)
        if is_free(name):
            return gender, name
    return gender, chance.choice([name for name in words.NAMES[gender] if is_free(name)])


# --- text --------------------------------------------------------------------------------------------------------------


def fill(text: str, drawn: dict[str, str], chance: random.Random, scene: bool = False) -> str:
    """The text with words for placeholders, capital letters where a sentence begins. A scene begins small."""
    if not scene:
        text = SENTENCE_START.sub(lambda found: f"{found[1]}{{{found[2].upper()}", text)

    def word_for(found: re.Match) -> str:
        key = found[1].lower()
        if key == "the_hero":
            word = drawn["the_described"] if chance.random() < 0.33 else f"the {drawn['kind']}"
        else:
            word = drawn[key]
        return word[0].upper() + word[1:] if found[1][0].isupper() else word

    return PLACEHOLDER.sub(word_for, text)


def begin(plot: Plot, drawn: dict[str, str], chance: random.Random) -> str:
    """The first step, now and then with one of the usual openings before it, which then says who the hero is."""
    step = plot["steps"][0]["text"]
    open_to = [] if plots.is_first_person(plot) else [text for text in step if SUBJECT.match(text)]
    if not open_to or chance.random() >= USUAL_OPENING:
        return fill(chance.choice(step), drawn, chance)
    first = chance.choice(open_to)
    opening = chance.choice(openings_for(first, drawn["place"]))
    more = {"habit": chance.choice(HABITS), "plan": chance.choice(PLANS), "who": chance.choice(WHO)}
    more["a_kind"] = words.an(f"{drawn['adj']} {drawn['kind']}")
    hero = chance.choice(["{name}", "{name}", "{he}"])
    text = SUBJECT.sub(lambda found: (found[1] or "") + hero, first)
    return f"{fill(opening, drawn | more, chance)} {fill(text, drawn, chance)}"


def openings_for(first: str, place: str) -> list[str]:
    """The openings that do not say what the first step says again."""
    in_space = place in ("space", "moon", "Mars")
    said = [word for word in ("lived", "One ") if word in first]
    said += ["{in_place}"] if "place}" in first else []
    return [opening for opening in OPENINGS + 3 * in_space * GALAXY_OPENINGS if not any(word in opening for word in said)]
