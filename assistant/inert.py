"""What a model writes, made inert: text, line breaks and citations of passages that were given, and nothing that acts.

Three steps, each for text that arrives in pieces and each the same however it is cut: `Plain` takes out terminal codes and signs
that nobody sees, `Marks` takes out HTML and judges citations, `Words` takes out addresses and credentials and sets apart the
brackets of images, links and their definitions. Nothing waits for more than a few hundred letters, and no step reads a letter
more than a few times. Knows nothing of models, passages or pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from finetune.damage import find_secrets
from rag.claims import CITING_KEY

REMOVED_ADDRESS = "(address removed)"
"""Stands where an address stood."""
REMOVED_SECRET = "(withheld)"
"""Stands where a credential stood."""
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
            return ("‹", at + 1) if last else None
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


_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_MARK = re.compile(r"[<\[]")
_TAG = re.compile(r"<[/!?a-zA-Z][^<>\n]{0,300}")
_LIST = re.compile(rf"\[[\d, ]{{1,{LONGEST_WAIT}}}")
_CITED = re.compile(r"\[\d{1,3}(?: {0,2}, {0,2}\d{1,3})*\]")
_KEY_LENGTH = 90
_KEY = re.compile(r'"[^"\n]{1,80}"\s{0,5}:\s{0,5}$')
_EDGE = r"\s\u2000-\u206f\u2e80-\U0010ffff"  # blanks, dashes and quotation marks, and letters of scripts without blanks
_BLANK = re.compile(rf"[{_EDGE}]")
_WHOLE_WORD = re.compile(rf"[^{_EDGE}]{{0,{LONGEST_WAIT}}}[{_EDGE}]")
_CONTEXT = 100
_NEAR = 30
_AROUND = " \t\r\n\"'.,;!?)}]*"
_PERHAPS = re.compile(r"[:=]|(?i:sk[-_]|AKIA|AIza|xox|gl|gh|github|hf_|npm_|eyJ)|KEY-----")
_KEY_ENDS = re.compile(r"-----END [A-Z ]{0,40}PRIVATE KEY-----\s*$")
_SUSPECT = re.compile(r"[:/\\]|www\.", re.IGNORECASE)
_SCRIPT = re.compile(r"\b(javascript|vbscript|livescript):", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?:\b(?:https?|ftps?|wss?)://|\bdata:(?=[\w,;])|\bfile:/|\bwww\.(?=\w)|(?<![:\w/\\])[/\\]{2}(?=[\w-]{1,63}\.))"
    r"[^\s\"<>^`{|})\]]*",
    re.IGNORECASE,
)
_JOINT = re.compile(r"(?<=\])(?=[(\[:])|(?<=!)(?=\[)")
