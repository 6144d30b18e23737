"""How long to wait until the next poll: by the read allowance, by what happens, and by what went wrong."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from enum import StrEnum

from cashnotifyd.lookups.allowance import A_TRANSACTION, MONTH, Budget, Terms, steady_reads
from cashnotifyd.schedules import Span
from cashnotifyd.vocabulary import Mode

_SHORTEST = 1.0
_LONGEST = 300.0
"""Seconds; longer only where the allowance carries no more."""

_LONGEST_IN_DEBT = 3600.0

_EAGER, _RELUCTANT = 4.0, 0.7
"""How much oftener than on average it is asked just after news, and how much less often when it has long been quiet."""

_NEW, _WATCHED = 3600.0, 10.0
"""For so many seconds after the first contact somebody sits there and waits for the first sale, and is told soon."""

_SPENT_IN = 2.0
"""What lies ready is spent in as much time as brings half of the capacity."""

_TEST = 30.0
_TEST_BUSY, _BUSY_FOR = 5.0, 600.0
_TEST_QUIET, _QUIET_AFTER = 120.0, 3600.0

_SLOWEST_RETRY = 300.0
_SLOWEST_KEY_CHECK = 3600.0

AWAY = 600.0
"""Seconds without a poll that are worth a word, however short the interval is."""


class Why(StrEnum):
    """Why the interval is what it is. The values are what scripts read."""

    FIXED = "fixed"
    """The configuration says so."""
    ALLOWANCE = "allowance"
    """It is what the allowance carries, or shorter as long as there is something ready."""
    SCARCE = "scarce"
    """It is longer than five minutes, as the allowance carries no more."""
    OVERDRAWN = "overdrawn"
    """It is twice as long as the allowance carries, until more than the share has been made up for."""
    TEST = "test"
    """No real money, and so no allowance by transactions."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds until the next poll, before any jitter, and why."""

    seconds: float
    why: Why


def automatic_interval(transactions: int, terms: Terms | None = None) -> float:
    """Seconds between polls on average, with so many transactions a month that come evenly, each looked up in full."""
    comes_in = steady_reads(transactions, terms or Terms())
    return max(_SHORTEST, MONTH / max(comes_in - A_TRANSACTION * transactions, 0.1 * comes_in))


def pace(budget: Budget, quiet: float = math.inf, known_for: float = math.inf) -> Pace:
    """How long to wait after a poll. ``quiet``: seconds since the last news; ``known_for``: since the first contact."""
    terms = budget.terms
    if terms.interval is not None:
        return Pace(terms.interval, Why.FIXED)
    if terms.mode is not Mode.LIVE:
        return Pace(_test_interval(quiet, known_for), Why.TEST)
    carried = 1.0 / budget.a_second
    if budget.is_over:
        return Pace(max(carried, _SHORTEST), Why.OVERDRAWN)
    if budget.ready <= 0:
        # Half of what comes in makes up for it. Silence would be worse than an hour's delay, and nothing is lost by it.
        return Pace(max(min(2.0 * carried, _LONGEST_IN_DEBT), carried, _SHORTEST), Why.OVERDRAWN)
    spent_in = budget.capacity / (_SPENT_IN * budget.a_second)
    seconds = spent_in / (budget.ready * _eagerness(budget, quiet, known_for))
    longest = max(_LONGEST, 1.25 * carried)
    seconds = max(_SHORTEST, min(seconds, longest))
    return Pace(seconds, Why.SCARCE if seconds > _LONGEST else Why.ALLOWANCE)


def _eagerness(budget: Budget, quiet: float, known_for: float) -> float:
    """How much oftener than on average. News comes in crowds: the longer none has come, the later the next is due.

    With the square root of the rate at which news is to be expected, the time that it waits is shortest on average.
    """
    if 0 <= known_for < _NEW:
        return _WATCHED
    half_a_gap = 0.5 * MONTH / max(budget.usage.transactions, 60)
    return min(max(math.sqrt(half_a_gap / max(quiet, 1.0)), _RELUCTANT), _EAGER)


def _test_interval(quiet: float, known_for: float) -> float:
    if quiet < _BUSY_FOR:
        return _TEST_BUSY
    return _TEST if quiet < _QUIET_AFTER or 0 <= known_for < _NEW else _TEST_QUIET


def pause_after_failures(failures: int, interval: float, rng: random.Random, asked: float = 0.0) -> float:
    """Seconds to leave a server alone that has failed ``failures`` times running.

    Soon at first, even where the usual interval is long: a network that was down is usually back before. No sooner
    than it ``asked`` for (s), and not all accounts at once then.
    """
    backoff = min(2.0 * 2.0 ** min(failures, 16), max(interval, _SLOWEST_RETRY))
    pause = backoff * rng.uniform(0.75, 1.0)
    return max(pause, asked * rng.uniform(1.0, 1.1)) if asked else pause


def pause_after_refusal(refusals: int, interval: float, rng: random.Random) -> float:
    """Seconds until a refused key is tried again: somebody may allow it again, but Stripe need not be asked often."""
    backoff = min(60.0 * 3.0 ** min(refusals - 1, 8), _SLOWEST_KEY_CHECK)
    return max(interval, backoff * rng.uniform(0.75, 1.0))


def is_away(unseen: Span, interval: float) -> bool:
    """Whether nothing was seen for so long that it is no pause between polls: people then wonder why news is late."""
    return unseen.until - unseen.since > max(AWAY, 3.0 * interval)


def jittered(interval: float, rng: random.Random) -> float:
    """The interval, shifted a little so that many accounts do not march in step.

    Never longer than asked for, nor shorter than a second.
    """
    return max(interval * rng.uniform(0.9, 1.0), min(interval, _SHORTEST))
