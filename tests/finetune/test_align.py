"""Preference alignment on tiny bases with random weights: what it learns, what it is held to, and what it writes."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finetune import adapter, registry
from finetune.base import Base, load_base
from finetune.preference.align import Aligned, HeldOut, Pair, render_pairs
from finetune.preference.align_settings import AlignSettings
from finetune.preference.dpo import Tokens, log_probs, margins
from finetune.probes.likelihood import losses
from finetune.training.course import best_of
from finetune.training.settings import TrainingSettings
from finetune.training.train import train_adapter
from foundation.errors import ExitCode, UserError
from tests.finetune.alignments import SETTINGS, align, drawn, pairs
from tests.finetune.trainings import rows

SFT = TrainingSettings(rank=4, learning_rate=1e-3, epochs=1, batch=8, dropout=0.0)


def trained(base: Path, folder: Path, settings: TrainingSettings = SFT) -> Path:
    """Train the adapter that an alignment begins with."""
    train_adapter(str(base), rows(0, 24), rows(24, 28), folder, settings)
    return folder


@pytest.fixture(scope="module")
def source(tiny_bases: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter on the starter's architecture, activated as the starter's are."""
    return trained(tiny_bases["lfm2"], tmp_path_factory.mktemp("sft") / "sft")


@dataclass(frozen=True)
class Made:
    """One alignment, which several tests look at."""

    folder: Path
    """Where it was published."""
    aligned: Aligned
    """How it went."""
    told: list[object]
    """What was told to the network."""


