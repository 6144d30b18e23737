"""What a channel may do now: send, wait, or say many things at once. Pure decisions over what waits for it.

::

    mute ─▶ quiet hours ─▶ catching up? ─▶ burst? ─▶ one message each

Nothing of this is kept: it follows from what is on record and from the configuration of now, so a restart, a mute that
ends early or changed quiet hours need no repair.
"""

from __future__ import annotations

from dataclasses import dataclass

from cashnotifyd.cursor_file.values import (
    Away,
    Busy,
    Cause,
    FailureBurst,
    Muted,
    Quiet,
    Standing,
    Stream,
    Turn,
    Unreachable,
)
from cashnotifyd.schedules import Burst, QuietHours, Span

A_FEW = 3
"""What was held back for a while and is no more than this is told one by one."""

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


def lately(manners: Manners, stream: str) -> float:
    """For how many seconds back what came in a stream counts as recent."""
    within = manners.burst.within if manners.burst is not None else 0.0
    return max(within, _FAILURES_WITHIN) if stream.endswith("failures") else within


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
        return _together(standing, standing.streams, manners.burst, cause, now, ready)
    return _burst(standing, manners.burst, now)


def silent(standing: Standing, manners: Manners, now: float) -> Turn | None:
    """What a channel may do that is to be silent now; None for one that is not."""
    mute, hours = standing.mute, manners.quiet_hours
    if mute is not None and now < mute.span.until:
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
    bursting = tuple(one for one in standing.streams if max(one.due, one.recent) > burst.above)
    if not bursting:
        return Turn()
    ready = min(
        _settled(one, standing, now, _SETTLING) if one.due > burst.above else one.oldest + burst.within
        for one in bursting
    )
    together = _together(standing, bursting, burst, Busy(), now, ready)
    # One message is no summary.
    return Turn() if together.gather and sum(one.due for one in bursting) == 1 else together


def _together(
    standing: Standing, streams: tuple[Stream, ...], burst: Burst, cause: Cause, now: float, ready: float
) -> Turn:
    """These streams in one summary, when it is ``ready`` and the last one of the same burst is long enough ago."""
    began, before = min(stream.oldest for stream in streams), standing.summarized
    if before is not None and began - before.until < burst.within:
        ready = max(ready, before.until + min(max(before.until - before.since, burst.within), _LONGEST_PAUSE))
        began = before.since
    names = tuple(stream.name for stream in streams)
    if now < ready:
        return Turn(held=names, until=ready)
    return Turn(gather=names, cause=cause, began=began)


def _settled(stream: Stream, standing: Standing, now: float, moment: float) -> float:
    """When a stream is whole. While events are on record that were not understood yet, more of it may come."""
    ready = stream.newest + moment
    if standing.unsettled:
        ready = max(ready, now + moment)
    return min(ready, stream.oldest + _LONGEST_SETTLING)
