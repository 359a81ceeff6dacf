"""How well the library finds the documents that tell: recall, MRR and nDCG for each search and for both together.

Asks the library each question once and ranks what it found in several ways. Knows nothing of models that answer,
of workspaces, or of how figures are shown.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from experiments.finding.abstention import Abstention, judge
from experiments.questions import Kind, Question
from experiments.statistics.stats import Interval, paired_interval
from foundation.errors import UserError

if TYPE_CHECKING:
    from rag.retrieval.answerability import Fit
    from rag.retrieval.choose import Lookup
    from rag.types import LibrarySettings

DEPTH = 40
"""So many passages of a ranking are looked at; a document below them is not found."""
MEASURES = ("recall_1", "recall_4", "recall_10", "mrr", "ndcg_10")
"""What is measured of a ranking, in the order of the tables."""
Tell = Callable[[int, int], None]
"""Told how many questions were asked, and how many there are."""


class Search(StrEnum):
    """How documents are searched."""

    DENSE = "dense"
    """By meaning: vectors only."""
    KEYWORD = "keyword"
    """By words: BM25 only."""
    FUSED = "fused"
    """By both, as the settings say: what live questions get, unless a reranker reads on."""
    RERANKED = "reranked"
    """By both, the best read once more: what live questions get where a reranker is named."""


class Finder(Protocol):
    """What is needed of a library."""

    def lookup(self, query: str) -> Lookup:
        """Return what both searches find, not ranked yet."""
        ...

    def sources(self) -> list[str]:
        """Return the documents that can be found."""
        ...


@dataclass(frozen=True)
class Found:
    """A question, and what both searches found for it."""

    question: Question
    """What was asked."""
    lookup: Lookup
    """What was found."""

    @property
    def gold(self) -> frozenset[str]:
        """The documents that tell, as the library writes their paths."""
        return frozenset(unicodedata.normalize("NFC", source) for source in self.question.gold)


@dataclass(frozen=True)
class Figures:
    """How well one search finds one kind of question, each value in [0, 1] with its 95 % interval."""

    search: Search
    """Which search."""
    kind: str
    """The kind of question, or `all`."""
    n: int
    """How many questions."""
    recall_1: Interval
    """Share of the documents that tell among the first document found, as a mean over questions."""
    recall_4: Interval
    """Among the first 4."""
    recall_10: Interval
    """Among the first 10."""
    mrr: Interval
    """Mean of 1 / place of the first document that tells."""
    ndcg_10: Interval
    """nDCG over the first 10 documents."""


@dataclass(frozen=True)
class Gain:
    """What live questions gain over a part of their search."""

    over: Search
    """The part alone."""
    ndcg_10: Interval
    """Live less alone, in nDCG@10, paired over the questions."""


@dataclass(frozen=True)
class RetrievalReport:
    """How well a library finds."""

    part: str
    """Which questions were asked."""
    questions: int
    """Answerable questions, which the figures are about."""
    left_out: int
    """Unanswerable questions: no document of theirs can be found."""
    fusion: str
    """How the two searches are joined."""
    alpha: float
    """Weight of the dense score in a convex fusion."""
    figures: tuple[Figures, ...]
    """By kind, all questions first, then by search."""
    gains: tuple[Gain, ...]
    """Over each search alone; empty for fewer than two questions."""
    missing: tuple[str, ...]
    """Documents that questions name and the library does not have."""
    answerability: Abstention | None
    """How well the score of answerability tells; None where the questions are all of one sort."""
    fitted: bool
    """Whether that score was fitted on this workspace's dev questions, rather than shipped."""


def look_up(
    questions: Sequence[Question], library: Finder, tell: Tell = lambda done, total: None
) -> list[Found]:
    """Ask the library every question, a follow-up together with what it hangs on, as live ones are.

    Questions that do not say enough are left out: no search can tell what was meant.

    Raises:
        UserError: There is no index, or it was made with another embedder.
    """
    from assistant.follow_up import complete

    found = []
    questions = [question for question in questions if question.kind is not Kind.UNDERSPECIFIED]
    for place, question in enumerate(questions):
        tell(place, len(questions))
        found.append(Found(question, library.lookup(complete(question.question, question.turns))))
    return found


