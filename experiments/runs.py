"""The store of runs: every comparison is a folder, and what it found is stamped with hashes of all that made it.

A run holds answers and their scores, so that two runs can be compared question by question (`experiments.against`).
Knows nothing of models or workspaces: what was measured with is handed to it as hashes and plain settings.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from experiments.attribute import Loss
from experiments.questions import Question
from experiments.run import GREEDY, Result, Sampling
from foundation.errors import UserError, did_you_mean
from foundation.files import sha256_text, write_json_atomic

RUN = "run.json"
"""The file of a run's folder that holds everything."""
LAST = "last"
"""How the newest run is called that found something else than the present one."""


@dataclass(frozen=True)
class Made:
    """What a comparison was made with."""

    hashes: Mapping[str, str]
    """A hash by name: `base`, `adapter`, `index`, `form`, `questions`."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings in plain values, section by section."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """Versions of what it ran on, by name."""
    setups: Mapping[str, str] = field(default_factory=dict)
    """By setup the hash over all that its answers depend on; the same hash gives the same answers."""


@dataclass(frozen=True)
class Kept:
    """One answer of a run."""

    question: str
    """The question's id."""
    setup: str
    """The setup's name."""
    repeat: int
    """Which of several."""
    passed: bool
    """Whether facts and form were right."""
    text: str
    """What was answered."""
    reason: str
    """Why it passed or failed."""


@dataclass(frozen=True)
class Run:
    """A comparison as it was kept."""

    name: str
    """Of its folder: when it was made, and the first letters of its hash."""
    made: str
    """When, ISO 8601 in UTC."""
    part: str
    """Which questions: `dev` or `test`."""
    sampling: Sampling
    """How often and how answers were drawn."""
    made_with: Made
    """What it was made with."""
    marks: Mapping[str, str]
    """A hash of each question and of what is required of it, by id."""
    answers: tuple[Kept, ...]
    """Every answer."""
    winner: str | None
    """The setup that won."""
    sequential: bool
    """Whether asking might stop as soon as the winner was sure."""
    sha256: str
    """Of everything but `name` and `made`."""

    @property
    def setups(self) -> tuple[str, ...]:
        """Its setups, in their order."""
        return tuple(dict.fromkeys(answer.setup for answer in self.answers))


def run_dict(
    results: Sequence[Result],
    comparison: Mapping[str, Any],
    losses: Iterable[Loss],
    made: Made,
    part: str,
    sampling: Sampling = GREEDY,
) -> dict[str, Any]:
    """Return what is kept of a comparison as JSON values.

    Args:
        results: Every scored answer.
        comparison: What `comparison_dict` says of them.
        losses: What `attribute` found.
        made: What it was made with.
        part: Which questions were asked.
        sampling: How answers were drawn.
    """
    lost = iter([loss.cause.value for loss in losses])  # one for each failed answer, in their order
    causes = [None if result.scores.both.passed else next(lost, None) for result in results]
    asked = {result.question.id: result.question for result in results}
    return {
        "part": part,
        "sampling": asdict(sampling),
        "hashes": dict(made.hashes),
        "settings": dict(made.settings),
        "packages": dict(made.packages),
        "setups": dict(made.setups),
        "questions": [_question(question) for question in asked.values()],
        "answers": [_answer(result, cause) for result, cause in zip(results, causes, strict=True)],
        "comparison": dict(comparison),
    }


def keep(runs: Path, found: Mapping[str, Any], now: datetime | None = None) -> Run:
    """Write a run into a folder of its own; one that found the very same is returned as it is.

    Args:
        runs: The folder of all runs.
        found: What `run_dict` returned.
        now: When; None: now.
    """
    plain: dict[str, Any] = json.loads(json.dumps(found, ensure_ascii=False))
    sha = _sha(plain)
    for earlier in reversed(names(runs)):
        if earlier.endswith(f"-{sha[:8]}"):
            with suppress(UserError):  # changed since: the same is kept once more
                return read(runs / earlier)
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    name = f"{moment:%Y%m%dT%H%M%SZ}-{sha[:8]}"
    written = {"made": moment.isoformat(timespec="seconds"), **plain, "sha256": sha}
    write_json_atomic(runs / name / RUN, written)
    return _run(name, written)


