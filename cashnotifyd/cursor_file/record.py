"""The record as the daemon has it, on SQLite: each call of the door is one transaction.

What the calls mean stands in ``door``. Here is how its promises are kept: WAL with ``synchronous=FULL``, so that a
commit has reached the disk when the call returns (with NORMAL, 25 power cuts of 25 came back stale, measured); but for
what can be had from Stripe again, which a later commit takes along, since the log is one and is written in order. All
statements run in one thread of its own, since a commit waits for the disk and the event loop must not. A transaction
that has begun is finished even if the task that asked for it is cancelled.
"""

from __future__ import annotations

import asyncio
import math
import os
import sqlite3
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from cashnotifyd.cursor_file import accounts as accounts_sql
from cashnotifyd.cursor_file import (
    alerts,
    counting,
    history,
    joining,
    occurrences,
    opening,
    outbox,
    pruning,
    rhythm,
    summaries,
    takings,
)
from cashnotifyd.cursor_file import events as events_sql
from cashnotifyd.cursor_file import mutes as mutes_sql
from cashnotifyd.cursor_file.joining import joined
from cashnotifyd.cursor_file.opening import opened, refusals
from cashnotifyd.cursor_file.values import Ending, ListedEvent

P = ParamSpec("P")
T = TypeVar("T")

_SPELL = 0.25
"""Seconds that SQLite itself waits for another program's transaction, in which nobody can tell it to stop."""

_Stamp = tuple[int, int, int]


