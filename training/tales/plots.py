"""Reading plots, finding their faults, and deciding which of them no model is trained on. README.md tells what a plot is.

A fault is something that the generator would turn into a broken tale, or a rule of README.md that can be tested: each rule
is a function from a plot to its faults, so that a new rule is one more function in `RULES`.
"""

import functools
import hashlib
import json
import re
from pathlib import Path
from typing import Callable, Iterator

from . import words

PLOTS = Path(__file__).parent / "plots"
HELD_OUT_ONE_IN = 12
VARIANTS = 5
STEPS = {None: range(6, 10), "short": range(3, 6), "long": range(10, 17)}  # by what a plot says of its length
VARIANT_WORDS = range(9, 71)  # what the rules ask for (12 to 60), with some tolerance for names and articles
PLACEHOLDER = re.compile(r"\{(\w+)\}")
FIELDS = {"id", "heroes", "place", "vars", "steps", "times", "short", "long"}

Plot = dict  # a row of plots/*.jsonl


def read(*paths: Path) -> list[Plot]:
    """The plots of these files and folders, by default those that are here, in a fixed order."""
    plots = []
    for path in paths or (PLOTS,):
        for file in sorted(path.glob("*.jsonl")) if path.is_dir() else [path]:
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                if line.strip():
                    try:
                        plots.append(json.loads(line))
                    except json.JSONDecodeError as error:
                        raise SystemExit(f"{file}:{number}: {error}") from None
    return plots


def is_held_out(plot: Plot) -> bool:
    """One plot in twelve, for ever: the hash of its id decides, so that new plots change nothing for the old."""
    digest = hashlib.sha256(plot["id"].encode()).digest()
    return int.from_bytes(digest[:4], "big") % HELD_OUT_ONE_IN == 0


def split(plots: list[Plot]) -> tuple[list[Plot], list[Plot]]:
    """The plots to train on and those held out."""
    return [plot for plot in plots if not is_held_out(plot)], [plot for plot in plots if is_held_out(plot)]


def variants(plot: Plot) -> list[str]:
    """All of a plot's texts, the scenes not among them."""
    return [text for step in plot["steps"] for text in step["text"]]


def all_texts(plot: Plot) -> list[str]:
    """The same and the scenes."""
    return [text for step in plot["steps"] for text in (step["scene"], *step["text"])]


def is_first_person(plot: Plot) -> bool:
    """Whether the hero tells the tale: such a plot has no `{he}` and its kin."""
    used = {name.lower() for text in variants(plot) for name in PLACEHOLDER.findall(text)}
    return not used & set(words.PRONOUNS["she"])


# --- faults ------------------------------------------------------------------------------------------------------------


def known_placeholders(plot: Plot) -> set[str]:
    """All that may stand in braces, in small letters."""
    known = {"name", "hero", "a_hero", "a_hero_named", "the_hero", "kind", "adj", "time", *words.PRONOUNS["she"]}
    known |= {"place", "the_place", "in_place", "to_place"}
    for name in plot.get("vars", {}):
        if is_place(name):
            known |= set(words.place_words(name, "forest"))
        else:
            known |= {name, f"a_{name}", f"the_{name}", f"{name}_s"}
        if is_friend(name):
            known |= {f"{name}_name", *(f"{name}_{pronoun}" for pronoun in words.PRONOUNS["she"])}
    return known


def is_friend(variable: str) -> bool:
    """`friend`, `friend2`: somebody with a name and pronouns."""
    return variable.startswith("friend")


def is_place(variable: str) -> bool:
    """`far`, `far2`: a second place."""
    return variable.startswith("far")


def shape(plot: Plot) -> Iterator[str]:
    if unknown := set(plot) - FIELDS:
        yield f"unknown field {', '.join(sorted(unknown))}"
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", plot["id"]):
        yield "an id is made of small letters, digits and hyphens"


def step_count(plot: Plot) -> Iterator[str]:
    allowed = STEPS[next((length for length in ("short", "long") if plot.get(length)), None)]
    if len(plot["steps"]) not in allowed:
        yield f"{len(plot['steps'])} steps instead of {allowed.start} to {allowed.stop - 1}"


