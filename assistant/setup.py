"""The four ways to answer: retrieval on or off, adapter on or off, over the same base weights.

Knows nothing of how either is done.
"""

from __future__ import annotations

from enum import StrEnum

from foundation.errors import UserError, did_you_mean, one_of


class Setup(StrEnum):
    """One cell of the 2×2."""

    PROMPT = "prompt"
    """The base and its instructions alone."""
    RAG = "rag"
    """With passages from the library."""
    LORA = "lora"
    """With the house's adapter."""
    HYBRID = "hybrid"
    """With both."""

    @property
    def retrieve(self) -> bool:
        """Whether passages are retrieved."""
        return self in (Setup.RAG, Setup.HYBRID)

    @property
    def adapter(self) -> bool:
        """Whether the adapter is on."""
        return self in (Setup.LORA, Setup.HYBRID)

    @classmethod
    def named(cls, name: str) -> Setup:
        """Return the setup of a name.

        Raises:
            UserError: There is no such setup.
        """
        try:
            return cls(name)
        except ValueError:
            options = [one.value for one in cls]
            raise UserError(
                f'There is no setup "{name}".{did_you_mean(name, options)} Choose {one_of(options)}.'
            ) from None
