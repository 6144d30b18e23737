"""From recorded events to recorded deliveries: understand, join, word, route, and one transaction.

::

    pending events ─▶ understand ─▶ join (with what was told before) ─▶ hold? ─▶ refer back, look up ─▶ word
        ─▶ route ─▶ tell

It starts from what is on record, so a crash anywhere before the transaction changes nothing: the events are still
pending and are told after the restart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.values import News, PendingEvent, Routing, Siblings, Takings, Telling
from cashnotifyd.delivery.routing import Channel, Matter, route
from cashnotifyd.occurrences.backward import PAYMENT, payment_named, referring_back
from cashnotifyd.occurrences.facts import Fact, join
from cashnotifyd.occurrences.other import anything
from cashnotifyd.occurrences.reading import Details, Occurrence, Reading, Untold
from cashnotifyd.occurrences.understanding import event_from_json, understand
from cashnotifyd.vocabulary import Account, Event, Mode, Wordings
from cashnotifyd.wording.message import Words
from cashnotifyd.wording.urgencies import urgency

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


class Informant(Protocol):
    """Who finds out more about what happened: :class:`cashnotifyd.lookups.asking.LookUps`.

    Described here because that one imports stripe, which costs a preview of files 0.3 s for nothing.
    """

    @property
    def unrecorded_reads(self) -> int:
        """Requests sent and not yet counted in the record."""

    def recorded(self, reads: int) -> None:
        """So many of them have been counted."""

    async def complete(self, occurrences: Sequence[Occurrence], now: float) -> list[Occurrence]:
        """The occurrences, each with whatever could be found out in time, in the same order."""


async def tell_pending(
    record: CursorFile,
    account_number: int,
    account: Account,
    audience: Audience,
    now: float,
    look_ups: Informant | None = None,
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
        outcome = sort_out(understood, told_before, account, Hold(until, now))
        if full and not outcome:
            outcome = sort_out(understood, told_before, account, None)
        if not outcome:
            return Told(messages, held=True)
        outcome = await _referring_back(outcome, record, account_number)
        if look_ups is not None:
            outcome = await _looked_up(outcome, audience, look_ups, now)
            if any(channel.has_digest and channel.concerns(account) for channel in audience.channels):
                outcome = await _settled(outcome, audience, look_ups, record, now)
        telling = worded(outcome, audience, look_ups.unrecorded_reads if look_ups else 0)
        await record.tell(account_number, telling, now)
        if look_ups is not None:
            look_ups.recorded(telling.reads)
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


@dataclass(frozen=True, slots=True)
class Due:
    """A fact that is to be told now. ``numbers`` are the record's of its events."""

    fact: Fact
    occurrence: Occurrence
    account: Account
    numbers: tuple[int, ...]

    def is_ours(self) -> bool:
        """Whether it happened on the account itself: what is a connected account's cannot be looked up with its key."""
        return _is_ours(self.fact)


