"""Whether what a page names exists: commands with their options, programs, targets, and files that our readers read.

Nothing is run here. Each function raises AssertionError with a sentence that says what is wrong.
"""

from __future__ import annotations

import itertools
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.docs.blocks import ROOT, Block

_OPERATORS = {"|", "||", "&&", ";", "&"}
_PROGRAMS = {
    "rungwise", "make", "python", "pip", "curl", "docker", "cp", "mkdir", "echo", "export", "cat", "head", "cd", "chmod",
    "ssh", "tar", "openssl", "grep", "date", "pre-commit", "crontab", "brew", "systemctl", "git", "vllm", "chroma", "test", "pytest", "sqlite3",
    "accelerate", "ray",
}  # fmt: skip


def simple_commands(line: str) -> Iterator[list[str]]:
    """Yield the words of each command of a line of shell, without redirections."""
    lexer = shlex.shlex(re.sub(r"\s\d?[<>](&\d|\s*\S+)", "", line), posix=True, punctuation_chars="|&;")
    lexer.whitespace_split = True
    words: list[str] = []
    for token in lexer:
        if token in _OPERATORS:
            yield words
            words = []
        else:
            words.append(token)
    yield words


def check_line(line: str) -> None:
    """Check that every command of a line exists, takes its options and has its arguments; those in `$(…)` too."""
    for inner in re.findall(r"\$\(([^()]+)\)", line):
        check_line(inner)
    for words in simple_commands(line):
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            words = words[1:]
        if words:
            _check_words(words, line)


def _check_words(words: list[str], line: str) -> None:
    program = words[0].rsplit("/", 1)[-1]
    assert program in _PROGRAMS, f'"{program}" is no program that the pages know: {line}'
    if program == "rungwise":
        parse(words[1:])
    elif program == "make":
        _check_make(words[1:])
    elif program == "python":
        _check_python(words[1:])
    elif program == "accelerate":
        _check_launch(words[1:], line)
    elif words[:2] == ["docker", "compose"]:
        _check_compose(words[2:])


def _check_launch(words: list[str], line: str) -> None:
    """Check that a launch names a configuration that is there, and a command of ours."""
    if "-m" not in words:
        return
    assert (ROOT / words[words.index("--config_file") + 1]).is_file(), (
        f"That configuration is not there: {line}"
    )
    parse(words[words.index("ui.cli") + 1 :])


def parse(words: list[str]) -> None:
    """Let the command line itself read the words of one command, without running it."""
    import typer.main

    from ui.cli.commands import app

    command: Any = typer.main.get_command(app)
    name, context = "rungwise", None
    if words and words[0] in ("--version", "--help", "-h"):
        return
    while hasattr(command, "commands"):
        context = command.context_class(command, info_name=name, parent=context)
        assert words, f"`{name}` needs a command"
        assert words[0] in command.commands, f"`{name}` has no command {words[0]}"
        name, command, words = f"{name} {words[0]}", command.commands[words[0]], words[1:]
    try:
        command.make_context(name, list(words), parent=context)
    except Exception as error:
        said = error.format_message() if hasattr(error, "format_message") else error
        raise AssertionError(f"`{name} {shlex.join(words)}`: {said}") from None


def check_named(text: str) -> None:
    """Check a command that prose names: it exists, and so do its options; its arguments may be placeholders."""
    words = text.replace("[", " ").replace("]", " ").split()[1:]
    known = _commands()
    path: list[str] = []
    while words and " ".join([*path, words[0]]) in known:
        path.append(words.pop(0))
    name = " ".join(path)
    group = not path or any(one.startswith(f"{name} ") for one in known)
    if group:
        assert not words or words[0] in ("…", "COMMAND", "--help", "--version"), f"`{text}`: no such command"
        return
    for word in words:
        if word == "|":
            break
        option = re.match(r"--?[a-z][a-z-]*", word)
        if option and not re.match(r"-\d", word):
            assert option[0] in known[name] or option[0] in ("--help", "-h"), (
                f"`{text}`: no option {option[0]}"
            )


@cache
def _commands() -> dict[str, frozenset[str]]:
    """Return every command and group of commands with its options."""
    import typer.main

    from ui.cli.commands import app

    found: dict[str, frozenset[str]] = {}

    def walk(path: str, command: Any) -> None:
        found[path] = frozenset(
            name
            for one in command.params
            for name in (*getattr(one, "opts", ()), *getattr(one, "secondary_opts", ()))
        )
        for word, below in getattr(command, "commands", {}).items():
            walk(f"{path} {word}".strip(), below)

    walk("", typer.main.get_command(app))
    return found


