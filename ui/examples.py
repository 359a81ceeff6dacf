"""The examples of a workspace as the page works on them: read, split, mended and pseudonymised into drafts, taken over, put back.

A draft stands under `.rungwise/drafts`, where an erasure goes through it line by line; the examples are replaced only when
somebody takes a draft over, and what was there before is kept beside it until the next time. Knows nothing of how anything is
drawn, or of who may do it.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune.examples import WHAT, Example, load_examples
from finetune.quality.findings import Code, Finding, Findings, Readiness, Severity
from foundation.errors import UserError
from foundation.files import read_jsonl, sha256_of, write_bytes_atomic

if TYPE_CHECKING:
    from assistant import Workspace
    from assistant.config.settings import RowSettings
    from finetune.foreign import Columns
    from finetune.quality.mend import Mended

MENDED, PSEUDONYMISED, BEFORE = "mended", "pseudonymised", "before"
"""The drafts: without what should not be trained on; with surrogates; and what a draft replaced."""
FOREIGN = (".jsonl", ".json", ".csv", ".tsv")
"""Formats that are taken over from other tools."""


@dataclass(frozen=True)
class Part:
    """A part of the split."""

    name: str
    """`train`, `validation` or `test`."""
    examples: int
    """Examples in it."""
    answerable: int
    """Those of them that name a document."""
    sources: tuple[tuple[str, int], ...]
    """The documents that they name, each with how many do, the most named first."""


@dataclass(frozen=True)
class Parts:
    """The split of a workspace's examples."""

    parts: tuple[Part, ...]
    """Training, validation, test."""
    groups: int
    """Groups that are kept together: they ask the same, or rest on the same document."""
    apart: bool
    """Whether no document is in two parts."""
    seed: int
    """What it was drawn with."""


@dataclass(frozen=True)
class Change:
    """A row before and after."""

    line: int
    """Its line in the examples."""
    before: str
    """The row as it is, in words."""
    after: str
    """As the draft has it; empty where it is left out."""
    why: str = ""
    """Because of what."""


# ---------------------------------------------------------------- reading


def loaded(house: Workspace) -> list[Example]:
    """Return the examples; none where there is no file.

    Raises:
        UserError: The file holds mistakes; all are named.
    """
    path = house.examples
    if not path.is_file() or not path.stat().st_size:
        return []
    seen = path.stat()
    return list(_loaded(path, seen.st_mtime_ns, seen.st_size))


@lru_cache(maxsize=4)
def _loaded(path: Path, changed: int, size: int) -> tuple[Example, ...]:
    return tuple(load_examples(path))


def parts(house: Workspace) -> Parts:
    """Return how the examples are split for training.

    Raises:
        UserError: As `loaded`.
    """
    loaded(house)
    seen = house.examples.stat()
    return _parts(
        house.examples, seen.st_mtime_ns, seen.st_size, house.settings.rows, house.settings.training.seed
    )


@lru_cache(maxsize=4)
def _parts(path: Path, changed: int, size: int, rows: RowSettings, seed: int) -> Parts:
    from assistant.rows import parts_of

    found = parts_of(_loaded(path, changed, size), rows, seed)
    told = tuple(_part(name, getattr(found, name)) for name in ("train", "validation", "test"))
    return Parts(told, found.clusters, found.documents_apart, found.seed)


def _part(name: str, examples: Sequence[Example]) -> Part:
    from collections import Counter

    named = Counter(source for example in examples for source in example.sources)
    answerable = sum(example.answerable for example in examples)
    return Part(
        name, len(examples), answerable, tuple(sorted(named.items(), key=lambda one: (-one[1], one[0])))
    )


def narrowed(examples: Sequence[Example], words: str, which: str = "all") -> list[Example]:
    """Return the examples that hold all of some words, and that name a document (`answerable`) or none (`declined`)."""
    wanted = [word.casefold() for word in words.split()]

    def told(example: Example) -> str:
        return " ".join(
            [example.id, *example.sources, *(turn["content"] for turn in example.messages)]
        ).casefold()

    return [
        example
        for example in examples
        if (which == "all" or example.answerable == (which == "answerable"))
        and all(word in told(example) for word in wanted)
    ]


