"""What goes into the record and comes out of it. Nothing here knows how it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from cashnotifyd.money import Money
from cashnotifyd.occurrences.facts import Fact
from cashnotifyd.schedules import Span
from cashnotifyd.vocabulary import Kind, Message, Mode, Urgency, Wordings


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
    reads_left: float | None = None
    """What was left of the budget of reads at ``reads_left_at`` (s since 1970 UTC); None before the first note."""
    reads_left_at: float | None = None
    met_at: float | None = None
    """When the first contact was (s since 1970 UTC), if that is known."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What the record knows of an account's last 30 days: ``days`` of them, if it does not go back so far.

    ``transactions``: its successful charges, ``recent``: those of the last :func:`recent_days`. ``reads``: the requests
    that it was asked with, by days (UTC), the one in which the 30 days begin included.
    """

    transactions: int = 0
    recent: int = 0
    reads: int = 0
    days: float = 30.0


def recent_days(transactions: int) -> float:
    """Days in which thirty come where there are so many in 30 days; no less than two hours, no more than three days."""
    return min(max(900.0 / max(transactions, 1), 1 / 12), 3.0)


@dataclass(frozen=True, slots=True)
class PollNote:
    """What polls that found nothing leave on record. ``polled_at``: the last that succeeded, None for none.

    ``reads``: requests since the last note. ``reads_left``: what is left of the budget after them, ``at`` that time.
    """

    account: int
    polled_at: float | None
    reads: int
    reads_left: float
    at: float


@dataclass(frozen=True, slots=True)
class About:
    """What an alert speaks of: an account, by the record's ``number``, or a channel, by its id."""

    text: str
    number: int | None = None

    @classmethod
    def account(cls, number: int) -> About:
        """An account."""
        return cls(f"account {number}", number)

    @classmethod
    def channel(cls, id_: str) -> About:
        """A channel."""
        return cls(f"channel {id_}")


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
class Address:
    """One recipient of one channel, by its place in the channel's URL."""

    channel: str
    target: int = 0


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient of one channel, and how loudly a message knocks there."""

    channel: str
    target: int
    urgency: Urgency


NOT_CHOSEN: Final = "kind_not_wanted"
"""Why a channel that chooses by kinds and types is not to have a message of others."""


@dataclass(frozen=True, slots=True)
class Routing:
    """Whom a message goes to; ``declined`` holds (channel, reason)."""

    deliver: tuple[Recipient, ...]
    declined: tuple[tuple[str, str], ...]

    @property
    def channels(self) -> frozenset[str]:
        """Those that it is delivered to."""
        return frozenset(recipient.channel for recipient in self.deliver)


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
class Takings:
    """What an occurrence came to, for later sums. ``fee`` and ``net`` are in the currency of the balance."""

    variant: str | None = None
    money: Money | None = None
    fee: Money | None = None
    net: Money | None = None


@dataclass(frozen=True, slots=True)
class News:
    """A fact that is told, and the numbers of its pending events.

    Where it was told before, ``routing`` delivers to channels alone that have not heard of it. They are told in the
    words that went to others; only if nobody has heard of it, in these.
    """

    fact: Fact
    wordings: Wordings
    routing: Routing
    events: tuple[int, ...]
    mode: Mode
    takings: Takings = Takings()

    @property
    def message(self) -> Message:
        """The message in full."""
        return self.wordings.full


@dataclass(frozen=True, slots=True)
class Siblings:
    """More events of a fact that was told before, and what they add to its takings."""

    fact: Fact
    events: tuple[int, ...]
    takings: Takings = Takings()


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


NOTICE: Final = "notice"
"""The variant in a :class:`Count` of what the daemon says of itself and is no alert: now watching, well again."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many things of one kind and variant happened, what they come to in one currency, and the largest of them.

    ``total`` and ``largest`` are None for things without an amount. ``notable``: how many of them are of high urgency.
    """

    mode: Mode
    kind: Kind
    count: int
    total: Money | None = None
    largest: Money | None = None
    variant: str | None = None
    notable: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """What a summary is made of. ``since`` and ``until``: when the first and the last of it happened (s, Stripe's).

    Both are 0 where that is known of nothing in it.

    ``accounts`` go with the number of messages, the busiest first: by their ids from the record, by name for people.
    ``notable`` are the messages of high urgency, the oldest first and at most ten of ``notables``: a summary names each
    of them. ``urgency`` is the loudest of all. ``notices`` are the first three of :data:`NOTICE` that are not notable.
    """

    counts: tuple[Count, ...]
    accounts: tuple[tuple[str, int], ...]
    notable: tuple[Wordings, ...]
    notables: int
    since: int
    until: int
    urgency: Urgency
    notices: tuple[Wordings, ...] = ()


@dataclass(frozen=True, slots=True)
class Busy:
    """Too much at once: the cause of most summaries."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """It was held back in the channel's quiet hours."""

    span: Span


@dataclass(frozen=True, slots=True)
class Muted:
    """It was held back while the channel was muted."""

    span: Span


@dataclass(frozen=True, slots=True)
class Away:
    """The daemon saw nothing in this time: it was off, asleep or without a network."""

    span: Span


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The channel took nothing in this time."""

    span: Span


Cause = Busy | Quiet | Muted | Away | Unreachable
"""Why there is one summary instead of a message for each thing."""


@dataclass(frozen=True, slots=True)
class FailureBurst:
    """Many more payments failed than usual: ``count`` within ``seconds``, where ``usual`` fail in such a time.

    ``usual`` is None where an account has not been watched for long enough to know.
    """

    count: int
    seconds: float
    usual: float | None


@dataclass(frozen=True, slots=True)
class Mute:
    """A channel is to be silent. ``drops``: what comes meanwhile is not told there at all."""

    span: Span
    drops: bool

    def in_force(self, now: float) -> bool:
        """Whether it is neither over nor far ahead.

        A clock that is late after a start (a small computer without a battery) is no reason to wake anybody, and one
        that was set back by a day no reason for a mute of two hours to begin again, or to last for that day.
        """
        span = self.span
        return 2 * span.since - span.until <= now < span.until


@dataclass(frozen=True, slots=True)
class Stream:
    """What waits for a recipient, is due, may be put into a summary, and counts together when a burst is looked for.

    ``due``: how many messages. ``oldest`` and ``newest``: when the first and the last of them were recorded.
    ``recent``: how many were recorded for the recipient lately, sent or not. ``summarized``: from the begin of the
    burst to the last summary with something of this stream.
    """

    name: str
    due: int
    oldest: float
    newest: float
    recent: int
    summarized: Span | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand with a recipient. Times are seconds since 1970 UTC, by our clock.

    ``unsettled``: events are recorded that have not been understood yet. ``away``: when the accounts behind what is due
    were not seen.
    """

    streams: tuple[Stream, ...]
    unsettled: bool = False
    away: Span | None = None
    mute: Mute | None = None


@dataclass(frozen=True, slots=True)
class Lately:
    """For how many seconds back what came counts as recent: in streams of failed payments, and in all others."""

    failures: float
    others: float


@dataclass(frozen=True, slots=True)
class Offer:
    """What a recipient's lane may choose from: how things stand, and of what is due the oldest of each sort.

    ``emergency``: of the emergencies. ``heads``: of each stream. ``free``: of all else, which no stream holds back:
    what is in none, and what may have arrived already.
    """

    standing: Standing
    emergency: Delivery | None = None
    free: Delivery | None = None
    heads: tuple[tuple[str, Delivery], ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """What a channel may do now.

    It may send the ``emergencies``, and what is not in a stream that is ``held``, unless it is to be ``silent``. What
    is in the streams of ``gather`` is to become a summary, for that ``cause``. ``drops`` is a mute in which what came
    is not told. ``until``: when to look again at what it holds. ``began``: when what is gathered began.
    """

    emergencies: bool = True
    silent: bool = False
    held: tuple[str, ...] = ()
    gather: tuple[str, ...] = ()
    cause: Cause = Busy()
    drops: Mute | None = None
    until: float | None = None
    began: float = 0.0


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a recipient would be told in a summary.

    ``last`` is the newest delivery in it. ``account`` is the id of the one that all of it concerns, if it is one.
    """

    last: int
    tally: Tally
    account: str | None
    failures: FailureBurst | None


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary that takes the place of what was gathered; ``began``: when the first of the burst was recorded."""

    address: Address
    gathered: Gathered
    streams: tuple[str, ...]
    wordings: Wordings
    reason: str
    began: float
