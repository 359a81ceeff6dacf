"""What a comparison found: the nouns of `experiments.compare`, frozen and free of any arithmetic.

Knows nothing of how they are computed or shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from experiments.stats import Interval

LADDER = ("prompt", "rag", "lora", "hybrid")
"""The setups, simplest first; retrieval before the adapter, because it is cheaper to change."""

FEW = 20
"""Below this many questions only differences of about 30 points can be seen at all."""

NOT_ENOUGH = "not enough data"
"""How every note begins that stands in for a number."""


@dataclass(frozen=True)
class Rate:
    """How often something passed."""

    passed: int
    """Answers that passed."""
    n: int
    """Answers that were judged."""
    rate: Interval | None
    """The share with its 95 % Wilson interval; None when nothing was judged."""


@dataclass(frozen=True)
class Standing:
    """How one setup did."""

    setup: str
    """Its name."""
    n: int
    """Questions it was asked."""
    both: Rate
    """Facts and form right."""
    facts: Rate
    """Facts right (or rightly declined)."""
    form: Rate
    """Form kept."""
    citation: Rate
    """A document that tells was cited, among the answers where there was something to cite."""
    abstention: Rate
    """Answered or declined as it should."""
    errors: int
    """Answers that never came: errors and timeouts, counted as failed everywhere above."""
    seconds_p50: float | None
    """Half of the replies took at most this long."""
    seconds_p95: float | None
    """95 % of the replies took at most this long."""
    tokens_in: float | None
    """Mean tokens of a prompt."""
    tokens_out: float | None
    """Mean tokens of an answer."""


@dataclass(frozen=True)
class Difference:
    """One setup against another, question by question."""

    setup: str
    """The one."""
    other: str
    """The other."""
    n: int
    """Questions that both were asked."""
    wins: int
    """Questions that `setup` passed and `other` failed."""
    losses: int
    """Questions that `setup` failed and `other` passed."""
    difference: Interval | None
    """Pass rate of `setup` less that of `other`, with its paired 95 % bootstrap interval."""
    p: float | None
    """Mid-p McNemar, two-sided: the test that alarms in 5 of 100 comparisons of equals."""
    p_exact: float | None
    """Exact McNemar, two-sided: never too small, often too large."""
    p_holm: float | None
    """`p`, corrected by Holm for the number of comparisons in the table."""
    smallest: float | None
    """The smallest difference that so many questions can show, the two disagreeing so often (power 80 %)."""
    needed: int | None
    """How many more questions would show the measured difference, or one of the margin if that is larger;
    0 once it is shown (`p_holm` below .05)."""
    note: str
    """What stands in the way of believing the numbers; empty when nothing does."""


@dataclass(frozen=True)
class Effect:
    """What retrieval, the adapter, or the two together change, averaged over the 2×2."""

    name: str
    """`retrieval`, `adapter` or `interaction`."""
    measure: str
    """`both`, `facts` or `form`."""
    n: int
    """Questions that all four setups were asked."""
    effect: Interval | None
    """Change of the pass rate, with its paired 95 % bootstrap interval."""
    note: str
    """Why there is no number; empty when there is."""


@dataclass(frozen=True)
class Verdict:
    """The paired comparison of setups."""

    questions: int
    """Different questions that were asked."""
    margin: float
    """A pass rate this much below the best still counts as no worse."""
    standings: tuple[Standing, ...]
    """One for each setup, simplest first."""
    differences: tuple[Difference, ...]
    """One for each pair of setups, on facts and form together."""
    effects: tuple[Effect, ...]
    """The 2×2: effect of retrieval, of the adapter, and their interaction, on both, facts and form."""
    winner: str | None
    """The simplest setup that is not worse than the best by the margin; None without enough data."""
    sure: bool
    """Whether the intervals settle it: the winner is no worse than the best, and every simpler setup is."""
    needed: int | None
    """How many more questions it takes to be sure; 0 when sure, None when it can't be told."""
    reason: str
    """Why this winner, in one or two sentences."""

    def standing(self, setup: str) -> Standing | None:
        """Return the standing of a setup, or None when it was not measured."""
        return next((standing for standing in self.standings if standing.setup == setup), None)

    def difference(self, setup: str, other: str) -> Difference | None:
        """Return the difference of two setups as it stands in the table, or None when it is not there."""
        return next((row for row in self.differences if (row.setup, row.other) == (setup, other)), None)
