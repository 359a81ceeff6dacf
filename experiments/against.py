"""One run against an earlier one: what changed, question by question, and what was different between them.

Knows nothing of files: it is handed two runs as `experiments.runs` reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from experiments.runs import Run
from experiments.shown.tables import Table, p_value, points, wrapped
from experiments.statistics.stats import Interval, holm, mcnemar_exact, mcnemar_mid_p, paired_interval
from experiments.verdict import FEW, NOT_ENOUGH


@dataclass(frozen=True)
class Change:
    """How one setup did, against itself in the earlier run."""

    setup: str
    """The setup."""
    n: int
    """Questions that both runs asked of it."""
    before: float
    """Share passed in the earlier run."""
    after: float
    """Share passed in this one."""
    won: tuple[str, ...]
    """Questions that pass now and did not before; asked several times: pass more often."""
    lost: tuple[str, ...]
    """Questions that passed before and do not now; asked several times: pass less often."""
    change: Interval | None
    """The pass rate now less that before, with its paired 95 % interval."""
    p: float | None
    """Mid-p McNemar, two-sided; the sign test where questions were asked several times."""
    p_exact: float | None
    """The same, exact."""
    p_holm: float | None
    """`p`, corrected by Holm for the number of setups."""
    note: str
    """Why not to rely on it; empty when nothing speaks against."""


@dataclass(frozen=True)
class Against:
    """A run held against an earlier one."""

    run: str
    """The earlier run's name."""
    made: str
    """When it was made."""
    common: int
    """Questions that are the same in both, with what is required of them."""
    changes: tuple[Change, ...]
    """One for each setup of both runs."""
    differs: tuple[str, ...]
    """What was different, in words."""
    only_before: tuple[str, ...]
    """Questions of the earlier run alone: taken out, or changed since."""
    only_now: tuple[str, ...]
    """Questions of this run alone: new, or changed since."""


def against(now: Run, before: Run, seed: int = 0) -> Against:
    """Hold a run against an earlier one, on the questions that are the same in both.

    Args:
        now: This run.
        before: The earlier one.
        seed: Of the bootstrap.
    """
    common = [name for name, mark in now.marks.items() if before.marks.get(name) == mark]
    setups = [setup for setup in now.setups if setup in before.setups]
    changes = [_change(setup, now, before, common, seed) for setup in setups]
    tested = [row.p for row in changes if row.p is not None]
    corrected = iter(holm(tested))
    return Against(
        run=before.name,
        made=before.made,
        common=len(common),
        changes=tuple(row if row.p is None else replace(row, p_holm=next(corrected)) for row in changes),
        differs=tuple(_differs(now, before)),
        only_before=tuple(name for name in before.marks if name not in common),
        only_now=tuple(name for name in now.marks if name not in common),
    )


def _change(setup: str, now: Run, before: Run, common: list[str], seed: int) -> Change:
    new, old = _rates(now, setup), _rates(before, setup)
    asked = [name for name in common if name in new and name in old]
    values = [new[name] - old[name] for name in asked]
    won = tuple(name for name, value in zip(asked, values, strict=True) if value > 0)
    lost = tuple(name for name, value in zip(asked, values, strict=True) if value < 0)
    n = len(asked)
    after, earlier = (sum(rates[name] for name in asked) / n if n else 0.0 for rates in (new, old))
    row = Change(setup, n, earlier, after, won, lost, None, None, None, None, "")
    if n < 2:
        return replace(row, note=f"{NOT_ENOUGH}: {n} question{'s' * (n != 1)} in common")
    return replace(
        row,
        change=paired_interval(values, seed),
        p=mcnemar_mid_p(len(won), len(lost)),
        p_exact=mcnemar_exact(len(won), len(lost)),
        note=_note(n, now, before),
    )


def _note(n: int, now: Run, before: Run) -> str:
    if n < FEW:
        return f"{NOT_ENOUGH}: {n} questions in common, at least {FEW} are wanted"
    if now.sequential or before.sequential:
        return "one of the two might stop as soon as it was sure, which favours its winner: read the difference as a hint"
    return ""


