"""Situations of a library's life: what is searchable after files, processes and disks did what they do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rag_fakes import REPOSITORY, LetterEmbedder, homes, outcomes, texts

from foundation.errors import UserError
from rag import Library

Make = Callable[..., Library]


def test_a_library_that_was_open_before_the_sync_sees_the_new_generation_on_its_next_search(
    make_library: Make, documents: Path
) -> None:
    writer, reader = make_library(), make_library()
    writer.sync()
    assert "49 EUR" in "\n".join(texts(reader, "Fellmark stove"))
    (documents / "prices.csv").write_text("product,price\nFellmark stove,59 EUR\n", "utf-8")
    (documents / "news.md").write_text("# News\n\nZebra stoves arrive.\n", "utf-8")
    writer.sync()
    found = "\n".join(texts(reader, "Fellmark zebra stove"))
    assert "59 EUR" in found
    assert "Zebra" in found
    assert "49 EUR" not in found


SYNC_IN_ANOTHER_PROCESS = """
import sys
from pathlib import Path
from rag import Library
from rag_fakes import LetterEmbedder
with Library(Path(sys.argv[1]), Path(sys.argv[2]), embedder=LetterEmbedder()) as library:
    library.sync()
"""


@pytest.mark.fault(28)
def test_a_sync_of_another_process_is_seen_by_an_open_library(library: Library, documents: Path) -> None:
    library.sync()
    assert "49 EUR" in "\n".join(texts(library, "Fellmark stove"))
    (documents / "prices.csv").write_text("product,price\nFellmark stove,59 EUR\n", "utf-8")
    path = os.pathsep.join([str(REPOSITORY), str(Path(__file__).parent)])
    command = [sys.executable, "-c", SYNC_IN_ANOTHER_PROCESS, str(documents), str(library.state)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": path}, timeout=120)
    found = "\n".join(texts(library, "Fellmark stove"))
    assert "59 EUR" in found
    assert "49 EUR" not in found


@pytest.mark.parametrize("damage", ["folder gone", "folder empty", "file cut", "seal gone", "keyword gone"])
@pytest.mark.fault(30, 31)
def test_a_lost_or_damaged_index_is_rebuilt_from_the_ledger_without_embedding(
    make_library: Make, embedder: LetterEmbedder, damage: str
) -> None:
    with make_library() as first:
        first.sync()
        expected = texts(first, "Fellmark stove")
    embedder.embedded.clear()
    chroma, keyword = homes(first.state)
    generation = next(chroma.iterdir())
    if damage == "folder gone":
        shutil.rmtree(chroma)
    elif damage == "folder empty":
        shutil.rmtree(generation)
    elif damage == "file cut":
        largest = max(generation.rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0)
        os.truncate(largest, largest.stat().st_size // 2)
    elif damage == "seal gone":
        (generation / "seal.json").unlink()
    else:
        shutil.rmtree(keyword)
    assert texts(make_library(), "Fellmark stove") == expected
    assert embedder.embedded == []


def test_an_index_that_is_deleted_under_an_open_library_is_rebuilt(library: Library) -> None:
    library.sync()
    expected = texts(library, "Fellmark stove")
    library.close()
    for home in homes(library.state):
        shutil.rmtree(home)
    assert texts(library, "Fellmark stove") == expected


def test_a_ledger_that_is_removed_under_an_open_library_is_no_index_and_not_the_old_answer(
    library: Library,
) -> None:
    library.sync()
    library.search("stove")
    shutil.rmtree(library.state)
    with pytest.raises(UserError, match="there is no index yet"):
        library.search("stove")
    library.sync()
    assert library.search("stove")


@pytest.mark.fault(23)
def test_a_sync_that_fails_while_it_writes_the_index_leaves_the_old_answers(
    library: Library, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.sync()
    (documents / "prices.csv").write_text("product,price\nFellmark stove,59 EUR\n", "utf-8")

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("rag.indexing.index.KeywordIndex.build", full)
        with pytest.raises(
            UserError, match=r"can't be written \(No space left on device\). Nothing was changed"
        ):
            library.sync()
    assert library.generation == 1
    assert "49 EUR" in "\n".join(texts(library, "Fellmark stove"))
    assert outcomes(library.sync())["prices.csv"] == "indexed"
    assert "59 EUR" in "\n".join(texts(library, "Fellmark stove"))


DIE_WHILE_THE_INDEX_IS_WRITTEN = """
import os, sys
from pathlib import Path
import rag.indexing.index
from rag import Library
from rag_fakes import LetterEmbedder
rag.indexing.index.KeywordIndex.build = lambda *arguments: os.kill(os.getpid(), 9)
Library(Path(sys.argv[1]), Path(sys.argv[2]), embedder=LetterEmbedder()).sync()
"""


@pytest.mark.fault(20, 25)
def test_a_sync_that_is_killed_leaves_the_old_answers_and_the_next_one_finishes_its_work(
    library: Library, documents: Path
) -> None:
    library.sync()
    (documents / "prices.csv").write_text("product,price\nFellmark stove,59 EUR\n", "utf-8")
    path = os.pathsep.join([str(REPOSITORY), str(Path(__file__).parent)])
    command = [sys.executable, "-c", DIE_WHILE_THE_INDEX_IS_WRITTEN, str(documents), str(library.state)]
    died = subprocess.run(command, check=False, env={**os.environ, "PYTHONPATH": path}, timeout=120)
    assert died.returncode == -9
    assert "49 EUR" in "\n".join(texts(library, "Fellmark stove"))
    assert len(list(homes(library.state)[0].iterdir())) == 2
    report = library.sync()
    assert (outcomes(report)["prices.csv"], report.generation) == ("indexed", 2)
    assert "59 EUR" in "\n".join(texts(library, "Fellmark stove"))
    assert [len(list(home.iterdir())) for home in homes(library.state)] == [1, 1]


def test_an_index_that_a_dead_run_left_whole_is_not_taken_for_the_generation_that_comes_after(
    library: Library, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.sync()
    (documents / "new.txt").write_text("A lamp costs 9 EUR.")
    for name in ("aaaaaaaa", "zzzzzzzz"):  # both sort orders: the left one may come first or last
        monkeypatch.setattr(
            "rag.indexing.generations.uuid.uuid4", lambda name=name: type("Drawn", (), {"hex": name})
        )
        with monkeypatch.context() as patch:
            patch.setattr("rag.indexing.index.IndexHome.clear", lambda *_: None)  # a kill: nothing is cleared
            original = library._home.write

            def died(*arguments: object, original=original) -> None:
                original(*arguments)
                raise KeyboardInterrupt

            patch.setattr(library._home, "write", died)
            with pytest.raises(KeyboardInterrupt):
                library.sync()
    monkeypatch.setattr("rag.indexing.generations.uuid.uuid4", lambda: type("Drawn", (), {"hex": "mmmmmmmm"}))
    (documents / "more.txt").write_text("A tent costs 90 EUR.")
    library.sync()
    assert library.verify().whole
    assert {"new.txt", "more.txt"} <= {hit.chunk.source for hit in library.search("lamp tent", 6)}
