"""Which digests are due, and whether all is known that is to be in them. All of it pure.

Times are seconds since 1970 UTC.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from cashnotifyd.cursor_file.figures import Watched
from cashnotifyd.schedules import DigestSchedule, Every, Span

MOST: Final = 7
"""As many digests are made up for after a long time off; nobody reads more."""

PATIENCE: Final = 3600.0
"""How long after it is due a digest waits for accounts that cannot be read."""

_AFTER_A_SLEEP: Final = 600.0
"""How long it waits for them where it was due long before anybody could look."""

_SETTLED: Final = 60.0
"""Seconds after the end of a period within which its last events come to be listed, and their siblings with them."""

_NO_DIGEST_SO_FAR_AHEAD: Final = 40 * 86400.0
_HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class Due:
    """The periods whose digests are due, the oldest first, and how many more are passed over."""

    periods: tuple[Span, ...]
    passed_over: int = 0


def calendar_end(schedule: DigestSchedule, period: Span) -> float:
    """Where a period ends by the calendar: the day after it, as its midnight in UTC.

    It is the same in every time zone: whoever travels, or moves a channel to another, is told each day, week or month
    once.
    """
    day = datetime.fromtimestamp(period.until, schedule.timezone).date()
    return datetime.combine(day, time(), UTC).timestamp()


def begin(schedule: DigestSchedule, now: float) -> float:
    """Up to which calendar end the digests of a new schedule count as made: the first is the next that falls due."""
    return calendar_end(schedule, schedule.latest(now))


def is_from_a_wrong_clock(until: float, now: float) -> bool:
    """Whether digests were made so far ahead that the clock was wrong: waiting for it would silence the channel."""
    return until > now + _NO_DIGEST_SO_FAR_AHEAD


def due(schedule: DigestSchedule, until: float, now: float) -> Due:
    """What is due, where the digests have been made ``until`` this calendar end."""
    periods: list[Span] = []
    passed_over = 0
    period = schedule.latest(now)
    while calendar_end(schedule, period) > until:
        if len(periods) < MOST:
            periods.insert(0, period)
        else:
            passed_over += 1
        period = schedule.before(period)
    return Due(tuple(periods), passed_over)


def is_read(watched: Watched, period: Span) -> bool:
    """Whether an account has been read beyond the end of a period, and all of it been understood."""
    return watched.polled_at is not None and watched.polled_at >= period.until + _SETTLED and not watched.unsettled


def waits_until(due_at: float, noticed: float) -> float:
    """How long a digest waits for what is not read yet. ``noticed``: when it was first found to be due."""
    return max(due_at + PATIENCE, noticed + _AFTER_A_SLEEP)


def was_begun(watched: Iterable[Watched], period: Span) -> bool:
    """Whether anything of a period is on record: "no payments" would be a lie where nobody looked."""
    return any(one.since is not None and one.since < period.until for one in watched)


def was_watched(watched: Iterable[Watched], period: Span) -> bool:
    """Whether all of a period is on record, of each account."""
    return all(one.since is not None and one.since <= period.since for one in watched)


def bounds(schedule: DigestSchedule, period: Span) -> list[float]:
    """Where the hours of a day, or the days of a week or month, begin, and where the last of them ends.

    By the clock on the wall, so that each day has 24 hours: one that summer time skips is empty, one that comes twice
    counts as one.
    """
    first = datetime.fromtimestamp(period.since, schedule.timezone).date()
    if schedule.every is Every.DAILY:
        inner = [_moment(first, time(hour), schedule) for hour in range(1, _HOURS)]
    else:
        end = datetime.fromtimestamp(period.until, schedule.timezone).date()
        inner = [_moment(first + timedelta(days=day), time(), schedule) for day in range(1, (end - first).days)]
    return [period.since, *inner, period.until]


def _moment(day: date, at: time, schedule: DigestSchedule) -> float:
    return datetime.combine(day, at, schedule.timezone).timestamp()