def _is_ours(fact: Fact) -> bool:
    return all(event.connected is None for event, _ in fact.members)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a batch comes to before a word is said."""

    due: tuple[Due, ...] = ()
    siblings: tuple[Siblings, ...] = ()
    untold: tuple[tuple[int, str], ...] = ()
    """(event's number, reason)"""

    def __bool__(self) -> bool:
        return bool(self.due or self.siblings or self.untold)


def decide(
    understood: Sequence[Understood],
    told_before: Sequence[Fact],
    account: Account,
    audience: Audience,
    hold: Hold | None,
) -> Telling:
    """What a batch comes to, told by its events alone. Without a ``hold`` nothing waits for siblings."""
    return worded(sort_out(understood, told_before, account, hold), audience)


def sort_out(
    understood: Sequence[Understood], told_before: Sequence[Fact], account: Account, hold: Hold | None
) -> Outcome:
    """Which facts are to be told now. Without a ``hold`` nothing waits for siblings."""
    by_event = {one.event.id: one for one in understood}
    facts = join(((one.event, one.reading) for one in understood if isinstance(one.reading, Reading)), told_before)
    due: list[Due] = []
    siblings: list[Siblings] = []
    untold: list[tuple[int, str]] = [
        (one.number, one.reading.reason) for one in understood if isinstance(one.reading, Untold)
    ]
    for fact in facts:
        members = [by_event[event.id] for event, _ in fact.members]
        numbers = tuple(member.number for member in members)
        if fact.told_as is not None:
            siblings.append(Siblings(fact, numbers, _takings(fact.occurrence())))
        elif hold and hold.keeps(fact, max(member.recorded_at for member in members)):
            continue
        elif (silence := fact.silence()) is not None:
            untold.extend((number, silence) for number in numbers)
        else:
            concerned = replace(account, mode=Mode.of_livemode(members[0].event.livemode, account.mode))
            due.append(Due(fact, _on_its_account(fact, account), concerned, numbers))
    payments = {name: one.occurrence for one in due if one.fact.family == PAYMENT for name in one.fact.names}
    return Outcome(tuple(_back_to(one, payments) for one in due), tuple(siblings), tuple(untold))


def _on_its_account(fact: Fact, account: Account) -> Occurrence:
    """What happened; on a connected account it leads to that, since the dashboard shows none of its objects to us."""
    occurrence = fact.occurrence()
    connected = next((event.connected for event, _ in fact.members if event.connected is not None), None)
    if connected in (None, account.stripe_id):
        return occurrence
    there = replace(occurrence.details, object_type="connected_account", object_id=connected)
    return replace(occurrence, details=there)


def _back_to(due: Due, payments: Mapping[str, Occurrence]) -> Due:
    """The same with what is known of the payment that it goes back to."""
    found = next((payments[name] for name in payment_named(due.occurrence) if name in payments), None)
    return due if found is None else replace(due, occurrence=referring_back(due.occurrence, found))


async def _referring_back(outcome: Outcome, record: CursorFile, account_number: int) -> Outcome:
    """The same with what is on record of the payments that refunds and disputes go back to."""
    payments: dict[str, Occurrence] = {}
    for name in {name for one in outcome.due for name in payment_named(one.occurrence)}:
        events = [_recorded_event(payload) for payload in await record.events_behind(account_number, PAYMENT, name)]
        told = [
            (event, reading)
            for event in events
            if isinstance(reading := reading_of(event), Reading) and reading.family == PAYMENT
        ]
        if told:
            fact = Fact(PAYMENT, told[0][0].created, set(), set(), set())
            for event, reading in told:
                fact.add(event, reading)
            payments[name] = fact.occurrence()
    return replace(outcome, due=tuple(_back_to(one, payments) for one in outcome.due))


async def _looked_up(outcome: Outcome, audience: Audience, look_ups: Informant, now: float) -> Outcome:
    """The same with what Stripe says beyond the events, for what somebody is to be told of."""
    heard = [one for one in outcome.due if one.is_ours() and _routed(one, audience).deliver]
    try:
        completed = await look_ups.complete([one.occurrence for one in heard], now)
    except Exception:
        # As with readings: an answer that trips us costs the particulars, not the news.
        log.exception("what was looked up could not be understood; messages do without")
        return outcome
    by_fact = {id(one.fact): occurrence for one, occurrence in zip(heard, completed, strict=True)}
    due = tuple(replace(one, occurrence=by_fact.get(id(one.fact), one.occurrence)) for one in outcome.due)
    return replace(outcome, due=due)


async def _settled(
    outcome: Outcome, audience: Audience, look_ups: Informant, record: CursorFile, now: float
) -> Outcome:
    """The same with the fees of what only a digest tells of, and of payments whose booking came after their message."""
    counted = [one for one in outcome.due if one.is_ours() and not _routed(one, audience).deliver]
    booked = [one for one in outcome.siblings if _is_ours(one.fact) and _booking(one.fact.occurrence()) is not None]
    unsettled = await record.unsettled(one.fact.told_as for one in booked if one.fact.told_as is not None)
    late = [one for one in booked if one.fact.told_as in unsettled]
    if not counted and not late:
        return outcome
    occurrences = [*(one.occurrence for one in counted), *(one.fact.occurrence() for one in late)]
    try:
        completed = await look_ups.complete([_only_its_booking(one) for one in occurrences], now)
    except Exception:
        log.exception("what was looked up could not be understood; digests do without")
        return outcome
    facts = [*(id(one.fact) for one in counted), *(id(one.fact) for one in late)]
    known = dict(zip(facts, map(_takings, completed), strict=True))
    due = tuple(
        replace(one, occurrence=_with_booking(one.occurrence, known[id(one.fact)])) if id(one.fact) in known else one
        for one in outcome.due
    )
    siblings = tuple(replace(one, takings=known.get(id(one.fact), one.takings)) for one in outcome.siblings)
    return replace(outcome, due=due, siblings=siblings)


def _booking(occurrence: Occurrence) -> str | None:
    return occurrence.details.balance_transaction_id


def _only_its_booking(occurrence: Occurrence) -> Occurrence:
    """With nothing else that could be looked up: one read instead of six."""
    details = occurrence.details
    known = Details(
        money=details.money, balance_transaction_id=details.balance_transaction_id, fee=details.fee, net=details.net
    )
    return replace(occurrence, details=known, lacks=frozenset())


def _with_booking(occurrence: Occurrence, takings: Takings) -> Occurrence:
    return replace(occurrence, details=occurrence.details.filled_from(Details(fee=takings.fee, net=takings.net)))


def _routed(due: Due, audience: Audience) -> Routing:
    occurrence, account = due.occurrence, due.account
    loudness = urgency(occurrence, account.mode)
    matter = Matter(account, occurrence.kind, loudness, frozenset(due.fact.types), occurrence.details.money)
    return route(audience.channels, matter)


def worded(outcome: Outcome, audience: Audience, reads: int = 0) -> Telling:
    """What a batch comes to in words, and whom they go to. ``reads``: requests that are still to be recorded."""
    news = tuple(
        News(
            fact=one.fact,
            wordings=_worded(one.occurrence, one.account, audience.words),
            routing=_routed(one, audience),
            events=one.numbers,
            mode=one.account.mode,
            takings=_takings(one.occurrence),
        )
        for one in outcome.due
    )
    return Telling(news, outcome.siblings, outcome.untold, reads)


def _takings(occurrence: Occurrence) -> Takings:
    details = occurrence.details
    return Takings(details.variant, details.money, details.fee, details.net)


def _recorded_event(payload: str) -> Event:
    event = event_from_json(json.loads(payload))
    assert event is not None, "the walk records nothing else"
    return event


def _understood(pending: PendingEvent) -> Understood:
    event = _recorded_event(pending.payload)
    return Understood(pending.number, pending.recorded_at, event, reading_of(event))


def reading_of(event: Event) -> Reading | Untold:
    """What ``event`` says. One that trips us must not stand in the way of all that come after it."""
    try:
        return understand(event)
    except Exception:
        log.exception("an event could not be understood and is told in general words", event_id=event.id)
        return anything(event)


def _worded(occurrence: Occurrence, account: Account, words: Words) -> Wordings:
    try:
        return words.wordings(occurrence, account)
    except Exception:
        # As above: particulars that trip us cost the particulars, not the news.
        log.exception("a message could not be worded and is told without particulars", kind=occurrence.kind)
        return words.wordings(replace(occurrence, details=Details()), account)
