"""`answers.yaml`: the filled-in questionnaire as a file, with every mistake named at once by its line.

Knows nothing of what the answers lead to. The text is read node by node, never built into objects, so that
each value keeps its line and its spelling (`no` stays the word it is).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from advisor.answers import FIELDS, Answers
from advisor.check import share_mistake, unknown_key
from advisor.questionnaire import question
from foundation.errors import UserError
from foundation.files import listed, read_text

if TYPE_CHECKING:
    from yaml import MappingNode, Node

    from advisor.answers import Value

WHAT = "the answers file"


def load_answers(path: Path) -> Answers:
    """Read a filled-in questionnaire.

    Args:
        path: A YAML mapping of question ids to answers; a missing key, an empty value, `null` and `unknown`
            all mean "don't know".

    Raises:
        UserError: The file can't be read, is no mapping, or holds mistakes; all are named at once, with
            lines.
    """
    return parse_answers(read_text(path, WHAT), path)


def parse_answers(text: str, path: Path) -> Answers:
    """Read a filled-in questionnaire from text, as `load_answers` reads a file.

    Args:
        text: What the file holds.
        path: What to call it where it holds mistakes.

    Raises:
        UserError: As `load_answers`.
    """
    node = _root(path, text)
    mistakes: list[tuple[int, str]] = []
    parsed = _parse(node, mistakes)
    if sentence := share_mistake(parsed):
        last = max(k.start_mark.line for k, _ in node.value if str(k.value).startswith("failures_"))
        mistakes.append((last + 1, sentence))
    if mistakes:
        raise UserError(
            listed(path, WHAT, (f"line {line}: {sentence}" for line, sentence in sorted(mistakes)))
        )
    # `parse` returns the field's own type; a test sweeps them.
    return Answers(**parsed)  # type: ignore[arg-type]


def _root(path: Path, text: str) -> MappingNode:
    """Return the mapping a file holds."""
    import yaml

    try:
        # The Python loader: its marks carry the lines, and a questionnaire is too short for speed to matter.
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise UserError(listed(path, WHAT, [f"{where}not YAML ({problem})"])) from None
    except RecursionError:
        raise UserError(
            f"{path}: {WHAT} must hold `question: answer` lines, but holds lists in lists without end."
        ) from None
    if node is None:
        raise UserError(
            f"{path}: {WHAT} is empty. Write at least one answer, as in `knowledge: private`, "
            "or run `rungwise advise` to be asked."
        )
    if not isinstance(node, yaml.MappingNode):
        seen = "a list" if isinstance(node, yaml.SequenceNode) else "a single value"
        raise UserError(f"{path}: {WHAT} must hold `question: answer` lines, but holds {seen}.")
    return node


def _parse(node: MappingNode, mistakes: list[tuple[int, str]]) -> dict[str, Value | None]:
    """Return the answers of a mapping, adding `(line, sentence)` to `mistakes` for each that is wrong."""
    parsed: dict[str, Value | None] = {}
    first_line: dict[str, int] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node.value, str):
            mistakes.append((line, "a question is named by one word, and here stands a list or a mapping."))
            continue
        key = key_node.value
        if key in first_line:
            mistakes.append(
                (line, f'"{key}" is answered twice, first in line {first_line[key]}. Keep one of them.')
            )
            continue
        first_line[key] = line
        if key not in FIELDS:
            mistakes.append((line, unknown_key(key)))
            continue
        try:
            parsed[key] = question(key).parse(_scalar(key, value_node))
        except UserError as error:
            mistakes.append((line, str(error)))
    return parsed


def _scalar(key: str, node: Node) -> str | None:
    """Return the text of one value; None where it is null."""
    import yaml

    if not isinstance(node, yaml.ScalarNode):
        seen = "list" if isinstance(node, yaml.SequenceNode) else "mapping"
        raise UserError(f"{key} takes one answer, but has a {seen}.")
    return None if node.tag == "tag:yaml.org,2002:null" else str(node.value)
