"""Every block of README and docs/ says what it is, names only what exists, and is read by the program's own readers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.blocks import LANGUAGES, ROOT, Block, blocks, pages
from tests.docs.known import check_block, check_line, check_named

PAGES = pages()
IDS = [page.relative_to(ROOT).as_posix() for page in PAGES]
WRITTEN = [
    page for page in PAGES if "docs/reference" not in page.as_posix()
]  # the others are written by the code


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_block_says_what_it_is_and_names_only_what_exists(page: Path, tmp_path: Path) -> None:
    for block in blocks(page):
        assert block.language in LANGUAGES, (
            f'{block.place}: "{block.language}" is none of {", ".join(LANGUAGES)}'
        )
        check_block(block, tmp_path)


@pytest.mark.parametrize("page", WRITTEN, ids=[page.relative_to(ROOT).as_posix() for page in WRITTEN])
def test_every_command_in_a_sentence_exists_with_its_options(page: Path) -> None:
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text("utf-8"), flags=re.S | re.M)
    wrong = []
    for command in re.findall(r"`(rungwise [^`]+)`", text):
        try:
            check_named(command)
        except AssertionError as error:
            wrong.append(str(error))
    assert not wrong


NAIVE = {
    "an option that is none": ("bash", "rungwise sync --quickly", "No such option"),
    "a command that is none": ("bash", "rungwise synchronise", "no command synchronise"),
    "an argument that is missing": ("bash", "rungwise ask", "Missing argument"),
    "a value of the wrong kind": ("console", "$ rungwise compare --limit many\n…", "many"),
    "a target that is none": ("bash", "make everything", "no target everything"),
    "a program that nobody knows": ("bash", "rungwsie sync", "rungwsie"),
    "a script that is gone": ("bash", "python benchmarks/gone.py", "there is no benchmarks/gone.py"),
    "an option behind a pipe": ("bash", "rungwise schema reply | rungwise sync --fast", "--fast"),
    "an option inside of another command": ("bash", 'curl -H "$(rungwise schema reply --fast)" x', "--fast"),
    "an option in a container": ("bash", "docker compose run --rm app users add ada --rol admin", "--rol"),
    "a profile that is none": ("bash", "docker compose --profile chrome up", "chrome"),
    "a configuration to launch with that is gone": (
        "bash",
        "accelerate launch --config_file examples/gone.yaml -m ui.cli train",
        "configuration is not there",
    ),
    "an option of a launched command": (
        "bash",
        "accelerate launch --config_file examples/accelerate/ddp-cpu.yaml -m ui.cli train --fast",
        "--fast",
    ),
    "a setting that is none": ("toml", "[retrieval]\nkk = 4", "kk"),
    "a value that does not fit": ("toml", '[target]\npass_rate = "high"', "pass_rate"),
    "a key of documents.toml that is none": (
        "toml",
        '[[document]]\npath = "a.md"\nreaders = ["hr"]',
        "readers",
    ),
    "a form with a slip": ("yaml", "labels: [only]\nmax_words: none", "max_words"),
    "an answer that is none": ("yaml", "knowledge: secret", "knowledge"),
    "a question with a slip": (
        "json",
        '{"id": "q", "part": "final", "kind": "single", "question": "x"}',
        "part",
    ),
    "an example without an answer": ("json", '{"messages": [{"role": "user", "content": "x"}]}', "assistant"),
    "Python that does not parse": ("python", "house = = 1", "syntax"),
}


@pytest.mark.parametrize("name", NAIVE)
def test_a_block_that_is_wrong_is_found(name: str, tmp_path: Path) -> None:
    language, text, told = NAIVE[name]
    page = tmp_path / "naive.md"
    page.write_text(f"# Naive\n\n```{language}\n{text}\n```\n", encoding="utf-8")
    [block] = blocks(page, tmp_path)
    with pytest.raises(AssertionError, match=r"naive\.md:3: ") as error:
        check_block(block, tmp_path)
    assert told in str(error.value)


def test_a_block_that_does_not_run_needs_a_reason_and_a_mark_must_be_one(tmp_path: Path) -> None:
    page = tmp_path / "naive.md"
    page.write_text("<!-- not run -->\n```bash\nrungwise sync\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="not run, but why"):
        blocks(page, tmp_path)
    page.write_text("<!-- never run: no time -->\n```bash\nrungwise sync\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError, match='"never run" is no mark'):
        blocks(page, tmp_path)
    page.write_text("```bash\nrungwise sync\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="never closed"):
        blocks(page, tmp_path)


def test_marks_stand_directly_above_their_block(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "<!-- not run: it needs Docker -->\n\nText.\n\n<!-- ends: 4 -->\n```bash\nrungwise climb  # up\n```\n",
        encoding="utf-8",
    )
    [block] = blocks(page, tmp_path)
    assert block == Block("page.md", 6, "bash", "rungwise climb  # up", {"ends": "4"})
    assert block.ends == [4] and block.commands == ["rungwise climb  # up"]


@pytest.mark.parametrize(
    "command", ["rungwise sync --quick", "rungwise adapters lost", "rungwise compare --judged"]
)
def test_a_command_in_a_sentence_that_is_none_is_found(command: str) -> None:
    with pytest.raises(AssertionError, match="no "):
        check_named(command)


def test_a_command_in_a_sentence_may_have_placeholders() -> None:
    for command in (
        "rungwise adapters judge [NAME]",
        "rungwise forget DOC",
        "rungwise … --workspace",
        "rungwise adapters …",
    ):
        check_named(command)
    check_line("A=1 rungwise sync > report.txt 2>&1 && rungwise search 'a b' -k 2 | head -1")
