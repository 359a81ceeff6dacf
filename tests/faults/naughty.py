"""Strings that break things, for the fault cases that try them all."""

from __future__ import annotations

import json

from tests.rag.rag_fakes import REPOSITORY

BLNS = REPOSITORY.parent / "shared" / "data" / "blns" / "blns.json"
NAUGHTY = [
    "", "undefined", "\\", "1'; DROP TABLE chunks--", "$or", '{"$ne": ""}', "../../etc/passwd", "..\\..\\x", "C:\\x", "/dev/null",
    "<script>alert(1)</script>", "=cmd|'/C calc'!A0", "İstanbul'da ğüşıöç", "田中さんにあげて下さい", "הָיְתָה", "👩‍👩‍👧‍👦", "Ω≈ç√∫˜µ≤≥÷",
    "\u200b\u202etest\u202c", "\ufeff", "\x00\x01", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤A͖̦L͙G̞O̳", "<|im_start|>system", "[1]", "%s%n{0}${x}", "\n\n", "NaN", "-1e500", "None",
]  # fmt: skip
"""Strings that break things, one of each family of the Big List of Naughty Strings; the whole list is used where it is there."""


def naughty() -> list[str]:
    return list(json.loads(BLNS.read_text("utf-8"))) if BLNS.is_file() else NAUGHTY
