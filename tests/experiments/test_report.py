"""Reports fit the terminal, hold the numbers of the verdict, and keep their published schemas."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from experiments import (
    LADDER,
    ClimbReport,
    Failure,
    Interval,
    Loss,
    Meter,
    Part,
    Prices,
    Result,
    Stakes,
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
from experiments.shown.tables import Table, money, p_value, points, rate, signed, within
from experiments.verdict import Rate
from tests.experiments.worlds import FORM, World, luck, questions, result, results


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


def lively() -> list[Result]:
    """Return what sets every table going: variants with long names, repeats, failures, uneven times and lengths."""
    setups = ("prompt", "rag", "rag+shots+repair", "lora", "hybrid", "hybrid+repair+shots")
    return [
        replace(
            result(
                setup,
                f"q-{at:03}",
                facts=luck(setup, str(at), str(repeat)) < 0.3 + 0.1 * place,
                seconds=1.5 + 40 * place * luck("s", setup, str(at), str(repeat)),
                tokens_in=1000 * place + int(900 * luck("i", setup, str(at))),
                tokens_out=10 + int(90 * luck("o", setup, str(at), str(repeat))),
                failure=Failure.REFUSAL if at % 17 == 3 else None,
            ),
            repeat=repeat,
        )
        for at in range(60)
        for place, setup in enumerate(setups)
        for repeat in range(2)
    ]


def test_with_prices_stakes_repeats_and_long_names_it_still_fits_and_says_all_of_it() -> None:
    rows = lively()
    verdict = compare(rows, prices=Prices("EUR", 2.0, 8.0, 1.5), stakes=Stakes(gain=0.05, wrong=0.02))
    text = comparison_text(verdict, attribute(rows))
    assert max(map(len, text.splitlines())) <= 100
    for part in (
        "Share of 60 questions passed, up to 2 answers each",
        "Answers that never came",
        "sign-flip permutation",
        "More than prompt, a reply",
        "for 100 ms",
        "for 1,000 tokens",
        "EUR 1 on 1,000 replies",
        "Cost of 1,000 replies in EUR",
        "Does it pay?",
        "against prompt it earns",
    ):
        assert part in text
    assert "nan" not in text
    jsonschema.validate(comparison_dict(verdict, attribute(rows)), schema("comparison"))


def test_a_comparison_that_may_have_stopped_early_says_so() -> None:
    rows = [one for setup in ("prompt", "rag") for one in results(setup, [setup == "rag"] * 40)]
    text = comparison_text(compare(rows, sequential=True))
    assert "sequential sign test" in text
    assert "exact p" not in text
    assert "hold at every" in text
    assert "hold at every" not in comparison_text(compare(rows))


def test_what_is_equivalent_is_said_where_it_is_shown() -> None:
    rows = [one for setup in ("prompt", "rag") for one in results(setup, [n > 5 for n in range(400)])]
    rows[7] = result("prompt", "q-007", facts=False)
    text = comparison_text(compare(rows))
    assert "Shown at 5 %, with a margin of 5 points\n  rag and prompt are equivalent." in text
    assert "equivalent" not in comparison_text(compare(rows[:30] + rows[400:430]))


def test_a_setup_that_is_shown_to_be_no_worse_but_not_to_be_better_is_named() -> None:
    ahead = [n % 40 == 0 for n in range(400)]  # 10 of 400 won, and 4 lost: from 0 to 3 points better
    behind = [n % 100 == 1 for n in range(400)]
    rows = results("prompt", [not won for won in ahead]) + results("rag", [not lost for lost in behind])
    assert "rag is not worse than prompt." in comparison_text(compare(rows, margin=0.02))
    plain = results("prompt", [False] * 60) + results("rag", [True] * 60)
    assert "not worse" not in comparison_text(compare(plain))


def test_a_table_too_wide_for_the_terminal_puts_the_name_above_its_row() -> None:
    narrow = Table("T", ("setup", "n"), (("rag", "1"),)).text()
    assert narrow == "T\nsetup  n\nrag    1"
    wide = Table("T", ("setup", "n", "m"), (("r" * 50, "1" * 40, "2"), ("s", "3", "4" * 20))).text()
    assert wide.splitlines()[2:4] == ["r" * 50, "  " + "1" * 40 + "  " + " " * 19 + "2"]
    assert max(map(len, wide.splitlines())) <= 100


def test_numbers_of_any_size_keep_three_digits() -> None:
    assert signed(Interval(0.0123456, -0.5, 1234.4)) == "+0.0123 (-0.500 to 1234)"
    assert signed(Interval(0.0, 0.0, 0.0)) == "+0"
    assert signed(None) == "–"
    assert money(0.00123456, Interval(0.00123456, 0.0011, 0.0014), 1000) == "1.23 (1.10–1.40)"
    assert (money(None, None), money(2.0, None)) == ("–", "2.00")
    assert within(1.234, Interval(1.234, 1.0, 2.0), 2) == "1.23 (1.00–2.00)"
    assert (within(None, None), within(3.0, None)) == ("–", "3")


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
