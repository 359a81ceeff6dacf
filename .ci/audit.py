"""Known weaknesses of the pinned versions: pip-audit asks OSV, and `.ci/audit.toml` says what is let pass, why and until when.

    python .ci/audit.py            the exceptions, then every pin of constraints.txt
    python .ci/audit.py --offline  the exceptions alone

Exit codes: 0 nothing is open; 1 a finding without an exception, or an exception that may not stand; 3 the exceptions are in
order, but the pins could not be looked up. Knows nothing of how a weakness is mended.
"""

from __future__ import annotations

import datetime
import json
import re
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PINS = ROOT / "constraints.txt"
CLEAN, OPEN, UNKNOWN = 0, 1, 3
LONGEST = 366
"""Days that an exception may be ahead of its end: what is excepted for ever is looked at by nobody."""
SHORTEST = 20
"""Letters that a reason has at least."""
_KEYS = {"id", "package", "reason", "expires"}


class NotLookedUp(Exception):
    """The pins could not be held against OSV; says why."""


@dataclass(frozen=True)
class Weakness:
    """A known weakness of a pinned version."""

    package: str
    """Its name, in the one spelling that `named` gives."""
    version: str
    """As it is pinned."""
    ids: tuple[str, ...]
    """Every name of the weakness: CVE, GHSA, PYSEC."""
    fixed: tuple[str, ...]
    """Versions without it; none where there is none yet."""

    def __str__(self) -> str:
        mended = f"fixed in {', '.join(self.fixed)}" if self.fixed else "no version without it is known"
        return f"{self.package} {self.version}: {' = '.join(self.ids)}; {mended}"


def named(package: str) -> str:
    """Return a package's name in one spelling (PEP 503)."""
    return re.sub(r"[-_.]+", "-", package).lower()


def mistakes(exceptions: Sequence[Mapping[str, Any]], today: datetime.date) -> list[str]:
    """Return what is wrong with the exceptions themselves, a sentence each."""
    found = []
    seen = set()
    for number, one in enumerate(exceptions, start=1):
        who = f'exception {number} ("{one.get("id", "")}")'
        if lacking := sorted(_KEYS - {key for key, value in one.items() if value}):
            found.append(f"{who} lacks {', '.join(lacking)}")
        if unknown := sorted(set(one) - _KEYS):
            found.append(
                f"{who} has {', '.join(unknown)}, which means nothing; known are {', '.join(sorted(_KEYS))}"
            )
        reason, expires = one.get("reason"), one.get("expires")
        if reason and len(str(reason)) < SHORTEST:
            found.append(f'{who} gives "{reason}" as its reason; say in a sentence why it does no harm here')
        if expires and type(expires) is not datetime.date:
            found.append(
                f"{who} must have a day as `expires`, without quotes (2027-01-31), but has {expires!r}"
            )
        elif expires and expires < today:
            found.append(f"{who} expired on {expires}: mend it, or look at it again and say why it may go on")
        elif expires and (expires - today).days > LONGEST:
            found.append(f"{who} holds until {expires}; an exception holds for {LONGEST} days at most")
        about = (named(str(one.get("package", ""))), one.get("id"))
        if about in seen:
            found.append(f"{who} stands there twice")
        seen.add(about)
    return found


def weaknesses(told: str) -> list[Weakness]:
    """Read what pip-audit prints with `--format json --aliases on`.

    Raises:
        NotLookedUp: It is no such report, or a package in it was passed over.
    """
    try:
        dependencies = json.loads(told)["dependencies"]
        passed = [one["name"] for one in dependencies if "vulns" not in one]
        found = [
            Weakness(
                named(one["name"]),
                one["version"],
                tuple(dict.fromkeys([vuln["id"], *vuln["aliases"]])),
                tuple(vuln["fix_versions"]),
            )
            for one in dependencies
            if "vulns" in one
            for vuln in one["vulns"]
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise NotLookedUp("what pip-audit printed is no report") from error
    if passed or not dependencies:
        raise NotLookedUp(f"pip-audit passed over {', '.join(passed) or 'every package'}")
    return found


def judge(
    found: Sequence[Weakness], exceptions: Sequence[Mapping[str, Any]]
) -> tuple[list[Weakness], list[str]]:
    """Return the weaknesses that no exception names, and the exceptions that nothing needs any more."""
    used: set[int] = set()
    left = []
    for weakness in found:
        about = {
            place
            for place, one in enumerate(exceptions)
            if one["id"] in weakness.ids and named(one["package"]) == weakness.package
        }
        used |= about
        if not about:
            left.append(weakness)
    idle = [f"{one['id']} of {one['package']}" for place, one in enumerate(exceptions) if place not in used]
    return left, idle


def look_up() -> str:
    """Ask OSV for every pin, through pip-audit; return what it printed.

    Raises:
        NotLookedUp: pip-audit is not installed, or it got no answer.
    """
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--requirement",
        str(PINS),
        "--vulnerability-service",
        "osv",
    ]
    command += [
        "--no-deps",
        "--disable-pip",
        "--format",
        "json",
        "--aliases",
        "on",
        "--progress-spinner",
        "off",
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    except subprocess.TimeoutExpired as error:
        raise NotLookedUp("OSV did not answer within ten minutes") from error
    if not done.stdout.strip():  # it ends with 1 for findings and for a network that is not there
        said = done.stderr.strip().splitlines() or ["pip-audit said nothing"]
        raise NotLookedUp(textwrap.shorten(said[-1], 120))
    return done.stdout


def audit(
    exceptions: Sequence[Mapping[str, Any]], today: datetime.date, ask: Callable[[], str] | None
) -> int:
    """Print what is open; return the exit code.

    Args:
        exceptions: What is let pass.
        today: The day that exceptions are held against.
        ask: Gives pip-audit's report; None: the exceptions alone are looked at.
    """
    if wrong := mistakes(exceptions, today):
        print(f".ci/audit.toml: {'; '.join(wrong)}.", file=sys.stderr)
        return OPEN
    if ask is None:
        print(f"Each of {len(exceptions)} exceptions has a reason and holds. The pins were not looked up.")
        return CLEAN
    try:
        found = weaknesses(ask())
    except NotLookedUp as error:
        print(
            f"The pins were not held against known weaknesses ({error}), so nothing is known of them. The exceptions are in "
            "order. Run `make audit` where api.osv.dev can be reached.",
            file=sys.stderr,
        )
        return UNKNOWN
    left, idle = judge(found, exceptions)
    for one in idle:
        print(f"Warning: the exception for {one} is of no use any more; take it out.", file=sys.stderr)
    for weakness in left:
        print(
            f"{weakness}. Pin a version without it, or say in .ci/audit.toml why it does no harm here, and until when.",
            file=sys.stderr,
        )
    if left:
        return OPEN
    print(f"No known weakness is open; {len(found)} are excepted, each with a reason and an end.")
    return CLEAN


if __name__ == "__main__":
    listed = tomllib.loads((ROOT / ".ci" / "audit.toml").read_text("utf-8")).get("exception", [])
    sys.exit(audit(listed, datetime.date.today(), None if "--offline" in sys.argv[1:] else look_up))
