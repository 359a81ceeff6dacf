"""What signals say: each sentence in two languages with the same values in both."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from assistant.workspace import create
from monitoring import report
from monitoring.findings import Action, Signal, State
from monitoring.signals.form_failures import form_failures
from monitoring.signals.stale_adapter import stale_adapter
from monitoring.windows import windows_of
from monitoring.words import WORDS, in_language, said
from tests.monitoring.traced_world import NOW
from ui.words.monitor import WORDS as PAGE


def places(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name}


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_say_the_same_values(key: str) -> None:
    english, turkish = WORDS[key]
    assert english != turkish and places(english) == places(turkish)


def test_what_is_said_within_a_sentence_is_said_in_the_language_of_the_sentence() -> None:
    found = form_failures([], windows_of(NOW)).sentence
    assert found.en.startswith("Not enough data: 0 answers to different questions")
    assert found.tr.startswith("Veri yetersiz: en yeni tam haftada") and "answers" not in found.tr
    stale = stale_adapter("house", ["examples", "training settings"], False).sentence
    assert stale.en == "The adapter house is out of date: the examples and the training settings changed."
    assert re.search("örnekler.*eğitim ayarları", stale.tr) and "the" not in stale.tr.split()


def test_what_the_house_wrote_stands_as_it_is_in_any_language() -> None:
    assert in_language("returns.md", "tr") == in_language("returns.md", "en") == "returns.md"
    assert in_language(said("adapter.none"), "tr").startswith("Kullanımda")


def test_as_text_and_as_json_a_signal_speaks_english() -> None:
    from monitoring.findings import _plain

    signal = Signal("adapter", State.QUIET, said("adapter.none"), Action.RETRAIN, "rungwise retrain")
    assert f"{signal.sentence}".startswith("No adapter serves")
    assert _plain({"sentence": signal.sentence, "advice": signal.advice}) == {
        "sentence": "No adapter serves, so none can be out of date.",
        "advice": "",
    }


def test_everything_that_an_adapter_is_made_from_and_every_signal_has_a_name_in_both_languages(
    tmp_path: Path,
) -> None:
    house = create(tmp_path / "house", demo=False)
    assert {f"adapter.part.{name}" for name in house.ingredients()} <= WORDS.keys()
    found = report(house, None)
    assert {f"monitor.name_{one.name}" for one in found.signals} <= PAGE.keys()
