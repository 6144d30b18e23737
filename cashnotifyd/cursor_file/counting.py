"""How the watching stands, counted for people who ask. Nothing here writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from cashnotifyd.cursor_file import mutes, rhythm
from cashnotifyd.cursor_file.accounts import usage
from cashnotifyd.cursor_file.overview import AccountOnRecord, ChannelOnRecord, Sending
from cashnotifyd.cursor_file.values import About, Usage
from cashnotifyd.vocabulary import Mode

_Alerts = Mapping[str, Mapping[str, float]]


def watching(db: sqlite3.Connection, now: float) -> tuple[AccountOnRecord, ...]:
    """All accounts on record, the one that was polled last first."""
    alerts = rhythm.every_alert(db)
    rows = db.execute(
        "SELECT reads_left, reads_left_at, met_at,"
        " id, config_id, mode, stripe_id, name, key_print, low_water, polled_at,"
        " (SELECT count(*) FROM events WHERE account = a.id AND state != 'older'),"
        " (SELECT count(*) FROM events WHERE account = a.id AND state = 'pending')"
        " FROM accounts a ORDER BY polled_at DESC NULLS LAST, id DESC"
    ).fetchall()
    return tuple(_account(row, usage(db, row[3], now), alerts) for row in rows)


def sending(db: sqlite3.Connection, channels: Sequence[str], now: float) -> Sending:
    """How it stands with these channels."""
    alerts = rhythm.every_alert(db)
    return Sending({channel: _channel(db, channel, alerts) for channel in channels}, mutes.every(db, now))


def _account(row: tuple[Any, ...], used: Usage, alerts: _Alerts) -> AccountOnRecord:
    left, left_at, met_at, number, id_, mode, *rest = row
    told = {**alerts.get(f"watch {id_}", {}), **alerts.get(About.account(number).text, {})}
    counted: tuple[Any, ...] = (used.transactions, used.reads, used.recent, used.days)
    return AccountOnRecord(told, number, id_, Mode(mode), *(*rest, *counted, left, left_at, met_at))


def _channel(db: sqlite3.Connection, channel: str, alerts: _Alerts) -> ChannelOnRecord:
    waiting, since = db.execute(
        "SELECT count(*), min(created) FROM deliveries WHERE channel = ? AND state = 'waiting'", (channel,)
    ).fetchone()
    reason = db.execute(
        "SELECT reason FROM deliveries WHERE channel = ? AND state = 'waiting' AND reason IS NOT NULL"
        " ORDER BY id DESC LIMIT 1",
        (channel,),
    ).fetchone()
    abandoned = db.execute(
        "SELECT count(*), reason, max(finished) FROM deliveries WHERE channel = ? AND state = 'abandoned'", (channel,)
    ).fetchone()
    delivered = db.execute(
        "SELECT finished FROM deliveries WHERE channel = ? AND state = 'delivered' ORDER BY created DESC LIMIT 1",
        (channel,),
    ).fetchone()
    return ChannelOnRecord(
        waiting=waiting,
        waiting_since=since,
        waiting_reason=reason and reason[0],
        abandoned=abandoned[0],
        abandoned_reason=abandoned[1],
        abandoned_at=abandoned[2],
        delivered_at=delivered and delivered[0],
        alerts=alerts.get(About.channel(channel).text, {}),
    )
