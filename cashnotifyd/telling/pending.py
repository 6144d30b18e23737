"""From recorded events to recorded deliveries: understand, join, word, route, and one transaction.

::

    pending events ─▶ understand ─▶ join (with what was told before) ─▶ hold? ─▶ refer back, look up ─▶ word
        ─▶ route ─▶ tell

It starts from what is on record, so a crash anywhere before the transaction changes nothing: the events are still
pending and are told after the restart.

What one batch takes is told in the order in which it happened. Of a backlog, what is pressing comes first, then what is
news today, then the rest: each in that order.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from cashnotifyd.cursor_file.door import TellingRecord
from cashnotifyd.cursor_file.values import PendingEvent, Telling
from cashnotifyd.occurrences.reading import Reading
from cashnotifyd.telling.finding_out import Informant, looked_up, settled, with_payments_behind
from cashnotifyd.telling.saying import Audience, news_of
from cashnotifyd.telling.sorting import Hold, Outcome, sort_out, understood_of
from cashnotifyd.telling.unhurried import for_each
from cashnotifyd.vocabulary import Account

BATCH = 200
"""Events understood and told in one transaction: bounds the memory that a backlog takes."""

LARGEST_BATCH = 1000
"""The same where many are held back. To join so many takes 10 ms, in which nothing else runs."""

PORTION = 10
"""Batches of a backlog that are told before the account is looked at again: a second or two of work."""

NEWS: Final = 86_400
"""Seconds for which something is news. What is older and was not told in time is for the summary."""

PRESSING: Final = (
    "account.updated",
    "account.external_account.created",
    "account.external_account.deleted",
    "account.external_account.updated",
    "capability.updated",
    "charge.dispute.created",
    "payout.failed",
    "radar.early_fraud_warning.created",
    "review.opened",
)
"""Types of which a person may have to act today, and whose facts need no other event to be told well."""


@dataclass(frozen=True, slots=True)
class Told:
    """On which channels there is something to send; whether something is held back, or was too much for once."""

    channels: frozenset[str]
    held: bool
    more: bool = False


@dataclass(frozen=True, slots=True)
class _Batch:
    """Pending events, and whether there are more just after the last and just before the first of them."""

    events: Sequence[PendingEvent]
    goes_on: bool = False
    since: int | None = None


async def tell_pending(  # noqa: PLR0913 (what it takes to tell; there is one caller)
    record: TellingRecord,
    account_number: int,
    account: Account,
    audience: Audience,
    now: float,
    look_ups: Informant | None = None,
    *,
    whole_from: int | None = None,
) -> Told:
    """Tell the recorded events of an account that are still pending, but for what is held back.

    Of a backlog only a portion, so that the account is polled meanwhile. ``whole_from``: a walk is under way and has
    recorded what happened since then (s, Stripe's); of that, what is pressing and what is news need not wait for its
    end.
    """
    telling = _Telling(record, account_number, account, audience, now, look_ups, whole_from)
    batches = 0
    async for batch in telling.batches():
        outcome = await telling.sorted_out(batch)
        if outcome:
            await telling.tell(outcome)
            batches += 1
        if batches == PORTION and batch.goes_on:
            return Told(frozenset(telling.channels), held=True, more=True)
    return Told(frozenset(telling.channels), held=telling.held > 0)


@dataclass(slots=True)
class _Telling:
    record: TellingRecord
    number: int
    account: Account
    audience: Audience
    now: float
    look_ups: Informant | None
    whole_from: int | None
    channels: set[str] = field(default_factory=set)
    held: int = 0
    """Events of the last batch that are held back: they are in the next one again."""

    async def batches(self) -> AsyncIterator[_Batch]:
        """What is pending, batch by batch; each is to be told before the next is asked for."""
        if self.whole_from is None:
            events = await self.record.pending(self.number, BATCH)
            if len(events) < BATCH:
                if events:
                    yield _Batch(events)
                return
        goes_on = True
        while goes_on and (events := await self.record.pending_of(self.number, PRESSING, BATCH)):
            yield _Batch(events, goes_on=len(events) == BATCH)
            goes_on = len(events) == BATCH and self.held == 0
        news_from = int(self.now) - NEWS
        for since in (news_from, None) if self.whole_from is None else (max(news_from, self.whole_from),):
            goes_on, self.held = True, 0
            while goes_on:
                most = min(BATCH + self.held, LARGEST_BATCH)
                events = await self.record.pending(self.number, most, since or 0)
                goes_on = len(events) == most
                if events:
                    yield _Batch(events, goes_on, since)

    async def sorted_out(self, batch: _Batch) -> Outcome:
        """What a batch comes to."""
        channels = [one for one in self.audience.channels if one.concerns(self.account)]
        understood = await for_each(batch.events, partial(understood_of, channels=channels))
        readings = [one.reading for one in understood if isinstance(one.reading, Reading)]
        refs = {(one.family, ref) for one in readings for ref in one.names | one.hints}.union(
            *(one.unless for one in readings)
        )
        told_before = await self.record.facts_under(self.number, refs) if refs else []
        # Where more follow than one batch takes, siblings may be just beyond its end.
        until = min(self.now, understood[-1].event.created) if batch.goes_on else self.now
        outcome = sort_out(understood, told_before, self.account, Hold(until, self.now, batch.since), channels)
        if not outcome and len(batch.events) == LARGEST_BATCH:
            outcome = sort_out(understood, told_before, self.account, None, channels)
        self.held = len(batch.events) - outcome.settled
        return outcome

    async def tell(self, outcome: Outcome) -> None:
        """Find out more, and record what is said to whom."""
        audience, look_ups = self.audience, self.look_ups
        outcome = await with_payments_behind(outcome, self.record, self.number)
        if look_ups is not None:
            outcome = await looked_up(outcome, audience, look_ups, self.now)
            if any(channel.has_digest and channel.concerns(self.account) for channel in audience.channels):
                outcome = await settled(outcome, audience, look_ups, self.record, self.now)
        news = await for_each(outcome.due, partial(news_of, audience=audience))
        reads = look_ups.unrecorded_reads if look_ups else 0
        telling = Telling(tuple(news), outcome.siblings, outcome.untold, reads)
        await self.record.tell(self.number, telling, self.now)
        self.channels.update(*(one.routing.channels for one in news))
        if look_ups is not None:
            look_ups.recorded(reads)
