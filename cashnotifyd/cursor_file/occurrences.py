"""What was understood and told: occurrences in their words, and the ids by which their siblings are recognised."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from cashnotifyd.cursor_file import outbox
from cashnotifyd.cursor_file.accounts import count_reads
from cashnotifyd.cursor_file.values import Announcement, Telling
from cashnotifyd.occurrences.facts import Fact
from cashnotifyd.vocabulary import Wordings


def facts_under(db: sqlite3.Connection, account: int, refs: Iterable[tuple[str, str]]) -> list[Fact]:
    """The told facts that bear any of ``refs`` (family, id) as a name or a hint."""
    found: set[int] = set()
    for family, ref in refs:
        rows = db.execute(
            "SELECT occurrence FROM facts WHERE account = ? AND family = ? AND ref = ?", (account, family, ref)
        )
        found.update(row[0] for row in rows)
    return [_told_fact(db, occurrence) for occurrence in sorted(found)]


def tell(db: sqlite3.Connection, account: int, telling: Telling, now: float) -> None:
    """What a batch of events came to, and whom it goes to."""
    for news in telling.news:
        occurrence = _insert(db, account, news.fact, news.wordings, now)
        outbox.post(db, occurrence, news.routing, now)
        _settle(db, account, occurrence, news.fact, news.events)
    for siblings in telling.siblings:
        assert siblings.fact.told_as is not None
        _settle(db, account, siblings.fact.told_as, siblings.fact, siblings.events)
    db.executemany(
        "UPDATE events SET state = 'untold', reason = ? WHERE number = ?",
        ((reason, number) for number, reason in telling.untold),
    )
    count_reads(db, account, telling.reads, now)


def announce(db: sqlite3.Connection, account: int, announcement: Announcement, now: float) -> None:
    """A message of the daemon's own, behind which there is no event."""
    fact = Fact("watch", int(now), set(), set(), set())
    occurrence = _insert(db, account, fact, Wordings.alike(announcement.message), now)
    outbox.post(db, occurrence, announcement.routing, now)


def _told_fact(db: sqlite3.Connection, occurrence: int) -> Fact:
    family, created = db.execute("SELECT family, created FROM occurrences WHERE id = ?", (occurrence,)).fetchone()
    fact = Fact(family, created, set(), set(), set(), told_as=occurrence)
    for ref, is_name in db.execute("SELECT ref, is_name FROM facts WHERE occurrence = ?", (occurrence,)):
        (fact.names if is_name else fact.hints).add(ref)
    fact.types.update(
        row[0] for row in db.execute("SELECT DISTINCT type FROM events WHERE occurrence = ?", (occurrence,))
    )
    return fact


def _insert(db: sqlite3.Connection, account: int, fact: Fact, wordings: Wordings, now: float) -> int:
    full, masked, private = wordings.full, wordings.masked, wordings.private
    cursor = db.execute(
        "INSERT INTO occurrences (account, family, kind, created, told_at, urgency, link,"
        " icon_url, icon_path, title, body, masked_title, masked_body, private_title, private_body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (account, fact.family, full.kind, fact.created, now, full.urgency, full.link,
         full.icon and full.icon.url, full.icon and full.icon.file,
         full.title, full.body, masked.title, masked.body, private.title, private.body),
    )  # fmt: skip
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
