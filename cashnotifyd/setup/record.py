"""Whether the cursor file is sound and a daemon works on it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from cashnotifyd.cursor_file.examining import Examined, daemon_on
from cashnotifyd.refusal import Refusal
from cashnotifyd.setup.findings import Finding, ok, problem, warning

_LITTLE_ROOM: Final = 100 * 1024 * 1024
_MEGABYTE: Final = 1024 * 1024


def on_cursor_file(path: Path, examined: Examined | Refusal | None) -> list[Finding]:
    """What there is to say of the file, its folder and its disk. ``examined``: None where there is no file yet."""
    match examined:
        case Refusal():
            return [problem("record", examined.problem, examined.hint)]
        case None:
            found = [ok("record", "there is none yet: the daemon makes it when it first starts")]
        case Examined() if examined.schema < examined.known_schema:
            found = [
                warning(
                    "record",
                    f"sound, and of an older version (schema {examined.schema}, this one has {examined.known_schema})",
                    "Start the daemon of this version: it brings the file up to date.",
                )
            ]
        case Examined():
            size = path.stat().st_size / _MEGABYTE
            sound = "sound" if examined.wholly else "as far as it could be read in time, sound"
            found = [ok("record", f"{sound} ({size:.1f} MB, schema {examined.schema})")]
    return [*found, *_on_folder(path)]


def on_daemon(path: Path) -> Finding:
    """Whether a daemon works on the file."""
    holder = daemon_on(path)
    if holder is not None:
        return ok("daemon", f"a daemon runs on it (process {holder})")
    return warning(
        "daemon", "no daemon runs on it: nothing is told", "Start it: cashnotifyd run, or cashnotifyd service install."
    )


def _on_folder(path: Path) -> list[Finding]:
    folder = next(parent for parent in path.parents if parent.exists())
    found = []
    if not os.access(folder, os.W_OK | os.X_OK) or (path.exists() and not os.access(path, os.W_OK)):
        found.append(
            warning(
                "record_writable",
                f"this user may not write to it in {folder}",
                "Run this as the user that the daemon runs as; or make the folder that user's own (chown).",
            )
        )
    free = shutil.disk_usage(folder).free
    if free < _LITTLE_ROOM:
        found.append(
            problem("disk", f"only {free / _MEGABYTE:.0f} MB are free on its disk", "Make room: a full disk stops it.")
        )
    else:
        found.append(ok("disk", f"{free / _MEGABYTE / 1024:,.1f} GB are free on its disk"))
    return found
