"""An erasure leaves who may come in and the audit log as they are: whoever may erase can't erase what they did."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.workspace import Workspace
from foundation.errors import UserError
from governance.erasure import _holds, _look, forget
from rag import Library
from tests.governance.test_erasure import NAME
from tests.governance.test_erasure import house as house
from tests.governance.test_erasure import library as library
from ui.access import audit, managing, people, vault
from ui.access.permissions import Role


@pytest.fixture
def served(house: Workspace) -> Path:
    """A workspace with two people, one of them in a group that is called like somebody in the documents."""
    managing.add(house.root, "boss", Role.ADMIN)
    managing.add(house.root, "ada", Role.VIEWER, (f"office of {NAME}",))
    return house.root


def naive_thinning(served: Path, house: Workspace, library: Library, subject: str) -> list[str]:
    """Return the lines that would be left of the log where it is thinned as every other file of rows."""
    found = _look(house, library, (), subject)
    log = (vault.folder(served) / "audit.jsonl").read_text("utf-8").splitlines()
    return [line for line in log if not _holds(line, found)]


@pytest.mark.fault(99)
def test_nobody_erases_their_own_lines_of_the_log_by_forgetting_themselves(
    served: Path, house: Workspace, library: Library
) -> None:
    assert naive_thinning(served, house, library, "command line") == []  # naive: an empty log
    before = {path.name: path.read_bytes() for path in vault.folder(served).iterdir() if path.name != "lock"}
    with pytest.raises(UserError, match="Only the files of access in .* hold that text, and they are kept"):
        forget(house, library, subject="command line")
    assert {
        path.name: path.read_bytes() for path in vault.folder(served).iterdir() if path.name != "lock"
    } == before
    assert audit.verify(served).broken is None


@pytest.mark.fault(41)
def test_what_access_holds_of_a_forgotten_text_is_kept_and_told_as_a_place_where_it_still_stands(
    served: Path, house: Workspace, library: Library
) -> None:
    done = forget(house, library, subject=NAME)
    assert set(done.remaining) == {".rungwise/access/audit.jsonl", ".rungwise/access/people.json"}
    assert done.certificate.remaining == 2 and any("audit log" in limit for limit in done.certificate.limits)
    assert [one.name for one in people.every(served)] == ["ada", "boss"]
    assert audit.verify(served).entries == 2 and audit.verify(served).broken is None
