"""A workspace's prompting searched: its questions asked of its assistant, the winner confirmed, and written where that is wanted.

Puts the assistant and the search together as a workspace's settings say. Knows nothing of how anything is shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from assistant.assistant import Assistant
from assistant.config.settings_file import change_settings
from assistant.instructions import Instructor, Own, read_own
from assistant.promptings import exchanges, promptings, settings_of
from assistant.propose import proposed, write_own
from assistant.setup import AnySetup, Setup, as_variant
from assistant.workspace import CONFIG, Workspace
from experiments import Budget, Meter, Progress, load_questions
from experiments.prompting.halving import Round
from experiments.prompting.search import schedule_of, tune_prompt
from experiments.prompting.tuned import Outcome, Space, Tuned
from experiments.run import REPLIES
from foundation.errors import UserError
from foundation.files import read_text
from ui.measuring import Tell, check_ready, meter


@dataclass(frozen=True)
class Wanted:
    """What is asked of a search."""

    setup: Setup
    """The cell of the 2×2 whose prompting is searched."""
    answers: int | None = None
    """Answers to dev questions at most; None: as the number of promptings asks for."""
    budget: Budget | None = None
    """How long it may take; None for no limit."""
    proposals: Mapping[str, Own] = field(default_factory=dict)
    """Wordings that a model proposed."""


@dataclass(frozen=True)
class Plan:
    """What a search would take."""

    schedule: tuple[Round, ...]
    """The rounds of its first race."""
    questions: int
    """Dev questions."""
    held_out: int
    """Test questions."""
    seconds: float | None
    """What an answer took so far, on average; None where none was kept."""


def lowest(assistant: Assistant) -> Setup:
    """Return the setup of the lowest rung that can be asked: `rag` where there is an index, else `prompt`."""
    library = assistant.library
    return Setup.RAG if library is not None and library.status().built else Setup.PROMPT


def proposals_of(house: Workspace, assistant: Assistant, count: int) -> dict[str, Own]:
    """Ask the endpoint's model for wordings.

    Raises:
        UserError: There is no endpoint, or as `proposed`.
    """
    model = house.settings.model
    if not model.endpoint:
        raise UserError(
            "--propose asks the model of an endpoint for wordings, and rungwise.toml names none: a base that is loaded here is "
            "not asked to write its own instructions. Write yours into instructions.toml, or set [model] endpoint."
        )
    path = house.built / "prompting" / "proposals.json"
    return proposed(assistant.engine, f"{model.endpoint}|{model.base}", count, path)


def space_of(
    house: Workspace, assistant: Assistant, setup: Setup, proposals: Mapping[str, Own] | None = None
) -> Space[AnySetup]:
    """Return which promptings of a setup there are to try; the assistant then knows their wordings.

    Raises:
        UserError: `instructions.toml` or `examples.jsonl` holds mistakes.
    """
    usual = house.settings.prompt
    if proposals:
        assistant.instructor = Instructor(house.form, {**read_own(house.own_instructions), **proposals})
    others = promptings(setup, usual, assistant.instructor, house.examples.is_file())

    def around(best: AnySetup) -> list[AnySetup]:
        one = as_variant(best)
        now = one.prompting(usual)
        if assistant.shots is None or not now.shots or now.shots_by == "nearest":
            return []
        standing = assistant.shots(replace(now, shots_by="fixed", picked=())).standing()
        return [*exchanges(one, usual, standing)]

    return Space(setup, others, around)


def plan_house(house: Workspace, assistant: Assistant, wanted: Wanted) -> Plan:
    """Return what a search would take; nothing is asked.

    Raises:
        UserError: As `tune_house`.
    """
    dev, test = (load_questions(house.questions, part) for part in ("dev", "test"))
    space = space_of(house, assistant, wanted.setup, wanted.proposals)
    return Plan(schedule_of(space, len(dev), wanted.answers), len(dev), len(test), _pace(house))


def tune_house(house: Workspace, assistant: Assistant, wanted: Wanted, tell: Tell) -> Tuned:
    """Search on a workspace's dev questions and confirm the winner on its test questions; nothing is written.

    Raises:
        UserError: There are no questions, nothing to try, too small a budget, no index or no adapter.
    """
    dev, test = (load_questions(house.questions, part) for part in ("dev", "test"))
    space = space_of(house, assistant, wanted.setup, wanted.proposals)
    check_ready(assistant, [wanted.setup])
    return tune_prompt(
        dev,
        test,
        space,
        quiet(meter(house, assistant, tell), tell),
        answers=wanted.answers,
        budget=wanted.budget,
    )


def quiet(found: Meter[AnySetup], tell: Tell) -> Meter[AnySetup]:
    """Return a meter that tells how far a search is, not which promptings it asks."""

    def progress(seen: Progress) -> None:
        tell("Searching the prompting", seen.done, seen.total)

    return replace(found, progress=progress)


def use(house: Workspace, tuned: Tuned, wanted: Wanted) -> bool:
    """Put a confirmed winner into rungwise.toml, and a wording that a model proposed into instructions.toml.

    Returns:
        Whether the settings were changed: never where the winner was not confirmed.

    Raises:
        UserError: A file can't be written.
    """
    from assistant.setup import variant

    if tuned.outcome is not Outcome.CONFIRMED:
        return False
    usual = house.settings.prompt
    winner = variant(tuned.found.winner.setup).prompting(usual)
    if winner.instructions in wanted.proposals:
        write_own(house.own_instructions, winner.instructions, wanted.proposals[winner.instructions])
    return change_settings(house.root / CONFIG, "prompt", settings_of(winner, usual))


def _pace(house: Workspace) -> float | None:
    """Return what a kept answer took, on average."""
    path = house.runs / "replies" / REPLIES
    if not path.is_file():
        return None
    took = []
    for line in read_text(path, "kept answers").splitlines():
        try:
            took.append(float(json.loads(line)["seconds"]))
        except (ValueError, LookupError, TypeError):
            continue
    return sum(took) / len(took) if took else None
