"""The last step that makes an answer inert: word by word, without addresses and credentials, brackets set apart.

A word is let through when it is whole, so that no half of a credential or of an address is ever shown. Knows nothing of models,
passages or pages.
"""

from __future__ import annotations

import re

from assistant.guard.inert import LONGEST_WAIT, Note
from finetune.quality.damage import find_secrets

REMOVED_ADDRESS = "(address removed)"
"""Stands where an address stood."""
REMOVED_SECRET = "(withheld)"
"""Stands where a credential stood."""


class Words:
    """Takes out addresses and credentials, and sets apart the brackets that make an image, a link or its target.

    Args:
        said: What the asker wrote: a credential in it may be repeated.
        note: Is told what was taken out.
    """

    def __init__(self, said: str, note: Note) -> None:
        self._said, self._note = said, note
        self._held = self._before = ""
        self._dropping = ""

    def feed(self, text: str, last: bool = False) -> str:
        """Return the next piece of a text without them; a word is let through when it is whole."""
        held, made, at = self._held + text, [], 0
        while at < len(held):
            word = _WHOLE_WORD.match(held, at)
            if word is not None:
                made.append(self._word(word[0]))
                at = word.end()
            elif len(held) - at > LONGEST_WAIT:
                part = held[at : at + LONGEST_WAIT + 1]
                done = self._part(part)
                made.append(done[0])
                at += done[1]
            elif last:
                made.append(self._word(held[at:]))
                at = len(held)
            else:
                break
        self._held = held[at:]
        return "".join(made)

    def _word(self, word: str) -> str:
        """Return a whole word, with the blank after it."""
        if self._dropping == "word":
            self._dropping = ""
            return self._told(word[-1:] if _BLANK.fullmatch(word[-1:]) else "")
        if self._dropping == "key":
            self._before = (self._before + word)[-_CONTEXT:]
            if _KEY_ENDS.search(self._before):
                self._dropping, self._before = "", REMOVED_SECRET
            return ""
        return self._told(self._clean(word))

    def _part(self, part: str) -> tuple[str, int]:
        """Return what can be said of a word that is too long to wait for, and how much of it that was."""
        if self._dropping == "key":
            self._before = (self._before + part)[-_CONTEXT:]
        if self._dropping:
            return "", len(part)
        ends = [place.end() for place in _ADDRESS.finditer(part)]
        ends += [spot.end - len(self._before) for spot in find_secrets(self._before + part)]
        if len(part) in ends:
            self._dropping = "word"
            return self._told(self._clean(part)), len(part)
        # what begins here is long enough to be known for what it is when the rest comes
        cut = max([len(part) - _CONTEXT, *ends])
        return self._told(self._clean(part[:cut])), cut

    def _clean(self, word: str) -> str:
        return _apart(self._before[-1:], self._without_addresses(self._without_secrets(word)))

    def _without_secrets(self, word: str) -> str:
        before = self._before
        if not _PERHAPS.search(before[-_NEAR:] + word):
            return word
        for spot in reversed(list(find_secrets(before + word))):
            start, end = max(0, spot.start - len(before)), spot.end - len(before)
            if end <= 0 or self._may_say(word[start:end].strip(_AROUND)):
                continue
            self._note("what looks like a credential")
            if (before + word)[spot.start :].startswith("-----"):
                self._dropping = "key"
                end = len(word)
            value = word[start:end]
            end -= len(value) - len(value.rstrip(_AROUND))
            lead = len(value) - len(value.lstrip("\"'"))
            word = f"{word[: start + lead]}{REMOVED_SECRET}{word[end:]}"
        return word

    def _may_say(self, value: str) -> bool:
        return (
            value in self._said
            or value == REMOVED_SECRET.strip(_AROUND)
            or re.split("[:=]", value)[-1] in self._said
        )

    def _without_addresses(self, word: str) -> str:
        if not _SUSPECT.search(word):
            return word
        safe = _SCRIPT.sub(r"\1 :", word)
        if safe != word:
            self._note("script address")
        plain = _ADDRESS.sub(REMOVED_ADDRESS, safe).replace(f"({REMOVED_ADDRESS})", REMOVED_ADDRESS)
        if plain != safe:
            self._note("address")
        return plain

    def _told(self, text: str) -> str:
        self._before = (self._before + text)[-_CONTEXT:]
        return text


def _apart(before: str, text: str) -> str:
    """Set a blank between brackets that would make an image, a link or its target of what is around them."""
    if not _JOINT.search(before + text):
        return text
    return _JOINT.sub(" ", before + text)[len(before) :]


_EDGE = r"\s\u2000-\u206f\u2e80-\U0010ffff"  # blanks, dashes and quotation marks, and letters of scripts without blanks
_BLANK = re.compile(rf"[{_EDGE}]")
_WHOLE_WORD = re.compile(rf"[^{_EDGE}]{{0,{LONGEST_WAIT}}}[{_EDGE}]")
_CONTEXT = 100
_NEAR = 30
_AROUND = " \t\r\n\"'.,;!?)}]*"
_PERHAPS = re.compile(r"[:=]|(?i:sk[-_]|AKIA|AIza|xox|gl|gh|github|hf_|npm_|eyJ)|KEY-----")
_KEY_ENDS = re.compile(r"-----END [A-Z ]{0,40}PRIVATE KEY-----\s*$")
_SUSPECT = re.compile(r"[:/\\]|www\.", re.IGNORECASE)
_SCRIPT = re.compile(r"(javascript|vbscript|livescript):", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?:\b(?:https?|ftps?|wss?)://|\bdata:(?=[\w,;])|\bfile:/|\bwww\.(?=\w)|(?<![:\w/\\])[/\\]{2}(?=[\w-]{1,63}\.|[\w-]{0,62}[\u2e80-\U0010ffff]))"
    r"[^\s\"<>^`{|})\]]*",
    re.IGNORECASE,
)
_JOINT = re.compile(r"(?<=\])(?=[(\[:])|(?<=!)(?=\[)")
