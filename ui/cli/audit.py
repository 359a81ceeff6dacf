"""The command `audit`: who did what, and whether the log is as it was written. Knows nothing of how it is kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from foundation.errors import ExitCode, UserError
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.show import say, show, show_json, table

if TYPE_CHECKING:
    from ui.access.audit import Checked, Entry


def audit(
    who: Annotated[str | None, typer.Option(metavar="NAME", help="Only what this person did.")] = None,
    action: Annotated[
        str | None, typer.Option(metavar="WORDS", help='Only actions with these words, as in "sign in".')
    ] = None,
    last: Annotated[int, typer.Option(metavar="N", min=0, help="Only the last so many lines; 0: all.")] = 50,
    head: Annotated[
        bool,
        typer.Option("--head", help="Print the hash of the last line and nothing else: note it elsewhere."),
    ] = False,
    expect: Annotated[
        str | None,
        typer.Option(metavar="HASH", help="A hash that was noted before: some line must have it."),
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Show the audit log, and check that no line was edited, taken out, put elsewhere or cut off."""
    from ui.access import audit as log

    if expect is not None and not re.fullmatch(r"[0-9a-f]{64}", expect):
        raise UserError(
            f'--expect takes a hash of 64 digits, as `rungwise audit --head` prints, not "{expect[:80]}".'
        )
    root = opened(workspace).root
    checked = log.verify(root, expect or "")
    if head:
        return _whole(checked) or _shown(checked.head)
    found = [
        one
        for one in log.entries(root)
        if who in (None, one.who) and (action or "").casefold() in one.action.casefold()
    ]
    lines = found[-last:] if last else found
    show_json(_told(lines, checked)) if as_json else show(_text(lines, len(found), checked))
    return _whole(checked)


def _shown(text: str) -> int:
    show(text)
    return ExitCode.OK


def _whole(checked: Checked) -> int:
    """Return 0 where the log is as it was written; otherwise say on stderr what is wrong."""
    if checked.broken is None:
        return ExitCode.OK
    say(
        f"The audit log is not as it was written: line {checked.broken}: {checked.why}. Keep a copy of .rungwise/access, and "
        "find out who can write this workspace's files."
    )
    return ExitCode.USER


def _told(lines: list[Entry], checked: Checked) -> dict[str, object]:
    from dataclasses import asdict

    return {"entries": [asdict(one) for one in lines], "checked": asdict(checked)}


def _text(lines: list[Entry], found: int, checked: Checked) -> str:
    if not lines:
        told = "No line fits." if checked.entries else "Nothing was noted yet."
    else:
        rows = [
            (
                str(one.seq),
                one.at[:19].replace("T", " "),
                one.who,
                one.action,
                "" if one.ok else "refused",
                one.what,
            )
            for one in lines
        ]
        told = table(("line", "when (UTC)", "who", "action", "", "what"), rows)
    if found > len(lines):
        told += f"\nThe last {len(lines)} of {found}; `--last 0` shows all."
    if checked.broken is None and checked.entries:
        count = checked.entries
        told += (
            f"\n\n{count} {'line' if count == 1 else 'lines'}, each as it was written. Head: {checked.head}"
        )
    return told
