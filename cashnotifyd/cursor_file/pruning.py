"""Forgetting what is too old to be history."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

from cashnotifyd.cursor_file.door import KEEP_DAYS

_LISTED = timedelta(days=31)
"""Stripe lists events for 30 days (documentation of ``/v1/events``)."""


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
