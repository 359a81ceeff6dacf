"""Errors of ours: logged under a new id, which is all that whoever asked is told. Knows nothing of how that is shown."""

from __future__ import annotations

import logging
import secrets


def logged(error: BaseException) -> str:
    """Log an error with its traceback under a new id; return the id."""
    name = secrets.token_hex(3)
    logging.getLogger("rungwise.page").error("the page failed, id %s", name, exc_info=error)
    return name
