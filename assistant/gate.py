"""The gate before the model: a question that the documents hardly answer gets the house's abstention, and no model is asked.

Knows nothing of how the score was fitted, or of what a model would have said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from finetune.form import Form
from finetune.starter.turns import ABSTAIN
from rag import Library, Viewer
from rag.retrieval.answerability import Fit, features


class AbstainedBy(StrEnum):
    """Who decided that a question is not answered."""

    RETRIEVAL = "retrieval"
    """The score of answerability was below its threshold; the model was not asked."""
    MODEL = "model"
    """The model says that it can't tell."""


@dataclass(frozen=True)
class Answerability:
    """How likely the documents answer a question, judged from retrieval alone."""

    score: float
    """In [0, 1]."""
    threshold: float
    """Below it the model is not asked."""

    @property
    def low(self) -> bool:
        """Whether the question is taken not to be answered."""
        return self.score < self.threshold


@dataclass(frozen=True)
class Gate:
    """Decides from retrieval alone whether a question goes to the model.

    Never shut without a fit of the workspace's own, nor where the house's abstention would break its form.
    """

    fitted: Callable[[], Fit | None]
    """Returns the fit for the library as it is now; asked anew for every question, as a tuning or a sync may change it."""

    def judge(
        self,
        library: Library,
        searched: str,
        viewer: Viewer | None = None,
    ) -> Answerability | None:
        """Return how likely the documents answer what was searched for; None without a fit.

        Raises:
            UserError: There is no index, or the file of the fit is damaged.
        """
        fit = self.fitted()
        if fit is None:
            return None
        lookup = library.lookup(searched, viewer)
        return Answerability(fit.score(features(lookup)), fit.threshold)

    @property
    def mark(self) -> str:
        """What answers depend on, in one text; empty without a fit."""
        fit = self.fitted()
        return "" if fit is None else repr(fit)


def abstention(form: Form) -> str | None:
    """Return what is answered without asking a model; None where the form asks for a shape that it would break."""
    text = form.abstention or form.dress(ABSTAIN)
    shaped = form.json_schema is not None or bool(form.pattern)
    if shaped and not form.check(text, 0, answerable=False).value:
        return None
    return text
