"""Changing things on the page Documents: putting in, saying what holds, forgetting, by whom; headless, over a real library."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from assistant import Workspace
from governance.erasure import CERTIFICATES, forget
from tests.ui.documents.helpers import SECRET, part, sign_in, upload
from tests.ui.page_world import all_ended, button, opened, told
from tests.ui.test_uploads import HTML
from ui.access import audit
from ui.access.permissions import LOCAL, Role
from ui.jobs import office


@pytest.mark.fault(99)
def test_a_role_that_was_lowered_meanwhile_is_refused_where_it_acts_and_that_is_noted(
    monkeypatch: pytest.MonkeyPatch, built: Path, begun: list[list[str]]
) -> None:
    sign_in(monkeypatch, Role.EDITOR)
    app = opened(monkeypatch, built, "documents")
    monkeypatch.setattr("ui.who.can", lambda action: True)  # as a page that was drawn before
    sign_in(monkeypatch, Role.VIEWER)
    button(app, "sync")
    assert "that takes the role editor" in app.error[0].value and begun == []
    app = upload(app, ("new.md", b"# New\n"))
    button(app, "upload-put")
    assert (
        "that takes the role editor" in app.error[0].value and not (built / "documents" / "new.md").exists()
    )
    refused = [one for one in audit.entries(built) if not one.ok]
    assert [one.who for one in refused] == ["ada", "ada"], "both are in the audit log"


@pytest.mark.fault(99)
def test_what_is_begun_as_a_job_is_noted_once_and_names_nothing_that_is_to_be_forgotten(
    monkeypatch: pytest.MonkeyPatch, built: Path, begun: list[list[str]]
) -> None:
    sign_in(monkeypatch, Role.ADMIN)
    button(opened(monkeypatch, built, "documents"), "sync")
    button(part(opened(monkeypatch, built, "documents"), "personal"), "personal-look")
    app = part(opened(monkeypatch, built, "documents"), "forget")
    app.multiselect(key="forget-sources").set_value(["kettle.md"]).run()
    button(app, "forget-look")
    app.text_input(key="forget-confirm").set_value("forget").run()
    button(app, "forget-erase")
    noted = [one.what for one in audit.entries(built)]
    assert noted == ["sync", "look for personal data", "dry run", "1 documents"] and len(begun) == 3


# putting in


def test_an_upload_is_shown_before_it_is_written_and_then_brings_the_index_up_to_date(
    monkeypatch: pytest.MonkeyPatch, built: Path, begun: list[list[str]]
) -> None:
    app = upload(opened(monkeypatch, built, "documents"), ("new/tea.md", b"# Tea\n"), ("page.pdf", HTML))
    assert "new/tea.md" in told(app) and "the content is .html" in told(app)
    assert not (built / "documents" / "new").exists()
    app = button(app, "upload-put")
    assert (built / "documents" / "new" / "tea.md").read_bytes() == b"# Tea\n"
    assert begun == [["sync", "--json"]] and "1 documents were put in." in app.success[0].value.replace(
        "\\", ""
    )
    assert not (built / "documents" / "page.pdf").exists()


@pytest.mark.fault(9, 11)
def test_nothing_that_an_upload_says_of_itself_is_believed(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    app = upload(
        opened(monkeypatch, built, "documents"),
        ("../rungwise.toml", b'name = "evil"\n'),
        ("../../x.md", b"x\n"),
        (".env.md", b"x\n"),
        ("real.pdf", b"PK\x03\x04" + bytes(40)),
    )
    assert app.button(key="upload-put").disabled and told(app).count("not taken") == 4
    assert (built / "rungwise.toml").read_text() == 'name = "Tea"\n'


def test_a_document_that_is_there_is_replaced_only_when_that_is_ticked(
    monkeypatch: pytest.MonkeyPatch, built: Path, begun: list[list[str]]
) -> None:
    app = upload(
        opened(monkeypatch, built, "documents"), ("kettle.md", b"# Other\n"), ("hours.txt", b"new\n")
    )
    assert app.button(key="upload-put").disabled and told(app).count("is there, differs") == 2
    app.checkbox(key="upload-replace-0").check().run()
    button(app, "upload-put")
    assert (built / "documents" / "kettle.md").read_bytes() == b"# Other\n"


def test_a_name_that_a_closed_document_has_is_refused_without_a_hint(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    sign_in(monkeypatch, Role.EDITOR)
    app = upload(opened(monkeypatch, built, "documents"), ("hr/pay.md", b"# Mine\n"))
    assert "this name can't be used" in told(app) and "differs" not in told(app)
    assert SECRET in (built / "documents" / "hr" / "pay.md").read_text()


# documents.toml


def test_what_is_said_of_a_document_is_written_with_everybodys_comments_kept(
    monkeypatch: pytest.MonkeyPatch, built: Path, begun: list[list[str]]
) -> None:
    app = opened(monkeypatch, built, "documents")
    app.query_params["document"] = "kettle.md"
    app.run()
    app.text_input(key="access-kettle.md").set_value("shop, hr")
    app.text_input(key="purpose-kettle.md").set_value("service")
    next(one for one in app.button if "paper-form" in one.key).click().run()
    assert begun == [["sync", "--json"]]
    text = (built / "documents.toml").read_text()
    assert text.startswith("# ours\n") and 'access = ["hr", "shop"]' in text and 'purpose = "service"' in text
    assert "There is no such document here" in app.error[0].value, "closed for whoever is in neither group"


def test_a_mistake_in_what_is_said_is_a_sentence_and_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, built: Path, begun: list[list[str]]
) -> None:
    before = (built / "documents.toml").read_bytes()
    app = opened(monkeypatch, built, "documents")
    app.query_params["document"] = "kettle.md"
    app.run()
    app.text_input(key="retention-kettle.md").set_value("for ever")
    next(one for one in app.button if "paper-form" in one.key).click().run()
    assert "must be a period" in app.error[0].value and begun == []
    assert (built / "documents.toml").read_bytes() == before


def test_a_viewer_reads_what_holds_and_changes_nothing(monkeypatch: pytest.MonkeyPatch, built: Path) -> None:
    sign_in(monkeypatch, Role.VIEWER)
    app = opened(monkeypatch, built, "documents")
    app.query_params["document"] = "kettle.md"
    app.run()
    assert "Everybody may see it, at any time." in told(app)
    assert not [one for one in app.text_input if one.key.startswith("access")]


# forgetting


def test_forgetting_shows_what_would_go_and_wants_a_typed_word(
    monkeypatch: pytest.MonkeyPatch, built: Path, begun: list[list[str]]
) -> None:
    app = part(opened(monkeypatch, built, "documents"), "forget")
    app.multiselect(key="forget-sources").set_value(["kettle.md"]).run()
    app = button(app, "forget-look")
    assert "1 documents would be erased." in told(app) and "documents/kettle.md" in told(app)
    assert app.button(key="forget-erase").disabled and (built / "documents" / "kettle.md").exists()
    app.text_input(key="forget-confirm").set_value("Forget").run()
    button(app, "forget-erase")
    assert begun == [["forget", "--json", "--yes", "--", "kettle.md"]]


def test_a_text_to_forget_is_looked_for_first_and_a_short_one_refused(
    monkeypatch: pytest.MonkeyPatch, built: Path, begun: list[list[str]]
) -> None:
    app = part(opened(monkeypatch, built, "documents"), "forget")
    app.segmented_control(key="forget-way").set_value("text").run()
    app.text_input(key="forget-subject").set_value("ab").run()
    assert "at least 3 letters" in button(app, "forget-look").error[0].value
    app.text_input(key="forget-subject").set_value("--yes OSTRA").run()
    assert "Nothing in the workspace holds it." in told(button(app, "forget-look"))
    app.text_input(key="forget-subject").set_value("ostra").run()
    app = button(app, "forget-look")
    app.text_input(key="forget-confirm").set_value("forget").run()
    button(app, "forget-erase")
    assert begun == [["forget", "--json", "--yes", "--subject=ostra"]]


def test_certificates_are_listed_and_a_changed_one_is_told(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    house = Workspace.open(built)
    import assistant.open as opening

    with opening.open_library(house) as library:
        forget(house, library, ["kettle.md"])
    app = part(opened(monkeypatch, built, "documents"), "forget")
    assert "as it was written" in told(app) and "Certificates (1)" in [one.label for one in app.expander]
    path = next((built / ".rungwise" / CERTIFICATES).glob("*.json"))
    path.write_text(json.dumps(json.loads(path.read_text()) | {"documents": 0}))
    assert "was changed" in told(app.run())


def test_a_copy_for_somebody_is_made_for_admins(monkeypatch: pytest.MonkeyPatch, built: Path) -> None:
    app = part(opened(monkeypatch, built, "documents"), "forget")
    app.text_input(key="export-subject").set_value("Ostra").run()
    app = button(app, "export-look")
    assert "documents/kettle.md (document, 1)" in told(app) and not app.exception


# teaching the embedder


def test_whoever_may_train_begins_to_teach_the_embedder_and_others_see_no_button(
    monkeypatch: pytest.MonkeyPatch, built: Path, begun: list[list[str]]
) -> None:
    sign_in(monkeypatch, Role.VIEWER)
    assert not [one for one in opened(monkeypatch, built, "documents").button if one.key == "teach"]
    sign_in(monkeypatch, Role.ADMIN)
    button(opened(monkeypatch, built, "documents"), "teach")
    assert [words[-1] for words in begun] == ["--json"] and "tune-embedder" in begun[0]


@pytest.mark.parametrize("worse_in", [[], ["tr"]])
def test_what_a_teaching_came_to_is_told_in_the_reader_s_language_with_what_it_would_take_to_know(
    monkeypatch: pytest.MonkeyPatch, built: Path, worse_in: list[str]
) -> None:
    gain = {"mean": 0.01, "low": -0.02, "high": 0.04}
    result = {
        "pairs": {}, "outcome": "not better", "reason": "It does not find surely better: +0.010.",
        "acceptance": {"questions": 79, "gain": gain, "worse_in": worse_in, "needed": 1234},
    }  # fmt: skip
    monkeypatch.setattr(office, "COMMAND", (sys.executable, "-P", "-c"))
    house = Workspace.open(built)
    office.begin(house, "tune-embedder", [f"print({json.dumps(json.dumps(result))})"], LOCAL)
    all_ended(house)
    sign_in(monkeypatch, Role.ADMIN)
    app = opened(monkeypatch, built, "documents")
    assert not app.exception and "nDCG@10 on 79 test questions: +0.010" in told(app)
    assert "about 1,234 test questions" in told(app) and "It does not find" not in told(app)
    assert ("Surely worse on questions in: tr" in told(app)) is bool(worse_in)
