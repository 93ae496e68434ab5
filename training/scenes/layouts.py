"""Who is in a scene, where, and how large: drawn at random, but so that it makes sense.

A layout knows nothing of pixels' colours. Coordinates are those of a background of 256 x 256, y down. It is what captions
are made of, so that a caption is exact by construction.
"""

import bisect
import dataclasses
import functools
import itertools
import json
import math
import random
import zlib
from pathlib import Path

from .lexicon import Entry, of_kind

SIZE = 256
MARGIN = 5
# Heights of things of real size 1 to 5 on a background; compressed, as picture books do.
HEIGHTS = {1: 46, 2: 62, 3: 90, 4: 98, 5: 124}
SCALES = {"small": 0.7, "": 1.0, "big": 1.28}
# How often a category is drawn, and how well two categories go together (the first is the scene's hero).
SHARES = {
    "person": 1.6,
    "animal": 1.4,
    "vehicle": 0.9,
    "building": 0.8,
    "plant": 0.6,
    "food": 0.6,
    "object": 0.7,
    "celestial": 0.5,
}
PAIRS = {
    "person": {
        "person": 2,
        "animal": 3,
        "vehicle": 1.5,
        "building": 1.5,
        "object": 2.5,
        "food": 1.5,
        "plant": 1,
        "celestial": 0.6,
    },
    "animal": {
        "animal": 3,
        "person": 2,
        "plant": 1.2,
        "building": 1,
        "object": 0.8,
        "food": 0.8,
        "vehicle": 0.5,
        "celestial": 0.5,
    },
    "vehicle": {"person": 1, "building": 1, "vehicle": 0.6, "animal": 0.5, "plant": 0.5, "celestial": 0.6},
    "building": {"plant": 1, "person": 1, "animal": 0.8, "vehicle": 0.6, "celestial": 0.5},
    "plant": {"animal": 1, "plant": 0.6, "building": 0.4, "celestial": 0.3},
    "food": {"food": 1, "object": 0.4, "animal": 0.5},
    "object": {"person": 0.5, "animal": 0.6, "object": 0.5, "plant": 0.3},
    "celestial": {"celestial": 0.5, "vehicle": 0.5, "building": 0.3, "plant": 0.3},
}
# What can be sat on, and by what (at most as large as this).
SEATS = {
    "rock": 2,
    "log": 2,
    "chair": 2,
    "bed": 2,
    "sofa": 2,
    "pile of books": 1,
    "mushroom": 1,
    "gift": 1,
    "treasure chest": 2,
    "drum": 1,
}
# What can be ridden, and how high on it one sits, as a share of its height.
MOUNTS = {
    "horse": 0.5, "donkey": 0.5, "elephant": 0.72, "camel": 0.5, "two-humped camel": 0.55, "deer": 0.45, "zebra": 0.5, "ox": 0.6,
    "llama": 0.45, "tiger": 0.55, "dinosaur": 0.4, "mammoth": 0.75, "turtle": 0.65,
}  # fmt: skip
BOATS = ("canoe", "motor boat", "speedboat")
HELD = (
    "balloon", "book", "key", "lantern", "candle", "flower", "rose", "tulip", "sunflower", "daisy", "bouquet", "apple", "banana", "carrot",
    "cookie", "cupcake", "ice cream", "lollipop", "teddy bear", "letter", "map", "scroll", "bell", "guitar", "violin", "trumpet", "flute",
    "magic wand", "star", "gift", "umbrella", "kite", "basket", "bucket", "ball", "crown", "gem", "egg", "feather", "camera", "broom",
    "magnifying glass", "telescope", "sandwich", "honey pot", "watermelon", "coin", "flashlight", "mushroom", "fish", "snowflake",
)  # fmt: skip
# People whose drawing holds something already.
BUSY = ("wizard", "witch", "farmer", "cook", "firefighter", "mechanic", "artist", "singer", "teacher", "detective", "judge", "troll", "scientist",
        "ninja", "fairy", "juggler", "rower", "surfer", "swimmer", "skier", "snowboarder", "cyclist", "fencer", "sleeping child", "merman")  # fmt: skip
