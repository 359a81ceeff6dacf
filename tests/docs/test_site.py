"""The built documentation: strictly, with no link that leads nowhere, and with nothing that a browser would fetch from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT

pytestmark = pytest.mark.slow

_FETCHED = re.compile(
    r"<(?:script|img|iframe|source)[^>]*\ssrc=[\"']?(https?:)?//|<link(?![^>]*rel=\"?canonical)[^>]*\shref=[\"']?(https?:)?//"
)
_STYLED = re.compile(r"url\([\"']?(https?:)?//|@import")


def build(root: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Build the documentation that is in a folder, as `make docs` does; with `--quiet`, MkDocs would not be strict."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=root, capture_output=True, text=True, env=environment, timeout=240)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_it_is_built_strictly_and_every_page_is_there(site: Path) -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        assert (site / page.relative_to(ROOT / "docs").with_suffix(".html")).is_file(), page.name
    assert (site / "model-card.html").is_file() and (site / "search" / "search_index.json").is_file()
    assert not list(site.rglob("*.py"))


def test_the_python_reference_is_filled_in_from_the_docstrings(site: Path) -> None:
    text = (site / "reference" / "python.html").read_text("utf-8")
    for word in ("open_assistant", "Workspace", "Library", "recommend"):
        assert f">{word}<" in text or f'"{word}"' in text or word in re.sub("<[^>]+>", "", text)
    assert "mkdocstrings" not in re.sub("<[^>]+>", "", text) and ":::" not in text


def fetched(folder: Path) -> list[str]:
    """Return the files of a site that have a browser fetch something from another host."""
    pages = [path.name for path in folder.rglob("*.html") if _FETCHED.search(path.read_text("utf-8"))]
    return pages + [path.name for path in folder.rglob("*.css") if _STYLED.search(path.read_text("utf-8"))]


def test_nothing_is_fetched_from_another_host(site: Path) -> None:
    assert not fetched(site)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.html", '<script defer src="https://cdn.example/x.js"></script>'),
        ("b.html", '<link href="//fonts.example/css" rel="stylesheet">'),
        ("c.css", "@font-face { src: url(https://fonts.example/x.woff2) }"),
    ],
)
def test_a_page_that_fetches_something_is_found(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    assert fetched(tmp_path) == [name]


NAIVE = """
site_name: Naive
theme: {name: material, font: false}
plugins: []
"""


def test_a_link_that_leads_nowhere_ends_the_build(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    checked = re.search(r"^validation:\n(?:  .*\n)+", (ROOT / "mkdocs.yml").read_text("utf-8"), re.M)
    assert checked
    (tmp_path / "mkdocs.yml").write_text(NAIVE + checked[0], "utf-8")
    page = tmp_path / "docs" / "index.md"
    page.write_text("# Page\n\n[itself](#page)\n", "utf-8")
    assert build(tmp_path, tmp_path / "site").returncode == 0
    for link in ("gone.md", "#gone"):
        page.write_text(f"# Page\n\n[nowhere]({link})\n", "utf-8")
        assert build(tmp_path, tmp_path / "site").returncode != 0, link
