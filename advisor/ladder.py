"""What a rule is, and how rules add up to a rung.

Knows nothing of any particular rule and of no answer. The ladder is a 2x2 of two axes, so a rule doesn't push
a rung: it pushes an axis, and a rung's weight is the sum over its cells.

How a rung follows (`settle`), and why it is monotone by construction:

1. Retrieval is settled first, by its own sum alone: no rule about examples or tone can switch it off.
2. Training is settled next. On top of retrieval it must earn more than alone, because adding one to the other
   often hurts (OpenAI's BLEU case 87 -> 83; RAFT's table, HuggingFace 61 -> 43).
3. An axis is switched on only if at least one rule that states a *need* speaks for it. Means alone (many
   examples, a narrow task) are no reason.
4. Vetoes and gates take rungs away after that, and never put one back. Retrieval itself is never vetoed, so
   fine-tuning that may not hold facts can become hybrid; what may not train falls to that rung without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from advisor.catalog import limit
from advisor.vocabulary import Axis, Rung

if TYPE_CHECKING:
    from advisor.answers import Answers

NUDGE, PUSH, STRONG = 1, 2, 3
"""The three weights of a rule: a nudge tips a balance, a push is a reason to retrieve and half a reason to
train, a strong push is a reason for either. They are this project's ranking of the sources, not measurements;
a measurement overrides them."""

TRAINING_RUNGS = frozenset({Rung.FINETUNE, Rung.HYBRID})
RETRIEVAL_RUNGS = frozenset({Rung.RAG, Rung.HYBRID})


class Force(StrEnum):
    """How a rule speaks."""

    VETO = "veto"
    """The rung is wrong for this use case, whatever else is said."""
    GATE = "gate"
    """The rung has to wait until something is collected or mended."""
    PUSH = "push"
    """A weight on one axis or both."""
    MEASURED = "measured"
    """A weight that comes from a comparison, not from an opinion."""
    DEFAULT = "default"
    """Nothing was said that asks for more."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: when it fires, and what follows."""

    id: str
    """The name of its predicate; its wording is found by it."""
    fires: Callable[[Answers], bool]
    """The predicate; an unknown answer never makes it true."""
    reads: tuple[str, ...]
    """The questions whose answers trigger it, the deciding one first."""
    force: Force
    """How it speaks."""
    pushes: Mapping[Axis, int]
    """Signed weight per axis; empty for vetoes and gates."""
    need: bool
    """Whether it states a need for the axes it pushes up, not just the means."""
    forbids: frozenset[Rung]
    """The rungs it takes away; empty for pushes."""

    @property
    def measured(self) -> bool:
        """Whether a comparison made it, and not an answer."""
        return not self.reads

    @property
    def weight(self) -> int:
        """The weight by which rules are ranked: vetoes and gates stand above every push."""
        if self.force is Force.VETO:
            return 2 * STRONG + 1
        if self.force is Force.GATE:
            return 2 * STRONG
        return max(abs(push) for push in self.pushes.values())


Predicate = Callable[["Answers"], bool]


class Book:
    """The rules in the order they are written, filled by its decorators."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule, in the order written."""
        return tuple(self._rules)

    def push(
        self, *reads: str, retrieval: int = 0, training: int = 0, need: bool = False
    ) -> Callable[[Predicate], Predicate]:
        """Register a predicate that pushes one axis or both."""
        pushes = {axis: w for axis, w in ((Axis.RETRIEVAL, retrieval), (Axis.TRAINING, training)) if w}
        return self._register(reads, Force.PUSH, pushes, need, frozenset())

    def veto(self, *reads: str, forbids: Iterable[Rung]) -> Callable[[Predicate], Predicate]:
        """Register a predicate that makes rungs wrong."""
        return self._register(reads, Force.VETO, {}, False, frozenset(forbids))

    def gate(self, *reads: str, forbids: Iterable[Rung]) -> Callable[[Predicate], Predicate]:
        """Register a predicate that makes rungs wait."""
        return self._register(reads, Force.GATE, {}, False, frozenset(forbids))

    def _register(
        self,
        reads: tuple[str, ...],
        force: Force,
        pushes: Mapping[Axis, int],
        need: bool,
        forbids: frozenset[Rung],
    ) -> Callable[[Predicate], Predicate]:
        def keep(predicate: Predicate) -> Predicate:
            self._rules.append(Rule(predicate.__name__, predicate, reads, force, pushes, need, forbids))
            return predicate

        return keep


@dataclass(frozen=True, slots=True)
class Balance:
    """The sum of the rules on one axis."""

    pro: int
    """Weight of the rules for it."""
    con: int
    """Weight of the rules against it, as a positive number."""
    needed: bool
    """Whether a rule that states a need is among those for it."""

    @property
    def score(self) -> int:
        """What is left after the rules against it."""
        return self.pro - self.con

    def carries(self, bar: float) -> bool:
        """Return whether the axis is switched on at `bar`."""
        return self.needed and self.score >= bar


def balance(rules: Iterable[Rule], axis: Axis) -> Balance:
    """Add the fired `rules` up on one axis."""
    pro = con = 0
    needed = False
    for rule in rules:
        weight = rule.pushes.get(axis, 0)
        pro, con = pro + max(weight, 0), con + max(-weight, 0)
        needed = needed or (rule.need and weight > 0)
    return Balance(pro, con, needed)


def training_bar(retrieves: bool) -> float:
    """Return the sum training needs, alone or on top of retrieval."""
    return limit("training_bar_on_retrieval" if retrieves else "training_bar")


def settle(retrieval: Balance, training: Balance, forbidden: frozenset[Rung]) -> Rung:
    """Return the one rung that the two sums and the forbidden rungs leave.

    Args:
        retrieval: Sum of the retrieval axis.
        training: Sum of the training axis.
        forbidden: Rungs taken away by vetoes and gates; never holds `Rung.PROMPT`.
    """
    retrieves = retrieval.carries(limit("retrieval_bar"))
    rung = Rung.at(retrieves, training.carries(training_bar(retrieves)))
    if rung not in forbidden:
        return rung
    if rung is Rung.HYBRID and Rung.RAG not in forbidden:
        return Rung.RAG
    # Training whose facts may not live in weights is allowed if retrieval carries the facts, at retrieval's
    # bar.
    if rung is Rung.FINETUNE and Rung.HYBRID not in forbidden and training.carries(training_bar(True)):
        return Rung.HYBRID
    return Rung.PROMPT
