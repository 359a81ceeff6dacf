"""The commands `govern …`: what ended, destruction with records, who may see what, requests of people, and the papers.

Knows nothing of how anything is counted, erased or worded.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foundation.errors import ExitCode, UserError, did_you_mean, one_of
from foundation.files import write_json_atomic
from ui.cli import govern_requests
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.progress import Progress
from ui.show import say, show, show_json, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.workspace import Workspace
    from governance.destruction import Destroyed
    from governance.due import Deadline
    from governance.review import Review
    from governance.standing import Standing, Unsaid

app = typer.Typer(
    no_args_is_help=True, help="Retention, requests, access reviews and papers of KVKK, GDPR and AI Act."
)
app.add_typer(govern_requests.app, name="request")

_MOST = 5  # names in a sentence


@app.command()
def status(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> int:
    """Say how the workspace stands by its own rules; ends with 2 where something is late or a book was changed."""
    from governance.standing import standing

    found = standing(opened(workspace), datetime.now(UTC))
    show_json(found.to_dict()) if as_json else show(standing_text(found))
    return ExitCode.OK if found.fine else ExitCode.USER


@app.command()
def due(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> int:
    """List what ends when, by documents.toml and data.toml; ends with 2 where something has ended."""
    from assistant.open import open_library
    from governance.due import deadlines

    house = opened(workspace)
    with open_library(house) as library:
        found = deadlines(house, library, datetime.now(UTC))
    if as_json:
        show_json({"deadlines": [one.to_dict() for one in found]})
    else:
        show(deadlines_text(found))
    return ExitCode.USER if any(one.over for one in found) else ExitCode.OK


@app.command()
def destroy(
    due: Annotated[
        bool, typer.Option("--due", help="Everything whose retention has ended; there is no way back.")
    ] = False,
    by: Annotated[str, typer.Option(metavar="WHO", help="Who has it done, for the record.")] = "command line",
    retrain: Annotated[
        bool, typer.Option("--retrain", help="Begin a training where the serving adapter learned from it.")
    ] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Erase what ended and write a record of it, also where nothing had; for a timer. A killed run is finished first."""
    from assistant.open import open_library
    from governance.destruction import destroy as destroyed

    if not due:
        raise UserError(
            "Nothing was destroyed: --due says that everything whose retention has ended goes. `rungwise govern due` shows it."
        )
    house = opened(workspace)
    with Progress() as progress, open_library(house) as library:
        done = destroyed(house, library, datetime.now(UTC), by, progress)
    show_json(done.to_dict()) if as_json else show(destroyed_text(done))
    if retrain:
        queue_training(house)
    return ExitCode.PARTIAL if done.remaining else ExitCode.OK


def queue_training(house: Workspace) -> None:
    """Begin a training as a job where the adapter that serves learned from what was erased; say what came of it."""
    from ui.access.permissions import LOCAL
    from ui.jobs import office

    if not house.adapters.due:
        return
    if why := office.clash(house, "train"):
        say(f"A training is due, and waits: {why}")
    elif not house.examples.is_file():
        say("A training is due, but there are no examples any more: write new ones, or use another adapter.")
    else:
        job = office.begin(house, "train", ["train", "--due", "--json"], LOCAL)
        say(f"A training was begun as job {job.id}; the page Train shows it.")


@app.command()
def review(
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Note that this was looked at and is right.")
    ] = False,
    by: Annotated[str, typer.Option(metavar="WHO", help="Who looked at it.")] = "",
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it here as JSON; it names people.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Show who may see what, and what of it looks stale; ends with 2 where a review is overdue and not confirmed."""
    from assistant.open import open_library
    from governance import review as reviewing
    from governance.standing import standing
    from ui.access.reviewed import keys_of, people_of

    house, now = opened(workspace), datetime.now(UTC)
    with open_library(house) as library:
        found = reviewing.review(house, library, people_of(house.root), keys_of(house.root), now)
        if confirm:
            reviewing.confirm(house, found, by, now)
        stands = standing(house, now, library)
    if to is not None:
        try:
            write_json_atomic(to, found.to_dict())
        except OSError as error:
            raise UserError(f"{to}: the review can't be written ({error.strerror or error}).") from error
    if as_json:
        show_json(found.to_dict())
    else:
        show(review_text(found, stands))
    return ExitCode.USER if stands.review_overdue else ExitCode.OK


@app.command()
def papers(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where they go; Markdown, with JSON beside it.")],
    lang: Annotated[str, typer.Option(metavar="en|tr", help="In which language.")] = "en",
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Write the processing record and the risk file from what the workspace really is; what isn't known says so."""
    from advisor import Language
    from assistant.open import open_library
    from governance.papers.write import LANGUAGES, write_papers
    from ui.access.reviewed import surroundings

    if lang not in LANGUAGES:
        raise UserError(f'--lang must be {one_of(LANGUAGES)}, not "{lang}".{did_you_mean(lang, LANGUAGES)}')
    house, now = opened(workspace), datetime.now(UTC)
    with Progress() as progress, open_library(house) as library:
        around = surroundings(house, library, Language(lang), now)
        written = write_papers(house, library, around, Language(lang), out, now, progress)
    if as_json:
        show_json({"papers": [one.to_dict() for one in written]})
    else:
        show("\n".join(f"  {one.file}: {one.unstated} entries are not stated" for one in written))
        show("They say what the workspace's files say, and are no legal advice.")
    return ExitCode.OK


# ---------------------------------------------------------------- in words


