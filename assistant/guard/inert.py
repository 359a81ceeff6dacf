"""What a model writes, made inert: text, line breaks and citations of passages that were given, and nothing that acts.

Steps for text that arrives in pieces, each the same however it is cut: `Plain` takes out terminal codes and signs that nobody
sees, `Marks` takes out HTML and judges citations; the last step is `assistant.guard.words`. Nothing waits for more than a few
hundred letters, and no step reads a letter more than a few times. Knows nothing of models, passages or pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from rag.attribution.claims import CITING_KEY

LONGEST_WAIT = 400
"""Letters that a step waits for the end of a word or a mark at most."""
Note = Callable[[str], None]
"""Is told what was taken out, in words."""


class Plain:
    """Takes out terminal codes, control characters and signs of no width or of turned direction.

    Args:
        note: Is told what was taken out.
    """

    def __init__(self, note: Note) -> None:
        self._note, self._inside = note, ""

    def feed(self, text: str) -> str:
        """Return the next piece of a text without them; half a terminal code is never let through."""
        kept, at = [], 0
        while at < len(text):
            if self._inside:
                passed = self._next(text[at])
                at += passed
            else:
                code = text.find("\x1b", at)
                code = len(text) if code < 0 else code
                kept.append(text[at:code])
                at = code
                if at < len(text):
                    self._note("terminal code")
                    self._inside, at = "\x1b", at + 1
        plain = "".join(kept)
        safe = _UNSEEN.sub("", plain)
        if len(safe) < len(plain):
            self._note("invisible character")
        return safe

    def _next(self, letter: str) -> bool:
        """Take the next letter of a terminal code (ECMA-48); return whether it belongs to it."""
        if letter == "\x1b":
            self._inside = "]\x1b" if self._inside == "]" else "\x1b"
            return True
        if self._inside in ("\x1b", "]\x1b"):
            ends = self._inside == "]\x1b" and letter == "\\"
            self._inside = "" if ends else "[" if letter == "[" else "]" if letter in "]PX^_" else ""
            return ends or " " <= letter <= "~"
        if self._inside == "[":
            going_on = " " <= letter <= "?"
            self._inside = "[" if going_on else ""
            return going_on or "@" <= letter <= "~"
        self._inside = (
            "" if letter in "\x07\x9c\n" else "]"
        )  # a title or an address, to its end or the line's
        return letter != "\n"


class Marks:
    """Takes out HTML, and citations of passages that were not given.

    Args:
        passages: How many were given, numbered from 1.
        note: Is told what was taken out.
    """

    def __init__(self, passages: int, note: Note) -> None:
        self._passages, self._note = passages, note
        self._held = self._before = ""
        self.cited: list[int] = []
        """The passages that were cited and given, in their order."""

    def feed(self, text: str, last: bool = False) -> str:
        """Return the next piece of a text without them; `last`: there is no more to come."""
        held, made, start = self._held + text, [], 0
        while (mark := _MARK.search(held, start)) is not None:
            at = mark.end() - 1
            blank = at > start and held[at - 1] == " " and held[at] == "["
            made.append(held[start : at - blank])
            start = at - blank
            judged = self._tag(held, at, last) if held[at] == "<" else self._list(held, at, blank, last)
            if judged is None:
                break
            made.append(judged[0])
            start = judged[1]
        else:
            # a blank before a citation goes with it
            end = len(held) - (held.endswith(" ") and not last)
            made.append(held[start:end])
            start = max(start, end)
        self._before = (self._before + held[:start])[-_KEY_LENGTH:]
        self._held = held[start:]
        return "".join(made)

    def _tag(self, held: str, at: int, last: bool) -> tuple[str, int] | None:
        """Return what becomes of a `<` and where to read on; None where more must be known."""
        following = held[at + 1 : at + 2]
        if not following:
            return ("<", at + 1) if last else None  # nothing comes that it could open
        if following.isspace() or following.isdigit() or following == "=":
            return "<", at + 1  # less than
        tag = _TAG.match(held, at)
        if tag is None:
            return "‹", at + 1
        end = tag.end()
        if end == len(held) and not last:
            return None
        if held[end : end + 1] != ">":
            return "‹", at + 1
        self._note("HTML")
        return "", end + 1

    def _list(self, held: str, at: int, blank: bool, last: bool) -> tuple[str, int] | None:
        """Return what becomes of a `[`, or of a whole citation, and where to read on; None where more must be known."""
        numbers = _LIST.match(held, at)
        end = numbers.end() if numbers else at + 1
        if end == len(held) and not last:
            return None
        space = " " if blank else ""
        if held[end : end + 1] != "]" or not _CITED.fullmatch(held, at, end + 1):
            return f"{space}[", at + 1
        key = _KEY.search((self._before + held[max(0, at - _KEY_LENGTH) : at])[-_KEY_LENGTH:])
        if key and not CITING_KEY.search(key[0]):  # a list of numbers in JSON
            return space + held[at : end + 1], end + 1
        named = [int(number) for number in held[at + 1 : end].split(",")]
        given = [number for number in named if 1 <= number <= self._passages]
        self.cited += given
        for number in named:
            if number not in given:
                self._note(f"citation of passage {number}, which was not given")
        if given == named:
            return space + held[at : end + 1], end + 1
        return f"{space}[{', '.join(map(str, given))}]" if key or given else "", end + 1


_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_MARK = re.compile(r"[<\[]")
_TAG = re.compile(r"<[/!?a-zA-Z][^<>\n]{0,300}")
_LIST = re.compile(rf"\[[\d, ]{{1,{LONGEST_WAIT}}}")
_CITED = re.compile(r"\[\d{1,3}(?: {0,2}, {0,2}\d{1,3})*\]")
_KEY_LENGTH = 90
_KEY = re.compile(r'"[^"\n]{1,80}"\s{0,5}:\s{0,5}$')
