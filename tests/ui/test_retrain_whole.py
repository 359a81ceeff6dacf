"""A retraining with the real models: killed while it trains, run again, decided on real answers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from assistant import Workspace
from experiments.retraining.record import Stage, records
from finetune import registry
from foundation.errors import ExitCode
from ui.schemas import schema

REPOSITORY = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
QUESTIONS = 20  # as few as the gate decides on
EXAMPLES = 16


def begun(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ui.cli", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )


@pytest.fixture
def cut_house(cut: Path, tmp_path: Path) -> Path:
    """Return the cut of the demo with an index and as many test questions as the gate needs; no adapter serves."""
    root = tmp_path / "house"
    shutil.copytree(cut, root)
    demo = REPOSITORY / "examples" / "tarn-and-timber" / "questions.jsonl"
    known = [json.loads(line) for line in demo.read_text("utf-8").splitlines()]
    there = {path.relative_to(root / "documents").as_posix() for path in (root / "documents").rglob("*")}
    asked = [{**row, "part": "test"} for row in known if row["gold"] and set(row["gold"]) <= there][
        :QUESTIONS
    ]
    assert len(asked) == QUESTIONS
    settings = root / "rungwise.toml"  # a single step would move nothing: its rate is still 0
    settings.write_text(settings.read_text("utf-8").replace("epochs = 1", "epochs = 3"), "utf-8")
    few = (root / "examples.jsonl").read_text("utf-8").splitlines()[:EXAMPLES]
    (root / "examples.jsonl").write_text("\n".join(few) + "\n", "utf-8")
    (root / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in asked), "utf-8")
    assert begun("sync", "-w", str(root)).wait(600) == 0
    return root


@pytest.mark.fault(150)
def test_killed_while_it_trains_nothing_of_it_serves_and_run_again_it_ends_in_a_decision(
    cut_house: Path,
) -> None:
    house = Workspace.open(cut_house)
    killed = begun("retrain", "-w", str(cut_house), "--because", "the first adapter")
    while not any(house.trainings.glob("*/curve.jsonl")):
        assert killed.poll() is None, killed.communicate()
        time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert house.adapters.names() == house.adapters.served == []
    assert [one.stage for one in records(house.retrains)] == [Stage.TRAIN]

    again = begun("retrain", "-w", str(cut_house), "--json")
    out, said = again.communicate(timeout=1200)
    assert again.returncode in (0, ExitCode.BELOW_TARGET), said
    found = json.loads(out)
    Draft202012Validator(schema("retrain")).validate(found)
    assert again.returncode == (0 if found["ruling"] == "switch" else ExitCode.BELOW_TARGET), said
    assert found["because"] == "the first adapter" and found["against"] == "rag"
    assert found["gate"]["questions"] == QUESTIONS
    assert house.adapters.names() == [found["candidate"]]
    assert house.adapters.served == ([found["candidate"]] if found["ruling"] == "switch" else [])
    manifest = registry.read(house.adapters.home / found["candidate"])
    registry.verify(house.adapters.home / found["candidate"], manifest.base, manifest.base_fingerprint)
    assert registry.decided(house.adapters.home / found["candidate"])["ruling"] == found["ruling"]
    assert [one.stage for one in records(house.retrains)] == [Stage.DONE]
