"""A training that is killed, stopped, out of disk, or breaks down: what is kept, and what goes on from where."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from finetune import adapter, proofs, registry
from finetune.base import load_base
from finetune.estimate import Estimate
from finetune.fit import AT_ONCE, collate, parts_of
from finetune.render import Rendered
from finetune.runs import Run, discard
from finetune.settings import TrainingSettings
from finetune.train import Row, train_adapter
from foundation.errors import ExitCode, UserError

REPOSITORY = Path(__file__).resolve().parents[2]
SETTINGS = TrainingSettings(rank=2, epochs=3, batch=8, dropout=0.1, patience=3)
STEPS = 15  # 40 rows in batches of 8, three times


def rows(first: int, last: int, answer: str = "The fee is {} EUR.") -> list[Row]:
    return [
        Row(
            ({"role": "user", "content": f"What is the fee for plan {n}{' please' * (n % 5)}?"},),
            answer.format(n),
        )
        for n in range(first, last)
    ]


def train(base: Path, home: Path, name: str, stop_at: int | None = None, **more: Any) -> registry.Manifest:
    seen = 0

    def stop() -> bool:
        nonlocal seen
        seen += 1
        return seen == stop_at

    return train_adapter(
        str(base),
        rows(0, 40),
        rows(40, 48),
        home / "adapters" / name,
        SETTINGS,
        runs=home / "runs",
        stop=stop,
        **more,
    )


# ---------------------------------------------------------------- the directory


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


def test_what_was_forgotten_during_a_training_is_not_published(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    def forget(line: dict[str, float]) -> None:
        if line.get("step") == STEPS:
            assert discard(tmp_path / "runs") == 1

    with pytest.raises(UserError, match="was forgotten while it was trained"):
        train(tiny_bases["lfm2"], tmp_path, "a", report=forget)
    assert list((tmp_path / "adapters").iterdir()) == []


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


# ---------------------------------------------------------------- trainings


@pytest.fixture(scope="module")
def whole(tiny_bases: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> registry.Manifest:
    """A training that nothing disturbed."""
    return train(tiny_bases["lfm2"], tmp_path_factory.mktemp("whole"), "a")


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


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.finetune import test_runs
from finetune.runs import Run

def told(line):
    if line.get("step") == {at}:
        os.kill(os.getpid(), signal.SIGKILL)

if {saving}:
    seal = Run.seal
    Run.seal = lambda self, step, best: os.kill(os.getpid(), signal.SIGKILL) if step == 10 else seal(self, step, best)
test_runs.train(Path(sys.argv[1]), Path(sys.argv[2]), "a", report=told)
"""


@pytest.mark.slow
@pytest.mark.fault(103)
@pytest.mark.parametrize(("at", "saving", "goes_on"), [(3, False, 1), (7, False, 6), (0, True, 6)])
def test_a_training_that_is_killed_goes_on_from_its_last_whole_state(
    tiny_bases: dict[str, Path], tmp_path: Path, whole: registry.Manifest, at: int, saving: bool, goes_on: int
) -> None:
    code = KILLED.format(at=at, saving=saving)
    ended = subprocess.run(
        [sys.executable, "-c", code, str(tiny_bases["lfm2"]), str(tmp_path)], cwd=REPOSITORY, timeout=300,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, capture_output=True, text=True,
    )  # fmt: skip
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert registry.MANIFEST not in {path.name for path in (tmp_path / "adapters").rglob("*")}
    told: list[dict[str, float]] = []
    made = train(tiny_bases["lfm2"], tmp_path, "b", report=told.append)
    assert min(line["step"] for line in told if "step" in line) == goes_on
    assert made.files["adapter_model.safetensors"] == whole.files["adapter_model.safetensors"]


