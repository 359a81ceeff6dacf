"""How things look, everywhere the same: safe text, the ladder, a command to copy, failures as sentences.

Text of models and documents goes through `st.text` (no Markdown at all) or `escaped`; the only HTML is the
constant `_STYLE`. Knows nothing of what is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from foundation.errors import UserError
from ui.failing import logged
from ui.language import say

LOGO = Path(__file__).resolve().parent / "static" / "rungwise.svg"
ICON = LOGO.with_name("icon.svg")
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:^=&@/\"'])")
_COMMAND = re.compile(r"`([^`\n]+)`")

_STYLE = """<style>
.stMainBlockContainer { max-width: 60rem; padding-top: 3rem; padding-bottom: 5rem; }
[data-testid^="stBaseButton-primary"] { background: #17695A; border-color: #17695A; color: #FFFFFF; }
[data-testid="stBottomBlockContainer"] { max-width: 60rem; padding-bottom: 1.5rem; }
[data-testid="stHeadingWithActionElements"] h1 { letter-spacing: -0.01em; }
.st-key-ladder {
  gap: 0.5rem; padding: 0.75rem 0.6rem; border-radius: 0.5rem;
  border-left: 5px solid color-mix(in srgb, currentColor 22%, transparent);
  border-right: 5px solid color-mix(in srgb, currentColor 22%, transparent);
}
[class*="st-key-rung-"] {
  padding: 0.55rem 0.9rem; border-radius: 0.4rem;
  background: color-mix(in srgb, currentColor 5%, transparent);
}
[class*="st-key-rung-lit-"] {
  background: color-mix(in srgb, #2F927C 20%, transparent);
  box-shadow: inset 0 0 0 2px #2F927C;
}
[class*="st-key-rung-"] [data-testid="stMarkdownContainer"] { margin-bottom: 0; }
[class*="st-key-rung-"] p { margin-bottom: 0; line-height: 1.45; }
[data-testid="stText"] { white-space: pre-wrap; overflow-wrap: anywhere; }
[class*="st-key-answer-"] [data-testid="stText"] { line-height: 1.6; }
[class*="st-key-passage-"] [data-testid="stText"] { font-size: 0.94rem; }
[class*="st-key-flow-"] { display: block; }
[class*="st-key-flow-"] :is(div, span) { display: inline; width: auto; white-space: pre-wrap; }
[class*="st-key-flow-"] [class*="st-key-lit-"] [data-testid="stText"] {
  background: color-mix(in srgb, #2F927C 26%, transparent); border-radius: 0.2rem; padding: 0.08rem 0;
  box-decoration-break: clone; -webkit-box-decoration-break: clone;
}
[class*="st-key-flow-"] [class*="st-key-doubt-"] [data-testid="stText"] {
  background: color-mix(in srgb, #C58B3A 24%, transparent); border-radius: 0.2rem; padding: 0.08rem 0;
  text-decoration: underline dashed 1.5px #C58B3A; text-underline-offset: 0.25em;
}
[class*="st-key-numbers-"] :is(td, th, td *, th *) { white-space: nowrap !important; }
[data-testid="stCaptionContainer"] { opacity: 0.8; }
[data-testid="stChatMessage"]:has([aria-label*="user"]) { background: color-mix(in srgb, currentColor 6%, transparent); }
[data-testid="stStatusWidget"] button { display: none; }
body:has([data-testid="stDialog"]) [data-testid="stPopoverBody"] { display: none !important; }
.st-key-next-step { border-left: 5px solid #2F927C; }
.st-key-language-switch { position: fixed; top: 0.8rem; right: 1rem; width: auto; z-index: 999991; }
.st-key-language-switch button { min-height: 1.75rem; padding: 0 0.5rem; font-size: 0.8rem; }
:is(a, button, summary, [role="tab"], [role="radio"]):focus-visible { outline: 2px solid #2F927C; outline-offset: 2px; }
[class*="st-key-facts-"] a { padding-left: 0; }
[class*="st-key-facts-"] p { margin-bottom: 0.3rem; }
.st-key-menu { display: none; }
@media (max-width: 768px) {
  .stMainBlockContainer { padding-top: 4.5rem; }
  .st-key-menu { display: flex; }
  .st-key-menu a { padding: 0.25rem 0.6rem; }
  [data-testid="stExpandSidebarButton"] { display: none; }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation-duration: 0.01ms !important; transition-duration: 0.01ms !important; }
}
@media (max-width: 640px) {
  .stMainBlockContainer { padding-left: 1rem; padding-right: 1rem; }
  [data-testid="stHeadingWithActionElements"] h1 { font-size: 1.75rem; }
  [class*="st-key-rung-"] { flex-direction: column; align-items: flex-start; gap: 0.4rem; }
}
</style>"""


def style() -> None:
    """Put the house's few rules of style into the page."""
    st.html(_STYLE)


def escaped(text: str) -> str:
    """Return text for a Markdown label, in which none of it is Markdown: no link, image, icon or formula."""
    flat = " ".join(text.split())
    return _SPECIAL.sub(r"\\\1", flat)


def sentence(text: str) -> str:
    """Return one of our own sentences as Markdown: `commands` in backticks stay code, all else is plain."""
    lines = []
    for line in text.split("\n"):
        parts = _COMMAND.split(line)
        lines.append(
            "".join(f"`{part}`" if place % 2 else escaped_line(part) for place, part in enumerate(parts))
        )
    return "  \n".join(lines)


def escaped_line(text: str) -> str:
    """Return text as `escaped` does, its blanks kept."""
    return _SPECIAL.sub(r"\\\1", text)


@dataclass(frozen=True)
class RungView:
    """One rung as the ladder shows it."""

    key: str
    """Its word, for the key."""
    name: str
    """What it is called."""
    line: str
    """What it means, in one line."""
    lit: bool
    """Whether it is the one."""
    tags: tuple[tuple[str, str], ...] = ()
    """Short words behind it, each with one of Streamlit's colours."""


def ladder(rungs: Sequence[RungView]) -> None:
    """Draw the ladder, its highest rung on top.

    Args:
        rungs: Lowest first.
    """
    with st.container(key="ladder"):
        for rung in reversed(rungs):
            with st.container(
                key=f"rung-{'lit-' if rung.lit else ''}{rung.key}",
                horizontal=True,
                vertical_alignment="center",
            ):
                st.markdown(f"**{escaped(rung.name)}**  \n:small[{escaped(rung.line)}]", width="stretch")
                if rung.tags:
                    with st.container(horizontal=True, width="content", gap="small"):
                        for word, colour in rung.tags:
                            st.badge(escaped(word), color=colour)  # type: ignore[arg-type]


def marked(pieces: Sequence[tuple[str, bool]], mark: str, key: str) -> None:
    """Draw a text in pieces that flow as one, some of them marked; none of it is Markdown, whoever wrote it.

    Args:
        pieces: The text, each piece with whether it is marked.
        mark: `lit` for what carries an answer, `doubt` for what nothing carries.
        key: Tells this text from others on the page.
    """
    with st.container(key=f"flow-{key}", gap=None):
        for place, (text, lit) in enumerate(pieces):
            with st.container(key=f"{mark if lit else 'plain'}-{key}-{place}", gap=None):
                st.text(_with_its_blanks(text))


def _with_its_blanks(text: str) -> str:
    """Return a text whose first and last blanks `st.text` does not take off: between two pieces they are a space."""
    guard = "\u200b"
    return f"{guard if text[:1].isspace() else ''}{text}{guard if text[-1:].isspace() else ''}"


def command(text: str) -> None:
    """Draw a command of the terminal, with a button to copy it."""
    st.code(text, language="bash", wrap_lines=True)


def problem(text: str) -> None:
    """Draw what the user can mend."""
    st.error(sentence(text), icon=":material/error:")


def hint(text: str) -> None:
    """Draw what is missing and which command makes it."""
    st.info(sentence(text), icon=":material/lightbulb:")


def failure(error: Exception) -> str:
    """Log an error of ours under a new id; return what the visitor is told, which is only the id."""
    return say("shared.mishap", id=logged(error))


def told(error: Exception) -> str:
    """Return what the visitor is told of an error: its own sentence, or an id where it is ours."""
    return str(error) if isinstance(error, UserError) else failure(error)


@contextmanager
def guarded() -> Iterator[None]:
    """Turn whatever a page raises into a sentence; Streamlit's own control flow passes through."""
    try:
        yield
    except UserError as error:
        problem(str(error))
    except Exception as error:
        problem(failure(error))


def percent(share: float) -> str:
    """Return a share as whole percent."""
    return f"{100 * share:.0f} %"


def table(rows: Sequence[Mapping[str, str]], numbers: str = "") -> None:
    """Draw rows of words and numbers; no cell is read as Markdown.

    Args:
        rows: Column to cell, each row with the same columns.
        numbers: A key, for a table of short numbers that are not to be broken over lines.
    """
    columns = {name: [escaped(row[name]) for row in rows] for name in rows[0]}
    with st.container(key=f"numbers-{numbers}" if numbers else None):
        st.table(columns, border="horizontal", hide_index=True, hide_header=False)
