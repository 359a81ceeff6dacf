"""An adapter that leaves the house: what other tools read of it, and that it answers there as it did here."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from finetune import adapter, registry
from finetune.base import load_base
from finetune.export import Shape, export, ollama_template
from finetune.training import proofs
from finetune.training.settings import TrainingSettings
from finetune.training.train import train_adapter
from foundation.errors import UserError
from tests.finetune.trainings import rows

TURNS = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Open?"},
    {"role": "assistant", "content": "Yes."},
    {"role": "user", "content": "Until?"},
]


@pytest.fixture(scope="module", params=["lfm2", "llama", "qwen3"])
def trained(
    request: pytest.FixtureRequest, tiny_bases: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("adapters") / "a"
    train_adapter(
        str(tiny_bases[request.param]),
        rows(0, 20),
        rows(20, 24),
        folder,
        TrainingSettings(rank=2, epochs=1, batch=4, learning_rate=1e-2, activated=False),
    )
    return tiny_bases[request.param], folder


def test_peft_s_folder_is_loaded_by_peft_alone_and_names_no_place_of_this_machine(
    trained: tuple[Path, Path], tmp_path: Path
) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base_folder, folder = trained
    base = load_base(str(base_folder))
    manifest = export(folder, base, Shape.PEFT, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "README.md",
        "adapter_config.json",
        "adapter_model.safetensors",
    ]
    config = json.loads((tmp_path / "out" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == manifest.base
    theirs = PeftModel.from_pretrained(
        AutoModelForCausalLM.from_pretrained(str(base_folder), dtype=base.model.dtype), str(tmp_path / "out")
    ).eval()
    ours = adapter.attach_saved(base.model, folder).eval()
    assert (proofs.canary_logits(theirs, base) == proofs.canary_logits(ours, base)).all()


def test_merged_weights_answer_as_base_and_adapter_do(trained: tuple[Path, Path], tmp_path: Path) -> None:
    base_folder, folder = trained
    base = load_base(str(base_folder), exactly=True)
    on = proofs.canary_logits(adapter.attach_saved(base.model, folder).eval(), base)
    export(folder, load_base(str(base_folder), exactly=True), Shape.MERGED, tmp_path / "out")
    merged = load_base(str(tmp_path / "out"), exactly=True)
    assert (proofs.canary_logits(merged.model, merged) - on).abs().max() < 1e-3
    bare = load_base(str(base_folder), exactly=True)
    assert (proofs.canary_logits(bare.model, bare) - on).abs().max() > 1e-3  # naive: the base without it
    assert merged.tokenizer.chat_template == base.tokenizer.chat_template


def test_weights_that_answer_otherwise_once_merged_are_not_written(
    trained: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    merge = adapter.merged

    def spoiled(model: Any) -> Any:
        whole = merge(model)
        with torch.no_grad():
            next(iter(whole.parameters())).mul_(1.5)
        return whole

    monkeypatch.setattr(adapter, "merged", spoiled)
    with pytest.raises(UserError, match="answers otherwise than beside it"):
        export(trained[1], load_base(str(trained[0]), exactly=True), Shape.MERGED, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_ollama_s_template_writes_what_the_tokenizer_s_does(starter_tokenizer: Any) -> None:
    template = ollama_template(starter_tokenizer)
    around = dict(
        re.findall(r'\{\{ if eq \.Role "(\w+)" \}\}(.*?)(?=\{\{ (?:else|end) \}\})', template, re.DOTALL)
    )
    opening = template.rpartition("{{ end }}")[2]
    spelled = (
        "".join(around[turn["role"]].replace("{{ .Content }}", turn["content"]) for turn in TURNS) + opening
    )
    assert spelled == starter_tokenizer.apply_chat_template(TURNS, tokenize=False, add_generation_prompt=True)
    assert (
        template.count("{{ if") == 3
        and template.count("{{ end }}") == 4
        and template.count("{{ else }}") == 2
    )


def test_a_template_that_rewrites_turns_is_refused_for_ollama(starter_tokenizer: Any) -> None:
    import copy

    odd = copy.deepcopy(starter_tokenizer)
    odd.chat_template = "{{ messages | length }}" + odd.chat_template
    with pytest.raises(UserError, match="can't be written for Ollama"):
        ollama_template(odd)


def test_a_gguf_export_has_weights_modelfile_and_the_commands(
    trained: tuple[Path, Path], tmp_path: Path
) -> None:
    export(trained[1], load_base(str(trained[0]), exactly=True), Shape.GGUF, tmp_path / "out")
    modelfile = (tmp_path / "out" / "Modelfile").read_text()
    assert modelfile.startswith("FROM ./model.gguf\nTEMPLATE") and 'PARAMETER stop "<|im_end|>"' in modelfile
    assert "convert_hf_to_gguf.py" in (tmp_path / "out" / "GGUF.md").read_text()
    assert (tmp_path / "out" / "model.safetensors").is_file()


def test_nothing_is_written_over_and_a_tainted_adapter_does_not_leave(
    trained: tuple[Path, Path], tmp_path: Path
) -> None:
    base = load_base(str(trained[0]), exactly=True)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").touch()
    with pytest.raises(UserError, match="nothing is written over"):
        export(trained[1], base, Shape.PEFT, tmp_path / "taken")
    registry.taint(trained[1], "2026-11-22", 1)
    with pytest.raises(UserError, match="were forgotten since"):
        export(trained[1], base, Shape.PEFT, tmp_path / "out")
    (trained[1] / registry.TAINTED).unlink()
    assert not (tmp_path / "out").exists()


def test_the_model_card_tells_data_curve_and_limits(trained: tuple[Path, Path], tmp_path: Path) -> None:
    manifest = export(trained[1], load_base(str(trained[0]), exactly=True), Shape.PEFT, tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    assert f"{manifest.rows} rows to learn from" in card and "kept |" in card and "## Limits" in card
    assert str(tmp_path) not in card
