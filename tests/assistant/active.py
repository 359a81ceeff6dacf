"""What acts in a text where it is shown as Markdown, HTML or on a terminal, told by patterns of its own."""

from __future__ import annotations

import re

ACTIVE = re.compile(
    r"!\[|\]\(|\]\[|^[ >*-]*\[[^\]\n]+\]:"  # images, links, references and their targets
    r"|<[/!?a-z]"  # HTML, and addresses between angle brackets
    r"|\b(?:https?|ftp|ws)s?://\S|\bwww\.\w|(?:javascript|vbscript):|\bdata:\w|\bfile:/|(?<![:\w/\\])//[\w-]+\."
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]",
    re.IGNORECASE | re.MULTILINE,
)


def active(text: str) -> list[str]:
    """Return what acts in a text."""
    return ACTIVE.findall(text)
