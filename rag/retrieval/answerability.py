"""Do the passages answer the question? A score in [0, 1] from retrieval alone, before any model is asked.

Four features of one lookup, none of which hangs on how the two searches are joined, and a logistic regression
over them. Knows nothing of question files; it is given features and whether each question could be answered.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from foundation.errors import UserError
from foundation.files import read_text, write_json_atomic
from rag.retrieval.choose import Candidate, Lookup
from rag.words import text_words

FEATURES = ("dense", "lead", "covered", "agreement")
"""
`dense`: cosine of the nearest chunk, in [-1, 1].
`lead`: how far it is above the mean of the next nine, in [0, 2].
`covered`: the largest share of the question's content words that one of the best passages holds, each word
counting by its inverse document frequency, in [0, 1].
`agreement`: the share of the five best that both searches name, in [0, 1].
"""
LEAST = 5
"""So many answerable and so many unanswerable questions are needed to fit anything."""
STRENGTH = 10.0
"""How strongly a fit is drawn to the shipped one; docs/measured.md tells why."""
_BEST = 3  # passages of each search that are looked at for the question's words
_NEXT = 9
_AGREE = 5
_WHAT = "the fitted answerability score"


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted score: `1 / (1 + exp(-(bias + Σ weight · feature)))`, and below which value to abstain."""

    bias: float
    """The log-odds where every feature is 0."""
    weights: tuple[float, ...]
    """One a feature, in the order of `FEATURES`."""
    threshold: float
    """Below this score the passages are taken not to answer."""
    false_abstention: float
    """The share of answerable questions that the threshold was allowed to lose, where it was chosen."""
    answerable: int
    """Answerable questions that it was fitted on."""
    unanswerable: int
    """Unanswerable ones."""
    recipe: str
    """What the library was made with (`Library.recipe`); empty for the fit that is shipped."""

    def score(self, features: Sequence[float]) -> float:
        """Return how likely the passages answer, in [0, 1], among questions like those of the fit."""
        odds = self.bias + sum(w * x for w, x in zip(self.weights, features, strict=True))
        return 1.0 / (1.0 + math.exp(-min(max(odds, -60.0), 60.0)))


# Fitted by `python benchmarks/retrieval_quality.py FOLDER --fit` on questions of eight articles of SQuAD 2.0, with the
# packaged embedder; a third each of the unanswerable ones was written to be so, lost its paragraph, or is of another
# topic. docs/measured.md tells how it does on the other eight articles.
SHIPPED = Fit(-5.337, (4.105, 1.831, 4.387, 0.284), 0.271, 0.05, 369, 369, "")
"""Used where a workspace has no fit of its own."""
_SPREAD = (0.163, 0.076, 0.257, 0.232)  # standard deviations of the features where `SHIPPED` was fitted


def features(lookup: Lookup) -> tuple[float, ...]:
    """Return the features of a lookup, in the order of `FEATURES`; all 0 where nothing was found."""
    if not lookup.candidates:
        return (0.0,) * len(FEATURES)
    near = sorted(lookup.candidates, key=lambda one: (-one.dense, one.id))
    worded = sorted(near, key=lambda one: (-one.keyword, one.id))
    shared = [one for one in worded if one.keyword > 0.0]
    after = [one.dense for one in near[1 : 1 + _NEXT]]
    total = sum(weight for _, weight in lookup.words)
    best = {one.id: one for one in (*near[:_BEST], *shared[:_BEST])}
    ids = ({one.id for one in near[:_AGREE]}, {one.id for one in shared[:_AGREE]})
    return (
        near[0].dense,
        near[0].dense - sum(after) / len(after) if after else 0.0,
        max(_covered(lookup, one) for one in best.values()) / total if total else 0.0,
        len(ids[0] & ids[1]) / min(_AGREE, len(near)),
    )


def _covered(lookup: Lookup, candidate: Candidate) -> float:
    held = set(text_words(candidate.chunk.indexed_text))
    return sum(weight for forms, weight in lookup.words if not held.isdisjoint(forms))


def fit(
    rows: Sequence[Sequence[float]],
    answerable: Sequence[bool],
    recipe: str,
    prior: Fit = SHIPPED,
    strength: float = STRENGTH,
) -> Fit:
    """Fit the score by logistic regression.

    The weights are drawn towards those of `prior`: a few dozen questions move them a little, hundreds as far as it
    takes. Only the bias is free, for it holds how often questions can be answered at all. Newton's method on the
    penalised likelihood (le Cessie & van Houwelingen, "Ridge Estimators in Logistic Regression", 1992).

    Args:
        rows: Features, shape (questions, len(FEATURES)).
        answerable: Whether the documents answer, one a row.
        recipe: What the library was made with.
        prior: Where the weights start.
        strength: How strongly they are drawn there: a normal prior of this precision, per standard deviation.

    Returns:
        The fit, with the threshold of `prior`; see `experiments.finding.abstention` for choosing one.

    Raises:
        ValueError: There are fewer than `LEAST` questions of a kind.
    """
    import numpy as np

    y = np.asarray(answerable, dtype=float)
    yes, no = int(y.sum()), int(len(y) - y.sum())
    if min(yes, no) < LEAST:
        raise ValueError(
            f"a fit needs {LEAST} answerable and {LEAST} unanswerable questions, not {yes} and {no}"
        )
    x = np.column_stack([np.ones(len(y)), np.asarray(rows, dtype=float)])
    centre = np.array([prior.bias, *prior.weights])
    penalty = np.diag([1e-3, *(strength * spread**2 for spread in _SPREAD)])
    w = centre.copy()
    for _ in range(100):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ w, -60, 60)))
        gradient = x.T @ (y - p) - penalty @ (w - centre)
        step = np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]) + penalty, gradient)
        # shortened where it would overshoot: the likelihood is flat far from its peak
        w = w + step / max(1.0, float(np.abs(step).max()) / 5.0)
        if float(np.abs(step).max()) < 1e-9:
            break
    return Fit(
        float(w[0]), tuple(float(v) for v in w[1:]), prior.threshold, prior.false_abstention, yes, no, recipe
    )


def write_fit(path: Path, fitted: Fit) -> None:
    """Write a fit as JSON."""
    write_json_atomic(path, {"features": list(FEATURES), **asdict(fitted)})


def read_fit(path: Path, recipe: str) -> Fit | None:
    """Return a workspace's fit; None where there is none, or where it was made for another library.

    Args:
        path: What `write_fit` wrote.
        recipe: What the library is made with now: other chunks or vectors give other scores.

    Raises:
        UserError: The file is damaged.
    """
    if not path.is_file():
        return None
    try:
        value = json.loads(read_text(path, _WHAT))
        names = value.pop("features")
        found = Fit(**{**value, "weights": tuple(float(weight) for weight in value["weights"])})
    except (ValueError, TypeError, KeyError, AttributeError):
        raise UserError(
            f"{path}: {_WHAT} is damaged. Remove the file, or run `rungwise tune-retrieval` to make it anew."
        ) from None
    return found if found.recipe == recipe and tuple(names) == FEATURES else None
