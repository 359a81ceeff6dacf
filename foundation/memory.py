"""How much memory this machine, or the container that it is in, has. Knows nothing of what wants it."""

from __future__ import annotations

from pathlib import Path


def total_and_free() -> tuple[int, int]:
    """Return the bytes of memory that there are, and those that can be had now."""
    import psutil

    memory = psutil.virtual_memory()
    total, free = int(memory.total), int(memory.available)
    limit = _container_limit()
    return (limit, min(free, limit)) if limit is not None and limit < total else (total, free)


def _container_limit() -> int | None:
    """Return the memory that a container may use; None outside of one."""
    try:
        text = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
