"""Months of polling on a simulated clock: what is read of an account, and how long its news waits.

``python -m tests.polling.months`` writes the tables into docs/decisions/0014-read-allowance.md; it takes some minutes.
"""

from __future__ import annotations

import math
import random
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

from cashnotifyd.cursor_file.values import Usage, recent_days
from cashnotifyd.lookups.allowance import A_TRANSACTION, MONTH, Budget, Terms, read_allowance
from cashnotifyd.polling.pace import jittered, pace

DAY = 86400.0
LOOK_UPS = 4
"""Of a transaction: its fee, its invoice, its customer, its product."""

_DOCUMENT = Path(__file__).parents[2] / "docs" / "decisions" / "0014-read-allowance.md"
_COUNTED_EVERY, _COUNTED_AFTER_NEWS = 3600.0, 300.0
_BIN = 600.0
"""Seconds: the rolling 30 days are looked at so often."""

Policy = Callable[[Budget, float, float], float]
"""Seconds until the next poll, from the budget, how long it has been quiet, and since when the account is known."""


def sales(month: int, days: float, rng: random.Random, since: float = 0.0) -> list[float]:
    """When transactions happen, ``month`` of them in 30 days: most by day, fewer on weekends, some in crowds.

    Of nine that come by themselves one is followed by three more within minutes. ``since``: the day that it begins.
    """
    found: list[float] = []
    at, end = since * DAY, (since + days) * DAY
    highest = month / MONTH * 0.75 * 1.9 * 1.16
    while month and (at := at + rng.expovariate(highest)) < end:
        by_day = 1 + 0.9 * math.sin((at / DAY - 0.375) * 2 * math.pi)
        of_week = 0.6 if at / DAY % 7 >= 5 else 1.16
        if rng.random() * 1.9 * 1.16 < by_day * of_week:
            crowd = 3 if rng.random() < 1 / 9 else 0
            found.extend(accumulate((rng.expovariate(1 / 120) for _ in range(crowd)), initial=at))
    return sorted(moment for moment in found if moment < end)


@dataclass(slots=True)
class Months:
    """What polling came to. ``reads``: when, and how many. ``waited``: seconds, of each transaction's last event."""

    polls: int = 0
    reads: list[tuple[float, int]] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    longest: float = 0.0


def adaptive(budget: Budget, quiet: float, known_for: float) -> float:
    """As the daemon does it."""
    return pace(budget, quiet, known_for).seconds


def plain(slower: float) -> Policy:
    """By the number of transactions alone, so many times slower."""

    def policy(budget: Budget, _quiet: float, _known_for: float) -> float:
        transactions = budget.usage.transactions
        return max(1.0, slower * MONTH / (budget.terms.limit(transactions) - A_TRANSACTION * transactions))

    return policy


def every_minute(_budget: Budget, _quiet: float, _known_for: float) -> float:
    """As scripts do it."""
    return 60.0


