"""Reading the page Documents: search, the list, one document, and what nobody may learn; headless, over a real library."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from advisor import Language
from tests.ui.documents.helpers import part, parts, search, sign_in, sync
from tests.ui.page_world import HOSTILE, button, go, opened, told
from tests.ui.test_uploads import HTML
from ui.access.permissions import Role
from ui.drawing.document_search import lit

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
