"""A report on what served answers tell: traces, thumbs and the library looked at once, numbers and signals from them.

The one place of this package that reads a workspace. Knows nothing of how a report is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from foundation.errors import UserError
from monitoring import traces
from monitoring.control import ALPHA_POINT
from monitoring.findings import Report, Signal, Windows
from monitoring.numbers import Thumb, numbers
from monitoring.signals.enough import ALPHA, decided
from monitoring.signals.expired import expired
from monitoring.signals.form_failures import form_failures
from monitoring.signals.never_hit import never_hit
from monitoring.signals.question_drift import question_drift
from monitoring.signals.score_drift import score_drift
from monitoring.signals.stale_adapter import stale_adapter
from monitoring.signals.thumbs import thumbs_down
from monitoring.signals.unanswered import unanswered
from monitoring.traces import Trace
from monitoring.windows import DAYS, windows_of

if TYPE_CHECKING:
    from assistant.workspace import Workspace
    from experiments.worth import Prices
    from rag import Library


def report(
    workspace: Workspace,
    library: Library | None,
    now: datetime | None = None,
    days: int = DAYS,
    setup: str = "",
    prices: Prices | None = None,
) -> Report:
    """Return what the answers of a workspace tell; traces that are kept no longer are removed first.

    Args:
        workspace: Where.
        library: Its library; None, or one that was never built: signals about documents say so.
        now: The moment, with its time zone; None: now.
        days: How many days before the end of the newest whole week are looked at, in whole weeks.
        setup: Look at the answers of this setup only; empty: at all.
        prices: What tokens cost; None: cost is left out.

    Raises:
        UserError: Days are too few, or `documents.toml` holds mistakes.
    """
    now = (now or datetime.now(UTC)).astimezone(UTC)
    windows = windows_of(now, days)
    since, until = (date.fromisoformat(day) for day in (windows.since, windows.until))
    settings = workspace.settings.monitor
    traces.tidy(workspace.traces, settings, now.date())
    served, damaged = traces.read(workspace.traces, since, until)
    served = [one for one in served if setup in ("", one.setup)]
    thumbs = [one for one in _thumbs(workspace, windows) if setup in ("", one.setup)]
    setups, series = numbers(served, thumbs, windows, prices)
    signals = _signals(workspace, library, served, thumbs, windows, now)
    return Report(
        moment=now.isoformat(timespec="seconds"),
        traces=len(served),
        damaged=damaged,
        text=settings.text,
        currency=prices.currency if prices else "",
        alpha=ALPHA,
        alpha_point=ALPHA_POINT,
        windows=windows,
        setups=setups,
        series=series,
        signals=decided(signals),
    )


def _signals(
    workspace: Workspace,
    library: Library | None,
    served: list[Trace],
    thumbs: list[Thumb],
    windows: Windows,
    now: datetime,
) -> list[Signal]:
    from experiments.opinions.ballots import key_in
    from monitoring.noting import document_mark

    built = library is not None and library.status().built
    added: Mapping[str, str] = library.first_indexed() if library is not None and built else {}
    labels = {chunk.id: chunk.label for chunk in library.chunks()} if library is not None and built else {}
    overdue = library.overdue() if library is not None and built else ()
    documents: dict[str, str] = {}
    if added:
        mark = document_mark(key_in(workspace.votes_key, workspace.database))
        documents = {mark(source): source for source in added}
    return [
        question_drift(served, windows),
        score_drift(served, windows),
        form_failures(served, windows),
        thumbs_down(thumbs, windows),
        unanswered(served, windows, labels),
        expired(_ends(workspace, list(added)), overdue, now),
        never_hit(served, documents, added, windows),
        stale_adapter(*_adapter(workspace)),
    ]


def _ends(workspace: Workspace, sources: list[str]) -> dict[str, datetime]:
    """Return when each document ceases to hold by documents.toml; what another one replaced did not expire."""
    from rag.storage.records import read_records

    records = read_records(workspace.records)
    ends = {source: records.of(source).valid_until for source in sources}
    return {source: end for source, end in ends.items() if end is not None}


def _adapter(workspace: Workspace) -> tuple[str, Sequence[str], bool]:
    """Return the adapter that serves, what of its ingredients has changed, and whether it learned from what was forgotten."""
    from finetune import registry

    try:
        manifest = registry.read(workspace.adapter)
        changed = workspace.changes(manifest.made_from)
    except UserError:
        return "", (), False
    return manifest.name, changed, workspace.adapters.due


def _thumbs(workspace: Workspace, windows: Windows) -> list[Thumb]:
    """Return the thumbs of the windows' days: those of the chat, of several on one answer the last, and those of a live split."""
    from experiments.opinions import journal
    from experiments.opinions.split import Event, OutcomeFile

    rows, _ = journal.read(workspace.built / "thumbs.jsonl", workspace.database)
    last = {str(row.get("answer")): row for row in rows}
    found = [
        Thumb(str(row.get("when"))[:10], str(row.get("setup")), row.get("good") is True)
        for row in last.values()
    ]
    live = OutcomeFile(workspace.outcomes, workspace.database).outcomes()
    found += [Thumb(one.when[:10], one.setup, bool(one.good)) for one in live if one.kind is Event.THUMB]
    return [one for one in found if windows.since <= one.day <= windows.until]
