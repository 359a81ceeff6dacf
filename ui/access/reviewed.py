"""Who may come in, as an access review looks at them: people and keys with when they were seen last, no hash of any.

Knows nothing of what a review finds.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ui.access import audit, keys, people

if TYPE_CHECKING:
    from governance.review import Key, Person


def people_of(root: Path) -> list[Person]:
    """Return everybody who may come in, with the last moment at which the audit log or a key of theirs tells of them."""
    from governance.review import Person

    seen: dict[str, str] = {}
    for entry in audit.entries(root):
        if entry.ok:
            seen[entry.who] = entry.at
    for key in keys.every(root):
        seen[key.name] = max(seen.get(key.name, ""), key.used)
    return [
        Person(one.name, one.role.value, one.groups, one.suspended, one.made, seen.get(one.name, ""))
        for one in people.every(root)
    ]


def keys_of(root: Path) -> list[Key]:
    """Return all API keys by their first letters."""
    from governance.review import Key

    return [Key(one.id, one.name, one.made, one.until, one.used) for one in keys.every(root)]