def known_words(plot: Plot) -> Iterator[str]:
    for kind, given, known in (
        ("group of heroes", plot["heroes"], words.KINDS),
        ("place", plot["place"], words.PLACES),
        ("time", [time.split()[-1] for time in plot.get("times", [])], words.TIMES + words.DAYS),
    ):
        yield from (f"unknown {kind}: {word}" for word in given if word not in known)
    for variable, options in plot.get("vars", {}).items():
        if is_place(variable):
            yield from (f"unknown place: {option}" for option in options if option not in words.PLACES)
        if len(set(options)) < 1 or not all(isinstance(option, str) and option for option in options):
            yield f"variable {variable} has no words"


def five_variants(plot: Plot) -> Iterator[str]:
    for number, step in enumerate(plot["steps"], 1):
        if len(step["text"]) != VARIANTS:
            yield f"step {number}: {len(step['text'])} variants instead of {VARIANTS}"
        if len(set(step["text"])) < len(step["text"]):
            yield f"step {number}: the same variant twice"


def placeholders(plot: Plot) -> Iterator[str]:
    known = known_placeholders(plot)
    for number, step in enumerate(plot["steps"], 1):
        for text in (step["scene"], *step["text"]):
            unknown = [name for name in PLACEHOLDER.findall(text) if name.lower() not in known]
            yield from (f"step {number}: no placeholder {{{name}}}" for name in unknown)
            if re.search("[{}]", PLACEHOLDER.sub("", text)):
                yield f"step {number}: a stray brace: {text[:40]}"


def used_variables(plot: Plot) -> Iterator[str]:
    used = {name.lower() for text in all_texts(plot) for name in PLACEHOLDER.findall(text)}
    for variable in plot.get("vars", {}):
        forms = {form for form in known_placeholders({**plot, "vars": {variable: []}}) if variable in form.split("_")}
        if not forms & used:
            yield f"variable {variable} is never used"


def lengths(plot: Plot) -> Iterator[str]:
    for number, step in enumerate(plot["steps"], 1):
        for text in step["text"]:
            text = re.sub(r"\{a_hero(_named)?\}", "a brave fox named Lily", text, flags=re.I)
            count = len(PLACEHOLDER.sub("word", text).split())
            if count not in VARIANT_WORDS:
                yield f"step {number}: {count} words: {text[:40]}"


def sentences(plot: Plot) -> Iterator[str]:
    for number, step in enumerate(plot["steps"], 1):
        for text in step["text"]:
            if not re.search(r'([.!?]"?|\{[nN]ame\})$', text):  # a letter ends with its writer's name
                yield f"step {number}: no full stop: {text[-40:]}"
            if text.count('"') % 2:
                yield f"step {number}: a quote that does not close: {text[:40]}"
            if re.match(r'"?[a-z]', text):
                yield f"step {number}: a small letter at the start: {text[:40]}"
            if odd := re.search("[“”‘’…\n]|  ", text):
                yield f"step {number}: {odd[0]!r} (quotes are straight, blanks single): {text[:40]}"


def articles(plot: Plot) -> Iterator[str]:
    """`a {thing}` is wrong as soon as one of the things begins with a vowel; `{a_thing}` never is."""
    options = {"time": plot.get("times") or words.TIMES, "kind": words.KINDS["animal"], **plot.get("vars", {})}
    for number, step in enumerate(plot["steps"], 1):
        for text in (step["scene"], *step["text"]):
            for article, name in re.findall(r"\b([Aa]n?) \{(\w+)\}", text):
                forms = [words.an(option).split()[0] for option in options.get(name.lower(), ["name"])]
                if set(forms) != {article.lower()}:
                    yield f"step {number}: {article} {{{name}}} is not always right: {text[:40]}"
            for article, name in re.findall(r"\b([Aa]n?|[Tt]he) \{((?:a|the)_\w+)\}", text):
                yield f"step {number}: two articles: {article} {{{name}}}"


