"""What a hostile reader would try on erasure, retention and reviews: spellings, dates beyond the calendar, places that can't be written."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from assistant.workspace import Workspace
from foundation.errors import UserError
from governance.due import deadlines
from governance.erasure import folded, forget
from rag import Library
from tests.governance.test_erasure import NAME, NOW
from tests.governance.test_erasure import house as house
from tests.governance.test_erasure import library as library


@pytest.mark.fault(41, 56)
@pytest.mark.parametrize(
    "written",
    ["Ayşe  Yılmaz", "Ayşe\u00a0Yılmaz", "Ayşe\nYılmaz", "Ay\u00adşe Yıl\u200bmaz", "AYŞE YILMAZ", "Ays\u0327e Yılmaz"],
)  # fmt: skip
def test_somebody_is_found_however_the_name_is_spaced_broken_composed_or_cased(
    house: Workspace, library: Library, written: str
) -> None:
    def naive(text: str) -> bool:
        return NAME.lower() in text.lower()

    assert not naive(written) or written == NAME
    (house.documents / "notes.txt").write_text(
        f"The key is with {written}\nsince Monday of last week.", "utf-8"
    )
    library.sync()
    done = forget(house, library, subject=NAME, now=lambda: NOW)
    assert "notes.txt" in done.sources and done.remaining == ()


def test_an_i_that_another_program_made_small_is_the_same_letter() -> None:
    small = "İSTANBUL".lower()
    assert small != "istanbul"  # naive: it has nine letters
    assert folded(small) == folded("İstanbul") == folded("ISTANBUL") == "istanbul"


@pytest.mark.fault(39, 48)
@pytest.mark.parametrize(
    "at", ["9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00", 1e300, 10**30, "yesterday", None]
)
def test_a_date_beyond_every_calendar_ends_nothing_and_breaks_nothing(
    house: Workspace, library: Library, at: object
) -> None:
    with pytest.raises(
        (OverflowError, ValueError, TypeError, OSError)
    ):  # naive: adds days to whatever is written
        from datetime import timedelta

        (datetime.fromisoformat(at) if isinstance(at, str) else datetime.fromtimestamp(at, UTC)).astimezone(
            UTC
        ) + timedelta(3650)  # type: ignore[arg-type]
    row = {"question": "When?", "source": "rules.md", "start": 0, "at": at}
    house.clicks.write_text(json.dumps(row) + "\n", "utf-8")
    (house.root / "data.toml").write_text('[[dataset]]\nname = "clicks"\nretention = "10 years"\n', "utf-8")
    (found,) = [one for one in deadlines(house, library, NOW) if one.kind == "clicks"]
    assert not found.over and found.ends == ""


def test_a_name_that_stands_in_the_books_alone_is_told_of_as_that(house: Workspace, library: Library) -> None:
    from governance.review import confirm, review

    confirm(house, review(house, library, (), (), NOW), "Berrin Kaya", NOW)
    with pytest.raises(UserError, match="Only the books of governance"):
        forget(house, library, subject="Berrin Kaya", now=lambda: NOW)
