"""A question's vector, made so small and so vague that it may be kept where no word may be: 16 rounded numbers.

A random projection: the vector times a Gaussian matrix that is drawn from the workspace's secret key (Johnson & Lindenstrauss
1984; Dasgupta & Gupta 2003, Random Structures & Algorithms 22:60). Distances between sketches are those between questions, give
or take a fifth, which is enough to see that *many* questions moved, and too little to tell what *one* of them said.

What it reveals, to whoever has the traces alone: which questions are alike. To whoever has the key as well: whether a question
that they guess may be the one, 16 of its vector's 384 numbers; the other 368 are not there. It is personal data where questions
are, and goes with the trace. Knows nothing of questions, of models, or of where a sketch is kept.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NUMBERS = 16
"""How many numbers a sketch has; 1 / √16 is the relative error of its squared distances over √2."""
_DIGITS = 2


def sketch(vector: NDArray[np.float32], key: bytes, space: str) -> tuple[float, ...]:
    """Return the sketch of a vector.

    Args:
        vector: Of length 1, shape (dimension,).
        key: The workspace's secret key.
        space: Names what made the vector; sketches of two spaces have nothing in common.

    Returns:
        `NUMBERS` numbers, to two digits.
    """
    return tuple(round(float(number), _DIGITS) for number in _matrix(key, space, len(vector)) @ vector)


def space_mark(space: str, key: bytes) -> str:
    """Return a short keyed name of a space, so that sketches are held against those of the same space only."""
    return hmac.new(key, f"space\0{space}".encode(), hashlib.sha256).hexdigest()[:8]


@functools.lru_cache(maxsize=4)
def _matrix(key: bytes, space: str, dimension: int) -> NDArray[np.float64]:
    """Return the matrix, shape (NUMBERS, dimension), whose rows keep a vector's length on average."""
    import numpy as np

    seed = hmac.new(key, f"sketch\0{space}".encode(), hashlib.sha256).digest()
    draws: NDArray[np.float64] = np.random.default_rng(list(seed)).standard_normal((NUMBERS, dimension))
    matrix: NDArray[np.float64] = draws / np.sqrt(NUMBERS)
    return matrix
