"""What is to be said of the whole watch."""

from __future__ import annotations

from enum import Enum, auto


class Verdict(Enum):
    """Whether every account is polled in time."""

    WELL = auto()
    UNWELL = auto()
    UNKNOWN = auto()
    """Too early to say: an account has not been polled since the start."""
