"""A comparison as one HTML file to hand on: no script, no font, no picture, nothing fetched, and none allowed.

The page forbids all of that to itself (Content-Security-Policy), so that an answer which is hostile can't do more
than be read. Computes nothing: every number stands in the verdict already.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from experiments.against import Against, lines
from experiments.attribute import Loss
from experiments.run import Result
from experiments.runs import Run
from experiments.shown import html_parts as parts
from experiments.shown.html_lost import lost_section
from experiments.shown.html_style import STYLE
from experiments.shown.html_words import headline, method, target_sentence
from experiments.shown.report import comparison_lists, comparison_tables, winner_sentence
from experiments.shown.tables import points
from experiments.verdict import Verdict


@dataclass(frozen=True)
class Page:
    """What a report tells besides the comparison."""

    title: str
    """What was measured: the workspace's name."""
    target: float
    """The pass rate wanted."""
    run: Run | None = None
    """The run that was kept; None: nothing is said of settings and hashes."""
    asked: int = 0
    """Questions that were asked."""
    total: int = 0
    """Questions that there are."""
    against: Against | None = None
    """An earlier run that it is held against."""
    judged: Sequence[str] = ()
    """What a judge found, in sentences."""


def report_html(verdict: Verdict, losses: Sequence[Loss], results: Sequence[Result], page: Page) -> str:
    """Return a comparison as a whole HTML document.

    Args:
        verdict: What `compare` found.
        losses: What `attribute` found.
        results: Every scored answer.
        page: What it tells besides.
    """
    sections = [
        ("passed", "Questions passed", list(parts.rates(verdict, page.target))),
        ("differences", "One against another", list(_differences(verdict))),
        ("effects", "Retrieval, adapter, and both", list(parts.effects(verdict))),
        ("causes", "Why questions were lost, and what to do", list(parts.causes(verdict, losses))),
        ("cost", "What it takes", list(_cost(verdict))),
        ("judge", "What a judge said", [parts.listed(page.judged)] if page.judged else []),
        ("against", "Against an earlier run", list(_against(page.against))),
        ("lost", "The lost questions, side by side", list(lost_section(verdict, losses, results))),
        ("numbers", "All numbers", [parts.table(one) for one in comparison_tables(verdict, losses)]),
        ("method", "How these numbers were made", list(_method(verdict, page))),
    ]
    shown = [(name, title, body) for name, title, body in sections if body]
    inside = "\n".join([*_head(verdict, page), _contents(shown), *(_section(*one) for one in shown)])
    return _document(f"{page.title}: {headline(verdict)}", inside)


def _document(title: str, inside: str) -> str:
    style = base64.b64encode(hashlib.sha256(STYLE.encode("utf-8")).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{parts.text(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{inside}\n</main>\n</body>\n</html>\n"
    )


def _head(verdict: Verdict, page: Page) -> Iterator[str]:
    part = f" · {page.run.part} questions" if page.run else ""
    when = f" · {page.run.made[:10]}" if page.run else ""
    yield f'<header>\n<p class="above">{parts.text(page.title)}{part}{when}</p>'
    yield f"<h1>{parts.text(headline(verdict))}</h1>"
    reason = winner_sentence(verdict).partition(". ")[2]
    yield f'<p class="lead">{parts.text(reason)}</p>'
    if said := target_sentence(verdict, page.target):
        yield f"<p>{parts.text(said)}</p>"
    if page.asked < page.total:
        yield (
            f"<p>It was sure after {page.asked} of {page.total} questions, so the others were not asked. The tests "
            "allow that: they hold at every look.</p>"
        )
    yield "</header>"


def _contents(sections: Sequence[tuple[str, str, list[str]]]) -> str:
    links = "".join(f'<li><a href="#{name}">{parts.text(title)}</a></li>' for name, title, _ in sections)
    return f'<nav aria-label="On this page"><ul>{links}</ul></nav>'


def _section(name: str, title: str, body: list[str]) -> str:
    inside = "\n".join(body)
    return f'<section>\n<h2 id="{name}">{parts.text(title)}</h2>\n{inside}\n</section>'


def _differences(verdict: Verdict) -> Iterator[str]:
    yield from parts.differences(verdict)
    for title, said in comparison_lists(verdict, ()):
        if title.startswith(("Shown", "Notes")):
            yield f"<h3>{parts.text(title)}</h3>\n{parts.listed(said)}"


def _cost(verdict: Verdict) -> Iterator[str]:
    yield from parts.cost(verdict)
    for title, said in comparison_lists(verdict, ()):
        if title.startswith("Does it pay"):
            yield f"<h3>{parts.text(title)}</h3>\n{parts.listed(said)}"


def _against(found: Against | None) -> Iterator[str]:
    if found is None:
        return
    yield (
        f"<p>Each setup now, less the same setup in the run <code>{parts.text(found.run)}</code>, on "
        f"{found.common} questions that are the same in both.</p>"
    )
    rows = [
        (row.setup, points(row.change), row.change, f"{len(row.won)} won, {len(row.lost)} lost")
        for row in found.changes
        if row.change is not None
    ]
    if rows:
        yield parts.around_zero_chart(
            rows, None, "Change of the pass rate of each setup since the earlier run"
        )
    yield parts.listed(lines(found))


def _method(verdict: Verdict, page: Page) -> Iterator[str]:
    yield parts.listed(method(verdict))
    run = page.run
    if run is None:
        return
    drawn = "greedily" if not run.sampling.temperature else f"at temperature {run.sampling.temperature:g}"
    facts = {
        "run": run.name,
        "made": run.made,
        "hash of the whole": run.sha256,
        "questions": f"{page.asked} of {page.total}, part {run.part}",
        "answers": f"{run.sampling.repeats} a question and setup, drawn {drawn}, seed {run.sampling.seed}",
        **{f"hash of the {name}": value for name, value in run.made_with.hashes.items()},
        **{f"hash of {name}'s answers": value for name, value in run.made_with.setups.items()},
    }
    yield parts.facts("What it was made with", facts)
    settings = {
        f"[{section}] {name}": str(value)
        for section, values in run.made_with.settings.items()
        for name, value in (values.items() if isinstance(values, dict) else [("", values)])
    }
    yield parts.folded("Settings", parts.facts("rungwise.toml, and what it leaves at its default", settings))
    yield parts.folded("Versions", parts.facts("Packages", dict(run.made_with.packages)))
