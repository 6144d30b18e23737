"""One daemon on a record, whatever it is called and whatever became of the file beside it."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from cashnotifyd.cursor_file.examining import daemon_on
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.refusal import Refusal

linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the lock beside the record is all there is")

_DAEMON = """
import asyncio, sys
from pathlib import Path
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.refusal import Refusal
try:
    record = CursorFile.open(Path(sys.argv[1]))
except Refusal as refusal:
    print(refusal, flush=True)
    sys.exit(1)
asyncio.run(record.unmute(None, 0.0))  # a transaction, after which SQLite lets go of its locks
print("open", flush=True)
sys.stdin.read()
"""


@contextmanager
def daemon(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has the record open until it is killed, or has ended because it may not."""
    process = subprocess.Popen(
        [sys.executable, "-c", _DAEMON, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def linked(path: Path) -> Path:
    other = path.with_name("other") / "link.db"
    other.parent.mkdir()
    other.hardlink_to(path)
    return other


def without_its_lock(path: Path) -> Path:
    path.with_name("cursor.db.lock").unlink()
    return path


@linux
@pytest.mark.fault(26)
@pytest.mark.parametrize("second", [linked, without_its_lock])
def test_a_second_daemon_is_turned_away(tmp_path: Path, second: Callable[[Path], Path]) -> None:
    path = tmp_path / "cursor.db"
    with daemon(path) as first:
        assert said(first) == "open"
        place = second(path)
        for _ in range(2):
            with daemon(place) as other:
                assert said(other) == f"another cashnotifyd (process {first.pid}) uses the cursor file {place}"
    with daemon(place) as other:
        assert said(other) == "open", "the first was killed: nobody holds it any more"


@linux
def test_who_is_turned_away_leaves_no_number_behind(tmp_path: Path) -> None:
    path = tmp_path / "cursor.db"
    with daemon(path) as first:
        said(first)
        without_its_lock(path)
        with daemon(path) as other:
            said(other)
        assert daemon_on(path) == first.pid
        assert daemon_on(linked(path)) == first.pid
    assert daemon_on(path) is None


async def test_commands_beside_it_are_let_in_and_take_no_lock_away(tmp_path: Path) -> None:
    path = tmp_path / "cursor.db"
    with daemon(path) as first:
        assert said(first) == "open"
        for opened in (CursorFile.beside, CursorFile.reading):
            record = opened(path)
            assert await record.mutes(1500.0) == {}
            record.close()
        with daemon(path) as other:
            assert "another cashnotifyd" in said(other)


def test_sqlite_keeps_its_own_locks(tmp_path: Path) -> None:
    path = tmp_path / "cursor.db"
    record = CursorFile.open(path)
    record._db.execute("BEGIN IMMEDIATE")
    with closing(sqlite3.connect(path, timeout=0)) as other, pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    record._db.execute("ROLLBACK")
    # The lock of all who have a log open: without it, another process would take the log away at its end.
    program = "import fcntl, sys; file = open(sys.argv[1], 'r+b'); fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)"
    alone = subprocess.run([sys.executable, "-c", program, path], stderr=subprocess.PIPE, text=True, check=False)
    assert "BlockingIOError" in alone.stderr
    record.close()


@linux
def test_a_file_system_without_such_locks_has_the_one_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "F_OFD_SETLK", 0x7FFF)  # no command: EINVAL, as such file systems answer
    path = tmp_path / "cursor.db"
    record = CursorFile.open(path)
    assert daemon_on(path) == os.getpid()
    with pytest.raises(Refusal, match="another cashnotifyd"):
        CursorFile.open(path)
    record.close()
