"""How often questions that the documents do not answer are put together rightly: "write these documents".

Run `python benchmarks/grouping.py [--squad FOLDER]`. `data/unanswered_questions.json` holds made-up questions on twelve topics,
five each, and twenty that are alone; they were written once, before any were grouped. With `--squad`, each topic is a paragraph
of SQuAD 2.0's dev file whose five questions are asked as if it had not been written, two paragraphs an article, so that topics
are close to one another, beside twenty questions of other paragraphs that are alone. Sketches are drawn with a new key a time,
`--keys` times.

A group is *of one topic* where all of it asks after one. A topic is *told* where three or more of its questions are in one group
that is mostly of it.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from monitoring.signals.unanswered import FEWEST, _alike
from monitoring.sketch import sketch
from monitoring.traces import Ended, Trace
from rag import SentenceEmbedder

FILE = "dev-v2.0.json"
ASKED = Path(__file__).parent / "data" / "unanswered_questions.json"
EACH, ALONE = 5, 20
Topics = Sequence[tuple[str, str]]
"""Questions and the topic of each; empty where it has none in common with another."""


def grouped(asked: Topics, embedder: SentenceEmbedder, key: bytes) -> list[list[str]]:
    """Return the topics of each group of at least `FEWEST` questions."""
    vectors = embedder.embed([text for text, _ in asked])
    traces = [
        Trace(
            str(place),
            "2026-11-16T09:00:00+00:00",
            "rag",
            Ended.ABSTAINED,
            "",
            sketch=sketch(vector, key, "a"),
            space="a",
        )
        for place, vector in enumerate(vectors)
    ]
    groups = [one for one in _alike(traces) if len(one) >= FEWEST]
    return [[asked[int(trace.id)][1] for trace in one] for one in groups]


def tell(title: str, asked: Sequence[Topics], embedder: SentenceEmbedder) -> None:
    """Print how the groups of several sets of questions were."""
    groups = pure = mostly = topics = found = 0
    for number, one in enumerate(asked):
        made = grouped(one, embedder, f"key {number}".encode())
        most = [(*Counter(group).most_common(1)[0], len(group)) for group in made]
        groups += len(made)
        pure += sum(bool(name) and count == size for name, count, size in most)
        mostly += sum(bool(name) and 2 * count > size for name, count, size in most)
        topics += len({topic for _, topic in one if topic})
        found += len({name for name, count, size in most if name and count >= FEWEST and 2 * count > size})
    print(
        f"{title}, {len(asked)} times: {groups / len(asked):.1f} groups, {pure / max(1, groups):.0%} of one topic, "
        f"{mostly / max(1, groups):.0%} mostly of one; {found} of {topics} topics told ({found / topics:.0%})"
    )


def written() -> Topics:
    """Return the questions that were written for this."""
    return [(text, topic) for topic, texts in json.loads(ASKED.read_text("utf-8")).items() for text in texts]


def of_squad(folder: Path, seed: int) -> Topics:
    """Return questions of paragraphs, two an article, and some that are alone."""
    rng = random.Random(seed)
    asked: list[tuple[str, str]] = []
    alone: list[str] = []
    for article in rng.sample(json.loads((folder / FILE).read_text("utf-8"))["data"], 6):
        fit = [
            [row["question"] for row in one["qas"] if not row["is_impossible"]]
            for one in article["paragraphs"]
        ]
        fit = [one for one in rng.sample(fit, len(fit)) if len(one) >= EACH]
        for number, texts in enumerate(fit[:2]):
            asked += [(text, f"{article['title']}/{number}") for text in rng.sample(texts, EACH)]
        alone += [texts[0] for texts in fit[2:]]
    return asked + [(text, "") for text in rng.sample(alone, ALONE)]


def main() -> None:
    """Group, and print a line each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--squad", type=Path)
    parser.add_argument("--keys", type=int, default=20)
    chosen = parser.parse_args()
    embedder = SentenceEmbedder()
    tell("written for this", [written()] * chosen.keys, embedder)
    if chosen.squad is not None:
        tell("SQuAD", [of_squad(chosen.squad, seed) for seed in range(chosen.keys)], embedder)


if __name__ == "__main__":
    main()
