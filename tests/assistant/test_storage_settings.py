"""[storage] in `rungwise.toml`: one URL, and never a password."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.config.settings import parse_settings
from foundation.database import Database
from foundation.errors import UserError

HERE = Path("rungwise.toml")


def test_without_a_url_rows_are_kept_in_files() -> None:
    assert parse_settings("", HERE).storage.database is None


def test_one_url_is_all_it_takes_and_the_password_comes_from_the_named_variable() -> None:
    text = '[storage]\nurl = "postgresql://ada@db/house"\npassword_env = "HOUSE_PASSWORD"\n'
    assert parse_settings(text, HERE).storage.database == Database(
        "postgresql://ada@db/house", "HOUSE_PASSWORD"
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('url = "postgresql://ada:hunter2@db/house"', "url holds a password"),
        ('password_env = "correct horse"', "password_env must be the name of an environment variable"),
        ('password = "hunter2"', '"password" is not a setting of'),
        ('url = "sqlite:///house.db"', "url must name a PostgreSQL database"),
    ],
)
def test_a_password_in_the_file_is_refused_and_not_repeated(line: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as refused:
        parse_settings(f"[storage]\n{line}\n", HERE)
    assert "hunter2" not in str(refused.value) and "correct horse" not in str(refused.value)
