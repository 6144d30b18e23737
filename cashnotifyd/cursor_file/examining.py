"""A look at a cursor file that changes nothing, takes no lock and does not mind a daemon at work."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cashnotifyd.cursor_file.accounts import CHARGES, READS, month
from cashnotifyd.cursor_file.locking import BEYOND, beside
from cashnotifyd.cursor_file.opening import refusals
from cashnotifyd.cursor_file.schema import APPLICATION_ID, MIGRATIONS
from cashnotifyd.refusal import Refusal
from cashnotifyd.vocabulary import Mode

PATIENCE = 20.0
"""Seconds for checking every page: about a gigabyte."""

_LOCKS = Path("/proc/locks")


@dataclass(frozen=True, slots=True)
class Used:
    """What the record knows of an account's last days: successful charges, and the reads that it was asked with."""

    charges: int
    reads: int


@dataclass(frozen=True, slots=True)
class Examined:
    """A sound cursor file. ``known_schema`` is this version's; ``used`` is by the account's id and mode.

    ``wholly``: every page was checked; else there were too many for the time.
    """

    schema: int
    known_schema: int
    wholly: bool
    used: Mapping[tuple[str, Mode], Used]


def examine(path: Path, now: float) -> Examined | None:
    """Check every page of the cursor file, and count what its last 30 days brought; None where there is none yet.

    Raises:
        Refusal: it is foreign, damaged or of a newer schema, or cannot be read.
    """
    with refusals(path):
        if not path.exists():
            return None
        while True:
            # Where there is no log nobody is at work, and a reader would leave an empty one behind.
            at_rest = not _log_of(path).exists()
            try:
                found = _examined(path, now, "immutable=1" if at_rest else "mode=ro")
            except sqlite3.DatabaseError:
                if at_rest and _log_of(path).exists():
                    continue
                raise
            if not (at_rest and _log_of(path).exists()):
                return found


def daemon_on(path: Path) -> int | None:
    """The process of the daemon that holds the cursor file; None where there is none, as far as can be seen.

    No lock is tried: a daemon that starts in that moment would be turned away.
    """
    try:
        held = [line.split() for line in _LOCKS.read_text("ascii").splitlines()]
    except OSError:
        return _named_beside(path)  # no Linux
    return _locking_it(path, held) or _locking_beside(path, held)


def _locking_it(path: Path, held: list[list[str]]) -> int | None:
    """Whoever locks the file itself, under whatever name."""
    try:
        inode = path.stat().st_ino
    except OSError:
        return None
    for lock in held:
        if "OFDLCK" in lock and lock[-3].endswith(f":{inode}") and lock[-2] == str(BEYOND):
            return int(lock[-1]) - BEYOND + 1
    return None


def _locking_beside(path: Path, held: list[list[str]]) -> int | None:
    """Whoever locks the file beside it. A number alone may have gone to another process."""
    try:
        inode = beside(path).stat().st_ino
    except OSError:
        return None
    is_locked = any("FLOCK" in one and any(word.endswith(f":{inode}") for word in one) for one in held)
    return _named_beside(path) if is_locked else None


def _named_beside(path: Path) -> int | None:
    """Whoever wrote its number into the file beside it, if there is such a process."""
    try:
        holder = int(beside(path).read_text("ascii"))
    except (OSError, ValueError):
        return None
    try:
        os.kill(holder, 0)
    except ProcessLookupError:
        return None
    except OSError:
        pass  # it is somebody else's, and there
    return holder


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _examined(path: Path, now: float, how: str) -> Examined:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, isolation_level=None, timeout=5)
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        if _pragma(connection, "application_id") != APPLICATION_ID:
            raise Refusal(f"{path} is no cursor file of cashnotifyd", hint="Correct cursor_file in the configuration.")
        schema = int(str(_pragma(connection, "user_version")))
        if schema > len(MIGRATIONS):
            raise Refusal(
                f"the cursor file {path} was written by a newer cashnotifyd",
                hint="Use the cashnotifyd that the daemon runs with.",
            )
        wholly = _is_sound(connection)
        return Examined(schema, len(MIGRATIONS), wholly, _used(connection, now))
    finally:
        connection.close()


def _is_sound(connection: sqlite3.Connection) -> bool:
    """Whether every page could be checked in time.

    Raises:
        sqlite3.DatabaseError: a page is damaged.
    """
    deadline = time.monotonic() + PATIENCE
    connection.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
    try:
        verdict = _pragma(connection, "quick_check(1)")
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            raise
        return False
    finally:
        connection.set_progress_handler(None, 0)
    if verdict != "ok":
        raise sqlite3.DatabaseError("malformed")
    return True


def _used(connection: sqlite3.Connection, now: float) -> dict[tuple[str, Mode], Used]:
    rows = connection.execute(
        f"SELECT config_id, mode, ({CHARGES}), ({READS}) FROM accounts a ORDER BY id",  # noqa: S608 (ours)
        month(now),
    )
    return {(id_, Mode(mode)): Used(charges, reads) for id_, mode, charges, reads in rows}


def _pragma(connection: sqlite3.Connection, name: str) -> object:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]
