"""How an adapter is aligned with preferences: every setting, with its range and where its default comes from.

Knows nothing of pairs, models or trainers.
"""

from __future__ import annotations

from dataclasses import dataclass

from foundation.errors import UserError

_SLOWER = 0.1
"""Share of the rate that the adapter was trained with: Tülu 3 trains with 5e-6 and aligns with 5e-7 (Lambert et al. 2024,
arXiv 2411.15124)."""


@dataclass(frozen=True)
class AlignSettings:
    """How an adapter is aligned by DPO (Rafailov et al. 2023, arXiv 2305.18290).

    Raises:
        UserError: A value is out of its range.
    """

    beta: float = 0.1
    """How strongly it is held to the adapter that it begins as; higher moves less. The paper's own default."""
    learning_rate: float = 0.0
    """Highest learning rate; rises for a tenth of the steps, then falls along a cosine. 0: a tenth of the adapter's own."""
    epochs: int = 5
    """At most so many passes over the pairs; it stops earlier when the loss on held-out pairs falls no more."""
    batch: int = 8
    """Pairs a step."""
    patience: int = 1
    """Epochs without a lower loss on held-out pairs after which it stops."""
    seed: int = 7
    """Of the split and of the order of pairs."""

    def __post_init__(self) -> None:
        """Check every value once, and name all mistakes together."""
        checks = [
            (0 < self.beta <= 10, f"beta must be above 0 and at most 10, but is {self.beta:g}"),
            (
                0 <= self.learning_rate <= 0.1,
                f"learning_rate must be above 0 and at most 0.1, or 0 for the rule's, but is {self.learning_rate:g}",
            ),
            (1 <= self.epochs <= 100, f"epochs must be 1 to 100, but is {self.epochs}"),
            (1 <= self.batch <= 512, f"batch must be 1 to 512, but is {self.batch}"),
            (self.patience >= 1, f"patience must be 1 or more, but is {self.patience}"),
        ]
        mistakes = [sentence for holds, sentence in checks if not holds]
        if mistakes:
            raise UserError(f"The settings of the alignment can't be used: {'; '.join(mistakes)}.")

    def rate(self, trained_with: float) -> float:
        """Return the learning rate: the one that is set, or the rule's.

        Args:
            trained_with: The rate that the adapter was trained with.
        """
        return self.learning_rate or _SLOWER * trained_with
