"""What was understood and told: occurrences in their words, and the ids by which their siblings are recognised."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence

from cashnotifyd.cursor_file import outbox
from cashnotifyd.cursor_file.accounts import count_reads
from cashnotifyd.cursor_file.streams import streams
from cashnotifyd.cursor_file.values import Announcement, News, Takings, Telling
from cashnotifyd.occurrences.facts import Fact
from cashnotifyd.vocabulary import Wordings


def facts_under(db: sqlite3.Connection, account: int, refs: Collection[tuple[str, str]]) -> list[Fact]:
    """The told facts that bear any of ``refs`` (family, id) as a name or a hint."""
    found: set[int] = set()
    for family, ref in refs:
        rows = db.execute(
            "SELECT occurrence FROM facts WHERE account = ? AND family = ? AND ref = ?", (account, family, ref)
        )
        found.update(row[0] for row in rows)
    return [_told_fact(db, occurrence) for occurrence in sorted(found)]


def unsettled(db: sqlite3.Connection, told: Collection[int]) -> set[int]:
    """Those of these occurrences whose booking is not known."""
    rows = db.execute(
        "SELECT id FROM occurrences WHERE settled_in IS NULL AND id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(told)),),
    )
    return {row[0] for row in rows}


def tell(db: sqlite3.Connection, account: int, telling: Telling, now: float) -> None:
    """What a batch of events came to, and whom it goes to."""
    for news in telling.news:
        occurrence = news.fact.told_as
        if occurrence is None:
            occurrence = _insert(db, account, news, now)
        else:
            _tell_again(db, occurrence, news)
        stream = streams(news.mode, news.message.kind, news.takings.variant)
        outbox.post(db, occurrence, news.routing, stream, now)
        _settle(db, account, occurrence, news.fact, news.events)
    for siblings in telling.siblings:
        assert siblings.fact.told_as is not None
        _settle(db, account, siblings.fact.told_as, siblings.fact, siblings.events)
        _add_takings(db, siblings.fact.told_as, siblings.takings)
    db.executemany(
        "UPDATE events SET state = 'untold', reason = ? WHERE number = ?",
        ((reason, number) for number, reason in telling.untold),
    )
    count_reads(db, account, telling.reads, now)


def announce(db: sqlite3.Connection, account: int | None, announcement: Announcement, now: float) -> None:
    """A message of the daemon's own, behind which there is no event."""
    occurrence = insert_ours(db, "watch", int(now), Wordings.alike(announcement.message), now, account)
    outbox.post(db, occurrence, announcement.routing, streams(None, announcement.message.kind, None), now)


def insert_ours(
    db: sqlite3.Connection, family: str, created: int, wordings: Wordings, now: float, account: int | None = None
) -> int:
    """An occurrence of the daemon's own. Returns its number."""
    return _insert_row(
        db,
        {"account": account, "family": family, "created": created, "told_at": now, **_texts(wordings)},
    )


def _tell_again(db: sqlite3.Connection, occurrence: int, news: News) -> None:
    """Make an occurrence ready for channels that were not to have it before."""
    _add_takings(db, occurrence, news.takings)
    outbox.withdraw_no(db, occurrence, news.routing.channels)
    if not outbox.is_posted(db, occurrence):
        texts = _texts(news.wordings)
        columns = ", ".join(f"{column} = ?" for column in texts)
        db.execute(f"UPDATE occurrences SET {columns} WHERE id = ?", (*texts.values(), occurrence))  # noqa: S608 (ours)


def _told_fact(db: sqlite3.Connection, occurrence: int) -> Fact:
    family, created = db.execute("SELECT family, created FROM occurrences WHERE id = ?", (occurrence,)).fetchone()
    fact = Fact(family, created, set(), set(), set(), told_as=occurrence)
    for ref, is_name in db.execute("SELECT ref, is_name FROM facts WHERE occurrence = ?", (occurrence,)):
        (fact.names if is_name else fact.hints).add(ref)
    fact.decided = outbox.decided(db, occurrence)
    fact.types.update(
        row[0] for row in db.execute("SELECT DISTINCT type FROM events WHERE occurrence = ?", (occurrence,))
    )
    return fact


def _insert(db: sqlite3.Connection, account: int, news: News, now: float) -> int:
    return _insert_row(
        db,
        {
            "account": account,
            "mode": news.mode,
            "family": news.fact.family,
            "created": news.fact.created,
            "told_at": now,
            **_texts(news.wordings),
            **_figures(news.takings),
        },
    )


def _texts(wordings: Wordings) -> dict[str, object]:
    full, masked, private = wordings.full, wordings.masked, wordings.private
    return {
        "kind": full.kind,
        "urgency": full.urgency,
        "link": full.link,
        "icon_url": full.icon and full.icon.url,
        "icon_path": full.icon and full.icon.file,
        "picture": full.picture,
        "title": full.title,
        "body": full.body,
        "masked_title": masked.title,
        "masked_body": masked.body,
        "private_title": private.title,
        "private_body": private.body,
    }


def _figures(takings: Takings) -> dict[str, object]:
    money, fee, net = takings.money, takings.fee, takings.net
    settled_in = next((one.currency for one in (net, fee) if one is not None), None)
    return {
        "variant": takings.variant,
        "amount": money and money.amount,
        "currency": money and money.currency,
        "fee": fee.amount if fee is not None and fee.currency == settled_in else None,
        "net": net and net.amount,
        "settled_in": settled_in,
    }


def _add_takings(db: sqlite3.Connection, occurrence: int, takings: Takings) -> None:
    """What a later event says of the fee: under asynchronous capture it is known seconds after the payment."""
    figures = _figures(takings)
    if figures["settled_in"] is not None:
        db.execute(
            "UPDATE occurrences SET fee = coalesce(fee, :fee), net = coalesce(net, :net), settled_in = :settled_in"
            " WHERE id = :id AND coalesce(settled_in, :settled_in) = :settled_in",
            {**figures, "id": occurrence},
        )


def _insert_row(db: sqlite3.Connection, values: dict[str, object]) -> int:
    columns = ", ".join(values)
    cursor = db.execute(
        f"INSERT INTO occurrences ({columns}) VALUES ({', '.join('?' * len(values))})",  # noqa: S608 (our names)
        tuple(values.values()),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _settle(db: sqlite3.Connection, account: int, occurrence: int, fact: Fact, events: Sequence[int]) -> None:
    """Tie events and ids to their occurrence."""
    db.executemany(
        "INSERT INTO facts (account, family, ref, occurrence, is_name) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET is_name = max(is_name, excluded.is_name)",
        [(account, fact.family, ref, occurrence, 1) for ref in fact.names]
        + [(account, fact.family, ref, occurrence, 0) for ref in fact.hints],
    )
    db.executemany(
        "UPDATE events SET state = 'told', occurrence = ? WHERE number = ?", ((occurrence, number) for number in events)
    )
