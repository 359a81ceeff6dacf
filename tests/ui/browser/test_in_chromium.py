"""The real server in a real Chromium: every page by the menu, questions asked, people signed in, and what a hostile answer can't do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ui.browser.conftest import PATIENCE, served
from tests.ui.browser.hostile_server import HOSTILE
from ui.access import people
from ui.access.permissions import Role

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

Window = Callable[..., Any]
HEADINGS = {
    "Advise": "Which rung does this need?",
    "Documents": "What does it know?",
    "Examples": "What is it taught?",
    "Train": "How does it learn?",
    "Compare": "Which setup wins?",
    "Report": "What was found?",
    "Chat": "Ask Tea",
}
PASSWORD = "correct horse battery"


def elsewhere(page: Any, at: str) -> list[str]:
    return [url for url in page.asked if not url.startswith((at, at.replace("http", "ws"), "data:", "blob:"))]


def ask(page: Any, question: str) -> None:
    field = page.get_by_placeholder("Ask a question")
    field.fill(question)
    field.press("Enter")
    page.get_by_text("Why this answer").first.wait_for()


@pytest.mark.fault(93)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_every_page_opens_by_the_menu_fits_its_width_and_fetches_nothing_from_elsewhere(
    house: Path, window: Window, width: int, scheme: str
) -> None:
    with served(house) as at:
        page = window(viewport={"width": width, "height": 800}, color_scheme=scheme)
        page.goto(at)
        page.get_by_role("heading", name="Prompt, retrieve, fine-tune, or both?").wait_for()
        menu = page.locator(".st-key-menu" if width < 700 else "header")
        for name, heading in HEADINGS.items():
            menu.get_by_role("link", name=name).first.click()
            page.get_by_role("heading", name=heading).wait_for()
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name} is wider than the screen: {wide}"
        page.get_by_text("You are talking to an AI model").wait_for()
        ask(page, "What does the Ostra kettle cost?")
        assert page.get_by_test_id("stException").count() == 0
        assert not elsewhere(page, at), "the page is served from this machine alone"
        assert not [one for one in page.said if "Content Security Policy" in one]


@pytest.mark.fault(81, 84)
def test_a_hostile_answer_asks_for_nothing_and_runs_nothing_while_a_naive_page_does(
    house: Path, tmp_path: Path, window: Window
) -> None:
    with served(house, "tests.ui.browser.hostile_server") as at:
        page = window()
        page.goto(f"{at}/chat")
        ask(page, "What does the kettle cost?")
        page.get_by_text("Why this answer").first.click()
        page.wait_for_timeout(1_000)
        assert page.locator("img[src*=evil], iframe, a[href^=javascript], a[href*=evil]").count() == 0
        assert not elsewhere(page, at) and not page.dialogs
    naive = tmp_path / "naive.py"
    naive.write_text(f"import streamlit as st\nst.write_stream(iter({json.dumps(HOSTILE.split(' '))}))\n" f"st.html({json.dumps(HOSTILE)})", "utf-8")  # fmt: skip
    quiet = (
        "--server.headless=true",
        "--server.port=PORT",
        "--browser.gatherUsageStats=false",
        "--server.address=127.0.0.1",
    )
    with served(house, script=("-m", "streamlit", "run", str(naive), *quiet)) as at:
        page = window()
        page.goto(at)
        for _ in range(240):  # half a minute, should the machine be busy
            if elsewhere(page, at):
                break
            page.wait_for_timeout(125)
        assert elsewhere(page, at), "the naive page asks for the picture, and the question's secret with it"


@pytest.mark.fault(88)
def test_a_conversation_outlives_a_reload_and_is_seen_by_its_own_browser_alone(
    house: Path, window: Window
) -> None:
    with served(house) as at:
        mine, other = window(), window()
        mine.goto(f"{at}/chat")
        ask(mine, "When does it open on Mondays, please?")
        mine.reload()
        mine.get_by_text("When does it open on Mondays, please?").first.wait_for()
        other.goto(f"{at}/chat")
        other.get_by_text("You are talking to an AI model").wait_for()
        other.wait_for_timeout(500)
        assert other.get_by_text("When does it open on Mondays, please?").count() == 0


@pytest.mark.fault(97, 99)
def test_somebody_signs_in_sees_what_their_role_may_and_is_out_when_suspended(
    house: Path, window: Window
) -> None:
    people.add(house, "ada", Role.ADMIN, password=PASSWORD)
    people.add(house, "vera", Role.VIEWER, password=PASSWORD)
    with (house / "rungwise.toml").open("a", encoding="utf-8") as file:
        file.write('\n[serve]\nlogin = "local"\n')
    with served(house) as at:
        page = window()
        page.goto(f"{at}/train")
        page.get_by_label("Name").fill("vera")
        page.get_by_label("Password").fill("not the password")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("alert").wait_for()
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="How does it learn?").wait_for()
        page.get_by_text("vera").first.wait_for()
        people.change(house, "vera", suspended=True)
        page.wait_for_timeout(6_000)
        page.goto(f"{at}/chat")
        page.get_by_label("Password").wait_for()
        assert not elsewhere(page, at)


@pytest.mark.fault(93)
def test_the_keyboard_alone_reaches_the_menu_and_the_question_and_its_focus_is_seen(
    house: Path, window: Window
) -> None:
    with served(house) as at:
        page = window()
        page.goto(f"{at}/chat")
        page.get_by_text("You are talking to an AI model").wait_for()
        page.get_by_placeholder("Ask a question").wait_for()
        reached = set()
        for _ in range(60):
            page.keyboard.press("Tab")
            reached.add(
                page.evaluate(
                    "(document.activeElement.innerText || document.activeElement.placeholder || '').trim()"
                )
            )
        assert any("Compare" in one for one in reached) and "Ask a question" in reached
        page.get_by_placeholder("Ask a question").focus()
        page.keyboard.type("When does the shop open on Mondays?")
        page.keyboard.press("Enter")
        page.get_by_text("Why this answer").first.wait_for(timeout=PATIENCE)
