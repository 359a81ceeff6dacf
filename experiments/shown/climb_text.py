"""A climb for people: plain text for the terminal, and Markdown.

Knows nothing of how anything was measured or decided, and computes nothing.
"""

from __future__ import annotations

from experiments.climbing.steps import ClimbReport, Step
from experiments.shown.report import comparison_markdown, comparison_text
from experiments.shown.tables import Table, points, rate, wrapped


def climb_text(report: ClimbReport) -> str:
    """Return a climb for a terminal of 100 columns: its steps, then the comparison on the test questions."""
    parts = [_steps(report).text()] if report.steps else []
    parts += ["\n".join(wrapped(step.decision, "  ") for step in report.steps)] if report.steps else []
    parts += [_proof(report).rstrip(), wrapped(_ending(report))]
    if report.missing:
        parts.append("\n".join(["What is missing", *(wrapped(line, "  ") for line in _missing(report))]))
    return "\n\n".join(parts)


def climb_markdown(report: ClimbReport) -> str:
    """Return a climb as Markdown, with the same tables as the text."""
    decisions = "\n".join(f"- {step.decision}" for step in report.steps)
    proof = comparison_markdown(report.verdict, report.losses).rstrip() if report.verdict.standings else ""
    missing = "\n".join(f"- {line}" for line in _missing(report))
    missing = missing and f"**What is missing**\n\n{missing}"
    steps = _steps(report).markdown() if report.steps else ""
    return "\n\n".join(filter(None, [steps, decisions, proof, _ending(report), missing])) + "\n"


def step_text(step: Step) -> str:
    """Return one step of a climb as a few sentences, to be shown while the climb goes on."""
    return wrapped(f"{_made(step)}{step.decision}")


_MAKING = {"index": "Made the index. ", "adapter": "Made the adapter. ", "tuning": "Tuned retrieval. "}


def _made(step: Step) -> str:
    if step.made == ("index", "adapter"):
        return "Made the index and the adapter. "
    return "".join(_MAKING[thing] for thing in step.made)


def _missing(report: ClimbReport) -> list[str]:
    """Return what is missing, with the first questions that show it."""
    return [
        f"{need.what.capitalize()}: {need.why}"
        + (
            f" ({', '.join(need.questions[:3])}{', …' if len(need.questions) > 3 else ''})"
            * bool(need.questions)
        )
        for need in report.missing
    ]


def _steps(report: ClimbReport) -> Table:
    return Table(
        f"The climb to {report.target:.0%} on the dev questions, with 95 % intervals",
        ("setup", "made", "n", "both", "facts", "form", "change in points", "target"),
        tuple(
            (
                step.setup,
                " + ".join(step.made) or "–",
                str(step.after.n),
                rate(step.after.both),
                rate(step.after.facts),
                rate(step.after.form),
                points(step.change.difference if step.change else None),
                step.target.value,
            )
            for step in report.steps
        ),
    )


def _proof(report: ClimbReport) -> str:
    if not report.verdict.standings:
        return "No test question was answered."
    return "On the test questions\n\n" + comparison_text(report.verdict, report.losses)


def _ending(report: ClimbReport) -> str:
    stay = f"Stay on {report.chosen}" if report.chosen else "No setup can be chosen"
    return f"{stay}: {report.reason}"
