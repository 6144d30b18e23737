"""What all contenders have in common: what they are told to do, and how far they have come."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.lookalike import key_of


@dataclass(frozen=True, slots=True)
class Task:
    """Which accounts to poll how often (s), where, and whom to tell."""

    base: str
    hook: str
    first: int
    count: int
    interval: float
    begun: float = field(default_factory=time.monotonic)

    @property
    def keys(self) -> list[str]:
        """The accounts' API keys."""
        return [key_of(number) for number in range(self.first, self.first + self.count)]

    def arguments(self) -> list[str]:
        """As a contender's process takes it."""
        return [self.base, self.hook, str(self.first), str(self.count), str(self.interval)]


async def turns(task: Task, place: int) -> AsyncIterator[None]:
    """An account's turns: each has its own moment within the interval, whatever a poll took."""
    shift = place / task.count * task.interval
    await asyncio.sleep(shift)
    while True:
        yield
        now = time.monotonic() - task.begun - shift
        await asyncio.sleep((math.floor(now / task.interval) + 1) * task.interval - now)


def task_given() -> Task:
    """The task on the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("base")
    parser.add_argument("hook")
    parser.add_argument("first", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("interval", type=float)
    return Task(**vars(parser.parse_args()))


class Cursors:
    """The newest event of each account that was told, in a JSON file that is written anew each time.

    An account that had none at the first look has the empty cursor: whatever it has later is news.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}

    def of(self, key: str) -> str | None:
        """The cursor, None before the first look."""
        return self._known.get(key)

    def move(self, key: str, event: str) -> None:
        """Up to this event all is told."""
        self._known[key] = event
        self._path.write_text(json.dumps(self._known))


def question(cursor: str | None) -> dict[str, Any]:
    """What to ask for: what is newer than the cursor, or, at the first look, the newest event."""
    if cursor is None:
        return {"limit": 1}
    return {"limit": 100, "ending_before": cursor} if cursor else {"limit": 100}


def title_of(event: Mapping[str, Any]) -> str:
    """A line on it."""
    return f"{event['type']}"


def body_of(event: Mapping[str, Any]) -> str:
    """The amount, and where to look."""
    sold = event["data"]["object"]
    return f"{sold['amount'] / 100:.2f} {sold['currency']}\nhttps://dashboard.stripe.com/payments/{sold['id']}"
