"""The lanes that run, one for each channel, and those of a changed configuration in their place."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cashnotifyd.config.settings import ChannelSettings
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.values import Cause, Gathered
from cashnotifyd.delivery.apprise_door.urls import open_targets
from cashnotifyd.delivery.lane import Lane, Way
from cashnotifyd.delivery.retrying import Trouble
from cashnotifyd.delivery.routing import Channel
from cashnotifyd.delivery.turns import Manners
from cashnotifyd.digests.telling import Subscriber
from cashnotifyd.vocabulary import Wordings


@dataclass(frozen=True, slots=True)
class _Running:
    """``targets``: how many recipients the channel's URL names."""

    settings: ChannelSettings
    targets: int
    lane: Lane
    task: asyncio.Task[None]


class Lanes:
    """The lanes of all channels. ``summarized`` words what takes the place of many messages."""

    def __init__(
        self, record: CursorFile, rng: random.Random, summarized: Callable[[Gathered, Cause], Wordings]
    ) -> None:
        self._record = record
        self._rng = rng
        self._summarized = summarized
        self._running: dict[str, _Running] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._running)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """What each channel takes."""
        return tuple(_channel(one.settings, one.targets) for one in self._running.values())

    @property
    def subscribers(self) -> tuple[Subscriber, ...]:
        """Who has digests."""
        return tuple(
            Subscriber(channel.id, one.targets, channel.digest, channel.accounts, channel.modes, channel.details)
            for one in self._running.values()
            if (channel := one.settings).digest is not None
        )

    @property
    def troubles(self) -> dict[str, Trouble | None]:
        """What is wrong with each channel."""
        return {id_: one.lane.trouble for id_, one in self._running.items()}

    @property
    def sending(self) -> list[str]:
        """Channels with a send under way."""
        return [id_ for id_, one in self._running.items() if one.lane.sending]

    def wake(self) -> None:
        """There may be something to send."""
        for one in self._running.values():
            one.lane.wake()

    def try_now(self) -> None:
        """Somebody may have mended something: try also what is down."""
        for one in self._running.values():
            one.lane.try_now()

    async def begin(self, wanted: Mapping[str, ChannelSettings], group: asyncio.TaskGroup) -> None:
        """Begin a lane for each channel that has none."""
        for id_, channel in wanted.items():
            if id_ in self._running:
                continue
            targets = await asyncio.to_thread(open_targets, channel.url.get_secret_value())
            way = Way(id_, channel.details, Manners(channel.quiet_hours, channel.burst))
            lane = Lane(way, targets, self._record, time.time, self._rng, self._summarized)
            task = group.create_task(lane.run(), name=f"lane {id_}")
            self._running[id_] = _Running(channel, len(targets), lane, task)

    async def end_changed(self, wanted: Mapping[str, ChannelSettings], stopping: asyncio.Event) -> None:
        """End lanes after the send under way: two lanes of one channel at a time would send twice.

        Told to stop meanwhile, it leaves those that still send to :meth:`drain`, which does not wait for ever.
        """
        ending = {id_: one for id_, one in self._running.items() if one.settings != wanted.get(id_)}
        for one in ending.values():
            one.lane.halt()
        sending = {one.task for one in ending.values()}
        stop = asyncio.ensure_future(stopping.wait())
        try:
            while sending and not stop.done():
                done, _ = await asyncio.wait({*sending, stop}, return_when=asyncio.FIRST_COMPLETED)
                sending -= done
        finally:
            stop.cancel()
        for id_, one in ending.items():
            if one.task not in sending:
                del self._running[id_]

    async def drain(self, begins_until: float, ends_at: float) -> None:
        """Send what is due, beginning no more after the one time, and wait for the rest until the other.

        Both by :func:`time.monotonic`.
        """
        tasks = [one.task for one in self._running.values()]
        if not tasks:
            return
        for one in self._running.values():
            one.lane.drain()
        await asyncio.wait(tasks, timeout=max(begins_until - time.monotonic(), 0.0))
        for one in self._running.values():
            one.lane.halt()
        await asyncio.wait(tasks, timeout=max(ends_at - time.monotonic(), 0.0))
        for task in tasks:
            task.cancel()


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
