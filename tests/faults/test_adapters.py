"""Fault cases of adapters and bases that come from elsewhere; each is tried on Rungwise and on the libraries as they come.

The numbers are those of `docs/faults.md`.
"""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest

from finetune import adapter, registry
from finetune.base import load_base
from finetune.registry import Manifest
from finetune.training import proofs
from finetune.training.settings import TrainingSettings
from finetune.training.train import train_adapter
from foundation.errors import UserError
from tests.finetune.trainings import rows


@pytest.fixture(scope="module")
def trained(
    tiny_bases: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, Manifest]:
    """A base, an adapter of it, and the adapter's papers."""
    folder = tmp_path_factory.mktemp("adapters") / "a"
    settings = TrainingSettings(rank=2, epochs=1, batch=4, learning_rate=1e-2)
    return (
        tiny_bases["llama"],
        folder,
        train_adapter(str(tiny_bases["llama"]), rows(0, 20), rows(20, 24), folder, settings),
    )


class Runs:
    """Runs code when it is unpickled."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.proof,))


@pytest.mark.fault(106)
def test_an_adapter_in_a_pickle_is_refused_unread(
    trained: tuple[Path, Path, Manifest], tmp_path: Path
) -> None:
    _, folder, manifest = trained
    staged = tmp_path / "staged"
    shutil.copytree(folder, staged)
    (staged / "adapter_model.safetensors").unlink()
    proof = tmp_path / "ran"
    (staged / "adapter_model.bin").write_bytes(pickle.dumps(Runs(proof)))
    registry.publish(staged, tmp_path / "evil", manifest)  # even with papers of its own that fit
    with pytest.raises(UserError, match=r"has no adapter_model.safetensors; other formats are not loaded"):
        registry.verify(tmp_path / "evil", manifest.base, manifest.base_fingerprint)
    assert not proof.exists()
    pickle.loads((tmp_path / "evil" / "adapter_model.bin").read_bytes())  # naive: reading it is running it
    assert proof.exists()


@pytest.mark.fault(107)
@pytest.mark.parametrize("harm", ["flipped", "cut", "gone", "config"])
def test_an_adapter_that_is_not_byte_for_byte_what_was_trained_is_refused(
    trained: tuple[Path, Path, Manifest], tmp_path: Path, harm: str
) -> None:
    base, folder, manifest = trained
    copy = tmp_path / "a"
    shutil.copytree(folder, copy)
    weights, config = copy / "adapter_model.safetensors", copy / "adapter_config.json"
    if harm == "flipped":
        data = bytearray(weights.read_bytes())
        data[-1] ^= 1
        weights.write_bytes(data)
    elif harm == "cut":
        weights.write_bytes(weights.read_bytes()[:-8])
    elif harm == "gone":
        weights.unlink()
    else:
        config.write_text(json.dumps(json.loads(config.read_text()) | {"lora_alpha": 4_000}))
    with pytest.raises(UserError, match="not the file that was trained|is incomplete"):
        registry.verify(copy, manifest.base, manifest.base_fingerprint)
    if harm in ("flipped", "config"):
        # naive: PEFT loads it in silence
        adapter.attach_saved(load_base(str(base)).model, copy)


@pytest.mark.fault(108)
def test_an_adapter_of_another_base_is_refused_with_both_names_though_it_fits(
    trained: tuple[Path, Path, Manifest], tmp_path: Path
) -> None:
    import torch

    base_folder, folder, manifest = trained
    other = tmp_path / "other"
    shutil.copytree(base_folder, other)
    base = load_base(str(base_folder))
    with torch.no_grad():
        for value in base.model.parameters():
            value.mul_(1.5)
    base.model.save_pretrained(other)
    wrong = load_base(str(other))
    bare = proofs.canary_logits(wrong.model, wrong)
    loaded = adapter.attach_saved(
        wrong.model, folder
    ).eval()  # naive: the same shape, so PEFT takes it in silence
    assert (proofs.canary_logits(loaded, wrong) != bare).any()
    with pytest.raises(UserError) as refused:
        registry.verify(folder, wrong.name, wrong.fingerprint)
    assert manifest.base in str(refused.value) and wrong.name in str(refused.value)
    template = tmp_path / "template"
    shutil.copytree(base_folder, template)
    path = template / "chat_template.jinja"
    path.write_text(path.read_text().replace("assistant", "helper"))
    changed = load_base(str(template))  # the same weights behind another chat template
    with pytest.raises(UserError, match="was trained on the base"):
        registry.verify(folder, changed.name, changed.fingerprint)


@pytest.mark.fault(109)
def test_code_of_a_base_s_own_is_not_run(tiny_bases: dict[str, Path], tmp_path: Path) -> None:
    from transformers import AutoConfig

    evil, proof = tmp_path / "evil", tmp_path / "ran"
    shutil.copytree(tiny_bases["llama"], evil)
    config = json.loads((evil / "config.json").read_text())
    config |= {"model_type": "evil", "auto_map": {"AutoConfig": "evil.Config"}}
    (evil / "config.json").write_text(json.dumps(config))
    (evil / "evil.py").write_text(
        f"from transformers import LlamaConfig\nopen({str(proof)!r}, 'w').close()\n"
        "class Config(LlamaConfig):\n    model_type = 'evil'\n"
    )
    with pytest.raises(UserError, match="can't be loaded"):
        load_base(str(evil))
    assert not proof.exists()
    AutoConfig.from_pretrained(
        str(evil), trust_remote_code=True
    )  # naive: the option that answers always recommend
    assert proof.exists()


@pytest.mark.fault(114)
def test_the_same_seed_trains_the_same_bytes(tiny_bases: dict[str, Path], tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model

    made = [
        train_adapter(
            str(tiny_bases["llama"]),
            rows(0, 16),
            rows(16, 20),
            tmp_path / name,
            TrainingSettings(rank=2, epochs=1, batch=8),
        )
        for name in ("one", "two")
    ]
    assert made[0].files["adapter_model.safetensors"] == made[1].files["adapter_model.safetensors"]
    naive = []  # naive: nothing sets the dice before the factors are drawn
    for _ in range(2):
        config = LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM")
        model = get_peft_model(load_base(str(tiny_bases["llama"])).model, config)
        naive.append({name: value.clone() for name, value in model.state_dict().items() if "lora_A" in name})
    assert any((naive[0][name] != naive[1][name]).any() for name in naive[0])
