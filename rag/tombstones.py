"""What was forgotten, remembered without saying what it was: salted hashes, so that it can't come back.

A file that is put back into the folder, or a ledger that is restored from a backup, is known by its hash and forgotten
again before the first answer. Knows nothing of what the documents said.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from pathlib import Path

from foundation.errors import UserError
from foundation.files import write_json_atomic


class Tombstones:
    """The hashes of forgotten documents.

    Args:
        path: A JSON file; it need not exist.

    Raises:
        UserError: The file is damaged: without it, what was forgotten could come back unseen.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._salt, self._dates = secrets.token_hex(16), dict[str, str]()
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            self._salt, self._dates = str(told["salt"]), dict(told["forgotten"])
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"{path}: the list of what was forgotten can't be read ({error}). Restore it from a backup: without it, "
                "forgotten documents could come back."
            ) from None

    def __len__(self) -> int:
        return len(self._dates)

    def date_of(self, sha256: str) -> str | None:
        """Return when a document with this SHA-256 was forgotten, None where it was not."""
        return self._dates.get(self._hash(sha256))

    def add(self, documents: Iterable[str], date: str) -> None:
        """Remember the SHA-256 of documents as forgotten, on the disk before anything else is done."""
        self._dates |= {self._hash(sha256): date for sha256 in documents}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_json_atomic(self.path, {"salt": self._salt, "forgotten": self._dates})

    def _hash(self, sha256: str) -> str:
        return hashlib.sha256(f"{self._salt}{sha256}".encode()).hexdigest()
