"""Trainings that two processes share over gloo: the steps of one process, what a lost process leaves, and going on to the bit."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from finetune import adapter, quantised, registry
from finetune.base import load_base
from finetune.training import proofs
from tests.finetune.trainings import REPOSITORY, SETTINGS, rows, train

pytestmark = pytest.mark.slow
PLAIN = {"dropout": 0.0, "epochs": 2}
UNEVEN = 37
"""Rows that leave five in an epoch's last step, which two processes can't divide."""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def launch(how: str, base: Path, home: Path, **told: Any) -> subprocess.CompletedProcess[str]:
    """Have two processes train, as the configuration of that name says."""
    words = ["--config_file", str(REPOSITORY / "examples" / "accelerate" / f"{how}.yaml")]
    words += [
        "--main_process_port",
        str(free_port()),
        str(REPOSITORY / "tests" / "finetune" / "launching.py"),
    ]
    return subprocess.run(
        [sys.executable, "-m", "accelerate.commands.accelerate_cli", "launch", *words, str(base), str(home), json.dumps(told)],
        cwd=REPOSITORY, timeout=280, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def made(ended: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return dict(json.loads(ended.stdout))  # one line of the first process's, and nothing of the others'


def weights(home: Path) -> dict[str, Any]:
    return adapter.read_weights(home / "adapters" / "a")


@pytest.fixture(scope="module")
def copied(
    tiny_bases: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    """A training that two processes share, each with the whole base, which nothing disturbed: where, and what it told."""
    home = tmp_path_factory.mktemp("copied")
    return home, made(launch("ddp-cpu", tiny_bases["llama"], home, settings=PLAIN, name="a", rows=UNEVEN))


def test_two_processes_take_the_steps_of_one_whether_each_holds_the_base_or_a_half_of_it(
    tiny_bases: dict[str, Path], tmp_path: Path, copied: tuple[Path, dict[str, Any]]
) -> None:
    base, told = tiny_bases["llama"], []
    train(
        base, tmp_path, "a", settings=replace(SETTINGS, **PLAIN), training=rows(0, UNEVEN), report=told.append
    )
    losses = [line["loss"] for line in told if "steps" in line]
    halves = made(launch("fsdp-cpu", base, tmp_path / "halves", settings=PLAIN, name="a", rows=UNEVEN))
    alone = weights(tmp_path)
    for home, found in (copied, (tmp_path / "halves", halves)):
        assert found["losses"] == pytest.approx(losses, abs=1e-5)
        assert all(abs(value - alone[name]).max() < 1e-5 for name, value in weights(home).items())
    folder = tmp_path / "halves" / "adapters" / "a"
    loaded = load_base(str(base))
    canary = registry.verify(folder, loaded.name, loaded.fingerprint).proof["canary"]
    assert proofs.agrees(adapter.attach_saved(loaded.model, folder).eval(), loaded, canary)


def test_two_processes_take_the_steps_of_one_on_a_base_in_four_bits(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    base = tiny_bases["llama"].with_name(tiny_bases["llama"].name + quantised.MARK)
    told: list[dict[str, Any]] = []
    train(
        base, tmp_path, "a", settings=replace(SETTINGS, **PLAIN), training=rows(0, UNEVEN), report=told.append
    )
    losses = [line["loss"] for line in told if "steps" in line]
    found = made(launch("ddp-cpu", base, tmp_path / "both", settings=PLAIN, name="a", rows=UNEVEN))
    assert found["losses"] == pytest.approx(losses, abs=1e-5)
    alone = weights(tmp_path)
    assert all(abs(value - alone[name]).max() < 1e-5 for name, value in weights(tmp_path / "both").items())


@pytest.mark.fault(103)
def test_a_shared_training_that_loses_a_process_says_so_and_goes_on_to_the_very_same_adapter(
    tiny_bases: dict[str, Path], tmp_path: Path, copied: tuple[Path, dict[str, Any]]
) -> None:
    told = {"settings": PLAIN, "name": "a", "rows": UNEVEN}
    lost = launch("ddp-cpu", tiny_bases["llama"], tmp_path, **told, kill=[1, 8])
    assert lost.stderr.count("Another of the 2 processes of this training ended, so it can't go on.") == 1
    assert lost.returncode and not lost.stdout and not (tmp_path / "adapters" / "a").exists()
    again = made(launch("ddp-cpu", tiny_bases["llama"], tmp_path, **told))
    assert 0 < len(again["losses"]) < 5  # the second epoch's: it was in the middle
    assert {name: value.tolist() for name, value in weights(tmp_path).items()} == {
        name: value.tolist() for name, value in weights(copied[0]).items()
    }


TELLING = """
import sys
from finetune.training import ranks
from foundation.errors import UserError

def full():
    raise UserError("The disk is full.")

if ranks.place():
    print(ranks.await_job())
else:
    ranks.begin("a job")
print(ranks.first(lambda: ranks.place()), ranks.total([1.0 + ranks.place(), 2.0]))
try:
    ranks.first(full)
except UserError as error:
    print(type(error).__name__)
ranks.everybody()
"""


def test_what_the_first_process_returns_or_raises_is_told_to_the_other() -> None:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1"}
    environment["MASTER_PORT"] = str(free_port())
    both = [
        subprocess.Popen(
            [sys.executable, "-c", TELLING], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True,
            env={**environment, "RANK": str(place), "LOCAL_RANK": str(place)},
        )
        for place in (0, 1)
    ]  # fmt: skip
    first, other = (process.communicate(timeout=200)[0].splitlines() for process in both)
    assert first == ["0 [3.0, 4.0]", "UserError"] and other == ["a job", "0 [3.0, 4.0]", "Elsewhere"]
