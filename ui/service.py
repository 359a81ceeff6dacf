"""One workspace, served to everybody: its settings read anew, its assistant made once and made again when settings change.

Shared by the page, the API and MCP of a process; nothing here is of one visitor: no question, no answer, no name. Imports no
streamlit, and knows nothing of how anything is shown or sent.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from foundation.files import sha256_of

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
        """Yield an answer in pieces that may be shown, then the whole reply.

        Raises:
            UserError: As `Assistant.stream_reply`.
            CallerGone: As `Assistant.stream_reply`.
        """
        served = self.served()
        for piece in served.assistant.stream_reply(question, conversation, setup, viewer, caller):
            served.warm = True
            yield piece

    def close(self) -> None:
        """Let go of indexes."""
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
