"""The outbox: messages on their way to channels, and afterwards the record of who was told what."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from cashnotifyd.cursor_file import mutes
from cashnotifyd.cursor_file.streams import Streams
from cashnotifyd.cursor_file.values import NOT_CHOSEN, Address, Delivery, Lately, Mute, Offer, Routing, Standing, Stream
from cashnotifyd.schedules import Span
from cashnotifyd.vocabulary import Disclosure, Icon, Kind, Message, Urgency

_MESSAGE = {
    disclosure: "SELECT d.id, d.urgency, d.attempts, d.unconfirmed, d.created,"  # noqa: S608 (constants)
    f" o.kind, o.{prefix}title, o.{prefix}body, o.link, o.picture, o.icon_url, o.icon_path"
    " FROM deliveries d JOIN occurrences o ON o.id = d.occurrence"
    for disclosure, prefix in {
        Disclosure.FULL: "",
        Disclosure.MASKED: "masked_",
        Disclosure.PRIVATE: "private_",
    }.items()
}
"""A delivery in the wording that a channel may have."""

_MESSAGE_SOON = 300
"""Seconds within which what an account sends after it was away is surely told."""

_REMEMBERED = 7200
"""Seconds for which a summary may have a continuation."""

_DUE = (
    "d.channel = :channel AND d.target = :target AND d.state = 'waiting' AND d.due <= :now AND d.urgency != 'emergency'"
)
TO_GATHER = f"{_DUE} AND d.unconfirmed = 0"
"""What may go into a summary. What may have arrived already is sent for itself or not at all."""


def post(db: sqlite3.Connection, occurrence: int, routing: Routing, stream: Streams, now: float) -> None:
    """A delivery for each recipient, due at once; one with the reason for each channel that is not to have it."""
    db.executemany(
        "INSERT INTO deliveries (occurrence, channel, target, urgency, stream, state, created, due)"
        " VALUES (?, ?, ?, ?, ?, 'waiting', ?, ?)",
        ((occurrence, to.channel, to.target, to.urgency, stream(to.urgency), now, now) for to in routing.deliver),
    )
    db.executemany(
        "INSERT INTO deliveries (occurrence, channel, state, reason, created, finished)"
        " VALUES (?, ?, 'declined', ?, ?, ?)",
        ((occurrence, channel, reason, now, now) for channel, reason in routing.declined),
    )


def decided(db: sqlite3.Connection, occurrence: int) -> frozenset[str]:
    """The channels that a message went to, or was not to go to for another reason than what it is of."""
    rows = db.execute(
        "SELECT DISTINCT channel FROM deliveries WHERE occurrence = ? AND (state != 'declined' OR reason != ?)",
        (occurrence, NOT_CHOSEN),
    )
    return frozenset(row[0] for row in rows)


def is_posted(db: sqlite3.Connection, occurrence: int) -> bool:
    """Whether a message went to any channel."""
    found = db.execute("SELECT 1 FROM deliveries WHERE occurrence = ? AND state != 'declined'", (occurrence,))
    return found.fetchone() is not None


def withdraw_no(db: sqlite3.Connection, occurrence: int, channels: Collection[str]) -> None:
    """Forget why these were not to have a message: now they are."""
    db.executemany(
        "DELETE FROM deliveries WHERE occurrence = ? AND channel = ? AND state = 'declined'",
        ((occurrence, channel) for channel in channels),
    )


def offer(db: sqlite3.Connection, address: Address, disclosure: Disclosure, now: float, lately: Lately | None) -> Offer:
    """What a recipient's lane may choose from, in the words that the channel may have."""
    mute = mutes.latest(db, address.channel, now)
    emergency = _next(db, address, disclosure, now, "= 'emergency'")
    if lately is None:
        free = _next(db, address, disclosure, now, "!= 'emergency'")
        return Offer(Standing((), mute=mute), emergency, free)
    waiting = db.execute(
        "SELECT CASE d.unconfirmed WHEN 0 THEN d.stream END AS stream, count(*), min(d.created), max(d.created),"  # noqa: S608 (constants)
        f" min(d.id) FROM deliveries d WHERE {_DUE} GROUP BY 1",
        {"channel": address.channel, "target": address.target, "now": now},
    ).fetchall()
    heads = {name: _delivery(db, address, disclosure, head) for name, *_, head in waiting}
    free = heads.pop(None, None)
    held = [row[:-1] for row in waiting if row[0] is not None]
    return Offer(_standing(db, address, now, lately, mute, held), emergency, free, tuple(heads.items()))


