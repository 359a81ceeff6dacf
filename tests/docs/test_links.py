"""Links of README, CONTRIBUTING and docs/ lead somewhere: to a file that is there, and to a heading that it has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, pages

PAGES = pages()
_LINK = re.compile(r"\]\(([^)\s]+)\)")  # pictures too
_MADE = {"model-card.md": "finetune/starter/weights/README.md"}  # what docs/hooks.py adds to the site


def broken(page: Path, root: Path = ROOT) -> list[str]:
    """Return a page's links that lead nowhere."""
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text("utf-8"), flags=re.S | re.M)
    return [link for link in _LINK.findall(re.sub(r"`[^`]*`", "", text)) if not _leads(link, page, root)]


def _leads(link: str, page: Path, root: Path) -> bool:
    if link.startswith(("https://", "mailto:")):
        return True
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if root == ROOT and target.name in _MADE and not target.exists():
        target = ROOT / _MADE[target.name]
    if not target.exists() or not target.is_relative_to(root):
        return False
    return not anchor or anchor in anchors(target)


def anchors(page: Path) -> set[str]:
    """Return what the headings of a page are reached by, as MkDocs and GitHub both make it of plain words."""
    found: set[str] = set()
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text("utf-8"), flags=re.S | re.M)
    for heading in re.findall(r"^#+ (.+)$", text, re.M):
        plain = re.sub(r"[^\w\s-]", "", re.sub(r"[`*]", "", heading)).strip().lower()
        found.add(re.sub(r"[\s-]+", "-", plain))
    return found


@pytest.mark.parametrize("page", PAGES, ids=[page.relative_to(ROOT).as_posix() for page in PAGES])
def test_every_link_leads_somewhere(page: Path) -> None:
    assert not broken(page)


@pytest.mark.parametrize("link", ["gone.md", "other.md#gone", "#gone", "../outside.md"])
def test_a_link_that_leads_nowhere_is_found(link: str, tmp_path: Path) -> None:
    root = tmp_path / "docs"
    root.mkdir()
    (tmp_path / "outside.md").write_text("# Outside\n")
    (root / "other.md").write_text("# Other\n\n## What `it` says\n")
    page = root / "page.md"
    page.write_text(f"# Page\n\n[one]({link}), [two](other.md#what-it-says), [three](#page)\n")
    assert broken(page, root) == [link]


def test_every_page_of_docs_stands_in_the_menu() -> None:
    menu = (ROOT / "mkdocs.yml").read_text("utf-8")
    missing = [
        name
        for page in sorted((ROOT / "docs").rglob("*.md"))
        if f" {(name := page.relative_to(ROOT / 'docs').as_posix())}\n" not in menu
    ]
    assert not missing
    named = re.findall(r"(\S+\.md)\n", menu.split("\nnav:")[1])
    assert [name for name in named if not (ROOT / "docs" / name).exists() and name not in _MADE] == []


def test_every_picture_is_shown_by_a_page() -> None:
    shown = {link.rpartition("/")[2] for page in PAGES for link in _LINK.findall(page.read_text("utf-8"))}
    assert {path.name for path in (ROOT / "docs" / "images").iterdir()} == {
        name for name in shown if name.endswith(".png")
    }