def test_the_epoch_that_validated_best_is_the_one_that_is_written(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    settings = TrainingSettings(rank=4, epochs=4, batch=8, learning_rate=3e-2, dropout=0.0, patience=4)
    wrong = rows(40, 48, "Nobody told me about {0}, sorry.")
    made = train_adapter(str(tiny_bases["lfm2"]), rows(0, 40), wrong, tmp_path / "a", settings)
    losses = [point["validation_loss"] for point in made.curve]
    assert losses[-1] > min(losses) and made.best_epoch == made.curve[losses.index(min(losses))]["epoch"]
    # what was written is that epoch: one training of exactly so many epochs' length would have another schedule
    base = load_base(str(tiny_bases["lfm2"]))
    model = adapter.attach_saved(base.model, tmp_path / "a").eval()
    assert validation_loss(model, base, wrong) == pytest.approx(min(losses), abs=2e-3)


def validation_loss(model: Any, base: Any, told: list[Row]) -> float:
    import torch

    from finetune.render import render, terminators

    ends = terminators(base.tokenizer, base.model.generation_config.eos_token_id)
    total = count = 0.0
    for row in told:
        made = render(base.tokenizer, row.prompt, row.answer, ends)
        with torch.inference_mode():
            loss = model(torch.tensor([made.ids]), labels=torch.tensor([made.labels])).loss.item()
        total, count = total + loss * (len(made.ids) - made.prompt), count + len(made.ids) - made.prompt
    return float(total / count)


def test_a_run_that_was_stopped_after_its_early_end_is_published_without_another_epoch(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    settings = TrainingSettings(rank=4, epochs=9, batch=8, learning_rate=3e-2, dropout=0.0, patience=1)
    wrong = rows(40, 48, "Nobody told me about {0}, sorry.")
    one = train_adapter(str(tiny_bases["lfm2"]), rows(0, 40), wrong, tmp_path / "a", settings)
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
            wrong,
            tmp_path / "b",
            settings,
            runs=tmp_path / "r",
            stop=stop,
        )
    told: list[dict[str, float]] = []
    again = train_adapter(
        str(tiny_bases["lfm2"]),
        rows(0, 40),
        wrong,
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
from tests.finetune import test_runs
from foundation.errors import UserError
import signal

def told(line):
    if line.get("step") == 7:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, resource.RLIM_INFINITY))
try:
    test_runs.train(Path(sys.argv[1]), Path(sys.argv[2]), "a", report=told)
except UserError as error:
    print(error)
