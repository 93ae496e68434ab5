"""Makes tests/fixtures/story/tales.jsonl: tales of all plots, and the scene of each of their steps.

    python training/fixtures_story.py

A line is a tale: `text`, and of each step `[length, caption, words]`. `length` is the step's, in UTF-16 units, with the blanks
before it; `words` are what the reference, `scenes.lexicon.find`, finds in the caption.
"""

import json

from fixtures import FIXTURES
from scenes.lexicon import find
from tales import read, tell_many

COUNT, SEED = 500, 20


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def main() -> None:
    lines = []
    for tale in tell_many(read(), COUNT, SEED):
        before, steps = 0, []
        for scene in tale["scenes"]:
            words = [entry.name for entry in find(scene["caption"])]
            steps.append([units(tale["text"][before : scene["end"]]), scene["caption"], words])
            before = scene["end"]
        lines.append(json.dumps({"text": tale["text"], "scenes": steps}, ensure_ascii=False, separators=(",", ":")))
    file = FIXTURES / "story" / "tales.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


main()
