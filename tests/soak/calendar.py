"""What happens in a soak, week after week, and what happens once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, takewhile
from typing import Literal

from tests.simulation.plan import Change, Storm
from tests.simulation.world import Doom
from tests.soak.merchants import DAY, WEEK, Play, week

_NOON = 12 * 3600.0


@dataclass(frozen=True, slots=True)
class Audit:
    """The books are looked at."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A week is over."""


@dataclass(frozen=True, slots=True)
class Leave:
    """The daemon is told to stop, and begun again after ``pause`` seconds."""

    pause: float


@dataclass(frozen=True, slots=True)
class Crash:
    """It crashes soon, and begins again after ``pause`` seconds."""

    doom: Doom
    pause: float


@dataclass(frozen=True, slots=True)
class Jump:
    """The machine's clock goes wrong by so much, or right again."""

    seconds: float


Happening = Play | Audit | Turn | Change | Storm | Leave | Crash | Jump


def happenings(seed: int, days: int) -> Iterator[tuple[float, Happening]]:
    """What happens and when (s from the beginning, at midnight UTC), the earliest first."""
    once: list[tuple[float, Happening]] = [
        (0.35 * days * DAY, Crash(_doom("power"), 300.0)),
        (0.60 * days * DAY, Jump(DAY)),
        (0.60 * days * DAY + DAY / 4, Jump(-DAY)),
    ]
    rng = random.Random(f"calendar {seed}")
    for number in takewhile(lambda nth: nth * 7 < days, count()):
        begins, ends = number * WEEK, (number + 1) * WEEK
        entries: list[tuple[float, Happening]] = [(begins + at, one) for at, one in week(rng)]
        entries += [(begins + day * DAY + _NOON, Audit()) for day in range(7)]
        entries += [(begins + at, one) for at, one in _operations(number)]
        entries += [one for one in once if begins <= one[0] < ends]
        entries.append((ends - 1.0, Turn()))
        yield from takewhile(lambda one: one[0] < days * DAY, sorted(entries, key=lambda one: one[0]))


def _operations(week_number: int) -> Iterator[tuple[float, Happening]]:
    """What the people do who run it, and what the network does to them."""
    yield 0.40 * DAY, Leave(60.0 if week_number % 2 else 3600.0)
    yield 1.40 * DAY, Change("key")
    yield 1.75 * DAY, Change("account goes")
    yield 2.25 * DAY, Change("account comes")
    yield 2.40 * DAY, Change("channel anew")
    yield 3.10 * DAY, Change("channel comes")
    yield 3.62 * DAY, Storm(0.4)
    yield 3.64 * DAY, Storm(0.0)
    yield 5.40 * DAY, Change("channel anew")
    yield 5.75 * DAY, Change("channel goes")
    if week_number % 4 == 2:
        yield 4.60 * DAY, Crash(_doom("kill"), 5.0)


def _doom(how: Literal["kill", "power"]) -> Doom:
    return Doom("commit", 9, how)
