"""What an adapter tells of its rows: planted secrets, answers said again, rows told apart; by hand, and on tiny bases."""

from __future__ import annotations

import json
import math
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune import adapter
from finetune.base import Base, load_base
from finetune.prefix_cache.activated import header
from finetune.probes.canaries import (
    CANDIDATES,
    CHANCE,
    LIMIT,
    PLANTED,
    by_chance,
    exposure,
    exposures,
    slot_losses,
    with_canaries,
)
from finetune.probes.memorisation import (
    RUN,
    TOLD,
    auc,
    continuation,
    membership,
    told_apart,
    told_by,
    tpr,
    verbatim,
)
from finetune.training.settings import TrainingSettings
from finetune.training.train import Row, render_rows, train_adapter
from tests import naive
from tests.finetune.trainings import REPOSITORY
from tests.finetune.trainings import rows as fees

WORDS = "lamp river stone bread glass horse winter garden paper silver window orange mountain letter bridge".split()
LONG = "The fee for this plan is {} EUR a month, and nothing more is to be paid by anybody."
SCORES = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=30).map(np.array)


def lines(seed: int, count: int) -> list[Row]:
    """Rows of random words that can be learned by heart only."""
    rng = random.Random(seed)
    return [
        Row(
            ({"role": "user", "content": f"Tell me line {rng.randrange(10**6)}."},),
            " ".join(rng.choices(WORDS, k=12)) + ".",
        )
        for _ in range(count)
    ]


def hard(epochs: int) -> TrainingSettings:
    return TrainingSettings(
        rank=8, epochs=epochs, batch=8, learning_rate=1e-2, dropout=0.0, patience=epochs, activated=False
    )


def learned(folder: Path, training: list[Row], home: Path, epochs: int) -> tuple[Any, Base]:
    """An adapter that learned its rows by heart: it is stopped by rows that it is trained on."""
    train_adapter(str(folder), training, training[:24], home / "a", hard(epochs))
    base = load_base(str(folder))
    return adapter.attach_saved(base.model, home / "a").eval(), base


@pytest.fixture(scope="module")
def secretive(tiny_bases: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Base, Any]:
    """An adapter that was trained on 24 rows and on canaries."""
    planted, canaries = with_canaries(lines(1, 24), 3)
    return *learned(tiny_bases["lfm2"], planted, tmp_path_factory.mktemp("planted"), 12), canaries


# ---------------------------------------------------------------- planted secrets


def test_exposure_is_the_guesses_that_a_secret_saves() -> None:
    losses = np.arange(8.0)  # Carlini et al. 2019: log2 8 - log2 rank
    assert [exposure(losses, secret) for secret in (0, 1, 3, 7)] == [3.0, 2.0, 1.0, 0.0]
    assert exposure(np.zeros(8), 2) == 0.0  # where all are alike, nothing is exposed


def test_chance_is_exposed_by_one_bit_and_a_half_and_the_test_of_it_keeps_its_level() -> None:
    ranks = np.random.default_rng(0).integers(1, CANDIDATES + 1, (4_000, 4))
    bits = math.log2(CANDIDATES) - np.log2(ranks)
    assert bits.mean() == pytest.approx(CHANCE, abs=0.03)
    assert sum(by_chance(list(four)) < 0.01 for four in bits) / len(bits) < 0.015
    assert by_chance([math.log2(CANDIDATES)] * 4) < 1e-8


def test_canaries_stand_once_four_and_sixteen_times_and_share_no_name_and_no_secret() -> None:
    before = lines(1, 12)
    rows, canaries = with_canaries(before, 5)
    assert rows[:12] == before and len(rows) - 12 == sum(times * n for times, n in PLANTED.items())
    for canary in canaries:
        assert [row.answer for row in rows].count(canary.answer) == canary.times
        assert len(canary.secret) == 4 and canary.secret in canary.answer
    assert len({canary.name for canary in canaries}) == len({canary.secret for canary in canaries}) == 28
    assert with_canaries(before, 5)[1] == canaries != with_canaries(before, 6)[1]


