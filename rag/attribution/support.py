"""Which words of which passage carry each sentence of an answer, and which sentences none carries.

Every content word of a claim is looked for in a passage's sentences, rare words counting more; figures, dates, amounts and
codes must agree exactly, whatever else does, and a "not" must stand on both sides or on none. Compares words, not
meanings: a claim in other words than its passage's is called unsupported. Knows nothing of models or of citations that a
guard took out.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from rag.attribution.claims import Claim, claims
from rag.attribution.readings import (
    NEGATION,
    Clause,
    Figure,
    Page,
    clauses_of,
    figures_of,
    forms_of,
    read_page,
)
from rag.words import question_forms, text_words

# Chosen by `python benchmarks/citation_support.py FOLDER --tune` on every second article; docs/measured.md has the figures.
ENOUGH = 0.5
"""The share of a claim's words, by weight, that must stand in its passages."""
_NAME = 1.5  # what a capitalised word inside a sentence counts: names are what is exchanged
_UNSEEN = 0.8  # what a word that no passage holds counts, against the rarest that one does
_GROW = 0.12  # the share of the claim that another sentence must add, to be taken along
_RIVAL = 0.2  # a sentence with another figure and so much more of the claim takes the figure's place
_FIGURE = 2.0  # what a figure counts where the sentence is chosen
_LONGEST = 3  # sentences of a passage that may carry one claim together
_TIE = 0.02  # what question and context count, which choose between sentences that carry as much


class Shown(Protocol):
    """A passage as the model was shown it; a `Chunk` is one."""

    @property
    def label(self) -> str:
        """Its title and headings."""

    @property
    def text(self) -> str:
        """The passage; spans point into it."""


class Verdict(StrEnum):
    """What became of a sentence."""

    SUPPORTED = "supported"
    """The passages that it names carry it; where it names none, one that was shown does."""
    UNSUPPORTED = "unsupported"
    """They do not."""
    NO_CLAIM = "no claim"
    """There is nothing in it that a passage could carry: a greeting, a question, an abstention."""


