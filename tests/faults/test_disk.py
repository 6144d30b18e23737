"""What disks do to the cursor file of the real process: they fill up, fail, lose their power."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.faults.disks import Disk, ext4, memory_disk, needs, ran
from tests.faults.figures import Figures
from tests.faults.scene import Scene, scene
from tests.running import until

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

CHANNELS = ("phone", "desk", "mail")
CUTS = 25


async def ended(shops: Scene) -> tuple[int, str]:
    """Wait for its end; its exit status and the last words of its log."""
    assert shops.daemon.process is not None
    async with asyncio.timeout(60):
        status = await shops.daemon.process.wait()
    return status, shops.daemon.log.read_text()[-2000:]


class Witness:
    """Commits on the same disk with ``synchronous=NORMAL``: what a cut has to take away, if it is one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with closing(self._opened()) as db:
            db.execute("CREATE TABLE IF NOT EXISTS commits (number INTEGER)")

    def _opened(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        return db

    def loses(self, cut: Callable[[], None]) -> bool:
        """Whether commits of just before a cut are gone: told by the count, which is asked for after :meth:`count`."""
        db = self._opened()
        for number in range(50):
            db.execute("INSERT INTO commits VALUES (?)", (number,))
        cut()
        with suppress(sqlite3.Error):
            db.close()
        return True

    def count(self) -> int:
        """How many commits there are."""
        with closing(self._opened()) as db:
            return int(db.execute("SELECT count(*) FROM commits").fetchone()[0])


@pytest.mark.fault(24)
async def test_the_power_is_cut_twenty_five_times(tmp_path: Path, figures: Figures) -> None:
    seed = 24
    rng, stale = random.Random(seed), 0
    with ext4(tmp_path / "disk") as disk:
        witness = Witness(disk.folder / "witness.db")
        async with scene(
            tmp_path, shops=2, channels=CHANNELS, cursor_file=str(disk.folder / "state" / "cursor.db")
        ) as shops:
            await shops.daemon.start()
            await shops.is_known()
            for _ in range(CUTS):
                before = sum(len(shops.receiver.titles(name)) for name in CHANNELS)
                for _ in range(rng.randint(1, 8)):
                    shops.sell()
                await shops.receiver.until(
                    lambda before=before: sum(len(shops.receiver.titles(name)) for name in CHANNELS) > before,  # type: ignore[misc]
                    60,
                )
                await asyncio.sleep(rng.uniform(0, 0.1))
                known = witness.count()
                witness.loses(lambda: cut_while_it_stands_still(shops, disk))
                await shops.daemon.kill()
                disk.unmount()
                disk.mount()
                stale += witness.count() < known + 50
                await shops.daemon.start()
            await shops.all_is_told(120)
            assert await shops.daemon.stop() == 0
    counted = shops.counted()
    figures(
        **counted,
        measured=f"{CUTS} cuts, {shops.sold} sales on three channels; "
        f"a witness with synchronous=NORMAL came back stale {stale} times",
        seed=seed,
    )
    assert stale > CUTS / 2, "the cuts take nothing away: they are none"
    assert counted["lost"] == 0
    assert shops.most_repeated() <= 1


def cut_while_it_stands_still(shops: Scene, disk: Disk) -> None:
    """All at once, as far as the daemon can tell."""
    shops.daemon.signal(signal.SIGSTOP)
    disk.cut()


@pytest.mark.fault(23)
async def test_a_disk_that_dies_ends_it(tmp_path: Path, figures: Figures) -> None:
    with ext4(tmp_path / "disk") as disk:
        async with scene(tmp_path, channels=CHANNELS, cursor_file=str(disk.folder / "cursor.db")) as shops:
            await shops.daemon.start()
            await shops.is_known()
            disk.cut()
            shops.sell()
            status, said = await ended(shops)
            assert status == 1, said
            assert "cannot be used" in said or "is damaged" in said
            disk.unmount()
            disk.mount()
            await shops.daemon.start()
            await shops.all_is_told()
            assert await shops.daemon.stop() == 0
    counted = shops.counted()
    figures(**counted, measured="a disk that dies: exit 1")
    assert counted["lost"] == 0
    assert shops.most_repeated() <= 1


@pytest.mark.fault(23)
async def test_an_fsync_that_fails_once_ends_it(tmp_path: Path, figures: Figures) -> None:
    library, trigger = tmp_path / "fsync.so", tmp_path / "fail"
    source = Path(__file__).with_name("fsync_fails_once.c")
    try:
        ran("cc", "-shared", "-fPIC", "-o", library, source, "-ldl")
    except FileNotFoundError:
        pytest.skip("there is no C compiler: fsync is not made to fail here")
    async with scene(tmp_path, channels=CHANNELS) as shops:
        shops.daemon.environment = {"LD_PRELOAD": str(library), "FSYNC_FAILS_ONCE": str(trigger)}
        await shops.daemon.start()
        await shops.is_known()
        failures = 0
        for _ in range(5):
            shops.sell()
            await shops.all_is_told()
            shops.receiver.answering.clear()  # so that a send is under way
            shops.sell()
            await until(lambda: shops.receiver.waiting > 0)
            trigger.touch()
            shops.receiver.answering.set()
            status, said = await ended(shops)
            assert status == 1, said
            assert not trigger.exists()
            assert "cannot be used: disk I/O error" in said
            failures += 1
            await shops.daemon.start()
        shops.sell()
        await shops.all_is_told()
        assert await shops.daemon.stop() == 0
    counted = shops.counted()
    figures(
        **counted, measured=f"{failures} times one fsync failed: exit 1 each time, though the next would have worked"
    )
    assert counted["lost"] == 0
    assert shops.most_repeated() <= 1


@pytest.mark.fault(22)
async def test_a_full_disk_ends_it_and_room_lets_it_go_on(tmp_path: Path, figures: Figures) -> None:
    needs("mount")
    with memory_disk(tmp_path / "disk", 16_000) as disk:
        async with scene(tmp_path, channels=CHANNELS, cursor_file=str(disk / "cursor.db")) as shops:
            await shops.daemon.start()
            await shops.is_known()
            for _ in range(3):
                filler = disk / "filler"
                with filler.open("wb", buffering=0) as file, suppress(OSError):
                    while True:
                        file.write(bytes(4096))
                for _ in range(30):
                    shops.sell()
                status, said = await ended(shops)
                assert status == 1, said
                assert "no room left on the disk" in said
                assert "Traceback" not in said
                filler.unlink()
                await shops.daemon.start()
                await shops.all_is_told()
            assert await shops.daemon.stop() == 0
    counted = shops.counted()
    figures(**counted, measured=f"full three times, {shops.sold} sales: exit 1 with a sentence, then caught up")
    assert counted["lost"] == 0
    assert shops.most_repeated() <= 1


@pytest.mark.fault(22)
async def test_a_folder_that_may_not_be_written_is_told_of(tmp_path: Path, figures: Figures) -> None:
    with memory_disk(tmp_path / "disk", 16_000) as disk:
        async with scene(tmp_path, cursor_file=str(disk / "cursor.db")) as shops:
            await shops.daemon.start()
            await shops.is_known()
            assert await shops.daemon.stop() == 0
            shops.sell()
            ran("mount", "-o", "remount,ro", disk)
            await shops.daemon.start()
            status, said = await ended(shops)
            ran("mount", "-o", "remount,rw", disk)
            assert status == 1, said
            assert "cannot be used: Read-only file system" in said
            assert "Traceback" not in said
            await shops.daemon.start()
            await shops.all_is_told()
            assert await shops.daemon.stop() == 0
    assert shops.counted() == {"lost": 0, "repeated": 0}
    figures(**shops.counted(), measured="read-only: exit 1 with a sentence")


# Memory


def own_group(name: str) -> tuple[Path, str]:
    """A control group below our own that can limit memory, and the name of its limit; skips where there is none."""
    mine = {line.split(":")[1]: line.split(":")[2] for line in Path("/proc/self/cgroup").read_text().splitlines()}
    old, new = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")
    parent, limit = (
        (old / mine["memory"].lstrip("/"), "memory.limit_in_bytes")
        if "memory" in mine
        else (new / mine.get("", "/").lstrip("/"), "memory.max")
    )
    group = parent / name
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no control group of one's own can be made: {error}")
    if not (group / limit).exists():
        group.rmdir()
        pytest.skip("control groups cannot limit memory here")
    return group, limit


@pytest.mark.fault(29)
async def test_killed_when_memory_is_short(tmp_path: Path, figures: Figures) -> None:
    needs()
    group, limit = own_group(f"cashnotifyd-{os.getpid()}")
    kills = 0
    try:
        async with scene(tmp_path, channels=CHANNELS) as shops:
            await shops.daemon.start()
            await shops.is_known()
            (group / limit).write_text(str(64 * 1024))
            for _ in range(3):
                assert shops.daemon.process is not None
                # What it has by now stays on its old account; what it takes from here on is limited.
                (group / "cgroup.procs").write_text(str(shops.daemon.process.pid))
                for _ in range(50):
                    shops.sell()
                status, said = await ended(shops)
                assert status == -signal.SIGKILL, said
                kills += 1
                await shops.daemon.start()
                await shops.all_is_told(60)
            assert await shops.daemon.stop() == 0
    finally:
        group.rmdir()
    counted = shops.counted()
    figures(**counted, measured=f"killed by the kernel {kills} times, {shops.sold} sales on three channels")
    assert counted["lost"] == 0
    assert shops.most_repeated() <= 1
