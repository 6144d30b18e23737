"""A cursor file of an earlier version is brought up to date and loses nothing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from cashnotifyd.cursor_file import opening
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.schema import APPLICATION_ID, MIGRATIONS
from cashnotifyd.cursor_file.values import About
from cashnotifyd.vocabulary import Disclosure, Kind, Urgency
from tests.clock import NOON
from tests.outbox import next_delivery

_TEXTS = "'full', 'body', 'masked', 'body', 'private', 'body'"
_FIRST = f"""
    INSERT INTO accounts (id, config_id, mode, key_print, low_water) VALUES (1, 'shop', 'live', 'p', 5), (2, 't', 'test', 'q', 5);
    INSERT INTO occurrences (id, account, family, kind, created, told_at, title, body, masked_title, masked_body,
            private_title, private_body, urgency, link)
        VALUES (7, 1, 'payment', 'sale', 5, {NOON}, {_TEXTS}, 'normal', 'https://dashboard.stripe.com/x'),
               (8, 2, 'payment', 'failed_payment', 5, {NOON}, {_TEXTS}, 'high', NULL);
    INSERT INTO events (account, id, created, type, recorded_at, payload, state, occurrence)
        VALUES (1, 'evt_1', 5, 'charge.succeeded', {NOON}, '{{}}', 'told', 7),
               (1, 'evt_2', 6, 'charge.succeeded', {NOON}, '{{}}', 'pending', NULL);
    INSERT INTO facts VALUES (1, 'payment', 'ch_1', 7, 1);
    INSERT INTO deliveries (occurrence, channel, target, state, reason, attempts, unconfirmed, created, due, finished)
        VALUES (7, 'phone', 0, 'waiting', '503', 3, 1, {NOON}, {NOON}, NULL),
               (7, 'mail', 0, 'delivered', NULL, 1, 0, {NOON}, NULL, {NOON}),
               (8, 'phone', 0, 'declined', 'mode_not_wanted', 0, 0, {NOON}, NULL, {NOON});
    INSERT INTO alerts VALUES (1, 'key_refused', {NOON});
    INSERT INTO reads VALUES (1, 20000, 17);
"""  # noqa: E501 (rows)


@pytest.fixture
def first(tmp_path: Path) -> Path:
    path = tmp_path / "cursor.db"
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(f"PRAGMA application_id = {APPLICATION_ID}; {MIGRATIONS[0]}; PRAGMA user_version = 1; {_FIRST}")
    db.close()
    return path


async def test_what_a_file_of_the_first_schema_holds_is_there(first: Path) -> None:
    record = CursorFile.open(first)
    delivery = await next_delivery(record, "phone", Disclosure.MASKED, NOON)
    assert delivery is not None
    assert (delivery.attempts, delivery.unconfirmed) == (3, 1)
    assert (delivery.message.title, delivery.message.kind) == ("masked", Kind.SALE)
    assert (delivery.message.urgency, delivery.message.link) == (Urgency.NORMAL, "https://dashboard.stripe.com/x")
    assert await record.open_alerts(About.account(1)) == {"key_refused": NOON}
    assert [event.number for event in await record.pending(1, 10)] == [2]
    (fact,) = await record.facts_under(1, [("payment", "ch_1")])
    assert fact.told_as == 7
    streams = record._db.execute("SELECT stream FROM deliveries ORDER BY id").fetchall()
    assert streams == [("live",), ("live",), ("test failures",)]
    assert record._db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert record._db.execute("PRAGMA foreign_keys").fetchone() == (1,)
    record.close()


def test_it_has_the_tables_of_a_new_one(first: Path, tmp_path: Path) -> None:
    def schema(path: Path) -> set[tuple[str, str]]:
        CursorFile.open(path).close()
        db = sqlite3.connect(path)
        rows = set(db.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))
        db.close()
        return rows

    assert schema(first) == schema(tmp_path / "new" / "cursor.db")


def test_a_migration_that_breaks_leaves_the_file_as_it_was(first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = (*MIGRATIONS[:1], MIGRATIONS[1] + "; INSERT INTO nowhere VALUES (1)")
    with monkeypatch.context() as patched:
        patched.setattr(opening, "MIGRATIONS", broken)
        with pytest.raises(Exception, match="nowhere"):
            CursorFile.open(first)

    db = sqlite3.connect(first)
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    assert db.execute("SELECT count(*) FROM deliveries").fetchone() == (3,)
    db.close()
    CursorFile.open(first).close()
