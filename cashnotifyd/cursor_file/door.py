"""The door to the record: what each room may ask of it, and what whoever keeps it promises.

A room names what it needs (:class:`PollingRecord`, :class:`LaneRecord`, …) and gets no more. What stands behind is an
engine: :class:`~cashnotifyd.cursor_file.record.CursorFile` on SQLite. Any other that keeps these promises may stand
there, and ``tests/cursor_file/contract`` holds it to them:

- **A call is a transaction.** It happens whole or, where it raises, not at all, and what it reads is of one moment.
- **It is durable when it returns**: neither a crash of the process nor a power cut takes it back; but for what
  :meth:`WalkRecord.record_page` says.
- **It is finished or never begun** when the task that waits for it is cancelled, and the next call comes after it.
- **Calls may be made at the same time**, from any task of one event loop. They take effect one after the other, those
  of one task in its order. One daemon has the record open; commands beside it read and write between two calls.
- **It decides nothing and has no clock.** ``now`` is given. Times are seconds since 1970 UTC: floats by our clock,
  which come back as they were given, and ``created``, whole numbers by Stripe's. Amounts are whole, in minor units.
- **Numbers** (of accounts, events, occurrences, deliveries) are given by the record: whole, above 0, and greater than
  all of their sort on record, so that their order is that of recording.
- **Text** comes back as it was given, whatever it is written in.
- **Nothing is forgotten** but by :meth:`TendingRecord.prune`: what was delivered, given up, summarized or declined
  stays on record with its reason.
- **An unknown number** is none of anything: asking about it finds nothing, marking it changes nothing.
- **A record that cannot be kept any more** (no room, no disk, another's lock) raises
  :class:`~cashnotifyd.refusal.Refusal`; nobody is told what was not recorded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from cashnotifyd.cursor_file.figures import Digest, Total, Watched
from cashnotifyd.cursor_file.lives import Found, News, Place, RecordedEvent, Sought
from cashnotifyd.cursor_file.overview import AccountOnRecord, Sending
from cashnotifyd.cursor_file.selling import SellingHour
from cashnotifyd.cursor_file.values import (
    About,
    Address,
    Announcement,
    Ending,
    Gathered,
    Lately,
    ListedEvent,
    Mute,
    Offer,
    PendingEvent,
    PollNote,
    Summary,
    Telling,
    Usage,
    WatchedAccount,
)
from cashnotifyd.occurrences.facts import Fact
from cashnotifyd.schedules import Every, Span
from cashnotifyd.vocabulary import Disclosure, Mode

KEEP_DAYS = 400
"""History is kept a little over a year. Stripe lists events for 30 days only."""

# What several rooms ask


class Accounts(Protocol):
    """The accounts that were ever watched."""

    async def accounts(self, config_id: str, mode: Mode, stripe_id: str | None) -> list[WatchedAccount]:
        """What is on record under a configuration's id or a Stripe account's id, in ``mode``; the latest first."""
        ...


class Alerts(Protocol):
    """What is wrong, told once when it begins and once when it is over."""

    async def raise_alert(
        self, about: About, name: str, announcement: Announcement | None, now: float, since: float | None = None
    ) -> bool:
        """Tell that something is wrong, ``since`` then or now, unless that has been told and is so still.

        Returns whether it was news.
        """
        ...

    async def clear_alerts(
        self, about: About, names: Collection[str], announcement: Announcement | None, now: float
    ) -> None:
        """What was told to be wrong is so no more; say so, if any of it was told and if there is anything to say."""
        ...


class Pending(Protocol):
    """The inbox."""

    async def pending(self, account: int, limit: int, since: int = 0) -> list[PendingEvent]:
        """The oldest recorded events that have not been understood yet: by ``created``, then by their ids.

        ``since``: of those that were created then or later.
        """
        ...


class Backlog(Protocol):
    """How much is on its way out."""

    async def waiting(self, channel: str | None = None) -> int:
        """How many deliveries wait, on one channel or on all."""
        ...


class Hastening(Protocol):
    """What waits need not wait any longer."""

    async def make_due(
        self, channel: str, now: float, target: int | None = None, besides: Collection[int] = ()
    ) -> None:
        """A channel, or one recipient of it, is back: what waits for it is due now at the latest, but for some."""
        ...


class Following(Protocol):
    """Word from other processes."""

    async def changed_elsewhere(self) -> bool:
        """Whether somebody else wrote to the record since the last time this was asked."""
        ...


# What each room asks


class WalkRecord(Protocol):
    """What a walk over an account's events needs: what it has seen, and where to leave what is new."""

    async def seen_among(self, account: int, ids: list[str]) -> set[str]:
        """Those of ``ids`` that are on record."""
        ...

    async def record_page(
        self, account: int, page: Sequence[ListedEvent], now: float, ending: Ending | None = None
    ) -> None:
        """Record what is new on a page; with the last page of a whole walk, its ending, in the same transaction.

        An event is known by account and id. One that is on record stays as it is, whatever the page says of it. The
        mark, the reads and what is announced come with the ending alone.

        Where nothing is announced, it may become durable only with the next call that is. A power cut before that takes
        it back whole, the mark with the events, and they are listed and recorded again; nothing was sent meanwhile.
        """
        ...