BY_DAY, BY_NIGHT = ("day", "morning", "sunset"), ("dusk", "night")
WHEN = {  # subjects that belong to some times
    "sun": BY_DAY, "smiling sun": BY_DAY, "moon": BY_NIGHT, "smiling moon": BY_NIGHT, "crescent moon": BY_NIGHT, "star": BY_NIGHT,
    "comet": BY_NIGHT, "rainbow": ("day", "morning", "rain"), "cloud": ("day", "morning", "sunset"), "rain cloud": ("rain",),
    "storm cloud": ("rain",), "snow cloud": ("snowfall", "day"), "bat": BY_NIGHT, "snowflake": ("snowfall",),
}  # fmt: skip
FLY_IN_SKY = ("dragon", "superhero", "owl", "parrot", "bird", "unicorn", "genie", "pirate flag")
MOODS = ("happy", "brave", "curious", "kind")
TIMELESS = ("space", "moon", "mars", "underwater", "plain")  # where no time of day shows


@dataclasses.dataclass
class Item:
    """A subject in a scene; `x` its middle and `foot` its lowest point."""

    subject: str
    sprite: int
    aspect: float  # width by height
    height: float
    x: float = 0.0
    foot: float = 0.0
    colour: str = ""  # when it is not the drawing's own
    size: str = ""  # "small", "big" or nothing said
    mood: str = ""
    flip: bool = False
    angle: float = 0.0  # degrees
    hidden: float = 0.0  # the share of its height that water hides
    shadow: float = 0.0  # how dark the shadow at its foot is
    verb: str = ""  # what it visibly does: flying, swimming, floating, standing
    normal: float = 0.0  # the height it would have with no size said

    @property
    def width(self) -> float:
        return self.height * self.aspect

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom, turned as it is."""
        cosine, sine = abs(math.cos(math.radians(self.angle))), abs(math.sin(math.radians(self.angle)))
        reach_x, reach_y = (self.width * cosine + self.height * sine) / 2, (self.height * cosine + self.width * sine) / 2
        y = self.foot - self.height / 2
        return self.x - reach_x, y - reach_y, self.x + reach_x, y + reach_y

    @property
    def shows_its_size(self) -> bool:
        """Whether what is said of its size still holds when it has been fitted in."""
        return {"small": self.height < 0.9 * self.normal, "big": self.height > 1.1 * self.normal, "": True}[self.size]


@dataclasses.dataclass
class Layout:
    """A scene: its background, its items, and the part of it that the picture shows."""

    place: str
    time: str
    background: int
    items: list[Item]  # as the caption names them
    relation: str = ""  # of the first item to the second
    ground: str = ""  # the colour of a plain background
    style: str = ""
    extras: list[Item] = dataclasses.field(default_factory=list)  # a cloud to stand on, foam
    order: list[Item] = dataclasses.field(default_factory=list)  # as they are painted
    crop: tuple[float, float, float] = (0.0, 0.0, float(SIZE))  # left, top, width

    @property
    def shows_time(self) -> bool:
        """Whether the time of day can be seen."""
        return self.place not in TIMELESS and not self.style


@functools.cache
def held_out(subject: str, place: str) -> bool:
    """Pairs of subject and place that training never sees, to test composing: one in twelve, but no subject's last place."""
    chosen = [each for each in of_kind("subject")[subject].lives if zlib.crc32(f"{subject} {each}".encode()) % 12 == 0]
    return place in chosen and len(chosen) < len(of_kind("subject")[subject].lives)


class Weighted:
    """Draws by weight."""

    def __init__(self, weights: dict):
        self.values, self.sums = list(weights), list(itertools.accumulate(weights.values()))

    def draw(self, rng: random.Random):
        return self.values[bisect.bisect(self.sums, rng.random() * self.sums[-1])]


