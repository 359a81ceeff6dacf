"""A report over traces, thumbs and a real library: numbers by setup and day, signals, and its JSON."""

from __future__ import annotations

import json
import math
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from assistant import Workspace
from assistant.workspace import create
from experiments import Prices
from experiments.opinions import journal
from experiments.opinions.ballots import key_in
from monitoring import Measure, Report, State, Unit, report
from monitoring.noting import document_mark
from monitoring.numbers import Thumb, numbers
from monitoring.text import report_text
from monitoring.windows import windows_of
from rag import Library
from tests.monitoring.traced_world import NEWEST, NOW, REFERENCE, spread, trace, write
from tests.rag.rag_fakes import LetterEmbedder
from ui.schemas import schema

WINDOWS = windows_of(NOW)


@pytest.fixture
def house(tmp_path: Path) -> Workspace:
    root = tmp_path / "house"
    create(root, demo=False)
    (root / "documents" / "kettle.md").write_text(
        "# Ostra kettle\n\nThe Ostra kettle costs 49 EUR.\n", "utf-8"
    )
    (root / "documents" / "old.md").write_text("# Old prices\n\nThe lamp costs 9 EUR.\n", "utf-8")
    (root / "documents.toml").write_text('[[document]]\npath = "old.md"\nvalid_until = 2026-11-01\n', "utf-8")
    return Workspace.open(root)


class OldLibrary(Library):
    """A real library whose documents have been there for long: the ledger dates them by this machine's clock."""

    def first_indexed(self) -> dict[str, str]:
        return dict.fromkeys(super().first_indexed(), "2026-01-01T00:00:00+00:00")


@pytest.fixture
def library(house: Workspace) -> Library:
    made = OldLibrary(house.documents, house.library, house.settings.retrieval, LetterEmbedder())
    made.sync()
    return made


def test_a_report_over_a_real_library_keeps_its_schema_and_tells_everything(
    house: Workspace, library: Library
) -> None:
    mark = document_mark(key_in(house.votes_key))
    chunk = library.chunks("kettle.md")[0]
    gap = tuple(1.0 if at == 0 else 0.0 for at in range(16))
    write(
        house.traces,
        [
            *spread(REFERENCE, 28, 60, documents=(mark("kettle.md"),), scores=(0.8,)),
            *spread(NEWEST, 7, 40, documents=(mark("kettle.md"),), scores=(0.3,), carried=1),
            *spread(
                NEWEST,
                7,
                4,
                ended="abstained",
                sketch=gap,
                space="a",
                chunks=(chunk.id,),
                documents=(mark("kettle.md"),),
            ),
        ],
    )
    journal.append(
        house.built / "thumbs.jsonl",
        [
            {"answer": "a", "setup": "rag", "good": up, "when": "2026-11-18T10:00:00+00:00"}
            for up in (True, False)
        ],
    )
    found = report(house, library, NOW, prices=Prices("EUR", 2.0, 10.0))
    jsonschema.validate(found.to_dict(), schema("monitor"))
    json.dumps(found.to_dict(), allow_nan=False)
    told = {signal.name: signal for signal in found.signals}
    assert [one.name for one in told["never_hit"].groups] == ["old.md"]
    assert (
        told["expired"].state is State.FIRES and told["expired"].since == "2026-11-02"
    )  # the first day on which it does not hold
    assert told["score_drift"].state is State.FIRES and told["unanswered"].groups[0].near == (chunk.label,)
    values = found.setups[0].values
    assert values[Measure.ANSWERS].value == 104 and values[Measure.TOKENS].value == 104 * 120
    assert values[Measure.COST].value == pytest.approx(104 * (100 * 2 + 20 * 10) / 1e6)
    assert (
        values[Measure.THUMBS_UP].value == 0 and values[Measure.THUMBS_UP].n == 1
    )  # of two on one answer the last counts
    assert values[Measure.ABSTAINED].value == pytest.approx(4 / 104)
    text = report_text(found)
    assert "→ write: `rungwise sync`" in text and "Newest whole week: 2026-11-16 to 2026-11-22" in text
    assert max(map(len, text.split("\n"))) <= 100


