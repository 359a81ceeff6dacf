"""The commands `forget` and `export`: what names somebody erased with proof, or copied out for whoever asks.

Knows nothing of how it is found or erased.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foundation.errors import ExitCode, UserError
from foundation.files import write_json_atomic
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.progress import Progress
from ui.show import show, show_json

if TYPE_CHECKING:
    from governance.erasure import Forgotten
    from governance.subject_copy import SubjectCopy


def forget(
    documents: Annotated[
        list[str] | None, typer.Argument(help="Documents, by their path under documents/.")
    ] = None,
    subject: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Everything that holds this text, such as a name.")
    ] = None,
    due: Annotated[
        bool, typer.Option("--due", help="The documents whose retention in documents.toml has ended.")
    ] = False,
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
    from assistant.open import open_library
    from governance import erasure as forgetting

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
        if due:
            documents = [*(documents or ()), *library.overdue()]
            if not documents:
                progress.pause()
                show("No retention has ended, so nothing is due.")
                return ExitCode.OK
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


def export(
    subject: Annotated[
        str, typer.Option(metavar="TEXT", help="What is looked for, such as a name; in any case.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the copy here, outside of the workspace, as JSON."),
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Copy out everything that the workspace holds about somebody, for a request of access; changes nothing."""
    from assistant.open import open_library
    from governance.subject_copy import copy_of

    house = opened(workspace)
    if out is not None and out.resolve().is_relative_to(house.root.resolve()):
        raise UserError(
            f"{out}: this is inside of the workspace, which would then hold the text once more. Write it elsewhere."
        )
    with Progress() as progress, open_library(house) as library:
        progress("Looking at every byte")
        copied = copy_of(house, library, subject)
    if out is not None:
        try:
            write_json_atomic(out, copied.to_dict())
        except OSError as error:
            raise UserError(f"{out}: the copy can't be written ({error.strerror or error}).") from error
    if as_json:
        show_json(copied.to_dict())
    else:
        show(copied_text(copied))
        if out is not None:
            show(f"The copy is {out}. It holds personal data: hand it over, then remove it.")
    return ExitCode.OK


def copied_text(copied: SubjectCopy) -> str:
    """Return where somebody stands, with the lines."""
    lines = []
    for place in copied.places:
        kept = f", kept for {place.purpose}" if place.purpose else ""
        lines.append(f"  {place.file} ({place.kind}{kept})")
        lines += [f"      {passage}" for passage in place.passages]
    files = len(copied.places)
    lines.append(
        f'"{copied.subject}" stands in {files} file{"" if files == 1 else "s"} of the workspace.'
        if files
        else f'Nothing in the workspace holds "{copied.subject}".'
    )
    return "\n".join(lines)


_WOULD = (
    "{n} documents would be erased, their files too, with the examples, questions, replies and log lines that name them or "
    "hold the text. Nothing was changed. Add --yes to erase them; it can't be undone."
)


def _named(what: str, names: Sequence[str]) -> str:
    """Return names with what they are of, as in `The adapters a and b were`."""
    if len(names) == 1:
        return f"The {what} {names[0]} was"
    return f"The {what}s {', '.join(names[:-1])} and {names[-1]} were"


def forgotten_text(done: Forgotten) -> str:
    """Return what was erased, what is left, and where the certificate is."""
    told = done.certificate
    rows = ", ".join(f"{count} {name}" for name, count in told.rows.items() if count) or "no rows"
    lines = [f"  {source}" for source in done.sources]
    lines.append(f"{told.documents} documents with {told.chunks} chunks and {rows} were erased.")
    if told.tainted_adapter:
        lines.append(
            f"{_named('adapter', done.marked.adapters)} trained on such examples: marked and no longer served. A new one is due: "
            "`rungwise train --due` makes it, by hand or by a timer."
        )
    if done.marked.embedders:
        lines.append(f"{_named('embedder', done.marked.embedders)} taught on it: marked.")
    if done.embedding:
        from governance.weights import embedder_text

        lines.append(embedder_text(done.embedding))
    lines.append(
        f"{told.files_scanned} files ({told.bytes_scanned / 1e6:.1f} MB) were searched byte by byte."
    )
    if done.remaining:
        lines.append("Still found in: " + ", ".join(done.remaining) + ". These files are yours to change.")
    else:
        lines.append("Nothing of it was found any more.")
    return "\n".join([*lines, f"The certificate is {done.path}."])
