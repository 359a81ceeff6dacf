"""Clicks: which passage somebody opened is kept with their question where the workspace says so, and nowhere else."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import asdict
from pathlib import Path

import pytest

from assistant import Workspace
from experiments.opinions import clicks, journal
from experiments.opinions.clicks import Click, read_clicks
from tests.ui.documents.helpers import SECRET, search, sign_in, sync
from tests.ui.page_world import KETTLE, TellingEngine, TwoPassages, ask, button, opened, serve, told
from tests.ui.test_preferring import keeping
from ui.access.permissions import Role
from ui.conversations.clicking import WRITER

pytestmark = pytest.mark.usefixtures("fakes")
QUESTION = "What does the kettle cost?"
OPEN = "whole-0-1"
"""The button below an answer that opens its first passage's document."""


@pytest.fixture
def built(house: Path) -> Path:
    """The workspace with its index, one document that only the group hr may see, and the settings that keep texts."""
    (house / "documents" / "hr").mkdir()
    (house / "documents" / "hr" / "pay.md").write_text(f"# Pay\n\n{SECRET}\n", encoding="utf-8")
    (house / "documents.toml").write_text('[[document]]\npath = "hr/*"\naccess = ["hr"]\n', encoding="utf-8")
    (house / "documents" / "goods").mkdir()
    (house / "documents" / "goods" / "1.md").write_text(f"{KETTLE}\n", encoding="utf-8")
    sync(house)
    keeping(house)
    return house


def chat(monkeypatch: pytest.MonkeyPatch, root: Path, question: str = QUESTION):
    serve(monkeypatch, TellingEngine(), TwoPassages())
    app = opened(monkeypatch, root, "chat")
    app.segmented_control(key="setup").set_value("rag").run()
    return ask(app, question)


def kept(root: Path) -> list[Click]:
    WRITER.flush()
    return read_clicks(Workspace.open(root).clicks)


