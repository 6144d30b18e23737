"""What a time came to, added up from what was told of it, and the digests that have told it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from cashnotifyd.cursor_file import outbox
from cashnotifyd.cursor_file.figures import Digest, Total, Watched
from cashnotifyd.cursor_file.occurrences import insert_ours
from cashnotifyd.cursor_file.streams import alone
from cashnotifyd.cursor_file.values import Routing
from cashnotifyd.schedules import Every
from cashnotifyd.vocabulary import Kind, Mode


def watched(db: sqlite3.Connection, ids: Sequence[tuple[str, Mode]], until: float) -> list[Watched]:
    """Those of these accounts (id in the configuration, mode) that are on record, as far as they tell up to ``until``.

    Where a key has changed hands, the account that was read last.
    """
    found = []
    for id_, mode in ids:
        row = db.execute(
            "SELECT id, polled_at FROM accounts WHERE config_id = ? AND mode = ?"
            " ORDER BY polled_at DESC NULLS LAST, id DESC LIMIT 1",
            (id_, mode),
        ).fetchone()
        if row is not None:
            account, polled_at = row
            found.append(Watched(account, id_, mode, _since(db, account), polled_at, _is_unsettled(db, account, until)))
    return found


def totals(db: sqlite3.Connection, accounts: Sequence[int], bounds: Sequence[float]) -> list[tuple[Total, ...]]:
    """What happened on these accounts (the record's numbers) from each of the bounds (s, Stripe's) to the next."""
    return [_between(db, json.dumps(accounts), since, until) for since, until in pairwise(bounds)]


def digests(db: sqlite3.Connection) -> dict[tuple[str, Every], float]:
    """Up to which calendar end, as midnight in UTC, the digests of each channel have been made."""
    return {
        (channel, Every(every)): until
        for channel, every, until in db.execute("SELECT channel, every, until FROM digests")
    }


def begin_digests(db: sqlite3.Connection, channel: str, every: Every, until: float) -> None:
    """A channel has digests of what comes after ``until``."""
    db.execute(
        "INSERT INTO digests (channel, every, until) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET until = excluded.until",
        (channel, every, until),
    )


def end_digests(db: sqlite3.Connection, channel: str, every: Every) -> None:
    """A channel has none of these any more."""
    db.execute("DELETE FROM digests WHERE channel = ? AND every = ?", (channel, every))


def tell_digest(db: sqlite3.Connection, digest: Digest, now: float) -> bool:
    """The digest is to be sent, unless its period has been told. Returns whether it is."""
    moved = db.execute(
        "UPDATE digests SET until = ?1 WHERE channel = ?2 AND every = ?3 AND until < ?1",
        (digest.until, digest.channel, digest.every),
    ).rowcount
    if not moved:
        return False
    occurrence = insert_ours(db, "digest", int(now), digest.wordings, now)
    outbox.post(db, occurrence, Routing(digest.recipients, ()), alone, now)
    return True


def _since(db: sqlite3.Connection, account: int) -> float | None:
    """When the first of what is on record was recorded.

    Not ``watched_from``: what the first contact found is history, and nothing was made of it.
    """
    row = db.execute(
        "SELECT min(at) FROM ("
        " SELECT * FROM (SELECT recorded_at AS at FROM events WHERE account = ?1 AND created > 0"
        " ORDER BY created LIMIT 1)"
        " UNION ALL"
        " SELECT * FROM (SELECT told_at AS at FROM occurrences WHERE account = ?1 AND created > 0"
        " ORDER BY created LIMIT 1))",
        (account,),
    ).fetchone()
    return None if row[0] is None else float(row[0])


def _is_unsettled(db: sqlite3.Connection, account: int, until: float) -> bool:
    row = db.execute(
        "SELECT 1 FROM events WHERE account = ? AND state = 'pending' AND created < ? LIMIT 1", (account, until)
    ).fetchone()
    return row is not None


def _between(db: sqlite3.Connection, accounts: str, since: float, until: float) -> tuple[Total, ...]:
    return tuple(Total(row[0], Kind(row[1]), *row[2:]) for row in db.execute(_TOTALS, (accounts, since, until)))


_TOTALS: Final = """
    WITH told AS (
        SELECT o.account, o.kind, o.variant, o.currency, o.amount, o.fee,
            coalesce(o.settled_in, refund.settled_in) AS settled_in, coalesce(o.net, refund.net) AS net
        FROM occurrences o JOIN accounts a ON a.id = o.account
        -- A refund that failed has the booking of the refund, which took the money. Both are told of its id.
        LEFT JOIN occurrences refund ON o.family = 'refund_failed' AND o.settled_in IS NULL AND refund.id = (
            SELECT taken.occurrence
            FROM facts failed JOIN facts taken USING (account, ref)
            WHERE failed.occurrence = o.id AND failed.is_name AND taken.family = 'refund' AND taken.is_name
            LIMIT 1
        )
        WHERE o.account IN (SELECT value FROM json_each(?1)) AND o.created >= ?2 AND o.created < ?3
            AND o.kind != 'watch'
            -- What happened on a connected account is told, and is not this account's money: its messages lead there.
            AND coalesce(o.link, '') NOT LIKE '%/connect/accounts/%'
            AND NOT (
                coalesce(o.link, '') LIKE 'https://dashboard.stripe.com/acct!_%' ESCAPE '!'
                AND instr(o.link, '/' || coalesce(a.stripe_id, '-') || '/') = 0
            )
    )
    SELECT account, kind, variant, currency, settled_in, count(*), coalesce(sum(amount), 0), count(net),
        coalesce(sum(fee), 0), coalesce(sum(net), 0)
    FROM told
    GROUP BY account, kind, variant, currency, settled_in
"""
