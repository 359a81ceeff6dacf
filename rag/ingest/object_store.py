"""Documents that lie in an object storage, mirrored into the documents folder before a sync. The only home of fsspec.

Only what changed is fetched, and only what was fetched from there is ever removed here: a file that somebody put into the folder
by hand stays. An unreachable or suddenly empty storage changes nothing. Knows nothing of what is in a document.
"""

from __future__ import annotations

import json
import os
import posixpath
import tempfile
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from foundation.errors import UserError
from foundation.files import sha256_text, write_json_atomic

_MARKS = ("ETag", "etag", "md5Hash", "content_md5", "version_id", "VersionId", "LastModified", "last_modified",
          "updated", "mtime", "created")  # fmt: skip
"""What the storages call what changes with a file; which of them there are depends on the storage."""
_WRITTEN = "{url}: {doing} the object storage failed ({error}). Nothing was changed here. {mend}"
_MEND = (
    "Check the address, the credentials in the environment and what they may do, then run the command again."
)


class FileSystem(Protocol):
    """What is asked of a storage: the part of fsspec's `AbstractFileSystem` that every one of them has."""

    def find(self, path: str, detail: bool = False) -> Any:
        """Return all files below a path, with what is known of each."""

    def get_file(self, rpath: str, lpath: str) -> None:
        """Write a file of the storage to a local path."""

    def rm_file(self, path: str) -> None:
        """Remove a file."""


@dataclass(frozen=True)
class Mirrored:
    """What a mirroring did."""

    fetched: tuple[str, ...]
    """Documents that are new or changed."""
    removed: tuple[str, ...]
    """Documents that are no longer there."""
    kept: int
    """Documents that are as they were."""
    refused: tuple[str, ...]
    """A sentence for each file of the storage that was left there."""


def check_url(url: str) -> None:
    """Check the address of a storage.

    Raises:
        UserError: It is none, holds a password, or is of a kind that lists nothing reliably.
    """
    parts = urlsplit(url)
    if not parts.scheme or "::" in url:
        raise UserError(f'documents must be one address such as "s3://bucket/folder", but is "{url}".')
    if parts.password or parts.username:
        raise UserError(
            "documents must hold no credentials: they belong into the environment of the process, as the storage's own "
            "tools read them."
        )
    if parts.scheme in ("http", "https", "ftp", "data"):
        raise UserError(
            f'documents can\'t be mirrored from "{parts.scheme}", which does not list its files reliably. Name an object '
            "storage (s3, gs, abfs, …) or a folder (file)."
        )


def mirror(
    url: str,
    folder: Path,
    state: Path,
    most_bytes: float,
    progress: Callable[[str, int, int], None] | None = None,
) -> Mirrored:
    """Make a folder hold what a storage holds.

    Args:
        url: The storage and the folder in it.
        folder: The documents folder.
        state: Where is remembered what was fetched, a JSON file.
        most_bytes: A larger file is left there.
        progress: Told how far it is.

    Raises:
        UserError: The storage can't be reached or listed, a file can't be fetched, or all files are gone at once.
    """
    files, root = _opened(url)
    there = _listed(url, files, root)
    known = _known(state, url)
    if known and not there:
        raise UserError(
            f"{url}: the object storage holds no file at all, where it held {len(known)}. Nothing was changed here. "
            f"If that is meant, remove {state} and the documents, and sync again."
        )
    wanted, refused = _fitting(there, most_bytes)
    changed = [
        name for name, (_, mark) in wanted.items() if known.get(name) != mark or not (folder / name).is_file()
    ]
    marks = {name: mark for name, mark in known.items() if name in wanted and name not in changed}
    for place, name in enumerate(changed, start=1):
        _fetch(url, files, wanted[name][0], folder / name)
        marks[name] = wanted[name][1]
        write_json_atomic(state, {"url": url, "files": {**known, **marks}})  # what a kill leaves is known
        if progress:
            progress("fetch", place, len(changed))
    removed = sorted(known.keys() - wanted.keys())
    for name in removed:
        (folder / name).unlink(missing_ok=True)
    write_json_atomic(state, {"url": url, "files": marks})
    return Mirrored(tuple(changed), tuple(removed), len(wanted) - len(changed), tuple(refused))


