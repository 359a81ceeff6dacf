"""Situations of a workspace's adapters: which one serves, which served before, and what a kill or a slip can't break."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finetune import registry
from finetune.lineage import Lineage
from finetune.registry import TAINTED, Manifest
from foundation.errors import UserError


def made(lineage: Lineage, name: str, created: str) -> str:
    """Publish an adapter without weights."""
    staged = lineage.home / f".{name}.staged"
    staged.mkdir(parents=True)
    (staged / "adapter_config.json").write_text("{}")
    curve = [{"epoch": 1.0, "loss": 1.0, "validation_loss": 1.0}]
    papers = Manifest(name, "starter", "f" * 64, 10, 1, "r" * 64, {}, {}, curve, 1.0, 0.1, {}, created)
    registry.publish(staged, lineage.home / name, papers)
    return name


@pytest.fixture
def lineage(tmp_path: Path) -> Lineage:
    """Three adapters, made in another order than their names'; none serves yet."""
    found = Lineage(tmp_path / "adapters")
    for name, day in (("b", "2026-01-01"), ("c", "2026-01-02"), ("a", "2026-01-03")):
        made(found, name, day)
    return found


def test_without_any_none_serves_and_the_folder_is_not_there(tmp_path: Path) -> None:
    empty = Lineage(tmp_path / "adapters")
    assert empty.names() == empty.served == [] and not empty.serving.exists()
    with pytest.raises(UserError, match="There is none yet; `rungwise train` makes one"):
        empty.use("a")


def test_they_are_listed_by_when_they_were_made_and_halves_are_not(lineage: Lineage) -> None:
    (lineage.home / ".d.staged").mkdir()
    (lineage.home / "e").mkdir()  # a folder without a manifest
    assert lineage.names() == ["b", "c", "a"]


def test_what_is_used_serves_and_rollback_goes_back_step_by_step(lineage: Lineage) -> None:
    for name in ("b", "c", "c", "a"):
        lineage.use(name)
    assert lineage.serving.name == "a" and lineage.served == ["b", "c", "a"]
    assert lineage.rollback() == "c" and lineage.serving.name == "c"
    assert lineage.rollback() == "b"
    with pytest.raises(UserError, match="no other adapter served before"):
        lineage.rollback()
    assert lineage.serving.name == "b"


def test_a_rollback_passes_over_what_was_removed(lineage: Lineage) -> None:
    for name in ("b", "c", "a"):
        lineage.use(name)
    lineage.remove("c")
    assert lineage.names() == ["b", "a"] and lineage.rollback() == "b"


def test_what_serves_is_not_removed_and_an_unknown_name_is_told_with_what_there_is(lineage: Lineage) -> None:
    lineage.use("a")
    with pytest.raises(UserError, match="a serves. Use another first"):
        lineage.remove("a")
    for wrong in ("x", "../a", "", "."):
        for act in (lineage.use, lineage.remove, lineage.manifest):
            with pytest.raises(UserError, match="there is no adapter"):
                act(wrong)


@pytest.mark.parametrize("damage", ["", "{", '{"served": 3}', '["a"]', '{"served": ["gone"]}'])
def test_a_damaged_note_of_what_serves_leaves_none_serving_and_is_mended_by_the_next_use(
    lineage: Lineage, damage: str
) -> None:
    (lineage.home / "serving.json").write_text(damage)
    assert not lineage.serving.exists()
    lineage.use("a")
    assert lineage.serving.name == "a" and json.loads((lineage.home / "serving.json").read_text())


def test_a_workspace_from_before_there_could_be_several_serves_its_only_one(tmp_path: Path) -> None:
    old = Lineage(tmp_path / "adapters")
    made(old, "house", "2025-01-01")
    assert old.serving.name == "house"
    made(old, "new", "2026-01-01")
    assert old.serving.name == "house"
    old.use("new")
    assert old.rollback() == "house"


def test_two_adapters_that_are_begun_in_one_second_have_folders_of_their_own(lineage: Lineage) -> None:
    # two alike are expected once in three million runs
    assert len({lineage.fresh() for _ in range(50)}) == 50


def test_all_are_marked_where_something_was_forgotten(lineage: Lineage) -> None:
    assert lineage.taint("2026-06-01", {"examples": 2}) == ["b", "c", "a"]
    assert all((lineage.home / name / TAINTED).is_file() for name in "abc")


def test_what_was_decided_of_a_candidate_stands_beside_it_and_its_papers_stay_as_they_are(
    lineage: Lineage,
) -> None:
    folder = lineage.home / "a"
    before = (folder / registry.MANIFEST).read_bytes()
    assert registry.decided(folder) == {}
    registry.decide(folder, {"ruling": "keep", "reason": "It is surely worse."})
    assert (
        registry.decided(folder)["ruling"] == "keep" and (folder / registry.MANIFEST).read_bytes() == before
    )
    (folder / registry.DECIDED).write_text("[")
    assert registry.decided(folder) == {}
    with pytest.raises(UserError, match="there is no adapter yet"):
        registry.decide(lineage.home / "nothing", {})
