"""What completing follow-ups finds, and what it costs where the topic changes, on the demo's questions.

Run `python benchmarks/follow_ups.py`. Three ways of searching a question with a conversation before it: as it is; together with
the whole question before, wherever it is short or holds a pronoun (a common shortcut); and completed by `assistant.follow_up`.
Asked are the demo's follow-ups, and all of its other answerable questions after an unrelated question with its answer (seed 3).
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from assistant.follow_up import complete
from assistant.open import open_library
from assistant.workspace import create
from experiments.finding.retrieval import Found, Search, mean, measured
from experiments.questions import Question, load_questions
from rag import Library

PRONOUNS = frozenset("it its they their them that this there also and he she his her".split())


def shortcut(question: str, earlier: list[dict[str, str]]) -> str:
    """Put the whole question before in front of a short one, or one with a pronoun."""
    words = question.lower().replace("?", " ").split()
    asked = [turn["content"] for turn in earlier if turn["role"] == "user"]
    return f"{asked[-1]} {question}" if asked and (len(words) <= 4 or PRONOUNS & set(words)) else question


WAYS = (
    ("as it is", lambda question, earlier: question),
    ("with the question before", shortcut),
    ("completed", complete),
)


def row(what: str, way: str, library: Library, asked: list[tuple[Question, str]]) -> str:
    """Return a row of the table: recall@1, recall@4, MRR and nDCG@10 of texts that were searched for."""
    values = [
        measured(Found(one, library.lookup(text)), Search.FUSED, library.settings) for one, text in asked
    ]
    told = [mean([value[place] for value in values]) for place in (0, 1, 3, 4)]
    cells = " | ".join(f"{one.mean:.2f} ({one.low:.2f}–{one.high:.2f})" for one in told)
    return f"| {what} | {way} | {len(values)} | {cells} |"


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        house = create(Path(folder) / "demo", demo=True)
        with open_library(house) as library:
            library.sync()
            asked = [one for one in load_questions(house.questions) if one.answerable]
            single, rng = [one for one in asked if not one.turns], random.Random(3)
            before = {one.id: rng.choice(single) for one in single}
            print("| questions | searched | n | recall@1 | recall@4 | MRR | nDCG@10 |\n|" + "---|" * 7)
            for way, text in WAYS:
                told = [(one, text(one.question, one.turns)) for one in asked if one.turns]
                print(row("follow-ups", way, library, told), flush=True)
            for way, text in WAYS:
                told = []
                for one in single:
                    other = before[one.id]
                    turns = [
                        {"role": "user", "content": other.question},
                        {"role": "assistant", "content": f"It is {other.facts[0][0]}."},
                    ]
                    told.append((one, text(one.question, turns)))
                print(row("a new topic", way, library, told), flush=True)


if __name__ == "__main__":
    main()
