"""The commands `govern request …`: who asked for their data, by when they are answered, and the answer.

Names are asked for and never kept. Knows nothing of how anything is found or erased.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foundation.errors import ExitCode, UserError, did_you_mean, one_of
from foundation.files import write_json_atomic
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.progress import Progress
from ui.show import show, show_json, table

if TYPE_CHECKING:
    from assistant.workspace import Workspace
    from governance.requests import Request

app = typer.Typer(no_args_is_help=True, help="Requests of people about their data, with due dates.")

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="As `rungwise govern request list` shows.")]
SubjectOption = Annotated[
    str, typer.Option(metavar="NAME", help="Whose request it is; only a keyed hash of it is kept.")
]


@app.command("open")
def open_(
    subject: SubjectOption,
    kind: Annotated[
        str, typer.Option(metavar="KIND", help="What is asked for: access, erasure or rectification.")
    ],
    received: Annotated[
        datetime | None,
        typer.Option(metavar="DATE", formats=["%Y-%m-%d"], help="The day it came.", show_default="today"),
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Note that somebody asks for access, erasure or rectification, and say by when they must be answered."""
    from governance.requests import Kind, open_request

    if kind not in list(Kind):
        raise UserError(f'--kind must be {one_of(Kind)}, not "{kind}".{did_you_mean(kind, Kind)}')
    now = datetime.now(UTC)
    day = received.date() if received else now.date()
    _tell(open_request(opened(workspace), subject, Kind(kind), day, now), as_json)
    return ExitCode.OK


@app.command("list")
def list_(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> int:
    """Show every request, overdue ones first; ends with 2 where one is overdue."""
    from governance.requests import every

    today = datetime.now(UTC).date()
    found = every(opened(workspace), today)
    late = sum(one.overdue(today) for one in found)
    if as_json:
        rows = [{**one.to_dict(), "overdue": one.overdue(today)} for one in found]
        show_json({"requests": rows, "overdue": late})
    elif not found:
        show("Nobody has asked yet. `rungwise govern request open` notes a request.")
    else:
        rows_told = [(one.id, one.kind.value, one.received, one.due, _state(one)) for one in found]
        show(table(("request", "kind", "received", "due", "state"), rows_told))
    return ExitCode.USER if late else ExitCode.OK


@app.command()
def answer(
    id: IdArgument,
    subject: SubjectOption,
    to: Annotated[Path, typer.Option(metavar="FILE", help="Where the copy goes, outside of the workspace.")],
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Copy out everything that names whoever asked; a request of access is closed by it."""
    from assistant.open import open_library
    from governance.requests import check_subject, copied
    from governance.subject_copy import copy_of

    house = opened(workspace)
    check_subject(house, id, subject)
    if to.resolve().is_relative_to(house.root.resolve()):
        raise UserError(
            f"{to}: this is inside of the workspace, which would then hold the text once more. Write it elsewhere."
        )
    with Progress() as progress, open_library(house) as library:
        progress("Looking at every byte")
        copy = copy_of(house, library, subject)
    try:
        write_json_atomic(to, copy.to_dict())
    except OSError as error:
        raise UserError(f"{to}: the copy can't be written ({error.strerror or error}).") from error
    _tell(copied(house, id, datetime.now(UTC)), as_json)
    if not as_json:
        show(
            f"The copy is {to}, from {len(copy.places)} files. It holds personal data: hand it over, then remove it."
        )
    return ExitCode.OK


@app.command()
def erase(
    id: IdArgument,
    subject: SubjectOption,
    yes: Annotated[
        bool, typer.Option("--yes", help="Erase it; without this, only say what would go.")
    ] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Erase everything that names whoever asked, with a certificate, and close the request."""
    from assistant.open import open_library
    from governance import erasure
    from governance.requests import Kind, check_subject

    house = opened(workspace)
    request = check_subject(house, id, subject)
    if request.kind is not Kind.ERASURE:
        raise UserError(f"Request {id} asks for {request.kind}, not for erasure, so nothing was changed.")
    with Progress() as progress, open_library(house) as library:
        if not yes:
            files = erasure.places(house, library, (), subject)
            progress.pause()
            show("\n".join(f"  {file}" for file in files))
            show("Nothing was changed. Add --yes to erase what holds the name; it can't be undone.")
            return ExitCode.OK
        left, certificate = _erased(house, library, subject, progress)
    _close_erased(house, id, certificate, left, as_json)
    return ExitCode.PARTIAL if left else ExitCode.OK


def _erased(
    house: Workspace, library: object, subject: str, progress: Progress
) -> tuple[tuple[str, ...], str]:
    """Erase somebody; return the files that still hold the name, and the certificate's hash, empty where nothing did."""
    from governance import erasure
    from rag import Library

    assert isinstance(library, Library)
    if not erasure.places(house, library, (), subject):
        return (), ""
    done = erasure.forget(house, library, (), subject, progress=progress)
    return done.remaining, done.certificate.sha256


def _close_erased(house: Workspace, id: str, certificate: str, left: tuple[str, ...], as_json: bool) -> None:
    """Close an erasure that is whole; one that is not stays open, and says where the name still stands."""
    from governance.requests import Outcome, close, find

    request = find(house, id) if left else close(house, id, Outcome.ERASED, datetime.now(UTC), certificate)
    _tell(request, as_json)
    if left and not as_json:
        show(
            f"Still found in: {', '.join(left)}. These files are yours to change; then close the request by `close`."
        )


@app.command()
def extend(id: IdArgument, workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> int:
    """Add two months (GDPR article 12(3)); whoever asked must be told why within the first one."""
    from governance.requests import extend as extended

    _tell(extended(opened(workspace), id, datetime.now(UTC)), as_json)
    return ExitCode.OK


@app.command()
def close(
    id: IdArgument,
    subject: SubjectOption,
    outcome: Annotated[
        str, typer.Option(metavar="OUTCOME", help="How: answered, erased, rectified, refused or withdrawn.")
    ],
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Close a request that was dealt with by hand: corrected, refused with reasons told, or taken back."""
    from governance.requests import Outcome, check_subject
    from governance.requests import close as closed

    if outcome not in list(Outcome):
        raise UserError(
            f'--outcome must be {one_of(Outcome)}, not "{outcome}".{did_you_mean(outcome, Outcome)}'
        )
    house = opened(workspace)
    check_subject(house, id, subject)
    _tell(closed(house, id, Outcome(outcome), datetime.now(UTC)), as_json)
    return ExitCode.OK


def _tell(request: Request, as_json: bool) -> None:
    if as_json:
        show_json({**request.to_dict(), "overdue": request.overdue(datetime.now(UTC).date())})
    else:
        show(f"Request {request.id} ({request.kind}), received {request.received}: {_state(request)}.")


def _state(request: Request) -> str:
    if request.outcome is not None:
        return f"{request.outcome} on {request.closed[:10]}"
    today = datetime.now(UTC).date()
    days = (datetime.fromisoformat(request.due).date() - today).days
    longer = ", extended" if request.extended else ""
    return (
        f"overdue since {request.due}{longer}"
        if days < 0
        else f"due on {request.due}{longer}, in {days} days"
    )
