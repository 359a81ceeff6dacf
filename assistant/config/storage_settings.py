"""Settings of where rows and documents are kept: [storage] in `rungwise.toml`. Knows nothing of what is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass

from foundation.database import Database
from foundation.errors import UserError
from rag.ingest.object_store import check_url

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class StorageSettings:
    """Where the ledger, votes, live outcomes, thumbs and chats are kept."""

    url: str = ""
    """A PostgreSQL database of this workspace's own (`postgresql://user@host/name`), which many replicas share; empty: files of
    this machine. Over a network TLS is required, unless the URL's `sslmode` says otherwise. A password in it is refused."""
    password_env: str = "PGPASSWORD"
    """The environment variable that holds the database's password."""
    documents: str = ""
    """An object storage (`s3://bucket/folder`, `gs://…`, any that fsspec knows) that `sync` mirrors into `documents/`; empty:
    none. Credentials come from the environment. `s3` needs the package `s3fs`, `gs` needs `gcsfs`."""

    def __post_init__(self) -> None:
        """Check what is set."""
        if not _VARIABLE.fullmatch(self.password_env):
            raise UserError(
                "password_env must be the name of an environment variable that holds the password, as in "
                '"PGPASSWORD"; the password itself never stands in a file.'
            )
        if self.url:
            Database(self.url, self.password_env)
        if self.documents:
            check_url(self.documents)

    @property
    def database(self) -> Database | None:
        """The database; None where rows are kept in files."""
        return Database(self.url, self.password_env) if self.url else None
