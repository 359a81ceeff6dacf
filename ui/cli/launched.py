"""A command as one of several processes of a launch: the first one runs it, the others take part in its training.

Knows nothing of how a training is shared.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence

from finetune.training import ranks
from foundation.errors import ExitCode, UserError
from ui.cli.running import failed
from ui.show import say

SHARED = "train"
"""The one command that several processes can share."""


def launched(words: Sequence[str], run: Callable[[], int]) -> int:
    """Run a command in the first process of a launch, and take part in its training in the others; return the exit status.

    Args:
        words: The command's words.
        run: Runs it; raises nothing.
    """
    shared = list(words[:1]) == [SHARED]
    if (
        ranks.place() > 0
    ):  # one that ended with an error at once would have the first ended before it says why
        return _following() if shared else int(ExitCode.OK)
    if shared:
        return _leading(run)
    say(
        f"Several processes can share `rungwise {SHARED}` alone, but {ranks.size()} were launched with `rungwise "
        f"{' '.join(words[:1])}`. Run it by itself."
    )
    return int(ExitCode.USER)


def _leading(run: Callable[[], int]) -> int:
    code = run()
    try:
        ranks.dismiss()
    except UserError as error:
        say(str(error))
        return code or int(error.exit_code)
    return code


def _following() -> int:
    """Take part; what the first process ended is said by that one, which hears Ctrl-C for all."""
    from finetune.training.train import take_part

    ranks.heard(signal.SIGINT, signal.SIG_IGN)
    try:
        with ranks.losses_told(f"rungwise {SHARED}"):
            take_part()
    except ranks.Elsewhere:
        return int(ExitCode.OK)
    except UserError as error:
        say(f"Process {ranks.place() + 1} of {ranks.size()}: {error}")
        return int(error.exit_code)
    except Exception as error:
        return failed(error)
    return int(ExitCode.OK)
