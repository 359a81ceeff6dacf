"""Results by setup and question, and how their numbers are looked at: once, or whenever one likes.

Knows nothing of tests or winners. Several answers of a setup to one question stay together: they are not
independent, so a question counts once, with their mean, however often it was asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from experiments.run import Result
from experiments.scorers import Score
from experiments.statistics.sequential import confidence_sequence, mean_below
from experiments.statistics.stats import ALPHA, Interval, paired_interval

Repeats = tuple[Result, ...]
"""All answers of one setup to one question."""

Answered = Mapping[str, Mapping[str, Repeats]]
"""Setup → question id → its answers."""


@dataclass(frozen=True)
class Look:
    """How numbers are looked at."""

    margin: float
    """A pass rate this much below another still counts as no worse."""
    seed: int = 0
    """Of the random numbers of bootstrap and permutation."""
    anytime: bool = False
    """Whether the questions may have been stopped because of what they showed; then only what holds at every
    look may be said."""
    counting: bool = True
    """Whether it is told how many more questions it takes, which takes a moment itself."""

    def interval(self, values: Sequence[float], reach: float = 1.0, lowest: float | None = None) -> Interval:
        """Return the mean of one value a question, none above `reach` or below `lowest` (None: −reach).

        Raises:
            ValueError: Fewer than two values.
        """
        if not self.anytime or len(values) < 2:
            return paired_interval(values, self.seed, reach=reach, lowest=lowest)
        counts = Counter(value / reach for value in values)
        floor = -1.0 if lowest is None else lowest / reach
        found = confidence_sequence(counts, floor)
        return Interval(found.mean * reach, found.low * reach, found.high * reach)

    def no_worse(self, values: Sequence[float]) -> tuple[bool, bool]:
        """Return whether the mean difference is surely above −margin, and whether it is surely below the margin.

        Each one-sided, at 5 %: the 90 % interval lies on that side of the margin.

        Raises:
            ValueError: Fewer than two values.
        """
        if self.anytime:
            below = mean_below(Counter(values), self.margin)
            return mean_below(Counter(-value for value in values), self.margin), below
        narrow = paired_interval(values, self.seed, confidence=1 - 2 * ALPHA)
        return narrow.low > -self.margin, narrow.high < self.margin


def answered(results: Iterable[Result], order: Sequence[str]) -> Answered:
    """Return results by setup, simplest first, and by question; a later one of the same repeat counts."""
    kept: dict[str, dict[str, dict[int, Result]]] = {}
    for result in results:
        kept.setdefault(result.setup, {}).setdefault(result.question.id, {})[result.repeat] = result
    return {
        setup: {question: tuple(repeats.values()) for question, repeats in kept[setup].items()}
        for setup in sorted(kept, key=lambda name: _place(name, order))
    }


def _place(setup: str, order: Sequence[str]) -> tuple[int, bool]:
    """A variant, `rag+shots`, stands behind the setup that it varies."""
    base = setup.partition("+")[0]
    return (order.index(base) if base in order else len(order)), setup != base


def shared(table: Answered, *setups: str) -> list[str]:
    """Return the questions that all of these setups were asked."""
    first, *others = setups
    return [question for question in table[first] if all(question in table[other] for other in others)]


def score_of(result: Result, measure: str) -> Score | None:
    """Return a score by its name; None where there was nothing to judge."""
    found: Score | None = getattr(result.scores, measure)
    return found


def share(repeats: Repeats, measure: str) -> float | None:
    """Return the share of a question's answers that passed; None where none was judged."""
    judged = [score.passed for result in repeats if (score := score_of(result, measure)) is not None]
    return sum(judged) / len(judged) if judged else None


def passes(repeats: Repeats, measure: str) -> float:
    """Return the share of a question's answers that passed a measure by which all are judged."""
    return share(repeats, measure) or 0.0