"""


@pytest.mark.slow
@pytest.mark.fault(105)
def test_a_full_disk_is_a_sentence_and_the_last_whole_state_is_gone_on_from(
    tiny_bases: dict[str, Path], tmp_path: Path, whole: registry.Manifest
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", DISK_FULL, str(tiny_bases["lfm2"]), str(tmp_path)], cwd=REPOSITORY, timeout=300,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, capture_output=True, text=True,
    )  # fmt: skip
    assert "The disk is full" in ended.stdout, ended.stdout + ended.stderr
    told: list[dict[str, float]] = []
    made = train(tiny_bases["lfm2"], tmp_path, "b", report=told.append)
    assert min(line["step"] for line in told if "step" in line) == 6
    assert made.files["adapter_model.safetensors"] == whole.files["adapter_model.safetensors"]


@pytest.mark.fault(105)
def test_full_memory_is_a_sentence(tiny_bases: dict[str, Path], tmp_path: Path) -> None:
    def full(line: dict[str, float]) -> None:
        raise RuntimeError(
            "[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: you tried …"
        )

    with pytest.raises(UserError, match="memory does not suffice"):
        train(tiny_bases["lfm2"], tmp_path, "a", report=full)


def test_a_batch_in_parts_takes_the_same_steps_as_a_whole_one(
    tiny_bases: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = TrainingSettings(rank=2, epochs=2, batch=8, dropout=0.0)
    assert parts_of(8) == 8 // AT_ONCE == 2
    curves = []
    for at_once in (2, 8):
        monkeypatch.setattr("finetune.fit.AT_ONCE", at_once)
        made = train_adapter(
            str(tiny_bases["lfm2"]), rows(0, 40), rows(40, 48), tmp_path / str(at_once), settings
        )
        curves.append([point[name] for point in made.curve for name in ("loss", "validation_loss")])
    assert curves[0] == pytest.approx(curves[1], abs=2e-3)


@pytest.mark.parametrize("architecture", ["lfm2", "llama", "qwen3"])
def test_the_loss_of_the_taught_tokens_alone_is_the_loss_of_the_whole(
    tiny_bases: dict[str, Path], architecture: str
) -> None:
    import torch

    base = load_base(str(tiny_bases[architecture]))
    made = [Rendered((*range(5, 5 + length), 2), prompt) for length, prompt in ((9, 4), (12, 11), (5, 1))]
    batch = collate(made, 0)
    kept = base.model(**batch)
    whole = base.model(**{name: batch[name] for name in ("input_ids", "labels", "attention_mask")})
    assert kept.logits.shape[1] < whole.logits.shape[1]
    assert kept.loss.item() == pytest.approx(whole.loss.item(), rel=1e-5)
    gradients = [
        torch.autograd.grad(one.loss, next(iter(base.model.parameters())))[0] for one in (kept, whole)
    ]
    assert torch.allclose(*gradients, atol=1e-6)


@pytest.mark.parametrize(
    "more",
    [{"variant": "rslora"}, {"variant": "dora"}, {"lora_plus": 8.0}],
    ids=lambda more: "-".join(map(str, more.values())),
)
def test_a_variant_trains_is_read_again_and_goes_on_after_a_stop_as_the_plain_one_does(
    tiny_bases: dict[str, Path], tmp_path: Path, whole: registry.Manifest, more: dict[str, Any]
) -> None:
    varied = replace(SETTINGS, **more)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(globals(), "SETTINGS", varied)
        made = train(tiny_bases["lfm2"], tmp_path / "whole", "a")
        with pytest.raises(UserError, match="Stopped after step 7"):
            train(tiny_bases["lfm2"], tmp_path / "halved", "a", stop_at=7)
        again = train(tiny_bases["lfm2"], tmp_path / "halved", "b")
    weights = "adapter_model.safetensors"
    assert made.files[weights] == again.files[weights] != whole.files[weights]
    base = load_base(str(tiny_bases["lfm2"]))
    model = adapter.attach_saved(base.model, tmp_path / "whole" / "adapters" / "a").eval()
    assert proofs.agrees(model, base, made.proof["canary"])


# ---------------------------------------------------------------- the estimate


def test_an_estimate_counts_what_is_then_trained_and_changes_nothing(
    tiny_bases: dict[str, Path], tmp_path: Path, whole: registry.Manifest
) -> None:
    told: list[Estimate] = []
    made = train(tiny_bases["lfm2"], tmp_path, "a", expect=told.append)
    (one,) = told
    assert (one.rows, one.steps) == (40, STEPS)
    assert 0 < one.taught < one.tokens and one.seconds > 0 and one.memory > 10**8 and one.disk > 0
    assert made.files["adapter_model.safetensors"] == whole.files["adapter_model.safetensors"]


def test_a_training_that_can_not_fit_is_refused_before_it_begins(
    tiny_bases: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finetune.estimate.total_and_free", lambda: (10**6, 10**5))
    with pytest.raises(UserError, match=r"can't fit into memory: .* Lower `k` or `chunk_tokens`"):
        train(tiny_bases["lfm2"], tmp_path, "a")
    monkeypatch.undo()
    monkeypatch.setattr("finetune.estimate.shutil.disk_usage", lambda path: type("Usage", (), {"free": 10})())
    with pytest.raises(UserError, match="Make room, or lower `rank`"):
        train(tiny_bases["lfm2"], tmp_path, "a")
    assert not (tmp_path / "runs").exists() and list((tmp_path / "adapters").iterdir()) == []
