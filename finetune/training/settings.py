"""How an adapter is trained: every setting, with its range.

Knows nothing of rows, models or trainers.
"""

from __future__ import annotations

from dataclasses import dataclass

from foundation.errors import UserError, one_of

# Own bounds: a laptop reads some rows a second, and more of the same help little. An example makes three rows at most.
MOST_EXAMPLES = 100_000
MOST_ROWS = 3 * MOST_EXAMPLES
METHODS = ("lora", "full")
VARIANTS = ("lora", "rslora", "dora", "pissa")


@dataclass(frozen=True)
class TrainingSettings:
    """How an adapter is trained.

    Raises:
        UserError: A value is out of its range.
    """

    method: str = "lora"
    """`lora`: an adapter beside the base's weights; `full`: every weight of the base is trained, for small bases."""
    rank: int = 16
    """Rank of the LoRA factors; α is twice as much."""
    learning_rate: float = 0.0
    """Highest learning rate; falls along a cosine. 0: chosen by the base's width and the number of steps."""
    epochs: int = 0
    """At most so many passes over the rows; training stops earlier when validation no longer improves. 0: by the rows' number."""
    batch: int = 16
    """Rows a step."""
    dropout: float = 0.05
    """Share of adapter inputs dropped."""
    patience: int = 1
    """Epochs without improvement after which training stops."""
    variant: str = "lora"
    """`lora`; `rslora` scales by α / √rank (Kalajdzievski 2023), for high ranks; `dora` trains a length for each direction as
    well (Liu et al. 2024), slower; `pissa` begins with the base's own largest directions (Meng et al. 2024), and is written as an
    adapter of twice the rank that needs no change of the base."""
    activated: bool | None = None
    """Whether the adapter acts from the answer's header on only (activated LoRA, Greenewald et al. 2025): several times faster to
    train, and what it reads is shared with the bare base; it can't be merged. None: where base and variant allow it."""
    lora_plus: float = 1.0
    """How many times the rate of the second factors is that of the first (LoRA+, Hayou et al. 2024); 1: the same."""
    seed: int = 7
    """Of the factors, the order of rows and the dropout."""

    def __post_init__(self) -> None:
        """Check every value once, and name all mistakes together."""
        checks = [
            (1 <= self.rank <= 256, f"rank must be 1 to 256, but is {self.rank}"),
            (
                0 <= self.learning_rate <= 0.1,
                f"learning_rate must be above 0 and at most 0.1, or 0 for the rule's, but is {self.learning_rate}",
            ),
            (0 <= self.epochs <= 100, f"epochs must be 1 to 100, or 0 for the rule's, but is {self.epochs}"),
            (1 <= self.batch <= 512, f"batch must be 1 to 512, but is {self.batch}"),
            (0 <= self.dropout < 1, f"dropout must be 0 to 1, but is {self.dropout}"),
            (
                self.variant in VARIANTS,
                f'variant must be {one_of(VARIANTS)}, but is "{self.variant}"',
            ),
            (self.method in METHODS, f'method must be {one_of(METHODS)}, but is "{self.method}"'),
            (
                self.method != "full"
                or (self.variant, bool(self.activated), self.lora_plus) == ("lora", False, 1),
                'variant, activated and lora_plus are of LoRA, but method is "full"',
            ),
            (
                not (self.activated and self.variant in ("dora", "pissa")),
                f'activated goes with variant "lora" or "rslora", but variant is "{self.variant}"',
            ),
            (1 <= self.lora_plus <= 64, f"lora_plus must be 1 to 64, but is {self.lora_plus:g}"),
            (self.patience >= 1, f"patience must be 1 or more, but is {self.patience}"),
        ]
        mistakes = [sentence for holds, sentence in checks if not holds]
        if mistakes:
            raise UserError(f"The training settings can't be used: {'; '.join(mistakes)}.")
