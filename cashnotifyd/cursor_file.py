"""The cursor file: dedup set, cursor, outbox and history in one SQLite file. The only door to SQLite.

Each capital step of an event's trip is one transaction here, so that the four can never disagree::

    record_page   events, low-water mark        (nothing is understood that is not recorded)
    tell          occurrences, their deliveries (nothing is sent that is not recorded)
    mark_…        one delivery                  (nothing is marked that was not sent)

WAL with ``synchronous=FULL``: a commit has reached the disk when the call returns (with NORMAL, 25 power cuts of 25
came back stale, measured). All statements run in one thread of its own, since a commit waits for the disk and the event
loop must not. A transaction that has begun is finished even if the task that asked for it is cancelled.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from cashnotifyd.cursor_schema import APPLICATION_ID, MIGRATIONS
from cashnotifyd.occurrences.facts import Fact
from cashnotifyd.refusal import Refusal
from cashnotifyd.vocabulary import Disclosure, Icon, Kind, Message, Mode, Urgency, Wordings

T = TypeVar("T")

KEEP_DAYS = 400
"""History is kept a little over a year. Stripe lists events for 30 days only."""

_QUICK_CHECK_LIMIT = 64 * 1024 * 1024
"""Bytes up to which every page is checked at the start (64 MiB: about 0.1 s). Above, damage shows when it is read."""

_SECONDS_PER_DAY = 86400

_WORDING = {Disclosure.FULL: "", Disclosure.MASKED: "masked_", Disclosure.PRIVATE: "private_"}
"""What the columns of each wording begin with."""


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


class CursorFile:
    """The record. Use :meth:`open`; every method is one transaction."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: int) -> None:
        self.path = path
        self._db = connection
        self._lock = lock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="cursor-file")

    @classmethod
    def open(cls, path: Path) -> CursorFile:
        """Open the cursor file at ``path``, or begin a new one where there is none.

        Raises:
            Refusal: another daemon holds it; it is corrupt, foreign or of a newer schema; it cannot be written. It is
                never replaced.
        """
        path = Path(os.path.realpath(path))
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = _locked(path)
        except OSError as error:
            raise Refusal(
                f"the cursor file {path} cannot be used: {error.strerror}",
                hint="Make its folder writable for the user that runs cashnotifyd, or set another cursor_file.",
            ) from error
        try:
            if not path.exists():
                _refuse_orphaned_log(path)
                _create(path)
            connection = _connected(path)
        except BaseException:
            os.close(lock)
            raise
        return cls(path, connection, lock)

    def close(self) -> None:
        """Write the log back into the file and let go of it."""
        self._thread.shutdown()
        with suppress(sqlite3.Error):
            self._db.execute("PRAGMA optimize")
        self._db.close()
        os.close(self._lock)

    # Accounts

    async def accounts(self, config_id: str, mode: Mode, stripe_id: str | None) -> list[WatchedAccount]:
        """What is on record under a configuration's id or a Stripe account's id, in ``mode``; the latest first."""

        def work(db: sqlite3.Connection) -> list[WatchedAccount]:
            rows = db.execute(
                "SELECT id, config_id, mode, stripe_id, name, key_print, low_water, watched_from, polled_at,"
                " icon_file, icon_link"
                " FROM accounts WHERE mode = ? AND (config_id = ? OR stripe_id = ?) ORDER BY id DESC",
                (mode, config_id, stripe_id),
            )
            return [WatchedAccount(row[0], row[1], Mode(row[2]), *row[3:]) for row in rows]

        return await self._read(work)

    async def begin_account(
        self, config_id: str, mode: Mode, *, stripe_id: str | None, name: str | None, key_print: str
    ) -> WatchedAccount:
        """Begin the record of an account that was not watched before."""

        def work(db: sqlite3.Connection) -> WatchedAccount:
            cursor = db.execute(
                "INSERT INTO accounts (config_id, mode, stripe_id, name, key_print) VALUES (?, ?, ?, ?, ?)",
                (config_id, mode, stripe_id, name, key_print),
            )
            assert cursor.lastrowid is not None
            return WatchedAccount(
                cursor.lastrowid, config_id, mode, stripe_id, name, key_print, low_water=None, watched_from=0,
                polled_at=None,
            )  # fmt: skip

        return await self._write(work)

    async def update_account(
        self, account: int, *, config_id: str, stripe_id: str | None, name: str | None, key_print: str
    ) -> None:
        """Keep what is known by now of an account's name, key and identity."""
        await self._write(
            lambda db: db.execute(
                "UPDATE accounts SET config_id = ?, stripe_id = ?, name = ?, key_print = ? WHERE id = ?",
                (config_id, stripe_id, name, key_print, account),
            )
        )

    async def keep_icon(self, account: int, file: str | None, link: str | None) -> None:
        """Keep the public link to the file of an account's icon, so that it is made once."""
        await self._write(
            lambda db: db.execute(
                "UPDATE accounts SET icon_file = ?, icon_link = ? WHERE id = ?", (file, link, account)
            )
        )

    # Polling

    async def record_page(
        self, account: int, page: Sequence[ListedEvent], now: float, ending: Ending | None = None
    ) -> None:
        """Record what is new on a page; with the last page of a whole walk, its ending, in the same transaction."""

        def work(db: sqlite3.Connection) -> None:
            db.executemany(
                "INSERT INTO events (account, id, created, type, recorded_at, payload, state)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (
                    (account, event.id, event.created, event.type, now,
                     None if event.state == "older" else event.payload, event.state)
                    for event in page
                ),
            )  # fmt: skip
            if ending is None:
                return
            db.execute(
                "UPDATE accounts SET low_water = ?, watched_from = ?, polled_at = ? WHERE id = ?",
                (ending.low_water, ending.watched_from, now, account),
            )
            _count_reads(db, account, ending.reads, now)
            if ending.announcement is not None:
                _insert_announcement(db, account, ending.announcement, now)

        await self._write(work)

    async def seen_among(self, account: int, ids: list[str]) -> set[str]:
        """Those of ``ids`` that are on record."""

        def work(db: sqlite3.Connection) -> set[str]:
            rows = db.execute(
                "SELECT id FROM events WHERE account = ? AND id IN (SELECT value FROM json_each(?))",
                (account, json.dumps(ids)),
            )
            return {row[0] for row in rows}

        return await self._read(work)

    async def count(self, account: int, event_type: str, since: float) -> int:
        """How many events of a type were created since then (s)."""

        def work(db: sqlite3.Connection) -> int:
            row = db.execute(
                "SELECT count(*) FROM events WHERE account = ? AND created >= ? AND type = ?",
                (account, int(since), event_type),
            ).fetchone()
            return int(row[0])

        return await self._read(work)

    # Telling

    async def pending(self, account: int, limit: int) -> list[PendingEvent]:
        """The oldest recorded events that have not been understood yet."""

        def work(db: sqlite3.Connection) -> list[PendingEvent]:
            rows = db.execute(
                "SELECT number, payload, recorded_at FROM events WHERE account = ? AND state = 'pending'"
                " ORDER BY created, id LIMIT ?",
                (account, limit),
            )
            return [PendingEvent(*row) for row in rows]

        return await self._read(work)

    async def facts_under(self, account: int, refs: Iterable[tuple[str, str]]) -> list[Fact]:
        """The told facts that bear any of ``refs`` (family, id) as a name or a hint."""
        wanted = sorted(set(refs))

        def work(db: sqlite3.Connection) -> list[Fact]:
            found: set[int] = set()
            for family, ref in wanted:
                rows = db.execute(
                    "SELECT occurrence FROM facts WHERE account = ? AND family = ? AND ref = ?", (account, family, ref)
                )
                found.update(row[0] for row in rows)
            return [_told_fact(db, occurrence) for occurrence in sorted(found)]

        return await self._read(work)

    async def events_behind(self, account: int, family: str, name: str) -> list[str]:
        """The payloads of the events by which the fact of this name was told; none if it is not on record."""

        def work(db: sqlite3.Connection) -> list[str]:
            rows = db.execute(
                "SELECT e.payload FROM facts f JOIN events e ON e.occurrence = f.occurrence"
                " WHERE f.account = ? AND f.family = ? AND f.ref = ? AND f.is_name AND e.payload IS NOT NULL"
                " ORDER BY e.created, e.id LIMIT 20",
                (account, family, name),
            )
            return [row[0] for row in rows]

        return await self._read(work)

    async def tell(self, account: int, telling: Telling, now: float) -> None:
        """Record what a batch of events came to, and whom it goes to."""

        def work(db: sqlite3.Connection) -> None:
            for news in telling.news:
                occurrence = _insert_occurrence(db, account, news.fact, news.wordings, now)
                _insert_deliveries(db, occurrence, news.routing, now)
                _settle(db, account, occurrence, news.fact, news.events)
            for siblings in telling.siblings:
                assert siblings.fact.told_as is not None
                _settle(db, account, siblings.fact.told_as, siblings.fact, siblings.events)
            db.executemany(
                "UPDATE events SET state = 'untold', reason = ? WHERE number = ?",
                ((reason, number) for number, reason in telling.untold),
            )
            _count_reads(db, account, telling.reads, now)

        await self._write(work)

    async def raise_alert(self, account: int, name: str, announcement: Announcement, now: float) -> bool:
        """Tell that something is wrong with an account, unless that has been told and is so still."""

        def work(db: sqlite3.Connection) -> bool:
            raised = db.execute(
                "INSERT INTO alerts (account, name, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (account, name, now),
            )
            if raised.rowcount == 0:
                return False
            _insert_announcement(db, account, announcement, now)
            return True

        return await self._write(work)

    async def open_alerts(self, account: int) -> set[str]:
        """The names of what has been told to be wrong with an account and is so still."""

        def work(db: sqlite3.Connection) -> set[str]:
            return {row[0] for row in db.execute("SELECT name FROM alerts WHERE account = ?", (account,))}

        return await self._read(work)

    async def clear_alerts(
        self, account: int, names: Iterable[str], announcement: Announcement | None, now: float
    ) -> None:
        """What was told to be wrong is so no more; say so, if there is anything to say."""
        cleared = json.dumps(list(names))

        def work(db: sqlite3.Connection) -> None:
            gone = db.execute(
                "DELETE FROM alerts WHERE account = ? AND name IN (SELECT value FROM json_each(?))", (account, cleared)
            )
            if gone.rowcount and announcement is not None:
                _insert_announcement(db, account, announcement, now)

        await self._write(work)

    # The outbox

    async def next_delivery(self, channel: str, disclosure: Disclosure, now: float) -> Delivery | None:
        """The oldest waiting delivery of a channel that is due, in the words that the channel may have."""
        prefix = _WORDING[disclosure]

        def work(db: sqlite3.Connection) -> Delivery | None:
            row = db.execute(
                "SELECT d.id, d.channel, d.target, d.attempts, d.unconfirmed, d.created,"  # noqa: S608 (three constants)
                f" o.kind, o.{prefix}title, o.{prefix}body, o.urgency, o.link, o.icon_url, o.icon_path"
                " FROM deliveries d JOIN occurrences o ON o.id = d.occurrence"
                " WHERE d.channel = ? AND d.state = 'waiting' AND d.due <= ? ORDER BY d.id LIMIT 1",
                (channel, now),
            ).fetchone()
            if row is None:
                return None
            id_, channel_, target, attempts, unconfirmed, created, kind, title, body, urgency, link, *icon = row
            message = Message(Kind(kind), title, body, Urgency(urgency), link, Icon(*icon) if any(icon) else None)
            return Delivery(id_, channel_, target, message, attempts, unconfirmed, created)

        return await self._read(work)

    async def next_due(self, channel: str) -> float | None:
        """When the next waiting delivery of a channel is due (s since 1970 UTC), if any waits."""

        def work(db: sqlite3.Connection) -> float | None:
            row = db.execute(
                "SELECT min(due) FROM deliveries WHERE channel = ? AND state = 'waiting'", (channel,)
            ).fetchone()
            return None if row[0] is None else float(row[0])

        return await self._read(work)

    async def mark_delivered(self, delivery: int, now: float) -> None:
        """The service has taken it."""
        await self._write(
            lambda db: db.execute(
                "UPDATE deliveries SET state = 'delivered', reason = NULL, attempts = attempts + 1, due = NULL,"
                " finished = ? WHERE id = ?",
                (now, delivery),
            )
        )

    async def mark_due_again(self, delivery: int, due: float, reason: str, unconfirmed: int) -> None:
        """It was not delivered, or nobody knows; it is due again at ``due``. ``unconfirmed``: timeouts so far."""
        await self._write(
            lambda db: db.execute(
                "UPDATE deliveries SET reason = ?, attempts = attempts + 1, unconfirmed = ?, due = ? WHERE id = ?",
                (reason, unconfirmed, due, delivery),
            )
        )

    async def mark_abandoned(self, delivery: int, reason: str, now: float) -> None:
        """It is not tried again. It stays on record."""
        await self._write(
            lambda db: db.execute(
                "UPDATE deliveries SET state = 'abandoned', reason = ?, attempts = attempts + 1, due = NULL,"
                " finished = ? WHERE id = ?",
                (reason, now, delivery),
            )
        )

    async def make_due(self, channel: str, now: float) -> None:
        """A channel is back: what waits for it need not wait longer."""
        await self._write(
            lambda db: db.execute(
                "UPDATE deliveries SET due = ? WHERE channel = ? AND state = 'waiting' AND due > ?",
                (now, channel, now),
            )
        )

    async def abandon_strays(self, channels: Iterable[str], now: float) -> int:
        """Give up what waits for channels that are not configured any more. Returns how many."""
        kept = list(channels)

        def work(db: sqlite3.Connection) -> int:
            return db.execute(
                "UPDATE deliveries SET state = 'abandoned', reason = 'channel_removed', due = NULL, finished = ?"
                " WHERE state = 'waiting' AND channel NOT IN (SELECT value FROM json_each(?))",
                (now, json.dumps(kept)),
            ).rowcount

        return await self._write(work)

    async def waiting(self) -> int:
        """How many deliveries wait, on all channels."""

        def work(db: sqlite3.Connection) -> int:
            return int(db.execute("SELECT count(*) FROM deliveries WHERE state = 'waiting'").fetchone()[0])

        return await self._read(work)

    async def prune(self, now: float) -> None:
        """Forget what is older than :data:`KEEP_DAYS`, but for what still waits."""
        horizon = now - KEEP_DAYS * _SECONDS_PER_DAY

        def work(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM events WHERE created < ? AND state != 'pending'", (int(horizon),))
            old = db.execute(
                "SELECT json_group_array(id) FROM occurrences WHERE told_at < ?"
                " AND id NOT IN (SELECT occurrence FROM deliveries WHERE state = 'waiting')"
                " AND id NOT IN (SELECT occurrence FROM events WHERE occurrence IS NOT NULL)",
                (horizon,),
            ).fetchone()
            db.execute("DELETE FROM deliveries WHERE occurrence IN (SELECT value FROM json_each(?))", old)
            db.execute("DELETE FROM facts WHERE occurrence IN (SELECT value FROM json_each(?))", old)
            db.execute("DELETE FROM occurrences WHERE id IN (SELECT value FROM json_each(?))", old)

        await self._write(work)

    # One thread, one transaction at a time

    async def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await self._in_thread(lambda: work(self._db))

    async def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def transaction() -> T:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                result = work(self._db)
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
            with _refusals(self.path):
                return work()

        # Shielded: a cancelled task leaves a transaction whole, never half.
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, refusing))


