"""What all visitors share: the workspace's folder, its assistant with the model and index behind it, its log.

The page's way to `ui.service`; the only module that caches, and nothing here is of one visitor. Knows nothing of how anything is
drawn.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from ui import quiet
from ui.service import Served, service

if TYPE_CHECKING:
    from assistant import Workspace
    from rag import LibraryStatus


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
    found = service(folder()).workspace()
    _settle(str(found.root))
    return found


def served(house: Workspace) -> Served:
    """Return the workspace's assistant, which all sessions share.

    Raises:
        UserError: `form.yaml` holds mistakes.
    """
    return service(house.root).served()


def library_status(house: Workspace) -> LibraryStatus:
    """Return what is in the library, without opening an index or a model."""
    from rag import Library

    with Library(
        house.documents, house.library, house.settings.retrieval, database=house.database
    ) as library:
        return library.status()


@st.cache_resource(show_spinner=False)
def quieten() -> None:
    """Switch telemetry off and send logs to the log file; once a process, not once a click."""
    quiet.settle()


@st.cache_resource(show_spinner=False)
def _settle(root: str) -> None:
    """Send the log into the workspace, and stay offline where no hub is needed; once each."""
    from ui.cli.options import opened

    opened(Path(root))