class PollingRecord(Accounts, Alerts, WalkRecord, Protocol):
    """What polling an account needs."""

    async def begin_account(
        self, config_id: str, mode: Mode, *, stripe_id: str | None, name: str | None, key_print: str
    ) -> WatchedAccount:
        """Begin the record of an account that was not watched before: it has no mark and was never polled."""
        ...

    async def update_account(
        self, account: int, *, config_id: str, stripe_id: str | None, name: str | None, key_print: str
    ) -> None:
        """Keep what is known by now of an account's name, key and identity."""
        ...

    async def keep_icon(self, account: int, file: str | None, link: str | None) -> None:
        """Keep the public link to the file of an account's icon, so that it is made once."""
        ...

    async def note_absence(self, account: int, absence: Span) -> None:
        """Nothing was seen of an account for a while: what it has to tell then is told with a word about that."""
        ...

    async def open_alerts(self, about: About) -> dict[str, float]:
        """The names of what has been told to be wrong and is so still, and since when."""
        ...

    async def usage(self, account: int, now: float) -> Usage:
        """What the last 30 days brought, and what was read in them."""
        ...

    async def note_polls(self, notes: Sequence[PollNote]) -> None:
        """When the polls of many accounts were, what they read, and what is left of their budgets."""
        ...


class TellingRecord(Pending, Protocol):
    """What telling needs: the inbox, what was told before, and where to leave what it comes to."""

    async def pending_of(self, account: int, types: Collection[str], limit: int) -> list[PendingEvent]:
        """Like :meth:`pending`, of the events of these types."""
        ...

    async def facts_under(self, account: int, refs: Collection[tuple[str, str]]) -> list[Fact]:
        """The told facts that bear any of ``refs`` (family, id) as a name or a hint, the first told first.

        Each whole, with all names, hints and types that it came by since, and ``told_as`` the number by which
        :meth:`tell` knows it. They are the caller's to change.
        """
        ...

    async def events_behind(self, account: int, family: str, name: str) -> list[str]:
        """The payloads of the events by which the fact of this name was told, the oldest first, at most 20.

        None where it is not on record.
        """
        ...

    async def unsettled(self, told: Collection[int]) -> set[int]:
        """Those of these occurrences whose booking, and so their fee, is not known."""
        ...

    async def tell(self, account: int, telling: Telling, now: float) -> None:
        """Record what a batch of events came to, and whom it goes to.

        In one transaction: the occurrences in all their wordings, the ids of their facts, a delivery for each
        recipient, due at once, a reason for each channel that is not to have it, the states of all the events, and the
        reads. Nothing of it is pending afterwards. A sibling adds names, hints and what was missing of fee and net. A
        fact that was told before stays one occurrence: its message goes to further channels, which had a reason.
        """
        ...


class WatchRecord(PollingRecord, TellingRecord, Protocol):
    """What the watch over an account needs, which polls it and has told what came."""


