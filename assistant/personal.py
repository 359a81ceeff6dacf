"""Personal data in a workspace: which kinds its settings look for, and which documents hold some, by kind and count.

No value is kept or told: even in the name of a document it is replaced by its kind. Knows nothing of how any is shown.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from assistant.workspace import Workspace
from finetune.privacy.personal import Find, find_personal, readable
from rag.ingest.load import Reader, Refusal, read_bytes, scan
from rag.storage.records import read_records

NOT_LOOKED_FOR = (
    "Names and postal addresses were not looked for: install `rungwise[names]` and write `names = true` under [personal] in "
    "rungwise.toml."
)
"""What is said wherever personal data was looked for without names."""


def finder(workspace: Workspace) -> Find:
    """Return what finds personal data for a workspace: numbers and accounts, and names and addresses where it asks for them.

    Raises:
        UserError: It asks for names, and the packages that find them are not installed.
    """
    if not workspace.settings.personal.names:
        return find_personal
    from finetune.privacy.names import find_everything

    find_everything("")  # whether it can is said before any work is done
    return find_everything


@dataclass(frozen=True)
class Place:
    """A part of a document that holds personal data."""

    document: str
    """Its name, with personal data in it replaced by what it is."""
    part: str
    """`name`, `title`, `properties` or `text`."""
    found: dict[str, int]
    """How often each kind stands there."""


@dataclass(frozen=True)
class DocumentsLooked:
    """What was found in a workspace's documents; holds no value of anybody."""

    documents: int
    """Documents that were read."""
    unread: int
    """Files that were not; `rungwise sync` names them with their reasons."""
    names: bool
    """Whether names and addresses were looked for."""
    places: tuple[Place, ...]
    """By document."""

    def to_dict(self) -> dict[str, Any]:
        """Return this as JSON values."""
        return asdict(self)


def look_at_documents(
    workspace: Workspace, progress: Callable[[str, int, int], None] = lambda title, done, total: None
) -> DocumentsLooked:
    """Look for personal data in the documents of a workspace: their names, titles, properties and texts.

    Args:
        workspace: Where they are; no index is needed.
        progress: Told how far it is.

    Raises:
        UserError: The folder or `documents.toml` can't be read, or names can't be looked for here.
    """
    find, limits = finder(workspace), workspace.settings.retrieval.limits
    files, records = scan(workspace.documents, limits), read_records(workspace.records)
    places: list[Place] = []
    unread = 0
    with Reader(limits) as reader:
        for done, entry in enumerate(files):
            progress("Looking at documents", done, len(files))
            shown = _hidden(entry.source, find)
            parts = {"name": [readable(entry.source)]}
            got = read_bytes(entry)
            password = os.environ.get(records.of(entry.source).password_env or "", "")
            read = got if isinstance(got, Refusal) else reader.read(entry.source, got[0], password, True)
            if isinstance(read, Refusal):
                unread += 1
            else:
                parts |= {"title": [read.title], "properties": [*read.properties], "text": [read.text]}
            for part, texts in parts.items():
                if found := Counter(str(span.kind) for text in texts for span in find(text)):
                    places.append(Place(shown, part, dict(sorted(found.items()))))
    named = workspace.settings.personal.names
    return DocumentsLooked(len(files) - unread, unread, named, tuple(places))


def _hidden(name: str, find: Find) -> str:
    """Return the name of a file with personal data in it replaced by what it is."""
    parts, end = [], 0
    for span in find(readable(name)):
        parts += [name[end : span.start], f"[{span.kind}]"]
        end = span.end
    return "".join([*parts, name[end:]])