def _rates(run: Run, setup: str) -> dict[str, float]:
    passes: dict[str, list[bool]] = {}
    for answer in run.answers:
        if answer.setup == setup:
            passes.setdefault(answer.question, []).append(answer.passed)
    return {name: sum(rows) / len(rows) for name, rows in passes.items()}


def _differs(now: Run, before: Run) -> list[str]:
    """Return what was different between two runs, in the order of how much it weighs."""
    made, earlier = now.made_with, before.made_with
    found = [
        f"{name} ({_short(earlier.hashes.get(name))} → {_short(made.hashes.get(name))})"
        for name in _names(made.hashes, earlier.hashes)
        if made.hashes.get(name) != earlier.hashes.get(name)
    ]
    new, old = _flat(made.settings), _flat(earlier.settings)
    found += [
        f"{name} = {old.get(name, '–')} → {new.get(name, '–')}"
        for name in _names(new, old)
        if new.get(name) != old.get(name)
    ]
    found += [
        f"{name} {earlier.packages.get(name, '–')} → {made.packages.get(name, '–')}"
        for name in _names(made.packages, earlier.packages)
        if made.packages.get(name) != earlier.packages.get(name)
    ]
    if now.part != before.part:
        found.append(f"the questions' part ({before.part} → {now.part})")
    if now.sampling != before.sampling:
        found.append(f"how answers were drawn ({_drawn(before)} → {_drawn(now)})")
    anew = [name for name in made.setups if made.setups[name] != earlier.setups.get(name, made.setups[name])]
    if anew and not found:
        found.append(f"what {' and '.join(anew)} answer by, though no setting is known to have changed")
    return found


def _names(*rows: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _short(hash: str | None) -> str:
    return hash[:8] if hash else "none"


def _flat(settings: Mapping[str, Any], above: str = "") -> dict[str, str]:
    """Return nested settings as `section.key`."""
    found: dict[str, str] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{above}{name}.")
        else:
            found[f"{above}{name}"] = str(value)
    return found


def _drawn(run: Run) -> str:
    told = run.sampling
    if not told.temperature:
        return "greedily"
    return f"{told.repeats} at temperature {told.temperature:g}, seed {told.seed}"


def against_dict(found: Against) -> dict[str, Any]:
    """Return it as JSON values, as the `against` of `comparison.schema.json` says."""
    row = asdict(found)
    return {
        **row,
        "changes": [
            {**change, "won": list(change["won"]), "lost": list(change["lost"])} for change in row["changes"]
        ],
        "differs": list(found.differs),
        "only_before": list(found.only_before),
        "only_now": list(found.only_now),
    }


def against_text(found: Against) -> str:
    """Return it for a terminal of 100 columns."""
    table = Table(
        f"Against {found.run}, on {found.common} questions in common: change in points, with 95 % intervals",
        ("setup", "n", "before", "now", "change", "won", "lost", "mid-p", "Holm"),
        tuple(
            (
                row.setup,
                str(row.n),
                f"{100 * row.before:.0f} %",
                f"{100 * row.after:.0f} %",
                points(row.change),
                str(len(row.won)),
                str(len(row.lost)),
                p_value(row.p),
                p_value(row.p_holm),
            )
            for row in found.changes
        ),
    )
    parts = [table.text()] if found.changes else [wrapped(f"{found.run} measured none of these setups.")]
    parts += [wrapped(f"{line}", "  ") for line in lines(found)]
    return "\n".join(parts)


def lines(found: Against) -> list[str]:
    """Return what changed and why it may have, a sentence a line."""
    said = []
    for row in found.changes:
        for word, ids in (("won", row.won), ("lost", row.lost)):
            if ids:
                said.append(f"{row.setup} newly {word}: {_listed(ids)}.")
        if row.note:
            said.append(f"{row.setup}: {row.note}.")
    if found.only_before:
        said.append(f"Only in the earlier run, or changed since: {_listed(found.only_before)}.")
    if found.only_now:
        said.append(f"Only in this run, or changed since: {_listed(found.only_now)}.")
    what = "; ".join(found.differs) if found.differs else "nothing that is kept track of"
    return [*said, f"Different between the two: {what}."]


def _listed(ids: tuple[str, ...], most: int = 12) -> str:
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return ", ".join(ids[:most]) + more