class LaneRecord(Hastening, Protocol):
    """The outbox as a recipient's lane needs it."""

    async def offer(self, address: Address, disclosure: Disclosure, now: float, lately: Lately | None) -> Offer:
        """How things stand with a recipient, and what it could be sent, in the words that the channel may have.

        Due is what waits and was to be sent at ``now`` or before; of each sort the one with the lowest number is
        offered. The streams come by name. The last summary of one is remembered for two hours, and an absence is told
        with what came within five minutes of its end. ``lately`` None: they are not looked at, which a long backlog
        would make dear; what they hold is ``free``.
        """
        ...

    async def gather(self, address: Address, streams: tuple[str, ...], now: float) -> Gathered:
        """What a recipient has waiting in these streams, of which there must be some.

        Of failed payments, those of the last ten minutes are held against those of the 30 days before, in the same
        accounts; an account that has not been watched for a day does not know what is usual.
        """
        ...

    async def summarize(self, summary: Summary, now: float) -> None:
        """Send a summary in the place of what was gathered, and of nothing that came since.

        ``now`` is that of :meth:`gather`.
        """
        ...

    async def next_due(self, address: Address, now: float) -> float | None:
        """When the next delivery of a recipient that is not due yet will be, if there is one."""
        ...

    async def mark_delivered(self, delivery: int, now: float) -> None:
        """The service has taken it."""
        ...

    async def mark_due_again(self, delivery: int, due: float, reason: str, unconfirmed: int) -> None:
        """It was not delivered, or nobody knows; it is due again at ``due``. ``unconfirmed``: timeouts so far."""
        ...

    async def mark_abandoned(self, delivery: int, reason: str, now: float) -> None:
        """It is not tried again. It stays on record."""
        ...

    async def forget_failures(self, address: Address, now: float, latest: float) -> None:
        """What failed to reach a recipient before need not wait longer, but for what may have arrived.

        Nor need that where it is due after ``latest``: the clock has been set back since.
        """
        ...

    async def decline_due(self, channel: str, told: Span, reason: str, now: float) -> None:
        """What came to a channel in that time is not told there, but for emergencies and what was sent again since."""
        ...


class LanesRecord(LaneRecord, Protocol):
    """The outbox with all lanes."""

    async def abandon_strays(self, channels: Mapping[str, int], now: float) -> int:
        """Give up what waits for channels that are not configured any more, or for more recipients than they have.

        Returns how many.
        """
        ...


class OversightRecord(Accounts, Alerts, Pending, Backlog, Protocol):
    """What tells whether all goes on as usual."""

    async def every_alert(self) -> dict[str, dict[str, float]]:
        """The names of all that is told to be wrong, and since when, by the text of what it is about."""
        ...

    async def selling_hours(self, account: int, since: float) -> list[SellingHour]:
        """The hours in which the account made live sales since then, the oldest first."""
        ...

    async def last_sale(self, account: int) -> int | None:
        """When the account made its last live sale (Stripe's clock), if it made any."""
        ...

    async def abandoned(self, channels: Collection[str]) -> dict[str, tuple[str, float]]:
        """Why and when the last delivery of each of these channels was given up, if any is on record as given up.

        Not because the channel or a recipient was removed: whoever did that knows.
        """
        ...

    async def works(self, channel: str, since: float) -> bool:
        """Whether a channel has taken something after that time, and nothing waits there that has failed."""
        ...

    async def has_delivered(self, channel: str, since: float) -> bool:
        """Whether a channel has taken anything after that time. A message is on its way for four days at most."""
        ...

    async def waited(self, channel: str, since: float) -> int:
        """How many messages a channel that took nothing from then on has taken late, or is still to have.

        What came before the last of those that had failed got through. One in a summary made since counts for itself.
        """
        ...


