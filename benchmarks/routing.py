"""How often the classifier of tasks names the right one on questions of documents that nobody looked at while it was made.

Run `python benchmarks/routing.py [--squad FOLDER]`. The demo's examples get a task by the folder of their document, the
classifier is fitted on them, and is asked `data/routed_questions.json`: made-up questions about products, rules and staff matters
that the demo does not have, and some that are of no task. They were written once, before the classifier was asked any of them,
and nothing in them was changed after. With `--squad`, three articles of SQuAD 2.0's dev file are three tasks, half of their
paragraphs give the examples and the other half is asked, as often as `--draws` says: topics are told more easily than tasks.
Beside the figure stands the one that the classifier tells of itself.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from assistant.task_classifier import TaskClassifier
from assistant.workspace import demo_source
from finetune.examples import Example, load_examples
from foundation.proportion import wilson
from rag import SentenceEmbedder

FILE = "dev-v2.0.json"
ASKED = Path(__file__).parent / "data" / "routed_questions.json"
TASKS = {
    "products": "products", "policies": "rules", "rental": "rules", "workshop": "rules", "tr": "rules", "hr": "staff",
    "it": "staff",
}  # fmt: skip
"""The task of each folder of the demo; the others are of none."""
LEAST = 0.6
"""How sure it must be: the default of `[adapters]`."""


def told(title: str, classifier: TaskClassifier, asked: Sequence[tuple[str, str]]) -> tuple[int, int]:
    """Print how often it names the right task where it is made to, and what routing would do; return that of the former."""
    from assistant.task_classifier import likely

    vectors = classifier._embedder.embed([question for question, _ in asked]).astype("float64")
    shares = likely(vectors, classifier._weights)
    named = [classifier._tasks[place] for place in shares.argmax(axis=1)]
    right = sum(name == task for name, (_, task) in zip(named, asked, strict=True))
    routed = [(classifier.tell(question).task, task) for question, task in asked]
    sent = [(name, task) for name, task in routed if name]
    wrong = sum(name != task for name, task in sent)
    low, high = wilson(right, len(asked))
    print(
        f"{title}: {right} of {len(asked)} right ({right / len(asked):.0%}, {low:.0%} to {high:.0%}); {len(sent)} sent to a "
        f"task's adapter, {wrong} of them to a wrong one"
    )
    return right, len(asked)


def demo(embedder: SentenceEmbedder) -> None:
    """Measure on the demo's examples and the fresh questions."""
    examples = [
        replace(one, task=TASKS.get(one.sources[0].split("/")[0], "") if one.sources else "")
        for one in load_examples(demo_source() / "examples.jsonl")
    ]
    classifier = TaskClassifier(examples, embedder, LEAST, 7)
    assert classifier.measured is not None
    print(f"demo, of itself: {classifier.measured.text}")
    fresh = json.loads(ASKED.read_text("utf-8"))
    told(
        "demo, fresh questions", classifier, [(text, task) for task, texts in fresh.items() for text in texts]
    )
    for task, texts in fresh.items():
        told(f"  {task or 'no task'}", classifier, [(text, task) for text in texts])


def squad(embedder: SentenceEmbedder, folder: Path, draws: int, each: int) -> None:
    """Measure on articles as tasks."""
    articles = json.loads((folder / FILE).read_text("utf-8"))["data"]
    rng, held, inside = random.Random(7), [0, 0], 0
    for draw in range(draws):
        examples: list[Example] = []
        asked: list[tuple[str, str]] = []
        for article in rng.sample(articles, 3):
            paragraphs = rng.sample(article["paragraphs"], len(article["paragraphs"]))
            half, task = len(paragraphs) // 2, article["title"]
            learned = [
                (row["question"], f"{task}/{number}")
                for number, one in enumerate(paragraphs[:half])
                for row in one["qas"]
                if not row["is_impossible"]
            ]
            examples += [
                _example(f"{task}-{place}", text, source, task)
                for place, (text, source) in enumerate(rng.sample(learned, min(each, len(learned))))
            ]
            fresh = [
                row["question"] for one in paragraphs[half:] for row in one["qas"] if not row["is_impossible"]
            ]
            asked += [(text, task) for text in rng.sample(fresh, min(each, len(fresh)))]
        classifier = TaskClassifier(examples, embedder, LEAST, draw)
        right, n = told(f"SQuAD, draw {draw}", classifier, asked)
        own = classifier.measured
        assert own is not None
        inside += own.low <= right / n <= own.high
        held = [held[0] + right, held[1] + n]
    print(
        f"SQuAD, {draws} draws: {held[0] / held[1]:.1%} of {held[1]} right; in {inside} its own interval holds that figure"
    )


def _example(name: str, question: str, source: str, task: str) -> Example:
    turns = ({"role": "user", "content": question}, {"role": "assistant", "content": "So it is [1]."})
    return Example(name, turns, (source,), (), 1, task=task)


def main() -> None:
    """Measure, and print a line each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--squad", type=Path)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--each", type=int, default=60)
    chosen = parser.parse_args()
    embedder = SentenceEmbedder()
    demo(embedder)
    if chosen.squad is not None:
        squad(embedder, chosen.squad, chosen.draws, chosen.each)


if __name__ == "__main__":
    main()
