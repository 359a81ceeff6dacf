"""The page Documents, held by a list of behaviours; drawn headlessly over a real library with an embedder of letters."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from advisor import Language
from assistant import Workspace
from assistant.forget import CERTIFICATES, forget
from tests.ui.page_world import HOSTILE, button, go, opened, told
from tests.ui.test_uploads import HTML
from ui.access import audit
from ui.access.permissions import Person, Role
from ui.drawing.document_search import lit
from ui.jobs import office

SECRET = "The salary of the director is 900 EUR."


@pytest.fixture(autouse=True)
def _small_library(fakes: None) -> None:
    """Every library has the embedder of letters."""


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Note which commands would be begun as jobs; none is."""
    words: list[list[str]] = []

    monkeypatch.setattr(office, "_start", lambda house, folder, said: words.append(list(said)))
    monkeypatch.setattr(office, "_must_not_clash", lambda house, kind: None)
    return words


def sync(root: Path) -> None:
    house = Workspace.open(root)
    import assistant.open as opening

    with opening.open_library(house) as library:
        library.sync()


@pytest.fixture
def built(house: Path) -> Path:
    """The workspace with its index, and one document that only the group hr may see."""
    (house / "documents" / "hr").mkdir()
    (house / "documents" / "hr" / "pay.md").write_text(f"# Pay\n\n{SECRET}\n", encoding="utf-8")
    (house / "documents.toml").write_text(
        '# ours\n[[document]]\npath = "hr/*"\naccess = ["hr"]\n', encoding="utf-8"
    )
    sync(house)
    return house


def sign_in(monkeypatch: pytest.MonkeyPatch, role: Role, *groups: str) -> None:
    monkeypatch.setattr("ui.who.person", lambda: Person("ada", role, frozenset(groups)))


def part(app: AppTest, name: str) -> AppTest:
    return app.segmented_control(key="documents-part-0").set_value(name).run()


def parts(app: AppTest) -> list[str]:
    return [str(one).split(": ", 1)[-1] for one in app.segmented_control(key="documents-part-0").options]


def search(app: AppTest, query: str) -> AppTest:
    app.text_input(key="documents-query").set_value(query)
    return next(one for one in app.button if "documents-search" in one.key).click().run()


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    app = part(app, "add")
    return app.file_uploader[0].set_value([(name, data, "text/plain") for name, data in files]).run()


# standing and search


