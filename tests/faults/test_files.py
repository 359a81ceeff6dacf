"""Fault cases of files: each attack is tried on Rungwise and on a naive target, which must fall to it.

The numbers are those of `docs/faults.md`.
"""

from __future__ import annotations

import io
import re
import resource
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pypdf
import pytest
from reportlab.pdfgen import canvas

from assistant.workspace import Workspace
from foundation.errors import UserError
from governance.erasure import forget
from rag import Library, Outcome
from rag.ingest.load import Reader, Refusal, scan
from rag.ingest.load_child import answer
from rag.types import ReadLimits
from tests import naive
from tests.faults.naughty import naughty
from tests.rag.rag_fakes import LetterEmbedder
from tests.rag.rag_files import damaged, pdf_bomb, pdf_page, zipped

Make = Callable[..., Library]


# Files that are none, broken, locked or empty


@pytest.mark.fault(1)
def test_a_folder_with_a_link_to_nowhere_is_read_to_its_end(library: Library, documents: Path) -> None:
    (documents / "empty.txt").touch()
    (documents / "x.pdf").mkdir()
    (documents / "gone.md").symlink_to(documents / "nowhere.md")
    with pytest.raises(OSError):
        naive.load_folder(documents)
    report = library.sync()
    assert report.partial and report.counts[Outcome.INDEXED] == 2
    assert {one.source for one in report.files if one.reason} == {"empty.txt", "x.pdf", "gone.md"}


@pytest.mark.fault(2)
def test_damaged_pdfs_end_as_a_document_or_a_reason_and_raise_in_a_naive_reader() -> None:
    copies = list(damaged(pdf_page("Seen."), 60, seed=7))
    raised = 0
    for copy in copies:
        try:
            naive.pdf_text(copy)
        except Exception:  # whatever class: a loop over files would end here
            raised += 1
    assert raised >= 3
    for copy in copies:
        read = answer(copy, ".pdf", 10_000)
        assert "blocks" in read or read.get("skipped") or read.get("failed")


@pytest.mark.fault(3)
def test_a_locked_pdf_says_what_to_do_without_asking_anybody() -> None:
    from reportlab.lib.pdfencrypt import StandardEncryption

    buffer = io.BytesIO()
    locked = canvas.Canvas(buffer, encrypt=StandardEncryption("secret"))
    locked.drawString(50, 780, "Secret.")
    locked.save()
    with pytest.raises(pypdf.errors.FileNotDecryptedError):
        naive.pdf_text(buffer.getvalue())
    read = answer(buffer.getvalue(), ".pdf", 10_000)
    assert str(read["skipped"]).startswith(
        "encrypted: it opens with a password only; save a copy without one, or name"
    )


def locked_pdf(algorithm: str) -> bytes:
    """Return a page that opens with the password "secret"."""
    plain, out = io.BytesIO(), io.BytesIO()
    page = canvas.Canvas(plain)
    page.drawString(50, 780, "The stove costs 49 EUR.")
    page.save()
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(plain.getvalue()))
    writer.encrypt("secret", algorithm=algorithm)
    writer.write(out)
    return out.getvalue()


@pytest.mark.fault(3)
@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
def test_a_locked_pdf_is_read_with_the_password_that_the_environment_holds(
    library: Library, documents: Path, monkeypatch: pytest.MonkeyPatch, algorithm: str
) -> None:
    (documents / "locked.pdf").write_bytes(locked_pdf(algorithm))
    (documents.parent / "documents.toml").write_text(
        '[[document]]\npath = "locked.pdf"\npassword_env = "STOVE_PASSWORD"\n', "utf-8"
    )

    def told() -> str:
        return next(one.reason for one in library.sync().files if one.source == "locked.pdf")

    monkeypatch.delenv("STOVE_PASSWORD", raising=False)
    assert "it opens with a password only" in told()
    monkeypatch.setenv("STOVE_PASSWORD", "wrong")
    assert "does not open it" in told()
    monkeypatch.setenv("STOVE_PASSWORD", "secret")
    assert told() == "" and library.text("locked.pdf") == "The stove costs 49 EUR."
    assert not any(b"secret" in path.read_bytes() for path in library.state.rglob("*") if path.is_file())


