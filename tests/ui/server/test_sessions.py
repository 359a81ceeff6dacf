"""Browser sessions that come and go: what they took is given back, and the judge that says so can say otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.sessions import Round, growth, naive, ours, rounds, serving

AT_ONCE = 25
ROUNDS = 16  # eleven fill up what is kept of those who left, five tell whether it goes on


def memories(*values: float) -> list[Round]:
    return [Round((), value) for value in values]


def test_memory_that_fills_up_and_then_stays_is_no_growth() -> None:
    assert growth(memories(100, 150, 200, 250, 260, 260, 261, 260, 260, 259, 260), 100) == 0


def test_memory_that_goes_on_rising_is_told_for_a_thousand_sessions() -> None:
    rising = memories(*(100 + 10 * number for number in range(13)))
    assert growth(rising, 100) == pytest.approx(100)  # 10 MB a round of a hundred


def test_rounds_that_only_fill_up_what_is_kept_anyway_tell_nothing() -> None:
    with pytest.raises(ValueError, match="3 rounds of 50 are too few"):
        growth(memories(1, 2, 3), 50)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.fault(126)
def test_hundreds_of_sessions_opened_and_dropped_leave_no_memory_behind_while_a_naive_page_keeps_it(
    house: Path, tmp_path: Path
) -> None:
    with serving(ours(house)) as (port, server):
        left = growth(rounds(port, server, "chat", ROUNDS, AT_ONCE), AT_ONCE)
    with serving(naive(tmp_path)) as (port, server):
        kept = growth(rounds(port, server, "", ROUNDS, AT_ONCE), AT_ONCE)
    assert left < 150 < kept, f"{left:.0f} MB for a thousand sessions here, {kept:.0f} MB there"
