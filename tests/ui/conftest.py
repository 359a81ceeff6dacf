"""Workspaces for the command line's tests: a tiny one made by hand, and a small cut of the demo.

The tiny one holds documents, examples and questions whose every outcome can be told by reading them.
"""

from __future__ import annotations

import json
import logging
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ui import quiet
from ui.cli import main

sys.path.insert(0, str(Path(__file__).parent))

REPOSITORY = Path(__file__).resolve().parents[2]
CUT_DOCUMENTS = 12
CUT_EXAMPLES = 40
CUT_QUESTIONS = 8  # of each part


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give back what a command sets for its whole process: environment, log and warnings."""
    for name in (*quiet.TELEMETRY, "HF_HUB_OFFLINE", "RUNGWISE_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
    with warnings.catch_warnings():
        yield
    logging.captureWarnings(False)
    if quiet._handler is not None:
        logging.getLogger().removeHandler(quiet._handler)
        quiet._handler.close()
        quiet._handler = None


@pytest.fixture
def rungwise(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process and tell how it ended."""

    def run(*words: object) -> Ended:
        code = main([str(word) for word in words])
        told = capsys.readouterr()
        return Ended(code, told.out, told.err)

    return run


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Return a workspace of two documents, twelve examples and four questions; its name has a blank and Turkish letters."""
    root = tmp_path / "Çay ve şeker"
    (root / "documents").mkdir(parents=True)
    (root / "documents" / "kettle.md").write_text(
        "# Kettle\n\nThe Ostra kettle costs 49 EUR.\n", encoding="utf-8"
    )
    (root / "documents" / "hours.txt").write_text("The shop opens at 09:00 on Mondays.\n", encoding="utf-8")
    (root / "rungwise.toml").write_text('name = "Tea"\n', encoding="utf-8")
    (root / "form.yaml").write_text(
        'name: Tea\nmax_words: 40\nabstain: "The documents do not say."\n', encoding="utf-8"
    )
    (root / "answers.yaml").write_text("knowledge: private\nchange_rate: monthly\n", encoding="utf-8")
    examples = [_example(number) for number in range(12)]
    (root / "examples.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in examples), encoding="utf-8"
    )
    questions = [_question(number) for number in range(4)]
    (root / "questions.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in questions), encoding="utf-8"
    )
    return root


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put an embedder of letters, an engine that reads and a training without one in the place of the real ones."""
    from cli_fakes import (  # found once this folder is on the path
        LetterEmbedder,
        ReadingEngine,
        fake_training,
    )

    import assistant.open as opening
    from rag import Library

    def library(workspace: Any) -> Library:
        settings = workspace.settings.retrieval
        return Library(
            workspace.documents, workspace.library, settings, LetterEmbedder(), database=workspace.database
        )

    monkeypatch.setattr(opening, "open_library", library)
    monkeypatch.setattr(opening, "open_engine", lambda workspace: ReadingEngine(lambda: workspace.adapter))
    monkeypatch.setattr(opening, "train_adapter", fake_training)


def _example(number: int) -> dict[str, object]:
    things = (
        "spoons",
        "cups",
        "trays",
        "bowls",
        "jars",
        "lids",
        "pots",
        "sieves",
        "tins",
        "mats",
        "racks",
        "bags",
    )
    answer = {"role": "assistant", "content": "The documents do not say."}
    return {
        "id": f"ex-{number}",
        "messages": [{"role": "user", "content": f"Who makes the {things[number]}?"}, answer],
    }


def _question(number: int) -> dict[str, object]:
    kettle = number % 2 == 0
    return {
        "id": f"q-{number}",
        "part": "dev" if number < 2 else "test",
        "kind": "single",
        "question": "What does the Ostra kettle cost?" if kettle else "When does the shop open on Mondays?",
        "facts": [["49 EUR"] if kettle else ["09:00"]],
        "answerable": True,
        "gold": ["kettle.md" if kettle else "hours.txt"],
    }


@pytest.fixture(scope="session")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small cut of the demo: documents that questions are about, with questions and examples about them only."""
    demo = REPOSITORY / "examples" / "tarn-and-timber"
    root = tmp_path_factory.mktemp("cut") / "tarn"
    root.mkdir()
    rows = {name: _rows(demo / name) for name in ("questions.jsonl", "examples.jsonl")}
    single = [row for row in rows["questions.jsonl"] if row["kind"] == "single"]
    sources = list(dict.fromkeys(path for row in single for path in row["gold"]))[:CUT_DOCUMENTS]
    for path in sources:
        (root / "documents" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(demo / "documents" / path, root / "documents" / path)
        if (demo / "updates" / path).exists():
            (root / "updates" / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(demo / "updates" / path, root / "updates" / path)
    known = [row for row in rows["examples.jsonl"] if set(row.get("sources") or ()) <= set(sources)][
        :CUT_EXAMPLES
    ]
    asked = [row for row in single if set(row["gold"]) <= set(sources)]
    parts = [
        row
        for part in ("dev", "test")
        for row in [one for one in asked if one["part"] == part][:CUT_QUESTIONS]
    ]
    for name, kept in (("examples.jsonl", known), ("questions.jsonl", parts)):
        (root / name).write_text(
            "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept), encoding="utf-8"
        )
    for name in ("form.yaml", "answers.yaml"):
        shutil.copy(demo / name, root / name)
    (root / "rungwise.toml").write_text(
        'name = "A cut of the demo"\n[model]\nmax_new_tokens = 24\n[training]\nepochs = 1\n[target]\npass_rate = 0.9\n',
        encoding="utf-8",
    )
    return root


def _rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
