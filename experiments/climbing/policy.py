"""Where to go next on the ladder: pure decisions from what was measured, which simulated worlds can test.

Knows nothing of how anything is made, asked or measured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from experiments.attribute import Cause, Loss
from experiments.climbing.steps import Target
from experiments.climbing.ways import SEARCHED, SHOTS
from experiments.statistics.stats import wilson
from experiments.verdict import LADDER, Rate, Standing

KNOWLEDGE = frozenset({Cause.MISSING_FACT, Cause.RETRIEVAL_MISS, Cause.NO_EVIDENCE})
"""What is lost because a fact was not there."""
IGNORED = frozenset({Cause.PASSAGE_IGNORED, Cause.INVENTED, Cause.ABSTAINED_WRONGLY, Cause.ASKED_BACK})
"""What is lost although the fact was there."""


@dataclass(frozen=True)
class Tried:
    """What was measured on one rung, as far as the next step depends on it."""

    standing: Standing
    """How it did on the dev questions."""
    losses: tuple[Loss, ...]
    """What it lost, and why."""

    @property
    def setup(self) -> str:
        """What was tried."""
        return self.standing.setup

    @property
    def base(self) -> str:
        """The rung that it stands on: its name without options."""
        return self.setup.partition("+")[0]

    @cached_property
    def counts(self) -> Counter[Cause]:
        """Lost questions by what they were lost to first."""
        return Counter(loss.cause for loss in self.losses)

    def lost(self, *causes: Cause) -> int:
        """Return how many questions were lost to these causes."""
        return sum(self.counts[cause] for cause in causes)

    @property
    def facts_lost(self) -> int:
        """Questions that lacked a fact. To answer what can't be answered is one of them where nothing was retrieved:
        passages show that the documents do not tell."""
        blind = self.base in ("prompt", "lora")
        return self.lost(Cause.ERROR, *KNOWLEDGE, *([Cause.ANSWERED_UNANSWERABLE] if blind else []))

    @property
    def findable(self) -> int:
        """Questions that lacked a fact which retrieval could bring."""
        return self.facts_lost - self.lost(Cause.ERROR, Cause.NO_EVIDENCE)

    @property
    def form_lost(self) -> int:
        """Questions whose form was broken, or whose label was wrong, whatever else was."""
        return self.lost(Cause.ERROR) + sum(
            loss.form_broken or loss.cause in (Cause.WRONG_LABEL, Cause.CUT_OFF) for loss in self.losses
        )

    def reaches(self, target: float, lost: int) -> bool:
        """Return whether the target could be reached if only so many questions were lost (95 %)."""
        n = self.standing.n
        return wilson(n - lost, n).high >= target


@dataclass(frozen=True)
class Decision:
    """Where to go from a rung."""

    setup: str | None
    """The setup to try next; None to stop."""
    target: Target
    """How the rung stands to the target on the dev questions."""
    why: str
    """Why, in a few sentences."""
    tune: bool = False
    """Whether retrieval is to be tuned first; then `setup` is the one that was measured, to be measured again."""

    @property
    def met(self) -> bool:
        """Whether the target is met with confidence on the dev questions."""
        return self.target is Target.MET


def state(rate: Rate, target: float) -> Target:
    """Return how a pass rate stands to the target, by its 95 % interval."""
    if rate.rate is None:
        return Target.OPEN
    if rate.rate.low >= target:
        return Target.MET
    return Target.MISSED if rate.rate.high < target else Target.OPEN


def next_rung(
    rungs: Sequence[Tried], target: float, available: Sequence[str] = LADDER, tune: bool = False
) -> Decision:
    """Decide where to go from the last rung measured. Pure.

    The climb goes on until the target is shown to be met: the lower end of the pass rate's 95 % interval reaches
    it. Whether it is provably missed (the upper end lies below it) or neither is shown, the decision says. Then the
    question is what would have to be mended: facts alone if then the form alone would reach the target, form alone
    if the facts would, else both. Facts lead to retrieval; form to examples in the prompt, where they are offered,
    and then to the adapter; both to retrieval first and then to both together. What no rung can mend (a fact that
    no document holds, answers that never came, a search that does not find) ends the climb once it keeps the target
    out of reach by itself, but a search is tuned first.

    Args:
        rungs: What was measured so far, in order.
        target: The pass rate wanted.
        available: The setups that can be tried.
        tune: Whether retrieval can be tuned, and was not yet.
    """
    if not rungs:
        return Decision("prompt", Target.OPEN, "Every climb begins with the prompt alone.")
    last = rungs[-1]
    now = state(last.standing.both, target)
    if last.standing.both.rate is None:
        return Decision(None, now, f"{last.setup} was asked nothing, so nothing can be decided.")
    short = f"{last.setup} {_VERBS[now]} the target of {target:.0%}: {_held(last)}."
    if now is Target.MET:
        return Decision(None, now, short)
    if not last.losses:
        return Decision(None, now, f"{short} Nothing was lost, so only more questions can show it.")
    to, why, tuning = _onward(last, target, tune, available, [rung.setup for rung in rungs])
    if to is not None and to not in available:
        return Decision(None, now, f"{short} {why} But {to} can't be tried: {_LACKS[to]}.")
    return Decision(to, now, f"{short} {why}", tuning)


_VERBS = {
    Target.MET: "meets",
    Target.MISSED: "provably misses",
    Target.OPEN: "does not surely meet",
}

_Way = tuple[str | None, str, bool]
"""The setup to try next, why, and whether retrieval is tuned first."""


def _onward(last: Tried, target: float, tune: bool, available: Sequence[str], seen: Sequence[str]) -> _Way:
    """Return the way from a rung; a better prompting is tried before an adapter, which has to be trained."""
    errors = last.lost(Cause.ERROR)
    if not last.reaches(target, errors):
        return None, f"To {errors} of {last.standing.n} questions no answer came: mend that first.", False
    to, why, tuning = _ONWARD[last.base](last, target, tune)
    shots, searched = f"{last.base}{SHOTS}", f"{last.base}{SEARCHED}"
    untrained = last.base in ("prompt", "rag") and to in ("lora", "hybrid")
    fresh = not any(name.startswith(f"{last.base}+") for name in seen)
    if untrained and fresh and searched in available:
        return (
            searched,
            f"{why} Other words and examples in the prompt cost no training: search them first.",
            False,
        )
    if untrained and fresh and _wants_form(last, target) and shots in available:
        return (
            shots,
            "The form is missing, and examples in the prompt may show it: they cost no training.",
            False,
        )
    return to, why, tuning


def _wants_form(last: Tried, target: float) -> bool:
    """Return whether form is a good part of what is missing."""
    form = last.form_lost - last.lost(Cause.ERROR)
    return form > 0 and (1 - last.form_lost / last.standing.n < target or 2 * form >= len(last.losses))


def _from_prompt(rung: Tried, target: float, tune: bool) -> _Way:
    """Facts, form or both?"""
    n = rung.standing.n
    facts, form = 1 - rung.facts_lost / n, 1 - rung.form_lost / n
    facts_short, form_short = facts < target, form < target
    if not facts_short and not form_short:  # mending either would do: mend the larger loss
        form_short = form < facts
    absent = rung.lost(Cause.NO_EVIDENCE)
    if facts_short and absent and not rung.findable:
        return None, f"No document tells what {absent} of {n} questions ask: {_WRITE}.", False
    if form_short and not facts_short:
        return "lora", "The form is what is missing, and an adapter can teach it.", False
    if form_short:
        return "rag", "Facts and form are missing; retrieval comes first, being cheaper to change.", False
    return "rag", "Facts are what is missing, and retrieval can bring them.", False


def _from_rag(rung: Tried, target: float, tune: bool) -> _Way:
    """Go on to both together, unless retrieval or the documents themselves keep the target out of reach."""
    stopped = _out_of_reach(rung, target, tune)
    if stopped is not None:
        return stopped
    form, misused = rung.form_lost - rung.lost(Cause.ERROR), rung.lost(*IGNORED, Cause.ANSWERED_UNANSWERABLE)
    if not form and not misused:
        mend = _MEND if rung.lost(Cause.RETRIEVAL_MISS) > rung.lost(Cause.NO_EVIDENCE) else _WRITE_ALL
        return None, f"Only facts that no passage held were lost, so no adapter would help: {mend}.", False
    if form >= misused:
        return "hybrid", "The facts are there; the form is missing, and an adapter can teach it.", False
    return "hybrid", "The passages hold the facts; an adapter can teach to use them.", False


def _out_of_reach(rung: Tried, target: float, tune: bool) -> _Way | None:
    """Return what to do where no adapter can reach the target; None where one might."""
    n, missed, absent = rung.standing.n, rung.lost(Cause.RETRIEVAL_MISS), rung.lost(Cause.NO_EVIDENCE)
    if not rung.reaches(target, absent):
        return None, f"No document tells what {absent} of {n} questions ask: {_WRITE}.", False
    lacking = rung.lost(*KNOWLEDGE)
    blocked = not rung.reaches(target, lacking)
    if tune and missed and (blocked or 2 * missed >= len(rung.losses)):
        return rung.setup, f"The search missed the facts of {missed} of {n} questions: tune it first.", True
    if blocked:
        told = f", and no document tells those of {absent} others" if absent else ""
        why = f"The passages lacked the facts of {lacking - absent} of {n} questions{told}, so no adapter can"
        return None, f"{why} reach the target: {_MEND}.", False
    return None


def _from_lora(rung: Tried, target: float, tune: bool) -> _Way:
    """Go on to both together if facts are missing; otherwise the examples have to be mended."""
    n = rung.standing.n
    if rung.findable and (1 - rung.facts_lost / n < target or 1 - rung.form_lost / n >= target):
        return "hybrid", "Facts are missing, and retrieval can bring them.", False
    if not rung.reaches(target, rung.lost(Cause.NO_EVIDENCE)):
        absent = rung.lost(Cause.NO_EVIDENCE)
        return None, f"No document tells what {absent} of {n} questions ask: {_WRITE}.", False
    return None, "Facts are not what is missing: check the examples and add more of them.", False


def _from_hybrid(rung: Tried, target: float, tune: bool) -> _Way:
    """Nothing is above; say what is missing."""
    stopped = _out_of_reach(rung, target, tune)
    if stopped is not None:
        return stopped
    if rung.standing.both.passed >= target * rung.standing.n:
        return None, "It may well meet it: more questions would tell.", False
    counts = causes(rung.losses)
    worst = max(counts, key=lambda cause: counts[cause])
    share = f"{counts[worst]} of {len(rung.losses)}"
    return None, f"There is no rung above. Most of its failed questions: {worst} ({share}).", False


_ONWARD = {"prompt": _from_prompt, "rag": _from_rag, "lora": _from_lora, "hybrid": _from_hybrid}
_WRITE = "write it, or take these questions out"
_WRITE_ALL = "no document holds most of them, so write them"
_MEND = "mend retrieval first (documents, chunks, k)"


_LACKS = {
    "prompt": "it was not offered",
    "rag": "there are no documents to retrieve from",
    "lora": "there is nothing to train",
    "hybrid": "there is nothing to train, or nothing to retrieve from",
}


def _held(rung: Tried) -> str:
    both = rung.standing.both
    span = f" ({both.rate.low:.0%} to {both.rate.high:.0%})" if both.rate else ""
    return f"{both.passed} of {both.n} passed{span}"


def causes(losses: Sequence[Loss]) -> dict[Cause, int]:
    """Return failed questions by cause, the most frequent first; a broken form counts wherever it was."""
    counts = {cause: sum(loss.cause is cause for loss in losses) for cause in Cause}
    counts[Cause.FORM] = sum(loss.form_broken for loss in losses)
    return {cause: n for cause, n in sorted(counts.items(), key=lambda row: -row[1]) if n}


def unmoved(decision: Decision, what: str = "Tuning found no better way to join the searches.") -> Decision:
    """Return a decision as it reads where something was tried before it that changed nothing."""
    return replace(decision, why=f"{what} {decision.why}")
