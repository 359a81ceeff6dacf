"""A workspace's parts, put together as its settings say.

The one place that turns settings into a library, an engine, an assistant or an adapter. Knows nothing of how any is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from assistant.assistant import Assistant
from assistant.engines.endpoint import EndpointEngine
from assistant.engines.engine import Engine
from assistant.engines.local import LocalEngine
from assistant.gate import Gate
from assistant.guard.limits import Limits
from assistant.open_routing import router_of
from assistant.rows import Rows, build_rows, parts_of
from assistant.setup import AnySetup, Prompting, Setup
from assistant.shots import Shots
from assistant.workspace import Workspace
from finetune.examples import load_examples, of_task
from finetune.registry import Manifest
from finetune.training.estimate import Estimate
from finetune.training.train import Row, train_adapter
from finetune.training.watching import Report, Stop
from foundation.errors import UserError
from rag import Embedder, Library
from rag.ingest.object_store import Mirrored, mirror
from rag.retrieval.answerability import SHIPPED, Fit, read_fit
from rag.storage.records import read_records


def open_library(workspace: Workspace, embedder: Embedder | None = None) -> Library:
    """Return the workspace's library; opening it is free.

    Args:
        workspace: The workspace.
        embedder: What embeds instead of what the settings name; of the same fingerprint, or the index is made anew.
    """
    settings, database = workspace.settings.retrieval, workspace.database
    return Library(workspace.documents, workspace.library, settings, embedder, database=database)


def fetch_documents(
    workspace: Workspace, progress: Callable[[str, int, int], None] | None = None
) -> Mirrored | None:
    """Bring the documents folder to what the workspace's object storage holds; None where it has none.

    Raises:
        UserError: The storage can't be reached, or all of it is gone at once.
    """
    if not (url := workspace.settings.storage.documents):
        return None
    state = workspace.built / "mirror.json"
    most = workspace.settings.retrieval.limits.megabytes * 1e6
    return mirror(url, workspace.documents, state, most, progress)


def open_fit(workspace: Workspace, library: Library) -> Fit:
    """Return the workspace's score of answerability: its own where it was fitted for this library, else the shipped one.

    Raises:
        UserError: The file of the fit is damaged.
    """
    return read_fit(workspace.answerability, library.recipe) or SHIPPED


def open_engine(workspace: Workspace) -> Engine:
    """Return what makes text for a workspace: the base loaded here, or an endpoint."""
    model = workspace.settings.model
    if model.endpoint:
        return EndpointEngine(
            model.endpoint,
            model.base,
            model.adapter,
            model.api_key_env,
            model.max_new_tokens,
            model.at_once,
            per_minute=model.per_minute,
            retries=model.retries,
        )
    return LocalEngine(
        model.base,
        lambda: workspace.adapter,
        model.max_new_tokens,
        model.batch,
        named=workspace.adapters.folder,
    )


def stamp_of(path: Path) -> tuple[int, int]:
    """Return what changes when a file does; zeros where there is none."""
    if not path.is_file():
        return 0, 0
    seen = path.stat()
    return seen.st_mtime_ns, seen.st_size


def open_assistant(workspace: Workspace, setup: AnySetup = Setup.HYBRID) -> Assistant:
    """Return the workspace's assistant; models are loaded by its first question."""
    library, settings = open_library(workspace), workspace.settings
    retrieval, prompting = settings.retrieval, settings.prompt
    gate = Gate(lambda: read_fit(workspace.answerability, library.recipe)) if retrieval.abstain else None
    engine = open_engine(workspace)

    @lru_cache
    def made(how: str, count: int, picked: tuple[str, ...], stamp: object) -> Shots:
        seed = settings.training.seed
        train = parts_of(load_examples(workspace.examples), settings.rows, seed).train
        return Shots(train, workspace.form, how, count, seed, library, tokens=engine.count, picked=picked)

    def shots(asked: Prompting) -> Shots:
        return made(asked.shots_by, asked.shots, asked.picked, stamp_of(workspace.examples))

    return Assistant(
        engine,
        library,
        workspace.form,
        retrieval.k,
        setup,
        gate,
        replace(prompting, rewrite=prompting.rewrite or retrieval.follow_ups == "model"),
        shots,
        Limits(workspace.form, library, settings.guard.withhold, settings.guard.most_quoted or None),
        workspace.instructor,
        router_of(workspace, library),
    )


@dataclass(frozen=True)
class Trained:
    """A finished training."""

    manifest: Manifest
    """The adapter's papers."""
    rows: Rows
    """The training rows, and what became of the examples."""


@dataclass(frozen=True)
class HouseRows:
    """What an adapter of a workspace would be trained on."""

    training: Rows
    """To learn from."""
    validation: Rows
    """To stop by."""
    test: Rows
    """To measure by when all is decided."""
    retention_days: int | None
    """How long the shortest kept of the examples' documents may be kept, in days; None: nothing is said."""


