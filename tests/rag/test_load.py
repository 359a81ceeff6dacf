"""Which files are read, and that no file can hurt the process that asks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from rag_fakes import REPOSITORY
from rag_files import pdf_bomb, rows, workbook

from foundation.errors import UserError
from rag.ingest.load import Reader, Refusal, humanised, read_bytes, scan
from rag.types import Document, Outcome, ReadLimits

MALFORMED = REPOSITORY.parent / "shared" / "data" / "qpdf_badpdf"


def reasons(folder: Path, limits: ReadLimits | None = None) -> dict[str, str]:
    return {found.source: found.reason for found in scan(folder, limits or ReadLimits())}


def test_files_are_listed_by_path_and_hidden_ones_are_passed_over(tmp_path: Path) -> None:
    for name in ("b.md", "a/c.txt", ".secret.md", ".git/x.md", "a/.DS_Store"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert reasons(tmp_path) == {"a/c.txt": "", "b.md": ""}


@pytest.mark.fault(10)
def test_links_out_of_the_folder_are_not_followed_and_links_within_it_are(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    (tmp_path / "outside.md").write_text("secret")
    (folder / "inside.md").write_text("text")
    (folder / "out.md").symlink_to(tmp_path / "outside.md")
    (folder / "in.md").symlink_to(folder / "inside.md")
    (folder / "up").symlink_to(tmp_path)
    (folder / "loop.md").symlink_to(folder / "loop.md")
    found = reasons(folder)
    assert found["out.md"] == found["up"] == "a link that leads out of the documents folder"
    assert found["in.md"] == found["inside.md"] == ""
    assert found["loop.md"].startswith("can't be looked at")


@pytest.mark.fault(12)
def test_a_pipe_is_not_opened_and_a_large_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "large.md").write_bytes(b"x" * 2_000_000)
    found = reasons(tmp_path, ReadLimits(megabytes=1.5))
    assert found == {"pipe.md": "not an ordinary file", "large.md": "it has 2.0 MB; at most 1.5 MB are read"}


def test_a_name_that_is_not_utf8_is_skipped_and_can_be_printed(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.md")).write_text("x")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only; run the test on ext4")
    ((name, reason),) = reasons(tmp_path).items()
    assert (name.encode("utf-8"), reason) == (b"?.md", "its name is not UTF-8")


def test_names_in_two_unicode_forms_are_one_source(tmp_path: Path) -> None:
    (tmp_path / "u\u0308ru\u0308n.md").write_text("x")
    assert list(reasons(tmp_path)) == ["ürün.md"]


def test_a_file_instead_of_the_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "documents").write_text("x")
    with pytest.raises(UserError, match=r"the documents folder is a file\. Make it"):
        scan(tmp_path / "documents", ReadLimits())


def test_a_file_that_vanishes_between_listing_and_reading_is_a_reason(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("x")
    (found,) = scan(tmp_path, ReadLimits())
    (tmp_path / "a.md").unlink()
    assert read_bytes(found) == Refusal("a.md", Outcome.FAILED, "can't be read (No such file or directory)")


def test_a_title_is_the_first_heading_or_the_name_made_readable() -> None:
    with Reader() as reader:
        with_heading = reader.read("hr/x.md", b"# Leave rules\n\ntext")
        without = reader.read("hr/price_list-2024.txt", b"text")
    assert isinstance(with_heading, Document)
    assert isinstance(without, Document)
    assert (with_heading.title, without.title) == ("Leave rules", "Price list 2024")
    assert humanised("...md") == "...md"


def test_a_file_that_takes_too_long_is_given_up_and_the_next_one_is_read() -> None:
    slow = b"a,b\n" + b'"' + b"x,\n" * 300_000
    with Reader(ReadLimits(seconds=0.0001)) as reader:
        assert reader.read("slow.csv", slow) == Refusal(
            "slow.csv", Outcome.FAILED, "reading it takes longer than 0.0001 seconds", reader_hash(slow)
        )
        reader.limits = ReadLimits(seconds=20)
        assert isinstance(reader.read("next.md", b"text"), Document)


def test_a_file_with_more_text_than_allowed_is_given_up() -> None:
    with Reader(ReadLimits(characters=1000)) as reader:
        refused = reader.read("long.txt", b"word " * 300)
        assert isinstance(refused, Refusal)
        assert refused.reason == "it holds 1,499 characters of text; at most 1,000 are read"


def test_a_file_that_kills_the_reading_process_is_a_reason_and_the_next_one_is_read() -> None:
    with Reader(ReadLimits(memory_megabytes=1)) as reader:
        refused = reader.read("a.md", b"text")
        assert isinstance(refused, Refusal)
        assert refused.outcome is Outcome.FAILED
        reader.close()
        reader.limits = ReadLimits()
        assert isinstance(reader.read("a.md", b"text"), Document)


@pytest.mark.fault(5)
def test_a_compressed_pdf_bomb_is_stopped_by_a_limit() -> None:
    pdf = pdf_bomb(2_000_000)
    assert len(pdf) < 200_000
    with Reader(ReadLimits(seconds=2, memory_megabytes=700)) as reader:
        refused = reader.read("bomb.pdf", pdf)
    assert isinstance(refused, Refusal)
    assert refused.outcome is Outcome.FAILED
    assert "longer than 2 seconds" in refused.reason or "memory" in refused.reason


@pytest.mark.skipif(
    not MALFORMED.is_dir(), reason="needs the malformed PDFs beside the repository: shared/data/qpdf_badpdf"
)
@pytest.mark.fault(2)
def test_all_malformed_pdfs_end_as_a_document_or_a_reason() -> None:
    with Reader(ReadLimits(seconds=10)) as reader:
        read = {
            path.name: reader.read(path.name, path.read_bytes()) for path in sorted(MALFORMED.glob("*.pdf"))
        }
    assert len(read) == 108
    for name, result in read.items():
        assert isinstance(result, Document) or result.reason, name
    assert sum(isinstance(result, Refusal) for result in read.values()) >= 41


def test_every_kind_of_file_comes_through_the_reading_process() -> None:
    files = {
        "prices.xlsx": workbook({"S": rows([["Item", "Price"], ["Tent", 25]])}),
        "terms.json": b'{"title": "Terms", "fee": 5}',
        "log.jsonl": b'{"day": "Monday", "open": true}',
        "answer.eml": b"Subject: Returns\nFrom: a@x.example\n\nWithin 30 days.\n",
    }
    with Reader() as reader:
        read = {name: reader.read(name, data) for name, data in files.items()}
    assert {name: getattr(one, "title", one) for name, one in read.items()} == {
        "prices.xlsx": "Prices", "terms.json": "Terms", "log.jsonl": "Log", "answer.eml": "Returns"
    }  # fmt: skip


def reader_hash(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()
