"""Two replicas that mount one folder of access: what one takes away opens nothing at the other, and the log stays one chain."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.rag.rag_fakes import REPOSITORY
from ui.access import audit, door, keys, people, sessions
from ui.access.door import NotSignedIn
from ui.access.permissions import Role


@pytest.fixture
def replicas(tmp_path: Path) -> tuple[Path, Path]:
    """Two workspaces whose `.rungwise/access` is one folder; a link stands in for the mount."""
    roots = tmp_path / "a", tmp_path / "b"
    (tmp_path / "shared").mkdir()
    for root in roots:
        (root / ".rungwise").mkdir(parents=True)
        (root / "rungwise.toml").write_text('[serve]\nlogin = "local"\n', "utf-8")
        (root / ".rungwise" / "access").symlink_to(tmp_path / "shared")
    return roots


def bearer(root: Path, secret: str) -> str:
    return door.by_key(root, f"Bearer {secret}").id


@pytest.mark.fault(97)
def test_a_key_that_is_revoked_at_one_replica_opens_nothing_at_the_other_and_naive_folders_of_their_own_let_it_in(
    replicas: tuple[Path, Path], tmp_path: Path
) -> None:
    here, there = replicas
    people.add(here, "ada", Role.VIEWER)
    secret = keys.make(here, "ada")
    assert bearer(there, secret) == "ada"
    naive = tmp_path / "naive"
    (naive / ".rungwise").mkdir(parents=True)
    (naive / "rungwise.toml").write_text('[serve]\nlogin = "local"\n', "utf-8")
    subprocess.run(["cp", "-r", tmp_path / "shared", naive / ".rungwise" / "access"], check=True)
    keys.revoke(here, keys.shown(secret))
    with pytest.raises(NotSignedIn):
        bearer(there, secret)
    assert bearer(naive, secret) == "ada", "a replica with a copy of the folder"


def test_who_is_suspended_or_signed_out_at_one_replica_is_so_at_the_other(
    replicas: tuple[Path, Path],
) -> None:
    here, there = replicas
    people.add(here, "ada", Role.VIEWER)
    people.add(here, "root", Role.ADMIN)
    first, second = (sessions.begin(here, "ada", hours=1) for _ in range(2))
    assert door.by_session(there, first).id == "ada"
    door.sign_out(here, first)
    with pytest.raises(NotSignedIn):
        door.by_session(there, first)
    people.change(here, "ada", suspended=True)
    with pytest.raises(NotSignedIn):
        door.by_session(there, second)


WRITE = """
import sys
from pathlib import Path
from ui.access import audit
for n in range(20):
    audit.note(Path(sys.argv[1]), sys.argv[2], "look", str(n))
"""


@pytest.mark.slow
def test_two_replicas_that_write_at_once_write_one_chain(replicas: tuple[Path, Path]) -> None:
    running = [
        subprocess.Popen([sys.executable, "-c", WRITE, str(root), root.name], cwd=REPOSITORY)
        for root in replicas
    ]
    assert [one.wait(60) for one in running] == [0, 0]
    checked = [audit.verify(root) for root in replicas]
    assert checked[0] == checked[1] and checked[0].entries == 40 and checked[0].broken is None
    assert {one.who for one in audit.entries(replicas[0])} == {"a", "b"}
