"""What the record tells of the rhythm of sales. Nothing here knows how it is kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SellingHour:
    """An hour (of UTC) in which there were sales; ``first`` and ``last``: when (s since 1970, Stripe's)."""

    sales: int
    first: int
    last: int