def test_an_empty_workspace_says_what_to_do(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    for path in (house / "documents").iterdir():
        path.unlink()
    app = opened(monkeypatch, house, "documents")
    assert "There are no documents yet" in told(app) and not app.exception and not app.error
    sign_in(monkeypatch, Role.VIEWER)
    assert "Whoever is an editor here" in told(app.run())


def test_before_the_first_index_search_says_how_to_make_it_and_files_wait(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    app = opened(monkeypatch, house, "documents")
    assert "There is no index yet" in app.info[0].value
    app = part(app, "files")
    assert [one.label for one in app.button if one.key.startswith("open-")] == ["hours\\.txt", "kettle\\.md"]
    assert "waiting" in told(app)


def test_a_search_shows_passages_with_scores_why_and_the_shared_words_marked(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    app = search(opened(monkeypatch, built, "documents"), "What does the kettle cost?")
    assert "2 documents · 2 passages" in told(app)
    assert "1. Kettle" in told(app) and "kettle.md" in told(app)
    assert "It shares these words: kettle, costs. Meaning " in told(app)
    assert "kettle costs" in [one.value for one in app.text], "lit on its own, as one piece"


def test_what_is_lit_is_what_the_index_takes_for_a_word_of_the_question() -> None:
    pieces, shared = lit("İade süresi 14 gündür; iadeler ücretsizdir.", "iade ücretsiz mi")
    assert "".join(text for text, _ in pieces) == "İade süresi 14 gündür; iadeler ücretsizdir."
    assert [text for text, is_lit in pieces if is_lit] == ["İade", "ücretsizdir"]
    assert shared == ["iade", "ücretsizdir"]
    assert lit("Nothing of it.", "kettle") == ([("Nothing of it.", False)], [])


def test_a_passage_opens_its_document_with_its_borders_and_back_leads_back(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    app = button(search(opened(monkeypatch, built, "documents"), "kettle"), "hit-open-1")
    assert app.subheader[0].value == "kettle\\.md"
    assert "The Ostra kettle costs 49 EUR." in [one.value for one in app.text] and "Passage 1" in told(app)
    assert "Versions (1)" in [one.label for one in app.expander]
    assert not button(app, "documents-back").subheader


def test_hostile_names_and_texts_stay_words(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    name = "![x](evil.example) **b** $x$ :smile:.md"
    (house / "documents" / name).write_text(f"# {HOSTILE}\n\nkettle {HOSTILE}\n", encoding="utf-8")
    sync(house)
    app = search(opened(monkeypatch, house, "documents"), f"kettle {HOSTILE}")
    pages = [app, button(app, "hit-open-1"), part(go(app, "documents"), "files")]
    for page in pages:
        drawn = [one.value for one in (*page.markdown, *page.caption, *page.subheader, *page.info)]
        drawn += [one.label for one in page.button]
        assert not any("evil.example" in one or "**b**" in one or "<script" in one for one in drawn)
    assert not app.exception


# who may see what


@pytest.mark.fault(74)
def test_nobody_is_told_of_what_their_groups_may_not_see(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    for role in (Role.VIEWER, Role.EDITOR):
        sign_in(monkeypatch, role)
        app = opened(monkeypatch, built, "documents")
        assert "2 documents · 2 passages" in told(app)
        for page in (search(app, "salary of the director"), part(app, "files")):
            assert "pay" not in told(page) and "900" not in told(page) and "more documents" not in told(page)
            assert not [one for one in page.button if "pay" in one.label]
        app.query_params["document"] = "hr/pay.md"
        assert "no such document here, or it is not open to you" in told(app.run()) and "900" not in told(app)
    sign_in(monkeypatch, Role.VIEWER, "hr")
    app = search(opened(monkeypatch, built, "documents"), "salary of the director")
    assert "3 documents · 3 passages" in told(app) and "hr/pay.md" in told(app), "their own group sees it"


def test_what_is_closed_since_the_index_was_made_is_closed_at_once_in_the_list(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    (built / "documents.toml").write_text(
        '[[document]]\npath = "kettle.md"\naccess = ["hr"]\n', encoding="utf-8"
    )
    sign_in(monkeypatch, Role.VIEWER)
    app = opened(monkeypatch, built, "documents")
    assert "1 documents" in told(app), "what was closed stays closed until a sync opens it, too"


def test_an_admin_looks_with_the_eyes_of_a_group_and_nobody_else_can(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    sign_in(monkeypatch, Role.ADMIN)
    app = opened(monkeypatch, built, "documents")
    assert "1 more documents are closed" in told(app)
    app.text_input(key="documents-eyes").set_value("hr").run()
    assert "3 documents · 3 passages" in told(app)
    sign_in(monkeypatch, Role.EDITOR)
    app.run()
    assert "2 documents · 2 passages" in told(app), "what the field held counts for admins only"


@pytest.mark.fault(99)
def test_what_is_offered_goes_by_role_and_what_is_done_too(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    shown = {
        Role.VIEWER: ["Search", "Files"],
        Role.EDITOR: ["Search", "Files", "Add", "Personal data"],
        Role.ADMIN: ["Search", "Files", "Add", "Personal data", "Forget"],
    }
    for role, names in shown.items():
        sign_in(monkeypatch, role)
        assert parts(opened(monkeypatch, built, "documents")) == names
    sign_in(monkeypatch, Role.VIEWER)
    app = opened(monkeypatch, built, "documents")
    assert "sync" not in [one.key for one in app.button]
    app.query_params["part"] = "forget"
    assert "Erase" not in told(app.run()), "an address opens nothing that the role does not"


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


def test_files_say_how_they_stand_and_why(monkeypatch: pytest.MonkeyPatch, built: Path) -> None:
    (built / "documents" / "scan.pdf").write_bytes(HTML)
    (built / "documents" / "run.exe").write_bytes(b"MZ")
    sync(built)
    time.sleep(0.01)
    (built / "documents" / "kettle.md").write_text("# Kettle\n\nNow 59 EUR.\n")
    (built / "documents" / "hours.txt").unlink()
    (built / "documents" / "late.md").write_text("# Late\n")
    app = part(opened(monkeypatch, built, "documents"), "files")
    for word in (
        "changed since",
        "gone from the folder",
        "waiting",
        "left out",
        "the content is .html",
        "type .exe are not read",
    ):
        assert word in told(app), word
    assert "(3 changed)" in app.button(key="sync").label
    app.multiselect(key="documents-standing").set_value(["gone"]).run()
    assert [one.label for one in app.button if one.key.startswith("open-")] == ["hours\\.txt"]
    app.text_input(key="documents-filter").set_value("nowhere").run()
    assert "No document fits" in told(app)


@pytest.mark.fault(94)
def test_a_list_saved_as_csv_holds_no_formula() -> None:
    import csv
    import io

    from ui.tabular import csv_text

    hostile = [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        " =cmd|' /C calc'!A0",
        "＝1",
        '"=1"',
        "fine, = inside",
        "a\x1b[31m",
    ]
    kept = [
        row[0]
        for row in csv.reader(
            io.StringIO(csv_text(["name"], [[one] for one in hostile]).removeprefix("\ufeff"))
        )
    ][1:]
    assert not [one for one in kept if one.lstrip().startswith(("=", "+", "-", "@", "＝"))]
    assert "fine, = inside" in kept and "\x1b" not in "".join(kept)
    naive = [row[0] for row in csv.reader(io.StringIO("\n".join(hostile)))]
    assert [one for one in naive if one.startswith("=")], (
        "the attack works where cells are written as they come"
    )


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


# the language


def test_the_page_is_told_in_turkish(monkeypatch: pytest.MonkeyPatch, built: Path) -> None:
    monkeypatch.setattr("ui.language.language", lambda: Language.TR)
    app = opened(monkeypatch, built, "documents")
    assert app.title[0].value == "Ne biliyor?" and "2 belge · 2 pasaj" in told(app)
    assert "Ortak sözcükler" in told(search(app, "kettle"))
    assert parts(app) == ["Ara", "Dosyalar", "Ekle", "Kişisel veri", "Unut"]
    shown = {
        "files": "okundu",
        "add": "Kabul edilenler",
        "personal": "Kişisel veri ara",
        "forget": "Geri alınamaz",
    }
    for name, word in shown.items():
        app = part(app, name)
        assert not app.exception and word in told(app) + "".join(one.label for one in app.button)


def test_a_broken_documents_file_is_a_sentence(monkeypatch: pytest.MonkeyPatch, built: Path) -> None:
    (built / "documents.toml").write_text('[[document]]\npath = "a"\nacess = ["x"]\n')
    app = opened(monkeypatch, built, "documents")
    assert "Did you mean" in app.error[0].value and not app.exception
