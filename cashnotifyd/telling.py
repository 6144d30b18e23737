"""From recorded events to recorded deliveries: understand, join, word, route, and one transaction.

::

    pending events ─▶ understand ─▶ join (with what was told before) ─▶ hold? ─▶ word ─▶ route ─▶ tell

It starts from what is on record, so a crash anywhere before the transaction changes nothing: the events are still
pending and are told after the restart.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from cashnotifyd.cursor_file import CursorFile, News, PendingEvent, Siblings, Telling
from cashnotifyd.delivery.routing import Channel, route
from cashnotifyd.occurrences.facts import Fact, join
from cashnotifyd.occurrences.other import anything
from cashnotifyd.occurrences.reading import Details, Reading, Untold
from cashnotifyd.occurrences.understanding import event_from_json, understand
from cashnotifyd.vocabulary import Account, Event, Mode, Wordings
from cashnotifyd.wording.message import Words

log = structlog.get_logger(__name__)

BATCH = 200
"""Events understood and told in one transaction: bounds the memory that a backlog takes."""


HOLD = 5.0
"""Seconds for which a fact waits for siblings that would tell it better. Stripe creates the events of one payment
within seconds of each other, and a poll may fall between them."""


@dataclass(frozen=True, slots=True)
class Audience:
    """In which words things are told, and who listens."""

    words: Words
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class Understood:
    """A pending event and what it says. ``recorded_at`` and ``number`` are the record's."""

    number: int
    recorded_at: float
    event: Event
    reading: Reading | Untold


@dataclass(frozen=True, slots=True)
class Told:
    """How many messages were made, and whether something is held back for a moment yet."""

    messages: int
    held: bool


async def tell_pending(
    record: CursorFile, account_number: int, account: Account, audience: Audience, now: float
) -> Told:
    """Tell every recorded event of an account that is still pending, but for what is held back."""
    messages = 0
    while batch := await record.pending(account_number, BATCH):
        understood = [_understood(pending) for pending in batch]
        refs = {
            (one.reading.family, ref)
            for one in understood
            if isinstance(one.reading, Reading)
            for ref in one.reading.names | one.reading.hints
        }
        told_before = await record.facts_under(account_number, refs)
        # Where more follow than one batch takes, siblings may be just beyond its end.
        full = len(batch) == BATCH
        until = min(now, understood[-1].event.created) if full else now
        telling = decide(understood, told_before, account, audience, Hold(until, now))
        if full and not telling:
            telling = decide(understood, told_before, account, audience, None)
        if not telling:
            return Told(messages, held=True)
        await record.tell(account_number, telling, now)
        messages += len(telling.news)
    return Told(messages, held=False)


@dataclass(frozen=True, slots=True)
class Hold:
    """When a fact need not wait any longer: ``until`` is compared with Stripe's clock, ``now`` is ours.

    By Stripe's, so that what is older than a few seconds when it is first seen is told at once; by ours as well, in
    case ours is behind.
    """

    until: float
    now: float

    def keeps(self, fact: Fact, recorded_at: float) -> bool:
        """Whether ``fact`` is held back; ``recorded_at``: when its last member was."""
        if not fact.awaits_siblings():
            return False
        newest = max(event.created for event, _ in fact.members)
        return self.until - newest < HOLD and self.now - recorded_at < HOLD


def decide(
    understood: Sequence[Understood],
    told_before: Sequence[Fact],
    account: Account,
    audience: Audience,
    hold: Hold | None,
) -> Telling:
    """What a batch comes to. Without a ``hold`` nothing waits for siblings."""
    by_event = {one.event.id: one for one in understood}
    facts = join(((one.event, one.reading) for one in understood if isinstance(one.reading, Reading)), told_before)
    news: list[News] = []
    siblings: list[Siblings] = []
    for fact in facts:
        members = [by_event[event.id] for event, _ in fact.members]
        numbers = tuple(member.number for member in members)
        if fact.told_as is not None:
            siblings.append(Siblings(fact, numbers))
            continue
        if hold and hold.keeps(fact, max(member.recorded_at for member in members)):
            continue
        concerned = replace(account, mode=Mode.of_livemode(members[0].event.livemode))
        wordings = _worded(fact, concerned, audience.words)
        routing = route(audience.channels, concerned, wordings.full.kind, fact.types)
        news.append(News(fact, wordings, routing, numbers))
    untold = tuple((one.number, one.reading.reason) for one in understood if isinstance(one.reading, Untold))
    return Telling(tuple(news), tuple(siblings), untold)


def _understood(pending: PendingEvent) -> Understood:
    event = event_from_json(json.loads(pending.payload))
    assert event is not None, "the walk records nothing else"
    return Understood(pending.number, pending.recorded_at, event, reading_of(event))


def reading_of(event: Event) -> Reading | Untold:
    """What ``event`` says. One that trips us must not stand in the way of all that come after it."""
    try:
        return understand(event)
    except Exception:
        log.exception("an event could not be understood and is told in general words", event_id=event.id)
        return anything(event)


def _worded(fact: Fact, account: Account, words: Words) -> Wordings:
    occurrence = fact.occurrence()
    try:
        return words.wordings(occurrence, account)
    except Exception:
        # As above: particulars that trip us cost the particulars, not the news.
        log.exception("a message could not be worded and is told without particulars", kind=occurrence.kind)
        return words.wordings(replace(occurrence, details=Details()), account)