def months(transactions: Sequence[float], policy: Policy, days: float, seed: int) -> Months:
    """Poll an account for so many days from the first contact on. A transaction's last event comes after 3 s."""
    come, rng = Months(), random.Random(seed)
    budget = Budget(Terms(), Usage(days=0.0))
    at, counted_at, news_at, found = 0.0, -math.inf, -math.inf, 0
    by_day = [0] * (int(days) + 2)
    while at < days * DAY:
        budget, read = budget.by(at).less(1), 1
        until = bisect_right(transactions, at - 3.0, found)
        if until > found:
            come.waited.extend(at - 3.0 - moment for moment in transactions[found:until])
            looked_up = budget.covers(LOOK_UPS * (until - found), until - found)
            budget, read = budget.less(looked_up), 1 + looked_up
            found, news_at = until, at
        come.polls += 1
        come.reads.append((at, read))
        by_day[int(at / DAY)] += read
        if at - counted_at >= (_COUNTED_AFTER_NEWS if news_at == at else _COUNTED_EVERY):
            charges = found - bisect_left(transactions, at - MONTH)
            recent = max(found - bisect_left(transactions, at - recent_days(charges) * DAY), 0)
            read_lately = sum(by_day[max(int((at - MONTH) // DAY), 0) :])
            budget = replace(budget, usage=Usage(charges, recent, read_lately, min(at / DAY, 30.0)))
            counted_at = at
        pause = policy(budget, at - news_at, at)
        come.longest = max(come.longest, pause)
        at += jittered(pause, rng)
    return come


def most_used(transactions: Sequence[float], come: Months, days: float, share: float = 0.5) -> float:
    """The largest part of our share that was used in any 30 days (or, at the beginning, in what there was)."""
    bins, width = int(days * DAY / _BIN) + 1, int(MONTH / _BIN)
    read, sold = [0] * (bins + 1), [0] * (bins + 1)
    for at, count in come.reads:
        read[int(at / _BIN) + 1] += count
    for at in transactions:
        sold[int(at / _BIN) + 1] += 1
    reads, sales_ = list(accumulate(read)), list(accumulate(sold))
    return max(
        (reads[end] - reads[begin]) / (share * read_allowance(sales_[end] - sales_[begin]))
        for end in range(bins + 1)
        if (begin := max(end - width, 0)) < end
    )


class Figures(NamedTuple):
    """Of a whole run: the median and the 99th percentile of what news waited (s), reads in 30 days, and the worst."""

    median: float
    p99: float
    reads: float
    used: float


def figures(month: int, policy: Policy, days: float, seed: int) -> Figures:
    """Of so many transactions a month. What waited is of the last two thirds, when the shop is known."""
    transactions = sales(month, days, random.Random(seed))
    come = months(transactions, policy, days, seed)
    settled = come.waited[len(come.waited) // 3 :]
    cuts = quantiles(settled, n=100) if len(settled) > 1 else [math.nan] * 99
    reads = sum(count for _, count in come.reads) * 30 / days
    return Figures(cuts[49], cuts[98], reads, most_used(transactions, come, days))


def _mean(month: int, policy: Policy, days: float, seeds: int) -> Figures:
    runs = [figures(month, policy, days, 100 * seed) for seed in range(seeds)]
    median, p99, reads, _ = (sum(column) / len(runs) for column in zip(*runs, strict=True))
    return Figures(median, p99, reads, max(run.used for run in runs))


_STEADY = ((0, 90, 1), (20, 90, 6), (100, 90, 3), (1000, 60, 1), (100_000, 31, 1))
"""Transactions a month, days, runs."""

_AS_MANY = 1.02


def steady_table() -> str:
    """What shops of all sizes come to, by each way of polling."""
    lines = [
        "| N | polls | reads in 30 days | most of the share in any 30 days | median (s) | p99 (s) |",
        "|---|---|---|---|---|---|",
    ]
    for month, days, seeds in _STEADY:
        ours, formula = _mean(month, adaptive, days, seeds), _mean(month, plain(1.0), days, seeds)
        rows = {"**auto**": ours, "the formula": formula, "every 60 s": _mean(month, every_minute, days, seeds)}
        if (slower := formula.reads / ours.reads) > _AS_MANY:
            rows["the formula, slowed to as many reads"] = _mean(month, plain(slower), days, seeds)
        for name, row in rows.items():
            waits = "- | -" if math.isnan(row.median) else f"{row.median:,.1f} | {row.p99:,.1f}"
            lines.append(f"| {month:,} | {name} | {row.reads:,.0f} | {row.used:.0%} | {waits} |")
    return "\n".join(lines)


def shop(*seasons: tuple[int, float, float]) -> list[float]:
    """One that makes so many transactions a month from one day to another, and then so many."""
    rng = random.Random(5)
    return sorted(moment for month, since, until in seasons for moment in sales(month, until - since, rng, since))


def _changing(transactions: Sequence[float], part: Callable[[float], float]) -> list[float]:
    """Those of them that take place, by a part of the day's that changes from day to day."""
    rng = random.Random(6)
    return [at for at in transactions if rng.random() < part(at / DAY)]


UNSTEADY: dict[str, tuple[float, Callable[[], list[float]]]] = {
    "300 a month, and as many more on one day": (80, lambda: shop((300, 0, 80), (9000, 35, 36))),
    "300 a month, and ten times as many on one day": (80, lambda: shop((300, 0, 80), (90_000, 35, 36))),
    "600 a month, then 250": (90, lambda: shop((600, 0, 40), (250, 40, 90))),
    "500 a month, falling to 50 in three": (90, lambda: _changing(shop((500, 0, 90)), lambda day: 1 - day / 100)),
    "none, growing to 2,000 in two months": (60, lambda: _changing(shop((2000, 0, 60)), lambda day: (day / 60) ** 2)),
    "1,000 in half a day, then 100 a month": (60, lambda: shop((60_000, 20, 20.5), (100, 20.5, 60))),
    "400 a month, all on one day of each week": (84, lambda: shop(*((3000, 7 * n, 7 * n + 1) for n in range(12)))),
    "100 a month, then none": (64, lambda: shop((100, 0, 33))),
    "1,000 a month, then none": (64, lambda: shop((1000, 0, 33))),
    "10,000 a month, then none": (64, lambda: shop((10_000, 0, 33))),
}
"""Shops whose months differ: days, and their transactions."""


def unsteady_table() -> str:
    """What they come to."""
    lines = [
        "| shop | most of the share in any 30 days: auto | the formula | longest interval, auto (s) |",
        "|---|---|---|---|",
    ]
    for name, (days, made) in UNSTEADY.items():
        transactions = made()
        ours, formula = months(transactions, adaptive, days, 3), months(transactions, plain(1.0), days, 3)
        used, formulas = most_used(transactions, ours, days), most_used(transactions, formula, days)
        lines.append(f"| {name} | {used:.0%} | {formulas:.0%} | {ours.longest:,.0f} |")
    return "\n".join(lines)


def main() -> None:
    """Write the tables where the document has them."""
    text = _DOCUMENT.read_text("utf-8")
    for name, table in {"steady": steady_table(), "unsteady": unsteady_table()}.items():
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, after = text.split(begin)[0], text.split(end)[1]
        text = f"{before}{begin}\n\n{table}\n\n{end}{after}"
        sys.stdout.write(f"{table}\n\n")
    _DOCUMENT.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
