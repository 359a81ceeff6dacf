"""A workspace's adapter aligned with its preferences, and held against the one that it began as.

Puts assistant, finetune and experiments together. Knows nothing of how anything is shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from assistant import open as opening
from assistant.assistant import Assistant
from assistant.pairs import Pairs, build_pairs
from assistant.setup import Setup, variant
from assistant.workspace import Workspace
from experiments import Result, load_questions, measure
from experiments.gating import Gated, gate
from experiments.length_bias import Asked, LengthBias, length_bias
from experiments.questions import as_examples
from finetune import registry
from finetune.form import count_words
from finetune.lineage import LEARNED_FROM
from finetune.preference.align import Aligned, HeldOut, Pair, align_adapter, check_installed, pairs_hash
from finetune.preference.align_settings import AlignSettings
from finetune.preference.dpo import Cost
from finetune.preference.preference_checks import AT_LEAST, Checked, check_preferences
from finetune.preference.preferences import Preference, load_preferences, split_preferences
from finetune.training.watching import Report, Stop
from foundation.errors import UserError
from foundation.files import sha256_text
from rag.storage.records import read_records
from ui.measuring import Tell, meter
from ui.retraining import forgot, serving_in

_MADE_FROM = LEARNED_FROM["preferences"]
"""What the manifest calls the hash of all that an aligned adapter is made from."""


@dataclass(frozen=True)
class Part:
    """One part of the pairs, rendered."""

    pairs: tuple[Pair, ...]
    """As they are served."""
    kept: tuple[Preference, ...]
    """The preferences that they come from."""


@dataclass(frozen=True)
class Ready:
    """What an alignment would be made from."""

    source: str
    """The adapter that it begins with: the one that serves."""
    parts: tuple[Part, Part, Part]
    """Pairs to learn from, to stop by, and to measure by."""
    dropped: tuple[str, ...]
    """Ids of preferences whose cited documents are not found any more."""
    excluded: tuple[str, ...]
    """Ids of preferences whose documents are kept for another purpose."""
    documents_apart: bool
    """Whether no document is in two parts; else no question of one is."""


@dataclass(frozen=True)
class Outcome:
    """A finished alignment, and what it is worth."""

    ready: Ready
    """What it was made from."""
    aligned: Aligned
    """The candidate, and how it tells held-out pairs apart."""
    gated: Gated | None
    """What the gate says of it against the adapter that it began as; None where there are no test questions."""
    setup: str
    """The setup that both were asked in; empty where they were not."""
    bias: LengthBias
    """What lengths have to do with it."""


def checked(workspace: Workspace, tell: Tell = lambda title, done, total: None) -> Checked:
    """Look a workspace's preferences over.

    Raises:
        UserError: There are none, or the file holds mistakes.
    """
    from assistant.guard.limits import STANDARD_ABSTENTIONS
    from assistant.personal import finder

    preferences = load_preferences(workspace.preferences)
    tell("Looking the preferences over", 0, len(preferences))
    tests = as_examples(load_questions(workspace.questions)) if workspace.questions.exists() else []
    return check_preferences(preferences, workspace.form, STANDARD_ABSTENTIONS, tests, finder(workspace))


def ready(workspace: Workspace, found: Checked, settings: AlignSettings, tell: Tell) -> Ready:
    """Split the usable preferences and render them as they are served.

    Raises:
        UserError: No adapter serves, the base runs at an endpoint, or too few preferences are usable.
    """
    check_installed()
    opening.check_trainable(workspace)
    source = serving_in(workspace)
    if not source:
        raise UserError(
            "An alignment begins with an adapter, and none serves. Run `rungwise train` first: examples teach what is right, "
            "preferences which of two right answers is better."
        )
    if not found.ok:
        raise UserError(
            f"{workspace.preferences}: {len(found.usable)} of {found.pairs} preferences are usable, and an alignment needs "
            f"{AT_LEAST}. `rungwise align --check` tells what is wrong with the others; collect more votes and edited answers."
        )
    *parts, split = split_preferences(list(found.usable), settings.seed)
    made = [_rendered(workspace, part, tell) for part in parts]
    return Ready(
        source,
        (
            Part(made[0].pairs, made[0].kept),
            Part(made[1].pairs, made[1].kept),
            Part(made[2].pairs, made[2].kept),
        ),
        tuple(name for part in made for name in part.dropped),
        tuple(name for part in made for name in part.excluded),
        split.documents_apart,
    )


def align_house(
    workspace: Workspace,
    assistant: Assistant,
    seen: Ready,
    settings: AlignSettings,
    tell: Tell,
    report: Report = lambda line: None,
    stop: Stop = lambda: False,
    expect: Callable[[Cost], None] = lambda cost: None,
) -> Outcome:
    """Align the adapter that serves, and hold the result against it on the test questions; what serves goes on serving.

    An alignment that was made from the very same before is not made again, only measured.

    Raises:
        UserError: As `finetune.preference.align.align_adapter`, or a setup lacks what it needs.
    """
    aligned = _aligned(workspace, assistant, seen, settings, report, stop, expect)
    name = aligned.manifest.name
    answers, setup = _answers(workspace, assistant, seen.source, name, tell)
    gated = None
    if answers:
        mine, other = answers
        gated = gate(
            mine,
            other,
            margin=workspace.settings.target.margin,
            forgot=forgot(workspace, assistant, name, tell),
        )
        told = {
            "ruling": gated.ruling.value,
            "reason": gated.reason,
            "serving": seen.source,
            "because": "rungwise align",
        }
        registry.decide(workspace.adapters.home / name, told)
    return Outcome(seen, aligned, gated, setup, _bias(seen, aligned.held_out, answers))


def _rendered(workspace: Workspace, part: Sequence[Preference], tell: Tell) -> Pairs:
    settings = workspace.settings
    with opening.open_library(workspace) as library:
        return build_pairs(
            part,
            library if library.status().built else None,
            workspace.form,
            settings.retrieval.k,
            workspace.told,
            lambda done, total: tell("Rendering pairs", done, total),
            read_records(workspace.records),
            settings.rows.purpose,
        )


def _aligned(
    workspace: Workspace,
    assistant: Assistant,
    seen: Ready,
    settings: AlignSettings,
    report: Report,
    stop: Stop,
    expect: Callable[[Cost], None],
) -> Aligned:
    lineage = workspace.adapters
    mark = _mark(lineage.home / seen.source, seen, settings)
    for name in reversed(lineage.names()):
        manifest = registry.read(lineage.home / name)
        if manifest.made_from.get(_MADE_FROM) == mark and "alignment" in manifest.papers:
            registry.verify(lineage.home / name, manifest.base, manifest.base_fingerprint)
            return Aligned(manifest, HeldOut.read(manifest.papers["alignment"]["held_out"]))
    learn, hold, test = (part.pairs for part in seen.parts)
    return align_adapter(
        workspace.settings.model.base,
        lineage.home / seen.source,
        learn,
        hold,
        test,
        lineage.fresh(),
        settings,
        {_MADE_FROM: mark},
        report,
        workspace.trainings,
        stop,
        expect,
    )


def _mark(source: Path, seen: Ready, settings: AlignSettings) -> str:
    """Return a hash of all that an aligned adapter is made from."""
    manifest = registry.read(source)
    told = [manifest.files, asdict(settings), [pairs_hash(part.pairs) for part in seen.parts]]
    return sha256_text(json.dumps(told, sort_keys=True))


def _answers(
    workspace: Workspace, assistant: Assistant, source: str, name: str, tell: Tell
) -> tuple[tuple[list[Result], list[Result]] | None, str]:
    """Return the scored answers of the candidate and of the adapter that it began as, and the setup; None without questions."""
    if not workspace.questions.exists():
        return None, ""
    questions = load_questions(workspace.questions, "test")
    indexed = assistant.library is not None and assistant.library.status().built
    setup = Setup.HYBRID if indexed else Setup.LORA
    mine, other = (variant(f"{setup}+adapter={one}") for one in (name, source))
    found = measure(questions, [mine, other], meter(workspace, assistant, tell))
    return (
        [one for one in found if one.setup == str(mine)],
        [one for one in found if one.setup == str(other)],
    ), setup.value


def _bias(seen: Ready, held_out: HeldOut, answers: tuple[list[Result], list[Result]] | None) -> LengthBias:
    asked: list[Asked] = []
    if answers:
        before = {one.question.id: one for one in answers[1]}
        for one in answers[0]:
            was = before.get(one.question.id)
            if was is not None and one.record.failure is None and was.record.failure is None:
                words = count_words(was.record.text), count_words(one.record.text)
                asked.append(Asked(*words, was.scores.both.passed, one.scores.both.passed))
    every = [one for part in seen.parts for one in part.kept]
    return length_bias(_words(every), _words(seen.parts[2].kept), held_out.right, asked)


def _words(preferences: Sequence[Preference]) -> list[tuple[int, int]]:
    return [(count_words(one.chosen), count_words(one.rejected)) for one in preferences]


def settings_of(beta: float | None, learning_rate: float | None, epochs: int | None) -> AlignSettings:
    """Return the settings of an alignment; None: as by default.

    Raises:
        UserError: A value is out of its range.
    """
    given: dict[str, Any] = {"beta": beta, "learning_rate": learning_rate, "epochs": epochs}
    return replace(AlignSettings(), **{name: value for name, value in given.items() if value is not None})
