"""What counts as growth."""

from __future__ import annotations

import random

import pytest

from tests.soak.flatness import growth, slope


def test_a_slope_is_not_misled_by_some_nonsense() -> None:
    points = [(float(day), 100.0 + 3.0 * day) for day in range(60)]
    for day in range(0, 60, 7):
        points[day] = (float(day), 1_000_000.0)

    assert slope(points) == pytest.approx(3.0, rel=0.1)


@pytest.mark.parametrize("seed", range(5))
def test_noise_has_no_slope(seed: int) -> None:
    rng = random.Random(seed)

    assert abs(slope([(float(day), rng.gauss(100_000.0, 300.0)) for day in range(100)])) < 5.0


def test_many_points_take_no_longer() -> None:
    assert slope([(float(day), 2.0 * day) for day in range(20_000)]) == pytest.approx(2.0)


def test_two_at_the_same_place_say_nothing() -> None:
    assert slope([(0.0, 1.0), (0.0, 50.0), (1.0, 2.0), (2.0, 3.0)]) == 1.0


def test_growth_is_that_of_the_last_third() -> None:
    assert growth([0.0, 0.0, 0.0, 5.0, 5.0, 5.0, 7.0, 7.0, 90.0]) == 2.0
    assert growth([9.0] * 9) == 0.0
