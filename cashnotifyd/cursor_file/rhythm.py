"""What tells whether all goes on as usual: when there were sales, what is told to be wrong, what channels took."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection

from cashnotifyd.cursor_file.selling import SellingHour

_LONGEST_ON_THE_WAY = 4 * 86400
"""Seconds after which a message has surely been sent or given up, so that only newer ones are looked through."""


def selling_hours(db: sqlite3.Connection, account: int, since: float) -> list[SellingHour]:
    """The hours in which the account made live sales since then, the oldest first."""
    rows = db.execute(
        "SELECT count(*), min(created), max(created) FROM occurrences WHERE account = ? AND created >= ?"
        " AND kind = 'sale' AND mode = 'live' GROUP BY created / 3600 ORDER BY created / 3600",
        (account, int(since)),
    )
    return [SellingHour(*row) for row in rows]


def last_sale(db: sqlite3.Connection, account: int) -> int | None:
    """When the account made its last live sale (s since 1970, Stripe's), if it made any."""
    row = db.execute(
        "SELECT created FROM occurrences WHERE account = ? AND kind = 'sale' AND mode = 'live'"
        " ORDER BY created DESC LIMIT 1",
        (account,),
    ).fetchone()
    return None if row is None else int(row[0])


def every_alert(db: sqlite3.Connection) -> dict[str, dict[str, float]]:
    """The names of all that is told to be wrong, and since when, by what it is about."""
    found: dict[str, dict[str, float]] = {}
    for about, name, since in db.execute("SELECT about, name, since FROM alerts"):
        found.setdefault(about, {})[name] = since
    return found


def abandoned(db: sqlite3.Connection, channels: Collection[str]) -> dict[str, tuple[str, float]]:
    """Why and when the last delivery of each of these channels was given up that is on record as given up.

    Not because the channel or a recipient was removed: whoever did that knows.
    """
    rows = db.execute(
        "SELECT channel, reason, max(finished) FROM deliveries WHERE state = 'abandoned'"
        " AND channel IN (SELECT value FROM json_each(?))"
        " AND reason NOT IN ('channel_removed', 'recipient_removed') GROUP BY channel",
        (json.dumps(list(channels)),),
    )
    return {channel: (reason, finished) for channel, reason, finished in rows}


def works(db: sqlite3.Connection, channel: str, since: float) -> bool:
    """Whether a channel has taken something after that time, and nothing waits there that has failed."""
    failing = db.execute(
        "SELECT 1 FROM deliveries WHERE channel = ? AND state = 'waiting' AND attempts > 0 LIMIT 1", (channel,)
    ).fetchone()
    return failing is None and has_delivered(db, channel, since)


def has_delivered(db: sqlite3.Connection, channel: str, since: float) -> bool:
    """Whether a channel has taken anything after that time."""
    row = db.execute(
        "SELECT 1 FROM deliveries WHERE channel = ? AND created > ? AND state = 'delivered' AND finished > ? LIMIT 1",
        (channel, since - _LONGEST_ON_THE_WAY, since),
    ).fetchone()
    return row is not None


def waited(db: sqlite3.Connection, channel: str, since: float) -> int:
    """How many messages had to wait while a channel took nothing from that time on, each counted once."""
    row = db.execute(
        "WITH late AS (SELECT target, max(finished) AS until FROM deliveries"
        " WHERE channel = :channel AND created > :earliest AND finished > :since"
        " AND (state = 'delivered' AND attempts > 1 OR state = 'summarized' AND attempts > 0) GROUP BY target)"
        " SELECT count(DISTINCT d.occurrence) FROM late JOIN deliveries d"
        " ON d.channel = :channel AND d.target = late.target AND d.created > :earliest AND d.created <= late.until"
        " AND (d.state = 'waiting' OR d.state IN ('delivered', 'summarized') AND d.finished > :since)"
        " JOIN occurrences o ON o.id = d.occurrence WHERE o.family != 'summary' OR o.told_at <= :since",
        {"channel": channel, "earliest": since - _LONGEST_ON_THE_WAY, "since": since},
    ).fetchone()
    return int(row[0])
