"""What the libraries below may say, and to whom: nothing to a network, and to people only through us.

The one place where telemetry is switched off; it must run before any heavy library is imported. Knows nothing of
what is logged, but that no question and nobody's number belongs there.
"""

from __future__ import annotations

import logging
import os
import tempfile
from logging.handlers import RotatingFileHandler
from pathlib import Path

from foundation.discreet import discreet

TELEMETRY = {
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
}
"""Chroma, whoever asks, Hugging Face, LangChain (under its old name too) and Streamlit: none calls home."""

_MANNERS = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
}
"""Bars and advice of libraries would stand between our own lines; somebody who wants them may set these."""

_LOG = "rungwise.log"
_handler: RotatingFileHandler | None = None


def settle() -> None:
    """Switch telemetry off, and send what libraries log or warn to the log file instead of the terminal."""
    os.environ.update(TELEMETRY)
    for name, value in _MANNERS.items():
        os.environ.setdefault(name, value)
    logging.raiseExceptions = False  # a log that can't be written must not stop what is logged
    logging.captureWarnings(True)
    log_into(Path(tempfile.gettempdir()) / f"rungwise-{os.getuid() if hasattr(os, 'getuid') else 'log'}")


def offline() -> None:
    """Tell the hub's client that there is nothing to look for; for a base that is on this disk."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")


def log_into(folder: Path) -> Path:
    """Write the log into a folder from now on; folder and file are made when there is something to write.

    Returns:
        The log file's path.
    """
    global _handler
    root = logging.getLogger()
    if _handler is not None:
        root.removeHandler(_handler)
        _handler.close()
    _handler = _LateFile(folder / _LOG)
    root.addHandler(_handler)
    return folder / _LOG


def log_path() -> Path:
    """Return the file that the log goes to now."""
    return Path(_handler.baseFilename) if _handler is not None else Path(tempfile.gettempdir()) / _LOG


def hidden(text: str) -> str:
    """Return a text for the log or a terminal: without what was asked, and personal data replaced by what it is."""
    from finetune.privacy.personal import find_personal

    told, parts, end = discreet(text), [], 0
    for span in find_personal(told):
        parts += [told[end : span.start], f"[{span.kind}]"]
        end = span.end
    return "".join([*parts, told[end:]])


class _Hiding(logging.Formatter):
    """Writes records, tracebacks too, through `hidden`."""

    def format(self, record: logging.LogRecord) -> str:
        return hidden(super().format(record))


class _LateFile(RotatingFileHandler):
    """A log file of at most three megabytes in all, whose folder is made with the first line."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=1_000_000, backupCount=2, encoding="utf-8", delay=True)
        self.setLevel(logging.WARNING)
        self.setFormatter(_Hiding("%(asctime)s %(levelname)s %(name)s: %(message)s"))

    def _open(self):  # type: ignore[no-untyped-def]  # typeshed's TextIOWrapper is private to it
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        return super()._open()
