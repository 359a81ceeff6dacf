"""What stands between a climb and its target, where it was not met: questions, documents, examples, a better base.

Pure: reads what was measured. Knows nothing of how any of it is got.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from experiments.attribute import Cause, Loss, by_setup
from experiments.climbing.policy import IGNORED
from experiments.climbing.steps import Need, Want
from experiments.remedies import REMEDIES
from experiments.statistics.stats import ALPHA, POWER
from experiments.verdict import FEW, Rate, Verdict

LEAST = 0.1
"""A cause of less than this share of the lost questions is not what holds the climb back. The figure is ours."""

_CAUSES: Mapping[Want, frozenset[Cause]] = {
    Want.ANSWERS: frozenset({Cause.ERROR}),
    Want.DOCUMENTS: frozenset({Cause.NO_EVIDENCE}),
    Want.RETRIEVAL: frozenset({Cause.RETRIEVAL_MISS}),
    Want.LENGTH: frozenset({Cause.CUT_OFF}),
    Want.EXAMPLES: frozenset({Cause.FORM, Cause.WRONG_LABEL, Cause.ANSWERED_UNANSWERABLE}),
    Want.BASE: IGNORED,
}
"""What each want is read from; facts that were not given at all are no want but a rung."""
_WORDS: Mapping[Want, tuple[str, str]] = {
    Want.ANSWERS: ("to {n} no answer came", REMEDIES[Cause.ERROR].repair),
    Want.DOCUMENTS: ("no document tells what {n} ask", REMEDIES[Cause.NO_EVIDENCE].repair),
    Want.RETRIEVAL: ("the search missed the facts of {n}", REMEDIES[Cause.RETRIEVAL_MISS].repair),
    Want.LENGTH: ("the answers to {n} broke off", REMEDIES[Cause.CUT_OFF].repair),
    Want.EXAMPLES: (
        "{n} broke the form, mistook the label or should have been declined",
        "Look the examples over and add more of what goes wrong.",
    ),
    Want.BASE: (
        "the passages held the facts of {n}, and the answer did not use them although it was trained to",
        "Take a better base, or add examples with such passages.",
    ),
}


@dataclass(frozen=True)
class Ending:
    """How a climb ended, as far as what is missing depends on it."""

    target: float
    """The pass rate wanted."""
    chosen: str | None
    """Where it stayed."""
    last: str
    """The setup tried last: what was lost there is what stopped the climb, wherever it stayed."""
    verdict: Verdict
    """What the test questions said; empty where none were asked."""
    losses: tuple[Loss, ...]
    """What was lost on the test questions; empty where none were asked."""
    decided: tuple[Loss, ...]
    """What the setup tried last has lost on the dev questions: the climb ended by these."""
    trained: bool
    """Whether a setup with an adapter was measured."""
    able: bool
    """Whether there is anything to train on."""
    documents: bool
    """Whether there are documents to retrieve from."""
    blocked: str
    """What must be mended in the data before anything is trained; empty where nothing is known of it."""
    spent: str
    """Why the budget did not last; empty where it did."""


def missing(ending: Ending) -> tuple[Need, ...]:
    """Return what is missing, the most important first; at least one need.

    A spent budget and data that can't be trained on come first: they ended the climb. Then come the causes of what
    the setup tried last has lost, the most frequent first, and last the questions that would tell. Where the test questions show
    none of that, the dev questions do; where these lost nothing that counts either, there are too few of them.
    """
    first = []
    if ending.spent:
        first.append(Need(Want.TIME, None, f"{ending.spent} Run the climb again: it goes on from here."))
    if ending.blocked:
        first.append(Need(Want.EXAMPLES, None, ending.blocked))
    tested = by_setup(ending.losses).get(ending.last, []) if ending.verdict.standings else ending.decided
    found = [*first, *_from_losses(tested, ending, LEAST), *_questions(ending)]
    found = (
        found
        or _from_losses(tested, ending, 0)
        or _from_losses(ending.decided, ending, 0)
        or [_unseen(tested)]
    )
    kinds = {need.what: need for need in reversed(found)}  # the first of its kind counts
    return tuple(need for need in found if kinds[need.what] is need)


def _from_losses(lost: Sequence[Loss], ending: Ending, least: float) -> list[Need]:
    """Return what lost questions lack, each kind that is at least this share of them."""
    needs = [
        need
        for want, causes in _CAUSES.items()
        if (rows := [loss for loss in lost if loss.cause in causes or _form_too(loss, want)])
        and len(rows) >= least * len(lost)
        and (need := _need(want, rows, ending)) is not None
    ]
    absent = [loss for loss in lost if loss.cause is Cause.MISSING_FACT]
    if absent and len(absent) >= least * len(lost):
        seen = f"{_count(absent)} lacked a fact"
        if ending.documents:
            need = Need(Want.RETRIEVAL, len(absent), f"{seen}, and retrieval was not tried.", _ids(absent))
        else:
            seen = f"{seen}, and there are no documents to retrieve it from"
            need = Need(Want.DOCUMENTS, len(absent), f"{seen}. Put them into documents/.", _ids(absent))
        needs.append(need)
    return sorted(needs, key=lambda need: -(need.many or 0))


def _need(want: Want, rows: Sequence[Loss], ending: Ending) -> Need | None:
    if want in (Want.EXAMPLES, Want.BASE) and not ending.trained:
        if ending.able:  # the adapter was not tried, for a reason that another need tells
            return None
        seen = f"{_count(rows)} lost what an adapter can teach, and there is nothing to train on."
        return Need(Want.EXAMPLES, len(_ids(rows)), f"{seen} Write or import examples.", _ids(rows))
    seen, repair = _WORDS[want]
    sentence = seen.format(n=_count(rows))
    return Need(want, len(_ids(rows)), f"{sentence[0].upper()}{sentence[1:]}. {repair}", _ids(rows))


def _unseen(tested: Sequence[Loss]) -> Need:
    """Return what is missing where the climb ended because the dev questions lost nothing, and the test questions did."""
    seen = f"The dev questions showed nothing of what {_count(tested)} of the test lost, so the climb ended too early."
    return Need(
        Want.QUESTIONS, None, f"{seen} Write more dev questions of their kind, and climb again.", _ids(tested)
    )


def _form_too(loss: Loss, want: Want) -> bool:
    return want is Want.EXAMPLES and loss.form_broken and loss.cause is not Cause.CUT_OFF


def _count(rows: Sequence[Loss]) -> str:
    n = len(_ids(rows))
    return "1 question" if n == 1 else f"{n} questions"


def _ids(rows: Sequence[Loss]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(loss.question for loss in rows))


def _questions(ending: Ending) -> Iterator[Need]:
    """Yield how many more test questions would tell whether the target is met, or which setup wins."""
    standing = ending.verdict.standing(ending.chosen) if ending.chosen else None
    if standing is None and ending.verdict.standings:  # all were asked, and none passed a single one
        return
    if standing is None or standing.both.rate is None:
        yield Need(Want.QUESTIONS, FEW, f"Nothing is proved without test questions: write at least {FEW}.")
        return
    more = questions_to_tell(standing.both, ending.target)
    if standing.both.rate.high >= ending.target:
        many = "It can't be told how many" if more is None else f"About {more}"
        why = f"{many} more test questions would tell whether {ending.chosen} meets the target."
        yield Need(Want.QUESTIONS, more, why)
    elif ending.verdict.needed:
        settled = "would settle which setup to stay on"
        yield Need(
            Want.QUESTIONS,
            ending.verdict.needed,
            f"About {ending.verdict.needed} more test questions {settled}.",
        )


def questions_to_tell(rate: Rate, target: float) -> int | None:
    """Return how many more questions tell a pass rate from the target (two-sided 5 %, power 80 %).

    n = ((z_α √(t(1 − t)) + z_β √(p(1 − p))) / (p − t))² for one proportion p against a fixed t, the usual size of a
    one-sample test (Fleiss, Levin & Paik 2003, Statistical Methods for Rates and Proportions, 2.5). None where the
    two are less than a point apart: no sensible number would do.
    """
    from statistics import NormalDist

    p, t = rate.passed / rate.n, target
    if abs(p - t) < 0.01:
        return None
    z_alpha, z_beta = NormalDist().inv_cdf(1 - ALPHA / 2), NormalDist().inv_cdf(POWER)
    size = ((z_alpha * math.sqrt(t * (1 - t)) + z_beta * math.sqrt(p * (1 - p))) / (p - t)) ** 2
    return max(1, math.ceil(size) - rate.n)
