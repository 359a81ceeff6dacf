"""A paper as Markdown, in English or Turkish. Knows nothing of what is stated."""

from __future__ import annotations

from governance.papers.paper import Paper, Section, Table, Value, Word
from governance.papers.words import LAWS, word


def markdown(paper: Paper, language: str) -> str:
    """Return a paper as Markdown.

    Args:
        paper: Which.
        language: `en` or `tr`.
    """
    title = f"# {word(paper.key, language)}: {_cell(paper.workspace, language)}"
    frame = [
        word("written", language).format(at=paper.at),
        word("unstated", language).format(n=paper.unstated),
        word("no_advice", language),
    ]
    laws = [f"## {word('rests_on', language)}", "\n".join(f"- {law[language == 'tr']}" for law in LAWS)]
    parts = [part for section in paper.sections for part in _section(section, language)]
    return "\n\n".join([title, *frame, *parts, *laws]) + "\n"


def _section(section: Section, language: str) -> list[str]:
    parts = [f"## {word(section.key, language)}"]
    if section.statements:
        parts.append(
            "\n".join(
                f"- {word(one.key, language)}: {_cell(one.value, language)}{_from(one.source, language)}"
                for one in section.statements
            )
        )
    return parts + [_table(table, language) for table in section.tables]


def _table(table: Table, language: str) -> str:
    head = f"### {word(table.key, language)}{_from(table.source, language)}"
    if not table.rows:
        return f"{head}\n\n{word('nothing', language)}"
    columns = [word(column, language) for column in table.columns]
    lines = [
        columns,
        ["---"] * len(columns),
        *([_cell(cell, language) for cell in row] for row in table.rows),
    ]
    return f"{head}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _from(source: str, language: str) -> str:
    """Return where a statement comes from; nothing where the workspace has no place for it."""
    return f" ({word('source', language)}: `{source}`)" if source else ""


def _cell(value: Value, language: str) -> str:
    if value is None:
        return word("not_stated", language)
    if isinstance(value, Word):
        return word(value, language)
    if isinstance(value, bool):
        return word("yes" if value else "no", language)
    text = " ".join(str(value).split())
    for mark in "\\`*_[]<>|":  # what the house wrote is text, and no Markdown
        text = text.replace(mark, f"\\{mark}")
    return text
