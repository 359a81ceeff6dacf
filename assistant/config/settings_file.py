"""Writing `rungwise.toml`: single values change, the user's own lines, comments and order stay.

Knows nothing of what a setting means; that is checked by `assistant.workspace` before anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from assistant.config.settings import parse_settings
from foundation.errors import UserError
from foundation.files import write_bytes_atomic


def change_settings(path: Path, section: str, values: Mapping[str, str | int | float | list[str]]) -> bool:
    """Set keys of one section of a settings file; the section is made where there is none.

    Args:
        path: The workspace's `rungwise.toml`.
        section: As `retrieval`.
        values: By key; a key that has this value already is left as it is written.

    Returns:
        Whether the file was changed.

    Raises:
        UserError: The file can't be read or written, or would hold a mistake afterwards; it then stays as it was.
    """
    import tomlkit

    try:
        before = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: the settings can't be read ({error}). Nothing was changed.") from None
    parse_settings(before, path)
    document = tomlkit.parse(before)
    table = document.setdefault(section, tomlkit.table())
    for key, value in values.items():
        if key not in table or table[key] != value:
            table[key] = value
    after = tomlkit.dumps(document)
    if after == before:
        return False
    parse_settings(after, path)
    try:
        write_bytes_atomic(path, after.encode("utf-8"))
    except OSError as error:
        raise UserError(
            f"{path}: the settings can't be written ({error.strerror}). Nothing was changed. Check that the file "
            "and its folder can be written."
        ) from None
    return True
