"""Uploads: no name leaves the folder, no file is what it is not, nothing is replaced unasked; and what a naive one lets in."""

from __future__ import annotations

import io
import os
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import UserError
from rag.ingest.load import scan
from rag.types import ReadLimits
from ui.uploads import MOST_FILES, Fate, Incoming, cleaned, look, put, sniffed

_CONTENT_TYPES = "[Content_Types].xml"
HTML = b"<!doctype html><script>alert(1)</script>"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


def office(kind: str, **parts: bytes) -> bytes:
    """Return an archive that says it is Word or Excel."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(_CONTENT_TYPES, f'<Types><Override ContentType="x.{kind}.main+xml"/></Types>')
        for name, data in (parts or {"word/document.xml": b"<w/>"}).items():
            file.writestr(name, data)
    return out.getvalue()


def naive_put(documents: Path, name: str, data: bytes) -> Path:
    """Store an upload as a tutorial does: under the name that the browser told."""
    path = Path(os.path.normpath(documents / name))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def naive_takes(name: str, data: bytes) -> bool:
    """Believe the suffix."""
    return Path(name).suffix in (".pdf", ".docx", ".xlsx", ".md", ".txt", ".csv")


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "house" / "documents"
    folder.mkdir(parents=True)
    (folder / "kettle.md").write_bytes(b"# Kettle\n")
    return folder


def one(documents: Path, name: str, data: bytes = b"text\n", **more: object):
    return look(documents, [Incoming(name, data)], 1.0, **more)[0]  # type: ignore[arg-type]


# names

LEADING_OUT = (
    "../secret.md",
    "a/../../secret.md",
    "..\\..\\secret.md",
    "/etc/cron.d/x.md",
    "C:\\Windows\\x.md",
    "C:x.md",
    "\\\\server\\share\\x.md",
    "a/./../../../x.md",
    "..\u200b/x.md",
    "\u202e../x.md",
    ".\u00ad./x.md",
    "..\x00/x.md",
)


@pytest.mark.fault(9)
@pytest.mark.parametrize("name", LEADING_OUT)
def test_a_name_that_leads_out_of_the_folder_is_refused_with_a_sentence(documents: Path, name: str) -> None:
    looked = one(documents, name)
    assert looked.fate is Fate.REFUSED and looked.source == "" and looked.reason
    assert put(documents, [looked], replace=True) == []


@pytest.mark.fault(9)
def test_a_naive_upload_writes_where_the_name_leads(documents: Path) -> None:
    written = naive_put(documents, "../rungwise.toml", b"evil")
    assert not written.is_relative_to(documents), "the attack works where a name is believed"
    assert one(documents, "../rungwise.toml").fate is Fate.REFUSED


@pytest.mark.parametrize(
    "name",
    [
        ".hidden.md", "a/.git/x.md", "con.md", "AUX", "lpt1.txt", "a/NUL.md", "x?.md", 'x".md', "x|y.md", "*.md", "ends.md.", "",
        " ", "/", "x" * 201 + ".md", "a/b/c/d/e/f/g/h/i.md", "/".join(["long" * 40] * 5) + ".md",
    ],
)  # fmt: skip
def test_hidden_reserved_and_endless_names_are_refused(documents: Path, name: str) -> None:
    assert one(documents, name).fate is Fate.REFUSED


def test_a_folder_is_kept_and_a_name_is_put_into_one_writing(documents: Path) -> None:
    told = unicodedata.normalize("NFD", "Çay\\şeker\\ölçü .md")
    looked = one(documents, told, folder="tr/2026")
    assert looked.source == unicodedata.normalize("NFC", "tr/2026/Çay/şeker/ölçü .md")
    assert put(documents, [looked], replace=False) == [looked.source]
    assert (documents / looked.source).read_bytes() == b"text\n"
    with pytest.raises(UserError, match="folder can't be called"):
        look(documents, [], 1.0, "../up")


@pytest.mark.fault(9)
@settings(max_examples=300)
@given(st.text(st.sampled_from("./\\ab\x00:~ \u202e\u200b\ufeff*çİ") | st.characters(), max_size=40))
def test_no_name_ever_leaves_the_documents_folder(name: str) -> None:
    try:
        made = cleaned(name)
    except UserError:
        return
    home = Path("/house/documents")
    assert Path(os.path.normpath(home / made)).is_relative_to(home)
    assert not any(part.startswith(".") or not part.strip() for part in made.split("/"))
    assert "\x00" not in made and "\\" not in made and made == unicodedata.normalize("NFC", made)
    assert cleaned(made) == made


@pytest.mark.fault(9)
def test_a_link_in_the_folder_leads_no_upload_out(documents: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "there.md").write_text("theirs")
    (documents / "away").symlink_to(outside)
    (documents / "there.md").symlink_to(outside / "there.md")
    for name in ("away/new.md", "there.md"):
        assert one(documents, name).fate is Fate.REFUSED
    assert [path.name for path in outside.iterdir()] == ["there.md"]
    assert naive_put(documents, "away/new.md", b"x").resolve().is_relative_to(outside), (
        "a naive one follows it"
    )


# contents

NOT_WHAT_THEY_SAY = [
    ("page.pdf", HTML, "no PDF|content is .html"),
    ("archive.pdf", office("wordprocessingml.document"), "content is"),
    ("picture.pdf", PNG, "content is .png"),
    ("nothing.pdf", b"hello", "no PDF"),
    ("page.docx", HTML, "content is .html"),
    ("plain.docx", b"hello", "archive"),
    ("sheet.docx", office("spreadsheetml.sheet"), "content is .xlsx"),
    ("macro.docx", office("document.macroEnabled"), "content is .docm"),
    ("zip.xlsx", office("nothing", **{"a.txt": b"x"}), "archive"),
    ("old.xlsx", b"\xd0\xcf\x11\xe0" + bytes(512), "Office"),
    ("program.md", b"\x7fELF" + bytes(64), "a program"),
    ("picture.txt", b"ab\x01\x02\x03\x04\x05\x06" * 40, "not text"),
    ("zeros.csv", b"a;b\n" + bytes(200), "not text"),
    ("pdf.md", PDF, "content is .pdf"),
    ("empty.txt", b"  \n", "white space"),
    ("nothing.txt", b"", "empty"),
    ("run.exe", b"MZ", "not read"),
    ("page.svg", b"<svg onload=alert(1)>", "not read"),
    ("none", b"text", "not read"),
]


@pytest.mark.fault(11)
@pytest.mark.parametrize(("name", "data", "why"), NOT_WHAT_THEY_SAY)
def test_a_file_that_is_not_what_its_name_says_is_refused(
    documents: Path, name: str, data: bytes, why: str
) -> None:
    import re

    looked = one(documents, name, data)
    assert looked.fate is Fate.REFUSED and re.search(why, looked.reason), looked.reason
    assert put(documents, [looked], replace=True) == []


@pytest.mark.fault(11)
def test_a_naive_upload_believes_the_suffix() -> None:
    fallen = [name for name, data, _ in NOT_WHAT_THEY_SAY if naive_takes(name, data)]
    assert {"page.pdf", "macro.docx", "program.md"} <= set(fallen), (
        "the attacks work where a suffix is believed"
    )


@pytest.mark.fault(11)
def test_a_bomb_and_an_archive_that_leads_out_are_refused(documents: Path) -> None:
    bomb = office("wordprocessingml.document", **{"word/document.xml": b" " * 20_000_000})
    assert len(bomb) < 100_000
    assert "times its size" in one(documents, "bomb.docx", bomb).reason
    slip = office("wordprocessingml.document", **{"../../evil.sh": b"x"})
    assert "leads out" in one(documents, "slip.docx", slip).reason


@pytest.mark.parametrize(
    ("suffix", "data"),
    [
        (".md", "# Çay\n".encode()),
        (".txt", "Fiyat 49 ₺".encode("utf-16")),
        (".txt", "İade süresi 14 gün, ücret ödenmez.".encode("cp1254")),
        (".csv", b"a;b\n1;2\n"),
        (".pdf", PDF),
        (".docx", office("wordprocessingml.document")),
        (".xlsx", office("spreadsheetml.sheet", **{"xl/workbook.xml": b"<w/>"})),
        (".html", b'<html><meta charset="iso-8859-9">\xfe</html>'),
        (".json", b'{"a": 1}'),
        (".eml", b"Subject: x\r\n\r\n\x80 body"),
    ],
)
def test_honest_files_are_taken(suffix: str, data: bytes) -> None:
    assert sniffed(data, suffix) == ""


# sizes, and what is there


def test_one_large_file_is_refused_and_a_large_or_numerous_upload_as_a_whole(documents: Path) -> None:
    assert "at most 1 MB" in one(documents, "big.txt", b"a" * 1_000_001).reason
    with pytest.raises(UserError, match=f"at most {MOST_FILES}"):
        look(documents, [Incoming(f"{n}.md", b"x") for n in range(MOST_FILES + 1)], 1.0)
    with pytest.raises(UserError, match="together"):
        look(documents, [Incoming(f"{n}.md", b"x" * 900_000) for n in range(25)], 1.0)


def test_a_document_that_is_there_is_replaced_only_where_that_is_asked_for(documents: Path) -> None:
    same, other = one(documents, "kettle.md", b"# Kettle\n"), one(documents, "kettle.md", b"# Other\n")
    assert (same.fate, other.fate) == (Fate.SAME, Fate.CHANGED)
    assert put(documents, [same, other], replace=False) == []
    assert (documents / "kettle.md").read_bytes() == b"# Kettle\n"
    assert put(documents, [same, other], replace=True) == ["kettle.md"]
    assert (documents / "kettle.md").read_bytes() == b"# Other\n"
    naive_put(documents, "kettle.md", b"gone")
    assert (documents / "kettle.md").read_bytes() == b"gone", "a naive one replaces without a word"


def test_a_document_that_one_may_not_see_can_be_neither_replaced_nor_told_of(documents: Path) -> None:
    closed = one(documents, "kettle.md", b"# Mine now\n", may_see=lambda source: False)
    assert closed.fate is Fate.REFUSED and "kettle" not in closed.reason and "there is" not in closed.reason
    assert put(documents, [closed], replace=True) == []


def test_two_names_that_some_systems_can_not_tell_apart_are_told(documents: Path) -> None:
    assert "some systems" in one(documents, "KETTLE.md").reason
    twice = look(documents, [Incoming("a.md", b"x\n"), Incoming("A.md", b"y\n")], 1.0)
    assert [looked.fate for looked in twice] == [Fate.NEW, Fate.REFUSED]


def test_a_file_where_a_folder_is_and_the_other_way_round_is_refused(documents: Path) -> None:
    (documents / "folder.md").mkdir()
    assert "folder" in one(documents, "folder.md").reason
    assert "folder" in one(documents, "kettle.md/x.md").reason


def test_what_was_put_in_is_what_the_library_finds(documents: Path) -> None:
    looked = look(documents, [Incoming("new/a.md", b"# A\n"), Incoming("b.txt", b"b\n")], 1.0)
    assert put(documents, looked, replace=False) == ["new/a.md", "b.txt"]
    found = [entry for entry in scan(documents, ReadLimits()) if not entry.reason]
    assert [entry.source for entry in found] == ["b.txt", "kettle.md", "new/a.md"]
    assert not [path for path in documents.rglob(".*")], "nothing half-written stays"
