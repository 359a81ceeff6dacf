"""What an adapter makes a base forget: told where it does, and not where it does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from finetune import adapter
from finetune.base import load_base
from finetune.probes import forgetting
from finetune.probes.forgetting import MARGIN, General, general, probe
from finetune.probes.intervals import Interval, mean, share
from finetune.probes.likelihood import losses
from finetune.training.settings import TrainingSettings
from finetune.training.train import Row, render_rows, train_adapter
from tests import naive
from tests.finetune.trainings import rows


def skilled(folder: Path, home: Path) -> Path:
    """A tiny base that learned the general answers, so that it has something to lose."""
    known = [Row(({"role": "user", "content": row.question},), row.answer) for row in general()]
    settings = TrainingSettings(
        rank=16, epochs=20, batch=8, learning_rate=1e-2, dropout=0.0, patience=20, activated=False
    )
    train_adapter(str(folder), known, known[:8], home / "skills", settings)
    base = load_base(str(folder))
    merged = adapter.merged(adapter.attach_saved(base.model, home / "skills"))
    merged.save_pretrained(home / "able")
    base.tokenizer.save_pretrained(home / "able")
    return home / "able"


def test_the_packaged_rows_are_of_three_kinds_and_two_languages_and_none_stands_twice() -> None:
    found = general()
    assert len(found) == 60 == len({row.question for row in found})
    assert {row.kind for row in found} == {"talk", "instruction", "reading"}
    assert {row.language for row in found} == {"en", "tr"}
    assert all(row.answer for row in found)
    assert all("\n" in row.question for row in found if row.kind == "reading")


def test_the_loss_of_a_row_does_not_depend_on_what_it_is_read_with(tiny_bases: dict[str, Path]) -> None:
    import torch

    for name in tiny_bases:
        base = load_base(str(tiny_bases[name]))
        made = render_rows(base, [*rows(0, 5), Row(rows(7, 8)[0].prompt, "It is free. " * 9)])
        model = adapter.attach_new(base.model, 2, 4, 0.0, 0).eval()
        together = losses(model, base, made, True)
        for row, loss in zip(made, together, strict=True):
            labels = torch.tensor([row.labels])
            with torch.inference_mode():
                alone = float(model(input_ids=torch.tensor([row.ids]), labels=labels).loss)
            assert loss == pytest.approx(alone, abs=1e-4), name


@pytest.mark.fault(115)
def test_an_adapter_that_costs_the_base_its_skills_is_reported_where_the_validation_loss_is_naive_enough_to_fall(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    able = skilled(tiny_bases["lfm2"], tmp_path)
    settings = TrainingSettings(rank=8, epochs=6, batch=8, learning_rate=2e-2, dropout=0.0, patience=6)
    made = train_adapter(str(able), rows(0, 40), rows(40, 48), tmp_path / "a", settings)
    base = load_base(str(able))
    found = probe(adapter.attach_saved(base.model, tmp_path / "a").eval(), base)
    assert found.verdict == "regressed" and found.change.low > MARGIN
    assert found.after - found.before == pytest.approx(found.change.value)
    assert set(found.kinds) == {"talk", "instruction", "reading"}
    assert naive.fine(made.curve)


@pytest.mark.fault(115)
def test_an_adapter_that_does_nothing_is_not_called_a_regression(tiny_bases: dict[str, Path]) -> None:
    base = load_base(str(tiny_bases["qwen3"]))
    found = probe(adapter.attach_new(base.model, 2, 4, 0.0, 0).eval(), base)
    assert found.verdict == "held" and found.change == Interval(0.0, 0.0, 0.0)


def test_the_verdict_goes_by_the_interval_and_not_by_the_mean() -> None:
    def verdict(low: float, high: float) -> str:
        change = Interval((low + high) / 2, low, high)
        return forgetting.Forgetting(60, 3.0, 3.0 + change.value, change, {}).verdict

    assert verdict(0.11, 0.30) == "regressed"
    assert verdict(0.05, 0.90) == "open"
    assert verdict(-0.20, 0.09) == "held"


def test_a_skill_is_counted_by_its_kind(tiny_bases: dict[str, Path]) -> None:
    base = load_base(str(tiny_bases["llama"]))
    asked = [General("talk", "en", "Hello!", "Hello!"), General("reading", "en", "A cup.\nWhat?", "A cup.")]
    found = probe(adapter.attach_new(base.model, 2, 4, 0.0, 0).eval(), base, asked)
    assert found.rows == 2 and list(found.kinds) == ["talk", "reading"]


def test_the_interval_of_a_mean_is_that_of_the_normal_distribution_where_rows_are_many() -> None:
    values = np.random.default_rng(0).normal(2.0, 1.0, 2_000)
    found = mean(values)
    assert found.value == pytest.approx(values.mean())
    half = 1.96 * values.std() / 2_000**0.5
    assert found.low == pytest.approx(found.value - half, abs=0.01)
    assert found.high == pytest.approx(found.value + half, abs=0.01)
    assert mean(values) == found


def test_a_share_of_nothing_found_still_may_be_above_zero() -> None:
    none = share(0, 50)  # Wilson: z² / (n + z²)
    assert none.low == 0.0 and none.high == pytest.approx(1.96**2 / (50 + 1.96**2), abs=1e-3)
    for wrong in (lambda: share(0, 0), lambda: mean([])):
        with pytest.raises(ValueError, match="at least one"):
            wrong()


def test_held_against_another_adapter_only_what_is_lost_beyond_it_counts(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    base = load_base(str(next(iter(tiny_bases.values()))))
    model = adapter.attach_new(base.model, 2, 4, 0.0, 0).eval()
    spoiled = forgetting.costs(model, base) - 0.5  # as one that says the general answers better
    assert probe(model, base, before=spoiled).verdict == "regressed"
    assert probe(model, base, before=forgetting.costs(model, base)).change.value == pytest.approx(0.0)
    assert probe(model, base).verdict == "held"  # a new adapter changes nothing of the base
