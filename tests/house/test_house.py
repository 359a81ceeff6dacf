"""The house as a whole: its layers, its homes, its README, and the promise that importing is cheap."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.packages import PACKAGES

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_loads_no_heavy_library(package: str) -> None:
    heavy = "torch transformers peft chromadb sentence_transformers streamlit langchain langchain_core langchain_openai pandas".split()
    code = f"import sys, {package}; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_module_says_what_it_does_not_know() -> None:
    silent = []
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text("utf-8")
            opening = re.match(r'"""(.*?)"""', text, re.DOTALL)
            words = " ".join(opening[1].split()) if opening else ""
            if not re.search(
                r"\b(nothing|knows no|does not know|imports? (no|the standard)|opens no|only|can't)\b",
                words,
                re.IGNORECASE,
            ):
                silent.append(str(path.relative_to(ROOT)))
    assert not silent


def test_no_file_has_outgrown_one_purpose() -> None:
    long = {
        str(p.relative_to(ROOT)): n
        for k in PACKAGES
        for p in (ROOT / k).rglob("*.py")
        if (n := len(p.read_text("utf-8").splitlines())) > 450
    }
    assert not long


def test_nothing_loads_pickles_or_code_of_others() -> None:
    """`torch.load` stands in the starter's own checkpoints only, with `weights_only`."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text("utf-8")
            assert "trust_remote_code=True" not in text and "import pickle" not in text, path
            assert "torch.load(" not in text or "weights_only=True" in text, path


def test_the_readme_s_tree_names_what_exists_and_every_package() -> None:
    tree = re.search(r"## The house\n.*?```text\n(.*?)```", README, re.DOTALL)
    assert tree
    stack: list[str] = []
    named = set()
    for line in tree[1].splitlines():
        found = re.match(r"^( *)([\w.\-/]+)(?: {2,}\S.*)?$", line)
        assert found, f"not a line of a tree: {line!r}"
        depth = len(found[1]) // 2
        stack = [*stack[:depth], found[2].rstrip("/")]
        path = "/".join(stack)
        named.add(path)
        assert (ROOT / path).exists(), f"the README names {path}, which is not there"
    rooms = {str(p.parent.relative_to(ROOT)) for k in PACKAGES for p in (ROOT / k).rglob("__init__.py")}
    assert rooms <= named, f"the README's tree lacks {sorted(rooms - named)}"


def test_every_rungwise_command_in_the_docs_exists() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ui.cli", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    texts = [README, *(path.read_text("utf-8") for path in (ROOT / "docs").rglob("*.md"))]
    used = {
        word for text in texts for word in re.findall(r"(?:^|[`$ ])rungwise ([a-z]+)\b", text, re.MULTILINE)
    }
    prose = {"is", "and", "does", "has", "on"}
    assert used - prose, "the README shows no command"
    for word in used - prose:
        assert re.search(rf"\b{word}\b", done.stdout), f"`rungwise {word}` is in the docs, but not in --help"


def test_make_knows_the_readme_s_targets() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_pinned_version_fits_the_range_that_is_promised() -> None:
    from packaging.requirements import Requirement

    pins = dict(
        line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line
    )
    pins = {name.lower().replace("_", "-"): version for name, version in pins.items()}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    own = {f"{project['name']}[{extra}]" for extra in project["optional-dependencies"]}
    for requirement in map(Requirement, (one for one in wanted if one not in own)):
        assert requirement.specifier.contains(pins[requirement.name.lower().replace("_", "-")]), requirement


def test_ci_calls_the_readme_s_test_command() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text() and "make test" in README
