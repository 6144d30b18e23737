"""What a crash leaves of it, and that nothing but the door is behind it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cursor_file.contract.shop import NOW, Shop, ending, listed, titles
from tests.in_memory.disk import Disk
from tests.in_memory.record import InMemoryRecord


async def test_a_crash_leaves_what_was_committed_and_nobody_who_holds_it() -> None:
    disk = Disk()
    record = InMemoryRecord.open(disk)
    shop = await Shop.opened(record)
    await shop.sells("evt_1")
    crashed = disk.copy()
    await shop.sells("evt_2")
    await shop.lists(listed("evt_3"), end=ending())

    again = InMemoryRecord.open(crashed)
    assert await again.seen_among(shop.number, ["evt_1", "evt_2", "evt_3"]) == {"evt_1"}
    assert await again.pending(shop.number, 10) == []
    await Shop(again, shop.number).sells("evt_2", now=NOW + 1)
    assert len(await titles(again, now=NOW + 1)) == 2
    assert await record.waiting() == 2


async def test_there_is_no_copy_in_the_middle_of_a_transaction() -> None:
    record = InMemoryRecord.open(Disk())
    with pytest.raises(AssertionError):
        record.transaction(lambda: (record.disk.number("event"), record.disk.copy()))
    assert record.disk.last == {}


def test_there_is_no_sql_behind_it() -> None:
    script = "import sys, tests.in_memory.record; assert 'sqlite3' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)
