"""Writing `documents.toml`: what is known of one document changes, everybody's lines, comments and order stay.

What can't be read back as it was meant is not written. Knows nothing of pages, or of who may do it.
"""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foundation.errors import UserError
from foundation.files import read_text, write_text_atomic
from rag.storage.records import Records, read_records, spans

if TYPE_CHECKING:
    from tomlkit.items import Table

KEYS = (
    "access",
    "valid_from",
    "valid_until",
    "supersedes",
    "tags",
    "purpose",
    "legal_basis",
    "retention",
    "owner",
)
"""What can be said of a document here, as `documents.toml` calls it."""

_WHAT = "what is known about the documents"
_WILD = re.compile(r"([*?\[])")
_WRITING = threading.Lock()

Value = list[str] | str | date | None
"""What is said under a key; None: nothing any more."""


def say_of(path: Path, source: str, values: Mapping[str, Value], known: Iterable[str]) -> bool:
    """Say something of one document; the entry is made where there is none.

    Args:
        path: The workspace's `documents.toml`; made where there is none.
        source: The document, by its path below `documents/`.
        values: By key, one of `KEYS`; what is not named stays as it is.
        known: All documents, to see that none would supersede itself.

    Returns:
        Whether the file was changed.

    Raises:
        UserError: The file holds a mistake, or would hold one, or an entry for several documents says otherwise and can't be
            overruled; the file then stays as it was.
    """
    import tomlkit

    with _WRITING:
        before = read_text(path, _WHAT) if path.exists() else ""
        read_records(path)
        document = tomlkit.parse(before)
        entries = document.setdefault("document", tomlkit.aot())
        mine = [entry for entry in entries if entry.get("path") in (source, pattern_of(source))]
        last = mine[-1] if mine else None
        if last is not None:
            _set(last, values, clear=mine)
        if last is None or not _says(tomlkit.dumps(document), path, source, values):
            entry = tomlkit.table()
            entry["path"] = pattern_of(source)
            _set(entry, values, clear=())
            if len(entry) > 1:
                if len(entries) and not tomlkit.dumps(document).endswith("\n\n"):
                    entries[-1].add(tomlkit.nl())
                entries.append(entry)
        after = tomlkit.dumps(document)
        _check(after, path, source, values, known)
        if after == before:
            return False
        try:
            write_text_atomic(path, after)
        except OSError as error:
            raise UserError(
                f"{path.name}: it can't be written ({error.strerror or error}). Nothing was changed."
            ) from error
        return True


def pattern_of(source: str) -> str:
    """Return the path of an entry that fits this document alone, whatever letters are in its name."""
    return _WILD.sub(r"[\1]", source)


def _set(entry: Table, values: Mapping[str, Value], clear: Iterable[Table]) -> None:
    for key, value in values.items():
        if value in (None, "", []):
            for one in clear:
                if key in one:
                    del one[key]
        elif key not in entry or entry[key] != value:
            entry[key] = value


def _read(text: str, path: Path) -> Records:
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / path.name
        draft.write_text(text, encoding="utf-8")
        try:
            return read_records(draft)
        except UserError as error:
            raise UserError(str(error).replace(str(draft), path.name)) from None


def _said(records: Records, source: str, key: str) -> Any:
    return getattr(records.of(source), "retention_days" if key == "retention" else key)


def _wanted(values: Mapping[str, Value], key: str, path: Path, source: str) -> Any:
    """Return what a key would read as, were there no other entry."""
    import tomlkit

    alone = tomlkit.document()
    entries, entry = tomlkit.aot(), tomlkit.table()
    entry["path"] = pattern_of(source)
    _set(entry, {key: values[key]}, clear=())
    entries.append(entry)
    alone["document"] = entries
    return _said(_read(tomlkit.dumps(alone), path), source, key)


def _says(text: str, path: Path, source: str, values: Mapping[str, Value]) -> bool:
    records = _read(text, path)
    plain = {
        key for key in values if key not in ("valid_from", "valid_until")
    }  # whose moment hangs on the time zone
    return all(_said(records, source, key) == _wanted(values, key, path, source) for key in plain) and all(
        (_said(records, source, key) is None) == (values[key] is None) for key in values.keys() - plain
    )


def _check(text: str, path: Path, source: str, values: Mapping[str, Value], known: Iterable[str]) -> None:
    records = _read(text, path)
    if not _says(text, path, source, values):
        raise UserError(
            f"{path.name}: an entry for several documents says something of {source} that an entry of its own can't take back. "
            "Change that entry in the file. Nothing was changed."
        )
    spans({name: records.of(name) for name in {*known, source}})