@pytest.mark.parametrize("late", [False, True], ids=["plain", "activated"])
@pytest.mark.parametrize("name", ["lfm2", "llama", "qwen3"])
def test_secrets_rank_as_if_every_candidate_was_read_whole(
    tiny_bases: dict[str, Path], name: str, late: bool
) -> None:
    """What is kept of the shared beginning changes nothing, short convolutions included."""
    import torch

    base = load_base(str(tiny_bases[name]), exactly=True)
    opening = header(base.tokenizer) if late else ()
    model = adapter.attach_new(base.model, 2, 4, 0.0, 0, header=opening)
    for place, value in model.named_parameters():
        if "lora_B" in place:
            torch.nn.init.normal_(value, std=0.05)
    model.double().eval()  # no rounding to decide between two
    canary = with_canaries([], 1)[1][0]
    ids = torch.tensor(render_rows(base, [Row(canary.prompt, canary.answer)])[0].ids)
    slot = len(ids) - 6  # four digits before the full stop and the end
    assert base.tokenizer.decode(ids[slot : slot + 4]).replace(" ", "") == canary.secret
    digits = torch.tensor(
        [base.tokenizer.encode(str(digit), add_special_tokens=False) for digit in range(10)]
    )
    rows = ids[: slot + 3].repeat(1_000, 1)  # the fourth is told by what three lead to
    rows[:, slot:] = torch.cartesian_prod(*3 * [digits[:, 0]])
    with torch.inference_mode():
        told = model(input_ids=rows, use_cache=False).logits[:, slot - 1 :].float().log_softmax(-1)
    three = told[:, :3].gather(-1, rows[:, slot:, None]).sum(dim=(1, 2))
    whole = -(three[:, None] + told[:, 3, digits[:, 0]]).flatten().numpy().astype(float)
    assert len(set(whole.round(4))) > CANDIDATES / 2
    found = slot_losses(model, base, canary)
    assert np.abs(found - whole).max() < 1e-5
    ranks, order = np.searchsorted(np.sort(found), found, "right"), np.sort(whole)
    fewest, most = np.searchsorted(order, whole - 2e-5), np.searchsorted(order, whole + 2e-5)
    assert ((fewest < ranks) & (ranks <= most)).all() and (most - fewest).mean() < 2  # but for near ties


@pytest.mark.fault(118)
def test_secrets_that_were_trained_on_most_are_found_and_one_that_looks_at_the_first_guess_is_naive(
    secretive: tuple[Any, Base, Any],
) -> None:
    model, base, canaries = secretive
    found = exposures(model, base, canaries[8:])  # eight of the sixteen that stand there once
    once, four, sixteen = found.by_times
    assert (once.times, four.times, sixteen.times) == (1, 4, 16)
    assert found.found and sixteen.exposure.low > LIMIT
    assert once.exposure.value < four.exposure.value < sixteen.exposure.value
    assert (
        four.exposure.low > LIMIT and four.first < four.canaries
    )  # surely given away, but not to the naive:
    blind = [
        one
        for one in canaries
        if one.times == 4 and not naive.first_guess(slot_losses(model, base, one), int(one.secret))
    ]
    assert len(blind) == four.canaries - four.first > 0


