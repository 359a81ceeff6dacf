"""Books: what is written stays, and what is changed is found."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.chain import bound, follow, line_of
from foundation.errors import UserError
from governance.book import Book

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    made = Book(tmp_path / "books" / "done.jsonl")
    for number in range(4):
        made.add({"step": "done", "count": number}, NOW)
    return made


def lines(book: Book) -> list[bytes]:
    return book.path.read_bytes().splitlines(keepends=True)


def test_records_are_numbered_and_bound_to_one_another(book: Book) -> None:
    records = book.records()
    assert [one["seq"] for one in records] == [1, 2, 3, 4] and book.check() == ""
    assert [one["before"] for one in records[1:]] == [one["hash"] for one in records[:-1]]


@pytest.mark.fault(48)
@pytest.mark.parametrize("damage", ["edit", "take out", "swap", "add", "cut"])
def test_a_changed_record_is_found_and_a_naive_log_says_nothing(book: Book, damage: str) -> None:
    held = lines(book)
    changed = {
        "edit": [held[0], held[1].replace(b'"count": 1', b'"count": 9'), *held[2:]],
        "take out": [held[0], *held[2:]],
        "swap": [held[0], held[2], held[1], held[3]],
        "add": [*held, held[3]],
        "cut": held[:-1],
    }[damage]
    book.path.write_bytes(b"".join(changed))
    naive = [
        json.loads(line) for line in book.path.read_bytes().splitlines()
    ]  # naive: every line still reads well
    assert all("count" in one for one in naive)
    assert book.check() != ""


def test_nothing_is_written_behind_a_changed_record(book: Book) -> None:
    book.path.write_bytes(b"".join(lines(book)).replace(b'"count": 1', b'"count": 9'))
    with pytest.raises(UserError, match="Line 2 is not as it was written"):
        book.add({"step": "done"}, NOW)


def test_half_a_line_of_a_kill_is_no_record_and_goes_with_the_next(book: Book) -> None:
    whole = book.path.read_bytes()
    book.path.write_bytes(whole + b'{"seq": 5, "at"')
    assert len(book.records()) == 4 and book.check() == ""
    book.add({"step": "done"}, NOW)
    assert len(book.records()) == 5 and book.check() == "" and b'"at"{' not in book.path.read_bytes()


def test_a_kill_between_line_and_head_leaves_a_book_that_is_whole(book: Book) -> None:
    head = book.path.with_suffix(".head.json")
    before = head.read_bytes()
    book.add({"step": "done"}, NOW)
    head.write_bytes(before)
    assert book.check() == ""
    head.unlink()
    assert "head" in book.check()


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])  # a busy machine
@given(
    st.lists(
        st.dictionaries(st.sampled_from("abcd"), st.text() | st.integers() | st.booleans()),
        min_size=1,
        max_size=6,
    ),
    st.data(),
)
def test_any_flipped_bit_of_a_chain_is_found(said: list[dict[str, object]], data: st.DataObject) -> None:
    written: list[bytes] = []
    for one in said:
        found = follow(written)
        written.append(line_of(bound(one, len(written) + 1, found.head)))
    assert follow(written).whole
    place = data.draw(st.integers(0, len(written) - 1))
    at = data.draw(st.integers(0, len(written[place]) - 2))
    line = bytearray(written[place])
    line[at] ^= 1 << data.draw(st.integers(0, 7))
    written[place] = bytes(line)
    assert not follow(written).whole
