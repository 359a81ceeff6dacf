"""A base in four bits a weight: smaller, trained on and served as one, and taken for no other base."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from finetune import adapter, quantised, registry
from finetune.base import STARTER, Base, licence_of, load_base
from finetune.export import Shape, export
from finetune.registry import Manifest
from finetune.training import proofs
from foundation.errors import UserError
from tests.finetune.trainings import SETTINGS, train

PLAIN = replace(SETTINGS, activated=False, learning_rate=1e-2)


def named(folder: Path) -> Path:
    return folder.with_name(folder.name + quantised.MARK)


@pytest.fixture(scope="module", params=["llama", "qwen3"])
def trained(
    request: pytest.FixtureRequest, tiny_bases: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, Manifest]:
    home = tmp_path_factory.mktemp("four-bits")
    base = tiny_bases[request.param]
    return base, home / "adapters" / "a", train(named(base), home, "a", settings=PLAIN)


def test_its_linear_layers_are_four_bits_wide_and_its_name_and_fingerprint_are_its_own(
    tiny_bases: dict[str, Path],
) -> None:
    whole, small = load_base(str(tiny_bases["llama"])), load_base(str(named(tiny_bases["llama"])))
    layers = [type(one).__name__ for name, one in small.model.named_modules() if name.endswith("_proj")]
    assert layers and set(layers) == {"Linear4bit"}
    assert small.model.get_memory_footprint() < whole.model.get_memory_footprint()
    assert small.name.endswith("+4bit") and small.fingerprint != whole.fingerprint
    assert small.fingerprint == load_base(str(named(tiny_bases["llama"]))).fingerprint
    assert licence_of(STARTER + quantised.MARK) == licence_of(STARTER) != ""


def test_an_adapter_learns_on_it_and_answers_the_same_when_both_are_loaded_anew(
    trained: tuple[Path, Path, Manifest],
) -> None:
    base, folder, manifest = trained
    assert manifest.curve[-1]["validation_loss"] < manifest.curve[0]["validation_loss"] - 0.1
    small = load_base(str(named(base)))
    registry.verify(folder, small.name, small.fingerprint)
    before = proofs.canary_logits(small.model, small)
    model = adapter.attach_saved(small.model, folder).eval()
    assert proofs.agrees(model, small, manifest.proof["canary"], close=1e-4)
    with adapter.switched(model, False):
        assert (proofs.canary_logits(model, small) == before).all()


def test_the_adapter_is_refused_on_the_whole_base_where_a_naive_load_answers_otherwise(
    trained: tuple[Path, Path, Manifest],
) -> None:
    base, folder, manifest = trained
    whole = load_base(str(base))
    with pytest.raises(UserError):
        registry.verify(folder, whole.name, whole.fingerprint)
    naive = adapter.attach_saved(whole.model, folder).eval()
    assert not proofs.agrees(naive, whole, manifest.proof["canary"], close=1e-4)


def test_what_needs_every_weight_as_it_is_says_so(
    trained: tuple[Path, Path, Manifest], tmp_path: Path
) -> None:
    base, folder, _ = trained
    for settings in (replace(PLAIN, method="full"), replace(PLAIN, variant="pissa")):
        with pytest.raises(
            UserError, match="held in four bits a weight, and what was asked for writes weights anew"
        ):
            train(named(base), tmp_path, "b", settings=settings)
    with pytest.raises(UserError, match="writes weights anew"):
        load_base(str(named(base)), exactly=True)
    small: Base = load_base(str(named(base)))
    with pytest.raises(UserError, match="held in four bits a weight"):
        export(folder, small, Shape.MERGED, tmp_path / "merged")
    export(folder, small, Shape.PEFT, tmp_path / "peft")
    assert quantised.MARK not in (tmp_path / "peft" / "adapter_config.json").read_text()


def test_without_bitsandbytes_it_says_what_to_install(
    tiny_bases: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *_: None if name == "bitsandbytes" else 1)
    monkeypatch.delitem(sys.modules, "bitsandbytes", raising=False)
    with pytest.raises(UserError, match=r"pip install 'rungwise\[qlora\]'"):
        quantised.config(None)  # type: ignore[arg-type]
