"""Forgetting and handing out, for admins: what would go is shown first, a typed word confirms it, the certificate stays.

Knows nothing of how anything is found or erased.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from foundation.errors import UserError
from ui import desk, draw, who
from ui.access import door
from ui.access.permissions import Action
from ui.documents import Listing
from ui.drawing import job as draw_job
from ui.language import say

if TYPE_CHECKING:
    from assistant import Workspace
    from ui.jobs.job import Job

_LONGEST = 200
_MOST_LINES = 50
_FACTS = (
    "date",
    "what",
    "documents",
    "chunks",
    "rows",
    "tainted_adapter",
    "files_scanned",
    "bytes_scanned",
    "remaining",
    "sha256",
)


@dataclass(frozen=True)
class _Dry:
    """What an erasure would take, as it was looked at."""

    sources: tuple[str, ...]
    """The documents that were named; empty where a text was."""
    subject: str
    """The text; empty where documents were named."""
    would_go: tuple[str, ...]
    """The documents that would go."""
    held_in: tuple[str, ...]
    """The files of the workspace that hold it."""


def forget(house: Workspace, listing: Listing) -> None:
    """Draw erasing, its certificates, and the copy for somebody who asks for theirs."""
    job = draw_job.progress(house, "forget", _certificate_of)
    if job is None or not job.running:
        _ask(house, listing)
    _certificates(house)
    st.divider()
    _export(house)


def _ask(house: Workspace, listing: Listing) -> None:
    st.subheader(say("documents.forget"), anchor=False)
    st.caption(draw.escaped(say("documents.forget_hint")))
    ways = ["documents", "text"]
    way = st.segmented_control(
        say("documents.forget_what"), ways, format_func=lambda one: say(f"documents.forget.{one}"), default=ways[0],
        required=True, key="forget-way", label_visibility="collapsed",
    )  # fmt: skip
    sources, subject = (_documents(listing), "") if way == "documents" else ((), _subject().strip())
    if st.button(
        say("documents.dry"),
        key="forget-look",
        icon=":material/visibility:",
        disabled=not (sources or subject),
    ):
        desk.keep("forget-dry", None)
        with draw.guarded(), st.spinner(say("documents.looking")):
            desk.keep("forget-dry", _look(house, sources, subject))
    dry = desk.kept("forget-dry", _Dry)
    if dry is not None and (dry.sources, dry.subject) == (sources, subject):
        _would(house, dry)


def _documents(listing: Listing) -> tuple[str, ...]:
    known = [entry.source for entry in listing.entries]
    named = desk.kept("forget-source", str)
    return tuple(
        st.multiselect(
            say("documents.forget_which"), known, [named] if named in known else [], key="forget-sources",
            placeholder=say("documents.forget_choose"),
        )
    )  # fmt: skip


def _subject() -> str:
    return st.text_input(
        say("documents.forget_text"), key="forget-subject", max_chars=_LONGEST, help=say("documents.forget_text_help"),
        autocomplete="off",
    )  # fmt: skip


def _look(house: Workspace, sources: tuple[str, ...], subject: str) -> _Dry:
    from assistant.open import open_library
    from governance import erasure as forgetting

    door.allow(house.root, who.person(), Action.FORGET, "dry run")
    with open_library(house) as library:
        would_go = forgetting.preview(house, library, sources, subject or None)
        held = forgetting.places(house, library, sources, subject or None)
    return _Dry(sources, subject, would_go, held)


def _would(house: Workspace, dry: _Dry) -> None:
    """Draw what would go, and the word that confirms it."""
    with st.container(border=True, key="forget-would"):
        if not dry.would_go and not dry.held_in:
            st.caption(draw.escaped(say("documents.nothing_holds")))
            return
        st.markdown(f"**{draw.escaped(say('documents.would_go', n=f'{len(dry.would_go):,}'))}**")
        _lines(dry.would_go)
        st.caption(draw.escaped(say("documents.held_in", n=f"{len(dry.held_in):,}")))
        _lines(dry.held_in)
        st.caption(draw.escaped(say("documents.would_also")))
        word = say("documents.confirm_word")
        typed = st.text_input(
            say("documents.confirm", word=word), key="forget-confirm", max_chars=40, autocomplete="off"
        )
        if st.button(
            say("documents.erase"), key="forget-erase", type="primary", icon=":material/delete_forever:",
            disabled=typed.strip().casefold() != word.casefold(),
        ):  # fmt: skip
            _begin(house, dry)


def _lines(names: tuple[str, ...]) -> None:
    for name in names[:_MOST_LINES]:
        st.text(name)
    if len(names) > _MOST_LINES:
        st.caption(say("documents.more", n=f"{len(names) - _MOST_LINES:,}"))


def _begin(house: Workspace, dry: _Dry) -> None:
    named = [f"--subject={dry.subject}"] if dry.subject else ["--", *dry.sources]
    with draw.guarded():
        # which it is stands in no log: it is what is to be forgotten
        what = "a text" if dry.subject else f"{len(dry.sources)} documents"
        if draw_job.begin(house, "forget", ["forget", "--json", "--yes", *named], what):
            for name in ("forget-dry", "forget-source"):
                desk.keep(name, None)
            st.rerun()


# ---------------------------------------------------------------- certificates


def _certificate_of(job: Job) -> None:
    told = job.result
    if isinstance(told, dict) and "sha256" in told:
        certificate(told, "last")


def certificate(told: dict[str, Any], key: str) -> None:
    """Draw a certificate, and the button that saves it."""
    with st.container(border=True, key=f"certificate-{key}"):
        whole = not told.get("remaining")
        st.markdown(f"**{draw.escaped(say('documents.certificate'))}**")
        (st.success if whole else st.warning)(
            draw.sentence(
                say("documents.certified" if whole else "documents.not_whole", n=told.get("remaining", 0))
            ),
            icon=":material/verified:" if whole else ":material/warning:",
        )
        st.text("\n".join(f"{say(f'documents.fact.{name}')}: {_fact(told.get(name))}" for name in _FACTS))
        with st.expander(say("documents.limits")):
            for limit in told.get("limits", ()):
                st.text(str(limit))
        st.download_button(
            say("documents.save_certificate"), json.dumps(told, ensure_ascii=False, indent=2), "certificate.json",
            "application/json", key=f"save-certificate-{key}", on_click="ignore", icon=":material/download:",
        )  # fmt: skip


def _fact(value: object) -> str:
    if isinstance(value, bool):
        return say("documents.yes" if value else "documents.no")
    if isinstance(value, dict):
        return ", ".join(f"{count} {name}" for name, count in value.items())
    return f"{value:,}" if isinstance(value, int) else str(value)


def _certificates(house: Workspace) -> None:
    """Draw the certificates of earlier erasures; one that was changed is said to be."""
    from governance.erasure import CERTIFICATES, check

    folder = house.built / CERTIFICATES
    found = sorted(folder.glob("*.json"), reverse=True) if folder.is_dir() else []
    if not found:
        return
    with st.expander(say("documents.certificates", n=f"{len(found):,}"), icon=":material/verified:"):
        for path in found[:_MOST_LINES]:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                try:
                    whole = check(path)
                except UserError:
                    whole = False
                st.text(path.stem)
                st.badge(
                    say("documents.as_written" if whole else "documents.was_changed"),
                    color="green" if whole else "red",
                )
                _save(path)


def _save(path: Path) -> None:
    st.download_button(
        say("documents.save"), path.read_bytes(), path.name, "application/json", key=f"save-{path.stem}", on_click="ignore",
        type="tertiary", icon=":material/download:",
    )  # fmt: skip


# ---------------------------------------------------------------- a copy for whoever asks


def _export(house: Workspace) -> None:
    st.subheader(say("documents.export"), anchor=False)
    st.caption(draw.escaped(say("documents.export_hint")))
    subject = st.text_input(
        say("documents.export_text"),
        key="export-subject",
        max_chars=_LONGEST,
        autocomplete="off",
        help=say("documents.forget_text_help"),
    )
    if not st.button(
        say("documents.export_look"),
        key="export-look",
        icon=":material/content_copy:",
        disabled=not subject.strip(),
    ):
        return
    with draw.guarded():
        from assistant.open import open_library
        from governance.subject_copy import copy_of

        door.allow(house.root, who.person(), Action.FORGET, "export")
        with st.spinner(say("documents.looking")), open_library(house) as library:
            copied = copy_of(house, library, subject)
        if not copied.places:
            st.caption(draw.escaped(say("documents.nothing_holds")))
            return
        st.markdown(f"**{draw.escaped(say('documents.export_found', n=f'{len(copied.places):,}'))}**")
        for place in copied.places[:_MOST_LINES]:
            st.text(f"{place.file} ({say(f'documents.kind.{place.kind}')}, {len(place.passages)})")
        st.download_button(
            say("documents.export_save"), json.dumps(copied.to_dict(), ensure_ascii=False, indent=2), "copy.json",
            "application/json", key="export-save", on_click="ignore", icon=":material/download:", type="primary",
        )  # fmt: skip
        st.caption(draw.escaped(say("documents.export_note")))
