"""The events that were ever listed: the set that de-duplicates, the inbox and the history."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence

from cashnotifyd.cursor_file.accounts import count_reads
from cashnotifyd.cursor_file.occurrences import announce
from cashnotifyd.cursor_file.values import Ending, ListedEvent, PendingEvent


def record_page(
    db: sqlite3.Connection, account: int, page: Sequence[ListedEvent], now: float, ending: Ending | None = None
) -> None:
    """What is new on a page; with the last page of a whole walk, its ending."""
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
        "UPDATE accounts SET low_water = ?, watched_from = ?, polled_at = ?,"
        " met_at = CASE WHEN low_water IS NULL THEN ? ELSE met_at END WHERE id = ?",
        (ending.low_water, ending.watched_from, now, now, account),
    )
    count_reads(db, account, ending.reads, now)
    if ending.announcement is not None:
        announce(db, account, ending.announcement, now)


def seen_among(db: sqlite3.Connection, account: int, ids: list[str]) -> set[str]:
    """Those of ``ids`` that are on record."""
    rows = db.execute(
        "SELECT id FROM events WHERE account = ? AND id IN (SELECT value FROM json_each(?))",
        (account, json.dumps(ids)),
    )
    return {row[0] for row in rows}


def pending(db: sqlite3.Connection, account: int, limit: int, since: int = 0) -> list[PendingEvent]:
    """The oldest that have not been understood yet, of those that were created since then (s)."""
    rows = db.execute(
        "SELECT number, payload, recorded_at FROM events WHERE account = ? AND state = 'pending' AND created >= ?"
        " ORDER BY created, id LIMIT ?",
        (account, since, limit),
    )
    return [PendingEvent(*row) for row in rows]


def pending_of(db: sqlite3.Connection, account: int, types: Collection[str], limit: int) -> list[PendingEvent]:
    """The oldest of these types that have not been understood yet."""
    # Types stand in this index alone; by that of what is pending, every payload of a backlog would be read.
    rows = db.execute(
        "SELECT number, payload, recorded_at FROM events INDEXED BY events_by_time WHERE account = ?1 AND created >="
        " (SELECT min(created) FROM events WHERE account = ?1 AND state = 'pending')"
        " AND type IN (SELECT value FROM json_each(?2)) AND state = 'pending' ORDER BY created, id LIMIT ?3",
        (account, json.dumps(list(types)), limit),
    )
    return [PendingEvent(*row) for row in rows]


def behind(db: sqlite3.Connection, account: int, family: str, name: str) -> list[str]:
    """The payloads of those by which the fact of this name was told."""
    rows = db.execute(
        "SELECT e.payload FROM facts f JOIN events e ON e.occurrence = f.occurrence"
        " WHERE f.account = ? AND f.family = ? AND f.ref = ? AND f.is_name AND e.payload IS NOT NULL"
        " ORDER BY e.created, e.id LIMIT 20",
        (account, family, name),
    )
    return [row[0] for row in rows]
