"""Commands about training examples: `import` takes them over, `check` looks them over, `pseudonymise` hides who is in them.

`check --documents` looks for personal data in the documents. Knows nothing of training.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foundation.errors import ExitCode, UserError
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.progress import Progress
from ui.show import clip, show, show_json, table

if TYPE_CHECKING:
    from assistant.workspace import Workspace
    from finetune.quality.findings import Findings


def check(
    fix: Annotated[
        bool, typer.Option("--fix", help="Write the examples anew, without what should not be trained on.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="With --fix: where to write; else beside the file, as NAME.fixed.jsonl."
        ),
    ] = None,
    documents: Annotated[
        bool,
        typer.Option("--documents", help="Look at the documents instead: which of them hold personal data."),
    ] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Look the training examples over; exits with 2 where one must be mended before training."""
    house = opened(workspace)
    if out is not None and not fix:
        raise UserError("--out says where mended examples go; it needs --fix.")
    if documents and fix:
        raise UserError("--fix writes examples anew; documents are never changed. Leave one of the two out.")
    if documents:
        return _documents(house, as_json)
    from assistant.personal import NOT_LOOKED_FOR
    from finetune.quality.doctor import render

    with Progress() as progress:
        findings = looked_over(house, progress)
    named = house.settings.personal.names
    if fix:
        return _fixed(house.examples, findings, out, as_json, "" if named else NOT_LOOKED_FOR)
    if as_json:
        show_json({**findings.to_dict(), "names": named})
    else:
        show("\n".join([render(findings), *([] if named else ["", NOT_LOOKED_FOR])]))
    return ExitCode.OK if findings.ok else ExitCode.USER


def looked_over(house: Workspace, progress: Progress) -> Findings:
    """Look a workspace's examples over.

    Raises:
        UserError: The examples or the questions can't be read.
    """
    from assistant.personal import finder
    from experiments.questions import as_examples, load_questions
    from finetune.examples import load_examples
    from finetune.quality.doctor import check_examples

    examples, form, find = load_examples(house.examples), house.form, finder(house)
    progress("Looking the examples over", 0, len(examples))
    from assistant.guard.limits import STANDARD_ABSTENTIONS
    from assistant.open import open_library

    with open_library(house) as library:
        text_of = functools.cache(library.text) if library.status().built else lambda source: None
        tests = as_examples(load_questions(house.questions)) if house.questions.exists() else []
        return check_examples(
            examples, form, standard=STANDARD_ABSTENTIONS, text_of=text_of, tests=tests, find=find
        )


def _documents(house: Workspace, as_json: bool) -> int:
    """Tell which documents hold personal data: kinds and counts, no value."""
    from assistant.personal import NOT_LOOKED_FOR, look_at_documents

    with Progress() as progress:
        looked = look_at_documents(house, progress)
    if as_json:
        show_json(looked.to_dict())
        return ExitCode.OK
    number = len({place.document for place in looked.places})
    lines = [f"Of {looked.documents} documents, {number} {'holds' if number == 1 else 'hold'} personal data."]
    if looked.places:
        rows = [(clip(one.document, 60), one.part, counted(one.found)) for one in looked.places]
        lines += ["", table(("document", "where", "what"), rows), "", _MAY_BE_PUBLIC]
    if looked.unread:
        lines.append(f"{looked.unread} files were not read; `rungwise sync` tells why.")
    show("\n".join([*lines, *([] if looked.names else ["", NOT_LOOKED_FOR])]))
    return ExitCode.OK


_MAY_BE_PUBLIC = (
    "What the house itself publishes is told too. Documents are answered from word for word: take out what nobody should read, "
    "or say in documents.toml who may see it."
)


def counted(found: Mapping[str, int]) -> str:
    """Return kinds with their counts in words."""
    return ", ".join(f"{count} {_several(kind) if count > 1 else kind}" for kind, count in found.items())


def _several(kind: str) -> str:
    if kind == "date of birth":
        return "dates of birth"
    return f"{kind}es" if kind.endswith("s") else f"{kind}s"


