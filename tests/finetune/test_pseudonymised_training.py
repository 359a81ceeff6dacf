"""The same training on raw and on pseudonymised rows: what is given away of people, and what it costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.pseudonymised import compare, draw, without_people
from finetune.privacy.pseudonyms import Pseudonymiser
from finetune.probes.canaries import CHANCE
from finetune.training.settings import TrainingSettings
from tests import naive

HARD = TrainingSettings(
    rank=8, epochs=6, batch=8, learning_rate=1e-2, dropout=0.0, patience=6, activated=False
)


def test_the_two_trainings_differ_in_the_numbers_of_people_alone() -> None:
    training, validation, people = draw(1, [1, 2], 5)
    replace = Pseudonymiser(key=b"k" * 32)
    made = without_people(training, replace)
    assert replace.replaced.total() == 3 and made[3:] == training[3:]
    assert [row.prompt for row in made] == [row.prompt for row in training]
    for person in people:
        assert not any(person.number in row.answer or person.secret in row.answer for row in made)
        assert not any(person.number in row.answer for row in validation)
    assert made[1].answer == made[2].answer  # one surrogate a person


@pytest.mark.slow
@pytest.mark.fault(121)
def test_what_raw_training_gives_away_and_what_pseudonymising_costs_are_reported_with_intervals(
    tiny_bases: dict[str, Path],
) -> None:
    training, validation, people = draw(1, [8] * 6, 16)
    found = compare(str(tiny_bases["lfm2"]), training, validation, people, HARD)
    assert (found.rows, found.people, found.replaced) == (64, 6, 48 + 8)
    assert found.raw.low > CHANCE and found.less.low > 0  # the true numbers are found, and surely less so
    assert found.loss.low < found.loss.value < found.loss.high and abs(found.loss.value) < 0.5
    assert found.to_dict()["less"] == found.less.to_dict()
    # naive: goes by the loss, which knows nothing of people, and trains on the raw rows for a few hundredths of a nat
    assert naive.lower_loss({"raw": 0.0, "pseudonymised": found.loss.value}) == "raw"