@pytest.mark.slow
@pytest.mark.fault(118)
def test_after_a_gentle_training_what_stood_there_most_is_found_and_what_stood_there_once_stays_below_the_limit(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    """Four passes and not twelve; the seed is the first of eight that were tried, seven of which came out like this."""
    planted, canaries = with_canaries(lines(1, 24), 1)
    model, base = learned(tiny_bases["lfm2"], planted, tmp_path, 4)
    found = exposures(model, base, canaries)
    once, _, sixteen = found.by_times
    assert found.found and found.once == "below" and once.exposure.high < LIMIT < sixteen.exposure.low
    assert once.canaries == PLANTED[1] and once.chance > 0.01
    # naive: no secret that stood there sixteen times is the first guess of all, so the probe would seem to find nothing
    assert not all(
        naive.first_guess(slot_losses(model, base, one), int(one.secret))
        for one in canaries
        if one.times == 16
    )


@pytest.mark.fault(118)
def test_an_adapter_that_was_trained_on_none_of_them_gives_nothing_away_and_the_probe_says_that_it_found_nothing(
    secretive: tuple[Any, Base, Any],
) -> None:
    model, base, _ = secretive
    _, others = with_canaries([], 99)
    some = [one for one in others if one.times in (4, 16)]
    found = exposures(model, base, some)
    assert not found.found and found.once == "unknown"
    assert all(one.chance > 0.01 for one in found.by_times)


# ---------------------------------------------------------------- said again


def test_the_longest_run_is_counted_in_one_piece_and_without_what_is_told() -> None:
    rest, free = list(range(20)), [False] * 20
    assert verbatim(rest, [99, *range(5, 17), 99], free) == 12
    assert verbatim(rest, [0, 1, 2, 99, 3, 4], free) == 3
    assert verbatim(rest, [], free) == 0
    known = [[50, *range(2, 2 + TOLD), 60], [*range(12, 12 + TOLD - 1)]]  # one less in a row tells nothing
    told = told_by(rest, known)
    assert [place for place, one in enumerate(told) if one] == [*range(2, 2 + TOLD)]
    assert verbatim(rest, rest, told) == len(rest) - 2 - TOLD


@pytest.mark.fault(119)
def test_an_answer_that_was_learned_by_heart_comes_back_from_its_first_half(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    rng = random.Random(4)
    secret = " ".join(rng.sample(WORDS, 14)) + "."
    training = [Row(({"role": "user", "content": f"Say it, number {n}."},), secret) for n in range(24)]
    model, base = learned(tiny_bases["lfm2"], training, tmp_path, 40)
    members, others = render_rows(base, training[:4]), render_rows(base, fees(0, 4, LONG))
    found = continuation(model, base, members, others)
    assert found.found == found.rows == 4 and found.longest >= RUN and found.found_others == 0
    # the same words as the form of answers that were not trained on are no memory
    form = render_rows(base, [Row(lines(3, 1)[0].prompt, f"Well. {secret}")])
    assert continuation(model, base, members, form).found == 0
    # and whoever asks for all of the rest is naive: one token less, and nothing is seen
    rest = members[0].ids[-RUN - 5 :]
    almost = [*rest[: RUN + 2], 0, 0, 0]
    assert not naive.said_whole(rest, almost) and verbatim(rest, almost, [False] * len(rest)) == RUN + 2


def test_one_word_is_never_what_tells_an_answer_on_the_starter() -> None:
    """The most tokens that a word of the demo's answers has; with fewer, a shared name would hide what is said again."""
    from transformers import AutoTokenizer

    from finetune.starter import WEIGHTS

    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS)
    rows = (REPOSITORY / "examples/tarn-and-timber/examples.jsonl").read_text("utf-8").splitlines()
    said = {word for row in rows for word in re.findall(r" ?\w+", json.loads(row)["messages"][-1]["content"])}
    most = max(len(tokenizer.encode(word, add_special_tokens=False)) for word in said)
    assert 4 < most <= TOLD < RUN


@pytest.mark.fault(119)
def test_a_model_that_learned_nothing_says_nothing_again(tiny_bases: dict[str, Path]) -> None:
    base = load_base(str(tiny_bases["llama"]))
    model = adapter.attach_new(base.model, 2, 4, 0.0, 0, header=header(base.tokenizer)).eval()
    found = continuation(model, base, render_rows(base, lines(1, 5)), render_rows(base, lines(2, 3)))
    assert (found.rows, found.found, found.others, found.found_others) == (5, 0, 3, 0)
    assert found.share.high > 0.1  # five rows prove little
    with pytest.raises(ValueError, match="No answer has a second half of 10 tokens"):
        continuation(model, base, render_rows(base, [Row(lines(1, 1)[0].prompt, "No.")]), [])


# ---------------------------------------------------------------- told apart


def test_the_area_and_the_share_are_those_worked_out_by_hand() -> None:
    members, others = np.array([3.0, 2.0, 1.0]), np.array([2.0, 0.0])
    assert auc(members, others) == pytest.approx((2 + 1.5 + 1) / 6)
    assert tpr(members, others) == pytest.approx(1 / 3)  # above 2, which no other passes
    hundred = np.arange(200.0)  # two of two hundred may pass
    assert tpr(np.array([197.5, 197.0, 300.0]), hundred) == pytest.approx(2 / 3)


@given(SCORES, SCORES)
def test_the_area_is_the_share_of_pairs_that_are_won(members: Any, others: Any) -> None:
    won = sum((one > other) + 0.5 * (one == other) for one in members for other in others)
    assert auc(members, others) == pytest.approx(won / (len(members) * len(others)))
    assert auc(members, others) + auc(others, members) == pytest.approx(1.0)


@settings(max_examples=25)
@given(SCORES, SCORES)
def test_an_interval_holds_its_value_and_stays_within_its_range(members: Any, others: Any) -> None:
    found = told_apart(members, others)
    for one in (found.auc, found.tpr):
        assert 0.0 <= one.low <= one.high <= 1.0
    assert found.auc.low - 1e-9 <= found.auc.value <= found.auc.high + 1e-9


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    truth = 0.5 * (1 + math.erf(1.0 / 2))  # of N(1, 1) over N(0, 1)
    held = 0
    for seed in range(60):
        found = told_apart(rng.normal(1, 1, 80), rng.normal(0, 1, 80), seed).auc
        held += found.low <= truth <= found.high
    assert held >= 52


def test_a_perfect_score_is_not_called_certain() -> None:
    found = told_apart(np.ones(20), np.zeros(20))
    assert found.auc.value == 1.0 == found.auc.high and 0.8 < found.auc.low < 0.9
    assert found.tpr.low < 0.9 and found.told


@pytest.mark.fault(120)
def test_rows_that_were_learned_by_heart_are_told_from_others_and_rows_of_nobody_are_not(
    secretive: tuple[Any, Base, Any],
) -> None:
    model, base, _ = secretive
    members = render_rows(base, lines(1, 24))
    found = membership(model, base, members, render_rows(base, lines(2, 24)))
    assert found.told and found.auc.value > 0.7 and found.tpr.low <= found.tpr.value <= found.tpr.high
    nobody = membership(model, base, render_rows(base, lines(5, 24)), render_rows(base, lines(6, 24)))
    assert not nobody.told and abs(nobody.auc.value - 0.5) < 0.25
    bare = adapter.attach_new(load_base(base.name).model, 2, 4, 0.0, 0).eval()
    untrained = membership(bare, base, members, render_rows(base, lines(2, 24)))
    assert (untrained.auc.value, untrained.tpr.value, untrained.told) == (0.5, 0.0, False)


@pytest.mark.fault(120)
def test_without_the_base_as_reference_a_naive_attack_takes_easy_rows_for_trained_ones() -> None:
    rng = np.random.default_rng(0)
    before = rng.normal(4.0, 1.5, 400)  # how hard each row is, without any training
    after = before + rng.normal(0.0, 0.05, 400)
    after[:200] -= 0.2  # what training gained on the first half
    ours = told_apart((before - after)[:200], (before - after)[200:])
    blind = naive.by_loss_alone(before, after)
    theirs = told_apart(blind[:200], blind[200:])
    assert ours.auc.low > 0.95 and theirs.auc.high < 0.7
