"""What a comparison found: the nouns of `experiments.compare`, frozen and free of any arithmetic.

Knows nothing of how they are computed or shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from experiments.statistics.stats import Interval

LADDER = ("prompt", "rag", "lora", "hybrid")
"""The setups, simplest first; retrieval before the adapter, because it is cheaper to change."""

FEW = 20
"""Below this many questions only differences of about 30 points can be seen at all."""

NOT_ENOUGH = "not enough data"
"""How every note begins that stands in for a number."""


class PairTest(StrEnum):
    """Which test told two setups apart."""

    MCNEMAR = "mid-p McNemar"
    """Every question was asked once, at a number of questions fixed before."""
    SIGN_FLIP = "sign-flip permutation"
    """Some questions were asked several times: their mean differences are turned at random."""
    SEQUENTIAL = "sequential sign test"
    """The comparison may have been stopped because of what it showed: it holds at every look."""


class Pays(StrEnum):
    """Whether what a setup costs comes back."""

    YES = "pays"
    """The whole interval of what it brings lies above what it costs."""
    NO = "does not pay"
    """The whole interval lies at or below it."""
    NOT_SURE = "not sure"
    """The interval holds both."""


@dataclass(frozen=True)
class Rate:
    """How often something passed."""

    passed: int
    """Answers that passed."""
    n: int
    """Answers that were judged."""
    rate: Interval | None
    """The share with its 95 % Wilson interval, or a bootstrap of questions where some were asked several times;
    None when nothing was judged."""


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
    """Answers that never came because asking failed; like timeouts and refusals, failed everywhere above."""
    seconds_p50: float | None
    """Half of the replies took at most this long."""
    seconds_p95: float | None
    """95 % of the replies took at most this long."""
    tokens_in: float | None
    """Mean tokens of a prompt."""
    tokens_out: float | None
    """Mean tokens of an answer."""
    answers: int = 0
    """Answers it was asked for: questions times repeats."""
    timeouts: int = 0
    """Answers that came too late, or never."""
    refusals: int = 0
    """Answers that the model's host declined to give."""
    seconds_p50_interval: Interval | None = None
    """Where the true median likely is; None where too few different times bound it."""
    seconds_p95_interval: Interval | None = None
    """Where the true 95 % quantile likely is; None below 72 times."""
    tokens_in_interval: Interval | None = None
    """Where the true mean likely is; None where every prompt had as many."""
    tokens_out_interval: Interval | None = None
    """Where the true mean likely is; None where every answer had as many."""
    cost: float | None = None
    """Mean cost of a reply in `Verdict.currency`; None without prices."""
    cost_interval: Interval | None = None
    """Where the true mean likely is; None where every reply cost the same."""
    break_even: float | None = None
    """The pass rate (both) from which its answers bring more than they take; None without stakes."""
    earns: Pays | None = None
    """Whether its pass rate is surely above that."""


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
    """Questions that `setup` passed and `other` failed; asked several times: passed more often."""
    losses: int
    """Questions that `setup` failed and `other` passed; asked several times: passed less often."""
    difference: Interval | None
    """Pass rate of `setup` less that of `other`, with its paired 95 % interval: bootstrap, or after a sequential
    test one that holds at every look."""
    p: float | None
    """Two-sided p of `test`, which alarms in 5 of 100 comparisons of equals."""
    p_exact: float | None
    """Exact McNemar, two-sided: never too small, often too large; None where McNemar's test does not fit."""
    p_holm: float | None
    """`p`, corrected by Holm for the number of comparisons in the table."""
    smallest: float | None
    """The smallest difference that so many questions can show, the two disagreeing so often (power 80 %)."""
    needed: int | None
    """How many more questions would show the measured difference, or one of the margin if that is larger;
    0 once it is shown (`p_holm` below .05)."""
    note: str
    """What stands in the way of believing the numbers; empty when nothing does."""
    test: PairTest = PairTest.MCNEMAR
    """The test behind `p`."""
    spread: float | None = None
    """Mean squared difference of a question; asked once, the share of questions on which the two disagree."""
    not_worse: bool = False
    """Whether `setup` is shown to be worse by less than the margin, if at all (one-sided, 5 %)."""
    other_not_worse: bool = False
    """Whether `other` is."""
    equivalent: bool = False
    """Whether both are: the 90 % interval lies within the margin (two one-sided tests at 5 %)."""


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
class Worth:
    """What a setup takes more than the simplest one, what it brings for that, and whether it pays.

    Failed answers count with what was spent on them. Intervals are paired 95 % bootstraps over questions.
    """

    setup: str
    """The setup."""
    other: str
    """The simplest setup, against which it is held."""
    n: int
    """Questions that both were asked."""
    lift: Interval | None
    """Pass rate more than the other's, facts and form together."""
    seconds: Interval | None
    """Seconds a reply more."""
    tokens: Interval | None
    """Tokens a reply more, in and out."""
    cost: Interval | None
    """Cost of a reply more, in `Verdict.currency`; None without prices."""
    per_100_ms: Interval | None
    """Lift for each 100 ms a reply takes more; None unless it surely takes more."""
    per_1000_tokens: Interval | None
    """Lift for each 1,000 tokens a reply takes more; None unless it surely takes more."""
    per_currency: Interval | None
    """Lift for each unit of the currency that 1,000 replies cost more; None unless they surely cost more."""
    break_even: Interval | None
    """The lift at which it pays: cost of a reply more / (gain of a right answer + cost of a wrong one)."""
    net: Interval | None
    """What it earns a reply more than the other: lift × (gain + cost of a wrong one) − cost of a reply more."""
    pays: Pays | None
    """Whether `net` is surely above 0; None without prices and stakes."""
    sentence: str
    """That in one sentence; what is missing, where it can't be told."""


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
    """One for each pair of setups, on facts and form together, the simpler one as `other`."""
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
    repeats: int = 1
    """How often a question was asked in a setup, at most."""
    sequential: bool = False
    """Whether every test and interval of pass rates holds at every look, so that it could be stopped early."""
    currency: str = ""
    """Of every cost; empty without prices."""
    worth: tuple[Worth, ...] = ()
    """One for each setup but the simplest."""

    def standing(self, setup: str) -> Standing | None:
        """Return the standing of a setup, or None when it was not measured."""
        return next((standing for standing in self.standings if standing.setup == setup), None)

    def difference(self, setup: str, other: str) -> Difference | None:
        """Return the difference of two setups as it stands in the table, or None when it is not there."""
        return next((row for row in self.differences if (row.setup, row.other) == (setup, other)), None)
