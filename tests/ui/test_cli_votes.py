"""`rungwise votes` and `rungwise live`: what people think, added up on the command line."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator

from advisor.evidence import Evidence
from assistant import Workspace
from experiments import Choice, Event, OutcomeFile, Split, Unit, Vote, VoteFile
from foundation.errors import ExitCode
from ui.schemas import schema

SETUPS = ("prompt", "rag", "lora", "hybrid")


def told(out: str, name: str) -> dict:
    value = json.loads(out)
    Draft202012Validator(schema(name)).validate(value)
    return value


def cast(
    house: Path, better: str, worse: str, wins: int, losses: int, when: str = "2026-05-01T10:00:00+00:00"
) -> None:
    file = VoteFile(Workspace.open(house).votes)
    start = len(file.votes())
    file.append(
        Vote(
            id=f"v{start + n}", question=f"q{start + n}", left=better if n % 2 else worse, right=worse if n % 2 else better,
            choice=Choice.LEFT if (n < wins) == bool(n % 2) else Choice.RIGHT, who=f"w{n % 30}", when=when,
        )
        for n in range(wins + losses)
    )  # fmt: skip


def test_without_votes_it_says_how_to_vote_and_how_many_it_takes(rungwise, house: Path) -> None:
    ended = rungwise("votes", "-w", house)
    assert ended.code == 0 and ended.err == ""
    text = " ".join(ended.out.split())
    assert "Nobody has voted yet" in text and "194 / 85 / 47 where one looks once" in text
    found = told(rungwise("votes", "-w", house, "--json").out, "votes")
    assert found["votes"] == 0 and found["verdict"]["winner"] is None
    assert [found["planned"][rate]["one_look"] for rate in ("0.60", "0.65", "0.70")] == [194, 85, 47]


def test_votes_are_shown_with_win_rates_strengths_and_who_wins(rungwise, house: Path) -> None:
    for n, other in enumerate(SETUPS):
        for setup in SETUPS[n + 1 :]:
            cast(house, setup, other, *((90, 10) if setup == "rag" or other != "rag" else (50, 50)))
    ended = rungwise("votes", "-w", house)
    assert "600 votes on 600 questions" in ended.out and "rag : prompt" in ended.out
    assert "90 % (" in ended.out and "Bradley–Terry" in ended.out
    assert max(len(line) for line in ended.out.splitlines()) <= 100
    found = told(rungwise("votes", "-w", house, "--json").out, "votes")
    assert len(found["pairs"]) == 6 and [row["setup"] for row in found["strengths"]["rows"]] == list(SETUPS)
    assert {row["name"] for row in found["verdict"]["effects"]} == {"retrieval", "adapter", "interaction"}
    assert found["verdict"]["reason"].split(". ")[0] in " ".join(ended.out.split())


def test_a_settled_vote_says_so_and_a_near_one_how_many_more_it_takes(rungwise, house: Path) -> None:
    cast(house, "rag", "prompt", 80, 20)
    assert "rag has the most votes" in rungwise("votes", "-w", house).out
    assert told(rungwise("votes", "-w", house, "--json").out, "votes")["verdict"]["sure"] is True
    cast(house, "prompt", "rag", 55, 0)
    text = " ".join(rungwise("votes", "-w", house).out.split())
    assert "do not settle it yet" in text and "more votes a pair would settle it" in text


def test_only_votes_from_a_day_on_and_none_of_a_judge(rungwise, house: Path) -> None:
    cast(house, "rag", "prompt", 3, 0, "2026-01-31T23:59:59+00:00")
    cast(house, "rag", "prompt", 2, 0, "2026-02-01T00:00:00+00:00")
    VoteFile(Workspace.open(house).votes).append(
        [Vote("j", "q", "rag", "prompt", Choice.LEFT, "judge:wise", "2026-03-01T00:00:00+00:00")]
    )
    assert told(rungwise("votes", "-w", house, "--json").out, "votes")["votes"] == 5
    since = rungwise("votes", "-w", house, "--json", "--since", "2026-02-01")
    assert told(since.out, "votes")["votes"] == 2
    assert rungwise("votes", "-w", house, "--since", "yesterday").code == ExitCode.USER


def test_votes_tell_the_advisor_their_effects_where_no_comparison_did(rungwise, house: Path) -> None:
    ended = rungwise("votes", "-w", house, "--evidence")
    assert ended.code == ExitCode.USER and "nothing yet" in ended.err
    for n, other in enumerate(SETUPS):
        for setup in SETUPS[n + 1 :]:
            ahead = (setup in ("rag", "hybrid")) - (other in ("rag", "hybrid"))
            cast(house, setup, other, 20 + 15 * ahead, 20 - 15 * ahead)
    before = rungwise("advise", "-w", house).out
    assert rungwise("votes", "-w", house, "--evidence").code == 0
    path = Workspace.open(house).evidence
    known = Evidence.read(path)
    assert known.questions == 240 and not known.setups
    assert (
        known.effects["retrieval"].low > 0.2
        and known.effects["adapter"].low < 0 < known.effects["adapter"].high
    )
    after = rungwise("advise", "-w", house)
    assert after.code == 0 and after.out != before
    assert rungwise("votes", "-w", house, "--evidence").code == 0, "newer votes replace older ones"
    path.write_text(
        '{"questions": 30, "setups": {"rag": {"pass_rate": 0.5, "low": 0.3, "high": 0.7}}}', "utf-8"
    )
    ended = rungwise("votes", "-w", house, "--evidence")
    assert ended.code == ExitCode.USER and "so it stays" in ended.err and "pass_rate" in path.read_text()


def test_damaged_lines_are_told(rungwise, house: Path) -> None:
    cast(house, "rag", "prompt", 3, 0)
    path = Workspace.open(house).votes
    path.write_text(path.read_text() + '{"id": "x', "utf-8")
    assert "1 lines of the votes file" in rungwise("votes", "-w", house).out
    assert told(rungwise("votes", "-w", house, "--json").out, "votes")["damaged"] == 1


def test_what_is_kept_holds_nothing_that_an_erasure_would_look_for(
    rungwise, house: Path, fakes: None
) -> None:
    from governance import erasure

    rungwise("sync", "-w", house)
    cast(house, "rag", "prompt", 3, 0)
    workspace = Workspace.open(house)
    OutcomeFile(workspace.outcomes).append(Event.THUMB, "Ostra", Split({"rag": 1, "prompt": 1}), good=True)
    from assistant.open import open_library

    with open_library(workspace) as library:
        held = erasure.places(workspace, library, subject="Ostra")
    assert held and not [path for path in held if "votes" in path]


# the live split


def splitting(house: Path, on: bool = True) -> Split:
    (house / "rungwise.toml").write_text(
        f'name = "Tea"\n[live]\non = {str(on).lower()}\nsetups = "hybrid, rag: 1"\nsalt = "s"\n', "utf-8"
    )
    return Split({"hybrid": 1, "rag": 1}, Unit.CONVERSATION, "s")


def test_a_split_that_was_never_set_up_says_how(rungwise, house: Path) -> None:
    ended = rungwise("live", "-w", house)
    assert ended.code == 0 and "The live split is off" in ended.out and "[live]" in ended.out
    found = told(rungwise("live", "-w", house, "--json").out, "live")
    assert found == {"on": False, "damaged": 0, "measures": []}


def test_a_running_split_shows_arms_differences_and_what_is_missing(rungwise, house: Path) -> None:
    split = splitting(house)
    file = OutcomeFile(Workspace.open(house).outcomes)
    for n in range(40):
        file.append(Event.EXPOSURE, f"c{n}", split)
        file.append(Event.THUMB, f"c{n}", split, good=n % 3 > 0)
    ended = rungwise("live", "-w", house)
    assert ended.code == 0 and "off" not in ended.out.split()
    assert "Answers found good" in ended.out and "Tasks done" in ended.out and "hybrid − rag" in ended.out
    assert "Sizes of the arms: p" in ended.out and "no mismatch shown" in ended.out
    found = told(rungwise("live", "-w", house, "--json").out, "live")
    thumbs, tasks = found["measures"]
    assert [arm["setup"] for arm in thumbs["arms"]] == ["rag", "hybrid"]
    assert sum(arm["units"] for arm in thumbs["arms"]) == 40
    assert "not enough data" in tasks["verdict"]["reason"]
    splitting(house, on=False)
    off = rungwise("live", "-w", house)
    assert "The live split is off" in off.out and "Answers found good" in off.out


def test_arms_of_the_wrong_size_are_an_alarm_and_no_winner(rungwise, house: Path) -> None:
    split = splitting(house)
    file = OutcomeFile(Workspace.open(house).outcomes)
    from experiments import assign

    kept = [f"c{n}" for n in range(400) if assign(f"c{n}", split) == "rag" or n % 2]
    for name in kept:
        file.append(Event.EXPOSURE, name, split)
    ended = rungwise("live", "-w", house)
    assert "sample-ratio mismatch" in ended.out and "did not get the share" in ended.out
    found = told(rungwise("live", "-w", house, "--json").out, "live")
    assert all(one["mismatch"] and one["verdict"]["winner"] is None for one in found["measures"])
