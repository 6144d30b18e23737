"""Opening, creating and refusing a cursor file: what comes out is locked, sound and of our schema."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cashnotifyd.cursor_file.locking import beside, lock_beside, lock_itself, write_number
from cashnotifyd.cursor_file.schema import APPLICATION_ID, MIGRATIONS
from cashnotifyd.refusal import Refusal

_QUICK_CHECK_LIMIT = 64 * 1024 * 1024
"""Bytes up to which every page is checked at the start (64 MiB: about 0.1 s). Above, damage shows when it is read."""


PATIENCE = 60.0
"""Seconds to wait for another program's transaction, such as a backup's. The watchdog's patience is twice as long."""


def opened(path: Path, locks: ExitStack) -> sqlite3.Connection:
    """A connection to the daemon's own cursor file, a new one where there was none; ``locks`` lets go of it at the end.

    Raises:
        Refusal: another daemon holds it; it is corrupt, foreign or of a newer schema, or cannot be written.
    """
    _refuse_another_programs(path)
    with refusals(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = lock_beside(path)
        locks.callback(os.close, lock)
        if not path.exists():
            _refuse_orphaned_log(path)
            _create(path)
        if path.stat().st_size == 0:
            raise Refusal(f"the cursor file {path} is empty", hint=_mending(path))
        locks.callback(os.close, lock_itself(path))
        write_number(lock)
        return _connected(path)


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=PATIENCE)
    try:
        _check(connection, path)
        path.chmod(0o600)  # not before: it may be a file of another purpose, named here by mistake
        # fullfsync: on a Mac, fsync alone does not reach the disk. trusted_schema: the file may be anybody's.
        for pragma in (
            "journal_mode = WAL", "synchronous = FULL", "fullfsync = ON", "checkpoint_fullfsync = ON",
            "trusted_schema = OFF", "temp_store = MEMORY",
        ):  # fmt: skip
            connection.execute(f"PRAGMA {pragma}")
        _migrate(connection)
        # Not before: a migration that rebuilds a table drops one that others refer to.
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    """SQLite's and the file system's errors as refusals that say what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        text = str(error)
        if "disk is full" in text:
            raise Refusal(
                f"no room left on the disk of the cursor file {path}",
                hint="Make room and start again: nothing is lost, what Stripe lists meanwhile is read then.",
            ) from error
        if "database is locked" in text:
            raise Refusal(
                f"another program holds the cursor file {path} locked",
                hint="See which one has it open (lsof, fuser), end that or let it finish, and start again.",
            ) from error
        if "malformed" in text or "not a database" in text:
            raise Refusal(f"the cursor file {path} is damaged: {text}", hint=_mending(path)) from error
        raise Refusal(
            f"the cursor file {path} cannot be used: {text}",
            hint="See that its disk is sound and its folder writable for the user that runs cashnotifyd.",
        ) from error
    except UnicodeDecodeError as error:  # SQLite quotes what it found, and that was no text
        raise Refusal(f"the cursor file {path} is damaged", hint=_mending(path)) from error
    except OSError as error:
        raise Refusal(
            f"the cursor file {path} cannot be used: {error.strerror}",
            hint="See that its disk is sound and its folder writable for the user that runs cashnotifyd.",
        ) from error


def _refuse_another_programs(path: Path) -> None:
    """A file named by mistake gets no lock beside it. A damaged one of ours is looked at under the lock."""
    if not path.is_file() or path.stat().st_size == 0:
        return
    try:
        # SQLite reads it, without a lock: closing a handle of our own would lose those that this process holds on it.
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            found = connection.execute("PRAGMA application_id").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        if "not a database" not in str(error) or beside(path).exists():
            return
        found = None
    if found != APPLICATION_ID:
        raise Refusal(
            f"{path} is no cursor file of cashnotifyd",
            hint="If it is another program's, correct cursor_file in the configuration. If it is a damaged record,"
            " restore it from a backup, or move it away to begin a new one.",
        )


def _refuse_orphaned_log(path: Path) -> None:
    """A write-ahead log without its file: somebody removed the file, and the log holds news that was not told."""
    log = path.with_name(path.name + "-wal")
    if log.exists():
        raise Refusal(
            f"the cursor file {path} is gone, but its log {log.name} is there",
            hint=f"Put the file back (from a backup), or remove {log} to begin a new record.",
        )


def _create(path: Path) -> None:
    """Make a new cursor file under another name and move it into place, so that a half-made one is never found."""
    draft = path.with_name(f"{path.name}.new")
    for leftover in (draft, draft.with_name(f"{draft.name}-journal")):
        leftover.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    connection = sqlite3.connect(draft, isolation_level=None)
    try:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        _migrate(connection)
    finally:
        connection.close()
    draft.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _check(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("PRAGMA application_id").fetchone()[0]
    if found != APPLICATION_ID:
        raise Refusal(f"{path} is no cursor file of cashnotifyd", hint=_mending(path))
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise Refusal(
            f"the cursor file {path} was written by a newer cashnotifyd"
            f" (schema {version}; this one knows {len(MIGRATIONS)})",
            hint="Install that newer version again, or give this one a cursor_file of its own.",
        )
    if path.stat().st_size <= _QUICK_CHECK_LIMIT:
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise Refusal(f"the cursor file {path} is damaged", hint=_mending(path))


def _migrate(connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT")


def _mending(path: Path) -> str:
    return (
        f"Restore it from a backup, or move it away (mv {path} {path}.bad) to begin a new record: the last 50 events"
        " of each account then count as history and are not told."
    )
