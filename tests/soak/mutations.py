"""Daemons that wear out, grow or miscount. A soak that does not tell them from ours proves nothing."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cashnotifyd.cursor_file import accounts, pruning
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.values import Delivery, Ending, ListedEvent
from cashnotifyd.daemon.running import Daemon
from cashnotifyd.daemon.watches import Watches
from cashnotifyd.delivery.lane import Lane
from cashnotifyd.lookups.asking import LookUps
from cashnotifyd.polling import watch
from cashnotifyd.polling.pace import Pace, Why

Mutate = Callable[[pytest.MonkeyPatch], None]

SHORT = 32
"""Days of history, so that what goes wrong with it shows soon. Reads count for thirty."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A worse daemon: what is wrong with it, how it comes to be so, and days until it has to be caught."""

    name: str
    does: str
    mutate: Mutate
    days: int


def _keeps_events(patch: pytest.MonkeyPatch) -> None:
    kept, keeping = CursorFile.record_page, list[ListedEvent]()

    async def record_page(
        self: CursorFile, account: int, page: Sequence[ListedEvent], now: float, ending: Ending | None = None
    ) -> None:
        keeping.extend(page)
        await kept(self, account, page, now, ending)

    patch.setattr(CursorFile, "record_page", record_page)


def _keeps_deliveries(patch: pytest.MonkeyPatch) -> None:
    kept, keeping = Lane._deliver, list[Delivery]()

    async def deliver(self: Lane, delivery: Delivery) -> None:
        keeping.append(delivery)
        await kept(self, delivery)

    patch.setattr(Lane, "_deliver", deliver)


def _after_reload(patch: pytest.MonkeyPatch, leave: Callable[[], object]) -> None:
    kept: Callable[..., Awaitable[None]] = Daemon._reload

    async def reload(self: Daemon, *around: Any) -> None:  # noqa: ANN401 (as there)
        leave()
        await kept(self, *around)

    patch.setattr(Daemon, "_reload", reload)


def _leaves_files(patch: pytest.MonkeyPatch) -> None:
    _after_reload(patch, lambda: os.open("/dev/null", os.O_RDONLY))


def _leaves_threads(patch: pytest.MonkeyPatch) -> None:
    _after_reload(patch, lambda: threading.Thread(target=threading.Event().wait, daemon=True).start())


def _keeps_watches(patch: pytest.MonkeyPatch) -> None:
    kept, keeping = Watches._end, list[Any]()

    async def end(self: Watches, ids: Collection[str]) -> None:
        keeping.extend(self._running[id_] for id_ in ids if id_ in self._running)
        await kept(self, ids)

    patch.setattr(Watches, "_end", end)


def _leaves_transactions(patch: pytest.MonkeyPatch) -> None:
    """As a command would that reads beside it and never ends."""
    kept, reading = CursorFile.prune, list[sqlite3.Connection]()

    async def prune(self: CursorFile, now: float) -> None:
        if not reading:
            reading.append(sqlite3.connect(self.path, isolation_level=None))
            reading[0].execute("BEGIN")
            reading[0].execute("SELECT count(*) FROM events").fetchone()
        await kept(self, now)

    patch.setattr(CursorFile, "prune", prune)


def _never_writes_back(patch: pytest.MonkeyPatch) -> None:
    kept = CursorFile.__init__

    def begin(self: CursorFile, path: Path, connection: sqlite3.Connection, *rest: Any) -> None:  # noqa: ANN401 (as there)
        kept(self, path, connection, *rest)
        connection.execute("PRAGMA wal_autocheckpoint = 0")

    patch.setattr(CursorFile, "__init__", begin)


def _never_prunes(patch: pytest.MonkeyPatch) -> None:
    async def prune(*_: object) -> None:
        await asyncio.sleep(0)

    patch.setattr(CursorFile, "prune", prune)


def _prunes_too_soon(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pruning, "KEEP_DAYS", SHORT - 1)


def _prunes_what_is_listed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pruning, "KEEP_DAYS", 5)


def _after_pruning(patch: pytest.MonkeyPatch, statement: str) -> None:
    kept = CursorFile.prune

    async def prune(self: CursorFile, now: float) -> None:
        await kept(self, now)
        self._db.execute(statement, (now,))

    patch.setattr(CursorFile, "prune", prune)


def _forgets_names(patch: pytest.MonkeyPatch) -> None:
    _after_pruning(
        patch,
        "DELETE FROM facts WHERE occurrence IN (SELECT id FROM occurrences WHERE told_at < ? - 5 * 86400)",
    )


def _keeps_messages(patch: pytest.MonkeyPatch) -> None:
    def prune(db: sqlite3.Connection, now: float) -> None:
        horizon = int(now - SHORT * 86400)
        db.execute("DELETE FROM events WHERE created < ? AND state != 'pending'", (horizon,))

    async def call(self: CursorFile, now: float) -> None:
        await self._in_thread(lambda: self._committed(lambda: prune(self._db, now)))

    patch.setattr(CursorFile, "prune", call)


def _month_of(days: int) -> Mutate:
    return lambda patch: patch.setattr(accounts, "_DAYS", days)


def _first_note_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(accounts, "_COUNT_READS", accounts._COUNT_READS.replace("count + excluded.count", "excluded.count"))


def _counted_twice(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(LookUps, "recorded", lambda *_: None)


def _local_days(patch: pytest.MonkeyPatch) -> None:
    kept = accounts.month
    patch.setattr(accounts, "month", lambda now: {**kept(now), "day": int((now - 30 * 86400 + 13 * 3600) // 86400)})


def _no_budget(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(watch, "pace", lambda *_: Pace(150.0, Why.ALLOWANCE))


MUTANTS: Collection[Mutant] = (
    Mutant("keeps events", "each event that was recorded stays in memory", _keeps_events, 60),
    Mutant("keeps deliveries", "each message that was sent stays in memory", _keeps_deliveries, 60),
    Mutant("keeps watches", "a watch that has ended stays in memory", _keeps_watches, 100),
    Mutant("leaves files", "a reload leaves a file open", _leaves_files, 8),
    Mutant("leaves threads", "a reload leaves a thread", _leaves_threads, 8),
    Mutant("leaves a transaction", "somebody reads, and never ends", _leaves_transactions, 12),
    Mutant("never writes back", "the log is never written back into the file", _never_writes_back, 12),
    Mutant("never prunes", "history is never forgotten", _never_prunes, 36),
    Mutant("prunes too soon", "history is forgotten a day early", _prunes_too_soon, 35),
    Mutant("prunes what is listed", "history is shorter than Stripe's list", _prunes_what_is_listed, 12),
    Mutant("keeps messages", "events are forgotten, what they came to is not", _keeps_messages, 41),
    Mutant("forgets names", "the names of what was told are forgotten after days", _forgets_names, 16),
    Mutant("month of 29 days", "a day of reads is missing", _month_of(29), 34),
    Mutant("month of 31 days", "a day of reads too many counts", _month_of(31), 34),
    Mutant("days that begin at eleven", "a day of reads leaves the month hours early", _local_days, 34),
    Mutant("last note of a day", "each note of reads takes the place of the one before it", _first_note_forgotten, 3),
    Mutant("reads counted twice", "what was counted stays to be counted", _counted_twice, 3),
    Mutant("no budget", "it asks every 150 seconds, whatever is left", _no_budget, 14),
)
