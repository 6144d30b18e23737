"""How long to wait until the next poll."""

from __future__ import annotations

import random

from cashnotifyd.lookups.allowance import A_TRANSACTION
from cashnotifyd.schedules import Span

MONTH = 30 * 86400
"""Seconds of Stripe's rolling read allowance."""

_READS_PER_TRANSACTION = 500
_FLOOR = 10_000
_SHARE = 0.5
"""Part of the allowance that polling may use: the account's other integrations need the rest."""

_FASTEST = 5.0
_SLOWEST_RETRY = 300.0
_SLOWEST_KEY_CHECK = 3600.0

AWAY = 600.0
"""Seconds without a poll that are worth a word, however short the interval is."""


def read_allowance(transactions: int) -> int:
    """Reads that Stripe allows an account over 30 days with so many transactions in them.

    500 a transaction on average, and 10,000 to every account (Stripe's documentation, "Rate limits", "API read request
    allocations").
    """
    return max(_FLOOR, _READS_PER_TRANSACTION * transactions)


def automatic_interval(transactions: int) -> float:
    """Seconds between polls that half of an account's read allowance carries, beside the look-ups."""
    return max(_FASTEST, MONTH / (_SHARE * read_allowance(transactions) - A_TRANSACTION * transactions))


def pause_after_failures(failures: int, interval: float, rng: random.Random) -> float:
    """Seconds to leave a server alone that has failed ``failures`` times running.

    Soon at first, even where the usual interval is long: a network that was down is usually back before.
    """
    backoff = min(2.0 * 2.0 ** min(failures, 16), max(interval, _SLOWEST_RETRY))
    return backoff * rng.uniform(0.75, 1.0)


def pause_after_refusal(refusals: int, interval: float, rng: random.Random) -> float:
    """Seconds until a refused key is tried again: somebody may allow it again, but Stripe need not be asked often."""
    backoff = min(60.0 * 3.0 ** min(refusals - 1, 8), _SLOWEST_KEY_CHECK)
    return max(interval, backoff * rng.uniform(0.75, 1.0))


def is_away(unseen: Span, interval: float) -> bool:
    """Whether nothing was seen for so long that it is no pause between polls: people then wonder why news is late."""
    return unseen.until - unseen.since > max(AWAY, 3.0 * interval)


def jittered(interval: float, rng: random.Random) -> float:
    """The interval, shifted a little so that many accounts do not march in step. Never longer than asked for."""
    return interval * rng.uniform(0.9, 1.0)
