"""Training an adapter: rows in, a verified folder out.

transformers' Trainer does the loop; what is ours is that rows come rendered as they are served, that only completions are
trained on, and that what is published carries the hashes of what made it. Knows nothing of documents or of retrieval.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from finetune import adapter, registry
from finetune.base import Base, licence_of, load_base
from finetune.layout import Message
from finetune.prefix_cache import activated
from finetune.probes import intervals
from finetune.probes.likelihood import losses
from finetune.registry import Manifest
from finetune.render import Rendered, render, terminators
from finetune.training import proofs, ranks, sharing, whole
from finetune.training.estimate import Estimate, estimate
from finetune.training.fit import check_trackers, fit
from finetune.training.recipe import Recipe, settle
from finetune.training.runs import Run
from finetune.training.settings import MOST_ROWS, TrainingSettings
from finetune.training.watching import Report, Stop, going
from foundation.errors import UserError
from foundation.files import sha256_text

if TYPE_CHECKING:
    from peft import PeftModel

_NO_PAPERS: dict[str, Any] = {"purpose": "", "retention_days": None, "follows": ""}


@dataclass(frozen=True)
class Row:
    """One thing to learn: a prompt exactly as it is served, and the answer to it."""

    prompt: tuple[Message, ...]
    """System text, passages and conversation, up to and with the last user turn."""
    answer: str
    """What the assistant should say."""


@dataclass(frozen=True)
class Job:
    """What every process of a launch has to know of a training."""

    base_name: str
    """The base."""
    training: tuple[Row, ...]
    """Rows to learn from."""
    validation: tuple[Row, ...]
    """Rows that decide when to stop and which epoch is kept."""
    settings: TrainingSettings
    """How to train, before rules choose what is left open."""


def train_adapter(
    base_name: str,
    training: Sequence[Row],
    validation: Sequence[Row],
    folder: Path,
    settings: TrainingSettings | None = None,
    made_from: Mapping[str, str] | None = None,
    report: Report = lambda line: None,
    runs: Path | None = None,
    stop: Stop = lambda: False,
    expect: Callable[[Estimate], None] = lambda estimate: None,
    trackers: Sequence[str] = (),
    papers: Mapping[str, Any] | None = None,
    test: Sequence[Row] = (),
) -> Manifest:
    """Train a LoRA adapter and publish it; a run of the same plan that was killed or stopped goes on where it was.

    Args:
        base_name: The base; it is loaded fresh, so that a base that serves is not touched.
        training: Rows to learn from.
        validation: Rows that decide when to stop and which epoch is kept; never trained on.
        folder: Where the adapter goes. An earlier adapter there is replaced at the very end, and not at all on a failure.
        settings: How to train.
        made_from: Hashes, by name, of what the rows were made from, for the manifest.
        report: Called with `step`, `steps`, `loss` and `seconds`, or with `epoch` and `validation_loss`.
        runs: Where the directories of trainings are kept. None: nothing is kept, and nothing goes on after a kill.
        stop: Asked after each step; once true, the state is saved and the training ends.
        expect: Called once with what the training will take, before it begins.
        trackers: What hears of every step besides (`finetune.training.fit.TRACKERS`).
        papers: `purpose`, `retention_days`, `follows` and, for one of a task, `task`, for the manifest.
        test: Rows that decide nothing: how likely their answers are with the adapter, and were without, is in the manifest.

    Raises:
        UserError: A tracker is not installed, there are too few rows or too many, a row does not fit the base's window, the
            base can't be loaded, the training does not fit into memory or on the disk, it was stopped or broke down, or the
            finished adapter is not what was trained (`finetune.training.proofs`).
    """
    settings = settings or TrainingSettings()
    check_trackers(trackers)
    if len(training) < 10 or not validation:
        raise UserError(
            f"Training needs at least 10 rows and 1 for validation, but there are {len(training)} and {len(validation)}. "
            "Collect more examples; 50 to 100 give a first signal."
        )
    if len(training) > MOST_ROWS:
        raise UserError(
            f"Training takes at most {MOST_ROWS:,} rows, but there are {len(training):,}. Draw so many of them at random: "
            "more of the same help little."
        )
    sharing.check_shared(settings, base_name)
    job = Job(base_name, tuple(training), tuple(validation), settings)
    ranks.begin(job)
    base, recipe, rendered = _made_ready(job)
    settings = recipe.settings
    off = proofs.canary_logits(base.model, base)
    plan = plan_of(base, training, validation, settings)
    model = _begun(base, settings)
    with registry.staging(folder) as staged:
        begun = adapter.save_beginning(model, staged / "begun") if settings.variant == "pissa" else None

        def begin() -> Run:
            expect(replace(estimate(model, base, *rendered, settings, folder.parent), chosen=recipe.why))
            return Run.begin(runs or staged / "run", plan)

        run = ranks.first(begin)
        with going(run):
            fitted = fit(model, base, *rendered, settings, run, report, stop, trackers)
            shutil.rmtree(staged / "run", ignore_errors=True)
            if fitted.gathered:  # the base in memory is divided among the processes
                base = load_base(base_name)
                model = _begun(base, settings)
                adapter.restore(model, fitted.gathered)
            adapter.save(model, staged, begun)
            if begun is not None:
                proofs.moved(adapter.weights_of(model), adapter.read_weights(begun))
                shutil.rmtree(begun)
                base = load_base(
                    base_name, exactly=True
                )  # the one in memory lacks what the adapter began with
                model = adapter.attach_saved(base.model, staged)
            proof = proofs.after(model.eval(), base, off, rendered[1], staged)
            manifest = Manifest(
                name=folder.name,
                base=base.name,
                base_fingerprint=base.fingerprint,
                rows=len(training),
                validation_rows=len(validation),
                rows_sha256=str(plan["rows_sha256"]),
                made_from=dict(made_from or {}),
                settings=asdict(settings),
                curve=fitted.curve,
                best_epoch=fitted.best_epoch,
                seconds=fitted.seconds,
                versions=dict(plan["versions"]),
                created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
                proof=proof.to_dict(),
                test=tested(model, base, test),
                papers={"licence": licence_of(base_name), **_NO_PAPERS, **(papers or {})},
            )
            run.must_go_on()
            published = registry.publish(staged, folder, manifest)
            run.end("done", adapter=folder.name)
            return published


def take_part() -> None:
    """Take part in the training that the first process of this launch begins, if it begins one.

    Raises:
        UserError: As `train_adapter`, or it ended in the first process (`ranks.Elsewhere`).
    """
    job = ranks.await_job()
    if job is None:
        return
    base, recipe, rendered = _made_ready(job)
    model = _begun(base, recipe.settings)
    run: Run = ranks.first(lambda: Run(Path()))
    fit(model, base, *rendered, recipe.settings, run, lambda line: None)


def _made_ready(job: Job) -> tuple[Base, Recipe, tuple[list[Rendered], list[Rendered]]]:
    """Return what a training begins with: the base, the settings that rules complete, and the rendered rows."""
    settings = job.settings
    base = load_base(job.base_name, exactly=settings.method == "full" or settings.variant == "pissa")
    rendered = render_rows(base, job.training), render_rows(base, job.validation)
    return base, recipe_for(base, len(job.training), settings), rendered


def _begun(base: Base, settings: TrainingSettings) -> PeftModel:
    """Return the base with something new to train on it."""
    if settings.method == "full":
        return cast("PeftModel", whole.begin(base.model))
    return adapter.attach_new(
        base.model,
        settings.rank,
        2 * settings.rank,
        settings.dropout,
        settings.seed,
        settings.variant,
        activated.header(base.tokenizer) if settings.activated else (),
    )


def recipe_for(base: Base, rows: int, settings: TrainingSettings) -> Recipe:
    """Return settings for a base and so many rows, what they leave open chosen by rule."""
    shape = base.model.config.get_text_config()
    recipe = settle(settings, rows, str(shape.model_type), int(shape.hidden_size))
    if settings.activated is not None:
        return recipe
    chosen, why = activated.suits(base, settings)
    return Recipe(replace(recipe.settings, activated=chosen), (*recipe.why, *([why] if why else [])))


def plan_of(
    base: Base, training: Sequence[Row], validation: Sequence[Row], settings: TrainingSettings
) -> dict[str, Any]:
    """Return what decides how a training goes, as JSON values: base, hashes of rows, settings, versions."""
    return {
        "base": base.name,
        "base_fingerprint": base.fingerprint,
        "precision": base.precision.name,
        "rows": len(training),
        "validation_rows": len(validation),
        "rows_sha256": rows_hash(training),
        "validation_rows_sha256": rows_hash(validation),
        "settings": asdict(settings),
        "versions": {name: importlib.metadata.version(name) for name in ("torch", "transformers", "peft")},
        **({"processes": ranks.size(), "sharded": ranks.sharded()} if ranks.size() > 1 else {}),
    }


def tested(model: PeftModel, base: Base, rows: Sequence[Row]) -> dict[str, Any]:
    """Return the mean loss of answers that nothing was decided by, with the adapter and without, for the manifest.

    Args:
        model: The base with the adapter on it, in evaluation mode.
        base: The base.
        rows: The rows; none: there is nothing to tell.
    """
    if not rows:
        return {}
    rendered = render_rows(base, rows)
    before, after = (losses(model, base, rendered, on) for on in (False, True))
    told = {"before": before, "after": after, "change": after - before}
    return {"rows": len(rows), **{name: intervals.mean(values).to_dict() for name, values in told.items()}}


def rows_hash(rows: Sequence[Row]) -> str:
    """Return the hash of rows in their order, by which a manifest says what was trained on."""
    return sha256_text(repr([(row.prompt, row.answer) for row in rows]))


def render_rows(base: Base, rows: Sequence[Row]) -> list[Rendered]:
    """Render rows for a base as a training does.

    Raises:
        UserError: A row does not fit the base's window, teaches nothing, or does not end in a token that ends answers.
    """
    ends = terminators(base.tokenizer, base.model.generation_config.eos_token_id)
    made = [render(base.tokenizer, row.prompt, row.answer, ends) for row in rows]
    for number, one in enumerate(made, start=1):
        if len(one.ids) > base.window:
            raise UserError(
                f'Training row {number} has {len(one.ids)} tokens, but "{base.name}" reads {base.window}. Lower `k` or '
                "`chunk_tokens` in rungwise.toml, or shorten the example."
            )
    proofs.before(made, ends)
    return made
