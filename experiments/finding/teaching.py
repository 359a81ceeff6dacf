"""An embedder taught on a workspace's own documents, held against the present one, and taken where it surely finds better.

Pairs, training, check, trial, decision; then, where it is accepted, settings and index. Nothing of what serves changes before the
last step, and a run that was killed goes on where it was. Knows nothing of how anything is shown.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Any

from assistant.config.settings_file import change_settings
from assistant.open import open_library
from assistant.workspace import CONFIG, Workspace
from experiments.finding.acceptance import Acceptance, accept
from experiments.finding.material import Material, material
from experiments.finding.retrieval import look_up
from foundation.errors import ExitCode, UserError
from foundation.files import sha256_text, write_json_atomic
from rag.embedding.embed import SentenceEmbedder
from rag.library import Library
from rag.storage.lock import writing
from rag.tuning import tuned_folder
from rag.tuning.embedder_training import Fitted, Row, TrainingPlan, check_installed, train_embedder
from rag.tuning.negatives import mined
from rag.tuning.pairs import counts, keys, sources_of
from rag.tuning.trial import Trial, dropped, embedded, stored, vectors_of
from rag.tuning.tuned_folder import Papers
from rag.types import SyncReport

Tell = Callable[[str, int, int, str], None]
"""Told a title, how much is done, how much there is, and what else is known."""
_LOOKS = "looks.jsonl"
_LOCK = 1.0  # seconds that a second run waits for the first


class Outcome(StrEnum):
    """How it ended."""

    ACCEPTED = "accepted"
    """It finds surely better: the settings name it, and the index is rebuilt with it."""
    KEPT = "kept"
    """It does not, or not surely: the embedder before stays."""
    NOT_BETTER = "not-better"
    """On held-out questions it was not better than before, so the test questions were not asked."""
    PLANNED = "planned"
    """Only the pairs were counted."""


@dataclass(frozen=True)
class Teaching:
    """What came of it."""

    outcome: Outcome
    """How it ended."""
    reason: str
    """Why, in a sentence."""
    base: str
    """The embedder before."""
    embedder: str
    """What `embedder` names now."""
    pairs: dict[str, int]
    """Pairs by kind."""
    held_out: int
    """Documents that gave none."""
    checked: int
    """Questions of the check between epochs."""
    checked_asked: int
    """How many of those are dev questions."""
    fitted: Fitted | None
    """How the training went; None where there was none."""
    acceptance: Acceptance | None
    """What test questions said; None where they were not asked."""
    embedded: int
    """Texts that the rebuild had to embed: none, where all were kept from the trial."""
    seconds: float
    """How long all of it took."""


def plan_teaching(house: Workspace) -> Teaching:
    """Count what there is to learn from; no model is loaded.

    Raises:
        UserError: As `material`.
    """
    began = time.monotonic()
    with open_library(house) as library:
        found = material(house, library, house.settings.training.seed)
    return _teaching(house, found, Outcome.PLANNED, "Nothing was trained.", began)


def teach(house: Workspace, tell: Tell, minutes: float = 20.0, plan: TrainingPlan | None = None) -> Teaching:
    """Teach a workspace's embedder, and take it where it is accepted.

    Args:
        house: The workspace.
        tell: Told how far it is.
        minutes: How long the training may take; after them it ends with what it has.
        plan: How to train; None: the usual way, with the seed of `[training]`.

    Raises:
        UserError: There is no index or an outdated one, too little to learn from, too few test questions, or another run is on.
    """
    check_installed()
    began = time.monotonic()
    plan = plan or TrainingPlan(seed=house.settings.training.seed)
    work = house.embedders / tuned_folder.WORK
    house.embedders.mkdir(parents=True, exist_ok=True)
    with writing(house.embedders / tuned_folder.LOCK, _LOCK), open_library(house) as library:
        base = _base(library)
        if tuned_folder.stopped(house.embedders):  # by an erasure that the run before did not live to see
            tuned_folder.discard(house.embedders)
        work.mkdir(exist_ok=True)
        found = material(house, library, plan.seed)
        if len(found.pairs) < 2 * plan.batch:
            raise UserError(
                f"There are {len(found.pairs)} pairs of question and passage, and {2 * plan.batch} are the fewest that teach "
                "anything. Add documents with headings and prose, or examples with their sources."
            )
        if (known := _published(house, found, base, plan)) is not None:
            return _again(house, found, known, tell, began)
        fitted = _fitted(found, library, base, work, plan, minutes, tell)
        _must_go_on(house)
        if fitted.after <= fitted.before:
            shutil.rmtree(work, ignore_errors=True)
            reason = (
                f"On held-out questions the best epoch found no better ({fitted.after:.3f}) than the embedder as it is "
                f"({fitted.before:.3f}, nDCG@10), so it stays, and the test questions were not asked."
            )
            return _teaching(house, found, Outcome.NOT_BETTER, reason, began, fitted)
        taught = SentenceEmbedder(str(work / "model"), house.settings.retrieval.embedding_backend)
        acceptance = _tried(house, found, library, taught, tell)
        if not acceptance.accepted:
            dropped(library, taught)
            shutil.rmtree(work, ignore_errors=True)
            return _teaching(house, found, Outcome.KEPT, _why_kept(acceptance), began, fitted, acceptance)
        papers = _papers(house, found, base, taught, fitted, acceptance, plan)
        _must_go_on(house)
        folder = tuned_folder.publish(work / "model", house.embedders, papers)
    report = switch(house, folder.relative_to(house.root).as_posix(), tell)
    shutil.rmtree(work, ignore_errors=True)
    reason = f"It finds surely better on {acceptance.questions} test questions, so it embeds from now on."
    done = _teaching(house, found, Outcome.ACCEPTED, reason, began, fitted, acceptance)
    return replace(done, embedder=folder.relative_to(house.root).as_posix(), embedded=report.embedded)


def switch(house: Workspace, embedder: str, tell: Tell) -> SyncReport:
    """Name an embedder in the settings and rebuild the index with it; until that is done the old index answers.

    Raises:
        UserError: There is no such embedder, or another process writes.
    """
    named = house.root / embedder
    SentenceEmbedder(str(named) if named.is_dir() else embedder, house.settings.retrieval.embedding_backend)
    change_settings(house.root / CONFIG, "retrieval", {"embedder": embedder})
    with open_library(Workspace.open(house.root)) as library:
        return library.sync(lambda stage, done, total: tell(_STAGES[stage], done, total, ""))


def _published(
    house: Workspace, found: Material, base: SentenceEmbedder, plan: TrainingPlan
) -> Papers | None:
    """Return what was taught of the very same pairs before: a run that was killed before it switched, or gone back from."""
    for path in sorted(house.embedders.glob("e*/model"), reverse=True):
        papers = None if tuned_folder.tainted(path) else tuned_folder.read(path)
        same = papers is not None and (papers.pairs_sha256, papers.base_fingerprint, papers.settings) == (
            keys(found.pairs), base.fingerprint, asdict(plan)
        )  # fmt: skip
        if papers is not None and same:
            return papers
    return None


def _again(house: Workspace, found: Material, papers: Papers, tell: Tell, began: float) -> Teaching:
    """Switch to an embedder that was accepted already; its test is not repeated."""
    name = (house.embedders / papers.name / tuned_folder.MODEL).relative_to(house.root).as_posix()
    report = switch(house, name, tell)
    reason = f"{papers.name} was taught on the very same pairs and accepted on {papers.created[:10]}, so it embeds again."
    done = _teaching(house, found, Outcome.ACCEPTED, reason, began)
    return replace(done, embedder=name, embedded=report.embedded)


_STAGES = {"read": "Reading documents", "embed": "Embedding", "index": "Writing the index"}


def back(house: Workspace, tell: Tell) -> tuple[str, SyncReport]:
    """Go back to the embedder that the present one was taught from; its vectors are kept for 30 days.

    Returns:
        What the settings name now, and what the rebuild did.

    Raises:
        UserError: The present embedder was not taught here.
    """
    folder = Path(house.settings.retrieval.embedder)
    papers = tuned_folder.read(folder)
    if papers is None:
        raise UserError(
            f"The settings name the embedder {house.settings.retrieval.embedder}, which was not taught here, so there is none to "
            "go back to."
        )
    return papers.base, switch(house, papers.base, tell)


def _base(library: Library) -> SentenceEmbedder:
    """Return the present embedder.

    Raises:
        UserError: The index is not what a sync would make now.
    """
    library.chunks()  # tells where there is no index
    if why := library.outdated:
        raise UserError(f"The index is not up to date: {why}. Run `rungwise sync`, then teach the embedder.")
    base = library.embedder
    if not isinstance(base, SentenceEmbedder):
        raise UserError("Only a sentence-transformers embedder can be taught.")
    if tuned_folder.tainted(base.folder):
        raise UserError(
            f"The embedder {base.folder.parent.name} learned from what was forgotten since, and what is taught from it would "
            "have learned it too. Go back first: `rungwise tune-embedder --back`, then teach the one before it."
        )
    return base


def _must_go_on(house: Workspace) -> None:
    """Check that nothing of what is learned was forgotten meanwhile.

    Raises:
        UserError: Something was; what was trained is removed.
    """
    if tuned_folder.stopped(house.embedders):
        tuned_folder.discard(house.embedders)
        raise UserError(
            "What this embedder was taught on was forgotten while it was taught, so it is not published. Run `rungwise "
            "tune-embedder` again: it takes what is left."
        )


def _fitted(
    found: Material,
    library: Library,
    base: SentenceEmbedder,
    work: Path,
    plan: TrainingPlan,
    minutes: float,
    tell: Tell,
) -> Fitted:
    """Train, or go on with a training of the very same pairs and plan; one that had ended is not done again."""
    identity = {
        "base": base.encoders.source,
        "pairs": keys(found.pairs),
        "held_out": sorted(found.held_out),
        "plan": asdict(plan),
    }
    if _read(work / "plan.json") != identity:
        shutil.rmtree(work, ignore_errors=True)
        write_json_atomic(work / "plan.json", identity)
    if (work / "model").is_dir() and (told := _read(work / "fitted.json")):
        return Fitted(**{**told, "curve": tuple(told["curve"])})
    tell("Mining hard negatives", 0, len(found.pairs), "")
    rows = _rows(found, library, base, plan.seed)
    end, home = time.monotonic() + 60 * minutes, work.parent
    fitted = train_embedder(
        base.folder,
        rows,
        found.check,
        work / "states",
        work / "model",
        plan,
        lambda step, steps, told: tell("Training the embedder", step, steps, told),
        lambda: time.monotonic() > end or tuned_folder.stopped(home),
    )
    write_json_atomic(work / "fitted.json", asdict(fitted))
    shutil.rmtree(work / "states", ignore_errors=True)
    return fitted


def _rows(found: Material, library: Library, base: SentenceEmbedder, seed: int) -> list[Row]:
    vectors = vectors_of(library, found.open)
    queries = base.embed([pair.query for pair in found.pairs])
    negatives = mined(found.pairs, queries, found.open, vectors, found.twins, seed)
    return [
        Row(pair.query, pair.passage, chunk.indexed_text, pair.family)
        for pair, chunk in zip(found.pairs, negatives, strict=True)
    ]


def _tried(
    house: Workspace, found: Material, library: Library, taught: SentenceEmbedder, tell: Tell
) -> Acceptance:
    vectors = embedded(
        library, taught, lambda done, total: tell("Embedding the documents beside", done, total, "")
    )
    times = _look(house.embedders / _LOOKS, found, taught.fingerprint)

    def asked(title: str) -> Callable[[int, int], None]:
        return lambda done, total: tell(title, done, total, "")

    with Trial(library, library.embedder, stored(library)) as now:
        before = look_up(found.test, now, asked("Asking the index as it is"))
    with Trial(library, taught, vectors) as then:
        after = look_up(found.test, then, asked("Asking with the taught embedder"))
    return accept(before, after, house.settings.retrieval, found.held_out, times)


def _look(path: Path, found: Material, fingerprint: str) -> int:
    """Note that the test questions judge an embedder, before they do; return how many they have judged, this one included."""
    questions = sha256_text("\n".join(sorted(f"{one.id} {one.question}" for one in found.test)))
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.is_file() else []
    judged = {str(row["fingerprint"]) for row in rows if row["questions"] == questions}
    if fingerprint not in judged:
        with path.open("a", encoding="utf-8") as file:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            file.write(json.dumps({"questions": questions, "fingerprint": fingerprint, "at": now}) + "\n")
    return len(judged | {fingerprint})


def _why_kept(found: Acceptance) -> str:
    gain = f"{found.gain.mean:+.3f} ({found.gain.low:+.3f} to {found.gain.high:+.3f})"
    if found.gain.low > 0:
        return f"It finds better on the whole ({gain} nDCG@10), but surely worse in {', '.join(found.worse_in)}: it is not taken."
    enough = (
        f" To see a gain of that size, about {found.needed:,} test questions are needed."
        if found.needed
        else ""
    )
    return f"It does not find surely better: {gain} nDCG@10 on {found.questions} test questions. The old one stays.{enough}"


def _papers(
    house: Workspace,
    found: Material,
    base: SentenceEmbedder,
    taught: SentenceEmbedder,
    fitted: Fitted,
    acceptance: Acceptance,
    plan: TrainingPlan,
) -> Papers:
    measured = json.loads(json.dumps({**asdict(acceptance), "accepted": acceptance.accepted}))
    return Papers(
        name=tuned_folder.fresh(house.embedders),
        base=_as_written(house),
        base_fingerprint=base.fingerprint,
        fingerprint=taught.fingerprint,
        pairs=counts(found.pairs),
        pairs_sha256=keys(found.pairs),
        sources={
            **dict.fromkeys(sorted({chunk.source for chunk in found.open}), 0),
            **sources_of(found.pairs),
        },
        held_out=sorted(found.held_out),
        settings=asdict(plan),
        curve=list(fitted.curve),
        measured=measured,
        seconds=fitted.seconds,
        versions={
            name: metadata.version(name) for name in ("torch", "transformers", "sentence-transformers")
        },
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _as_written(house: Workspace) -> str:
    """Return the present embedder as the settings write it: a folder of the workspace by its path in it."""
    named = Path(house.settings.retrieval.embedder)
    return named.relative_to(house.root).as_posix() if named.is_relative_to(house.root) else str(named)


def _teaching(
    house: Workspace,
    found: Material,
    outcome: Outcome,
    reason: str,
    began: float,
    fitted: Fitted | None = None,
    acceptance: Acceptance | None = None,
) -> Teaching:
    return Teaching(
        outcome=outcome,
        reason=reason,
        base=_as_written(house),
        embedder=_as_written(house),
        pairs=counts(found.pairs),
        held_out=len(found.held_out),
        checked=len(found.check.questions),
        checked_asked=found.asked,
        fitted=fitted,
        acceptance=acceptance,
        embedded=0,
        seconds=round(time.monotonic() - began, 1),
    )


def _read(path: Path) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def stopped() -> UserError:
    """Return the sentence for a run that was stopped by hand."""
    return UserError(
        "Stopped; nothing was changed. The same `rungwise tune-embedder` goes on from the last whole epoch.",
        ExitCode.INTERRUPTED,
    )
