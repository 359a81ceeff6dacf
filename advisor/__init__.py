"""Which rung: prompt, RAG, fine-tune or both? From answers and measurements to a recommendation with reasons.

Knows nothing of models, documents, retrieval or training, and loads none of their libraries: it reads answers
and numbers, and starts in milliseconds.
"""

from advisor.answers import Answers
from advisor.answers_file import load_answers
from advisor.evidence import Evidence, questions_needed
from advisor.explain import to_markdown, to_text
from advisor.questionnaire import Question, next_question, questionnaire
from advisor.recommend import recommend
from advisor.recommendation import Flip, Level, Missing, PassedOver, Reason, Recommendation, Step
from advisor.vocabulary import Axis, Language, Rung

__all__ = [
    "Answers",
    "Axis",
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
    "to_markdown",
    "to_text",
]
