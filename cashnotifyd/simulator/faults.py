"""What can go wrong between a poller and Stripe, as values to script an account with."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

RateLimitReason = Literal[
    "global-rate", "global-concurrency", "endpoint-rate", "endpoint-concurrency", "resource-specific"
]


@dataclass(frozen=True, slots=True)
class Status:
    """A 5xx answer in Stripe's error shape. ``should_retry`` sets Stripe's header of that name."""

    status: int = 500
    should_retry: bool | None = None


@dataclass(frozen=True, slots=True)
class RateLimited:
    """A 429. Without a reason it is a ``lock_timeout``, which carries no header."""

    reason: RateLimitReason | None = "global-rate"
    should_retry: bool | None = None


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is closed without an answer."""


@dataclass(frozen=True, slots=True)
class Truncated:
    """The true answer, broken off half way through its body."""


@dataclass(frozen=True, slots=True)
class Garbage:
    """A 200 whose body is no JSON, as a captive portal would answer."""

    body: str = "<html><body>Please sign in to the network</body></html>"


@dataclass(frozen=True, slots=True)
class Stall:
    """Silence until the caller hangs up."""


@dataclass(frozen=True, slots=True)
class Slow:
    """The true answer after ``seconds``."""

    seconds: float


Fault = Status | RateLimited | Reset | Truncated | Garbage | Stall | Slow


@dataclass(slots=True)
class ScriptedFault:
    """A fault that waits for requests. ``times`` counts down; ``until`` is a time of the simulator's clock."""

    fault: Fault
    times: int | None
    until: float | None
    path: str

    def strikes(self, path: str, now: float) -> bool:
        """Whether a request to ``path`` meets this fault."""
        return not self.spent(now) and fnmatchcase(path, self.path)

    def spent(self, now: float) -> bool:
        """Whether nothing more will come of it."""
        return (self.times is not None and self.times <= 0) or (self.until is not None and now >= self.until)