_Row = tuple[Any, ...]


def _next(
    db: sqlite3.Connection, address: Address, disclosure: Disclosure, now: float, urgency: str
) -> Delivery | None:
    """The oldest of a recipient that is due."""
    # The plus sign keeps SQLite from the index by due, for which it would sort the whole backlog for each message: with
    # 20,000 waiting that takes 3 ms instead of 0.4.
    row = db.execute(
        f"{_MESSAGE[disclosure]} WHERE d.channel = ? AND d.target = ? AND d.state = 'waiting' AND +d.due <= ?"
        f" AND d.urgency {urgency} ORDER BY d.id LIMIT 1",
        (address.channel, address.target, now),
    ).fetchone()
    return None if row is None else _as_delivery(row, address, disclosure)


def _delivery(db: sqlite3.Connection, address: Address, disclosure: Disclosure, id_: int) -> Delivery:
    row = db.execute(f"{_MESSAGE[disclosure]} WHERE d.id = ?", (id_,)).fetchone()
    return _as_delivery(row, address, disclosure)


def _as_delivery(row: _Row, address: Address, disclosure: Disclosure) -> Delivery:
    id_, urgency, attempts, unconfirmed, created, kind, title, body, link, picture, *icon = row
    shown = Icon(*icon) if any(icon) else None
    if disclosure is Disclosure.PRIVATE:
        picture = None  # it was drawn before the channel was to be told no amounts
    message = Message(Kind(kind), title, body, Urgency(urgency), link, shown, picture)
    return Delivery(id_, address.channel, address.target, message, attempts, unconfirmed, created)


def _standing(
    db: sqlite3.Connection, address: Address, now: float, lately: Lately, mute: Mute | None, waiting: Sequence[_Row]
) -> Standing:
    found = tuple(
        Stream(
            name,
            due,
            oldest,
            newest,
            _recent(db, address, name, now - (lately.failures if name.endswith("failures") else lately.others)),
            _summarized(db, address, name, now),
        )
        for name, due, oldest, newest in waiting
    )
    if not found:
        return Standing((), mute=mute)
    unsettled = db.execute("SELECT 1 FROM events WHERE state = 'pending' LIMIT 1").fetchone() is not None
    return Standing(found, unsettled, _away(db, address, min(one.oldest for one in found)), mute)


def _recent(db: sqlite3.Connection, address: Address, name: str, since: float) -> int:
    row = db.execute(
        "SELECT count(*) FROM deliveries WHERE channel = ? AND target = ? AND created > ? AND stream = ?"
        " AND state != 'declined' AND urgency != 'emergency'",
        (address.channel, address.target, since, name),
    ).fetchone()
    return int(row[0])


def _away(db: sqlite3.Connection, address: Address, oldest: float) -> Span | None:
    """How long the accounts behind what waits since ``oldest`` had not been seen when it came."""
    then = (oldest - _MESSAGE_SOON, oldest + _MESSAGE_SOON)
    # As a rule there is none, and then all that waits need not be gone through.
    if db.execute("SELECT 1 FROM accounts WHERE away_until BETWEEN ? AND ? LIMIT 1", then).fetchone() is None:
        return None
    row = db.execute(
        "SELECT min(away_since), max(away_until) FROM accounts WHERE away_until BETWEEN ? AND ?"
        " AND id IN (SELECT o.account FROM deliveries d JOIN occurrences o ON o.id = d.occurrence"
        " WHERE d.channel = ? AND d.target = ? AND d.state = 'waiting')",
        (*then, address.channel, address.target),
    ).fetchone()
    return None if row[0] is None else Span(*row)


