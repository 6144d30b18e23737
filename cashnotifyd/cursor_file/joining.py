"""Joining a daemon at its cursor file: a second connection for a short word, which makes and changes no file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from cashnotifyd.cursor_file.opening import refusals
from cashnotifyd.cursor_file.schema import APPLICATION_ID, MIGRATIONS
from cashnotifyd.refusal import Refusal

PATIENCE = 5.0
"""Seconds to wait for another's transaction; the daemon's take milliseconds."""


def joined(path: Path) -> sqlite3.Connection:
    """A connection to the cursor file of a daemon, whether that runs or not.

    Nothing is begun or migrated here: that takes the daemon's lock. The log beside the file is made by SQLite with the
    file's own mode, and by root for the file's own owner.

    Raises:
        Refusal: there is no such file, it is foreign, damaged or of another schema, or this user may not write to it.
    """
    with refusals(path):
        if not path.exists():
            raise Refusal(
                f"there is no cursor file {path} yet",
                hint="Start the daemon once (cashnotifyd run). If it runs, name its configuration with --config.",
            )
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False, timeout=PATIENCE
        )
        try:
            connection.execute("PRAGMA trusted_schema = OFF")
            _check(connection, path)
            for pragma in (
                "synchronous = FULL", "fullfsync = ON", "checkpoint_fullfsync = ON", "temp_store = MEMORY",
                "foreign_keys = ON",
            ):  # fmt: skip
                connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise
    return connection


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise Refusal(f"{path} is no cursor file of cashnotifyd", hint="Correct cursor_file in the configuration.")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version < len(MIGRATIONS):
        raise Refusal(
            f"the cursor file {path} was written by an older cashnotifyd",
            hint="Start the daemon of this version once: it brings the file up to date.",
        )
    if version > len(MIGRATIONS):
        raise Refusal(
            f"the cursor file {path} was written by a newer cashnotifyd",
            hint="Use the cashnotifyd that the daemon runs with.",
        )