def _reads(
    statements: Callable[Concatenate[sqlite3.Connection, P], T],
) -> Callable[Concatenate[CursorFile, P], Coroutine[Any, Any, T]]:
    """A call of the door that changes nothing."""

    async def call(self: CursorFile, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._in_thread(lambda: self._at_one_moment(lambda: statements(self._db, *args, **kwargs)))

    return call


def _writes(
    statements: Callable[Concatenate[sqlite3.Connection, P], T],
) -> Callable[Concatenate[CursorFile, P], Coroutine[Any, Any, T]]:
    """A call of the door that changes something, as a whole or not at all."""

    async def call(self: CursorFile, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._in_thread(lambda: self._committed(lambda: statements(self._db, *args, **kwargs)))

    return call


class CursorFile:
    """The record in an SQLite file. Use :meth:`open`; what the calls mean stands in ``door``."""

    def __init__(self, path: Path, connection: sqlite3.Connection, patience: float, locks: ExitStack) -> None:
        self.path = path
        self._db = connection
        self._patience = patience
        self._ends_at = math.inf
        self._locks = locks
        self._version = _data_version(connection)
        self._log = path.with_name(path.name + "-wal")
        self._stamps: tuple[_Stamp | None, _Stamp | None] = (None, None)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="cursor-file")
        connection.execute(f"PRAGMA busy_timeout = {round(_SPELL * 1000)}")

    @classmethod
    def open(cls, path: Path) -> CursorFile:
        """Open the cursor file at ``path``, or begin a new one where there is none.

        Raises:
            Refusal: another daemon holds it; it is corrupt, foreign or of a newer schema; it cannot be written. It is
                never replaced.
        """
        path = Path(os.path.realpath(path))
        with ExitStack() as locks:
            return cls(path, opened(path, locks), opening.PATIENCE, locks.pop_all())

    @classmethod
    def beside(cls, path: Path) -> CursorFile:
        """Open the cursor file at ``path`` for a short word, whether a daemon has it open or not.

        Raises:
            Refusal: there is none, it is foreign, damaged or of another schema, or this user may not write to it.
        """
        path = Path(os.path.realpath(path))
        return cls(path, joined(path), joining.PATIENCE, ExitStack())

    @classmethod
    def reading(cls, path: Path) -> CursorFile:
        """Open the cursor file as :meth:`beside` does, to change nothing in it.

        Raises:
            Refusal: as there. To read a file with a log, SQLite has to be able to write beside it.
        """
        path = Path(os.path.realpath(path))
        connection = joined(path)
        connection.execute("PRAGMA query_only = ON")
        return cls(path, connection, joining.PATIENCE, ExitStack())

    def end_by(self, moment: float) -> None:
        """From then on (:func:`time.monotonic`) wait for no other program any more."""
        self._ends_at = moment

    def close(self) -> None:
        """Write the log back into the file, unless somebody else still uses it, and let go of it."""
        self._thread.shutdown()
        with suppress(sqlite3.Error):
            self._db.execute("PRAGMA optimize")
        self._db.close()
        self._locks.close()  # not before: closing a descriptor of the file takes SQLite's locks away

    # Accounts
    accounts = _reads(accounts_sql.find)
    begin_account = _writes(accounts_sql.begin)
    update_account = _writes(accounts_sql.update)
    keep_icon = _writes(accounts_sql.keep_icon)
    note_absence = _writes(accounts_sql.note_absence)
    note_polls = _writes(accounts_sql.note_polls)
    usage = _reads(accounts_sql.usage)

    # Polling
    async def record_page(
        self, account: int, page: Sequence[ListedEvent], now: float, ending: Ending | None = None
    ) -> None:
        """Record what is new on a page; where nothing is announced, the next call takes it to the disk."""
        announces = ending is not None and ending.announcement is not None
        committed = self._committed if announces else self._committed_soon
        await self._in_thread(lambda: committed(lambda: events_sql.record_page(self._db, account, page, now, ending)))

    seen_among = _reads(events_sql.seen_among)

    # Telling
    pending = _reads(events_sql.pending)
    pending_of = _reads(events_sql.pending_of)
    facts_under = _reads(occurrences.facts_under)
    events_behind = _reads(events_sql.behind)
    unsettled = _reads(occurrences.unsettled)
    tell = _writes(occurrences.tell)

    # What is wrong, and whether all goes on as usual
    raise_alert = _writes(alerts.begin)
    open_alerts = _reads(alerts.still_wrong)
    clear_alerts = _writes(alerts.end)
    every_alert = _reads(rhythm.every_alert)
    selling_hours = _reads(rhythm.selling_hours)
    last_sale = _reads(rhythm.last_sale)
    abandoned = _reads(rhythm.abandoned)
    works = _reads(rhythm.works)
    has_delivered = _reads(rhythm.has_delivered)
    waited = _reads(rhythm.waited)

    # The outbox
    offer = _reads(outbox.offer)
    gather = _reads(summaries.gather)
    summarize = _writes(summaries.summarize)
    next_due = _reads(outbox.next_due)
    mark_delivered = _writes(outbox.mark_delivered)
    mark_due_again = _writes(outbox.mark_due_again)
    mark_abandoned = _writes(outbox.mark_abandoned)
    make_due = _writes(outbox.make_due)
    forget_failures = _writes(outbox.forget_failures)
    decline_due = _writes(outbox.decline_due)
    resend_abandoned = _writes(outbox.resend_abandoned)
    abandon_strays = _writes(outbox.abandon_strays)
    waiting = _reads(outbox.waiting)
    mute = _writes(mutes_sql.begin)
    unmute = _writes(mutes_sql.end)
    mutes = _reads(mutes_sql.every)

    # Digests
    watched = _reads(takings.watched)
    totals = _reads(takings.totals)
    digests = _reads(takings.digests)
    begin_digests = _writes(takings.begin_digests)
    end_digests = _writes(takings.end_digests)
    tell_digest = _writes(takings.tell_digest)

    # For people who ask
    events = _reads(history.page)
    not_settled = _reads(history.not_settled)
    news = _reads(history.news)
    find = _reads(history.find)
    account_ids = _reads(history.account_ids)
    watching = _reads(counting.watching)
    sending = _reads(counting.sending)

    async def prune(self, now: float) -> None:
        """Forget what is older, and give its room back in slices, between which others have their turn."""
        await self._in_thread(lambda: self._committed(lambda: pruning.prune(self._db, now)))
        for _ in range(pruning.SLICES):
            if not await self._in_thread(lambda: pruning.shrink(self._db)):
                break

    # One thread, one transaction at a time

    async def changed_elsewhere(self) -> bool:
        """Whether another process wrote to the file since the last time this was asked.

        While nobody writes, SQLite need not be asked. It is asked once more after a write: what follows within the
        same tick of the file system's clock leaves the same time.
        """
        stamp, before = _stamp(self._log), self._stamps
        self._stamps = (stamp, before[0])
        if stamp is not None and before == (stamp, stamp):
            return False
        version = await self._in_thread(lambda: _data_version(self._db))
        changed, self._version = version != self._version, version
        return changed

    def _at_one_moment(self, statements: Callable[[], T]) -> T:
        """What several statements find is of the same moment, and read faster: the file is locked for them once."""
        self._db.execute("BEGIN")
        try:
            return statements()
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _committed(self, statements: Callable[[], T]) -> T:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            result = statements()
            self._db.execute("COMMIT")
        except BaseException:
            # After a failed COMMIT the transaction may be gone already; after a failed fsync nothing may be tried
            # again (the kernel has dropped the pages): the error ends the daemon.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        return result

    def _committed_soon(self, statements: Callable[[], T]) -> T:
        """Without waiting for the disk: that costs 0.1 ms of CPU, and up to 10 ms of time where disks are slow."""
        self._db.execute("PRAGMA synchronous = NORMAL")
        try:
            return self._committed(statements)
        finally:
            self._db.execute("PRAGMA synchronous = FULL")

    def _patiently(self, work: Callable[[], T]) -> T:
        """Begin again while another program holds the file locked, until our patience or the time that is left ends.

        SQLite would wait as long by itself, but could not be told that the time has become short: another thread that
        sets its timeout waits behind it, and ``interrupt()`` ends a statement, not a wait.
        """
        patience_ends = time.monotonic() + self._patience
        while True:
            try:
                return work()
            except sqlite3.OperationalError as error:
                if not _is_busy(error):
                    raise
                if time.monotonic() >= min(patience_ends, self._ends_at):
                    self._lose_patience()
                    raise

    def _lose_patience(self) -> None:
        """Who comes next need not wait as long for the same answer: there may be one for each account and channel."""
        self._patience = 0.0
        self._db.execute("PRAGMA busy_timeout = 0")

    async def _in_thread(self, work: Callable[[], T]) -> T:
        def refusing() -> T:
            with refusals(self.path):
                return self._patiently(work)

        done = asyncio.get_running_loop().run_in_executor(self._thread, refusing)
        done.add_done_callback(_heard)
        # Shielded: a cancelled task leaves a transaction whole, never half.
        return await asyncio.shield(done)


def _heard(done: asyncio.Future[T]) -> None:
    """What fails after its task was cancelled is nobody's news any more; unasked, asyncio logs it with a traceback."""
    if not done.cancelled():
        done.exception()


def _is_busy(error: sqlite3.Error) -> bool:
    """Whether it is for another's lock; the higher bits say for which (SQLite's documentation, "Result Codes")."""
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def _stamp(log: Path) -> _Stamp | None:
    """What changes when somebody writes to the log; None where there is none."""
    try:
        status = log.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _data_version(db: sqlite3.Connection) -> int:
    """A number that changes when another connection has written (SQLite's documentation, "PRAGMA data_version")."""
    return int(db.execute("PRAGMA data_version").fetchone()[0])