class Layouts:
    """Draws layouts from what `prepare` made: `index.json` lists sprites and backgrounds."""

    def __init__(self, folder: Path):
        index = json.loads((folder / "index.json").read_text())
        self.sprites: dict[str, list[tuple[int, float, str]]] = {}  # of each subject: number, aspect, colour
        for number, (subject, colour, width, height) in enumerate(index["sprites"]):
            self.sprites.setdefault(subject, []).append((number, width / height, colour))
        self.backgrounds: dict[tuple[str, str], list[int]] = {}
        self.bodiless: dict[tuple[str, str], list[int]] = {}  # backgrounds without sun and moon
        self.lines, self.grounds = [], []
        for number, (place, time, body, ground, line) in enumerate(index["backgrounds"]):
            self.backgrounds.setdefault((place, time), []).append(number)
            if not body:
                self.bodiless.setdefault((place, time), []).append(number)
            self.lines.append(line)
            self.grounds.append(ground)
        self.subjects = {name: entry for name, entry in of_kind("subject").items() if name in self.sprites}
        self.times: dict[str, list[str]] = {}
        for place, time in self.backgrounds:
            self.times.setdefault(place, []).append(time)
        living = {place: [name for name, entry in self.subjects.items() if place in entry.lives] for place in self.times}
        self.living = {place: self.weighted(names) for place, names in living.items() if names}
        # A place with few subjects is drawn as often as one with many, nearly.
        self.place_weights = {place: len(living[place]) ** -0.5 for place in self.living}
        self.hero = self.weighted(self.subjects)

    def weighted(self, names) -> Weighted:
        return Weighted({name: SHARES[self.subjects[name].category] for name in names})

    # --- who and where ---

    def hero_and_place(self, rng: random.Random) -> tuple[str, str]:
        """Half of the time the place is drawn first, or space would be as rare as what lives there."""
        if rng.random() < 0.5:
            place = rng.choice(list(self.living))
            return self.living[place].draw(rng), place
        hero = self.hero.draw(rng)
        places = [place for place in self.subjects[hero].lives if place in self.living]
        return hero, rng.choices(places, [self.place_weights[place] for place in places])[0]

    @functools.cache
    def companions(self, hero: str, place: str) -> Weighted | None:
        """Who goes with whom in a place: categories that fit, sizes not too far apart."""
        first, weights = self.subjects[hero], {}
        for name, second in self.subjects.items():
            weight = PAIRS[first.category].get(second.category, 0)
            far = abs(first.size - second.size)
            if name == hero or place not in second.lives or held_out(name, place) or not weight or far > 3:
                continue
            if second.category in ("food", "object", "plant") and far > 2:
                continue
            weights[name] = weight / (1 + far)
        return Weighted(weights) if weights else None

    @functools.cache
    def partners(self, hero: str, place: str) -> dict[str, list[str]]:
        """Of each relation that the hero can be in, to whom."""
        ways: dict[str, list[str]] = {}
        for name in companions.values if (companions := self.companions(hero, place)) else ():
            for way in self.relations(place, [self.subjects[hero], self.subjects[name]]):
                ways.setdefault(way, []).append(name)
        return ways

    def cast(self, hero: str, place: str, count: int, rng: random.Random) -> tuple[list[str], str]:
        """Who is in a scene of `count` subjects, and for some of two the relation that they are to be in."""
        ways = self.partners(hero, place) if count == 2 else {}
        if ways and rng.random() < 0.5:
            way = rng.choice(list(ways))
            return [hero, rng.choice(ways[way])], way
        names, others = [hero], self.companions(hero, place)
        while len(names) < count and others:
            other = others.draw(rng)
            if other not in names:
                names.append(other)
            elif rng.random() < 0.2:
                break
        return names, ""

    def times_for(self, names: list[str], place: str) -> list[str]:
        """The times at which all of them can be in a place."""
        times = self.times[place]
        if len(times) == 1:
            return times
        times = [time for time in times if all(time in WHEN.get(name, (time,)) for name in names)]
        if place != "room" and any(self.subjects[name].category == "food" for name in names):
            return [time for time in times if time in BY_DAY and place != "snow"]  # nobody picnics at night or in snow
        return times

    def draw(self, rng: random.Random, split: str = "train", count: int | None = None) -> Layout:
        """One scene, of `count` subjects or of one to three.

        The split "train" has no held-out pair of subject and place, "held_out" has one in each scene, "any" does not mind.
        """
        while True:
            hero, place = self.hero_and_place(rng)
            if split != "held_out" and count in (None, 1) and rng.random() < 0.10:
                return self.plain(self.subjects[hero], rng)
            if split != "any" and held_out(hero, place) != (split == "held_out"):
                continue
            wanted = count or rng.choices((1, 2, 3), (45, 43, 12))[0]
            names, way = self.cast(hero, place, wanted, rng)
            times = self.times_for(names, place)
            if len(names) < wanted or not times:
                continue
            layout = self.arrange(names, place, rng.choice(times), way, rng)
            if layout is not None:
                return layout

    def item(self, name: str, rng: random.Random, plain: bool = False) -> Item:
        entry = self.subjects[name]
        sprites = self.sprites[name]
        own = [sprite for sprite in sprites if not sprite[2]]
        number, aspect, colour = rng.choice(sprites if rng.random() < 0.5 else own)
        size = "" if plain else rng.choices(("small", "", "big"), (15, 70, 15))[0]
        normal = HEIGHTS[entry.size]
        if aspect > 1.15:  # wide things are large by their width
            normal *= 1.15 / aspect**0.75
        height = normal * SCALES[size] * rng.uniform(0.93, 1.07)
        mood = rng.choice(MOODS) if entry.category in ("person", "animal") and rng.random() < 0.08 else ""
        return Item(name, number, aspect, height, colour=colour, size=size, mood=mood, flip=rng.random() < 0.5, normal=normal)

    # --- where exactly ---

    def plain(self, hero: Entry, rng: random.Random) -> Layout:
        """A single subject on plain ground."""
        background = rng.choice(self.backgrounds["plain", "day"])
        item = self.item(hero.name, rng, plain=True)
        item.height = min(150.0, 190 / item.aspect) * rng.uniform(0.8, 1)
        item.x, item.foot = SIZE / 2 + rng.uniform(-8, 8), SIZE / 2 + item.height / 2 + rng.uniform(-6, 6)
        item.shadow = 0 if hero.moves in ("flies", "sky") else 0.25
        layout = Layout("plain", "day", background, [item], ground=self.grounds[background], order=[item])
        self.frame(layout, rng, closest=1.15)
        return layout

    def arrange(self, names: list[str], place: str, time: str, way: str, rng: random.Random) -> Layout | None:
        """The subjects in the relation `way`, or side by side; None if they do not fit in."""
        items = [self.item(name, rng) for name in names]
        entries = [self.subjects[name] for name in names]
        in_the_sky = any(entry.moves == "sky" for entry in entries)
        bank = (self.bodiless if in_the_sky else self.backgrounds).get((place, time))
        if not bank:
            return None
        layout = Layout(place, time, rng.choice(bank), items, relation=way)
        layout.style = "pencil" if rng.random() < 0.05 else ""
        line = self.lines[layout.background]
        if way:
            if not RELATIONS[way](self, layout, entries, line, rng):
                return None
        else:
            self.side_by_side(layout, entries, line, rng)
        for item in items:
            item.size = item.size if item.shows_its_size else ""
        bigs = [item.height for item in items if item.size == "big"]
        smalls = [item.height for item in items if item.size == "small"]
        if bigs and smalls and min(bigs) < max(smalls):  # a big mouse may be lower than a small bear, which would confuse
            for item in items:
                item.size = ""
        return layout if self.frame(layout, rng) else None

    def stand(self, item: Item, entry: Entry, place: str, line: list[float], rng: random.Random, extras: list[Item]) -> None:
        """Gives an item at `x` its height in the picture: on the ground, in the air, in or on the water."""
        ground = line[int(min(SIZE - 1, max(0, item.x)))]
        flies = entry.moves == "flies" or (place == "sky" and item.subject in FLY_IN_SKY)
        if place in ("space", "underwater") and not (place == "underwater" and entry.moves == "sinks"):
            item.foot = rng.uniform(100, 180) + item.height / 2 if place == "space" else rng.uniform(70, 170) + item.height / 2
            item.foot = min(item.foot, 226.0 if place == "underwater" else 240.0)
            item.angle = rng.uniform(-12, 12) if entry.category in ("person", "object") else rng.uniform(-6, 6)
            item.verb = "floating" if place == "space" else "swimming" if entry.category in ("person", "animal") else ""
        elif entry.moves == "sky" and place not in ("moon", "mars"):
            item.height = min(item.height, 70 * SCALES[item.size])
            item.foot = rng.uniform(MARGIN + 4, 46) + item.height
        elif place == "sky":
            item.foot = rng.uniform(96, 150) + item.height / 2
            if flies:
                item.angle, item.verb = rng.uniform(-8, 8), "flying"
            else:  # on a cloud of its own
                number, aspect, _ = self.sprites["cloud"][0]
                cloud = Item("cloud", number, aspect, max(60.0, item.width * 1.5) / aspect, item.x, item.foot + 30)
                cloud.foot = item.foot + cloud.height * 0.72
                extras.append(cloud)
        elif flies:
            item.foot = max(MARGIN + item.height + 2, ground - rng.uniform(62, 120))
            item.angle, item.verb = rng.uniform(-8, 8), "flying" if entry.category in ("animal", "vehicle") else ""
        elif place == "sea":
            item.foot = ground + rng.uniform(-8, 30)
            boat = entry.moves == "floats" or entry.category in ("vehicle", "celestial")
            item.hidden = 0.04 if boat else 0.24
            item.foot += item.height * item.hidden
            item.verb = "sailing" if item.subject in ("sailboat", "ship") else "" if boat else "swimming"
        else:
            far = 10 if entry.size == 5 else 0
            item.foot = min(SIZE - 4.0, ground + rng.uniform(-6, 12) - far)
            item.shadow = 0.3
            item.verb = "standing" if entry.category == "person" and entry.form != "whole" else ""

    def side_by_side(self, layout: Layout, entries: list[Entry], line: list[float], rng: random.Random) -> None:
        items = layout.items
        fit(items, 226)
        order = rng.sample(items, len(items))
        gap = (SIZE - 2 * MARGIN - sum(item.width for item in order)) / (len(order) + 1)
        gap = min(gap, 60.0) if len(order) > 1 else gap
        left = (SIZE - sum(item.width for item in order) - gap * (len(order) - 1)) / 2
        for item in order:
            item.x = left + item.width / 2 + rng.uniform(-0.4, 0.4) * gap
            left += item.width + gap
        for item, entry in zip(items, entries):
            self.stand(item, entry, layout.place, line, rng, layout.extras)
        layout.relation = "with" if len(items) > 1 else ""
        if len(items) == 2 and abs(items[0].foot - items[1].foot) < 30 and gap < 60:
            layout.relation = rng.choice(("with", "beside"))
        layout.order = layout.extras + sorted(items, key=lambda item: item.foot)

    # --- two in a relation; each returns False where they do not fit ---

    def in_depth(self, layout: Layout, entries: list[Entry], line: list[float], rng: random.Random) -> bool:
        """In front of or behind: the nearer one stands lower, before a part of the farther one."""
        in_front = layout.relation == "in front of"
        near, far = layout.items if in_front else layout.items[::-1]
        fit([far], 200)
        far.x = SIZE / 2 + rng.uniform(-20, 20)
        self.stand(far, entries[layout.items.index(far)], layout.place, line, rng, layout.extras)
        far.foot = min(far.foot, line[int(far.x)] - 4)
        near.height = min(near.height, (0.8 if in_front else 0.62) * far.height)
        near.x = far.x + rng.choice((-1, 1)) * far.width * rng.uniform(0.12, 0.34)
        near.foot, near.shadow = min(SIZE - 4.0, far.foot + rng.uniform(14, 24)), 0.3
        layout.order = [far, near]
        return True

    def above(self, layout: Layout, entries: list[Entry], line: list[float], rng: random.Random) -> bool:
        upper, lower = layout.items
        fit([lower], 200)
        lower.x = SIZE / 2 + rng.uniform(-30, 30)
        self.stand(lower, entries[1], layout.place, line, rng, layout.extras)
        upper.height = min(upper.height, 72.0)
        upper.x = lower.x + rng.uniform(-24, 24)
        upper.foot = lower.foot - lower.height - rng.uniform(6, 26)
        upper.angle, upper.verb = rng.uniform(-8, 8), "flying" if entries[0].category in ("animal", "vehicle") else ""
        layout.order = layout.extras + [lower, upper]
        return upper.foot - upper.height >= MARGIN

    def on_top(self, layout: Layout, entries: list[Entry], line: list[float], rng: random.Random) -> bool:
        sitter, seat = layout.items
        seat.x = SIZE / 2 + rng.uniform(-20, 20)
        seat.height = max(seat.height, 62.0)
        self.stand(seat, entries[1], layout.place, line, rng, layout.extras)
        sitter.height = min(sitter.height, 1.1 * seat.height)
        sitter.x = seat.x + rng.uniform(-0.08, 0.08) * seat.width
        sitter.foot = seat.foot - seat.height * (0.52 if seat.subject in ("chair", "bed", "sofa") else 0.9)
        layout.order = [seat, sitter]
        return True

    def holding(self, layout: Layout, entries: list[Entry], line: list[float], rng: random.Random) -> bool:
        """The thing is at the hand on the right; what floats or is opened is held up."""
        holder, thing = layout.items
        holder.x = SIZE / 2 + rng.uniform(-20, 20)
        holder.height = max(holder.height, 84.0)
        self.stand(holder, entries[0], layout.place, line, rng, layout.extras)
        holder.flip, thing.size = False, ""
        if thing.subject in ("balloon", "kite", "umbrella"):
            thing.height = 0.6 * holder.height
            thing.x = holder.x + (0.3 if thing.subject == "umbrella" else 0.34) * holder.height
            thing.foot = holder.foot - 0.28 * holder.height
        else:
            thing.height = min(0.42 * holder.height, 0.5 * holder.height / thing.aspect)
            thing.x, thing.foot = holder.x + 0.27 * holder.height, holder.foot - 0.22 * holder.height
        layout.order = layout.extras + [holder, thing]
        return True

    def riding(self, layout: Layout, entries: list[Entry], line: list[float], rng: random.Random) -> bool:
        """The rider sits behind the back of what is ridden."""
        rider, mount = layout.items
        mount.height = max(mount.height, 66.0)
        fit([mount], 180)
        mount.x = SIZE / 2 + rng.uniform(-20, 20)
        self.stand(mount, entries[1], layout.place, line, rng, layout.extras)
        rider.height = min(rider.height, 0.95 * mount.height)
        rider.x = mount.x + rng.uniform(-0.05, 0.05) * mount.width
        rider.foot = mount.foot - mount.height * MOUNTS.get(mount.subject, 0.42)
        rider.size = ""
        layout.order = [rider, mount]
        return rider.foot - rider.height >= MARGIN

    @staticmethod
    def relations(place: str, entries: list[Entry]) -> list[str]:
        """The relations that two subjects can be in, in a place."""
        first, second = entries
        on_ground = place not in ("sky", "space", "sea", "underwater")
        stands = first.moves in ("stands", "sinks") and on_ground
        being = first.category in ("person", "animal")
        has_hands = first.category == "person" and first.form != "whole"
        backdrop = second.category in ("building", "vehicle") or second.name in ("tree", "pine tree", "palm tree", "volcano")
        hides = second.size >= 3 and second.category in ("plant", "vehicle", "animal")
        in_the_air = ("flies", "sky")
        carried = (second.name in MOUNTS and on_ground) or (second.name in BOATS and place == "sea")
        fits = {
            "in front of": stands and second.moves == "stands" and backdrop and second.size > first.size,
            "behind": stands and being and second.moves == "stands" and hides and first.size >= second.size,
            "above": first.moves in in_the_air and second.moves not in in_the_air and place not in ("room", "space"),
            "on": stands and being and first.size <= SEATS.get(second.name, 0),
            "holding": on_ground and has_hands and first.name not in BUSY and second.name in HELD,
            "riding": has_hands and carried,
        }
        return [way for way, does in fits.items() if does]

    # --- what the picture shows ---

    def frame(self, layout: Layout, rng: random.Random, closest: float = 1.12) -> bool:
        """A square that keeps every item whole; False if there is none."""
        boxes = [item.box for item in layout.items]
        left, top = min(box[0] for box in boxes) - MARGIN, min(box[1] for box in boxes) - MARGIN
        right, bottom = max(box[2] for box in boxes) + MARGIN, max(box[3] for box in boxes) + MARGIN
        reach = max(right - left, bottom - top)
        if left < 0 or top < 0 or right > SIZE or bottom > SIZE:
            return False
        width = min(float(SIZE), max(reach * closest, rng.uniform(0.5, 1.15) * SIZE))
        low_x, high_x = max(0.0, right - width), min(left, SIZE - width)
        low_y, high_y = max(0.0, bottom - width), min(top, SIZE - width)
        middle = min(high_x, max(low_x, (left + right - width) / 2))
        x = min(high_x, max(low_x, middle + rng.gauss(0, 0.12) * width))
        # The horizon is more often above the middle: show ground below the feet.
        y = min(high_y, max(low_y, (top + bottom) / 2 - 0.55 * width + rng.gauss(0, 0.08) * width))
        layout.crop = (x, y, width)
        return True


def fit(items: list[Item], width: float) -> None:
    """Makes all smaller if they do not fit beside each other."""
    total = sum(item.width for item in items)
    if total > width:
        for item in items:
            item.height *= width / total


RELATIONS = {
    "in front of": Layouts.in_depth, "behind": Layouts.in_depth, "above": Layouts.above, "on": Layouts.on_top,
    "holding": Layouts.holding, "riding": Layouts.riding,
}  # fmt: skip
