"""A workspace's adapter trained anew as a gated job, as its settings say.

Puts assistant, training and experiments together. Knows nothing of how anything is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.assistant import Assistant
from assistant.engines.local import LocalEngine
from assistant.open import check_trainable
from assistant.setup import AnySetup, Setup, variant
from assistant.workspace import Workspace
from experiments import Budget, Question, load_questions
from experiments.retraining.job import Means, retrain
from experiments.retraining.record import Retraining, upcoming
from finetune import registry
from foundation.errors import UserError
from foundation.files import sha256_text
from ui.measuring import Tell, meter

TAINTED = "the adapter that serves learned from what was forgotten"
UNUSABLE = "the adapter that serves can't be used any more"


@dataclass(frozen=True)
class Hands:
    """What a retraining calls to look over and to train."""

    check: Callable[[], Sequence[str]]
    """Looks the examples over: what must be mended before anything is trained, a sentence each."""
    train: Callable[[str], object]
    """Trains the candidate of a name; may raise `Spent`."""


@dataclass(frozen=True)
class Outlook:
    """What a retraining would do now."""

    signals: tuple[str, ...]
    """What asks for it, a clause each; none: nothing does."""
    mistakes: tuple[str, ...]
    """What must be mended before anything is trained."""
    earlier: Retraining | None
    """The one that it goes on with, or takes the candidate of."""
    serving: str
    """The adapter that serves; empty: none."""
    setup: str
    """The setup that the candidate would be asked in, without its name."""
    against: str
    """The setup that it would be held against."""
    questions: int
    """How many test questions would be asked."""


def retrain_house(
    workspace: Workspace,
    assistant: Assistant,
    hands: Hands,
    tell: Tell,
    because: str = "",
    budget: Budget | None = None,
    on_stage: Callable[[Retraining], object] = lambda record: None,
) -> Retraining:
    """Train a candidate, hold it against what serves on the test questions, and switch or keep.

    Raises:
        UserError: The base runs at an endpoint, there are no test questions or no index, or as `experiments.retraining.job`.
    """
    questions = _questions(workspace, assistant)
    return retrain(
        questions,
        means(workspace, assistant, hands, tell),
        meter(workspace, assistant, tell),
        workspace.retrains,
        because=because,
        margin=workspace.settings.target.margin,
        budget=budget,
        on_stage=on_stage,
    )


def outlook(workspace: Workspace, assistant: Assistant, hands: Hands) -> Outlook:
    """Tell what a retraining would do now; nothing is trained, asked or written.

    Raises:
        UserError: As `retrain_house`.
    """
    questions = _questions(workspace, assistant)
    setup, against = setups_in(workspace, assistant)
    return Outlook(
        signals=signals(workspace),
        mistakes=tuple(hands.check()),
        earlier=upcoming(
            workspace.retrains, _plan(workspace, assistant), lambda name: _usable(workspace, name)
        ),
        serving=serving_in(workspace),
        setup=setup.value,
        against=against.value,
        questions=len(questions),
    )


def signals(workspace: Workspace) -> tuple[str, ...]:
    """Return what asks for a retraining, a clause each: what serves is tainted, or was made from something else than there is.

    None where no adapter serves: whether one is needed at all is the climb's to say.
    """
    lineage = workspace.adapters
    if not serving_in(workspace):
        return ()
    manifest = registry.read(lineage.serving)
    found = [TAINTED] if lineage.due else []
    if manifest.base != workspace.settings.model.base:
        found.append(f"the base changed from {manifest.base} to {workspace.settings.model.base}")
    if changed := workspace.changed_since(manifest.made_from):
        found.append(f"{changed} since {manifest.name} was made")
    return tuple(found)


def means(workspace: Workspace, assistant: Assistant, hands: Hands, tell: Tell) -> Means[AnySetup]:
    """Return what a workspace's adapter is trained, asked and switched with."""
    lineage = workspace.adapters

    def rivals(name: str) -> tuple[AnySetup, AnySetup]:
        setup, against = setups_in(workspace, assistant)
        return variant(f"{setup}+adapter={name}"), against

    def note(record: Retraining) -> None:
        told = record.to_dict()
        kept = ("id", "because", "began", "serving", "against", "ruling", "reason")
        registry.decide(lineage.home / record.candidate, {name: told[name] for name in kept})

    return Means(
        check=hands.check,
        plan=lambda: _plan(workspace, assistant),
        fresh=lambda: lineage.fresh().name,
        usable=lambda name: _usable(workspace, name),
        train=hands.train,
        serving=lambda: serving_in(workspace),
        rivals=rivals,
        demand=lambda: _unable(workspace, assistant),
        forgot=lambda name: forgot(workspace, assistant, name, tell),
        note=note,
        use=lineage.use,
    )


