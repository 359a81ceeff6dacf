"""Tiny worlds whose truth is known: questions, replies, a form and an asker, to be worked out by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from experiments import Case, Kind, Part, Passage, Question, Record, Result, Score, score

DOCUMENT = "policies/returns.md"


def question(
    name: str = "q-1", answerable: bool = True, part: Part = Part.TEST, **changes: object
) -> Question:
    """Return a question whose one fact is "30 days"; `changes` replace its fields."""
    fields: dict[str, object] = {
        "id": name,
        "part": part,
        "kind": Kind.SINGLE if answerable else Kind.UNANSWERABLE,
        "question": f"How long may goods be returned ({name})?",
        "facts": (("30 days",),) if answerable else (),
        "answerable": answerable,
        "gold": (DOCUMENT,) if answerable else (),
    }
    return Question(**{**fields, **changes})  # type: ignore[arg-type]


def questions(n: int, part: Part = Part.TEST) -> list[Question]:
    """Return `n` answerable questions."""
    return [question(f"{part}-{index:03}", part=part) for index in range(n)]


class PoliteForm:
    """A form that is kept by answers ending in "Yours."."""

    def check(self, text: str, cited_allowed: int, *, answerable: bool) -> Score:
        """Score the ending."""
        kept = text.endswith("Yours.")
        return Score(float(kept), "keeps the form" if kept else "does not end as it must")


FORM = PoliteForm()
GOLD = Passage(DOCUMENT, "Goods may be returned within 30 days.")
OTHER = Passage("stores/hours.md", "The shop opens at 9:00.")


def result(setup: str, name: str, facts: bool = True, form: bool = True, **changes: object) -> Result:
    """Return a scored result with the facts right or wrong and the form kept or broken."""
    text = f"{'30' if facts else '14'} days [1].{' Yours.' if form else ''}"
    fields: dict[str, object] = {
        "text": text,
        "passages": (GOLD,),
        "seconds": 1.0,
        "tokens_in": 100,
        "tokens_out": 10,
    }
    record = Record(**{**fields, **changes})  # type: ignore[arg-type]
    asked = question(name)
    return Result(asked, setup, record, score(asked, record, FORM))


def results(setup: str, passes: Sequence[bool]) -> list[Result]:
    """Return one result a question, passed or lost to its facts as `passes` says."""
    return [result(setup, f"q-{index:03}", facts=passed) for index, passed in enumerate(passes)]


@dataclass(frozen=True)
class Piece:
    """A piece of a document."""

    source: str
    text: str
    heading: str | None = None


@dataclass(frozen=True)
class Found:
    """A hit."""

    chunk: Piece


@dataclass(frozen=True)
class Answer:
    """A reply."""

    text: str
    hits: Sequence[Found] = ()
    timings: Mapping[str, float] = field(default_factory=lambda: {"total": 0.5})
    tokens_in: int = 50
    tokens_out: int = 8
    finished: bool = True
    abstained: bool = False


def luck(*key: str) -> float:
    """Return a number from 0 to 1 that depends on the key alone, so that every run sees the same."""
    return int.from_bytes(hashlib.sha256("|".join(key).encode()).digest()[:6]) / 2**48


@dataclass
class World:
    """A world where facts, form, both or neither are missing until retrieval or the adapter brings them.

    What is there, or has been brought, is right with chance `skill`; what is missing with chance `chance`.
    """

    facts_missing: bool = False
    form_missing: bool = False
    skill: float = 0.97
    chance: float = 0.1
    retrieval_works: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)
    index: bool = False
    adapter: bool = False

    def sync(self) -> None:
        """Make the index."""
        self.index = True

    def train(self) -> None:
        """Make the adapter."""
        self.adapter = True

    def fingerprint(self, setup: str) -> str:
        """Name the state of the world as far as `setup` depends on it."""
        return f"{self.index and setup in ('rag', 'hybrid')}{self.adapter and setup in ('lora', 'hybrid')}"

    def answer_batch(self, asked: list[tuple[str, Sequence[Mapping[str, str]]]], setup: str) -> list[Answer]:
        """Answer as this world's truth says."""
        self.asked += [(text, setup) for text, _ in asked]
        return [self._answer(text, setup) for text, _ in asked]

    def answer_cases(self, cases: Sequence[Case[str]]) -> list[Answer]:
        """Answer every case as this world's truth says."""
        replies: dict[int, Answer] = {}
        for setup in dict.fromkeys(case.setup for case in cases):
            places = [place for place, case in enumerate(cases) if case.setup == setup]
            asked = [(cases[place].question, cases[place].conversation) for place in places]
            replies.update(zip(places, self.answer_batch(asked, setup), strict=True))
        return [replies[place] for place in range(len(cases))]

    def _answer(self, text: str, setup: str) -> Answer:
        retrieves, adapted = setup in ("rag", "hybrid"), setup in ("lora", "hybrid")
        assert self.index or not retrieves, "asked with retrieval before there was an index"
        assert self.adapter or not adapted, "asked with an adapter before there was one"
        knows = not self.facts_missing or (retrieves and self.retrieval_works)
        behaves = not self.form_missing or adapted
        facts = luck(text, "facts") < (self.skill if knows else self.chance)
        form = luck(text, "form") < (self.skill if behaves else self.chance)
        piece = Piece(DOCUMENT, GOLD.text) if self.retrieval_works else Piece(OTHER.source, OTHER.text)
        hits = [Found(piece)] if retrieves else []
        return Answer(f"{'30' if facts else '14'} days [1].{' Yours.' if form else ''}", hits)