def test_a_citation_whose_document_is_opened_is_kept_once_with_the_question_and_said_before(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    serve(monkeypatch, TellingEngine(), TwoPassages())
    assert "is kept with your question, so that search learns" in told(opened(monkeypatch, built, "chat"))
    app = chat(monkeypatch, built)
    assert kept(built) == []
    button(button(app, OPEN), OPEN)
    (found,) = kept(built)
    assert (found.question, found.source, found.start) == (QUESTION, "goods/1.md", 0) and found.at


def test_a_follow_up_is_kept_as_the_complete_question(monkeypatch: pytest.MonkeyPatch, built: Path) -> None:
    app = ask(chat(monkeypatch, built, "What does the Ostra kettle cost?"), "And its warranty?")
    button(app, "whole-1-1")
    (found,) = kept(built)
    assert "Ostra" in found.question and "warranty" in found.question


def test_a_hit_of_the_search_that_is_opened_is_kept(monkeypatch: pytest.MonkeyPatch, built: Path) -> None:
    app = opened(monkeypatch, built, "documents")
    assert "is kept with your question, so that search learns" in told(app)
    app = search(app, "kettle cost")
    button(app, "hit-open-1")
    (found,) = kept(built)
    assert found.question == "kettle cost" and found.source in ("kettle.md", "goods/1.md")


@pytest.mark.fault(149)
def test_where_no_text_is_kept_no_click_is_and_nothing_is_said_of_it(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    config = built / "rungwise.toml"
    config.write_text(config.read_text("utf-8").replace("keep_text = true", "keep_text = false"), "utf-8")
    app = chat(monkeypatch, built)
    assert "search learns" not in told(app)
    button(app, OPEN)
    assert kept(built) == [] and not Workspace.open(built).clicks.exists()


@pytest.mark.fault(149)
def test_where_no_text_is_kept_a_search_keeps_none_either(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    config = built / "rungwise.toml"
    config.write_text(config.read_text("utf-8").replace("keep_text = true", "keep_text = false"), "utf-8")
    app = opened(monkeypatch, built, "documents")
    assert "search learns" not in told(app)
    button(search(app, "kettle cost"), "hit-open-1")
    assert kept(built) == [] and not Workspace.open(built).clicks.exists()


@pytest.mark.fault(149)
def test_under_a_live_split_no_word_of_a_conversation_is_kept_as_the_page_says(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    with (built / "rungwise.toml").open("a", encoding="utf-8") as file:
        file.write('[live]\non = true\nsetups = "rag, hybrid"\n')
    serve(monkeypatch, TellingEngine(), TwoPassages())
    app = opened(monkeypatch, built, "chat")
    assert "without a word of the conversation" in told(app) and "search learns" not in told(app)
    button(ask(app, QUESTION), OPEN)
    assert kept(built) == []


def test_of_a_document_that_is_not_open_to_everybody_nothing_is_kept(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    sign_in(monkeypatch, Role.VIEWER, "hr")
    app = search(opened(monkeypatch, built, "documents"), "salary of the director")
    assert "hr/pay.md" in told(app), "who is in the group finds it, and may open it"
    app = button(app, "hit-open-1")
    assert "hr/pay.md" in told(app)
    assert kept(built) == []
    sign_in(monkeypatch, Role.VIEWER)
    app = search(opened(monkeypatch, built, "documents"), "salary of the director")
    assert "hr/pay.md" not in told(app), "who is not in it has nothing to click"


@pytest.mark.fault(149)
def test_personal_data_in_the_question_is_replaced_before_it_is_written(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    asked = "What does the kettle cost? Write to ayse.yilmaz@cay-evi.com, please."
    naive = json.dumps({"question": asked})  # naive: a row of what was typed
    button(chat(monkeypatch, built, asked), OPEN)
    assert len(kept(built)) == 1
    written = Workspace.open(built).clicks.read_text("utf-8")
    assert "cay-evi" in naive and "cay-evi" not in written and "kettle" in written


@pytest.mark.fault(23)
@pytest.mark.parametrize("disk", ["full", "hangs"])
def test_a_disk_that_is_full_or_hangs_costs_a_click_nothing(
    monkeypatch: pytest.MonkeyPatch, built: Path, disk: str, caplog: pytest.LogCaptureFixture
) -> None:
    released = threading.Event()

    def append(*_: object) -> None:
        if disk == "full":
            raise OSError(28, f"No space left on device, and {QUESTION}")
        released.wait(30)

    app = chat(monkeypatch, built)
    monkeypatch.setattr(journal, "append", append)
    if disk == "full":
        with pytest.raises(OSError):  # naive: written where it is clicked, it would break the page
            clicks.keep_click(built / "x", Click("q", "s", 0))
    with caplog.at_level(logging.WARNING, "rungwise.clicks"):
        app = button(app, OPEN)
        assert not app.exception and not app.error and KETTLE in told(app)
        released.set()
        WRITER.flush()
    assert "kettle" not in caplog.text
    assert [one.getMessage() for one in caplog.records if one.name == "rungwise.clicks"] == (
        ["a click could not be written: OSError"] if disk == "full" else []
    )


# what is learned from it


@pytest.fixture
def many(rungwise, built: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The workspace with sixteen documents more, so that there is enough to teach an embedder with."""
    import assistant.open as opening
    from experiments.finding import teaching

    for number in range(16):
        words = " ".join(f"w{number}x{place}" for place in range(6))
        text = f"# Thing {number}\n\nOne {words} here. Another {words[::-1]} there.\n"
        (built / "documents" / f"thing{number}.md").write_text(text, "utf-8")
    assert rungwise("sync", "-w", built).code == 0
    monkeypatch.setattr(teaching, "open_library", opening.open_library)
    return built


def learned(rungwise, root: Path) -> int:
    ended = rungwise("tune-embedder", "-w", root, "--dry-run", "--json")
    assert ended.code == 0, ended.err
    return int(json.loads(ended.out)["pairs"]["click"])


def test_what_is_clicked_in_the_search_is_taught_to_the_embedder_until_the_passage_is_edited(
    rungwise, monkeypatch: pytest.MonkeyPatch, many: Path
) -> None:
    assert learned(rungwise, many) == 0
    app = opened(monkeypatch, many, "documents")
    for number in range(6):  # a part of the documents is held out, and gives no pair
        button(search(app, f"w{number}x0 w{number}x1 w{number}x2"), "hit-open-1")
        button(app, "documents-back")
    assert len(kept(many)) == 6
    assert 2 <= learned(rungwise, many) < 6
    things = {path: path.read_text("utf-8") for path in sorted((many / "documents").glob("thing*.md"))}
    for number, (path, text) in enumerate(things.items()):
        path.write_text(f"# Foreword v{number}y0\n\nIt v{number}y1 v{number}y2 is.\n\n{text}", "utf-8")
    assert rungwise("sync", "-w", many).code == 0
    assert learned(rungwise, many) >= 2, "a passage that stands elsewhere now is known again"
    for path, text in things.items():
        path.write_text(text.replace("One ", "Two "), "utf-8")
    assert rungwise("sync", "-w", many).code == 0
    assert learned(rungwise, many) == 0, "one that was edited is no answer any more"
    rows = [asdict(one) | {"passage": ""} for one in kept(many)]  # naive: whatever stands at that place now
    Workspace.open(many).clicks.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    assert learned(rungwise, many) >= 2


# kept, shown and destroyed as votes are


def test_a_click_stands_in_the_copy_for_whoever_asks_for_theirs_and_goes_when_its_time_is_over(
    rungwise, monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    button(chat(monkeypatch, built, "What does the kettle of Ayse Yilmaz cost?"), OPEN)
    assert len(kept(built)) == 1
    ended = rungwise("export", "-w", built, "--subject", "Ayse Yilmaz", "--json")
    assert "clicks.jsonl" in ended.out and "kettle of Ayse" in ended.out, ended.err
    (built / "data.toml").write_text('[[dataset]]\nname = "clicks"\nretention = "30 days"\n', "utf-8")
    path = Workspace.open(built).clicks
    old = {**json.loads(path.read_text("utf-8")), "at": "2020-01-01T00:00:00+00:00"}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(old) + "\n")
    assert rungwise("govern", "destroy", "--due", "-w", built).code == 0
    assert len(kept(built)) == 1, "the one whose time is over is gone"
    assert rungwise("forget", "-w", built, "--subject", "Ayse Yilmaz", "--yes").code == 0
    assert kept(built) == []


def test_clicks_lie_in_the_database_where_the_settings_name_one(built: Path, database) -> None:
    path = Workspace.open(built).clicks
    clicks.keep_click(path, Click("q", "a.md", 3), database)
    assert read_clicks(path, database) == [Click("q", "a.md", 3)]
    assert not path.exists() and read_clicks(path) == []
