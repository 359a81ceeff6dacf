"""Single settings change in `rungwise.toml`; all that the user wrote around them stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.config.settings import read_settings
from assistant.config.settings_file import change_settings
from foundation.errors import UserError

CONFIG = """\
# My settings. Do not touch!
name = "Tea"   # ours

[target]
pass_rate = 0.7

[retrieval]   # how we search
k = 5         # five is enough
alpha = 0.60  # tried by hand
# the end of retrieval

[training]
epochs = 2
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "rungwise.toml"
    path.write_text(CONFIG, "utf-8")
    return path


def test_a_value_changes_and_every_other_character_stays(path: Path) -> None:
    assert change_settings(path, "retrieval", {"alpha": 0.4})
    assert path.read_text("utf-8") == CONFIG.replace("0.60", "0.4")


def test_a_new_key_goes_into_its_section_and_is_read_back(path: Path) -> None:
    assert change_settings(path, "retrieval", {"fusion": "rrf"})
    assert read_settings(path).retrieval.fusion == "rrf"
    kept = [line for line in path.read_text("utf-8").splitlines() if "fusion" not in line]
    assert kept == CONFIG.splitlines()


def test_a_value_that_is_there_already_is_left_as_it_is_written(path: Path) -> None:
    before = path.stat().st_mtime_ns
    assert not change_settings(path, "retrieval", {"alpha": 0.6, "k": 5})
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "text",
    ['name = "Tea"\n', "", '# nothing\n\n[target]\npass_rate = 0.7\n', "retrieval.k = 5\n", "retrieval = { k = 5 }\n",
     '[retrieval]\nk = 5', 'name = "Tea"\r\n[retrieval]\r\nk = 5 # five\r\n'],
)  # fmt: skip
def test_whatever_way_the_section_is_written_it_is_found_or_made(path: Path, text: str) -> None:
    path.write_bytes(text.encode())
    assert change_settings(path, "retrieval", {"alpha": 0.4, "fusion": "convex"})
    after = read_settings(path)
    assert after.retrieval.alpha == 0.4
    if "k = 5" in text:
        assert after.retrieval.k == 5
    assert after.name == ("Tea" if "Tea" in text else "My house")
    if "\r\n" in text:
        assert b'name = "Tea"\r\n' in path.read_bytes() and b"k = 5 # five\r\n" in path.read_bytes()


def test_a_value_that_is_no_setting_is_refused_and_nothing_changes(path: Path) -> None:
    for values in ({"alpha": 1.5}, {"alfa": 0.5}, {"fusion": "sum"}):
        with pytest.raises(UserError):
            change_settings(path, "retrieval", values)
        assert path.read_text("utf-8") == CONFIG


def test_a_file_with_mistakes_is_not_written(path: Path) -> None:
    path.write_text(CONFIG + "surprise = 1\n", "utf-8")
    with pytest.raises(UserError, match="surprise"):
        change_settings(path, "retrieval", {"alpha": 0.4})
    assert path.read_text("utf-8") == CONFIG + "surprise = 1\n"


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="can't be read"):
        change_settings(tmp_path / "rungwise.toml", "retrieval", {"alpha": 0.4})
