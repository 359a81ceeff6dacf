"""Commands about documents: `sync` brings them into the index, `search` looks what is found.

Knows nothing of models that answer.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foundation.errors import ExitCode, UserError
from ui.cli.options import HERE, AsOfOption, GroupOption, JsonOption, WorkspaceOption, opened, viewer
from ui.progress import Progress
from ui.show import alike_text, clip, say, seconds, show, show_json, width

if TYPE_CHECKING:
    from assistant.workspace import Workspace
    from rag import Hit, Library, SyncReport, Viewer
    from rag.indexing.verify import Verification
    from rag.retrieval.answerability import Fit

STAGES = {
    "fetch": "Fetching documents",
    "read": "Reading documents", "embed": "Embedding", "index": "Writing the index", "meaning": "Asking by meaning",
    "words": "Asking by words",
}  # fmt: skip
"""What the stages of a sync are called."""


def sync(
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on until Ctrl-C: sync again whenever a document changes.")
    ] = False,
    engine: Annotated[
        str,
        typer.Option(
            metavar="local|ray", help="Where texts are embedded: here, or on a Ray cluster (RAY_ADDRESS)."
        ),
    ] = "local",
    workers: Annotated[
        int, typer.Option(metavar="N", help="With --engine ray: workers, each with one core.")
    ] = 2,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Bring the documents folder into the index: what is new, changed or gone; the rest is left alone."""
    if engine not in ("local", "ray"):
        raise UserError(f'--engine must be local or ray, but is "{engine}".')
    house = opened(workspace)
    if watch and engine == "ray":
        raise UserError(
            "--watch embeds a document at a time, for which no cluster is needed. Leave --engine out."
        )
    if watch and house.settings.storage.documents:
        raise UserError(
            "--watch follows a folder of this machine, but the documents lie in an object storage. Run `rungwise sync` by timer."
        )
    if watch:
        return _follow(house, as_json)
    fetched = _fetched(house)
    with _opened(house, engine, workers) as library:
        report = _synced(library)
    from governance.weights import embedder_text, embedding

    marked = embedding(house)
    report = replace(report, notes=(*fetched, *report.notes, *([embedder_text(marked)] if marked else [])))
    if as_json:
        show_json(report.to_dict())
    else:
        show(sync_text(report))
    return ExitCode.PARTIAL if report.partial else ExitCode.OK


@contextmanager
def _opened(house: Workspace, engine: str, workers: int) -> Iterator[Library]:
    """Yield the library, with what embeds on a cluster where that is asked for; it ends with it."""
    from assistant.open import open_library

    if engine == "local":
        with open_library(house) as library:
            yield library
        return
    from rag.embedding.encode_ray import RayEmbedder

    settings = house.settings.retrieval
    address = os.environ.get("RAY_ADDRESS") or None
    with (
        RayEmbedder(settings.embedder, settings.embedding_backend, workers, address) as embedder,
        open_library(house, embedder) as library,
    ):
        yield library


def _fetched(house: Workspace) -> tuple[str, ...]:
    """Mirror the object storage, where there is one; return what there is to tell of it."""
    from assistant.open import fetch_documents

    with Progress() as progress:
        done = fetch_documents(house, lambda stage, at, of: progress(STAGES.get(stage, stage), at, of))
    if done is None:
        return ()
    told = f"From the object storage: {len(done.fetched)} fetched, {len(done.removed)} removed, {done.kept} as they were."
    return (told, *done.refused)


def _synced(library: Library, quiet: bool = False) -> SyncReport:
    with Progress(quiet) as progress:
        progress("Opening the library")
        return library.sync(lambda stage, done, total: progress(STAGES.get(stage, stage), done, total))


def _follow(house: Workspace, as_json: bool) -> int:
    """Sync whenever something changed, and tell of each sync that did something; a JSON report is one line.

    What can't be done now (an empty folder, another writer, a mistake in a settings file) is said once and tried again.
    """
    from assistant.open import open_library
    from assistant.workspace import CONFIG
    from ui.cli import watching

    library, failed = open_library(house), ""
    last: Any = None
    due = watching.Due(house.root, house.documents, frozenset({house.root / CONFIG, library.records}))
    try:
        for settings_too in due:
            try:
                if settings_too:
                    library.close()
                    library = open_library(opened(house.root))
                report, failed, due.again = _synced(library, quiet=last is not None), "", False
            except UserError as error:
                if failed != str(error):
                    say(failed := str(error))
                due.again = True
                continue
            state = (report.generation, [one for one in report.files if one.reason], report.notes)
            if state != last and as_json:
                show_json(report.to_dict(), indent=None)
            elif state != last:
                show(f"{datetime.now():%H:%M:%S}  {sync_text(report).lstrip()}")
            last = state
    except KeyboardInterrupt:
        say("Stopped watching. The library is as the last sync left it.")
    finally:
        library.close()
    return ExitCode.INTERRUPTED


