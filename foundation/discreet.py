"""What was asked stays out of errors and logs: libraries quote in their messages what they were given.

Whoever takes a question calls `asked`; whoever writes something down that outlives the answer passes it through `discreet`. The
texts are in the memory of this process only. Knows nothing of what personal data looks like.
"""

from __future__ import annotations

import re
from collections import deque

LEFT_OUT = "[a line that repeats what was asked was left out]"
"""What stands in the place of such a line."""
_RUN = 3
"""So many words in a row, as they were asked, are taken for a quotation."""
_LETTERS = 6
"""Fewer words than that count only where they have so many letters: else one short question would empty a log."""
_recent: deque[str] = deque(maxlen=200)


def forget() -> None:
    """Forget what was asked."""
    _recent.clear()


def asked(text: str) -> None:
    """Remember what was asked, so that nothing repeats it; only the last 200 texts are remembered."""
    if text not in _recent:
        _recent.append(text)


def discreet(text: str) -> str:
    """Return a text without the lines that repeat three words in a row of what was asked, or all of it where it has fewer.

    What has fewer than three words and six letters is not looked for.
    """
    quoted = {run for one in list(_recent) for run in _runs(_words(one))}
    lines = text.split("\n")
    return "\n".join(LEFT_OUT if quoted & _all_runs(_words(line)) else line for line in lines)


def _words(text: str) -> list[str]:
    """Return the words of a text as they would stand in it plainly, however a message escapes it."""
    plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    return re.findall(r"\w+", re.sub(r"\\[nrt]", " ", plain).casefold())


def _runs(words: list[str]) -> set[tuple[str, ...]]:
    size = min(_RUN, len(words))
    if size < _RUN and sum(map(len, words)) < _LETTERS:
        return set()
    return {tuple(words[place : place + size]) for place in range(len(words) - size + 1)}


def _all_runs(words: list[str]) -> set[tuple[str, ...]]:
    return {
        tuple(words[place : place + size])
        for size in range(1, _RUN + 1)
        for place in range(len(words) - size + 1)
    }
