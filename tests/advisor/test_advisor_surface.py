"""What the advisor offers, and that reading it costs next to nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import advisor
from advisor import Answers, next_question, questionnaire
from foundation.errors import UserError

PACKAGE = Path(advisor.__file__).parent
ALLOWED = {"advisor", "foundation", "yaml"}


def test_the_public_surface_is_this_list() -> None:
    assert advisor.__all__ == [
        "Answers",
        "Axis",
        "Diff",
        "Evidence",
        "Flip",
        "Language",
        "Level",
        "Missing",
        "PassedOver",
        "Question",
        "Reason",
        "Recommendation",
        "Rung",
        "Step",
        "load_answers",
        "next_question",
        "questionnaire",
        "questions_needed",
        "recommend",
        "rule_card",
        "rule_text",
        "to_html",
        "to_markdown",
        "to_mermaid",
        "to_text",
    ]
    assert all(hasattr(advisor, name) for name in advisor.__all__)


def test_importing_the_advisor_loads_nothing_heavy_and_reads_no_data() -> None:
    code = "import sys, advisor; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    roots = set(loaded.stdout.split())

    assert "advisor" in roots
    heavy = {
        "torch",
        "langchain",
        "langchain_core",
        "transformers",
        "chromadb",
        "numpy",
        "pydantic",
        "streamlit",
        "yaml",
    }
    assert not roots & heavy


def test_the_advisor_imports_the_standard_library_yaml_and_the_foundation_only() -> None:
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            roots = {name.partition(".")[0] for name in names}
            assert roots <= ALLOWED | sys.stdlib_module_names, (path.name, roots)


def test_a_questionnaire_asked_one_by_one_ends_with_every_relevant_answer() -> None:
    answers, asked = Answers(), []
    while (one := next_question(answers)) is not None:
        asked.append(one.id)
        raw = one.options[0].value if one.options else "200"
        if one.number is not None:
            raw = (
                f"{min(max(one.number.minimum, 20), one.number.maximum):g} {next(iter(one.number.suffixes))}"
            )
        answers = Answers.from_mapping({**answers.to_mapping(), one.id: raw})

    assert asked[0] == "knowledge"
    assert "change_rate" not in asked, "the model knows the facts, so how often they change is not asked"
    assert len(asked) == len(set(asked)) > 20


def test_a_language_the_advisor_does_not_speak_is_refused() -> None:
    try:
        questionnaire("de")
    except UserError as error:
        assert str(error) == 'The advisor speaks en or tr, not "de".'
    else:
        raise AssertionError("German was accepted")
