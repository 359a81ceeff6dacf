"""What is said of a curve, for curves of each shape."""

from __future__ import annotations

import pytest

from finetune.training.trend import trend


def curve(*points: tuple[float, float]) -> list[dict[str, float]]:
    """One epoch a point: training loss, validation loss."""
    return [
        {"epoch": float(place), "loss": loss, "validation_loss": validation}
        for place, (loss, validation) in enumerate(points, start=1)
    ]


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ([(2.0, 1.9)], "after a single epoch nobody can tell"),
        (
            [(2.0, 1.5), (1.2, 1.3), (0.6, 1.7)],
            "rose to 1.700 while the training loss fell to 0.600: from there on rows were",
        ),
        (
            [(2.0, 1.5), (1.3, 1.2)],
            "still fell in the last epoch (best 1.200 at epoch 2): more epochs may help",
        ),
        ([(2.0, 1.5), (1.3, 1.2), (1.1, 1.198)], "levelled off (best 1.198 at epoch 3)"),
        ([(2.0, 1.5), (1.9, 1.497)], "one epoch would have done"),
    ],
)
def test_each_shape_has_its_sentence(points: list[tuple[float, float]], says: str) -> None:
    assert says in trend(curve(*points))


def test_a_wide_gap_is_told_beside_the_trend_and_a_narrow_one_is_not() -> None:
    assert "harder than learned ones by 0.70 nats a token (2.0 times less likely)" in trend(
        curve((1.0, 1.9), (0.8, 1.5))
    )
    assert "harder" not in trend(curve((2.0, 1.5), (1.3, 1.2)))


def test_no_curve_says_nothing() -> None:
    assert trend([]) == ""
