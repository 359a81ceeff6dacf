"""The page Report, held by a list of behaviours; drawn headlessly over runs whose every number can be worked out by hand."""

from __future__ import annotations

import base64
import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from advisor import Language
from foundation.errors import UserError
from tests.ui.page_world import HOSTILE, opened, told
from tests.ui.run_world import keep_run
from ui import kept_runs
from ui.tabular import csv_text, inert

FORMULAS = [
    "=1+1",
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "＝1",
    '=HYPERLINK("https://evil.example","x")',
    "\u202e=1",
]


def downloads(app: AppTest) -> dict[str, str]:
    """Return the labels of all downloads."""
    return {element.proto.label: element.proto.url for element in app.get("download_button")}


def preview(app: AppTest) -> str:
    """Return the document in the frame."""
    source = app.get("iframe")[0].proto.src
    kind, _, data = source.partition(",")
    assert kind == "data:text/html;charset=utf-8;base64"
    return base64.b64decode(data).decode("utf-8")


def test_where_nothing_was_found_the_page_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    (house / "answers.yaml").unlink()
    app = opened(monkeypatch, house, "report")
    assert "There is nothing to report yet" in told(app) and not app.get("iframe") and not app.exception
    app.session_state["rungwise_language"] = Language.TR
    assert "Henüz raporlanacak bir şey yok" in told(app.run())


def test_after_a_climb_the_page_says_why_there_is_no_report_though_compare_shows_a_verdict(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    (house / ".rungwise").mkdir(exist_ok=True)
    (house / ".rungwise" / "comparison.json").write_text("{}", "utf-8")
    app = opened(monkeypatch, house, "report")
    assert "found on the way of a climb" in told(app) and not app.exception


def test_the_report_is_previewed_without_script_and_can_be_taken_along(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    run = keep_run(house)
    app = opened(monkeypatch, house, "report")
    html = preview(app)
    assert "default-src 'none'" in html and "<script" not in html and "hybrid" in html and run.sha256 in html
    assert set(downloads(app)) == {"Web page", "Markdown", "JSON", "Answers as CSV"}
    assert "### Hybrid 90 % (70–97)" in told(app) and not app.exception and not app.error


@pytest.mark.fault(94)
def test_hostile_answers_are_inert_in_the_preview(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    evil = HOSTILE.replace("49", "12")  # or it would be right
    keep_run(house, wrong=evil, text=evil, passes={"prompt": 0, "hybrid": 9})
    html = preview(opened(monkeypatch, house, "report"))
    assert "<script" not in html and "&lt;script&gt;" in html and "<img" not in html


def test_the_advice_has_a_report_too_in_the_readers_language(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    app = opened(monkeypatch, house, "report")
    app.segmented_control(key="report-part").set_value("advice").run()
    assert 'lang="en"' in preview(app) and "JSON" in downloads(app)
    app.session_state["rungwise_language"] = Language.TR
    assert 'lang="tr"' in preview(app.run()) and not app.exception


def test_earlier_runs_are_listed_with_their_hashes_and_held_against_each_other(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    first = keep_run(house, {"prompt": 4, "hybrid": 8}, now=datetime(2026, 1, 1, tzinfo=UTC), stands=False)
    second = keep_run(house)
    torn = keep_run(house, {"prompt": 1, "hybrid": 2}, now=datetime(2025, 1, 1, tzinfo=UTC), stands=False)
    (house / ".rungwise" / "runs" / torn.name / "run.json").write_text("{")
    app = opened(monkeypatch, house, "report")
    app.segmented_control(key="report-part").set_value("earlier").run()
    rows = app.table[0].value
    assert list(rows["hash"]) == [second.sha256[:8], first.sha256[:8], torn.name[-8:]]
    assert rows["questions"][2].replace("\\", "") == "can't be read"
    assert "starter" in str([table.value for table in app.table])
    app.selectbox(key="earlier-against").set_value(first.name).run()
    assert (
        any("change, points" in str(list(table.value)).replace("\\", "") for table in app.table)
        and not app.exception
    )


@pytest.mark.fault(94)
def test_a_formula_in_an_answer_is_text_in_the_csv(house: Path) -> None:
    run = keep_run(
        house, wrong='=HYPERLINK("https://evil.example","x")\r\n', passes={"prompt": 0, "hybrid": 9}
    )
    from ui.views.report import answers_csv

    text = answers_csv(kept_runs.kept(house / ".rungwise" / "runs", run.name))
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(rows) == 40 and rows[0]["answer"].startswith("'=HYPERLINK")
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def _naive_csv(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


@pytest.mark.fault(94)
@pytest.mark.parametrize("cell", FORMULAS)
def test_no_cell_of_text_begins_as_a_formula(cell: str) -> None:
    read = next(csv.reader(io.StringIO(csv_text(["a"], [[cell]]).split("\r\n", 1)[1])))[0]
    assert read.startswith("'") and read == inert(cell)
    naive = next(csv.reader(io.StringIO(_naive_csv([[cell]]), newline="")))[0]
    assert not naive.startswith("'")


def test_numbers_and_plain_text_stay_as_they_are() -> None:
    text = csv_text(["a", "b", "c"], [["Çay, 49 EUR", -1.5, None]])
    assert text == '\ufeff"a","b","c"\r\n"Çay, 49 EUR",-1.5,""\r\n'


@pytest.mark.fault(96)
@pytest.mark.parametrize(
    "name", ["", ".", "..", "../runs", "last", "/etc", "20260102T000000Z", "x", "20260102T000000Z-00000000"]
)
def test_a_foreign_run_is_no_run(house: Path, name: str) -> None:
    keep_run(house)
    with pytest.raises(kept_runs.NoSuchRun):
        kept_runs.kept(house / ".rungwise" / "runs", name)


@pytest.mark.fault(96)
def test_a_naive_page_opens_a_run_by_any_path(house: Path, tmp_path: Path) -> None:
    from experiments.runs import find

    run = keep_run(house)
    runs = house / ".rungwise" / "runs"
    outside = tmp_path / "elsewhere" / run.name
    outside.parent.mkdir()
    (runs / run.name).rename(outside)
    assert find(runs, str(outside)).sha256 == run.sha256  # fine for a terminal, whose user may read it anyway
    with pytest.raises(kept_runs.NoSuchRun):
        kept_runs.kept(runs, str(outside))


def test_a_run_of_another_shape_is_a_sentence(house: Path) -> None:
    from experiments.runs import _sha

    run = keep_run(house)
    path = house / ".rungwise" / "runs" / run.name / "run.json"
    found = json.loads(path.read_text())
    del found["comparison"]["standings"]
    found["sha256"] = _sha({key: value for key, value in found.items() if key not in ("made", "sha256")})
    path.write_text(json.dumps(found))
    with pytest.raises(UserError, match="can't be shown .*older version"):
        kept_runs.kept(house / ".rungwise" / "runs", run.name)