@pytest.fixture(scope="module")
def made(tiny_bases: dict[str, Path], source: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Align once, with everything that TRL would send put into a list."""
    import trl.trainer.base_trainer as telling

    told: list[object] = []
    folder = tmp_path_factory.mktemp("made") / "aligned"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(telling, "send_telemetry", lambda *args, **rest: told.append(rest))
        patch.delenv("CI", raising=False)
        return Made(folder, align(tiny_bases["lfm2"], source, folder, made_from={"preferences": "abc"}), told)


def test_a_planted_preference_is_learned_and_holds_on_pairs_that_nothing_was_decided_by(made: Made) -> None:
    found = made.aligned.held_out
    assert found.pairs == 12
    assert found.margin.low > 0
    assert found.reward.low > 0.5


def test_the_epoch_of_the_lowest_held_out_loss_is_kept_where_a_naive_count_of_pairs_takes_a_lucky_one() -> (
    None
):
    """The curve of an alignment of the demo's adapter: of 32 held-out pairs two more by luck, and a fifth of the margin."""
    curve = [
        {"validation_loss": 0.6703, "accuracy": 22 / 32, "margin": 0.0488},
        {"validation_loss": 0.6394, "accuracy": 20 / 32, "margin": 0.1252},
    ]
    naive = max(range(2), key=lambda place: curve[place]["accuracy"])
    assert (best_of(curve), naive) == (1, 0)
    learned = [{**point, "accuracy": 1.0} for point in curve]  # all are told apart: a count would stop here
    assert best_of(learned) == 1


@pytest.mark.slow
def test_a_preference_that_a_coin_decided_moves_no_held_out_margin(
    tiny_bases: dict[str, Path], source: Path, tmp_path: Path
) -> None:
    told = {"training": drawn(0, 24, 1), "validation": drawn(24, 32, 2), "test": drawn(32, 72, 3)}
    found = align(tiny_bases["lfm2"], source, tmp_path / "aligned", **told).held_out
    assert found.margin.low < 0 < found.margin.high
    assert found.reward.low < 0.5 < found.reward.high


def test_what_is_published_is_what_was_aligned_and_says_what_it_came_from(
    tiny_bases: dict[str, Path], source: Path, made: Made
) -> None:
    base = load_base(str(tiny_bases["lfm2"]))
    registry.verify(source, base.name, base.fingerprint)  # what it began as is as it was
    manifest = registry.verify(made.folder, base.name, base.fingerprint)
    told, held = manifest.papers["alignment"], made.aligned.held_out
    assert (manifest.papers["follows"], told["aligned_from"], told["rows"]) == ("sft", "sft", 24)
    assert told["settings"]["beta"] == 0.1
    assert HeldOut.read(told["held_out"]).to_dict() == held.to_dict()
    assert manifest.made_from["preferences"] == "abc"
    assert manifest.settings == registry.read(source).settings
    model = adapter.attach_saved(base.model, made.folder).eval()
    after = log_probs(model, base, render_pairs(base, pairs(32, 44)))
    assert tuple(after[:, 0] > after[:, 1]) == held.right


def test_one_flipped_bit_of_an_aligned_adapter_is_refused(
    tiny_bases: dict[str, Path], made: Made, tmp_path: Path
) -> None:
    copy = tmp_path / "aligned"
    shutil.copytree(made.folder, copy)
    weights = copy / "adapter_model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    base = load_base(str(tiny_bases["lfm2"]))
    adapter.read_weights(copy)  # a naive reader takes it
    with pytest.raises(UserError, match="is not the file that was trained"):
        registry.verify(copy, base.name, base.fingerprint)


def test_trl_tells_nobody_of_an_alignment(
    tiny_bases: dict[str, Path], source: Path, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import trl.trainer.base_trainer as telling

    assert made.told == []
    naive: list[object] = []
    monkeypatch.setattr(telling, "send_telemetry", lambda *args, **rest: naive.append(rest))
    monkeypatch.delenv("CI", raising=False)
    base = load_base(str(tiny_bases["lfm2"]))
    stock(base, adapter.attach_saved(base.model, source), render_pairs(base, pairs(0, 2)), tmp_path)
    assert naive, "naive use of the trainer sends a ping"


def test_the_reference_is_the_adapter_itself_as_trl_reads_it(
    tiny_bases: dict[str, Path], source: Path, tmp_path: Path
) -> None:
    """Ours against TRL's own: it copies the adapter as `ref` and reads the pairs with that."""
    base = load_base(str(tiny_bases["lfm2"]))
    model = adapter.attach_saved(base.model, source).eval()
    tokens = render_pairs(base, pairs(0, 6))
    ours = log_probs(model, base, tokens)
    with adapter.switched(model, False):
        bare = -np.array(
            [
                [float(one) for one in losses(model, base, [pair.chosen, pair.rejected], False)]
                for pair in tokens
            ]
        )
    trainer, rows = stock(base, model, tokens, tmp_path)
    chosen, rejected = trainer.compute_ref_log_probs(model, trainer.data_collator(rows))
    theirs = np.stack([chosen.numpy(), rejected.numpy()], axis=1)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-3)
    taught = np.array(
        [[len(row.ids) - row.prompt for row in (pair.chosen, pair.rejected)] for pair in tokens]
    )
    assert np.abs(bare * taught - theirs).max() > 1e-2, "the bare base, a naive reference, is another one"


def stock(base: Base, model: Any, tokens: Sequence[Tokens], folder: Path) -> tuple[Any, list[dict[str, Any]]]:
    """Return TRL's own trainer over pairs, and the pairs as it takes them."""
    from datasets import Dataset
    from trl.trainer.dpo_config import DPOConfig
    from trl.trainer.dpo_trainer import DPOTrainer

    rows = [
        {
            "prompt_ids": list(one.chosen.ids[: one.chosen.prompt]),
            "chosen_ids": list(one.chosen.ids[one.chosen.prompt :]),
            "rejected_ids": list(one.rejected.ids[one.rejected.prompt :]),
        }
        for one in tokens
    ]

    class AsItIs(DPOTrainer):
        def _prepare_dataset(self, dataset: Any, *args: Any, **rest: Any) -> Any:
            return dataset

    arguments = DPOConfig(output_dir=str(folder), use_cpu=True, bf16=False, report_to=[], max_length=None)
    trainer = AsItIs(
        model=model, args=arguments, train_dataset=Dataset.from_list(rows), processing_class=base.tokenizer
    )
    return trainer, rows


def test_margins_are_beta_times_what_the_chosen_answer_gained_over_the_rejected_one() -> None:
    before, after = np.array([[-3.0, -2.0], [-1.0, -5.0]]), np.array([[-2.0, -2.5], [-1.0, -4.0]])
    assert margins(before, after, 0.1).tolist() == pytest.approx([0.15, -0.1])


@pytest.mark.slow
def test_an_alignment_that_was_stopped_goes_on_and_ends_with_the_very_same_weights(
    tiny_bases: dict[str, Path], source: Path, tmp_path: Path
) -> None:
    whole = align(tiny_bases["lfm2"], source, tmp_path / "a" / "whole").manifest
    seen = 0

    def stop() -> bool:
        nonlocal seen
        seen += 1
        return seen == 8

    with pytest.raises(UserError, match="Stopped after step 8 of 18") as stopped:
        align(tiny_bases["lfm2"], source, tmp_path / "b" / "again", runs=tmp_path / "runs", stop=stop)
    assert stopped.value.exit_code is ExitCode.INTERRUPTED
    again = align(tiny_bases["lfm2"], source, tmp_path / "b" / "again", runs=tmp_path / "runs").manifest
    assert again.files[again.weights] == whole.files[whole.weights]
    assert again.curve == whole.curve
    other = align(
        tiny_bases["lfm2"],
        source,
        tmp_path / "c",
        settings=AlignSettings(learning_rate=3e-3, epochs=3, batch=4, seed=8, patience=3),
    ).manifest
    assert other.files[other.weights] != whole.files[whole.weights]


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["dora", "lora"])
def test_dora_and_adapters_that_act_everywhere_are_aligned_too(
    variant: str, tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    settings = TrainingSettings(
        rank=4, learning_rate=1e-3, epochs=1, batch=8, variant=variant, activated=False
    )
    begun = trained(tiny_bases["llama"], tmp_path / "sft", settings)
    assert align(tiny_bases["llama"], begun, tmp_path / "aligned").held_out.margin.low > 0


def test_whole_weights_are_refused_with_what_to_do(tiny_bases: dict[str, Path], tmp_path: Path) -> None:
    begun = trained(
        tiny_bases["llama"],
        tmp_path / "sft",
        TrainingSettings(method="full", learning_rate=1e-4, epochs=1, activated=False),
    )
    with pytest.raises(
        UserError, match="these are whole weights, and an alignment needs an adapter beside the base"
    ):
        align(tiny_bases["llama"], begun, tmp_path / "aligned")


def test_too_few_pairs_are_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(
        UserError,
        match="at least 10 pairs to learn from, 1 to stop by and 1 to measure by, but there are 9, 8 and 12",
    ):
        align(tmp_path / "nowhere", tmp_path / "none", tmp_path / "aligned", training=pairs(0, 9))


def test_an_adapter_of_another_base_is_refused(
    tiny_bases: dict[str, Path], source: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="was trained on the base"):
        align(tiny_bases["llama"], source, tmp_path / "aligned")


def test_a_pair_that_the_base_has_no_room_for_is_refused_and_never_cut(
    tiny_bases: dict[str, Path], source: Path, tmp_path: Path
) -> None:
    long = Pair(({"role": "user", "content": "What is the fee? " * 400},), "Ten.", "Eleven.")
    with pytest.raises(UserError, match="tokens, but"):
        align(tiny_bases["lfm2"], source, tmp_path / "aligned", training=[*pairs(0, 24), long])


def test_without_trl_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "trl" else real(name, *rest)
    )
    with pytest.raises(UserError, match=r"pip install 'rungwise\[align\]'"):
        align(tmp_path, tmp_path, tmp_path / "aligned")


def test_the_rate_is_a_tenth_of_the_adapters_own_where_none_is_set() -> None:
    assert AlignSettings().rate(2e-3) == pytest.approx(2e-4)
    assert SETTINGS.rate(2e-3) == 3e-3


@pytest.mark.slow
def test_the_starter_learns_a_planted_preference_beside_what_it_was_trained_on(tmp_path: Path) -> None:
    train_adapter("starter", rows(0, 40), rows(40, 44), tmp_path / "sft", TrainingSettings(epochs=2, batch=8))
    settings = AlignSettings(epochs=2, batch=8)
    found = align(Path("starter"), tmp_path / "sft", tmp_path / "aligned", settings=settings).held_out
    assert found.reward.low > 0.5 and found.margin.low > 0
