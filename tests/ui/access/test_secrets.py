"""No secret in the clear: not in the workspace, its log or a backup, not in what commands print, and not in this repository."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from assistant.backup import back_up
from assistant.workspace import Workspace
from tests.packages import PACKAGES
from ui.access import door, vault

REPOSITORY = Path(__file__).resolve().parents[3]
PASSWORD = "correct horse battery staple"

LIKE_A_KEY = re.compile(
    r"""\brw-[A-Za-z0-9_-]{43}\b
    | \bsk-[A-Za-z0-9_-]{20,} | \bgh[pousr]_[A-Za-z0-9]{36} | \bhf_[A-Za-z0-9]{30,} | \bxox[abpr]-[A-Za-z0-9-]{10,}
    | \bAKIA[0-9A-Z]{16}\b | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----\s+[A-Za-z0-9+/]{40} | \bglpat-[A-Za-z0-9_-]{20}
    | \$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]{16,}""",
    re.VERBOSE,
)
"""Keys of our own, of OpenAI, GitHub, Hugging Face, Slack, AWS and GitLab, private keys, and hashes of passwords."""


def holding(root: Path, secrets: Iterable[str]) -> Iterator[str]:
    """Yield every file below a folder that holds one of these texts."""
    wanted = [secret.encode() for secret in secrets]
    for path in sorted(root.rglob("*")):
        if path.is_file() and any(secret in path.read_bytes() for secret in wanted):
            yield path.relative_to(root).as_posix()


@pytest.fixture
def lived_in(rungwise, house: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, list[str], str]:
    """Return a workspace that was lived in, its secrets, and everything that was printed but the key itself."""
    (house / "rungwise.toml").write_text('name = "Tea"\n[serve]\nlogin = "local"\n', encoding="utf-8")
    printed = []

    def run(*words: object, typed: str = "") -> str:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        ended = rungwise(*words, "-w", house)
        printed.append(ended.err + (ended.out if words[:2] != ("keys", "make") else ""))
        return ended.out

    run("users", "add", "ada", "--role", "admin", "--password-stdin", typed=PASSWORD + "\n")
    key = run("keys", "make", "ada", "--label", "notebook").strip()
    for name, word in (("ada", PASSWORD), ("ada", PASSWORD + "r"), (PASSWORD, "x")):
        try:
            cookie = door.sign_in(house, name, word)
        except door.NotSignedIn as error:
            printed.append(str(error))
    door.by_key(house, f"Bearer {key}")
    for words in (("users", "list"), ("users", "list", "--json"), ("keys", "list"), ("keys", "list", "--json"), ("audit",),
                  ("audit", "--json"), ("keys", "revoke", key), ("users", "suspend", "ad")):  # fmt: skip
        run(*words)
    return house, [PASSWORD, key, cookie], "\n".join(printed)


@pytest.mark.fault(102)
def test_no_file_of_a_workspace_and_no_command_tells_a_password_a_key_or_a_session(
    lived_in: tuple[Path, list[str], str],
) -> None:
    house, secrets, printed = lived_in
    assert all(len(secret) > 20 for secret in secrets)
    assert list(holding(house, secrets)) == []
    assert not any(secret in printed for secret in secrets) and "argon2" not in printed
    (house / ".rungwise" / "log").mkdir(exist_ok=True)
    (house / ".rungwise" / "log" / "naive.log").write_text(
        f"POST /login name=ada&password={PASSWORD}\n", encoding="utf-8"
    )
    (house / ".rungwise" / "naive.json").write_text(f'{{"ada": "{secrets[1]}"}}', encoding="utf-8")
    assert list(holding(house, secrets)) == [".rungwise/log/naive.log", ".rungwise/naive.json"]


@pytest.mark.fault(102)
def test_what_access_is_decided_by_is_read_by_its_owner_alone(lived_in: tuple[Path, list[str], str]) -> None:
    place = vault.folder(lived_in[0])
    assert place.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o777 for path in place.iterdir() if path.name != "lock"}
    assert modes == dict.fromkeys(
        ("people.json", "keys.json", "sessions.json", "audit.jsonl", "audit-head.json"), 0o600
    )


@pytest.mark.fault(102)
def test_a_backup_holds_nothing_that_access_is_decided_by(
    lived_in: tuple[Path, list[str], str], tmp_path: Path
) -> None:
    house = lived_in[0]
    done = back_up(Workspace.open(house), tmp_path / "backup.zip")
    with zipfile.ZipFile(done.path) as file:
        inside = file.namelist()
    assert "rungwise.toml" in inside and "documents/kettle.md" in inside
    assert not [name for name in inside if ".rungwise/access" in name]
    assert (vault.folder(house) / "people.json").is_file()


def like_keys(text: str) -> list[str]:
    """Return the beginnings of what looks like a key; the alphabet in order is a key of a test's, and of nobody."""
    found = [found.group() for found in LIKE_A_KEY.finditer(text)]
    return [key[:12] for key in found if "abcdefgh" not in key.casefold()]


@pytest.mark.fault(102)
def test_no_file_of_this_repository_holds_anything_like_a_key() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    here = {*PACKAGES, "docs", "tests", "examples"}
    unpacked = [  # without git: whatever stands in the packages' folders
        path.relative_to(REPOSITORY).as_posix()
        for name in here
        for path in (REPOSITORY / name).rglob("*")
        if path.is_file()
    ]
    found = {}
    for name in filter(None, unpacked if tracked.returncode else tracked.stdout.split("\0")):
        path = REPOSITORY / name
        if (
            path.is_file()
            and path.stat().st_size < 5_000_000
            and (keys := like_keys(path.read_text("utf-8", "replace")))
        ):
            found[name] = keys
    assert found == {}


@pytest.mark.fault(102)
def test_a_key_that_somebody_checks_in_would_be_found(tmp_path: Path) -> None:
    body = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6lM9oR2u"  # of no service: made for this test, and split so that it is none here
    planted = [
        "rw" + "-" + body,
        "api_key = '" + "sk" + "-" + body + "'",
        "gh" + "p_" + body[:36],
        "AK" + "IA" + "Q3ZK7TPLW2XN5MB8",
        "-----BEGIN " + "PRIVATE KEY-----\n" + body,
        "$argon2id" + "$v=19$m=65536,t=3,p=4$" + body[:22] + "$" + body,
    ]
    assert all(len(like_keys(f"x = {one}\n")) == 1 for one in planted)
    for innocent in (
        "`rw-…`",
        "Bearer rw-",
        "sk-…",
        "rw-dvw4wg4L",
        "a task-force-of-twenty-seven-people",
        "risk-averse-and-otherwise-too",
    ):
        assert like_keys(innocent) == [], innocent
