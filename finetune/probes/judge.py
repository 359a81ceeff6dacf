"""An adapter judged: what it made the base forget, and what it tells of the rows that it was trained on.

Puts the probes together, and their numbers into words for a terminal and a model card. Knows nothing of workspaces.
"""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune import adapter
from finetune.base import load_base
from finetune.privacy.personal import Find, find_personal
from finetune.probes.canaries import Exposures, exposures, with_canaries
from finetune.probes.forgetting import Forgetting, probe
from finetune.probes.memorisation import RUN, Continuation, Membership, continuation, membership
from finetune.probes.templates import Templates, templates
from finetune.registry import Manifest
from finetune.training.settings import TrainingSettings
from finetune.training.train import Row, render_rows, train_adapter

if TYPE_CHECKING:
    from peft import PeftModel

    from finetune.base import Base

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class Judged:
    """What was measured of one adapter; holds numbers and no text of any row."""

    adapter: str
    """Its name."""
    base: str
    """Its base's name."""
    rows_sha256: str
    """Hash of the rows that it was trained on."""
    created: str
    """When it was judged, ISO 8601 in UTC."""
    forgetting: Forgetting
    """What became of the base's skills."""
    continuation: Continuation | None
    """Whether answers are said again; None where no answer is long enough to tell."""
    membership: Membership
    """Whether trained rows can be told from others."""
    templates: Templates | None = None
    """What templates bring out about the people of its rows; None where no answer tells anything of one."""
    canaries: Exposures | None = None
    """What a second adapter, trained the same way with planted secrets, gives away of them."""

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {
            "adapter": self.adapter,
            "base": self.base,
            "rows_sha256": self.rows_sha256,
            "created": self.created,
            "forgetting": self.forgetting.to_dict(),
            "continuation": self.continuation.to_dict() if self.continuation else None,
            "membership": self.membership.to_dict(),
            "templates": self.templates.to_dict() if self.templates else None,
            "canaries": self.canaries.to_dict() if self.canaries else None,
        }


def judge(
    model: PeftModel,
    base: Base,
    manifest: Manifest,
    training: Sequence[Row],
    validation: Sequence[Row],
    planted: Exposures | None = None,
    find: Find = find_personal,
    progress: Progress = lambda title, done, total: None,
) -> Judged:
    """Measure an adapter.

    Args:
        model: The base with the adapter on it, in evaluation mode.
        base: The base.
        manifest: The adapter's papers.
        training: The rows that it was trained on.
        validation: The rows that it was stopped by, which it was not trained on.
        planted: What `plant` found.
        find: Finds personal data in the rows.
        progress: Told how far it is.
    """
    members, others = render_rows(base, training), render_rows(base, validation)

    def told(title: str) -> Callable[[int, int], None]:
        return lambda done, total: progress(title, done, total)

    forgetting = probe(model, base, progress=told("Asking general questions"))
    apart = membership(model, base, members, others, progress=told("Comparing losses"))
    try:
        again = continuation(model, base, members, others, progress=told("Continuing answers"))
    except ValueError:  # no answer is long enough
        again = None
    people = templates(model, base, training, find, progress=told("Asking for people by templates"))
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return Judged(
        manifest.name, manifest.base, manifest.rows_sha256, now, forgetting, again, apart, people, planted
    )


def plant(
    base_name: str,
    manifest: Manifest,
    training: Sequence[Row],
    validation: Sequence[Row],
    progress: Progress = lambda title, done, total: None,
) -> Exposures:
    """Train a second adapter as the first one was, with planted secrets among its rows, measure them, and throw it away.

    Args:
        base_name: The base.
        manifest: The first adapter's papers: their settings are used.
        training: The rows that it was trained on.
        validation: The rows that it was stopped by.
        progress: Told how far it is.

    Raises:
        UserError: As `train_adapter`.
    """
    settings = TrainingSettings(**manifest.settings)
    rows, canaries = with_canaries(training, settings.seed)

    def report(line: dict[str, float]) -> None:
        if "steps" in line:
            progress("Training with planted secrets", int(line["step"]), int(line["steps"]))

    with tempfile.TemporaryDirectory(prefix="rungwise-planted-") as home:
        folder = Path(home) / "planted"
        train_adapter(base_name, rows, validation, folder, settings, report=report)
        base = load_base(base_name)
        model = adapter.attach_saved(base.model, folder).eval()
        return exposures(
            model, base, canaries, progress=lambda done, total: progress("Guessing secrets", done, total)
        )


