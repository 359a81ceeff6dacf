"""From what a command did to an exit status: sentences on stderr, tracebacks in the log file only.

Knows nothing of any command.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from foundation.errors import ExitCode, UserError
from ui.quiet import hidden, log_path
from ui.show import say

if TYPE_CHECKING:
    from typer import Typer


def run(app: Typer, arguments: Sequence[str] | None) -> int:
    """Run a Typer app and return the exit status; nothing is raised."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that can't write ş shows "?", not a traceback
    try:
        code = app(
            args=None if arguments is None else list(arguments), prog_name="rungwise", standalone_mode=False
        )
        sys.stdout.flush()
        return int(code or ExitCode.OK)
    except UserError as error:
        say(str(error))
        return int(error.exit_code)
    except BrokenPipeError:
        return _reader_left()
    except KeyboardInterrupt:
        return _interrupted()
    except SystemExit as error:
        # Typer ends so itself when the reader of a pipe has left, before we could
        return _reader_left() if error.code == 1 else int(error.code or 0)
    except Exception as error:
        return _unfit(error) if hasattr(error, "format_message") else failed(error)


def _unfit(error: Any) -> int:
    """Say what is wrong with the words of the command; Typer's own classes differ between its versions."""
    context = getattr(error, "ctx", None)
    where = context.command_path if context is not None else "rungwise"
    sentence = str(error.format_message()).strip().rstrip(".")
    if sentence.endswith("?"):
        say(f"{sentence} `{where} --help` lists what there is.")
    else:
        say(f"{sentence or 'The command is incomplete'}. `{where} --help` lists what there is.")
    return int(ExitCode.USER)


def failed(error: Exception) -> int:
    """Say that Rungwise itself failed, log the details, and return the exit status."""
    if type(error).__name__ == "Abort":  # Typer's word for Ctrl-C or a closed terminal at a question
        return _interrupted()
    logging.getLogger("rungwise").error("a command failed", exc_info=error)
    first = (hidden(str(error)).strip().splitlines() or ["no message"])[0]
    say(
        f"Rungwise failed ({type(error).__name__}: {first}). This is a bug, not your mistake; the details "
        f"are in {log_path()}."
    )
    return int(ExitCode.FAILED)


def _interrupted() -> int:
    say("\nStopped. What was finished is kept.")
    return int(ExitCode.INTERRUPTED)


def _reader_left() -> int:
    """End quietly when whoever read our output (`| head`) has had enough."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())  # or the interpreter would complain when it flushes at its end
    return int(ExitCode.OK)
