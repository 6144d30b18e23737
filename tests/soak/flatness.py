"""Whether a figure stays where it is, by rules that noise does not trip."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from statistics import median


def slope(points: Sequence[tuple[float, float]]) -> float:
    """How steep they rise: the median over all pairs of them (Theil and Sen). A third of them may be nonsense."""
    return median((b - y) / (a - x) for (x, y), (a, b) in combinations(_thinned(points), 2) if a != x)


def growth(values: Sequence[float]) -> float:
    """How much the median of the last third is above that of the third before it."""
    third = len(values) // 3
    return median(values[-third:]) - median(values[-2 * third : -third])


def _thinned(points: Sequence[tuple[float, float]], most: int = 300) -> Sequence[tuple[float, float]]:
    """Not more than there is time for, over the same span."""
    return points[:: len(points) // most + 1]
