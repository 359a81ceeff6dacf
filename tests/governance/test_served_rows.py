"""Erasure and subject requests reach what is kept in a database: ledger, conversations, votes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assistant.chat_rows import ChatRows
from assistant.workspace import Workspace
from experiments.opinions import journal
from foundation.database import Database
from governance import served_rows
from governance.erasure import folded, forget
from governance.subject_copy import copy_of
from rag import Library
from tests.rag.rag_fakes import LetterEmbedder

NAME = "Ayşe Yılmaz"


@pytest.fixture
def house(tmp_path: Path, database: Database) -> Workspace:
    """A workspace with a database, whose documents, conversations and rows name one person."""
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "letter.txt").write_text(f"{NAME} may work from home on Mondays.\n", "utf-8")
    (tmp_path / "documents" / "rules.txt").write_text("The office opens at nine in the morning.\n", "utf-8")
    (tmp_path / "rungwise.toml").write_text(f'[storage]\nurl = "{database.url}"\n', "utf-8")
    rows = ChatRows(database, 24, 30, 500)
    rows.write(
        "person:a",
        "1",
        {"name": ""},
        [{"id": "t1", "question": "Who?"}, {"id": "t2", "text": f"It is {NAME}.\nYes."}],
    )
    rows.write("person:b", "2", {"name": ""}, [{"id": "t3", "question": "When does it open?"}])
    journal.append(Path("votes.jsonl"), [{"id": "v1", "who": "hash"}, {"id": "v2", "note": NAME}], database)
    return Workspace.open(tmp_path)


@pytest.fixture
def library(house: Workspace) -> Iterator[Library]:
    with Library(house.documents, house.library, embedder=LetterEmbedder(), database=house.database) as made:
        made.sync()
        yield made


def named(line: str) -> bool:
    return folded(NAME) in folded(line)


@pytest.mark.fault(41, 42)
def test_a_person_is_gone_from_the_database_too_and_a_naive_erasure_of_files_alone_leaves_them(
    house: Workspace, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as naive:
        naive.setattr("governance.served_rows.erase", lambda *_: 0)
        assert set(forget(house, library, ["rules.txt"]).remaining) == set()
    assert set(served_rows.found(house, named)) == {served_rows.CONVERSATIONS, served_rows.OPINIONS}
    done = forget(house, library, subject=NAME.upper().replace("I", "ı"))
    assert done.sources == ("letter.txt",) and done.remaining == () and done.certificate.rows["replies"] == 2
    assert served_rows.found(house, named) == {} and library.sources() == []
    assert house.database is not None
    assert ChatRows(house.database, 24, 30, 500).read("person:b", "2") is not None, "others' stay, whole"
    assert [row["id"] for row in journal.read(Path("votes.jsonl"), house.database)[0]] == ["v1"]


def test_what_an_erasure_could_not_reach_in_the_database_is_told_as_remaining(
    house: Workspace, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("governance.served_rows.erase", lambda *_: 0)
    done = forget(house, library, subject=NAME)
    assert done.remaining == (served_rows.CONVERSATIONS, served_rows.OPINIONS)


def test_a_subject_s_copy_holds_their_conversations_and_nobody_else_s(
    house: Workspace, library: Library
) -> None:
    places = {place.file: place for place in copy_of(house, library, NAME).places}
    assert any(NAME in line for line in places[served_rows.CONVERSATIONS].passages)
    assert "opens" not in "".join(places[served_rows.CONVERSATIONS].passages)
    assert places["documents/letter.txt"].kind == "document"


def test_a_workspace_without_a_database_has_nothing_there(tmp_path: Path) -> None:
    (tmp_path / "rungwise.toml").write_text("", "utf-8")
    house = Workspace.open(tmp_path)
    assert served_rows.found(house, named) == {} and served_rows.erase(house, named) == 0
    with closing(Library(house.documents, house.library)) as library:
        assert library.database is None


@pytest.mark.fault(42, 44)
def test_a_click_in_the_database_goes_with_its_document_though_it_holds_no_word_of_it(
    house: Workspace, library: Library
) -> None:
    rows = [{"question": "When?", "source": one, "start": 0} for one in ("letter.txt", "rules.txt")]
    journal.append(house.clicks, rows, house.database)
    naive = served_rows.found(house, lambda line: "Mondays" in line)  # naive: rows that hold the text
    assert not naive.get(served_rows.OPINIONS)
    assert forget(house, library, ["letter.txt"]).remaining == ()
    assert [row["source"] for row in journal.read(house.clicks, house.database)[0]] == ["rules.txt"]
