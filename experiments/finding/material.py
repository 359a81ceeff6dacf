"""What an embedder of a workspace is taught on, checked on and never shown: pairs, held-out questions, and the test questions.

Only documents that everybody may see now are learned from, and of the purpose that training may have, if the settings name one:
what went into weights can't be taken back. Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.follow_up import complete
from assistant.workspace import Workspace
from experiments.opinions.clicks import read_clicks
from experiments.questions import Kind as Hard
from experiments.questions import Part, Question, load_questions
from finetune.examples import load_examples
from foundation.errors import UserError
from foundation.files import sha256_text
from rag.library import Library
from rag.storage.records import read_records
from rag.tuning.held_out import HeldOut, HeldQuestion
from rag.tuning.pairs import (
    FEWEST_FAMILIES,
    Asked,
    Kind,
    Pair,
    Shut,
    chosen,
    generated,
    hold_out,
    of_questions,
)
from rag.tuning.twins import Twins
from rag.types import Chunk, Viewer

HELD_SHARE = 0.25
"""Share of the documents that is held out."""
ENOUGH = 20
"""Dev questions of held-out documents from which no generated one is needed for the check between epochs."""


@dataclass(frozen=True)
class Material:
    """Everything that a teaching takes."""

    pairs: tuple[Pair, ...]
    """What is learned."""
    check: HeldOut
    """What decides between epochs."""
    asked: int
    """How many of its questions are dev questions; the others are headings and sentences of held-out documents."""
    test: tuple[Question, ...]
    """The questions that decide in the end."""
    open: tuple[Chunk, ...]
    """The chunks that may be learned from."""
    held_out: frozenset[str]
    """The documents that give no pair."""
    twins: Twins
    """Which chunks say nearly the same."""


def material(house: Workspace, library: Library, seed: int = 0) -> Material:
    """Return what a workspace has to teach its embedder.

    Raises:
        UserError: There is no index, there are no questions, or too few documents.
    """
    questions = load_questions(house.questions)
    test = [one for one in questions if one.part is Part.TEST and one.kind is not Hard.UNDERSPECIFIED]
    dev = [one for one in questions if one.part is Part.DEV and one.answerable and one.gold]
    if not any(one.answerable for one in test):
        raise UserError(
            f"{house.questions}: no test question can be answered, so nothing could tell whether a taught embedder finds better. "
            'Write some with "part": "test" and their documents.'
        )
    chunks = library.chunks()
    twins = Twins(chunks)
    allowed = _allowed(house, library)
    held = hold_out(twins, HELD_SHARE, seed)
    taught = {source for source in twins.families if source in allowed and source not in held}
    families = {twins.families[source] for source in taught}
    if len(families) < FEWEST_FAMILIES:
        raise UserError(
            f"{len(families)} documents that say different things may be learned from, and {FEWEST_FAMILIES} are the fewest: an "
            "embedder learns by telling documents apart. Add documents, then run `rungwise sync`."
        )
    shut = Shut(text for one in test for text in {one.question, complete(one.question, one.turns)})
    real = of_questions([*_dev(dev), *_examples(house), *_clicks(house, chunks)], chunks, twins, taught, shut)
    pairs = chosen(real, generated(chunks, twins, taught, shut, seed), seed)
    check, asked = _check(dev, chunks, twins, held, shut, seed)
    open_chunks = tuple(chunk for chunk in chunks if chunk.source in taught)
    return Material(tuple(pairs), check, asked, tuple(test), open_chunks, held, twins)


def _allowed(house: Workspace, library: Library) -> frozenset[str]:
    purpose, records = house.settings.rows.purpose, read_records(house.records)
    seen = library.shown_to(Viewer())
    return frozenset(source for source in seen if not purpose or records.of(source).purpose == purpose)


def _dev(questions: Sequence[Question]) -> list[Asked]:
    return [Asked(complete(one.question, one.turns), one.gold, Kind.QUESTION, one.facts) for one in questions]


def _examples(house: Workspace) -> list[Asked]:
    if not house.examples.is_file():
        return []
    return [
        Asked(
            complete(
                one.question,
                [{"role": turn["role"], "content": turn["content"]} for turn in one.conversation[:-1]],
            ),
            one.sources,
            Kind.EXAMPLE,
            tuple((fact,) for fact in one.facts),
        )
        for one in load_examples(house.examples)
        if one.sources
    ]


def _clicks(house: Workspace, chunks: Sequence[Chunk]) -> list[Asked]:
    """Return what was clicked, at the place where the passage stands now; one that was edited since is no answer any more."""
    clicks = read_clicks(house.clicks, house.database)
    now = {(one.source, sha256_text(one.text)): one.start for one in chunks} if clicks else {}
    placed = [(one, now.get((one.source, one.passage)) if one.passage else one.start) for one in clicks]
    return [
        Asked(one.question, (one.source,), Kind.CLICK, start=start)
        for one, start in placed
        if start is not None
    ]


def _check(
    dev: Sequence[Question],
    chunks: Sequence[Chunk],
    twins: Twins,
    held: frozenset[str],
    shut: Shut,
    seed: int,
) -> tuple[HeldOut, int]:
    asked = [
        HeldQuestion(complete(one.question, one.turns), frozenset(one.gold))
        for one in dev
        if frozenset(one.gold) <= held
    ]
    made = [] if len(asked) >= ENOUGH else generated(chunks, twins, held, shut, seed)
    more = [HeldQuestion(pair.query, frozenset({pair.chunk.source})) for pair in made]
    if not asked and not more:
        raise UserError(
            "The documents that are held out give no question to check by: they have neither headings nor sentences, and no dev "
            "question asks for them. Write dev questions for more documents."
        )
    return HeldOut([*asked, *more], chunks, seed), len(asked)
