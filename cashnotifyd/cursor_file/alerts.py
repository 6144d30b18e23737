"""What is wrong with an account or a channel, told once when it begins and once when it is over."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection

from cashnotifyd.cursor_file.occurrences import announce
from cashnotifyd.cursor_file.values import About, Announcement


def begin(
    db: sqlite3.Connection,
    about: About,
    name: str,
    announcement: Announcement | None,
    now: float,
    since: float | None = None,
) -> bool:
    """Tell of it, unless that has been told and is so still. Returns whether it was news."""
    raised = db.execute(
        "INSERT INTO alerts (about, name, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (about.text, name, now if since is None else since),
    )
    if raised.rowcount == 0:
        return False
    if announcement is not None:
        announce(db, about.number, announcement, now)
    return True


def still_wrong(db: sqlite3.Connection, about: About) -> dict[str, float]:
    """What has been told and is so still, and since when it is so (s since 1970 UTC)."""
    return dict(db.execute("SELECT name, since FROM alerts WHERE about = ?", (about.text,)))


def end(
    db: sqlite3.Connection, about: About, names: Collection[str], announcement: Announcement | None, now: float
) -> None:
    """Forget those of these names; say so if any was told, and if there is anything to say."""
    gone = db.execute(
        "DELETE FROM alerts WHERE about = ? AND name IN (SELECT value FROM json_each(?))",
        (about.text, json.dumps(list(names))),
    )
    if gone.rowcount and announcement is not None:
        announce(db, about.number, announcement, now)
