"""How fast something grows: the exponent of the power law nearest to what was measured."""

from __future__ import annotations

import math
from collections.abc import Sequence


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """The slope of the straight line through the points' logarithms, by least squares. 0: it does not grow.

    Sizes and values are above 0; there are at least two sizes.
    """
    logs = [(math.log(size), math.log(value)) for size, value in points]
    middle = sum(size for size, _ in logs) / len(logs)
    height = sum(value for _, value in logs) / len(logs)
    over = sum((size - middle) * (value - height) for size, value in logs)
    return over / sum((size - middle) ** 2 for size, _ in logs)
