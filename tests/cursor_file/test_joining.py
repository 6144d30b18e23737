"""A second connection to the cursor file of a daemon."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from cashnotifyd.cursor_file.joining import joined
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.schema import MIGRATIONS
from cashnotifyd.cursor_file.values import Mute, News, Routing, Telling
from cashnotifyd.occurrences.facts import Fact
from cashnotifyd.refusal import Refusal
from cashnotifyd.schedules import Span
from cashnotifyd.vocabulary import Kind, Message, Mode, Urgency, Wordings

MUTE = Mute(Span(1000.0, 2000.0), drops=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "a folder with a ? and a %" / "cursor.db"
    CursorFile.open(file).close()
    return file


async def test_it_works_beside_a_daemon_and_alone(path: Path) -> None:
    daemon = CursorFile.open(path)
    beside = CursorFile.beside(path)
    await beside.mute("phone", MUTE)
    beside.close()
    assert await daemon.mutes(1500.0) == {"phone": MUTE}
    daemon.close()

    alone = CursorFile.beside(path)
    assert await alone.mutes(1500.0) == {"phone": MUTE}
    alone.close()
    CursorFile.open(path).close()


async def test_what_a_killed_daemon_left_in_the_log_is_there(path: Path) -> None:
    killed = CursorFile.open(path)
    await killed.mute("phone", MUTE)
    copy = path.with_name("copy.db")
    for suffix in ("", "-wal"):
        copy.with_name(copy.name + suffix).write_bytes(path.with_name(path.name + suffix).read_bytes())
    beside = CursorFile.beside(copy)

    assert await beside.mutes(1500.0) == {"phone": MUTE}
    beside.close()
    killed.close()


def test_it_begins_no_file(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        CursorFile.beside(tmp_path / "cursor.db")

    assert "Start the daemon once" in refused.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no database at all " * 100], ids=["empty", "text"])
def test_it_refuses_what_is_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "cursor.db"
    file.write_bytes(content)
    with pytest.raises(Refusal):
        CursorFile.beside(file)

    assert file.read_bytes() == content


def test_it_refuses_somebody_elses(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "cursor.db") as other:
        other.execute("CREATE TABLE accounts (id)")
    other.close()
    with pytest.raises(Refusal, match="no cursor file"):
        CursorFile.beside(tmp_path / "cursor.db")


@pytest.mark.parametrize(("step", "problem"), [(-1, "older"), (1, "newer")])
def test_it_refuses_another_version(path: Path, step: int, problem: str) -> None:
    with sqlite3.connect(path) as other:
        other.execute(f"PRAGMA user_version = {len(MIGRATIONS) + step}")
    other.close()
    with pytest.raises(Refusal, match=problem):
        CursorFile.beside(path)


async def test_it_waits_for_a_transaction_that_is_under_way(path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    beside = CursorFile.beside(path)
    other.execute("BEGIN IMMEDIATE")
    muting = asyncio.create_task(beside.mute("phone", MUTE))
    await asyncio.sleep(0)
    other.execute("ROLLBACK")
    await muting
    beside.close()
    other.close()


async def test_it_does_not_wait_for_ever(path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    beside = CursorFile(path, joined(path), 0.0, ExitStack())
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Refusal, match="another program holds the cursor file"):
        await beside.mute("phone", MUTE)

    other.execute("ROLLBACK")
    await beside.mute("phone", MUTE)
    beside.close()
    other.close()


async def test_a_daemon_that_is_to_end_waits_no_longer(path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    daemon = CursorFile.open(path)
    other.execute("BEGIN IMMEDIATE")
    calls = [asyncio.create_task(daemon.mute(f"phone {number}", MUTE)) for number in range(100)]
    await asyncio.sleep(0)
    daemon.end_by(time.monotonic())
    refused = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(one) for one in refused} == {Refusal}
    assert await daemon.mutes(1500.0) == {}

    other.execute("ROLLBACK")
    await daemon.mute("phone", MUTE)
    assert await daemon.mutes(1500.0) == {"phone": MUTE}
    daemon.close()
    other.close()


async def test_what_is_read_is_of_one_moment_though_somebody_writes_meanwhile(path: Path) -> None:
    daemon = CursorFile.open(path)
    shop = await daemon.begin_account("shop", Mode.LIVE, stripe_id=None, name=None, key_print="p")
    fact = Fact("payment", 1000, {"ch_1"}, set(), set())
    words = Wordings.alike(Message(Kind.SALE, "Sale", "x", Urgency.NORMAL))
    await daemon.tell(shop.id, Telling(news=(News(fact, words, Routing((), ()), (), Mode.LIVE),)), 1000.0)

    def forget(statement: str) -> None:
        if "FROM occurrences" in statement:
            daemon._db.set_trace_callback(None)
            with closing(sqlite3.connect(path)) as other, other:
                other.execute("DELETE FROM facts")

    daemon._db.set_trace_callback(forget)
    (found,) = await daemon.facts_under(shop.id, [("payment", "ch_1")])
    assert found.names == {"ch_1"}
    assert await daemon.facts_under(shop.id, [("payment", "ch_1")]) == []
    daemon.close()
