"""The record as the rest of the daemon has it: every method of :class:`CursorFile` is one transaction.

WAL with ``synchronous=FULL``: a commit has reached the disk when the call returns (with NORMAL, 25 power cuts of 25
came back stale, measured). All statements run in one thread of its own, since a commit waits for the disk and the event
loop must not. A transaction that has begun is finished even if the task that asked for it is cancelled.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from cashnotifyd.cursor_file import (
    accounts,
    alerts,
    counting,
    events,
    history,
    mutes,
    occurrences,
    outbox,
    pruning,
    rhythm,
    summaries,
    takings,
)
from cashnotifyd.cursor_file.figures import Digest, Total, Watched
from cashnotifyd.cursor_file.joining import joined
from cashnotifyd.cursor_file.lives import Found, News, Place, RecordedEvent, Sought
from cashnotifyd.cursor_file.opening import connected, locked, refusals
from cashnotifyd.cursor_file.overview import AccountOnRecord, Sending
from cashnotifyd.cursor_file.selling import SellingHour
from cashnotifyd.cursor_file.values import (
    About,
    Address,
    Announcement,
    Delivery,
    Ending,
    Gathered,
    ListedEvent,
    Mute,
    PendingEvent,
    Standing,
    Summary,
    Telling,
    Turn,
    WatchedAccount,
)
from cashnotifyd.occurrences.facts import Fact
from cashnotifyd.schedules import Every, Span
from cashnotifyd.vocabulary import Disclosure, Mode

P = ParamSpec("P")
T = TypeVar("T")


class CursorFile:
    """The record. Use :meth:`open`; every method is one transaction."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: int | None) -> None:
        self.path = path
        self._db = connection
        self._lock = lock
        self._version = _data_version(connection)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="cursor-file")

    @classmethod
    def open(cls, path: Path) -> CursorFile:
        """Open the cursor file at ``path``, or begin a new one where there is none.

        Raises:
            Refusal: another daemon holds it; it is corrupt, foreign or of a newer schema; it cannot be written. It is
                never replaced.
        """
        path = Path(os.path.realpath(path))
        lock = locked(path)
        try:
            connection = connected(path)
        except BaseException:
            os.close(lock)
            raise
        return cls(path, connection, lock)

    @classmethod
    def beside(cls, path: Path) -> CursorFile:
        """Open the cursor file at ``path`` for a short word, whether a daemon has it open or not.

        Raises:
            Refusal: there is none, it is foreign, damaged or of another schema, or this user may not write to it.
        """
        path = Path(os.path.realpath(path))
        return cls(path, joined(path), None)

    @classmethod
    def reading(cls, path: Path) -> CursorFile:
        """Open the cursor file as :meth:`beside` does, to change nothing in it.

        Raises:
            Refusal: as there. To read a file with a log, SQLite has to be able to write beside it.
        """
        path = Path(os.path.realpath(path))
        connection = joined(path)
        connection.execute("PRAGMA query_only = ON")
        return cls(path, connection, None)

    def close(self) -> None:
        """Write the log back into the file, unless somebody else still uses it, and let go of it."""
        self._thread.shutdown()
        with suppress(sqlite3.Error):
            self._db.execute("PRAGMA optimize")
        self._db.close()
        if self._lock is not None:
            os.close(self._lock)

    # Accounts

    async def accounts(self, config_id: str, mode: Mode, stripe_id: str | None) -> list[WatchedAccount]:
        """What is on record under a configuration's id or a Stripe account's id, in ``mode``; the latest first."""
        return await self._read(accounts.find, config_id, mode, stripe_id)

    async def begin_account(
        self, config_id: str, mode: Mode, *, stripe_id: str | None, name: str | None, key_print: str
    ) -> WatchedAccount:
        """Begin the record of an account that was not watched before."""
        return await self._write(accounts.begin, config_id, mode, stripe_id=stripe_id, name=name, key_print=key_print)

    async def update_account(
        self, account: int, *, config_id: str, stripe_id: str | None, name: str | None, key_print: str
    ) -> None:
        """Keep what is known by now of an account's name, key and identity."""
        await self._write(
            accounts.update, account, config_id=config_id, stripe_id=stripe_id, name=name, key_print=key_print
        )

    async def keep_icon(self, account: int, file: str | None, link: str | None) -> None:
        """Keep the public link to the file of an account's icon, so that it is made once."""
        await self._write(accounts.keep_icon, account, file, link)

    async def note_absence(self, account: int, absence: Span) -> None:
        """Nothing was seen of an account for a while: what it has to tell then is told with a word about that."""
        await self._write(accounts.note_absence, account, absence)

    # Polling

    async def record_page(
        self, account: int, page: Sequence[ListedEvent], now: float, ending: Ending | None = None
    ) -> None:
        """Record what is new on a page; with the last page of a whole walk, its ending, in the same transaction."""
        await self._write(events.record_page, account, page, now, ending)

    async def seen_among(self, account: int, ids: list[str]) -> set[str]:
        """Those of ``ids`` that are on record."""
        return await self._read(events.seen_among, account, ids)

    async def count(self, account: int, event_type: str, since: float) -> int:
        """How many events of a type were created since then (s)."""
        return await self._read(events.count, account, event_type, since)

    # Telling

    async def pending(self, account: int, limit: int) -> list[PendingEvent]:
        """The oldest recorded events that have not been understood yet."""
        return await self._read(events.pending, account, limit)

    async def facts_under(self, account: int, refs: Iterable[tuple[str, str]]) -> list[Fact]:
        """The told facts that bear any of ``refs`` (family, id) as a name or a hint."""
        return await self._read(occurrences.facts_under, account, sorted(set(refs)))

    async def events_behind(self, account: int, family: str, name: str) -> list[str]:
        """The payloads of the events by which the fact of this name was told; none if it is not on record."""
        return await self._read(events.behind, account, family, name)

    async def unsettled(self, told: Iterable[int]) -> set[int]:
        """Those of these occurrences whose booking, and so their fee, is not known."""
        return await self._read(occurrences.unsettled, list(told))

    async def tell(self, account: int, telling: Telling, now: float) -> None:
        """Record what a batch of events came to, and whom it goes to."""
        await self._write(occurrences.tell, account, telling, now)

    async def raise_alert(
        self, about: About, name: str, announcement: Announcement | None, now: float, since: float | None = None
    ) -> bool:
        """Tell that something is wrong, ``since`` then or now, unless that has been told and is so still."""
        return await self._write(alerts.begin, about, name, announcement, now, since)

    async def open_alerts(self, about: About) -> dict[str, float]:
        """The names of what has been told to be wrong and is so still, and since when."""
        return await self._read(alerts.names, about)

    async def clear_alerts(
        self, about: About, names: Iterable[str], announcement: Announcement | None, now: float
    ) -> None:
        """What was told to be wrong is so no more; say so, if there is anything to say."""
        await self._write(alerts.end, about, list(names), announcement, now)

    # Whether all goes on as usual

    async def every_alert(self) -> dict[str, dict[str, float]]:
        """The names of all that is told to be wrong, and since when, by the text of what it is about."""
        return await self._read(rhythm.every_alert)

    async def selling_hours(self, account: int, since: float) -> list[SellingHour]:
        """The hours in which the account made live sales since then, the oldest first."""
        return await self._read(rhythm.selling_hours, account, since)

    async def last_sale(self, account: int) -> int | None:
        """When the account made its last live sale (s since 1970, Stripe's), if it made any."""
        return await self._read(rhythm.last_sale, account)

    async def abandoned(self, channels: Iterable[str]) -> dict[str, tuple[str, float]]:
        """Why and when the last delivery of each of these channels was given up, if any is on record as given up."""
        return await self._read(rhythm.abandoned, list(channels))

    async def works(self, channel: str, since: float) -> bool:
        """Whether a channel has taken something after that time, and nothing waits there that has failed."""
        return await self._read(rhythm.works, channel, since)

    async def has_delivered(self, channel: str, since: float) -> bool:
        """Whether a channel has taken anything after that time."""
        return await self._read(rhythm.has_delivered, channel, since)

    # The outbox

    async def take_turn(
        self,
        address: Address,
        disclosure: Disclosure,
        now: float,
        lately: Callable[[str], float] | None,
        decide: Callable[[Standing], Turn],
    ) -> tuple[Turn, Delivery | None]:
        """What a recipient's lane may do by ``decide``, and the delivery to send, in the words the channel may have.

        ``lately``: for how many seconds back what came in a stream of this name counts as recent; None: ``decide``
        need not know of streams.
        """
        return await self._read(outbox.take_turn, address, disclosure, now, lately, decide)

    async def gather(self, address: Address, streams: tuple[str, ...], now: float) -> Gathered:
        """What a recipient has waiting in these streams, of which there must be some."""
        return await self._read(summaries.gather, address, streams, now)

    async def summarize(self, summary: Summary, now: float) -> None:
        """Send a summary in the place of what was gathered. ``now`` is that of :meth:`gather`."""
        await self._write(summaries.summarize, summary, now)

    async def next_due(self, address: Address, now: float) -> float | None:
        """When the next delivery of a recipient that is not due yet will be (s since 1970 UTC), if there is one."""
        return await self._read(outbox.next_due, address, now)

    async def mark_delivered(self, delivery: int, now: float) -> None:
        """The service has taken it."""
        await self._write(outbox.mark_delivered, delivery, now)

    async def mark_due_again(self, delivery: int, due: float, reason: str, unconfirmed: int) -> None:
        """It was not delivered, or nobody knows; it is due again at ``due``. ``unconfirmed``: timeouts so far."""
        await self._write(outbox.mark_due_again, delivery, due, reason, unconfirmed)

    async def mark_abandoned(self, delivery: int, reason: str, now: float) -> None:
        """It is not tried again. It stays on record."""
        await self._write(outbox.mark_abandoned, delivery, reason, now)

    async def make_due(
        self, channel: str, now: float, target: int | None = None, besides: Collection[int] = ()
    ) -> None:
        """A channel, or one recipient of it, is back: what waits for it need not wait longer, but for some."""
        await self._write(outbox.make_due, channel, target, now, besides)

    async def forget_failures(self, address: Address, now: float) -> None:
        """What failed to reach a recipient before need not wait longer, but for what may have arrived."""
        await self._write(outbox.forget_failures, address, now)

    async def decline_due(self, channel: str, since: float, reason: str, now: float) -> None:
        """What came to a channel since then is not told there, but for emergencies."""
        await self._write(outbox.decline_due, channel, since, reason, now)

    async def resend_abandoned(self, channel: str | None, now: float) -> int:
        """Send what was given up after all, on one channel or on all. Returns how many."""
        return await self._write(outbox.resend_abandoned, channel, now)

    async def abandon_strays(self, channels: Mapping[str, int], now: float) -> int:
        """Give up what waits for channels that are not configured any more, or for more recipients than they have.

        Returns how many.
        """
        return await self._write(outbox.abandon_strays, channels, now)

    async def waiting(self, channel: str | None = None) -> int:
        """How many deliveries wait, on one channel or on all."""
        return await self._read(outbox.waiting, channel)

    async def mute(self, channel: str | None, mute: Mute) -> None:
        """Silence a channel, or all of them."""
        await self._write(mutes.begin, channel, mute)

    async def unmute(self, channel: str | None, now: float) -> int:
        """A channel need not be silent any longer, or none need. Returns how many mutes that ended."""
        return await self._write(mutes.end, channel, now)

    async def mutes(self, now: float) -> dict[str | None, Mute]:
        """Those that are not over, by channel; None stands for all of them."""
        return await self._read(mutes.every, now)

    # Digests

    async def watched(self, ids: Sequence[tuple[str, Mode]], until: float) -> list[Watched]:
        """Those of these accounts (id, mode) that are on record, as far as they tell of what was before ``until``."""
        return await self._read(takings.watched, ids, until)

    async def totals(self, accounts: Sequence[int], bounds: Sequence[float]) -> list[tuple[Total, ...]]:
        """What happened on these accounts (the record's numbers) from each of the bounds (s, Stripe's) to the next."""
        return await self._read(takings.totals, accounts, bounds)

    async def digests(self) -> dict[tuple[str, Every], float]:
        """Up to when (s since 1970 UTC) the digests of each channel have been made."""
        return await self._read(takings.digests)

    async def begin_digests(self, channel: str, every: Every, until: float) -> None:
        """A channel has digests of what comes after ``until``."""
        await self._write(takings.begin_digests, channel, every, until)

    async def end_digests(self, channel: str, every: Every) -> None:
        """A channel has none of these any more."""
        await self._write(takings.end_digests, channel, every)

    async def tell_digest(self, digest: Digest, now: float) -> bool:
        """The digest is to be sent, unless its period has been told. Returns whether it is."""
        return await self._write(takings.tell_digest, digest, now)

    # For people who ask

    async def events(self, sought: Sought, after: Place | None, limit: int) -> list[RecordedEvent]:
        """The newest events of those that are sought, beyond the place where the last page ended.

        What was not told is to be judged by its payload: whether it is of a kind, an amount or a text is not on record.
        """
        return await self._read(history.page, sought, after, limit)

    async def not_settled(self) -> News:
        """Which events are pending now, and the newest number: where :meth:`news` goes on from."""
        return await self._read(history.not_settled)

    async def news(self, sought: Sought, after: int, pending: Sequence[int]) -> News:
        """What was recorded after the event of that number, and which of ``pending`` have settled."""
        return await self._read(history.news, sought, after, pending)

    async def find(self, id_: str) -> Found:
        """What became of the events that an id names: their own, the beginning of one, or of an object of Stripe's."""
        return await self._read(history.find, id_)

    async def account_ids(self) -> list[str]:
        """The ids in the configuration of all accounts that were ever watched."""
        return await self._read(history.account_ids)

    async def watching(self, now: float) -> tuple[AccountOnRecord, ...]:
        """How it stands with all accounts on record, the one that was polled last first."""
        return await self._read(counting.watching, now)

    async def sending(self, channels: Sequence[str], now: float) -> Sending:
        """How it stands with these channels."""
        return await self._read(counting.sending, channels, now)

    async def prune(self, now: float) -> None:
        """Forget what is older than :data:`cashnotifyd.cursor_file.pruning.KEEP_DAYS`, but for what still waits."""
        await self._write(pruning.prune, now)

    # One thread, one transaction at a time

    async def changed_elsewhere(self) -> bool:
        """Whether another process wrote to the file since the last time this was asked."""
        version = await self._read(_data_version)
        changed, self._version = version != self._version, version
        return changed

    async def _read(
        self, statements: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._in_thread(lambda: statements(self._db, *args, **kwargs))

    async def _write(
        self, statements: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        def transaction() -> T:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                result = statements(self._db, *args, **kwargs)
                self._db.execute("COMMIT")
            except BaseException:
                # After a failed COMMIT the transaction may be gone already; after a failed fsync nothing may be
                # tried again (the kernel has dropped the pages): the error ends the daemon.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            return result

        return await self._in_thread(transaction)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        def refusing() -> T:
            with refusals(self.path):
                return work()

        # Shielded: a cancelled task leaves a transaction whole, never half.
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, refusing))


def _data_version(db: sqlite3.Connection) -> int:
    """A number that changes when another connection has written (SQLite's documentation, "PRAGMA data_version")."""
    return int(db.execute("PRAGMA data_version").fetchone()[0])
