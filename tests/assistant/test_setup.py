"""Setups and their variants, by name."""

from __future__ import annotations

import pytest

from assistant.setup import Prompting, Setup, Variant, as_variant, variant
from foundation.errors import UserError


def test_a_plain_name_is_a_setup_without_changes() -> None:
    assert variant("rag") == as_variant(Setup.RAG) == Variant(Setup.RAG)
    assert str(variant("rag")) == "rag" and variant("hybrid").adapter and variant("hybrid").retrieve


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("prompt+shots", {"shots": 3}),
        ("prompt+shots=5+fixed", {"shots": 5, "shots_by": "fixed"}),
        ("rag+free", {"constrain": False}),
        ("hybrid+chain", {"rewrite": True, "repair": True}),
        ("lora+repair", {"repair": True}),
        ("rag+instructions=terse", {"instructions": "terse"}),
        (
            "rag+instructions=our-own+picked=ex-001.ex-7",
            {"instructions": "our-own", "shots": 2, "shots_by": "picked", "picked": ("ex-001", "ex-7")},
        ),
    ],
)
def test_changes_are_made_to_the_workspace_s_own_prompting(name: str, changed: dict[str, object]) -> None:
    usual = Prompting(memory=500)
    assert variant(name).prompting(usual) == Prompting(memory=500, **changed)  # type: ignore[arg-type]
    assert str(variant(name)) == name


def test_the_workspace_s_own_number_of_shots_counts() -> None:
    assert variant("rag+shots").prompting(Prompting(shots=7)).shots == 7
    assert variant("rag+noshots").prompting(Prompting(shots=7)).shots == 0


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("ragg+shots", 'no setup "ragg". Did you mean "rag"'),
        ("rag+shot", 'no change "shot". Did you mean "shots"'),
        ("rag+repair=2", 'only a number of shots may be given, from 1 to 16, as in "rag[+]shots=5"'),
        ("rag+shots=0", "from 1 to 16"),
        ("rag+shots=many", "from 1 to 16"),
        ("rag+instructions", '"instructions=" is followed by a name of letters, digits, - and _, but by ""'),
        ("rag+picked=a b", "at most 16 ids, with dots between them"),
    ],
)
def test_an_unknown_variant_is_a_sentence(name: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        variant(name)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"shots": 17}, "shots must be 0 to 16, but is 17"),
        ({"shots_by": "nearst"}, 'must be "nearest", "fixed" or "picked", not "nearst"'),
        ({"shots": 2, "shots_by": "picked"}, "picked names no example"),
        ({"memory": -1}, "memory must be 0"),
    ],
)
def test_a_prompting_that_can_t_be_is_a_sentence(wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        Prompting(**wrong)  # type: ignore[arg-type]


def test_an_adapter_of_a_name_is_on_instead_of_the_one_that_serves() -> None:
    assert [as_variant(setup).adapter for setup in (Setup.RAG, Setup.HYBRID)] == [False, True]
    one = variant("hybrid+adapter=20260101-soft+shots=2")
    assert (
        one.adapter == "20260101-soft" and one.retrieve and str(one) == "hybrid+adapter=20260101-soft+shots=2"
    )
    assert one.prompting(Prompting()).shots == 2


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "rag+adapter=soft",
            'the setup "rag" has no adapter, but adapter=soft chooses one. Write "lora[+]adapter=soft"',
        ),
        ("lora+adapter", '"adapter=" is followed by a name of letters, digits, - and _, but by ""'),
        ("lora+adapter=../soft", "is followed by a name of letters"),
        ("lora+adapter=a+adapter=b", "one adapter answers at a time, but adapter=a or adapter=b chooses it"),
        ("lora+adapter=a+routed", "one adapter answers at a time, but adapter=a or routed chooses it"),
        ("prompt+routed", 'the setup "prompt" has no adapter, but routed chooses one'),
        ("lora+routed=2", "only a number of shots may be given"),
    ],
)
def test_an_adapter_is_named_where_one_is_on_and_once(name: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        variant(name)
