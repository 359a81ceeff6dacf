"""Length bias: told where length decided, quiet where it did not, and a gain held against answers of like length."""

from __future__ import annotations

import random

from experiments.length_bias import Asked, alike, length_bias


def test_a_planted_preference_for_long_answers_is_told() -> None:
    found = length_bias([(20 + n % 5, 10 + n % 3) for n in range(30)])
    assert (
        found.biased
        and "Length bias: of 30 pairs of unlike length the longer answer was chosen 30 times" in found.text
    )
    assert found.difference is not None and found.difference.low > 0


def test_a_planted_preference_for_short_answers_is_told_as_such() -> None:
    found = length_bias([(8, 20)] * 12)
    assert found.biased and "the shorter answer was chosen 12 times" in found.text


def test_where_length_decided_nothing_it_stays_quiet_in_95_of_100_sets() -> None:
    rng = random.Random(5)
    alarms = sum(
        length_bias([(rng.randint(8, 24), rng.randint(8, 24)) for _ in range(40)]).biased for _ in range(200)
    )
    assert alarms <= 14, "of 200 at 5 %, with room for luck"


def test_a_naive_mean_cries_wolf_over_one_long_answer_where_the_test_does_not() -> None:
    pairs = [(10, 11), (11, 10)] * 10 + [(400, 10)]
    naive = sum(a for a, _ in pairs) > 1.5 * sum(b for _, b in pairs)
    assert naive and not length_bias(pairs).biased


def test_answers_that_grew_are_told_and_wins_of_like_length_are_counted_apart() -> None:
    asked = [Asked(10, 20 + n % 4, False, True) for n in range(12)] + [
        Asked(10, 10, True, False),
        Asked(10, 11, False, True),
    ]
    found = length_bias([(10, 10)] * 4, asked=asked)
    assert found.grew and "Answers surely became longer" in found.text
    assert (found.alike_won, found.alike_lost) == (1, 1), (
        "twelve wins came with twice the words, and are not among them"
    )


def test_held_out_pairs_of_like_length_are_judged_apart() -> None:
    found = length_bias([(10, 10)], held_out=[(10, 10), (10, 11), (30, 10)], right=[True, False, True])
    assert (found.matched.passed, found.matched.n) == (1, 2)
    assert alike(10, 11) and not alike(10, 12)


def test_nothing_is_told_of_answers_where_none_were_asked() -> None:
    told = length_bias([(9, 10), (10, 9)]).to_dict()
    assert told["growth"] is None and not told["grew"] and not told["biased"]
