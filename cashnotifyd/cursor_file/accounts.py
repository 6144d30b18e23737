"""The accounts that were ever watched, and the requests that each has cost."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from cashnotifyd.cursor_file.values import PollNote, Usage, WatchedAccount, recent_days
from cashnotifyd.schedules import Span
from cashnotifyd.vocabulary import Mode

_DAY = 86400
_DAYS = 30


def find(db: sqlite3.Connection, config_id: str, mode: Mode, stripe_id: str | None) -> list[WatchedAccount]:
    """Those in ``mode`` with a configuration's id or a Stripe account's id, the latest first."""
    rows = db.execute(
        "SELECT id, config_id, mode, stripe_id, name, key_print, low_water, watched_from, polled_at,"
        " icon_file, icon_link, reads_left, reads_left_at, met_at"
        " FROM accounts WHERE mode = ? AND (config_id = ? OR stripe_id = ?) ORDER BY id DESC",
        (mode, config_id, stripe_id),
    )
    return [WatchedAccount(row[0], row[1], Mode(row[2]), *row[3:]) for row in rows]


def begin(
    db: sqlite3.Connection, config_id: str, mode: Mode, *, stripe_id: str | None, name: str | None, key_print: str
) -> WatchedAccount:
    """A new one, which has never been polled."""
    cursor = db.execute(
        "INSERT INTO accounts (config_id, mode, stripe_id, name, key_print) VALUES (?, ?, ?, ?, ?)",
        (config_id, mode, stripe_id, name, key_print),
    )
    assert cursor.lastrowid is not None
    return WatchedAccount(
        cursor.lastrowid, config_id, mode, stripe_id, name, key_print, low_water=None, watched_from=0, polled_at=None
    )


def update(
    db: sqlite3.Connection, account: int, *, config_id: str, stripe_id: str | None, name: str | None, key_print: str
) -> None:
    """Its name, key and identity."""
    db.execute(
        "UPDATE accounts SET config_id = ?, stripe_id = ?, name = ?, key_print = ? WHERE id = ?",
        (config_id, stripe_id, name, key_print, account),
    )


def keep_icon(db: sqlite3.Connection, account: int, file: str | None, link: str | None) -> None:
    """The public link to the file of its icon."""
    db.execute("UPDATE accounts SET icon_file = ?, icon_link = ? WHERE id = ?", (file, link, account))


def note_absence(db: sqlite3.Connection, account: int, absence: Span) -> None:
    """Nothing was seen of it for a while."""
    db.execute(
        "UPDATE accounts SET away_since = ?, away_until = ? WHERE id = ?", (absence.since, absence.until, account)
    )


def count_reads(db: sqlite3.Connection, account: int, reads: int, now: float) -> None:
    """Add ``reads`` to those of today (UTC)."""
    if reads:
        db.execute(_COUNT_READS, (account, int(now // _DAY), reads))


def note_polls(db: sqlite3.Connection, notes: Sequence[PollNote]) -> None:
    """When the polls of many accounts were, what they read, and what is left to be read."""
    db.executemany(
        "UPDATE accounts SET polled_at = coalesce(?, polled_at), reads_left = ?, reads_left_at = ? WHERE id = ?",
        ((note.polled_at, note.reads_left, note.at, note.account) for note in notes),
    )
    db.executemany(_COUNT_READS, ((note.account, int(note.at // _DAY), note.reads) for note in notes if note.reads))


_COUNT_READS = (
    "INSERT INTO reads (account, day, count) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count"
)

CHARGES = "SELECT count(*) FROM events WHERE account = a.id AND created >= :since AND type = 'charge.succeeded'"
READS = "SELECT coalesce(sum(count), 0) FROM reads WHERE account = a.id AND day >= :day"
"""Of an account ``a``, in the last 30 days: what reads are allowed for, and reads. See :func:`month`."""


def month(now: float) -> dict[str, int]:
    """Since when charges and reads count for the allowance. A day in which the 30 days begin counts as a whole."""
    since = now - _DAYS * _DAY
    return {"since": int(since), "day": int(since // _DAY)}


def usage(db: sqlite3.Connection, account: int, now: float) -> Usage:
    """What the last 30 days of an account brought, and what was read in them."""
    row = db.execute(
        f"SELECT ({CHARGES}), ({READS}), watched_from FROM accounts a WHERE id = :account",  # noqa: S608 (ours)
        {**month(now), "account": account},
    ).fetchone()
    if row is None:
        return Usage()
    charges, reads, known_from = row
    (recent,) = db.execute(
        f"SELECT ({CHARGES}) FROM accounts a WHERE id = :account",  # noqa: S608 (ours)
        {"since": int(now - recent_days(charges) * _DAY), "account": account},
    ).fetchone()
    return Usage(charges, recent, reads, min(max((now - known_from) / _DAY, 0.0), float(_DAYS)))
