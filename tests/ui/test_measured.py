"""A comparison read back is the comparison that was written, also one that an older version wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from experiments import PairTest, Prices, Stakes, attribute, compare, comparison_dict
from foundation.errors import UserError
from tests.experiments.worlds import result, results
from ui.measured import read_comparison

ADDED = {
    "standings": [
        *("answers", "timeouts", "refusals", "seconds_p50_interval", "seconds_p95_interval"),
        *("tokens_in_interval", "tokens_out_interval", "cost", "cost_interval", "break_even", "earns"),
    ],
    "differences": ["test", "spread", "not_worse", "other_not_worse", "equivalent"],
}
"""What files had not before there were repeats, prices and tests that hold at every look."""


def written(path: Path, **more: Any) -> dict[str, Any]:
    rows = results("prompt", [n < 10 for n in range(40)])
    rows += [result("rag", f"q-{n:03}", facts=n < 30, seconds=1.5 + n / 100) for n in range(40)]
    found = comparison_dict(compare(rows, **more), attribute(rows))
    path.write_text(json.dumps(found), encoding="utf-8")
    return found


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "comparison.json"
    for more in (
        {},
        {"sequential": True},
        {"prices": Prices("EUR", per_hour=1.0), "stakes": Stakes(gain=1.0)},
    ):
        found = written(path, **more)
        read = read_comparison(path)
        assert read is not None
        assert comparison_dict(read.verdict, read.losses) == found


def test_a_file_of_an_older_version_is_read_with_what_it_did_not_know_left_at_its_default(
    tmp_path: Path,
) -> None:
    path = tmp_path / "comparison.json"
    found = written(path)
    for table, names in ADDED.items():
        for row in found[table]:
            for name in names:
                del row[name]
    for name in ("repeats", "sequential", "currency", "worth", "todo"):
        del found[name]
    path.write_text(json.dumps(found), encoding="utf-8")
    read = read_comparison(path)
    assert read is not None
    assert read.verdict.winner == "rag"
    assert (read.verdict.repeats, read.verdict.worth, read.verdict.sequential) == (1, (), False)
    assert read.verdict.differences[0].test is PairTest.MCNEMAR
    assert read.verdict.standings[0].seconds_p50_interval is None


def test_nothing_measured_is_none_and_what_is_no_comparison_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "comparison.json"
    assert read_comparison(path) is None
    path.write_text('{"winner": 3}', encoding="utf-8")
    with pytest.raises(UserError, match="this is not a comparison"):
        read_comparison(path)
