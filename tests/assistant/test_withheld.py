"""Text of documents that an asker may not see, found in an answer: on a real library, and on drawn texts."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.guard import HELD_BACK, Bounds, StreamGuard, guard
from assistant.guard.withheld import RUN, STRETCH, Withheld
from rag import Library, LibrarySettings
from tests import naive
from tests.rag.rag_fakes import LetterEmbedder

SALARY = (
    "The salary office pays the keeper of the harbour light four thousand and two hundred lira each month."
)
SHARED = "Nothing in this paper may be given to anybody outside of the house without a word from the office."
HR = frozenset({"hr"})


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Callable[[str], Library]]:
    """Return a maker of a library with an open document, one for `hr`, and one for `board`, under some `documents.toml`."""
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "open.txt").write_text(f"The Fellmark stove costs 49 EUR.\n\n{SHARED}\n", "utf-8")
    (documents / "hr.txt").write_text(f"{SALARY}\n\n{SHARED}\n", "utf-8")
    (documents / "board.txt").write_text(f"The board meets in spring.\n\n{SALARY}\n", "utf-8")
    made: list[Library] = []

    def make(records: str) -> Library:
        (tmp_path / "documents.toml").write_text(records, "utf-8")
        library = Library(documents, tmp_path / "state", LibrarySettings(), LetterEmbedder())
        library.sync()
        made.append(library)
        return library

    yield make
    for library in made:
        library.close()


BOTH = (
    '[[document]]\npath = "hr.txt"\naccess = ["hr"]\n[[document]]\npath = "board.txt"\naccess = ["board"]\n'
)


def test_what_stands_only_where_the_asker_may_not_look_is_told(closed: Callable[[str], Library]) -> None:
    withheld = Withheld(closed(BOTH))
    said = f"As far as I know: {SALARY}"
    assert withheld.tells(said) and withheld.tells(said, frozenset({"sales"}))
    assert not withheld.tells(said, HR) and not withheld.tells(said, frozenset({"board", "sales"}))
    assert not withheld.tells(SHARED) and not withheld.tells("The Fellmark stove costs 49 EUR [1].")
    assert not withheld.tells("The salary office pays the keeper, but I do not know how much.")


@pytest.mark.fault(73)
@pytest.mark.parametrize("encoding", naive.ENCODINGS)
def test_a_disguise_hides_no_text_of_others(closed: Callable[[str], Library], encoding: str) -> None:
    withheld = Withheld(closed(BOTH))
    told = naive.ENCODINGS[encoding](SALARY)
    assert withheld.tells(f"Sure: {told}") and not withheld.tells(f"Sure: {told}", HR)


def test_what_the_asker_wrote_may_be_said(closed: Callable[[str], Library]) -> None:
    withheld = Withheld(closed(BOTH))
    assert not withheld.tells(SALARY, free=[f"Is it true? {SALARY}"])
    assert withheld.tells(SALARY, free=["Is it true?"])


def test_a_library_that_is_open_to_everybody_is_not_read(
    closed: Callable[[str], Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    library = closed("")
    monkeypatch.setattr(Library, "texts_by_access", lambda self: pytest.fail("read"))
    assert library.text_stamp == "" and Withheld(library).of_others() is None


def test_a_library_that_was_never_synced_withholds_nothing(tmp_path: Path) -> None:
    with Library(tmp_path / "documents", tmp_path / "state", LibrarySettings(), LetterEmbedder()) as library:
        assert Withheld(library).of_others() is None


def test_the_index_follows_the_library_and_who_may_see_what(closed: Callable[[str], Library]) -> None:
    library = closed(BOTH)
    withheld = Withheld(library)
    assert withheld.tells(SALARY)
    library.records.write_text(
        BOTH.replace('path = "board.txt"\naccess = ["board"]', 'path = "board.txt"\ntags = ["x"]'), "utf-8"
    )
    library.sync()
    assert not withheld.tells(SALARY)  # the board's paper is open now, and says the same
    (library.documents / "board.txt").unlink()
    library.sync()
    assert withheld.tells(SALARY)


def test_it_is_made_once_a_generation(
    closed: Callable[[str], Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    library, reads = closed(BOTH), []
    read = Library.texts_by_access
    monkeypatch.setattr(Library, "texts_by_access", lambda self: reads.append(1) or read(self))  # type: ignore[func-returns-value]
    withheld = Withheld(library)
    for groups in (frozenset(), HR, frozenset({"board"}), frozenset()):
        withheld.tells(SALARY, groups)
    assert len(reads) == 2  # for the stretches, and for who may see them


class Drawn:
    """Drawn documents, every third one closed."""

    text_stamp = "1"

    def __init__(self, documents: int, words: int) -> None:
        drawn = random.Random(5)
        known = ["".join(drawn.choices("abcdefghiklmnoprstu", k=drawn.randint(2, 9))) for _ in range(2_000)]
        self.texts = [" ".join(drawn.choices(known, k=words)) for _ in range(documents)]

    def texts_by_access(self) -> Iterator[tuple[frozenset[str], str]]:
        return ((HR if number % 3 == 0 else frozenset(), text) for number, text in enumerate(self.texts))


def run_of(text: str, start: int, letters: int) -> str:
    end = start
    while sum(letter.isalnum() for letter in text[start:end]) < letters:
        end += 1
    return text[start:end]


def test_every_run_of_fifty_letters_is_found_and_none_of_fewer_than_a_stretch_is() -> None:
    source = Drawn(30, 300)
    withheld, drawn = Withheld(source), random.Random(2)
    closed_text, open_text = source.texts[0], source.texts[1]
    for _ in range(300):
        start = drawn.randrange(len(closed_text) - 2 * RUN)
        assert withheld.tells(f"Well, {run_of(closed_text, start, RUN)}!")
        assert not withheld.tells(f"Well: {run_of(closed_text, start, STRETCH - 8)} 77!")
        assert not withheld.tells(run_of(open_text, drawn.randrange(len(open_text) - 2 * RUN), RUN))
    assert not withheld.tells(closed_text, HR)


def test_the_index_holds_about_a_number_for_ten_letters() -> None:
    source = Drawn(60, 1_000)
    others = Withheld(source).of_others()
    closed_letters = sum(len(text.replace(" ", "")) for text in source.texts[::3])
    assert others is not None and others.stretches.dtype == np.uint64
    assert closed_letters / 12 < len(others.stretches) < closed_letters / 8
    assert len(others.beginnings) <= 16 * closed_letters


@pytest.mark.fault(73)
def test_a_stream_shows_no_more_of_others_text_than_what_could_be_anybodys() -> None:
    source = Drawn(30, 300)
    others = Withheld(source).of_others()
    assert others is not None
    closed_text, open_text = source.texts[0], source.texts[1]
    for size in (1, 4, 30):
        gate, shown = StreamGuard(Bounds(confidential=[others])), ""
        answer = f"{open_text[:400]} {run_of(closed_text, 100, 90)} and more"
        for start in range(0, len(answer), size):
            shown += gate.feed(answer[start : start + size])
        assert gate.stopped and gate.told is others
        assert len(shown) < 400 + 24  # fewer than sixteen letters of it
    assert guard(answer, Bounds(confidential=[others])).text == HELD_BACK
    gate = StreamGuard(Bounds(confidential=[others]))
    assert "".join(map(gate.feed, open_text)) + gate.close() == open_text
