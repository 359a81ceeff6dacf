"""One writer at a time: a file lock held from open to close of a sync, and with a database a lock there for all machines.

Both are released when their holder dies, however it dies. Works where `fcntl` does (Linux, macOS).
Knows nothing of what is written.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from foundation.database import Database
from foundation.errors import UserError
from foundation.shared_lock import locked

_SHARED, _BUSY = "library", "the library is being written"


@contextmanager
def writing(path: Path, seconds: float = 30.0, database: Database | None = None) -> Iterator[None]:
    """Hold the lock on `path`, waiting at most `seconds` for another holder.

    Args:
        path: The file.
        seconds: How long to wait.
        database: Where a lock is held too, against writers in other folders; None: there are none.

    Raises:
        UserError: Another process holds it all that time; the message names its id.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _take(handle, path, seconds)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode("ascii"), 0)
        other = locked(database, _SHARED, seconds, _BUSY) if database is not None else nullcontext()
        with other:
            yield
    finally:
        os.close(handle)  # releases the lock


def _take(handle: int, path: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
                raise UserError(
                    f"{path.parent}: {_BUSY} by process {holder}, and was still after "
                    f"{seconds:g} seconds. Wait until it is done, or end it, then try again."
                ) from None
            time.sleep(0.05)
