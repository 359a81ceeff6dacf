"""Training rows from the real thing: each example asked of the real library, rendered as it will be served.

The right passage stands among the distractors that retrieval really finds, in a drawn place; some rows have distractors
only and some have no passage at all, and both are answered with the house's abstention. The gate before the model
(`assistant.gate`) drops no row: it may be fitted anew or switched off without training, and what it lets through still has to
be declined by the model. Knows nothing of tokens or of training.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.config.settings import RowSettings
from assistant.follow_up import complete
from assistant.instructions import Instructions
from assistant.prompt import messages
from finetune.examples import Example
from finetune.form import Form
from finetune.starter.turns import ABSTAIN, NO_DOCUMENTS
from finetune.training.split import Split, split
from finetune.training.train import Row
from foundation.errors import UserError
from rag import Chunk, Hit, Library
from rag.storage.records import Records

_MARK = re.compile(r"\[(\d{1,2})\]")


def parts_of(examples: Sequence[Example], settings: RowSettings, seed: int) -> Split:
    """Return the parts of a workspace's examples: to train on (and to show in prompts), to stop by, and to test on."""
    kept = settings.test_share
    return split(examples, seed, (0.85 * (1 - kept), 0.15 * (1 - kept), kept))


@dataclass(frozen=True)
class Rows:
    """Training rows, and what became of the examples."""

    rows: tuple[Row, ...]
    """In the order of the examples; an example can make two."""
    found: int
    """Answerable examples whose right passage retrieval found by itself."""
    placed: int
    """Answerable examples whose right passage was put in, because retrieval missed it."""
    dropped: tuple[str, ...]
    """Ids of examples that no passage of their sources supports: teaching them would teach to invent."""
    excluded: tuple[str, ...] = ()
    """Ids of examples whose sources are kept for another purpose than training may have."""


def build_rows(
    examples: Sequence[Example],
    library: Library | None,
    form: Form,
    k: int,
    settings: RowSettings,
    progress: Callable[[int, int], None] = lambda done, total: None,
    records: Records | None = None,
    most: int = 0,
    told: Callable[[bool], Instructions | None] = lambda retrieved: None,
) -> Rows:
    """Render examples as live questions are rendered.

    Args:
        examples: What to learn; `[1]` in an answer means its first source.
        library: The live library; its hits are the passages. None, where the form has labels and there are no documents: rows
            have none.
        form: The house's form.
        k: Passages a question, as served.
        settings: What else rows are made of.
        progress: Called with how many examples are done, and how many there are.
        records: What documents are kept for; where `settings.purpose` is set, those for another purpose are left out, as
            sources and as distractors.
        most: Stop with the example that makes this many rows, each as it would be among all of them; 0: render every example.
        told: Returns the instructions, with passages and without, as they are served; None of it: the usual ones.

    Raises:
        UserError: There is no index.
    """

    def may_use(source: str) -> bool:
        return not settings.purpose or (records or Records()).of(source).purpose == settings.purpose

    def row(
        question: str,
        earlier: Sequence[dict[str, str]],
        shown: Sequence[Chunk],
        answer: str,
        retrieved: bool = True,
    ) -> Row:
        return Row(tuple(messages(question, earlier, shown, form, retrieved, told(retrieved))), answer)

    rng = random.Random(settings.seed)
    chunks: dict[str, list[Chunk]] = {}
    rows: list[Row] = []
    found = placed = 0
    dropped: list[str] = []
    excluded: list[str] = []
    abstention = form.abstention or ABSTAIN
    for done, example in enumerate(examples, start=1):
        if most and len(rows) >= most:
            break
        progress(done, len(examples))
        question = example.question
        earlier = [{"role": turn["role"], "content": turn["content"]} for turn in example.conversation[:-1]]
        if not all(map(may_use, example.sources)):
            excluded.append(example.id)
            continue
        if (
            form.labels
        ):  # a label needs no passage; rows with and without, as both setups with the adapter are served
            rows.append(row(question, earlier, (), example.answer, retrieved=False))
            if library is not None:
                shown = [hit.chunk for hit in library.search(question, k) if may_use(hit.chunk.source)]
                rows.append(row(question, earlier, shown, example.answer))
            continue
        if library is None:
            raise UserError("Rows of answers from documents need a library. Run `rungwise sync` first.")
        found_hits = library.search(complete(question, earlier), k + 4)
        hits = [hit for hit in found_hits if may_use(hit.chunk.source)]
        if not example.answerable:
            rows.append(row(question, earlier, [hit.chunk for hit in hits[:k]], example.answer))
            continue
        right = right_passages(example, hits, library, chunks)
        if len(right) < len(example.sources):
            dropped.append(example.id)
            continue
        live = {hit.chunk.id for hit in hits[:k]}
        found += all(chunk.id in live for chunk in right)
        placed += not all(chunk.id in live for chunk in right)
        distractors = [hit.chunk for hit in hits if not _supports(hit.chunk, example)]
        if rng.random() < settings.distractors_only:
            rows.append(row(question, earlier, distractors[:k], abstention))
        if rng.random() < settings.without_passages:
            unknown = form.dress(form.abstain or NO_DOCUMENTS)
            rows.append(row(question, earlier, (), unknown, retrieved=False))
        shown = _shuffled(rng, right, distractors, k)
        rows.append(row(question, earlier, shown, renumbered(example.answer, right, shown)))
    return Rows(tuple(rows), found, placed, tuple(dropped), tuple(excluded))


