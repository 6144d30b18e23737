"""The record of a simulated daemon: the second engine, on a disk that takes its time to be durable."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from cashnotifyd.cursor_file.values import Ending, ListedEvent
from cashnotifyd.schedules import Every
from tests.in_memory.disk import AccountRow, DeliveryRow, Disk, OccurrenceRow, Table
from tests.in_memory.record import InMemoryRecord
from tests.simulation.world import World

T = TypeVar("T")

_LATE = 0.05
"""How often a call waits a moment before its turn comes, as it would for the thread."""


@dataclass(slots=True)
class Storage:
    """What is committed, and the commits that a power cut may still take back, the oldest first."""

    world: World
    disk: Disk = field(default_factory=Disk)
    soft: list[list[tuple[Table[Any, Any], Any, Any]]] = field(default_factory=list)
    posted: Callable[[DeliveryRow], None] = lambda _row: None
    """Called when a delivery is on record."""
    begun: Callable[[DeliveryRow, DeliveryRow], None] = lambda _old, _new: None
    """Called when a delivery was sent for the first time, or summed up: as it was, and as it is."""
    settled: Callable[[str, int], None] = lambda _channel, _target: None
    """Called when it is on record what became of a send."""
    kept: Callable[[OccurrenceRow], None] = lambda _row: None
    """Called when an occurrence is on record, or what was told without one: a summary, a digest, an alert."""
    digested: Callable[[tuple[str, Every], float | None, float, OccurrenceRow | None], None] = lambda *_: None
    """Called with a channel's digests, until which calendar end they were told and are, and what is told."""
    met: Callable[[AccountRow], None] = lambda _row: None
    """Called when a first contact is on record."""

    def cut_power(self) -> None:
        """Take back some of what is not durable, the last first."""
        lost = self.world.rng.randint(0, len(self.soft))
        for _ in range(lost):
            self.disk.journal[:] = self.soft.pop()
            self.disk.roll_back()
        self.world.say(f"power cut: {lost} commits of {lost + len(self.soft)} that were not durable are gone")
        self.soft.clear()

    def judge(self) -> None:
        """Look at a transaction that is about to be committed."""
        disk = self.disk
        for table, key, old in disk.journal:
            if table is disk.deliveries:
                self._judge_delivery(old if isinstance(old, DeliveryRow) else None, disk.deliveries[key])
            elif table is disk.accounts:
                row = disk.accounts[key]
                if isinstance(old, AccountRow) and old.low_water is None and row.low_water is not None:
                    self.met(row)
            elif table is disk.digests and key in disk.digests:
                told = next((one for one in self._new_occurrences() if one.family == "digest"), None)
                self.digested(key, old if isinstance(old, float) else None, disk.digests[key], told)
            elif table is disk.occurrences and not isinstance(old, OccurrenceRow):
                self.kept(disk.occurrences[key])

    def _new_occurrences(self) -> Iterator[OccurrenceRow]:
        occurrences = self.disk.occurrences
        return (occurrences[key] for table, key, old in self.disk.journal if table is occurrences and _is_new(old))

    def _judge_delivery(self, old: DeliveryRow | None, new: DeliveryRow) -> None:
        if old is None:
            self.posted(new)
            return
        # What is being sent to one recipient of a channel may be declined meanwhile by another's lane, as the channel
        # was muted; that it arrived is the truth all the same.
        arrived = (old.state, old.reason, new.state) == ("declined", "muted", "delivered")
        if old.state not in {"waiting", new.state} and not arrived:
            self.world.found(f"a delivery to {new.channel} went from {old.state} to {new.state}")
        if old.attempts == 0 and (new.attempts or new.state == "summarized"):
            self.begun(old, new)
        if new.attempts != old.attempts:
            self.settled(new.channel, new.target)


def _is_new(old: object) -> bool:
    return not isinstance(old, OccurrenceRow)


class SimulatedRecord(InMemoryRecord):
    """A handle on a storage, for one life of the daemon. ``syncs``: a commit waits for the disk where it should."""

    syncs = True

    def __init__(self, storage: Storage) -> None:
        storage.disk.held = False
        super().__init__(storage.disk, daemon=True)
        self.storage = storage
        self.call = ""
        self.soft = False
        """Whether the call may become durable with a later one."""

    def transaction(self, work: Callable[[], T]) -> T:
        world, storage, disk = self.storage.world, self.storage, self.disk
        name, soft = self.call, self.soft
        if not world.alive:
            raise asyncio.CancelledError
        try:
            answer = work()
            if not disk.journal:
                return answer
            world.effect(f"{name} (before)")
        except BaseException:
            disk.roll_back()
            raise
        storage.judge()
        if soft or not self.syncs:
            storage.soft.append(list(disk.journal))
        else:
            storage.soft.clear()
        self._own_writes += disk.commit()
        world.effect(f"{name} (after)")
        return answer

    async def record_page(
        self, account: int, page: Sequence[ListedEvent], now: float, ending: Ending | None = None
    ) -> None:
        async def record() -> None:
            self.call = "commit record_page" if ending is None else "commit record_page with mark"
            self.soft = ending is None or ending.announcement is None
            await InMemoryRecord.record_page(self, account, page, now, ending)

        await self.in_turn(record())

    async def in_turn(self, call: Coroutine[Any, Any, T]) -> T:
        """Make a call when its turn comes: as in SQLite's thread, even if its task is cancelled before."""
        if self.storage.world.rng.random() < _LATE:
            try:
                await asyncio.sleep(0.001)
            except asyncio.CancelledError:
                with suppress(BaseException):
                    call.send(None)
                call.close()
                raise
        return await call


def _named(name: str) -> Callable[..., Any]:
    kept = getattr(InMemoryRecord, name)

    async def call(self: SimulatedRecord, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 (of any call)
        async def make() -> Any:  # noqa: ANN401 (as above)
            self.call, self.soft = f"commit {name}", False
            return await kept(self, *args, **kwargs)

        return await self.in_turn(make())

    return call


for _name, _method in vars(InMemoryRecord).items():
    if asyncio.iscoroutinefunction(_method) and _name not in vars(SimulatedRecord):
        setattr(SimulatedRecord, _name, _named(_name))
