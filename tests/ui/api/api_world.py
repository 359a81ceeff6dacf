"""What the API's tests stand on: the tiny house with two closed documents, an engine that says what it is told, a real server.

The library, the assistant with its guard, the line at the model, the keys and uvicorn are the real ones.
"""

from __future__ import annotations

import atexit
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from assistant.engines.engine import ANYBODY, GREEDY, Caller, CallerGone, Decoding, Generated
from assistant.engines.turns import Turns
from finetune.layout import Message
from rag import Library
from tests.rag.rag_fakes import LetterEmbedder

_BUILT: dict[str, Path] = {}
NORTH = "The Ostra kettle costs 41 EUR for north."
SOUTH = "The Ostra kettle costs 37 EUR for south."


class SpeakingEngine:
    """Says `answer` word by word, one caller at a time, `pause` seconds between two words."""

    name = "speaking"

    def __init__(self, answer: str = "It costs 49 EUR [1].") -> None:
        self.answer, self.pause = answer, 0.0
        self.raises: BaseException | None = None
        self.turns = Turns()
        self.asked: list[list[Message]] = []
        self.callers: list[str] = []
        self.said = self.ended = 0
        self.at_once = self.most_at_once = 0
        self.finished = True

    def identity(self, adapter: bool) -> str:
        return f"speaking:{adapter}"

    def adapter_name(self) -> str:
        return "house-1"

    def room(self) -> int | None:
        return None

    def count(self, prompt: Sequence[Message]) -> int:
        return sum(len(str(turn["content"]).split()) for turn in prompt)

    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        adapter: bool,
        decoding: Decoding = GREEDY,
        caller: Caller = ANYBODY,
    ) -> list[Generated]:
        return [list(self.stream(prompt, adapter, decoding, caller))[-1] for prompt in prompts]  # type: ignore[misc]

    def stream(
        self, prompt: Sequence[Message], adapter: bool, decoding: Decoding = GREEDY, caller: Caller = ANYBODY
    ) -> Iterator[str | Generated]:
        with self.turns.turn(caller):
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.asked.append(list(prompt))
            self.callers.append(caller.who)
            try:
                if self.raises is not None:
                    raise self.raises
                for word in self.answer.split(" "):
                    if caller.gone():
                        raise CallerGone
                    time.sleep(self.pause)
                    self.said += 1
                    yield word + " "
                yield Generated(self.answer, 10, 5, self.finished, 0.1)
            finally:
                self.at_once -= 1
                self.ended += 1


def furnish(root: Path, engine: SpeakingEngine, patch: pytest.MonkeyPatch) -> None:
    """Give a house two documents that only their tenants may see, an index, and this engine for a model."""
    (root / "documents" / "north.md").write_text(f"# Kettle north\n\n{NORTH}\n", "utf-8")
    (root / "documents" / "south.md").write_text(f"# Kettle south\n\n{SOUTH}\n", "utf-8")
    (root / "documents.toml").write_text(
        '[[document]]\npath = "north.md"\naccess = ["north"]\n[[document]]\npath = "south.md"\naccess = ["south"]\n',
        "utf-8",
    )

    def library(workspace: Any) -> Library:
        return Library(workspace.documents, workspace.library, workspace.settings.retrieval, LetterEmbedder())

    patch.setattr("assistant.open.open_library", library)
    patch.setattr("assistant.open.open_engine", lambda workspace: engine)
    from assistant import Workspace

    if _BUILT.get("library") is None:
        with library(Workspace.open(root)) as made:
            made.sync()
        kept = Path(tempfile.mkdtemp(prefix="rungwise-api-"))
        atexit.register(shutil.rmtree, kept, ignore_errors=True)
        _BUILT["library"] = Path(shutil.copytree(root / ".rungwise", kept / "built"))
    else:  # building one takes half a second, and all are alike
        shutil.copytree(_BUILT["library"], root / ".rungwise")


@contextmanager
def running(app: Any) -> Iterator[str]:
    """Serve an ASGI app on a port of this machine; yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", lifespan="off")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(5)


def asked(
    question: str = "What does the Ostra kettle cost?", model: str = "rag", **more: Any
) -> dict[str, Any]:
    """Return the body of a question."""
    return {"model": model, "messages": [{"role": "user", "content": question}], **more}
