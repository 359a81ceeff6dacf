"""The report is one file that says everything, fetches nothing, and runs nothing, whatever an answer holds."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from experiments import LADDER, Passage, Question, Result, attribute, compare, comparison_dict
from experiments.against import against
from experiments.runs import Made, keep, run_dict
from experiments.shown.charts import Slope, around_zero, interaction, percents, up_to
from experiments.shown.html import Page, report_html
from experiments.statistics.stats import Interval
from tests.experiments.worlds import result, results

VOID = {"meta", "br", "circle", "rect", "line"}
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg/onload=alert(1)>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "<iframe src=javascript:alert(1)>",
    "<details open ontoggle=alert(1)>",
    "[x](javascript:alert(1)) ![y](https://evil.example/p.png)",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\x1b[31mred\x07 \u202egnirts",
    "`<b onmouseover=alert(1)>`",
    "' onfocus=alert(1) autofocus='",
)
"""What others put into pages to have it run, in the ways that broke other reports."""


class Seen(HTMLParser):
    """Every tag and attribute of a page, and whether tags close in order."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def four(n: int = 60) -> list[Result]:
    return [
        one
        for at, setup in enumerate(LADDER)
        for one in results(setup, [place < n * (at + 1) / 6 for place in range(n)])
    ]


def made(rows: list[Result], **page: object) -> str:
    losses = attribute(rows)
    return report_html(compare(rows), losses, rows, Page("Tarn", 0.7, **page))  # type: ignore[arg-type]


def kept(folder: Path, rows: list[Result], adapter: str = "a" * 64):  # type: ignore[no-untyped-def]
    verdict, losses = compare(rows), attribute(rows)
    hashes = Made({"base": "b" * 64, "adapter": adapter}, {"model": {"base": "starter"}}, {"torch": "2.13"})
    return keep(folder, run_dict(rows, comparison_dict(verdict, losses), losses, hashes, "test"))


def test_the_verdict_stands_first_and_the_target_beside_it() -> None:
    seen = Seen(made(four()))
    assert seen.text.index("hybrid wins.") < seen.text.index("Questions passed")
    assert "That may or may not meet the target of 70 %." in seen.text
    assert seen.open == []


def test_every_chart_is_there_and_tells_its_numbers_to_those_who_can_not_see_it() -> None:
    labels = [
        value for tag, name, value in Seen(made(four())).attributes if (tag, name) == ("svg", "aria-label")
    ]
    for said in (
        "Pass rates with 95 % intervals: prompt 17 % (9–28)",
        "Paired differences of pass rates",
        "Pass rates without and with retrieval",
        "hybrid, wrong fact invented: 100 %",
        "Seconds a reply",
        "Mean tokens",
    ):
        assert any(label.startswith(said) for label in labels), said


def test_lost_questions_stand_side_by_side_with_what_was_required_said_and_read() -> None:
    seen = Seen(made(four(12)))
    assert "Lost by hybrid (4)" in seen.text
    assert "Lost by others alone (6)" in seen.text
    assert "Required: 30 days" in seen.text
    assert 'Does not say "30 days".' in seen.text
    assert "1 passage given to prompt and rag and lora and hybrid" in seen.text
    assert "Goods may be returned within 30 days." in seen.text


