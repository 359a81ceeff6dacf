"""What governance can't know by itself: who may come in and when they were seen, the audit log, open signals, the AI notice.

Knows nothing of what a review finds, or of what a paper says.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from advisor import Language
from ui.access import audit, keys, people

if TYPE_CHECKING:
    from assistant.workspace import Workspace
    from governance.papers.state import Surroundings
    from governance.review import Key, Person
    from rag import Library


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


def surroundings(house: Workspace, library: Library, language: Language, now: datetime) -> Surroundings:
    """Return what the papers need to know of who comes in, of the audit log and of monitoring, and what people are told.

    Args:
        house: The workspace.
        library: Its library.
        language: Of the papers.
        now: The moment, with its time zone.
    """
    from governance.papers.state import Surroundings
    from monitoring import report
    from monitoring.words import in_language
    from ui.api.app import NOTICE
    from ui.words import word

    page = word("shared.page_of_chat", language)
    there = next(audit.entries(house.root), None) is not None
    checked = audit.verify(house.root) if there else None
    return Surroundings(
        people=dict(Counter(one.role.value for one in people.every(house.root))),
        keys=len(keys.every(house.root)),
        audit_lines=checked.entries if checked else 0,
        audit_whole=checked.broken is None if checked else None,
        notice=word("shared.machine", language, model=house.settings.model.base),
        notice_places=(page, "/v1/openapi.json") if NOTICE else (page,),
        signals=tuple(
            (
                word(f"monitor.name_{one.name}", language),
                in_language(one.sentence, language),
                word(f"monitor.act_{one.action.value}", language),
            )
            for one in report(house, library, now).firing
        ),
    )
