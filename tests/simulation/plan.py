"""What is to happen in a run, all of it from the seed."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from cashnotifyd.schedules import Burst, DigestSchedule, Every, QuietHours
from cashnotifyd.vocabulary import Kind, Urgency
from tests.simulation.world import BEGIN, Doom

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

_LOOK_UPS = (
    "rak_balance_read", "rak_customer_read", "rak_invoice_read", "rak_product_read", "rak_subscription_read",
)  # fmt: skip

_REFUSALS: tuple[Literal["revoked", "rak_event_read"] | None, ...] = ("revoked", "revoked", "rak_event_read", None)
_MENDED: tuple[Literal["dashboard", "reload"], ...] = ("dashboard", "reload", "reload")

_DAY = 86_400.0

_CHANGES_OF_TIME = (
    ("Europe/Paris", "2026-10-25 03:00"), ("Europe/Paris", "2027-03-28 02:00"),
    ("America/New_York", "2026-11-01 02:00"), ("Africa/Cairo", "2027-04-30 00:00"),
    ("America/Santiago", "2026-09-06 00:00"), ("America/Santiago", "2027-04-04 00:00"),
)  # fmt: skip
"""Where clocks go forward or back, at two or three or at midnight."""

_MIDNIGHTS = (
    ("UTC", "2026-10-05"), ("Asia/Kathmandu", "2026-12-01"),
    ("Europe/Paris", "2027-02-01"), ("America/New_York", "2027-01-01"),
)  # fmt: skip
"""At some of them a week or a month ends as well."""


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


@dataclass(frozen=True, slots=True)
class Step:
    """The machine's wall clock is set: from now on it is so far ``ahead`` (s) of Stripe's."""

    ahead: float


@dataclass(frozen=True, slots=True)
class Suspend:
    """The machine sleeps for so many seconds: its monotonic clock stands, its wall clock does not."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Refuse:
    """The key of a shop is worth nothing any more, or may not even list events."""

    shop: int
    how: Literal["revoked", "rak_event_read"]


@dataclass(frozen=True, slots=True)
class Limit:
    """The key of a shop may not look something up any more."""

    shop: int
    permission: str


@dataclass(frozen=True, slots=True)
class Mend:
    """Somebody gives a shop's key back what it had, or puts another one into the configuration."""

    shop: int
    how: Literal["dashboard", "reload"]


@dataclass(frozen=True, slots=True)
class Command:
    """Somebody runs a command beside the daemon, for a channel or for all of them.

    ``seconds``: how long a mute is to last.
    """

    what: Literal["mute", "mute --drop", "unmute", "retry"]
    channel: str | None
    seconds: float = 0.0


Entry = Story | Storm | Change | Stop | Crash | Step | Suspend | Refuse | Limit | Mend | Command


@dataclass(frozen=True, slots=True)
class Habits:
    """When and how a channel wants to be told."""

    burst: Burst | None = None
    quiet_hours: QuietHours | None = None
    urgencies: Mapping[Kind, Urgency] = field(default_factory=dict)
    digest: DigestSchedule | None = None


PLAIN = Habits()
"""A message for each thing, at any hour."""


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
    begins_at: float = BEGIN
    """By Stripe's clock (s since 1970)."""
    timezone: str = "UTC"
    habits: Mapping[str, Habits] = field(default_factory=dict)
    """Of channels that have some."""
    share: float | None = None
    """Of the read allowance, where the interval is automatic."""


def planned(seed: int) -> Plan:
    """The plan of a seed: what happens to any daemon, and in most seeds something more."""
    plan = _usual(seed)
    rng = random.Random(f"circumstances {seed}")
    plan = _in_its_time(rng, plan)
    for circumstance in (_clocks, _keys, _bursts, _quiet, _commands, _digests, _automatic):
        if rng.random() < _SHARES[circumstance]:
            plan = circumstance(rng, plan)
    return replace(plan, entries=tuple(sorted(plan.entries, key=lambda one: one[0])))


def _usual(seed: int) -> Plan:
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


def _in_its_time(rng: random.Random, plan: Plan) -> Plan:
    """Near a midnight or a change to summer time or back, mostly."""
    if rng.random() < 0.3:
        return plan
    zone, written = rng.choice(_CHANGES_OF_TIME if rng.random() < 0.4 else _MIDNIGHTS)
    moment = datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone)).timestamp()
    return replace(plan, begins_at=math.floor(moment - rng.uniform(0.0, plan.ends)), timezone=zone)


def _clocks(rng: random.Random, plan: Plan) -> Plan:
    """The wall clock is set, mostly when something is on its way, and in the end is right or is not; the machine
    sleeps."""
    told, entries = _stories(plan), list(plan.entries)
    for _ in range(rng.choice((0, 1, 1, 2))):
        ahead = rng.choice((1, -1)) * rng.choice((rng.uniform(5.0, 60.0), rng.uniform(60.0, 900.0), _DAY))
        at = _busy(rng, told)
        entries.append((at, Step(ahead)))
        if rng.random() < 0.7:
            entries.append((_soon(rng, at, told), Step(0.0)))
    entries += [
        (_busy(rng, told), Suspend(rng.choice((20.0, 300.0, 1800.0, 8 * 3600.0)))) for _ in range(rng.choice((0, 1)))
    ]
    return replace(plan, entries=tuple(entries))


