"""Training on tiny bases of three architectures: what is rendered, what is learned, what is published and refused."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from finetune import adapter, registry
from finetune.base import Precision, choose_precision, fingerprint_of, licence_of, load_base
from finetune.registry import Manifest
from finetune.render import IGNORED, Rendered, prompt_ids, prompt_text, render, terminators
from finetune.training import proofs
from finetune.training.settings import TrainingSettings
from finetune.training.train import Row, train_adapter
from foundation.errors import UserError

PROMPT = ({"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is the fee?"})


def rows(count: int) -> list[Row]:
    return [
        Row(
            ({"role": "user", "content": f"What is the fee for plan {number}?"},), f"The fee is {number} EUR."
        )
        for number in range(count)
    ]


@pytest.fixture(scope="module", params=["lfm2", "llama", "qwen3"])
def base_folder(request: pytest.FixtureRequest, tiny_bases: dict[str, Path]) -> Path:
    return tiny_bases[request.param]


# ---------------------------------------------------------------- rendering


def test_training_begins_with_the_very_ids_that_serving_feeds_the_model(starter_tokenizer: Any) -> None:
    ends = terminators(starter_tokenizer, 2)
    made = render(starter_tokenizer, PROMPT, "5 EUR.", ends)
    assert list(made.ids[: made.prompt]) == prompt_ids(starter_tokenizer, PROMPT)
    whole = starter_tokenizer.decode(list(made.ids))
    assert whole == prompt_text(starter_tokenizer, PROMPT) + " 5 EUR.<|im_end|>"


def test_only_the_answer_and_its_terminator_are_trained_on(starter_tokenizer: Any) -> None:
    made = render(starter_tokenizer, PROMPT, "5 EUR.", terminators(starter_tokenizer, 2))
    trained = [token for token in made.labels if token != IGNORED]
    assert starter_tokenizer.decode(trained) == " 5 EUR.<|im_end|>"
    assert made.labels[-1] == starter_tokenizer.eos_token_id


def test_a_template_that_rewrites_the_prompt_is_refused(starter_tokenizer: Any) -> None:
    import copy

    odd = copy.deepcopy(starter_tokenizer)
    odd.chat_template = "{{ messages | length }}" + odd.chat_template
    with pytest.raises(ValueError, match="renders a prompt differently"):
        render(odd, PROMPT, "5 EUR.", [2])


def test_an_answer_gets_its_terminator_where_the_template_writes_none(starter_tokenizer: Any) -> None:
    import copy

    bare = copy.deepcopy(starter_tokenizer)
    bare.chat_template = "{% for message in messages %}{{ message['content'] }}|{% endfor %}"
    assert render(bare, PROMPT, "5 EUR.", [2]).ids[-1] == 2


# ---------------------------------------------------------------- the base


def test_the_fingerprint_is_the_same_in_another_process_format_and_differs_for_one_changed_weight(
    base_folder: Path,
) -> None:
    import torch

    base = load_base(str(base_folder))
    assert load_base(str(base_folder)).fingerprint == base.fingerprint
    name, value = next(iter(base.model.named_parameters()))
    with torch.no_grad():
        value.view(-1)[0] += 1e-3
    assert fingerprint_of(base.model, base.tokenizer) != base.fingerprint, name


@pytest.mark.parametrize("name", ["float32", "bfloat16", "float16"])
def test_an_adapter_goes_to_a_machine_that_computes_in_another_number_format(
    base_folder: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = load_base(str(base_folder)).fingerprint
    monkeypatch.setattr("finetune.base.choose_precision", lambda exactly: Precision(name, "cpu", ""))
    there = load_base(str(base_folder))
    assert str(there.model.dtype) == f"torch.{name}" and there.fingerprint == here


def test_a_base_that_is_not_here_is_one_sentence_that_names_it() -> None:
    with pytest.raises(UserError, match='"no/such-model" can\'t be loaded: .*`base` in rungwise.toml'):
        load_base("no/such-model")


def test_a_base_without_a_chat_template_is_refused(tiny_bases: dict[str, Path], tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(tiny_bases["llama"], bare)
    (bare / "chat_template.jinja").unlink()
    with pytest.raises(UserError, match="has no chat template"):
        load_base(str(bare))


def test_the_number_format_comes_with_its_reason() -> None:
    chosen = choose_precision()
    assert chosen.name in ("float32", "bfloat16", "float16") and chosen.reason.endswith(".")


# ---------------------------------------------------------------- training and publishing


@pytest.fixture(scope="module")
def trained(
    base_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, Any, list[dict[str, float]]]:
    folder = tmp_path_factory.mktemp("workspace") / "adapters" / "house"
    told: list[dict[str, float]] = []
    settings = TrainingSettings(rank=4, epochs=3, batch=8, learning_rate=1e-2, dropout=0.0)
    manifest = train_adapter(
        str(base_folder), rows(40), rows(6), folder, settings, {"examples": "hash"}, told.append
    )
    return base_folder, folder, manifest, told


def test_training_lowers_the_loss_and_reports_it_as_it_goes(trained: Any) -> None:
    _, _, manifest, told = trained
    losses = [point["loss"] for point in manifest.curve]
    assert losses[-1] < losses[0]
    assert any("step" in line for line in told) and any("validation_loss" in line for line in told)


def test_the_manifest_names_what_the_adapter_was_made_from(trained: Any) -> None:
    base, folder, manifest, _ = trained
    assert registry.verify(folder, manifest.base, manifest.base_fingerprint) == manifest
    assert manifest.base_fingerprint == load_base(str(base)).fingerprint
    assert (
        manifest.rows == 40
        and manifest.made_from == {"examples": "hash"}
        and "adapter_model.safetensors" in manifest.files
    )


def test_a_saved_adapter_changes_the_answers_switched_on_and_none_switched_off(trained: Any) -> None:
    import torch

    base_folder, folder, _, _ = trained
    base = load_base(str(base_folder))
    ids = torch.tensor([prompt_ids(base.tokenizer, PROMPT)])
    with torch.inference_mode():
        bare = base.model(ids).logits
        model = adapter.attach_saved(base.model, folder).eval()
        on = model(ids).logits
        with adapter.switched(model, False):
            off = model(ids).logits
    assert torch.equal(bare, off)
    assert (on - bare).abs().max() > 1e-3


def test_the_proof_is_in_the_manifest_and_holds_for_the_adapter_that_is_loaded_again(trained: Any) -> None:
    base_folder, folder, manifest, _ = trained
    base = load_base(str(base_folder))
    assert manifest.proof["moved"] > 0 and manifest.proof["asked"] == 6
    bare = proofs.canary_logits(base.model, base)
    model = adapter.attach_saved(base.model, folder).eval()
    assert proofs.agrees(model, base, manifest.proof["canary"])
    with adapter.switched(model, False):
        assert (proofs.canary_logits(model, base) == bare).all()
    assert not proofs.agrees(model, base, [value + 1 for value in manifest.proof["canary"]])


def test_an_adapter_that_did_not_move_or_is_not_what_was_written_is_refused(trained: Any) -> None:
    import torch

    base_folder, folder, _, _ = trained
    base = load_base(str(base_folder))
    off = proofs.canary_logits(base.model, base)
    model = adapter.attach_saved(base.model, folder).eval()
    with pytest.raises(UserError, match="The base answers otherwise with the adapter off"):
        proofs.after(model, base, off + 1, [], folder)
    whole, factor = next((name, value) for name, value in model.named_parameters() if "lora_B" in name)
    name = whole.split(".lora_B")[0].removeprefix("base_model.model.")
    with torch.no_grad():
        factor.data[0, 0] += 1
    with pytest.raises(UserError, match=r"not what was trained: .* differs"):
        proofs.after(model, base, off, [], folder)
    with torch.no_grad():
        factor.zero_()
    with pytest.raises(UserError, match=rf"\({re.escape(name)} stayed\)"):
        proofs.after(model, base, off, [], folder)


def test_a_row_without_an_answer_or_without_an_end_is_refused_by_its_number() -> None:
    whole = Rendered((1, 2, 3, 9), 2)
    with pytest.raises(UserError, match="Training row 2 has no answer to learn"):
        proofs.before([whole, Rendered((1, 2), 2)], [9])
    with pytest.raises(UserError, match="Training row 1 does not end in a token that ends answers"):
        proofs.before([Rendered((1, 2, 3), 2)], [9])
    proofs.before([whole], [9])


def test_a_base_that_served_another_setup_keeps_its_fingerprint_after_training(trained: Any) -> None:
    base_folder, _, manifest, _ = trained
    assert load_base(str(base_folder)).fingerprint == manifest.base_fingerprint


def test_no_adapter_and_a_broken_manifest_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no adapter yet. Run `rungwise train` first"):
        registry.read(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(UserError, match="manifest can't be read"):
        registry.read(tmp_path)


def test_a_training_that_fails_leaves_the_old_adapter_and_nothing_half_written(
    trained: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, folder, manifest, _ = trained

    def fail(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("finetune.training.train.fit", fail)
    with pytest.raises(KeyboardInterrupt):
        train_adapter(str(base), rows(20), rows(4), folder)
    assert registry.verify(folder, manifest.base, manifest.base_fingerprint) == manifest
    assert [path.name for path in folder.parent.iterdir()] == ["house"]


def test_too_few_rows_are_refused_with_the_number_that_is_needed(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="at least 10 rows and 1 for validation, but there are 9 and 1"):
        train_adapter(str(tiny_bases["lfm2"]), rows(9), rows(1), tmp_path / "house")


def test_a_row_beyond_the_base_s_window_is_refused_by_its_number(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    long = Row(({"role": "user", "content": "word " * 3000},), "Yes.")
    with pytest.raises(UserError, match=r"Training row 1 has \d+ tokens, but"):
        train_adapter(str(tiny_bases["lfm2"]), [long, *rows(12)], rows(2), tmp_path / "house")


def test_unfit_training_settings_are_all_named_at_once() -> None:
    with pytest.raises(
        UserError,
        match="rank must be 1 to 256, but is 0; epochs must be 1 to 100, or 0 for the rule's, but is -1",
    ):
        TrainingSettings(rank=0, epochs=-1)
    with pytest.raises(UserError, match='variant must be lora, rslora, dora or pissa, but is "dorra"'):
        TrainingSettings(variant="dorra")


def test_a_base_s_licence_is_read_from_its_card_and_not_guessed(tmp_path: Path) -> None:
    assert licence_of("starter") == "apache-2.0"
    assert licence_of(str(tmp_path)) == ""
    (tmp_path / "README.md").write_text(
        "---\nlibrary_name: x\nlicense: cc-by-4.0\n---\nlicense: mit\n", "utf-8"
    )
    assert licence_of(str(tmp_path)) == "cc-by-4.0"
    (tmp_path / "README.md").write_text("# A model\n\nlicense: mit\n", "utf-8")
    assert licence_of(str(tmp_path)) == ""
    assert licence_of("nobody/has-this-model") == ""


def test_papers_are_told_with_the_day_until_which_an_adapter_may_be_kept() -> None:
    told = {"licence": "apache-2.0", "purpose": "", "retention_days": 30, "follows": "a"}
    made = Manifest(
        "b", "starter", "f", 10, 1, "", {}, {}, [], 1.0, 1.0, {}, "2026-01-02T00:00:00+00:00", papers=told
    )
    assert made.papers_text == (
        "licence of the base: apache-2.0; purpose: not said; to be kept until 2026-02-01 at most, as the shortest kept of its "
        "documents; follows a"
    )
    assert replace(made, papers={}).papers_text == ""
