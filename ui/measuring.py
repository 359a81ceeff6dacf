"""A workspace measured: its questions asked of its assistant, and what comes out written beside them.

Puts the assistant and the experiments together as a workspace's settings say. Knows nothing of how
anything is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant.assistant import Assistant
from assistant.local import LocalEngine
from assistant.setup import AnySetup, Setup
from assistant.workspace import Workspace
from experiments import (
    ClimbReport,
    Loss,
    Meter,
    Progress,
    Step,
    Verdict,
    Ways,
    attribute,
    climb,
    comparison_dict,
    load_questions,
    measure,
    to_evidence,
)
from finetune import registry
from foundation.errors import UserError
from foundation.files import write_json_atomic

Tell = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class Proof:
    """What a comparison found."""

    verdict: Verdict
    """The comparison."""
    losses: tuple[Loss, ...]
    """Why questions were lost."""
    evidence: dict[str, Any]
    """What it tells the advisor."""


@dataclass(frozen=True)
class Makers:
    """What a climb calls to make what is missing."""

    sync: Callable[[], object]
    """Brings the documents into the index."""
    train: Callable[[], object]
    """Trains the adapter."""


def meter(workspace: Workspace, assistant: Assistant, tell: Tell) -> Meter[AnySetup]:
    """Return what asks a workspace's questions; every comparison and climb keeps its answers in one place."""

    def progress(seen: Progress) -> None:
        kept = f" ({seen.reused} kept from before)" if seen.reused else ""
        tell(f"Asking {', '.join(seen.setups)}{kept}", seen.done, seen.total)

    return Meter(
        asker=assistant,
        form=workspace.form,
        folder=workspace.runs / "replies",
        fingerprint=assistant.fingerprint,
        batch_size=workspace.settings.model.batch,
        ask_failures_again=True,
        progress=progress,
    )


def climb_house(
    workspace: Workspace, assistant: Assistant, makers: Makers, tell: Tell, on_step: Callable[[Step], None]
) -> tuple[ClimbReport, Proof]:
    """Climb a workspace's ladder on its dev questions and prove the end on its test questions.

    Raises:
        UserError: There are no questions, or something that is to be made can't be.
    """
    dev = load_questions(workspace.questions, "dev")
    test = load_questions(workspace.questions, "test")
    target = workspace.settings.target
    asked = meter(workspace, assistant, tell)
    report = climb(
        dev,
        test,
        _ways(workspace, assistant, makers),
        asked,
        target=target.pass_rate,
        margin=target.margin,
        on_step=on_step,
    )
    # Every answer is kept already: this reads them again, to tell why questions were lost.
    tried = [setup for setup in Setup if report.verdict.standing(setup.value)]
    return report, _proof(
        report.verdict,
        attribute(measure(test, tried, replace(asked, progress=None, ask_failures_again=False))),
    )


def record(workspace: Workspace, measured: Proof) -> None:
    """Write what was found: `comparison.json` for the page, `evidence.json` for the advisor."""
    write_json_atomic(workspace.comparison, comparison_dict(measured.verdict, measured.losses))
    write_json_atomic(workspace.evidence, measured.evidence)


def check_ready(assistant: Assistant, setups: Sequence[AnySetup]) -> None:
    """Check that every setup has what it needs.

    Raises:
        UserError: There is no index, or no adapter that fits the base.
    """
    library = assistant.library
    for setup in setups:
        if setup.retrieve and (library is None or not library.status().built):
            raise UserError(
                f'The setup "{setup}" needs an index, and there is none. Run `rungwise sync`, or leave it '
                "out with --setups."
            )
    for setup in setups:
        assistant.fingerprint(setup)


def stale_adapter(workspace: Workspace, assistant: Assistant) -> str:
    """Return why the adapter must be trained (again); empty where it need not.

    Documents may change without it: they are not in the weights.
    """
    try:
        manifest = registry.read(workspace.adapter)
        if isinstance(assistant.engine, LocalEngine):
            base = assistant.engine.base
            registry.verify(workspace.adapter, base.name, base.fingerprint)
    except UserError as error:
        return str(error)
    return workspace.changed_since(manifest.made_from)


def _ways(workspace: Workspace, assistant: Assistant, makers: Makers) -> Ways[AnySetup]:
    """Return what can be tried: retrieval with documents, an adapter with examples or one that is served."""
    documents = workspace.documents.is_dir() and any(workspace.documents.iterdir())
    model = workspace.settings.model

    def train() -> None:
        if stale_adapter(workspace, assistant):
            makers.train()

    able: Callable[[], object] | None = train if workspace.examples.is_file() else None
    if model.endpoint:
        able = (lambda: None) if model.adapter else None
    return Ways(tuple(Setup), makers.sync if documents else None, able)


def _proof(verdict: Verdict, losses: Sequence[Loss]) -> Proof:
    return Proof(verdict, tuple(losses), to_evidence(verdict, losses))
