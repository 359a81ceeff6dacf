"""What the pages Documents and Examples have open in one session: which part, which document, and what was looked at last.

Which part and which document stand in the address, so that a reload and a link keep them. Knows nothing of how it is drawn.
"""

from __future__ import annotations

from typing import TypeVar

import streamlit as st

_PART, _DOCUMENT, _PASSAGE = "part", "document", "passage"
_Kept = TypeVar("_Kept")


def part(parts: list[str]) -> str:
    """Return which part of the page is open: what the address names, else the first."""
    named = st.query_params.get(_PART, "")
    return named if named in parts else parts[0]


def go(name: str) -> None:
    """Open a part of the page; a document that is open is closed."""
    st.query_params[_PART] = name
    close()


def document() -> str:
    """Return which document is open; empty where none is."""
    return str(st.query_params.get(_DOCUMENT, ""))


def passage() -> int:
    """Return at which of its passages it was opened, from 0."""
    told = str(st.query_params.get(_PASSAGE, ""))
    return int(told) if told.isascii() and told.isdigit() and len(told) < 8 else 0


def named_passage() -> int | None:
    """Return the passage that the address names; None where it names none."""
    return passage() if _PASSAGE in st.query_params else None


def open_document(source: str, at: int | None = None) -> None:
    """Open a document, at one of its passages where one is named."""
    close()
    st.query_params[_DOCUMENT] = source
    if at is not None:
        st.query_params[_PASSAGE] = str(at)


def close() -> None:
    """Close the document that is open."""
    for name in (_DOCUMENT, _PASSAGE):
        if name in st.query_params:
            del st.query_params[name]


def keep(name: str, value: object) -> None:
    """Keep something for this session; None: no longer."""
    if value is None:
        st.session_state.pop(f"desk-{name}", None)
    else:
        st.session_state[f"desk-{name}"] = value


def kept(name: str, kind: type[_Kept]) -> _Kept | None:
    """Return what was kept under a name; None where nothing of this kind was."""
    value = st.session_state.get(f"desk-{name}")
    return value if isinstance(value, kind) else None


def round_of(name: str) -> int:
    """Return how often a field was emptied: a part of its key, so that the next one is a new one."""
    return kept(f"round-{name}", int) or 0


def empty(name: str) -> None:
    """Have a field be a new one from the next drawing on."""
    keep(f"round-{name}", round_of(name) + 1)
