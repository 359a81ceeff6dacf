"""eval-retrieval and tune-retrieval: what they print, what they write, and how they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from foundation.errors import ExitCode
from ui.schemas import schema

pytestmark = pytest.mark.usefixtures("fakes")

# By the fake embedder (first letters of words) the question is all z, as the decoy is; by words it is the target.
TARGETS = ("zander", "zebra", "zenith", "zephyr", "zinc", "zip")


def told(out: str, name: str) -> dict:
    value = json.loads(out)
    Draft202012Validator(schema(name)).validate(value)
    return value


def question(number: int, part: str, word: str, answerable: bool = True) -> dict[str, object]:
    return {
        "id": f"{part}-{number}",
        "part": part,
        "kind": "single" if answerable else "unanswerable",
        "question": word if answerable else f"quite unheard {word}",
        "facts": [["x"]] if answerable else [],
        "answerable": answerable,
        "gold": [f"{word}.txt"] if answerable else [],
    }


@pytest.fixture
def worded(rungwise, house: Path) -> Path:
    """A synced workspace whose questions only the words of its documents answer; by meaning a decoy comes first."""
    for word in TARGETS:
        (house / "documents" / f"{word}.txt").write_text(f"About apples bread cheese: {word}", "utf-8")
    (house / "documents" / "decoy.txt").write_text("zoo zoom zone zulu", "utf-8")
    rows = [question(n, part, word) for part in ("dev", "test") for n, word in enumerate(TARGETS)]
    rows += [question(n, part, word, False) for part in ("dev", "test") for n, word in enumerate(TARGETS, 10)]
    write(house, rows)
    (house / "rungwise.toml").write_text(
        '# ours\nname = "Tea"\n\n[retrieval]\nalpha = 1.0  # by meaning\n', encoding="utf-8"
    )
    assert rungwise("sync", "-w", house).code == 0
    return house


def write(house: Path, rows: list[dict[str, object]]) -> None:
    (house / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_the_table_shows_each_search_with_intervals(rungwise, worded: Path) -> None:
    ended = rungwise("eval-retrieval", "-w", worded)
    assert ended.code == 0
    assert "Documents found for 6 test questions, with 95 % intervals" in ended.out
    assert "recall@1" in ended.out and "nDCG@10" in ended.out
    assert "6 unanswerable questions are left out" in ended.out
    assert "AUROC" in ended.out
    assert "Searching …" in ended.err


def test_the_figures_are_those_of_the_index(rungwise, worded: Path) -> None:
    report = told(rungwise("eval-retrieval", "-w", worded, "--part", "dev", "--json").out, "retrieval")
    rows = {row["search"]: row for row in report["figures"] if row["kind"] == "all"}
    assert rows["keyword"]["recall_1"]["mean"] == 1.0
    assert rows["dense"]["recall_1"]["mean"] == 0.0
    assert rows["fused"]["ndcg_10"] == rows["dense"]["ndcg_10"]  # alpha is 1
    assert (report["questions"], report["left_out"], report["missing"]) == (6, 6, [])
    assert report["answerability"]["unanswerable"] == 6
    assert report["fitted"] is False


def test_tuning_finds_the_better_weight_on_dev_and_writes_nothing_by_itself(rungwise, worded: Path) -> None:
    before = (worded / "rungwise.toml").read_bytes()
    ended = rungwise("tune-retrieval", "-w", worded)
    assert ended.code == 0
    assert "Best: convex, alpha 0." in ended.out
    assert "points above the present setting (convex, alpha 1)" in " ".join(ended.out.split())
    assert "--write puts the best setting into rungwise.toml" in ended.err
    assert (worded / "rungwise.toml").read_bytes() == before


def test_write_puts_the_winner_into_the_settings_and_the_next_search_uses_it(rungwise, worded: Path) -> None:
    assert "decoy.txt" in rungwise("search", "zander", "-w", worded, "-k", "1").out
    ended = rungwise("tune-retrieval", "-w", worded, "--write", "--json")
    tuning = told(ended.out, "tuning")
    assert tuning["written"] is True
    text = (worded / "rungwise.toml").read_text("utf-8")
    assert text == f'# ours\nname = "Tea"\n\n[retrieval]\nalpha = {tuning["winner"]["alpha"]}  # by meaning\n'
    assert "zander.txt" in rungwise("search", "zander", "-w", worded, "-k", "1").out
    again = rungwise("tune-retrieval", "-w", worded, "--write")
    assert "left as it is" in again.err
    assert (worded / "rungwise.toml").read_text("utf-8") == text


def test_tuning_never_asks_a_test_question(rungwise, worded: Path, monkeypatch) -> None:
    from rag import Library

    asked: list[str] = []
    lookup = Library.lookup
    monkeypatch.setattr(Library, "lookup", lambda self, query: asked.append(query) or lookup(self, query))
    rows = [question(0, "dev", "zip"), question(1, "dev", "zinc"), question(2, "test", "zebra")]
    write(worded, rows)
    assert rungwise("tune-retrieval", "-w", worded).code == 0
    assert asked == ["zip", "zinc"]


def test_answerability_is_fitted_on_dev_kept_and_shown_by_search(rungwise, worded: Path) -> None:
    shipped = told(rungwise("search", "zander", "-w", worded, "--json").out, "search")["answerability"]
    assert shipped["fitted"] is False
    tuning = told(
        rungwise("tune-retrieval", "-w", worded, "--false-abstention", "0.2", "--json").out, "tuning"
    )
    assert tuning["answerability"]["fit"]["false_abstention"] == 0.2
    fitted = told(rungwise("search", "zander", "-w", worded, "--json").out, "search")["answerability"]
    assert fitted["fitted"] is True
    unheard = told(rungwise("search", "quite unheard zander", "-w", worded, "--json").out, "search")
    assert unheard["answerability"]["score"] < fitted["score"]
    report = rungwise("eval-retrieval", "-w", worded)
    assert "The score was fitted on the dev questions." in report.out
    assert "flatter" in rungwise("eval-retrieval", "-w", worded, "--part", "dev").out


def test_a_fit_for_another_way_of_cutting_is_not_used(rungwise, worded: Path) -> None:
    rungwise("tune-retrieval", "-w", worded)
    with (worded / "rungwise.toml").open("a", encoding="utf-8") as file:
        file.write("chunk_tokens = 32\n")
    rungwise("sync", "-w", worded)
    assert (
        json.loads(rungwise("search", "zip", "-w", worded, "--json").out)["answerability"]["fitted"] is False
    )


def test_a_damaged_fit_is_said(rungwise, worded: Path) -> None:
    (worded / ".rungwise" / "answerability.json").write_text("{", encoding="utf-8")
    ended = rungwise("eval-retrieval", "-w", worded)
    assert ended.code == ExitCode.USER
    assert "answerability.json" in ended.err and "rungwise tune-retrieval" in ended.err


def test_too_few_unanswerable_questions_fit_nothing_and_that_is_said(rungwise, worded: Path) -> None:
    write(worded, [question(n, "dev", word) for n, word in enumerate(TARGETS)])
    ended = rungwise("tune-retrieval", "-w", worded)
    assert ended.code == 0
    assert "Answerability was not fitted" in ended.out
    assert not (worded / ".rungwise" / "answerability.json").exists()
    assert told(rungwise("tune-retrieval", "-w", worded, "--json").out, "tuning")["answerability"] is None


@pytest.mark.parametrize("command", ["eval-retrieval", "tune-retrieval"])
def test_without_an_index_or_questions_each_says_what_to_do(rungwise, house: Path, command: str) -> None:
    ended = rungwise(command, "-w", house)
    assert ended.code == ExitCode.USER
    assert "`rungwise sync`" in ended.err
    assert ended.out == ""
    (house / "questions.jsonl").unlink()
    ended = rungwise(command, "-w", house)
    assert ended.code == ExitCode.USER
    assert "questions.jsonl" in ended.err


def test_unanswerable_questions_alone_are_refused(rungwise, worded: Path) -> None:
    write(worded, [question(0, part, "zip", False) for part in ("dev", "test")])
    for command in ("eval-retrieval", "tune-retrieval"):
        ended = rungwise(command, "-w", worded)
        assert ended.code == ExitCode.USER
        assert "can be answered from the documents" in ended.err


@pytest.mark.parametrize("share", ["-0.1", "0.6", "nan"])
def test_a_share_out_of_range_is_refused(rungwise, worded: Path, share: str) -> None:
    ended = rungwise("tune-retrieval", "-w", worded, "--false-abstention", share)
    assert ended.code == ExitCode.USER
    assert "from 0 to 0.5" in ended.err


def test_an_unknown_part_gets_a_suggestion(rungwise, worded: Path) -> None:
    ended = rungwise("eval-retrieval", "-w", worded, "--part", "tset")
    assert ended.code == ExitCode.USER
    assert 'Did you mean "test"?' in ended.err


@pytest.mark.parametrize("command", ["eval-retrieval", "tune-retrieval"])
def test_the_chart_is_one_file_with_the_figures_and_the_curve(
    rungwise, worded: Path, tmp_path: Path, command: str
) -> None:
    chart = tmp_path / "found.svg"
    ended = rungwise(command, "-w", worded, "--chart", chart)
    assert ended.code == 0 and str(chart) in ended.err
    drawn = chart.read_text("utf-8")
    assert "nDCG@10" in drawn and "Risk and coverage of 6 answerable and 6 unanswerable questions" in drawn
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")


def test_a_chart_of_another_kind_is_refused_before_anything_is_asked(rungwise, worded: Path) -> None:
    ended = rungwise("eval-retrieval", "-w", worded, "--chart", "chart.png")
    assert ended.code == ExitCode.USER and ".svg or .html" in ended.err and "Searching" not in ended.err


def test_the_curve_is_drawn_in_the_terminal_too(rungwise, worded: Path) -> None:
    out = rungwise("eval-retrieval", "-w", worded).out
    row = next(line for line in out.splitlines() if line.startswith("100 %"))
    assert (
        row.split()[2] == "50" and row.count("█") == 20
    )  # half of the twelve can't be answered, of 40 columns


def test_after_tuning_it_says_how_answers_use_the_score(rungwise, worded: Path) -> None:
    assert "abstain = true" in rungwise("tune-retrieval", "-w", worded).err
    with (worded / "rungwise.toml").open("a", encoding="utf-8") as file:
        file.write("abstain = true\n")
    assert "abstain = true" not in rungwise("tune-retrieval", "-w", worded).err
