"""A question that points at something nobody has named ("How much is it?"): asked back, with what it may be about.

Only questions that a pronoun or a "the other one" makes meaningless by themselves: few words, no name, no conversation before. A
short question that names a thing ("opening hours?") is answered. Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.follow_up import points_at_nothing
from assistant.reply import Turns
from finetune.form import Form
from rag import Hit

_MOST = 3


def asks_back(question: str, conversation: Turns, hits: Sequence[Hit], form: Form) -> str | None:
    """Return what is asked instead of an answer; None where the question can be understood, or the form has no room for asking.

    Args:
        question: The newest question.
        conversation: Earlier turns.
        hits: What was found for it: what it may be about.
        form: The house's form; a shape that is read by a machine is never asked back in.
    """
    if form.labels or form.json_schema is not None or form.pattern:
        return None
    if any(turn["role"] == "user" for turn in conversation):
        return None
    language = points_at_nothing(question)
    if language is None:
        return None
    return form.dress(_sentence(language, _titles(hits)))


def _titles(hits: Sequence[Hit]) -> list[str]:
    titles = (hit.chunk.label.split(" › ")[0].split(" > ")[0].strip() for hit in hits)
    return list(dict.fromkeys(title for title in titles if title))[:_MOST]


def _sentence(language: str, titles: Sequence[str]) -> str:
    if language == "tr":
        about = f" Belgelerde şunlar var: {', '.join(titles)}." if titles else ""
        return f"Neyi kastettiğinizi anlayamadım; lütfen adını yazın.{about}"
    about = f" The documents tell of: {', '.join(titles)}." if titles else ""
    return f"Which one do you mean? Please name it.{about}"
