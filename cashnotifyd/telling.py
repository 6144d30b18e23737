"""From recorded events to recorded deliveries: understand, join, word, route, and one transaction.

::

    pending events ─▶ understand ─▶ join (with what was told before) ─▶ word ─▶ route ─▶ tell

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
from cashnotifyd.vocabulary import Account, Event, Message, Mode
from cashnotifyd.wording.message import Words

log = structlog.get_logger(__name__)

BATCH = 200
"""Events understood and told in one transaction: bounds the memory that a backlog takes."""


@dataclass(frozen=True, slots=True)
class Audience:
    """In which words things are told, and who listens."""

    words: Words
    channels: tuple[Channel, ...]


async def tell_pending(
    record: CursorFile, account_number: int, account: Account, audience: Audience, now: float
) -> int:
    """Tell every recorded event of an account that is still pending. Returns how many messages that made."""
    messages = 0
    while batch := await record.pending(account_number, BATCH):
        understood = [_understood(pending) for pending in batch]
        refs = {
            (reading.family, ref)
            for _, _, reading in understood
            if isinstance(reading, Reading)
            for ref in reading.names | reading.hints
        }
        told_before = await record.facts_under(account_number, refs)
        telling = decide(understood, told_before, account, audience)
        await record.tell(account_number, telling, now)
        messages += len(telling.news)
    return messages


def decide(
    understood: Sequence[tuple[int, Event, Reading | Untold]],
    told_before: Sequence[Fact],
    account: Account,
    audience: Audience,
) -> Telling:
    """What a batch comes to. ``understood``: each pending event's number, the event, and what it says."""
    numbers = {event.id: number for number, event, _ in understood}
    facts = join(((event, reading) for _, event, reading in understood if isinstance(reading, Reading)), told_before)
    news: list[News] = []
    siblings: list[Siblings] = []
    for fact in facts:
        events = tuple(numbers[event.id] for event, _ in fact.members)
        if fact.told_as is not None:
            siblings.append(Siblings(fact, events))
            continue
        concerned = replace(account, mode=Mode.of_livemode(fact.members[0][0].livemode))
        message = _worded(fact, concerned, audience.words)
        routing = route(audience.channels, concerned, message.kind, fact.types)
        news.append(News(fact, message, routing, events))
    untold = tuple((number, reading.reason) for number, _, reading in understood if isinstance(reading, Untold))
    return Telling(tuple(news), tuple(siblings), untold)


def _understood(pending: PendingEvent) -> tuple[int, Event, Reading | Untold]:
    event = event_from_json(json.loads(pending.payload))
    assert event is not None, "the walk records nothing else"
    try:
        return pending.number, event, understand(event)
    except Exception:
        # One event that trips us must not stand in the way of all that come after it: it is told plainly.
        log.exception("an event could not be understood and is told in general words", event_id=event.id)
        return pending.number, event, anything(event)


def _worded(fact: Fact, account: Account, words: Words) -> Message:
    occurrence = fact.occurrence()
    try:
        return words.message(occurrence, account)
    except Exception:
        # As above: particulars that trip us cost the particulars, not the news.
        log.exception("a message could not be worded and is told without particulars", kind=occurrence.kind)
        return words.message(replace(occurrence, details=Details()), account)
