"""What becomes of a delivery after an attempt, and when a channel that fails is tried again. Pure decisions."""

from __future__ import annotations

import random
from dataclasses import dataclass

from cashnotifyd.cursor_file.values import Delivery
from cashnotifyd.delivery.outcome import Delivered, NotSent, Outcome, Unconfirmed

GIVE_UP_AFTER = 3 * 86400
"""Seconds after which a message is old news: it is abandoned and stays visible."""

_FIRST_PAUSE = 5.0
_LONGEST_PAUSE = 3600.0
_LONGEST_CHANNEL_PAUSE = 300.0
_UNCONFIRMED_RETRIES = 1
"""How often a message is sent again that may have arrived: of 8 sends that timed out, 6 had (measured)."""
_PAUSE_IN_DOUBT = 60.0
"""Seconds before it is: there is but one retry, and a service that does not answer is seldom well at once."""


@dataclass(frozen=True, slots=True)
class Done:
    """Delivered."""


@dataclass(frozen=True, slots=True)
class DueAgain:
    """To be tried again at ``due`` (s since 1970 UTC). ``unconfirmed``: attempts so far that may have arrived."""

    due: float
    reason: str
    unconfirmed: int


@dataclass(frozen=True, slots=True)
class Abandoned:
    """Not to be tried again."""

    reason: str


def after(delivery: Delivery, outcome: Outcome, now: float, rng: random.Random) -> Done | DueAgain | Abandoned:
    """What becomes of ``delivery`` after this attempt."""
    match outcome:
        case Delivered():
            return Done()
        case Unconfirmed(reason):
            unconfirmed, first_pause = delivery.unconfirmed + 1, _PAUSE_IN_DOUBT
            if unconfirmed > _UNCONFIRMED_RETRIES:
                return Abandoned(f"may have arrived: {reason}")
        case NotSent(reason):
            unconfirmed, first_pause = delivery.unconfirmed, _FIRST_PAUSE
    if now - delivery.created >= GIVE_UP_AFTER:
        return Abandoned(reason)
    pause = min(first_pause * 2.0 ** min(delivery.attempts, 16), _LONGEST_PAUSE)
    due = min(now + pause * rng.uniform(0.75, 1.25), delivery.created + GIVE_UP_AFTER)
    return DueAgain(due, reason, unconfirmed)


class Health:
    """Whether a channel works, judged by its attempts.

    One message that fails is that message's trouble, and the next one is tried at once. When two different messages
    fail with no success between, it is the channel's: then only one is tried at a time, at growing intervals, and when
    one gets through the others need not wait any longer.
    """

    def __init__(self) -> None:
        self._failed: set[int] = set()
        self._failures = 0

    @property
    def down(self) -> bool:
        """Whether it is the channel that fails."""
        return len(self._failed) > 1

    def succeeded(self) -> bool:
        """A message got through. Returns whether the channel had been down."""
        was_down = self.down
        self._failed.clear()
        self._failures = 0
        return was_down

    def failed(self, delivery: int) -> None:
        """A message did not get through."""
        self._failed.add(delivery)
        self._failures += 1

    def pause(self, rng: random.Random) -> float:
        """Seconds until a channel that is down is tried again; 0 for one that works."""
        if not self.down:
            return 0.0
        return min(_FIRST_PAUSE * 2.0 ** min(self._failures - 2, 16), _LONGEST_CHANNEL_PAUSE) * rng.uniform(0.75, 1.0)