def erase(url: str, sources: tuple[str, ...]) -> None:
    """Remove documents from a storage, or the next sync would bring them back. Older versions that a storage keeps stay.

    Raises:
        UserError: One could not be removed.
    """
    files, root = _opened(url)
    there = {name: path for path, name in _names(_listed(url, files, root))}
    for source in sources:
        if source in there:
            try:
                files.rm_file(there[source])
            except Exception as error:  # each storage has errors of its own
                raise UserError(
                    _WRITTEN.format(url=url, doing="erasing a document from", error=_said(error), mend=_MEND)
                ) from None


def _opened(url: str) -> tuple[FileSystem, str]:
    check_url(url)
    import fsspec

    try:
        files, root = fsspec.url_to_fs(url)
    except ImportError as error:
        raise UserError(f"{url}: this kind of storage needs another package: {error}.") from None
    except ValueError as error:
        raise UserError(f"{url}: {error}. Name a storage that fsspec knows.") from None
    return files, root


def _listed(url: str, files: FileSystem, root: str) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return what is known of each file, by its path in the storage and its path below the root."""
    try:
        getattr(files, "invalidate_cache", lambda: None)()
        found = files.find(root, detail=True)
    except Exception as error:  # each storage has errors of its own
        raise UserError(_WRITTEN.format(url=url, doing="listing", error=_said(error), mend=_MEND)) from None
    top = root.strip("/")
    told = {}
    for path, facts in found.items():
        inner = path.strip("/").removeprefix(top).lstrip("/")
        told[path, unicodedata.normalize("NFC", inner)] = facts
    return told


def _names(there: Mapping[tuple[str, str], Any]) -> list[tuple[str, str]]:
    return list(there)


def _fitting(
    there: Mapping[tuple[str, str], Mapping[str, Any]], most_bytes: float
) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """Return path and mark of each file that may be fetched, by its name, and a sentence for each that may not."""
    wanted: dict[str, tuple[str, str]] = {}
    refused = []
    for (path, name), facts in sorted(there.items()):
        size = facts.get("size")
        if why := _unsafe(name):
            refused.append(f"{name!r} was left in the storage: {why}.")
        elif isinstance(size, int) and size > most_bytes:
            refused.append(
                f"{name} was left in the storage: it has {size / 1e6:.1f} MB, and at most {most_bytes / 1e6:g} MB are read."
            )
        elif not any(part.startswith(".") for part in name.split("/")):
            wanted[name] = (path, _mark(facts))
    return wanted, refused


def _unsafe(name: str) -> str:
    """Return why a name may not be a path in a folder of ours; empty where it may."""
    if not name or name.endswith("/"):
        return "it has no name"
    if posixpath.normpath(name) != name or name.startswith(("/", "../")) or "\\" in name or "\0" in name:
        return "its name leads out of the folder or is not plain"
    if any(len(part.encode()) > 255 for part in name.split("/")):
        return "its name is too long for this disk"
    return ""


def _mark(facts: Mapping[str, Any]) -> str:
    """Return what changes when a file does; one of which nothing but its size is known is never the same."""
    told = {name: str(facts[name]) for name in _MARKS if facts.get(name)}
    return sha256_text(repr((facts.get("size"), sorted(told.items())))) if told else ""


def _known(state: Path, url: str) -> dict[str, str]:
    """Return the marks of what was fetched from this storage; of another one nothing is known."""
    if not state.is_file():
        return {}
    try:
        told = json.loads(state.read_text("utf-8"))
    except (OSError, ValueError):
        return {}  # all is fetched once more, and nothing is removed
    known = told.get("files") if isinstance(told, dict) and told.get("url") == url else None
    return {str(name): str(mark) for name, mark in known.items()} if isinstance(known, dict) else {}


def _fetch(url: str, files: FileSystem, path: str, target: Path) -> None:
    """Write a file beside its place, then into it: no sync reads half of one."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(prefix=".fetched-", dir=target.parent)
        os.close(handle)
    except OSError as error:
        raise UserError(f"{target}: the document can't be written ({error.strerror}).") from None
    try:
        files.get_file(path, beside)
        os.replace(beside, target)
    except Exception as error:  # each storage has errors of its own
        raise UserError(
            _WRITTEN.format(url=url, doing="fetching a document from", error=_said(error), mend=_MEND)
        ) from None
    finally:
        Path(beside).unlink(missing_ok=True)


def _said(error: Exception) -> str:
    """Return what an error says in one line, without an address that it may quote."""
    return f"{type(error).__name__}: {(str(error).strip().splitlines() or ['no reason told'])[0][:200]}"
