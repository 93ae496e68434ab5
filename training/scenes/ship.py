"""The lexicon as the page reads it: `lexicon.json`, beside the illustrator's weights.

It has what understanding a text needs and nothing of how things look. What captions say is written out: the adjectives, the
relations, the times that a place is painted in, so that nobody else has to know `captions.py`.
"""

import json
from pathlib import Path

from .captions import INDOORS, RELATIONS, UNCOUNTED, adjective_words
from .layouts import MOODS, SCALES, TIMELESS
from .lexicon import FILE, of_kind, plural
from .places import times_of

# The phrases of a place that say a Chinese word better than its first one does.
CHINESE_PHRASES = {
    "花园": "in the garden", "公园": "in the park", "田野": "in a green field", "草坪": "on the green grass", "花田": "in a field of flowers",
    "雪山": "near snowy mountains", "山谷": "in a mountain valley", "海边": "by the sea", "海滨": "at the seaside", "海岸": "on the seashore",
    "街道": "on a city street", "大街": "on a street in the city", "小镇": "in a little town", "镇上": "in a little town",
    "卧室": "in the bedroom", "客厅": "in the living room", "湖面": "on a blue lake", "海浪": "on the waves", "沙丘": "among sand dunes",
    "云端": "above the clouds", "云层": "above the clouds", "丛林深处": "deep in the forest", "冬天": "in a winter landscape",
    "海底": "at the bottom of the sea", "深海": "deep in the ocean", "水下": "underwater", "星空": "on a starry night",
    "月光下": "in the moonlight", "午夜": "at midnight", "阳光下": "in the sunshine", "黄昏": "at twilight", "暴风雪": "in a snowstorm",
}  # fmt: skip


def _entry(row: dict) -> dict:
    kind = next(kind for kind in ("subject", "place", "time", "relation", "adjective") if kind in row)
    name = row[kind]
    kept = {"kind": kind, "name": name}
    for key in ("category", "pronoun", "proper"):
        if key in row:
            kept[key] = row[key]
    if row.get("plural") not in (None, plural(name)):
        kept["plural"] = row["plural"]
    if kind == "relation":
        kept["phrases"] = list(dict.fromkeys(row["phrases"]))
        kept["says"] = [RELATIONS[name][0]]
    else:
        phrases = row.get("in") or row.get("phrases") or []
        kept |= {"en": row.get("en") or phrases, "phrases": phrases}
    kept |= {"near": row.get("near", []), "zh": row["zh"], "implied_by": row.get("implied_by", [])}
    if kind == "adjective":
        kept["group"] = row["kind"]
        shown = {"size": [size for size in SCALES if size], "mood": MOODS}.get(row["kind"])
        if row["kind"] == "colour":
            kept["says"] = [name]
        elif shown and name in shown:
            kept["says"] = list(adjective_words(name))
    if kind == "place":
        kept["times"] = [] if name in TIMELESS else list(times_of(name))
    if kind == "time":
        kept["indoors"] = INDOORS[name]
    zh_phrases = {word: CHINESE_PHRASES[word] for word in row["zh"] if word in CHINESE_PHRASES}
    if zh_phrases and kind in ("place", "time"):
        assert set(zh_phrases.values()) <= set(kept["phrases"]), zh_phrases
        kept["zh_phrases"] = zh_phrases
    if isinstance(kept["near"], dict):  # of a time: what else may be drawn, which nothing here reads
        del kept["near"]
    return {key: value for key, value in kept.items() if value or key == "times"}


def ship(file: Path) -> None:
    """Writes `lexicon.json`, an entry a line."""
    rows = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    lines = [json.dumps(_entry(row), ensure_ascii=False, separators=(",", ":")) for row in rows]
    uncounted = sorted(word for word in UNCOUNTED if word in of_kind("subject"))
    head = json.dumps(uncounted, ensure_ascii=False)
    file.parent.mkdir(parents=True, exist_ok=True)
    text = f'{{"version":1,"uncounted":{head},"entries":[\n' + ",\n".join(lines) + "\n]}\n"
    file.write_text(text, encoding="utf-8")
