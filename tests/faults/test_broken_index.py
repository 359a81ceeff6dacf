"""Fault cases of what breaks on a disk: lost and cut files, flipped bits, vectors that are none, older and copied libraries.

The numbers are those of `docs/faults.md`.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import threading
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.backup import back_up
from assistant.workspace import Workspace
from foundation.errors import UserError
from rag import Library, LibrarySettings
from rag.storage.lock import writing
from tests import naive
from tests.faults.processes import Make, ended, many, sealed, started
from tests.rag.rag_fakes import LetterEmbedder, homes

# Damage


@pytest.mark.fault(30)
def test_a_lost_graph_is_noticed_and_in_stock_chroma_it_is_not(
    make_library: Make, documents: Path, tmp_path: Path
) -> None:
    with naive.ChromaIndex(tmp_path / "naive", 10) as index:
        index.add(naive.numbered(0, 200))
    (graph,) = (path for path in (tmp_path / "naive").iterdir() if path.is_dir())
    shutil.rmtree(graph)
    with naive.ChromaIndex(tmp_path / "naive", 10) as index:
        assert index.texts.count() == 200 and index.reached(naive.numbered(0, 200)) < 20  # in silence

    many(documents, 20)
    with make_library() as library:
        library.sync()
        expected = [hit.chunk.id for hit in library.search("stove", 20)]
        folder = sealed(library, 0).folder
    (graph,) = (path for path in folder.iterdir() if path.is_dir())
    shutil.rmtree(graph)
    library = make_library()
    assert library.verify().broken and not library.verify().whole
    assert [hit.chunk.id for hit in library.search("stove", 20)] == expected
    assert library.verify().whole


OPENED = """
import sys
from pathlib import Path
from tests import naive
with naive.ChromaIndex(Path(sys.argv[1]), 10) as index:
    texts = naive.numbered(0, 200)
    sys.exit(0 if index.reached(texts) == 200 else 3)
