"""What monitoring finds: the nouns of `monitoring.report`, frozen and free of any arithmetic.

Knows nothing of where traces come from, or of how anything is tested or drawn.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from monitoring.words import NOTHING, Said


class Unit(StrEnum):
    """What a number is counted in."""

    COUNT = "count"
    """Answers of a day."""
    SHARE = "share"
    """A share of answers, 0 to 1."""
    SECONDS = "seconds"
    """Seconds."""
    SCORE = "score"
    """A cosine of question and passage, −1 to 1."""
    TOKENS = "tokens"
    """Tokens of a day."""
    MONEY = "money"
    """What a day cost, in the currency of `answers.yaml`'s prices."""


class Measure(StrEnum):
    """What is followed over time."""

    ANSWERS = "answers"
    """How many questions were asked."""
    SECONDS_P50 = "seconds_p50"
    """Seconds until the whole answer, the median."""
    SECONDS_P95 = "seconds_p95"
    """Seconds that 95 % of the answers stayed below."""
    FIRST_P50 = "first_p50"
    """Seconds until the first text, the median."""
    THUMBS_UP = "thumbs_up"
    """Share of thumbs that were up."""
    ABSTAINED = "abstained"
    """Share of whole answers that said that it can't be told."""
    ASKED_BACK = "asked_back"
    """Share of whole answers that asked what was meant."""
    FAILED = "failed"
    """Share of questions that ended in an error."""
    STOPPED = "stopped"
    """Share of questions whose asker left before the end."""
    FORM_BROKEN = "form_broken"
    """Share of whole answers that broke the house's form."""
    SCORE = "score"
    """The best passage's cosine, the mean over questions."""
    SUPPORTED = "supported"
    """Share of answers with checked sentences in which the passages carry every one."""
    TOKENS = "tokens"
    """Tokens read and written."""
    COST = "cost"
    """What they cost."""


class State(StrEnum):
    """How a signal stands."""

    FIRES = "fires"
    """There is something to do."""
    QUIET = "quiet"
    """It was looked at, and there is nothing to do."""
    NOT_ENOUGH = "not enough data"
    """Too little is known to tell."""


class Action(StrEnum):
    """What a signal asks for."""

    RE_INDEX = "re-index"
    """Mend what is in the index, and sync."""
    WRITE = "write"
    """Write or prolong documents."""
    COLLECT = "collect"
    """Collect training examples."""
    RETRAIN = "retrain"
    """Train an adapter anew."""
    COMPARE = "re-run the comparison"
    """Measure the setups anew."""
    ADVISE = "re-advise"
    """Ask for advice anew."""


@dataclass(frozen=True)
class Point:
    """One day of a series."""

    day: str
    """The day in UTC, YYYY-MM-DD."""
    n: int
    """What the value was made from: answers, thumbs or questions of that day."""
    value: float | None
    """The value; None where there is nothing to make it from."""
    low: float | None = None
    """Lower end of the value's own 95 % interval, where it has one."""
    high: float | None = None
    """Its upper end."""
    lower: float | None = None
    """Lower control limit of this day; None where too few reference days are known."""
    upper: float | None = None
    """Upper control limit of this day."""
    out: bool = False
    """Whether a day after the reference is outside of its limits."""


@dataclass(frozen=True)
class Series:
    """One measure of one setup, day by day."""

    setup: str
    """The setup, as `rag` or `rag+shots`."""
    measure: Measure
    """What is followed."""
    unit: Unit
    """In what."""
    center: float | None
    """What the reference days were like on average; None where too few are known."""
    points: tuple[Point, ...]
    """Every day with answers, oldest first."""

    @property
    def outside(self) -> tuple[Point, ...]:
        """The days that are outside of their limits."""
        return tuple(point for point in self.points if point.out)


@dataclass(frozen=True)
class Value:
    """A number over all days that are looked at."""

    value: float | None
    """The number; None where there is nothing to make it from."""
    n: int
    """What it was made from."""
    low: float | None = None
    """Lower end of its 95 % interval, where it has one."""
    high: float | None = None
    """Its upper end."""


@dataclass(frozen=True)
class SetupNumbers:
    """One setup over all days that are looked at."""

    setup: str
    """Its name."""
    values: dict[Measure, Value]
    """Every measure."""


@dataclass(frozen=True)
class Group:
    """Things that belong together below a signal: questions that are alike, a rule that is broken, a document."""

    name: str | Said
    """The group's name: texts where they are kept, otherwise what is nearest; a rule; a document."""
    count: int
    """How many."""
    first: str = ""
    """When the first came, YYYY-MM-DD."""
    last: str = ""
    """When the newest came, YYYY-MM-DD."""
    near: tuple[str, ...] = ()
    """Titles and headings of passages that came nearest."""


@dataclass(frozen=True)
class Signal:
    """Something that may call for an action."""

    name: str
    """Names it: `question_drift`, `score_drift`, `expired`, `never_hit`, `unanswered`, `form_failures`, `thumbs`, `adapter`."""
    state: State
    """How it stands."""
    sentence: Said
    """What was seen, in a sentence with its numbers."""
    action: Action
    """What it asks for where it fires."""
    command: str
    """The command that begins that."""
    advice: Said = NOTHING
    """What to do where it fires, in a sentence; empty where too little is known."""
    value: float | None = None
    """What was measured; the sentence says what."""
    low: float | None = None
    """Lower end of its 95 % interval, where it has one."""
    high: float | None = None
    """Its upper end."""
    p: float | None = None
    """p of its test, corrected for all tests of this report (Holm); None where it is counted and not tested."""
    since: str = ""
    """Since when, YYYY-MM-DD; empty where it does not fire."""
    missing: int = 0
    """How many more answers are needed to tell; 0 where there are enough."""
    groups: tuple[Group, ...] = ()
    """What it is about, the largest first."""


@dataclass(frozen=True)
class Windows:
    """What is held against what. Days are whole, in UTC; neither window reaches into the other."""

    since: str
    """First day that is looked at."""
    reference: tuple[str, str]
    """First and last day of what is usual."""
    newest: tuple[str, str]
    """First and last day of the newest whole week, Monday to Sunday: within a week every look is the same look."""
    until: str
    """The day of the report."""


@dataclass(frozen=True)
class Report:
    """What served answers tell."""

    moment: str
    """When it was made, ISO 8601 in UTC."""
    traces: int
    """How many answers it rests on."""
    damaged: int
    """Lines of the traces that can't be read."""
    text: bool
    """Whether the workspace keeps words of questions and answers."""
    currency: str
    """Of what is said of cost; empty where no prices are known."""
    alpha: float
    """How often, at most, one of the tested signals fires in a week in which nothing changed."""
    alpha_point: float
    """How often a day's share is outside of its control limits where nothing changed, at most."""
    windows: Windows
    """What is held against what."""
    setups: tuple[SetupNumbers, ...]
    """Every setup that answered, most answers first."""
    series: tuple[Series, ...]
    """Every setup's measures by day, in the order of `Measure`."""
    signals: tuple[Signal, ...]
    """Every signal; those that fire first."""

    @property
    def firing(self) -> tuple[Signal, ...]:
        """The signals that fire."""
        return tuple(signal for signal in self.signals if signal.state is State.FIRES)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON values, as `monitor.schema.json` says."""
        told: dict[str, Any] = _plain(asdict(self))
        return told


def _plain(value: Any) -> Any:
    """Return a value with words for its kinds, English for what is said and lists for its tuples."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Said):
        return value.en
    if isinstance(value, dict):
        return {str(_plain(key)): _plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return round(value, 6) if isinstance(value, float) else value
