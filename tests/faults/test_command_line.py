"""What can go wrong with the command line and with where it runs: mixed streams, wrong codes, readers that leave, strange folders."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from foundation.errors import ExitCode
from tests.rag.rag_fakes import REPOSITORY
from ui.schemas import schema

NAIVE = """
import argparse, json, logging, sys
logging.basicConfig(stream=sys.stdout, level="INFO", format="%(message)s")
parser = argparse.ArgumentParser()
parser.add_argument("file")
parser.add_argument("--json", action="store_true")
asked = parser.parse_args()
logging.info("reading %s", asked.file)
try:
    text = open(asked.file, encoding="ascii").read()
except Exception as error:
    print("error:", error)
    sys.exit(0)
print(json.dumps({"letters": len(text)}))
for _ in range(20_000):
    print("\\x1b[32mdone\\x1b[0m", file=sys.stdout, flush=True)
"""
"""A command as most scripts are: a log on stdout, colours for everybody, 0 whatever happened, files in ASCII."""


def naively(*words: object) -> subprocess.CompletedProcess[str]:
    """Run the naive command to its end."""
    return subprocess.run(
        [sys.executable, "-c", NAIVE, *map(str, words)], capture_output=True, text=True, timeout=60
    )


def ran(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ours to its end, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "ui.cli", *map(str, words)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
    )


DEMO = "examples/tarn-and-timber"


@pytest.mark.fault(139)
def test_json_is_all_that_stands_on_stdout_and_keeps_its_schema(tmp_path: Path) -> None:
    ended = ran("advise", "-w", DEMO, "--json")
    told = json.loads(ended.stdout)
    jsonschema.validate(told, schema("recommendation"))
    (tmp_path / "a.txt").write_text("a", "utf-8")
    with pytest.raises(ValueError):
        json.loads(naively(tmp_path / "a.txt", "--json").stdout)  # naive: the log stands before it


@pytest.mark.fault(140)
def test_each_kind_of_end_has_its_code(tmp_path: Path) -> None:
    assert naively(tmp_path / "none.txt").returncode == 0, "naive: a scheduler takes it for done"
    codes = {
        ("advise", "-w", DEMO): ExitCode.OK,
        ("advise", "-w", tmp_path): ExitCode.USER,
        ("nonsense",): ExitCode.USER,
        ("advise", "--nonsense"): ExitCode.USER,
        ("sync", "-w", tmp_path / "none"): ExitCode.USER,
    }
    assert {words: ran(*words).returncode for words in codes} == codes


@pytest.mark.fault(141)
def test_naive_help_loads_what_the_command_would_need() -> None:
    naive = "import sys, transformers\nprint([name for name in ('transformers',) if name in sys.modules])"
    ours = "import sys\nfrom ui.cli import main\nmain(['--help'])\nprint([n for n in ('transformers',) if n in sys.modules])"
    told = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True
        ).stdout.splitlines()[-1]
        for code in (naive, ours)
    ]
    assert told == ["['transformers']", "[]"]


def read_two_lines(command: list[str]) -> str:
    """Read two lines of a command, leave as `| head -2` does, and return what it complains of."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline(), process.stdout.readline()
        process.stdout.close()
        return process.stderr.read()


@pytest.mark.fault(142)
def test_a_reader_that_leaves_no_colour_and_a_narrow_pipe_are_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a", "utf-8")
    fallen = read_two_lines([sys.executable, "-c", NAIVE, str(tmp_path / "a.txt")])
    assert "BrokenPipeError" in fallen, "naive: a traceback"
    assert read_two_lines([sys.executable, "-m", "ui.cli", "schema", "climb"]) == ""
    assert "\x1b[" in naively(tmp_path / "a.txt").stdout, "naive: colours go into the file"
    narrow = ran("advise", "-w", DEMO, NO_COLOR="1", COLUMNS="40", TERM="dumb")
    assert narrow.returncode == 0 and "Traceback" not in narrow.stderr
    assert "\x1b" not in narrow.stdout + narrow.stderr


@pytest.mark.fault(143)
def test_a_flag_goes_before_the_environment(tmp_path: Path) -> None:
    (tmp_path / "rungwise.toml").write_text("", "utf-8")
    named = ran("advise", "-w", DEMO, RUNGWISE_WORKSPACE=str(tmp_path))
    assert named.returncode == 0 and named.stdout.startswith("Advice: ")
    from_environment = ran("advise", RUNGWISE_WORKSPACE=str(tmp_path))
    assert from_environment.returncode == ExitCode.USER and str(tmp_path) in from_environment.stderr
    naive = naively("--jsn", tmp_path / "a.txt")
    assert naive.returncode == 2 and "Did you mean" not in naive.stderr, "naive: no suggestion"


@pytest.mark.slow
@pytest.mark.fault(147)
def test_blanks_turkish_letters_and_emoji_in_paths_and_a_home_that_may_not_be_written(tmp_path: Path) -> None:
    root = tmp_path / "Çay ve şeker 🫖 İĞÜ"
    made = ran("init", root)
    assert made.returncode == 0, made.stderr
    (root / "documents" / "Ürün fiyatları – şık.txt").write_text("Çaydanlık 49 TL.\n", "utf-8")
    # not even root can write there
    quiet = {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null/cache", "HF_HOME": "/dev/null/hf"}
    synced = ran("sync", "-w", root, **quiet)
    assert synced.returncode == 0, synced.stderr
    found = ran("search", "Çaydanlık kaç TL?", "-w", root, "--json", **quiet)
    assert [hit["source"] for hit in json.loads(found.stdout)["hits"]] == ["Ürün fiyatları – şık.txt"]
    path = root / "documents" / "Ürün fiyatları – şık.txt"
    assert "error" in naively(path).stdout, "naive: letters beyond ASCII"


ONE_SERVICE = {"services": {"app": {"image": "app:latest", "ports": ["8501:8501"]}}}
"""Naive: a service that is called up once it was started, open to every address, of no version, as root."""


def complaints(compose: dict[str, object]) -> list[str]:
    """Return what keeps `docker compose up` from being healthy, pinned and closed, service by service."""
    found = []
    for name, service in compose["services"].items():  # type: ignore[attr-defined]
        image = str(service.get("image", ""))
        if "healthcheck" not in service and "build" not in service:
            found.append(f"{name}: nothing tells whether it is healthy")
        if not service.get("build") and (":" not in image or image.endswith(":latest")):
            found.append(f"{name}: no version")
        for port in service.get("ports", []):
            if not str(port).startswith("127.0.0.1:"):
                found.append(f"{name}: open to every address")
    return found


@pytest.mark.fault(152)
def test_what_compose_starts_tells_its_health_is_pinned_and_closed_to_other_machines() -> None:
    compose = yaml.safe_load((REPOSITORY / "compose.yaml").read_text("utf-8"))
    assert complaints(compose) == []
    assert len(complaints(ONE_SERVICE)) == 3, "naive: up once it was started"
    dockerfile = (REPOSITORY / "Dockerfile").read_text("utf-8")
    assert re.search(r"^HEALTHCHECK ", dockerfile, re.MULTILINE) and re.search(
        r"^USER \S", dockerfile, re.MULTILINE
    )
