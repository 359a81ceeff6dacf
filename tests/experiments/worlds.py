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
    """A world where facts, form, both or neither are missing until something brings them.

    What is there, or has been brought, is right with chance `skill`; what is missing with chance `chance`.
    Retrieval brings facts, the adapter brings form, and what else can go wrong has a field of its own.
    """

    facts_missing: bool = False
    form_missing: bool = False
    skill: float = 0.97
    chance: float = 0.1
    retrieval_works: bool = True
    tuning_helps: bool = False
    """Whether a search that does not work does so once it is tuned."""
    shots_help: bool = False
    """Whether examples in the prompt bring the form."""
    adapter_helps: bool = True
    """Whether the adapter brings the form."""
    absent: float = 0.0
    """The share of questions whose fact no document holds."""
    cut_off: float = 0.0
    """The share of answers that break off, whatever is done."""
    blocking: str | None = None
    """What must be mended in the examples before anything is trained."""
    seconds_each: float = 0.0
    """How long an answer takes."""
    making: Mapping[str, float] = field(default_factory=dict)
    """How long it takes to make `index` and `adapter`, and to do the `tuning`."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    """What was made, in order."""
    index: bool = False
    adapter: bool = False
    tuned: bool = False
    now: float = 0.0
    """What a clock would show."""

    def sync(self) -> None:
        """Make the index."""
        if not self.index:
            self._make("index")
        self.index = True

    def train(self) -> None:
        """Make the adapter."""
        if not self.adapter:
            self._make("adapter")
        self.adapter = True

    def tune(self) -> bool:
        """Tune the search, where that helps."""
        changes = self.tuning_helps and not self.tuned
        self._make("tuning")
        self.tuned = self.tuned or changes
        return changes

    def check(self) -> str | None:
        """Look the examples over."""
        return self.blocking

    def evidence(self, asked: Question) -> bool | None:
        """Tell whether a document holds the fact; None before there is an index to look into."""
        return self._held(asked.question) if self.index else None

    def clock(self) -> float:
        """Tell the time."""
        return self.now

    def _make(self, thing: str) -> None:
        self.made.append(thing)
        self.now += self.making.get(thing, 0.0)

    def _held(self, text: str) -> bool:
        return luck(text, "absent") >= self.absent

    def fingerprint(self, setup: str) -> str:
        """Name the state of the world as far as `setup` depends on it."""
        base = setup.partition("+")[0]
        retrieves, adapted = base in ("rag", "hybrid"), base in ("lora", "hybrid")
        tuned = "tuned" if self.tuned and retrieves else ""
        return f"{self.index and retrieves}{self.adapter and adapted}{tuned}"

    def answer_batch(self, asked: list[tuple[str, Sequence[Mapping[str, str]]]], setup: str) -> list[Answer]:
        """Answer as this world's truth says."""
        self.asked += [(text, setup) for text, _ in asked]
        self.now += self.seconds_each * len(asked)
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
        base, _, options = setup.partition("+")
        retrieves, adapted = base in ("rag", "hybrid"), base in ("lora", "hybrid")
        assert self.index or not retrieves, "asked with retrieval before there was an index"
        assert self.adapter or not adapted, "asked with an adapter before there was one"
        found = retrieves and self._held(text) and (self.retrieval_works or self.tuned)
        knows = found or not self.facts_missing
        shown = options == "shots" and self.shots_help
        behaves = not self.form_missing or (adapted and self.adapter_helps) or shown
        facts = luck(text, "facts") < (self.skill if knows else self.chance)
        form = luck(text, "form") < (self.skill if behaves else self.chance)
        whole = luck(text, "whole") >= self.cut_off
        piece = Piece(DOCUMENT, GOLD.text) if found else Piece(OTHER.source, OTHER.text)
        hits = [Found(piece)] if retrieves else []
        told = f"{'30' if facts else '14'} days [1].{' Yours.' if form else ''}"
        return Answer(told if whole else told[: len("30 days")], hits, finished=whole)
