"""No archive can hurt whoever opens it: every attack is refused here, and works on a reader that trusts the file."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rag_files import lines, read, rows, unzipped, word, workbook, zipped

from rag.formats import archive
from rag.formats.outline import Unreadable


def letter() -> bytes:
    return word(lambda document: document.add_paragraph("Seen."))


def sheet() -> bytes:
    return workbook({"S": rows([["Item", "Price"], ["Tent", 25]])})


FILES = {".docx": letter, ".xlsx": sheet}


@pytest.fixture
def nothing_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    def unpack(*given: object) -> None:
        raise AssertionError("a part is unpacked")

    monkeypatch.setattr("rag.formats.archive._check_part", unpack)


@pytest.mark.usefixtures("nothing_is_unpacked")
@pytest.mark.parametrize("suffix", FILES)
@pytest.mark.fault(6)
def test_a_bomb_is_refused_before_it_is_unpacked(suffix: str) -> None:
    bomb = zipped({**unzipped(FILES[suffix]()), "media/zeros.bin": bytes(20_000_000)})
    with pytest.raises(
        Unreadable, match=r"'media/zeros.bin' would unpack to more than 100 times its size"
    ) as caught:
        read(bomb, suffix)
    assert caught.value.skip
    assert sum(map(len, unzipped(bomb).values())) > 300 * len(bomb)  # naive: it unpacks


@pytest.mark.parametrize("suffix", FILES)
@pytest.mark.fault(6)
def test_more_than_a_document_needs_is_refused_in_sum_and_in_number(
    suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = zipped({**unzipped(FILES[suffix]()), **{f"x/{n}": b"" for n in range(5_001)}}, zipfile.ZIP_STORED)
    with pytest.raises(Unreadable, match="more than 5,000 parts"):
        read(many, suffix)
    assert len(unzipped(many)) > 5_000  # naive
    monkeypatch.setattr("rag.formats.archive._MOST_BYTES", 20_000)
    with pytest.raises(Unreadable, match="would unpack to more than 0 MB or 5,000 parts"):
        read(zipped({**unzipped(FILES[suffix]()), "noise.bin": bytes(20_000)}), suffix)


@pytest.mark.fault(6)
def test_tens_of_thousands_of_parts_are_refused_without_reading_their_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"x"
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65_535, 65_535, 20_000 * len(entry), 4, 0)
    data = b"PK\x03\x04" + entry * 20_000 + end
    assert len(zipfile.ZipFile(io.BytesIO(data)).filelist) == 20_000  # naive: all of them are read
    monkeypatch.setattr("rag.formats.archive.zipfile.ZipFile", None)
    with pytest.raises(Unreadable, match="more than 5,000 parts"):
        read(data, ".xlsx")


def overlapping(copies: int) -> bytes:
    """One packed part that a directory names many times (Fifield, A better zip bomb, 2019)."""
    packed = zlib.compressobj(wbits=-15)
    content = b"0" * 9_000_000
    body = packed.compress(content) + packed.flush()
    name = b"media/a.bin"
    told = (zipfile.ZIP_DEFLATED, 0, 0, zlib.crc32(content), len(body), len(content), len(name))
    head = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, *told, 0) + name + body
    place = len(head)
    names = [b"media/%c.bin" % (97 + n) for n in range(copies)]
    directory = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, *told, 0, 0, 0, 0, 0, 0) + other
        for other in names
    )
    return (
        head
        + directory
        + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, copies, copies, len(directory), place, 0)
    )


@pytest.mark.fault(6)
def test_parts_that_share_their_bytes_are_refused() -> None:
    data = overlapping(20)
    with pytest.raises(Unreadable, match="overlaps another"):
        archive.opened(data)
    naive = zipfile.ZipFile(io.BytesIO(data)).infolist()
    assert sum(entry.file_size for entry in naive) > 1_000 * len(data)


def test_a_directory_that_lies_about_a_size_is_found_out() -> None:
    data = zipped({"word/document.xml": b"<a/>" + b" " * 20_000})
    lying = data.replace(struct.pack("<L", 20_004), struct.pack("<L", 4))
    assert (
        zipfile.ZipFile(io.BytesIO(lying)).infolist()[0].file_size == 4
    )  # naive: the claim is taken for true
    with pytest.raises(Unreadable, match="the archive is broken"):
        archive.opened(lying)


@pytest.mark.parametrize(
    "name",
    ["../../outside.txt", "word/../../outside.txt", "/outside.txt", "..\\outside.txt", "C:/outside.txt"],
)
@pytest.mark.fault(7)
def test_a_part_that_leads_out_of_the_archive_is_refused(name: str, tmp_path: Path) -> None:
    data = zipped({**unzipped(letter()), name: b"owned"})
    with pytest.raises(Unreadable, match="leads out of the archive"):
        read(data, ".docx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.fault(7)
def test_an_unpacker_that_trusts_names_writes_outside_its_folder(tmp_path: Path) -> None:
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    for name, content in unzipped(zipped({"../../outside.txt": b"owned"})).items():
        (inside / name).write_bytes(content)
    assert (tmp_path / "outside.txt").read_bytes() == b"owned"


def test_two_parts_of_one_name_are_refused() -> None:
    buffer = io.BytesIO(letter())
    with zipfile.ZipFile(buffer, "a") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file.writestr("word/document.xml", "<other/>")
    with pytest.raises(Unreadable, match=r"two parts named 'word/document.xml'"):
        read(buffer.getvalue(), ".docx")
    assert (
        zipfile.ZipFile(buffer).read("word/document.xml") == b"<other/>"
    )  # naive: one of them wins in silence


LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "OWNED"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
FETCHING = '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'


def with_doctype(data: bytes, part: str, doctype: str, encoding: str = "utf-8") -> bytes:
    parts = unzipped(data)
    text = parts[part].decode("utf-8").split("?>", 1)[-1]
    parts[part] = f"<?xml version='1.0' encoding='{encoding}'?>{doctype}{text}".encode(encoding)
    return zipped(parts)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-9"])
@pytest.mark.parametrize("doctype", [LAUGHS, FETCHING])
@pytest.mark.parametrize(
    ("suffix", "part"),
    [(".docx", "word/document.xml"), (".docx", "docProps/core.xml"), (".docx", "_rels/.rels"),
     (".xlsx", "xl/worksheets/sheet1.xml"), (".xlsx", "xl/sharedStrings.xml"), (".xlsx", "[Content_Types].xml")],
)  # fmt: skip
@pytest.mark.fault(8)
def test_entities_and_document_types_are_refused_in_every_part(
    suffix: str, part: str, doctype: str, encoding: str
) -> None:
    with pytest.raises(Unreadable, match="declares a document type") as caught:
        read(with_doctype(FILES[suffix](), part, doctype, encoding), suffix)
    assert caught.value.skip


@pytest.mark.fault(8)
def test_a_parser_that_trusts_entities_expands_them() -> None:
    text = unzipped(with_doctype(sheet(), "xl/worksheets/sheet1.xml", LAUGHS))["xl/worksheets/sheet1.xml"]
    naive = ElementTree.fromstring(text.replace(b"<t>Tent</t>", b"<t>&c;</t>"))
    assert "".join(naive.itertext()).count("OWNED") == 100


def test_a_document_type_hidden_behind_an_unknown_encoding_is_refused() -> None:
    parts = unzipped(letter())
    parts["word/styles.xml"] = f"<?xml version='1.0' encoding='cp500'?>{LAUGHS}<a/>".encode("cp500")
    with pytest.raises(Unreadable, match=r"'word/styles.xml' is broken"):
        read(zipped(parts), ".docx")


def test_a_page_that_word_embeds_whole_may_say_that_it_is_html() -> None:
    parts = unzipped(letter())
    parts["word/chunk.htm"] = b"<!DOCTYPE html><html><br>not XML</html>"
    assert lines(zipped(parts), ".docx") == ["Seen."]


def test_an_encrypted_part_and_an_unusual_packing_are_refused() -> None:
    locked = bytearray(zipped({"word/document.xml": b"<a/>"}))
    locked[6] |= 1
    locked[locked.rfind(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(Unreadable, match="encrypted"):
        archive.opened(bytes(locked))
    with pytest.raises(Unreadable, match="packed in a way that Office does not use"):
        archive.opened(zipped({"word/document.xml": b"<a/>"}, zipfile.ZIP_LZMA))


@pytest.mark.parametrize(
    ("data", "kind"),
    [(letter(), ".docx"), (sheet(), ".xlsx"), (zipped({"xl/a.xml": b""}), ".xlsx"), (zipped({"word/a.xml": b""}), ".docx"),
     (zipped({"ppt/a.xml": b""}), ".pptx"), (zipped({"a.txt": b""}), archive.OTHER), (b"PK\x03\x04 cut off", "")],
)  # fmt: skip
def test_an_archive_is_known_by_its_content_types_or_its_parts(data: bytes, kind: str) -> None:
    assert archive.kind(data) == kind


def test_word_and_excel_under_each_other_s_name_are_told_apart() -> None:
    for data, suffix, told in [(letter(), ".xlsx", ".docx"), (sheet(), ".docx", ".xlsx"), (sheet(), ".eml", ".xlsx"),
                               (sheet(), ".json", ".xlsx"), (zipped({"a": b""}), ".docx", archive.OTHER)]:  # fmt: skip
        with pytest.raises(
            Unreadable, match=f"the name ends in {suffix}, but the content is {told}"
        ) as caught:
            read(data, suffix)
        assert caught.value.skip


def test_a_workbook_with_macros_is_not_a_workbook() -> None:
    parts = unzipped(sheet())
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main",
        b"application/vnd.ms-excel.sheet.macroEnabled.main",
    )
    with pytest.raises(Unreadable, match=r"but the content is \.xlsm"):
        read(zipped(parts), ".xlsx")


def test_a_cut_off_archive_is_broken_and_keeps_its_last_version() -> None:
    for suffix, make in FILES.items():
        with pytest.raises(Unreadable, match="the archive is broken") as caught:
            read(make()[:-40], suffix)
        assert not caught.value.skip
