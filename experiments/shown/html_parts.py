"""The pieces of a comparison's report: charts with their keys, tables, lists, and text made harmless.

Knows nothing of the page that they stand on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from experiments.attribute import Loss
from experiments.remedies import ToDo, todo
from experiments.shown import charts
from experiments.shown.tables import Table, money, number, points, rate, within
from experiments.statistics.stats import Interval
from experiments.verdict import Effect, Standing, Verdict
from foundation.svg import drawing, mark, plain

SERIES = ("both", "facts", "form")


def text(value: object) -> str:
    """Return a text that is nothing but text: escaped, and without letters that turn or drive what shows it."""
    return escape(plain(str(value)), quote=False)


def sentence(words: str) -> str:
    """Return words as a sentence: with a large first letter, and an end."""
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "!", "?")) else ".")


def listed(sentences: Sequence[str]) -> str:
    """Return sentences as a list; what stands between backquotes is a command."""
    return "<ul>" + "".join(f"<li>{_commands(one)}</li>" for one in sentences) + "</ul>"


def _commands(sentence: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", text(sentence))


def table(found: Table) -> str:
    """Return a table that scrolls by itself where the page is narrow."""
    head = "".join(f'<th scope="col">{text(cell)}</th>' for cell in found.header)
    rows = "".join(
        f'<tr><th scope="row">{text(row[0])}</th>'
        + "".join(f"<td>{text(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in found.rows
    )
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(plain(found.title))}"><table>'
        f"<caption>{text(found.title)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def facts(title: str, rows: Mapping[str, str]) -> str:
    """Return names with their values."""
    cells = "".join(
        f'<tr><th scope="row">{text(name)}</th><td class="hash">{text(value)}</td></tr>'
        for name, value in rows.items()
    )
    return f'<div class="wide"><table class="facts"><caption>{text(title)}</caption><tbody>{cells}</tbody></table></div>'


def folded(title: str, inside: str) -> str:
    """Return what is shown on demand."""
    return f'<details class="more"><summary>{text(title)}</summary>{inside}</details>'


def key(names: Sequence[str]) -> str:
    """Return what the marks of a chart stand for."""
    rows = "".join(
        f"<li>{drawing(12, 12, name, mark(place, 6, 6, class_=f'dot s{place}'))}{text(name)}</li>"
        for place, name in enumerate(names)
    )
    return f'<ul class="key" aria-hidden="true">{rows}</ul>'


def _figure(*inside: str) -> str:
    return f"<figure>{''.join(inside)}</figure>"


def rates(verdict: Verdict, target: float) -> Iterator[str]:
    """Yield the pass rates of every setup: facts and form together, and each alone."""
    rows = [
        charts.Lane(
            standing.setup,
            rate(standing.both),
            tuple(
                charts.Reach(place, found.rate, f"{standing.setup}, {name}: {rate(found)}")
                for place, name in enumerate(SERIES)
                if (found := getattr(standing, name)).rate is not None
            ),
        )
        for standing in verdict.standings
    ]
    if not rows:
        return
    yield "<p>Share of questions with the right facts in the right form, and each of the two alone.</p>"
    label = "Pass rates with 95 % intervals: " + "; ".join(f"{row.name} {row.says}" for row in rows)
    goal = (target, f"target {100 * target:g} %")
    yield _figure(key(SERIES), charts.lanes(rows, charts.percents(), label, at=goal))


def differences(verdict: Verdict) -> Iterator[str]:
    """Yield the paired differences, with the margin as a band."""
    rows = [
        (
            f"{row.setup} − {row.other}",
            points(row.difference),
            row.difference,
            f"{row.wins} won, {row.losses} lost",
        )
        for row in verdict.differences
        if row.difference is not None
    ]
    if not rows:
        return
    yield (
        "<p>Pass rate of the one less that of the other, in points, question by question. Within the shaded band of "
        f"{100 * verdict.margin:g} points they count as no worse; an interval that keeps clear of zero shows a "
        "difference.</p>"
    )
    yield around_zero_chart(rows, verdict.margin, "Paired differences of pass rates with 95 % intervals")


def around_zero_chart(
    rows: Sequence[tuple[str, str, Interval, str]], margin: float | None, label: str
) -> str:
    """Return differences around zero: name, value in words, interval, and what else is to be said."""
    reach = max(max(abs(row[2].low), abs(row[2].high)) for row in rows)
    found = [
        charts.Lane(name, says, (charts.Reach(0, value, f"{name}: {says}, {more}"),))
        for name, says, value, more in rows
    ]
    said = f"{label}: " + "; ".join(f"{row.name} {row.says}" for row in found)
    band = (-margin, margin) if margin else None
    return _figure(charts.lanes(found, charts.around_zero(reach), said, band=band))


def effects(verdict: Verdict) -> Iterator[str]:
    """Yield the 2×2: the interaction plot, and the three effects in words."""
    cells = [verdict.standing(name) for name in ("prompt", "rag", "lora", "hybrid")]
    ends = [cell.both.rate for cell in cells if cell is not None and cell.both.rate is not None]
    found = [one for one in verdict.effects if one.measure == "both" and one.effect is not None]
    if len(ends) < 4 or not found:
        return
    slopes = (
        charts.Slope("base alone", ends[0], ends[1]),
        charts.Slope("with adapter", ends[2], ends[3]),
    )
    label = "Pass rates without and with retrieval, for the base alone and with the adapter"
    yield "<p>Where the two lines run alike, both gains add up. Where they do not, the one changes what the other is worth.</p>"
    yield _figure(charts.interaction(slopes, label))
    yield listed([_effect(one) for one in found])


def _effect(one: Effect) -> str:
    if one.effect is None:
        return one.note
    said = {
        "retrieval": "Retrieval changes the pass rate by",
        "adapter": "The adapter changes the pass rate by",
        "interaction": "Together they bring, beyond the sum of both,",
    }[one.name]
    clear = one.effect.low > 0 or one.effect.high < 0
    return f"{said} {points(one.effect)} points{'' if clear else ', which may be nothing'}."


def causes(verdict: Verdict, losses: Sequence[Loss]) -> Iterator[str]:
    """Yield what each setup lost its questions to, with the remedy; the winner's first, the others folded."""
    rows = todo(losses)
    order = [row.setup for row in verdict.standings]
    first = verdict.winner or (order[-1] if order else "")
    for setup in sorted(dict.fromkeys(row.setup for row in rows), key=lambda name: name != first):
        of = [row for row in rows if row.setup == setup]
        inside = "\n".join(_cause(row) for row in of)
        many = f"{of[0].lost} question{'s' * (of[0].lost != 1)}"
        if setup == first:
            yield f"<p>{text(setup)} lost {many}. Where facts and form were lost together, each counts half.</p>\n{inside}"
        else:
            yield folded(f"{setup} lost {many}", inside)


