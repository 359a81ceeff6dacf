"""A climb for people: plain text for the terminal, and Markdown.

Knows nothing of how anything was measured or decided, and computes nothing.
"""

from __future__ import annotations

from experiments.climb import ClimbReport, Step
from experiments.report import comparison_markdown, comparison_text
from experiments.tables import Table, points, rate, wrapped


def climb_text(report: ClimbReport) -> str:
    """Return a climb for a terminal of 100 columns: its steps, then the comparison on the test questions."""
    steps = [_steps(report).text(), *(wrapped(step.decision, "  ") for step in report.steps)]
    return "\n\n".join(["\n".join(steps), _proof(report).rstrip(), wrapped(_ending(report))])


def climb_markdown(report: ClimbReport) -> str:
    """Return a climb as Markdown, with the same tables as the text."""
    decisions = "\n".join(f"- {step.decision}" for step in report.steps)
    proof = comparison_markdown(report.verdict).rstrip() if report.verdict.standings else ""
    return "\n\n".join(filter(None, [_steps(report).markdown(), decisions, proof, _ending(report)])) + "\n"


def step_text(step: Step) -> str:
    """Return one step of a climb as a few sentences, to be shown while the climb goes on."""
    made = f"Made the {' and the '.join(step.made)}. " if step.made else ""
    return wrapped(f"{made}{step.decision}")


def _steps(report: ClimbReport) -> Table:
    return Table(
        f"The climb to {report.target:.0%} on the dev questions, with 95 % intervals",
        ("setup", "made", "n", "both", "facts", "form", "change in points"),
        tuple(
            (
                step.setup,
                " + ".join(step.made) or "–",
                str(step.after.n),
                rate(step.after.both),
                rate(step.after.facts),
                rate(step.after.form),
                points(step.change.difference if step.change else None),
            )
            for step in report.steps
        ),
    )


def _proof(report: ClimbReport) -> str:
    if not report.verdict.standings:
        return "No test question was asked."
    return "On the test questions\n\n" + comparison_text(report.verdict)


def _ending(report: ClimbReport) -> str:
    stay = f"Stay on {report.chosen}" if report.chosen else "No setup can be chosen"
    return f"{stay}: {report.reason}"