def findings_of(told: Mapping[str, Any]) -> Findings | None:
    """Return what `rungwise check --json` printed as findings; None where it is something else."""
    try:
        items = tuple(
            Finding(
                Code(one["code"]), Severity(one["severity"]), tuple(map(int, one["lines"])), tuple(map(str, one["ids"])),
                str(one["message"]), str(one["fix"]),
            )
            for one in told["findings"]
        )  # fmt: skip
        return Findings(
            items,
            int(told["examples"]),
            int(told["usable"]),
            Readiness(told["readiness"]),
            str(told["advice"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


def changed_since(house: Workspace, moment: float) -> bool:
    """Whether examples, form or questions were written after a moment."""
    watched = (house.examples, house.root / "form.yaml", house.questions)
    return any(path.is_file() and path.stat().st_mtime > moment for path in watched)


# ---------------------------------------------------------------- drafts


def draft(house: Workspace, name: str) -> Path:
    """Return where a draft stands, be it there or not."""
    return house.built / "drafts" / f"examples.{name}.jsonl"


def mend(house: Workspace, findings: Findings) -> Mended:
    """Write the draft without what should not be trained on.

    Raises:
        UserError: No row would be left, or it can't be written.
    """
    from finetune.quality.mend import mend_file

    out = draft(house, MENDED)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        done = mend_file(house.examples, findings, out, out.with_suffix(".report.json"))
    except OSError as error:
        raise UserError(f"{out}: the draft can't be written ({error.strerror or error}).") from error
    _mark(house, MENDED)
    return done


def changes_of(house: Workspace, done: Mended) -> list[Change]:
    """Return every row that a mending changes or leaves out, before and after.

    Raises:
        UserError: The examples or the draft can't be read.
    """
    rows = dict(read_jsonl(house.examples, WHAT))
    left = {change.line for change in done.changes if change.what == "left out"}
    after = iter(row for _, row in read_jsonl(draft(house, MENDED), WHAT))
    made = {line: next(after, {}) for line in rows if line not in left}
    return [
        Change(
            one.line,
            in_words(rows.get(one.line, {})),
            in_words(made[one.line]) if one.line in made else "",
            one.why,
        )
        for one in done.changes
    ]


def replaced(house: Workspace) -> list[Change]:
    """Return every row that the pseudonymised draft changes, before and after.

    Raises:
        UserError: The examples or the draft can't be read.
    """
    before, after = read_jsonl(house.examples, WHAT), read_jsonl(draft(house, PSEUDONYMISED), WHAT)
    return [
        Change(line, in_words(row), in_words(made))
        for (line, row), (_, made) in zip(before, after, strict=False)
        if row != made
    ]


def in_words(row: Mapping[str, Any]) -> str:
    """Return a row as a person reads it."""
    turns = row.get("messages")
    lines = [
        f"{turn.get('role')}: {turn.get('content')}" for turn in turns if isinstance(turn, dict)
    ] if isinstance(turns, list) else []  # fmt: skip
    facts = row.get("facts")
    return "\n".join(
        [*lines, *([f"facts: {', '.join(map(str, facts))}"] if isinstance(facts, list) and facts else [])]
    )


def marked(house: Workspace, name: str) -> bool:
    """Whether a draft is there and was made from the examples as they are now."""
    path = draft(house, name)
    mark = path.with_suffix(".of")
    try:
        return path.is_file() and mark.read_text(encoding="ascii") == sha256_of(house.examples)
    except (OSError, ValueError):
        return False


def mark_made(house: Workspace, name: str, began: float) -> None:
    """Note that a draft that a job wrote is of the examples as they are, where they were not written since it began."""
    if draft(house, name).is_file() and not changed_since(house, began):
        _mark(house, name)


def _mark(house: Workspace, name: str) -> None:
    write_bytes_atomic(draft(house, name).with_suffix(".of"), sha256_of(house.examples).encode("ascii"))


def take_over(house: Workspace, name: str) -> int:
    """Put a draft in the place of the examples, which are kept as the draft `before`; return how many rows there are.

    Raises:
        UserError: It was made from other examples than there are now, holds mistakes, or can't be written.
    """
    if name != BEFORE and not marked(house, name):
        raise UserError("The examples have changed since this was made. Make it anew, then take it over.")
    path = draft(house, name)
    rows = load_examples(path)
    try:
        new, old = path.read_bytes(), house.examples.read_bytes()
        write_bytes_atomic(draft(house, BEFORE), old)
        write_bytes_atomic(house.examples, new)
    except OSError as error:
        raise UserError(f"{house.examples}: it can't be written ({error.strerror or error}).") from error
    if name != BEFORE:
        for gone in (path, path.with_suffix(".of"), path.with_suffix(".report.json")):
            gone.unlink(missing_ok=True)
    return len(rows)


# ---------------------------------------------------------------- taking over from other tools


def foreign_rows(name: str, data: bytes, columns: Columns) -> list[dict[str, Any]]:
    """Read a file of another tool's conversations.

    Args:
        name: Its name, as `ui.uploads.cleaned` gives it; it is kept as where a row came from.
        data: What is in it.
        columns: Of a table: which columns hold what.

    Raises:
        UserError: It is no such file, or holds mistakes; all are named.
    """
    from finetune.foreign import read_foreign

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(name).name
        path.write_bytes(data)
        try:
            return read_foreign(path, columns)
        except UserError as error:
            raise UserError(str(error).replace(f"{folder}/", "")) from None
        except (ValueError, RecursionError):
            raise UserError(
                f"{path.name}: it holds too long a number or too many brackets to be read as JSON."
            ) from None


def add(house: Workspace, rows: list[dict[str, Any]]) -> int:
    """Add conversations to the examples; return how many were new.

    Raises:
        UserError: The examples can't be read or written.
    """
    from finetune.foreign import add_rows

    return add_rows(house.examples, rows, append=True)


def as_jsonl(examples: Sequence[Example]) -> bytes:
    """Return examples as JSON lines."""
    rows = [
        {
            "id": one.id, "messages": list(one.messages),
            **({"sources": list(one.sources)} if one.sources else {}), **({"facts": list(one.facts)} if one.facts else {}),
            **({"origin": one.origin} if one.origin else {}), **({"task": one.task} if one.task else {}),
        }
        for one in examples
    ]  # fmt: skip
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode()