def introduction(plot: Plot) -> Iterator[str]:
    """The hero comes with the first step, and no variant names a friend of whom its siblings know nothing yet."""
    if not all(re.search(r"\{[aA]_hero(_named)?\}", text) for text in plot["steps"][0]["text"]):
        yield "step 1: a variant without {a_hero} or {a_hero_named}"
    if is_first_person(plot):  # "Dear Nora" is enough
        return
    for friend, options in ((name, options) for name, options in plot.get("vars", {}).items() if is_friend(name)):
        kinds = "|".join([rf"\{{((a|the)_)?{friend}\}}", *map(re.escape, options)])  # the writer may use the word itself
        for number, step in enumerate(plot["steps"], 1):
            named = [re.search(rf"\{{{friend}_name\}}", text, re.I) for text in step["text"]]
            shown = [re.search(kinds, text, re.I) for text in step["text"]]
            if all(map(any, zip(named, shown))):  # a name on a poster, or a pen friend's, may come first if it comes in all
                break
            for text, has_name, has_kind in zip(step["text"], named, shown):
                if has_name and not has_kind:
                    yield f"step {number}: {{{friend}_name}} before anybody knows who that is: {text[:40]}"


def room_for_heroes(plot: Plot) -> Iterator[str]:
    """Somebody must be left when those who are in the plot already are no heroes."""
    for place in plot["place"]:
        if not heroes(plot, place):
            yield f"no hero is left for {place}"


RULES: list[Callable[[Plot], Iterator[str]]] = [
    shape, step_count, known_words, five_variants, placeholders, used_variables, lengths, sentences, articles, introduction,
    room_for_heroes,
]  # fmt: skip


def faults(plots: list[Plot]) -> list[str]:
    """What is wrong with these plots, one line a fault."""
    found, seen = [], set()
    for plot in plots:
        name = plot.get("id", "?")
        if name in seen:
            found.append(f"{name}: the id comes twice")
        seen.add(name)
        try:
            found += [f"{name}: {fault}" for rule in RULES for fault in rule(plot)]
        except (KeyError, TypeError, AttributeError) as error:
            found.append(f"{name}: a field is missing or of another type ({error})")
    return found


# --- heroes ------------------------------------------------------------------------------------------------------------


def own_words(plot: Plot) -> frozenset[str]:
    """The words, and pairs of words, that a plot's writer wrote: who is in the plot anyway. In the letters they have."""
    return _own_words(tuple(all_texts(plot)))


def taken_names(plot: Plot) -> frozenset[str]:
    """Names that are words of the plot, or of its variables: no Daisy among daisies."""
    options = (option for options in plot.get("vars", {}).values() for option in options)
    return _taken_names(tuple(all_texts(plot)), tuple(options))


@functools.cache
def _taken_names(texts: tuple[str, ...], options: tuple[str, ...]) -> frozenset[str]:
    used = {word.lower() for word in (*_own_words(texts), *options)}
    return frozenset(name for names in words.NAMES.values() for name in names if name.lower() in used)


@functools.cache
def _own_words(texts: tuple[str, ...]) -> frozenset[str]:
    found: set[str] = set()
    for text in texts:
        here = re.findall(r"[A-Za-z_]+", PLACEHOLDER.sub("_", text))
        found |= {*here, *map(" ".join, zip(here, here[1:]))}
    return frozenset(found)


def heroes(plot: Plot, place: str) -> dict[str, list[str]]:
    """Of each group the kinds that can be heroes in this place: a plot with a crab in it has no hero who is a crab too, and a
    plot whose friend is always a robot no robot."""
    always = frozenset(options[0] for options in plot.get("vars", {}).values() if len(set(options)) == 1)
    return _heroes(tuple(plot["heroes"]), place, always, own_words(plot))


@functools.cache
def _heroes(groups: tuple[str, ...], place: str, always: frozenset[str], own: frozenset[str]) -> dict[str, list[str]]:
    found = {}
    for group in groups:
        kinds = [kind for kind in words.KINDS.get(group, []) if kind not in always and words.belongs(kind, place)]
        kinds = [kind for kind in kinds if not own & {kind, words.plural(kind), kind.capitalize()}]
        if kinds:
            found[group] = kinds
    # Where the writer calls the hero a dragon, there is no other dragon to be confused with.
    return found or {group: words.KINDS[group] for group in groups if len(words.KINDS.get(group, [])) == 1}