def test_nothing_is_fetched_and_the_page_forbids_all_but_its_own_style() -> None:
    page = made(four())
    seen = Seen(page)
    assert not {"script", "img", "iframe", "link", "object", "form", "base", "video"} & set(seen.tags)
    assert not [one for one in seen.attributes if one[1].startswith("on") or one[1] in ("style", "src")]
    links = [value for _, name, value in seen.attributes if name in ("href", "xlink:href")]
    assert links and all(re.fullmatch(r"#[a-z]+", link) for link in links)
    policy = next(value for tag, name, value in seen.attributes if tag == "meta" and "default-src" in value)
    style = page.split("<style>", 1)[1].split("</style>", 1)[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "url(" not in style and "@import" not in style


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_others_wrote_is_text_wherever_it_stands(tmp_path: Path, hostile: str) -> None:
    def evil(one: Result) -> Result:
        record = replace(one.record, text=hostile, passages=(Passage(hostile, hostile),))
        asked = replace(
            one.question, question=hostile, facts=((hostile,),), must_not=(hostile,), gold=(hostile,)
        )
        scores = replace(one.scores, both=replace(one.scores.both, value=0.0, reason=hostile))
        return replace(one, question=asked, record=record, scores=scores, setup=f"{one.setup}+{hostile}")

    harmless, rows = four(4), [evil(one) for one in four(4)]
    run = kept(tmp_path, rows)
    page = report_html(compare(rows), attribute(rows), rows, Page(hostile, 0.7, run, 4, 4, against(run, run)))
    seen, plain = Seen(page), Seen(made(harmless, run=kept(tmp_path / "b", harmless)))
    assert set(seen.tags) <= set(plain.tags) | {"ul"}
    assert not [one for one in seen.attributes if one[1].startswith("on") or one[1] in ("style", "src")]
    assert not set("\x1b\x07\u202e") & set(page)
    shown = re.sub(r"[\x00-\x1f\u202e]", "", hostile)
    assert shown in "".join(seen.words)


def test_the_naive_report_would_run_what_an_answer_holds() -> None:
    naive = "".join(f"<td>{one.record.text}</td>" for one in [result("rag", "q", text=HOSTILE[0])])
    assert "script" in Seen(f"<table>{naive}</table>".replace("</table>", "").replace("<table>", "")).tags


def test_settings_hashes_and_the_change_since_an_earlier_run_are_told(tmp_path: Path) -> None:
    before = kept(tmp_path, four(30), adapter="0" * 64)
    rows = [one for one in four(30) if one.setup != "hybrid"] + results("hybrid", [True] * 30)
    now = kept(tmp_path, rows)
    seen = Seen(made(rows, run=now, asked=30, total=30, against=against(now, before)))
    for said in (now.sha256, "b" * 64, "[model] base", "starter", "torch", before.name, "hybrid newly won:"):
        assert said in seen.text, said
    assert "adapter (00000000 → aaaaaaaa)" in seen.text


def test_stopping_early_is_said_at_the_top() -> None:
    text = Seen(made(four(), asked=60, total=92)).text
    assert "It was sure after 60 of 92 questions" in text


@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_report_of_next_to_nothing_is_still_a_whole_page(n: int) -> None:
    seen = Seen(made([one for setup in LADDER for one in results(setup, [True] * n)]))
    assert seen.open == []
    assert ("prompt leads, but not surely." if n == 2 else "No setup wins yet.") in seen.text
    assert "nan" not in seen.text


def test_one_setup_alone_repeats_and_variants_are_drawn_too() -> None:
    assert "rag was measured alone." in Seen(made(results("rag", [True, False] * 15))).text
    several = [
        replace(one, repeat=turn, setup=setup)
        for setup in ("rag", "rag+shots=5+fixed")
        for turn in range(3)
        for one in results("rag", [place % (turn + 2) == 0 for place in range(24)])
    ]
    seen = Seen(made(several))
    assert "✗ rag+shots=5+fixed 1 of 3" in seen.text
    assert "sign-flip permutation" in seen.text


def test_a_question_without_facts_says_what_was_right_instead() -> None:
    asked: Question = replace(
        result("rag", "q").question, facts=(), answerable=False, gold=(), kind="unanswerable"
    )  # type: ignore[arg-type]
    rows = [replace(result("rag", "q", facts=False, form=False), question=asked)]
    assert "Required: to say that the documents do not tell" in Seen(made(rows)).text


@pytest.mark.parametrize(
    ("most", "end"), [(0.0, 0.0004), (0.36, 0.4), (1.0, 1.0), (1.7, 2.0), (459.0, 800.0), (9e6, 1e7)]
)
def test_a_scale_ends_at_a_round_number_that_everything_fits_under(most: float, end: float) -> None:
    scale = up_to(most)
    assert scale.high == pytest.approx(end)
    assert scale.at(0) == "1.50%"
    assert scale.at(scale.high) == "98.50%"


def test_scales_around_zero_have_zero_in_the_middle_and_hold_what_reaches_farthest() -> None:
    for reach in (0.01, 0.1, 0.33, 0.8, 1.0, 2.0):
        scale = around_zero(reach)
        assert scale.at(0.0) == "50.00%"
        assert scale.high >= min(reach, 2.0)
    assert percents().at(2.0) == "98.50%"


def test_lines_that_end_at_the_same_place_have_names_that_do_not_cover_each_other() -> None:
    same = Interval(0.5, 0.4, 0.6)
    drawn = interaction([Slope("a", same, same), Slope("b", same, same)], "")
    places = [float(y) for y in re.findall(r'<text x="65.5%" y="([\d.]+)"', drawn)]
    assert len(places) == 2
    assert abs(places[0] - places[1]) >= 17
