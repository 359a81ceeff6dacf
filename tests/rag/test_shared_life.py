"""The life of a library whose ledger is in a database, at two machines that take turns, equals that of a dict."""

from __future__ import annotations

import pytest
from hypothesis.stateful import rule

from foundation.database import Database
from rag import Library, LibrarySettings
from tests.faults.test_lives import Life, live
from tests.rag.rag_fakes import LetterEmbedder


class SharedLife(Life):
    """`Life`, where the folder of what is built is another machine's after every change of machines."""

    database: Database
    machine = 0

    def __init__(self) -> None:
        with self.database.use("library") as session:
            session.execute("DROP SCHEMA IF EXISTS rungwise_library CASCADE")
        super().__init__()

    def _opened(self) -> Library:
        state = self.home / f"machine{self.machine}" / "state"
        settings = LibrarySettings(candidates=100)
        return Library(self.documents, state, settings, LetterEmbedder(), database=self.database)

    @rule()
    def change_machines(self) -> None:
        self.library.close()
        self.machine = 1 - self.machine
        self.library = self._opened()


@pytest.mark.slow
@pytest.mark.fault(40)
def test_a_shared_library_s_life_at_two_machines_equals_that_of_a_dict(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its naive twin, an index that only adds, fails the same life in tests/faults/test_lives.py."""
    monkeypatch.setattr(SharedLife, "database", database, raising=False)
    live(SharedLife, 6, monkeypatch)
