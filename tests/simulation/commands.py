"""What people do beside the daemon: they silence channels, and have tried again what was given up."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cashnotifyd.cursor_file.values import Mute
from cashnotifyd.schedules import Span
from tests.in_memory.record import InMemoryRecord
from tests.simulation.patched import TICK
from tests.simulation.plan import Command

if TYPE_CHECKING:
    from tests.simulation.simulation import Simulation


@dataclass(frozen=True, slots=True)
class MuteGiven:
    """What somebody asked for, by the machine's clock (s since 1970)."""

    channel: str | None
    since: float
    until: float
    drops: bool


class Commands:
    """``cashnotifyd mute``, ``unmute`` and ``retry``."""

    def __init__(self, run: Simulation) -> None:
        self._run = run
        self.mutes: list[MuteGiven] = []

    def run(self, command: Command) -> None:
        """Run one to its end."""
        run = self._run
        disk, now, channel = run.storage.disk, run.world.clock.time(), command.channel
        record = InMemoryRecord.beside(disk)
        run.punctuality.changed()
        match command.what:
            case "mute" | "mute --drop":
                given = Mute(Span(now, now + command.seconds), drops=command.what == "mute --drop")
                _at_once(record.mute(channel, given))
                self.mutes.append(MuteGiven(channel, given.span.since, given.span.until, given.drops))
            case "unmute":
                # Where all are muted, all are heard again: what becomes of the others is the command's business.
                ended = channel if None not in disk.mutes else None
                _at_once(record.unmute(ended, now))
                over = [one for one in self.mutes if ended in {None, one.channel} and one.since <= now < one.until]
                self.mutes = [replace(one, until=now) if one in over else one for one in self.mutes]
            case "retry":
                for id_ in run.configuration.channels if channel is None else [channel]:
                    self._retry(record, id_, now)
        # It is on the disk before the command ends, and with it what was before it.
        run.storage.soft.clear()

    def _retry(self, record: InMemoryRecord, channel: str, now: float) -> None:
        run, disk = self._run, self._run.storage.disk
        for row in disk.deliveries.values():
            if (row.channel, row.state) == (channel, "abandoned"):
                key = run.key_of(disk.occurrences[row.occurrence].wordings.full)
                recipient = run.recipient(channel, row.target)
                recipient.retried[key] += 1
                recipient.doubts.forget(key)
                run.punctuality.recorded(row, TICK)
        _at_once(record.make_due(channel, now))
        _at_once(record.resend_abandoned(channel, now))


def _at_once(call: Coroutine[Any, Any, Any]) -> None:
    """Make a call of the record from another process: it is done when it first waits."""
    call.send(None)
    call.close()
