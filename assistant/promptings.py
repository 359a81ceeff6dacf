"""Which promptings of a setup there are to try: wordings of the instructions, and examples in the prompt, none, nearest or fixed.

Only what a workspace has: a wording that says the same as another is left out, and so are examples where there are none. Knows
nothing of which one is best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from assistant.instructions import USUAL, Instructor
from assistant.setup import NAMED, Prompting, Setup, Variant

SHOWN = 3
"""Examples that are shown where the settings show none."""
_ALTERNATIVES = 2  # examples that are tried in the place of each one


def promptings(setup: Setup, usual: Prompting, instructor: Instructor, examples: bool) -> list[Variant]:
    """Return what is to be tried beside the present prompting, the simplest first.

    Args:
        setup: The cell of the 2×2, which stays.
        usual: The workspace's own prompting.
        instructor: Tells the instructions of each wording.
        examples: Whether there are examples to show.
    """
    wordings = [""]
    told = {instructor.of(usual.instructions, setup.retrieve)}
    for name in instructor.names:
        if (said := instructor.of(name, setup.retrieve)) not in told:
            told.add(said)
            wordings.append(name)
    changes = [
        tuple(part for part in (f"instructions={name}" if name else "", shots) if part)
        for shots in _shots(usual, examples)
        for name in wordings
    ]
    return [Variant(setup, change) for change in changes if change]


def _shots(usual: Prompting, examples: bool) -> list[str]:
    """Return the changes of what is shown, the present way first."""
    if not examples:
        return [""]
    count = usual.shots or SHOWN
    others = [f"fixed={count}", f"nearest={count}"]
    if not usual.shots:
        return ["", *others]
    return ["", "noshots", *(way for way in others if not way.startswith(f"{usual.shots_by}="))]


def exchanges(best: Variant, usual: Prompting, standing: Sequence[str]) -> list[Variant]:
    """Return promptings that differ from the best in one of the examples that it shows (coordinate search).

    Args:
        best: The best prompting so far; nothing is exchanged where it shows none, or the nearest to each question.
        usual: The workspace's own prompting.
        standing: The ids of `fixed` examples in the order of their choice, those that stand by included.
    """
    now = best.prompting(usual)
    if not now.shots or now.shots_by == "nearest":
        return []
    shown = list(now.picked) if now.shots_by == "picked" else list(standing[: now.shots])
    spare = [name for name in standing if name not in shown and NAMED.fullmatch(name)]
    if not all(map(NAMED.fullmatch, shown)):
        return []  # a variant could not name them
    kept = tuple(change for change in best.changes if change.startswith("instructions="))
    found = []
    for place in range(len(shown)):
        for other in spare[place * _ALTERNATIVES : (place + 1) * _ALTERNATIVES]:
            ids = ".".join([*shown[:place], other, *shown[place + 1 :]])
            found.append(Variant(best.setup, (*kept, f"picked={ids}")))
    return found


def settings_of(winner: Prompting, usual: Prompting) -> dict[str, str | int | float | list[str]]:
    """Return what of [prompt] must be written so that a prompting becomes the workspace's own."""
    old, new = asdict(usual), asdict(winner)
    changed = {key: value for key, value in new.items() if value != old[key]}
    if not winner.shots:
        changed = {key: value for key, value in changed.items() if key not in ("shots_by", "picked")}
    if "instructions" in changed:
        changed["instructions"] = changed["instructions"] or USUAL
    return {key: list(value) if isinstance(value, tuple) else value for key, value in changed.items()}
