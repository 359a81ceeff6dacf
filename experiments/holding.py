"""Do the documents hold what a question asks for? Only then can retrieval be blamed for not finding it.

Knows nothing of indexes or of how a document is read: it is handed texts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from experiments.attribute import Holds
from experiments.questions import Question
from experiments.scorers import missing_facts


def holder(text_of: Callable[[str], str | None], sources: Callable[[], Sequence[str]]) -> Holds:
    """Return what tells whether the documents hold every required fact of a question.

    They do when its gold documents hold them together, or when any other document holds them all: a document may
    have been renamed since the question was written. A fact that is as short as a number may stand in a document
    that is about something else; such a question counts as held, and is then put down to retrieval.

    Args:
        text_of: Gives a document's whole text by its path; None: there is no such document.
        sources: Gives the paths of all documents; empty where nothing is known of them yet.
    """

    def held(question: Question) -> bool | None:
        known = sources()
        if not known:
            return None
        gold = [text for source in question.gold if (text := text_of(source)) is not None]
        if gold and not missing_facts(question, "\n".join(gold)):
            return True
        others = (text_of(source) for source in known if source not in question.gold)
        return any(text is not None and not missing_facts(question, text) for text in others)

    return held
