"""What was trained on what is erased, marked: adapters, and embedders that were taught here.

Weights can't be made to forget. A marked adapter is served no more. A marked embedder goes on, as it tells no words; it is told
of wherever it is used, and refused where the workspace is strict. Knows nothing of what is erased, or of how.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.workspace import Workspace
from finetune.training import runs
from rag.tuning import tuned_folder

TAUGHT_FROM = ("examples", "questions", "clicks")
"""Data sets that embedders are taught from, besides the documents."""


@dataclass(frozen=True)
class Marked:
    """What was marked, by name."""

    adapters: tuple[str, ...] = ()
    """Adapters that learned from it."""
    embedders: tuple[str, ...] = ()
    """Taught embedders that learned from it, or were taught from one that did."""

    def __or__(self, other: Marked) -> Marked:
        """Return what is in either."""
        return Marked(
            tuple(dict.fromkeys(self.adapters + other.adapters)),
            tuple(dict.fromkeys(self.embedders + other.embedders)),
        )


NOTHING = Marked()
"""Where nothing learned from it."""


def mark(
    workspace: Workspace,
    date: str,
    learned: Mapping[str, int] | None = None,
    taught: int = 0,
    sources: Collection[str] = (),
) -> Marked:
    """Mark what was trained on what is erased, and end the trainings that are under way.

    Args:
        workspace: Where.
        date: When it is erased, YYYY-MM-DD.
        learned: How many rows go, by the data set of `finetune.lineage.LEARNED_FROM` that they stand in.
        taught: Rows of `TAUGHT_FROM` that go.
        sources: Documents that go.
    """
    adapters: list[str] = []
    if learned and any(learned.values()):
        runs.discard(workspace.trainings)
        runs.discard(workspace.sweeps)
        adapters = workspace.adapters.taint(date, learned)
    embedders: list[str] = []
    if taught or sources:
        tuned_folder.stop(workspace.embedders)
        embedders = tuned_folder.taint(workspace.embedders, date, sources, taught)
    return Marked(tuple(adapters), tuple(embedders))


def marked(workspace: Workspace) -> Marked:
    """Return everything that is marked."""
    lineage, home = workspace.adapters, workspace.embedders
    return Marked(
        tuple(name for name in lineage.names() if lineage.marked(name)),
        tuple(
            name
            for name in tuned_folder.names(home)
            if tuned_folder.tainted(home / name / tuned_folder.MODEL)
        ),
    )


def embedding(workspace: Workspace) -> str:
    """Return the name of the embedder that is used, where it is marked; empty where it is not."""
    folder = Path(workspace.settings.retrieval.embedder)
    return folder.parent.name if tuned_folder.tainted(folder) else ""


def embedder_text(name: str) -> str:
    """Return what is to be done about a marked embedder that is used."""
    return (
        f"The embedder {name} learned from what was erased since, and can't be made to forget. `rungwise tune-embedder --back` "
        f"goes back to the one before it, `rungwise tune-embedder` teaches a new one, `rungwise tune-embedder --drop {name}` "
        "removes it."
    )


def holds_no_text(workspace: Workspace, path: Path) -> bool:
    """Whether a file of a workspace is a model's: its weights are numbers, and its vocabulary lists words of a language."""
    named = (
        workspace.settings.retrieval.embedder,
        workspace.settings.retrieval.reranker,
        workspace.settings.model.base,
    )
    models = [workspace.root / name for name in named if name]
    if any(path.is_relative_to(model) for model in models if model != workspace.root and model.is_dir()):
        return True
    if path.is_relative_to(workspace.embedders):
        return tuned_folder.MODEL in path.relative_to(workspace.embedders).parts[:-1]
    return path.suffix == ".safetensors" and path.is_relative_to(workspace.built)
