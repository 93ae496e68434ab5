"""Judges of a story that a model wrote: does its hero stay, is anything said twice, what was learnt by heart.

They are rules of thumb on words, good for comparing two models on the same beginnings and not for one story. What they
make of tales that people wrote is the measure: see evaluate_stories.py, which judges held-out tales the same way.
"""

import collections
import functools
import re
from typing import Iterable

from . import plots, words

# Capitalised, but nobody's name.
NOT_NAMES = set(
    """I Mars Earth Venus Jupiter Saturn Mercury Neptune Pluto God Christmas Easter Mr Mrs Miss Dr Sir Lady Lord Captain
    English French German Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June
    July August September October November December Grandmother Grandfather Grandma Grandpa Mother Father Mum Dad Uncle Aunt
    Auntie Princess Prince King Queen Professor Island Oh Yes No Ah""".split()
)  # fmt: skip
ALL_NAMES = {name for names in words.NAMES.values() for name in names}
# Others that "he" or "she" may mean.
PERSONS = {kind for kinds in words.KINDS.values() for kind in kinds} | words.SHE | words.HE
PERSONS |= set("man woman men women lady gentleman baby friend brother sister son daughter neighbour captain bird".split())
GENDERS = {"he": "he", "him": "he", "his": "he", "himself": "he", "she": "she", "her": "she", "hers": "she", "herself": "she"}
SENTENCE = re.compile(r'[^.!?\n]+(?:[.!?]+"?|\n|$)')
NAMED = re.compile(r"\b(?:named|called|name was) (?:Sir |Captain )?([A-ZÀ-Þ][a-zà-ÿ]+)")
WORD = re.compile(r"[A-Za-zÀ-ÿ]+(?:['’][a-z]+)?")
QUOTED = re.compile(r""""[^"\n]*"?|“[^”\n]*”?|(?<!\w)'[^'\n]{3,}?[,.!?]'(?!\w)""")


# --- names -------------------------------------------------------------------------------------------------------------


@functools.cache
def common_words() -> frozenset[str]:
    """Words that the plots have in small letters."""
    return frozenset(word for plot in plots.read() for word in plots.own_words(plot) if word.islower())


def bare(word: str) -> str:
    """Without what an apostrophe brings: "Lily's", "I'm"."""
    return re.sub("['’].*", "", word)


def names_in(text: str) -> list[str]:
    """The names in a text, in order, each as often as it comes: known ones, what somebody is "named" or "called", and other
    words with a capital inside a sentence."""
    new = set(NAMED.findall(text))
    for sentence in SENTENCE.findall(text):
        for inside in re.findall(r"(?<=[a-z,;] )[A-ZÀ-Þ][a-zà-ÿ]+", sentence):
            if inside not in NOT_NAMES and inside.lower() not in common_words():
                new.add(inside)
    return [word for word in map(bare, WORD.findall(text)) if word in ALL_NAMES or word in new]


def hero_of(beginning: str) -> str | None:
    """The first name in a beginning; None without one, or where somebody tells a story about himself."""
    if re.search(r"\b(I|[Mm]y|[Ww]e)\b", QUOTED.sub("", beginning)):
        return None
    return next(iter(names_in(beginning)), None)


def name_verdict(beginning: str, written: str) -> str:
    """ "kept": the hero's name comes again; "lost": it does not; "replaced": the second half of what was written has another,
    new name, more than once, and not the hero's."""
    hero, before = hero_of(beginning), names_in(beginning)
    found = names_in(beginning + written)
    middle = len(names_in(beginning + written[: len(written) // 2]))
    late = collections.Counter(found[middle:])
    if hero not in late and any(count > 1 for name, count in late.items() if name not in before):
        return "replaced"
    return "kept" if hero in found[len(before) :] else "lost"


# --- pronouns ----------------------------------------------------------------------------------------------------------


def pronouns_of(name: str, text: str) -> list[str]:
    """The gender, "he" or "she", of every pronoun that must mean this person: between the name and the next person in its
    sentence, and in sentences that follow without anybody in them. What is said in quotes does not count."""
    found = []
    known, is_meant = set(names_in(text)), False
    own = {word for words_ in re.findall(rf"(\w+) (?:named|called) {name}\b|\b{name} the (\w+)", text) for word in words_}
    persons = PERSONS - own  # "the fox" is no other person than Lily, if she is one
    for sentence in SENTENCE.findall(QUOTED.sub(' "" ', text)):
        here = [bare(word) for word in WORD.findall(sentence)]
        others = [word for word in here if word != name and (word in known or word.lower() in persons)]
        if name in here or others:
            is_meant = False
        for word in here:
            if word == name:
                is_meant = True
            elif word in known or word.lower() in persons:
                is_meant = False
            elif is_meant and word.lower() in GENDERS:
                found.append(GENDERS[word.lower()])
        is_meant = is_meant and not others
    return found


def pronouns_agree(name: str, text: str) -> bool | None:
    """Whether all have the gender of the first; None where there are not two."""
    found = pronouns_of(name, text)
    return len(set(found)) == 1 if len(found) > 1 else None


# --- repetition and copies ---------------------------------------------------------------------------------------------


def ngrams(text: str, size: int) -> list[tuple[str, ...]]:
    found = [word.lower() for word in WORD.findall(text)]
    return list(zip(*(found[start:] for start in range(size))))


def repeats(text: str, size: int = 6) -> bool:
    """Whether so many words come twice in the same order."""
    found = ngrams(text, size)
    return len(set(found)) < len(found)


def neutral(text: str) -> str:
    """Without names and genders, so that a plot's sentence is known again under other names."""

    def word_for(found: re.Match) -> str:
        return "Name" if bare(found[0]) in ALL_NAMES else "they" if found[0].lower() in GENDERS else found[0]

    return WORD.sub(word_for, text)


class Copies:
    """Knows every sequence of so many words in texts that a model may have read."""

    def __init__(self, texts: Iterable[str], size: int = 8):
        self.size = size
        self.known = {hash(ngram) for text in texts for ngram in ngrams(neutral(text), size)}

    def share(self, beginning: str, written: str) -> float | None:
        """Of the sequences that end in what was written, how many are known; None where there are none."""
        of_beginning = len(ngrams(neutral(beginning), self.size))
        found = ngrams(neutral(beginning + written), self.size)[of_beginning:]
        return sum(hash(ngram) in self.known for ngram in found) / len(found) if found else None
