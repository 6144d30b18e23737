"""Forgetting what is too old to be history, and giving its room back."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

from cashnotifyd.cursor_file.door import KEEP_DAYS

_LISTED = timedelta(days=31)
"""Stripe lists events for 30 days (documentation of ``/v1/events``)."""

SLICES = 100
"""How many a day at most: on a slow card each can take a tenth of a second, and the watchdog waits."""

_SLICE = 250
"""Pages (1 MiB): 1 to 4 ms in the median and 24 at most on an SSD, measured. 36 MiB in one go take 124 ms."""

_SPARE = 2000
"""Free pages (8 MiB) that stay for what comes next, or a quarter of the file where that is more."""


def prune(db: sqlite3.Connection, now: float) -> None:
    """Forget what is older, but for what still waits."""
    horizon = now - timedelta(days=KEEP_DAYS).total_seconds()
    # What says that it is older than anything that Stripe lists could be listed again, and would be news.
    db.execute(
        "DELETE FROM events WHERE created < ? AND recorded_at < ? AND state != 'pending'",
        (int(horizon), horizon + _LISTED.total_seconds()),
    )
    old = db.execute(
        "WITH old AS MATERIALIZED (SELECT id FROM occurrences WHERE told_at < ?"
        " AND id NOT IN (SELECT occurrence FROM deliveries WHERE state = 'waiting')"
        " AND id NOT IN (SELECT occurrence FROM events WHERE occurrence IS NOT NULL))"
        # A summary stays as long as anything that it stands for does, for whatever reason.
        " SELECT json_group_array(id) FROM old WHERE id NOT IN"
        " (SELECT summary FROM deliveries WHERE summary IS NOT NULL AND occurrence NOT IN (SELECT id FROM old))",
        (horizon,),
    ).fetchone()
    db.execute("DELETE FROM deliveries WHERE occurrence IN (SELECT value FROM json_each(?))", old)
    db.execute("DELETE FROM facts WHERE occurrence IN (SELECT value FROM json_each(?))", old)
    db.execute("DELETE FROM occurrences WHERE id IN (SELECT value FROM json_each(?))", old)
    db.execute("DELETE FROM reads WHERE day < ?", (int(horizon // 86400),))


def shrink(db: sqlite3.Connection) -> bool:
    """Give a slice of a file that is free for the most part back to the disk. Returns whether it did."""
    pages, free = _pragma(db, "page_count"), _pragma(db, "freelist_count")
    if free <= max(pages // 4, _SPARE):
        return False
    # As a script: SQLite frees one page a step, and sqlite3 takes a statement without rows one step far.
    db.executescript(f"PRAGMA incremental_vacuum({_SLICE})")
    return _pragma(db, "freelist_count") < free  # a VACUUM by hand can have switched it off


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])
