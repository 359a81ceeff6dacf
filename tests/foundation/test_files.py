"""Names for new folders: they tell their moments and sort by them."""

from __future__ import annotations

import datetime

from foundation.files import dated_name

NOON = datetime.datetime(2026, 11, 22, 12, 15, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))


def test_a_name_is_its_moment_in_utc_and_a_word_of_its_own() -> None:
    day, time, word = dated_name(NOON).split("-")
    assert (day, time, len(word)) == ("20261122", "101500", 8)


def test_a_later_one_sorts_behind() -> None:
    assert dated_name(NOON) < dated_name(NOON + datetime.timedelta(seconds=1)) < dated_name()
