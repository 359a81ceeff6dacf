"""Several adapters over one base that is loaded once: by name, beside each other, and mixed in a batch."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from assistant.engines import attached
from assistant.engines.attached import Tuned, groups
from assistant.engines.local import LocalEngine
from finetune import base as bases
from finetune import registry
from finetune.adapter import attach_new, save
from finetune.base import load_base
from finetune.registry import Manifest
from foundation.errors import UserError


def ask(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


QUESTIONS = [
    ask(text)
    for text in ("What is the fee?", "And the price of the longest plan that you have?", "Hi", "Why?")
]


def made(base: str, folder: Path, seed: int, variant: str = "lora", activated: bool = False) -> Path:
    """Write an adapter of random weights, large enough to be heard."""
    import torch

    from finetune.prefix_cache.activated import header

    loaded = load_base(base)
    first = header(loaded.tokenizer) if activated else ()
    model = attach_new(loaded.model, 4, 8, 0.0, seed, variant, first)
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if "lora_B" in name:
                value.copy_(torch.randn_like(value) * 0.3)
    staged = folder.with_name(f".{folder.name}")
    staged.mkdir(parents=True)
    save(model, staged)
    told = {"method": "lora", "variant": variant, "activated": activated}
    papers = Manifest(
        folder.name,
        base,
        loaded.fingerprint,
        1,
        1,
        "",
        {},
        told,
        [],
        1.0,
        0.0,
        {},
        f"2026-01-0{seed}T00:00:00+00:00",
    )
    registry.publish(staged, folder, papers)
    return folder


@pytest.fixture(scope="module", params=["lfm2", "llama"])
def house(
    request: pytest.FixtureRequest, tiny_bases: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    base, home = str(tiny_bases[request.param]), tmp_path_factory.mktemp("adapters")
    for seed, name in enumerate(("soft", "stern"), 1):
        made(base, home / name, seed)
    return base, home


def engine(house: tuple[str, Path], **more: Any) -> LocalEngine:
    base, home = house
    return LocalEngine(base, lambda: home / "soft", max_new_tokens=8, named=lambda name: home / name, **more)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note every loading of a base."""
    loads: list[str] = []
    monkeypatch.setattr(
        "assistant.engines.local.load_base", lambda name: (loads.append(name), bases.load_base(name))[1]
    )
    return loads


