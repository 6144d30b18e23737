"""Faults that come and go by themselves: the same seed makes the same weather, request by request."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import get_args

from cashnotifyd.simulator.faults import (
    Doubled,
    Drip,
    Fault,
    Garbage,
    Mislabelled,
    RateLimited,
    RateLimitReason,
    Reordered,
    Reset,
    ResetMidBody,
    Skewed,
    Slow,
    Status,
    Truncated,
)

MIX: tuple[Fault, ...] = (
    Status(500),
    Status(502),
    Status(503),
    Status(503, should_retry=True),
    *(RateLimited(reason) for reason in get_args(RateLimitReason)),
    RateLimited(None),
    Reset(),
    ResetMidBody(),
    Truncated(),
    Drip(),
    Mislabelled(),
    Garbage(),
    Garbage(""),
    Garbage('{"object": "list", "data": null}'),
    Slow(0.02),
    Skewed(86_400.0),
    Skewed(-86_400.0),
    Doubled(),
    Reordered(1),
    Reordered(2),
)
"""All that passes by itself. A stall is not among them: it lasts as long as the caller's patience."""

_CALM = 4
_SPELL = 3


class Weather:
    """A spell of one fault of the ``mix``, then some calm, and so on, each some requests long."""

    def __init__(self, seed: int, mix: Sequence[Fault] = MIX) -> None:
        self._random = random.Random(seed)  # noqa: S311 (made up, to be repeatable)
        self._mix = mix
        self._fault: Fault | None = None
        self._left = self._random.randint(0, _CALM)

    def next(self) -> Fault | None:
        """What the next request meets."""
        while self._left == 0:
            if self._fault is None:
                self._fault, self._left = self._random.choice(self._mix), self._random.randint(1, _SPELL)
            else:
                self._fault, self._left = None, self._random.randint(1, _CALM)
        self._left -= 1
        return self._fault
