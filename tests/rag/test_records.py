"""Situations of documents.toml: who may see a document, when it holds, and what a search then finds."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rag_fakes import LetterEmbedder

from foundation.errors import UserError
from rag import Library, LibrarySettings, Viewer
from rag.storage.records import read_records
from rag.types import Outcome

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now.timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(tmp_path: Path, embedder: LetterEmbedder, clock: Clock) -> Iterator[Library]:
    """A library over three price lists and a personnel file, all of which answer "zebra price"."""
    folder = tmp_path / "documents"
    (folder / "hr").mkdir(parents=True)
    for name, text in {
        "prices-2025.txt": "Zebra price is 10 EUR.", "prices-2026.txt": "Zebra price is 12 EUR.",
        "prices-spare.txt": "Zebra price list has spare parts.", "hr/zebra.txt": "Zebra price of salaries is 99 EUR.",
    }.items():  # fmt: skip
        (folder / name).write_text(text + "\n", "utf-8")
    library = Library(folder, tmp_path / "state", LibrarySettings(), embedder, 5.0, clock)
    yield library
    library.close()


@pytest.fixture
def say(tmp_path: Path) -> Callable[[str], Path]:
    """Write documents.toml."""

    def write(text: str) -> Path:
        path = tmp_path / "documents.toml"
        path.write_text(text, "utf-8")
        return path

    return write


def sources(library: Library, k: int = 10, viewer: Viewer | None = None) -> set[str]:
    return {hit.chunk.source for hit in library.search("zebra price", k, viewer)}


@pytest.mark.fault(74)
def test_a_document_for_a_group_is_found_by_that_group_only(
    house: Library, say: Callable[[str], Path]
) -> None:
    say('[[document]]\npath = "hr/*"\naccess = ["hr"]\n')
    house.sync()

    assert "hr/zebra.txt" not in sources(house)
    assert "hr/zebra.txt" in sources(house, viewer=Viewer(groups=frozenset({"hr", "sales"})))
    assert "hr/zebra.txt" not in sources(house, viewer=Viewer(groups=frozenset({"sales"})))


@pytest.mark.fault(74)
def test_what_is_hidden_never_crowds_out_what_may_be_seen(house: Library, say: Callable[[str], Path]) -> None:
    for number in range(300):
        (house.documents / "hr" / f"n{number}.txt").write_text(
            f"Zebra price {number} zebra price.\n", "utf-8"
        )
    say('[[document]]\npath = "hr/*"\naccess = ["hr"]\n')
    house.sync()

    assert len(sources(house, 3)) == 3
    # the naive way, filtering what an open search found, is left with nothing
    everything = house.search("zebra price", 3, Viewer(groups=frozenset({"hr"})))
    assert not [hit for hit in everything if not hit.chunk.source.startswith("hr/")]


def test_a_text_that_stands_in_an_open_and_in_a_closed_document_is_shown_of_the_open_one(
    house: Library, say: Callable[[str], Path]
) -> None:
    (house.documents / "hr" / "copy.txt").write_text("Zebra price is 12 EUR.\n", "utf-8")
    say('[[document]]\npath = "hr/*"\naccess = ["hr"]\n')
    house.sync()

    assert sources(house) == {"prices-2025.txt", "prices-2026.txt", "prices-spare.txt"}


@pytest.mark.fault(39, 49)
def test_a_document_is_gone_the_moment_it_expires_without_a_sync(
    house: Library, say: Callable[[str], Path], clock: Clock
) -> None:
    say('timezone = "Europe/Istanbul"\n[[document]]\npath = "prices-2025.txt"\nvalid_until = 2026-06-30\n')
    house.sync()

    clock.now = datetime(2026, 6, 30, 20, 59, 59, tzinfo=UTC)  # 23:59:59 in Istanbul
    assert "prices-2025.txt" in sources(house)
    clock.now += timedelta(seconds=1)
    assert "prices-2025.txt" not in sources(house)
    assert "prices-2025.txt" in sources(house, viewer=Viewer(at=NOON))


def test_a_document_that_does_not_hold_yet_is_not_found_before_its_day(
    house: Library, say: Callable[[str], Path], clock: Clock
) -> None:
    say('[[document]]\npath = "prices-2026.txt"\nvalid_from = 2026-07-01\nsupersedes = ["prices-2025.txt"]\n')
    house.sync()

    assert sources(house) >= {"prices-2025.txt"} and "prices-2026.txt" not in sources(house)
    clock.now = datetime(2026, 7, 1, tzinfo=UTC)
    assert sources(house) >= {"prices-2026.txt"} and "prices-2025.txt" not in sources(house)


@pytest.mark.fault(70, 72)
def test_a_hit_tells_since_when_its_document_holds_as_the_house_writes_the_day(
    house: Library, say: Callable[[str], Path], clock: Clock
) -> None:
    say(
        'timezone = "Europe/Istanbul"\n[[document]]\npath = "prices-2026.txt"\nvalid_from = 2026-01-01\n'
    )  # begins on the last day of 2025, as UTC counts
    house.sync()

    since = {hit.chunk.source: hit.since for hit in house.search("zebra price", 10)}
    assert since["prices-2026.txt"] == "2026-01-01"
    assert since["prices-2025.txt"] == datetime.now(UTC).date().isoformat()  # since it was first searchable


@pytest.mark.fault(72)
def test_what_is_superseded_without_a_day_is_gone_at_once(house: Library, say: Callable[[str], Path]) -> None:
    say('[[document]]\npath = "prices-2026.txt"\nsupersedes = "prices-2025.txt"\n')
    house.sync()

    assert "prices-2025.txt" not in sources(house)


def test_a_change_of_documents_toml_alone_counts_from_the_next_sync_on_and_embeds_nothing(
    house: Library, say: Callable[[str], Path], embedder: LetterEmbedder
) -> None:
    house.sync()
    embedder.embedded.clear()
    assert "hr/zebra.txt" in sources(house)

    say('[[document]]\npath = "hr/*"\naccess = ["hr"]\n')
    report = house.sync()

    assert report.embedded == 0 and not embedder.embedded
    assert "hr/zebra.txt" not in sources(house)


def test_tags_narrow_a_search_to_documents_that_have_them(house: Library, say: Callable[[str], Path]) -> None:
    say(
        '[[document]]\npath = "prices-*"\ntags = ["prices"]\n[[document]]\npath = "prices-spare.txt"\ntags = ["spare"]\n'
    )
    house.sync()

    assert sources(house, viewer=Viewer(tags=frozenset({"prices"}))) == {"prices-2025.txt", "prices-2026.txt"}
    assert sources(house, viewer=Viewer(tags=frozenset({"nothing"}))) == set()


def test_a_path_that_fits_no_document_is_said_because_it_may_leave_one_open(
    house: Library, say: Callable[[str], Path]
) -> None:
    say('[[document]]\npath = "hhr/*"\naccess = ["hr"]\n')

    assert house.sync().notes == (
        'documents.toml: no document fits the path "hhr/*". Check its spelling: what it says holds for none.',
    )


@pytest.mark.fault(50)
def test_in_strict_mode_a_document_without_purpose_basis_and_retention_is_left_out(
    tmp_path: Path, house: Library, say: Callable[[str], Path], embedder: LetterEmbedder
) -> None:
    say(
        '[[document]]\npath = "prices-*"\npurpose = "support"\nlegal_basis = "contract"\nretention = "3 years"\nowner = "sales"\n'
    )
    strict = Library(house.documents, tmp_path / "strict", LibrarySettings(strict=True), embedder)
    outcomes = {one.source: (one.outcome, one.reason) for one in strict.sync().files}
    strict.close()

    assert outcomes["prices-2025.txt"][0] is Outcome.INDEXED
    assert outcomes["hr/zebra.txt"] == (
        Outcome.SKIPPED, "strict: documents.toml does not say its purpose, legal_basis, retention, owner"
    )  # fmt: skip


def test_documents_that_supersede_each_other_in_a_circle_are_refused_and_the_old_answers_stay(
    house: Library, say: Callable[[str], Path]
) -> None:
    house.sync()
    say(
        '[[document]]\npath = "prices-2026.txt"\nsupersedes = "prices-2025.txt"\n'
        '[[document]]\npath = "prices-2025.txt"\nsupersedes = "prices-2026.txt"\n'
    )
    with pytest.raises(UserError, match="supersedes itself, by way of others"):
        house.sync()
    assert sources(house) >= {"prices-2025.txt", "prices-2026.txt"}


def test_every_version_of_a_document_is_remembered_without_its_text(house: Library, tmp_path: Path) -> None:
    house.sync()
    (house.documents / "prices-2026.txt").write_text("Zebra price is 13 EUR.\n", "utf-8")
    house.sync()
    (house.documents / "prices-2026.txt").unlink()
    house.sync()

    from rag.storage.ledger import Ledger

    ledger = Ledger(tmp_path / "state" / "ledger.sqlite3")
    versions = ledger.versions("prices-2026.txt")
    ledger.close()
    assert len(versions) == 2 and len({sha256 for sha256, _, _ in versions}) == 2
    assert all(until is not None for _, _, until in versions)


@pytest.mark.fault(35)
def test_a_ledger_of_the_first_version_is_brought_up_to_date_and_still_answers(
    house: Library, tmp_path: Path
) -> None:
    house.sync()
    house.close()
    with sqlite3.connect(tmp_path / "state" / "ledger.sqlite3") as old:
        old.executescript("DROP TABLE records; DROP TABLE versions; PRAGMA user_version = 1;")
    old.close()

    assert len(sources(house)) == 4
    assert not [one for one in house.sync().files if one.outcome is not Outcome.UNCHANGED]


def test_all_mistakes_of_documents_toml_are_named_at_once_with_their_entries(
    say: Callable[[str], Path],
) -> None:
    path = say(
        'timezone = "Moon/Base"\n'
        '[[document]]\npath = "a.txt"\nacess = ["hr"]\nvalid_until = "tomorrow"\n'
        '[[document]]\naccess = []\nretention = "forever"\n'
        '[[document]]\npath = "b.txt"\nvalid_from = 2026-02-01\nvalid_until = 2026-01-01\n'
    )
    with pytest.raises(UserError) as caught:
        read_records(path)
    told = str(caught.value)
    for part in (
        "has 7 mistakes", 'timezone must be a name such as "Europe/Istanbul", but is \'Moon/Base\'',
        'entry 1 ("a.txt"): "acess" is not a key of a document. Did you mean "access"?', "valid_until must be a date without quotes",
        "entry 2: path must name documents", "access must be a list of texts", "retention must be a period",
        'entry 3 ("b.txt"): valid_from must be before valid_until',
    ):  # fmt: skip
        assert part in told, told


@pytest.mark.parametrize(
    "text", ["[document]\npath = 1\n", "nonsense", "[[document]]\npath = [1]\n", 'documents = "x"\n']
)
def test_a_file_of_another_shape_is_a_sentence(say: Callable[[str], Path], text: str) -> None:
    with pytest.raises(UserError, match=r"documents\.toml: what is known about the documents"):
        read_records(say(text))


def test_of_entries_that_fit_later_ones_win_key_by_key(say: Callable[[str], Path]) -> None:
    records = read_records(
        say(
            '[[document]]\npath = "*"\naccess = ["all"]\npurpose = "support"\n'
            '[[document]]\npath = "hr/*"\naccess = ["hr"]\nretention = "6 months"\n'
        )
    )
    hr, other = records.of("hr/a/b.txt"), records.of("c.txt")
    assert (hr.access, hr.purpose, hr.retention_days) == (frozenset({"hr"}), "support", 180)
    assert (other.access, other.retention_days) == (frozenset({"all"}), None)


def test_texts_come_with_the_groups_that_may_see_them_and_change_their_stamp_when_those_do(
    documents: Path, make_library: Callable[..., Library]
) -> None:
    library = make_library()
    assert library.text_stamp == ""  # nothing was synced
    library.sync()
    assert library.text_stamp == ""  # everything is open to everybody
    library.records.write_text('[[document]]\npath = "prices.csv"\naccess = ["sales", "hr"]\n', "utf-8")
    library.sync()
    told = {groups: text for groups, text in library.texts_by_access()}
    assert set(told) == {frozenset(), frozenset({"sales", "hr"})}
    assert "Fellmark stove" in told[frozenset({"sales", "hr"})] and told[frozenset()].startswith("Returns\n")
    before = library.text_stamp
    assert before
    library.records.write_text('[[document]]\npath = "prices.csv"\naccess = ["sales"]\n', "utf-8")
    library.sync()
    assert library.text_stamp not in ("", before)
