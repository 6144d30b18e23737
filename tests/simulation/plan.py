"""What is to happen in a run, all of it from the seed."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tests.simulation.world import Doom

Reload = Literal["account goes", "account comes", "key", "interval", "channel anew", "channel comes", "channel goes"]
_RELOADS: tuple[Reload, ...] = (
    "account goes", "account comes", "key", "interval", "channel anew", "channel anew", "channel comes", "channel goes",
)  # fmt: skip

_SORTS = ("commit record_page", "commit tell", "commit mark", "commit", "request", "answer", "send", "send", "")
"""What crashes strike at, each as often as the others: most effects are requests, and few of them matter."""

_WHILE_CATCHING_UP = (
    *("commit record_page with mark",) * 3, "commit record_page", "commit tell", "commit mark", "send", "answer",
)  # fmt: skip

_HOW: tuple[Literal["kill", "power"], ...] = ("kill", "power")

_POLLS = 110
"""About so many polls of an account has a run."""


@dataclass(frozen=True, slots=True)
class Story:
    """Something happens at one of the shops."""

    shop: int


@dataclass(frozen=True, slots=True)
class Storm:
    """So much of the network fails from now on."""

    share: float


@dataclass(frozen=True, slots=True)
class Change:
    """The configuration changes, and the daemon is told."""

    what: Reload


@dataclass(frozen=True, slots=True)
class Stop:
    """The daemon is told to stop, and begun again after ``pause`` seconds."""

    pause: float


@dataclass(frozen=True, slots=True)
class Crash:
    """The daemon crashes soon, and begins again after ``pause`` seconds; ``then`` it may crash as it catches up."""

    doom: Doom
    pause: float
    then: Doom | None = None


Entry = Story | Storm | Change | Stop | Crash


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens when (s), the earliest first. ``ends``: from then on nothing fails and nothing more happens."""

    entries: tuple[tuple[float, Entry], ...]
    interval: float
    both_live: bool
    may_read_account: bool
    history: int
    page: int
    overlap: int
    """Seconds before its mark that a walk looks at again: events become visible sooner than that."""
    api_versions: tuple[str, str]
    ends: float


def planned(seed: int) -> Plan:
    """The plan of a seed."""
    rng = random.Random(f"plan {seed}")
    entries: list[tuple[float, Entry]] = []
    now = rng.uniform(5.0, 60.0)
    for _ in range(rng.randint(10, 25)):
        entries.append((now, Story(rng.choice((0, 0, 1, 1, 2)))))
        now += rng.choice((rng.uniform(0.0, 3.0), rng.uniform(0.0, 40.0), rng.uniform(20.0, 240.0)))
        if rng.random() < 0.02:
            now += rng.uniform(1800.0, 9000.0)
    lasts, told = now, [at for at, _ in entries]
    for _ in range(rng.choice((0, 1, 1, 2))):
        begins = rng.uniform(0.0, lasts)
        entries += [
            (begins, Storm(rng.choice((0.1, 0.4, 0.9)))),
            (begins + rng.expovariate(1 / 120.0), Storm(rng.choice((0.0, 0.05)))),
        ]
    # While something is on its way, mostly: otherwise nothing can go wrong.
    entries += [(_busy(rng, told), Change(rng.choice(_RELOADS))) for _ in range(rng.choice((0, 0, 1, 2, 3)))]
    entries += [(_busy(rng, told), Stop(_pause(rng))) for _ in range(rng.choice((0, 0, 1)))]
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3))):
        at, crash = rng.uniform(0.0, lasts), _crash(rng)
        entries.append((at, crash))
        if crash.then is not None:
            entries += [(at + rng.uniform(0.2, 0.9) * crash.pause, Story(rng.choice((0, 1)))) for _ in range(3)]
    entries.sort(key=lambda one: one[0])
    versions = ("2025-09-30.clover", "2025-09-30.clover", "2022-11-15", "2019-02-11")
    return Plan(
        tuple(entries),
        interval=max(rng.choice((3.0, 5.0, 12.0, 40.0)), lasts / _POLLS),
        both_live=rng.random() < 0.5,
        may_read_account=rng.random() < 0.8,
        history=rng.randint(0, 6),
        page=rng.choice((8, 12, 40, 100)),
        overlap=rng.choice((60, 600)),
        api_versions=(rng.choice(versions), rng.choice(versions)),
        ends=lasts + 60.0,
    )


def _crash(rng: random.Random) -> Crash:
    doom = Doom(rng.choice(_SORTS), math.ceil(rng.expovariate(1 / 8)), rng.choice(_HOW))
    if rng.random() < 0.5:
        return Crash(doom, _pause(rng))
    # After a while in which much has happened, and before all of it is on record.
    then = Doom(rng.choice(_WHILE_CATCHING_UP), rng.choice((1, 2, 2, 3)), rng.choice(_HOW))
    return Crash(replace(doom, nth=rng.randint(1, 3)), rng.uniform(900.0, 3600.0), then)


def _busy(rng: random.Random, told: Sequence[float]) -> float:
    """A moment shortly after something happened."""
    return rng.choice(told) + rng.uniform(0.0, 25.0)


def _pause(rng: random.Random) -> float:
    """Seconds, from one to three hours; mostly short."""
    return math.exp(rng.uniform(0.0, math.log(10_800.0)))
