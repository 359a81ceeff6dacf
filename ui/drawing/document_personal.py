"""Which documents hold personal data, by kind and count; no value of anybody is drawn. Decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import draw
from ui.documents import Listing
from ui.drawing import job as draw_job
from ui.language import say

if TYPE_CHECKING:
    from assistant import Workspace
    from ui.jobs.job import Job


def personal(house: Workspace, listing: Listing) -> None:
    """Draw what a look for personal data found, and the button that looks."""
    st.caption(draw.escaped(say("documents.personal_hint")))
    job = draw_job.progress(house, "personal", lambda ended: _found(ended, listing))
    if job is not None and job.running:
        return
    if listing.entries and st.button(
        say("documents.personal_look"),
        key="personal-look",
        icon=":material/search:",
        type="secondary" if job else "primary",
    ):
        with draw.guarded():
            if draw_job.begin(
                house, "personal", ["check", "--documents", "--json"], "look for personal data"
            ):
                st.rerun()


def _found(job: Job, listing: Listing) -> None:
    told = job.result
    if not isinstance(told, dict) or not isinstance(told.get("places"), list):
        return
    # A name with somebody's number in it is told without it, so whose it is can't be asked: it is shown where nothing is hidden.
    seen, all_seen = listing.sources(), not listing.hidden
    places = [one for one in told["places"] if all_seen or one.get("document") in seen]
    number = len({one["document"] for one in places})
    looked = told.get("documents", 0) if all_seen else len(listing.entries)
    st.markdown(f"**{draw.escaped(say('documents.personal_found', n=f'{number:,}', all=f'{looked:,}'))}**")
    if places:
        names = [say(f"documents.personal.{name}") for name in ("document", "part", "kinds")]
        draw.table(
            [
                dict(zip(names, (one["document"], _part(one["part"]), _kinds(one["found"])), strict=True))
                for one in places
            ]
        )
        st.caption(draw.escaped(say("documents.personal_public")))
    if not told.get("names"):
        st.caption(draw.sentence(say("documents.personal_no_names")))


def _part(name: str) -> str:
    known = ("name", "title", "properties", "text")
    return say(f"documents.personal.in_{name}") if name in known else name


def _kinds(found: dict[str, int]) -> str:
    return ", ".join(f"{count} × {kind}" for kind, count in found.items())
