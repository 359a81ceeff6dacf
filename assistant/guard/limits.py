"""What the answers of one house may not say: its instructions, words never to be said, text that the asker may not see.

Puts the parts of the gate after the model together for one question. Knows nothing of models or of how an answer is made.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache

from assistant.guard.answer import Bounds
from assistant.guard.leak import Canaries, Confidential, Kept
from assistant.guard.quotes import Quotes
from assistant.guard.withheld import Withheld
from finetune.form import Form
from finetune.starter.turns import ABSTAIN, NO_DOCUMENTS
from foundation.files import sha256_text
from rag import Hit, Library, Viewer

STANDARD_ABSTENTIONS = (ABSTAIN, NO_DOCUMENTS, "The documents do not tell.", "I do not know.")
"""What counts as "can't tell" in any house, beside its own sentence."""


@lru_cache(maxsize=64)
def _kept(instructions: str, free: tuple[str, ...]) -> Kept:
    """Return instructions as what is not to be told; the setups that show the same passages share it."""
    return Kept(instructions, free)


class Limits:
    """What a house's answers may not say.

    Args:
        form: The house's form: what it has the model say is free.
        library: Whose documents not everybody may see; None: there are none.
        withhold: Words that are never to be said.
        most_quoted: Letters of its passages that an answer may repeat word for word; None: all.
    """

    def __init__(
        self,
        form: Form,
        library: Library | None,
        withhold: Sequence[str] = (),
        most_quoted: int | None = None,
    ) -> None:
        self._form, self._most = form, most_quoted
        self.mark = sha256_text(f"{sorted(withhold)}|{most_quoted}")
        self._canaries = Canaries(withhold)
        self._withheld = Withheld(library) if library is not None else None

    def of(
        self, instructions: str, hits: Sequence[Hit], said: Iterable[str], viewer: Viewer | None
    ) -> Bounds:
        """Return the bounds of one answer.

        Args:
            instructions: What the model is told in confidence.
            hits: The passages that it is given.
            said: What the asker wrote, this question and before.
            viewer: Who asks; None: somebody without groups.
        """
        wrote = list(said)
        shown = [hit.chunk.indexed_text for hit in hits]
        own = self._own()
        confidential: list[Confidential] = [_kept(instructions, (*own, *shown)), self._canaries]
        if self._withheld is not None:
            groups = viewer.groups if viewer is not None else frozenset()
            others = self._withheld.of_others(groups, (*own, *wrote))
            confidential += [others] if others is not None else []
        quotes = Quotes(shown, self._most) if self._most is not None and shown else None
        return Bounds(len(hits), confidential, "\n".join(wrote), quotes)

    def _own(self) -> tuple[str, ...]:
        """Return what the house itself has the model say."""
        form = self._form
        schema = [] if form.json_schema is None else [json.dumps(form.json_schema, ensure_ascii=False)]
        own = (form.abstention, form.abstain, form.opening, form.closing, *STANDARD_ABSTENTIONS)
        return (*schema, *own)