class DigestRecord(Protocol):
    """What digests are made of, and what keeps them from being made twice."""

    async def watched(self, ids: Sequence[tuple[str, Mode]], until: float) -> list[Watched]:
        """Those of these accounts (id, mode) that are on record, as far as they tell of what was before ``until``.

        Of several under one id, that which was polled last.
        """
        ...

    async def totals(self, accounts: Sequence[int], bounds: Sequence[float]) -> list[tuple[Total, ...]]:
        """What happened on these accounts (the record's numbers) from each of the bounds (Stripe's clock) to the next.

        In no order. Without the daemon's own messages and what happened on connected accounts, which has a link into
        another account's dashboard or to ``/connect/accounts/``. A refund that failed has the booking of the refund of
        the same name.
        """
        ...

    async def digests(self) -> dict[tuple[str, Every], float]:
        """Up to when the digests of each channel have been made."""
        ...

    async def begin_digests(self, channel: str, every: Every, until: float) -> None:
        """A channel has digests of what comes after ``until``."""
        ...

    async def end_digests(self, channel: str, every: Every) -> None:
        """A channel has none of these any more."""
        ...

    async def tell_digest(self, digest: Digest, now: float) -> bool:
        """The digest is to be sent, unless its period has been told or was never begun. Returns whether it is."""
        ...


class TendingRecord(Following, Protocol):
    """What the daemon does with the record as a whole."""

    def end_by(self, moment: float) -> None:
        """The daemon ends then (:func:`time.monotonic`): a call that another program holds up raises by then."""
        ...

    async def prune(self, now: float) -> None:
        """Forget what is older than :data:`KEEP_DAYS`, but for what still waits."""
        ...


class DaemonRecord(WatchRecord, LanesRecord, OversightRecord, DigestRecord, TendingRecord, Protocol):
    """All that the daemon needs."""


class StandingRecord(Protocol):
    """How it stands, for people who ask."""

    async def watching(self, now: float) -> tuple[AccountOnRecord, ...]:
        """How it stands with all accounts on record, the one that was polled last first."""
        ...

    async def sending(self, channels: Sequence[str], now: float) -> Sending:
        """How it stands with these channels."""
        ...


class HistoryRecord(Following, Protocol):
    """What happened, for people who ask."""

    async def events(self, sought: Sought, after: Place | None, limit: int) -> list[RecordedEvent]:
        """The newest events of those that are sought, beyond the place where the last page ended.

        What was not told is to be judged by its payload: whether it is of a kind, an amount or a text is not on record.
        """
        ...

    async def not_settled(self) -> News:
        """Which events are pending now, and the newest number: where :meth:`news` goes on from."""
        ...

    async def news(self, sought: Sought, after: int, pending: Sequence[int]) -> News:
        """What was recorded after the event of that number, and which of ``pending`` have settled; the oldest first."""
        ...

    async def account_ids(self) -> list[str]:
        """The ids in the configuration of all accounts that were ever watched."""
        ...


class LivesRecord(StandingRecord, Protocol):
    """What became of one event, for people who ask."""

    async def find(self, id_: str) -> Found:
        """What became of the events that an id names: their own, the beginning of one, or of an object of Stripe's."""
        ...


class MutingRecord(Protocol):
    """Channels that are to be silent for a while."""

    async def mute(self, channel: str | None, mute: Mute) -> None:
        """Silence a channel, or all of them. It takes the place of what was said of the same before."""
        ...

    async def unmute(self, channel: str | None, now: float) -> int:
        """A channel need not be silent any longer, or none need. Returns how many mutes that ended."""
        ...

    async def mutes(self, now: float) -> dict[str | None, Mute]:
        """Those that are not over, by channel; None stands for all of them."""
        ...


class RetryingRecord(Hastening, Backlog, Protocol):
    """Trying again, because somebody asked for it."""

    async def resend_abandoned(self, channel: str | None, now: float) -> int:
        """Send what was given up after all, as if it were new, on one channel or on all. Returns how many."""
        ...


class Record(DaemonRecord, RetryingRecord, HistoryRecord, LivesRecord, MutingRecord, Protocol):
    """The whole door: what an engine has to be."""

    def close(self) -> None:
        """Let go of it. Nothing waits to be written: every call was durable when it returned."""
        ...
