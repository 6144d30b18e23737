"""The accounts that were ever watched, and the requests that each has cost."""

from __future__ import annotations

import sqlite3

from cashnotifyd.cursor_file.values import WatchedAccount
from cashnotifyd.schedules import Span
from cashnotifyd.vocabulary import Mode

_SECONDS_PER_DAY = 86400


def find(db: sqlite3.Connection, config_id: str, mode: Mode, stripe_id: str | None) -> list[WatchedAccount]:
    """Those in ``mode`` with a configuration's id or a Stripe account's id, the latest first."""
    rows = db.execute(
        "SELECT id, config_id, mode, stripe_id, name, key_print, low_water, watched_from, polled_at,"
        " icon_file, icon_link"
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
        db.execute(
            "INSERT INTO reads (account, day, count) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET count = count + excluded.count",
            (account, int(now // _SECONDS_PER_DAY), reads),
        )