def _summarized(db: sqlite3.Connection, address: Address, name: str, now: float) -> Span | None:
    # By the summaries, which are few, and not by what they stand for.
    row = db.execute(
        "SELECT o.created, o.told_at FROM occurrences o WHERE o.account IS NULL AND o.family = 'summary'"
        " AND o.told_at > ?1 AND EXISTS (SELECT 1 FROM deliveries d WHERE d.summary = o.id AND d.channel = ?2"
        " AND d.target = ?3 AND d.stream = ?4 AND d.state = 'summarized' AND d.created > ?1)"
        " ORDER BY o.id DESC LIMIT 1",
        (now - _REMEMBERED, address.channel, address.target, name),
    ).fetchone()
    return None if row is None else Span(float(row[0]), float(row[1]))


def next_due(db: sqlite3.Connection, address: Address, now: float) -> float | None:
    """When the next one of a recipient that is not due yet will be (s since 1970 UTC)."""
    row = db.execute(
        "SELECT min(due) FROM deliveries WHERE channel = ? AND target = ? AND state = 'waiting' AND due > ?",
        (address.channel, address.target, now),
    ).fetchone()
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


def make_due(
    db: sqlite3.Connection, channel: str, now: float, target: int | None = None, besides: Collection[int] = ()
) -> None:
    """What waits for a channel, or for one recipient of it, is due now at the latest, but for some."""
    db.execute(
        "UPDATE deliveries SET due = ?1 WHERE channel = ?2 AND target = coalesce(?3, target) AND state = 'waiting'"
        " AND due > ?1 AND id NOT IN (SELECT value FROM json_each(?4))",
        (now, channel, target, json.dumps(list(besides))),
    )


def forget_failures(db: sqlite3.Connection, address: Address, now: float, latest: float) -> None:
    """What failed to reach a recipient need not wait longer, but for what may have arrived and is due by ``latest``."""
    db.execute(
        "UPDATE deliveries SET due = ?1 WHERE channel = ?2 AND target = ?3 AND state = 'waiting' AND due > ?1"
        " AND (unconfirmed = 0 OR due > ?4)",
        (now, address.channel, address.target, latest),
    )


def decline_due(db: sqlite3.Connection, channel: str, told: Span, reason: str, now: float) -> None:
    """What was recorded in that time is not told to a channel, but for emergencies and what was sent again since."""
    db.execute(
        "UPDATE deliveries SET state = 'declined', reason = ?, due = NULL, finished = ?"
        " WHERE channel = ? AND state = 'waiting' AND urgency != 'emergency'"
        " AND created < ? AND occurrence IN (SELECT id FROM occurrences WHERE told_at >= ? AND told_at < ?)",
        (reason, now, channel, told.until, told.since, told.until),
    )


def resend_abandoned(db: sqlite3.Connection, channel: str | None, now: float) -> int:
    """What was given up, on one channel or on all, is to be sent after all, as if it were new. Returns how many."""
    return db.execute(
        "UPDATE deliveries SET state = 'waiting', reason = NULL, attempts = 0, unconfirmed = 0, created = ?, due = ?,"
        " finished = NULL WHERE state = 'abandoned' AND channel = coalesce(?, channel)",
        (now, now, channel),
    ).rowcount


def abandon_strays(db: sqlite3.Connection, channels: Mapping[str, int], now: float) -> int:
    """Abandon what waits for any other channel, or any recipient beyond so many of each. Returns how many."""
    removed = db.execute(
        "UPDATE deliveries SET state = 'abandoned', reason = 'channel_removed', due = NULL, finished = ?"
        " WHERE state = 'waiting' AND channel NOT IN (SELECT value FROM json_each(?))",
        (now, json.dumps(list(channels))),
    ).rowcount
    beyond = db.executemany(
        "UPDATE deliveries SET state = 'abandoned', reason = 'recipient_removed', due = NULL, finished = ?"
        " WHERE state = 'waiting' AND channel = ? AND target >= ?",
        ((now, channel, targets) for channel, targets in channels.items()),
    ).rowcount
    return removed + max(beyond, 0)


def waiting(db: sqlite3.Connection, channel: str | None = None) -> int:
    """How many wait, on one channel or on all."""
    return int(
        db.execute(
            "SELECT count(*) FROM deliveries WHERE state = 'waiting' AND channel = coalesce(?, channel)", (channel,)
        ).fetchone()[0]
    )
