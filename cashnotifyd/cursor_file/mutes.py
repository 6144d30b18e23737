"""Channels that were told to be silent for a while."""

from __future__ import annotations

import sqlite3

from cashnotifyd.cursor_file.values import Mute
from cashnotifyd.schedules import Span

_ALL = ""

_IN_FORCE = "until > :now AND 2 * since - until <= :now"
"""As ``Mute.in_force``."""


def begin(db: sqlite3.Connection, channel: str | None, mute: Mute) -> None:
    """Silence a channel, or all of them. It takes the place of what was said before."""
    db.execute(
        "INSERT INTO mutes (channel, since, until, drops) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET since = excluded.since, until = excluded.until, drops = excluded.drops",
        (channel or _ALL, mute.span.since, mute.span.until, mute.drops),
    )


def end(db: sqlite3.Connection, channel: str | None, now: float) -> int:
    """A channel need not be silent any longer, or none need. Returns how many mutes that ended."""
    return db.execute(
        "UPDATE mutes SET until = ?1 WHERE until > ?1 AND channel = coalesce(?2, channel)", (now, channel)
    ).rowcount


def latest(db: sqlite3.Connection, channel: str, now: float) -> Mute | None:
    """The mute that a channel goes by: its own before that of all, and if both are over, the one that ended last."""
    row = db.execute(
        "SELECT since, until, drops FROM mutes WHERE channel IN (:channel, :all)"  # noqa: S608 (a constant)
        f" ORDER BY {_IN_FORCE} DESC, {_IN_FORCE} AND channel = :channel DESC, until DESC LIMIT 1",
        {"channel": channel, "all": _ALL, "now": now},
    ).fetchone()
    return None if row is None else Mute(Span(row[0], row[1]), bool(row[2]))


def every(db: sqlite3.Connection, now: float) -> dict[str | None, Mute]:
    """Those in force, by channel; None stands for all of them."""
    rows = db.execute(f"SELECT channel, since, until, drops FROM mutes WHERE {_IN_FORCE}", {"now": now})  # noqa: S608 (a constant)
    return {channel or None: Mute(Span(since, until), bool(drops)) for channel, since, until, drops in rows}
