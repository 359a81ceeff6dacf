"""Both papers written: as Markdown to read, and as JSON for programs. Knows nothing of what stands in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from advisor import Language
from assistant.workspace import Workspace
from foundation.errors import UserError
from foundation.files import sha256_text, write_json_atomic, write_text_atomic
from governance.papers.processing import processing_record
from governance.papers.risk import risk_file
from governance.papers.state import Surroundings, state_of
from governance.papers.text import markdown
from rag import Library

LANGUAGES = tuple(language.value for language in Language)
"""In which they can be written."""


@dataclass(frozen=True)
class Written:
    """A paper that was written."""

    paper: str
    """`processing-record` or `risk-file`."""
    file: str
    """Its Markdown; its JSON stands beside it."""
    unstated: int
    """How many of its entries say that something is not stated."""
    sha256: str
    """The hash of its Markdown, to note elsewhere."""

    def to_dict(self) -> dict[str, Any]:
        """What was written, as plain JSON values."""
        return asdict(self)


def write_papers(
    workspace: Workspace,
    library: Library,
    around: Surroundings,
    language: Language,
    out: Path,
    now: datetime,
    progress: Callable[[str, int, int], None] = lambda title, done, total: None,
) -> tuple[Written, ...]:
    """Write the processing record and the risk file from a workspace's state.

    Args:
        workspace: Which.
        library: Its library.
        around: What the layer above knows.
        language: Of the papers.
        out: The folder; made where there is none.
        now: The moment, with its time zone.
        progress: Told how far it is.

    Raises:
        UserError: The folder can't be written, or a file that the house wrote holds mistakes.
    """
    state = state_of(workspace, library, around, now, progress)
    written = []
    for paper in (processing_record(state), risk_file(state, language)):
        text = markdown(paper, language)
        path = out / f"{paper.key}.{language}.md"
        try:
            write_text_atomic(path, text)
            write_json_atomic(path.with_suffix(".json"), {"language": language, **paper.to_dict()})
        except OSError as error:
            raise UserError(f"{path}: the paper can't be written ({error.strerror or error}).") from error
        written.append(Written(paper.key, str(path), paper.unstated, sha256_text(text)))
    return tuple(written)