class Lack(StrEnum):
    """Why a sentence is not supported."""

    FIGURE = "figure"
    """A number, date, amount or code of it does not stand there, or stands there of something else."""
    NAME = "name"
    """A name of it, which the question does not hold, does not stand there."""
    WORDS = "words"
    """Too few of its words stand there."""
    NEGATION = "negation"
    """One side says "not" and the other does not."""
    PASSAGES = "passages"
    """No passage was shown."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A piece of a passage that carries a sentence, or comes nearest to it."""

    passage: int
    """The passage's number, from 1."""
    start: int
    """Where the piece starts in the passage's text, in characters."""
    end: int
    """Where it ends, exclusive."""
    score: float
    """The share of the sentence's words that it holds, by weight, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Support:
    """One sentence of an answer, held against the passages."""

    start: int
    """Where it starts in the answer, in characters."""
    end: int
    """Where it ends, exclusive."""
    verdict: Verdict
    """What became of it."""
    score: float
    """The share of its words, by weight, that its evidence holds, in [0, 1]; 0 without evidence."""
    cited: tuple[int, ...]
    """The passages that it names and that were shown."""
    evidence: tuple[Evidence, ...]
    """One a cited passage that holds anything of it; without citations, the best passage."""
    lack: Lack | None = None
    """Why it is not supported."""
    missing: tuple[str, ...] = ()
    """The figures that do not stand there, or the words, as the answer writes them."""
    elsewhere: int | None = None
    """Where the cited passages do not carry it: a passage that was shown, not cited, and does."""


def support(
    answer: str,
    passages: Sequence[Shown],
    question: str = "",
    frame: Sequence[str] = (),
    passed_over: Callable[[str], bool] = lambda text: False,
) -> tuple[Support, ...]:
    """Hold every sentence of an answer against the passages that it was made from.

    Args:
        answer: As it is shown, citing as in `[1]` or `[1, 2]`.
        passages: What the model was shown; `[1]` is the first.
        question: What was asked: it chooses between places that carry a value equally well.
        frame: What every answer begins or ends with.
        passed_over: Whether a sentence is no claim, as an abstention is.

    Returns:
        The sentences in their order.
    """
    pages = [read_page(passage.label, passage.text) for passage in passages]
    weigh = _weights(pages)
    found: list[Support] = []
    for claim in claims(answer, frame, passed_over):
        cited = tuple(number for number in claim.cited if 1 <= number <= len(pages))
        if not claim.judged:
            found.append(Support(claim.start, claim.end, Verdict.NO_CLAIM, 0.0, cited, ()))
        else:
            found.append(_judged(_read_claim(claim, question, weigh), cited, pages))
    return tuple(found)


def spans_of(supports: Iterable[Support], passage: int) -> tuple[tuple[int, int], ...]:
    """Return the pieces of a passage that carry something, joined where they touch, in reading order."""
    spans = sorted(
        (one.start, one.end)
        for each in supports
        if each.verdict is Verdict.SUPPORTED
        for one in each.evidence
        if one.passage == passage
    )
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


_Weigh = Callable[[tuple[str, ...]], float]


def _weights(pages: Sequence[Page]) -> _Weigh:
    """Return how much a word counts: by its rarity among the sentences that were shown (Spärck Jones 1972)."""
    lines = [line.forms for page in pages for line in page.lines]
    seen = Counter(form for forms in lines for form in forms)
    labelled = frozenset().union(*(page.label for page in pages))
    rarest = math.log(1 + len(lines))

    def weigh(forms: tuple[str, ...]) -> float:
        count = max((seen[form] for form in forms), default=0)
        if count:
            return max(0.2, math.log((1 + len(lines)) / count))
        return (0.5 if not labelled.isdisjoint(forms) else _UNSEEN) * max(rarest, 1.0)

    return weigh


# ---------------------------------------------------------------- one claim


@dataclass(frozen=True, slots=True)
class _Read:
    """A claim, read for comparing."""

    claim: Claim
    words: tuple[tuple[tuple[str, ...], float], ...]
    names: frozenset[int]
    figures: tuple[Figure, ...]
    clauses: tuple[Clause, ...]
    context: frozenset[str]

    @property
    def total(self) -> float:
        """The weight of all words."""
        return sum(weight for _, weight in self.words)


_CAPITAL = re.compile(r"(?<=[^\W\d_.!?:])[,]?\s[\"'“‘(]?([A-ZÇĞİÖŞÜ][\w-]+)")


def _read_claim(claim: Claim, question: str, weigh: _Weigh) -> _Read:
    text = claim.text
    names = frozenset(form for name in _CAPITAL.findall(text) for form in forms_of(name))
    content = question_forms(text) if text_words(text) or not re.search(r"\d", text) else []
    words = []
    for forms in content:
        if any(letter.isdigit() for letter in forms[0]):
            continue  # figures are compared by value
        if NEGATION.search(forms[0]):
            continue  # and a "not" by its clause
        words.append((forms, weigh(forms) * (1.0 if names.isdisjoint(forms) else _NAME)))
    context = forms_of(f"{question} {claim.context}") if f"{question}{claim.context}".strip() else frozenset()
    told = frozenset(
        place
        for place, (forms, _) in enumerate(words)
        if not names.isdisjoint(forms) and context.isdisjoint(forms)
    )
    return _Read(claim, tuple(words), told, figures_of(text), clauses_of(text), context)


@dataclass(frozen=True, slots=True)
class _Window:
    """Neighbouring sentences of a passage, held against a claim."""

    number: int
    first: int
    last: int
    words: frozenset[int]
    figures: frozenset[int]
    value: float


def _window(read: _Read, page: Page, number: int) -> _Window | None:
    """Return the sentences of a passage that hold most of a claim; None where none holds anything."""
    if not page.lines:
        return None
    total = (read.total + _FIGURE * len(read.figures)) or 1.0
    own = [
        frozenset(p for p, (f, _) in enumerate(read.words) if not line.forms.isdisjoint(f))
        for line in page.lines
    ]
    label = frozenset(p for p, (f, _) in enumerate(read.words) if not page.label.isdisjoint(f))
    share = [sum(read.words[p][1] for p in held) / (read.total or 1.0) for held in own]
    figures = [_bound(read, page, share, place) for place in range(len(page.lines))]
    beside = frozenset(
        p
        for p, figure in enumerate(read.figures)
        if any(figure.agrees(other) for other in page.label_figures)
    )
    best: _Window | None = None
    for first in range(len(page.lines)):
        for last in range(first, min(first + _LONGEST, len(page.lines))):
            inside = frozenset().union(*own[first : last + 1])
            bound = frozenset().union(*figures[first : last + 1])
            if not inside and not bound:
                continue
            held, numbers = inside | label, bound | beside
            value = (sum(read.words[p][1] for p in held) + _FIGURE * len(numbers)) / total
            near = frozenset().union(*(line.forms for line in page.lines[first : last + 1]))
            tie = _TIE * len(near & read.context) / (len(read.context) or 1)
            value += tie - _GROW * (last - first)
            if best is None or value > best.value + 1e-9:
                best = _Window(number, first, last, held, numbers, value)
    return best


def _bound(read: _Read, page: Page, share: Sequence[float], place: int) -> frozenset[int]:
    """Return the claim's figures that a sentence holds, less those that are told of something else there.

    "The stove costs 49 EUR. The kettle costs 19 EUR." does not say that the stove costs 19 EUR: the other sentence
    holds more of that claim, and another amount.
    """
    kept = set()
    for number, figure in enumerate(read.figures):
        if not any(figure.agrees(other) for other in page.lines[place].figures):
            continue
        rivals = (
            other
            for other, line in enumerate(page.lines)
            if share[other] > share[place] + _RIVAL
            and any(one.kind == figure.kind for one in line.figures)
            and not any(figure.agrees(one) for one in line.figures)
        )
        if next(rivals, None) is None:
            kept.add(number)
    return frozenset(kept)


@dataclass(frozen=True, slots=True)
class _Weighed:
    """Windows together, and what they leave open."""

    windows: tuple[_Window, ...]
    score: float
    lack: Lack | None
    missing: tuple[str, ...]


def _judged(read: _Read, cited: tuple[int, ...], pages: Sequence[Page]) -> Support:
    windows = [
        window
        for number, page in enumerate(pages, start=1)
        if (window := _window(read, page, number)) is not None
    ]
    asked = [window for window in windows if window.number in cited] if cited else windows
    best = _together(read, asked, pages) if cited else _best(read, asked, pages)
    best = best or _nothing(read, pages)
    elsewhere = None
    if cited and best.lack is not None:
        others = _best(read, [one for one in windows if one.number not in cited], pages)
        elsewhere = others.windows[0].number if others is not None and others.lack is None else None
    evidence = tuple(
        Evidence(
            one.number,
            pages[one.number - 1].lines[one.first].start,
            pages[one.number - 1].lines[one.last].end,
            _share(read, one.words, one.figures),
        )
        for one in best.windows
    )
    verdict = Verdict.SUPPORTED if best.lack is None else Verdict.UNSUPPORTED
    claim = read.claim
    return Support(
        claim.start, claim.end, verdict, best.score, cited, evidence, best.lack, best.missing, elsewhere
    )


def _nothing(read: _Read, pages: Sequence[Page]) -> _Weighed:
    """Return that no passage holds anything of a claim."""
    if not pages:
        return _Weighed((), 0.0, Lack.PASSAGES, ())
    absent = tuple(dict.fromkeys(figure.written() for figure in read.figures))
    return _Weighed((), 0.0, Lack.FIGURE if absent else Lack.WORDS, absent)


def _best(read: _Read, windows: Sequence[_Window], pages: Sequence[Page]) -> _Weighed | None:
    """Return the one passage that carries a claim best; two together where no single one does."""
    alone = [weighed for one in windows if (weighed := _together(read, [one], pages)) is not None]
    if not alone:
        return None
    first = max(alone, key=lambda one: (one.lack is None, one.windows[0].value, -one.windows[0].number))
    if first.lack is None or len(alone) == 1:
        return first
    main = first.windows[0]
    pairs = [
        _together(read, sorted([main, one], key=lambda w: w.number), pages)
        for one in windows
        if one is not main
    ]
    carried = [pair for pair in pairs if pair is not None and pair.lack is None]
    return max(carried, key=lambda one: one.score) if carried else first


def _together(read: _Read, windows: Sequence[_Window], pages: Sequence[Page]) -> _Weighed | None:
    if not windows:
        return None
    words = frozenset().union(*(one.words for one in windows))
    figures = frozenset().union(*(one.figures for one in windows))
    score = _share(read, words, figures)
    absent = [figure.written() for place, figure in enumerate(read.figures) if place not in figures]
    lost = [_written(read, forms) for place, (forms, _) in enumerate(read.words) if place not in words]
    if absent:
        return _Weighed(tuple(windows), score, Lack.FIGURE, tuple(dict.fromkeys(absent)))
    strange = [_written(read, read.words[place][0]) for place in sorted(read.names - words)]
    if strange:
        return _Weighed(tuple(windows), score, Lack.NAME, tuple(dict.fromkeys(strange)))
    if not _enough(read, words):
        return _Weighed(tuple(windows), score, Lack.WORDS, tuple(dict.fromkeys(lost)))
    if _turned(read, windows, pages):
        return _Weighed(tuple(windows), score, Lack.NEGATION, ())
    return _Weighed(tuple(windows), score, None, ())


def _enough(read: _Read, words: frozenset[int]) -> bool:
    if len(read.words) + len(read.figures) <= 2:  # a bare value has no word to spare
        return len(words) == len(read.words)
    return _share(read, words, frozenset()) >= ENOUGH if read.words else True


def _share(read: _Read, words: frozenset[int], figures: frozenset[int]) -> float:
    if not read.words:
        return len(figures) / len(read.figures) if read.figures else 0.0
    return sum(read.words[place][1] for place in words) / read.total


def _written(read: _Read, forms: tuple[str, ...]) -> str:
    """Return a word of a claim as the answer writes it."""
    for word in re.findall(r"\w+(?:[-./'’]\w+)*", read.claim.text):
        if not forms_of(word).isdisjoint(forms):
            return str(word)
    return forms[0]


def _turned(read: _Read, windows: Sequence[_Window], pages: Sequence[Page]) -> bool:
    """Whether the claim says "not" where the passage that carries it does not, or the other way round.

    Only the clauses that the two have in common are asked: "Tents can be returned, but not when used" does not deny that
    tents can be returned.
    """
    lines = [line for one in windows for line in pages[one.number - 1].lines[one.first : one.last + 1]]
    line = max(lines, key=lambda each: sum(w for f, w in read.words if not each.forms.isdisjoint(f)))
    theirs = _negated(line.clauses, frozenset(form for forms, _ in read.words for form in forms))
    mine = _negated(read.clauses, line.forms)
    if mine == theirs:
        return False
    limited = (clause.private for clause in (line.clauses if mine else read.clauses))
    return not any(limited)


def _negated(clauses: Sequence[Clause], shared: frozenset[str]) -> bool:
    common = [(len(clause.forms & shared), clause) for clause in clauses]
    most = max((count for count, _ in common), default=0)
    return any(clause.negated for count, clause in common if count and 2 * count >= most)