def test_a_workspace_without_traces_library_and_adapter_says_so(house: Workspace) -> None:
    found = report(house, None, NOW)
    jsonschema.validate(found.to_dict(), schema("monitor"))
    assert not found.traces and not found.firing and not found.setups
    assert "No answer was served since 2026-10-19" in report_text(found)


def test_only_one_setup_is_looked_at_where_that_is_asked_for(house: Workspace) -> None:
    write(house.traces, [*spread(NEWEST, 7, 5), *spread(NEWEST, 7, 3, setup="hybrid")])
    assert [one.setup for one in report(house, None, NOW).setups] == ["rag", "hybrid"]
    found = report(house, None, NOW, setup="hybrid")
    assert found.traces == 3 and [one.setup for one in found.setups] == ["hybrid"]


def test_a_report_removes_days_that_are_kept_no_longer(house: Workspace) -> None:
    write(house.traces, spread(NOW - timedelta(days=200), 2, 4))
    report(house, None, NOW)
    assert not list(house.traces.iterdir())


# numbers


def told(rows: list[Any], thumbs: list[Thumb] | None = None) -> dict[Measure, Any]:
    _, series = numbers(rows, thumbs or [], WINDOWS, None)
    return {one.measure: one for one in series}


def test_a_day_by_hand() -> None:
    day = NEWEST + timedelta(hours=9)
    rows = [
        trace(day, seconds=1.0, first=0.2, scores=(0.5, 0.9), carried=2),
        trace(day, seconds=3.0, first=0.4, scores=(0.7,), carried=1, uncarried=1, broken=("words",)),
        trace(day, seconds=8.0, first=0.3, ended="abstained", scores=(0.2,)),
        trace(day, ended="failed", error="RuntimeError", first=None),
        trace(day, ended="stopped", first=0.3),
    ]
    found = {
        one: (series.points[0].value, series.points[0].n)
        for one, series in told(rows).items()
        if series.points
    }
    assert found[Measure.ANSWERS] == (5, 5) and found[Measure.SECONDS_P50] == (3.0, 3)
    assert found[Measure.ABSTAINED] == (pytest.approx(1 / 3), 3) and found[Measure.FAILED] == (0.2, 5)
    assert found[Measure.STOPPED] == (0.2, 5) and found[Measure.FORM_BROKEN] == (pytest.approx(1 / 3), 3)
    assert found[Measure.SCORE] == (pytest.approx(0.6), 3) and found[Measure.SUPPORTED] == (0.5, 2)
    assert found[Measure.FIRST_P50] == (pytest.approx(0.3), 4)
    assert Measure.COST not in found and not told(rows)[Measure.THUMBS_UP].points


@pytest.mark.fault(148)
def test_a_day_on_which_half_of_the_answers_fail_is_outside_and_quiet_days_are_not() -> None:
    rows = spread(REFERENCE, 34, 340)
    bad = NEWEST + timedelta(days=6, hours=1)
    found = told([*rows, *spread(bad, 0, 10), *spread(bad, 0, 10, ended="failed")])[Measure.FAILED]
    assert [point.day for point in found.outside] == ["2026-11-22"]
    assert found.unit is Unit.SHARE and found.center == 0.0


def test_days_of_the_reference_are_never_outside_and_today_is_not_too_small() -> None:
    rows = [*spread(REFERENCE, 28, 280), *spread(REFERENCE + timedelta(days=3), 0, 200), *spread(NOW, 0, 1)]
    found = told(rows)[Measure.ANSWERS]
    assert not found.outside and found.points[-1].lower is None


def test_intervals_of_a_reports_numbers_hold_them() -> None:
    for series in told(spread(REFERENCE, 35, 700)).values():
        for point in series.points:
            assert (
                point.low is None
                or point.low <= (point.value or 0) + 1e-12 <= (point.high or math.inf) + 2e-12
            )


def test_a_report_is_frozen_and_its_parts_too(house: Workspace) -> None:
    found: Report = report(house, None, NOW)
    with pytest.raises(AttributeError):
        found.traces = 3  # type: ignore[misc]
