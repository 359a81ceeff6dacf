"""Access reviews: what is stale is named, what is right is not, and a confirmation is bound to what was looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.workspace import Workspace
from foundation.errors import UserError
from governance import review as reviewing
from governance.review import Key, Person, Review
from governance.standing import standing
from rag import Library
from tests.governance.test_erasure import house as house
from tests.governance.test_erasure import library as library

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
OLD, NEW = "2025-10-01T09:00:00+00:00", "2026-06-01T09:00:00+00:00"
ADA = Person("ada", "admin", ("hr",), False, OLD, NEW)
KEY = Key("rw-aaaaaaaa", "ada", OLD, "2026-12-31", "2026-06-01")


@pytest.fixture
def served(house: Workspace) -> Workspace:
    """The house, where people sign in and letters are for the group hr alone."""
    (house.root / "rungwise.toml").write_text('[serve]\nlogin = "local"\n', "utf-8")
    house.records.write_text('[[document]]\npath = "hr/*"\naccess = ["hr"]\n', "utf-8")
    return Workspace.open(house.root)


@pytest.fixture
def look(served: Workspace, library: Library) -> Callable[..., Review]:
    def looked(people: tuple[Person, ...] = (ADA,), keys: tuple[Key, ...] = (KEY,)) -> Review:
        return reviewing.review(served, library, people, keys, NOW)

    return looked


def test_where_all_is_right_nothing_is_found(look: Callable[..., Review]) -> None:
    found = look()
    assert found.findings == () and (found.documents, found.open_to_all, found.by_group) == (3, 1, {"hr": 2})


@pytest.mark.parametrize(
    ("person", "kind"),
    [
        (replace(ADA, seen=OLD), "person not seen"),
        (replace(ADA, seen=""), "person not seen"),
        (replace(ADA, suspended=True), "person suspended"),
        (replace(ADA, groups=("hr", "board")), "group without documents"),
        (replace(ADA, groups=()), "group of nobody"),
    ],
)
def test_what_is_stale_of_people_and_groups_is_named(
    look: Callable[..., Review], person: Person, kind: str
) -> None:
    assert [one.kind for one in look(people=(person,)).findings] == [kind]


@pytest.mark.parametrize(
    ("key", "kinds"),
    [
        (replace(KEY, used=OLD[:10]), ["key unused"]),
        (replace(KEY, used="", made=OLD), ["key unused"]),
        (replace(KEY, until="2026-06-14"), ["key expired"]),
        (replace(KEY, until="2026-06-15"), []),
        (replace(KEY, until=""), ["key lasts for ever"]),
        (replace(KEY, name="eve"), ["key of nobody"]),
    ],
)
def test_what_is_stale_of_keys_is_named(look: Callable[..., Review], key: Key, kinds: list[str]) -> None:
    assert [one.kind for one in look(keys=(key,)).findings] == kinds


def test_a_pattern_that_fits_nothing_and_doors_that_all_stand_open_are_named(
    served: Workspace, look: Callable[..., Review]
) -> None:
    served.records.write_text('[[document]]\npath = "hrr/*"\naccess = ["hr"]\n', "utf-8")
    kinds = {one.kind for one in look().findings}
    assert {"pattern fits nothing", "every document open"} <= kinds
    naive = served.records.read_text("utf-8")  # naive: whoever reads the file sees a closed folder
    assert 'access = ["hr"]' in naive


def test_a_new_person_is_not_stale_before_the_time_of_a_review(look: Callable[..., Review]) -> None:
    fresh = replace(ADA, seen="", made=(NOW - timedelta(days=179)).isoformat())
    assert look(people=(fresh,)).findings == ()
    assert look(people=(replace(fresh, made=(NOW - timedelta(days=181)).isoformat()),)).findings


def test_a_confirmation_is_bound_to_what_was_looked_at_and_lasts_for_its_time(
    served: Workspace, library: Library, look: Callable[..., Review]
) -> None:
    assert standing(served, NOW, library).review_overdue  # nobody ever looked, and people sign in
    looked = look()
    record = reviewing.confirm(served, looked, "head of IT", NOW)
    assert record["sha256"] == looked.sha256 != look(keys=()).sha256
    assert look().sha256 == looked.sha256  # the time of a look is no part of it
    fine = standing(served, NOW + timedelta(days=180), library)
    assert not fine.review_overdue and fine.review_by == "2026-12-12"
    assert standing(served, NOW + timedelta(days=181), library).review_overdue


def test_nobody_confirms_without_a_name_and_the_book_names_nobody_who_was_reviewed(
    served: Workspace, look: Callable[..., Review]
) -> None:
    with pytest.raises(UserError, match="name them with --by"):
        reviewing.confirm(served, look(), "  ", NOW)
    reviewing.confirm(served, look(people=(replace(ADA, name="zeynep"),)), "head of IT", NOW)
    text: str = Path(reviewing.book_of(served).path).read_text("utf-8")
    assert "zeynep" not in text and "rw-" not in text and "head of IT" in text


def test_where_nobody_signs_in_a_review_that_was_never_made_is_not_late(
    house: Workspace, library: Library
) -> None:
    assert not standing(house, NOW, library).review_overdue
