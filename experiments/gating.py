"""The gate: whether a candidate takes the place of what serves, judged on the same questions, with the reason.

Pure: reads scored answers. Knows nothing of adapters, of models, or of how a switch is made; whoever calls it says which answers
are the candidate's, what demands a change, and what the candidate forgot.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from experiments.answered import Answered, Look, answered, share, shared
from experiments.compare import MARGIN
from experiments.differences import differences
from experiments.questions import Question
from experiments.records import Failure
from experiments.run import Result
from experiments.shown.tables import p_told
from experiments.statistics.stats import ALPHA, mcnemar_exact
from experiments.verdict import FEW, NOT_ENOUGH, Difference
from finetune.text import language_of

CANDIDATE, SERVING = "candidate", "serving"
"""What the two are called in the difference, whatever their setups are."""
GUARDED = ("facts", "form")
"""What may not get worse anywhere. To answer what should be declined loses facts, and so does to decline what was told rightly;
to decline where the other one invented something loses nothing."""
_NOT_ASKED = (Failure.ERROR, Failure.TIMEOUT)


class Ruling(StrEnum):
    """What the gate says."""

    SWITCH = "switch"
    """The candidate takes the place of what serves."""
    KEEP = "keep"
    """What serves goes on serving."""
    NOT_ENOUGH = "not enough"
    """It can't be told; what serves goes on serving until there are more questions."""


@dataclass(frozen=True)
class Slice:
    """One measure on some of the questions, candidate against what serves."""

    name: str
    """Which questions: `all questions`, `language tr`, `kind follow-up`, `questions without an answer`."""
    measure: str
    """`facts` or `form`."""
    n: int
    """Questions."""
    wins: int
    """Questions on which the candidate alone passed."""
    losses: int
    """Questions on which what serves alone passed."""
    p: float
    """Exact McNemar, two-sided."""

    @property
    def worse(self) -> bool:
        """Whether the candidate is surely worse here."""
        return self.losses > self.wins and self.p < ALPHA

    @property
    def text(self) -> str:
        """It in words."""
        return f"{self.measure} of {self.name} ({self.wins} won and {self.losses} lost of {self.n}, {p_told(self.p)})"


@dataclass(frozen=True)
class Gated:
    """What the gate found."""

    ruling: Ruling
    """Switch, keep, or not enough."""
    reason: str
    """Why, in sentences."""
    change: Difference | None
    """The candidate against what serves, facts and form together; None where they have fewer than two questions in common."""
    slices: tuple[Slice, ...] = ()
    """Every measure on every slice that was looked at."""
    left_out: int = 0
    """Questions that what serves was not heard on, because asking failed."""
    demand: str = ""
    """What asks for a change besides answers; empty: nothing."""
    forgot: str = ""
    """Why the probes of forgetting refuse the candidate; empty where they do not."""

    @property
    def worse(self) -> tuple[Slice, ...]:
        """The slices on which the candidate is surely worse."""
        return tuple(one for one in self.slices if one.worse)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        row = self.change
        found = row.difference if row is not None else None
        return {
            "ruling": self.ruling.value,
            "reason": self.reason,
            "questions": row.n if row is not None else 0,
            "left_out": self.left_out,
            "wins": row.wins if row is not None else 0,
            "losses": row.losses if row is not None else 0,
            "difference": asdict(found) if found is not None else None,
            "p": _p(row) if row is not None else None,
            "needed": row.needed if row is not None else None,
            "demand": self.demand,
            "forgot": self.forgot,
            "worse": [asdict(one) for one in self.worse],
        }


def gate(
    candidate: Sequence[Result],
    serving: Sequence[Result],
    *,
    margin: float = MARGIN,
    demand: str = "",
    forgot: str = "",
    seed: int = 0,
) -> Gated:
    """Decide whether a candidate takes the place of what serves.

    It does where it is surely better on facts and form together (exact McNemar on the questions that both were asked, two-sided
    5 %, so that equals switch in at most 2.5 of 100 retrainings), or where something demands a change and it is shown to be worse
    by less than the margin, if at all (one-sided, 5 %). It never does where it forgot too much, or where facts or form are
    surely worse on all questions, those of one language or kind, or those without an answer. These tests are not
    corrected for their number: a false alarm keeps what serves and costs one training, a missed one costs whoever asks.

    A failure of asking never speaks for the candidate: where what serves could not be asked, the question is left out; where the
    candidate could not, it failed.

    Args:
        candidate: Scored answers of the candidate, as `experiments.measure` makes them.
        serving: Those of what serves, to the same questions.
        margin: A pass rate this much lower still counts as no worse.
        demand: What asks for a change besides answers, as a clause ("the adapter that serves learned from what was forgotten").
        forgot: Why the probes of forgetting refuse the candidate, as a sentence; empty where they do not.
        seed: Of the bootstrap.
    """
    rows, left_out = _labelled(candidate, serving)
    table = answered(rows, (SERVING, CANDIDATE))
    change = next(iter(differences(table, Look(margin, seed))), None)
    if change is not None and change.difference is None:
        change = None
    slices = tuple(_slices(table)) if change is not None else ()
    ruling, why = _ruled(change, tuple(one for one in slices if one.worse), margin, demand, forgot)
    return Gated(ruling, f"{_seen(change)} {why}".strip(), change, slices, left_out, demand, forgot)


