"""Whether everybody may be shown a document now."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from rag import Library, LibrarySettings
from tests.rag.rag_fakes import LetterEmbedder

RECORDS = """
[[document]]
path = "staff.md"
access = ["staff"]

[[document]]
path = "old.md"
valid_until = 2030-01-31

[[document]]
path = "new.md"
valid_from = 2030-02-01
"""


def test_a_document_is_open_while_it_holds_and_to_no_group_alone(tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    for name in ("plain", "staff", "old", "new"):
        (documents / f"{name}.md").write_text(f"# {name}\n\nWords about {name}.\n", "utf-8")
    (tmp_path / "documents.toml").write_text(RECORDS, "utf-8")
    moment = [datetime(2030, 1, 31, 12, tzinfo=UTC)]
    library = Library(
        documents,
        tmp_path / "state",
        LibrarySettings(),
        LetterEmbedder(),
        clock=lambda: moment[0].timestamp(),
    )
    library.sync()
    names = ("plain.md", "staff.md", "old.md", "new.md", "none.md")
    assert [library.is_open(name) for name in names] == [True, False, True, False, False]
    moment[0] = datetime(2030, 2, 1, 12, tzinfo=UTC)
    assert [library.is_open(name) for name in names] == [True, False, False, True, False]
    library.close()


def test_the_stamp_changes_with_texts_readers_and_the_hour_and_when_a_library_is_made_anew(
    tmp_path: Path,
) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    for name in ("plain", "staff", "old", "new"):
        (documents / f"{name}.md").write_text(f"# {name}\n\nWords about {name}.\n", "utf-8")
    (tmp_path / "documents.toml").write_text(RECORDS, "utf-8")
    moment = [datetime(2030, 1, 30, 12, tzinfo=UTC)]

    def opened() -> Library:
        return Library(
            documents,
            tmp_path / "state",
            LibrarySettings(),
            LetterEmbedder(),
            clock=lambda: moment[0].timestamp(),
        )

    library = opened()
    seen = [library.stamp]
    library.sync()
    seen.append(library.stamp)
    assert library.stamp == seen[-1]
    moment[0] = datetime(2030, 2, 2, 12, tzinfo=UTC)  # one has ended, one has begun, and nothing was synced
    seen.append(library.stamp)
    (tmp_path / "documents.toml").write_text(RECORDS.replace('"staff"]', '"staff", "hr"]'), "utf-8")
    library.sync()
    seen.append(library.stamp)
    library.close()
    shutil.rmtree(tmp_path / "state")
    library = opened()
    library.sync()  # the same generation as the first, and another library
    seen.append(library.stamp)
    library.close()
    assert seen[0] == "" and len(set(seen)) == 5
