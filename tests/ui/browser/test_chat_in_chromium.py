"""The chat in a real Chromium while an answer streams: Stop, a reload, another page, another visitor."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ui.browser.conftest import served
from tests.waiting import until
from ui import draw

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def times(log: Path, what: str) -> list[float]:
    lines = log.read_text().splitlines() if log.is_file() else []
    return [float(line.split()[1]) for line in lines if line.startswith(what)]


@pytest.mark.fault(86, 88, 89)
def test_an_answer_outlives_a_reload_leaves_others_the_page_and_stops_when_it_is_told(
    house: Path, window: Callable[..., Any]
) -> None:
    log = house / "engine.log"
    with served(house, "tests.ui.browser.slow_server") as at:
        first, second = window(), window()
        first.goto(f"{at}/chat")
        field = first.get_by_placeholder("Ask a question")
        field.fill("What does the Ostra kettle cost?")
        field.press("Enter")
        first.get_by_text("word5. ").wait_for()
        second.goto(f"{at}/chat")  # while the first one's answer streams
        second.get_by_text("You are talking to an AI model").wait_for()
        assert second.get_by_test_id("stChatMessage").count() == 0
        first.reload()
        first.get_by_text("word5. ").wait_for()
        assert len(times(log, "began")) == 1, "the reload came back to the same answer"
        first.locator("header").get_by_role("link", name="Compare").first.click()
        first.get_by_role("heading", name="Which setup wins?").wait_for()
        first.locator("header").get_by_role("link", name="Chat").first.click()
        first.get_by_role("button", name="Stop").wait_for()
        first.get_by_role("button", name="Stop").click()
        clicked = time.time()
        first.get_by_text("Stopped.").wait_for()
        assert time.time() - clicked < 2.0
        assert until(lambda: times(log, "ended")), "the model would write for ever"
        assert len(times(log, "began")) == 1 and times(log, "ended")[0] - clicked < 2.0


def test_nothing_lies_on_a_document_that_is_read_whole(window: Callable[..., Any]) -> None:
    drawn = """<div data-testid="stDialog">the document</div><div data-testid="stPopoverBody"><p style="visibility: visible">the passage</p></div>"""
    page = window()
    page.set_content(drawn)
    assert page.get_by_text("the passage").is_visible(), "Streamlit draws what it was opened from above it"
    page.set_content(draw._STYLE + drawn)
    assert page.get_by_test_id("stDialog").is_visible() and not page.get_by_text("the passage").is_visible()
    page.set_content(draw._STYLE + drawn.replace("stDialog", "stMain"))
    assert page.get_by_text("the passage").is_visible()
