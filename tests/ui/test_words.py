"""The page's words: every one in both languages, with the same values, said somewhere; and no page says any other."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

from advisor import Language
from tests.ui.page_world import go, opened, told
from ui import words
from ui.words import every, word

UI = Path(words.__file__).resolve().parents[1]
PAGES = sorted(
    [
        *UI.glob("views/*.py"),
        *UI.glob("drawing/*.py"),
        UI / "draw.py",
        UI / "app.py",
        UI / "language.py",
        UI / "routes.py",
    ]
)
SPEAKS = {
    "title", "header", "subheader", "markdown", "caption", "write", "text", "info", "error", "warning", "success", "toast",
    "button", "form_submit_button", "download_button", "link_button", "page_link", "link", "popover", "expander", "tabs",
    "toggle", "checkbox", "radio", "selectbox", "multiselect", "segmented_control", "pills", "slider", "text_input",
    "text_area", "number_input", "date_input", "file_uploader", "chat_input", "spinner", "status", "progress", "metric",
    "badge", "dialog", "problem", "hint",
}  # fmt: skip
"""Calls that put their first argument, or one of `SAID`, before a visitor."""
SAID = {"label", "body", "text", "help", "placeholder", "title", "value_text"}
NOT_YET: dict[str, str] = {}
"""Files that still say something in one language only, with the reason; empty when the pages are done."""
_FORMAT = re.compile(r":[a-z_]+(?:-[a-z]+)?(?:\[|/[a-z_0-9]+:)|`[^`]*`|\*\*[AB]\*\*")
"""Icons, colours, badges and code are nobody's language; nor are A and B."""
_NAMES = {"answers.yaml", "HTML", "Markdown", "JSON", "policies/2026", "3 years"}
"""Names, and values as a file of settings writes them in any language."""


def values(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("name", sorted(every()))
def test_a_word_is_there_in_both_languages_with_the_same_values(name: str) -> None:
    english, turkish = every()[name]
    assert english.strip() and turkish.strip()
    assert values(english) == values(turkish)
    assert english.count("`") == turkish.count("`") and english.count("**") == turkish.count("**")


def test_words_of_a_page_begin_with_its_name_and_those_without_are_the_questionnaires() -> None:
    from importlib import import_module

    for page in words.PAGES:
        names = import_module(f"ui.words.{page}").WORDS
        bare = {name for name in names if "." not in name}
        assert not bare or page == "advise"
        assert {name.partition(".")[0] for name in names if "." in name} <= {page, "menu"}


# what is said, and what of it there is


def strings(tree: ast.AST) -> set[str]:
    """Return every string in a file: names of words may stand in tables, away from `say`."""
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def beginnings(tree: ast.AST) -> set[str]:
    """Return how names begin and end that are put together, as patterns: `chat.step.{step}`."""
    return {
        "".join(
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+" for part in node.values
        )
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
    }


def asked_for(tree: ast.AST) -> set[str]:
    """Return the words that are said by name."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node) in ("say", "word") and node.args:
            found |= {
                one.value
                for one in ast.walk(node.args[0])
                if isinstance(one, ast.Constant) and isinstance(one.value, str) and "." in one.value
            }
    return found


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def trees() -> dict[Path, ast.Module]:
    return {
        path: ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(UI.rglob("*.py"))
        if path.parent.name != "words"
    }


def test_no_word_is_missing_and_none_is_there_for_nothing() -> None:
    found = trees().values()
    said = set().union(*map(strings, found))
    pages = tuple(f"{page}\\." for page in (*words.PAGES, "menu"))
    patterns = [re.compile(one) for one in set().union(*map(beginnings, found)) if one.startswith(pages)]
    idle = [name for name in every() if name not in said and not any(one.fullmatch(name) for one in patterns)]
    missing = {
        name
        for tree in found
        for name in asked_for(tree)
        if name not in every()
        and re.fullmatch(rf"({'|'.join(words.PAGES)}|menu)\.[\w. ]+", name)
        and not any(other.startswith(name) for other in every())
    }
    assert not idle, "words that nothing says"
    assert not missing, "said, and not there"


# no page says anything past `say`


def spoken(tree: ast.AST) -> list[str]:
    """Return what drawing calls are given as they stand in the code, and holds letters."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _name(node) not in SPEAKS:
            continue
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        if isinstance(owner, ast.Name) and owner.id in ("path", "Path", "re"):
            continue
        first = (
            1 if isinstance(owner, ast.Name) and owner.id == "routes" else 0
        )  # a page's name comes before the label
        given = [*node.args[first : first + 1], *(one.value for one in node.keywords if one.arg in SAID)]
        found += [text for one in given for text in literals(one) if letters(text)]
    return found


def literals(node: ast.AST) -> list[str]:
    """Return the strings of an argument that are drawn as they are: not names of words, keys or formats of others."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.JoinedStr):
        return [text for one in node.values for text in literals(one)]
    if isinstance(node, ast.BinOp):
        return literals(node.left) + literals(node.right)
    if isinstance(node, ast.IfExp):
        return literals(node.body) + literals(node.orelse)
    if isinstance(node, ast.List | ast.Tuple):
        return [text for one in node.elts for text in literals(one)]
    return []  # a call, a name, a format: its own words are looked at where they are


def letters(text: str) -> bool:
    rest = _FORMAT.sub("", text)
    return text.strip() not in _NAMES and bool(re.search(r"[^\W\d_]{2,}", rest))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_says_nothing_but_words_that_are_there_in_both_languages(path: Path) -> None:
    found = spoken(ast.parse(path.read_text(encoding="utf-8")))
    if path.name in NOT_YET:
        assert found, f"{path.name} passes by now: take it off the list"
        return
    assert not found


def test_the_look_finds_what_is_said_past_the_words() -> None:
    naive = 'st.caption("Nothing yet")\nst.button(f"{n} files", help="Click me")\nst.markdown(":material/bolt: Go")'
    assert spoken(ast.parse(naive)) == ["Nothing yet", " files", "Click me", ":material/bolt: Go"]
    fine = 'st.caption(say("a.b"))\nst.markdown(f":small[{x}]")\nst.text(name)\nst.markdown("**A**")'
    assert spoken(ast.parse(fine)) == []


# the switch


def test_the_address_names_the_language_and_a_choice_is_kept_in_it(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    app = opened(monkeypatch, house)
    assert "The next step" in told(app) and "lang" not in app.query_params
    app.segmented_control(key="language").set_value(Language.TR).run()
    assert "Sıradaki adım" in told(app) and app.query_params["lang"] == "tr"
    for page in ("chat", "documents", "home"):
        app = go(app, page)
        assert app.query_params["lang"] == "tr", "on every page, so that a reload and a link keep it"
    assert "Sıradaki adım" in told(app)


def test_a_link_with_a_language_opens_in_it_and_an_unknown_one_in_the_browsers(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    app = opened(monkeypatch, house)
    for named, words_ in (("tr", "Sıradaki adım"), ("xx", "The next step"), ("en", "The next step")):
        fresh = type(app).from_file(app._script_path, default_timeout=60)
        fresh.query_params["lang"] = named
        assert words_ in told(fresh.run())


def test_a_word_of_no_name_is_a_mistake_in_the_code() -> None:
    with pytest.raises(KeyError):
        word("home.nonsense", Language.EN)
