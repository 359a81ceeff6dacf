"""Blind votes: what is kept of them, which pair is shown next, and what they add up to."""

from __future__ import annotations

import json
import stat
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from experiments.opinions import pairwise
from experiments.opinions.ballots import Choice, Vote, VoteFile, draw_pair, key_in, keyed_hash
from experiments.opinions.bradley_terry import Counts
from experiments.opinions.preferences import counted, tally, votes_dict, votes_for
from experiments.shown.votes_text import votes_text
from experiments.statistics.sequential import bound, decided

SETUPS = ("prompt", "rag", "lora", "hybrid")


def vote(n: int, left: str, right: str, choice: Choice | str, who: str = "", **changes: object) -> Vote:
    return Vote(
        f"v{n}", f"q{n}", left, right, Choice(choice), who or f"w{n}", "2026-01-01T00:00:00+00:00", **changes
    )  # type: ignore[arg-type]


def votes(winner: str, loser: str, wins: int, losses: int, ties: int = 0, start: int = 0) -> list[Vote]:
    """Return votes whose sides change from one to the next."""
    chosen = [winner] * wins + [loser] * losses + [None] * ties
    found = []
    for place, who in enumerate(chosen, start):
        left, right = (winner, loser) if place % 2 else (loser, winner)
        choice = Choice.TIE if who is None else Choice.LEFT if who == left else Choice.RIGHT
        found.append(vote(place, left, right, choice))
    return found


# the file


def test_a_vote_is_kept_without_a_word_of_what_was_asked(tmp_path: Path) -> None:
    key = key_in(tmp_path / "votes" / "key")
    asked = "Why was Ayşe Yılmaz dismissed?"
    file = VoteFile(tmp_path / "votes" / "votes.jsonl")
    file.append(
        [
            Vote(
                "v1",
                keyed_hash(asked, key),
                "rag",
                "prompt",
                Choice.LEFT,
                keyed_hash("ayse", key),
                "2026-01-01",
            )
        ]
    )
    written = (tmp_path / "votes" / "votes.jsonl").read_text()
    assert set(json.loads(written)) == {"id", "question", "left", "right", "choice", "who", "when", "marks"}
    assert "Ayşe" not in written and "dismissed" not in written and "ayse" not in written
    assert file.votes()[0].question == keyed_hash(asked, key)


def test_the_key_is_made_once_and_is_its_owners_only(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: key_in(tmp_path / "key"), range(8)))
    assert len(keys) == 1 and len(keys.pop()) == 32
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    assert keyed_hash("a", b"one") != keyed_hash("a", b"two")


def test_an_id_is_voted_on_once_whoever_writes(tmp_path: Path) -> None:
    one, again = VoteFile(tmp_path / "v.jsonl"), VoteFile(tmp_path / "v.jsonl")
    first = vote(1, "rag", "prompt", "left")
    assert one.append([first]) == 1
    assert again.append([vote(1, "rag", "prompt", "right")]) == 0
    assert one.votes() == again.votes() == [first]


def test_a_torn_line_loses_itself_only(tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    file = VoteFile(path)
    file.append([vote(1, "rag", "prompt", "left"), vote(2, "rag", "prompt", "tie")])
    path.write_bytes(path.read_bytes()[:-20])
    file.append([vote(3, "rag", "prompt", "right")])
    assert [one.id for one in file.votes()] == ["v1", "v3"] and file.damaged == 1
    path.write_text(path.read_text() + '{"id": "x"}\n{"choice": "maybe"}\n[1]\n' + "[" * 100_000 + "\n")
    assert [one.id for one in file.votes()] == ["v1", "v3"] and file.damaged == 5


def test_several_writers_lose_no_vote(tmp_path: Path) -> None:
    def write(n: int) -> None:
        VoteFile(tmp_path / "v.jsonl").append([vote(n, "rag", "prompt", "left")])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(80)))
    file = VoteFile(tmp_path / "v.jsonl")
    assert len(file.votes()) == 80 and file.damaged == 0


# the draw


def test_the_pair_with_the_fewest_votes_is_shown_next() -> None:
    cast: list[Vote] = []
    for n in range(60):
        left, right = draw_pair(SETUPS, cast, f"seed-{n}")
        cast.append(vote(n, left, right, "left"))
    assert set(Counter(one.pair for one in cast).values()) == {10}, "six pairs, ten votes each"


def test_sides_are_by_lot_and_a_seed_draws_the_same_again() -> None:
    drawn = [draw_pair(("rag", "prompt"), [], f"s{n}") for n in range(2_000)]
    left = sum(one[0] == "rag" for one in drawn)
    assert 900 < left < 1_100
    assert draw_pair(SETUPS, [], "s7") == draw_pair(SETUPS[::-1], [], "s7")
    firsts = Counter(frozenset(draw_pair(SETUPS, [], f"s{n}")) for n in range(1_200))
    assert len(firsts) == 6 and min(firsts.values()) > 140, "no pair is always the first"
    with pytest.raises(ValueError, match="two setups"):
        draw_pair(("rag", "rag"), [], "s")


