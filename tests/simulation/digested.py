"""Digests as they are recorded: one for each period, and of all that happened in it as far as that is on record."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from cashnotifyd.digests.due import calendar_end
from cashnotifyd.schedules import DigestSchedule, Every, Span
from tests.in_memory.disk import OccurrenceRow
from tests.simulation.readings import cents, read_digest

if TYPE_CHECKING:
    from tests.simulation.simulation import Simulation

_WORDS: Final = {
    "paid": "payments",
    "refund": "refunds",
    "failed_payment": "payments failed",
    "dispute": "disputes",
    "payout": "payouts",
    "payout_failed": "payouts failed",
    "subscription_started": "new subscriptions",
    "subscription_canceled": "subscriptions cancelled",
}
_PRICES: Final = frozenset({"subscription_started", "subscription_canceled"})
_READ: Final = 20.0
"""Seconds after the end of a period: what could be listed by then is in its digest, which waits longer than that."""

_MUCH = 30.0
"""Seconds by which a clock is wrong that a digest must not be held to."""

_RELOADED = 60.0
_AT_ONCE = 1.0


def check_digest(
    run: Simulation, key: tuple[str, Every], old: float | None, new: float, told: OccurrenceRow | None
) -> None:
    """Hold against a digest that is about to be recorded, or passed over, what happened. ``new``: its calendar end."""
    channel, _ = key
    schedule = run.plan.habits[channel].digest
    if old is None or schedule is None:
        return  # the first one is yet to come
    period = _period(schedule, new, run.world.clock.time())
    if period is None:
        run.world.found(f"{channel}: a digest until {new}, of no period")
    elif told is None:
        if run.world.clock.elapsed - run.digested_at.get(channel, -1.0) > _AT_ONCE:
            _check_passed_over(run, channel, period)
    elif run.world.clock.elapsed - run.reloaded_at > _RELOADED:
        _check_figures(run, channel, period, told)


def check_once(run: Simulation, told: OccurrenceRow) -> None:
    """A digest is recorded: is it the first of its period on its channel?"""
    message = told.wordings.full
    period = message.body.splitlines()[-1].rpartition(" · ")[2]
    for row in run.storage.disk.deliveries.values():
        if row.occurrence == told.number and row.target == 0:
            run.digested_at[row.channel] = run.world.clock.elapsed
            if (row.channel, period) in run.digests:
                run.world.found(f"{row.channel}: a second digest of {period}: {message.title}")
            run.digests.add((row.channel, period))


def is_owed(run: Simulation) -> bool:
    """Whether a digest is due and not told."""
    now = run.world.clock.time()
    for channel, habits in run.plan.habits.items():
        if (schedule := habits.digest) is not None:
            until = run.storage.disk.digests.get((channel, schedule.every))
            if until is None or until < calendar_end(schedule, schedule.latest(now)):
                return True
    return False


def _period(schedule: DigestSchedule, until: float, now: float) -> Span | None:
    period = schedule.latest(now)
    for _ in range(10):
        if calendar_end(schedule, period) == until:
            return period
        period = schedule.before(period)
    return None


def _check_passed_over(run: Simulation, channel: str, period: Span) -> None:
    clock = run.world.clock
    watched = [met for id_, met in run.contacts.items() if id_ in run.configuration.accounts]
    begun = clock.true() - clock.elapsed
    if watched and begun + min(watched) < period.until - _RELOADED and not run.has_wrong_clock(_MUCH):
        run.world.found(f"{channel}: no digest of a period of which something is on record, until {period.until}")


def _check_figures(run: Simulation, channel: str, period: Span, told: OccurrenceRow) -> None:
    message, begun = told.wordings.full, run.world.clock.true() - run.world.clock.elapsed
    on_record = {run.key_of(one.wordings.full) for one in run.storage.disk.occurrences.values() if one is not told}
    counts: Counter[tuple[str, str]] = Counter()
    sums: Counter[tuple[str, str]] = Counter()
    is_whole = "more may come" not in message.body and not run.has_wrong_clock(_MUCH)
    for shop in run.shops.values():
        met = run.contacts.get(shop.id)
        if met is None or shop.id not in run.configuration.accounts:
            continue
        for fact in shop.facts:
            if not period.since <= int(begun + fact.at) < period.until:
                continue
            if fact.key in on_record:
                words = shop.mode.value, _WORDS[fact.key[0]]
                counts[words] += 1
                sums[words] += 0 if fact.key[0] in _PRICES else cents(fact.key[1])
            elif is_whole and fact.at > met and begun + fact.seen_by < period.until + _READ:
                run.world.found(f"{channel}: a digest without {fact}: {message.title}")
    said = read_digest(message)
    expected = {words: (number, sums[words]) for words, number in counts.items()}
    if said != expected:
        run.world.found(f"{channel}: a digest says {said} for {expected}: {message.title}")
