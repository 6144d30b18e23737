"""Which facts are to be told now, and which wait, were told before, or make no message. Pure decisions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import structlog

from cashnotifyd.cursor_file.values import PendingEvent, Siblings, Takings
from cashnotifyd.delivery.routing import Channel
from cashnotifyd.occurrences.backward import PAYMENT, payment_named, referring_back
from cashnotifyd.occurrences.facts import Fact, join
from cashnotifyd.occurrences.other import anything
from cashnotifyd.occurrences.reading import Occurrence, Reading, Untold, Variant
from cashnotifyd.occurrences.understanding import event_from_json, understand
from cashnotifyd.vocabulary import Account, ConnectedAccount, Event, Kind, Mode

log = structlog.get_logger(__name__)

_JSON = msgspec.json.Decoder()

HOLD = 5.0
"""Seconds for which a fact waits for siblings that would tell it better. Stripe creates the events of one payment
within seconds of each other, and a poll may fall between them."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A pending event and what it says. ``recorded_at`` and ``number`` are the record's."""

    number: int
    recorded_at: float
    event: Event
    reading: Reading | Untold
    plainly: Reading | None = None
    """The same in general words, where a channel is to be told of its type whatever it says."""


@dataclass(frozen=True, slots=True)
class Hold:
    """When a fact need not wait any longer: ``until`` is compared with Stripe's clock, ``now`` is ours.

    By Stripe's, so that what is older than a few seconds when it is first seen is told at once; by ours as well, in
    case ours is behind. ``since``: where what happened before is on record and has not been looked at yet, there may be
    siblings just before, however long ago all that was.
    """

    until: float
    now: float
    since: float | None = None

    def keeps(self, fact: Fact, recorded_at: float) -> bool:
        """Whether ``fact`` is held back; ``recorded_at``: when its last member was."""
        if not fact.awaits_siblings():
            return False
        times = [event.created for event, _ in fact.members]
        if self.since is not None and min(times) - self.since < HOLD:
            return True
        # What was recorded in the future, was so before our clock was set back.
        return self.until - max(times) < HOLD and abs(self.now - recorded_at) < HOLD


@dataclass(frozen=True, slots=True)
class Due:
    """A fact that is to be told now. ``numbers`` are the record's of its events."""

    fact: Fact
    occurrence: Occurrence
    account: Account
    numbers: tuple[int, ...]
    silence: str | None = None
    """Why it would make no message, if no channel had named its type."""

    def is_ours(self) -> bool:
        """Whether it happened on the account itself: what is a connected account's cannot be looked up with its key."""
        return self.account.connected is None


def is_ours(fact: Fact) -> bool:
    """Whether it happened on the account itself, not on one that is connected to it."""
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

    @property
    def settled(self) -> int:
        """How many events that is the end of."""
        told = sum(len(one.numbers) for one in self.due) + sum(len(one.events) for one in self.siblings)
        return told + len(self.untold)


def sort_out(
    understood: Sequence[Understood],
    told_before: Sequence[Fact],
    account: Account,
    hold: Hold | None,
    channels: Sequence[Channel] = (),
) -> Outcome:
    """Which facts are to be told now. Without a ``hold`` nothing waits for siblings.

    A fact that was told before is told again on those of ``channels`` that have named the type of a sibling and did not
    hear of it: which events fall into one poll is chance.
    """
    by_event = {one.event.id: one for one in understood}
    facts = join(((one.event, one.reading) for one in understood if isinstance(one.reading, Reading)), told_before)
    due: list[Due] = []
    siblings: list[Siblings] = []
    awaited: set[str] = set()
    silent = [(one, str(one.reading.reason)) for one in understood if isinstance(one.reading, Untold)]
    for fact in facts:
        members = [by_event[event.id] for event, _ in fact.members]
        numbers = tuple(member.number for member in members)
        if fact.told_as is not None and not missed_by(fact, channels):
            siblings.append(Siblings(fact, numbers, takings_of(fact.occurrence())))
        elif fact.told_as is None and hold and hold.keeps(fact, max(member.recorded_at for member in members)):
            awaited |= fact.names if fact.family == PAYMENT else set()
        elif fact.told_as is None and (silence := fact.silence()) is not None:
            silent.extend((member, str(silence)) for member in members)
        else:
            due.append(_due(fact, members, account))
    untold: list[tuple[int, str]] = []
    for one, reason in silent:
        if one.plainly is None:
            untold.append((one.number, reason))
        else:
            fact = Fact(one.plainly.family, one.event.created, set(), set(), set())
            fact.add(one.event, one.plainly)
            due.append(replace(_due(fact, [one], account), silence=reason))
    # What refers back to a payment waits with it, to be told after it and with what is known of it.
    due = [one for one in due if awaited.isdisjoint(payment_named(one.occurrence))]
    due.sort(key=lambda one: (one.fact.created, bool(payment_named(one.occurrence))))
    payments = {name: one.occurrence for one in due if one.fact.family == PAYMENT for name in one.fact.names}
    return Outcome(tuple(back_to(one, payments) for one in due), tuple(siblings), tuple(untold))


