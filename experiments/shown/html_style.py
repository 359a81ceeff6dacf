"""How the report of a comparison looks: one style sheet, light and dark, from 360 pixels to paper.

Knows nothing of what stands on the page.
"""

STYLE = """\
:root { color-scheme: light dark; --ink: #1b2224; --paper: #ffffff; --soft: #586268; --line: #dfe3e6; --faint: #f4f6f7;
  --s0: #0b6e4f; --s1: #33679c; --s2: #9a6412; --lit: #0b6e4f; --bad: #a8332a; --band: #0b6e4f1f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecee; --paper: #14181a; --soft: #a2acb2; --line: #333b40;
  --faint: #1b2124; --s0: #5fd0a5; --s1: #85b6e6; --s2: #dfab5f; --lit: #5fd0a5; --bad: #f0948a; --band: #5fd0a526; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }
main { margin: 0 auto; max-width: 50rem; padding: 2.5rem 1.2rem 4rem; }
.above { margin: 0 0 .6rem; color: var(--soft); font-size: .92rem; }
h1 { margin: 0 0 .6rem; font-size: clamp(1.6rem, 1.2rem + 2.2vw, 2.3rem); line-height: 1.15; letter-spacing: -.01em;
  text-wrap: balance; }
h2 { margin: 3rem 0 .3rem; padding-top: 1.1rem; border-top: 1px solid var(--line); font-size: 1.25rem; line-height: 1.3; }
h3 { margin: 1.6rem 0 .2rem; font-size: 1rem; }
p { margin: .4rem 0; max-width: 42rem; } ul { padding-left: 1.2rem; max-width: 42rem; } li { margin: .35rem 0; }
.lead { font-size: 1.1rem; } .soft { color: var(--soft); } small, .small { font-size: .88rem; }
figure { margin: 1.2rem 0 0; }
code, .hash { font: .88em ui-monospace, monospace; } code { padding: .08rem .3rem; border-radius: .25rem; background:
  var(--faint); }
a { color: var(--lit); }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin: 1.2rem 0 0; padding: 0; list-style: none; font-size:
  .92rem; }
nav li { margin: 0; }
.chart { display: block; overflow: visible; font-family: inherit; }
.chart text { fill: var(--ink); font-size: .85rem; paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
.chart .tick { fill: var(--soft); font-size: .75rem; }
.chart .name { font-weight: 600; } .chart .says { font-variant-numeric: tabular-nums; }
.grid { stroke: var(--line); } .zero { stroke: var(--soft); } .band { fill: var(--band); }
.target { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 5 4; }
.reach { stroke-width: 3; stroke-linecap: round; opacity: .5; } .slope { stroke-width: 2; fill: none; }
.track { fill: var(--line); } .fill { fill: var(--s0); } .whisker { stroke: var(--ink); stroke-width: 2; }
.reach.s0, .slope.s0 { stroke: var(--s0); } .reach.s1, .slope.s1 { stroke: var(--s1); } .reach.s2 { stroke: var(--s2); }
.dot.s0 { fill: var(--s0); } .dot.s1 { fill: var(--s1); } .dot.s2 { fill: var(--s2); }
.chart .w0 { fill: var(--s0); } .chart .w1 { fill: var(--s1); }
.key { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: 0 0 .4rem; padding: 0; list-style: none; font-size:
  .85rem;
  color: var(--soft); }
.key li { display: flex; align-items: center; gap: .4rem; margin: 0; } .key svg { flex: none; }
.wide { overflow-x: auto; margin-top: 1.2rem; }
table { border-collapse: collapse; width: 100%; font-size: .86rem; line-height: 1.4; }
caption { padding-bottom: .4rem; text-align: left; color: var(--soft); }
th, td { padding: .35rem .7rem .35rem 0; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top;
  white-space: nowrap; font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; } th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--soft); font-weight: 500; } tbody th { font-weight: 600; }
table.facts th, table.facts td { vertical-align: baseline; text-align: left; white-space: normal; overflow-wrap: anywhere; }
table.facts th { width: 11rem; font-weight: 500; color: var(--soft); }
.cause { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 1rem; margin: 1rem 0 0; max-width: 42rem; }
.cause > * { grid-column: 1 / -1; margin: 0; } .cause .what { grid-column: 1; font-weight: 600; }
.cause .share { grid-column: 2; font-variant-numeric: tabular-nums; }
details > summary { cursor: pointer; } details > summary:focus-visible { outline: 2px solid var(--lit); outline-offset: 3px;
  }
details.more { margin-top: 1rem; } details.more > summary { color: var(--lit); }
.case { border-bottom: 1px solid var(--line); padding: .6rem 0; } .case > summary { list-style-position: outside;
  margin-left: 1.1rem; }
.case .asked { overflow-wrap: anywhere; } .marks { display: block; font-size: .82rem; color: var(--soft); }
.marks span { margin-right: .9rem; white-space: nowrap; } .lost { color: var(--bad); } .won { color: var(--lit); }
.needs { margin: .5rem 0 0; font-size: .9rem; color: var(--soft); overflow-wrap: anywhere; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); gap: .8rem; margin: .7rem 0
  .4rem; }
.card { border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem; min-width: 0; }
.card h4 { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 .8rem; margin: 0 0 .35rem; font-size:
  .88rem; }
.card h4 span { font-weight: 500; }
.said { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; } .why { margin: .45rem 0 0; font-size: .85rem; color:
  var(--soft);
  overflow-wrap: anywhere; }
.given { font-size: .9rem; } .given ol { margin: .4rem 0; padding-left: 1.5rem; } .given li { overflow-wrap: anywhere;
  white-space: pre-wrap; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .85rem; }
@media print { :root { color-scheme: light; --ink: #000; --paper: #fff; --soft: #444; --line: #bbb; --faint: #f2f2f2;
    --s0: #0b6e4f; --s1: #33679c; --s2: #9a6412; --lit: #0b6e4f; --bad: #a8332a; }
  html { font-size: 9.5pt; } main { max-width: none; padding: 0; } nav, .given { display: none; } h2, h3 { break-after: avoid; }
  figure, .card, .cause, tr { break-inside: avoid; }
  .case::details-content, .more::details-content { content-visibility: visible; block-size: auto; } }
"""
"""Classes only, so that the page can forbid every style but this one. On paper answers are open, what was read is left out."""
