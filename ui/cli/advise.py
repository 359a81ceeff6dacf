"""The command `advise`: which rung, from a filled-in questionnaire and from what was measured.

Opens no workspace settings and loads no model library: it answers at once. Knows nothing of the rules.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foundation.errors import ExitCode, UserError
from ui.cli.options import HERE, JsonOption, WorkspaceOption
from ui.show import say, show, show_json, width

if TYPE_CHECKING:
    from advisor import Answers, Recommendation

ANSWERS = "answers.yaml"


def advise(
    answers: Annotated[
        Path | None,
        typer.Argument(
            metavar="ANSWERS", help="A filled-in questionnaire; without it, answers.yaml of the workspace."
        ),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="What was measured; without it, .rungwise/evidence.json where there is one."
        ),
    ] = None,
    lang: Annotated[str, typer.Option(help="en or tr.")] = "en",
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the report to hand on: .html or .md, by the name's ending."),
    ] = None,
    diff: Annotated[
        Path | None,
        typer.Option(metavar="OTHER", help="Show what differs from the advice on another answers file."),
    ] = None,
    diff_evidence: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="With --diff: what was measured for the other side; without it, the same. /dev/null: nothing.",
        ),
    ] = None,
    graph: Annotated[
        bool, typer.Option("--graph", help="Print questions and rules as a Mermaid graph.")
    ] = False,
    explain: Annotated[
        str | None, typer.Option(metavar="RULE", help="Say what one rule rests on, and when it fires.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Say which rung to take and why; asks the questionnaire where there are no answers yet."""
    from advisor import Language, questionnaire, to_text

    questionnaire(lang)  # says so where it does not speak the language
    if explain is not None:
        return _explained(explain, lang, as_json)
    path = answers or workspace / ANSWERS
    if not workspace.is_dir():
        raise UserError(
            f"{workspace}: there is no such folder. Make a workspace with `rungwise init {workspace}`."
        )
    if graph and not path.exists():  # the graph of all rules needs no answers
        from advisor import to_mermaid

        show(to_mermaid(), end="")
        return ExitCode.OK
    known = None if answers or path.exists() else _asked(path, lang)
    found = advice(workspace, path, evidence, known)
    if graph:
        from advisor import to_mermaid

        show(to_mermaid(found), end="")
    elif diff is not None:
        _differing(advice(workspace, diff, diff_evidence or evidence), found, lang, as_json)
    elif as_json:
        show_json(found.to_dict(lang))
    elif report is None:
        show(to_text(found, width(), Language(lang)), end="")
    if report is not None:
        _write(report, found, lang)
    return ExitCode.OK


def _explained(rule: str, lang: str, as_json: bool) -> int:
    """Show one rule laid open.

    Raises:
        UserError: There is no such rule.
    """
    from advisor import rule_card, rule_text

    if as_json:
        show_json(rule_card(rule, lang).to_dict())
    else:
        show(rule_text(rule, lang), end="")
    return ExitCode.OK


def _differing(before: Recommendation, after: Recommendation, lang: str, as_json: bool) -> None:
    from advisor import Diff

    found = Diff(before, after)
    if as_json:
        show_json(found.to_dict())
    else:
        show(found.to_text(lang), end="")


def _write(path: Path, found: Recommendation, lang: str) -> None:
    """Write the report.

    Raises:
        UserError: The name ends in neither .html nor .md, or the file can't be written.
    """
    from advisor import to_html, to_markdown
    from foundation.files import write_text_atomic

    writers = {".html": to_html, ".md": to_markdown}
    if path.suffix not in writers:
        raise UserError(f"{path}: a report is .html or .md, by the ending of its name.")
    if not path.parent.is_dir():
        raise UserError(f"{path}: there is no folder {path.parent} to write the report to.")
    write_text_atomic(path, writers[path.suffix](found, lang))
    say(f"The report is in {path}.")


def advice(
    root: Path, path: Path | None = None, evidence: Path | None = None, known: Answers | None = None
) -> Recommendation:
    """Return the recommendation of a workspace.

    Args:
        root: The workspace's folder.
        path: The answers file; None: the workspace's own, where there is one.
        evidence: The evidence file; None: the workspace's own, where there is one; the null device: none.
        known: Answers that need not be read.

    Raises:
        UserError: A file is missing or holds mistakes.
    """
    from advisor import Answers, Evidence, load_answers, recommend

    own = root / ANSWERS
    if known is None:
        known = load_answers(path or own) if path or own.exists() else Answers()
    measured = root / ".rungwise" / "evidence.json"
    source = evidence or (measured if measured.exists() else None)
    if source == Path(os.devnull):
        source = None
    return recommend(known, Evidence.read(source) if source else None)


def _asked(path: Path, lang: str) -> Answers:
    """Ask the questionnaire on the terminal and keep the answers.

    Raises:
        UserError: There is no terminal to ask on.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UserError(
            f"{path}: there are no answers yet, and no terminal to ask on. Write the file (`rungwise init "
            "DIR --demo` shows one), or run `rungwise advise` on a terminal."
        )
    from advisor import Answers
    from ui.answers_yaml import save_answers
    from ui.cli.interview import interview

    found = interview(lang)
    if found.to_mapping():
        save_answers(path, found, Answers())
        say(f"\nKept in {path}; change it there whenever you know more.\n")
    else:
        say("\nNothing was answered, so nothing was kept.\n")
    return found
