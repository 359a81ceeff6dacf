"""Waiting for what another thread or process does, as long as a busy machine may need."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(holds: Callable[[], object], seconds: float = 30.0) -> bool:
    """Return whether something holds within so many seconds, looking every few milliseconds."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True
