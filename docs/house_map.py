"""The house, file by file: every module with the first sentence that it says of itself.

Called by docs/generate.py. Reads the modules as text and imports none of them; knows nothing of what they do.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def house_map() -> str:
    """Return the page: a heading a package, a table of its modules, and the same below it for every package in it."""
    told = [
        "# The house, file by file\n",
        "What each module says of itself in its first sentence. Packages stand as in the tree of the README: the lower ones"
        " first, and none knows those above it.\n",
    ]
    for package in _packages():
        for folder in _folders(ROOT / package):
            told.append(
                f"{'##' if folder.name == package else '###'} {folder.relative_to(ROOT).as_posix()}\n"
            )
            told.append(f"{_first_sentence(folder / '__init__.py')}.\n")
            if modules := [one for one in sorted(folder.glob("*.py")) if one.name != "__init__.py"]:
                rows = [f"| `{one.name}` | {_first_sentence(one)} |" for one in modules]
                told += ["| module | what |", "|---|---|", *rows, ""]
    return "\n".join(told)


def _packages() -> list[str]:
    """Return the packages, lowest layer first."""
    built = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]
    lowest = [
        "foundation",
        "advisor",
        "rag",
        "finetune",
        "assistant",
        "experiments",
        "monitoring",
        "governance",
        "ui",
    ]
    return sorted(built["wheel"]["packages"], key=lowest.index)


def _folders(package: Path) -> Iterator[Path]:
    """Yield a package and every package in it."""
    yield package
    for below in sorted(package.rglob("__init__.py")):
        if below.parent != package:
            yield below.parent


def _first_sentence(module: Path) -> str:
    """Return the first line of a module's docstring, fit for a cell of a table."""
    said = ast.get_docstring(ast.parse(module.read_text("utf-8"))) or ""
    return " ".join(said.split("\n\n")[0].split()).rstrip(".").replace("|", "\\|")
