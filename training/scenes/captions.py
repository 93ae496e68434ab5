"""A layout in words: exact, in several phrasings, with the words that stories use."""

import dataclasses
import functools
import random

from .layouts import Item, Layout
from .lexicon import Entry, article, find, of_kind

# Words that are not counted, and plurals: "bread", not "a bread".
UNCOUNTED = {
    "armor", "armour", "berries", "binoculars", "bread", "candy", "cheese", "chocolate", "cocoa", "coffee", "coral", "corn", "fairy dust",
    "fireworks", "firewood", "fresh bread", "gingerbread", "glitter", "gold", "honey", "hot chocolate", "ivy", "kelp", "lava", "lightning",
    "luggage", "magic dust", "maize", "milk", "money", "music", "oatmeal", "porridge", "seaweed", "smoke", "soup", "stardust", "stew",
    "sweetcorn", "sweets", "tea", "thunder", "toffee", "treasure", "wool", "yarn", "yellow cheese",
}  # fmt: skip
PLAIN = ("on a plain background", "on a simple background", "on a {} background", "on a plain {} background")
STYLES = {
    "pencil": ("a pencil drawing of {}", "a pencil sketch of {}", "{}, pencil drawing", "a black and white drawing of {}")
}
FRAMES = ("a picture of {}", "an illustration of {}", "a drawing of {}")
INDOORS = {
    "day": "in the daytime", "morning": "in the morning", "sunset": "at sunset", "dusk": "in the evening", "night": "at night",
    "rain": "on a rainy day", "snowfall": "on a snowy day", "fog": "on a foggy day",
}  # fmt: skip
RELATIONS = {
    "with": ("and", "and", "and", "with"),
    "beside": ("beside", "next to", "near", "by", "and", "close to"),
    "in front of": ("in front of", "in front of", "standing in front of", "before"),
    "behind": ("behind", "standing behind", "hiding behind"),
    "above": ("above", "over", "high above"),
    "on": ("on", "on top of", "sitting on", "standing on"),
    "holding": ("holding", "with", "carrying", "holding up"),
    "riding": ("riding", "riding on", "on", "on the back of"),
    "aboard": ("in", "sitting in", "travelling in"),
}


@functools.cache
def _describing() -> frozenset[str]:
    """Words that say a size, a colour or a look."""
    return frozenset(word for entry in of_kind("adjective").values() for word in " ".join(entry.en).split())


@functools.cache
def _names(subject: Entry) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The subject's words that say no size or colour, and all of them."""
    bare = tuple(word for word in subject.en if not _describing() & set(word.split())) or (subject.name,)
    return bare, subject.en


@functools.cache
def adjective_words(name: str) -> tuple[str, ...]:
    """The commonest words of an adjective that are not also somebody's name, as 'giant' is."""
    return tuple(word for word in of_kind("adjective")[name].en if not find(word))[:4]


@functools.cache
def _names_only(phrase: str, subject: str) -> bool:
    return [entry.name for entry in find(phrase)] == [subject]


def noun_phrase(item: Item, rng: random.Random) -> str:
    """'a small red car', 'an explorer'."""
    subject = of_kind("subject")[item.subject]
    bare, all_names = _names(subject)
    name = subject.name
    chance = rng.random()
    if chance < 0.40:
        name = rng.choice(bare if item.size or item.colour or item.mood else all_names)
    elif chance < 0.45 and subject.near and not (item.size or item.colour):
        name = rng.choice(subject.near)
    size, mood = (rng.choice(adjective_words(adjective)) if adjective else "" for adjective in (item.size, item.mood))

    def described(name: str) -> str:
        fits = size if name not in subject.proper or size == "little" else ""  # "little santa claus", but none is huge
        return " ".join(word for word in (fits, mood, item.colour, name) if word)

    if not _names_only(described(name), subject.name):  # "blue" and "sea turtle" would make a blue sea
        name = subject.name
    return with_article(described(name), name, subject)


def with_article(phrase: str, name: str, subject: Entry) -> str:
    """'a small fox'; but 'bread' is not counted, and 'neptune' is a name."""
    return phrase if name in UNCOUNTED or name in subject.proper else article(phrase)


def place_phrase(layout: Layout, rng: random.Random) -> str:
    if layout.place == "plain":
        return rng.choice(PLAIN).format(layout.ground) if rng.random() < 0.6 else ""
    return rng.choice(of_kind("place")[layout.place].phrases)


def time_phrase(layout: Layout, rng: random.Random) -> str:
    if not layout.shows_time:
        return ""
    if layout.place == "room":
        return INDOORS[layout.time]
    return rng.choice(of_kind("time")[layout.time].phrases)


def who(layout: Layout, rng: random.Random) -> str:
    """The items and how they are to each other."""
    nouns = [noun_phrase(item, rng) for item in layout.items]
    if len(nouns) == 1:
        verb = layout.items[0].verb
        return f"{nouns[0]} {verb}" if verb and rng.random() < 0.25 else nouns[0]
    if len(nouns) > 2:
        return ", ".join(nouns[:-1]) + " and " + nouns[-1]
    relation = layout.relation or "with"
    if relation == "riding" and of_kind("subject")[layout.items[1].subject].category == "vehicle":
        relation = "aboard"
    if relation in ("with", "beside") and rng.random() < 0.5:  # neither is first
        nouns.reverse()
    word = rng.choice(RELATIONS[relation])
    if relation == "above" and layout.items[0].verb and rng.random() < 0.5:
        word = "flying " + word
    return f"{nouns[0]} {word} {nouns[1]}"


def caption(layout: Layout, rng: random.Random) -> str:
    """One of many captions of a layout; names nothing that is not in it."""
    if layout.style:  # a pencil drawing shows no colours
        layout = dataclasses.replace(layout, items=[dataclasses.replace(item, colour="") for item in layout.items])
    place, time = place_phrase(layout, rng), time_phrase(layout, rng)
    parts = [who(layout, rng)]
    said = rng.random()
    if layout.place == "plain":
        parts.append(place)
    elif said < 0.55 and time:
        parts += [place, time]
    elif said < 0.88 or not time:
        parts.append(place if rng.random() < 0.9 else "")
    elif said < 0.94:
        parts.append(time)
    text = " ".join(part for part in parts if part)
    if layout.style:
        return rng.choice(STYLES[layout.style]).format(text)
    return rng.choice(FRAMES).format(text) if rng.random() < 0.06 else text
