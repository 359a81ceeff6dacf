"""The page Govern, held by a list of behaviours; drawn headlessly over real books of a real workspace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from advisor import Language
from assistant import Workspace
from finetune import registry
from governance import requests
from tests.ui.page_world import button, opened, told
from ui.access.permissions import Person, Role

pytestmark = pytest.mark.usefixtures("fakes")
NOW = datetime.now(UTC)


@pytest.fixture
def kept(house: Path, rungwise) -> Path:
    """A house whose documents are kept for a day, for a reason, and were indexed long ago."""
    (house / "documents.toml").write_text(
        '[[document]]\npath = "kettle.md"\npurpose = "sales"\nlegal_basis = "contract"\nowner = "shop"\nretention = "1 day"\n',
        "utf-8",
    )
    assert rungwise("sync", "-w", house).code == 0
    return house


def later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """Let the page look so many days ahead."""
    import governance

    real = governance.standing
    monkeypatch.setattr("governance.standing", lambda house, now: real(house, now + timedelta(days=days)))


def test_a_viewer_and_an_editor_see_nothing_of_it(monkeypatch: pytest.MonkeyPatch, kept: Path) -> None:
    for role in (Role.VIEWER, Role.EDITOR):
        monkeypatch.setattr("ui.who.person", lambda role=role: Person("vera", role))
        words = told(opened(monkeypatch, kept, "govern"))
        assert "An admin sees this page" in words and "kettle.md" not in words


def test_what_has_no_stated_reason_is_named_with_what_is_lacking(
    monkeypatch: pytest.MonkeyPatch, kept: Path
) -> None:
    app = opened(monkeypatch, kept, "govern")
    shown = told(app) + "\n".join(str(one.value) for one in app.table)
    assert not app.exception and "Nothing is late" in shown
    assert "hours.txt" in shown.replace("\\", "")


def test_what_ended_is_named_and_destroyed_after_a_second_yes_alone(
    monkeypatch: pytest.MonkeyPatch, kept: Path
) -> None:
    later(monkeypatch, 3)
    begun: list[list[str]] = []
    monkeypatch.setattr(
        "ui.drawing.job.begin", lambda _house, _kind, words, _what="": begun.append(list(words)) or True
    )
    app = opened(monkeypatch, kept, "govern")
    shown = (told(app) + "\n".join(str(one.value) for one in app.table)).replace("\\", "")
    assert "Something is late" in shown and "kettle.md" in shown
    button(app, "destroy")
    assert begun == [] and "no way back" in told(app)
    button(app, "destroy-no")
    assert begun == []
    button(app, "destroy")
    button(app, "destroy-yes")
    assert begun == [["govern", "destroy", "--due", "--json", "--by=local"]] and not app.exception


def test_an_adapter_that_learned_from_what_was_erased_is_told_of_with_the_way_to_a_new_one(
    monkeypatch: pytest.MonkeyPatch, kept: Path
) -> None:
    assert "served no more" not in told(opened(monkeypatch, kept, "govern"))
    folder = Workspace.open(kept).adapters.serving
    folder.mkdir(parents=True, exist_ok=True)
    (folder / registry.TAINTED).write_text("{}", "utf-8")
    app = opened(monkeypatch, kept, "govern")
    assert "is served no more" in told(app) and not app.exception
    app.session_state["rungwise_language"] = Language.TR
    assert "artık kullanılmıyor" in told(app.run())


def test_a_request_is_noted_by_its_due_day_and_the_name_is_nowhere_on_the_disk(
    monkeypatch: pytest.MonkeyPatch, kept: Path
) -> None:
    app = opened(monkeypatch, kept, "govern")
    app.segmented_control(key="govern-part").set_value("requests").run()
    assert "Nobody waits" in told(app)
    app.text_input(key="request-subject").set_value("Ayşe Çetinkaya")
    next(one for one in app.button if one.label == "Note it").click().run()
    house = Workspace.open(kept)
    (noted,) = requests.every(house, NOW.date())
    assert noted.open and noted.due in told(app).replace("\\", "") + str([t.value for t in app.table])
    for path in (kept / ".rungwise").rglob("*"):
        assert not path.is_file() or "Çetinkaya".encode() not in path.read_bytes(), path


def test_a_review_is_confirmed_by_whoever_looks_at_it(monkeypatch: pytest.MonkeyPatch, kept: Path) -> None:
    app = opened(monkeypatch, kept, "govern")
    app.segmented_control(key="govern-part").set_value("review").run()
    assert "Reviewed last: never" in told(app).replace("\\", "")
    button(app, "review-confirm")
    assert "The review is confirmed" in told(app) and f"Reviewed last: {NOW:%Y-%m-%d}" in told(app).replace(
        "\\", ""
    )


def test_the_papers_can_be_taken_along_in_the_readers_language(
    monkeypatch: pytest.MonkeyPatch, kept: Path
) -> None:
    app = opened(monkeypatch, kept, "govern")
    app.segmented_control(key="govern-part").set_value("papers").run()
    app.session_state["rungwise_language"] = Language.TR
    app.run()
    button(app, "papers-write")
    assert not app.exception and len(app.get("download_button")) >= 2
