"""What there is outside the daemon: time, chance, and the power, which may fail between any two effects."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.simulation.clock import Clock

BEGIN = 1_790_000_000.0
"""When simulations begin: in September 2026."""

MOST_EFFECTS = 40_000
"""Of one life. More is a daemon that spins."""


class PowerFailure(KeyboardInterrupt):
    """The process is gone, between two instructions. asyncio lets errors of this sort through at once."""


class Violation(Exception):  # noqa: N818 (a finding)
    """A promise that was not kept."""


@dataclass(frozen=True, slots=True)
class Doom:
    """A crash at the ``nth`` effect whose name begins with ``sort``, or with any.

    ``kill``: what was committed stays. ``power``: what was not durable yet is taken back.
    """

    sort: str
    nth: int
    how: Literal["kill", "power"]


@dataclass(slots=True)
class World:
    """Every effect passes through :meth:`effect`. ``rng`` decides what the world does, one thing after the other."""

    rng: random.Random
    clock: Clock = field(default_factory=lambda: Clock(BEGIN))
    calm: bool = False
    """Nothing fails any more."""
    alive: bool = False
    """Whether the daemon runs. What the remains of a dead one try to do does not happen."""
    doom: Doom | None = None
    effects: int = 0
    findings: list[str] = field(default_factory=list)
    trace: Callable[[str], None] | None = None

    def effect(self, name: str) -> None:
        """Something is about to happen, or has just happened.

        Raises:
            PowerFailure: it was the last.
            CancelledError: the daemon is dead already.
        """
        if not self.alive:
            raise asyncio.CancelledError
        self.effects += 1
        if self.trace is not None:
            self.say(name)
        if self.effects > MOST_EFFECTS:
            raise Violation(f"more than {MOST_EFFECTS} effects: it spins")
        doom = self.doom
        if doom is not None and name.startswith(doom.sort):
            if doom.nth > 1:
                self.doom = Doom(doom.sort, doom.nth - 1, doom.how)
            else:
                self.alive = False
                raise PowerFailure(doom.how)

    def say(self, what: str) -> None:
        """A line of the trace."""
        if self.trace is not None:
            self.trace(f"{self.clock.elapsed:12.3f} #{self.effects:<5} {what}")

    def unheard(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """The handler of the loop's errors: nothing may go wrong that nobody hears of."""
        if self.alive:
            self.found(f"unheard: {context.get('message')} {context.get('exception')!r}")

    def found(self, what: str) -> None:
        """A promise was not kept."""
        self.say(f"VIOLATED: {what}")
        if len(self.findings) < 20:
            self.findings.append(what)
