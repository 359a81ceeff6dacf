"""What rules choose for a training, held against the published formula worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.training.recipe import settle
from finetune.training.settings import TrainingSettings


@pytest.mark.parametrize(
    ("family", "width", "rows", "rate"),
    [
        ("llama", 2_000, 10_000, 5e-4),  # the width of the formula: nothing to scale by
        ("llama", 4_096, 10_000, 2.9e-4),  # 5e-4 · (2000 / 4096) ** 0.781
        ("qwen3", 1_024, 10_000, 5.3e-4),  # 5e-4 · (2000 / 1024) ** 0.0775
        ("qwen3", 1_024, 200, 7.9e-4),  # 39 steps: half as much again
    ],
)
def test_the_rate_is_the_formula_s(family: str, width: int, rows: int, rate: float) -> None:
    assert settle(TrainingSettings(), rows, family, width).settings.learning_rate == pytest.approx(
        rate, rel=0.01
    )


@pytest.mark.parametrize(
    ("rows", "epochs"), [(10, 10), (33, 4), (34, 3), (481, 3), (8_333, 3), (9_000, 2), (30_000, 1)]
)
def test_few_rows_are_seen_more_often_and_very_many_once(rows: int, epochs: int) -> None:
    assert settle(TrainingSettings(), rows, "qwen3", 1_024).settings.epochs == epochs


def test_what_somebody_set_stays_and_is_not_explained() -> None:
    recipe = settle(TrainingSettings(learning_rate=3e-4, epochs=5), 481, "llama", 2_048)
    assert (recipe.settings.learning_rate, recipe.settings.epochs, recipe.why) == (3e-4, 5, ())


def test_each_choice_is_told_with_its_source_and_what_it_assumes() -> None:
    epochs, rate = settle(TrainingSettings(), 481, "lfm2", 192).why
    assert epochs.startswith("epochs = 3: 481 rows") and "OpenAI Cookbook" in epochs
    assert (
        rate.startswith("learning_rate = 0.00083: 15 times")
        and "for 93 steps at a width of 192, taken as 512" in rate
    )
    assert "for lfm2 no exponent is published" in rate and "LoRA Without Regret" in rate


@given(st.integers(10, 10**6), st.integers(16, 20_000), st.sampled_from(["llama", "qwen2", "gpt2"]))
def test_every_choice_can_be_trained_with(rows: int, width: int, family: str) -> None:
    chosen = settle(TrainingSettings(), rows, family, width).settings
    assert 1 <= chosen.epochs <= 25 and 1e-5 < chosen.learning_rate < 5e-3
    wider = settle(TrainingSettings(), rows, family, 2 * width).settings
    assert wider.learning_rate <= chosen.learning_rate
