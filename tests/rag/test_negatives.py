"""Hard negatives: near and wrong, never an answer that nobody marked."""

from __future__ import annotations

import numpy as np

from rag.tuning.negatives import MARGIN, mined
from rag.tuning.pairs import Kind, Pair
from rag.tuning.twins import Twins
from rag.types import Chunk


def chunk(name: str, text: str) -> Chunk:
    return Chunk(f"{name}-0", f"{name}.md", name, "", text, 0, len(text), None, 0)


RIGHT = chunk("right", "The kettle costs 49 EUR since the spring edition of our list.")
COPY = chunk("copy", "The kettle costs 49 EUR since the spring edition of our list!")
TELLS = chunk("tells", "Somebody wrote in a letter that 49 EUR is what people pay for it.")
HARD = chunk("hard", "The kettle weighs three hundred grams and is made of steel.")
FAR = chunk("far", "Leave is asked for two weeks before it begins, in writing.")
CHUNKS = [RIGHT, COPY, TELLS, HARD, FAR]


def vectors(*cosines: float) -> np.ndarray:
    return np.array([[cosine, (1 - cosine**2) ** 0.5] for cosine in cosines], np.float32)


def found(facts: tuple[str, ...], *cosines: float) -> str:
    twins = Twins(CHUNKS)
    pair = Pair("What does it cost?", RIGHT.text, RIGHT, twins.families["right.md"], Kind.QUESTION, facts)
    query = np.array([[1.0, 0.0]], np.float32)
    return mined([pair], query, CHUNKS, vectors(*cosines), twins, seed=0)[0].source


def test_the_nearest_wrong_passage_is_taken_where_the_naive_nearest_is_an_answer() -> None:
    scores = (0.9, 0.89, 0.8, 0.7, 0.1)
    naive = CHUNKS[max(range(1, 5), key=lambda place: scores[place])]
    assert naive is COPY
    assert found(("49 EUR",), *scores) == "hard.md"


def test_a_passage_with_the_facts_is_no_negative() -> None:
    assert found((), 0.9, 0.1, 0.8, 0.7, 0.1) == "tells.md"
    assert found(("49 EUR",), 0.9, 0.1, 0.8, 0.7, 0.1) == "hard.md"


def test_what_scores_nearly_as_high_as_the_answer_is_left_alone() -> None:
    assert found((), 0.9, 0.1, 0.1, 0.9 * MARGIN + 0.01, 0.3) == "far.md"
    assert found((), 0.9, 0.1, 0.1, 0.9 * MARGIN - 0.01, 0.3) == "hard.md"


def test_where_nothing_scores_lower_than_the_answer_any_other_family_will_do() -> None:
    assert found((), -0.5, 0.9, 0.9, 0.9, 0.9) != "right.md"
