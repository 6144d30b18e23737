"""A clock that tests move."""

from __future__ import annotations

from dataclasses import dataclass

NOON = 1_790_000_000.0


@dataclass
class Clock:
    """Seconds since 1970 that pass when the test says so."""

    now: float = NOON

    def __call__(self) -> float:
        return self.now
