"""adapters on the command line: what is there, what serves, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from foundation.errors import ExitCode
from ui.schemas import schema

pytestmark = pytest.mark.usefixtures("fakes")


def listed(rungwise, house: Path) -> list[dict[str, object]]:
    ended = rungwise("adapters", "list", "--json", "-w", house)
    told = json.loads(ended.out)
    Draft202012Validator(schema("adapters")).validate(told)
    return told["adapters"]


def test_each_training_makes_one_that_serves_and_the_last_one_can_come_back(rungwise, house: Path) -> None:
    assert "There is no adapter yet" in rungwise("adapters", "list", "-w", house).out
    assert rungwise("sync", "-w", house).code == 0
    for _ in range(2):
        assert rungwise("train", "-w", house).code == 0
    names = [row["name"] for row in listed(rungwise, house)]
    assert len(names) == 2 and [row["serves"] for row in listed(rungwise, house)].count(True) == 1
    serving = next(row["name"] for row in listed(rungwise, house) if row["serves"])
    other = next(name for name in names if name != serving)

    assert f"{other} serves again" in rungwise("adapters", "rollback", "-w", house).out
    assert f"{serving} serves now" in rungwise("adapters", "use", serving, "-w", house).out
    shown = rungwise("adapters", "show", other, "-w", house)
    assert shown.code == 0 and "Rows:" in shown.out and "validation" in shown.out
    refused = rungwise("adapters", "remove", serving, "-w", house)
    assert refused.code == ExitCode.USER and "serves. Use another first" in refused.err
    assert rungwise("adapters", "remove", other, "-w", house).code == 0
    assert [row["name"] for row in listed(rungwise, house)] == [serving]


def test_what_can_not_be_exported_is_a_sentence(rungwise, house: Path, tmp_path: Path) -> None:
    for words, said in (
        (("--name", "nothing"), 'there is no adapter "nothing"'),
        (("--as", "onnx"), '"onnx" is no shape to export'),
        ((), "there is no adapter yet"),
    ):
        ended = rungwise("adapters", "export", tmp_path / "out", *words, "-w", house)
        assert ended.code == ExitCode.USER and said in ended.err, ended.err
    assert not (tmp_path / "out").exists()


def test_an_unknown_name_is_a_sentence(rungwise, house: Path) -> None:
    for verb in ("use", "show", "remove", "verify"):
        ended = rungwise("adapters", verb, "nothing", "-w", house)
        assert ended.code == ExitCode.USER and 'there is no adapter "nothing"' in ended.err, verb
    assert rungwise("adapters", "rollback", "-w", house).code == ExitCode.USER
