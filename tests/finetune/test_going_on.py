"""A training that is killed, stopped, out of disk or memory, or breaks down: what is kept, and what goes on from where."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from finetune import adapter, registry
from finetune.training.runs import discard
from finetune.training.settings import TrainingSettings
from finetune.training.train import train_adapter
from foundation.errors import ExitCode, UserError
from tests.finetune.trainings import REPOSITORY, STEPS, WRONG, rows, train


@pytest.mark.fault(103)
@pytest.mark.parametrize("at", [2, 5, 8, 12])
def test_a_training_that_is_stopped_goes_on_to_the_very_same_adapter(
    tiny_bases: dict[str, Path], tmp_path: Path, whole: registry.Manifest, at: int
) -> None:
    with pytest.raises(UserError, match=f"Stopped after step {at} of {STEPS}.*goes on from there") as stopped:
        train(tiny_bases["lfm2"], tmp_path, "a", stop_at=at)
    assert stopped.value.exit_code == ExitCode.INTERRUPTED
    assert not (tmp_path / "adapters" / "a").exists()
    told: list[dict[str, float]] = []
    made = train(tiny_bases["lfm2"], tmp_path, "b", report=told.append)
    assert min(line["step"] for line in told if "step" in line) == at + 1
    assert (
        made.curve == whole.curve
        and made.files["adapter_model.safetensors"] == whole.files["adapter_model.safetensors"]
    )
    (run,) = (tmp_path / "runs").iterdir()
    assert json.loads((run / "end.json").read_text()) == {"ended": "done", "adapter": "b"}
    assert (
        not (run / "checkpoints").exists()
        and len((run / "curve.jsonl").read_text().splitlines()) == STEPS + 3
    )


@pytest.mark.fault(103)
def test_with_an_order_drawn_from_what_was_drawn_before_going_on_ends_elsewhere(
    tiny_bases: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers.trainer_pt_utils import LengthGroupedSampler

    class Naive(LengthGroupedSampler):
        """The trainer's own: its order comes from the dice that the dropout throws too."""

        def __init__(self, batch: int, lengths: list[int], generator: Any) -> None:
            super().__init__(batch, lengths=lengths)

    monkeypatch.setattr("transformers.trainer_pt_utils.LengthGroupedSampler", Naive)
    ends = set()
    for home, stop_at in (("whole", None), ("halved", 8)):
        if stop_at:
            with pytest.raises(UserError, match="Stopped"):
                train(tiny_bases["lfm2"], tmp_path / home, "a", stop_at=stop_at)
        ends.add(train(tiny_bases["lfm2"], tmp_path / home, "b").files["adapter_model.safetensors"])
    assert len(ends) == 2


def in_a_process(code: str, base: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a training that does not end well in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code, str(base), str(home)], cwd=REPOSITORY, timeout=300,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, capture_output=True, text=True,
    )  # fmt: skip


def goes_on_from(step: int, base: Path, home: Path, whole: registry.Manifest) -> None:
    """Train again; the first step must be this one, and the adapter that of an undisturbed training."""
    told: list[dict[str, float]] = []
    made = train(base, home, "b", report=told.append)
    assert min(line["step"] for line in told if "step" in line) == step
    assert made.files["adapter_model.safetensors"] == whole.files["adapter_model.safetensors"]


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.finetune import trainings
from finetune.training.runs import Run

def told(line):
    if line.get("step") == {at}:
        os.kill(os.getpid(), signal.SIGKILL)

if {saving}:
    seal = Run.seal
    Run.seal = lambda self, step, best: os.kill(os.getpid(), signal.SIGKILL) if step == 10 else seal(self, step, best)
