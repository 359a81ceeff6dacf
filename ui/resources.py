"""What all visitors share: the workspace's folder, its assistant with the model and index behind it, its log.

The only module that caches, and nothing here is of one visitor: no question, no answer, no name. Knows
nothing of how anything is drawn.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from foundation.files import sha256_of
from ui import quiet

if TYPE_CHECKING:
    from assistant import Assistant, Workspace
    from rag import LibraryStatus


@dataclass
class Served:
    """An assistant, shared by all sessions."""

    assistant: Assistant
    """Answers; safe between threads."""
    warm: bool = False
    """Whether it has answered once: its first answer loads the model."""


def folder() -> Path:
    """Return the workspace's folder, as `-- --workspace DIR` behind the script's name says."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--workspace", type=Path, default=Path("."))
    return Path(parser.parse_known_args(sys.argv[1:])[0].workspace).resolve()


def workspace() -> Workspace:
    """Open the workspace; its settings are read anew at every call, so that an edit counts at once.

    Raises:
        UserError: It is no workspace, or its settings hold mistakes.
    """
    from assistant import Workspace

    found = Workspace.open(folder())
    _settle(str(found.root))
    return found


def served(house: Workspace) -> Served:
    """Return the workspace's assistant, made anew when `rungwise.toml` or `form.yaml` has changed.

    Raises:
        UserError: `form.yaml` holds mistakes.
    """
    watched = (house.root / "rungwise.toml", house.root / "form.yaml")
    stamp = "|".join(sha256_of(path) if path.is_file() else "-" for path in watched)
    return _served(str(house.root), stamp)


def library_status(house: Workspace) -> LibraryStatus:
    """Return what is in the library, without opening an index or a model."""
    from rag import Library

    with Library(house.documents, house.library, house.settings.retrieval) as library:
        return library.status()


def _let_go(old: Served) -> None:
    if old.assistant.library is not None:
        old.assistant.library.close()


@st.cache_resource(max_entries=2, show_spinner=False, on_release=_let_go)
def _served(root: str, stamp: str) -> Served:
    from assistant import Workspace, open_assistant

    return Served(open_assistant(Workspace.open(Path(root))))


@st.cache_resource(show_spinner=False)
def quieten() -> None:
    """Switch telemetry off and send logs to the log file; once a process, not once a click."""
    quiet.settle()


@st.cache_resource(show_spinner=False)
def _settle(root: str) -> None:
    """Send the log into the workspace, and stay offline where no hub is needed; once each."""
    from ui.cli.options import opened

    opened(Path(root))