def right_passages(
    example: Example, hits: Sequence[Hit], library: Library, chunks: dict[str, list[Chunk]]
) -> list[Chunk]:
    """Return one passage for every source of an example: the best hit that holds its facts, else the source's own.

    Args:
        example: What is asked and answered.
        hits: What was found for it.
        library: Where its sources are.
        chunks: The chunks of sources that were read before; those that are read now are put in.
    """
    right: list[Chunk] = []
    for number, source in enumerate(example.sources):
        if source not in chunks:
            chunks[source] = library.chunks(source)
        wanted = (
            [example.facts[number]] if len(example.sources) == len(example.facts) > 1 else list(example.facts)
        )
        pool = [hit.chunk for hit in hits if hit.chunk.source == source] + chunks[source]
        best = next((chunk for chunk in pool if _holds(chunk, wanted) and _shares(chunk, example)), None)
        best = best or next((chunk for chunk in pool if _holds(chunk, wanted)), None)
        if best is not None and best not in right:
            right.append(best)
    return right


def _holds(chunk: Chunk, facts: Sequence[str]) -> bool:
    text = " ".join(chunk.indexed_text.lower().split())
    return all(
        re.search(rf"(?<!\w){re.escape(' '.join(fact.lower().split()))}(?!\w)", text) for fact in facts
    )


def _shares(chunk: Chunk, example: Example) -> bool:
    """Whether a passage is about what the answer is about: most of the answer's longer words stand in it."""
    text = chunk.indexed_text.lower()
    words = {word for word in re.findall(r"\w{4,}", _MARK.sub("", example.answer).lower())}
    return sum(word in text for word in words) >= 0.5 * len(words)


def _supports(chunk: Chunk, example: Example) -> bool:
    """Whether a passage might answer: one that holds the facts, or a part of its source that names one of them."""
    return _holds(chunk, example.facts) or (
        chunk.source in example.sources and any(_holds(chunk, [fact]) for fact in example.facts)
    )


def _shuffled(rng: random.Random, right: list[Chunk], distractors: list[Chunk], k: int) -> list[Chunk]:
    shown = [*right, *distractors[: max(0, k - len(right))]]
    rng.shuffle(shown)
    return shown


def renumbered(answer: str, right: Sequence[Chunk], shown: Sequence[Chunk]) -> str:
    """Return an answer whose `[n]`, the example's n-th source, is the number that its passage has in the prompt."""

    def place(match: re.Match[str]) -> str:
        number = int(match[1])
        return f"[{shown.index(right[min(number, len(right)) - 1]) + 1}]"

    return _MARK.sub(place, answer)