trainings.train(Path(sys.argv[1]), Path(sys.argv[2]), "a", report=told)
"""


@pytest.mark.slow
@pytest.mark.fault(103)
@pytest.mark.parametrize(("at", "saving", "goes_on"), [(3, False, 1), (7, False, 6), (0, True, 6)])
def test_a_training_that_is_killed_goes_on_from_its_last_whole_state(
    tiny_bases: dict[str, Path], tmp_path: Path, whole: registry.Manifest, at: int, saving: bool, goes_on: int
) -> None:
    code = KILLED.format(at=at, saving=saving)
    ended = in_a_process(code, tiny_bases["lfm2"], tmp_path)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert registry.MANIFEST not in {path.name for path in (tmp_path / "adapters").rglob("*")}
    goes_on_from(goes_on, tiny_bases["lfm2"], tmp_path, whole)


def test_a_run_that_was_stopped_after_its_early_end_is_published_without_another_epoch(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    settings = TrainingSettings(rank=4, epochs=9, batch=8, learning_rate=3e-2, dropout=0.0, patience=1)
    one = train_adapter(str(tiny_bases["lfm2"]), rows(0, 40), WRONG, tmp_path / "a", settings)
    epochs = len(one.curve)
    assert epochs < 9
    seen = 0

    def stop() -> bool:
        nonlocal seen
        seen += 1
        return seen == 5 * epochs

    with pytest.raises(UserError, match=f"Stopped after step {5 * epochs}"):
        train_adapter(
            str(tiny_bases["lfm2"]),
            rows(0, 40),
            WRONG,
            tmp_path / "b",
            settings,
            runs=tmp_path / "r",
            stop=stop,
        )
    told: list[dict[str, float]] = []
    again = train_adapter(
        str(tiny_bases["lfm2"]),
        rows(0, 40),
        WRONG,
        tmp_path / "c",
        settings,
        runs=tmp_path / "r",
        report=told.append,
    )
    assert told == [] and again.curve == one.curve
    assert again.files["adapter_model.safetensors"] == one.files["adapter_model.safetensors"]


@pytest.mark.fault(105)
def test_a_loss_that_is_no_number_ends_the_training_with_its_reason_and_is_not_gone_on_from(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    settings = TrainingSettings(rank=2, epochs=3, batch=8, learning_rate=0.1)
    import torch

    def spoil(line: dict[str, float]) -> None:
        if line.get("step") == 7:
            with torch.no_grad():
                next(value for name, value in held["model"].named_parameters() if "lora_B" in name).fill_(
                    float("nan")
                )

    held: dict[str, Any] = {}
    attach = adapter.attach_new
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adapter, "attach_new", lambda *args: held.setdefault("model", attach(*args)))
        with pytest.raises(
            UserError, match=r"broke down at step 8: the loss is no number.*Lower `learning_rate`"
        ):
            train_adapter(
                str(tiny_bases["lfm2"]),
                rows(0, 40),
                rows(40, 48),
                tmp_path / "a",
                settings,
                report=spoil,
                runs=tmp_path / "r",
            )
    (run,) = (tmp_path / "r").iterdir()
    assert json.loads((run / "end.json").read_text())["ended"] == "failed"
    from transformers import TrainingArguments

    # naive: the trainer as it comes logs the mean of the steps before in its place, and trains on to the end
    assert TrainingArguments(output_dir=str(tmp_path / "n"), use_cpu=True).logging_nan_inf_filter
    assert not (tmp_path / "a").exists() and list(tmp_path.glob(".*")) == []


DISK_FULL = """
import resource, sys
from pathlib import Path
from tests.finetune import trainings
from foundation.errors import UserError
import signal

def told(line):
    if line.get("step") == 7:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, resource.RLIM_INFINITY))
try:
    trainings.train(Path(sys.argv[1]), Path(sys.argv[2]), "a", report=told)
except UserError as error:
    print(error)
"""


@pytest.mark.slow
@pytest.mark.fault(105)
def test_a_full_disk_is_a_sentence_and_the_last_whole_state_is_gone_on_from(
    tiny_bases: dict[str, Path], tmp_path: Path, whole: registry.Manifest
) -> None:
    ended = in_a_process(DISK_FULL, tiny_bases["lfm2"], tmp_path)
    assert "The disk is full" in ended.stdout, ended.stdout + ended.stderr
    goes_on_from(6, tiny_bases["lfm2"], tmp_path, whole)


@pytest.mark.fault(105)
def test_full_memory_is_a_sentence(tiny_bases: dict[str, Path], tmp_path: Path) -> None:
    def full(line: dict[str, float]) -> None:
        raise RuntimeError(
            "[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: you tried …"
        )

    with pytest.raises(UserError, match="memory does not suffice"):
        train(tiny_bases["lfm2"], tmp_path, "a", report=full)


def test_what_was_forgotten_during_a_training_is_not_published(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    def forget(line: dict[str, float]) -> None:
        if line.get("step") == STEPS:
            assert discard(tmp_path / "runs") == 1

    with pytest.raises(UserError, match="was forgotten while it was trained"):
        train(tiny_bases["lfm2"], tmp_path, "a", report=forget)
    assert list((tmp_path / "adapters").iterdir()) == []