"""


@pytest.mark.fault(31)
@pytest.mark.parametrize("name", ["chroma.sqlite3", "data_level0.bin", "header.bin"])
def test_a_cut_file_is_noticed_and_breaks_stock_chroma(
    make_library: Make, documents: Path, tmp_path: Path, name: str
) -> None:
    with naive.ChromaIndex(tmp_path / "naive", 10) as index:
        index.add(naive.numbered(0, 200))
    path = next((tmp_path / "naive").rglob(name))
    if name == "header.bin":
        path.write_bytes(bytes(path.stat().st_size))
    else:
        os.truncate(path, path.stat().st_size // 2)
    assert (
        ended(started(OPENED, tmp_path / "naive")) != 0
    )  # naive: a traceback, a crash, or texts that are not found

    many(documents, 20)
    with make_library() as library:
        library.sync()
        expected = [hit.chunk.id for hit in library.search("stove", 20)]
        path = next(sealed(library, 0).folder.rglob(name))
    if name == "header.bin":
        path.write_bytes(bytes(path.stat().st_size))
    else:
        os.truncate(path, path.stat().st_size // 2)
    assert [hit.chunk.id for hit in make_library().search("stove", 20)] == expected


def flips(make_library: Make, documents: Path, tmp_path: Path, count: int) -> tuple[int, int]:
    """Flip one bit after another in a file of either index; return how many were noticed and how many did no harm."""
    many(documents, 20)
    with make_library() as library:
        library.sync()
        questions = ["Fellmark stove price", "returned within days", "aa bb cc"]
        expected = [[hit.chunk for hit in library.search(question, 5)] for question in questions]
        texts = {chunk.id: chunk.text for chunk in library.chunks()}
    whole = tmp_path / "whole"
    shutil.copytree(tmp_path / "state", whole)
    files = [
        path.relative_to(whole)
        for home in homes(whole)
        for path in sorted(home.rglob("*"))
        if path.is_file() and path.stat().st_size
    ]
    dice = random.Random(32)
    noticed = harmless = 0
    for _ in range(count):
        shutil.rmtree(tmp_path / "state")
        shutil.copytree(whole, tmp_path / "state")
        path = tmp_path / "state" / dice.choice(files)
        data = bytearray(path.read_bytes())
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        path.write_bytes(data)
        with make_library() as library:
            found = [[hit.chunk for hit in library.search(question, 5)] for question in questions]
            assert all(texts[chunk.id] == chunk.text for hits in found for chunk in hits), path
            kept = path.exists()  # what is found broken is written anew in another folder
            noticed, harmless = noticed + (not kept), harmless + kept
            assert not kept or found == expected, path
    return noticed, harmless


@pytest.mark.fault(32)
def test_a_flipped_bit_is_noticed_or_changes_nothing(
    make_library: Make, documents: Path, tmp_path: Path
) -> None:
    noticed, harmless = flips(make_library, documents, tmp_path, 12)
    assert noticed > 2 and noticed + harmless == 12


@pytest.mark.slow
@pytest.mark.fault(32)
def test_of_three_hundred_flipped_bits_each_is_noticed_or_changes_nothing(
    make_library: Make, documents: Path, tmp_path: Path
) -> None:
    noticed, harmless = flips(make_library, documents, tmp_path, 300)
    assert noticed > 100 and noticed + harmless == 300


@pytest.mark.fault(32)
def test_a_bit_that_flips_in_the_exponent_of_a_vector_s_number_is_noticed_where_a_naive_search_ranks_by_it(
    library: Library,
) -> None:
    library.sync()
    library.close()
    with sqlite3.connect(library.state / "ledger.sqlite3") as db:
        key, data = db.execute(
            "SELECT hash, vector FROM vectors WHERE hash = (SELECT min(hash) FROM vectors)"
        ).fetchone()
        whole = np.frombuffer(data, np.float32)
        flipped = whole.copy()
        flipped.view(np.uint32)[int(whole.argmax())] ^= 1 << 30  # a number below 1 becomes one of 38 digits
        db.execute("UPDATE vectors SET vector = ? WHERE hash = ?", (flipped.tobytes(), key))
    db.close()
    assert (
        naive.matrix_nearest(np.stack([flipped, whole]), np.ones(26, np.float32)) == 0
    )  # naive: before its equal
    with pytest.raises(UserError, match="a vector is longer than 1"):
        library.search("Fellmark stove price")


@pytest.mark.fault(32)
def test_a_bit_that_flips_in_a_title_of_the_ledger_is_noticed(library: Library) -> None:
    library.sync()
    library.close()
    with sqlite3.connect(library.state / "ledger.sqlite3") as db:
        db.execute("UPDATE documents SET title = 'Prides' WHERE title = 'Prices'")  # c is 0x63, d is 0x64
        assert db.total_changes == 1
    db.close()
    with pytest.raises(UserError, match=r"the title of prices\.csv differs"):
        library.search("Fellmark stove price")


@pytest.mark.fault(32)
def test_a_bit_that_flips_in_a_heading_above_a_passage_is_noticed(library: Library) -> None:
    (library.documents / "terms.md").write_text(
        "# Terms\n\n## Until 1998\n\nThe Fellmark stove was leased.\n", "utf-8"
    )
    library.sync()
    assert library.search("Was the Fellmark stove leased?")[0].chunk.heading == "Until 1998"
    library.close()
    with sqlite3.connect(library.state / "ledger.sqlite3") as db:
        db.execute("UPDATE chunks SET heading = 'Until 1999' WHERE heading = 'Until 1998'")
        assert db.total_changes == 1
        # naive: what the store says is read out
        assert db.execute("SELECT heading FROM chunks WHERE source = 'terms.md'").fetchone() == (
            "Until 1999",
        )
    db.close()
    with pytest.raises(UserError, match=r"the headings of a text of terms\.md differ from what was embedded"):
        library.search("Was the Fellmark stove leased?")


@pytest.mark.fault(32)
def test_a_bit_that_flips_in_the_ledger_s_text_is_noticed_and_read_as_it_is_by_a_naive_store(
    library: Library, tmp_path: Path
) -> None:
    library.sync()
    library.close()
    with sqlite3.connect(tmp_path / "naive.sqlite3") as db:
        db.execute("CREATE TABLE texts (text)")
        db.execute("INSERT INTO texts VALUES ('price: 49 EUR')")
    db.close()
    for path in (tmp_path / "naive.sqlite3", library.state / "ledger.sqlite3"):
        data = bytearray(path.read_bytes())
        data[data.rindex(b"price: 49 EUR") + 7] ^= 1  # 4 becomes 5
        path.write_bytes(data)
    with sqlite3.connect(tmp_path / "naive.sqlite3") as db:
        assert db.execute("SELECT text FROM texts").fetchone() == ("price: 59 EUR",)  # naive: another price
    db.close()
    with pytest.raises(UserError, match="damaged"):
        library.search("Fellmark stove price")


# Vectors


@pytest.mark.fault(33)
def test_vectors_of_another_model_of_the_same_length_are_refused(make_library: Make, tmp_path: Path) -> None:
    def other(text: str) -> naive.Vector:
        return np.roll(naive.letters(text), 13)

    with naive.ChromaIndex(tmp_path / "naive") as index:
        index.add({"stove": "aaaa", "kettle": "nnnn"})
        assert index.ask("aaaa", 1, embed=other)[0][0] == "kettle"  # naive: the wrong one, without an error
    make_library().sync()
    with pytest.raises(UserError, match=r"was made with the embedder letters .* Run `rungwise sync`"):
        make_library(embedder_object=LetterEmbedder("other letters")).search("stove")


class Broken(LetterEmbedder):
    """An embedder that gives something else than it promises."""

    def __init__(self, spoil: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> None:
        super().__init__("broken letters")
        self.spoil = spoil

    def embed(
        self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        return self.spoil(super().embed(texts, progress))


@pytest.mark.fault(34)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda v: v * np.float32("nan"),
        lambda v: v / np.float32(0.0),
        lambda v: v[:, :20],
        lambda v: np.hstack([v, v]),
    ],
    ids=["not a number", "infinite", "too short", "too long"],
)
@pytest.mark.filterwarnings("ignore:.*divide by zero.*", "ignore:.*invalid value.*")
def test_vectors_that_are_none_are_refused_by_the_embedder_s_name_and_the_old_answers_stay(
    make_library: Make, spoil: Callable[[NDArray[np.float32]], NDArray[np.float32]]
) -> None:
    make_library().sync()
    with pytest.raises(UserError, match="The embedder broken letters gave vectors"):
        make_library(embedder_object=Broken(spoil)).sync()
    assert make_library().search("stove")


@pytest.mark.fault(34)
@pytest.mark.parametrize(
    "spoiled", [np.full(26, np.nan, np.float32), np.ones(20, np.float32)], ids=["not a number", "too short"]
)
def test_a_question_whose_vector_is_none_is_refused_by_the_embedder_s_name(
    make_library: Make, monkeypatch: pytest.MonkeyPatch, spoiled: NDArray[np.float32]
) -> None:
    embedder = LetterEmbedder()
    library = make_library(embedder_object=embedder)
    library.sync()
    monkeypatch.setattr(embedder, "embed_query", lambda text: spoiled)
    with pytest.raises(UserError, match="The embedder letters gave a vector of shape"):
        library.search("stove")


@pytest.mark.fault(34)
def test_a_naive_search_ranks_what_is_no_number_first() -> None:
    vectors = np.eye(3, dtype=np.float32)
    vectors[1] = np.nan
    assert naive.matrix_nearest(vectors, np.array([1, 0, 0], dtype=np.float32)) == 1


# Older, newer, copied


@pytest.mark.fault(35)
def test_a_library_of_the_release_before_is_brought_up_to_date_and_one_of_the_next_is_refused(
    library: Library, make_library: Make
) -> None:
    library.sync()
    library.close()
    path = library.state / "ledger.sqlite3"
    with sqlite3.connect(path) as old:
        old.executescript("DROP TABLE records; DROP TABLE versions; PRAGMA user_version = 1;")
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            old.execute("SELECT access FROM records")  # naive: read as if it were today's
    old.close()
    assert make_library().search("stove")
    with sqlite3.connect(path) as new:
        new.execute("PRAGMA user_version = 99")
    new.close()
    with pytest.raises(UserError, match="made by a newer Rungwise"):
        make_library().search("stove")


@pytest.mark.fault(36)
def test_a_backup_that_is_written_while_others_sync_and_ask_is_whole_and_passes_its_check(
    make_library: Make, documents: Path, tmp_path: Path, embedder: LetterEmbedder
) -> None:
    root = documents.parent
    (root / "rungwise.toml").write_text('name = "House"\n', "utf-8")
    house = Workspace.open(root)
    stop = threading.Event()

    def library() -> Library:
        return Library(documents, house.library, LibrarySettings(), embedder)

    def sync() -> None:
        with library() as writer:
            turn = 0
            while not stop.is_set():
                many(documents, 5, 5 * turn)
                writer.sync()
                turn += 1

    with library() as first:
        first.sync()
        working = threading.Thread(target=sync)
        working.start()
        try:
            made = [back_up(house, tmp_path.parent / f"{tmp_path.name}-{number}.zip") for number in range(4)]
            assert first.search("stove")
        finally:
            stop.set()
            working.join()
    for number, backup in enumerate(made):
        restored = tmp_path.parent / f"{tmp_path.name}-restored{number}"
        with zipfile.ZipFile(backup.path) as file:
            file.extractall(restored)
        with Library(
            restored / "documents", Workspace.open(restored).library, LibrarySettings(), embedder
        ) as found:
            assert found.verify().whole and found.search("stove", 5)

    with pytest.raises(UserError, match="inside of the workspace"):
        back_up(house, root / "backup.zip")
    with writing(house.library / "lock"), pytest.raises(UserError, match="is being written by process"):
        back_up(house, tmp_path.parent / "late.zip", seconds=0.1)
    assert not (tmp_path.parent / "late.zip").exists()


@pytest.mark.fault(36)
def test_a_copy_that_is_taken_while_a_sync_writes_answers_or_says_that_it_is_damaged(
    make_library: Make, documents: Path, tmp_path: Path, embedder: LetterEmbedder
) -> None:
    library = make_library()
    library.sync()
    copies: list[Path] = []
    stop = threading.Event()

    def copy() -> None:
        while not stop.is_set() and len(copies) < 12:
            target = tmp_path / f"copy{len(copies)}"
            with contextlib.suppress(OSError, shutil.Error):  # a file that went while it was copied
                shutil.copytree(tmp_path / "state", target)
            copies.append(target)

    copying = threading.Thread(target=copy)
    copying.start()
    for turn in range(4):
        many(documents, 15, 15 * turn)
        library.sync()
    stop.set()
    copying.join()
    whole = 0
    for state in copies:
        with Library(documents, state, LibrarySettings(), embedder) as restored:
            try:
                assert restored.search("stove", 5)
                assert restored.verify().whole
                whole += 1
            except UserError as error:
                assert "damaged" in str(error) or "no index yet" in str(error)
    assert whole >= len(copies) // 2 > 0

    # naive: one file written in place, and copied in the middle
    target = tmp_path / "naive.json"
    with target.open("w", encoding="utf-8") as file:
        file.write('{"a": "tex')
        file.flush()
        shutil.copy(target, tmp_path / "backup.json")
    with pytest.raises(ValueError):
        naive.JsonIndex(tmp_path)._read(tmp_path / "backup.json")
