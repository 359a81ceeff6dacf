"""The packaged embedder itself taught: words that no model has seen are learned and taken; labels drawn by lot are not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from taught_world import ASKED, make_world

from assistant import Workspace
from assistant.open import open_library
from experiments.finding.teaching import Outcome, Teaching, back, teach
from experiments.shown.teaching_text import teaching_text
from rag.embedding.embed import PACKAGED
from rag.tuning.embedder_training import TrainingPlan

PLAN = TrainingPlan(epochs=2, learning_rate=2e-4, patience=2)
QUESTION = ASKED.format(a="rope", b="attic")


def taught(root: Path, teachable: bool) -> tuple[Workspace, Teaching, list[str], list[str]]:
    """Teach a world; return it, what came of it, and what was found for a question before and, by the same settings, beside it."""
    house = Workspace.open(make_world(root, Path(PACKAGED), teachable))
    with open_library(house) as library:
        library.sync()
    before, beside = found(house), list[str]()

    def tell(title: str, done: int, total: int, note: str = "") -> None:
        if title == "Asking with the taught embedder" and not beside:
            beside.extend(found(house))  # what serves goes on serving while another one is tried

    return house, teach(house, tell, plan=PLAN), before, beside


def found(house: Workspace) -> list[str]:
    with open_library(house) as library:
        return [hit.chunk.id for hit in library.search(QUESTION, 5)]


def naive(done: Teaching) -> bool:
    """Take whatever the training's own loss calls better."""
    assert done.fitted is not None
    losses = [epoch["loss"] for epoch in done.fitted.curve]
    return losses[-1] < losses[0]


@pytest.mark.slow
def test_new_words_are_taken_beside_the_old_index_and_one_command_goes_back(tmp_path: Path) -> None:
    house, done, before, beside = taught(tmp_path / "house", teachable=True)
    assert done.outcome is Outcome.ACCEPTED, teaching_text(done)
    gain = done.acceptance
    assert gain is not None and gain.before.mean < 0.3 < 0.7 < gain.after.mean and gain.gain.low > 0.2
    assert gain.unseen is not None and gain.unseen.low > 0  # in documents that gave no pair, too
    assert (
        beside == before and done.embedded == 0
    )  # the old index answered; the new one was filled from the trial
    after = Workspace.open(house.root)
    assert found(after) != before
    name, report = back(after, lambda *told: None)
    assert (name, report.embedded) == (PACKAGED, 0)
    assert found(Workspace.open(house.root)) == before


@pytest.mark.slow
def test_labels_by_lot_are_refused_though_a_naive_gate_on_the_training_loss_takes_them(
    tmp_path: Path,
) -> None:
    house, done, before, _ = taught(tmp_path / "house", teachable=False)
    assert naive(done)  # the loss fell: it learned the lots by heart
    assert done.outcome in (Outcome.KEPT, Outcome.NOT_BETTER), teaching_text(done)
    assert found(Workspace.open(house.root)) == before
