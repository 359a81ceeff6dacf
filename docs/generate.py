"""The reference, written from the code: commands, settings, roles, schemas, HTTP and Python API, and the house file by file.

`python docs/generate.py` writes docs/reference/ anew; a test holds that what is checked in is what this says. Knows nothing
of how pages are rendered.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import importlib
import inspect
import itertools
import json
import re
import sys
import tempfile
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]

from house_map import house_map  # noqa: E402

OUT = ROOT / "docs" / "reference"
MADE = "<!-- Made by `python docs/generate.py` from the code: change the code, then run it. -->\n\n"

Command = Any  # Typer ships its own copy of click, whose classes are no others' bases


def pages() -> dict[str, str]:
    """Return every generated page by its file's name."""
    made = {
        "cli.md": cli(),
        "settings.md": settings(),
        "roles.md": roles(),
        "schemas.md": schemas(),
        "http-api.md": http_api(),
        "python.md": python_api(),
        "house.md": house_map(),
    }
    return {name: MADE + text.rstrip() + "\n" for name, text in made.items()}


def commands() -> Iterator[tuple[str, Command]]:
    """Yield every command with its whole name, `rungwise adapters list`."""
    import typer.main

    from ui.cli.commands import app

    yield from _below("rungwise", typer.main.get_command(app))


def _below(name: str, command: Command) -> Iterator[tuple[str, Command]]:
    if not hasattr(command, "commands"):
        yield name, command
        return
    for word, below in command.commands.items():
        yield from _below(f"{name} {word}", below)


def cli() -> str:
    """Every command with its arguments and options, as `--help` says them."""
    told = [
        "# Command line\n",
        "`rungwise COMMAND --help` prints the same. Results go to stdout, everything else to stderr. How a command ends says its"
        " [exit code](../exit-codes.md); what `--json` prints keeps a [schema](schemas.md).\n",
    ]
    for name, command in commands():
        told += [f"## {name}\n", f"{_prose(command.help or '')}\n"]
        words = [one for one in command.params if one.param_type_name == "argument"]
        options = [one for one in command.params if one.param_type_name == "option" and one.name != "help"]
        usage = " ".join([name, *(_usage(one) for one in words), *(["[OPTIONS]"] if options else [])])
        told.append(f"```text\n{usage}\n```\n")
        if rows := [_argument(one) for one in words] + [_option(one) for one in options]:
            told += ["| | what | default |", "|---|---|---|", *rows, ""]
    return "\n".join(told)


def _usage(one: Any) -> str:
    name = one.metavar or one.name.upper()
    name = f"{name}…" if one.nargs == -1 else name
    return name if one.required else f"[{name}]"


def _argument(one: Any) -> str:
    return f"| `{one.metavar or one.name.upper()}` | {_cell(one.help or '')} | {_default(one)} |"


def _option(one: Any) -> str:
    names = ", ".join(f"`{name}`" for name in (*one.opts, *one.secondary_opts))
    if not one.is_flag:
        names += f" {_cell(one.metavar or _NAMED.get(one.type.name, one.type.name.upper()))}"
    if one.envvar:
        return f"| {names} | {_cell(one.help or '')} Also from `{one.envvar}`. | {_default(one)} |"
    return f"| {names} | {_cell(one.help or '')} | {_default(one)} |"


_NAMED = {"int range": "N", "int": "N", "float range": "X", "str": "TEXT"}
"""What stands for a value in the table, where the command names nothing better."""


def _default(one: Any) -> str:
    if isinstance(one.show_default, str):
        return one.show_default
    if one.required:
        return "required"
    value = one.default
    if value is None or value is False or callable(value) or value == () or "UNSET" in repr(value).upper():
        return ""
    return f"`{value}`"


def _prose(text: str) -> str:
    return _marked(inspect.cleandoc(text).replace("\b", "").replace("\f", "")).strip()


def _marked(text: str) -> str:
    """Rich's brackets are escaped in help texts; HTML is none here."""
    return text.replace("\\[", "[").replace("<", "&lt;")


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", _marked(text)).replace("|", "\\|").strip()


