"""Events on record as people and their scripts get them.

What was told stands in the words in which it was told. The rest is worded now, as it would be: what the first contact
found by all events of one thing together, what makes no message in general words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal

from cashnotifyd.cursor_file.lives import RecordedEvent, Sought, State
from cashnotifyd.delivery.routing import loudness
from cashnotifyd.history.timestamps import iso
from cashnotifyd.money import Money, main_units
from cashnotifyd.occurrences.facts import Fact, join
from cashnotifyd.occurrences.other import anything
from cashnotifyd.occurrences.reading import Details, Occurrence, Reading
from cashnotifyd.occurrences.understanding import event_from_json, understand
from cashnotifyd.telling.sorting import connected_account
from cashnotifyd.vocabulary import Account, ConnectedAccount, Event, Kind, Message, Mode, Urgency
from cashnotifyd.wording.dashboard import dashboard_link
from cashnotifyd.wording.headlines import headline, title, type_in_words
from cashnotifyd.wording.language import Language
from cashnotifyd.wording.particulars import particulars
from cashnotifyd.wording.urgencies import urgency

TOLD_WITH = "told_with:"
"""What the reason of an event begins with that the message of another one tells, whose id follows."""

NO_CHANNEL = "no_channel"
"""The reason of what was told when there was no channel."""

_TO_COME = frozenset({State.HISTORY, State.PENDING})
"""What nobody has judged yet. What makes no message has been, with more at hand than there is here."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event. The fields and their order are the keys of ``--json`` and, but for ``body``, the columns of ``--csv``.

    ``created`` is ISO 8601, UTC. ``told``: whether it brought a message to some channel; ``reason``: why it did not.
    Amounts are in main units, fee and net in the currency ``settled_in``; of several events of one thing, one alone has
    them.
    """

    event_id: str
    type: str
    account: str
    mode: Mode
    created: str
    kind: Kind
    title: str
    body: str
    state: State
    told: bool
    reason: str | None
    urgency: Urgency
    amount: str | None
    currency: str | None
    fee: str | None
    net: str | None
    settled_in: str | None
    link: str | None


COLUMNS = tuple(field.name for field in fields(Entry) if field.name != "body")


@dataclass(frozen=True, slots=True)
class Line:
    """An entry, its event, and whether it stands for all events of the same thing."""

    event: RecordedEvent
    entry: Entry
    leads: bool


@dataclass(frozen=True, slots=True)
class Speech:
    """How to say it. ``names``: what accounts are called in the configuration, by id, where that says anything.

    ``urgencies``: those of kinds that differ there from the usual.
    """

    language: Language
    names: Mapping[str, str]
    urgencies: Mapping[Kind, Urgency] = field(default_factory=dict)

    def account(self, event: RecordedEvent) -> Account:
        """The account that an event is of."""
        name = self.names.get(event.account) or event.account_name or event.account
        return Account(event.account, name, event.mode, event.stripe_id)


@dataclass(frozen=True, slots=True)
class _Figures:
    money: Money | None = None
    fee: Money | None = None
    net: Money | None = None


def lines(events: Sequence[RecordedEvent], speech: Speech) -> list[Line]:
    """A line an event, in their order."""
    reworded = _reworded([event for event in events if event.told is None], speech)
    found = (_as_told(event) if event.told is not None else reworded[event.number] for event in events)
    return [_as_configured(line, speech.urgencies) for line in found]


def _as_configured(line: Line, urgencies: Mapping[Kind, Urgency]) -> Line:
    """With the urgency that the kind has in the configuration."""
    entry = line.entry
    return replace(line, entry=replace(entry, urgency=loudness(urgencies, entry.kind, entry.urgency, entry.mode)))


def is_sought(entry: Entry, sought: Sought) -> bool:
    """Whether what was not told is of the kind, amount and text that are sought, now that it is understood."""
    if sought.kinds and entry.kind not in sought.kinds:
        return False
    if sought.text is not None:
        # Of what makes no message, the record was asked for the type.
        text, where = sought.text.casefold(), f"{entry.title}\n{entry.body}\n{entry.type}"
        if text not in where.casefold():
            return False
    if not sought.by_amount:
        return True
    if entry.amount is None or sought.currency not in (None, entry.currency):
        return False
    amount = Decimal(entry.amount)
    return (sought.least is None or amount >= sought.least) and (sought.most is None or amount <= sought.most)


def _as_told(event: RecordedEvent) -> Line:
    told = event.told
    assert told is not None
    message = Message(told.kind, told.title, told.body, told.urgency, told.link)
    figures = _Figures(told.money, told.fee, told.net)
    reason = None if told.declined is None else ",".join(told.declined) or NO_CHANNEL
    if reason is None and not event.leads:
        reason = f"{TOLD_WITH}{told.lead}"
    return _line(event, message, figures, reason, leads=event.leads)


def _reworded(events: Sequence[RecordedEvent], speech: Speech) -> dict[int, Line]:
    """By number. One thing's events are found together as far as they are among these."""
    by_account: dict[tuple[str, Mode], list[RecordedEvent]] = {}
    for event in events:
        by_account.setdefault((event.account, event.mode), []).append(event)
    found: dict[int, Line] = {}
    for of_account in by_account.values():
        account = speech.account(of_account[0])
        read = {event.number: one for event in of_account if (one := _event(event)) is not None}
        leads = _things({event.number: read[event.number] for event in of_account if _is_to_come(event, read)}, account)
        for event in of_account:
            thing = leads.get(event.number) or _in_general(read.get(event.number), event)
            message = _message(thing.occurrence, replace(account, connected=thing.connected), speech.language)
            reason = event.reason if event.state is State.UNTOLD else event.state.value
            figures = _Figures() if event.state is State.UNTOLD else thing.figures()
            found[event.number] = _line(event, message, figures, reason, leads=thing.lead == event.id)
    return found


