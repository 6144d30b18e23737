"""How many reads look-ups may spend: a bucket that fills by the hour.

Stripe allows an account 500 reads a transaction and never less than 10,000 a month (Stripe's documentation, "Rate
limits"), and at most :data:`A_TRANSACTION` are needed to tell of one: looking it up as it happens always pays for
itself. What does not is much at once: news of days after an outage, or a thousand declined cards that are no
transactions. So the bucket holds a day's worth and at least :data:`FULL`, and gains what the transactions of the last
30 days need and at least :data:`AN_HOUR` an hour. Where it is empty, messages do without; a bulk leaves a part of it
to what happens next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

A_TRANSACTION = 6
"""Reads that one payment takes at most: booking, invoice payment, invoice, customer, product, and one in reserve."""

FULL = 240
"""Reads in a bucket that nobody has drawn on: the particulars of some eighty payments."""

AN_HOUR = 1.0
"""Reads gained an hour where there are hardly any transactions: 720 of the 10,000 a month."""

BULK = 20
"""Occurrences at once that are not a bulk yet."""

_LEFT_BY_A_BULK = FULL // 4

_HOURS_A_MONTH = 720
_HOURS_A_DAY = 24


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left, as of ``at`` (s since 1970 UTC). ``transactions``: how many there were in the last 30 days."""

    left: float = FULL
    at: float = 0.0
    transactions: int = 0

    def by(self, now: float, transactions: int) -> Allowance:
        """With what has been gained since."""
        an_hour = max(AN_HOUR, A_TRANSACTION * transactions / _HOURS_A_MONTH)
        room = max(FULL, an_hour * _HOURS_A_DAY)
        gained = an_hour * max(now - self.at, 0.0) / 3600 if self.at else 0.0
        return Allowance(min(self.left + gained, room), now, transactions)

    def less(self, reads: int) -> Allowance:
        """After so many reads."""
        return replace(self, left=self.left - reads)

    def covers(self, reads: int, occurrences: int) -> int:
        """How many of so many reads it covers, made for so many occurrences at once."""
        spendable = self.left - (_LEFT_BY_A_BULK if occurrences > BULK else 0)
        return max(min(reads, int(spendable)), 0)
