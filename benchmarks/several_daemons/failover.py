"""What many simulated runs come to: what happens that must not, how often a message is repeated, how late it is."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from statistics import quantiles

from benchmarks.several_daemons.leases import Record
from benchmarks.several_daemons.mutations import SameEpoch, TakesLateWord, ToldBlindly, Unfenced
from benchmarks.several_daemons.simulation import Fault, Misfortune, Rules, Scene, misfortunes, run, violations
from benchmarks.several_daemons.table import table

NO_MARGIN = -1e9
"""A lease that is acted on however long it has been over."""

_KEEPING = ("enter", "renew", "claim")
"""Transactions that are there for the leases alone."""


@dataclass(slots=True)
class Tally:
    """What runs came to together."""

    runs: int = 0
    sent: int = 0
    repeated: int = 0
    in_flight: int = 0
    """Sends that were under way when the channel changed hands."""
    changes: int = 0
    failing: int = 0
    """Runs in which something happened that must not."""
    example: str = ""


def tally(rules: Rules, seeds: range, kept_by: type[Record] = Record) -> Tally:
    """Runs with a few faults each."""
    total = Tally()
    for seed in seeds:
        scene = Scene()
        outcome = run(replace(scene, misfortunes=misfortunes(scene, rules.lease, seed)), rules, seed, kept_by)
        found = violations(outcome)
        total.runs += 1
        total.sent += len(outcome.arrivals)
        total.repeated += outcome.repeats
        total.in_flight += len(outcome.interrupted)
        total.changes += outcome.changes
        total.failing += bool(found)
        total.example = total.example or (found[0] if found else "")
    return total


@dataclass(slots=True)
class Delays:
    """What crashes of one daemon of three came to. Seconds."""

    takeovers: list[float] = field(default_factory=list)
    news: list[float] = field(default_factory=list)
    """Of the events of the lease in which the crash was."""
    calls: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def delays(rules: Rules, seeds: range) -> Delays:
    """One crash a run, of a daemon that does not come back."""
    found = Delays()
    for seed in seeds:
        at = random.Random(f"crash {seed}").uniform(60.0, 60.0 + rules.lease)  # noqa: S311 (to be repeatable)
        until = at + rules.lease + 30.0
        scene = Scene(until=until, misfortunes=(Misfortune(at, 0, Fault.CRASH, 1e9),))
        outcome = run(scene, rules, seed)
        found.takeovers += outcome.takeovers
        found.news += [late for created, late in outcome.delays() if at <= created <= at + rules.lease]
        found.calls += outcome.calls
        found.seconds += (scene.until + scene.rest + 4.0 * rules.lease) * (scene.daemons - 1)
    return found


def invariants_table(runs: int) -> str:
    """With all that holds the design together, and without each part of it."""
    seeds, rules = range(runs), Rules()
    no_clock = replace(rules, margin=NO_MARGIN)
    ways: list[tuple[str, Rules, type[Record]]] = [
        ("the design", rules, Record),
        ('late "delivered" taken', rules, TakesLateWord),
        ("no look at the clock before a send", no_clock, Record),
        ("writes without the epoch", rules, Unfenced),
        ("neither", no_clock, Unfenced),
        ("no new epoch at a claim", rules, SameEpoch),
        ("tells again what was told", rules, ToldBlindly),
    ]
    return table(
        ("", "changes of hands", "sends", "under way at one", "repeated", "runs that break a promise"),
        (_invariants(name, tally(way, seeds, kept_by)) for name, way, kept_by in ways),
    )


def _invariants(name: str, found: Tally) -> tuple[str, ...]:
    broken = f"{found.failing} of {found.runs:,}"
    figures = (found.changes, found.sent, found.in_flight, found.repeated)
    return (name, *(f"{figure:,}" for figure in figures), broken)


def lease_table(runs: int, leases: tuple[float, ...] = (5.0, 10.0, 30.0, 60.0, 120.0)) -> str:
    """Failover, and what it costs the record while all is well, by the length of the lease."""
    head = (
        "lease (s)", "pause that is always borne (s)", "taken over after, median (s)", "99 % (s)", "at most (s)",
        "news meanwhile, median (s)", "99 % (s)", "transactions a daemon and minute",
    )  # fmt: skip
    return table(head, _lease_rows(range(runs), leases))


def _lease_rows(seeds: range, leases: tuple[float, ...]) -> Iterator[tuple[str, ...]]:
    for lease in leases:
        rules = Rules(lease, margin=lease / 10.0)
        found = delays(rules, seeds)
        takeover, news = quantiles(found.takeovers, n=100), quantiles(found.news, n=100)
        asked = sum(found.calls[name] for name in _KEEPING)
        yield (
            f"{lease:.0f}", f"{lease - rules.renew_every:.1f}", f"{takeover[49]:.1f}",
            f"{takeover[98]:.1f}", f"{max(found.takeovers):.1f}", f"{news[49]:.1f}", f"{news[98]:.1f}",
            f"{60.0 * asked / found.seconds:.0f}",
        )  # fmt: skip
