"""Votes with their text: kept only where the workspace says so, said before, without personal data; and improved answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant import Workspace
from finetune.preference.preferences import Preference, load_preferences
from foundation.errors import UserError
from tests.ui.page_world import ask, button, told
from tests.ui.test_page_votes import ANSWERS, built, voting  # noqa: F401  (a fixture is used by its name)
from ui.conversations import preferring

pytestmark = pytest.mark.usefixtures("fakes")
QUESTION = "What does the kettle cost?"


def keeping(house: Path) -> None:
    """Let the workspace keep the text of votes."""
    with (house / "rungwise.toml").open("a", encoding="utf-8") as file:
        file.write("\n[votes]\nkeep_text = true\n")


def kept(house: Path) -> list[Preference]:
    return load_preferences(Workspace.open(house).preferences)


def test_a_vote_that_chose_a_side_keeps_both_answers_and_what_they_cite(
    monkeypatch: pytest.MonkeyPatch,
    built: Path,  # noqa: F811
) -> None:
    keeping(built)
    app = voting(monkeypatch, built)
    assert "your question and both answers are kept" in told(app), "said before the vote"
    app = ask(app, QUESTION)
    a, b = [one.value for one in app.text if one.value in ANSWERS.values()]
    button(app, "vote-0-right")
    (found,) = kept(built)
    assert (found.chosen, found.rejected, found.question) == (b, a, QUESTION)
    assert [ANSWERS[name] for name in found.setups] == [b, a]
    assert found.sources == (("goods/1.md",) if "[1]" in a + b else ())


@pytest.mark.parametrize("choice", ["tie", "both-bad"])
def test_a_vote_that_chose_no_side_keeps_no_text(
    monkeypatch: pytest.MonkeyPatch,
    built: Path,  # noqa: F811
    choice: str,
) -> None:
    keeping(built)
    button(ask(voting(monkeypatch, built), QUESTION), f"vote-0-{choice}")
    assert not Workspace.open(built).preferences.exists()


def test_without_the_setting_no_text_of_a_vote_is_kept_and_the_page_says_so(
    monkeypatch: pytest.MonkeyPatch,
    built: Path,  # noqa: F811
) -> None:
    app = voting(monkeypatch, built)
    assert "without a word of question or answer" in told(app)
    button(ask(app, QUESTION), "vote-0-left")
    assert not Workspace.open(built).preferences.exists()
    assert not any(one.label == "Improve this answer" for one in app.expander)


def test_an_editor_writes_an_answer_better_and_both_are_kept(
    monkeypatch: pytest.MonkeyPatch,
    built: Path,  # noqa: F811
) -> None:
    keeping(built)
    app = voting(monkeypatch, built)
    app.toggle(key="blind").set_value(False).run()
    app = ask(app, QUESTION)
    was = next(one.value for one in app.text if one.value in ANSWERS.values())
    app.text_area[0].set_value("The Ostra kettle costs 49 EUR [1]. Shall I keep one for you?").run()
    app = button(app, "keep-better-0")
    assert "Kept as the better answer." in told(app)
    (found,) = kept(built)
    assert (found.chosen, found.rejected) == (
        "The Ostra kettle costs 49 EUR [1]. Shall I keep one for you?",
        was,
    )
    assert (str(found.origin), found.sources) == ("edit", ("goods/1.md",))


def test_an_answer_that_was_not_changed_is_not_kept(monkeypatch: pytest.MonkeyPatch, built: Path) -> None:  # noqa: F811
    keeping(built)
    app = voting(monkeypatch, built)
    app.toggle(key="blind").set_value(False).run()
    app = button(ask(app, QUESTION), "keep-better-0")
    assert "The answer is as it was." in told(app)
    assert not Workspace.open(built).preferences.exists()


def test_personal_data_is_replaced_before_it_is_written_and_what_a_passage_says_stays(
    monkeypatch: pytest.MonkeyPatch,
    built: Path,  # noqa: F811
) -> None:
    keeping(built)
    app = voting(monkeypatch, built)
    asked = "What does the kettle cost? Write to ayse.yilmaz@cay-evi.com, my number is +90 532 123 45 67."
    button(ask(app, asked), "vote-0-left")
    written = Workspace.open(built).preferences.read_text(encoding="utf-8")
    assert "cay-evi" not in written and "123 45 67" not in written and "@example.com" in written
    assert "49 EUR" in written or "Sixty" in written
    naive = json.dumps({"messages": [{"role": "user", "content": asked}]})
    assert "cay-evi" in naive, "a naive row would hold it"
    with_passage = preferring.replacing(Workspace.open(built), "Reach us at ayse.yilmaz@cay-evi.com.")
    assert with_passage("Write to ayse.yilmaz@cay-evi.com.") == "Write to ayse.yilmaz@cay-evi.com."


def test_no_text_is_kept_of_an_edit_where_the_workspace_keeps_none(built: Path) -> None:  # noqa: F811
    with pytest.raises(UserError, match="keeps no text of answers"):
        preferring.keep_edit(Workspace.open(built), "a", [], QUESTION, None, "Better.")  # type: ignore[arg-type]
