"""What is wrong with an account, told once when it begins and once when it is over."""

from __future__ import annotations

import json
import sqlite3

from cashnotifyd.cursor_file.occurrences import announce
from cashnotifyd.cursor_file.values import Announcement


def begin(db: sqlite3.Connection, account: int, name: str, announcement: Announcement, now: float) -> bool:
    """Tell of it, unless that has been told and is so still. Returns whether it was news."""
    raised = db.execute(
        "INSERT INTO alerts (account, name, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (account, name, now),
    )
    if raised.rowcount == 0:
        return False
    announce(db, account, announcement, now)
    return True


def names(db: sqlite3.Connection, account: int) -> set[str]:
    """What has been told and is so still."""
    return {row[0] for row in db.execute("SELECT name FROM alerts WHERE account = ?", (account,))}


def end(db: sqlite3.Connection, account: int, over: list[str], announcement: Announcement | None, now: float) -> None:
    """Forget those of these names; say so if any was told, and if there is anything to say."""
    gone = db.execute(
        "DELETE FROM alerts WHERE account = ? AND name IN (SELECT value FROM json_each(?))",
        (account, json.dumps(over)),
    )
    if gone.rowcount and announcement is not None:
        announce(db, account, announcement, now)
