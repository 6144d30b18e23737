"""Synthetic shops, and how the alarm that nothing is sold does in them.

``python -m tests.oversight.simulated_shops`` prints the table of docs/decisions/0010-no-sale-alarm.md.
"""

from __future__ import annotations

import random
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from statistics import median
from zoneinfo import ZoneInfo

from cashnotifyd.cursor_file.selling import SellingHour
from cashnotifyd.oversight.silence import WINDOW, silence

ZONE = ZoneInfo("Europe/Paris")
BEGIN = datetime(2025, 1, 1, tzinfo=ZONE).timestamp()
DAY = 86400
YEAR = 365 * DAY
LOOK = 600

Rule = Callable[[Sequence[int], float], bool]


@dataclass(frozen=True)
class Shop:
    """``rate``: sales a day, as at this hour. ``mood``: the standard deviation of days, for a mean of 1."""

    name: str
    rate: Callable[[datetime], float]
    mood: float = 0.0

    def sales(self, years: float, seed: int) -> list[int]:
        """When they were made: a Poisson process whose rate changes by the hour."""
        rng = random.Random(f"{self.name} {seed}")
        made: list[int] = []
        hour, factor, today = BEGIN, 1.0, 0
        while hour < BEGIN + years * YEAR:
            local = datetime.fromtimestamp(hour, ZONE)
            if self.mood and local.day != today:
                today, shape = local.day, 1 / self.mood**2
                factor = rng.gammavariate(shape, 1 / shape)
            rate = self.rate(local) * factor / DAY
            at = hour + (rng.expovariate(rate) if rate else LOOK * LOOK)
            while at < hour + 3600:
                made.append(int(at))
                at += rng.expovariate(rate)
            hour += 3600
        return made


def awake(local: datetime) -> float:
    """A consumer's day: most in the evening, next to nothing at night. On the average 1."""
    return (0.05, 0.05, 0.3, 1.2, 1.3, 1.2, 1.9, 2.0)[local.hour // 3]


def office(local: datetime) -> float:
    """Monday to Friday, nine to five. On the average of a week about 1."""
    return 4.2 if local.weekday() < 5 and 9 <= local.hour < 17 else 0.005


def weekend(local: datetime, factor: float) -> float:
    return factor if local.weekday() >= 5 else 1.0


def mailing(local: datetime) -> bool:
    return local.day % 7 == 1 and 10 <= local.hour < 14


def holiday(local: datetime) -> bool:
    return (local.month, local.day) in {(1, 1), (4, 21), (5, 1), (5, 8), (5, 29), (6, 9), (7, 14), (8, 15), (12, 25)}


SHOPS = (
    Shop("1 a day, at any hour", lambda _: 1.0),
    Shop("2 a day, day and night", lambda at: 2 * awake(at)),
    Shop("5 a day, half at weekends", lambda at: 5 * awake(at) * weekend(at, 0.5)),
    Shop("15 a day, days very unlike", lambda at: 15 * awake(at), mood=0.6),
    Shop("36 a day, half at weekends", lambda at: 36 * awake(at) * weekend(at, 0.5)),
    Shop("20 a day, office hours", lambda at: 20 * office(at)),
    Shop("20 a day, office hours, 9 holidays", lambda at: 0.0 if holiday(at) else 20 * office(at)),
    Shop("5 a day, most at month ends", lambda at: awake(at) * (20 if at.day >= 27 else 2.2)),
    Shop("10 a day, tenfold for four hours after a mailing", lambda at: awake(at) * (100 if mailing(at) else 9)),
    Shop("60 a day in June, July and August, 3 else", lambda at: awake(at) * (60 if 6 <= at.month <= 8 else 3)),
    Shop("200 a day", lambda at: 200 * awake(at)),
    Shop("200 a day, days unlike", lambda at: 200 * awake(at), mood=0.4),
    Shop("2,000 a day", lambda at: 2000 * awake(at)),
)  # fmt: skip


def learnt_from(sales: Sequence[int], now: float) -> Sequence[int]:
    """Those of the 30 days before the last one."""
    until = bisect_left(sales, now)
    return sales[bisect_left(sales, sales[until - 1] - WINDOW) : until]


def by_hour(sales: Sequence[int], now: float) -> list[SellingHour]:
    """What the record would tell of them."""
    found = []
    for _, hour in groupby(learnt_from(sales, now), lambda at: at // 3600):
        made = list(hour)
        found.append(SellingHour(len(made), made[0], made[-1]))
    return found


def ours(sales: Sequence[int], now: float) -> bool:
    return silence(by_hour(sales, now), ZONE, now) is not None


def by_gaps(sales: Sequence[int], now: float) -> bool:
    """The plain rule that stood against it: six usual gaps, and half more than the longest, and two hours."""
    lately = learnt_from(sales, now)
    if len(lately) < 20 or lately[-1] - lately[0] < 7 * DAY:
        return False
    gaps = sorted(later - earlier for earlier, later in pairwise(lately))
    return now - lately[-1] > max(6 * gaps[len(gaps) // 2], 1.5 * gaps[-1], 7200)


def false_alarms(rule: Rule, sales: Sequence[int]) -> int:
    """How many there were; the first month is for learning. No silence is looked at before its end: it grows only."""
    return sum(
        rule(sales, later) for earlier, later in pairwise(sales) if later - earlier > 1800 and earlier > BEGIN + WINDOW
    )


def detections(rule: Rule, sales: Sequence[int], breaks: int, seed: int) -> Iterator[float]:
    """Hours until the alarm, for checkouts that break at any time; infinite where there is none in 20 days."""
    rng = random.Random(seed)
    for _ in range(breaks):
        broken = rng.uniform(BEGIN + 1.5 * WINDOW, sales[-1])
        before = sales[: bisect_left(sales, broken)]
        low, high = 0, 20 * DAY // LOOK
        if not rule(before, broken + high * LOOK):
            yield float("inf")
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if rule(before, broken + middle * LOOK) else (middle, high)
        yield high * LOOK / 3600


@dataclass(frozen=True)
class Outcome:
    false_a_year: float
    median: float
    ninth_of_ten: float


def outcome(rule: Rule, shop: Shop, *, years: float, breaks: int) -> Outcome:
    sales = shop.sales(years, seed=1)
    found = sorted(detections(rule, sales, breaks, seed=2))
    return Outcome(false_alarms(rule, sales) / years, median(found), found[len(found) * 9 // 10])


def main() -> None:
    lines = ["| shop | rule | false alarms a year | hours until noticed: half | nine of ten |", "|---|---|---|---|---|"]
    for shop in SHOPS:
        years = 2 if shop.name.startswith("2,000") else 5
        for name, rule in (("by rhythm", ours), ("by gaps", by_gaps)):
            one = outcome(rule, shop, years=years, breaks=100)
            lines.append(
                f"| {shop.name} | {name} | {one.false_a_year:.1f} | {one.median:.1f} | {one.ninth_of_ten:.1f} |"
            )
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
