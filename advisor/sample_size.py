"""What a number of test questions can show, and how many a difference takes.

Knows nothing of answers or rungs. Pure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

Z_975, Z_80 = 1.959963985, 0.841621234
"""Normal quantiles for 5 % two-sided and power 80 %; `statistics` would cost a tenth of the start-up."""


def questions_needed(difference: float, disagreement: float = 0.3) -> int:
    """Return how many paired pass/fail questions show a difference (5 % two-sided, power 80 %).

    Connor (1987), sample size for McNemar's test: `((z_a * sqrt(p) + z_b * sqrt(p - d^2)) / d)^2`, with `p`
    the share of questions on which the setups disagree and `d` the difference.

    Args:
        difference: The difference to be seen, as a fraction (0.1 is ten points).
        disagreement: Share of questions on which the two setups disagree, as a fraction of at least
            `difference`.
    """
    z_a, z_b = Z_975, Z_80
    d, p = abs(difference), max(disagreement, abs(difference))
    return math.ceil(((z_a * math.sqrt(p) + z_b * math.sqrt(p - d * d)) / d) ** 2)


@dataclass(frozen=True, slots=True)
class Sample:
    """What a number of test questions can show."""

    have: int | None
    """Test questions at hand; None where nobody knows."""
    sees: int | None
    """The smallest difference between two setups that they show, in points; None without questions."""
    needs: tuple[tuple[int, int], ...]
    """Differences in points, and the questions that each of them takes."""


def sample(have: int | None) -> Sample:
    """Return what `have` questions can show, where two setups disagree on 30 % of them (Connor 1987)."""
    sees = None
    if have:
        sees = next((points for points in range(1, 100) if questions_needed(points / 100) <= have), 100)
    return Sample(have, sees, tuple((points, questions_needed(points / 100)) for points in (5, 10, 15, 20)))
