"""The small classifier of tasks: logistic regression on the vectors of the examples' questions, and how well it does.

It is fitted on one part of the examples and measured on another, and one that is not surely better than chance is refused; what
answers is fitted on all of them. Nothing of it is kept: what is forgotten leaves nothing behind. Knows nothing of adapters or of
where examples lie.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.routing import Told
from finetune.examples import Example
from finetune.training.split import split
from foundation.errors import UserError
from foundation.files import sha256_text
from foundation.proportion import wilson
from rag import Embedder

_SHARES = (0.7, 0.3, 0.0)
"""What is fitted on and what is measured on: more of the latter than a training keeps, as a share of few says little."""
_STRENGTH = 1.0
"""How much one misjudged question weighs against half the weights' squared length (C in scikit-learn, whose default it is). In
five folds of the demo's documents more of it did worse on those left out: 50 % right at 1, 42 % at 10, 41 % at 100, of four kinds
of which one is whatever belongs to none. `benchmarks/routing.py` measures what came of it on questions that chose nothing."""
_FEWEST = 5
"""Questions of a task, below which nothing is learned of it."""

Weights = NDArray[np.float64]
"""Shape (numbers of a vector + 1, tasks); the last row is added to every question's."""


@dataclass(frozen=True)
class Measured:
    """How often the classifier names the right task, on questions that it was not fitted on."""

    right: int
    """Questions whose likeliest task is theirs."""
    n: int
    """Questions that it was measured on."""
    low: float
    """The lower end of the 95 % interval of the share (Wilson 1927)."""
    high: float
    """The upper end."""
    chance: float
    """The share that is right where every question is said to be of the most frequent task."""
    unsure: int
    """Questions of them that it is not sure enough of, so that the adapter that serves would answer."""

    @property
    def text(self) -> str:
        """It in a sentence."""
        return (
            f"Of {self.n} questions that it was not fitted on, {self.right} were told right ({self.right / self.n:.0%}, "
            f"{self.low:.0%} to {self.high:.0%}; by chance {self.chance:.0%}); of {self.unsure} it was not sure."
        )


class TaskClassifier:
    """Tells the task of a question by what the examples of each task ask; examples without a task are one of their own: the rest.

    Args:
        examples: The examples; only their questions are looked at.
        embedder: Makes the vectors.
        least: How sure it must be, 0 to 1.
        seed: Of the split.

    Raises:
        UserError: Fewer than two tasks, or too few questions of one.
    """

    def __init__(self, examples: Sequence[Example], embedder: Embedder, least: float, seed: int) -> None:
        counts = Counter(one.task for one in examples)
        thin = {task: count for task, count in counts.items() if task and count < _FEWEST}
        if len(counts) < 2 or not any(counts) or thin:
            told = (
                ", ".join(f"{task or 'none'}: {count}" for task, count in sorted(counts.items()))
                or "none at all"
            )
            raise UserError(
                f"A classifier of tasks needs two tasks with {_FEWEST} examples each, or one and examples without a task, but "
                f'examples.jsonl has by task: {told}. Write "task": "NAME" into more rows, or set route = "rules".'
            )
        self._embedder, self._least = embedder, least
        self._tasks = sorted(counts)
        parts = split(examples, seed, _SHARES)
        self.measured = self._measure(parts.train, parts.validation)
        self._weights = fitted(*self._seen(examples), len(self._tasks))
        self.mark = sha256_text(
            f"{embedder.fingerprint}|{self._tasks}|{least}|{np.round(self._weights, 6).tolist()}"
        )

    @property
    def tasks(self) -> Sequence[str]:
        """The tasks that it knows."""
        return [task for task in self._tasks if task]

    def tell(self, question: str) -> Told:
        """Return the likeliest task where it is likely enough."""
        shares = likely(self._embedder.embed([question]).astype(np.float64), self._weights)[0]
        best = int(shares.argmax())
        task, share = self._tasks[best], f"{shares[best]:.0%} likely"
        if not task:
            return Told("", f"no task of its own is {share}")
        if shares[best] < self._least:
            return Told("", f"{task} is only {share}")
        return Told(task, f"{task} is {share}")

    def check(self) -> None:
        """Check that it is surely better than chance.

        Raises:
            UserError: It is not.
        """
        if self.measured is None or self.measured.low <= self.measured.chance:
            told = "There was nothing to measure it on." if self.measured is None else self.measured.text
            raise UserError(
                f"The classifier of tasks is not surely better than chance, so nothing is routed by it. {told} Add examples of "
                'each task, or set route = "rules" under [adapters] in rungwise.toml.'
            )

    def _seen(self, examples: Sequence[Example]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        vectors = self._embedder.embed([one.question for one in examples]).astype(np.float64)
        return vectors, np.array([self._tasks.index(one.task) for one in examples])

    def _measure(self, learned: Sequence[Example], asked: Sequence[Example]) -> Measured | None:
        """Return how well one does that was fitted on fewer questions than the one that answers."""
        if not asked:
            return None
        vectors, tasks = self._seen(asked)
        shares = likely(vectors, fitted(*self._seen(learned), len(self._tasks)))
        right, n = int((shares.argmax(axis=1) == tasks).sum()), len(tasks)
        low, high = wilson(right, n)
        chance = np.bincount(tasks).max() / n
        return Measured(right, n, low, high, float(chance), int((shares.max(axis=1) < self._least).sum()))


def likely(vectors: NDArray[np.float64], weights: Weights) -> NDArray[np.float64]:
    """Return how likely each task is for each question, shape (questions, tasks); rows add up to 1."""
    scores = vectors @ weights[:-1] + weights[-1]
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def fitted(vectors: NDArray[np.float64], tasks: NDArray[np.int64], count: int) -> Weights:
    """Return the weights of multinomial logistic regression with a squared penalty, which has one minimum.

    Each task weighs as much as any other, whatever the number of its questions: else a small one is never named.

    Args:
        vectors: Of the questions, shape (questions, numbers).
        tasks: The place of each question's task.
        count: How many tasks there are.
    """
    from scipy.optimize import minimize

    wanted = np.eye(count)[tasks]
    weight = (len(tasks) / count / np.maximum(1, np.bincount(tasks, minlength=count)))[tasks]
    shape = (vectors.shape[1] + 1, count)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = flat.reshape(shape)
        shares = likely(vectors, weights)
        missing = (shares - wanted) * weight[:, None]
        slope = np.vstack([vectors.T @ missing, missing.sum(axis=0)]) * _STRENGTH
        slope[:-1] += weights[:-1]
        missed = -(weight * np.log(np.clip((shares * wanted).sum(axis=1), 1e-300, None))).sum()
        return float(_STRENGTH * missed + 0.5 * (weights[:-1] ** 2).sum()), slope.ravel()

    found = minimize(loss, np.zeros(shape[0] * shape[1]), jac=True, method="L-BFGS-B")
    return np.asarray(found.x).reshape(shape)
