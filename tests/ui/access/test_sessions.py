"""Sessions: whose token it is, for how long, and that only its hash is kept."""

from __future__ import annotations

from pathlib import Path

from ui.access import sessions, vault


def test_a_token_is_its_persons_until_it_is_too_old(root: Path) -> None:
    token = sessions.begin(root, "ada", 2.0, now=1_000.0)
    assert sessions.name_of(root, token, now=1_000.0 + 7_199) == "ada"
    assert sessions.name_of(root, token, now=1_000.0 + 7_200) is None


def test_no_other_text_is_anybodys_token(root: Path) -> None:
    token = sessions.begin(root, "ada", 1)
    kept = next(iter(vault.read(root, "sessions")))
    for wrong in (None, "", "ada", token[:-1], token + "x", token.upper(), kept):
        assert sessions.name_of(root, wrong) is None, wrong
    assert sessions.name_of(root, token) == "ada"


def test_every_sign_in_has_a_token_of_its_own_and_ends_by_itself(root: Path) -> None:
    one, two = sessions.begin(root, "ada", 1), sessions.begin(root, "ada", 1)
    assert one != two and len(one) >= 43
    sessions.end(root, one)
    sessions.end(root, "nobody's")
    assert sessions.name_of(root, one) is None and sessions.name_of(root, two) == "ada"


def test_somebody_is_signed_out_everywhere_and_nobody_else_is(root: Path) -> None:
    hers = [sessions.begin(root, "ada", 1) for _ in range(3)]
    his = sessions.begin(root, "bo", 1)
    sessions.end_all(root, "ada")
    assert [sessions.name_of(root, token) for token in (*hers, his)] == [None, None, None, "bo"]


def test_what_is_too_old_is_not_kept(root: Path) -> None:
    for number in range(5):
        sessions.begin(root, "ada", 1, now=float(number))
    sessions.begin(root, "ada", 1, now=3_604.0)
    assert len(vault.read(root, "sessions")) == 1
