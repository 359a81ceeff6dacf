"""Do two samples come from one distribution? The energy distance between them, and a permutation test of it.

E = 2 E|X − Y| − E|X − X′| − E|Y − Y′| is 0 where both are alike, and above 0 for any difference, in the middle, the spread or the
shape (Székely & Rizzo 2013, Journal of Statistical Planning and Inference 143:1249). Which numbers belong to which sample is
drawn anew 999 times: between equals the true draw is as likely as any to be the largest, so the p is exact for every
distribution and size. Knows nothing of what the numbers are of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DRAWS = 999
"""Permutations; the smallest p is 1 / 1000."""


@dataclass(frozen=True)
class Apart:
    """How far two samples are apart."""

    share: float
    """E / (2 E|X − Y|): 0 where they are alike, 1 where each is one point of its own."""
    p: float
    """How often a random division of the same numbers is as far apart."""


def apart(one: NDArray[np.float64], other: NDArray[np.float64], seed: int = 0, draws: int = DRAWS) -> Apart:
    """Test whether two samples differ.

    Args:
        one: Shape (n, numbers).
        other: Shape (m, numbers).
        seed: Of the permutations; the same gives the same p.
        draws: How many permutations.
    """
    import numpy as np
    from scipy.spatial.distance import pdist, squareform

    n, m = len(one), len(other)
    distances = squareform(pdist(np.concatenate([one, other]))).astype(np.float32)
    member = np.zeros((draws + 1, n + m), np.float32)
    member[0, :n] = 1
    rng = np.random.default_rng(seed)
    member[1:] = rng.permuted(np.tile(member[0], (draws, 1)), axis=1)
    within = np.einsum("ij,ij->i", member @ distances, member, dtype=np.float64)
    touching = member.astype(np.float64) @ distances.sum(axis=1, dtype=np.float64)
    total = float(distances.sum(dtype=np.float64))
    across = (touching - within) / (n * m)
    energy = 2 * across - within / n**2 - (total - 2 * touching + within) / m**2
    as_far = int((energy[1:] >= energy[0] - 1e-6 * abs(energy[0])).sum())
    share = float(energy[0] / (2 * across[0])) if across[0] > 0 else 0.0
    return Apart(max(0.0, share), (1 + as_far) / (draws + 1))