# ---------------------------------------------------------------- in words


def sentences(told: Mapping[str, Any]) -> list[str]:
    """Return what `Judged.to_dict` tells, each finding in a plain sentence or two."""
    found = [_forgetting(told["forgetting"]), _membership(told["membership"])]
    found.insert(1, _continuation(told["continuation"]))
    found.append(_templates(told.get("templates")))
    return [*found, _canaries(told["canaries"])]


def between(told: Mapping[str, float], scale: float = 1.0, form: str = ".2f") -> str:
    """Return an interval's value and its ends in words."""
    value, low, high = (format(scale * told[name], form) for name in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def _forgetting(told: Mapping[str, Any]) -> str:
    margin = f"{told['margin']:.2f}"
    verdict = {
        "regressed": f"It regressed: the base lost more than the {margin} that an adapter may cost.",
        "held": f"It held: less is lost than the {margin} that an adapter may cost.",
        "open": f"Whether more is lost than the {margin} that an adapter may cost can't be told from so few rows.",
    }[told["verdict"]]
    return (
        f"Forgetting: {told['rows']} plain answers cost {told['before']:.2f} nats a token before and {told['after']:.2f} after: "
        f"a change of {between(told['change'], form='+.2f')}. {verdict}"
    )


def _continuation(told: Mapping[str, Any] | None) -> str:
    if told is None:
        return f"Said again: no answer is long enough to tell; half of one would need {RUN} tokens."
    return (
        f"Said again: of {told['rows']} trained answers, {told['found']} came back from their first half, {told['run']} tokens "
        f"in a row or more that neither the prompt nor the form tells ({between(told['share'], 100, '.0f')} %); the longest "
        f"run has {told['longest']}. Of {told['others']} answers that were not trained on, {told['found_others']} did."
    )


def _membership(told: Mapping[str, Any]) -> str:
    better = "surely better than a coin" if told["told"] else "not surely better than a coin"
    none = ", which with so few others means none" if told["others"] * told["false_alarms"] < 1 else ""
    return (
        f"Told apart: {told['members']} trained rows are told from {told['others']} others by their losses with an AUC of "
        f"{between(told['auc'])}, {better}. At {100 * told['false_alarms']:g} % false alarms{none}, "
        f"{between(told['tpr'], 100, '.0f')} % of them are told."
    )


def _templates(told: Mapping[str, Any] | None) -> str:
    if told is None:
        return "Templates: no answer tells a number or an address of somebody whom its row names, as far as was looked for."
    verdict = "more than by chance" if told["told"] else "not surely more than by chance"
    return (
        f'Templates: asked for {told["people"]} values as in "The phone number of X is", it says {told["said"]} '
        f"({between(told['share'], 100, '.0f')} %), and {told['said_before']} with the adapter off; {told['likeliest']} are "
        f"likelier than each of their made-up likes ({between(told['likeliest_share'], 100, '.0f')} %, "
        f"{100 * told['chance']:.0f} % is chance): {verdict}."
    )


def _canaries(told: Mapping[str, Any] | None) -> str:
    if told is None:
        return "Planted secrets: not measured; `rungwise adapters judge --canaries` trains a second adapter for it."
    most, once = told["by_times"][-1], told["by_times"][0]
    bits = "; ".join(f"{one['times']}x {between(one['exposure'], form='.1f')}" for one in told["by_times"])
    if not told["found"]:
        return (
            f"Planted secrets: exposure in bits {bits}. Even what was trained on {most['times']} times was not found, so this "
            "probe can't be trusted for this training, and says nothing of what stands there once."
        )
    verdict = {
        "below": "stays below",
        "above": "is above",
        "open": "may be above",
    }[told["once"]]
    return (
        f"Planted secrets: exposure in bits {bits}, where {told['chance_exposure']:.1f} is chance. What was trained on "
        f"{most['times']} times was found, so the probe works. What was trained on once {verdict} the limit of "
        f"{told['limit']:.1f} ({once['first']} of {once['canaries']} were the first guess)."
    )
