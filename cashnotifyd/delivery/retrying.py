"""What becomes of a delivery after an attempt, and when a channel that fails is tried again. Pure decisions."""

from __future__ import annotations

import random
from dataclasses import dataclass

from cashnotifyd.cursor_file.values import Delivery
from cashnotifyd.delivery.outcome import Delivered, NotSent, Outcome, Pace, Refused, Throttled, Unconfirmed

GIVE_UP_AFTER = 3 * 86400
"""Seconds after which a message is old news: it is abandoned and stays visible."""

_FIRST_PAUSE = 5.0
_LONGEST_PAUSE = 3600.0
_LONGEST_CHANNEL_PAUSE = 300.0
_PAUSE_WHEN_REFUSED = 900.0
"""Seconds between tries of a channel that waiting does not help: it may be mended at the service's end too."""
_TRIES_OF_A_REFUSED_MESSAGE = 3
"""A service's 400 may be its own passing mistake; a message that it does not take three times is given up."""
_LONGEST_THROTTLE = 3600.0
_TRIES_IN_ORDER = 3
"""Failures after which a message lets others go before it."""
_UNCONFIRMED_RETRIES = 1
"""How often a message is sent again that may have arrived, where others get through: of 8 sends that timed out, 6 had
(measured)."""
_MOST_IN_DOUBT = 60
"""Attempts in doubt after which it is given up also where nothing gets through. The growing pauses make eleven in three
days, and each start one more: this bounds a crash loop."""
LATEST = 1.25 * _LONGEST_PAUSE
"""Seconds after which each try is followed by the next one. What is due later than that was noted by a clock that has
been set back since."""
_PAUSE_IN_DOUBT = 60.0
"""Seconds before it is sent again: a service that does not answer is seldom well at once."""
_SET_ASIDE = 8
"""How many times longer the pause after the next one is, so that another message is tried before."""
_LONGEST_PAUSE_IN_DOUBT = 900.0
"""Seconds between two tries of a channel that does not answer: each may put another message in doubt."""


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


def after(
    delivery: Delivery,
    outcome: Outcome,
    now: float,
    rng: random.Random,
    doubts: int = _MOST_IN_DOUBT,
) -> Done | DueAgain | Abandoned:
    """What becomes of ``delivery`` after this attempt. ``doubts``: how many attempts may be in doubt."""
    match outcome:
        case Delivered():
            return Done()
        case Unconfirmed(reason):
            return _after_doubt(delivery, reason, now, rng, doubts)
        case Throttled(reason, seconds) if now - delivery.created < GIVE_UP_AFTER:
            # Not this message's fault: as soon as the channel may send again.
            return DueAgain(now + min(seconds or 0.0, _LONGEST_THROTTLE), reason, delivery.unconfirmed)
        case Refused(reason, of):
            if of == "message" and delivery.attempts + 1 >= _TRIES_OF_A_REFUSED_MESSAGE:
                return Abandoned(reason)
        case NotSent(reason) | Throttled(reason):
            pass
    if now - delivery.created >= GIVE_UP_AFTER:
        return Abandoned(reason)
    pause = min(_FIRST_PAUSE * 2.0 ** min(delivery.attempts, 16), _LONGEST_PAUSE)
    return DueAgain(_soon(delivery, now, pause, rng), reason, delivery.unconfirmed)


def _after_doubt(delivery: Delivery, reason: str, now: float, rng: random.Random, doubts: int) -> DueAgain | Abandoned:
    unconfirmed = delivery.unconfirmed + 1
    if unconfirmed >= doubts or now - delivery.created >= GIVE_UP_AFTER:
        return Abandoned(f"may have arrived: {reason}")
    pause = _PAUSE_IN_DOUBT * (1 if unconfirmed == 1 else _SET_ASIDE * 2.0 ** (unconfirmed - 2))
    return DueAgain(_soon(delivery, now, pause, rng), reason, unconfirmed)


