"""What can go wrong with advice: no reason, another one in another order, certainty without answers, a broken file of data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from advisor import Answers, catalog, recommend
from advisor.vocabulary import ChangeRate, PersonalData, Rung
from foundation.errors import UserError
from tests import naive

SHOP = {
    "knowledge": "private",
    "change_rate": "daily",
    "tone": "ours",
    "examples": 400,
    "citations": "must",
    "base_weights": "open",
}


@pytest.mark.fault(128)
def test_answers_that_no_arrow_of_a_flowchart_fits_get_one_rung_with_its_reasons_and_rules() -> None:
    for answers in ({}, {"change_rate": "never"}, {"examples": 0}, {"tone": "none", "citations": "must"}):
        assert naive.flowchart(answers) is None  # naive: nothing is advised
        advice = recommend(Answers.from_mapping(answers))
        assert advice.rung in Rung and advice.reasons
        assert all(reason.rule for reason in advice.reasons)


@pytest.mark.fault(129)
def test_more_personal_data_and_fewer_examples_never_lead_to_more_training() -> None:
    private = {**SHOP, "change_rate": "never"}
    told = [naive.flowchart({**private, "personal_data": one.value}) for one in PersonalData]
    assert set(told) == {"finetune"}  # naive: personal data changes nothing
    rungs = [
        recommend(replace(Answers.from_mapping(private), personal_data=one)).rung.trains
        for one in PersonalData
    ]
    assert rungs == sorted(rungs, reverse=True)
    slow_to_fast = [
        recommend(replace(Answers.from_mapping(SHOP), change_rate=one)).rung.retrieves for one in ChangeRate
    ]
    assert slow_to_fast == sorted(slow_to_fast) and slow_to_fast[-1]


@pytest.mark.fault(130)
def test_nothing_known_is_a_low_confidence_and_open_questions_and_no_certain_word() -> None:
    assert naive.flowchart({"change_rate": "daily"}) == naive.flowchart(
        {**SHOP}
    )  # naive: as sure of one as of six
    little, much = (
        recommend(Answers.from_mapping({"change_rate": "daily"})),
        recommend(Answers.from_mapping(SHOP)),
    )
    assert little.confidence < much.confidence or little.open_questions
    assert recommend(Answers.from_mapping({})).confidence <= 0.2


@pytest.mark.fault(131)
def test_the_same_answers_in_another_order_are_the_same_advice() -> None:
    turned = dict(reversed(SHOP.items()))
    assert naive.flowchart(SHOP) != naive.flowchart(turned)  # naive: what was said first decides
    assert recommend(Answers.from_mapping(SHOP)) == recommend(Answers.from_mapping(turned))


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the advisor's data that the catalog reads instead, to be broken."""
    folder = tmp_path / "data"
    folder.mkdir()
    for one in files("advisor").joinpath("data").iterdir():
        if one.name.endswith(".yaml"):
            (folder / one.name).write_bytes(one.read_bytes())
    monkeypatch.setattr(catalog, "data", lambda: folder)
    read = (catalog.raw_questions, catalog.sources, catalog.thresholds, catalog.limit)
    for one in read:
        one.cache_clear()
    yield folder
    monkeypatch.undo()
    for one in read:
        one.cache_clear()


@pytest.mark.fault(132)
@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("thresholds.yaml", "{value:", "{value: [", r"thresholds\.yaml, line \d+"),
        ("thresholds.yaml", "source:", "sauce:", r'thresholds\.yaml, line \d+: ".+" lacks "source"'),
        ("sources.yaml", "title:", "titel:", r'sources\.yaml, line \d+: ".+" lacks "title"'),
        ("thresholds.yaml", "value: 20,", "value: many,", r'thresholds\.yaml, line \d+: ".+" .*many'),
        (
            "thresholds.yaml",
            "source: connor",
            "source: conor",
            r'thresholds\.yaml, line \d+: ".+" names "conor", which there is not',
        ),
    ],
)
def test_a_broken_file_of_rules_is_named_with_line_and_reason(
    broken: Path, file: str, old: str, new: str, told: str
) -> None:
    path = broken / file
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(UserError, match=told):
        catalog.thresholds()
    assert file not in naive_reading(path)


def naive_reading(path: Path) -> str:
    """Return what a naive reader says of a broken file: a key, a place of the parser's own, or nothing at all."""
    try:
        rows = yaml.safe_load(path.read_text("utf-8"))
        [(float(row["value"]), row["source"]) if "value" in row else row["title"] for row in rows.values()]
    except Exception as error:
        return str(error)
    return ""
