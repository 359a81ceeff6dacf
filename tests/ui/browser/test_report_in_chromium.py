"""The report of a comparison in a real Chromium: nothing runs, nothing is fetched, and it fits a phone, light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.experiments.test_html import HOSTILE, four, kept

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A report whose answers, questions and passages all try to run something."""
    from dataclasses import replace

    from experiments import Page, Passage, attribute, compare, report_html
    from experiments.against import against

    rows = []
    for place, one in enumerate(four(48)):
        hostile = HOSTILE[place % len(HOSTILE)]
        record = replace(one.record, text=f"{hostile} {'long' * 60}", passages=(Passage(hostile, hostile),))
        asked = replace(one.question, question=f"{one.question.question} {hostile}")
        rows.append(replace(one, question=asked, record=record))
    run = kept(tmp_path, rows)
    path = tmp_path / "report.html"
    page = Page("Tarn <b>", 0.7, run, 48, 48, against(run, run))
    path.write_text(report_html(compare(rows), attribute(rows), rows, page), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 360), ("dark", 360), ("light", 1200), ("dark", 1200)]
)
def test_the_report_fits_runs_nothing_and_fetches_nothing(
    browser: Any, report: Path, scheme: str, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda request: said.append(request.url))
    page.goto(report.as_uri())
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    page.mouse.wheel(0, 4000)
    assert said == [report.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    ink, paper = page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    light = sum(int(part) for part in paper[4:-1].split(","))
    assert (light > 600) == (scheme == "light")
    assert abs(light - sum(int(part) for part in ink[4:-1].split(","))) > 450
    page.close()


def test_a_lost_question_opens_by_keyboard_and_names_every_setup(browser: Any, report: Path) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 800})
    page.goto(report.as_uri())
    first = page.locator("details.case").first
    first.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert first.locator(".card").all_inner_texts()[0].startswith("prompt")
    assert len(first.locator(".card").all()) == 4
    assert first.locator(".card").first.is_visible()
    page.close()
