"""Where a workspace stands on the ladder: what is advised, built and measured, and which step is open.

Looks at files only and decides nothing: the steps and their order are the advisor's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from advisor import Evidence, Recommendation, Step, load_answers, recommend
from foundation.errors import UserError
from ui.measured import Measured, read_comparison
from ui.resources import library_status

if TYPE_CHECKING:
    from assistant import Workspace
    from finetune.registry import Manifest
    from rag import LibraryStatus

_T = TypeVar("_T")

_INDEX, _ADAPTER, _COMPARISON, _EVIDENCE = "index", "adapter", "comparison", "evidence"
_LEAVES = {
    "sync": _INDEX,
    "check": _ADAPTER,  # looking the examples over leaves no trace of its own; training comes after it
    "train": _ADAPTER,
    "compare": _COMPARISON,
    "climb": _COMPARISON,
    "advise_again": _EVIDENCE,
}
"""What a step leaves behind, so that it can be seen whether it was done."""
_TRACELESS = frozenset({"search", "ask_rag", "try_prompt", "show"})
"""Steps of looking, which leave nothing behind and are never what is missing."""


@dataclass(frozen=True)
class Built:
    """What a workspace has."""

    library: LibraryStatus
    """The index."""
    adapter: Manifest | None
    """The adapter's papers; None where there is none."""
    measured: Measured | None
    """The last comparison; None where there is none."""


@dataclass(frozen=True)
class Stand:
    """Where a workspace stands."""

    advice: Recommendation | None
    """What is advised; None where no question was answered yet."""
    built: Built
    """What there is."""
    step: Step | None
    """The first advised step that is still open; None: none is, or nothing is advised yet."""
    problems: tuple[str, ...]
    """Files that could not be read, as sentences."""


def stand(house: Workspace) -> Stand:
    """Look at a workspace; what can't be read is a problem in the result, never an error."""
    problems: list[str] = []

    def tried(read: Callable[[], _T]) -> _T | None:
        try:
            return read()
        except UserError as error:
            problems.append(str(error))
            return None

    advice = tried(lambda: advised(house)) if house.answers.is_file() else None
    built = Built(
        library=library_status(house),
        adapter=tried(lambda: adapter(house)),
        measured=tried(lambda: read_comparison(house.comparison)),
    )
    return Stand(advice, built, open_step(advice, built), tuple(problems))


def advised(house: Workspace) -> Recommendation:
    """Return what `rungwise advise` would say now: the answers, corrected by the last measurement.

    Raises:
        UserError: The answers or the evidence hold mistakes.
    """
    return recommend(load_answers(house.answers), evidence(house))


def evidence(house: Workspace) -> Evidence | None:
    """Return what the last comparison tells the advisor; None where there was none.

    Raises:
        UserError: The file is not what `rungwise compare` writes.
    """
    return Evidence.read(house.evidence) if house.evidence.is_file() else None


def adapter(house: Workspace) -> Manifest | None:
    """Return the adapter's papers; None where there is none.

    Raises:
        UserError: They can't be read.
    """
    from finetune.registry import MANIFEST, read

    return read(house.adapter) if (house.adapter / MANIFEST).is_file() else None


def open_step(advice: Recommendation | None, built: Built) -> Step | None:
    """Return the first step of the advice whose trace is missing."""
    if advice is None:
        return None
    there = {
        _INDEX: built.library.built,
        _ADAPTER: built.adapter is not None,
        _COMPARISON: built.measured is not None,
        _EVIDENCE: advice.evidence is not None,
    }
    for step in advice.steps:
        if step.id not in _TRACELESS and not there.get(_LEAVES.get(step.id, ""), False):
            return step
    return None
