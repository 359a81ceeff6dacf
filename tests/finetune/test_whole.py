"""Full fine-tuning: every weight is trained, published, switched off and on, and leaves the house merged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from finetune import adapter, registry
from finetune.base import Base, load_base
from finetune.export import Shape, export
from finetune.registry import Manifest
from finetune.training import proofs
from finetune.training.recipe import settle
from finetune.training.settings import TrainingSettings
from foundation.errors import UserError
from tests.finetune.trainings import SETTINGS, WRONG, rows, train

FULL = replace(SETTINGS, method="full", learning_rate=3e-3)


@pytest.fixture(scope="module", params=["lfm2", "llama", "qwen3"])
def trained(
    request: pytest.FixtureRequest, tiny_bases: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, Manifest]:
    home = tmp_path_factory.mktemp("full")
    base = tiny_bases[request.param]
    return base, home / "adapters" / "a", train(base, home, "a", settings=FULL)


def loaded(base: Path) -> Base:
    return load_base(str(base), exactly=True)


def test_it_learns_and_every_matrix_of_the_base_moves(trained: tuple[Path, Path, Manifest]) -> None:
    base, _, manifest = trained
    matrices = [value for value in loaded(base).model.parameters() if value.dim() > 1]
    assert manifest.proof["moved"] == len(matrices)
    assert manifest.curve[-1]["validation_loss"] < manifest.curve[0]["validation_loss"] - 0.1
    assert sorted(manifest.files) == ["config.json", "generation_config.json", "model.safetensors"]


def test_switched_off_the_base_answers_to_the_bit_and_switched_on_what_was_trained(
    trained: tuple[Path, Path, Manifest],
) -> None:
    base, folder, manifest = trained
    bare = loaded(base)
    before = proofs.canary_logits(bare.model, bare)
    registry.verify(folder, bare.name, bare.fingerprint)
    model = adapter.attach_saved(bare.model, folder).eval()
    assert proofs.agrees(model, bare, manifest.proof["canary"], close=1e-4)
    with adapter.switched(model, False):
        assert (proofs.canary_logits(model, bare) == before).all()
    assert not (proofs.canary_logits(model, bare) == before).all()


def test_merged_it_is_loaded_by_transformers_alone_and_as_peft_it_is_refused(
    trained: tuple[Path, Path, Manifest], tmp_path: Path
) -> None:
    base, folder, manifest = trained
    export(folder, loaded(base), Shape.MERGED, tmp_path / "out")
    other = load_base(str(tmp_path / "out"), exactly=True)
    assert proofs.agrees(other.model, other, manifest.proof["canary"], close=1e-3)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="these are whole weights"):
        export(folder, loaded(base), Shape.PEFT, tmp_path / "peft")


def test_stopped_it_goes_on_and_ends_as_an_undisturbed_one_does(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    base = tiny_bases["lfm2"]
    whole = train(base, tmp_path / "whole", "a", settings=FULL)
    with pytest.raises(UserError, match="Stopped after step 7"):
        train(base, tmp_path / "cut", "a", stop_at=7, settings=FULL)
    assert train(base, tmp_path / "cut", "a", settings=FULL).files == whole.files


def test_the_epoch_that_validated_best_is_the_one_that_is_written(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    from finetune.training.train import train_adapter

    settings = replace(FULL, learning_rate=1e-2, epochs=4, patience=4)
    made = train_adapter(str(tiny_bases["llama"]), rows(0, 40), WRONG, tmp_path / "a", settings)
    losses = [point["validation_loss"] for point in made.curve]
    assert made.curve[losses.index(min(losses))]["epoch"] == made.best_epoch < 4


def test_whole_weights_of_another_shape_are_refused_with_their_name(
    trained: tuple[Path, Path, Manifest], tiny_bases: dict[str, Path]
) -> None:
    base, folder, _ = trained
    other = next(place for place in tiny_bases.values() if place != base)
    with pytest.raises(UserError, match="is not what this base has under that name"):
        adapter.attach_saved(loaded(other).model, folder)


def test_the_rule_s_rate_is_full_fine_tuning_s_own() -> None:
    lora, full = (
        settle(TrainingSettings(method=method), 1_000, "llama", 2_000) for method in ("lora", "full")
    )
    assert full.settings.learning_rate == pytest.approx(5e-5)
    assert lora.settings.learning_rate == pytest.approx(10 * full.settings.learning_rate)
    assert "full fine-tuning's at a width of 2,000" in full.why[1]


@pytest.mark.parametrize("more", [{"activated": True}, {"variant": "dora"}, {"lora_plus": 4.0}])
def test_what_is_of_lora_does_not_go_with_it(more: dict[str, object]) -> None:
    with pytest.raises(UserError, match='are of LoRA, but method is "full"'):
        TrainingSettings(method="full", **more)  # type: ignore[arg-type]
