"""Errors a user can read, and the exit codes that go with them.

Knows nothing of any command: the command line catches `UserError`, prints its sentence and exits with its code.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """What a `rungwise` command's exit status means."""

    OK = 0
    """Done."""
    FAILED = 1
    """Rungwise itself failed: a bug, with a traceback in the log."""
    USER = 2
    """What was asked or what was found in the workspace is wrong; the sentence on stderr says what to do."""
    PARTIAL = 3
    """Done, but some files were skipped or failed; the report names them."""
    BELOW_TARGET = 4
    """Done, and what was measured is below the target."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C; what was finished is kept."""


class UserError(Exception):
    """A mistake that the user can mend: the message is the whole sentence shown.

    Args:
        message: Who, what was required, what was seen, what to do next.
        exit_code: The status the command line exits with.
    """

    def __init__(self, message: str, exit_code: ExitCode = ExitCode.USER) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """Return ` Did you mean "x"?` for the closest option, or an empty string when none is close."""
    close = difflib.get_close_matches(word, list(options), n=1, cutoff=0.6)
    return f' Did you mean "{close[0]}"?' if close else ""


def one_of(options: Iterable[str]) -> str:
    """Return the options as words in a sentence: `a, b or c`."""
    names = list(options)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