@pytest.mark.fault(4)
def test_a_scan_is_not_counted_as_indexed(library: Library, documents: Path) -> None:
    buffer = io.BytesIO()
    drawn = canvas.Canvas(buffer)
    drawn.rect(10, 10, 50, 50)
    drawn.save()
    (documents / "scan.pdf").write_bytes(buffer.getvalue())
    assert naive.pdf_text(buffer.getvalue()) == ""  # naive: a document, and nothing in it
    (scan_result,) = (one for one in library.sync().files if one.source == "scan.pdf")
    assert scan_result.outcome is Outcome.SKIPPED and scan_result.reason.startswith("no_text")


@pytest.mark.fault(5)
def test_a_small_pdf_that_grows_without_end_is_given_up() -> None:
    bomb = pdf_bomb(50_000)
    assert len(naive.pdf_text(bomb)) > 40 * len(bomb)  # naive: all of it
    with Reader(ReadLimits(seconds=10, characters=100_000)) as reader:
        refused = reader.read("bomb.pdf", bomb)
    assert isinstance(refused, Refusal) and refused.outcome is Outcome.FAILED
    assert re.search("at most 100,000 are read|longer than 10 seconds|would|memory", refused.reason), (
        refused.reason
    )


@pytest.mark.fault(7)
def test_an_archive_that_climbs_out_is_refused_and_a_naive_unpacker_is_led_out(tmp_path: Path) -> None:
    data = zipped(
        {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<a/>", "../../outside.txt": b"owned"}
    )
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    naive.unpack(data, inside)
    assert (tmp_path / "outside.txt").read_bytes() == b"owned"
    assert "leads out of the archive" in str(answer(data, ".docx", 10_000))


@pytest.mark.fault(8)
def test_a_picture_in_xml_is_no_document_and_a_pdf_s_metadata_is_not_parsed(
    library: Library, documents: Path
) -> None:
    laughs = '<!DOCTYPE x [<!ENTITY a "OWNED"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><svg>&b;</svg>'
    (documents / "picture.svg").write_text(laughs, "utf-8")
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf_page("Seen.")))
    metadata = pypdf.generic.StreamObject()
    metadata.set_data(laughs.encode())
    writer.root_object[pypdf.generic.NameObject("/Metadata")] = writer._add_object(metadata)
    buffer = io.BytesIO()
    writer.write(buffer)
    (documents / "metadata.pdf").write_bytes(buffer.getvalue())

    from xml.etree import ElementTree

    assert "".join(ElementTree.fromstring(laughs).itertext()).count("OWNED") == 8  # naive
    outcomes = {one.source: one.outcome for one in library.sync().files}
    assert outcomes["picture.svg"] is Outcome.SKIPPED and outcomes["metadata.pdf"] is Outcome.INDEXED
    assert library.text("metadata.pdf") == "Seen."


@pytest.mark.fault(9)
def test_no_name_however_naughty_leads_out_of_the_documents(tmp_path: Path) -> None:
    root = tmp_path / "house"
    (root / "documents").mkdir(parents=True)
    (root / "documents" / "a.txt").write_text("Text of a document.", "utf-8")
    (root / "rungwise.toml").write_text("", "utf-8")
    house = Workspace.open(root)
    outside = tmp_path / "outside.txt"
    outside.write_text("mine", "utf-8")
    with Library(house.documents, house.library, embedder=LetterEmbedder()) as library:
        library.sync()
        climbing = ["../../outside.txt", str(outside), "hr/../../../outside.txt", "./../../outside.txt"]
        for name in [*climbing, *naughty()]:
            with pytest.raises(UserError):
                forget(house, library, [name])
        assert outside.exists() and library.sources() == ["a.txt"]
    (house.documents / climbing[0]).unlink()  # naive: joined and used
    assert not outside.exists()


