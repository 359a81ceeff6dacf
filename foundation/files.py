"""Files that are whole or absent, names for new ones, and JSON Lines with the line number in every complaint.

Knows nothing of what is in the files.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from foundation.errors import UserError


def write_bytes_atomic(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write `data` beside `path`, flush it to the disk, then rename it into place.

    A reader, or a run after a kill, sees the old file or the new one, never a half of either.

    Args:
        path: The file.
        data: What is to be in it.
        mode: Who may read it: all users of this machine, unless it says otherwise.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)  # mkstemp makes 0600, which a second user of the workspace could not read
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_text_atomic(path: Path, text: str) -> None:
    """Write UTF-8 text as `write_bytes_atomic` does."""
    write_bytes_atomic(path, text.encode("utf-8"))


def write_json_atomic(path: Path, value: Any) -> None:
    """Write `value` as indented JSON as `write_bytes_atomic` does."""
    write_text_atomic(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def dated_name(now: datetime.datetime | None = None) -> str:
    """Return a name for something new: its moment in UTC to the second, and 32 random bits, as `20261122-101500-ab12cd34`.

    Names sort by their moments. Two that are made in the same second, by any processes, differ but for one chance in four
    billions.

    Args:
        now: The moment, with its time zone; None for now.
    """
    moment = (now or datetime.datetime.now(datetime.UTC)).astimezone(datetime.UTC)
    return f"{moment:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"


def sha256_of(path: Path) -> str:
    """Return the hex SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_text(text: str) -> str:
    """Return the hex SHA-256 of a text's UTF-8 bytes."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def read_text(path: Path, what: str) -> str:
    """Read a UTF-8 text file that the user wrote.

    Args:
        path: The file.
        what: What the file is, for the sentence shown when it can't be read ("the answers file").

    Raises:
        UserError: The file is missing, is not a file, may not be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UserError(
            f"{path}: {what} is missing. Create it, or start from `rungwise init DIR --demo`."
        ) from None
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}: {what} must be UTF-8 text, but byte {error.start} is not. Save it as UTF-8."
        ) from None
    except OSError as error:
        raise UserError(f"{path}: {what} can't be read ({error.strerror}).") from None


def read_jsonl(path: Path, what: str, most: int | None = None) -> list[tuple[int, dict[str, Any]]]:
    """Read JSON Lines as `(line number, object)` pairs; blank lines are passed over.

    Args:
        path: The file.
        what: What the file is, for the sentences.
        most: The most lines that it may have, looked at before any is read; None: any number.

    Raises:
        UserError: The file can't be read, has too many lines, or lines of it are not JSON objects; all of them are named at once.
    """
    rows: list[tuple[int, dict[str, Any]]] = []
    mistakes: list[str] = []
    text = read_text(path, what)
    if most is not None and (lines := text.count("\n")) > most:
        raise UserError(
            f"{path}: {what} has {lines:,} lines, but at most {most:,} are taken. Draw so many of them at random, as "
            f"`shuf -n {most}` does: more of the same help little."
        )
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            mistakes.append(f"line {number}, column {error.colno}: not JSON ({error.msg})")
            continue
        except (ValueError, RecursionError):  # a number of thousands of digits, thousands of brackets
            mistakes.append(f"line {number}: too long a number or too many brackets to be read as JSON")
            continue
        if isinstance(value, dict):
            rows.append((number, value))
        else:
            mistakes.append(f"line {number}: must be a JSON object, but is a {type(value).__name__}")
    if mistakes:
        raise UserError(listed(path, what, mistakes))
    return rows


def listed(path: Path, what: str, mistakes: Iterable[str]) -> str:
    """Return one message that names every mistake of a file, so that they are mended in one go."""
    lines = list(mistakes)
    count = "1 mistake" if len(lines) == 1 else f"{len(lines)} mistakes"
    shown = "\n".join(f"  {line}" for line in lines[:20])
    more = f"\n  … and {len(lines) - 20} more" if len(lines) > 20 else ""
    return f"{path}: {what} has {count}:\n{shown}{more}"
