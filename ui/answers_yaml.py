"""Writing `answers.yaml` from the page: the values change, the user's own lines and comments stay.

Knows nothing of what the answers lead to.
"""

from __future__ import annotations

import re
from pathlib import Path

from advisor import Answers, load_answers, questionnaire
from advisor.questionnaire import written
from foundation.errors import UserError
from foundation.files import write_text_atomic

_HEAD = "# The questionnaire of `rungwise advise`, filled in. What is not written here is not known yet.\n"
_LINE = re.compile(r"(?P<key>[a-z_]+)\s*:(?P<value>[^#\n]*?)(?P<comment>\s+#.*)?")


def save_answers(path: Path, answers: Answers, expected: Answers) -> None:
    """Write the answers, keeping every line whose answer is the same, and the comments of the others.

    Args:
        path: The answers file; it need not exist.
        answers: What to write.
        expected: What the file held when the page read it.

    Raises:
        UserError: The file was changed by somebody else, or can't be written; nothing is written then.
    """
    before = path.read_text(encoding="utf-8-sig") if path.is_file() else ""
    if before and load_answers(path) != expected:
        raise UserError(
            f"{path.name} was changed outside this page since it was read. Read it again, then answer here; "
            "nothing was written."
        )
    try:
        write_text_atomic(path, merged(before, answers, expected))
    except OSError as error:
        raise UserError(f"{path}: the answers can't be written ({error.strerror}).") from None


def merged(before: str, answers: Answers, expected: Answers) -> str:
    """Return the file's text with the answers in it; lines that are no answer stay as they are."""
    known = answers.to_mapping()
    lines: list[str] = []
    written: set[str] = set()
    for line in before.splitlines():
        match = _LINE.fullmatch(line)
        key = match["key"] if match else ""
        if match is None or key not in Answers.__dataclass_fields__:
            lines.append(line)
            continue
        written.add(key)
        if answers.get(key) == expected.get(key):
            lines.append(line)
        elif key in known:
            lines.append(f"{key}: {_value(answers, key)}{match['comment'] or ''}")
    new = [
        f"{one.id}: {_value(answers, one.id)}"
        for one in questionnaire()
        if one.id in known and one.id not in written
    ]
    if new and lines and lines[-1].strip():
        lines.append("")
    return (_HEAD if not before else "") + "\n".join([*lines, *new]) + "\n"


def _value(answers: Answers, key: str) -> str:
    value = answers.get(key)
    assert value is not None  # only known answers are written
    return written(key, value)
