"""What a setup takes more is held against what it brings, and it pays only where that is sure."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from experiments import Failure, Pays, Prices, Result, Stakes, Verdict, Worth, compare
from experiments.shown.report import comparison_text
from experiments.verdict import NOT_ENOUGH
from foundation.errors import UserError
from tests.experiments.worlds import result, results

PRICES = Prices("EUR", per_million_in=2.0, per_million_out=10.0, per_hour=3.6)


def two(n: int, prompt: int, rag: int, seconds: float = 0.2, tokens: int = 1000) -> list[Result]:
    """Return `n` questions of which each setup passes its first so many; rag takes more seconds and tokens."""
    return [
        one
        for at in range(n)
        for one in (
            result("prompt", f"q-{at:03}", facts=at < prompt),
            result("rag", f"q-{at:03}", facts=at < rag, seconds=1.0 + seconds, tokens_in=100 + tokens),
        )
    ]


def test_seconds_of_two_runs_are_not_compared_where_a_naive_mean_calls_a_busy_hour_a_slow_setup() -> None:
    """Kept answers of an idle machine beside new ones of a busy one: nothing but the hour is slower."""
    early = [
        replace(one, record=replace(one.record, run="a")) for one in two(40, 20, 20) if one.setup == "prompt"
    ]
    late = [
        replace(one, record=replace(one.record, run="b")) for one in two(40, 20, 20) if one.setup == "rag"
    ]
    naive = worth(compare([*two(40, 20, 20)], prices=PRICES))
    assert naive.seconds is not None and naive.seconds.low > 0
    verdict = compare([*early, *late], prices=PRICES)
    found = worth(verdict)
    assert (found.seconds, found.per_100_ms, found.cost) == (None, None, None)
    assert found.tokens is not None and found.lift is not None
    sentence = "rag and prompt were not asked in one run, so their seconds are not compared."
    assert sentence in " ".join(comparison_text(verdict).split())


def worth(verdict: Verdict) -> Worth:
    (found,) = verdict.worth
    return found


def test_a_reply_costs_its_tokens_and_its_seconds() -> None:
    record = result("prompt", "a", tokens_in=1_000_000, tokens_out=100_000, seconds=10.0).record
    assert PRICES.cost(record) == pytest.approx(2.0 + 1.0 + 0.01)
    assert Prices().cost(record) == 0.0


def test_what_a_setup_takes_more_and_brings_for_it_is_worked_out_by_hand() -> None:
    found = worth(compare(two(100, prompt=20, rag=60), prices=PRICES, stakes=Stakes(gain=1.0, wrong=0.5)))
    assert found.lift is not None and found.lift.mean == pytest.approx(0.4)
    for interval, truth in (
        (found.seconds, 0.2),
        (found.tokens, 1000.0),
        (found.cost, 0.002 + 0.0002),  # 1,000 tokens and 0.2 s
        (found.per_100_ms, 0.4 / 2),
        (found.per_1000_tokens, 0.4),
        (found.per_currency, 0.4 / 2.2),
        (found.break_even, 0.0022 / 1.5),
        (found.net, 0.4 * 1.5 - 0.0022),
    ):
        assert interval is not None
        assert interval.mean == pytest.approx(truth)
    assert found.net is not None and found.net.low < found.net.mean < found.net.high
    assert found.pays is Pays.YES
    assert found.sentence.startswith("rag pays: against prompt it earns +0.598 (")
    assert found.sentence.endswith("EUR a reply, costs counted; it breaks even at 0.15 points more.")


def test_a_lift_that_costs_more_than_it_gains_does_not_pay() -> None:
    found = worth(compare(two(100, 20, 60), prices=PRICES, stakes=Stakes(gain=0.001)))
    assert found.break_even is not None and found.break_even.mean == pytest.approx(2.2)
    assert found.pays is Pays.NO
    assert found.sentence.startswith("rag does not pay: ")


def test_a_lift_near_its_break_even_is_not_sure() -> None:
    found = worth(compare(two(100, 20, 60), prices=PRICES, stakes=Stakes(gain=0.0055)))
    assert found.break_even is not None and found.break_even.mean == pytest.approx(0.4)
    assert found.pays is Pays.NOT_SURE
    assert found.sentence.startswith("It is not sure whether rag pays: ")


def test_what_surely_pays_is_claimed_of_a_setup_at_its_break_even_in_5_percent_at_most() -> None:
    drawn, claims = random.Random(1), 0
    pools = {lift: two(1, prompt=int(lift < 0), rag=int(lift > 0)) for lift in (-1, 1)} | {0: two(1, 0, 0)}
    for _ in range(40):
        rows = []
        for at in range(120):
            lift = drawn.choices([1, -1, 0], [0.3, 0.1, 0.6])[0]
            rows += [_renamed(one, at) for one in pools[lift]]
        found = worth(compare(rows, prices=PRICES, stakes=Stakes(gain=0.011)))  # 0.2 × 0.011 = 0.0022
        claims += found.pays is Pays.YES
    assert claims <= 40 * 0.08  # 2.5 % on this side, and two standard errors


def _renamed(one: Result, at: int) -> Result:
    return replace(one, question=replace(one.question, id=f"q-{at:03}"))


def test_what_costs_nothing_more_has_no_lift_for_it() -> None:
    found = worth(compare(two(100, 20, 60, seconds=0.0, tokens=-50), prices=PRICES, stakes=Stakes(gain=1.0)))
    assert (found.per_100_ms, found.per_1000_tokens, found.per_currency) == (None, None, None)
    assert found.tokens is not None and found.tokens.mean == -50
    assert found.pays is Pays.YES
    assert found.sentence.endswith("it costs no more.")


def test_a_lift_that_never_varies_is_still_not_certain() -> None:
    found = worth(compare(two(40, 0, 0), prices=PRICES, stakes=Stakes(gain=1.0)))
    assert found.net is not None and found.net.low < -0.0022 < found.net.high
    assert found.per_100_ms is not None and found.per_100_ms.low < 0 < found.per_100_ms.high
    assert found.pays is Pays.NOT_SURE


def test_where_one_may_have_stopped_early_the_intervals_are_wider() -> None:
    rows = two(100, 20, 60)
    once, anytime = (
        worth(compare(rows, prices=PRICES, stakes=Stakes(gain=1.0), sequential=sequential))
        for sequential in (False, True)
    )
    for a, b in ((once.net, anytime.net), (once.per_100_ms, anytime.per_100_ms), (once.lift, anytime.lift)):
        assert a is not None and b is not None
        assert b.low < a.low < a.high < b.high
        assert a.mean == pytest.approx(b.mean)


def test_without_prices_or_stakes_nothing_is_said_about_paying() -> None:
    bare = compare(two(100, 20, 60))
    assert (worth(bare).cost, worth(bare).net, worth(bare).pays) == (None, None, None)
    assert worth(bare).sentence == "It can't be told whether rag pays: prices or stakes are not known."
    assert worth(bare).per_100_ms is not None  # what it takes is known all the same
    assert (bare.currency, bare.standings[0].cost, bare.standings[0].earns) == ("", None, None)
    priced = compare(two(100, 20, 60), prices=PRICES)
    assert (priced.currency, worth(priced).pays) == ("EUR", None)
    assert priced.standings[0].cost == pytest.approx(0.0002 + 0.0001 + 0.001)


@pytest.mark.parametrize("n", [0, 1, 2, 19])
def test_too_few_questions_are_not_enough_data(n: int) -> None:
    verdict = compare(two(n, 0, n), prices=PRICES, stakes=Stakes(gain=1.0))
    for found in verdict.worth:
        assert found.pays is None
        assert NOT_ENOUGH in found.sentence
    assert len(verdict.worth) == (1 if n else 0)


def test_a_setup_that_shares_no_question_with_the_simplest_is_not_enough_data() -> None:
    rows = results("prompt", [True] * 30) + [result("rag", f"other-{at}") for at in range(30)]
    found = worth(compare(rows, prices=PRICES, stakes=Stakes(gain=1.0)))
    assert (found.n, found.lift, found.seconds, found.net, found.pays) == (0, None, None, None, None)
    assert NOT_ENOUGH in found.sentence


def test_failed_answers_count_with_what_was_spent_on_them() -> None:
    late = result("rag", "q-039", failure=Failure.TIMEOUT, error="x", seconds=41.2, tokens_in=1100)
    rows = [*two(40, 20, 40)[:-1], late]
    found = worth(compare(rows, prices=PRICES))
    assert found.seconds is not None and found.seconds.mean == pytest.approx(0.2 + 1.0)
    assert found.lift is not None and found.lift.mean == pytest.approx(19 / 40)


def test_a_setup_earns_when_its_pass_rate_is_surely_above_the_break_even() -> None:
    assert Stakes(gain=1.0, wrong=2.0).break_even() == pytest.approx(2 / 3)
    assert Stakes(gain=1.0, wrong=2.0).break_even(0.3) == pytest.approx(2.3 / 3)
    verdict = compare(two(100, 20, 90), prices=Prices(), stakes=Stakes(gain=1.0, wrong=2.0))
    assert [row.earns for row in verdict.standings] == [Pays.NO, Pays.YES]
    assert verdict.standings[0].break_even == pytest.approx(2 / 3)
    near = compare(two(100, 20, 68), prices=Prices(), stakes=Stakes(gain=1.0, wrong=2.0))
    assert near.standings[1].earns is Pays.NOT_SURE


def test_prices_and_stakes_below_nothing_are_refused() -> None:
    with pytest.raises(UserError, match="A price must be 0 or more, but `per_hour` is -1."):
        Prices(per_hour=-1)
    with pytest.raises(UserError, match="A stake must be 0 or more, but `wrong` is nan."):
        Stakes(gain=1.0, wrong=float("nan"))
    with pytest.raises(UserError, match="must not both be 0"):
        Stakes(gain=0.0)
