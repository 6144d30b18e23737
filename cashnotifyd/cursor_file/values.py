"""What goes into the record and comes out of it. Nothing here knows how it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cashnotifyd.occurrences.facts import Fact
from cashnotifyd.vocabulary import Message, Mode, Wordings


@dataclass(frozen=True, slots=True)
class WatchedAccount:
    """A Stripe account in one mode, as the record knows it. ``low_water`` is None before the first contact."""

    id: int
    config_id: str
    mode: Mode
    stripe_id: str | None
    name: str | None
    key_print: str
    low_water: int | None
    watched_from: int
    polled_at: float | None
    icon_file: str | None = None
    icon_link: str | None = None


@dataclass(frozen=True, slots=True)
class ListedEvent:
    """An event of a page, and what the record is to make of it if it has not seen it yet."""

    id: str
    type: str
    created: int
    payload: str
    """The event as JSON, as Stripe sent it."""
    state: Literal["older", "history", "pending"]


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """A recorded event that has not been understood yet. ``recorded_at``: seconds since 1970 UTC by our clock."""

    number: int
    payload: str
    recorded_at: float


@dataclass(frozen=True, slots=True)
class Routing:
    """Whom a message goes to: ``deliver`` holds (channel, target), ``declined`` holds (channel, reason)."""

    deliver: tuple[tuple[str, int], ...]
    declined: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Announcement:
    """A message of the daemon's own, which speaks of no customer and no amount, and whom it goes to."""

    message: Message
    routing: Routing


@dataclass(frozen=True, slots=True)
class Ending:
    """What a whole walk leaves on record: the mark, the requests since the last one, and what is to be said of it."""

    low_water: int
    watched_from: int
    reads: int
    announcement: Announcement | None


@dataclass(frozen=True, slots=True)
class News:
    """A fact that is told for the first time. ``events`` are the numbers of its pending events."""

    fact: Fact
    wordings: Wordings
    routing: Routing
    events: tuple[int, ...]

    @property
    def message(self) -> Message:
        """The message in full."""
        return self.wordings.full


@dataclass(frozen=True, slots=True)
class Siblings:
    """More events of a fact that was told before."""

    fact: Fact
    events: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Telling:
    """What a batch of pending events comes to."""

    news: tuple[News, ...] = ()
    siblings: tuple[Siblings, ...] = ()
    untold: tuple[tuple[int, str], ...] = ()
    """(event's number, reason)"""
    reads: int = 0
    """Requests that were sent to find out more."""

    def __bool__(self) -> bool:
        return bool(self.news or self.siblings or self.untold)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message on its way to one recipient of one channel. ``created`` is in seconds since 1970 UTC."""

    id: int
    channel: str
    target: int
    message: Message
    attempts: int
    unconfirmed: int
    created: float
