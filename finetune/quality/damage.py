"""What does not belong in a training text: broken characters, secrets, and the personal data that `personal` finds.

Detectors of patterns, nothing more. Knows nothing of examples or of what to do about it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from finetune.privacy.personal import Find, PersonalKind, find_personal


class Kind(StrEnum):
    """What was found in a text."""

    ENCODING = "encoding"
    """Characters that were decoded wrongly, or lost."""
    SECRET = "secret"
    """A key or a password."""


@dataclass(frozen=True)
class Spot:
    """A place in a text."""

    kind: Kind | PersonalKind
    """What it is."""
    start: int
    """Index of its first character."""
    end: int
    """Index after its last character."""
    shown: str
    """What may be shown of it: its first characters, the rest hidden; of broken characters, all."""
    repaired: str = ""
    """What was probably meant, for broken characters that can be decoded again."""


def find_damage(text: str, find: Find = find_personal) -> list[Spot]:
    """Return every spot of a text in its order; a character belongs to one spot only.

    Args:
        text: The text.
        find: Finds personal data.
    """
    taken: list[Spot] = []
    for detect in (_mojibake, _broken, find_secrets, functools.partial(_personal, find=find)):
        for spot in detect(text):
            if all(spot.end <= other.start or spot.start >= other.end for other in taken):
                taken.append(spot)
    return sorted(taken, key=lambda spot: spot.start)


# ---------------------------------------------------------------- broken characters


def _mojibake(text: str) -> Iterator[Spot]:
    """Find UTF-8 that was read as Windows-1252: `Ã¼` for ü, `â‚¬` for €."""
    for match in re.finditer(r"[^\x00-\x7f]{2,}", text):
        meant = _decoded_again(match[0])
        if meant is not None and (len(meant) > 1 or _is_western(meant)):
            yield Spot(Kind.ENCODING, match.start(), match.end(), match[0], meant)


def _decoded_again(run: str) -> str | None:
    """Return what the bytes behind `run` mean in UTF-8; None where they mean nothing, as in honest text."""
    try:
        # Windows-1252 leaves five bytes open; software passes those through as control characters.
        raw = b"".join(char.encode("latin-1" if "\x80" <= char <= "\xa0" else "cp1252") for char in run)
        return raw.decode("utf-8")
    except UnicodeError:
        return None


def _is_western(char: str) -> bool:
    """Return whether a lone character is one that mojibake usually hides: honest É» decodes as well, to ɻ."""
    return "\xa0" <= char <= "\u017f" or "\u2010" <= char <= "\u2044" or char == "€" or char >= "\U0001f300"


def _broken(text: str) -> Iterator[Spot]:
    for match in re.finditer(r"[\ufffd\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]+", text):
        codes = " ".join(f"U+{ord(char):04X}" for char in dict.fromkeys(match[0]))
        yield Spot(Kind.ENCODING, match.start(), match.end(), codes)


# ---------------------------------------------------------------- secrets and personal data

_SECRET = re.compile(
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----"
    r"|\b(?:sk[-_][A-Za-z0-9_-]{16,}|AKIA[0-9A-Z]{16}|AIza[A-Za-z0-9_-]{30,}|xox[abpr]-[\w-]{10,}|glpat-[\w-]{16,})"
    r"|\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|hf_[A-Za-z0-9]{20,}|npm_[A-Za-z0-9]{30,})"
    r"|\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]+)?"
    r"|://[^\s:/@]{1,100}:[^\s:/@]{3,200}@"
    r"|\b(?:password|passwort|parola|şifre|api[_ -]?key|secret|token)\b[\"']?\s{0,9}[:=]\s{0,9}\S{6,}",
    re.IGNORECASE,
)


def find_secrets(text: str) -> Iterator[Spot]:
    """Yield what looks like a key or a password: by its prefix, or by the word before it."""
    for match in _SECRET.finditer(text):
        yield Spot(Kind.SECRET, match.start(), match.end(), f"{match[0][:3]}…")


def _personal(text: str, find: Find) -> Iterator[Spot]:
    for span in find(text):
        yield Spot(span.kind, span.start, span.end, f"{text[span.start : span.start + 3]}…")
