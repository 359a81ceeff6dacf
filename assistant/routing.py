"""Which adapter answers a question: its task is told by rules or by a classifier, and each task has an adapter.

What belongs to no task, or to none surely, is answered by the adapter that serves. Knows nothing of engines, of where adapters
lie, or of how one was trained.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.engines.engine import Adapter
from foundation.errors import UserError
from foundation.files import sha256_text
from rag.words import question_forms, question_words


@dataclass(frozen=True)
class Told:
    """The task of a question, and why."""

    task: str
    """The task; empty: none, or none surely."""
    why: str
    """What told it, as a clause."""


@dataclass(frozen=True)
class Route:
    """Where a question goes."""

    task: str
    """Its task; empty: none, or none surely."""
    adapter: Adapter
    """Which adapter answers it, as an engine is told; False: the base alone."""
    why: str
    """Why it goes there, as a clause."""


class Teller(Protocol):
    """What tells the task of a question."""

    @property
    def tasks(self) -> Sequence[str]:
        """The tasks that it knows."""

    @property
    def mark(self) -> str:
        """A hash of everything that decides what it tells."""

    def tell(self, question: str) -> Told:
        """Return the task of a question."""


class Rules:
    """Tells a task by words and patterns in the question; the first task that fits is the one.

    Args:
        signs: What tells each task: words, which are compared without their endings, and patterns between slashes.
    """

    def __init__(self, signs: Mapping[str, Sequence[str]]) -> None:
        self._signs = {
            task: [(sign, _Pattern(sign) if sign.startswith("/") else _Words(sign)) for sign in told]
            for task, told in signs.items()
        }
        self.mark = sha256_text(repr({task: list(told) for task, told in signs.items()}))

    @property
    def tasks(self) -> Sequence[str]:
        """The tasks that there are rules for."""
        return list(self._signs)

    def tell(self, question: str) -> Told:
        """Return the first task that something in the question tells."""
        words = set(question_words(question))
        for task, signs in self._signs.items():
            for sign, fits in signs:
                if fits.fits(question, words):
                    return Told(
                        task, f'"{sign}" tells it' if not sign.startswith("/") else f"{sign} tells it"
                    )
        return Told("", "no rule fits")


def unrouted() -> Router:
    """Return no router: nothing is said of which adapter answers what.

    Raises:
        UserError: Always.
    """
    raise UserError(
        'Nothing says which adapter answers what. Write [adapters] with route = "rules" or route = "classifier" into '
        "rungwise.toml, or ask in a setup without +routed."
    )


class _Words:
    """One word, or several that all stand in the question."""

    def __init__(self, sign: str) -> None:
        self._wanted = question_forms(sign)

    def fits(self, question: str, words: set[str]) -> bool:
        return bool(self._wanted) and all(words.intersection(forms) for forms in self._wanted)


class _Pattern:
    def __init__(self, sign: str) -> None:
        self._pattern = re.compile(sign[1:-1], re.IGNORECASE)

    def fits(self, question: str, words: set[str]) -> bool:
        return self._pattern.search(question) is not None


class Router:
    """Sends each question to the adapter of its task.

    Args:
        teller: Tells the task.
        adapters: The adapter of each task that has one.
        otherwise: What answers the rest: True, the adapter that serves; False, the base alone.
    """

    def __init__(self, teller: Teller, adapters: Mapping[str, str], otherwise: Adapter) -> None:
        self.teller, self.adapters, self.otherwise = teller, dict(adapters), otherwise

    @property
    def answering(self) -> list[Adapter]:
        """Every adapter that a question may go to, each once; what answers the rest comes last."""
        named = dict.fromkeys(self.adapters[task] for task in self.teller.tasks if task in self.adapters)
        return [*named, self.otherwise]

    @property
    def mark(self) -> str:
        """A hash of everything that decides where questions go."""
        return sha256_text(f"{self.teller.mark}|{sorted(self.adapters.items())}|{self.otherwise}")

    def route(self, question: str) -> Route:
        """Return where a question goes."""
        told = self.teller.tell(question)
        if told.task and told.task not in self.adapters:
            return Route(told.task, self.otherwise, f"{told.why}, but no adapter was trained for it")
        return Route(told.task, self.adapters.get(told.task, self.otherwise), told.why)
