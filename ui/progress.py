"""Progress on stderr: one moving line on a terminal, now and then a plain line elsewhere; and in a file, where one is named.

Knows nothing of what takes so long: it is told a title, how much is done and how much there is.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from ui.show import plain, say, seconds

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

_EVERY = 5.0  # seconds between two plain lines of one title
_OFTEN = 0.25  # seconds between two writes of the file
WATCHED = "RUNGWISE_PROGRESS"
"""The variable of the environment that names the file in which whoever watches from outside finds the newest state."""


class Progress:
    """Shows how far something is. Called with each step; as a context manager it clears up behind itself.

    Args:
        quiet: Show nothing.
    """

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._lively = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._bar: tuple[Bar, TaskID] | None = None
        self._title = ""
        self._told = self._began = time.monotonic()
        self._file = _File(Path(path)) if (path := os.environ.get(WATCHED)) else None

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pause()

    def __call__(self, title: str, done: int = 0, total: int = 0, note: str = "") -> None:
        """Tell where things stand.

        Args:
            title: What is being done.
            done: How much of it is done.
            total: How much there is; 0 where it can't be told.
            note: What else is worth seeing now, beside it.
        """
        if self._file is not None:
            self._file.tell(title, done, total, note)
        if self._quiet:
            return
        if self._lively:
            self._move(plain(f"{title}  {note}" if note else title), done, total)
        else:
            self._tell(title, done, total, note)

    def pause(self) -> None:
        """Take the moving line away, so that something can be printed; the next call brings it back."""
        if self._file is not None:
            self._file.flush()
        if self._bar is not None:
            self._bar[0].stop()
            self._bar = None

    def _tell(self, title: str, done: int, total: int, note: str) -> None:
        now = time.monotonic()
        if title != self._title:
            self._title, self._began, self._told = title, now, now
            say(f"{title} …")
        elif now - self._told >= _EVERY:
            self._told = now
            left = (now - self._began) * (total - done) / done if 0 < done < total else 0.0
            ahead = f", about {seconds(left)} left" if left >= _EVERY else ""
            done_of = f"{done} of {total}, " if total else ""
            say(f"{title}: {done_of}{seconds(now - self._began)}{ahead}{f' · {note}' if note else ''}")

    def _move(self, title: str, done: int, total: int) -> None:
        if self._bar is None:
            self._bar = self._start()
        bar, task = self._bar
        bar.update(task, description=title, completed=done, total=total or None)

    def _start(self) -> tuple[Bar, TaskID]:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as Bar

        bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        bar.start()
        return bar, bar.add_task("", total=None)


class _File:
    """Keeps the newest state in a file that is whole at any moment; where it can't be written, nobody is bothered.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._state: dict[str, object] = {}
        self._began = time.time()
        self._written = 0.0
        self._due = False

    def tell(self, title: str, done: int, total: int, note: str) -> None:
        """Take a state in; a new title is written at once, the rest a few times a second."""
        fresh = title != self._state.get("title")
        if fresh:
            self._began = time.time()
        self._state = {
            "title": title, "done": done, "total": total, "note": note, "began": self._began, "at": time.time(),
        }  # fmt: skip
        self._due = True
        if fresh or time.monotonic() - self._written >= _OFTEN:
            self.flush()

    def flush(self) -> None:
        """Write what was told last, if it is not written yet."""
        if not self._due:
            return
        self._due, self._written = False, time.monotonic()
        beside = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        with contextlib.suppress(OSError, ValueError):
            beside.write_text(json.dumps(self._state), encoding="utf-8")
            os.replace(beside, self._path)
