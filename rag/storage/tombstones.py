"""What was forgotten, remembered without saying what it was: salted hashes, so that it can't come back.

A file that is put back into the folder, or a ledger that is restored from a backup, is known by its hash and forgotten
again before the first answer. With a database they stand there as well, so that every replica knows them. Knows nothing of what
the documents said.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from foundation.database import Database, Session
from foundation.errors import UserError
from foundation.files import write_json_atomic
from foundation.tables import prepare

_NAME = "forgotten"
_TABLES = ("CREATE TABLE tombstones (salt TEXT, hash TEXT, date TEXT NOT NULL, PRIMARY KEY (salt, hash))",)


class Tombstones:
    """The hashes of forgotten documents.

    Args:
        path: A JSON file; it need not exist.
        database: Where all replicas learn of each other's; None: the file is all there is.

    Raises:
        UserError: The file is damaged: without it, what was forgotten could come back unseen.
    """

    def __init__(self, path: Path, database: Database | None = None) -> None:
        self.path, self.database = path, database
        self._salt, self._dates = secrets.token_hex(16), dict[str, str]()
        self._others: dict[str, dict[str, str]] = {}
        """What other machines forgot, by their salts, where this file was told."""
        self._read()
        self._shared: dict[tuple[str, str], str] = {}
        """Date by salt and hash, of all replicas."""
        if database is not None:
            self._share()

    def _read(self) -> None:
        try:
            told = json.loads(self.path.read_text(encoding="utf-8"))
            self._salt, self._dates = str(told["salt"]), dict(told["forgotten"])
            self._others = {str(salt): dict(dates) for salt, dates in told.get("others", {}).items()}
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"{self.path}: the list of what was forgotten can't be read ({error}). Restore it from a backup: without it, "
                "forgotten documents could come back."
            ) from None

    def _share(self) -> None:
        """Tell the others what this file knows, and learn what they know."""
        with self._opened() as session:
            rows = session.execute("SELECT salt, hash, date FROM tombstones").fetchall()
            self._shared = {(salt, name): date for salt, name, date in rows}
            own = self._own()
            session.executemany(
                "INSERT INTO tombstones VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                [(*key, date) for key, date in own.items() if key not in self._shared],
            )
            self._shared |= own

    @contextmanager
    def _opened(self) -> Iterator[Session]:
        assert self.database is not None
        with self.database.use(_NAME) as session:
            prepare(session, _TABLES)
            yield session

    def __len__(self) -> int:
        return len(self._shared | self._own())

    @property
    def stamp(self) -> str:
        """Changes when something is forgotten, by whichever replica."""
        told = self.path.read_bytes() if self.path.is_file() else b""
        told += repr(sorted(self._shared)).encode() if self._shared else b""
        return hashlib.sha256(told).hexdigest()[:16] if told else "none"

    def date_of(self, sha256: str) -> str | None:
        """Return when a document with this SHA-256 was forgotten, None where it was not."""
        known = self._own() | self._shared
        salts = {salt for salt, _ in known}
        found = (known.get((salt, _hash(salt, sha256))) for salt in salts)
        return next((date for date in found if date), None)

    def add(self, documents: Iterable[str], date: str) -> None:
        """Remember the SHA-256 of documents as forgotten, on the disk before anything else is done."""
        self._dates |= {_hash(self._salt, sha256): date for sha256 in documents}
        self._write()
        if self.database is not None:
            self._share()

    def keep_all(self) -> None:
        """Write what all replicas know into the file, for the time after the database."""
        for (salt, name), date in self._shared.items():
            if salt != self._salt:
                self._others.setdefault(salt, {})[name] = date
        if self._shared:
            self._write()

    def _own(self) -> dict[tuple[str, str], str]:
        """Return what the file knows: date by salt and hash."""
        told = {self._salt: self._dates, **self._others}
        return {(salt, name): date for salt, dates in told.items() for name, date in dates.items()}

    def _write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        others = {"others": self._others} if self._others else {}
        write_json_atomic(self.path, {"salt": self._salt, "forgotten": self._dates, **others})


def _hash(salt: str, sha256: str) -> str:
    return hashlib.sha256(f"{salt}{sha256}".encode()).hexdigest()
