"""The sentences of a comparison's report: the verdict in one line, the target, and how the numbers were made.

Knows nothing of HTML.
"""

from __future__ import annotations

from experiments.shown.tables import rate
from experiments.verdict import FEW, Verdict


def headline(verdict: Verdict) -> str:
    """Return the verdict in one line."""
    if len(verdict.standings) == 1:
        return f"{verdict.standings[0].setup} was measured alone."
    if verdict.winner is None:
        return "No setup wins yet."
    if verdict.sure:
        return f"{verdict.winner} wins."
    return f"{verdict.winner} leads, but not surely."


def target_sentence(verdict: Verdict, target: float) -> str:
    """Return how the winner, or the only setup, stands to the target; empty where there is none."""
    alone = verdict.standings[0] if len(verdict.standings) == 1 else None
    standing = verdict.standing(verdict.winner) if verdict.winner else alone
    found = standing.both.rate if standing else None
    if standing is None or found is None:
        return ""
    missed = "surely misses" if found.high < target else "may or may not meet"
    how = "surely meets" if found.low >= target else missed
    questions = f"{standing.n} question{'s' * (standing.n != 1)}"
    return (
        f"{standing.setup} passed {rate(standing.both)} of {questions}, facts and form together. That {how} the "
        f"target of {100 * target:g} %."
    )


def method(verdict: Verdict) -> list[str]:
    """Return how the numbers were made and what they mean, a sentence or two each."""
    said = [
        "A question is passed when the answer holds every required fact and no wrong value, declines or asks back "
        "exactly where it must, and keeps the form. Code decides that, not a model, and without knowing which setup "
        "answered.",
        "An interval in brackets holds the true value in 95 of 100 such measurements. Shares have "
        + (
            "intervals that hold at every look, however often somebody looked."
            if verdict.sequential
            else "Wilson intervals."
            if verdict.repeats == 1
            else "bootstrap intervals over questions."
        ),
        "All setups answered the same questions over one base, so that they are compared question by question.",
    ]
    if verdict.sequential:
        said.append(
            "Asking might stop as soon as the winner was sure. Tests and intervals of pass rates are always valid: a "
            "sign test that spends its 5 % over all looks, and a confidence sequence by betting."
        )
    else:
        test = (
            "a sign-flip permutation test, where a question counts once with the mean of its answers"
            if verdict.repeats > 1
            else "McNemar's test (exact, and mid-p, which alarms in 5 of 100 comparisons of equals)"
        )
        said.append(f"Differences have paired bootstrap intervals; they are tested by {test}.")
    said += [
        'The last p is corrected by Holm for the number of comparisons in the table. "Sees from" is the smallest '
        "difference that so many questions can show (power 80 %).",
        "The effects of retrieval and of the adapter are averaged over the 2×2; the interaction is what the adapter "
        "adds to retrieval, less what it adds alone.",
        f"No worse means: at most {100 * verdict.margin:g} points below the best. Of setups that are no worse, the "
        "simplest wins.",
        "Errors, timeouts and refusals are counted as failed answers; none is left out.",
        "A reply in a batch is charged its share of the batch's time.",
    ]
    if verdict.questions < FEW:
        said.append(f"{verdict.questions} questions are few: only large differences can be seen below {FEW}.")
    return said
