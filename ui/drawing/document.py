"""How one document is told of: its standing as a badge, moments, validity and groups in words. Decides nothing."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import streamlit as st

from ui import draw
from ui.amounts import size
from ui.documents import Entry, Holds, Standing
from ui.language import say

COLOURS = {
    Standing.READ: "green",
    Standing.CHANGED: "orange",
    Standing.WAITING: "blue",
    Standing.SKIPPED: "gray",
    Standing.FAILED: "red",
    Standing.GONE: "orange",
}


def moment(written: str) -> str:
    """Return a moment of ISO 8601 as a person reads it, in UTC; the text itself where it is none."""
    try:
        return f"{datetime.fromisoformat(written).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return written


def day(seconds: float) -> str:
    """Return the day of a moment; empty for none."""
    if not math.isfinite(seconds):
        return ""
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds):%Y-%m-%d}"


def badges(entry: Entry) -> None:
    """Draw how a document stands, and whether it holds."""
    st.badge(say(f"documents.standing.{entry.standing}"), color=COLOURS[entry.standing])  # type: ignore[arg-type]
    if entry.holds() is not Holds.NOW:
        st.badge(say(f"documents.holds.{entry.holds()}"), color="violet")
    if entry.record.access:
        st.badge(say("documents.closed_badge"), color="gray", icon=":material/lock:")


def line(entry: Entry) -> str:
    """Return what is worth knowing of a document, in one line."""
    parts = [say("documents.passages", n=f"{entry.chunks:,}")] if entry.chunks else []
    parts += [size(entry.size)] if entry.size else []
    parts += [say("documents.since", when=entry.since[:10])] if entry.since else []
    return " · ".join([*parts, *rules(entry)])


def rules(entry: Entry) -> list[str]:
    """Return when a document holds and who may see it, as far as it is not always and everybody."""
    told = [say("documents.from", day=day(entry.begins))] if math.isfinite(entry.begins) else []
    told += [say("documents.until", day=day(entry.ends))] if math.isfinite(entry.ends) else []
    record = entry.record
    told += [say("documents.open_to", groups=", ".join(sorted(record.access)))] if record.access else []
    return told


def closed() -> None:
    """Draw that a document's text is not shown."""
    st.info(draw.sentence(say("documents.cannot_open")), icon=":material/lock:")
