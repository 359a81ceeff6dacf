"""How one setup did: rates, times, tokens and cost of its answers, each with its interval.

Knows nothing of other setups.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from experiments.answered import Look, Repeats, score_of, share
from experiments.records import Failure, Record
from experiments.statistics.resample import mean_interval, quantile_interval
from experiments.statistics.stats import Interval, wilson
from experiments.verdict import Pays, Rate, Standing
from experiments.worth import Prices, Stakes, judged_above


def standing(
    setup: str,
    answers: Mapping[str, Repeats],
    look: Look,
    prices: Prices | None = None,
    stakes: Stakes | None = None,
) -> Standing:
    """Return how a setup did on the questions that it was asked.

    Failed answers count as failed in every rate, and not at all in times, tokens and cost.
    """
    groups = list(answers.values())
    failures = [result.record.failure for group in groups for result in group]
    times = _each(groups, lambda record: record.seconds)
    tokens_in = _means(_each(groups, lambda record: record.tokens_in))
    tokens_out = _means(_each(groups, lambda record: record.tokens_out))
    costs = _means(_each(groups, prices.cost)) if prices else []
    both = _rate(groups, "both", look)
    break_even = stakes.break_even(_mean(costs) or 0.0) if stakes else None
    return Standing(
        setup=setup,
        n=len(groups),
        both=both,
        facts=_rate(groups, "facts", look),
        form=_rate(groups, "form", look),
        citation=_rate(groups, "citation", look),
        abstention=_rate(groups, "abstention", look),
        errors=failures.count(Failure.ERROR),
        seconds_p50=_quantile(times, 0.5),
        seconds_p95=_quantile(times, 0.95),
        tokens_in=_mean(tokens_in),
        tokens_out=_mean(tokens_out),
        answers=len(failures),
        timeouts=failures.count(Failure.TIMEOUT),
        refusals=failures.count(Failure.REFUSAL),
        seconds_p50_interval=quantile_interval(times, 0.5, look.seed),
        seconds_p95_interval=quantile_interval(times, 0.95, look.seed),
        tokens_in_interval=mean_interval(tokens_in, look.seed),
        tokens_out_interval=mean_interval(tokens_out, look.seed),
        cost=_mean(costs),
        cost_interval=mean_interval(costs, look.seed),
        break_even=break_even,
        earns=_earns(both, break_even),
    )


def _earns(both: Rate, break_even: float | None) -> Pays | None:
    """The mean cost is taken as known: beside the pass rate it is."""
    return None if both.rate is None or break_even is None else judged_above(both.rate, break_even)


def _rate(groups: Sequence[Repeats], measure: str, look: Look) -> Rate:
    shares = [found for group in groups if (found := share(group, measure)) is not None]
    judged = [
        score.passed for group in groups for one in group if (score := score_of(one, measure)) is not None
    ]
    return Rate(sum(judged), len(judged), _share(shares, sum(judged), len(judged), look))


def _share(shares: Sequence[float], passed: int, n: int, look: Look) -> Interval | None:
    """Return the mean share of the questions, with Wilson's interval where each was asked once."""
    if not shares:
        return None
    if len(shares) == 1 and n > 1:  # one question tells nothing of others, however often it is asked
        return Interval(shares[0], 0.0, 1.0)
    if look.anytime and n > 1:
        return look.interval(shares, lowest=0.0)
    return wilson(passed, n) if n == len(shares) else look.interval(shares, lowest=0.0)


def _each(groups: Sequence[Repeats], of: Callable[[Record], float]) -> list[list[float]]:
    """Return a number of every answer that came, by question; questions without any are left out."""
    found = [[of(one.record) for one in group if one.record.failure is None] for group in groups]
    return [group for group in found if group]


def _means(groups: Sequence[Sequence[float]]) -> list[float]:
    return [sum(group) / len(group) for group in groups]


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _quantile(groups: Sequence[Sequence[float]], at: float) -> float | None:
    import numpy as np

    return float(np.quantile(np.concatenate(groups), at)) if groups else None
