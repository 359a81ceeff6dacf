"""Garbage, collected once a minute while the page is used.

Streamlit would do it after every run of a script and walk all objects of the model's libraries each time, a third of a core while
somebody watches a job; Python by itself goes by how many objects there are and not by how large they are, so visitors who left
would go on holding what they uploaded. Knows nothing of what is collected.
"""

from __future__ import annotations

import gc
import threading

EVERY = 60.0
"""Seconds between two collections; one takes about a third of a second once the model's libraries are loaded."""


def begin(every: float = EVERY) -> threading.Event:
    """Collect from now on, in a thread that ends with the process.

    Args:
        every: Seconds between two collections; one is left out where hardly anything was made since the last.

    Returns:
        What ends it when it is set.
    """
    over = threading.Event()
    threading.Thread(target=_collect, args=(every, over), name="collecting", daemon=True).start()
    return over


def _collect(every: float, over: threading.Event) -> None:
    seen = _young()
    while not over.wait(every):
        if (now := _young()) != seen:
            gc.collect()
            seen = now


def _young() -> int:
    """Return how often Python collected young objects: it does after every few thousand that are made."""
    return int(gc.get_stats()[1]["collections"])