def _keys(rng: random.Random, plan: Plan) -> Plan:
    """A key is refused for a while, or may look up less."""
    told, entries = _stories(plan), list(plan.entries)
    for shop in (0, 1):
        refused = rng.choice(_REFUSALS)
        at = rng.uniform(0.0, plan.ends)
        if refused is not None:
            entries += [(at, Refuse(shop, refused)), (at + rng.expovariate(1 / 600.0), Mend(shop, rng.choice(_MENDED)))]
        elif rng.random() < 0.7:
            at = rng.choice(told) - 5.0
            entries += [
                (at, Limit(shop, rng.choice(_LOOK_UPS))),
                (at + rng.expovariate(1 / 600.0), Mend(shop, rng.choice(_MENDED))),
            ]
    return replace(plan, entries=tuple(one for one in entries if one[0] < plan.ends))


def _bursts(rng: random.Random, plan: Plan) -> Plan:
    """Channels sum up, and there is something to sum up."""
    entries, habits = list(plan.entries), dict(plan.habits)
    for channel in rng.sample(("healthy", "flaky", "slow"), rng.randint(1, 3)):
        burst = Burst(rng.choice((1, 2, 3, 5)), rng.choice((20.0, 60.0, 120.0)))
        habits[channel] = replace(habits.get(channel, PLAIN), burst=burst)
    if rng.random() < 0.4:
        doom = Doom("commit summarize", rng.choice((1, 2, 2, 3)), rng.choice(_HOW))
        entries.append((rng.uniform(0.0, plan.ends), Crash(doom, _pause(rng))))
    for _ in range(rng.choice((0, 1, 1))):
        at = rng.uniform(0.0, plan.ends - 60.0)
        entries += [(at + rng.uniform(0.0, 20.0), Story(rng.choice((0, 0, 1)))) for _ in range(rng.randint(4, 9))]
    return replace(plan, entries=tuple(entries), habits=habits)


def _quiet(rng: random.Random, plan: Plan) -> Plan:
    """Channels have quiet hours, and news that passes them."""
    zone, habits = ZoneInfo(plan.timezone), dict(plan.habits)
    for channel in rng.sample(("healthy", "flaky", "slow"), rng.randint(1, 3)):
        since = plan.begins_at + rng.uniform(-1800.0, 0.8 * plan.ends)
        begin = datetime.fromtimestamp(since, zone).replace(fold=0)
        end = begin + timedelta(seconds=rng.uniform(600.0, 4800.0))  # by the clock on the wall
        hours = QuietHours(
            begin.time().replace(second=0, microsecond=0), end.time().replace(second=0, microsecond=0), zone
        )
        loud = (Kind.DISPUTE, Kind.FAILED_PAYMENT, Kind.PAYOUT_FAILED) if rng.random() < 0.7 else ()
        habits[channel] = replace(
            habits.get(channel, PLAIN),
            quiet_hours=hours,
            urgencies=dict.fromkeys(loud, Urgency.EMERGENCY),
        )
    return replace(plan, habits=habits)


def _commands(rng: random.Random, plan: Plan) -> Plan:
    """Somebody mutes channels, and has tried again what was given up."""
    told, entries = _stories(plan), list(plan.entries)
    for _ in range(rng.choice((1, 2, 3))):
        channel = rng.choice((None, "healthy", "flaky", "slow"))
        at = _busy(rng, told)
        match rng.randrange(4):
            case 0:
                entries.append((at, Command("retry", channel)))
            case 1:
                entries.append((at, Command("mute --drop", channel, rng.uniform(30.0, 900.0))))
            case _:
                entries.append((at, Command("mute", channel, rng.uniform(30.0, 3600.0))))
                if rng.random() < 0.5:
                    entries.append((_soon(rng, at, told), Command("unmute", rng.choice((channel, None)))))
    return replace(plan, entries=tuple(entries))


def _digests(rng: random.Random, plan: Plan) -> Plan:
    """Channels are told what a day, a week or a month came to, which falls due in the middle of it all."""
    zone, entries, habits = ZoneInfo(plan.timezone), list(plan.entries), dict(plan.habits)
    for channel in rng.sample(("healthy", "flaky", "slow"), rng.choice((1, 1, 2))):
        due = datetime.fromtimestamp(plan.begins_at + rng.uniform(0.1, 0.9) * plan.ends, zone)
        every = rng.choice((Every.DAILY, Every.DAILY, Every.WEEKLY, Every.MONTHLY))
        digest = DigestSchedule(every, due.time().replace(second=0, microsecond=0, fold=0), zone)
        habits[channel] = replace(habits.get(channel, PLAIN), digest=digest)
        if rng.random() < 0.5:
            doom = Doom("commit tell_digest", rng.choice((1, 2, 2)), rng.choice(_HOW))
            entries.append((max(due.timestamp() - plan.begins_at - 60.0, 1.0), Crash(doom, _pause(rng))))
    return replace(plan, entries=tuple(entries), habits=habits)


def _automatic(rng: random.Random, plan: Plan) -> Plan:
    """The interval goes by what may be read, which is little enough to matter in an hour."""
    return replace(plan, share=rng.choice((0.5, 0.1, 0.03, 0.03)))


_SHARES = {_clocks: 0.35, _keys: 0.3, _bursts: 0.4, _quiet: 0.3, _commands: 0.3, _digests: 0.3, _automatic: 0.15}
"""How many of the seeds have it."""


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


def _soon(rng: random.Random, at: float, told: Sequence[float]) -> float:
    """A moment after another: seconds, minutes, or when something more has happened."""
    later = [one for one in told if one > at] or [at + 60.0]
    return rng.choice((at + rng.uniform(1.0, 20.0), at + rng.expovariate(1 / 300.0), rng.choice(later)))


def _stories(plan: Plan) -> list[float]:
    """When something happens."""
    return [at for at, entry in plan.entries if isinstance(entry, Story)]


def _pause(rng: random.Random) -> float:
    """Seconds, from one to three hours; mostly short."""
    return math.exp(rng.uniform(0.0, math.log(10_800.0)))