# the tally


def test_votes_are_counted_as_can_be_seen_by_hand() -> None:
    cast = [
        vote(1, "rag", "prompt", "left"),
        vote(2, "prompt", "rag", "right"),
        vote(3, "prompt", "rag", "left"),
        vote(4, "rag", "prompt", "tie"),
        vote(5, "rag", "prompt", "both bad"),
    ]
    found = tally(cast)
    (pair,) = found.pairs
    assert (pair.setup, pair.other, pair.n) == ("rag", "prompt", 5)
    assert (pair.wins, pair.losses, pair.ties, pair.both_bad) == (2, 1, 1, 1)
    assert pair.rate is not None and pair.rate.mean == pytest.approx((2 + 0.5 + 0.5) / 5)
    assert pair.p_exact == 1.0, "two against one is a fair coin"
    assert (found.both_bad.passed, found.both_bad.n) == (1, 5)
    assert (found.left.passed, found.left.n) == (2, 3)


def test_several_votes_of_one_person_on_one_question_count_once_the_blind_one() -> None:
    same = dict(question="q", who="w")
    cast = [
        Vote("a", left="rag", right="prompt", choice=Choice.LEFT, **same),
        Vote("b", left="prompt", right="rag", choice=Choice.LEFT, **same),
        Vote("c", left="rag", right="hybrid", choice=Choice.LEFT, **same),
        Vote("d", question="q", who="other", left="rag", right="prompt", choice=Choice.TIE),
    ]
    assert [one.id for one in counted(cast)] == ["a", "c", "d"]
    found = tally(cast)
    assert found.votes == 3 and found.passed_over == 1 and found.voters == 2
    unknown = [
        Vote(name, question="q", left="rag", right="prompt", choice=Choice.TIE) for name in ("x", "y", "x")
    ]
    assert len(counted(unknown)) == 2, "nobody in particular may be two people; one id is one vote"


def test_a_voter_who_always_takes_the_left_is_seen_and_makes_no_winner_sure() -> None:
    cast = [vote(n, *(("rag", "prompt") if n % 2 else ("prompt", "rag")), Choice.LEFT) for n in range(60)]
    found = tally(cast)
    assert found.left.passed == 60 and found.left_p is not None and found.left_p < 1e-9
    assert not found.verdict.sure and found.verdict.winner == "prompt"
    assert "The side decides" in votes_text(found)


def test_a_preferred_setup_wins_surely_and_the_margin_leaves_the_simplest_where_nothing_tells() -> None:
    clear = tally(votes("rag", "prompt", 75, 25))
    assert clear.verdict.winner == "rag" and clear.verdict.sure and clear.pairs[0].needed == 0
    even = tally(votes("rag", "prompt", 51, 49))
    assert even.verdict.winner == "prompt" and not even.verdict.sure
    assert even.verdict.needed and even.verdict.needed > 100
    ties = tally(votes("rag", "prompt", 1, 1, ties=998))
    assert ties.verdict.winner == "prompt" and ties.verdict.sure, "equal within the margin: the simplest"
    assert ties.verdict.differences[0].equivalent


def test_four_setups_are_placed_and_the_effects_of_the_two_by_two_read_off() -> None:
    cast, start = [], 0
    for other, setup, wins in (
        ("prompt", "rag", 26), ("prompt", "lora", 15), ("prompt", "hybrid", 27),
        ("rag", "lora", 5), ("rag", "hybrid", 15), ("lora", "hybrid", 25),
    ):  # fmt: skip
        cast += votes(setup, other, wins, 30 - wins, start=start)
        start += 30
    found = tally(cast)
    assert [row.setup for row in found.strengths.rows] == list(SETUPS)
    effects = {row.name: row.effect for row in found.verdict.effects}
    assert effects["retrieval"] is not None and effects["retrieval"].low > 0.2
    assert effects["adapter"] is not None and effects["adapter"].low < 0 < effects["adapter"].high
    assert found.verdict.winner == "rag", "hybrid is not preferred to it, and rag is simpler"
    assert len(found.pairs) == 6 and all(pair.n == 30 for pair in found.pairs)