def standing_text(found: Standing) -> str:
    """Return how a workspace stands, a line for each thing that waits."""
    lines = [f"  {why}" for why in found.damaged]
    if found.unfinished:
        lines.append(
            "  A destruction was killed before its end; `rungwise govern destroy --due` finishes it."
        )
    if found.due:
        lines.append(
            f"  {_things(found.due)} ended; `rungwise govern destroy --due` destroys them with a record."
        )
    if found.destruction_overdue:
        lines.append(f"  A destruction was due by {found.destroy_by}.")
    if found.requests:
        late = f", {found.overdue_requests} overdue" if found.overdue_requests else ""
        lines.append(
            f"  Open requests: {len(found.requests)}{late}; the next is due on {found.requests[0].due}."
        )
    if found.review_overdue:
        when = f"was due by {found.review_by}" if found.review_by else "was never made"
        lines.append(f"  A review of access {when}; `rungwise govern review` shows what to look at.")
    if found.retrain_due:
        lines.append("  The adapter learned from what was erased; `rungwise train --due` trains a new one.")
    if found.embedder_due:
        from governance.weights import embedder_text

        lines.append(f"  {embedder_text(found.embedder_due)}")
    if found.soon:
        lines.append(f"  {_things(found.soon)} end within a week.")
    if found.undated:
        lines.append(
            f"  {_things(found.undated)} have a period, but no date to count from: write `since` in data.toml."
        )
    lines += [f"  {line}" for line in _unsaid(found.unsaid)]
    verdict = "Nothing is late." if found.fine else "Something is late."
    return "\n".join([*lines, verdict])


def _unsaid(found: Sequence[Unsaid]) -> list[str]:
    """Return what is not said, a line for all documents that lack the same, and one for each data set."""
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for one in found:
        alike.setdefault((one.file, one.lacking), []).append(one.name)
    return [
        f"{file} does not say {', '.join(lacking)} of {', '.join(names[:_MOST])}"
        + (f" and {len(names) - _MOST} more" if len(names) > _MOST else "")
        + "."
        for (file, lacking), names in alike.items()
    ]


def deadlines_text(found: Sequence[Deadline]) -> str:
    """Return what ends when: what ended first, one line each, then the rest by kind."""
    over = [one for one in found if one.over]
    lines = [
        f"  ended {one.ends[:10]}: {one.kind} {one.name} ({one.count}, kept {one.retention_days} days)"
        + (f": by hand, {one.by_hand}" if one.by_hand else "")
        for one in over
    ]
    rows = []
    for kind in dict.fromkeys(one.kind for one in found if not one.over and one.ends):
        mine = [one for one in found if one.kind == kind and not one.over and one.ends]
        rows.append((kind, str(sum(one.count for one in mine)), mine[0].ends[:10]))
    if rows:
        lines.append(table(("kept", "how many", "first ends"), rows))
    if undated := [one for one in found if not one.ends]:
        lines.append(f"{_things(undated)} hold no date: write `since` for them in data.toml.")
    if not found:
        lines.append("Nothing has a period: write `retention` into documents.toml and data.toml.")
    elif not over:
        lines.append("Nothing has ended.")
    else:
        lines.append(f"{_things(over)} ended. `rungwise govern destroy --due` destroys them with a record.")
    return "\n".join(lines)


def destroyed_text(done: Destroyed) -> str:
    """Return what was destroyed, and what is left to do."""
    lines = [
        f"  {_counted(one.kind, one.count)}" + (" (by a run that was killed)" if one.killed_run else "")
        for one in done.steps
    ]
    lines += [f"  left to you: {one.kind} {one.name}: {one.by_hand}" for one in done.by_hand]
    lines.append(
        f"Destruction {done.plan} is recorded."
        if done.steps
        else f"Nothing had ended; {done.plan} records that."
    )
    if done.remaining:
        lines.append(f"Text of erased documents still stands in {', '.join(done.left_in)}: yours to change.")
    if done.retrain_due:
        lines.append(
            "The adapter learned from what is gone and is served no more: `rungwise train --due` trains a new one."
        )
    if done.embedder_due:
        from governance.weights import embedder_text

        lines.append(embedder_text(done.embedder_due))
    return "\n".join(lines)


def review_text(found: Review, stands: Standing) -> str:
    """Return who may see what, and what to look at."""
    lines = []
    if found.people:
        rows = [
            (
                one.name,
                one.role,
                ", ".join(one.groups) or "-",
                one.seen[:10] or "never",
                "suspended" if one.suspended else "",
            )
            for one in found.people
        ]
        lines.append(table(("person", "role", "groups", "seen", ""), rows))
    groups = "".join(f", {count} to {group}" for group, count in found.by_group.items())
    lines.append(
        f"{found.documents} documents: {found.open_to_all} open to everybody{groups}. {len(found.keys)} API keys."
    )
    if found.login == "none":
        lines.append(
            "Nobody signs in: whoever sits at this machine sees what is open to everybody, and may do all."
        )
    lines += [f"  {one.kind}: {one.name}: {one.why}" for one in found.findings]
    if stands.reviewed:
        lines.append(f"Confirmed on {stands.reviewed[:10]}; the next review is due by {stands.review_by}.")
    else:
        lines.append("Nobody has confirmed a review yet: `rungwise govern review --confirm --by WHO`.")
    return "\n".join(lines)


def _things(found: Sequence[Deadline]) -> str:
    """Return how many of which kind, as in `3 documents, 12 rows of votes`."""
    counts: dict[str, int] = {}
    for one in found:
        counts[one.kind] = counts.get(one.kind, 0) + one.count
    return ", ".join(_counted(kind, count) for kind, count in counts.items())


def _counted(kind: str, count: int) -> str:
    one = "" if count == 1 else "s"
    return (
        f"{count} {kind}{one}"
        if kind in ("document", "adapter")
        else f"{count} row{one} or file{one} of {kind}"
    )
