"""Whether there is enough to tell, and which tested signals fire when several are looked at together.

Knows nothing of what is tested.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from experiments.statistics.stats import holm
from monitoring.findings import Action, Signal, State
from monitoring.words import Said, said

ALPHA = 0.05
"""How often, at most, any of the tested signals fires in a week in which nothing changed: once in twenty weeks."""


def not_enough(name: str, action: Action, command: str, has: int, needs: int, of: Said) -> Signal:
    """Return a signal that can't be told yet.

    Args:
        name: The signal's.
        action: What it would ask for.
        command: The command that would begin that.
        has: How many there are.
        needs: How many it takes.
        of: What is counted, as `conversations of the newest week`.
    """
    missing = needs - has
    sentence = said("few", has=has, of=of, needs=needs, missing=missing)
    return Signal(name, State.NOT_ENOUGH, sentence, action, command, missing=missing)


def decided(signals: Sequence[Signal], alpha: float = ALPHA) -> tuple[Signal, ...]:
    """Return signals as they stand: tested ones fire where their p, corrected by Holm for all of them, is at most `alpha`.

    Args:
        signals: Each tested one with its own p; what is counted stands already.
        alpha: How often any of them may fire though nothing changed.

    Returns:
        Those that fire first, otherwise in their order.
    """
    tested = [signal for signal in signals if signal.p is not None]
    corrected = dict(zip(map(id, tested), holm([one.p or 0.0 for one in tested]), strict=True))
    found = [_stands(one, corrected[id(one)], alpha) if id(one) in corrected else one for one in signals]
    return tuple(sorted(found, key=lambda one: one.state is not State.FIRES))


def _stands(signal: Signal, p: float, alpha: float) -> Signal:
    if p <= alpha:
        return replace(signal, state=State.FIRES, p=p)
    return replace(signal, state=State.QUIET, p=p, since="", groups=())
