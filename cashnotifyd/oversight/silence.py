"""Whether an account sells no more although it should: a pure decision over 30 days of sales.

A shop's own rhythm is learnt, by the hour of the day and the day of the week, and how much one day differs from
another. A silence then counts by how improbable it is: a night for little, the lunch hour for much. Why it is done this
way, and what it was measured against: docs/decisions/0010-no-sale-alarm.md.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

from cashnotifyd.cursor_file.selling import SellingHour

WINDOW = 30 * 86400
"""Seconds before the last sale from which the rhythm is learnt."""

_FEWEST_HOURS = 20
"""Hours with a sale in them: in fewer there is no rhythm to learn."""

_SHORTEST_PAST = 7 * 86400
_SHORTEST_SILENCE = 1800.0
"""Seconds that are no silence in any shop: Stripe itself may be late by minutes."""

_YEARS_TO_A_FALSE_ALARM = 10.0
"""In a shop that keeps to its rhythm."""

_BEYOND_THE_LONGEST = 2.0
"""How many times more surprising than silences that were nothing."""

_LATELY = 10.0
"""As many sales as should have been made lately tell whether the shop sells less than it did in the 30 days."""

_SLOWEST = 2 / 3
"""How much less is believed: more, and a shop whose sales dwindle would hear of it when it is too late."""

_PRIOR = 1.0
"""Sales that are taken to have been made in every hour of the day and on every day of the week beside the real ones, as
if there were no rhythm: few sales tell little of it."""

_ALIKE = 1e-6
"""Days that differ less are alike."""

_HOUR = 3600
_YEAR = 365.25 * 86400


@dataclass(frozen=True, slots=True)
class Silence:
    """No sale ``since`` then (s since 1970), where there was one every ``usual`` seconds."""

    since: int
    usual: float


def silence(hours: Sequence[SellingHour], timezone: ZoneInfo, now: float) -> Silence | None:
    """The silence that it is now, if that is more than chance.

    ``hours`` are those of the :data:`WINDOW` before the last sale, the oldest first; ``timezone`` is where the shop's
    day is.
    """
    if len(hours) < _FEWEST_HOURS or hours[-1].last - hours[0].first < _SHORTEST_PAST:
        return None
    since = hours[-1].last
    if now - since < _SHORTEST_SILENCE:
        return None
    usual = (since - hours[0].first) / sum(hour.sales for hour in hours)
    course = _Course(hours, timezone, now)
    if course.pace * course.surprise(since, now) <= max(_by_chance(usual), _BEYOND_THE_LONGEST * course.longest):
        return None
    return Silence(since, usual)


def _by_chance(usual: float) -> float:
    """How surprising a silence is that is chance, once in many years: each pause between two sales could be it."""
    return math.log(_YEARS_TO_A_FALSE_ALARM * _YEAR / usual)


class _Course:
    """How many sales were to be expected, from the first one until any moment, and how much that can be relied on."""

    def __init__(self, hours: Sequence[SellingHour], timezone: ZoneInfo, now: float) -> None:
        self._hours = hours
        self._begin = hours[0].first // _HOUR
        local = [datetime.fromtimestamp(hour * _HOUR, timezone) for hour in range(self._begin, int(now) // _HOUR + 1)]
        made = self._made()
        rates = _rates(local, made)
        self._expected = [0.0, *accumulate(rates)]
        midnights = [index for index, (one, other) in enumerate(pairwise(local), 1) if one.date() != other.date()]
        self._days = [0, *midnights, len(local)]
        self._unlikeness = self._unlikeness_of_days(made)

    def surprise(self, since: float, until: float) -> float:
        """Of no sale from one moment to another: minus the logarithm of how probable that is.

        The sales of a day as a negative binomial distribution: a Poisson one whose mean is another one every day.
        """
        first, last = self._index(since), self._index(until)
        cuts = self._days[bisect_right(self._days, first) : bisect_left(self._days, last)]
        parts = (self._until(to) - self._until(from_) for from_, to in pairwise([first, *cuts, last]))
        unlike = self._unlikeness
        return sum(math.log1p(part * unlike) / unlike if unlike > _ALIKE else part for part in parts)

    @property
    def longest(self) -> float:
        """The most surprising silence but one that ended; the most surprising may have been a broken checkout."""
        return sorted(self.surprise(one.last, other.first) for one, other in pairwise(self._hours))[-2]

    @property
    def pace(self) -> float:
        """Sales lately, for each one that was expected. A rush ends, and what comes then is not silence."""
        until = self._index(self._hours[-1].last)
        made = 0
        for hour in reversed(self._hours):
            made += hour.sales
            if (expected := self._until(until) - self._until(self._index(hour.first))) >= _LATELY:
                return min(max(made / expected, _SLOWEST), 1.0)
        return 1.0

    def _made(self) -> list[int]:
        """The sales of each hour from the first sale to the last."""
        made = [0] * (self._hours[-1].last // _HOUR - self._begin + 1)
        for hour in self._hours:
            made[hour.first // _HOUR - self._begin] = hour.sales
        return made

    def _unlikeness_of_days(self, made: Sequence[int]) -> float:
        """The variance of what days sell beyond what chance would make of it, for a mean of 1."""
        past = [*self._days[: bisect_left(self._days, len(made))], len(made)]
        days = [(sum(made[a:b]), self._expected[b] - self._expected[a]) for a, b in pairwise(past)]
        return max(sum((sales - mean) ** 2 - mean for sales, mean in days) / sum(mean**2 for _, mean in days), 0.0)

    def _index(self, moment: float) -> float:
        """In hours since the first one."""
        return moment / _HOUR - self._begin

    def _until(self, index: float) -> float:
        whole = int(index)
        before = self._expected[whole]
        return before if whole == index else before + (self._expected[whole + 1] - before) * (index - whole)


def _rates(local: Sequence[datetime], made: Sequence[int]) -> list[float]:
    """The sales that are to be expected in each hour; the first ones are those in which so many were made."""
    by_hour = _weights([one.hour for one in local], made, 24)
    by_day = _weights([one.weekday() for one in local], made, 7)
    weights = [by_hour[one.hour] * by_day[one.weekday()] for one in local]
    scale = sum(made) / sum(weights[: len(made)])
    return [weight * scale for weight in weights]


def _weights(slots: Sequence[int], made: Sequence[int], count: int) -> list[float]:
    """How much more than on the average was sold in each slot of the clock or of the week."""
    sales, lengths = [0] * count, [0] * count
    for slot, number in zip(slots, made, strict=False):
        sales[slot] += number
        lengths[slot] += 1
    average = sum(sales) / sum(lengths)
    return [(number + _PRIOR) / (average * length + _PRIOR) for number, length in zip(sales, lengths, strict=True)]