def sync_text(report: SyncReport) -> str:
    """Return what a sync did: what was not read first, then the counts."""
    lines = [f"  {one.outcome}: {one.source}: {one.reason}" for one in report.files if one.reason]
    hidden = [one for one in report.files if one.hidden]
    lines += [
        f"  {one.source}: {one.hidden} invisible, hidden or disguised pieces were removed or made plain"
        for one in hidden
    ]
    counts = ", ".join(f"{count} {outcome}" for outcome, count in report.counts.items() if count) or "nothing"
    lines += [f"  {note}" for note in report.notes]
    made = f"{report.chunks} chunks are searchable, {report.embedded} were embedded"
    return "\n".join([*lines, f"{counts}. {made} ({seconds(report.seconds)})."])


def verify(
    repair: Annotated[
        bool, typer.Option("--repair", help="Write the indexes anew from the ledger where something is lost.")
    ] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Check that every chunk is found, by meaning and by words; exit code 2 where one is not."""
    from assistant.open import open_library

    with Progress() as progress, open_library(opened(workspace)) as library:
        progress("Opening the library")
        found = library.verify(
            repair, lambda stage, done, total: progress(STAGES.get(stage, stage), done, total)
        )
    if as_json:
        show_json(found.to_dict())
    elif found.whole:
        show(
            f"All {found.chunks} chunks of generation {found.generation} are found, by meaning and by words."
        )
    else:
        show(lost_text(found))
    return ExitCode.OK if found.whole else ExitCode.USER


def lost_text(found: Verification) -> str:
    """Return what is lost, and how to get it back."""
    lines = [f"The index is broken: {found.broken}."] if found.broken else []
    for how, lost in (("meaning", found.lost_by_meaning), ("words", found.lost_by_words)):
        if lost:
            more = f" and {len(lost) - 5} more" if len(lost) > 5 else ""
            lines.append(
                f"{len(lost)} of {found.chunks} chunks are not found by {how}: {', '.join(lost[:5])}{more}."
            )
    return "\n".join([*lines, "Run `rungwise verify --repair`: it writes the indexes anew from the ledger."])


def search(
    query: Annotated[str, typer.Argument(help="A question or keywords.")],
    k: Annotated[
        int | None, typer.Option("-k", help="How many hits; without it, as rungwise.toml says.")
    ] = None,
    group: GroupOption = None,
    tag: Annotated[
        list[str] | None, typer.Option(metavar="TAG", help="Only documents with this tag; may be repeated.")
    ] = None,
    as_of: AsOfOption = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Show which passages are found for a question, with their scores."""
    if not query.strip():
        raise UserError(
            'The question is empty. Write what to look for, as in `rungwise search "opening hours"`.'
        )
    from assistant.open import open_fit, open_library

    house = opened(workspace)
    with Progress() as progress, open_library(house) as library:
        progress("Searching")
        who = viewer(group, as_of, tag)
        hits = library.search(query, k, who)
        told = answerability(open_fit(house, library), library, query, who) if as_json else {}
    if as_json:
        show_json({"query": query, "answerability": told, "hits": [hit_dict(hit) for hit in hits]})
    else:
        show(hits_text(hits))
    return ExitCode.OK


def answerability(fit: Fit, library: Library, query: str, who: Viewer) -> dict[str, object]:
    """Return how likely the documents answer a question, as JSON values."""
    from rag.retrieval.answerability import features

    return {
        "score": round(fit.score(features(library.lookup(query, who))), 4),
        "threshold": round(fit.threshold, 4),
        "fitted": bool(fit.recipe),
    }


def hit_dict(hit: Hit) -> dict[str, object]:
    """Return a hit as JSON values."""
    chunk = hit.chunk
    return {
        "rank": hit.rank,
        "score": round(hit.score, 4),
        "dense": round(hit.dense, 4),
        "keyword": round(hit.keyword, 4),
        "source": chunk.source,
        "label": chunk.label,
        "page": chunk.page,
        "since": hit.since,
        "alike": list(hit.alike),
        "text": chunk.text,
    }


def hits_text(hits: list[Hit]) -> str:
    """Return hits for a terminal: scores and place in one line, the passage's beginning below."""
    if not hits:
        return "Nothing was found."
    lines = []
    for hit in hits:
        page = f", page {hit.chunk.page}" if hit.chunk.page else ""
        since = f", since {hit.since}" if hit.since else ""
        lines.append(f"{hit.rank:>2}. {hit.score:.2f}  {hit.chunk.source}{page}{since}  ({hit.chunk.label})")
        lines.append(f"          {clip(hit.chunk.text, width() - 10)}")
        if hit.alike:
            lines.append(f"          {clip(alike_text(hit.alike), width() - 10)}")
    lines.append(
        "The score joins meaning and words; it compares hits of one search only. --json shows both parts."
    )
    return "\n".join(lines)


def warn_partial(report: SyncReport) -> None:
    """Say on stderr which documents a sync could not read."""
    for one in report.files:
        if one.reason:
            say(f"  {one.outcome}: {one.source}: {one.reason}")
