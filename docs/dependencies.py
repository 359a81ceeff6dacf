"""The table of dependencies: licence, age, maintenance and known weaknesses of every pin, as the package index tells them.

    python docs/dependencies.py INDEX    writes docs/dependencies.md, with the day on which it was asked

INDEX is the address of a package index's JSON API, below which `NAME/json` stands. It is asked for every pin of constraints.txt;
the table holds those that `pyproject.toml` names.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "dependencies.md"
PASSES = ROOT / ".ci" / "audit.toml"
STALE = 2 * 365
"""Days without any release after which a package is looked at once more."""
HEAD = """# Dependencies

What Rungwise stands on: every package that `pyproject.toml` names, at the version that the tests run with, as the index told
on **{day}**. `python docs/dependencies.py INDEX` writes this page anew. *Releases* are those of the last 365 days.

{weak}

{stale}

| package | pinned | released | licence | newest | releases | needed for |
|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Package:
    """One pin, as the index tells of it."""

    name: str
    pinned: str
    released: str
    licence: str
    newest: str
    newest_day: str
    releases: int
    weaknesses: tuple[str, ...] | None


def named(name: str) -> str:
    """Return a package's name in one spelling (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> dict[str, str]:
    """Return every pinned version, by name."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return {named(name): version for name, _, version in (line.partition("==") for line in lines) if version}


def wanted() -> dict[str, str]:
    """Return what `pyproject.toml` names, with what each is needed for: always, an extra, or the tests."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found: dict[str, str] = {}
    groups = {"everything": project["dependencies"], **project["optional-dependencies"]}
    for group, lines in groups.items():
        for line in lines:
            name = named(re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0])
            if name != "rungwise":
                found.setdefault(
                    name,
                    "tests and docs" if group == "dev" else group if group == "everything" else f"`{group}`",
                )
    return found


def asked(index: str, name: str) -> dict[str, Any]:
    """Return what the index tells of a package."""
    with urllib.request.urlopen(f"{index.rstrip('/')}/{name}/json", timeout=60) as told:
        value: dict[str, Any] = json.load(told)
        return value


def looked_up(index: str, name: str, version: str) -> Package:
    """Return a pin as the index tells of it."""
    told = asked(index, name)
    days = sorted(
        (min(one["upload_time"] for one in files)[:10], release)
        for release, files in told["releases"].items()
        if files and not all(one["yanked"] for one in files)
    )
    today = datetime.now(UTC).date()
    recent = sum((today - date.fromisoformat(day)).days <= 365 for day, _ in days)
    released = min((one["upload_time"] for one in told["releases"].get(version, ())), default="")[:10]
    newest = str(told["info"]["version"])
    found = {
        next((name for name in one.get("aliases") or () if name.startswith("CVE-")), str(one["id"]))
        for one in told.get("vulnerabilities") or ()
        if not one.get("withdrawn")
    }
    return Package(
        name, version, released or "not told", licence(name, told["info"]), newest, days[-1][0] if days else "", recent,
        tuple(sorted(found)) if newest == version else None,
    )  # fmt: skip


def licence(name: str, told: dict[str, Any]) -> str:
    """Return the licence in the shortest form in which the installed package, or else the index, states it."""
    try:
        here = metadata.metadata(name)
        info = {"license_expression": here.get("License-Expression"), "license": here.get("License"),
                "classifiers": here.get_all("Classifier")}  # fmt: skip
    except metadata.PackageNotFoundError:
        info = told
    if expression := info.get("license_expression"):
        return str(expression)
    marks = [one for one in info.get("classifiers") or () if one.startswith("License ::")]
    first = ((info.get("license") or "").strip().splitlines() or [""])[0]
    named = ", ".join(one.rsplit(" :: ", 1)[-1] for one in marks if not one.endswith("OSI Approved"))
    return named or (first if len(first) <= 40 else "") or "not stated"


def page(packages: list[Package], needed: dict[str, str], day: date) -> str:
    """Return the page; `packages` are all pins, of which the table holds those that are needed."""
    known = [one for one in packages if one.weaknesses is not None]
    weak = sorted({f"{id} of {one.name} {one.pinned}" for one in known for id in one.weaknesses or ()})
    let_pass = {
        str(one["id"]): str(one["reason"]) for one in tomllib.loads(PASSES.read_text("utf-8"))["exception"]
    }
    told = (
        f"**Known weaknesses**: of {len(packages)} pins {len(known)} are the newest version, and for these the index knows "
        f"{len(weak) or 'none'}. It tells nothing of older versions: `make audit` asks OSV for all of them. "
        "What is let pass carries a reason and an end in `.ci/audit.toml`.\n\n"
        + "\n".join(f"- {one}: {let_pass.get(one.split()[0], '**open**')}" for one in weak)
    ).rstrip()
    table = [one for one in packages if one.name in needed]
    old = [one for one in table if one.newest_day and (day - date.fromisoformat(one.newest_day)).days > STALE]
    stale = "Without any release for two years: " + (
        f"{', '.join(f'{one.name} (since {one.newest_day})' for one in old)}." if old else "none."
    )
    rows = [
        f"| {one.name} | {one.pinned} | {one.released} | {one.licence} | {one.newest} ({one.newest_day}) | {one.releases} "
        f"| {needed[one.name]} |"
        for one in table
    ]
    return HEAD.format(day=day.isoformat(), weak=told, stale=stale) + "\n".join(rows) + "\n"


def main() -> int:
    """Ask the index, and write the page."""
    if len(sys.argv) != 2:
        print("Name the address of the package index's JSON API.", file=sys.stderr)
        return 2
    pinned, needed = pins(), wanted()
    if missing := sorted(set(needed) - set(pinned)):
        print(f"constraints.txt pins no version of {', '.join(missing)}.", file=sys.stderr)
        return 1
    with ThreadPoolExecutor(8) as pool:
        packages = list(pool.map(lambda name: looked_up(sys.argv[1], name, pinned[name]), sorted(pinned)))
    PAGE.write_text(page(packages, needed, datetime.now(UTC).date()), "utf-8")
    print(PAGE.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
