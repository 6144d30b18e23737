"""When people want to be told: quiet hours, bursts and digests, by the calendar of their time zone. All of it pure.

Times of day are wall-clock times. One that a change to summer time skips counts as the moment of the change (03:00, for
02:30), one that a change back repeats as its first. So each day has each of them exactly once, and an earlier one is
never after a later one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Burst:
    """More than ``above`` messages within ``within`` seconds become one summary."""

    above: int
    within: float


@dataclass(frozen=True, slots=True)
class Span:
    """From ``since`` to ``until``, in seconds since 1970 UTC; ``until`` is not in it."""

    since: float
    until: float


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of each day in which a channel is not to be told; they go across midnight where ``begin`` is the later."""

    begin: time
    end: time
    timezone: ZoneInfo

    def around(self, now: float) -> Span | None:
        """The quiet hours that it is now, if it is."""
        latest = self.latest(now)
        return latest if now < latest.until else None

    def latest(self, now: float) -> Span:
        """The last ones that have begun."""
        today = datetime.fromtimestamp(now, self.timezone).date()
        spans = (self._beginning_on(day) for day in (today, today - _DAY, today - 2 * _DAY))
        return next(span for span in spans if span.since <= now)

    def _beginning_on(self, day: date) -> Span:
        end_day = day if self.begin < self.end else day + _DAY
        return Span(_moment(day, self.begin, self.timezone), _moment(end_day, self.end, self.timezone))


class Every(StrEnum):
    """How often there is a digest. The values are written in people's configuration files."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True)
class DigestSchedule:
    """A digest of each calendar day, week (from Monday) or month, told at a time of the day after its end."""

    every: Every
    at: time
    timezone: ZoneInfo

    def latest(self, now: float) -> Span:
        """The last period whose digest is due by ``now``."""
        today = datetime.fromtimestamp(now, self.timezone).date()
        end = self._begin_of_period(today)
        if self.due(self._period_before(end)) > now:
            end = self._begin_of_period(end - _DAY)
        return self._period_before(end)

    def before(self, period: Span) -> Span:
        """The period before one."""
        return self._period_before(self._day(period.since))

    def after(self, period: Span) -> Span:
        """The period after one."""
        begin = self._day(period.until)
        longest = {Every.DAILY: _DAY, Every.WEEKLY: 7 * _DAY, Every.MONTHLY: 31 * _DAY}[self.every]
        return Span(period.until, _moment(self._begin_of_period(begin + longest), time(), self.timezone))

    def due(self, period: Span) -> float:
        """When the digest of a period is told."""
        return _moment(self._day(period.until), self.at, self.timezone)

    def _period_before(self, end: date) -> Span:
        begin = self._begin_of_period(end - _DAY)
        return Span(_moment(begin, time(), self.timezone), _moment(end, time(), self.timezone))

    def _begin_of_period(self, day: date) -> date:
        match self.every:
            case Every.DAILY:
                return day
            case Every.WEEKLY:
                return day - timedelta(days=day.weekday())
            case Every.MONTHLY:
                return day.replace(day=1)

    def _day(self, moment: float) -> date:
        return datetime.fromtimestamp(moment, self.timezone).date()


def _moment(day: date, at: time, timezone: ZoneInfo) -> float:
    wall = datetime.combine(day, at, timezone)
    # Of a time that the clock skips, fold=1 is before the change and fold=0 is after it, by as much as is skipped.
    before, after = wall.replace(fold=1).timestamp(), wall.timestamp()
    if before >= after:
        return after
    offset = datetime.fromtimestamp(before, timezone).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, timezone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
