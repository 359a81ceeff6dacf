"""What the page's tests stand on: a made workspace, an engine that says what it is told, a library of two passages.

The assistant between them is the real one, with its real guard.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from assistant import Assistant, Setup, Workspace
from assistant.engines.engine import Generated
from experiments import attribute, compare, comparison_dict, to_evidence
from finetune.layout import Message
from foundation.errors import UserError
from rag import Chunk, Hit, LibraryStatus
from tests.experiments.worlds import results
from tests.waiting import until
from ui.jobs import office
from ui.jobs.job import Job
from ui.routes import path
from ui.serve import app_path

KETTLE = "The Ostra kettle costs 49 EUR."
HOURS = "The shop opens at 09:00."
HOSTILE = (
    "![x](https://evil.example/p.png) <script>alert(1)</script> [click](javascript:alert(1)) **49** EUR [1]."
)


def ask(app: AppTest, question: str) -> AppTest:
    return app.chat_input[0].set_value(question).run()


def ended(house: Workspace, id: str) -> Job:
    """Return a job that has ended."""
    assert until(lambda: not office.find(house, id).running, 120), office.find(house, id)
    return office.find(house, id)


def all_ended(house: Workspace) -> None:
    """Wait for the jobs of a workspace to end."""
    assert until(lambda: not office.running(house)), "a job is still running"


def button(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


class TellingEngine:
    """Says `answer`, word by word; raises what it is given instead where there is something to raise."""

    name = "telling"

    def __init__(self, answer: str = "It costs 49 EUR [1].", raises: Exception | None = None) -> None:
        self.answer, self.raises = answer, raises
        self.asked: list[list[Message]] = []
        self.closed = 0

    def identity(self, adapter: bool) -> str:
        return f"telling:{adapter}"

    def adapter_name(self) -> str:
        return "house"

    def room(self) -> int | None:
        return None

    def count(self, prompt: Sequence[Message]) -> int:
        return sum(len(str(turn["content"]).split()) for turn in prompt)

    def generate(self, prompts: Sequence[Sequence[Message]], adapter: bool, *_: object) -> list[Generated]:
        return [Generated(self.answer, 10, 5, True, 0.1) for _ in prompts]

    def stream(self, prompt: Sequence[Message], adapter: bool, *_: object) -> Iterator[str | Generated]:
        self.asked.append(list(prompt))
        if self.raises is not None:
            raise self.raises
        try:
            for word in self.answer.split(" "):
                yield word + " "
            yield Generated(self.answer, 10, 5, True, 0.1)
        finally:
            self.closed += 1


class TwoPassages:
    """A library that finds the same two passages for every question; without an index it says so."""

    settings = "two passages"

    def __init__(self, built: bool = True, texts: Sequence[str] = (KETTLE, HOURS)) -> None:
        self.built, self.texts = built, texts
        self.generation = 1
        self.stamp = "1"
        self.text_stamp = ""  # every document is open to everybody

    def search(self, query: str, k: int | None = None, viewer: object = None) -> list[Hit]:
        if not self.built:
            raise UserError("there is no index yet. Run `rungwise sync`.")
        chunks = [
            Chunk(f"c{n}", f"goods/{n}.md", f"Goods {n}", "", text, 0, len(text), None, 0)
            for n, text in enumerate(self.texts, 1)
        ]
        return [Hit(chunk, 1.0 / rank, 0.5, 2.0, rank) for rank, chunk in enumerate(chunks, 1)]

    def status(self) -> LibraryStatus:
        return LibraryStatus(built=False)

    def close(self) -> None:
        """Nothing is open."""


def serve(monkeypatch: pytest.MonkeyPatch, engine: TellingEngine, library: TwoPassages | None = None) -> None:
    """Let the page find these in place of a model and an index."""

    def opened(workspace: Workspace, setup: Setup = Setup.HYBRID) -> Assistant:
        return Assistant(engine, library or TwoPassages(), workspace.form, 2, setup)  # type: ignore[arg-type]

    monkeypatch.setattr("assistant.open.open_assistant", opened)


def opened(monkeypatch: pytest.MonkeyPatch, root: Path, page: str = "home") -> AppTest:
    """Open a page of a workspace in a new session."""
    monkeypatch.setattr(sys, "argv", ["app.py", "--workspace", str(root)])
    app = AppTest.from_file(str(app_path()), default_timeout=60).run()
    return app if page == "home" else go(app, page)


def go(app: AppTest, page: str) -> AppTest:
    """Go to a page by the menu."""
    return app.switch_page(path(page)).run()


def measure(root: Path) -> None:
    """Leave the comparison that `rungwise compare` would: hybrid passes 18 of 20, the others 4."""
    few, most = [n < 4 for n in range(20)], [n < 18 for n in range(20)]
    answered = [
        one
        for setup, passes in {"prompt": few, "rag": few, "lora": few, "hybrid": most}.items()
        for one in results(setup, passes)
    ]
    verdict, losses = compare(answered), attribute(answered)
    (root / ".rungwise").mkdir(exist_ok=True)
    (root / ".rungwise" / "comparison.json").write_text(json.dumps(comparison_dict(verdict, losses)))
    (root / ".rungwise" / "evidence.json").write_text(json.dumps(to_evidence(verdict, losses)))


def told(app: AppTest) -> str:
    """Return every word on the page, as one text."""
    kinds = (
        app.title, app.header, app.subheader, app.markdown, app.text, app.caption, app.code, app.info, app.error, app.warning,
    )  # fmt: skip
    return "\n".join(str(element.value) for kind in kinds for element in kind).replace("\\", "")
