"""What a channel may do now: send, wait, or say many things at once. Pure decisions over what waits for it.

::

    mute ─▶ quiet hours ─▶ catching up? ─▶ burst? ─▶ one message each

Nothing of this is kept: it follows from what is on record and from the configuration of now, so a restart, a mute that
ends early or changed quiet hours need no repair.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cashnotifyd.cursor_file.values import (
    Away,
    Busy,
    Cause,
    Delivery,
    FailureBurst,
    Lately,
    Muted,
    Offer,
    Quiet,
    Standing,
    Stream,
    Turn,
    Unreachable,
)
from cashnotifyd.schedules import Burst, QuietHours, Span

A_FEW = 3
"""What was held back for a while and is no more than this is told one by one."""

_AT_ONCE = 15.0
"""Seconds within which what came counts as having come at once: what trickles in is waited for longer."""

_SETTLING = 2.0
"""Seconds without anything more after which a burst is whole: a backlog is told in batches."""

_SETTLING_AFTER_ABSENCE = 10.0
"""The same where accounts are looked at again for the first time in hours, each at its own pace."""

_LONGEST_SETTLING = 60.0
_FAILURES_WITHIN = 600.0
"""Failed payments of as many seconds count together: a broken checkout fails slower than a busy one sells."""

_LONGEST_PAUSE = 900.0
"""Seconds between two summaries of a burst that does not end. The pause grows with it: nobody reads one a minute."""

_ALARMING = 4.0
"""How many times as many payments as usual must fail to be alarming."""


@dataclass(frozen=True, slots=True)
class Manners:
    """When a channel wants to be told. None: at any hour; a message for each thing, always."""

    quiet_hours: QuietHours | None = None
    burst: Burst | None = None


def lately(burst: Burst) -> Lately:
    """For how many seconds back what came counts as recent."""
    return Lately(failures=max(burst.within, _FAILURES_WITHIN), others=burst.within)


def turn(standing: Standing, manners: Manners, unreachable: Span | None, now: float) -> Turn:
    """What a channel that works may do. ``unreachable``: when it last took nothing for a while."""
    if (silence := silent(standing, manners, now)) is not None:
        return silence
    if manners.burst is None or not standing.streams:
        return Turn()
    cause = _cause(standing, manners.quiet_hours, unreachable, now)
    if not isinstance(cause, Busy) and sum(stream.due for stream in standing.streams) > A_FEW:
        moment = _SETTLING_AFTER_ABSENCE if isinstance(cause, Away) else _SETTLING
        ready = max(_settled(stream, standing, now, moment) for stream in standing.streams)
        names = tuple(stream.name for stream in standing.streams)
        if now < ready:
            return Turn(held=names, until=ready)
        return Turn(gather=names, cause=cause, began=_began(standing.streams, manners.burst, now))
    return _burst(standing, manners.burst, now)


def chosen(offer: Offer, turn_: Turn) -> Delivery | None:
    """The delivery that is to be sent in this turn: an emergency first, else the oldest that may be sent."""
    if turn_.emergencies and offer.emergency is not None:
        return offer.emergency
    if turn_.silent:
        return None
    kept = {*turn_.held, *turn_.gather}
    may_go = [head for stream, head in offer.heads if stream not in kept]
    return min((one for one in (offer.free, *may_go) if one is not None), key=lambda one: one.id, default=None)


def silent(standing: Standing, manners: Manners, now: float) -> Turn | None:
    """What a channel may do that is to be silent now; None for one that is not."""
    mute, hours = standing.mute, manners.quiet_hours
    if mute is not None and mute.in_force(now):
        return Turn(emergencies=False, silent=True, drops=mute if mute.drops else None, until=mute.span.until)
    if hours is not None and (quiet := hours.around(now)) is not None:
        return Turn(silent=True, until=quiet.until)
    return None


def is_alarming(failures: FailureBurst, burst: Burst) -> bool:
    """Whether so many payments failed that something is broken rather than some cards."""
    usual = failures.usual or 0.0
    return failures.count > burst.above and failures.count >= _ALARMING * usual


def _cause(standing: Standing, hours: QuietHours | None, unreachable: Span | None, now: float) -> Cause:
    """Why what waits was held back, if the oldest of it was."""
    oldest = min(stream.oldest for stream in standing.streams)
    if standing.mute is not None and standing.mute.span.since <= oldest < standing.mute.span.until:
        return Muted(standing.mute.span)
    if hours is not None and (quiet := hours.latest(now)).since <= oldest < quiet.until:
        return Quiet(quiet)
    if unreachable is not None and oldest < unreachable.until:
        return Unreachable(unreachable)
    return Busy() if standing.away is None else Away(standing.away)


def _burst(standing: Standing, burst: Burst, now: float) -> Turn:
    bursting = {one: _ready(one, standing, burst, now) for one in standing.streams if _is_bursting(one, burst)}
    ready = [one for one, moment in bursting.items() if moment <= now]
    if sum(one.due for one in ready) == 1:
        ready, bursting = [], {one: moment for one, moment in bursting.items() if moment > now}  # one is no summary
    held = [one for one in bursting if one not in ready]
    return Turn(
        held=tuple(one.name for one in held),
        gather=tuple(one.name for one in ready),
        until=min((bursting[one] for one in held), default=None),
        began=_began(ready, burst, now) if ready else 0.0,
    )


def _is_bursting(stream: Stream, burst: Burst) -> bool:
    return max(stream.due, stream.recent) > burst.above


def _ready(stream: Stream, standing: Standing, burst: Burst, now: float) -> float:
    """When a stream that bursts is summed up."""
    at_once = stream.due > burst.above and stream.newest - stream.oldest <= _AT_ONCE
    if at_once or _is_ahead(stream.newest, now):
        ready = _settled(stream, standing, now, _SETTLING)
    else:
        ready = stream.oldest + burst.within
    before = stream.summarized
    if before is None or not _goes_on(stream, burst, now):
        return ready
    pause = min(max(before.until - before.since, _within(stream.name, burst)), _LONGEST_PAUSE)
    return max(ready, before.until + pause)


def _goes_on(stream: Stream, burst: Burst, now: float) -> bool:
    """Whether it follows so closely on a summary that it is of the same burst."""
    before = stream.summarized
    if before is None or _is_ahead(before.until, now):
        return False
    return stream.oldest - before.until < _within(stream.name, burst)


def _began(streams: Iterable[Stream], burst: Burst, now: float) -> float:
    return min(
        one.summarized.since if one.summarized is not None and _goes_on(one, burst, now) else one.oldest
        for one in streams
    )


def _within(stream: str, burst: Burst) -> float:
    return lately(burst).failures if stream.endswith("failures") else burst.within


def _settled(stream: Stream, standing: Standing, now: float, moment: float) -> float:
    """When a stream is whole. While events are on record that were not understood yet, more of it may come."""
    if _is_ahead(stream.newest, now):
        return now  # nobody knows for how long it has waited
    ready = stream.newest + moment
    if standing.unsettled:
        ready = max(ready, now + moment)
    return min(ready, stream.oldest + _LONGEST_SETTLING)


def _is_ahead(moment: float, now: float) -> bool:
    """Whether it was noted by a clock that has been set back since."""
    return moment > now + _SETTLING
