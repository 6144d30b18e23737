"""What the record tells of events to people who ask: which there were, and what became of each.

Nothing here knows how it is kept. Times are seconds since 1970 UTC: ``created`` by Stripe's clock, the others by ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from cashnotifyd.money import Money
from cashnotifyd.vocabulary import Kind, Mode, Urgency


class State(StrEnum):
    """What became of an event that was listed."""

    OLDER = "older"
    HISTORY = "history"
    PENDING = "pending"
    TOLD = "told"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class AsTold:
    """What an event is a part of, in the words in which it was told in full.

    ``lead``: the first event behind it. ``declined``: why, where no channel was to have it.
    """

    number: int
    kind: Kind
    variant: str | None
    created: int
    told_at: float
    title: str
    body: str
    urgency: Urgency
    link: str | None
    money: Money | None
    fee: Money | None
    net: Money | None
    lead: str
    declined: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event on record. ``account`` is its id in the configuration, ``account_name`` Stripe's name for it.

    ``payload`` is the JSON that it came as, where it has not been told and is more than an id.
    """

    number: int
    id: str
    account: str
    account_name: str | None
    stripe_id: str | None
    mode: Mode
    created: int
    type: str
    recorded_at: float
    state: State
    reason: str | None
    told: AsTold | None
    payload: str | None

    @property
    def leads(self) -> bool:
        """Whether it stands for all events of the same thing."""
        return self.told is None or self.told.lead == self.id


@dataclass(frozen=True, slots=True)
class Sought:
    """Which events are asked for; empty or None: no restriction.

    ``types`` are globs. ``since`` and ``until`` are by Stripe's clock, the latter not included. ``least`` and ``most``
    are in main units, of that ``currency`` or of any. With ``told``, only what some channel was to have;
    with ``leads``, of each thing only the first event.
    """

    accounts: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    types: tuple[str, ...] = ()
    mode: Mode | None = None
    since: float | None = None
    until: float | None = None
    text: str | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    currency: str | None = None
    told: bool = False
    leads: bool = False

    @property
    def by_meaning(self) -> bool:
        """Whether it asks for what has to be understood first."""
        return bool(self.kinds or self.text) or self.by_amount

    @property
    def by_amount(self) -> bool:
        """Whether it asks for what has an amount."""
        return (self.least, self.most, self.currency) != (None, None, None)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of events ended, the newest first."""

    created: int
    number: int


@dataclass(frozen=True, slots=True)
class News:
    """Events that were recorded, or settled, since somebody looked; ``pending`` are the numbers of those that are not.

    ``last`` is the newest number on record.
    """

    settled: tuple[RecordedEvent, ...]
    pending: tuple[int, ...]
    last: int


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another event of the same thing."""

    id: str
    type: str
    created: int
    recorded_at: float


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a message for one recipient of a channel. ``state`` is that of the delivery.

    ``summary`` is the title of the message that it became a part of, and ``summary_state`` and ``summary_finished``
    what became of that one.
    """

    channel: str
    target: int
    state: str
    urgency: Urgency | None
    reason: str | None
    attempts: int
    created: float
    due: float | None
    finished: float | None
    summary: str | None = None
    summary_state: str | None = None
    summary_finished: float | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """All that is on record of an event."""

    event: RecordedEvent
    siblings: tuple[Sibling, ...]
    sent: tuple[Sent, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The lives of the events that an id names. ``candidates``: where it names none, but several begin with it."""

    lives: tuple[Life, ...] = ()
    candidates: tuple[str, ...] = ()
