"""The lanes that run, one for each recipient of each channel, and those of a changed configuration in their place."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from cashnotifyd.config.settings import ChannelSettings
from cashnotifyd.cursor_file.door import LanesRecord
from cashnotifyd.cursor_file.values import Address, Cause, Gathered
from cashnotifyd.daemon.outside import Outside
from cashnotifyd.delivery.lane import Lane, Way
from cashnotifyd.delivery.retrying import Allowance, Trouble
from cashnotifyd.delivery.routing import Channel
from cashnotifyd.delivery.turns import Manners
from cashnotifyd.digests.telling import Subscriber
from cashnotifyd.vocabulary import Wordings


@dataclass(frozen=True, slots=True)
class _Running:
    """A channel's lanes, one for each recipient that its URL names."""

    settings: ChannelSettings
    lanes: tuple[Lane, ...]
    tasks: tuple[asyncio.Task[None], ...]

    @property
    def trouble(self) -> Trouble | None:
        """The worst of its troubles: what waiting does not help, and else the oldest."""
        troubles = [lane.trouble for lane in self.lanes if lane.trouble is not None]
        return min(troubles, key=lambda one: (not one.refused, one.since), default=None)


class Lanes:
    """The lanes of all channels. ``summarized`` words what takes the place of many messages."""

    def __init__(
        self, record: LanesRecord, outside: Outside, summarized: Callable[[Gathered, Cause], Wordings]
    ) -> None:
        self._record = record
        self._outside = outside
        self._summarized = summarized
        self._running: dict[str, _Running] = {}

    def __len__(self) -> int:
        """How many channels there are."""
        return len(self._running)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """What each channel takes."""
        return tuple(_channel(one.settings, len(one.lanes)) for one in self._running.values())

    @property
    def subscribers(self) -> tuple[Subscriber, ...]:
        """Who has digests."""
        return tuple(
            Subscriber(channel.id, len(one.lanes), channel.digest, channel.accounts, channel.modes, channel.details)
            for one in self._running.values()
            if (channel := one.settings).digest is not None
        )

    @property
    def troubles(self) -> dict[str, Trouble | None]:
        """What is wrong with each channel."""
        return {id_: one.trouble for id_, one in self._running.items()}

    @property
    def sending(self) -> list[str]:
        """Channels with a send under way."""
        return [id_ for id_, one in self._running.items() if any(lane.sending for lane in one.lanes)]

    def wake(self, channels: Collection[str]) -> None:
        """There is something to send on these."""
        for id_ in channels:
            if (one := self._running.get(id_)) is not None:
                for lane in one.lanes:
                    lane.wake()

    def try_now(self) -> None:
        """Somebody may have mended something: try also what is down."""
        for lane in self._lanes():
            lane.try_now()

    def clock_was_set(self) -> None:
        """The machine was asleep, or its clock is another one: try also what is down, or due by the old one."""
        for lane in self._lanes():
            lane.clock_was_set()

    async def begin(self, wanted: Mapping[str, ChannelSettings], group: asyncio.TaskGroup) -> None:
        """Begin the lanes of each channel that has none."""
        outside = self._outside
        for id_, channel in wanted.items():
            if id_ in self._running:
                continue
            targets = await asyncio.to_thread(outside.targets, channel.url.get_secret_value())
            # Where recipients differ (a person, a group), the slowest pace suits all.
            allowance = Allowance(max((target.pace for target in targets), key=lambda pace: pace.every))
            manners = Manners(channel.quiet_hours, channel.burst)
            ways = (Way(Address(id_, place), channel.details, manners, allowance) for place in range(len(targets)))
            lanes = tuple(
                Lane(way, target, self._record, time.time, outside.rng, self._summarized, outside.thread)
                for way, target in zip(ways, targets, strict=True)
            )
            tasks = tuple(group.create_task(lane.run(), name=f"lane {id_}") for lane in lanes)
            self._running[id_] = _Running(channel, lanes, tasks)

    async def abandon_strays(self) -> int:
        """Give up what waits for channels and recipients that are not there any more. Returns how many messages."""
        return await self._record.abandon_strays(
            {id_: len(one.lanes) for id_, one in self._running.items()}, time.time()
        )

    async def end_changed(self, wanted: Mapping[str, ChannelSettings], stopping: asyncio.Event) -> None:
        """End lanes after the send under way: two lanes of one recipient at a time would send twice.

        Told to stop meanwhile, it leaves those that still send to :meth:`drain`, which does not wait for ever.
        """
        ending = {id_: one for id_, one in self._running.items() if one.settings != wanted.get(id_)}
        for one in ending.values():
            for lane in one.lanes:
                lane.halt()
        sending = {task for one in ending.values() for task in one.tasks}
        stop = asyncio.ensure_future(stopping.wait())
        try:
            while sending and not stop.done():
                done, _ = await asyncio.wait({*sending, stop}, return_when=asyncio.FIRST_COMPLETED)
                sending -= done
        finally:
            stop.cancel()
        for id_, one in ending.items():
            if sending.isdisjoint(one.tasks):
                del self._running[id_]

    async def drain(self, begins_until: float, ends_at: float) -> None:
        """Send what is due, beginning no more after the one time, and wait for the rest until the other.

        Both by :func:`time.monotonic`.
        """
        tasks = [task for one in self._running.values() for task in one.tasks]
        if not tasks:
            return
        for lane in self._lanes():
            lane.drain()
        await asyncio.wait(tasks, timeout=max(begins_until - time.monotonic(), 0.0))
        for lane in self._lanes():
            lane.halt()
        await asyncio.wait(tasks, timeout=max(ends_at - time.monotonic(), 0.0))
        for task in tasks:
            task.cancel()

    def _lanes(self) -> Iterator[Lane]:
        return (lane for one in self._running.values() for lane in one.lanes)


def _channel(settings: ChannelSettings, targets: int) -> Channel:
    return Channel(
        settings.id,
        targets,
        settings.accounts,
        settings.modes,
        settings.events,
        settings.min_amount,
        settings.urgencies,
        has_digest=settings.digest is not None,
    )
