"""What a backup leaves out: who may come in. What it holds, and that it is whole, is tried where files are broken."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from assistant.backup import back_up
from assistant.workspace import Workspace
from ui.access import keys, managing, people
from ui.access.door import NotSignedIn, by_key, sign_in
from ui.access.permissions import Role

PASSWORD = "correct horse battery"


@pytest.fixture
def house(tmp_path: Path) -> Workspace:
    root = tmp_path / "house"
    (root / "documents" / ".rungwise" / "access").mkdir(parents=True)
    (root / "documents" / ".rungwise" / "access" / "people.json").write_text(
        "a document of that name", "utf-8"
    )
    (root / "rungwise.toml").write_text('[serve]\nlogin = "local"\n', "utf-8")
    return Workspace.open(root)


def unpacked(house: Workspace, place: Path) -> Path:
    back_up(house, place.with_suffix(".zip"))
    with zipfile.ZipFile(place.with_suffix(".zip")) as file:
        file.extractall(place)
    return place


@pytest.mark.fault(97, 102)
def test_a_backup_that_is_put_back_lets_nobody_in_and_a_naive_copy_lets_in_who_was_suspended(
    house: Workspace, tmp_path: Path
) -> None:
    managing.add(house.root, "boss", Role.ADMIN)
    managing.add(house.root, "ada", Role.EDITOR, password=PASSWORD)
    bearer = f"Bearer {managing.make_key(house.root, 'ada')}"
    restored = unpacked(house, tmp_path / "restored")
    naive = Path(shutil.copytree(house.root, tmp_path / "naive"))
    managing.suspend(house.root, "ada")

    assert by_key(naive, bearer).id == "ada" and sign_in(naive, "ada", PASSWORD)  # naive: back again
    for root in (restored, house.root):
        with pytest.raises(NotSignedIn):
            by_key(root, bearer)
        with pytest.raises(NotSignedIn):
            sign_in(root, "ada", PASSWORD)
    assert people.every(restored) == [] and keys.every(restored) == []


def test_all_else_is_in_it_also_a_document_in_a_folder_that_is_called_like_that(
    house: Workspace, tmp_path: Path
) -> None:
    managing.add(house.root, "boss", Role.ADMIN)
    restored = unpacked(house, tmp_path / "restored")
    held = {path.relative_to(restored).as_posix() for path in restored.rglob("*") if path.is_file()}
    assert held == {"rungwise.toml", "documents/.rungwise/access/people.json"}
