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
    """A 5xx answer in Stripe's error shape. ``should_retry`` sets Stripe's header of that name.

    ``retry_after`` sets HTTP's, which Stripe does not send and a proxy may.
    """

    status: int = 500
    should_retry: bool | None = None
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class RateLimited:
    """A 429. Without a reason it is a ``lock_timeout``, which carries no header of Stripe's."""

    reason: RateLimitReason | None = "global-rate"
    should_retry: bool | None = None
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is closed without an answer."""


@dataclass(frozen=True, slots=True)
class Truncated:
    """The true answer, broken off half way through its body."""


@dataclass(frozen=True, slots=True)
class ResetMidBody:
    """Half of the true answer, then the connection is reset."""


@dataclass(frozen=True, slots=True)
class Drip:
    """The true answer in so many ``pieces``, with a pause of so many seconds after each."""

    pieces: int = 8
    pause: float = 0.005


@dataclass(frozen=True, slots=True)
class Mislabelled:
    """The true answer under another content type, as a careless proxy passes it on."""

    content_type: str = "text/html"


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


@dataclass(frozen=True, slots=True)
class Skewed:
    """The true answer of a server whose clock is ``seconds`` ahead, or behind: its ``Date`` says so."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Doubled:
    """A true page on which every entry stands twice. What is no page stays as it is."""


@dataclass(frozen=True, slots=True)
class Reordered:
    """A true page whose entries stand in an order that ``seed`` decides. What is no page stays as it is."""

    seed: int = 0


Fault = (
    Status
    | RateLimited
    | Reset
    | ResetMidBody
    | Truncated
    | Drip
    | Mislabelled
    | Garbage
    | Stall
    | Slow
    | Skewed
    | Doubled
    | Reordered
)


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
