"""Reports fit the terminal, hold the numbers of the verdict, and keep their published schemas."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from experiments import (
    LADDER,
    ClimbReport,
    Loss,
    Meter,
    Part,
    Verdict,
    Ways,
    attribute,
    climb,
    climb_dict,
    climb_markdown,
    climb_text,
    compare,
    comparison_dict,
    comparison_markdown,
    comparison_text,
    schema,
    step_text,
)
from experiments.tables import p_value, points, rate
from experiments.verdict import Rate
from tests.experiments.worlds import FORM, World, questions, result, results


def measured() -> tuple[Verdict, list[Loss]]:
    rows = [
        one
        for at, setup in enumerate(LADDER)
        for one in results(setup, [n < 10 + 25 * at for n in range(120)])
    ]
    rows += [result("hybrid", "q-000", form=False)]
    return compare(rows), attribute(rows)


def climbed(folder: Path) -> ClimbReport:
    world = World(facts_missing=True, form_missing=True)
    meter = Meter[str](asker=world, form=FORM, folder=folder, fingerprint=world.fingerprint)
    ways = Ways(LADDER, world.sync, world.train)
    return climb(questions(60, Part.DEV), questions(120), ways, meter, target=0.8)


def test_the_text_holds_rates_with_intervals_and_fits_100_columns() -> None:
    text = comparison_text(*measured())
    assert max(map(len, text.splitlines())) <= 100
    assert "10 of" not in text
    for cell in (
        "8 % (5–15)",
        "rag − prompt",
        "retrieval",
        "interaction",
        "wrong fact invented",
        "Winner: hybrid",
    ):
        assert cell in text


def test_the_widest_table_fits_100_columns_too() -> None:
    rows = [one for setup in LADDER for one in results(setup, [n % 2 == 0 for n in range(1000)])]
    assert max(map(len, comparison_text(compare(rows), attribute(rows)).splitlines())) <= 100


@pytest.mark.parametrize("n", [0, 1, 2, 30])
def test_a_report_without_enough_data_says_so_and_is_still_a_report(n: int) -> None:
    verdict = compare(one for setup in LADDER for one in results(setup, [True] * n))
    text = comparison_text(verdict)
    assert "not enough data" in text
    assert "nan" not in text
    assert comparison_markdown(verdict)
    jsonschema.validate(comparison_dict(verdict), schema("comparison"))


def test_markdown_rows_have_as_many_cells_as_their_header() -> None:
    for block in comparison_markdown(*measured()).split("\n\n"):
        rows = [line.count("|") for line in block.splitlines() if line.startswith("|")]
        assert len(set(rows)) <= 1


def test_the_comparison_keeps_its_schema_and_survives_json() -> None:
    found = comparison_dict(*measured())
    jsonschema.validate(json.loads(json.dumps(found)), schema("comparison"))
    assert found == json.loads(json.dumps(found))
    assert found["winner"] == "hybrid"
    assert sum(found["causes"]["prompt"].values()) == pytest.approx(1)


def test_the_climb_keeps_its_schema_and_is_told_as_text_and_markdown(tmp_path: Path) -> None:
    report = climbed(tmp_path)
    jsonschema.validate(json.loads(json.dumps(climb_dict(report))), schema("climb"))
    text = climb_text(report)
    assert max(map(len, text.splitlines())) <= 100
    assert "Stay on hybrid" in text
    assert "On the test questions" in text
    assert "- hybrid meets" in climb_markdown(report)
    assert step_text(report.steps[1]).startswith("Made the index. rag provably misses the target of 80%: ")


@pytest.mark.parametrize("name", ["comparison", "climb"])
def test_the_published_schemas_are_schemas_and_refuse_unknown_fields(name: str) -> None:
    found = schema(name)  # type: ignore[arg-type]
    jsonschema.Draft202012Validator.check_schema(found)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"surprise": 1}, found)


def test_numbers_are_written_with_their_uncertainty() -> None:
    verdict, _ = measured()
    assert rate(Rate(0, 0, None)) == "–"
    assert points(None) == "–"
    assert points(verdict.differences[0].difference).startswith("+20.8 (")
    assert (p_value(None), p_value(0.0002), p_value(0.034), p_value(1.0)) == ("–", "<.001", ".034", "1.000")
