"""Length bias: whether people preferred the longer answer, and whether answers grew when a model learned from that.

Direct preference optimisation is known to lengthen answers where annotators prefer long ones (Park et al. 2024,
arXiv 2403.19159; Dubois et al. 2024, arXiv 2404.04475), so a gain is told for answers of like length, too. Pure: reads numbers of
words. Knows nothing of models, of preferences' texts, or of who chose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from experiments.shown.tables import p_told
from experiments.statistics.resample import mean_interval
from experiments.statistics.stats import ALPHA, Interval, mcnemar_exact, wilson
from experiments.verdict import Rate

ALIKE = 0.1
"""Two answers are of like length where the longer one has at most so much more words: an own bound."""


@dataclass(frozen=True)
class LengthBias:
    """What lengths have to do with what was preferred, and with what was learned."""

    chosen: float
    """Mean words of chosen answers."""
    rejected: float
    """Mean words of rejected answers."""
    difference: Interval | None
    """Chosen less rejected in words, paired; None with fewer than two pairs, or where all differ alike."""
    longer: Rate
    """Of the pairs of unlike length, how often the longer answer was chosen."""
    p: float
    """Exact sign test of that against one half, two-sided."""
    matched: Rate
    """Of the held-out pairs of like length, how many the aligned adapter tells apart rightly."""
    before: float
    """Mean words of the answers to the test questions before the alignment; 0 where none were asked."""
    after: float
    """The same after it."""
    growth: Interval | None
    """After less before in words, paired; None where none were asked, or none changed in length."""
    alike_won: int
    """Test questions answered at like length that only the aligned adapter passed."""
    alike_lost: int
    """Those that only the earlier one passed."""

    @property
    def biased(self) -> bool:
        """Whether length surely decided what was preferred."""
        return self.p < ALPHA

    @property
    def grew(self) -> bool:
        """Whether answers surely became longer."""
        return self.growth is not None and self.growth.low > 0

    @property
    def text(self) -> str:
        """It in sentences."""
        which = "longer" if 2 * self.longer.passed > self.longer.n else "shorter"
        times = max(self.longer.passed, self.longer.n - self.longer.passed)
        told = f"Chosen answers have {self.chosen:.1f} words on average, rejected ones {self.rejected:.1f}."
        if self.biased:
            told += (
                f" Length bias: of {self.longer.n} pairs of unlike length the {which} answer was chosen {times} times "
                f"({p_told(self.p)}), so length may be what is learned."
            )
        else:
            told += f" No length bias is shown (of {self.longer.n} pairs of unlike length, p = {self.p:.2f})."
        if self.matched.n:
            told += f" Of {self.matched.n} held-out pairs of like length {self.matched.passed} are told apart rightly."
        if self.growth is not None:
            told += (
                f" Answers had {self.before:.1f} words and have {self.after:.1f} ({self.growth.mean:+.1f}, "
                f"{self.growth.low:+.1f} to {self.growth.high:+.1f}); at like length {self.alike_won} questions were won and "
                f"{self.alike_lost} lost."
            )
        if self.grew:
            told += " Answers surely became longer: read some before you use it."
        return told

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        told = asdict(self)
        for name in ("longer", "matched"):
            rate: Rate = getattr(self, name)
            told[name] = {"passed": rate.passed, "n": rate.n}
        return {**told, "biased": self.biased, "grew": self.grew, "text": self.text}


@dataclass(frozen=True)
class Asked:
    """One test question, answered before and after an alignment."""

    before: int
    """Words of the earlier answer."""
    after: int
    """Words of the aligned adapter's."""
    passed_before: bool
    """Whether the earlier answer passed."""
    passed_after: bool
    """Whether the later one did."""


def length_bias(
    pairs: Sequence[tuple[int, int]],
    held_out: Sequence[tuple[int, int]] = (),
    right: Sequence[bool] = (),
    asked: Sequence[Asked] = (),
) -> LengthBias:
    """Tell what lengths have to do with preferences.

    Args:
        pairs: Words of the chosen and of the rejected answer, of every pair.
        held_out: The same, of the pairs that nothing was decided by.
        right: For each of those, whether the aligned adapter finds the chosen answer likelier.
        asked: Answers to the test questions, before and after.
    """
    lengths = np.array(pairs, dtype=float).reshape(-1, 2)
    longer, shorter = (lengths[:, 0] > lengths[:, 1]).sum(), (lengths[:, 0] < lengths[:, 1]).sum()
    matched = [ok for (a, b), ok in zip(held_out, right, strict=True) if alike(a, b)]
    level = [one for one in asked if alike(one.before, one.after)]
    growth = [one.after - one.before for one in asked]
    return LengthBias(
        chosen=_mean(lengths[:, 0]),
        rejected=_mean(lengths[:, 1]),
        difference=_interval(list(lengths[:, 0] - lengths[:, 1])),
        longer=_rate(int(longer), int(longer + shorter)),
        p=mcnemar_exact(int(longer), int(shorter)) if longer + shorter else 1.0,
        matched=_rate(sum(matched), len(matched)),
        before=_mean([one.before for one in asked]),
        after=_mean([one.after for one in asked]),
        growth=_interval(growth),
        alike_won=sum(one.passed_after and not one.passed_before for one in level),
        alike_lost=sum(one.passed_before and not one.passed_after for one in level),
    )


def alike(a: int, b: int) -> bool:
    """Return whether two answers are of like length."""
    return max(a, b) <= (1 + ALIKE) * min(a, b)


def _mean(values: Sequence[float] | np.ndarray[Any, Any]) -> float:
    return round(float(np.mean(values)), 2) if len(values) else 0.0


def _interval(values: Sequence[float]) -> Interval | None:
    return mean_interval(values) if len(values) > 1 else None


def _rate(passed: int, n: int) -> Rate:
    return Rate(passed, n, wilson(passed, n) if n else None)