def _soon(delivery: Delivery, now: float, pause: float, rng: random.Random) -> float:
    return min(now + pause * rng.uniform(0.75, 1.25), delivery.created + GIVE_UP_AFTER)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a channel ``since`` then (s since 1970 UTC). ``refused``: waiting does not help."""

    since: float
    reason: str
    refused: bool


class Health:
    """Whether a recipient can be reached, judged by its attempts.

    A message that fails is tried again before any other, so that order is kept, and its third failure is taken for its
    own trouble: then the next one is tried. When that fails as well, with no success between, it is the channel's: one
    message is tried at a time, at growing intervals, and when one gets through the others need not wait any longer.
    So it is at once when the service refuses the channel itself, or wants to be left alone, or does not answer: a
    message that may have arrived is sent once more, and another one must not be risked before. In doubt again it is set
    aside and the next one tried: only where another gets through is the doubt about the message.
    """

    def __init__(self) -> None:
        self._failed: set[int] = set()
        self._failures = 0
        self._doubts = 0
        self._in_doubt: set[int] = set()
        self._outrun: set[int] = set()
        self._throttled: float | None = None
        self._throttles = 0
        self._waits_for: float | None = None
        self._trouble: Trouble | None = None
        self.poison: set[int] = set()
        """Messages that went on failing although others got through: that those do is no news to them."""

    @property
    def down(self) -> bool:
        """Whether nothing but a try at a time is sent."""
        troubled = self._throttles > 0 or self._doubts > 0 or self._waits_for is not None
        return troubled or len(self._failed) > 1 or self.refused

    @property
    def refused(self) -> bool:
        """Whether the service does not take anything from this channel."""
        return self._trouble is not None and self._trouble.refused

    @property
    def trouble(self) -> Trouble | None:
        """What is wrong since the last success, be it the channel or a message: for long, it is worth a word."""
        return self._trouble

    def bears(self, delivery: Delivery) -> int:
        """How many attempts of it may be in doubt. It is given up where others got through since it was."""
        return 1 + _UNCONFIRMED_RETRIES if delivery.id in self._outrun else _MOST_IN_DOUBT

    def succeeded(self, delivery: Delivery) -> Trouble | None:
        """A message got through. Returns what had been wrong."""
        was = self._trouble
        self._outrun = (self._outrun | self._in_doubt) - {delivery.id}
        self._in_doubt.clear()
        self._failed.clear()
        self._failures = self._doubts = self._throttles = 0
        self._throttled = self._waits_for = self._trouble = None
        return was

    def failed(self, delivery: Delivery, outcome: Outcome, now: float, due: float | None) -> None:
        """A message did not get through; it is ``due`` again, or was given up."""
        assert not isinstance(outcome, Delivered)
        if due is None:
            self._in_doubt.discard(delivery.id)
            self._outrun.discard(delivery.id)
        if isinstance(outcome, Refused) and outcome.of == "message":
            return  # it says that the channel works
        if self._trouble is None and delivery.attempts + 1 >= _TRIES_IN_ORDER:
            self.poison.add(delivery.id)
        since = now if self._trouble is None else self._trouble.since
        self._trouble = Trouble(since, outcome.reason, refused=isinstance(outcome, Refused))
        self._throttled, self._waits_for = None, None
        match outcome:
            case Throttled(_, seconds):
                self._throttles += 1
                self._throttled = seconds
            case Unconfirmed():
                self._throttles = 0
                self._doubts += 1
                if due is not None:
                    self._in_doubt.add(delivery.id)
                    self._waits_for = due - now if delivery.unconfirmed == 0 else None
            case _:
                self._throttles = self._doubts = 0
                self._failures += 1
                self._failed.add(delivery.id)
                if len(self._failed) == 1 and delivery.attempts + 1 < _TRIES_IN_ORDER and due is not None:
                    self._waits_for = due - now

    def pause(self, rng: random.Random) -> float:
        """Seconds until a channel that is down is tried again; 0 for one that works."""
        if not self.down:
            return 0.0
        if self._throttles:
            waited_out = _FIRST_PAUSE * 2.0 ** min(self._throttles - 1, 16)
            asked = min(self._throttled or 0.0, _LONGEST_THROTTLE)
            return max(asked, min(waited_out, _LONGEST_CHANNEL_PAUSE) * rng.uniform(0.75, 1.0))
        if self.refused:
            return _PAUSE_WHEN_REFUSED * rng.uniform(0.75, 1.0)
        if self._doubts:
            growing = min(_PAUSE_IN_DOUBT * 2.0 ** min(self._doubts - 1, 16), _LONGEST_PAUSE_IN_DOUBT)
            return max(self._waits_for or 0.0, growing * rng.uniform(0.75, 1.0))
        if self._waits_for is not None:
            return max(self._waits_for, 0.0)
        return min(_FIRST_PAUSE * 2.0 ** min(self._failures - 2, 16), _LONGEST_CHANNEL_PAUSE) * rng.uniform(0.75, 1.0)


class Allowance:
    """What a service lets a channel send: so many at once, and then one more every so many seconds."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._left = float(pace.at_once)
        self._counted_at: float | None = None

    def wait(self, now: float) -> float:
        """Seconds until the next message may be sent."""
        if self._pace.every <= 0:
            return 0.0
        if self._counted_at is not None:
            # Set back, the clock must not hold the channel up until it is that late again.
            gained = max(now - self._counted_at, 0.0) / self._pace.every
            self._left = min(self._left + gained, float(self._pace.at_once))
        self._counted_at = now
        return max(1.0 - self._left, 0.0) * self._pace.every

    def spend(self) -> None:
        """One was sent."""
        self._left -= 1.0
