"""Every command and every piece of Python of README and docs/ runs, page by page, in a copy of a small built workspace."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, Block, blocks, pages
from tests.docs.sessions import Session, unlike

pytestmark = pytest.mark.slow


def runnable(block: Block) -> bool:
    """Whether a block of the pages is run by a test."""
    return "not run" not in block.marks and (
        bool(block.commands) or block.language == "python" or "file" in block.marks
    )


PAGES = [page for page in pages() if any(runnable(block) for block in blocks(page))]


@pytest.mark.parametrize("page", PAGES, ids=[page.relative_to(ROOT).as_posix() for page in PAGES])
def test_every_block_of_the_page_runs(page: Path, session: Session) -> None:
    for block in blocks(page):
        session.run(block)


NAIVE = {
    "a command that fails": ("bash", "rungwise search", 2),
    "a question in a setup that is none": ("bash", "rungwise ask 'x' --setup rga", 2),
    "a file that is not there": ("bash", "rungwise import gone.jsonl", 2),
    "a name that is gone": ("python", "from assistant import open_house", "ImportError"),
    "a key that is gone": ("python", "from assistant import Setup\nSetup.RAG.colour", "AttributeError"),
    "a pipe whose first half fails": ("bash", "rungwise schema gone | head -1", 2),
}


@pytest.mark.parametrize("name", NAIVE)
def test_a_block_that_does_not_do_what_the_page_says_is_found(name: str, session: Session) -> None:
    language, text, told = NAIVE[name]
    with pytest.raises(AssertionError, match=rf"naive\.md:1: .*{told}"):
        session.run(Block("naive.md", 1, language, text))


def test_output_that_is_no_longer_so_is_found(session: Session) -> None:
    shown = "$ rungwise verify\n…\nAll 7 chunks of generation 3 are found, by meaning and by words."
    session.run(Block("page.md", 1, "console", shown, {"shape": ""}))
    stale = shown.replace("by meaning and by words", "by both")
    with pytest.raises(AssertionError, match="printed no line like"):
        session.run(Block("naive.md", 1, "console", stale, {"shape": ""}))


def test_numbers_and_blanks_may_differ_and_order_may_not() -> None:
    told = "setup    n   both\nrag     92   40 % (31–50)\nhybrid  92   28 % (20–38)"
    assert unlike(["setup n both", "rag 8 5 % (0–9)", "…", "hybrid 8 1 % (0–2)"], told) is None
    assert unlike(["hybrid 8 1 % (0–2)", "rag 8 5 % (0–9)"], told) == "rag 8 5 % (0–9)"
