"""Documents of an object storage: mirrored by what changed, never out of the folder, and nothing lost where it can't be reached."""

from __future__ import annotations

import os
from pathlib import Path

import fsspec
import pytest

from foundation.errors import UserError
from rag.ingest.object_store import Mirrored, check_url, erase, mirror

URL = "memory://bucket/shop"


@pytest.fixture(autouse=True)
def storage() -> fsspec.AbstractFileSystem:
    """A storage in memory with two documents."""
    files = fsspec.filesystem("memory")
    files.store.clear()
    files.pseudo_dirs[:] = [""]
    put(files, "kettle.md", b"The kettle costs 49 EUR.")
    put(files, "policies/\u015eartlar.txt", "İade süresi 14 gün.".encode())
    return files


def put(files: fsspec.AbstractFileSystem, name: str, text: bytes) -> None:
    files.pipe_file(f"/bucket/shop/{name}", text)


def mirrored(root: Path, url: str = URL, most: float = 1e6) -> Mirrored:
    return mirror(url, root / "documents", root / "mirror.json", most)


def test_what_is_there_is_fetched_once_and_what_changed_again(storage, tmp_path: Path) -> None:
    assert mirrored(tmp_path).fetched == ("kettle.md", "policies/Şartlar.txt")
    assert (tmp_path / "documents" / "policies" / "Şartlar.txt").read_text("utf-8") == "İade süresi 14 gün."
    assert (mirrored(tmp_path).fetched, mirrored(tmp_path).kept) == ((), 2)
    put(storage, "kettle.md", b"The kettle costs 59 EUR.")
    assert mirrored(tmp_path).fetched == ("kettle.md",)
    assert (tmp_path / "documents" / "kettle.md").read_bytes() == b"The kettle costs 59 EUR."


def test_what_is_gone_there_goes_here_and_what_somebody_put_here_stays(storage, tmp_path: Path) -> None:
    mirrored(tmp_path)
    (tmp_path / "documents" / "own.md").write_text("by hand", "utf-8")
    storage.rm_file("/bucket/shop/kettle.md")
    assert mirrored(tmp_path).removed == ("kettle.md",)
    assert sorted(one.name for one in (tmp_path / "documents").rglob("*.*")) == ["own.md", "Şartlar.txt"]


def test_a_storage_that_is_suddenly_empty_changes_nothing(storage, tmp_path: Path) -> None:
    mirrored(tmp_path)
    storage.rm("/bucket/shop", recursive=True)
    with pytest.raises(UserError, match="no file at all, where it held 2"):
        mirrored(tmp_path)
    assert (tmp_path / "documents" / "kettle.md").is_file()


def test_a_storage_that_can_not_be_listed_or_breaks_while_fetching_is_a_sentence_and_loses_nothing(
    storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirrored(tmp_path)
    put(storage, "new.md", b"new")

    def broken(*_: object, **__: object) -> None:
        raise PermissionError("secret-key is not allowed")

    with monkeypatch.context() as patch:
        patch.setattr(type(storage), "get_file", broken)
        with pytest.raises(UserError, match="fetching a document from the object storage failed"):
            mirrored(tmp_path)
    assert (
        not list((tmp_path / "documents").glob(".fetched*"))
        and not (tmp_path / "documents" / "new.md").exists()
    )
    with monkeypatch.context() as patch:
        patch.setattr(type(storage), "find", broken)
        with pytest.raises(UserError, match="listing the object storage failed"):
            mirrored(tmp_path)
    assert mirrored(tmp_path).fetched == ("new.md",)


def naive_mirror(files: fsspec.AbstractFileSystem, folder: Path) -> None:
    """Naive: every name is joined to the folder."""
    for path in files.find("/bucket/shop"):
        target = folder / path.removeprefix("/bucket/shop/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(files.cat_file(path))


@pytest.mark.fault(9)
def test_names_of_a_storage_never_lead_out_of_the_folder(storage, tmp_path: Path) -> None:
    storage.store["/bucket/shop/../../secret.md"] = storage.store["/bucket/shop/kettle.md"]
    storage.store["/bucket/shop/a\\b.md"] = storage.store["/bucket/shop/kettle.md"]
    found = mirrored(tmp_path)
    assert len(found.refused) == 2 and all("left in the storage" in one for one in found.refused)
    assert not (tmp_path.parent / "secret.md").exists() and not (tmp_path / "secret.md").exists()
    inner = tmp_path / "a" / "b" / "documents"
    naive_mirror(storage, inner)
    assert (tmp_path / "a" / "secret.md").exists(), "naive: the file is written outside"


def test_large_hidden_and_nameless_files_stay_there(storage, tmp_path: Path) -> None:
    put(storage, "large.md", b"x" * 2_000)
    put(storage, ".git/config", b"secret")
    found = mirrored(tmp_path, most=1_000)
    assert found.fetched == ("kettle.md", "policies/Şartlar.txt")
    assert [one for one in found.refused if "large.md" in one and "at most 0.001 MB" in one]


def test_an_erased_document_goes_from_the_storage_too(storage, tmp_path: Path) -> None:
    erase(URL, ("policies/Şartlar.txt", "never-there.md"))
    assert storage.find("/bucket/shop") == ["/bucket/shop/kettle.md"]


def test_a_folder_is_a_storage_too(tmp_path: Path) -> None:
    there = tmp_path / "share"
    there.mkdir()
    (there / "a.md").write_text("A", "utf-8")
    assert mirrored(tmp_path, f"file://{there}").fetched == ("a.md",)
    os.utime(there / "a.md", ns=(1, 1))
    assert mirrored(tmp_path, f"file://{there}").fetched == ("a.md",)
    assert mirrored(tmp_path, f"file://{there}").fetched == ()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("bucket/folder", "one address such as"),
        ("simplecache::s3://bucket", "one address such as"),
        ("s3://key:secret@bucket/x", "no credentials"),
        ("https://example.org/files", "does not list its files reliably"),
    ],
)
def test_an_address_that_can_not_be_is_a_sentence_that_repeats_no_secret(url: str, told: str) -> None:
    with pytest.raises(UserError, match=told) as raised:
        check_url(url)
    assert "secret" not in str(raised.value)


def test_a_kind_of_storage_that_needs_a_package_or_is_unknown_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Name a storage that fsspec knows"):
        mirrored(tmp_path, "nowhere://bucket")
    with pytest.raises(UserError, match="needs another package"):
        mirrored(tmp_path, "dvc://bucket")
