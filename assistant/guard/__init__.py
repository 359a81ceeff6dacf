"""The gate after the model: deterministic, and sound against a model that obeys whatever it reads.

Knows nothing of models or of how an answer is made.
"""

from assistant.guard.answer import CIRCLES, HELD_BACK, Bounds, Guarded, StreamGuard, guard

__all__ = ["CIRCLES", "HELD_BACK", "Bounds", "Guarded", "StreamGuard", "guard"]
