"""Settings from the environment: `RUNGWISE_RETRIEVAL__K=6` stands for `k = 6` under [retrieval], and goes before the file.

For containers and schedulers, which hand settings over so. Knows nothing of which settings there are.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

_NAME = re.compile(r"RUNGWISE_([A-Z0-9]+)__([A-Z0-9_]+)")


def given(environ: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return what the environment sets: by section and key, as it is written there."""
    found: dict[str, dict[str, str]] = {}
    for name, text in sorted(environ.items()):
        if match := _NAME.fullmatch(name):
            found.setdefault(match[1].lower(), {})[match[2].lower()] = text
    return found


def variable(section: str, key: str) -> str:
    """Return the name of the variable for a setting."""
    return f"RUNGWISE_{section}__{key}".upper()


def value_of(text: str, kind: str) -> object:
    """Return what a variable's text means.

    Args:
        text: As it is written in the environment.
        kind: The type of the setting: a text is taken as it is, everything else is read as TOML writes it.

    Returns:
        The value; the text itself where it is no TOML, so that whoever checks it can say what is wrong.
    """
    if kind in ("str", "str | None"):
        return text
    try:
        read = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return read["value"] if len(read) == 1 else text  # lines below it would be settings of their own