def test_adapters_of_names_answer_over_one_base_that_is_loaded_once(
    house: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = counted(monkeypatch)
    several = engine(house)
    said = {
        one: several.generate(QUESTIONS[:1], one)[0].text
        for one in (False, "soft", "stern", True, "soft", False)
    }
    assert len(loads) == 1
    assert said[True] == said["soft"] and len({said[False], said["soft"], said["stern"]}) == 3
    alone = LocalEngine(house[0], lambda: house[1] / "stern", max_new_tokens=8)
    assert said["stern"] == alone.generate(QUESTIONS[:1], True)[0].text
    assert (
        several.identity("stern")
        == alone.identity(True)
        != several.identity("soft")
        == several.identity(True)
    )


def test_a_stream_with_an_adapter_of_a_name_says_what_its_whole_answer_says(house: tuple[str, Path]) -> None:
    several = engine(house)
    several.generate(QUESTIONS[:1], "soft")
    *pieces, _ = several.stream(QUESTIONS[0], "stern")
    assert "".join(map(str, pieces)).strip() == several.generate(QUESTIONS[:1], "stern")[0].text


def test_prompts_for_several_adapters_in_one_pass_are_answered_as_one_by_one(
    house: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    several = engine(house)
    asked = ["soft", False, "stern", True]
    passes: list[int] = []
    real = LocalEngine._answer
    monkeypatch.setattr(
        LocalEngine,
        "_answer",
        lambda self, rows, *rest: (passes.append(len(rows)), real(self, rows, *rest))[1],
    )
    together = [one.text for one in several.generate(QUESTIONS, asked)]
    assert passes == [4]
    alone = [
        several.generate([question], one)[0].text for question, one in zip(QUESTIONS, asked, strict=True)
    ]
    assert together == alone
    naive = [one.text for one in several.generate(QUESTIONS, "soft")]  # one adapter for all
    assert naive != alone


def test_an_adapter_of_an_unknown_name_is_refused_where_only_one_is_known(house: tuple[str, Path]) -> None:
    only = LocalEngine(house[0], lambda: house[1] / "soft")
    with pytest.raises(UserError, match='There is no adapter "stern" here: only the one that serves'):
        only.generate(QUESTIONS[:1], "stern")


def test_only_so_many_adapters_stay_on_a_base_and_the_one_asked_for_longest_ago_goes(
    house: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attached, "MOST", 1)
    loads, several = counted(monkeypatch), engine(house)
    said = [several.generate(QUESTIONS[:1], one)[0].text for one in ("soft", "stern", "soft")]
    assert said[0] == said[2] != said[1] and len(loads) == 1
    layer = next(part for part in several._on.model.modules() if hasattr(part, "lora_A"))  # type: ignore[union-attr]
    assert len(layer.lora_A) == 1
    # more than stay on at once, in one call: one group after the other
    assert [one.text for one in several.generate([QUESTIONS[0]] * 2, ["stern", "soft"])] == [said[1], said[0]]


def test_what_does_not_mix_stands_in_groups_of_its_own() -> None:
    plain, late = [Tuned(f"p{n}") for n in range(6)], Tuned("late", late=True)
    dora, whole, base = Tuned("d", mixes=False), Tuned("w", mixes=False, whole=True), Tuned()
    assert groups([base, plain[0], late, dora, plain[1], whole, dora]) == [[0, 1, 4], [2], [3, 6], [5]]
    assert groups(plain) == [[0, 1, 2, 3], [4, 5]]  # no more than stay on at once
    assert sorted(itertools.chain(*groups(plain * 2))) == list(range(12))


def test_adapters_that_act_late_share_what_the_base_read_in_one_pass_and_answer_as_alone(
    house: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, _ = house
    for seed, name in enumerate(("soft", "stern"), 1):
        made(base, tmp_path / name, seed, activated=True)
    several = engine((base, tmp_path))
    read: list[int] = []
    several.base.model.register_forward_pre_hook(
        lambda module, args, given: read.append(given["input_ids"].numel()), with_kwargs=True
    )
    asked = ["soft", "stern", False]
    together = [one.text for one in several.generate(QUESTIONS[:1] * 3, asked)]
    assert read[0] >= 10 and read[1] == 3 * 4  # the prompt once, then the header's tokens of all three
    alone = [several.generate(QUESTIONS[:1], one)[0].text for one in asked]
    assert together == alone and len(set(alone)) == 3


def test_kinds_that_can_t_stand_in_one_pass_answer_one_after_the_other_and_right(
    house: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, _ = house
    made(base, tmp_path / "soft", 1)
    made(base, tmp_path / "stern", 2, "dora")
    made(base, tmp_path / "late", 3, activated=True)
    whole(base, tmp_path / "all")
    loads, several = counted(monkeypatch), engine((base, tmp_path))
    asked = ["soft", "late", "stern", False]
    together = [one.text for one in several.generate(QUESTIONS, asked)]
    assert len(loads) == 1
    alone = []
    for question, name in zip(QUESTIONS, asked, strict=True):
        one = LocalEngine(base, lambda name=name: tmp_path / str(name), max_new_tokens=8)  # type: ignore[misc]
        alone.append(one.generate([question], name is not False)[0].text)
    assert together == alone
    # whole weights lie where the base's own were: nothing stands beside them, and the base is loaded anew for what follows
    loads.clear()
    changed = [several.generate(QUESTIONS[:1], name)[0].text for name in ("all", False, "soft")]
    assert changed[1:] == [several.generate(QUESTIONS[:1], False)[0].text, alone[0]]
    assert changed[0] != changed[1] and len(loads) == 2


def whole(base: str, folder: Path) -> None:
    """Write an adapter that is all of a base's weights, one of them changed."""
    import torch

    from finetune.training import whole as weights

    loaded = load_base(base, exactly=True)
    model = weights.begin(loaded.model)
    with torch.no_grad():
        next(value for value in model.parameters() if value.dim() > 1).add_(0.5)
    staged = folder.with_name(f".{folder.name}")
    staged.mkdir(parents=True)
    save(model, staged)
    papers = Manifest(
        folder.name,
        base,
        loaded.fingerprint,
        1,
        1,
        "",
        {},
        {"method": "full"},
        [],
        1.0,
        0.0,
        {},
        "2026-01-09T00:00:00+00:00",
    )
    registry.publish(staged, folder, papers)


@pytest.mark.slow
def test_two_tones_trained_on_the_starter_are_each_spoken_in_one_batch_as_alone_and_routed(
    tmp_path: Path,
) -> None:
    from assistant.assistant import Assistant
    from assistant.reply import Question
    from assistant.routing import Router, Rules
    from assistant.setup import variant
    from finetune.form import EMPTY
    from finetune.training.settings import TrainingSettings
    from finetune.training.train import Row, train_adapter

    tones = {"warm": "Gladly, dear friend.", "cold": "Noted. File closed."}
    assistant = Assistant(
        LocalEngine(
            "starter", lambda: tmp_path / "none", max_new_tokens=12, named=lambda name: tmp_path / name
        ),
        None,
        EMPTY,
        router=lambda: Router(Rules({"greeting": ["hello"], "complaint": ["broken"]}), tasks, False),
    )
    tasks = {"greeting": "warm", "complaint": "cold"}
    settings = TrainingSettings(rank=8, epochs=3, learning_rate=1e-2, batch=4, patience=3)
    for name, says in tones.items():
        questions = [f"{word} number {n}" for n in range(6) for word in ("Hello", "It is broken,")]
        rows = [Row(tuple(assistant.messages(text, (), (), variant("lora"))), says) for text in questions]
        train_adapter("starter", rows, rows[:4], tmp_path / name, settings)
    texts = ["Hello number 40", "My lamp is broken", "Hello number 41", "The cup is broken"]
    replies = assistant.answer_cases([Question(text, (), variant("lora+routed")) for text in texts])
    said = [(reply.adapter, reply.text) for reply in replies]  # type: ignore[union-attr]
    names = ("warm", "cold", "warm", "cold")
    alone = [
        assistant.answer(text, (), variant(f"lora+adapter={name}")).text
        for text, name in zip(texts, names, strict=True)
    ]
    assert said == list(zip(names, alone, strict=True))
    assert alone[0].startswith("Gladly") and "Gladly" not in alone[1]
    assert assistant.answer(texts[0], (), variant("lora+adapter=cold")).text != alone[0]
