"""When what is on record has to go out, and when it must not: by the channel's habits, by mutes, by what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cashnotifyd.cursor_file.values import Address
from cashnotifyd.delivery.outcome import Delivered, Outcome, Refused
from cashnotifyd.schedules import Span
from cashnotifyd.vocabulary import Message, Urgency
from tests.in_memory import outbox
from tests.in_memory.disk import DeliveryRow, Disk
from tests.simulation.patched import TICK
from tests.simulation.plan import PLAIN, Habits
from tests.simulation.world import World

_AT_ONCE = 75.0
"""Seconds that a message waits at most for which nothing stands in the way: clock jumps below 30 s are not noticed, and
what somebody else writes is within a tick."""

_NOTICED = TICK + 5.0

_TROUBLED, _REFUSED = 300.0 + 120.0, 900.0 + 120.0
"""Seconds after a failure within which a channel is surely tried again."""

_SUMMED_UP = 900.0
"""The longest pause between two summaries."""

_FAILURES_WITHIN = 600.0
_SCARCELY = 0.5
"""Seconds from what a lane finds out to what it does."""


@dataclass(slots=True)
class Punctuality:
    """Watches each send and each mark."""

    world: World
    disk: Disk
    habits: Mapping[str, Habits]
    _free_since: dict[Address, float] = field(default_factory=dict)
    """When something last stood in a recipient's way, in seconds of the simulation, as all times here."""
    _all_free_since: float = 0.0
    _known_since: dict[int, float] = field(default_factory=dict)
    """When deliveries were recorded."""
    _set_at: float = -1.0
    """When the clock was last set, or a mute began."""

    def disturbed(self, seconds: float = _NOTICED) -> None:
        """Something happened to the daemon or its machine that excuses whatever is late by so much."""
        self._all_free_since = max(self._all_free_since, self.world.clock.elapsed + seconds)

    def changed(self) -> None:
        """The clock was set, or a mute began: what is just being done goes by what was before."""
        self._set_at = self.world.clock.elapsed

    def recorded(self, row: DeliveryRow, later: float = 0.0) -> None:
        """A delivery is on record, and will be noticed ``later``."""
        self._known_since[row.id] = self.world.clock.elapsed + later

    def answered(self, address: Address, outcome: Outcome) -> None:
        """A channel took a message, or did not."""
        if not isinstance(outcome, Delivered):
            pause = _REFUSED if isinstance(outcome, Refused) else _TROUBLED
            self._free(address, self.world.clock.elapsed + pause)

    def sends(self, address: Address, message: Message) -> None:
        """A send is about to begin: may it?"""
        clock, channel = self.world.clock, address.channel
        if clock.elapsed - self._set_at < _SCARCELY:
            return
        hours = self.habits.get(channel, PLAIN).quiet_hours
        now = clock.time()
        if hours is not None and message.urgency is not Urgency.EMERGENCY:
            quiet = hours.around(now)
            if quiet is not None and quiet.since <= now - _SCARCELY:
                self.world.found(f"sent to {channel} in its quiet hours: {message.title}")
        if outbox.latest_mute(self.disk, channel, now - _SCARCELY) is not None:
            mute = outbox.latest_mute(self.disk, channel, now)
            if mute is not None and mute.in_force(now):
                self.world.found(f"sent to {channel} while it was muted: {message.title}")

    def begun(self, old: DeliveryRow, new: DeliveryRow, at: float) -> None:
        """A delivery that had waited was sent for the first time, or summed up, ``at`` this time."""
        address = new.address
        since = max(
            self._known_since.get(new.id, 0.0),
            self._all_free_since,
            self._free_since.get(address, 0.0),
            self._silent_until(address.channel, new.urgency is Urgency.EMERGENCY),
        )
        most, burst = _AT_ONCE, self.habits.get(address.channel, PLAIN).burst
        if burst is not None and new.urgency is not Urgency.EMERGENCY:
            most += max(burst.within, _FAILURES_WITHIN) + _SUMMED_UP
        if at - since > most:
            title = self.disk.occurrences[new.occurrence].wordings.full.title
            self.world.found(f"{new.channel}/{new.target} waited {at - since:.0f} s for nothing: {title} ({old.state})")

    def ended(self, address: Address) -> None:
        """A send is over: until now the next one could not begin."""
        self._free(address, self.world.clock.elapsed)

    def _free(self, address: Address, since: float) -> None:
        self._free_since[address] = max(self._free_since.get(address, 0.0), since)

    def _silent_until(self, channel: str, is_emergency: bool) -> float:  # noqa: FBT001 (an answer, not a switch)
        """When a channel was last to be silent, if the clock has not been set since."""
        clock, hours = self.world.clock, self.habits.get(channel, PLAIN).quiet_hours
        now = clock.time()
        spans: list[Span] = []
        if hours is not None and not is_emergency:
            spans.append(hours.latest(now))
        if (mute := outbox.latest_mute(self.disk, channel, now)) is not None:
            spans.append(mute.span)
        return max((clock.elapsed - max(now - one.until, 0.0) for one in spans), default=0.0)
