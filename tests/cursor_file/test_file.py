"""The record's file: whose it is, and what is refused rather than begun anew."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest

from cashnotifyd.cursor_file.opening import refusals
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.schema import MIGRATIONS
from cashnotifyd.cursor_file.values import ListedEvent
from cashnotifyd.refusal import Refusal
from cashnotifyd.vocabulary import Mode

NOW = 1_790_000_000.0


def listed(id_: str) -> ListedEvent:
    return ListedEvent(id_, "charge.succeeded", int(NOW), f'{{"id":"{id_}"}}', "pending")


def refusal(path: Path) -> Refusal:
    with pytest.raises(Refusal) as caught:
        CursorFile.open(path)
    assert str(path) in str(caught.value)
    assert caught.value.hint
    return caught.value


def made(path: Path) -> Path:
    CursorFile.open(path).close()
    return path


def test_a_new_file_is_its_owners_alone_even_with_a_lax_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = made(tmp_path / "state" / "cursor.db")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_two_daemons_on_one_file(tmp_path: Path) -> None:
    path = tmp_path / "cursor.db"
    first = CursorFile.open(path)
    assert f"another cashnotifyd (process {os.getpid()})" in str(refusal(path))
    link = tmp_path / "link.db"
    link.symlink_to(path)
    with pytest.raises(Refusal, match="another cashnotifyd"):
        CursorFile.open(link)
    first.close()
    CursorFile.open(path).close()


def test_a_file_of_a_newer_schema(tmp_path: Path) -> None:
    path = made(tmp_path / "cursor.db")
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.close()
    before = path.read_bytes()

    assert "newer cashnotifyd" in str(refusal(path))
    assert path.read_bytes() == before


@pytest.mark.fault(25, measured="0 silent resets")
@pytest.mark.parametrize(
    "content", [b"", b"garbage" * 1000, b"SQLite format 3\0" + b"\0" * 4000], ids=["empty", "garbage", "zeros"]
)
def test_a_file_that_is_no_cursor_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cursor.db"
    path.write_bytes(content)

    assert "move it away" in str(refusal(path))
    assert path.read_bytes() == content


@pytest.mark.fault(25, measured="0 silent resets")
def test_another_programs_database(tmp_path: Path) -> None:
    path = tmp_path / "cursor.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE bookmarks (url)")
    db.close()

    assert "no cursor file of cashnotifyd" in str(refusal(path))


@pytest.mark.fault(25, measured="0 silent resets")
async def test_a_damaged_page(tmp_path: Path) -> None:
    path = tmp_path / "cursor.db"
    record = CursorFile.open(path)
    shop = await record.begin_account("shop", Mode.LIVE, stripe_id=None, name=None, key_print="p")
    await record.record_page(shop.id, [listed(f"evt_{n}") for n in range(2000)], NOW)
    record.close()
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 8192] = b"\xff" * 8192
    path.write_bytes(data)

    assert "damaged" in str(refusal(path))
    assert path.read_bytes() == bytes(data)


def test_a_log_without_its_file(tmp_path: Path) -> None:
    path = tmp_path / "cursor.db"
    (tmp_path / "cursor.db-wal").write_bytes(b"news")

    assert "is gone" in str(refusal(path))
    assert not path.exists()


async def test_a_file_that_is_moved_away_from_a_daemon_and_put_back_has_all(tmp_path: Path) -> None:
    path, away = tmp_path / "cursor.db", tmp_path / "away.db"
    record = CursorFile.open(path)
    shop = await record.begin_account("shop", Mode.LIVE, stripe_id=None, name=None, key_print="p")
    path.rename(away)
    await record.record_page(shop.id, [listed("evt_1")], NOW)
    record.close()
    assert "is gone" in str(refusal(path))

    away.rename(path)
    again = CursorFile.open(path)
    assert await again.seen_among(shop.id, ["evt_1"]) == {"evt_1"}
    again.close()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert "cannot be used" in str(refusal(tmp_path / "file" / "cursor.db"))


@pytest.mark.fault(22, lost=0, repeated=0)
async def test_a_full_disk_is_a_refusal_that_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "cursor.db"
    record = CursorFile.open(path)
    shop = await record.begin_account("shop", Mode.LIVE, stripe_id=None, name=None, key_print="p")
    await record.record_page(shop.id, [listed("evt_1")], NOW)
    pages = record._db.execute("PRAGMA page_count").fetchone()[0]
    record._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(Refusal, match="no room left"):
        await record.record_page(shop.id, [listed(f"evt_x{n}") for n in range(5000)], NOW)
    record.close()

    again = CursorFile.open(path)
    assert [event.payload for event in await again.pending(shop.id, 10000)] == ['{"id":"evt_1"}']
    again.close()


def test_a_half_made_file_is_never_found(tmp_path: Path) -> None:
    path = tmp_path / "cursor.db"
    (tmp_path / "cursor.db.new").write_bytes(b"half")

    made(path)

    assert not (tmp_path / "cursor.db.new").exists()


def test_a_copy_elsewhere_opens(tmp_path: Path) -> None:
    path = made(tmp_path / "cursor.db")
    shutil.copy(path, tmp_path / "backup.db")

    made(tmp_path / "backup.db")


def test_who_holds_the_file_locked_is_no_matter_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="another program holds the cursor file") as refusal, refusals(tmp_path):
        raise sqlite3.OperationalError("database is locked")

    assert "which one has it open" in (refusal.value.hint or "")


def test_another_programs_file_gets_no_lock_and_is_not_to_be_moved(tmp_path: Path) -> None:
    path = tmp_path / "important.txt"
    path.write_text("mine, and long enough to be looked at\n" * 40)

    with pytest.raises(Refusal, match="is no cursor file of cashnotifyd") as refusal:
        CursorFile.open(path)

    assert [one.name for one in tmp_path.iterdir()] == ["important.txt"]
    assert "mv " not in (refusal.value.hint or "")
    assert "cursor_file" in (refusal.value.hint or "")