def house_rows(
    workspace: Workspace,
    progress: Callable[[int, int], None] = lambda done, total: None,
    task: str = "",
) -> HouseRows:
    """Render a workspace's examples as live questions are, with its library's own passages.

    Args:
        workspace: Where the examples are.
        progress: Called with how many examples are done, and how many there are.
        task: The task whose examples alone are rendered; empty: all examples.

    Raises:
        UserError: There are no examples, none of the task, or no index though the form has no labels.
    """
    settings = workspace.settings
    examples = of_task(load_examples(workspace.examples), task)
    parts = parts_of(examples, settings.rows, settings.training.seed)
    records = read_records(workspace.records)
    days = [records.of(source).retention_days for example in examples for source in example.sources]
    with open_library(workspace) as library:
        asked = library if not workspace.form.labels or library.status().built else None
        training = build_rows(
            parts.train,
            asked,
            workspace.form,
            settings.retrieval.k,
            settings.rows,
            progress,
            records,
            told=workspace.told,
        )
        validation, test = (
            build_rows(
                part,
                asked,
                workspace.form,
                settings.retrieval.k,
                settings.rows,
                records=records,
                told=workspace.told,
            )
            for part in (parts.validation, parts.test)
        )
    days_left = min((told for told in days if told is not None), default=None)
    return HouseRows(training, validation, test, days_left)


@dataclass(frozen=True)
class OneRow:
    """One row of those that an adapter would be trained on."""

    row: Row | None
    """The row; None where there are not so many."""
    rows: int
    """How many rows were rendered to get there: all of them, where there are not so many."""
    examples: int
    """How many examples there are to learn from; one makes up to three rows."""


def house_row(
    workspace: Workspace, number: int, progress: Callable[[int, int], None] = lambda done, total: None
) -> OneRow:
    """Render one row as `house_rows` would, and no more examples than it takes to get there.

    Chance draws on from row to row, so the ones before it are rendered as well.

    Args:
        workspace: Where the examples are.
        number: Which row to learn from, from 1.
        progress: Called with how many examples are done, and how many there are.

    Raises:
        UserError: As `house_rows`.
    """
    settings = workspace.settings
    train = parts_of(load_examples(workspace.examples), settings.rows, settings.training.seed).train
    records = read_records(workspace.records)
    with open_library(workspace) as library:
        asked = library if not workspace.form.labels or library.status().built else None
        made = build_rows(
            train,
            asked,
            workspace.form,
            settings.retrieval.k,
            settings.rows,
            progress,
            records,
            number,
            workspace.told,
        ).rows
    return OneRow(made[number - 1] if number <= len(made) else None, len(made), len(train))


def check_trainable(workspace: Workspace) -> None:
    """Check that the base's weights are here.

    Raises:
        UserError: It runs at an endpoint.
    """
    if endpoint := workspace.settings.model.endpoint:
        raise UserError(
            f"The base is served by {endpoint} and can't be trained there. Train with `base` set to its weights, without "
            "`endpoint`, then let the server load the adapter."
        )


def train_house(
    workspace: Workspace,
    report: Report = lambda line: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    stop: Stop = lambda: False,
    expect: Callable[[Estimate], None] = lambda estimate: None,
    trackers: Sequence[str] = (),
    candidate: str = "",
    task: str = "",
) -> Trained:
    """Train an adapter on the workspace's examples, rendered with its library's own passages; it serves from then on.

    One for a task answers that task from then on, in the setups that are `+routed`, and what serves goes on serving.

    A training of the very same plan that was killed or stopped goes on where it was.

    Args:
        workspace: Where the examples are, and where the adapter goes.
        report: Called with the training's steps and epochs.
        progress: Called while rows are rendered.
        stop: Asked after each step; once true, the state is saved and the training ends.
        expect: Called once with what the training will take, before it begins.
        trackers: What hears of every step besides (`finetune.training.fit.TRACKERS`).
        candidate: The adapter's name where it is only a candidate: it is made, and what serves goes on serving.
        task: The task whose examples alone it learns from; empty: all examples.

    Raises:
        UserError: There are no examples or no index, the model runs at an endpoint, or as `train_adapter`.
    """
    settings = workspace.settings
    check_trainable(workspace)
    lineage, served = workspace.adapters, workspace.adapters.served
    forgotten = lineage.forgotten
    rows = house_rows(workspace, progress, task)
    folder = lineage.home / candidate if candidate else lineage.fresh()
    papers = {
        "purpose": settings.rows.purpose,
        "retention_days": rows.retention_days,
        "follows": served[-1] if served else "",
        **({"task": task} if task else {}),
    }
    manifest = train_adapter(
        settings.model.base,
        rows.training.rows,
        rows.validation.rows,
        folder,
        settings.training,
        workspace.ingredients(),
        report,
        workspace.trainings,
        stop,
        expect,
        trackers,
        papers,
        rows.test.rows,
    )
    lineage.check_since(forgotten, folder.name)
    if task and not candidate:
        lineage.use_for(task, folder.name)
    elif not candidate:
        lineage.use(folder.name)
    return Trained(manifest, rows.training)
