"""What `documents.toml` says of a document: shown to readers, and a form of it for whoever may change documents.

Knows nothing of how it is written.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import streamlit as st

from ui import draw, who
from ui.access import door
from ui.access.permissions import Action
from ui.documents import Entry, Listing
from ui.drawing.document import rules
from ui.jobs import office
from ui.language import say
from ui.papers import Value, say_of

if TYPE_CHECKING:
    from assistant import Workspace

_LONGEST = 500


def paper(house: Workspace, listing: Listing, entry: Entry) -> None:
    """Draw what is known of a document besides its text."""
    with st.expander(say("documents.paper"), icon=":material/policy:", key=f"paper-{entry.source}"):
        if who.can(Action.INGEST):
            _form(house, listing, entry)
        else:
            _facts(entry)


def _facts(entry: Entry) -> None:
    record = entry.record
    told = rules(entry) or [say("documents.always_everybody")]
    told += (
        [say("documents.supersedes_line", names=", ".join(record.supersedes))] if record.supersedes else []
    )
    told += [say("documents.purpose_line", purpose=record.purpose)] if record.purpose else []
    for one in told:
        st.text(one)


def _form(house: Workspace, listing: Listing, entry: Entry) -> None:
    record, key = entry.record, entry.source
    with st.form(f"paper-form-{key}", border=False):
        access = st.text_input(
            say("documents.access"), ", ".join(sorted(record.access)), key=f"access-{key}", help=say("documents.access_help"),
            max_chars=_LONGEST,
        )  # fmt: skip
        begin, end = st.columns(2)
        valid_from = begin.date_input(say("documents.valid_from"), _day(record.valid_from), key=f"from-{key}")
        valid_until = end.date_input(
            say("documents.valid_until"),
            _day(record.valid_until, last=True),
            key=f"until-{key}",
            help=say("documents.until_help"),
        )
        others = [one.source for one in listing.entries if one.source != entry.source]
        supersedes = st.multiselect(
            say("documents.supersedes"), sorted({*others, *record.supersedes}), list(record.supersedes), key=f"supersedes-{key}",
            help=say("documents.supersedes_help"), placeholder=say("shared.choose"),
        )  # fmt: skip
        tags = st.text_input(
            say("documents.tags"), ", ".join(sorted(record.tags)), key=f"tags-{key}", max_chars=_LONGEST
        )
        purpose = st.text_input(
            say("documents.purpose"), record.purpose, key=f"purpose-{key}", max_chars=_LONGEST
        )
        basis = st.text_input(
            say("documents.legal_basis"), record.legal_basis, key=f"basis-{key}", max_chars=_LONGEST
        )
        kept = f"{record.retention_days} days" if record.retention_days else ""
        retention = st.text_input(
            say("documents.retention"), kept, key=f"retention-{key}", placeholder="3 years", help=say("documents.retention_help"),
            max_chars=40,
        )  # fmt: skip
        owner = st.text_input(
            say("documents.owner"), record.owner, key=f"owner-{key}", max_chars=_LONGEST, help=say("documents.owner_help")
        )  # fmt: skip
        if not st.form_submit_button(say("documents.save"), icon=":material/save:", type="primary"):
            return
    told: dict[str, Value] = {
        "access": _split(access), "valid_from": _date(valid_from), "valid_until": _date(valid_until),
        "supersedes": list(supersedes), "tags": _split(tags), "purpose": purpose.strip() or None,
        "legal_basis": basis.strip() or None, "retention": retention.strip() or None,
        "owner": owner.strip() or None,
    }  # fmt: skip
    was: dict[str, Value] = {
        "access": sorted(record.access), "valid_from": _day(record.valid_from),
        "valid_until": _day(record.valid_until, last=True), "supersedes": list(record.supersedes), "tags": sorted(record.tags),
        "purpose": record.purpose or None, "legal_basis": record.legal_basis or None, "retention": kept or None,
        "owner": record.owner or None,
    }  # fmt: skip
    with draw.guarded():
        _save(
            house, listing, entry, {name: value or None for name, value in told.items() if value != was[name]}
        )


def _save(house: Workspace, listing: Listing, entry: Entry, values: dict[str, Value]) -> None:
    door.allow(house.root, who.person(), Action.INGEST, f"documents.toml: {entry.source}")
    if not values or not say_of(house.records, entry.source, values, listing.sources()):
        st.caption(say("documents.unchanged"))
        return
    # A search goes by what the index holds, so that a closed document is closed for it only once that is up to date.
    if why := office.clash(house, "sync"):
        draw.hint(f"{say('documents.saved_only')} {why}")
        return
    office.begin(house, "sync", ["sync", "--json"], who.person())
    st.rerun()


def _split(text: str) -> list[str]:
    return sorted({part.strip() for part in text.split(",") if part.strip()})


def _day(at: datetime | None, last: bool = False) -> date | None:
    """Return the day of a moment; of an end, the last day on which it holds."""
    if at is None:
        return None
    return (at - timedelta(microseconds=1)).date() if last else at.date()


def _date(value: object) -> date | None:
    return value if isinstance(value, date) else None
