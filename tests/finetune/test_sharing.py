"""Steps divided among processes: which rows each takes, what fills a last step up, and what only the first process does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from finetune.preference.align import align_adapter
from finetune.render import IGNORED, Rendered
from finetune.training import ranks, sharing
from finetune.training.settings import TrainingSettings
from finetune.training.train import train_adapter
from foundation.errors import UserError
from tests.finetune.trainings import rows


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of two processes of a launch."""
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")


def dealt(order: Any, at_once: int, processes: int = 2) -> list[list[list[int]]]:
    """Return the places that each process reads at a time, as accelerate deals them."""
    from accelerate.data_loader import BatchSamplerShard
    from torch.utils.data import BatchSampler

    return [
        list(BatchSamplerShard(BatchSampler(order, at_once, drop_last=False), processes, place))
        for place in range(processes)
    ]


def test_a_process_alone_is_the_first_of_one_and_tells_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RANK", raising=False)
    monkeypatch.setenv("WORLD_SIZE", "2")  # left behind by something that is no launcher
    assert (ranks.size(), ranks.place(), ranks.sharded()) == (1, 0, False)
    assert ranks.first(lambda: "done") == "done" and ranks.total([1.5]) == [1.5]
    ranks.begin("nobody to tell")
    ranks.everybody()


def test_each_row_of_an_epoch_is_read_once_by_one_process_and_its_last_step_is_filled_up() -> None:
    batch, filler = 8, 37
    order = sharing.FilledUp(range(37), batch, filler)
    assert len(order) == 40
    shares = dealt(order, at_once=4)
    read = sorted(place for share in shares for part in share for place in part)
    assert read == [*range(37), filler, filler, filler]
    steps = [sorted(place for share in shares for place in share[step]) for step in range(5)]
    assert steps[:4] == [
        list(range(first, first + 8)) for first in (0, 8, 16, 24)
    ]  # the rows that one process takes


def test_naive_an_order_that_is_not_filled_up_is_completed_with_rows_that_are_read_twice() -> None:
    read = [place for share in dealt(range(37), at_once=4) for part in share for place in part]
    assert len(read) == 40 and len(set(read)) == 37 and max(read) == 36


def test_of_a_blank_row_nothing_is_taught() -> None:
    assert set(sharing.blank(Rendered((5, 6, 7, 8), 3)).labels) == {IGNORED}


@pytest.mark.parametrize(
    ("batch", "processes", "at_once", "often"), [(16, 2, 4, 2), (8, 2, 4, 1), (6, 2, 3, 1), (8, 8, 1, 1)]
)
def test_the_parts_of_all_processes_are_one_step(
    batch: int, processes: int, at_once: int, often: int, two: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", str(processes))
    found = sharing.parts(TrainingSettings(batch=batch))
    assert found[:2] == (at_once, often) and at_once * often * processes == batch


def test_a_batch_that_can_not_be_divided_is_a_sentence_before_anything_is_loaded(
    two: None, tmp_path: Path
) -> None:
    with pytest.raises(
        UserError, match=r"7 rows can't be divided among 2 processes. Set `batch` .* a multiple of 2"
    ):
        train_adapter("not there", rows(0, 12), rows(12, 14), tmp_path / "a", TrainingSettings(batch=7))


def test_under_fsdp_other_variants_are_refused(two: None, monkeypatch: pytest.MonkeyPatch) -> None:
    sharing.check_shared(TrainingSettings(variant="dora"), "a")
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    monkeypatch.setenv("FSDP_VERSION", "2")
    sharing.check_shared(TrainingSettings(), "a")
    with pytest.raises(UserError, match='Under FSDP an adapter is trained with `method = "lora"`'):
        sharing.check_shared(TrainingSettings(variant="dora"), "a")
    with pytest.raises(UserError, match="four bits a weight, which FSDP can't divide"):
        sharing.check_shared(TrainingSettings(), "a+4bit")
    monkeypatch.setenv("FSDP_VERSION", "1")
    with pytest.raises(UserError, match="`fsdp_version: 2`"):
        sharing.check_shared(TrainingSettings(), "a")


def test_an_alignment_is_refused_to_several_processes(two: None, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="An alignment runs in one process, but 2 were launched together"):
        align_adapter("not there", tmp_path, [], [], [], tmp_path / "a")


def test_validation_weighs_each_batch_by_its_rows_and_every_process_computes_equally_often(
    two: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = [Rendered((n, n), 1) for n in range(10)]
    computed: dict[int, list[int]] = {0: [], 1: []}
    summed = []
    for place in (0, 1):
        monkeypatch.setenv("RANK", str(place))
        monkeypatch.setattr(ranks, "total", lambda values: summed.append(values[0]) or values)

        def loss(batch: Any) -> float:
            computed[ranks.place()].append(len(batch))
            return float(batch[0].ids[0])

        sharing.validation_loss(loss, some, 4)
    assert computed == {0: [4, 2], 1: [4, 2]}
    assert sum(summed) / 10 == (4 * 0 + 4 * 4 + 2 * 8) / 10


@pytest.mark.parametrize("name", ["ddp-cpu", "fsdp-cpu", "ddp-gpu-bf16", "fsdp-gpu"])
def test_the_configurations_are_what_accelerate_reads(name: str) -> None:
    from accelerate.commands.config.config_args import load_config_from_file

    from tests.finetune.trainings import REPOSITORY

    path = REPOSITORY / "examples" / "accelerate" / f"{name}.yaml"
    read = load_config_from_file(str(path))
    divided = name.startswith("fsdp")
    assert str(read.distributed_type.value) == ("FSDP" if divided else "MULTI_GPU")
    assert read.num_processes > 1 and not read.use_cpu and TrainingSettings().batch % read.num_processes == 0
    assert not divided or (read.fsdp_config["fsdp_version"], read.fsdp_config["fsdp_state_dict_type"]) == (
        2,
        "FULL_STATE_DICT",
    )
    assert (
        f"accelerate launch --config_file examples/accelerate/{name}.yaml -m ui.cli train" in path.read_text()
    )
