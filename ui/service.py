"""One workspace, served to everybody: its settings read anew, its assistant made once and made again when settings change.

Shared by the page, the API and MCP of a process; nothing here is of one visitor: no question, no answer, no name. Imports no
streamlit, and knows nothing of how anything is shown or sent.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from foundation.errors import UserError
from foundation.files import sha256_of
from ui.tracing import traced

if TYPE_CHECKING:
    from assistant import Assistant, Reply, Workspace
    from assistant.engines.engine import Caller
    from assistant.reply import Turns
    from assistant.setup import AnySetup
    from rag import Viewer


@dataclass
class Served:
    """An assistant, shared by all sessions."""

    assistant: Assistant
    """Answers; safe between threads."""
    stamp: str
    """What it was made from: hashes of `rungwise.toml` and `form.yaml`."""
    warm: bool = False
    """Whether it has answered once: its first answer loads the model."""


class Service:
    """One workspace as a process serves it. Safe between threads.

    Args:
        root: The workspace's folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._making = threading.Lock()
        self._now: Served | None = None
        self._before: Served | None = None
        self._state = "ready"  # it is loaded by the first question, unless somebody warms it up

    def workspace(self) -> Workspace:
        """Open the workspace; its settings are read anew at every call, so that an edit counts at once.

        Raises:
            UserError: It is no workspace, or its settings hold mistakes.
        """
        from assistant import Workspace

        return Workspace.open(self.root)

    def served(self) -> Served:
        """Return the workspace's assistant, made anew when `rungwise.toml` or `form.yaml` has changed; one at a time is made.

        Raises:
            UserError: A file of settings holds mistakes. The next call tries again.
        """
        from assistant import open_assistant

        watched = (self.root / "rungwise.toml", self.root / "form.yaml")
        stamp = "|".join(sha256_of(path) if path.is_file() else "-" for path in watched)
        with self._making:
            if self._now is None or self._now.stamp != stamp:
                made = Served(open_assistant(self.workspace()), stamp)
                # answers that are being made hold on to the one before; the one before that is let go
                _let_go(self._before)
                self._before, self._now = self._now, made
            return self._now

    @property
    def warm(self) -> bool:
        """Whether it has answered once as it is: the next answer loads no model."""
        return self._now is not None and self._now.warm

    def stream_reply(
        self,
        question: str,
        conversation: Turns,
        setup: AnySetup,
        viewer: Viewer | None,
        caller: Caller,
    ) -> Iterator[str | Reply]:
        """Yield an answer in pieces that may be shown, then the whole reply; a trace of it is kept, however it ends.

        Raises:
            UserError: As `Assistant.stream_reply`.
            CallerGone: As `Assistant.stream_reply`.
        """
        from monitoring.noting import Asking, noted

        served = self.served()
        pieces = served.assistant.stream_reply(question, conversation, setup, viewer, caller)
        pieces = traced(pieces, setup, lambda: self.workspace().settings.model.endpoint)

        def asking() -> Asking:
            house, library = self.workspace(), served.assistant.library
            return Asking(house, library, question, conversation, str(setup), caller.who)

        for piece in noted(pieces, asking):
            served.warm = True
            yield piece

    def waiting(self) -> int:
        """Return how many callers wait for the model; 0 where it runs elsewhere."""
        return int(getattr(self._now.assistant.engine, "waiting", 0)) if self._now is not None else 0

    def warm_up(self) -> None:
        """Load the model and open the index, so that the first question does not wait for that.

        What fails here is told by `readiness`, and tried again by the next question.
        """
        try:
            self._state = "loading"
            assistant = self.served().assistant
            if hasattr(assistant.engine, "base"):
                _ = assistant.engine.base  # loads it, once for everybody
            if assistant.library is not None and assistant.library.status().built:
                assistant.library.search("warm", 1)
            self._state = "ready"
        except Exception as error:
            logging.getLogger("rungwise").error("the model could not be loaded ahead", exc_info=error)
            self._state = "failed"

    def readiness(self) -> dict[str, str]:
        """Return how each part stands: `ready`, or in a word why not. Names no file and no setting."""
        try:
            assistant = self.served().assistant
            built = assistant.library is not None and assistant.library.status().built
        except UserError:
            return {"workspace": "its settings hold mistakes"}
        model = "ready" if self.warm else self._state
        return {"workspace": "ready", "index": "ready" if built else "not built", "model": model}

    def close(self) -> None:
        """Let go of indexes, once every trace is written."""
        from monitoring.noting import WRITER

        WRITER.flush()
        with self._making:
            _let_go(self._before)
            _let_go(self._now)
            self._before = self._now = None


_services: dict[Path, Service] = {}
_opening = threading.Lock()


def service(root: Path) -> Service:
    """Return the service of a workspace: the same one for everybody in this process."""
    with _opening:
        return _services.setdefault(root.resolve(), Service(root.resolve()))


def _let_go(old: Served | None) -> None:
    if old is not None and old.assistant.library is not None:
        old.assistant.library.close()
