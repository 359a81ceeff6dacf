"""The gate after the model: deterministic, and sound against a model that obeys whatever it reads.

Lets through text, line breaks and citations of passages that were given. Images, links, HTML and terminal codes become
plain text, half-streamed ones too; an answer that tells the instructions is held back. Knows nothing of models or of the form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.leak import Kept, tail
from rag.claims import CITING_KEY

HELD_BACK = "This answer was held back: it repeats what the assistant was told in confidence."
"""What is shown instead."""
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\U000e0000-\U000e007f]"
)
_IMAGE = re.compile(r"!\[([^\]\n]*)\](?:\([^)\n]*\)?|\[[^\]\n]*\])?")
_LINK = re.compile(r"\[([^\]\n]*)\](?:\([^)\n]*\)?|\[[^\]\n]*\])")
_DEFINITION = re.compile(r"^\s*\[[^\]\n]+\]:\s*\S+.*$", re.MULTILINE)
_TAG = re.compile(r"<[/!?a-zA-Z][^>\n]*>?")
_SCHEME = re.compile(r"\b(?:javascript|data|vbscript|file):\S*", re.IGNORECASE)
_ADDRESS = re.compile(r"\bhttps?://\S+", re.IGNORECASE)
_CITED = re.compile(r'(?P<key>"[^"\n]{1,80}"\s*:)?(?P<blank>\s?)\[(?P<numbers>\d{1,3}(?:\s*,\s*\d{1,3})*)\]')
_KEY = re.compile(r'"[^"\n]{1,80}"\s*:\s*$')
_LONGEST_HELD = 400
"""Characters that streaming holds back at most for an unfinished bracket; after that it is shown as plain text."""


@dataclass(frozen=True)
class Guarded:
    """What may be shown, and what was taken out."""

    text: str
    """Safe text."""
    cited: tuple[int, ...]
    """Passages that it cites, each once, in their order; all of them were given."""
    removed: tuple[str, ...]
    """What was taken out, in words."""


def guard(text: str, passages: int, kept: Kept | None = None) -> Guarded:
    """Return what may be shown of a model's whole answer.

    Args:
        text: As the model wrote it.
        passages: How many passages it was given, numbered from 1.
        kept: What it must not tell.
    """
    if kept is not None and kept.told(text):
        return Guarded(HELD_BACK, (), ("the whole answer, which repeats the instructions",))
    removed: list[str] = []
    safe = _inert(text, removed)
    cited: list[int] = []

    def keep(match: re.Match[str]) -> str:
        key = match["key"]
        if key and not CITING_KEY.search(key):  # a list of numbers in JSON
            return match[0]
        numbers = [int(number) for number in match["numbers"].split(",")]
        given = [number for number in numbers if 1 <= number <= passages]
        cited.extend(given)
        removed.extend(
            f"citation of passage {number}, which was not given" for number in numbers if number not in given
        )
        if given == numbers:
            return match[0]
        left = f"{match['blank']}[{', '.join(map(str, given))}]"
        return f"{key}{left}" if key else left if given else ""

    safe = _CITED.sub(keep, safe).strip()
    return Guarded(safe, tuple(dict.fromkeys(cited)), tuple(removed))


def _inert(text: str, removed: list[str]) -> str:
    for pattern, replacement, what in (
        (_ANSI, "", "terminal code"),
        (_CONTROL, "", "invisible character"),
        (_IMAGE, r"\1", "image"),
        (_DEFINITION, "", "link"),
        (_LINK, r"\1", "link"),
        (_TAG, "", "HTML"),
        (_SCHEME, "", "script address"),
        (_ADDRESS, "(address removed)", "web address"),
    ):
        # until nothing changes: taking a tag out of "<<b>script>" leaves another one
        while (changed := pattern.sub(replacement, text)) != text:
            removed.append(what)
            text = changed
    return text.replace("<", "‹")


class StreamGuard:
    """The same gate for an answer that arrives in pieces: what `feed` returns is never taken back.

    Args:
        passages: How many passages the model was given.
        kept: What it must not tell.
    """

    def __init__(self, passages: int, kept: Kept | None = None) -> None:
        self._passages, self._kept = passages, kept
        self._told = False
        self._raw = ""
        self._shown = 0

    def feed(self, piece: str) -> str:
        """Take a piece of the answer; return what can be shown now."""
        self._raw += piece
        start = tail(self._raw, len(piece))
        if self._tells(start):
            return ""
        end = _settled(self._raw[self._shown :]) + self._shown
        if self._kept is not None and end > self._shown:
            end = max(self._shown, min(end, start + self._kept.begun(self._raw[start:])))
        return self._release(end)

    def close(self) -> str:
        """Return what was still held back."""
        if self._tells(0):
            return f"{chr(10) if self._shown else ''}{HELD_BACK}"
        return self._release(len(self._raw))

    def _tells(self, start: int) -> bool:
        self._told = self._told or (self._kept is not None and self._kept.told(self._raw[start:]))
        return self._told

    def _release(self, end: int) -> str:
        part = self._raw[self._shown : end]
        self._shown = end
        if not part:
            return ""
        lead = part[: len(part) - len(part.lstrip())]
        trail = part[len(part.rstrip()) :] if part.strip() else ""
        return lead + guard(part, self._passages).text + trail


def _settled(text: str) -> int:
    """Return how much of a text can be judged already: up to a blank with no construct open around it."""
    safe = 0
    for place, letter in enumerate(text):
        if letter.isspace() and not _open(text[:place]):
            safe = place
    return len(text) if not safe and len(text) > _LONGEST_HELD else safe


def _open(text: str) -> bool:
    tail = text[-_LONGEST_HELD:]
    bracket = tail.rfind("[") > tail.rfind("]")
    target = re.search(r"\]\s*\([^)\n]*$", tail) is not None
    tag = tail.rfind("<") > tail.rfind(">")
    escape = re.search(r"\x1b[^a-zA-Z\x07]*$", tail) is not None
    key = _KEY.search(tail) is not None  # what follows may be its list
    return bracket or target or tag or escape or key
