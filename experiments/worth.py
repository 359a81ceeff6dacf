"""What a better answer is worth: what a setup takes more than the simplest one, what it brings, whether it pays.

Knows nothing of where prices and stakes come from. A setup pays when its lift, times what a right answer gains
over a wrong one, is surely above what a reply costs more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from experiments.answered import Answered, Look, Repeats, passes, shared
from experiments.records import Record
from experiments.shown.tables import signed
from experiments.statistics.resample import mean_interval, ratio_interval
from experiments.statistics.stats import Interval
from experiments.verdict import FEW, NOT_ENOUGH, Pays, Worth
from foundation.errors import UserError


@dataclass(frozen=True)
class Prices:
    """What a reply costs. What costs nothing is left at 0."""

    currency: str = "USD"
    """Of all prices, as it is to be shown."""
    per_million_in: float = 0.0
    """A million tokens of prompts."""
    per_million_out: float = 0.0
    """A million tokens of answers."""
    per_hour: float = 0.0
    """An hour of the machine; a reply is charged the seconds that it took, in a batch its share of them."""

    def __post_init__(self) -> None:
        _checked(self, "A price", ("per_million_in", "per_million_out", "per_hour"))

    def cost(self, record: Record) -> float:
        """Return what one reply cost."""
        tokens = record.tokens_in * self.per_million_in + record.tokens_out * self.per_million_out
        return tokens / 1e6 + record.seconds * self.per_hour / 3600


@dataclass(frozen=True)
class Stakes:
    """What answers bring and cost whoever asked, in the currency of the prices."""

    gain: float
    """What a right answer brings."""
    wrong: float = 0.0
    """What a wrong answer, or none, costs."""

    def __post_init__(self) -> None:
        _checked(self, "A stake", ("gain", "wrong"))
        if self.gain + self.wrong <= 0:
            raise UserError(
                "The gain of a right answer and the cost of a wrong one must not both be 0: then no answer is "
                "worth anything. Name at least one of them."
            )

    @property
    def swing(self) -> float:
        """What a right answer is worth more than a wrong one."""
        return self.gain + self.wrong

    def break_even(self, cost: float = 0.0) -> float:
        """Return the pass rate from which answers that cost so much a reply bring more than they take.

        (wrong + cost) / (gain + wrong); above 1 they never do.
        """
        return (self.wrong + cost) / self.swing


def _checked(values: Prices | Stakes, what: str, names: Sequence[str]) -> None:
    for name in names:
        value = getattr(values, name)
        if not (math.isfinite(value) and value >= 0):
            raise UserError(f"{what} must be 0 or more, but `{name}` is {value:g}.")


def worths(
    table: Answered, look: Look, prices: Prices | None = None, stakes: Stakes | None = None
) -> tuple[Worth, ...]:
    """Return what each setup but the simplest is worth, held against the simplest."""
    simplest, *others = table or {"": {}}
    return tuple(_worth(table, setup, simplest, look, prices, stakes) for setup in others)


def _worth(
    table: Answered, setup: str, other: str, look: Look, prices: Prices | None, stakes: Stakes | None
) -> Worth:
    pairs = [(table[setup][question], table[other][question]) for question in shared(table, setup, other)]
    lifts = [passes(one, "both") - passes(two, "both") for one, two in pairs]
    timed = all(
        _runs(one) == _runs(two) for one, two in pairs
    )  # else a machine's busy hour would pass for a setup
    more = _More(
        lifts=lifts,
        lift=look.interval(lifts) if len(lifts) > 1 else None,
        seconds=_extra(pairs, lambda record: record.seconds) if timed else [],
        tokens=_extra(pairs, lambda record: record.tokens_in + record.tokens_out),
        costs=_extra(pairs, prices.cost) if prices and (timed or not prices.per_hour) else [],
        look=look,
    )
    swing = stakes.swing if prices and stakes and len(pairs) > 1 else None
    cost = more.mean(more.costs)
    net = more.net(swing) if swing else None
    pays = judged_above(net, 0.0) if net and len(pairs) >= FEW else None
    break_even = Interval(cost.mean / swing, cost.low / swing, cost.high / swing) if cost and swing else None
    return Worth(
        setup=setup,
        other=other,
        n=len(pairs),
        lift=more.lift,
        seconds=more.mean(more.seconds),
        tokens=more.mean(more.tokens),
        cost=cost,
        per_100_ms=more.lift_for([10 * second for second in more.seconds]),
        per_1000_tokens=more.lift_for([token / 1000 for token in more.tokens]),
        per_currency=more.lift_for([1000 * cost for cost in more.costs]),
        break_even=break_even,
        net=net,
        pays=pays,
        sentence=_sentence(
            setup, other, len(pairs), pays, net, break_even, prices.currency if prices else ""
        ),
    )


@dataclass(frozen=True)
class _More:
    """What one setup has more than another, question by question."""

    lifts: list[float]
    lift: Interval | None
    seconds: list[float]
    tokens: list[float]
    costs: list[float]
    look: Look

    @property
    def _resampled(self) -> bool:
        """Resampling tells nothing where all lifts are the same, and too much where one stopped at will."""
        return not self.look.anytime and len(set(self.lifts)) > 1

    def mean(self, values: Sequence[float]) -> Interval | None:
        """Where all values are the same, that value: prices and lengths may be fixed."""
        if len(values) < 2:
            return None
        return mean_interval(values, self.look.seed) or Interval(values[0], values[0], values[0])

    def lift_for(self, costs: Sequence[float]) -> Interval | None:
        cost, lift = self.mean(costs), self.lift
        if cost is None or lift is None or cost.low <= 0:
            return None
        if self._resampled:
            return ratio_interval(self.lifts, costs, self.look.seed)
        ends = [end / by for end in (lift.low, lift.high) for by in (cost.low, cost.high)]
        return Interval(lift.mean / cost.mean, min(ends), max(ends))

    def net(self, swing: float) -> Interval | None:
        cost, lift = self.mean(self.costs), self.lift
        if cost is None or lift is None:
            return None
        if self._resampled:
            return self.mean([a * swing - b for a, b in zip(self.lifts, self.costs, strict=True)])
        return Interval(
            lift.mean * swing - cost.mean, lift.low * swing - cost.high, lift.high * swing - cost.low
        )


def _extra(pairs: Sequence[tuple[Repeats, Repeats]], of: Callable[[Record], float]) -> list[float]:
    """Return how much more the first of each pair took, by the means of their repeats."""
    return [_average(one, of) - _average(two, of) for one, two in pairs]


def _runs(repeats: Repeats) -> set[str]:
    return {one.record.run for one in repeats}


def _average(repeats: Repeats, of: Callable[[Record], float]) -> float:
    return sum(of(one.record) for one in repeats) / len(repeats)


def judged_above(found: Interval, wanted: float) -> Pays:
    """Return whether the truth is surely above what is wanted."""
    return Pays.YES if found.low > wanted else Pays.NO if found.high <= wanted else Pays.NOT_SURE


def _sentence(
    setup: str,
    other: str,
    n: int,
    pays: Pays | None,
    net: Interval | None,
    even: Interval | None,
    currency: str,
) -> str:
    if net is None or even is None:
        lacks = (
            f"{NOT_ENOUGH}: {n} questions in common"
            if currency and n < 2
            else "prices or stakes are not known"
        )
        return f"It can't be told whether {setup} pays: {lacks}."
    if pays is None:
        return f"It can't be told whether {setup} pays: {NOT_ENOUGH}: {n} questions, write at least {FEW}."
    begin = {
        Pays.YES: f"{setup} pays",
        Pays.NO: f"{setup} does not pay",
        Pays.NOT_SURE: f"It is not sure whether {setup} pays",
    }[pays]
    points = 100 * even.mean
    gap = "less than 0.1" if points < 0.1 else f"{points:.0f}" if points >= 10 else f"{points:.2g}"
    enough = f"it breaks even at {gap} points more" if points > 0 else "it costs no more"
    if points >= 100:
        enough = "no lift could pay for what it costs more"
    return f"{begin}: against {other} it earns {signed(net)} {currency} a reply, costs counted; {enough}."
