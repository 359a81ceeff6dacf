"""A workspace's embedder taught: better where there is something to learn, left alone where there is not, and killed anywhere."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from taught_world import ASKED, make_model, make_world

from assistant import Workspace
from assistant.open import open_library
from experiments.finding import teaching
from experiments.finding.material import material
from experiments.finding.teaching import Outcome, back, plan_teaching, teach
from experiments.shown.teaching_text import teaching_dict, teaching_text
from foundation.errors import UserError
from governance import weights
from rag.tuning import tuned_folder
from rag.tuning.embedder_training import TrainingPlan
from rag.tuning.trial import stored

PLAN = TrainingPlan(epochs=12, learning_rate=5e-3, patience=4)
QUIET = lambda title, done, total, note="": None
QUESTION = ASKED.format(a="rope", b="attic")


class Killed(BaseException):
    """What nothing catches."""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("tiny") / "model")


def synced(root: Path) -> Workspace:
    house = Workspace.open(root)
    with open_library(house) as library:
        library.sync()
    return house


def ids(house: Workspace) -> list[tuple[str, float]]:
    with open_library(house) as library:
        return [(hit.chunk.id, round(hit.dense, 4)) for hit in library.search(QUESTION, 5)]


@pytest.mark.slow
def test_jargon_is_learned_switched_to_and_gone_back_from_though_it_is_killed_at_every_step(
    tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = synced(make_world(tmp_path / "house", tiny))
    config, before = (house.root / "rungwise.toml").read_text("utf-8"), ids(house)

    def dies(*args: object, **rest: object) -> None:
        raise Killed

    def in_training(title: str, done: int, total: int, note: str = "") -> None:
        if title == "Training the embedder" and done == 40:
            raise Killed

    def killed_in(name: str | None, tell=QUIET) -> None:
        with pytest.raises(Killed), monkeypatch.context() as patched:
            if name:
                patched.setattr(teaching, name, dies)
            teach(house, tell, plan=PLAN)
        assert (house.root / "rungwise.toml").read_text("utf-8") == config
        assert ids(house) == before  # the old index answers

    killed_in("mined")
    killed_in(None, in_training)
    steps: list[int] = []
    killed_in(
        "embedded", lambda title, done, total, note="": steps.append(done) if "Training" in title else None
    )
    assert min(steps) > 8  # it went on from the last whole epoch
    with monkeypatch.context() as never:
        never.setattr(teaching, "train_embedder", dies)  # it was trained: from here on nothing trains again
        killed_in("look_up")
        with monkeypatch.context() as patched, pytest.raises(Killed):
            patched.setattr(tuned_folder, "write_json_atomic", dies)
            teach(house, QUIET, plan=PLAN)
        assert ids(house) == before and not list(house.embedders.glob("e*"))
    done = teach(house, QUIET, plan=PLAN)
    assert done.outcome is Outcome.ACCEPTED, teaching_text(done)
    assert done.acceptance is not None and done.acceptance.gain.low > 0.2
    assert done.acceptance.times == 1  # asked again after a kill, the questions judge the same embedder
    assert done.embedded == 0  # all was kept from the trial
    assert "accepted" in teaching_dict(done)["acceptance"]
    no_text_at_rest(house)

    taught = Workspace.open(house.root)
    assert taught.settings.retrieval.embedder.endswith(".rungwise/embedders/e1/model")
    assert "# ours" in (house.root / "rungwise.toml").read_text("utf-8")
    papers = tuned_folder.read(Path(taught.settings.retrieval.embedder))
    assert papers is not None and papers.measured["accepted"] and papers.pairs["example"] > 0
    equals_a_fresh_sync(taught, tmp_path)
    name, report = back(taught, QUIET)
    assert (name, report.embedded) == (str(tiny), 0)
    assert ids(Workspace.open(house.root)) == before
    again = teach(Workspace.open(house.root), QUIET, plan=PLAN)
    assert again.outcome is Outcome.ACCEPTED and again.fitted is None and again.embedded == 0


def no_text_at_rest(house: Workspace) -> None:
    """No passage or question may stand beside the weights; a card that quotes samples would, as a naive save writes one."""
    for path in house.embedders.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"units. " not in data and b"How much does the" not in data, path


def equals_a_fresh_sync(taught: Workspace, tmp_path: Path) -> None:
    from rag import Library

    with (
        open_library(taught) as library,
        Library(taught.documents, tmp_path / "fresh", taught.settings.retrieval) as fresh,
    ):
        fresh.sync()
        assert [one.id for one in library.chunks()] == [one.id for one in fresh.chunks()]
        assert stored(library).keys() == stored(fresh).keys()
        found = [[hit.chunk.id for hit in one.search(QUESTION, 5)] for one in (library, fresh)]
        assert found[0] == found[1]


@pytest.mark.slow
def test_where_questions_are_drawn_by_lot_nothing_is_taken(tmp_path: Path, tiny: Path) -> None:
    house = synced(make_world(tmp_path / "house", tiny, teachable=False))
    config, before = (house.root / "rungwise.toml").read_text("utf-8"), ids(house)
    done = teach(house, QUIET, plan=replace(PLAN, epochs=3))
    assert done.outcome in (Outcome.KEPT, Outcome.NOT_BETTER)
    assert "stays" in done.reason
    assert (house.root / "rungwise.toml").read_text("utf-8") == config and ids(house) == before
    assert [path.name for path in house.embedders.iterdir() if path.is_dir()] == []


@pytest.mark.slow
def test_an_embedder_that_learns_nothing_is_not_tried_on_test_questions(tmp_path: Path, tiny: Path) -> None:
    house = synced(make_world(tmp_path / "house", tiny))
    done = teach(house, QUIET, plan=TrainingPlan(epochs=1, learning_rate=0.0))
    assert done.outcome is Outcome.NOT_BETTER and done.acceptance is None
    assert not (house.embedders / "looks.jsonl").exists()
    with pytest.raises(UserError, match="was not taught here, so there is none to go back to"):
        back(house, QUIET)


@pytest.mark.slow
def test_documents_of_a_group_are_not_learned_from_nor_the_test_questions(tmp_path: Path, tiny: Path) -> None:
    root = make_world(tmp_path / "house", tiny)
    (root / "documents.toml").write_text('[[document]]\npath = "d0*"\naccess = ["hr"]\n', "utf-8")
    rows = [json.loads(line) for line in (root / "questions.jsonl").read_text("utf-8").splitlines()]
    stolen = next(row for row in rows if row["part"] == "test" and row["gold"] == ["d20.md"])
    line = {"messages": [{"role": "user", "content": stolen["question"]}, {"role": "assistant", "content": "Yes."}],
            "sources": ["d20.md"], "facts": [stolen["facts"][0][0]]}  # fmt: skip
    with (root / "examples.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    house = synced(root)
    with open_library(house) as library:
        found = material(house, library, house.settings.training.seed)
    sources = {pair.chunk.source for pair in found.pairs}
    assert sources and not any(source.startswith("d0") for source in sources)
    assert not sources & found.held_out
    tests = {row["question"] for row in rows if row["part"] == "test"}
    assert not tests & {pair.query for pair in found.pairs}
    planned = plan_teaching(house)
    assert planned.outcome is Outcome.PLANNED and sum(planned.pairs.values()) == len(found.pairs)
    assert "documents gave none" in " ".join(teaching_text(planned).split())


@pytest.mark.slow
@pytest.mark.fault(44)
def test_a_teaching_whose_material_is_forgotten_meanwhile_publishes_nothing_and_one_from_marked_weights_is_refused(
    tmp_path: Path, tiny: Path
) -> None:
    house = synced(make_world(tmp_path / "house", tiny))

    def forgotten_at_ten(title: str, done: int, total: int, note: str = "") -> None:
        if title == "Training the embedder" and done == 10:
            weights.mark(house, "2026-11-28", sources=["nobody.md"])

    with pytest.raises(UserError, match="forgotten while it was taught, so it is not published"):
        teach(house, forgotten_at_ten, plan=replace(PLAN, epochs=2))
    assert sorted(path.name for path in house.embedders.iterdir()) == [tuned_folder.LOCK]

    done = teach(house, QUIET, plan=PLAN)
    assert done.outcome is Outcome.ACCEPTED
    papers = tuned_folder.read(house.embedders / "e1" / tuned_folder.MODEL)
    assert papers is not None
    assert weights.mark(house, "2026-11-28", sources=[next(iter(papers.sources))]).embedders == ("e1",)
    taught = Workspace.open(house.root)
    assert ids(taught)  # it goes on answering
    with pytest.raises(UserError, match="what is taught from it would have learned it too"):
        teach(taught, QUIET, plan=PLAN)
    back(taught, QUIET)
    again = teach(Workspace.open(house.root), QUIET, plan=PLAN)
    assert again.fitted is not None and again.embedder.endswith(
        "e2/model"
    )  # the marked one is not taken up again
