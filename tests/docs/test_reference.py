"""The reference is what the code says: every page, every command, every setting."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, fields
from types import ModuleType

import pytest

from tests.docs.blocks import ROOT


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_what_the_code_says(generate: ModuleType) -> None:
    made = generate.pages()
    stale = [name for name, text in made.items() if (generate.OUT / name).read_text("utf-8") != text]
    assert not stale, "Run `python docs/generate.py`."
    assert {path.name for path in generate.OUT.glob("*.md")} == set(made)


def test_every_setting_has_its_sentence(generate: ModuleType) -> None:
    from assistant.config.settings import _SECTIONS, Settings
    from finetune.form import Form

    for kind in (Settings, Form, *_SECTIONS.values()):
        rows = {name: said for name, _, _, said in generate._fields(kind)}
        assert set(rows) == {one.name for one in fields(kind)} - {"limits"}
        assert all(rows.values()), [name for name, said in rows.items() if not said]


@dataclass
class Naive:
    """A section with a key that nobody explains."""

    key: int = 1
    other: str = "x"
    """Explained."""


def test_a_setting_without_a_sentence_shows_an_empty_cell(generate: ModuleType) -> None:
    assert generate._fields(Naive) == [("key", "int", 1, ""), ("other", "str", "x", "Explained.")]


def test_every_command_and_option_has_its_sentence(generate: ModuleType) -> None:
    for name, command in generate.commands():
        assert command.help, name
        assert all(one.help for one in command.params), [one.name for one in command.params if not one.help]


def test_every_cell_of_a_table_stays_one_cell(generate: ModuleType) -> None:
    for name, text in generate.pages().items():
        width = 0
        for line in text.splitlines():
            bars = line.replace("\\|", "").count("|")
            assert not width or not bars or bars == width, f"{name}: {line}"
            width = bars
