"""The lost questions of a comparison, every setup's answer beside the others, for its report.

Knows nothing of the page that they stand on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from experiments.attribute import Loss
from experiments.questions import Question
from experiments.records import Passage
from experiments.run import Result
from experiments.shown.html_parts import sentence, text
from experiments.verdict import Verdict

Answers = dict[str, list[Result]]
"""By setup the answers to one question."""


def lost_section(verdict: Verdict, losses: Sequence[Loss], results: Sequence[Result]) -> Iterator[str]:
    """Yield every question that a setup lost; those of the winner first."""
    causes: dict[tuple[str, str], str] = {}
    for loss in losses:
        before, cause = causes.get((loss.question, loss.setup), ""), str(loss.cause)
        if cause not in before.split(", "):  # repeats may be lost to different things
            causes[loss.question, loss.setup] = f"{before}, {cause}" if before else cause
    asked: dict[str, Answers] = {}
    questions: dict[str, Question] = {}
    for result in results:
        questions[result.question.id] = result.question
        asked.setdefault(result.question.id, {}).setdefault(result.setup, []).append(result)
    winner = verdict.winner
    own = [name for name in asked if (name, winner) in causes]
    lost = {name for name, _ in causes}
    others = [name for name in asked if name in lost and name not in own]
    for names, title in ((own, f"Lost by {winner}"), (others, "Lost by others alone" if own else "Lost")):
        if names:
            yield f"<h3>{text(title)} ({len(names)})</h3>"
            yield from (_case(questions[name], asked[name], causes) for name in names)


def _case(question: Question, answers: Answers, causes: dict[tuple[str, str], str]) -> str:
    marks = "".join(_mark(setup, rows) for setup, rows in answers.items())
    cards = "".join(
        _card(setup, rows, causes.get((question.id, setup), "")) for setup, rows in answers.items()
    )
    return (
        f'<details class="case" id="q-{_name(question.id)}"><summary><span class="asked" dir="auto">'
        f'{text(question.question)}</span><span class="marks">{marks}</span></summary>\n'
        f'{_needs(question)}\n<div class="cards">{cards}</div>\n{_passages(answers)}</details>'
    )


def _name(identity: str) -> str:
    """Return an id that a link can name, whatever the question's own holds."""
    return "".join(letter if letter.isalnum() else "-" for letter in identity)


def _mark(setup: str, rows: Sequence[Result]) -> str:
    passed = sum(row.scores.both.passed for row in rows)
    sign, style = ("✓", "won") if passed == len(rows) else ("✗", "lost")
    of = f" {passed} of {len(rows)}" if len(rows) > 1 else ""
    return f'<span class="{style}">{sign} {text(setup)}{of}</span>'


def _needs(question: Question) -> str:
    """Return what was asked for: earlier turns, required facts, wrong values, documents."""
    said = [f"{turn.role}: {turn.content}" for turn in question.conversation]
    if question.facts:
        said.append("Required: " + "; ".join(" or ".join(fact) for fact in question.facts))
    elif question.kind == "underspecified":
        said.append("Required: to ask back")
    else:
        said.append("Required: to say that the documents do not tell")
    if question.must_not:
        said.append("Wrong: " + "; ".join(question.must_not))
    if question.gold:
        said.append("Stands in: " + ", ".join(question.gold))
    said.append(f"{question.id}, {question.kind}")
    return '<p class="needs">' + "<br>".join(f"<bdi>{text(line)}</bdi>" for line in said) + "</p>"


def _card(setup: str, rows: Sequence[Result], cause: str) -> str:
    passed = all(row.scores.both.passed for row in rows)
    verdict = '<span class="won">passed</span>' if passed else f'<span class="lost">{text(cause)}</span>'
    return f'<div class="card"><h4>{text(setup)} {verdict}</h4>{"".join(_answer(row) for row in rows)}</div>'


def _answer(row: Result) -> str:
    said = row.record.text or (f"No answer: {row.record.error}" if row.record.failure else "An empty answer.")
    return (
        f'<p class="said" dir="auto">{text(said)}</p>'
        f'<p class="why">{text(sentence(row.scores.both.reason))}</p>'
    )


def _passages(answers: Answers) -> str:
    """Return what each setup was given to read, folded; what several were given alike stands once."""
    given: dict[tuple[Passage, ...], list[str]] = {}
    for setup, rows in answers.items():
        for passages in dict.fromkeys(row.record.passages for row in rows):
            if passages:
                given.setdefault(passages, []).append(setup)
    return "\n".join(
        f'<details class="given"><summary>{len(passages)} passage{"s" * (len(passages) != 1)} given to '
        f"{text(' and '.join(dict.fromkeys(setups)))}</summary><ol>"
        + "".join(f'<li dir="auto"><b>{text(one.source)}</b>\n{text(one.text)}</li>' for one in passages)
        + "</ol></details>"
        for passages, setups in given.items()
    )
