"""The outbox: messages on their way to channels, and afterwards the record of who was told what."""

from __future__ import annotations

import json
import sqlite3

from cashnotifyd.cursor_file.values import Delivery, Routing
from cashnotifyd.vocabulary import Disclosure, Icon, Kind, Message, Urgency

_WORDING = {Disclosure.FULL: "", Disclosure.MASKED: "masked_", Disclosure.PRIVATE: "private_"}
"""What the columns of each wording begin with."""


def post(db: sqlite3.Connection, occurrence: int, routing: Routing, now: float) -> None:
    """A delivery for each recipient, due at once; one with the reason for each channel that is not to have it."""
    db.executemany(
        "INSERT INTO deliveries (occurrence, channel, target, state, created, due) VALUES (?, ?, ?, 'waiting', ?, ?)",
        ((occurrence, channel, target, now, now) for channel, target in routing.deliver),
    )
    db.executemany(
        "INSERT INTO deliveries (occurrence, channel, state, reason, created, finished)"
        " VALUES (?, ?, 'declined', ?, ?, ?)",
        ((occurrence, channel, reason, now, now) for channel, reason in routing.declined),
    )


def next_delivery(db: sqlite3.Connection, channel: str, disclosure: Disclosure, now: float) -> Delivery | None:
    """The oldest of a channel that is due, in the words that the channel may have."""
    prefix = _WORDING[disclosure]
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


def next_due(db: sqlite3.Connection, channel: str) -> float | None:
    """When the next one of a channel is due (s since 1970 UTC), if any waits."""
    row = db.execute("SELECT min(due) FROM deliveries WHERE channel = ? AND state = 'waiting'", (channel,)).fetchone()
    return None if row[0] is None else float(row[0])


def mark_delivered(db: sqlite3.Connection, delivery: int, now: float) -> None:
    """The service has taken it."""
    db.execute(
        "UPDATE deliveries SET state = 'delivered', reason = NULL, attempts = attempts + 1, due = NULL,"
        " finished = ? WHERE id = ?",
        (now, delivery),
    )


def mark_due_again(db: sqlite3.Connection, delivery: int, due: float, reason: str, unconfirmed: int) -> None:
    """It waits until ``due``."""
    db.execute(
        "UPDATE deliveries SET reason = ?, attempts = attempts + 1, unconfirmed = ?, due = ? WHERE id = ?",
        (reason, unconfirmed, due, delivery),
    )


def mark_abandoned(db: sqlite3.Connection, delivery: int, reason: str, now: float) -> None:
    """It waits no more, and stays."""
    db.execute(
        "UPDATE deliveries SET state = 'abandoned', reason = ?, attempts = attempts + 1, due = NULL,"
        " finished = ? WHERE id = ?",
        (reason, now, delivery),
    )


def make_due(db: sqlite3.Connection, channel: str, now: float) -> None:
    """What waits for a channel is due now at the latest."""
    db.execute(
        "UPDATE deliveries SET due = ? WHERE channel = ? AND state = 'waiting' AND due > ?",
        (now, channel, now),
    )


def abandon_strays(db: sqlite3.Connection, channels: list[str], now: float) -> int:
    """Abandon what waits for any other channel than these. Returns how many."""
    return db.execute(
        "UPDATE deliveries SET state = 'abandoned', reason = 'channel_removed', due = NULL, finished = ?"
        " WHERE state = 'waiting' AND channel NOT IN (SELECT value FROM json_each(?))",
        (now, json.dumps(channels)),
    ).rowcount


def waiting(db: sqlite3.Connection) -> int:
    """How many wait, on all channels."""
    return int(db.execute("SELECT count(*) FROM deliveries WHERE state = 'waiting'").fetchone()[0])
