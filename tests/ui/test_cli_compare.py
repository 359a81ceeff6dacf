"""compare and its options over an engine whose answers can be read off the documents."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from foundation.errors import ExitCode, UserError
from ui.schemas import schema

pytestmark = pytest.mark.usefixtures("fakes")


@pytest.fixture
def built(rungwise, house: Path) -> Path:
    """A house with its index and its adapter, and 24 test questions more."""
    assert rungwise("sync", "-w", house).code == 0
    assert rungwise("train", "-w", house).code == 0
    rows = [
        {
            "id": f"m-{number}",
            "part": "test",
            "kind": "single",
            "question": f"What does the Ostra kettle cost{'?' * (number + 2)}",
            "facts": [["49 EUR"]],
            "answerable": True,
            "gold": ["kettle.md"],
        }
        for number in range(24)
    ]
    with (house / "questions.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return house


def told(out: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(out)
    Draft202012Validator(schema("comparison")).validate(value)
    return value


def runs(house: Path) -> list[Path]:
    return sorted(path.parent for path in (house / ".rungwise" / "runs").glob("*/run.json"))


def test_every_comparison_is_kept_with_the_hashes_of_what_it_was_made_with(rungwise, built: Path) -> None:
    ended = rungwise("compare", "-w", built, "--setups", "rag,hybrid", "--json")
    found = told(ended.out)
    (folder,) = runs(built)
    assert found["run"]["name"] == folder.name
    assert found["stopped_early"] is False
    assert set(found["run"]["hashes"]) == {"base", "adapter", "index", "form", "questions"}
    assert all(len(value) == 64 for value in found["run"]["hashes"].values())
    assert folder.name in ended.err
    assert rungwise("compare", "-w", built, "--setups", "rag,hybrid").code == 0
    assert runs(built) == [folder]


def test_against_last_tells_what_changed_and_what_was_different(rungwise, built: Path) -> None:
    assert rungwise("compare", "-w", built, "--setups", "rag").code == 0
    form = built / "form.yaml"
    form.write_text(form.read_text(encoding="utf-8").replace("40", "5"), encoding="utf-8")
    ended = rungwise("compare", "-w", built, "--setups", "rag", "--against", "last")
    assert ended.code == 0, ended.err
    assert "Against 2" in ended.out
    assert "rag newly lost: q-2, m-0" in " ".join(ended.out.split())
    assert "Different between the two: form (" in " ".join(ended.out.split())
    found = told(rungwise("compare", "-w", built, "--setups", "rag", "--against", "last", "--json").out)
    assert found["against"]["changes"][0]["before"] == 1.0


@pytest.mark.parametrize("words", [("--limit", "2"), ("--part", "dev")])
def test_a_quick_look_and_the_dev_questions_are_no_evidence(
    rungwise, built: Path, words: tuple[str, ...]
) -> None:
    evidence, comparison = (built / ".rungwise" / f"{name}.json" for name in ("evidence", "comparison"))
    rungwise("compare", "-w", built, "--setups", "rag", "--limit", "99")
    before = evidence.read_bytes(), comparison.read_bytes()
    ended = rungwise("compare", "-w", built, "--setups", "prompt", *words)
    assert ended.code == 0
    assert "Only all test questions are evidence" in ended.err
    assert (evidence.read_bytes(), comparison.read_bytes()) == before
    assert len(runs(built)) == 2


def test_a_comparison_of_fewer_setups_leaves_the_evidence_of_more_alone_while_that_holds(
    rungwise, built: Path
) -> None:
    evidence = built / ".rungwise" / "evidence.json"

    def setups() -> set[str]:
        return set(json.loads(evidence.read_text(encoding="utf-8"))["setups"])

    assert rungwise("compare", "-w", built).code == 0
    assert setups() == {"prompt", "rag", "lora", "hybrid"}
    ended = rungwise("compare", "-w", built, "--setups", "rag,lora")
    assert "measured these setups and more" in ended.err and len(setups()) == 4
    (built / "documents" / "kettle.md").write_text(
        "# Kettle\n\nThe Ostra kettle costs 49 EUR today.\n", "utf-8"
    )
    assert rungwise("sync", "-w", built).code == 0  # what was measured of rag holds no longer
    assert rungwise("compare", "-w", built, "--setups", "rag,lora").code == 0
    assert setups() == {"rag", "lora"}


def test_a_climb_leaves_the_evidence_of_more_setups_alone_while_it_finds_the_same(
    rungwise, built: Path
) -> None:
    assert rungwise("compare", "-w", built).code == 0
    comparison = built / ".rungwise" / "comparison.json"
    before = comparison.read_bytes()
    ended = rungwise("climb", "-w", built, "--no-tune")
    assert ended.code in (ExitCode.OK, ExitCode.BELOW_TARGET), ended.err
    assert comparison.read_bytes() == before
    assert set(json.loads((built / ".rungwise" / "evidence.json").read_text("utf-8"))["setups"]) == {
        "prompt",
        "rag",
        "lora",
        "hybrid",
    }


def test_against_last_where_nothing_changed_says_so(rungwise, built: Path) -> None:
    for words in ((), ("--against", "last")):
        ended = rungwise("compare", "-w", built, "--setups", "rag", *words)
        assert ended.code == 0, ended.err
    assert "+0.0 (" in ended.out
    assert "Different between the two: nothing that is kept track of." in ended.out


def test_an_earlier_run_that_is_not_there_is_said_before_anything_is_asked(rungwise, built: Path) -> None:
    for wanted, sentence in (("last", "there is no earlier run"), ("2020", 'There is no run "2020"')):
        ended = rungwise("compare", "-w", built, "--against", wanted)
        assert ended.code == ExitCode.USER
        assert sentence in ended.err
        assert not (built / ".rungwise" / "runs" / "replies").exists()


def test_until_sure_stops_as_soon_as_the_winner_is_sure(rungwise, built: Path) -> None:
    (built / "rungwise.toml").write_text('name = "Tea"\n[model]\nbatch = 4\n', encoding="utf-8")
    ended = rungwise("compare", "-w", built, "--setups", "prompt,rag", "--until-sure", "--json")
    found = told(ended.out)
    assert found["stopped_early"] is True
    assert found["sequential"] is True
    assert found["winner"] == "rag"
    assert found["sure"] is True
    assert 20 <= found["run"]["asked"] < found["run"]["total"] == 26
    kept = (built / ".rungwise" / "runs" / "replies" / "replies.jsonl").read_text(encoding="utf-8")
    assert len(kept.splitlines()) == 2 * found["run"]["asked"]
    text = rungwise("compare", "-w", built, "--setups", "prompt,rag", "--until-sure").out
    assert f"Stopped early: sure after {found['run']['asked']} of 26 questions" in text


def test_the_report_is_written_beside_the_table(rungwise, built: Path, tmp_path: Path) -> None:
    path = tmp_path / "out" / "Rapor ü.html"
    ended = rungwise("compare", "-w", built, "--report", path)
    assert ended.code == 0
    page = path.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "rag leads, but not surely." in page
    assert runs(built)[0].name in page
    assert f"{path}: the report." in ended.err


@pytest.mark.parametrize("name", ["report.pdf", "report", "documents"])
def test_a_report_that_is_no_html_file_is_refused_before_anything_is_asked(
    rungwise, built: Path, name: str
) -> None:
    ended = rungwise("compare", "-w", built, "--report", built / name)
    assert ended.code == ExitCode.USER
    assert "--report writes an HTML file" in ended.err
    assert runs(built) == []


def test_a_report_that_can_not_be_written_loses_no_answer(rungwise, built: Path) -> None:
    ended = rungwise(
        "compare", "-w", built, "--setups", "rag", "--report", built / "rungwise.toml" / "x.html"
    )
    assert ended.code == ExitCode.USER
    assert "the report can't be written" in ended.err
    assert "nothing is asked again" in ended.err
    assert "Share of 26 questions passed" in ended.out
    assert len(runs(built)) == 1


@pytest.mark.parametrize(
    ("setups", "share", "code", "sentence"),
    [
        ("prompt,rag", "0.9", 0, "rag passed 100 % (87–100) of 26 questions: not below --fail-under 0.9."),
        ("prompt", "0.2", 4, "prompt passed 0 % (0–13) of 26 questions: below --fail-under 0.2."),
        ("prompt,lora", "0.2", 4, "0 % (0–13) of 26 questions: below --fail-under 0.2."),
        ("prompt", "0", 0, "not below --fail-under 0."),
    ],
)
def test_fail_under_ends_with_4_where_the_winner_passes_fewer(
    rungwise, built: Path, setups: str, share: str, code: int, sentence: str
) -> None:
    ended = rungwise("compare", "-w", built, "--setups", setups, "--fail-under", share)
    assert ended.code == code
    assert sentence in ended.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--fail-under", "80"), "from 0 to 1, but is 80. Write 0.8 for 80 percent."),
        (("--fail-under", "-1"), "from 0 to 1, but is -1."),
        (("--repeats", "3"), "Add --temperature 0.7"),
        (("--repeats", "0"), "--repeats is 0"),
        (("--temperature", "3"), "from 0 to 2, but is 3"),
        (("--until-sure", "--setups", "rag"), "--until-sure stops when the winner is sure"),
        (("--setups", "rag+shot"), 'Did you mean "shots"?'),
        (("--setups", "ragg"), 'Did you mean "rag"?'),
        (("--judge",), "There is no judge. Name one in rungwise.toml"),
    ],
)
def test_options_that_make_no_sense_are_said_before_anything_is_asked(
    rungwise, built: Path, words: tuple[str, ...], sentence: str
) -> None:
    ended = rungwise("compare", "-w", built, *words)
    assert ended.code == ExitCode.USER
    assert sentence in " ".join(ended.err.split())
    assert ended.out == ""
    assert not (built / ".rungwise" / "runs" / "replies").exists()


def test_setups_stand_in_the_order_of_the_ladder_each_before_its_variants(rungwise, built: Path) -> None:
    ended = rungwise(
        "compare", "-w", built, "--setups", "rag+repair, hybrid,rag,rag", "--limit", "2", "--json"
    )
    found = told(ended.out)
    assert [row["setup"] for row in found["standings"]] == ["rag", "rag+repair", "hybrid"]


def test_repeats_are_drawn_with_seeds_of_their_own_and_kept(rungwise, built: Path) -> None:
    words = (
        "compare",
        "-w",
        built,
        "--setups",
        "rag",
        "--limit",
        "2",
        "--repeats",
        "2",
        "--temperature",
        "0.7",
    )
    found = told(rungwise(*words, "--seed", "9", "--json").out)
    assert found["run"]["sampling"] == {"repeats": 2, "temperature": 0.7, "seed": 9}
    assert found["repeats"] == 2
    kept = built / ".rungwise" / "runs" / "replies" / "replies.jsonl"
    assert len(kept.read_text(encoding="utf-8").splitlines()) == 4
    rungwise(*words, "--seed", "9")
    assert len(kept.read_text(encoding="utf-8").splitlines()) == 4


class Judging:
    """A judge that prefers the longer answer, or is away."""

    name, fingerprint = "longer", "1"

    def __init__(self, settings: Any) -> None:
        self.away = settings.model == "away"

    def ask(self, messages: Sequence[Any]) -> str:
        if self.away:
            raise UserError("The judge at http://127.0.0.1:1/v1 did not answer.")
        return "TIE"


def test_a_judge_is_asked_about_the_winner_and_shown_with_its_noise(
    rungwise, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import assistant.endpoint_judge as judging

    monkeypatch.setattr(judging, "EndpointJudge", Judging)
    config = built / "rungwise.toml"
    config.write_text(
        'name = "Tea"\n[judge]\nendpoint = "http://127.0.0.1:1/v1"\nmodel = "here"\n', encoding="utf-8"
    )
    words = ("compare", "-w", built, "--setups", "prompt,rag", "--limit", "3", "--judge")
    ended = rungwise(*words)
    assert ended.code == 0, ended.err
    assert "Judge longer" in ended.out
    assert told(rungwise(*words, "--json").out)["judge"]["judge"] == "longer"


def test_a_judge_that_is_away_does_not_lose_the_comparison(
    rungwise, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import assistant.endpoint_judge as judging

    monkeypatch.setattr(judging, "EndpointJudge", Judging)
    config = built / "rungwise.toml"
    config.write_text(
        'name = "Tea"\n[judge]\nendpoint = "http://127.0.0.1:1/v1"\nmodel = "away"\n', encoding="utf-8"
    )
    ended = rungwise("compare", "-w", built, "--setups", "prompt,rag", "--limit", "3", "--judge")
    assert ended.code == ExitCode.USER
    assert "did not answer" in ended.err
    assert "Share of 3 questions passed" in ended.out
    assert len(runs(built)) == 1


def test_prices_and_stakes_come_from_the_questionnaire(rungwise, built: Path) -> None:
    (built / "answers.yaml").write_text(
        "knowledge: private\nchange_rate: monthly\ntoken_price: 2\ngain_right: 20\ncost_handoff: 40\n"
        "cost_wrong: 1000\ncaught_share: 95\n",
        encoding="utf-8",
    )
    found = told(rungwise("compare", "-w", built, "--setups", "prompt,rag", "--json").out)
    assert found["currency"] == "¤"
    # OpenAI's case: 88 lost by a failure, 20 won by a right answer
    assert found["standings"][1]["break_even"] == pytest.approx(88 / 108, abs=0.001)


def test_the_address_of_an_endpoint_is_kept_without_its_password() -> None:
    from ui.made_with import _without_password

    assert _without_password("https://me:secret@host.example:8000/v1") == "https://host.example:8000/v1"
    assert _without_password("http://127.0.0.1:8000/v1") == "http://127.0.0.1:8000/v1"
    assert _without_password(None) is None


def test_the_page_on_comparing_names_every_option_and_no_other(rungwise) -> None:
    import re

    page = (Path(__file__).resolve().parents[2] / "docs" / "comparing.md").read_text(encoding="utf-8")
    told = set(re.findall(r"--[a-z-]+", page))
    shown = set(re.findall(r"--[a-z-]+", rungwise("compare", "--help").out))
    assert shown - told <= {"--workspace", "--help"}
    assert told <= shown
