"""The page on faults against the tests: each case is held by tests that exist, and each of them fells a naive target.

`python -m tests.house.test_faults` writes the page's list of tests anew from their markers; the cells are written by hand.
"""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "faults.md").read_text("utf-8")
CASES = [*range(1, 153)]
"""The cases that this page answers for."""


@functools.cache
def marked() -> dict[int, dict[str, str]]:
    """The tests of each case by their markers, with their source."""
    found: dict[int, dict[str, str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text("utf-8")
        if "mark.fault" not in text:
            continue
        for test in ast.parse(text).body:
            for mark in getattr(test, "decorator_list", ()):
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.fault":
                    name = f"{path.relative_to(ROOT).as_posix()}::{test.name}"  # type: ignore[attr-defined]
                    for number in mark.args:
                        found.setdefault(ast.literal_eval(number), {})[name] = (
                            ast.get_source_segment(text, test) or ""
                        )
    return found


def named() -> dict[int, set[str]]:
    """The tests of each case by the page."""
    found: dict[int, set[str]] = {}
    number = 0
    for line in PAGE.split("## The tests", 1)[1].splitlines():
        if case := re.fullmatch(r"- \*\*F(\d+)\*\*", line):
            number = int(case[1])
            found[number] = set()
        elif test := re.fullmatch(r"  - `(tests/\S+::\w+)`", line):
            found[number].add(test[1])
    return found


def rows() -> dict[int, tuple[str, ...]]:
    """The cells of each case's row: state, situation, what is done, what a naive build does."""
    cells = [line.strip("|").split("|") for line in PAGE.splitlines() if re.match(r"\| F\d+ \|", line)]
    return {int(row[0].strip()[1:]): tuple(cell.strip() for cell in row[1:]) for row in cells}


def test_every_case_has_a_row_with_its_state_and_every_cell_is_filled() -> None:
    assert list(rows()) == CASES
    for number, cells in rows().items():
        assert len(cells) == 4 and all(cells), f"F{number}"
        assert cells[0] in ("held", "half", "open"), f"F{number}: {cells[0]}"


def test_the_page_names_the_tests_that_are_marked_and_no_others() -> None:
    assert named() == {number: set(tests) for number, tests in sorted(marked().items())}
    assert set(named()) == {number for number, cells in rows().items() if cells[0] != "open"}


def test_each_case_has_a_test_in_which_a_naive_target_falls() -> None:
    without = [
        number
        for number, tests in marked().items()
        if not any("naive" in source.lower() for source in tests.values())
    ]
    assert not without


def test_every_marked_test_is_collected() -> None:
    files = sorted({test.split("::")[0] for tests in marked().values() for test in tests})
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-m", "fault", "-p", "no:cacheprovider", *files],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    collected = {line.split("[")[0] for line in done.stdout.splitlines() if "::" in line}
    assert collected == {test for tests in marked().values() for test in tests}, (
        done.stdout[-2000:] + done.stderr
    )


if __name__ == "__main__":
    told, listed = PAGE.split("- **F1**\n")[0], ""
    for number, tests in sorted(marked().items()):
        listed += f"- **F{number}**\n" + "".join(f"  - `{test}`\n" for test in sorted(tests))
    (ROOT / "docs" / "faults.md").write_text(told + listed, "utf-8")
