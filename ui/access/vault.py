"""What access is decided by, in files of a workspace that only their owner may read.

One writer at a time, whole files, `.rungwise/access/` and nothing outside. Knows nothing of what the files say.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from foundation.errors import UserError
from foundation.files import write_bytes_atomic

FOLDER = "access"
_PRIVATE = 0o600
_one = threading.Lock()  # threads of this process wait here; the lock file is looked at anew only every 50 ms


def folder(root: Path) -> Path:
    """Return where a workspace keeps them."""
    return root / ".rungwise" / FOLDER


def read(root: Path, name: str) -> dict[str, Any]:
    """Return what a file says; an empty one where there is none.

    Raises:
        UserError: It can't be read; nobody comes in by a file that can't be.
    """
    path = folder(root) / f"{name}.json"
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path}: this file of access can't be read ({error}). Restore it from a copy, or remove it."
        ) from None
    if not isinstance(held, dict):
        raise UserError(f"{path}: this file of access holds no table. Restore it from a copy, or remove it.")
    return held


@contextmanager
def changing(root: Path, name: str) -> Iterator[dict[str, Any]]:
    """Hand out what a file says, and write it back when the block ends well; nobody else writes meanwhile.

    Raises:
        UserError: It can't be read, or another process holds it for 30 seconds.
    """
    with locked(root):
        held = read(root, name)
        yield held
        data = json.dumps(held, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        write_bytes_atomic(folder(root) / f"{name}.json", data.encode("utf-8"), _PRIVATE)


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Let nobody else change access meanwhile.

    Raises:
        UserError: Another process holds it for 30 seconds, or the folder can't be written.
    """
    from rag.storage.lock import writing

    place = folder(root)
    with _one, ExitStack() as held:
        try:
            place.mkdir(parents=True, exist_ok=True)
            place.chmod(0o700)
            held.enter_context(writing(place / "lock"))
        except OSError as error:
            raise UserError(
                f"{place}: access can't be written ({error.strerror}). Whoever serves the workspace must own it."
            ) from None
        except UserError:
            raise UserError(
                f"{place}: another process has been changing access for 30 seconds. Wait until it is done, or end it."
            ) from None
        yield
