"""A recommendation as one HTML file to hand to a colleague: no script, no font, no picture, nothing fetched.

Says what the card says, with the ladder drawn and the costs as a table. Knows nothing of how anything was decided.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from advisor.catalog import rung_name, word
from advisor.explain import Section, answer_lines, head, sections
from advisor.prospects import span
from advisor.recommendation import Recommendation
from advisor.vocabulary import Language, Rung

_STYLE = """\
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #ffffff; --soft: #5a5f66; --line: #d5d9de; --lit: #0b6e4f; }
@media (prefers-color-scheme: dark) { :root { --ink: #eceff1; --paper: #14171a; --soft: #a4acb4; --line: #3a4148;
  --lit: #5fd0a5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 46rem; padding: 2rem 1.2rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; padding-top: .8rem; border-top: 1px solid var(--line); }
p { margin: .2rem 0; } .soft, small { color: var(--soft); }
ol.ladder { list-style: none; display: flex; flex-wrap: wrap; gap: .5rem; margin: 1.2rem 0; padding: 0; align-items: end; }
ol.ladder li { flex: 1 1 8rem; border: 1px solid var(--line); border-bottom-width: 4px; border-radius: .4rem;
  padding: .6rem .8rem; }
ol.ladder li[aria-current] { border-color: var(--lit); font-weight: 600; color: var(--lit); }
ul, ol { padding-left: 1.3rem; } li { margin: .45rem 0; } li small { display: block; }
code { font: .92em ui-monospace, monospace; border: 1px solid var(--line); border-radius: .25rem; padding: .05rem .3rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
@media print { body { max-width: none; } h2 { break-after: avoid; } li { break-inside: avoid; } }
"""


def to_html(r: Recommendation, language: Language | str = Language.EN) -> str:
    """Return the recommendation as a whole HTML document."""
    spoken = Language(language)
    first, *rest = head(r, spoken)
    body = [f"<h1>{escape(first)}</h1>", *(f"<p>{escape(line)}</p>" for line in rest), *_ladder(r, spoken)]
    for section in sections(r, spoken):
        body += _costs(r, section, spoken) if section.name == "costs" else _section(section)
    body += _answers(r, spoken)
    inside = "\n".join(body)
    return (
        f'<!doctype html>\n<html lang="{spoken.value}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(first)}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n<main>\n{inside}\n</main>\n</body>\n</html>\n"
    )


def _ladder(r: Recommendation, language: Language) -> Iterator[str]:
    yield f'<ol class="ladder" aria-label="{escape(word("ladder", language))}">'
    for rung in Rung:
        lit = ' aria-current="step"' if rung is r.rung else ""
        yield f"<li{lit}>{escape(rung_name(rung, language))}</li>"
    yield "</ol>"


def _section(section: Section) -> Iterator[str]:
    yield f"<h2>{escape(section.heading)}</h2>"
    tag = "ol" if section.numbered else "ul"
    yield f"<{tag}>"
    for sentence, below in section.lines:
        if below is None:
            note = ""
        else:
            note = (
                f"<small><code>{escape(below)}</code></small>"
                if section.numbered
                else f"<small>{escape(below)}</small>"
            )
        yield f"<li>{escape(sentence)}{note}</li>"
    yield f"</{tag}>"


def _costs(r: Recommendation, section: Section, language: Language) -> Iterator[str]:
    columns = ["hours", "hours_a_month", "gpu_hours", "tokens_a_month"]
    priced = any(one.money is not None for one in r.costs)
    columns += ["money_a_month"] if priced else []
    yield f'<h2>{escape(section.heading)}</h2>\n<div class="wide"><table>'
    names = "".join(f'<th scope="col">{escape(word(name, language))}</th>' for name in columns)
    yield f'<thead><tr><th scope="col">{escape(word("rung", language))}</th>{names}</tr></thead>\n<tbody>'
    for one in r.costs:
        ranges = [one.preparation_hours, one.upkeep_hours, one.gpu_hours, one.tokens]
        ranges += [one.money] if priced else []
        cells = "".join(f'<td class="number">{escape(span(each, language))}</td>' for each in ranges)
        yield f'<tr><th scope="row">{escape(rung_name(one.rung, language))}</th>{cells}</tr>'
    yield "</tbody></table></div>"


def _answers(r: Recommendation, language: Language) -> Iterator[str]:
    yield f'<h2>{escape(word("your_answers", language))}</h2>\n<div class="wide"><table><tbody>'
    for asked, said in answer_lines(r, language):
        yield f'<tr><th scope="row">{escape(asked)}</th><td>{escape(said)}</td></tr>'
    yield f'</tbody></table></div>\n<p class="soft"><small>{escape(word("made_with", language))}</small></p>'
