"""The room of what was forgotten goes back to the disk where it is most of the file."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.values import ListedEvent
from cashnotifyd.vocabulary import Mode
from tests.quick_disk import quick_folder

NOW = 1_790_000_000.0
LONG_AFTER = NOW + 450 * 86400
MIB = 1024 * 1024


@pytest.fixture
def path() -> Iterator[Path]:
    with quick_folder() as folder:
        yield folder / "cursor.db"


async def filled(record: CursorFile, megabytes: int) -> None:
    """With events that are history at ``NOW``, and one of long after."""
    shop = await record.begin_account("shop", Mode.LIVE, stripe_id=None, name=None, key_print="p")
    payload = "x" * 10_000
    old = [ListedEvent(f"evt_{n}", "ping", int(NOW), payload, "history") for n in range(megabytes * 100)]
    await record.record_page(shop.id, old, NOW)
    await record.record_page(shop.id, [ListedEvent("evt_new", "ping", int(LONG_AFTER), payload, "history")], LONG_AFTER)


async def test_a_file_that_is_mostly_free_shrinks(path: Path) -> None:
    record = CursorFile.open(path)
    await filled(record, 40)
    await record.prune(LONG_AFTER)
    assert await record.seen_among(1, ["evt_0", "evt_new"]) == {"evt_new"}
    record.close()

    assert path.stat().st_size < 10 * MIB
    CursorFile.open(path).close()


async def test_a_little_room_stays_for_what_comes(path: Path) -> None:
    record = CursorFile.open(path)
    await filled(record, 5)
    await record.prune(LONG_AFTER)
    record.close()

    assert path.stat().st_size > 5 * MIB


async def test_others_have_their_turn_between_two_slices(path: Path) -> None:
    record = CursorFile.open(path)
    await filled(record, 40)
    said: list[str] = []
    record._db.set_trace_callback(said.append)
    pruning = asyncio.create_task(record.prune(LONG_AFTER))
    while not pruning.done():
        await record.waiting()
    record.close()

    turns = ["vacuum" in statement for statement in said if "vacuum" in statement or "deliveries" in statement]
    first = turns.index(True)
    assert turns.count(True) > 10
    assert not all(turns[first : first + turns.count(True)])


async def test_where_somebody_switched_it_off_it_ends_all_the_same(path: Path) -> None:
    record = CursorFile.open(path)
    await filled(record, 20)
    record.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as by_hand:
        by_hand.execute("PRAGMA journal_mode = DELETE")
        by_hand.execute("PRAGMA auto_vacuum = NONE")
        by_hand.execute("VACUUM")
    size = path.stat().st_size

    record = CursorFile.open(path)
    await record.prune(LONG_AFTER)
    assert await record.seen_among(1, ["evt_0", "evt_new"]) == {"evt_new"}
    record.close()
    assert path.stat().st_size >= size
