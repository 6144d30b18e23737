"""How many reads an account may be asked with: one budget for polls, look-ups and whatever else is read.

Stripe allows an account, over any 30 days, 500 reads for each transaction in them and at least 10,000 (Stripe's
documentation, "Rate limits", "API read request allocations"). A share of that is ours. It is a bucket: nine tenths
come in as time goes by, a tenth lies ready for when something happens. The floor comes in evenly. What a transaction
adds comes in while thirty more usually come, so that a shop that stops selling is asked less within hours or days, and
not only when the month is over. Why, and the proof: docs/decisions/0014-read-allowance.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cashnotifyd.cursor_file.values import Usage, recent_days
from cashnotifyd.vocabulary import Mode

MONTH = 30 * 86400
"""Seconds of Stripe's rolling read allowance."""

A_TRANSACTION = 6
"""Reads that one payment takes at most: booking, invoice payment, invoice, customer, product, and one in reserve."""

BULK = 20
"""Occurrences at once that are not a bulk yet."""

_FLOOR = 10_000
_READS_PER_TRANSACTION = 500
_COVERED = 40
"""Transactions in 30 days that add nothing. The floor pays for twenty. Where there are not many more, their number goes
up and down, and what was read while it was high still counts when it is low."""

_FLOWING, _READY = 0.9, 0.1

_BRAKED_FROM = 0.12
"""Part of the share that is left when transactions begin to add less: where they become fewer, so does the share."""

_DAY = 86400.0
_HOURS_READY = 1.5
"""Hours of what transactions add that may lie ready, beside a tenth of the floor."""


def read_allowance(transactions: int) -> int:
    """Reads that Stripe allows an account over 30 days with so many transactions in them."""
    return max(_FLOOR, _READS_PER_TRANSACTION * transactions)


def steady_reads(transactions: int, terms: Terms) -> float:
    """Reads that come in over 30 days where so many transactions come evenly."""
    added = max(transactions - _COVERED, 0) * _READS_PER_TRANSACTION
    return _FLOWING * (_FLOOR + added) * terms.share / terms.sharers


@dataclass(frozen=True, slots=True)
class Terms:
    """How an account may be asked. ``interval``: seconds between polls, None for automatic.

    ``sharers``: how many accounts of the configuration are this very Stripe account in this mode, itself included.
    """

    mode: Mode = Mode.LIVE
    interval: float | None = None
    share: float = 0.5
    sharers: int = 1

    @property
    def metered(self) -> bool:
        """Whether polls go by the allowance: not where the interval is fixed, nor where no real money is."""
        return self.interval is None and self.mode is Mode.LIVE

    def limit(self, transactions: int) -> float:
        """Reads of 30 days with so many transactions that are ours."""
        return self.share * read_allowance(transactions) / self.sharers


@dataclass(frozen=True, slots=True)
class Budget:
    """What is left, as of ``at`` (s since 1970 UTC), negative where more had to be read. Begins full."""

    terms: Terms = field(default_factory=Terms)
    usage: Usage = field(default_factory=Usage)
    left: float | None = None
    at: float = 0.0

    @property
    def capacity(self) -> float:
        """Reads that lie ready at most."""
        return _READY * self._floor + self._added_a_day * _HOURS_READY / 24

    @property
    def a_second(self) -> float:
        """Reads that come in. Where the share is used up, half of the floor does."""
        floor = _FLOWING * self._floor / MONTH
        unused = 1.0 - self.usage.reads / self.terms.limit(self.usage.transactions)
        if unused <= 0:
            return 0.5 * floor
        return floor + min(unused / _BRAKED_FROM, 1.0) * _FLOWING * self._added_a_day / _DAY

    @property
    def ready(self) -> float:
        """Reads that lie ready."""
        return self.capacity if self.left is None else self.left

    @property
    def is_over(self) -> bool:
        """Whether the last 30 days have taken more than our share, as where sales have stopped."""
        return self.usage.reads >= self.terms.limit(self.usage.transactions)

    def by(self, now: float) -> Budget:
        """With what has come in since. A clock that was set back brings nothing."""
        came_in = self.a_second * max(now - self.at, 0.0)
        return replace(self, left=min(self.ready + came_in, self.capacity), at=now)

    def less(self, reads: int) -> Budget:
        """After so many reads."""
        return replace(self, left=self.ready - reads)

    def covers(self, reads: int, occurrences: int) -> int:
        """How many of so many look-ups it covers, made for so many occurrences at once. Polls come first."""
        if self.terms.metered and self.is_over:
            return 0
        kept = self.capacity * (0.5 if occurrences > BULK else 0.25)
        return max(min(reads, int(self.ready - kept)), 0)

    @property
    def _floor(self) -> float:
        return self.terms.share * _FLOOR / self.terms.sharers

    @property
    def _added_a_day(self) -> float:
        """Reads that the transactions of the last days add to the floor, by the day.

        These days count for twice as much as those before at most: what a day of sales brings is an allowance until it
        leaves the 30 days, and the reads that were made after it then stay without.
        """
        usage, terms = self.usage, self.terms
        if usage.transactions <= _COVERED:
            return 0.0
        lately = recent_days(usage.transactions)
        before = (usage.transactions - usage.recent) / max(usage.days - lately, 1.0)
        day = min(usage.recent / lately, max(2.0 * before, usage.transactions / 60))
        worth = _READS_PER_TRANSACTION * terms.share / terms.sharers
        return worth * (1.0 - _COVERED / usage.transactions) * day
