"""A lane: one recipient's deliveries, one at a time, in order, each marked before the next is begun.

A lane to itself, with a thread to itself while it sends, so that a slow or dead one holds up nobody, not even the
other recipients of its channel. A send that has not ended after a while is given up and left to its thread. At most one
send of a lane is under way when the daemon is killed, so a crash repeats at most one message a recipient.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from cashnotifyd.cursor_file.door import LaneRecord
from cashnotifyd.cursor_file.values import Address, Cause, Delivery, Gathered, Mute, Summary, Turn
from cashnotifyd.delivery.outcome import NotSent, Outcome, Pace, Unconfirmed
from cashnotifyd.delivery.retrying import LATEST, Abandoned, Allowance, Done, DueAgain, Health, Trouble, after
from cashnotifyd.delivery.turns import Manners, chosen, is_alarming, lately, silent, turn
from cashnotifyd.schedules import Span
from cashnotifyd.vocabulary import Disclosure, Message, Wordings

log = structlog.get_logger(__name__)

_LONGEST_SLEEP = 3600.0
_GRACE = 2.0
"""Seconds for a send that was given up to say what it knows: whose connection is cut mostly ends at once."""
_MISSED = 60.0
"""Seconds without the channel that are worth a word when it is back."""


class Target(Protocol):
    """One recipient. ``send`` blocks, and answers for whatever a service or network does."""

    @property
    def pace(self) -> Pace:
        """What the service lets it send."""

    @property
    def patience(self) -> float:
        """Seconds after which a send that has not ended is given up."""

    def send(self, message: Message) -> Outcome:
        """Try once."""
        ...

    def give_up(self) -> None:
        """End the send under way, from another thread, where that can be done; it begins nothing more."""
        ...


def own_thread(name: str) -> Executor:
    """A thread to itself, for what blocks."""
    return ThreadPoolExecutor(1, thread_name_prefix=name)


@dataclass(frozen=True, slots=True)
class Way:
    """A recipient, how much it is told, and when. The ``allowance`` is that of all recipients of a channel.

    Many services count by who sends, not by who is sent to.
    """

    address: Address
    disclosure: Disclosure
    manners: Manners
    allowance: Allowance


class Lane:
    """One recipient's way out. :meth:`run` until :meth:`drain`; ``wake`` it when there may be something to send.

    ``summarized`` words what takes the place of many messages; ``thread`` makes what it sends in.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (a lane's whole surroundings)
        self,
        way: Way,
        target: Target,
        record: LaneRecord,
        now: Callable[[], float],
        rng: random.Random,
        summarized: Callable[[Gathered, Cause], Wordings],
        thread: Callable[[str], Executor] = own_thread,
    ) -> None:
        self._way = way
        self._target: list[Target] = [target]
        self._record = record
        self._now = now
        self._rng = rng
        self._summarized = summarized
        self._health = Health()
        self._unreachable: Span | None = None
        self._wake = asyncio.Event()
        self._afresh = True
        self._dropped: Mute | None = None
        self._urged = False
        self._resting = False
        self._draining = False
        self._halted = False
        self._thread = thread(f"lane-{way.address.channel}")
        self._send_begun: Future[Outcome] | None = None
        self._log = log.bind(channel=way.address.channel)

    @property
    def sending(self) -> bool:
        """Whether a send is under way. It goes on in its thread when the lane's task is cancelled."""
        return self._send_begun is not None and self._send_begun.running()

    @property
    def trouble(self) -> Trouble | None:
        """What is wrong, while something is."""
        return self._health.trouble

    def wake(self) -> None:
        """There may be something to send."""
        self._wake.set()

    def try_now(self) -> None:
        """Somebody may have mended something: a channel that is down is tried before its time."""
        self._urged = True
        self._wake.set()

    def clock_was_set(self) -> None:
        """What is on record was noted by a clock that said otherwise, or the machine was asleep."""
        self._afresh = True
        self.try_now()

    def drain(self) -> None:
        """Send what is due and end."""
        self._draining = True
        self._wake.set()

    def halt(self) -> None:
        """Begin no further send; end after the one under way."""
        self._halted = True
        if self._send_begun is not None:
            self._send_begun.cancel()  # it still waits for a thread, or it cannot be taken back
        self.drain()

    async def run(self) -> None:
        """Send what may be sent, sleep until more may, and so on."""
        try:
            while True:
                self._wake.clear()
                self._urged = False
                await self._start_afresh()
                pause = await self._send_all()
                if self._draining:
                    return
                await self._sleep(pause)
        finally:
            # In its thread: some plugins (Matrix) log out where the last reference to them is dropped, and that blocks.
            self._thread.submit(self._target.clear)
            self._thread.shutdown(wait=False)

    async def _start_afresh(self) -> None:
        """At first, and when the clock was set: what was due by another one is due now.

        What a channel did before says little of what it does now.
        """
        if self._afresh:
            self._afresh = False
            now = self._now()
            await self._record.forget_failures(self._way.address, now, now + LATEST)

    async def _send_all(self) -> float:
        """Send whatever may be sent now. Returns for how many seconds there is nothing more to do."""
        while True:
            self._resting = False
            now = self._now()
            if (wait := self._way.allowance.wait(now)) > 0.0:
                return wait
            turn_, delivery = await self._take_turn(now)
            if self._halted:
                # Even while this was found out: its message goes on waiting.
                return 0.0
            if turn_.drops is not None:
                await self._record.decline_due(self._way.address.channel, turn_.drops.span, "muted", now)
            if delivery is not None:
                await self._deliver(delivery)
                if self._health.down:
                    self._resting = True
                    return self._health.pause(self._rng)
            elif turn_.gather:
                await self._summarize(turn_, now)
            else:
                return await self._until_more(turn_, now)

    async def _take_turn(self, now: float) -> tuple[Turn, Delivery | None]:
        """What may be done now, and what is to be sent.

        While a channel is down, one message by itself tells whether it works again; what waits behind it is summed up
        afterwards.
        """
        way, burst = self._way, self._way.manners.burst
        looks_at = None if burst is None or self._health.down else lately(burst)
        offer = await self._record.offer(way.address, way.disclosure, now, looks_at)
        mute = offer.standing.mute
        if mute is not None and mute.drops and mute.span.until <= now and mute != self._dropped:
            # It slept while that lasted, as a channel that is down does.
            self._dropped = mute
            await self._record.decline_due(way.address.channel, mute.span, "muted", now)
            offer = await self._record.offer(way.address, way.disclosure, now, looks_at)
        if looks_at is None:
            turn_ = silent(offer.standing, way.manners, now) or Turn()
        else:
            turn_ = turn(offer.standing, way.manners, self._unreachable, now)
        return turn_, chosen(offer, turn_)

    async def _until_more(self, turn_: Turn, now: float) -> float:
        moments = [await self._record.next_due(self._way.address, now), turn_.until]
        soonest = min((moment for moment in moments if moment is not None), default=now + _LONGEST_SLEEP)
        return max(min(soonest - now, _LONGEST_SLEEP), 0.0)

    async def _summarize(self, turn_: Turn, now: float) -> None:
        """Put a summary in the place of what is gathered."""
        burst, address = self._way.manners.burst, self._way.address
        assert burst is not None, "there are no summaries without"
        gathered = await self._record.gather(address, turn_.gather, now)
        if gathered.failures is not None and not is_alarming(gathered.failures, burst):
            gathered = replace(gathered, failures=None)
        summary = Summary(
            address=address,
            gathered=gathered,
            streams=turn_.gather,
            wordings=self._summarized(gathered, turn_.cause),
            reason=type(turn_.cause).__name__.lower(),
            began=turn_.began,
        )
        await self._record.summarize(summary, now)
        self._log.info("many messages become one", cause=summary.reason)

    async def _deliver(self, delivery: Delivery) -> None:
        # The log speaks of deliveries by number: amounts and names are for the channels, not for the journal.
        told = self._log.bind(delivery=delivery.id)
        self._way.allowance.spend()
        outcome = await self._send(self._target[0], delivery.message)
        if outcome is None:
            return
        now = self._now()
        match after(delivery, outcome, now, self._rng, self._health.bears(delivery)):
            case Done():
                await self._record.mark_delivered(delivery.id, now)
                told.info("delivered", kind=delivery.message.kind)
                if (trouble := self._health.succeeded(delivery)) is not None:
                    await self._be_back(trouble, now)
            case DueAgain(due, reason, unconfirmed):
                await self._record.mark_due_again(delivery.id, due, reason, unconfirmed)
                self._health.failed(delivery, outcome, now, due)
                told.warning("not delivered, to be tried again", reason=reason, in_seconds=round(due - now))
            case Abandoned(reason):
                await self._record.mark_abandoned(delivery.id, reason, now)
                self._health.failed(delivery, outcome, now, None)
                told.error("not delivered and abandoned", reason=reason)

    async def _be_back(self, trouble: Trouble, now: float) -> None:
        """What failed meanwhile need not wait any longer."""
        self._log.info("the channel works again")
        if now - trouble.since >= _MISSED:
            self._unreachable = Span(trouble.since, now)
        address = self._way.address
        await self._record.make_due(address.channel, now, address.target, self._health.poison)

    async def _send(self, target: Target, message: Message) -> Outcome | None:
        """Try once, within the target's patience. None: it was not begun when the lane was to end."""
        self._send_begun = begun = self._thread.submit(target.send, message)
        ended = asyncio.wrap_future(begun)
        try:
            while True:
                had_a_thread = begun.running()
                await asyncio.wait({ended}, timeout=target.patience)
                if begun.cancelled():
                    return None
                if ended.done():
                    return ended.result()
                if begun.cancel():
                    return NotSent("too many earlier sends have not ended")
                if had_a_thread:
                    break  # else it was begun meanwhile, and has as long as any other
            target.give_up()
            await asyncio.wait({ended}, timeout=_GRACE)
            if ended.done():
                return ended.result()
            self._log.warning("a send does not end and is left to itself", seconds=round(target.patience))
            return Unconfirmed(f"no end to it within {target.patience:.0f} s")
        finally:
            ended.cancel()

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._until_woken()

    async def _until_woken(self) -> None:
        while not self._draining:
            await self._wake.wait()
            if self._urged or not self._resting:
                return
            # News must not knock at a channel that is down before the pause is over: it waits with the rest.
            self._wake.clear()
