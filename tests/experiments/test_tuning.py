"""Choosing the fusion on dev questions, on lookups where the best weight can be told by reading them."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from finders import WrittenLibrary, lookup
from worlds import question

from experiments.finding.retrieval import Found, look_up
from experiments.finding.tuning import GRID, Tuning, fit_abstention, tune
from experiments.questions import Part
from experiments.shown.retrieval_text import abstaining_text, tuning_dict, tuning_text
from foundation.errors import UserError
from rag.types import LibrarySettings

MEANING = lookup(right=(0.9, 0.0), wrong=(0.1, 5.0), other=(0.0, 4.0))
"""Only by meaning the right document stands first."""
EITHER = lookup(right=(0.9, 5.0), wrong=(0.1, 1.0))
"""Whatever the weight, it stands first."""


def asked(lookups: list) -> list[Found]:
    library = WrittenLibrary({str(place): one for place, one in enumerate(lookups)})
    questions = [
        question(str(place), part=Part.DEV, question=str(place), gold=("right.md",))
        for place in range(len(lookups))
    ]
    return look_up(questions, library)


def said(tuning: Tuning) -> str:
    return " ".join(tuning_text(tuning).split())


def test_the_weight_that_finds_best_wins_and_is_surely_better() -> None:
    tuning = tune(asked([MEANING] * 30), LibrarySettings(alpha=0.0))
    assert tuning.winner.alpha is not None and tuning.winner.alpha > 0.5
    assert tuning.winner.ndcg_10.mean == 1.0
    assert tuning.sure
    assert "It is really better." in said(tuning)
    assert tuning.present.alpha == 0.0
    assert len(tuning.curve) == len(GRID) + 1


def test_of_equals_the_present_setting_stays_whatever_it_is() -> None:
    for settings in (LibrarySettings(alpha=0.35), LibrarySettings(fusion="rrf"), LibrarySettings(alpha=1.0)):
        tuning = tune(asked([EITHER] * 5), settings)
        assert tuning.winner == tuning.present
        assert tuning.winner.present and not tuning.sure
        assert "which is the present setting" in said(tuning)


def test_of_equal_winners_the_one_next_to_the_present_setting_is_taken() -> None:
    assert tune(asked([MEANING] * 5), LibrarySettings(alpha=0.0)).winner.alpha == 0.6


def test_the_present_weight_is_tried_although_it_is_not_on_the_grid() -> None:
    curve = tune(asked([EITHER] * 3), LibrarySettings(alpha=0.35)).curve
    assert [point.alpha for point in curve if point.present] == [0.35]
    assert len(curve) == len(GRID) + 2


def test_the_gain_of_luck_is_not_called_real() -> None:
    """One question of thirty is better: the winner flatters itself, and both intervals say so."""
    tuning = tune(asked([MEANING] + [EITHER] * 29), LibrarySettings(alpha=0.0))
    assert not tuning.winner.present
    assert tuning.winner.gain.mean > 0
    assert not tuning.sure
    assert "do not show that it is really better" in said(tuning)
    # left to the 29 others, nothing would have been changed
    assert tuning.unseen.mean == 0.0


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_questions_are_refused(count: int) -> None:
    with pytest.raises(UserError):
        tune(asked([EITHER] * count), LibrarySettings())


def test_rankings_with_other_settings_are_tried_with_those() -> None:
    strict = tune(
        asked([MEANING] * 5), LibrarySettings(alpha=0.0, candidates=10, max_per_source=1, diversity=0.1)
    )
    assert strict.questions == 5


# answerability


def mixed(good: int, bad: int, noise: float) -> list[Found]:
    """Questions that are answerable where the nearest passage is near, but for noise."""
    rng = random.Random(4)
    lookups, questions = {}, []
    for place in range(good + bad):
        told = place < good
        near = min(0.99, max(0.0, (0.7 if told else 0.4) + rng.uniform(-noise, noise)))
        lookups[str(place)] = lookup(right=(near, 2.0 * near), wrong=(0.1, 0.1))
        questions.append(question(str(place), answerable=told, part=Part.DEV, question=str(place)))
    return look_up(questions, WrittenLibrary(lookups))


def test_a_score_is_fitted_and_measured_on_questions_that_it_was_not_fitted_on() -> None:
    fitted = fit_abstention(mixed(40, 20, 0.3), "recipe", 0.1)
    assert fitted is not None
    assert fitted.fit.recipe == "recipe"
    assert (fitted.fit.answerable, fitted.fit.unanswerable) == (40, 20)
    assert 0.7 < fitted.measured.auroc.mean < 1.0
    assert fitted.measured.false_abstention.mean <= 0.1
    assert fitted.fit.threshold == fitted.measured.threshold
    assert fitted.measured.brier < fitted.measured.brier_of_share


@pytest.mark.parametrize(("good", "bad"), [(40, 4), (4, 40), (10, 0)])
def test_too_few_questions_of_a_sort_fit_nothing_and_that_is_said(good: int, bad: int) -> None:
    assert fit_abstention(mixed(good, bad, 0.2), "recipe", 0.1) is None
    assert "Answerability was not fitted" in abstaining_text(None)


def test_five_of_each_are_enough() -> None:
    assert fit_abstention(mixed(5, 5, 0.2), "recipe", 0.1) is not None


def test_tuning_as_json_and_as_text_that_fits_a_terminal() -> None:
    tuning, fitted = (
        tune(asked([MEANING, EITHER] * 15), LibrarySettings()),
        fit_abstention(mixed(30, 15, 0.3), "r", 0.05),
    )
    assert tuning_dict(tuning, fitted, True)["written"] is True
    text = f"{tuning_text(tuning)}\n{abstaining_text(fitted)}"
    assert max(map(len, text.splitlines())) <= 100
    assert "AUROC" in text and "at most 5 % of the answerable" in text
