"""The words that tales are made of: who can be a hero, what they are called, where they live, and how English bends them.

Kinds and places are words that the picture model knows too, so that a tale's scenes can be drawn.
"""

import functools
import random
import re

KINDS = {
    "child": ["boy", "girl"],
    "adult": ["farmer", "cook", "old woman", "old man", "teacher", "artist", "pilot", "firefighter"],
    "royal": ["princess", "prince", "king"],
    "magic": ["wizard", "witch", "fairy", "elf"],
    "sea": ["mermaid", "octopus", "dolphin", "whale", "crab", "turtle"],
    "space": ["astronaut", "alien", "robot"],
    "explorer": ["explorer", "astronaut"],
    "animal": [
        "fox", "rabbit", "bear", "cat", "dog", "mouse", "squirrel", "hedgehog", "owl", "penguin", "frog", "turtle",
        "pig", "lion", "elephant", "monkey", "duck", "deer", "hen", "horse", "sheep", "koala", "panda",
    ],
    "dragon": ["dragon"],
}  # fmt: skip

SHE = set("girl,old woman,princess,queen,old queen,witch,fairy,mermaid,hen,cow,grandmother,aunt,mother,sister".split(","))
HE = set("boy,old man,prince,king,old king,wizard,old wizard,rooster,grandfather,uncle,father,brother".split(","))
PRONOUNS = {
    "she": {"he": "she", "him": "her", "his": "her", "himself": "herself"},
    "he": {"he": "he", "him": "him", "his": "his", "himself": "himself"},
}

# Many names, so that a model learns to copy the one that it was given instead of its favourite one.
NAMES = {
    "she": """Mia Lily Anna Ella Rosa Nora Ida Luna Zoe Clara Maya Ruby Tess Ivy Hana Suki Amina Lucy Emma Olive Daisy
        Wren Pearl Nina Vera Kira Sofia Greta Lotte Pia Juno Mabel Hazel Poppy Freya Leila Asha Mei Yuki Anya Alice
        Agnes Alma Ada Bella Bibi Carla Celia Cora Dora Edith Elsa Esme Eva Fanny Fatima Flora Frida Gemma Gwen
        Hilda Holly Ines Iris Isla Jade Jenny Josie Julia Kaya Lara Lena Lola Maja Marta Matilda Mila Minna Molly Nadia
        Nell Odette Paula Penny Petra Priya Queenie Rita Romy Sally Sara Selma Stella Tanya Thea Tilda Una Violet
        Wanda Willa Xenia Yara Zara Zita Zuri Alex Sam Robin Kit""".split(),
    "he": """Tom Ben Leo Max Finn Otto Theo Hugo Jack Noah Oscar Milo Felix Eli Omar Kai Ravi Luca Paul Emil Nico Jonas
        Arlo Gus Rufus Bruno Toby Pip Bolt Henry Anton Ivan Amir Jun Diego Sven Karl Bram Aaron Adam Albert Alfie Archie
        Barney Basil Bertie Boris Carlos Casper Charlie Chester Colin Conrad Dan David Dexter Edgar Elmo Enzo Erik
        Ernest Fergus Frank Fritz George Gilbert Hamid Harry Hector Idris Igor Isaac Jasper Joe Juri Kofi Lars Lenny
        Louis Magnus Malik Marco Mateo Miro Ned Nils Olaf Oliver Pedro Percy Peter Quentin Rafi Ralph Rico Rolf Samir
        Simon Stan Tariq Ted Tim Ulf Victor Viggo Wally Walter Xavier Yusuf Zack Alex Sam Robin Kit""".split(),
}  # fmt: skip

# The sounds of invented names, of which there are too many to know any by heart: a model that meets them can only copy. Few
# sounds, so that no combination of them is a word that has no place in a tale.
ONSETS = "b br d dr f fl g gr k l m n p r s t th v w z".split()
VOWELS = "aeiou"
MIDDLES = "l m mm n r rl sk v".split()
ENDINGS = {"she": ["a", "ia", "ella", "ina"], "he": ["o", "ik", "or", "el"]}
CODAS = ["l", "v", "lm", "sk"]


