"""What gives way first on one machine with two cores: a table of what is measured here and what follows from it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from benchmarks.several_daemons import growth
from benchmarks.several_daemons.cursor_file import Aged, Rates
from benchmarks.several_daemons.table import rounded, table

_ACCOUNTS: Final = 10_000
_HALF: Final = 0.5
"""Of a core, of a thread or of a disk's commits may be taken: what queues behind more than that waits for long."""
_POOL: Final = 100
"""Connections to Stripe at a time."""
_STRIPE_ANSWERS_IN: Final = 0.3
_DISK: Final = 100e9
_SYNCS: Final = 500.0
"""What a common disk does in a second; a commit is one."""
_TASKS_MAX: Final = 256
"""Of the units in ``systemd/``."""
_MEMORY: Final = 250 << 20
"""``MemoryMax`` of those units, less what the daemon takes with one account."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Of the daemon, as ``make bench`` measures them. Seconds; bytes."""

    poll: float = 0.4e-3
    event: float = 1.5e-3
    account: float = 25 * 1024


@dataclass(frozen=True, slots=True)
class Ceiling:
    """A resource: what 10,000 accounts take of it, and what there is."""

    resource: str
    each: str
    taken: float
    there_is: float
    unit: str

    @property
    def accounts(self) -> float:
        """How many there may be."""
        return _ACCOUNTS * self.there_is / self.taken


def ceilings(costs: Costs, rates: Rates, per_event: float, aged: Aged, thread: float) -> list[Ceiling]:
    """The lowest first."""
    polls, events = growth.polls_per_second(_ACCOUNTS), growth.events_per_second(_ACCOUNTS)
    told = growth.sales_per_second(_ACCOUNTS) * growth.PEAK
    busy = polls * costs.poll + events * growth.PEAK * costs.event
    commits = events * growth.PEAK + 2.0 * told
    a_day = events * 86_400.0 * aged.prune_s / (aged.events / 100.0)
    turn = 1.0 / rates.idle_turn
    return sorted(
        (
            Ceiling("disk space, 400 days of payloads", f"{rounded(per_event / 1e3)} kB an event",
                    growth.kept_bytes(_ACCOUNTS, per_event) / 1e9, _DISK / 1e9, "GB"),
            Ceiling("the record's thread, if each account has a channel and news wakes every lane",
                    f"{rounded(1e3 * turn)} ms a lane", told * _ACCOUNTS * turn, _HALF, "s/s"),
            Ceiling("threads, if each account has a channel", f"{rounded(thread / 1024)} KiB a thread",
                    _ACCOUNTS, _TASKS_MAX, "threads"),
            Ceiling("connections to Stripe", f"{_STRIPE_ANSWERS_IN:g} s an answer",
                    polls * _STRIPE_ANSWERS_IN, _POOL, "at a time"),
            Ceiling("one core, the event loop, at the peak",
                    f"{1e3 * costs.poll:g} ms a poll, {1e3 * costs.event:g} an event", busy, _HALF, "s/s"),
            Ceiling("commits, one writer, at the peak", "1 an event, 2 a message",
                    commits, _HALF * _SYNCS, "a second"),
            Ceiling("memory", f"{costs.account / 1024:.0f} KiB an account",
                    costs.account * _ACCOUNTS / 2**20, _MEMORY / 2**20, "MiB"),
            Ceiling("pruning, once a day in one transaction",
                    f"{rounded(1e6 * aged.prune_s / (aged.events / 100.0))} µs an event", a_day, 60.0, "s"),
        ),
        key=lambda one: one.accounts,
    )  # fmt: skip


def ceilings_table(found: list[Ceiling]) -> str:
    """As they stand in the decision record."""
    head = ("", "each", f"{_ACCOUNTS:,} accounts take", "there is", "accounts")
    return table(head, _rows(found))


def _rows(found: list[Ceiling]) -> Iterator[tuple[str, ...]]:
    for one in found:
        taken, there_is = (f"{rounded(figure)} {one.unit}" for figure in (one.taken, one.there_is))
        yield one.resource, one.each, taken, there_is, f"{float(f'{one.accounts:.2g}'):,.0f}"


_THREADS: Final = """
import resource, threading
from concurrent.futures import ThreadPoolExecutor
def taken():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()
before = taken()
pools = [ThreadPoolExecutor(1) for _ in range(1000)]
for pool in pools:
    pool.submit(int).result()
print((taken() - before) / len(pools))
"""


def thread_bytes() -> float:
    """Memory that an idle thread of a lane takes. Linux's /proc is read."""
    return float(subprocess.run([sys.executable, "-c", _THREADS], check=True, capture_output=True).stdout)
