"""All commands of `rungwise`, listed. Each is a thin function that imports what it needs when it runs.

Knows nothing of how a command works; importing it loads no model library, so that `--help` and completion are
instant.
"""

from __future__ import annotations

from typing import Annotated

import typer

from foundation.errors import ExitCode
from ui.cli import (
    adapter,
    adapters,
    advise,
    align,
    ask,
    audit,
    begin,
    climbing,
    demo,
    examples,
    forgetting,
    govern,
    keys,
    library,
    mcp,
    measure,
    migrate,
    monitor,
    page,
    retrain,
    retrieval,
    sweep,
    tune_embedder,
    tune_prompt,
    users,
    votes,
)

_CODES = {
    ExitCode.OK: "done",
    ExitCode.FAILED: "Rungwise itself failed; the log file tells why",
    ExitCode.USER: "the command or the workspace is wrong; the sentence on stderr says what to do",
    ExitCode.PARTIAL: "done, but some documents were skipped or failed",
    ExitCode.BELOW_TARGET: "done, but what was measured is below the target",
    ExitCode.INTERRUPTED: "stopped by Ctrl-C",
}
EPILOG = "\n\n".join(["Exit codes:", *(f"{int(code):>3}  {meaning}" for code, meaning in _CODES.items())])
"""What stands below `rungwise --help`."""

app = typer.Typer(
    name="rungwise",
    help="Prompt, retrieve, fine-tune, or both? Rungwise asks, builds, measures, and stops at the lowest "
    "rung that is enough.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        from ui.machine import version
        from ui.show import show

        show(f"rungwise {version()}")
        raise typer.Exit


@app.callback()
def rungwise(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that belong to no command."""


_BEGIN, _BUILD, _PROVE, _SERVE, _SHOW = "Begin", "Build", "Prove", "Serve", "Look"
_GOVERN = "Answer for it"
for panel, commands in {
    _BEGIN: (demo.demo, begin.init, advise.advise),
    _BUILD: (
        library.sync,
        library.search,
        library.verify,
        forgetting.forget,
        forgetting.export,
        examples.import_,
        examples.check,
        examples.pseudonymise,
        adapter.train,
        sweep.sweep,
        retrain.retrain,
        align.align,
    ),
    _PROVE: (
        ask.ask,
        measure.compare,
        climbing.climb,
        retrieval.eval_retrieval,
        retrieval.tune_retrieval,
        tune_embedder.tune_embedder,
        tune_prompt.tune_prompt,
        votes.votes,
        votes.live,
    ),
    _SERVE: (page.app, page.serve_, mcp.mcp, monitor.monitor, audit.audit),
    _SHOW: (begin.doctor, begin.backup, migrate.migrate, begin.schema),
}.items():
    for command in commands:
        name = command.__name__.strip("_").replace("_", "-")  # `import` is a word of Python's
        app.command(name, rich_help_panel=panel)(command)
app.add_typer(adapters.app, name="adapters", rich_help_panel=_BUILD)
app.add_typer(users.app, name="users", rich_help_panel=_SERVE)
app.add_typer(keys.app, name="keys", rich_help_panel=_SERVE)
app.add_typer(govern.app, name="govern", rich_help_panel=_GOVERN)