def _questions(workspace: Workspace, assistant: Assistant) -> list[Question]:
    """Return the test questions, once it is sure that everything is there that a retraining needs."""
    check_trainable(workspace)
    library = assistant.library
    if not workspace.form.labels and (library is None or not library.status().built):
        raise UserError(
            "Rows are trained with the passages that are found, and there is no index. Run `rungwise sync`."
        )
    return load_questions(workspace.questions, "test")


def serving_in(workspace: Workspace) -> str:
    """Return the adapter that serves; empty: none."""
    served = workspace.adapters.served
    return served[-1] if served else ""


def setups_in(workspace: Workspace, assistant: Assistant) -> tuple[Setup, Setup]:
    """Return in which setup a candidate is asked, and which one it is held against: with the adapter that serves, or where that
    can't answer, without any."""
    indexed = assistant.library is not None and assistant.library.status().built
    able = serving_in(workspace) and not _unable(workspace, assistant)
    if indexed:
        return Setup.HYBRID, Setup.HYBRID if able else Setup.RAG
    return Setup.LORA, Setup.LORA if able else Setup.PROMPT


def _unable(workspace: Workspace, assistant: Assistant) -> str:
    """Return why the adapter that serves can't answer, as a clause; empty where it can, or none serves."""
    lineage = workspace.adapters
    if not serving_in(workspace):
        return ""
    if lineage.due:
        return TAINTED
    try:
        if isinstance(assistant.engine, LocalEngine):
            base = assistant.engine.base
            registry.verify(lineage.serving, base.name, base.fingerprint)
    except UserError:
        return UNUSABLE
    return ""


def _plan(workspace: Workspace, assistant: Assistant) -> dict[str, str]:
    """Return hashes of all that a candidate is made from; the index too, as rows hold its passages."""
    stamp = assistant.library.stamp if assistant.library is not None else ""
    return {**workspace.ingredients(), "base": workspace.settings.model.base, "index": sha256_text(stamp)}


def _usable(workspace: Workspace, name: str) -> bool:
    folder = workspace.adapters.home / name
    try:
        manifest = registry.read(folder)
        registry.verify(
            folder, manifest.base, manifest.base_fingerprint
        )  # its base is looked at when it is loaded
    except UserError:
        return False
    return True


def forgot(workspace: Workspace, assistant: Assistant, name: str, tell: Tell) -> str:
    """Return why a candidate is refused for what it forgot; empty where it is not.

    It is refused where it surely costs the base more than an adapter may, and surely costs that much more than what serves does:
    what the house lives with already is no reason against a candidate that is no worse.
    """
    from assistant.judge import forgets

    found = forgets(workspace, name, "", tell)
    than = "" if _unable(workspace, assistant) else serving_in(workspace)
    if than and found.verdict == "regressed":
        found = forgets(workspace, name, than, tell)
    if found.verdict != "regressed":
        return ""
    change = found.change
    return (
        f"The candidate forgot: general answers cost {change.value:.2f} nats a token ({change.low:.2f} to {change.high:.2f}) "
        f"more than with {than or 'the base alone'}, surely above what an adapter may cost."
    )
