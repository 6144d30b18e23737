"""A lane: one channel's deliveries, one at a time, in order, each marked before the next is begun.

A lane to itself, with a thread to itself, so that a slow or dead channel holds up nobody. At most one send of a channel
is under way when the daemon is killed, so a crash repeats at most one message a channel.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Protocol

import structlog

from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.values import Delivery
from cashnotifyd.delivery.outcome import Outcome
from cashnotifyd.delivery.retrying import Abandoned, Done, DueAgain, Health, after
from cashnotifyd.vocabulary import Disclosure, Message

log = structlog.get_logger(__name__)

_LONGEST_SLEEP = 3600.0


class Target(Protocol):
    """One recipient. ``send`` blocks, and answers for whatever a service or network does."""

    def send(self, message: Message) -> Outcome:
        """Try once."""
        ...


class Lane:
    """One channel's way out. :meth:`run` until :meth:`drain`; ``wake`` it when there may be something to send."""

    def __init__(
        self,
        channel: str,
        disclosure: Disclosure,
        targets: Sequence[Target],
        record: CursorFile,
        now: Callable[[], float],
        rng: random.Random,
    ) -> None:
        self.channel = channel
        self._disclosure = disclosure
        self._targets = targets
        self._record = record
        self._now = now
        self._rng = rng
        self._health = Health()
        self._wake = asyncio.Event()
        self._draining = False
        self._halted = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"lane-{channel}")
        self._send_begun: Future[Outcome] | None = None

    @property
    def sending(self) -> bool:
        """Whether a send is under way. It goes on in its thread when the lane's task is cancelled."""
        return self._send_begun is not None and not self._send_begun.done()

    def wake(self) -> None:
        """There may be something to send."""
        self._wake.set()

    def drain(self) -> None:
        """Send what is due and end."""
        self._draining = True
        self._wake.set()

    def halt(self) -> None:
        """Begin no further send; end after the one under way."""
        self._halted = True
        self.drain()

    async def run(self) -> None:
        """Send what is due, sleep until the next is, and so on."""
        try:
            while True:
                self._wake.clear()
                while delivery := await self._next():
                    await self._deliver(delivery)
                    if self._health.down:
                        break
                if self._draining:
                    return
                await self._sleep()
        finally:
            self._thread.shutdown(wait=False)

    async def _next(self) -> Delivery | None:
        """What is to be sent now; nothing for a lane that was halted, even while this was found out."""
        delivery = await self._record.next_delivery(self.channel, self._disclosure, self._now())
        return None if self._halted else delivery

    async def _deliver(self, delivery: Delivery) -> None:
        # The log speaks of deliveries by number: amounts and names are for the channels, not for the journal.
        if delivery.target < len(self._targets):
            outcome = await self._send(self._targets[delivery.target], delivery.message)
            fate = after(delivery, outcome, self._now(), self._rng)
        else:
            fate = Abandoned("the channel has fewer recipients than when this was recorded")
        now = self._now()
        match fate:
            case Done():
                await self._record.mark_delivered(delivery.id, now)
                log.info("delivered", channel=self.channel, kind=delivery.message.kind, delivery=delivery.id)
                if self._health.succeeded():
                    log.info("the channel works again", channel=self.channel)
                    await self._record.make_due(self.channel, now)
            case DueAgain(due, reason, unconfirmed):
                await self._record.mark_due_again(delivery.id, due, reason, unconfirmed)
                self._health.failed(delivery.id)
                log.warning(
                    "not delivered, to be tried again",
                    channel=self.channel,
                    delivery=delivery.id,
                    reason=reason,
                    in_seconds=round(due - now),
                )
            case Abandoned(reason):
                await self._record.mark_abandoned(delivery.id, reason, now)
                self._health.failed(delivery.id)
                log.error("not delivered and abandoned", channel=self.channel, delivery=delivery.id, reason=reason)

    async def _send(self, target: Target, message: Message) -> Outcome:
        self._send_begun = self._thread.submit(target.send, message)
        return await asyncio.wrap_future(self._send_begun)

    async def _sleep(self) -> None:
        if self._health.down:
            # News must not knock at a channel that is down: it waits with the rest.
            pause = self._health.pause(self._rng)
        else:
            due = await self._record.next_due(self.channel)
            pause = _LONGEST_SLEEP if due is None else min(due - self._now(), _LONGEST_SLEEP)
        with suppress(TimeoutError):
            async with asyncio.timeout(max(pause, 0.0)):
                await self._until_woken()

    async def _until_woken(self) -> None:
        while not self._draining:
            await self._wake.wait()
            if not self._health.down:
                return
            self._wake.clear()
