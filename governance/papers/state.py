"""What the papers rest on: the workspace's state, read once, and what only the layer above knows of who comes in.

Knows nothing of how a paper is put together.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from advisor import Answers, load_answers
from assistant.personal import DocumentsLooked, finder, look_at_documents
from assistant.workspace import Workspace
from foundation.errors import UserError
from governance.datasets import NAMES, Register, read_register
from governance.rows import rows_of
from governance.standing import Standing, standing
from rag import Library
from rag.storage.records import Record, read_records

_OTLP = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


@dataclass(frozen=True)
class Surroundings:
    """What the layer above knows."""

    people: Mapping[str, int] = field(default_factory=dict)
    """How many people may come in, by role."""
    keys: int = 0
    """How many API keys there are."""
    audit_lines: int = 0
    """How many lines of the audit log are as they were written."""
    audit_whole: bool | None = None
    """Whether all are; None: there is no log."""
    notice: str = ""
    """What people read who talk to the assistant, in the papers' language; empty: nothing tells them."""
    notice_places: tuple[str, ...] = ()
    """Where they read it."""
    signals: tuple[tuple[str, str, str], ...] | None = None
    """Open signals of monitoring: name, what was seen, what to do; None: monitoring was not asked."""


@dataclass(frozen=True)
class State:
    """A workspace's state at one moment."""

    workspace: Workspace
    """Which."""
    at: str
    """When, ISO 8601 in UTC."""
    around: Surroundings
    """What the layer above knows."""
    standing: Standing
    """How it stands by its own rules."""
    sources: Mapping[str, Record]
    """What is known of each document of the library."""
    register: Register
    """What is known of each data set."""
    rows: Mapping[str, int]
    """How many rows or files each data set has."""
    looked: DocumentsLooked
    """Personal data in documents, by kind and count."""
    example_kinds: Mapping[str, int]
    """Personal data in the training examples, by kind and count."""
    certificates: tuple[Mapping[str, Any], ...]
    """Certificates of erasures, the oldest first."""
    comparison: Mapping[str, Any] | None
    """The last comparison; None: nothing was measured."""
    answers: Answers | None
    """The questionnaire, filled in; None: it is not, or holds mistakes."""


def state_of(
    workspace: Workspace,
    library: Library,
    around: Surroundings,
    now: datetime,
    progress: Callable[[str, int, int], None] = lambda title, done, total: None,
) -> State:
    """Read a workspace's state.

    Args:
        workspace: Which.
        library: Its library.
        around: What the layer above knows.
        now: The moment, with its time zone.
        progress: Told how far it is.

    Raises:
        UserError: A file that the house wrote holds mistakes.
    """
    records = read_records(workspace.records)
    sources = library.sources() if library.status().built else []
    stands = standing(workspace, now, library)
    return State(
        workspace,
        stands.at,
        around,
        stands,
        {source: records.of(source) for source in sources},
        read_register(workspace),
        {name: rows_of(workspace, name) for name in NAMES},
        look_at_documents(workspace, progress),
        _kinds(workspace),
        tuple(read for path in _certificates(workspace) if (read := read_json(path))),
        read_json(workspace.comparison),
        _answers(workspace),
    )


def _answers(workspace: Workspace) -> Answers | None:
    try:
        return load_answers(workspace.answers) if workspace.answers.is_file() else None
    except UserError:
        return None


def _kinds(workspace: Workspace) -> dict[str, int]:
    """Return how often each kind of personal data stands in the examples; no value is kept."""
    if not workspace.examples.is_file():
        return {}
    find = finder(workspace)
    text = workspace.examples.read_text(encoding="utf-8", errors="replace")
    return dict(sorted(Counter(str(span.kind) for line in text.splitlines() for span in find(line)).items()))


def _certificates(workspace: Workspace) -> list[Path]:
    from governance.erasure import CERTIFICATES

    return sorted((workspace.built / CERTIFICATES).glob("*.json"))


def read_json(path: Path) -> dict[str, Any] | None:
    """Return what a JSON file of ours says; None where there is none that can be read."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None


def recipients(workspace: Workspace) -> list[tuple[str, str, str]]:
    """Return where data goes: what it is, the host, and the setting that names it. No key and no path is told."""
    settings = workspace.settings
    named = [
        ("model", settings.model.endpoint or "", "rungwise.toml [model] endpoint"),
        ("judge", settings.judge.endpoint or "", "rungwise.toml [judge] endpoint"),
        ("chroma", settings.retrieval.chroma_server or "", "rungwise.toml [retrieval] chroma_server"),
        ("database", settings.storage.url, "rungwise.toml [storage] url"),
        ("traces", next((url for name in _OTLP if (url := os.environ.get(name, ""))), ""), _OTLP[1]),
    ]
    return [(what, urlsplit(url).hostname or url, source) for what, url, source in named if url]
