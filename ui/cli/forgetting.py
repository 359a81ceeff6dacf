"""The command `forget`: documents, or everything that names somebody, erased with proof.

Knows nothing of how it is erased.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foundation.errors import ExitCode
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.progress import Progress
from ui.show import show, show_json

if TYPE_CHECKING:
    from assistant.forget import Forgotten


def forget(
    documents: Annotated[
        list[str] | None, typer.Argument(help="Documents, by their path under documents/.")
    ] = None,
    subject: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Everything that holds this text, such as a name.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Erase it; without this, only say which documents would go.")
    ] = False,
    check: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Say whether a certificate is as it was written.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Erase documents or everything that holds a text, for good, and write a certificate without personal data."""
    from assistant import forget as forgetting
    from assistant.open import open_library

    if check is not None:
        whole = forgetting.check(check)
        show(
            "The certificate is as it was written."
            if whole
            else "The certificate was changed after it was written."
        )
        return ExitCode.OK if whole else ExitCode.USER
    house = opened(workspace)
    with Progress() as progress, open_library(house) as library:
        if not yes:
            sources = forgetting.preview(house, library, documents or (), subject)
            progress("Looking at every byte")
            files = forgetting.places(house, library, documents or (), subject)
            progress.pause()
            named = [f"  {source}" for source in sources]
            held = f"It stands in these files of the workspace: {', '.join(files)}." if files else ""
            show("\n".join([*named, *([held] if held else []), _WOULD.format(n=len(sources))]))
            return ExitCode.OK
        done = forgetting.forget(house, library, documents or (), subject, progress=progress)
    if as_json:
        show_json(done.certificate.to_dict())
    else:
        show(forgotten_text(done))
    return ExitCode.OK if not done.remaining else ExitCode.PARTIAL


_WOULD = (
    "{n} documents would be erased, their files too, with the examples, questions, replies and log lines that name them or "
    "hold the text. Nothing was changed. Add --yes to erase them; it can't be undone."
)


def forgotten_text(done: Forgotten) -> str:
    """Return what was erased, what is left, and where the certificate is."""
    told = done.certificate
    rows = ", ".join(f"{count} {name}" for name, count in told.rows.items() if count) or "no rows"
    lines = [f"  {source}" for source in done.sources]
    lines.append(f"{told.documents} documents with {told.chunks} chunks and {rows} were erased.")
    if told.tainted_adapter:
        lines.append(
            "The adapter was trained on such examples: it is marked and no longer served. Run `rungwise train` for a new one."
        )
    lines.append(
        f"{told.files_scanned} files ({told.bytes_scanned / 1e6:.1f} MB) were searched byte by byte."
    )
    if done.remaining:
        lines.append("Still found in: " + ", ".join(done.remaining) + ". These files are yours to change.")
    else:
        lines.append("Nothing of it was found any more.")
    return "\n".join([*lines, f"The certificate is {done.path}."])