def _count_reads(db: sqlite3.Connection, account: int, reads: int, now: float) -> None:
    if reads:
        db.execute(
            "INSERT INTO reads (account, day, count) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET count = count + excluded.count",
            (account, int(now // _SECONDS_PER_DAY), reads),
        )


def _told_fact(db: sqlite3.Connection, occurrence: int) -> Fact:
    family, created = db.execute("SELECT family, created FROM occurrences WHERE id = ?", (occurrence,)).fetchone()
    fact = Fact(family, created, set(), set(), set(), told_as=occurrence)
    for ref, is_name in db.execute("SELECT ref, is_name FROM facts WHERE occurrence = ?", (occurrence,)):
        (fact.names if is_name else fact.hints).add(ref)
    fact.types.update(
        row[0] for row in db.execute("SELECT DISTINCT type FROM events WHERE occurrence = ?", (occurrence,))
    )
    return fact


def _insert_occurrence(db: sqlite3.Connection, account: int, fact: Fact, wordings: Wordings, now: float) -> int:
    full, masked, private = wordings.full, wordings.masked, wordings.private
    cursor = db.execute(
        "INSERT INTO occurrences (account, family, kind, created, told_at, urgency, link,"
        " icon_url, icon_path, title, body, masked_title, masked_body, private_title, private_body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (account, fact.family, full.kind, fact.created, now, full.urgency, full.link,
         full.icon and full.icon.url, full.icon and full.icon.file,
         full.title, full.body, masked.title, masked.body, private.title, private.body),
    )  # fmt: skip
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _insert_deliveries(db: sqlite3.Connection, occurrence: int, routing: Routing, now: float) -> None:
    db.executemany(
        "INSERT INTO deliveries (occurrence, channel, target, state, created, due) VALUES (?, ?, ?, 'waiting', ?, ?)",
        ((occurrence, channel, target, now, now) for channel, target in routing.deliver),
    )
    db.executemany(
        "INSERT INTO deliveries (occurrence, channel, state, reason, created, finished)"
        " VALUES (?, ?, 'declined', ?, ?, ?)",
        ((occurrence, channel, reason, now, now) for channel, reason in routing.declined),
    )


def _insert_announcement(db: sqlite3.Connection, account: int, announcement: Announcement, now: float) -> None:
    fact = Fact("watch", int(now), set(), set(), set())
    occurrence = _insert_occurrence(db, account, fact, Wordings.alike(announcement.message), now)
    _insert_deliveries(db, occurrence, announcement.routing, now)


def _settle(db: sqlite3.Connection, account: int, occurrence: int, fact: Fact, events: Sequence[int]) -> None:
    """Tie events and ids to their occurrence."""
    db.executemany(
        "INSERT INTO facts (account, family, ref, occurrence, is_name) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET is_name = max(is_name, excluded.is_name)",
        [(account, fact.family, ref, occurrence, 1) for ref in fact.names]
        + [(account, fact.family, ref, occurrence, 0) for ref in fact.hints],
    )
    db.executemany(
        "UPDATE events SET state = 'told', occurrence = ? WHERE number = ?", ((occurrence, number) for number in events)
    )


# Opening, creating, refusing


def _locked(path: Path) -> int:
    """Take the lock beside the cursor file; returns the file descriptor that holds it until it is closed.

    It is a file of its own: SQLite's locks on the file itself would be lost if this process closed another handle to
    it (POSIX advisory locks).
    """
    lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 20).decode("ascii", "replace").strip()
        os.close(lock)
        raise Refusal(
            f"another cashnotifyd{f' (process {holder})' if holder.isdigit() else ''} uses the cursor file {path}",
            hint="Stop that one first, or give this one a cursor_file of its own: two daemons on one would tell things"
            " twice.",
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def _refuse_orphaned_log(path: Path) -> None:
    """A write-ahead log without its file: somebody removed the file, and the log holds news that was not told."""
    log = path.with_name(path.name + "-wal")
    if log.exists():
        raise Refusal(
            f"the cursor file {path} is gone, but its log {log.name} is there",
            hint=f"Put the file back (from a backup), or remove {log} to begin a new record.",
        )


def _create(path: Path) -> None:
    """Make a new cursor file under another name and move it into place, so that a half-made one is never found."""
    draft = path.with_name(f"{path.name}.new")
    for leftover in (draft, draft.with_name(f"{draft.name}-journal")):
        leftover.unlink(missing_ok=True)
    with _refusals(path):
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        connection = sqlite3.connect(draft, isolation_level=None)
        try:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            _migrate(connection)
        finally:
            connection.close()
        draft.rename(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _connected(path: Path) -> sqlite3.Connection:
    """A connection to an existing cursor file that has been found sound and of our schema."""
    with _refusals(path):
        if path.stat().st_size == 0:
            raise Refusal(f"the cursor file {path} is empty", hint=_mending(path))
        path.chmod(0o600)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
        try:
            _check(connection, path)
            # fullfsync: on a Mac, fsync alone does not reach the disk. trusted_schema: the file may be anybody's.
            for pragma in (
                "journal_mode = WAL", "synchronous = FULL", "fullfsync = ON", "checkpoint_fullfsync = ON",
                "foreign_keys = ON", "trusted_schema = OFF", "temp_store = MEMORY",
            ):  # fmt: skip
                connection.execute(f"PRAGMA {pragma}")
            _migrate(connection)
        except BaseException:
            connection.close()
            raise
    return connection


def _check(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("PRAGMA application_id").fetchone()[0]
    if found != APPLICATION_ID:
        raise Refusal(f"{path} is no cursor file of cashnotifyd", hint=_mending(path))
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise Refusal(
            f"the cursor file {path} was written by a newer cashnotifyd"
            f" (schema {version}; this one knows {len(MIGRATIONS)})",
            hint="Install that newer version again, or give this one a cursor_file of its own.",
        )
    if path.stat().st_size <= _QUICK_CHECK_LIMIT:
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise Refusal(f"the cursor file {path} is damaged", hint=_mending(path))


def _migrate(connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT")


def _mending(path: Path) -> str:
    return (
        f"Restore it from a backup, or move it away (mv {path} {path}.bad) to begin a new record: the last 50 events"
        " of each account then count as history and are not told."
    )


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """SQLite's and the file system's errors as refusals that say what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        text = str(error)
        if "disk is full" in text:
            raise Refusal(
                f"no room left on the disk of the cursor file {path}",
                hint="Make room and start again: nothing is lost, what Stripe lists meanwhile is read then.",
            ) from error
        if "malformed" in text or "not a database" in text:
            raise Refusal(f"the cursor file {path} is damaged: {text}", hint=_mending(path)) from error
        raise Refusal(
            f"the cursor file {path} cannot be used: {text}",
            hint="See that its disk is sound and its folder writable for the user that runs cashnotifyd.",
        ) from error
    except OSError as error:
        raise Refusal(
            f"the cursor file {path} cannot be used: {error.strerror}",
            hint="See that its disk is sound and its folder writable for the user that runs cashnotifyd.",
        ) from error
