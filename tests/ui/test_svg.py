"""Charts as files: whole, harmless, and refused where they can't be drawn."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from foundation.errors import UserError
from ui import svg

NAME = "{http://www.w3.org/2000/svg}"


def drawn(path: Path) -> ElementTree.Element:
    return ElementTree.fromstring(path.read_text("utf-8"))


def test_each_value_is_drawn_where_it_lies_with_its_interval_and_a_tip(tmp_path: Path) -> None:
    dots = [svg.Dot("nDCG@10", "dense", 0.0, 0.0, 0.5), svg.Dot("nDCG@10", "fused", 1.0, 0.5, 1.0)]
    svg.write(tmp_path / "chart.svg", [svg.intervals("Found", dots)])
    groups = [
        one for one in drawn(tmp_path / "chart.svg").iter(f"{NAME}g") if one.find(f"{NAME}title") is not None
    ]
    assert [one.findtext(f"{NAME}title") for one in groups] == [
        "nDCG@10, dense: 0.000 (0.000 to 0.500)",
        "nDCG@10, fused: 1.000 (0.500 to 1.000)",
    ]
    ends = [
        (float(one.find(f"{NAME}line").get("x1")), float(one.find(f"{NAME}line").get("x2"))) for one in groups
    ]  # type: ignore[union-attr, arg-type]
    assert ends[0][1] == ends[1][0] and ends[0][0] < ends[0][1] < ends[1][1]


def test_names_of_others_are_text_and_nothing_is_fetched_or_run(tmp_path: Path) -> None:
    hostile = '<script>alert(1)</script>&"<image href="https://evil.example/x"/>'
    path = tmp_path / "chart.html"
    svg.write(path, [svg.intervals(hostile, [svg.Dot(hostile, hostile, 0.5, 0.4, 0.6)])])
    text = path.read_text("utf-8")
    assert "<script" not in text and "<image" not in text and text.startswith("<!doctype html>")


def test_the_curve_goes_through_every_point_and_marks_the_threshold(tmp_path: Path) -> None:
    svg.write(tmp_path / "c.svg", [svg.risk_over_coverage("Risk", [(1.0, 0.4, 0.1), (0.5, 0.0, 0.8)], 0.7)])
    root = drawn(tmp_path / "c.svg")
    points = [pair.split(",") for pair in root.find(f".//{NAME}polyline").get("points").split()]  # type: ignore[union-attr]
    assert (
        len(points) == 2
        and float(points[0][0]) > float(points[1][0])
        and float(points[0][1]) < float(points[1][1])
    )
    assert "the threshold in use" in (tmp_path / "c.svg").read_text("utf-8")


@pytest.mark.parametrize("name", ["chart.png", "chart", "chart.pdf"])
def test_another_kind_of_file_is_refused_with_one_that_works(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="--chart draws .svg or .html"):
        svg.write(tmp_path / name, [])


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="the chart can't be written"):
        svg.write(tmp_path / "file" / "chart.svg", [svg.intervals("x", [svg.Dot("a", "b", 0.5, 0.4, 0.6)])])