def test_variants_stand_behind_their_setup() -> None:
    assert pairwise.by_ladder(["hybrid", "rag+shots", "custom", "prompt", "rag"]) == [
        "prompt", "rag", "rag+shots", "hybrid", "custom",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "cast",
    [
        [],
        [vote(1, "rag", "prompt", "tie")],
        [vote(1, "rag", "rag", "left")],
        votes("rag", "prompt", 9, 0) + votes("hybrid", "lora", 9, 0, start=20),
    ],
)
def test_too_few_votes_name_no_winner_and_break_nothing(cast: list[Vote]) -> None:
    found = tally(cast)
    assert found.verdict.winner is None and not found.verdict.sure
    assert "not enough data" in found.verdict.reason
    assert votes_text(found)
    json.dumps(votes_dict(found))


def test_nobody_has_voted_yet_tells_how_many_votes_it_takes() -> None:
    assert [votes_for(rate) for rate in (0.60, 0.65, 0.70)] == [194, 85, 47]
    assert votes_for(0.60, told_apart=0.5) == 96, "ties tell nothing apart, and leave less to chance"
    told = " ".join(votes_text(tally([])).split())
    assert "60 % / 65 % / 70 % with power 80 %: 194 / 85 / 47 where one looks once" in told


def test_votes_on_an_earlier_state_are_told() -> None:
    cast = [
        vote(1, "rag", "prompt", "left", marks=("old", "same")),
        vote(2, "prompt", "rag", "left", marks=("same", "new")),
    ]
    assert tally(cast).earlier_states == {"rag": 1}


def test_one_voter_who_gave_most_votes_is_told() -> None:
    cast = [vote(n, "rag", "prompt", "left", who="busy" if n < 20 else "") for n in range(30)]
    assert tally(cast).busiest == pytest.approx(2 / 3)
    assert "67 % of the votes are of one voter" in votes_text(tally(cast))


# validity


def test_between_equals_looking_after_every_vote_alarms_in_no_more_than_six_of_a_hundred() -> None:
    rng = np.random.default_rng(11)
    # 30 % ties; what is asked here is what `tally` asks: the sequential test on wins and losses
    cast = rng.choice([1, -1, 0], p=[0.35, 0.35, 0.3], size=(2_000, 200))
    won, lost = (cast == 1).cumsum(axis=1), (cast == -1).cumsum(axis=1)
    table = {
        pair: decided(*pair) for pair in set(zip(won.ravel().tolist(), lost.ravel().tolist(), strict=True))
    }
    alarms = [
        any(table[pair] for pair in zip(w, s, strict=True))
        for w, s in zip(won.tolist(), lost.tolist(), strict=True)
    ]
    assert np.mean(alarms) <= 0.06
    for pair in ((60, 30), (45, 38), (12, 0), (5, 0)):
        (row,) = pairwise.differences(("prompt", "rag"), {("rag", "prompt"): Counts(*pair, 9)}, 0.05, "votes")
        assert row.p_holm is not None and (row.p_holm <= 0.05) == decided(*pair)


def test_six_pairs_of_equals_are_corrected_for_their_number() -> None:
    pairs = {(setup, other): Counts(20, 20, 0) for n, setup in enumerate(SETUPS) for other in SETUPS[:n]}
    pairs["rag", "prompt"] = Counts(33, 7, 0)
    rows = {(row.setup, row.other): row for row in pairwise.differences(SETUPS, pairs, 0.05, "votes")}
    ahead = rows["rag", "prompt"]
    assert ahead.p is not None and ahead.p_holm == pytest.approx(6 * ahead.p) and 6 * ahead.p < 1
    rng = np.random.default_rng(2)
    alarms = 0
    for _ in range(150):
        wins = rng.binomial(60, 0.5, size=6)
        pairs = {
            (setup, other): Counts(int(won), 60 - int(won), 0)
            for won, (setup, other) in zip(
                wins, [(a, b) for n, a in enumerate(SETUPS) for b in SETUPS[:n]], strict=True
            )
        }
        rows = pairwise.differences(SETUPS, pairs, 0.05, "votes")
        alarms += any(row.p_holm is not None and row.p_holm < 0.05 for row in rows)
    assert alarms / 150 <= 0.06


def test_what_is_needed_shows_it_in_eight_of_ten_runs_and_is_0_only_once_it_is_shown() -> None:
    (pair,) = tally(votes("rag", "prompt", 24, 16)).pairs  # 60 %
    assert pair.needed is not None and 40 + pair.needed > 194, (
        "more than one look takes, to look at all times"
    )
    walks = np.random.default_rng(6).random((600, 40 + pair.needed)) < 0.6
    won = walks.cumsum(axis=1)
    bounds = np.array([bound(n) for n in range(1, won.shape[1] + 1)])
    away = np.abs(2 * won - np.arange(1, won.shape[1] + 1)) >= bounds
    assert 0.77 <= np.mean(away.any(axis=1)) <= 0.83
    (almost,) = tally(votes("rag", "prompt", 15, 6)).pairs
    assert almost.p is not None and almost.p > 0.05 and almost.needed and almost.needed > 0
