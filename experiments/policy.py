"""Where to go next on the ladder: pure decisions from what was measured, which simulated worlds can test.

Knows nothing of how anything is made, asked or measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from experiments.attribute import Cause, Loss
from experiments.stats import wilson
from experiments.verdict import LADDER, Rate, Standing


@dataclass(frozen=True)
class Tried:
    """What was measured on one rung, as far as the next step depends on it."""

    standing: Standing
    """How it did on the dev questions."""
    losses: tuple[Loss, ...]
    """What it lost, and why."""


@dataclass(frozen=True)
class Decision:
    """Where to go from a rung."""

    setup: str | None
    """The setup to try next; None to stop."""
    met: bool
    """Whether the target is met with confidence on the dev questions."""
    why: str
    """Why, in one or two sentences."""


def next_rung(rungs: Sequence[Tried], target: float, available: Sequence[str] = LADDER) -> Decision:
    """Decide where to go from the last rung measured. Pure.

    The target is met when the lower end of the pass rate's 95 % interval reaches it. Otherwise the climb asks
    what would have to be mended: facts alone if then the form alone would reach the target, form alone if the
    facts would, else both. Facts lead to retrieval, form to the adapter, both to retrieval first and then to
    both together.

    Args:
        rungs: What was measured so far, in order.
        target: The pass rate wanted.
        available: The setups that can be tried.
    """
    if not rungs:
        return Decision("prompt", False, "Every climb begins with the prompt alone.")
    last = rungs[-1]
    rate = last.standing.both.rate
    if rate is None:
        return Decision(None, False, f"{last.standing.setup} was asked nothing, so nothing can be decided.")
    if rate.low >= target:
        return Decision(None, True, f"{last.standing.setup} meets the target of {target:.0%}: {_held(last)}.")
    how = "misses" if rate.high < target else "does not surely meet"
    short = f"{last.standing.setup} {how} the target of {target:.0%}: {_held(last)}."
    decision = _ONWARD[last.standing.setup](last, target)
    if decision.setup is None or decision.setup in available:
        return replace(decision, why=f"{short} {decision.why}")
    lacks = _LACKS[decision.setup]
    return Decision(None, False, f"{short} {decision.why} But {decision.setup} can't be tried: {lacks}.")


def _from_prompt(rung: Tried, target: float) -> Decision:
    """Facts, form or both?"""
    facts, form = _share(rung.standing.facts), _share(rung.standing.form)
    facts_short, form_short = facts < target, form < target
    if not facts_short and not form_short:  # mending either would do: mend the larger loss
        form_short = form < facts
    if form_short and not facts_short:
        return Decision("lora", False, "The form is what is missing, and an adapter can teach it.")
    if form_short:
        return Decision(
            "rag", False, "Facts and form are missing; retrieval comes first, being cheaper to change."
        )
    return Decision("rag", False, "Facts are what is missing, and retrieval can bring them.")


def _from_rag(rung: Tried, target: float) -> Decision:
    """Go on to both together, unless retrieval itself keeps the target out of reach."""
    missed = sum(loss.cause in (Cause.RETRIEVAL_MISS, Cause.MISSING_FACT) for loss in rung.losses)
    n = rung.standing.n
    if wilson(n - missed, n).high < target:
        why = (
            f"The passages lacked the facts of {missed} of {n} questions, so no adapter can reach the target:"
        )
        return Decision(None, False, f"{why} mend retrieval first (documents, chunks, k).")
    if _share(rung.standing.facts) >= target:
        return Decision(
            "hybrid", False, "The facts are there; the form is missing, and an adapter can teach it."
        )
    return Decision("hybrid", False, "The passages hold the facts; an adapter can teach to use them.")


def _from_lora(rung: Tried, target: float) -> Decision:
    """Go on to both together if facts are missing; otherwise the examples have to be mended."""
    if _share(rung.standing.facts) < target or _share(rung.standing.form) >= target:
        return Decision("hybrid", False, "Facts are missing, and retrieval can bring them.")
    return Decision(None, False, "Facts are not what is missing: check the examples and add more of them.")


def _from_hybrid(rung: Tried, target: float) -> Decision:
    """Nothing is above; say what is missing."""
    if _share(rung.standing.both) >= target:
        return Decision(None, False, "It may well meet it: more questions would tell.")
    counts = causes(rung.losses)
    worst = max(counts, key=lambda cause: counts[cause])
    share = f"{counts[worst]} of {len(rung.losses)}"
    return Decision(None, False, f"There is no rung above. Most of its failed questions: {worst} ({share}).")


_ONWARD = {"prompt": _from_prompt, "rag": _from_rag, "lora": _from_lora, "hybrid": _from_hybrid}


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


def _share(rate: Rate) -> float:
    return rate.rate.mean if rate.rate else 0.0


def causes(losses: Sequence[Loss]) -> dict[Cause, int]:
    """Return failed questions by cause, the most frequent first; a broken form counts wherever it was."""
    counts = {cause: sum(loss.cause is cause for loss in losses) for cause in Cause}
    counts[Cause.FORM] = sum(loss.form_broken for loss in losses)
    return {cause: n for cause, n in sorted(counts.items(), key=lambda row: -row[1]) if n}
