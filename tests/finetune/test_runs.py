"""The directory of a training: which run goes on, which of its states is whole, what is removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.training.runs import Run, discard

PLAN = {"rows": 3, "settings": {"rank": 2}}


def state(run: Run, step: int, best: int | None = None, sealed: bool = True) -> Path:
    folder = run.states / f"checkpoint-{step}"
    (folder / "deep").mkdir(parents=True)
    (folder / "weights").write_bytes(bytes([step]) * 100)
    (folder / "deep" / "optimizer").write_bytes(b"o" * 10)
    if sealed:
        run.seal(step, best)
    return folder


def test_a_run_goes_on_only_with_the_very_same_plan_and_only_until_it_ended(tmp_path: Path) -> None:
    run = Run.begin(tmp_path, PLAN)
    run.release()
    again = Run.begin(tmp_path, PLAN)
    assert again.folder == run.folder
    assert Run.begin(tmp_path, {**PLAN, "rows": 4}).folder != run.folder
    again.end("done", adapter="a")
    again.release()
    assert Run.begin(tmp_path, PLAN).folder != run.folder


def test_two_at_once_do_not_go_on_in_one_directory(tmp_path: Path) -> None:
    one, other = Run.begin(tmp_path, PLAN), Run.begin(tmp_path, PLAN)
    assert one.folder != other.folder
    one.release()
    assert Run.begin(tmp_path, PLAN).folder == one.folder


@pytest.mark.fault(104)
@pytest.mark.parametrize("harm", ["unsealed", "cut", "missing", "flipped", "half a seal"])
def test_a_state_that_is_not_whole_is_passed_over_and_removed(tmp_path: Path, harm: str) -> None:
    run = Run.begin(tmp_path, PLAN)
    whole = state(run, 5, best=5)
    newer = state(run, 7, best=5, sealed=harm != "unsealed")
    naive = max(run.states.iterdir(), key=lambda path: int(path.name.rpartition("-")[2]))
    if harm == "cut":
        (newer / "weights").write_bytes(b"")
    elif harm == "missing":
        (newer / "deep" / "optimizer").unlink()
    elif harm == "flipped":
        (newer / "weights").write_bytes(bytes([6]) + bytes([7]) * 99)
    elif harm == "half a seal":
        (newer / "sealed.json").write_text("{")
    assert naive == newer  # naive: the newest by its name, as transformers' get_last_checkpoint does
    assert run.newest() == whole and not newer.exists()


def test_a_state_whose_best_one_is_damaged_is_not_gone_on_from(tmp_path: Path) -> None:
    run = Run.begin(tmp_path, PLAN)
    best = state(run, 5, best=5)
    state(run, 7, best=5)
    (best / "weights").unlink()
    assert run.newest() is None


def test_old_states_go_when_a_new_one_is_sealed_but_the_best_one_stays(tmp_path: Path) -> None:
    run = Run.begin(tmp_path, PLAN)
    for step in (3, 5, 7, 9):
        state(run, step, best=5 if step >= 5 else None)
    assert sorted(path.name for path in run.states.iterdir()) == ["checkpoint-5", "checkpoint-9"]


def test_a_curve_that_a_kill_cut_off_is_read_up_to_there(tmp_path: Path) -> None:
    run = Run.begin(tmp_path, PLAN)
    run.tell({"step": 1, "loss": 2.0})
    with (run.folder / "curve.jsonl").open("a") as file:
        file.write('{"step": 2, "lo')
    assert run.curve() == [{"step": 1, "loss": 2.0}]


def test_what_was_forgotten_is_in_no_state(tmp_path: Path) -> None:
    unfinished, finished = Run.begin(tmp_path, PLAN), Run.begin(tmp_path, {"rows": 1})
    state(unfinished, 3)
    finished.end("done")
    assert discard(tmp_path) == 1
    assert not unfinished.states.exists() and Run.begin(tmp_path, PLAN).folder != unfinished.folder
