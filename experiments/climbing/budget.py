"""How long a climb may take, as a whole and for each step of it.

Knows nothing of what is made or asked. It never stops anything by force: whoever is about to begin something claims
the time for it, and is told when there is none.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from foundation.errors import UserError


class Spent(Exception):
    """There is not enough time left; the message is a sentence that says for what."""


class Budget:
    """Seconds for a whole climb, and for each of its steps.

    Args:
        seconds: For the whole; None for no limit. It runs from the moment the budget is made.
        step_seconds: For each step, making and asking together; None for no limit.
        clock: Tells the seconds; only differences count.

    Raises:
        UserError: A limit is not above 0.
    """

    def __init__(
        self,
        seconds: float | None = None,
        step_seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        for name, limit in (("budget", seconds), ("step budget", step_seconds)):
            if limit is not None and not limit > 0:
                raise UserError(f"The {name} must be above 0 seconds, but is {limit:g}.")
        self.seconds, self.step_seconds, self._clock = seconds, step_seconds, clock
        self._began = self._step_began = clock()

    def begin_step(self) -> None:
        """Let the time of the next step run from now on."""
        self._step_began = self._clock()

    @property
    def spent(self) -> float:
        """Seconds since the beginning."""
        return self._clock() - self._began

    @property
    def step_spent(self) -> float:
        """Seconds since the step began."""
        return self._clock() - self._step_began

    @property
    def left(self) -> float | None:
        """Seconds that may still be spent now, never below 0; None for no limit."""
        rooms = [
            limit - spent
            for limit, spent in ((self.seconds, self.spent), (self.step_seconds, self.step_spent))
            if limit is not None
        ]
        return max(0.0, min(rooms)) if rooms else None

    def claim(self, seconds: float, what: str, later: float = 0.0) -> None:
        """Say that something is about to begin.

        Args:
            seconds: How long it will take, as far as anybody knows; 0 where nobody does.
            what: What it is, as the subject of a sentence: "training", "asking rag".
            later: How long what has to follow in other steps will take; it counts against the whole alone.

        Raises:
            Spent: It would take longer than is left, or nothing is left.
        """
        whole = None if self.seconds is None else self.seconds - self.spent
        if later and whole is not None and 0 < whole < seconds + later:
            raise Spent(
                f"The budget of {self.seconds:g} s is spent: {what} and the proof that follows take about "
                f"{seconds + later:.0f} s, and {whole:.0f} s are left."
            )
        left = self.left
        if left is None or (left > 0 and seconds <= left):
            return
        need = f"{what} takes about {seconds:.0f} s, and {left:.0f} s are left" if seconds and left else ""
        raise Spent(f"The budget of {self._told()} is spent: {need or f'nothing is left for {what}'}.")

    def _told(self) -> str:
        """Return the limit that binds first."""
        whole = None if self.seconds is None else self.seconds - self.spent
        step = None if self.step_seconds is None else self.step_seconds - self.step_spent
        if step is not None and (whole is None or step < whole):
            return f"{self.step_seconds:g} s for a step"
        return f"{self.seconds:g} s"
