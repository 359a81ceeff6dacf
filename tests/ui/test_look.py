"""The look: contrast of every pair of colours that words are drawn in, and no HTML but constants of ours."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from ui import draw, serve

UI = Path(draw.__file__).parent
CAPTION = 0.8
"""How opaque captions are, as the house's style says."""
FADED = f"opacity: {CAPTION}"


def channels(colour: str) -> tuple[float, float, float]:
    return tuple(int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))  # type: ignore[return-value]


def luminance(colour: tuple[float, ...]) -> float:
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(front: str, back: str, opaque: float = 1.0) -> float:
    """WCAG 2's contrast of two colours, the front one laid over the back."""
    behind = channels(back)
    mixed = tuple(
        opaque * one + (1 - opaque) * other for one, other in zip(channels(front), behind, strict=True)
    )
    light, dark = sorted((luminance(mixed), luminance(behind)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_is_the_one_of_wcag() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01), (
        "the well-known grey that just fails"
    )


def pairs(theme: dict[str, str]) -> dict[str, float]:
    ground, second = theme["backgroundColor"], theme["secondaryBackgroundColor"]
    return {
        "words": contrast(theme["textColor"], ground),
        "words on the second ground": contrast(theme["textColor"], second),
        "captions": contrast(theme["textColor"], ground, CAPTION),
        "captions on the second ground": contrast(theme["textColor"], second, CAPTION),
        "links": contrast(theme["linkColor"], ground),
        "links on the second ground": contrast(theme["linkColor"], second),
        "what is chosen": contrast(theme["primaryColor"], ground),
        "code": contrast(theme["codeTextColor"], theme["codeBackgroundColor"]),
        "notices": contrast(theme["blueTextColor"], theme["blueBackgroundColor"]),
    }


@pytest.mark.fault(93)
@pytest.mark.parametrize("theme", [serve._LIGHT, serve._DARK], ids=["light", "dark"])
def test_every_pair_of_colours_is_told_apart(theme: dict[str, str]) -> None:
    assert {name: round(one, 1) for name, one in pairs(theme).items() if one < 4.5} == {}


@pytest.mark.fault(93)
def test_streamlits_own_captions_would_fail() -> None:
    theme = serve._LIGHT  # naive: the theme as Streamlit draws captions in it
    assert contrast(theme["textColor"], theme["backgroundColor"], 0.6) < 4.5
    assert FADED in draw._STYLE


@pytest.mark.fault(93)
def test_the_main_button_is_told_apart_in_both_themes_where_the_themes_own_colour_would_not_be() -> None:
    front, back = re.search(
        r'stBaseButton-primary"\] \{ background: (?P<back>#\w{6}).* color: (?P<front>#\w{6})', draw._STYLE
    ).group("front", "back")  # type: ignore[union-attr]
    assert contrast(front, back) >= 4.5
    assert contrast("#FFFFFF", serve._DARK["primaryColor"]) < 4.5


@pytest.mark.fault(93)
def test_focus_is_seen_and_motion_is_reduced_for_who_asks() -> None:
    ring = re.search(r"focus-visible \{ outline: 2px solid (#\w{6})", draw._STYLE)
    assert ring is not None and "prefers-reduced-motion" in draw._STYLE
    for theme in (serve._LIGHT, serve._DARK):  # WCAG asks 3 of what is no text
        assert contrast(ring.group(1), theme["backgroundColor"]) >= 3


# HTML


def unsafe(tree: ast.AST) -> list[int]:
    """Return the lines on which HTML reaches the page that is no constant of the file."""
    constants = {
        target.id
        for node in getattr(tree, "body", [])
        if isinstance(node, ast.Assign) and _constant(node.value, set())
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and _raw(node)
        and not (node.args and (_constant(node.args[0], constants) or _of_no_origin(node)))
    ]


def _raw(call: ast.Call) -> bool:
    """Whether a call draws HTML: by its name, or because it is told to."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    told = any(
        one.arg in ("unsafe_allow_html", "unsafe_allow_javascript")
        and not (isinstance(one.value, ast.Constant) and one.value.value is False)
        for one in call.keywords
    )
    return told or name in ("html", "iframe", "declare_component", "component")


def _of_no_origin(call: ast.Call) -> bool:
    """Whether it is a frame whose document stands in its own address: a browser lets that reach nothing of the page."""
    first: ast.expr = call.args[0]
    while isinstance(first, ast.BinOp):
        first = first.left
    inline = isinstance(first, ast.Constant) and str(first.value).startswith(
        "data:text/html;charset=utf-8;base64,"
    )
    return inline and isinstance(call.func, ast.Attribute) and call.func.attr == "iframe"


def _constant(node: ast.expr, known: set[str]) -> bool:
    return (isinstance(node, ast.Constant) and isinstance(node.value, str)) or (
        isinstance(node, ast.Name) and node.id in known
    )


@pytest.mark.fault(83)
@pytest.mark.parametrize("path", sorted(UI.rglob("*.py")), ids=lambda path: path.relative_to(UI).as_posix())
def test_no_html_reaches_the_page_but_constants_of_ours(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if not any(
        isinstance(node, ast.Import | ast.ImportFrom) and "streamlit" in ast.dump(node)
        for node in ast.walk(tree)
    ):
        return
    assert unsafe(tree) == []


@pytest.mark.fault(83)
@pytest.mark.parametrize(
    "naive",
    [
        "st.html(answer)",
        'st.html(f"<b>{name}</b>")',
        "st.markdown(reply.text, unsafe_allow_html=True)",
        "st.markdown(text, unsafe_allow_html=SAFE)",
        "components.html(page)",
        'html("<b>" + name)',
        "st.components.v1.iframe(url)",
        'st.html("data:text/html;charset=utf-8;base64," + text)',
        "_STYLE = make()\nst.html(_STYLE)",
    ],
)
def test_a_naive_page_is_found(naive: str) -> None:
    assert unsafe(ast.parse(naive))


@pytest.mark.fault(83)
def test_constants_may_pass() -> None:
    assert unsafe(ast.parse('_STYLE = "<style></style>"\nst.html(_STYLE)\nst.html("<hr>")')) == []