def _cause(row: ToDo) -> str:
    says = f"{100 * row.share.mean:.0f} % ({100 * row.share.low:.0f}–{100 * row.share.high:.0f})"
    rung = f" Next rung: {text(row.next)}." if row.next else ""
    run = ", then ".join(f"<code>{text(command)}</code>" for command in row.remedy.commands)
    return (
        f'<div class="cause"><p class="what">{text(sentence(row.cause)[:-1])}</p><p class="share">{says}</p>'
        f"{charts.share_bar(row.share, f'{row.setup}, {row.cause}: {says}')}"
        f'<p class="small soft">{_commands(row.remedy.repair)}{rung} Run {run}.</p></div>'
    )


def cost(verdict: Verdict) -> Iterator[str]:
    """Yield what a reply takes: seconds, tokens, and money where there are prices."""
    if not verdict.standings:
        return
    yield "<p>Of the replies that came, with 95 % intervals; a mark without one had too few values to bound it.</p>"
    rows = verdict.standings
    seconds = [
        _Taken(
            row.setup,
            within(row.seconds_p50, row.seconds_p50_interval, 2),
            ((row.seconds_p50, row.seconds_p50_interval), (row.seconds_p95, row.seconds_p95_interval)),
        )
        for row in rows
    ]
    yield from _takes("Seconds a reply, half and 95 % within", ("half within", "95 % within"), seconds)
    tokens = [
        _Taken(
            row.setup,
            f"{number(row.tokens_in)} in, {number(row.tokens_out)} out",
            ((row.tokens_in, row.tokens_in_interval), (row.tokens_out, row.tokens_out_interval)),
        )
        for row in rows
    ]
    yield from _takes("Mean tokens of a prompt and of an answer", ("in", "out"), tokens)
    if verdict.currency:
        spent = [
            _Taken(row.setup, money(row.cost, row.cost_interval, 1000), (_thousandfold(row),)) for row in rows
        ]
        yield from _takes(f"Cost of 1,000 replies in {verdict.currency}", ("mean",), spent)


def _thousandfold(row: Standing) -> tuple[float | None, Interval | None]:
    at = row.cost_interval
    wide = Interval(1000 * at.mean, 1000 * at.low, 1000 * at.high) if at else None
    return (None if row.cost is None else 1000 * row.cost), wide


@dataclass(frozen=True)
class _Taken:
    """What replies of a setup take."""

    setup: str
    says: str
    values: tuple[tuple[float | None, Interval | None], ...]


def _takes(title: str, names: Sequence[str], rows: Sequence[_Taken]) -> Iterator[str]:
    lanes = [charts.Lane(row.setup, row.says, tuple(_reaches(row, names))) for row in rows]
    most = max((one.value.high for lane in lanes for one in lane.reaches), default=0.0)
    if most <= 0:
        return
    label = f"{title}: " + "; ".join(f"{lane.name} {lane.says}" for lane in lanes)
    yield f"<h3>{text(title)}</h3>"
    marks = key(names) if len(names) > 1 else ""
    yield _figure(marks, charts.lanes(lanes, charts.up_to(most), label))


def _reaches(row: _Taken, names: Sequence[str]) -> Iterator[charts.Reach]:
    for place, (name, (value, wide)) in enumerate(zip(names, row.values, strict=True)):
        if value is not None:
            tip = f"{row.setup}, {name}: {within(value, wide, 2)}"
            yield charts.Reach(place, wide or Interval(value, value, value), tip)
