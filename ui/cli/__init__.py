"""The command line: `rungwise`. Its commands are in the modules beside this one, a group each.

`main` is the entry point and stays thin: it settles the surroundings, hands the words to Typer, and turns
whatever comes back into an exit code. Knows nothing of what any command does.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: The words after `rungwise`; None: those of this process.

    Returns:
        The exit status, as `foundation.errors.ExitCode` lists them.
    """
    from ui.quiet import settle

    settle()
    from finetune.training import ranks
    from ui.cli.commands import app
    from ui.cli.running import run

    if ranks.size() > 1:
        from ui.cli.launched import launched

        return launched(sys.argv[1:] if arguments is None else arguments, lambda: run(app, arguments))
    return run(app, arguments)