def _fixed(source: Path, findings: Findings, out: Path | None, as_json: bool, note: str) -> int:
    """Write the mended examples and the report beside them, and tell what was changed; `note` is said last."""
    from finetune.quality.mend import mend_file

    write = out or source.with_name(f"{source.stem}.fixed.jsonl")
    report = write.with_suffix(".report.json")
    done = mend_file(source, findings, write, report)
    if as_json:
        show_json({"file": str(write), "report": str(report), **done.to_dict()})
        return ExitCode.OK
    lines = [f"{done.kept} rows were written to {write}; {source} is as it was."]
    if done.changes:
        rows = [(str(one.line), one.id, one.what, clip(one.why, 90)) for one in done.changes]
        lines += ["", table(("line", "row", "", "because of"), rows), "", f"The whole report is in {report}."]
    if done.open:
        lines.append(f"{len(done.open)} findings are for you to decide; `rungwise check` names them.")
    show("\n".join([*lines, *filter(None, [note])]))
    return ExitCode.OK


def import_(
    files: Annotated[list[Path], typer.Argument(help="Files of conversations: .jsonl, .json, .csv or .tsv.")],
    question: Annotated[
        str, typer.Option(metavar="COLUMN", help="Of a table: the column of questions or texts.")
    ] = "",
    answer: Annotated[
        str, typer.Option(metavar="COLUMN", help="Of a table: the column of answers or labels.")
    ] = "",
    system: Annotated[
        str, typer.Option(metavar="COLUMN", help="Of a table: the column of instructions.")
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where to write; without it, the workspace's examples."),
    ] = None,
    append: Annotated[bool, typer.Option("--append", help="Add to what is in the file already.")] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Take training conversations over from other tools: OpenAI, TRL, Alpaca, ShareGPT, tables, labelled texts."""
    from finetune.foreign import Columns, add_rows, read_foreign

    target = out or opened(workspace).examples
    rows = [row for file in files for row in read_foreign(file, Columns(question, answer, system))]
    added = add_rows(target, rows, append)
    if as_json:
        show_json({"file": str(target), "added": added, "known": len(rows) - added})
        return ExitCode.OK
    known = f" {len(rows) - added} were in it already." if added < len(rows) else ""
    show(f"{added} conversations were written to {target}.{known} Look them over with `rungwise check`.")
    return ExitCode.OK


def pseudonymise(
    source: Annotated[
        Path | None,
        typer.Option("--in", metavar="FILE", help="A file of JSON lines; without it, the examples."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Where to write; without it, beside the file, as NAME.pseudonymised.jsonl."
        ),
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Write the examples anew with surrogates for numbers, accounts and addresses of people, and names if the settings say so."""
    from assistant.personal import NOT_LOOKED_FOR, finder
    from assistant.workspace import CONFIG
    from finetune.privacy.personal import find_personal
    from finetune.privacy.pseudonyms import Pseudonymiser, pseudonymise_file

    house = opened(workspace) if source is None or (workspace / CONFIG).is_file() else None
    named = house is not None and house.settings.personal.names
    read = source or opened(workspace).examples
    write = out or read.with_name(f"{read.stem}.pseudonymised.jsonl")
    if write.resolve() == read.resolve():
        raise UserError(
            f"{write}: this is the original, which is never written over. Name another file with --out."
        )
    with Progress() as progress:
        progress("Replacing personal data")
        find = finder(house) if house else find_personal
        done = pseudonymise_file(read, write, Pseudonymiser(find=find))
    if as_json:
        show_json({"file": str(write), **done.to_dict(), "names": named})
        return ExitCode.OK
    lines = [f"{done.rows} rows were written to {write}; replaced: {counted(done.replaced) or 'nothing'}."]
    if done.facts_changed:
        lines.append(
            f"The facts of {len(done.facts_changed)} rows were replaced ({clip(', '.join(done.facts_changed), 120)}): their "
            "documents still say the original, so `rungwise train` will leave these rows out."
        )
    lines.append(
        "This is pseudonymised, not anonymous: what was not recognised, and what else tells somebody apart, stays."
    )
    if not named:
        lines.append(NOT_LOOKED_FOR)
    show("\n".join(lines))
    return ExitCode.OK
