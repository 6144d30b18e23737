"""Faults of the machine and of files, on the real process."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from cashnotifyd.simulator.server import Simulator
from tests.faults.figures import Figures
from tests.faults.scene import Scene, scene
from tests.faults.shifted import ShiftedDaemon
from tests.running import PATIENCE, until

DAY = 86_400.0


async def ended(daemon: ShiftedDaemon) -> tuple[int, str]:
    """Start it, wait for its end; its exit status and what it said."""
    await daemon.start()
    assert daemon.process is not None
    async with asyncio.timeout(PATIENCE):
        status = await daemon.process.wait()
    return status, daemon.log.read_text()


# Clocks


@pytest.mark.slow
@pytest.mark.fault(33)
async def test_a_wall_clock_that_is_set_by_a_day_either_way(tmp_path: Path, figures: Figures) -> None:
    async with scene(tmp_path) as shop:
        await shop.daemon.start()
        await shop.is_known()
        for days in (1, -1, 0):
            shop.daemon.shift(days * DAY)
            shop.sell()
            await shop.all_is_told()
        shop.daemon.shift(-DAY)
        assert await shop.daemon.stop() == 0
        shop.sell()
        await shop.daemon.start()
        await shop.all_is_told()
        assert await shop.daemon.stop() == 0
    assert shop.counted() == {"lost": 0, "repeated": 0}
    assert len(shop.receiver.titles("phone")) == 1 + shop.sold
    figures(**shop.counted(), measured="four jumps, one of them while it was not running")


@pytest.mark.slow
@pytest.mark.fault(34)
async def test_eight_hours_of_sleep(tmp_path: Path, figures: Figures) -> None:
    async with scene(tmp_path, poll_interval="5m") as shop:
        await shop.daemon.start()
        await shop.is_known()
        shop.sell()
        await asyncio.sleep(1)
        assert not shop.told("phone")

        shop.daemon.shift(8 * 3600)
        begun, polls = time.monotonic(), len(shop.shop.requests)
        await until(lambda: len(shop.shop.requests) > polls)
        took = time.monotonic() - begun
        await shop.all_is_told()
        assert await shop.daemon.stop() == 0
    assert shop.counted() == {"lost": 0, "repeated": 0}
    figures(**shop.counted(), measured=f"polled {took:.1f} s after it woke, where five minutes are usual")


@pytest.mark.slow
@pytest.mark.fault(34)
async def test_after_sleep_a_channel_that_was_down_is_tried_at_once(tmp_path: Path, figures: Figures) -> None:
    async with scene(tmp_path) as shop:
        await shop.daemon.start()
        await shop.is_known()
        shop.receiver.status = 401  # left alone for a quarter of an hour
        shop.sell()
        await shop.daemon.until_logged("not delivered, to be tried again")
        shop.receiver.status = 200

        shop.daemon.shift(8 * 3600)

        await shop.all_is_told()
        assert await shop.daemon.stop() == 0
    figures(**shop.counted(), measured="what was down is tried when it wakes")


@pytest.mark.slow
@pytest.mark.fault(5)
async def test_seven_days_away_are_one_summary(tmp_path: Path, figures: Figures) -> None:
    away, sales = 7 * DAY, 40
    now = [time.time() - away]
    async with scene(tmp_path, stripe=Simulator(now=lambda: now[0])) as shop:
        shop.daemon.config.write_text(shop.daemon.config.read_text().replace("burst: 'off'", "burst: {}"))
        shop.daemon.shift(-away)
        await shop.daemon.start()
        await shop.is_known()
        assert await shop.daemon.stop() == 0
        for _ in range(sales):
            now[0] += away / sales
            shop.sell()
        shop.daemon.shift(0)
        await shop.daemon.start()
        await shop.receiver.until(lambda: len(shop.receiver.titles("phone")) >= 2)
        await asyncio.sleep(0.5)
        assert await shop.daemon.stop() == 0
    summary = shop.receiver.titles("phone")[1:]
    assert summary == [f"{sales} sales, ${sales * 10 + sum(range(sales)) / 100:.2f} · Acme"]
    figures(lost=0, repeated=0, measured=f"{sales} sales of seven days in one message")


# The cursor file


def damaged(path: Path) -> None:
    """In the middle, where pages of tables are."""
    data = bytearray(path.read_bytes())
    data[4096 : len(data) - 4096] = b"\xff" * (len(data) - 8192)
    path.write_bytes(data)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:10_000])


def foreign(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE bookmarks (url)")
    db.close()


@pytest.mark.fault(25)
async def test_a_cursor_file_that_cannot_be_trusted_is_left_as_it_is(tmp_path: Path, figures: Figures) -> None:
    async with scene(tmp_path) as shop:
        await shop.daemon.start()
        await shop.is_known()
        assert await shop.daemon.stop() == 0
        sound = (tmp_path / "cursor.db").read_bytes()

        async def refused(number: int) -> bool:
            folder = tmp_path / str(number)
            folder.mkdir()
            file = folder / "cursor.db"
            file.write_bytes(sound)
            (damaged, cut_short, foreign)[number](file)
            before = file.read_bytes()
            daemon = ShiftedDaemon(folder, {"stripe_api_base": shop.stripe.base, **shop_settings(shop)})
            status, said = await ended(daemon)
            assert (status, file.read_bytes()) == (1, before), said
            assert "restore it from a backup, or move it away" in said.lower()
            assert "Traceback" not in said
            return True

        refusals = await asyncio.gather(*(refused(number) for number in range(3)))
    assert len(shop.receiver.titles("phone")) == 1
    figures(lost=0, repeated=0, measured=f"{sum(refusals)} of 3 refused, 0 silent resets")


def under_another_name(path: Path) -> Path:
    link = path.with_name("link.db")
    link.hardlink_to(path)
    return link


def without_the_lock_beside(path: Path) -> Path:
    path.with_name("cursor.db.lock").unlink()
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the lock beside the record is all there is")
@pytest.mark.fault(26)
@pytest.mark.parametrize("place", [under_another_name, without_the_lock_beside])
async def test_a_second_daemon_that_the_lock_beside_does_not_see(
    tmp_path: Path, figures: Figures, place: Callable[[Path], Path]
) -> None:
    async with scene(tmp_path) as shop:
        await shop.daemon.start()
        await shop.is_known()
        assert shop.daemon.process is not None
        file, folder = place(tmp_path / "cursor.db"), tmp_path / "second"
        folder.mkdir()
        second = ShiftedDaemon(
            folder, {"stripe_api_base": shop.stripe.base, **shop_settings(shop), "cursor_file": str(file)}
        )
        status, said = await ended(second)
        assert status == 1, said
        assert f"another cashnotifyd (process {shop.daemon.process.pid}) uses the cursor file {file}" in said
        assert "Traceback" not in said
        shop.sell()
        await shop.all_is_told()
        assert await shop.daemon.stop() == 0
    assert shop.counted() == {"lost": 0, "repeated": 0}
    figures(**shop.counted(), measured=f"{place.__name__.replace('_', ' ')}: the second ended, exit 1")


@pytest.mark.slow
@pytest.mark.fault(30)
async def test_a_stop_while_another_program_holds_the_record(tmp_path: Path, figures: Figures) -> None:
    async with scene(tmp_path) as shop:
        await shop.daemon.start()
        await shop.is_known()
        shop.receiver.answering.clear()
        shop.sell()
        await until(lambda: shop.receiver.waiting > 0)
        with closing(sqlite3.connect(tmp_path / "cursor.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            shop.receiver.answering.set()  # so it has arrived, and cannot be marked
            begun = time.monotonic()
            status = await shop.daemon.stop()
            took = time.monotonic() - begun
            other.execute("ROLLBACK")
        assert status == 0
        assert took < 20
        assert "another program holds the cursor file" in shop.daemon.log.read_text()
        shop.sell()
        await shop.daemon.start()
        await shop.all_is_told()
        assert await shop.daemon.stop() == 0
    counted = shop.counted()
    figures(**counted, measured=f"another program holds the record all the while: ended after {took:.1f} s")
    assert counted["lost"] == 0
    assert shop.most_repeated() <= 1


def shop_settings(shop: Scene) -> dict[str, object]:
    return {
        "accounts": {"shop": {"api_key": shop.shop.key()}},
        "channels": {"phone": {"url": shop.receiver.url("phone")}},
    }


# The configuration


@pytest.mark.fault(35, 36)
async def test_open_secrets_and_typing_errors_end_it_before_a_request(tmp_path: Path, figures: Figures) -> None:
    async with scene(tmp_path) as shop:

        async def tried(name: str, changed: tuple[str, str], mode: int) -> str:
            folder = tmp_path / name
            folder.mkdir()
            daemon = ShiftedDaemon(folder, shop_settings(shop))
            daemon.config.write_text(daemon.config.read_text().replace(*changed))
            daemon.config.chmod(mode)
            status, said = await ended(daemon)
            assert status == 78, said
            assert "rk_live" not in said
            return said

        readable, mistyped = await asyncio.gather(
            tried("open", ("", ""), 0o644), tried("typo", ("channels:", "chanels:"), 0o600)
        )
        assert "chmod 600" in readable
        assert ":6:1: chanels" in mistyped
        assert shop.stripe.requests == []
    figures(measured="exit 78 twice, 0 requests; file, line and key named")
