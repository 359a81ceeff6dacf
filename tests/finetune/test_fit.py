"""What a fit keeps, what it computes, and what is said before: the best epoch, parts of a batch, variants, the estimate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from finetune import adapter, registry
from finetune.base import load_base
from finetune.probes.likelihood import losses
from finetune.render import Rendered
from finetune.training import proofs
from finetune.training.batches import AT_ONCE, Batches, parts_of
from finetune.training.estimate import Estimate
from finetune.training.fit import TRACKERS
from finetune.training.settings import TrainingSettings
from finetune.training.train import Row, render_rows, train_adapter
from foundation.errors import UserError
from tests.finetune.trainings import SETTINGS, STEPS, WRONG, rows, train


def test_the_epoch_that_validated_best_is_the_one_that_is_written(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    settings = TrainingSettings(rank=4, epochs=4, batch=8, learning_rate=3e-2, dropout=0.0, patience=4)
    made = train_adapter(str(tiny_bases["lfm2"]), rows(0, 40), WRONG, tmp_path / "a", settings)
    losses = [point["validation_loss"] for point in made.curve]
    assert losses[-1] > min(losses) and made.best_epoch == made.curve[losses.index(min(losses))]["epoch"]
    # what was written is that epoch: one training of exactly so many epochs' length would have another schedule
    base = load_base(str(tiny_bases["lfm2"]))
    model = adapter.attach_saved(base.model, tmp_path / "a").eval()
    assert validation_loss(model, base, WRONG) == pytest.approx(min(losses), abs=2e-3)


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


def test_a_tracker_that_is_not_known_or_not_installed_is_refused_before_anything_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match='report to "wandb". Choose trackio, mlflow or tensorboard'):
        train_adapter("not there", rows(0, 12), rows(12, 14), tmp_path / "a", trackers=["wandb"])
    monkeypatch.setitem(TRACKERS, "mlflow", "a_package_that_nobody_has")
    with pytest.raises(UserError, match="Run `pip install a_package_that_nobody_has`"):
        train_adapter("not there", rows(0, 12), rows(12, 14), tmp_path / "a", trackers=["mlflow"])


def test_a_tracker_hears_of_every_step_and_writes_beside_the_curve(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    pytest.importorskip(
        "tensorboard", reason="TensorBoard is not installed; `pip install tensorboard` brings it."
    )
    train_adapter(
        str(tiny_bases["lfm2"]),
        rows(0, 16),
        rows(16, 18),
        tmp_path / "a",
        SETTINGS,
        runs=tmp_path / "runs",
        trackers=["tensorboard"],
    )
    (run,) = (tmp_path / "runs").iterdir()
    written = b"".join(path.read_bytes() for path in (run / "tensorboard").iterdir())
    assert b"train/loss" in written and written.count(b"eval/loss") == SETTINGS.epochs


def test_a_batch_in_parts_takes_the_same_steps_as_a_whole_one(
    tiny_bases: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = TrainingSettings(rank=2, learning_rate=1e-3, epochs=2, batch=8, dropout=0.0)
    assert parts_of(8) == 8 // AT_ONCE == 2
    curves = []
    for at_once in (2, 8):
        monkeypatch.setattr("finetune.training.batches.AT_ONCE", at_once)
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
    batch = Batches(base).collate(made)
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
    made = train(tiny_bases["lfm2"], tmp_path / "whole", "a", settings=varied)
    with pytest.raises(UserError, match="Stopped after step 7"):
        train(tiny_bases["lfm2"], tmp_path / "halved", "a", stop_at=7, settings=varied)
    again = train(tiny_bases["lfm2"], tmp_path / "halved", "b", settings=varied)
    weights = "adapter_model.safetensors"
    assert made.files[weights] == again.files[weights] != whole.files[weights]
    base = load_base(str(tiny_bases["lfm2"]))
    model = adapter.attach_saved(base.model, tmp_path / "whole" / "adapters" / "a").eval()
    assert proofs.agrees(model, base, made.proof["canary"])


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
    monkeypatch.setattr("finetune.base.total_and_free", lambda: (10**6, 10**5))
    with pytest.raises(UserError, match=r"can't fit into memory: .* Lower `k` or `chunk_tokens`"):
        train(tiny_bases["lfm2"], tmp_path, "a")
    monkeypatch.undo()
    monkeypatch.setattr(
        "finetune.training.estimate.shutil.disk_usage", lambda path: type("Usage", (), {"free": 10})()
    )
    with pytest.raises(UserError, match="Make room, or lower `rank`"):
        train(tiny_bases["lfm2"], tmp_path, "a")
    assert not (tmp_path / "runs").exists() and list((tmp_path / "adapters").iterdir()) == []


@pytest.mark.parametrize("architecture", ["lfm2", "llama", "qwen3"])
def test_pissa_begins_in_the_base_and_is_written_as_an_adapter_of_the_base_as_it_was(
    tiny_bases: dict[str, Path], tmp_path: Path, architecture: str
) -> None:
    settings = replace(SETTINGS, variant="pissa", learning_rate=5e-3)
    made = train(tiny_bases[architecture], tmp_path, "a", settings=settings)
    assert made.settings["activated"] is False
    assert made.curve[-1]["validation_loss"] < made.curve[0]["validation_loss"] - 0.05
    base = load_base(str(tiny_bases[architecture]), exactly=True)
    bare = proofs.canary_logits(base.model, base)
    model = adapter.attach_saved(base.model, tmp_path / "adapters" / "a").eval()
    assert proofs.agrees(model, base, made.proof["canary"], close=1e-3)
    assert model.active_peft_config.r == 2 * SETTINGS.rank
    rendered = render_rows(base, rows(40, 48))
    again = float(losses(model, base, rendered, on=True).mean())
    best = min(point["validation_loss"] for point in made.curve)
    assert again == pytest.approx(best, abs=0.02)  # what was validated is what is written
    with adapter.switched(model, False):
        assert (proofs.canary_logits(model, base) == bare).all()


def test_pissa_goes_on_after_a_stop_and_ends_as_an_undisturbed_one(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    settings = replace(SETTINGS, variant="pissa")
    whole = train(tiny_bases["llama"], tmp_path / "whole", "a", settings=settings)
    with pytest.raises(UserError, match="Stopped after step 7"):
        train(tiny_bases["llama"], tmp_path / "cut", "a", stop_at=7, settings=settings)
    assert train(tiny_bases["llama"], tmp_path / "cut", "a", settings=settings).files == whole.files


def test_what_is_measured_on_test_rows_is_paired_and_decides_nothing(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    base = tiny_bases["llama"]
    without = train(base, tmp_path / "without", "a")
    made = train(base, tmp_path / "with", "a", test=rows(50, 60))
    assert made.files == without.files and without.test == {}
    before, after, change = (made.test[name]["value"] for name in ("before", "after", "change"))
    assert made.test["rows"] == 10 and change == pytest.approx(after - before, abs=2e-4)
    assert made.test["change"]["high"] < 0  # it learned the form of new answers, too
    assert f"answers cost {after:.2f} nats a token" in made.test_text