def _labelled(candidate: Sequence[Result], serving: Sequence[Result]) -> tuple[list[Result], int]:
    """Return all results under the gate's own names, without the questions that what serves was not heard on."""
    unheard = {result.question.id for result in serving if result.record.failure in _NOT_ASKED}
    rows = [
        replace(result, setup=name)
        for name, results in ((SERVING, serving), (CANDIDATE, candidate))
        for result in results
        if result.question.id not in unheard
    ]
    return rows, len(unheard)


def _slices(table: Answered) -> Iterator[Slice]:
    """Yield every measure on every slice; two that hold the same questions are told once."""
    names = shared(table, SERVING, CANDIDATE)
    groups: dict[str, list[str]] = {"all questions": names}
    for name in names:
        for label in _labels(table[SERVING][name][0].question):
            groups.setdefault(label, []).append(name)
    told = {tuple(members): label for label, members in reversed(groups.items())}
    for label, members in groups.items():
        if told[tuple(members)] == label:
            yield from (_slice(table, label, members, measure) for measure in GUARDED)


def _labels(question: Question) -> Iterator[str]:
    if not question.answerable:
        yield "questions without an answer"
    yield f"language {language_of(question.question)}"
    yield f"kind {question.kind.value}"


def _slice(table: Answered, name: str, members: Sequence[str], measure: str) -> Slice:
    pairs = [(share(table[CANDIDATE][one], measure), share(table[SERVING][one], measure)) for one in members]
    values = [mine - other for mine, other in pairs if mine is not None and other is not None]
    wins, losses = sum(value > 0 for value in values), sum(value < 0 for value in values)
    return Slice(name, measure, len(values), wins, losses, mcnemar_exact(wins, losses))


def _ruled(
    change: Difference | None, worse: Sequence[Slice], margin: float, demand: str, forgot: str
) -> tuple[Ruling, str]:
    all_the_same = f" A change is needed all the same: {demand}." if demand else ""
    if forgot:
        return Ruling.KEEP, f"{forgot} It is not used, however it answers.{all_the_same}"
    if change is None or change.n < FEW:
        return Ruling.NOT_ENOUGH, f"At least {FEW} questions decide: write more, and run it again."
    if worse:
        told = "; ".join(one.text for one in worse)
        return Ruling.KEEP, f"It is surely worse in {told}. What serves is kept.{all_the_same}"
    sure = _p(change) < ALPHA
    if sure and change.wins > change.losses:
        return Ruling.SWITCH, "It is surely better."
    if sure:
        return Ruling.KEEP, f"It is surely worse. What serves is kept.{all_the_same}"
    if not demand:
        return Ruling.KEEP, f"It is not surely better, so what serves is kept.{_hope(change)}"
    points = f"{100 * margin:g} points"
    if change.not_worse:
        return Ruling.SWITCH, f"It is surely not worse by {points}, and a change is needed: {demand}."
    return Ruling.NOT_ENOUGH, (
        f"A change is needed: {demand}. But whether it is worse by {points} can't be told from so few questions; what serves "
        "is kept until then."
    )


def _p(change: Difference) -> float:
    """Return the exact p; where questions were asked several times, that of the permutation."""
    p = change.p if change.p_exact is None else change.p_exact
    return 1.0 if p is None else p


def _seen(change: Difference | None) -> str:
    """Return what was counted, in a sentence."""
    if change is None or change.difference is None:
        return f"{NOT_ENOUGH.capitalize()}: the two were asked fewer than two questions in common."
    points = change.difference
    return (
        f"Of {change.n} questions the candidate won {change.wins} and lost {change.losses} against what serves: "
        f"{100 * points.mean:+.1f} points ({100 * points.low:+.1f} to {100 * points.high:+.1f}), exact {p_told(_p(change))}."
    )


def _hope(change: Difference) -> str:
    """Return how many more questions would show the lead, in a sentence; empty where there is none."""
    if change.wins <= change.losses or not change.needed:
        return ""
    return f" About {change.needed} more questions would show such a difference."
