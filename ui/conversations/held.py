"""What became of an answer's sentences, in English and Turkish words, and texts cut where they are marked.

For the page and the command line alike. Knows nothing of how either draws, or of how a sentence was judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from advisor import Language
from rag.attribution.support import Lack, Support, Verdict

if TYPE_CHECKING:
    from assistant import Reply

_WORDS: dict[str, tuple[str, str]] = {
    "unsupported": ("No passage carries this", "Hiçbir pasaj bunu desteklemiyor"),
    "unsupported_n": (
        "{n} of {all} sentences are carried by no passage",
        "{all} cümleden {n} tanesini hiçbir pasaj desteklemiyor",
    ),
    "supported": ("Every claim stands in a passage", "Her iddia bir pasajda geçiyor"),
    "figure": ("{what} does not stand {where}", "{what} {where} geçmiyor"),
    "name": ("{what} does not stand {where}", "{what} {where} geçmiyor"),
    "words": ("too little of it stands {where}", "çok azı {where} geçiyor"),
    "negation": (
        "one says “not” and the other does not, {where}",
        "biri olumsuz, öteki değil ({where})",
    ),
    "passages": ("no passage was found", "hiçbir pasaj bulunamadı"),
    "elsewhere": (
        "passage [{n}] says so, which it does not cite",
        "[{n}] numaralı pasaj bunu söylüyor, ama anılmıyor",
    ),
    "cited_one": ("in the passage that it cites", "andığı pasajda"),
    "cited_more": ("in the passages that it cites", "andığı pasajlarda"),
    "none_cited": ("in any passage", "hiçbir pasajda"),
    "declined": (
        "The model was not asked: the documents hardly answer this (score {score}, threshold {threshold})",
        "Modele sorulmadı: belgeler bunu pek yanıtlamıyor (puan {score}, eşik {threshold})",
    ),
    "marked": ("What carries the answer is marked.", "Yanıtı destekleyen yer işaretli."),
}
_NAMED = 3  # so many missing figures or names are listed


def word(name: str, language: Language = Language.EN, /, **values: object) -> str:
    """Return one of these words, with values put in."""
    return _WORDS[name][language is Language.TR].format(**values)


def reason(one: Support, language: Language = Language.EN) -> str:
    """Return why a sentence is not supported, as a clause; empty where it is."""
    if one.lack is None:
        return ""
    cited = "none_cited" if not one.cited else "cited_one" if len(one.cited) == 1 else "cited_more"
    what = ", ".join(one.missing[:_NAMED])
    if one.lack in (Lack.FIGURE, Lack.NAME) and not what:
        return word("words", language, where=word(cited, language))
    said = word(one.lack.value, language, what=what, where=word(cited, language))
    if one.elsewhere is not None:
        said += "; " + word("elsewhere", language, n=one.elsewhere)
    return said


def summary(reply: Reply, language: Language = Language.EN) -> str:
    """Return how many of an answer's claims are carried, as a sentence; empty where there is no claim."""
    claims = [one for one in reply.support if one.verdict is not Verdict.NO_CLAIM]
    if not claims:
        return ""
    lost = len(reply.unsupported)
    if not lost:
        return word("supported", language) + "."
    return word("unsupported_n", language, n=lost, all=len(claims)) + "."


def declined(reply: Reply, language: Language = Language.EN) -> str:
    """Return that retrieval declined a question, and by which score; empty where the model was asked."""
    judged = reply.answerability
    if judged is None or not judged.low or reply.asked_back:
        return ""
    return word("declined", language, score=f"{judged.score:.2f}", threshold=f"{judged.threshold:.2f}") + "."


def pieces(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[str, bool]]:
    """Return a text cut at its marked spans: each piece, and whether it is marked; joined, they are the text."""
    cuts = sorted({0, len(text), *(place for span in spans for place in span)})
    return [
        (text[start:end], any(low <= start and end <= high for low, high in spans))
        for start, end in pairwise(cuts)
        if end > start
    ]
