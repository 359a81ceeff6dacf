"""The job for Ray Train, on a Ray of this machine: its workers share a training as launched processes do."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from finetune import adapter
from tests.finetune.trainings import REPOSITORY, SETTINGS, train

JOB = REPOSITORY / "examples" / "ray-train" / "train.py"


def job() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ray_train_job", JOB)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_worker_runs_the_command_and_one_that_fails_fails_the_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("ui.cli.main", lambda words: asked.append(words) or len(asked) - 1)
    job().loop({"workspace": "/shared/house"})
    assert asked == [["train", "--workspace", "/shared/house"]]
    with pytest.raises(RuntimeError, match="The training ended with 1"):
        job().loop({"workspace": "/shared/house"})


@pytest.mark.slow
def test_two_workers_of_ray_take_the_steps_of_one_process(
    tiny_bases: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = pytest.importorskip("ray", reason="Ray is not installed; `pip install 'rungwise[ray]'` brings it.")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    base, module = str(tiny_bases["llama"]), job()

    def loop(config: dict[str, Any]) -> None:  # as the job's, on rows instead of a workspace
        from tests.finetune.launching import shared

        code = shared(Path(base), Path(config["workspace"]), {"settings": {"dropout": 0.0}, "name": "a"})
        assert code == 0

    monkeypatch.setattr(module, "loop", loop)
    monkeypatch.setitem(sys.modules, "ray_train_job", module)
    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    try:
        module.run(str(tmp_path / "shared"), 2, gpus=False, storage=str(tmp_path / "ray"))
    finally:
        ray.shutdown()
    train(Path(base), tmp_path / "alone", "a", settings=replace(SETTINGS, dropout=0.0))
    both = [adapter.read_weights(tmp_path / home / "adapters" / "a") for home in ("shared", "alone")]
    assert all(abs(both[0][name] - value).max() < 1e-5 for name, value in both[1].items())