def invent_name(gender: str, chance: random.Random) -> str:
    """One syllable or more, such as Fisk, Dravina or Lommel."""
    syllable = chance.choice(ONSETS) + chance.choice(VOWELS)
    if chance.random() < 0.2:
        return (syllable + chance.choice(CODAS)).capitalize()
    return (syllable + chance.choice(MIDDLES) + chance.choice(ENDINGS[gender])).capitalize()


ADJECTIVES = "brave curious kind shy cheerful clever quiet gentle merry young small little".split()
TINY = {"small", "little"}  # odd for grown-ups; "the little prince" is another book
NOT_TINY = {"prince", "explorer", "astronaut", "king", *KINDS["adult"]} - {"old woman", "old man"}

TIMES = ["morning", "evening", "afternoon", "night", "day"]
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
PLACES = "forest meadow hill mountains desert snow beach sea underwater city village room sky space moon mars".split()
PREPOSITIONS = {"beach": "at", "hill": "on", "moon": "on", "mars": "on", "sea": "on"}  # others: in
WATER = {"sea", "underwater", "beach"}
# Who is at home in water is no hero on land, and nobody who needs water or ice is one in the desert.
ONLY_IN = {"octopus": WATER, "dolphin": WATER, "whale": WATER, "mermaid": WATER, "camel": {"desert"}}
NOT_IN = {
    "desert": {"penguin", "frog", "duck", "crab", "koala", "panda", "squirrel", "deer"},
    "underwater": {"hen", "horse", "sheep", "koala", "owl", "squirrel", "pig"},
    "snow": {"crab", "frog"},
}


def belongs(kind: str, place: str) -> bool:
    """Whether a hero of this kind may live there."""
    return place in ONLY_IN.get(kind, (place,)) and kind not in NOT_IN.get(place, ())


def adjectives(kind: str) -> list[str]:
    """Those that suit a hero of this kind."""
    unfit = TINY if kind in NOT_TINY else set()
    if kind.startswith("old "):
        unfit = {"young", "small"}
    found = [adjective for adjective in ADJECTIVES if adjective not in unfit]
    return found + ["lone"] if kind in KINDS["explorer"] else found


def an(noun: str) -> str:
    """The noun with the article that its sound asks for: "an owl", "a unicorn", "an hour", "an honest cook"."""
    silent = noun.startswith(("hour", "hono", "heir"))
    vowel = noun[0] in "aeiou" and not noun.startswith(("uni", "use", "eu", "one", "once"))
    return f"{'an' if vowel or silent else 'a'} {noun}"


IRREGULAR = {
    "mouse": "mice", "goose": "geese", "child": "children", "foot": "feet", "tooth": "teeth", "person": "people", "ox": "oxen",
    "sheep": "sheep", "deer": "deer", "fish": "fish", "leaf": "leaves", "loaf": "loaves", "knife": "knives",
    "shelf": "shelves", "potato": "potatoes", "tomato": "tomatoes", "human": "humans",
}  # fmt: skip


@functools.cache
def plural(noun: str) -> str:
    """ "flying saucers", "loaves of bread", "maple leaves"."""
    if " of " in noun:
        head, rest = noun.split(" of ", 1)
        return f"{plural(head)} of {rest}"
    before, last = noun[: noun.rfind(" ") + 1], noun.split()[-1]
    if last in IRREGULAR:
        return before + IRREGULAR[last]
    if last.endswith("man"):
        return before + last[:-3] + "men"
    if re.search("[^aeiou]y$", last):
        return before + last[:-1] + "ies"
    if re.search("(s|x|z|ch|sh)$", last):
        return before + last + "es"
    if re.search("[lra]f$", last):  # elf, scarf, leaf, but roof and chief
        return before + last[:-1] + "ves"
    return before + last + "s"


def place_words(key: str, place: str) -> dict[str, str]:
    """`{place}`, `{the_place}`, `{in_place}` and `{to_place}`, for `key` = "place" or a variable that is a place."""
    name = {"mars": "Mars"}.get(place, place)
    the = {"mars": "Mars", "space": "space", "underwater": "the sea"}.get(place, f"the {place}")
    inside = "underwater" if place == "underwater" else f"{PREPOSITIONS.get(place, 'in')} {the}"
    towards = f"{'into' if place in ('underwater', 'space', 'sky', 'snow') else 'to'} {the}"
    return {key: name, f"the_{key}": the, f"in_{key}": inside, f"to_{key}": towards}