def settings() -> str:
    """Every key of `rungwise.toml` and `form.yaml` with its default and the sentence below it in the code."""
    from assistant.config import settings as home
    from finetune.form import Form

    told = [
        "# Settings\n",
        "`rungwise.toml` may be empty: every key has a default. A key that is none, or a value that does not fit, is named with"
        " its line, all of them at once. A key whose default is a dash is simply left out.\n",
        "## The top\n",
        *_table([one for one in _fields(home.Settings) if one[0] == "name"]),
    ]
    for section, kind in home._SECTIONS.items():
        told += [f"## [{section}]\n", f"{_first(kind)}\n", *_table(_fields(kind))]
    told += [
        "## form.yaml\n",
        f"{_first(Form)} It writes the prompt's instructions and scores the answers.\n",
        *_table(_fields(Form)),
        "`documents.toml` is told of in [Who sees what, and when](../how-to/access.md), `questions.jsonl` in"
        " [Evaluation questions](../questions.md), `examples.jsonl` in [Training examples](../examples.md).\n",
    ]
    return "\n".join(told)


def _first(kind: type) -> str:
    return inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].replace("\n", " ")


def _fields(kind: type) -> list[tuple[str, str, Any, str]]:
    """Return name, type, default and sentence of each field of a dataclass."""
    said = _sentences(kind)
    return [
        (one.name, str(one.type), _value(one), said.get(one.name, ""))
        for one in dataclasses.fields(kind)
        if one.name != "limits"
    ]


def _sentences(kind: type) -> dict[str, str]:
    """Return the sentence below each field of a class or member of an enum."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0].body  # type: ignore[attr-defined]
    return {
        ast.unparse(one.target if isinstance(one, ast.AnnAssign) else one.targets[0]): _line(
            after.value.value
        )
        for one, after in itertools.pairwise(body)
        if isinstance(one, ast.AnnAssign | ast.Assign)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
    }


def _line(text: object) -> str:
    return inspect.cleandoc(str(text)).replace("\n", " ")


def _value(one: dataclasses.Field[Any]) -> Any:
    return one.default if one.default is not dataclasses.MISSING else None


_KINDS = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
    "tuple[str, ...]": "list of texts",
    "dict[str, Any]": "mapping",
}


def _table(rows: list[tuple[str, str, Any, str]]) -> list[str]:
    told = ["| key | type | default | what |", "|---|---|---|---|"]
    for name, kind, value, said in rows:
        plain = kind.replace(" | None", "")
        told.append(f"| `{name}` | {_KINDS.get(plain, plain)} | {_toml(value)} | {_cell(said)} |")
    return [*told, ""]


def _toml(value: Any) -> str:
    if value is None:
        return "–"
    return f"`{json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)}`"


def roles() -> str:
    """The table of roles and actions that the page, the API and MCP ask."""
    from ui.access import permissions

    everyone = list(permissions.Role)
    told = [
        "# Roles and what they may do\n",
        "One table, asked by the page, the API and MCP alike. Where nobody signs in, whoever sits at the machine is an admin.\n",
        *(f"- **{role.value}**: {_sentences(permissions.Role)[role.name]}" for role in everyone),
        "",
        "| action | what | " + " | ".join(role.value for role in everyone) + " |",
        "|---|---|" + "---|" * len(everyone),
    ]
    for action in permissions.Action:
        marks = " | ".join(
            "yes" if permissions.may(permissions.Person("x", role), action) else "–" for role in everyone
        )
        told.append(f"| {action.value} | {_sentences(permissions.Action)[action.name]} | {marks} |")
    return "\n".join(told)


def schemas() -> str:
    """Every published schema with the command that prints it and its first level of keys."""
    from ui.schemas import _HOMES, PRINTED_BY, schema

    told = [
        "# JSON schemas\n",
        "Every command with `--json` prints JSON that keeps a published schema (JSON Schema, draft 2020-12) and nothing else."
        " `rungwise schema NAME` prints one whole; these are its first keys.\n",
        "| schema | printed by |",
        "|---|---|",
        *(f"| [`{name}`](#{name}) | `rungwise {PRINTED_BY[name]} --json` |" for name in _HOMES),
        "",
    ]
    for name in _HOMES:
        found = schema(name)
        told += [f"## {name}\n", f"{_prose(found.get('description', ''))}\n"]
        told += ["| key | type | what |", "|---|---|---|"]
        told += [_key(key, value, found) for key, value in found.get("properties", {}).items()]
        told.append("")
    return "\n".join(told)


def _key(key: str, value: dict[str, Any], whole: dict[str, Any]) -> str:
    target = whole.get("$defs", {}).get(value.get("$ref", "").rsplit("/", 1)[-1], value)
    said = value.get("description") or target.get("description") or ""
    return f"| `{key}` | {_cell(_kind(value, whole))} | {_cell(said)} |"


def _kind(value: dict[str, Any], whole: dict[str, Any]) -> str:
    """Return a schema's type in words."""
    if "$ref" in value:
        name = value["$ref"].rsplit("/", 1)[-1]
        return name if name not in whole.get("$defs", {}) else f"{name}"
    if "enum" in value:
        return " or ".join(json.dumps(one) for one in value["enum"])
    if "const" in value:
        return json.dumps(value["const"])
    if choices := value.get("anyOf") or value.get("oneOf"):
        return " or ".join(dict.fromkeys(_kind(one, whole) for one in choices))
    kind = value.get("type", "any")
    if kind == "array" and "items" in value:
        return f"array of {_kind(value['items'], whole)}"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def http_api() -> str:
    """Every route of the HTTP API from its own OpenAPI description, and every shape that is sent or comes back."""
    told = [
        "# HTTP API\n",
        "How to call it with curl, `openai` and LangChain stands in [Call the API](../how-to/api.md). `/v1/openapi.json`"
        " holds the same for programs. MCP is served at `/mcp`, see [MCP in a desktop client](../how-to/mcp.md).\n",
    ]
    found = _openapi()
    for path, methods in found["paths"].items():
        for method, route in methods.items():
            told += [
                f"## {method.upper()} {path}\n",
                f"{_prose(route.get('description') or route.get('summary', ''))}.\n",
            ]
            told += [f"Sent: {_shown(one)}.\n" for one in _bodies([route.get("requestBody", {})])]
            told += [f"Answered: {_shown(one)}.\n" for one in _bodies([route["responses"].get("200", {})])]
    told += ["## Errors\n", "| status | what |", "|---|---|", *_statuses(found), ""]
    for name, shape in found["components"]["schemas"].items():
        told += [f"## {name}\n", f"{_prose(shape.get('description', ''))}\n", *_shape(name, shape, found)]
    return "\n".join(told)


