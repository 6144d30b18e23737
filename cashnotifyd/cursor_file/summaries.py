"""One message in the place of many: what it would say, and the transaction that puts it there."""

from __future__ import annotations

import json
import sqlite3

from cashnotifyd.cursor_file import outbox
from cashnotifyd.cursor_file.occurrences import insert_ours
from cashnotifyd.cursor_file.streams import alone
from cashnotifyd.cursor_file.values import (
    NOTICE,
    Address,
    Count,
    FailureBurst,
    Gathered,
    Recipient,
    Routing,
    Summary,
    Tally,
)
from cashnotifyd.money import money_or_none
from cashnotifyd.vocabulary import Kind, Message, Mode, Urgency, Wordings

_NAMED, _NOTICES = 10, 3
_LATELY = 600
_MONTH = 30 * 86400
_DAY = 86400
_GATHERED = f"{outbox.TO_GATHER} AND d.stream IN (SELECT value FROM json_each(:streams))"  # noqa: S608 (constants)
_IS_NOTICE = "o.kind = 'watch' AND o.urgency IN ('normal', 'low')"
_FROM = "FROM deliveries d JOIN occurrences o ON o.id = d.occurrence"


def gather(db: sqlite3.Connection, address: Address, streams: tuple[str, ...], now: float) -> Gathered:
    """What a recipient has waiting in these streams."""
    given = {"channel": address.channel, "target": address.target, "now": now, "streams": json.dumps(streams)}
    last = db.execute(f"SELECT max(d.id) FROM deliveries d WHERE {_GATHERED}", given).fetchone()[0]  # noqa: S608 (constants)
    return _gathered(db, given, last)


def summarize(db: sqlite3.Connection, summary: Summary, now: float) -> None:
    """The summary is to be sent; what it stands for is told by it."""
    gathered, message, address = summary.gathered, summary.wordings.full, summary.address
    occurrence = insert_ours(db, "summary", int(summary.began), summary.wordings, now)
    to = Routing((Recipient(address.channel, address.target, message.urgency),), ())
    outbox.post(db, occurrence, to, alone, now)
    db.execute(
        "UPDATE deliveries AS d SET state = 'summarized', reason = :reason, summary = :summary, due = NULL,"  # noqa: S608 (constants)
        f" finished = :now WHERE {_GATHERED} AND d.id <= :last",
        {
            "channel": address.channel,
            "target": address.target,
            "now": now,
            "streams": json.dumps(summary.streams),
            "last": gathered.last,
            "reason": summary.reason,
            "summary": occurrence,
        },
    )


def _gathered(db: sqlite3.Connection, given: dict[str, object], last: int) -> Gathered:
    counts = tuple(
        Count(
            Mode(mode or Mode.LIVE),
            Kind(kind),
            count,
            money_or_none(total, currency),
            money_or_none(largest, currency),
            variant,
            notable,
        )
        for mode, kind, variant, currency, count, total, largest, notable in db.execute(
            f"SELECT o.mode, o.kind, CASE WHEN {_IS_NOTICE} THEN '{NOTICE}' ELSE o.variant END AS sort, o.currency,"
            " count(*), sum(o.amount), max(o.amount), sum(d.urgency = 'high')"
            f" {_FROM} WHERE {_GATHERED} GROUP BY o.mode, o.kind, sort, o.currency"
            " ORDER BY count(*) DESC, o.kind, sort, o.currency",
            given,
        )
    )
    accounts = db.execute(
        f"SELECT a.config_id, count(*) {_FROM} LEFT JOIN accounts a ON a.id = o.account WHERE {_GATHERED}"
        " GROUP BY a.config_id ORDER BY count(*) DESC, a.config_id",
        given,
    ).fetchall()
    since, until, notables, normals = db.execute(
        "SELECT coalesce(min(nullif(o.created, 0)), 0), max(o.created), sum(d.urgency = 'high'),"
        f" sum(d.urgency = 'normal') {_FROM} WHERE {_GATHERED}",
        given,
    ).fetchone()
    urgency = Urgency.HIGH if notables else Urgency.NORMAL if normals else Urgency.LOW
    notable = _spoken(db, given, "d.urgency = 'high'", _NAMED)
    notices = _spoken(db, given, f"d.urgency != 'high' AND {_IS_NOTICE}", _NOTICES)
    named = tuple((id_, count) for id_, count in accounts if id_ is not None)
    tally = Tally(counts, named, notable, notables, since, until, urgency, notices)
    account = named[0][0] if len(named) == 1 and len(accounts) == 1 else None
    return Gathered(last, tally, account, _failures(db, given))


def _spoken(db: sqlite3.Connection, given: dict[str, object], which: str, limit: int) -> tuple[Wordings, ...]:
    """The first so many in their words."""
    return tuple(
        _wordings(row)
        for row in db.execute(
            "SELECT o.kind, o.urgency, o.link, o.title, o.body, o.masked_title, o.masked_body, o.private_title,"
            f" o.private_body {_FROM} WHERE {_GATHERED} AND {which} ORDER BY d.id LIMIT {limit}",
            given,
        )
    )


def _failures(db: sqlite3.Connection, given: dict[str, object]) -> FailureBurst | None:
    """How many live payments failed lately at the accounts where one did, and how many do as a rule."""
    accounts, last = db.execute(
        f"SELECT json_group_array(DISTINCT o.account), max(o.created) {_FROM} WHERE {_GATHERED}"
        " AND o.kind = 'failed_payment' AND o.variant IS NULL AND o.mode = 'live'",
        given,
    ).fetchone()
    if not last:  # none failed, or nobody knows when
        return None
    count, first = db.execute(
        "SELECT count(*), min(created) FROM occurrences WHERE account IN (SELECT value FROM json_each(?))"
        " AND created > ? AND created <= ? AND kind = 'failed_payment' AND variant IS NULL AND mode = 'live'",
        (accounts, last - _LATELY, last),
    ).fetchone()
    before, watched = db.execute(
        "SELECT (SELECT count(*) FROM occurrences WHERE account IN (SELECT value FROM json_each(?1))"
        " AND created BETWEEN ?2 AND ?3 AND kind = 'failed_payment' AND variant IS NULL AND mode = 'live'),"
        " (SELECT max(watched_from) FROM accounts WHERE id IN (SELECT value FROM json_each(?1)))",
        (accounts, last - _LATELY - _MONTH, last - _LATELY),
    ).fetchone()
    seconds = float(max(last - first, 60))
    observed = min(last - _LATELY - watched, _MONTH)
    return FailureBurst(count, seconds, before * seconds / observed if observed >= _DAY else None)


def _wordings(row: tuple[str, ...]) -> Wordings:
    kind, urgency, link, *texts = row
    full, masked, private = (
        Message(Kind(kind), title, body, Urgency(urgency), link)
        for title, body in zip(texts[::2], texts[1::2], strict=True)
    )
    return Wordings(full, masked, private)
