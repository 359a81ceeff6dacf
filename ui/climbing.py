"""A workspace's ladder climbed: its questions asked of its assistant, what is missing made, the evidence written.

Puts the assistant and the experiments together as a workspace's settings say. Knows nothing of how anything is shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

from assistant.assistant import Assistant
from assistant.setup import AnySetup, Setup, variant
from assistant.workspace import Workspace
from experiments import (
    Budget,
    ClimbReport,
    Meter,
    Question,
    Spent,
    Step,
    Ways,
    climb,
    comparison_dict,
    holder,
    load_questions,
)
from experiments.attribute import Holds
from experiments.climbing.ways import Searched
from experiments.prompting.search import afforded, search_prompt
from foundation.files import write_json_atomic
from rag import Library
from ui.measuring import Tell, adapter_is_stale, meter
from ui.tuning_prompt import quiet, space_of

ANSWERS = 4
"""Answers for each dev question that the search for a better prompting may take, before anything is trained."""


@dataclass(frozen=True)
class Makers:
    """What a climb calls to make what is missing."""

    sync: Callable[[], object]
    """Brings the documents into the index."""
    train: Callable[[], object]
    """Trains the adapter; may raise `Spent`."""
    tune: Callable[[], bool] | None = None
    """Tunes how the searches are joined, and tells whether that changed anything; None: it is left as it is."""
    check: Callable[[], str | None] | None = None
    """Looks the examples over: what must be mended before they are trained on, or None."""


def climb_house(
    workspace: Workspace,
    assistant: Assistant,
    makers: Makers,
    tell: Tell,
    on_step: Callable[[Step], None],
    budget: Budget | None = None,
) -> ClimbReport:
    """Climb a workspace's ladder on its dev questions and prove the end on its test questions.

    Raises:
        UserError: There are no questions, or something that is to be made can't be.
    """
    target, dev = workspace.settings.target, load_questions(workspace.questions, "dev")
    asking = meter(workspace, assistant, tell)

    def search(base: str) -> Searched[AnySetup]:
        return best_prompting(workspace, assistant, dev, Setup(base), quiet(asking, tell), budget)

    return climb(
        dev,
        load_questions(workspace.questions, "test"),
        replace(ways(workspace, assistant, makers), search=search),
        asking,
        target=target.pass_rate,
        margin=target.margin,
        budget=budget,
        on_step=on_step,
    )


def best_prompting(
    workspace: Workspace,
    assistant: Assistant,
    dev: Sequence[Question],
    setup: Setup,
    asking: Meter[AnySetup],
    budget: Budget | None,
) -> Searched[AnySetup]:
    """Search a setup's prompting as a step of a climb may: as many promptings as a few answers a question can tell apart.

    Returns:
        The best, where one leads. Whether it is really better, the climb's test questions say.

    Raises:
        Spent: The budget ended before anything could be told.
    """
    space = afforded(space_of(workspace, assistant, setup), len(dev), ANSWERS * len(dev))
    if not space.others:
        return Searched(None)
    found = search_prompt(dev, space, asking, answers=ANSWERS * len(dev), budget=budget)
    leads = found.winner != found.present
    if found.spent and not leads:
        raise Spent(found.spent)
    best = variant(found.winner.setup) if leads else None
    return Searched(best, tuple(one.setup for one in found.tried if one != found.present))


def record(workspace: Workspace, report: ClimbReport) -> None:
    """Write what was found: `comparison.json` for the page, `evidence.json` for the advisor.

    A climb that proved nothing leaves both as they are, and so does one that proved a part of what stands there already.
    """
    if report.verdict.standings and not _stands(workspace, report):
        write_json_atomic(workspace.comparison, comparison_dict(report.verdict, report.losses))
        write_json_atomic(workspace.evidence, report.evidence)


def _stands(workspace: Workspace, report: ClimbReport) -> bool:
    """Return whether the last comparison measured these setups, with the very same outcome, and more."""
    try:
        told = json.loads(workspace.comparison.read_text(encoding="utf-8"))
        last = {row["setup"]: _outcome(row) for row in told["standings"]}
    except (OSError, ValueError, LookupError, TypeError):
        return False
    return last.items() > {row.setup: _outcome(asdict(row)) for row in report.verdict.standings}.items()


def _outcome(row: Mapping[str, Any]) -> tuple[int, ...]:
    return (row["n"], *(row[name]["passed"] for name in ("both", "facts", "form", "citation", "abstention")))


def ways(workspace: Workspace, assistant: Assistant, makers: Makers) -> Ways[AnySetup]:
    """Return what can be tried: retrieval with documents, and an adapter with examples.

    With an endpoint the adapter is one that it serves, and nothing is trained or looked over.
    """
    settings = workspace.settings
    documents = workspace.documents.is_dir() and any(workspace.documents.iterdir())
    examples = workspace.examples.is_file()

    def train() -> None:
        if adapter_is_stale(workspace, assistant):
            makers.train()

    def check() -> str | None:
        return makers.check() if makers.check is not None and adapter_is_stale(workspace, assistant) else None

    able: Callable[[], object] | None = train if examples else None
    if settings.model.endpoint:
        able = (lambda: None) if settings.model.adapter else None
    return Ways(
        setups=tuple(Setup),
        sync=makers.sync if documents else None,
        train=able,
        tune=makers.tune if documents else None,
        check=None if settings.model.endpoint else check,
        evidence=holds(assistant.library),
        undress=workspace.form.undress,
    )


def holds(library: Library | None) -> Holds | None:
    """Return what tells whether the documents hold every fact of a question, read anew after every sync."""
    if library is None:
        return None
    made: dict[int, Holds] = {}

    def held(question: Question) -> bool | None:
        generation = library.generation
        if generation == 0:
            return None
        if generation not in made:
            made[generation] = holder(lru_cache(maxsize=None)(library.text), lru_cache(library.sources))
        return made[generation](question)

    return held