@pytest.mark.fault(10)
def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    (tmp_path / "secret.md").write_text("the secret", "utf-8")
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    assert naive.load_folder(folder) == {"link.md": "the secret"}
    (found,) = scan(folder, ReadLimits())
    assert found.reason == "a link that leads out of the documents folder"


@pytest.mark.fault(11)
def test_what_a_file_is_goes_by_its_content(tmp_path: Path) -> None:
    packed = zipped({"a.txt": b"text"})
    (tmp_path / "notes.md").write_bytes(packed)
    assert naive.read_anything(tmp_path / "notes.md").startswith(
        "PK"
    )  # naive: bytes of an archive are indexed as words
    assert "but the content is" in answer(packed, ".md", 10_000)["skipped"]
    assert "but the content is .html" in answer(b"<html><body>Page</body></html>", ".pdf", 10_000)["skipped"]


@pytest.mark.fault(12)
def test_a_file_above_the_limit_costs_no_memory(tmp_path: Path) -> None:
    (tmp_path / "large.txt").write_bytes(b"word " * 1_000_000)

    def most(work: Callable[[], object]) -> int:
        tracemalloc.start()
        work()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert most(lambda: naive.load_folder(tmp_path)) > 5_000_000
    limits = ReadLimits(megabytes=1)
    assert most(lambda: scan(tmp_path, limits)) < 500_000
    assert "at most 1 MB" in scan(tmp_path, limits)[0].reason


@pytest.mark.slow
@pytest.mark.fault(12)
def test_ten_thousand_small_files_are_told_of_as_they_are_read(make_library: Make, documents: Path) -> None:
    for number in range(10_000):
        (documents / f"{number}.txt").write_text(f"Item {number} is {chr(97 + number % 26) * 3}.", "utf-8")
    told: list[int] = []
    library = make_library()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = library.sync(lambda stage, done, total: told.append(done) if stage == "read" else None)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert report.counts[Outcome.INDEXED] == 10_002 and told == list(range(1, 10_003))
    assert grown < 400, f"{grown:.0f} MB"


@pytest.mark.fault(6)
def test_an_archive_of_zeros_is_refused_unopened_and_fills_a_naive_reader() -> None:
    bomb = zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": bytes(20_000_000)})
    assert "would unpack to more than" in str(answer(bomb, ".docx", 10_000))
    with zipfile.ZipFile(io.BytesIO(bomb)) as file:
        naive_size = sum(len(file.read(name)) for name in file.namelist())
    assert naive_size > 500 * len(bomb)


# The same file again, changed, gone


@pytest.mark.fault(17, 18, 19)
def test_a_file_twice_changed_and_gone(make_library: Make, documents: Path, tmp_path: Path) -> None:
    with naive.ChromaIndex(tmp_path / "naive") as index:
        for _ in range(2):
            index.add_unnamed(["The stove costs 49 EUR."])
        assert index.texts.count() == 2  # twice the same, and both are found
        index.add({"prices.txt": "The stove costs 49 EUR."})
        index.add({"prices.txt": "The stove costs 59 EUR."})
        assert (
            dict(index.ask("stove costs", 3))["prices.txt"] == "The stove costs 49 EUR."
        )  # the old text, without an error

    library = make_library()
    path = documents / "prices.csv"
    library.sync()
    before = [chunk.id for chunk in library.chunks()]
    library.sync()
    assert [chunk.id for chunk in library.chunks()] == before
    path.write_text(path.read_text("utf-8").replace("49", "59"), "utf-8")
    library.sync()
    found = str([hit.chunk.text for hit in library.search("stove", 10)])
    assert "59 EUR" in found and "49 EUR" not in found
    path.unlink()
    assert library.sync().counts[Outcome.DROPPED] == 1
    assert "EUR" not in str([hit.chunk.text for hit in library.search("stove", 10)])
    assert any(
        until for _, _, until in library._opened().versions("prices.csv")
    )  # the ledger knows that it was there
