"""The vector index: each generation written once, sealed when whole."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from rag.indexing import generations, store
from rag.indexing.store import VectorIndex

AXES = np.eye(4, dtype=np.float32)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "chroma"


def nearest(folder: Path, axis: int, n: int) -> list[str]:
    index = VectorIndex(folder)
    try:
        return index.nearest(AXES[axis], n)
    finally:
        index.close()


def test_every_vector_is_its_own_nearest(home: Path) -> None:
    sealed = store.build(home, 1, list("abcd"), AXES)
    assert [nearest(sealed.folder, axis, 1) for axis in range(4)] == [["a"], ["b"], ["c"], ["d"]]
    assert generations.find(home, 1) == sealed
    assert generations.find(home, 2) is None


def test_a_derived_generation_has_the_new_without_the_gone_and_leaves_the_old_as_it_was(home: Path) -> None:
    old = store.build(home, 1, list("abc"), AXES[:3])
    reader = VectorIndex(old.folder)
    assert reader.nearest(AXES[0], 1) == ["a"]
    new = store.derive(old, 2, ["a"], ["d"], AXES[3:])
    assert sorted(nearest(new.folder, 0, 3)) == ["b", "c", "d"]
    assert nearest(new.folder, 3, 1) == ["d"]
    assert (new.count, new.removed) == (3, 1)
    assert reader.nearest(AXES[0], 1) == ["a"]
    reader.close()


def test_asking_for_nothing_that_changes_the_files_keeps_the_seal_valid(home: Path) -> None:
    sealed = store.build(home, 1, list("abcd"), AXES)
    for _ in range(3):
        nearest(sealed.folder, 0, 4)
    assert generations.find(home, 1) == sealed


def test_a_derivation_that_does_not_add_up_is_refused_and_not_sealed(home: Path) -> None:
    old = store.build(home, 1, list("abc"), AXES[:3])
    with pytest.raises(ValueError, match="3 vectors came out, 2 were expected"):
        store.derive(old, 2, ["not there"], [], AXES[:0])
    assert generations.find(home, 2) is None


def test_a_folder_without_seal_or_with_a_cut_file_is_not_found(home: Path) -> None:
    sealed = store.build(home, 1, list("abcd"), AXES)
    os.truncate(sealed.folder / "chroma.sqlite3", 100)
    assert generations.find(home, 1) is None
    (sealed.folder / "seal.json").write_text("[]")
    assert generations.find(home, 1) is None


def test_clearing_keeps_one_whole_generation(home: Path) -> None:
    store.build(home, 1, ["a"], AXES[:1])
    kept = store.build(home, 2, ["a"], AXES[:1])
    (home / "g2-halfdone").mkdir()
    generations.clear(home, keep=2)
    assert list(home.iterdir()) == [kept.folder]


def test_an_index_of_nothing_can_be_built(home: Path) -> None:
    index = VectorIndex(store.build(home, 1, [], AXES[:0]).folder)
    assert index.count() == 0
    index.close()


def test_no_text_reaches_the_vector_index(home: Path) -> None:
    sealed = store.build(home, 1, ["a"], AXES[:1])
    stored = b"".join(path.read_bytes() for path in sealed.folder.rglob("*") if path.is_file())
    assert b"chroma:document" not in stored
