"""A conversation as a file: as Markdown in which nobody's words are Markdown, and as JSON that may stand in a web page.

What a vote or a live split hides stays hidden. Knows nothing of where a conversation is kept.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING, Any

from advisor import Language
from ui.words import setup_name, word

if TYPE_CHECKING:
    from assistant import Reply
    from ui.conversations.chats import Conversation, Turn

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:^=&@/\"'])")


def to_markdown(conversation: Conversation, language: Language) -> str:
    """Return a conversation as Markdown; whatever somebody wrote is escaped, so that it reads as it was written."""
    lines = [f"# {plain(conversation.title)}", ""]
    for turn in conversation.turns:
        lines += [f"## {word('chat.question', language)} ({turn.when})", "", *_quoted(turn.question), ""]
        for name, reply in _answers(turn, language):
            lines += [f"### {name}", "", *_quoted(reply.text), ""]
            lines += [
                f"- \\[{one.number}\\] {plain(one.label)} ({plain(one.source)})" for one in reply.citations
            ]
            lines += [""] if reply.citations else []
        if not _answers(turn, language):
            lines += [f"*{word('chat.no_answer', language)}*", ""]
        if turn.good is not None:
            lines += [f"*{word('chat.thumb_up' if turn.good else 'chat.thumb_down', language)}*", ""]
    return "\n".join(lines)


def to_json(conversation: Conversation) -> str:
    """Return a conversation as JSON: title and turns, each with its answers and what they cite."""
    told = {"title": conversation.title, "turns": [_turn(turn) for turn in conversation.turns]}
    text = json.dumps(told, ensure_ascii=False, indent=2)
    # none of these can stand outside of a string, and in one of them the escape means the same
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text + "\n"


def plain(text: str) -> str:
    """Return text on one line for Markdown, none of it Markdown or HTML, without what steers a terminal or turns text around."""
    flat = " ".join("".join(one if _harmless(one) else " " for one in text).split())
    return _SPECIAL.sub(r"\\\1", flat)


def _harmless(sign: str) -> bool:
    return unicodedata.category(sign) not in ("Cc", "Cf", "Co", "Cs") or sign in "\u200c\u200d"


def _quoted(text: str) -> list[str]:
    return [f"> {plain(line)}".rstrip() + "  " for line in text.splitlines()] or ["> "]


def _answers(turn: Turn, language: Language) -> list[tuple[str, Reply]]:
    """Return the answers of a turn, each with its heading."""
    if turn.duel is not None:
        pair = turn.duel
        named = [setup_name(one, language) for one in (pair.left, pair.right)] if pair.choice else ["", ""]
        return [
            (f"{side} ({name})" if name else side, reply)
            for side, name, reply in zip("AB", named, pair.replies, strict=False)
        ]
    if turn.reply is None:
        return []
    answer = word("chat.answer", language)
    return [(answer if turn.hidden else f"{answer} ({setup_name(turn.setup, language)})", turn.reply)]


def _turn(turn: Turn) -> dict[str, Any]:
    pair = turn.duel
    shown = {"setup": "" if turn.hidden else turn.setup} if pair is None else {}
    if pair is not None:
        shown = {"left": pair.left, "right": pair.right} if pair.choice else {}
    replies = ([turn.reply] if turn.reply else []) if pair is None else pair.replies
    return {
        "asked": turn.when,
        "question": turn.question,
        **shown,
        **({"choice": pair.choice} if pair is not None else {"good": turn.good}),
        "answers": [_reply(one) for one in replies],
    }


def _reply(reply: Reply) -> dict[str, Any]:
    return {
        "text": reply.text,
        "citations": [
            {"number": one.number, "source": one.source, "label": one.label, "text": one.text}
            for one in reply.citations
        ],
    }
