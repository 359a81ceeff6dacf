"""What a forked process must leave to its parent: open files and the threads behind them.

SQLite's connections may not be used, or even closed, by a child, and a question to an inherited Chroma client never ends:
the threads that would answer it stayed in the parent. Knows nothing of what is open.
"""

from __future__ import annotations

import os
import weakref
from typing import Any, Protocol


class Forked(Protocol):
    """Something that holds what a child can't use."""

    def abandon(self) -> object:
        """Let go of it without closing it, in the child; return it, so that nothing closes it later."""


_holders: weakref.WeakSet[Any] = weakref.WeakSet()
_inherited: list[object] = []


def watch(holder: Forked) -> None:
    """Have `holder.abandon` called in every process that is forked from now on, as long as the holder lives."""
    _holders.add(holder)


def _in_child() -> None:
    _inherited.extend([holder.abandon() for holder in list(_holders)])


os.register_at_fork(after_in_child=_in_child)
