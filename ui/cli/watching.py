"""`rungwise sync --watch`: the library follows the folder until Ctrl-C.

Knows nothing of what a sync does; it only tells when one is due.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

_EVERYTHING = 600.0
"""Seconds after which the folder is looked through without a sign of change: some network drives give none."""
_AGAIN = 5.0
"""Seconds after which a sync that could not be done is tried again."""
_SETTLE = 1.0
"""Seconds without another change that end a burst of them, as when a folder is copied."""
_LONGEST_BURST = 30.0
"""Seconds after which a sync is due though changes go on."""


class Due:
    """Says when a sync is due: now, after a change, after a failed one, and every ten minutes.

    Iterating gives, each time one is due, whether one of `watched` changed; it ends by Ctrl-C only.

    Args:
        root: The workspace's folder.
        documents: The folder whose files are documents.
        watched: Single files outside of it that matter too.
    """

    def __init__(self, root: Path, documents: Path, watched: frozenset[Path]) -> None:
        self._folders = sorted({root.resolve(), documents.resolve()})
        self._documents, self._watched = documents.resolve(), {path.resolve() for path in watched}
        self.again = False
        """Whether the last sync could not be done, and is to be tried again soon."""

    def __iter__(self) -> Iterator[bool]:
        from watchfiles import watch

        yield False
        last = -_EVERYTHING  # what changed before the first change could be noticed is found by a second look
        for changes in watch(
            *self._folders,
            watch_filter=self._matters,
            step=int(_SETTLE * 1000),
            debounce=int(_LONGEST_BURST * 1000),
            rust_timeout=int(_AGAIN * 1000),
            yield_on_timeout=True,
        ):
            if changes or self.again or time.monotonic() - last >= _EVERYTHING:
                last = time.monotonic()
                yield any(Path(path) in self._watched for _, path in changes)

    def _matters(self, _: object, path: str) -> bool:
        changed = Path(path)
        return changed in self._watched or changed.is_relative_to(self._documents)