def _openapi() -> dict[str, Any]:
    """Return the API's description of itself; no workspace is opened for it."""
    from ui.api.app import make

    with tempfile.TemporaryDirectory() as folder:
        found: dict[str, Any] = make(Path(folder)).openapi()
    return found


def _bodies(told: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one["schema"] for body in told for one in body.get("content", {}).values() if one.get("schema")]


def _shown(schema: dict[str, Any]) -> str:
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    return f"[{name}](#{name.lower()})" if name else _cell(_kind(schema, {}))


def _statuses(found: dict[str, Any]) -> list[str]:
    said = {
        code: one.get("description", "")
        for methods in found["paths"].values()
        for route in methods.values()
        for code, one in route["responses"].items()
        if code != "200"
    }
    return [f"| {code} | {_cell(said[code])} |" for code in sorted(said)]


def _shape(name: str, shape: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Return the table of a shape's keys, with the sentences that stand in the code below them."""
    said, needed = _api_sentences(name), set(shape.get("required", ()))
    rows = [
        f"| `{key}` | {_cell(_kind(value, {'$defs': found['components']['schemas']}))} | {'yes' if key in needed else ''} "
        f"| {_cell(value.get('description') or said.get(key, ''))} |"
        for key, value in shape.get("properties", {}).items()
    ]
    return ["| key | type | required | what |", "|---|---|---|---|", *rows, ""] if rows else []


def _api_sentences(name: str) -> dict[str, str]:
    for home in ("ui.api.shapes", "ui.api.app", "ui.server.app"):
        with contextlib.suppress(ModuleNotFoundError):
            kind = getattr(importlib.import_module(home), name, None)
            if kind is not None:
                return _sentences(kind)
    return {}


PUBLIC = (
    ("assistant", ("Workspace", "open_assistant", "Assistant", "Reply", "Setup")),
    ("rag", ("Library", "Hit", "Viewer")),
    ("advisor", ("recommend",)),
    ("experiments", ("load_questions", "measure", "compare", "climb")),
)
"""What a program of one's own needs; everything else may change."""


def python_api() -> str:
    """The few public objects, which mkdocstrings fills in from their docstrings."""
    told = [
        "# Python API\n",
        "The few names that a program of one's own needs. What stands here stays; everything else may change between versions.\n",
    ]
    for package, names in PUBLIC:
        told.append(f"## {package}\n")
        for name in names:
            value = getattr(importlib.import_module(package), name)
            told.append(
                f"::: {value.__module__}.{value.__qualname__}\n    options:\n      heading_level: 3\n"
            )
    return "\n".join(told)


def main() -> None:
    """Write every page anew."""
    OUT.mkdir(exist_ok=True)
    for name, text in pages().items():
        (OUT / name).write_text(text, encoding="utf-8")
        print(f"docs/reference/{name}")


if __name__ == "__main__":
    main()