def retrieval_report(
    found: Sequence[Found], settings: LibrarySettings, fit: Fit, part: str, sources: Sequence[str]
) -> RetrievalReport:
    """Measure rankings against the documents that tell.

    Args:
        found: What `look_up` gave.
        settings: How the two searches are joined, and how many hits each may give.
        fit: The score of answerability.
        part: Which questions these are.
        sources: The documents of the library.

    Raises:
        UserError: No question can be answered, so there is nothing to find.
    """
    from rag.retrieval.answerability import features

    asked = answerable(found, part)
    reread = any(one.lookup.reranked for one in asked)
    searches = [search for search in Search if reread or search is not Search.RERANKED]
    values = {search: [measured(one, search, settings) for one in asked] for search in searches}
    kinds = [kind for kind in Kind if any(one.question.kind == kind for one in asked)]
    groups = [("all", list(range(len(asked))))]
    if len(kinds) > 1:
        groups += [
            (kind.value, [place for place, one in enumerate(asked) if one.question.kind == kind])
            for kind in kinds
        ]
    ndcg = {search: [row[-1] for row in rows] for search, rows in values.items()}
    scores = [fit.score(features(one.lookup)) for one in found]
    return RetrievalReport(
        part=part,
        questions=len(asked),
        left_out=len(found) - len(asked),
        fusion=settings.fusion,
        alpha=settings.alpha,
        figures=tuple(
            _figures(search, kind, [values[search][place] for place in places])
            for kind, places in groups
            for search in searches
        ),
        gains=tuple(Gain(search, difference(ndcg[searches[-1]], ndcg[search])) for search in searches[:-1])
        if len(asked) > 1
        else (),
        missing=tuple(sorted(frozenset().union(*(one.gold for one in asked)) - set(sources))),
        answerability=judge(scores, [one.question.answerable for one in found], fit.threshold),
        fitted=bool(fit.recipe),
    )


def answerable(found: Sequence[Found], part: str) -> list[Found]:
    """Return the questions that documents answer.

    Raises:
        UserError: There is none.
    """
    asked = [one for one in found if one.question.answerable]
    if not asked:
        raise UserError(
            f'None of the {len(found)} questions of the part "{part}" can be answered from the documents, so there is '
            "nothing to find. Write questions with their documents in questions.jsonl."
        )
    return asked


def measured(found: Found, search: Search, settings: LibrarySettings) -> tuple[float, ...]:
    """Return what a search is worth on one question, in the order of `MEASURES`."""
    from rag.metrics import ndcg_at, recall_at, reciprocal_rank

    names, gold = ranking(found.lookup, search, settings), found.gold
    return (
        *(recall_at(k, names, gold) for k in (1, 4, 10)),
        reciprocal_rank(names, gold),
        ndcg_at(10, names, gold),
    )


def ranking(lookup: Lookup, search: Search, settings: LibrarySettings) -> list[str]:
    """Return the documents that a search ranks, best first; one that several passages are from stands once."""
    from rag.retrieval.choose import Lookup, choose

    chosen = settings
    if search is not Search.RERANKED:
        lookup = replace(lookup, reranked={})
    if search is Search.DENSE:
        chosen = replace(settings, fusion="convex", alpha=1.0)
    elif search is Search.KEYWORD:
        chosen = replace(settings, fusion="convex", alpha=0.0)
        lookup = Lookup(tuple(one for one in lookup.candidates if one.keyword > 0.0))
    return list(dict.fromkeys(hit.chunk.source for hit in choose(lookup, chosen, DEPTH).hits))


def difference(values: Sequence[float], others: Sequence[float]) -> Interval:
    """Return the mean difference of two measures of the same questions, with its 95 % paired bootstrap interval.

    Raises:
        ValueError: There are fewer than two questions.
    """
    return paired_interval([one - other for one, other in zip(values, others, strict=True)])


def mean(values: Sequence[float]) -> Interval:
    """Return the mean of values in [0, 1] with its 95 % bootstrap interval; one value alone says nothing."""
    if len(values) == 1:
        return Interval(values[0], 0.0, 1.0)
    return paired_interval(values, lowest=0.0)


def _figures(search: Search, kind: str, rows: Sequence[tuple[float, ...]]) -> Figures:
    return Figures(search, kind, len(rows), *(mean(column) for column in zip(*rows, strict=True)))