def names(runs: Path) -> list[str]:
    """Return the names of all whole runs, oldest first."""
    return sorted(path.parent.name for path in runs.glob(f"*Z-*/{RUN}")) if runs.is_dir() else []


def find(runs: Path, wanted: str, but: str = "") -> Run:
    """Return a run by its folder, its name or the beginning of it, or the `last` one.

    Args:
        runs: The folder of all runs.
        wanted: Which.
        but: A hash that `last` passes over: the present run's own.

    Raises:
        UserError: There is none, or several begin so, or it was changed after it was written.
    """
    known = names(runs)
    if wanted == LAST:
        others = [name for name in known if not but or not name.endswith(f"-{but[:8]}")]
        if not others:
            raise UserError(
                f"{runs}: there is no earlier run to compare with. Every `rungwise compare` keeps one; change "
                "something and run it again."
            )
        return read(runs / others[-1])
    if wanted in known:
        return read(runs / wanted)
    path = Path(wanted).expanduser()
    if path.name == RUN or (path / RUN).is_file():
        return read(path.parent if path.name == RUN else path)
    fitting = [name for name in known if name.startswith(wanted)]
    if len(fitting) == 1:
        return read(runs / fitting[0])
    if fitting:
        raise UserError(
            f'{len(fitting)} runs begin with "{wanted}": {", ".join(fitting)}. Write one of them out.'
        )
    there = f" The newest is {known[-1]}." if known else " None is kept yet."
    raise UserError(f'There is no run "{wanted}" in {runs}.{did_you_mean(wanted, [LAST, *known])}{there}')


def read(folder: Path) -> Run:
    """Read a run.

    Raises:
        UserError: It is not there, is no run, or was changed after it was written.
    """
    path = folder / RUN
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        run = _run(folder.name, found)
        whole = _sha({key: value for key, value in found.items() if key not in ("made", "sha256")})
    except OSError as error:
        raise UserError(f"{path}: the run can't be read ({error.strerror}).") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(f"{path}: this is not a run that `rungwise compare` kept.") from None
    if whole != run.sha256:
        raise UserError(
            f"{path}: the run was changed after it was written, so its numbers can't be trusted. Name another one."
        )
    return run


def _run(name: str, found: Mapping[str, Any]) -> Run:
    return Run(
        name=name,
        made=found["made"],
        part=found["part"],
        sampling=Sampling(**found["sampling"]),
        made_with=Made(found["hashes"], found["settings"], found["packages"], found["setups"]),
        marks={row["id"]: row["hash"] for row in found["questions"]},
        answers=tuple(
            Kept(
                row["question"],
                row["setup"],
                row["repeat"],
                row["scores"]["both"]["value"] >= 1,
                row["text"],
                row["scores"]["both"]["reason"],
            )
            for row in found["answers"]
        ),
        winner=found["comparison"]["winner"],
        sequential=bool(found["comparison"].get("sequential", False)),
        sha256=found["sha256"],
    )


def mark_of(question: Question) -> str:
    """Return a hash of a question and of all that is required of its answer, whatever its name and part."""
    return sha256_text(json.dumps(_required(question), ensure_ascii=False, sort_keys=True))


def _question(question: Question) -> dict[str, Any]:
    return {"id": question.id, "hash": mark_of(question), **_required(question)}


def _required(question: Question) -> dict[str, Any]:
    return {
        "question": question.question,
        "kind": question.kind.value,
        "conversation": question.turns,
        "facts": [list(variants) for variants in question.facts],
        "must_not": list(question.must_not),
        "gold": list(question.gold),
        "form": asdict(question.form) if question.form else None,
    }


def _answer(result: Result, cause: str | None) -> dict[str, Any]:
    record, scores = result.record, result.scores
    return {
        "question": result.question.id,
        "setup": result.setup,
        "repeat": result.repeat,
        "text": record.text,
        "sources": [passage.source for passage in record.passages],
        "failure": record.failure,
        "error": record.error,
        "abstained": record.abstained,
        "asked_back": record.asked_back,
        "finished": record.finished,
        "seconds": record.seconds,
        "timings": dict(record.timings),
        "tokens_in": record.tokens_in,
        "tokens_out": record.tokens_out,
        "scores": asdict(scores),
        "cause": cause,
    }


def _sha(plain: Mapping[str, Any]) -> str:
    return sha256_text(json.dumps(plain, ensure_ascii=False, sort_keys=True))