def _check_make(words: list[str]) -> None:
    rules = (ROOT / "Makefile").read_text("utf-8")
    for word in words:
        if "=" in word:
            name = word.split("=")[0]
            assert re.search(rf"^{name} \?=", rules, re.M), f"make: the Makefile has no variable {name}"
        else:
            assert re.search(rf"^{re.escape(word)}:", rules, re.M), f"make: there is no target {word}"


def _check_compose(words: list[str]) -> None:
    known = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    profiles = {name for one in known.values() for name in one.get("profiles", ())}
    for option, name in itertools.pairwise(words):
        assert option != "--profile" or name in profiles, f"compose.yaml has no profile {name}"
    if words[0] == "run":
        parse(words[words.index("app") + 1 :])  # the image's entry is `rungwise`
    elif words[0] == "up":
        assert set(words[1:]) <= set(known), f"compose.yaml has no service {' '.join(words[1:])}"


def _check_python(words: list[str]) -> None:
    if words[:1] == ["-m"]:
        place = ROOT / words[1].replace(".", "/")
        scripts = [place.with_suffix(".py"), place / "__main__.py"]
    else:
        scripts = [ROOT / words[0]]
    script = next((one for one in scripts if one.is_file()), None)
    if words[:1] == ["-m"] and not (ROOT / words[1].split(".")[0]).exists():
        return  # a module of somebody else
    assert script, f"python: there is no {words[1] if words[0] == '-m' else words[0]}"
    source = script.read_text("utf-8")
    for word in words:
        if word.startswith("--"):
            assert f'"{word.split("=")[0]}"' in source, f"{script.name} has no option {word}"


def check_block(block: Block, folder: Path) -> None:
    """Check a block by its language; `folder` is one to write into."""
    try:
        for line in block.commands:
            check_line(line)
        reader = {"toml": _toml, "yaml": _yaml, "json": _json, "python": _python}.get(block.language)
        if reader is not None:
            reader(block.text, folder)
    except Exception as error:
        raise AssertionError(f"{block.place}: {error}") from None


def _python(text: str, folder: Path) -> None:
    compile(text, "block", "exec")


def _toml(text: str, folder: Path) -> None:
    import tomllib

    from assistant.config.settings import parse_settings
    from governance.datasets import read_entries
    from rag.storage.records import read_records

    keys = set(tomllib.loads(text))
    if keys == {"auth"}:  # Streamlit's secrets
        given, needed = (
            set(tomllib.loads(text)["auth"]),
            {"redirect_uri", "cookie_secret", "client_id", "client_secret"},
        )
        assert needed <= given, f"[auth] lacks {', '.join(sorted(needed - given))}"
    elif keys & {"document", "timezone"}:
        read_records(_written(folder, "documents.toml", text))
    elif keys == {"dataset"}:
        read_entries(_written(folder, "data.toml", text))
    else:
        parse_settings(text, folder / "rungwise.toml")


def _yaml(text: str, folder: Path) -> None:
    from advisor.answers_file import parse_answers
    from finetune.form import Form
    from finetune.form_file import read_form

    found = yaml.safe_load(text)
    assert isinstance(found, dict), "the YAML is no mapping"
    if set(found) <= {one.name for one in fields(Form)}:
        read_form(_written(folder, "form.yaml", text))
    elif not set(found) & {"services", "scrape_configs", "groups"}:  # other programs' files
        parse_answers(text, folder / "answers.yaml")


def _json(text: str, folder: Path) -> None:
    from experiments import load_questions
    from finetune.examples import load_examples
    from finetune.preference.preferences import load_preferences

    rows = [json.loads(line) for line in text.splitlines()] if _lines(text) else [json.loads(text)]
    if "question" in rows[0] and "kind" in rows[0]:
        load_questions(_written(folder, "questions.jsonl", text))
    elif "chosen" in rows[0]:
        load_preferences(_written(folder, "preferences.jsonl", text))
    elif "messages" in rows[0] and "model" not in rows[0]:
        load_examples(_written(folder, "examples.jsonl", text))
    for server in rows[0].get("mcpServers", {}).values():  # a desktop client's configuration
        if server.get("command", "").endswith("rungwise"):
            parse(server["args"])


def _lines(text: str) -> bool:
    try:
        return all(json.loads(line) is not None for line in text.splitlines())
    except ValueError:
        return False


def _written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text + "\n", encoding="utf-8")
    return path
