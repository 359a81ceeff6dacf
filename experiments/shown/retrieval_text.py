"""What was measured of the library, for people and for programs: tables, sentences, JSON values.

Knows nothing of how anything was measured, and computes nothing.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from experiments.finding.abstention import Abstention
from experiments.finding.retrieval import MEASURES, RetrievalReport, Search
from experiments.finding.tuning import Abstaining, Point, Tuning
from experiments.shown.tables import Table, number, points, wrapped
from experiments.statistics.stats import Interval

_COVERAGES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)
_FEW = 20


def retrieval_text(report: RetrievalReport) -> str:
    """Return how well a library finds, for a terminal of 100 columns."""
    parts = [_figures(report).text()]
    if report.gains:
        parts.append(_gains(report).text())
    parts += ["\n".join(wrapped(note) for note in _notes(report))]
    if report.answerability is not None:
        parts += [_curve(report.answerability).text(), wrapped(_telling(report.answerability))]
        parts.append(wrapped(_whose(report)))
    else:
        parts.append("Answerability can't be measured: the questions are all of one sort.")
    return "\n\n".join(part for part in parts if part)


def retrieval_dict(report: RetrievalReport) -> dict[str, Any]:
    """Return it as JSON values, as `retrieval.schema.json` says."""
    return _jsonable(report)


def tuning_text(tuning: Tuning) -> str:
    """Return which fusion finds best, for a terminal of 100 columns."""
    curve = Table(
        f"nDCG@10 on {tuning.questions} dev questions by fusion, with 95 % intervals",
        ("fusion", "nDCG@10", "gain in points, paired", ""),
        tuple(
            (
                way(point),
                value(point.ndcg_10),
                "–" if point.present else points(point.gain),
                _mark(tuning, point),
            )
            for point in tuning.curve
        ),
    )
    return "\n\n".join([curve.text(), wrapped(_verdict(tuning))])


def abstaining_text(fitted: Abstaining | None) -> str:
    """Return how well the fitted score of answerability tells, for a terminal of 100 columns."""
    if fitted is None:
        return wrapped(
            "Answerability was not fitted: that takes at least five answerable and five unanswerable dev questions. "
            "The shipped score stays in use."
        )
    told = _telling(fitted.measured)
    allowed = (
        f"The threshold was chosen to lose at most {100 * fitted.fit.false_abstention:g} % of the answerable."
    )
    return "\n\n".join(
        [
            _curve(fitted.measured).text(),
            wrapped(f"{told} Measured in ten folds of the dev questions. {allowed}"),
        ]
    )


def tuning_dict(tuning: Tuning, fitted: Abstaining | None, written: bool) -> dict[str, Any]:
    """Return it as JSON values, as `tuning.schema.json` says.

    Args:
        tuning: What `tune` found.
        fitted: What `fit_abstention` gave.
        written: Whether rungwise.toml was changed.
    """
    return {
        **_jsonable(tuning),
        "written": written,
        "answerability": None if fitted is None else _jsonable(fitted),
    }


def way(point: Point) -> str:
    """Return how the searches are joined, in words."""
    return point.fusion if point.alpha is None else f"{point.fusion}, alpha {point.alpha:g}"


def value(interval: Interval) -> str:
    """Return a value in [0, 1] with its interval: `.72 (.63–.80)`."""
    mean, low, high = (_short(part) for part in (interval.mean, interval.low, interval.high))
    return f"{mean} ({low}–{high})"


def _short(part: float) -> str:
    text = f"{min(max(part, 0.0), 1.0):.2f}"
    return "1" if text == "1.00" else text.removeprefix("0")


def _figures(report: RetrievalReport) -> Table:
    return Table(
        f"Documents found for {report.questions} {report.part} questions, with 95 % intervals",
        ("questions", "search", "n", "recall@1", "recall@4", "recall@10", "MRR", "nDCG@10"),
        tuple(
            (row.kind, row.search.value, str(row.n), *(value(getattr(row, name)) for name in MEASURES))
            for row in report.figures
        ),
    )


def _gains(report: RetrievalReport) -> Table:
    return Table(
        "What live questions gain over parts of their search, in points of nDCG@10, paired",
        ("over", "gain"),
        tuple((f"{gain.over.value} alone", points(gain.ndcg_10)) for gain in report.gains),
    )


def _notes(report: RetrievalReport) -> list[str]:
    joined = "rrf" if report.fusion == "rrf" else f"convex, alpha {report.alpha:g}"
    reread = any(row.search is Search.RERANKED for row in report.figures)
    notes = [
        f"Reranked is what live questions get (fused, {joined}, the best read once more)."
        if reread
        else f"Fused is what live questions get ({joined})."
    ]
    if report.left_out:
        many = (
            "1 unanswerable question is"
            if report.left_out == 1
            else f"{report.left_out} unanswerable questions are"
        )
        notes.append(f"{many} left out of these figures: no document tells, so none can be found.")
    if report.missing:
        named = ", ".join(report.missing[:5]) + (" …" if len(report.missing) > 5 else "")
        notes.append(
            f"{len(report.missing)} documents that questions name are not in the index and can't be found: {named}. "
            "Mend the names in questions.jsonl, or put the documents there and run `rungwise sync`."
        )
    if report.questions < _FEW:
        notes.append(
            f"{report.questions} questions tell little: the intervals are wide. Write at least {_FEW}."
        )
    return notes


def _curve(judged: Abstention) -> Table:
    chosen = [
        max((p for p in judged.curve if p.coverage >= c - 1e-9), key=lambda p: -p.coverage)
        for c in _COVERAGES
    ]
    return Table(
        f"Risk and coverage of {judged.answerable} answerable and {judged.unanswerable} unanswerable questions",
        ("answered", "of these unanswerable", "score at least", ""),
        tuple(
            (
                f"{100 * point.coverage:.0f} %",
                f"{100 * point.risk:.0f} %",
                number(point.threshold, 2),
                _bar(point.risk),
            )
            for point in dict.fromkeys(chosen)
        ),
    )


def _bar(share: float) -> str:
    """Return a share as a bar, 40 columns for all of it."""
    full, part = divmod(round(share * 40 * 8), 8)
    return ("█" * full + ("▏▎▍▌▋▊▉"[part - 1] if part else "")).ljust(40)


def _telling(judged: Abstention) -> str:
    return (
        f"Answerability from retrieval alone: AUROC {value(judged.auroc)}, Brier score {judged.brier:.3f} "
        f"({judged.brier_of_share:.3f} without looking). Below {judged.threshold:.2f} it would abstain: on "
        f"{_percent(judged.caught)} of the unanswerable and, wrongly, on {_percent(judged.false_abstention)} of the "
        "answerable questions."
    )


def _whose(report: RetrievalReport) -> str:
    if not report.fitted:
        return "The score is the shipped one; `rungwise tune-retrieval` fits it to the dev questions."
    if report.part == "dev":
        return "The score was fitted on these very questions, so its figures flatter it; see --part test."
    return "The score was fitted on the dev questions."


def _verdict(tuning: Tuning) -> str:
    now, best = way(tuning.present), way(tuning.winner)
    if tuning.winner.present:
        return f"Best: {best}, which is the present setting."
    own = f"Best: {best}, {points(tuning.winner.gain)} points above the present setting ({now}) on these questions, "
    unseen = f"and {points(tuning.unseen)} on questions that did not choose it. "
    end = "It is really better." if tuning.sure else "These questions do not show that it is really better."
    return own + unseen + end


def _mark(tuning: Tuning, point: Point) -> str:
    words = ["best"] * (point == tuning.winner) + ["present"] * point.present
    return ", ".join(words)


def _percent(interval: Interval) -> str:
    return f"{100 * interval.mean:.0f} % ({100 * interval.low:.0f}–{100 * interval.high:.0f})"


def _jsonable(report: RetrievalReport | Tuning | Abstaining) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(asdict(report)))
    return plain
