"""The words for what the illustrator draws, and what each word looks like: `lexicon.jsonl`, one entry a line.

Captions, judging, the stories' illustrator and Chinese prompts share this one file. An entry is a

- subject: `en` are words of a story that should be drawn as this (unique over all entries; the first is its name in
  captions), `near` words that may be when nothing better is there, `proper` those of both that are names and take no
  article ("santa claus"), `zh` the same in Chinese; `lives` where it makes sense;
  `size` 1 to 5 in reality; `form` "whole", "head" (needs a body) or "bust" (needs legs); `moves` "stands", "flies", "sky"
  (belongs to the sky), "floats" (on water) or "sinks" (lies on the sea floor); `recolour` whether it comes in other
  colours; `drawings` the code points of its drawings in the Fluent 3D set, one a skin tone or hair;
- place or time, with the phrases that captions use (`in`, `phrases`; `zh_in` in Chinese), words, and in `implied_by` what
  in a story lets one think of it;
- relation or adjective, with its words. Of a relation they are those of stories, where "playing with" is one; captions say
  what can be seen, and have words of their own for it.
"""

import dataclasses
import functools
import json
import re
from pathlib import Path

FILE = Path(__file__).parent / "lexicon.jsonl"


@dataclasses.dataclass(frozen=True)
class Entry:
    """One line of the lexicon. `name` is the word that stands for it everywhere."""

    kind: str  # subject, place, time, relation or adjective
    name: str
    en: tuple[str, ...]
    near: tuple[str, ...] = ()
    proper: tuple[str, ...] = ()  # those that are names: "neptune", not "a neptune"
    zh: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()  # a place's and a time's, as captions say them
    # Of a subject:
    category: str = ""
    plural: str = ""
    pronoun: str = ""
    lives: tuple[str, ...] = ()
    size: int = 0
    form: str = "whole"
    moves: str = "stands"
    recolour: bool = False
    drawings: tuple[str, ...] = ()
    group: str = ""  # an adjective's: size, colour, mood or look

    @property
    def article(self) -> str:
        return self.name if self.name in self.proper else article(self.name)


def article(noun: str) -> str:
    """The noun with its indefinite article: 'an owl', 'a unicorn', 'a ufo'."""
    vowel = re.match(r"(?!uni|use|uku|ufo|one|eu)[aeiou]|hour", noun)
    return f"{'an' if vowel else 'a'} {noun}"


def plural(noun: str) -> str:
    """By the usual rule: 'puppies', 'foxes', 'boats'. The lexicon has the others."""
    if re.search(r"[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    return noun + ("es" if re.search(r"(s|x|z|ch|sh)$", noun) else "s")


def _entry(row: dict) -> Entry:
    kind = next(kind for kind in ("subject", "place", "time", "relation", "adjective") if kind in row)
    phrases = row.get("in") or row.get("phrases") or ()
    fields = {key: tuple(row[key]) for key in ("near", "proper", "zh", "lives", "drawings") if isinstance(row.get(key), list)}
    fields |= {key: row[key] for key in ("category", "plural", "pronoun", "size", "form", "moves", "recolour") if key in row}
    return Entry(kind, row[kind], tuple(row.get("en") or phrases), phrases=tuple(phrases), group=row.get("kind", ""), **fields)


@functools.cache
def entries() -> tuple[Entry, ...]:
    return tuple(_entry(json.loads(line)) for line in FILE.read_text(encoding="utf-8").splitlines())


@functools.cache
def of_kind(kind: str) -> dict[str, Entry]:
    """The entries of a kind by their names, in the file's order."""
    return {entry.name: entry for entry in entries() if entry.kind == kind}


@functools.cache
def _words() -> tuple[dict[str, Entry], re.Pattern]:
    """English words, plurals too, and one expression that finds the longest of them."""
    words: dict[str, Entry] = {}
    for entry in entries():
        if entry.kind in ("subject", "place", "time"):
            for word in (*entry.en, *([entry.plural] if entry.plural else []), *entry.phrases):
                words.setdefault(word.lower(), entry)
    for entry in entries():
        for word in entry.near:
            words.setdefault(word.lower(), entry)
    for word, entry in list(words.items()):
        if entry.kind == "subject":
            words.setdefault(plural(word), entry)
    longest_first = sorted(words, key=len, reverse=True)
    return words, re.compile(r"(?<![\w-])(" + "|".join(map(re.escape, longest_first)) + r")(?![\w-])")


def find(text: str) -> list[Entry]:
    """The subjects, places and times that a text names, in its order, each once; the longest word wins."""
    words, pattern = _words()
    return list(dict.fromkeys(words[match[1]] for match in pattern.finditer(text.lower())))
