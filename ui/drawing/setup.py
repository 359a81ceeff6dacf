"""In which setup the chat answers: one of the four and, where an adapter is on, which of several.

A single adapter by its name is offered to whoever may ask in it, as the API does. Knows nothing of how any of them answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from assistant.setup import AnySetup, Setup, variant
from ui import draw, resources, who
from ui.access.permissions import to_ask
from ui.conversations import voting
from ui.language import language, say
from ui.words import setup_line, setup_name

if TYPE_CHECKING:
    from assistant import Workspace

_FIRST = ("hybrid", "rag", "lora", "prompt")  # which is chosen at first: the fullest that has all it needs
_ROUTED = "routed"


def chosen(house: Workspace) -> AnySetup:
    """Draw the choice, with what the chosen setup lacks, and return it."""
    fitting, own = voting.fitting(house), language()
    named = st.segmented_control(
        say("chat.setup"),
        [setup.value for setup in Setup],
        format_func=lambda name: setup_name(name, own),
        default=next(name for name in _FIRST if name in fitting),
        required=True,
        key="setup",
        persist_state="session",
    )
    setup = Setup.named(named or Setup.PROMPT.value)
    st.caption(draw.escaped(setup_line(setup.value, own)))
    if setup.retrieve and not resources.library_status(house).built:
        draw.hint(say("chat.needs_index", setup=setup_name(setup.value, own)))
    change = _adapter(house, setup) if setup.adapter else ""
    if setup.adapter and not change and not voting.adapted(house):
        draw.hint(say("chat.needs_adapter", setup=setup_name(setup.value, own)))
    return variant(f"{setup}+{change}") if change else setup


def _adapter(house: Workspace, setup: Setup) -> str:
    """Draw which adapter is on, where there are several; return it as a change of the setup, empty for the one that serves."""
    changes = [f"adapter={name}" for name in _names(house)]
    changes = [_ROUTED] * bool(house.settings.adapters.route) + changes
    offered = [change for change in changes if who.can(to_ask(variant(f"{setup}+{change}")))]
    if not offered:
        return ""
    picked = st.selectbox(
        say("chat.adapter"),
        ["", *offered],
        format_func=_told,
        key="adapter",
        persist_state="session",
        width=340,
    )
    return picked if picked in offered else ""


def _names(house: Workspace) -> list[str]:
    """Return the adapters besides the one that serves, the newest first; at an endpoint those that the settings name."""
    if house.settings.model.endpoint:
        return list(dict.fromkeys(house.settings.adapters.served.values()))
    return [name for name in house.adapters.names()[::-1] if name != house.adapters.serving.name]


def _told(change: str) -> str:
    if change in ("", _ROUTED):
        return say(f"chat.adapter.{change or 'serving'}")
    return change.partition("=")[2]
