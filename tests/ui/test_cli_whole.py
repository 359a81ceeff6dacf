"""The whole job on a small cut of the demo, with the real models, each command in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from ui.schemas import schema

REPOSITORY = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def run(*words: str, expect: int = 0, cwd: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    """Run the real command line where nothing can be fetched; nothing of a library may leak into what it says."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "ui.cli", *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        timeout=900,
    )
    assert ended.returncode == expect, ended.stdout + ended.stderr
    for leak in ("Traceback", "Warning", "telemetry", "it/s"):
        assert leak not in ended.stderr, ended.stderr
    return ended


def told(ended: subprocess.CompletedProcess[str], name: str) -> dict:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    value = json.loads(ended.stdout, parse_constant=refuse)
    Draft202012Validator(schema(name)).validate(value)
    return value


def test_from_documents_to_a_verdict(cut: Path, tmp_path: Path) -> None:
    house = tmp_path / "house"
    run("init", str(house))
    for path in cut.iterdir():  # what a user would put into the fresh workspace
        target = house / path.name
        shutil.copytree(path, target, dirs_exist_ok=True) if path.is_dir() else shutil.copy(path, target)
    here = ("-w", str(house))

    report = told(run("sync", *here, "--json"), "sync")
    assert report["counts"]["indexed"] == 12
    assert "12 unchanged" in run("sync", *here).stdout

    hits = told(run("search", "price of the Lumoor headlamp", *here, "--json"), "search")["hits"]
    assert "products/price-list.csv" in [hit["source"] for hit in hits]

    assert told(run("check", *here, "--json"), "check")["examples"] == 40

    trained = told(run("train", *here, "--json"), "train")
    assert len(trained["manifest"]["curve"]) == 1

    for setup in ("prompt", "rag", "lora", "hybrid"):
        reply = told(
            run("ask", "What does the Lumoor headlamp cost?", *here, "--setup", setup, "--json"), "reply"
        )
        assert reply["setup"] == setup
        assert bool(reply["hits"]) is (setup in ("rag", "hybrid"))
    streamed = run("ask", "What does the Lumoor headlamp cost?", *here)
    assert "setup hybrid" in streamed.stdout

    compared = told(run("compare", *here, "--json"), "comparison")
    assert [row["setup"] for row in compared["standings"]] == ["prompt", "rag", "lora", "hybrid"]
    assert all(row["errors"] == 0 for row in compared["standings"])

    facts = told(run("doctor", *here, "--json"), "doctor")
    assert [fact for fact in facts["workspace"] if not fact["ok"]] == []

    climbed = run("climb", *here, "--json", expect=4)  # eight questions can't prove 90 %
    assert told(climbed, "climb")["steps"][0]["setup"] == "prompt"
    assert "Training" not in climbed.stderr  # the adapter was there already


def test_the_demo_shows_a_fact_changing_and_leaves_the_workspace_as_it_was(cut: Path, tmp_path: Path) -> None:
    house = tmp_path / "demo"
    shutil.copytree(cut, house, ignore=shutil.ignore_patterns(".rungwise"))
    documents = {
        path: path.read_bytes() for path in sorted((house / "documents").rglob("*")) if path.is_file()
    }
    first = run("demo", str(house), "--no-app")
    assert "Going on with the demo workspace" in first.stdout
    assert "before:" in first.stdout
    assert "after:" in first.stdout
    assert "3 documents read anew, 9 left alone" in first.stdout
    assert {
        path: path.read_bytes() for path in sorted((house / "documents").rglob("*")) if path.is_file()
    } == documents
    kept = (house / ".rungwise" / "runs" / "replies" / "replies.jsonl").read_bytes()
    again = run("demo", str(house), "--no-app")
    assert "Training" not in again.stderr
    assert (house / ".rungwise" / "runs" / "replies" / "replies.jsonl").read_bytes() == kept