@dataclass(frozen=True, slots=True)
class _Thing:
    occurrence: Occurrence
    lead: str
    connected: ConnectedAccount | None = None

    def figures(self) -> _Figures:
        details = self.occurrence.details
        return _Figures(details.money, details.fee, details.net)


def _is_to_come(event: RecordedEvent, read: Mapping[int, Event]) -> bool:
    return event.state in _TO_COME and event.number in read


def _things(events: Mapping[int, Event], account: Account) -> dict[int, _Thing]:
    """What has something to tell, by the number of each of its events."""
    numbers = {event.id: number for number, event in events.items()}
    readings = ((event, _reading(event)) for event in sorted(events.values(), key=lambda event: event.created))
    facts = join(((event, reading) for event, reading in readings if reading is not None), ())
    found: dict[int, _Thing] = {}
    for fact in facts:
        if fact.silence() is None:
            thing = _thing(fact, fact.ranked()[0][0].id, account.stripe_id)
            found |= {numbers[event.id]: thing for event, _ in fact.members}
    return found


def _event(recorded: RecordedEvent) -> Event | None:
    return None if recorded.payload is None else event_from_json(json.loads(recorded.payload))


def _reading(event: Event) -> Reading | None:
    try:
        reading = understand(event)
    except Exception:  # noqa: BLE001 (owned here: one event that trips us must not hide all others)
        return None
    return reading if isinstance(reading, Reading) else None


def _in_general(event: Event | None, recorded: RecordedEvent) -> _Thing:
    """By the type and what the object has of an amount and a customer."""
    if event is None:
        nothing = Occurrence(
            kind=Kind.OTHER, created=recorded.created, types=frozenset({recorded.type}), details=Details()
        )
        return _Thing(nothing, recorded.id)
    reading = anything(event)
    fact = Fact(reading.family, event.created, set(), set(), set())
    fact.add(event, reading)
    return _thing(fact, recorded.id, recorded.stripe_id)


def _thing(fact: Fact, lead: str, watched: str | None) -> _Thing:
    occurrence = fact.occurrence()
    return _Thing(occurrence, lead, connected_account(fact, occurrence, watched))


def _message(occurrence: Occurrence, account: Account, language: Language) -> Message:
    try:
        what, body = headline(occurrence, language), "\n".join(particulars(occurrence, account, language))
    except Exception:  # noqa: BLE001 (owned here, as above: it costs the particulars)
        what, body = type_in_words(min(occurrence.types)), ""
    details = occurrence.details
    return Message(
        kind=occurrence.kind,
        title=title(what, account, language),
        body=body,
        urgency=urgency(occurrence, account),
        link=dashboard_link(account, details.object_type, details.object_id),
    )


def _line(event: RecordedEvent, message: Message, figures: _Figures, reason: str | None, *, leads: bool) -> Line:
    if not leads:
        figures = _Figures()
    settled = figures.fee if figures.net is None else figures.net
    entry = Entry(
        event_id=event.id,
        type=event.type,
        account=event.account,
        mode=event.mode,
        created=iso(event.created),
        kind=message.kind,
        title=message.title,
        body=message.body,
        state=event.state,
        told=reason is None,
        reason=reason,
        urgency=message.urgency,
        amount=_main(figures.money),
        currency=None if figures.money is None else figures.money.currency,
        fee=_main(figures.fee),
        net=_main(figures.net),
        settled_in=None if settled is None else settled.currency,
        link=message.link,
    )
    return Line(event, entry, leads)


def _main(money: Money | None) -> str | None:
    return None if money is None else f"{main_units(money):f}"
