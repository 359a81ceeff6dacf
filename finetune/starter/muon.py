"""Muon in single precision: momentum whose matrix updates are orthogonalised (Jordan et al. 2024).

torch's own `torch.optim.Muon` iterates in bfloat16, which a CPU without bfloat16 units computes about thirty times slower:
on two AVX2 cores its step took longer than the backward pass. Knows nothing of models.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 5


def orthogonalise(gradient: torch.Tensor) -> torch.Tensor:
    """Return the nearest semi-orthogonal matrix to `gradient`, roughly, by five Newton-Schulz iterations.

    Args:
        gradient: Shape (rows, columns); the result has the same shape, and singular values between about 0.7 and 1.2.
    """
    tall = gradient.size(0) > gradient.size(1)
    x = gradient.T if tall else gradient
    x = x / x.norm().clamp(min=1e-7)
    a, b, c = _COEFFICIENTS
    for _ in range(_ITERATIONS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    """Nesterov momentum with orthogonalised updates, for matrices inside the network only.

    The update is scaled by 0.2·√max(rows, columns), which gives it the root mean square of AdamW's, so that one learning
    rate fits both (Liu et al. 2025, arXiv 2502.16982).
    """

    def __init__(
        self, matrices: Iterable[torch.Tensor], lr: float, momentum: float = 0.95, weight_decay: float = 0.01
    ) -> None:
        super().__init__(matrices, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Update every matrix once; `closure` is not used."""
        for group in self.param_groups:
            for matrix in group["params"]:
                if matrix.grad is None:
                    continue
                average = self.state[matrix].setdefault("average", torch.zeros_like(matrix))
                average.lerp_(matrix.grad, 1 - group["momentum"])
                update = orthogonalise(matrix.grad.lerp(average, group["momentum"]))
                matrix.mul_(1 - group["lr"] * group["weight_decay"])
                matrix.add_(update, alpha=-group["lr"] * 0.2 * math.sqrt(max(matrix.shape)))
