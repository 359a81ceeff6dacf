"""Which rung: prompt, RAG, fine-tune or both? From answers and measurements to a recommendation with reasons.

Knows nothing of models, documents, retrieval or training, and loads none of their libraries: it reads answers
and numbers, and starts in milliseconds.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from advisor.answers import Answers
from advisor.answers_file import load_answers
from advisor.evidence import Evidence
from advisor.explain import to_markdown, to_text
from advisor.questionnaire import Question, next_question, questionnaire
from advisor.recommend import recommend
from advisor.recommendation import Flip, Level, Missing, PassedOver, Reason, Recommendation, Step
from advisor.sample_size import questions_needed
from advisor.vocabulary import Axis, Language, Rung

if TYPE_CHECKING:
    from advisor.diff import Diff
    from advisor.graph import to_mermaid
    from advisor.report import to_html
    from advisor.rule_view import rule_card, rule_text

_SELDOM = {
    "Diff": "advisor.diff",
    "rule_card": "advisor.rule_view",
    "rule_text": "advisor.rule_view",
    "to_html": "advisor.report",
    "to_mermaid": "advisor.graph",
}
"""What most starts do without; loaded when it is first asked for."""

__all__ = [
    "Answers",
    "Axis",
    "Diff",
    "Evidence",
    "Flip",
    "Language",
    "Level",
    "Missing",
    "PassedOver",
    "Question",
    "Reason",
    "Recommendation",
    "Rung",
    "Step",
    "load_answers",
    "next_question",
    "questionnaire",
    "questions_needed",
    "recommend",
    "rule_card",
    "rule_text",
    "to_html",
    "to_markdown",
    "to_mermaid",
    "to_text",
]


def __getattr__(name: str) -> Any:
    """Fetch a seldom used name from its module."""
    if name not in _SELDOM:
        raise AttributeError(f"module 'advisor' has no attribute {name!r}")
    return getattr(importlib.import_module(_SELDOM[name]), name)