def missed_by(fact: Fact, channels: Sequence[Channel]) -> list[Channel]:
    """The channels that have named a type of its new members, and have not heard of it."""
    types = {event.type for event, _ in fact.members}
    return [one for one in channels if one.id not in fact.decided and any(map(one.names, types))]


def _due(fact: Fact, members: Sequence[Understood], account: Account) -> Due:
    occurrence = fact.occurrence()
    concerned = replace(
        account,
        mode=Mode.of_livemode(members[0].event.livemode, account.mode),
        connected=connected_account(fact, occurrence, account.stripe_id),
    )
    return Due(fact, occurrence, concerned, tuple(member.number for member in members))


def connected_account(fact: Fact, occurrence: Occurrence, watched: str | None) -> ConnectedAccount | None:
    """The account that it happened on, where that is not ``watched`` (``acct_…``) itself."""
    connected = next((event.connected for event, _ in fact.members if event.connected is not None), None)
    if connected is None or connected == watched:
        return None
    return ConnectedAccount(connected, occurrence.details.business)


def back_to(due: Due, payments: Mapping[str, Occurrence]) -> Due:
    """The same with what is known of the payment that it goes back to."""
    found = next((payments[name] for name in payment_named(due.occurrence) if name in payments), None)
    return due if found is None else replace(due, occurrence=referring_back(due.occurrence, found))


def takings_of(occurrence: Occurrence) -> Takings:
    """What it came to. A payout that did not go out has the booking of the payout, and what that took has come back."""
    details = occurrence.details
    if occurrence.kind is Kind.PAYOUT_FAILED or details.variant is Variant.PAYOUT_CANCELED:
        return Takings(details.variant, details.money)
    return Takings(details.variant, details.money, details.fee, details.net)


def recorded_event(payload: str) -> Event:
    """An event as it stands in the record."""
    try:
        raw = _JSON.decode(payload)
    except (msgspec.DecodeError, RecursionError):
        raw = json.loads(payload)  # what the standard does not allow: NaN, half of a surrogate pair
    event = event_from_json(raw)
    assert event is not None, "the walk records nothing else"
    return event


def understood_of(pending: PendingEvent, channels: Sequence[Channel] = ()) -> Understood:
    """A pending event and what it says, also in general words where one of ``channels`` insists on its type.

    Without its object, which has been read: those of a whole batch are more than the garbage collector goes through in
    20 ms.
    """
    event = recorded_event(pending.payload)
    reading = reading_of(event)
    plainly = anything(event) if any(channel.insists_on(event.type) for channel in channels) else None
    return Understood(pending.number, pending.recorded_at, replace(event, object={}, previous={}), reading, plainly)


def reading_of(event: Event) -> Reading | Untold:
    """What ``event`` says. One that trips us must not stand in the way of all that come after it."""
    try:
        return understand(event)
    except Exception:
        log.exception("an event could not be understood and is told in general words", event_id=event.id)
        return anything(event)
