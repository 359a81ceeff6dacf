"""A job for Ray Train: the adapter of a workspace, trained by several workers of a Ray cluster.

    ray job submit -- python train.py /shared/my-house --workers 4 --gpus

Every worker must see the workspace under the same path, as on a shared disk, and have `rungwise[ray]` installed. The first one
runs `rungwise train`; the others take part. A worker that dies ends the attempt; the next one goes on from the last whole state.
Knows nothing of rows, models or settings, which are the workspace's.
"""

from __future__ import annotations

import argparse
from typing import Any

ATTEMPTS = 3
"""How often it is begun, the first time counted."""


def loop(config: dict[str, Any]) -> None:
    """Run in each worker, in a process group that Ray has made."""
    from ui.cli import main

    code = main(["train", "--workspace", config["workspace"]])
    if code:
        raise RuntimeError(f"The training ended with {code}; the worker's output says why.")


def run(workspace: str, workers: int, gpus: bool, storage: str | None = None) -> None:
    """Train on a cluster, or on this machine where none runs.

    Args:
        workspace: The workspace's folder, under a path that all workers see.
        workers: How many; `batch` under [training] must be a multiple of it.
        gpus: Whether each takes a GPU.
        storage: Where Ray keeps its own notes of the run; None: where it is used to.
    """
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer

    trainer = TorchTrainer(
        loop,
        train_loop_config={"workspace": workspace},
        scaling_config=ScalingConfig(num_workers=workers, use_gpu=gpus),
        run_config=RunConfig(storage_path=storage, failure_config=FailureConfig(max_failures=ATTEMPTS - 1)),
    )
    trainer.fit()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--gpus", action="store_true")
    parser.add_argument("--storage")
    asked = parser.parse_args()
    run(asked.workspace, asked.workers, asked.gpus, asked.storage)
