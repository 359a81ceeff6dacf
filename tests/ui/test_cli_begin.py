"""init, doctor, schema, help and version: what is there before anything is built."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from foundation.errors import ExitCode
from ui.schemas import PRINTED_BY, schema

REPOSITORY = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "transformers", "langchain_core", "langchain", "chromadb", "streamlit", "pandas", "peft")
COMMANDS = [
    "demo",
    "init",
    "advise",
    "sync",
    "search",
    "check",
    "train",
    "ask",
    "compare",
    "climb",
    "app",
    "doctor",
    "schema",
]


@pytest.mark.fault(141)
@pytest.mark.parametrize("words", [["--help"], ["advise", "--help"], ["--version"], ["compare", "--help"]])
def test_help_starts_in_under_a_second_and_loads_no_model_library(words: list[str]) -> None:
    code = (
        "import sys\nfrom ui.cli import main\n"
        f"code = main({words!r})\n"
        f"print('LOADED', [name for name in {HEAVY!r} if name in sys.modules], code)"
    )
    for _ in range(5):  # one start may be slow for a neighbour's sake (1.02 s once, for 0.4), not five
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        ended = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, timeout=60
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert ended.stdout.rstrip().endswith("LOADED [] 0"), ended.stdout + ended.stderr
        # the processor's seconds, not the clock's: these depend less on what else the machine does
        seconds = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
        if seconds < 1.0:
            return
    pytest.fail(f"five starts took a second or more of a processor each, the last {seconds:.2f} s")


def test_help_lists_every_command_and_every_exit_code(rungwise) -> None:
    ended = rungwise("--help")
    assert ended.code == 0
    for command in COMMANDS:
        assert re.search(rf"^\W+{command}\s", ended.out, re.MULTILINE), command
    for code in ExitCode:
        assert re.search(rf"\b{int(code)}\b", ended.out), code


@pytest.mark.fault(140)
def test_the_page_on_exit_codes_names_every_one(rungwise) -> None:
    page = (REPOSITORY / "docs" / "exit-codes.md").read_text(encoding="utf-8")
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)] == [
        int(code) for code in ExitCode
    ]


def test_every_command_that_the_advisor_names_is_there() -> None:
    steps = (REPOSITORY / "advisor" / "data" / "steps.yaml").read_text(encoding="utf-8")
    named = set(re.findall(r"rungwise (\w+)", steps))
    assert named
    assert named <= set(COMMANDS)


def test_completion_is_available_and_quick() -> None:
    environment = {
        **os.environ,
        "_RUNGWISE_COMPLETE": "complete_bash",
        "COMP_WORDS": "rungwise cl",
        "COMP_CWORD": "1",
    }
    code = "import sys\nfrom ui.cli import main\nsys.exit(main([]))"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        timeout=60,
        env=environment,
    )
    assert ended.stdout.split() == ["climb"], ended.stderr


def test_init_makes_a_workspace_that_other_commands_open(rungwise, tmp_path: Path) -> None:
    ended = rungwise("init", tmp_path / "new")
    assert ended.code == 0
    assert "rungwise sync" in ended.out
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "documents",
        "form.yaml",
        "rungwise.toml",
    ]


def test_init_with_demo_copies_the_demo(rungwise, tmp_path: Path) -> None:
    assert rungwise("init", tmp_path / "new", "--demo").code == 0
    assert len(list((tmp_path / "new" / "documents").rglob("*.*"))) >= 25
    assert (tmp_path / "new" / "updates").is_dir()


@pytest.mark.parametrize("flags", [[], ["--demo"]])
def test_init_refuses_a_folder_with_something_in_it_and_writes_nothing(
    rungwise, tmp_path: Path, flags: list[str]
) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    ended = rungwise("init", tmp_path, *flags)
    assert ended.code == ExitCode.USER
    assert "not empty" in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_doctor_outside_of_a_workspace_tells_about_the_machine(rungwise, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    ended = rungwise("doctor", "--json")
    assert ended.code == 0
    told = json.loads(ended.out)
    Draft202012Validator(schema("doctor")).validate(told)
    assert told["root"] is None
    assert {fact["name"] for fact in told["machine"]} >= {"cores", "memory", "numbers", "network"}
    assert not list(tmp_path.iterdir())


def test_doctor_names_the_command_that_makes_each_missing_piece(rungwise, house: Path) -> None:
    ended = rungwise("doctor", "-w", house)
    assert ended.code == 0
    assert "rungwise sync" in ended.out
    assert "rungwise train" in ended.out
    assert "telemetry off" in ended.out


def test_doctor_says_what_embeds_and_that_a_cache_which_can_not_be_written_leaves_torch(
    rungwise, house: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setenv("RUNGWISE_CACHE", str(tmp_path / "none" / "cache"))
    facts = {
        fact["name"]: fact for fact in json.loads(rungwise("doctor", "-w", house, "--json").out)["workspace"]
    }
    assert facts["embedder"] == {"name": "embedder", "ok": True, "seen": "minilm by torch", "fix": ""}
    assert not (tmp_path / "none").exists()

    (tmp_path / "none").write_text("a file")
    facts = {
        fact["name"]: fact for fact in json.loads(rungwise("doctor", "-w", house, "--json").out)["workspace"]
    }
    assert not facts["embedder"]["ok"] and facts["embedder"]["seen"] == "minilm by torch"
    assert "can't be written" in facts["embedder"]["fix"] and "torch is used" in facts["embedder"]["fix"]


@pytest.mark.parametrize(
    ("form", "settings", "seen"),
    [
        ("opening: Hello.", "", "any text, which is checked against the form afterwards"),
        ("labels: [a, b]", "", "answers are held to the form's choice"),
        ("labels: [a, b]", "[prompt]\nconstrain = false\n", "only checked: constrain = false under [prompt]"),
        (
            "json_schema: {type: array, uniqueItems: true, items: {type: string}}",
            "",
            "held to the form's json_schema; json_schema: uniqueItems can't be held while an answer is made",
        ),
    ],
)
def test_doctor_says_what_answers_are_held_to_and_what_is_only_checked(
    rungwise, house: Path, form: str, settings: str, seen: str
) -> None:
    (house / "form.yaml").write_text(form, encoding="utf-8")
    with (house / "rungwise.toml").open("a", encoding="utf-8") as file:
        file.write(settings)
    told = json.loads(rungwise("doctor", "-w", house, "--json").out)["workspace"]
    fact = next(fact for fact in told if fact["name"] == "shape")
    assert fact["ok"] and seen in fact["seen"]


def test_doctor_refuses_a_folder_that_is_no_workspace(rungwise, tmp_path: Path) -> None:
    assert rungwise("doctor", "-w", tmp_path).code == ExitCode.USER


@pytest.mark.fault(139)
@pytest.mark.parametrize("name", PRINTED_BY)
def test_every_published_schema_is_a_schema_that_describes_itself(rungwise, name: str) -> None:
    ended = rungwise("schema", name)
    assert ended.code == 0
    told = json.loads(ended.out)
    Draft202012Validator.check_schema(told)
    assert told["$schema"].endswith("2020-12/schema")
    assert told["description"]


def test_schemas_are_listed_with_the_command_that_prints_them(rungwise) -> None:
    lines = rungwise("schema").out.splitlines()
    assert len(lines) == len(PRINTED_BY)
    assert "climb           rungwise climb --json" in lines


def test_an_unknown_schema_gets_a_suggestion(rungwise) -> None:
    ended = rungwise("schema", "recomendation")
    assert ended.code == ExitCode.USER
    assert 'Did you mean "recommendation"?' in ended.err
