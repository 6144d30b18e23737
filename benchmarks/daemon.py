"""The daemon as a contender: its configuration, its process, and what it has on record."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.contenders.task import Task
from benchmarks.lookalike import key_of
from benchmarks.processes import ROOT, Process


def write_configuration(folder: Path, task: Task, *, burst: str = "off") -> Path:
    """A configuration as a person would write it."""
    folder.mkdir(parents=True, exist_ok=True)
    interval = f"{task.interval:.0f}s"
    lines = [
        f"poll_interval: {interval}",
        f"cursor_file: {folder / 'cursor.db'}",
        f"stripe_api_base: {task.base}",
        "timezone: Europe/Paris",
        "channels:",
        "  desk:",
        f"    url: {task.hook}",
        f"    burst: {burst}",
        "accounts:",
    ]
    for number in range(task.first, task.first + task.count):
        lines += [f"  shop-{number}:", f"    api_key: {key_of(number)}"]
    config = folder / "config.yaml"
    config.touch(mode=0o600)
    config.write_text("\n".join(lines) + "\n")
    return config


def daemon(config: Path, sources: Sequence[Path] = (ROOT,)) -> Process:
    """``cashnotifyd run``, unchanged. It logs to a file."""
    return Process("cashnotifyd", ("run", "--config", str(config)), config.parent, sources)


def observed_daemon(
    config: Path, observer: str, file: Path, interval: float = 0.0, sources: Sequence[Path] = (ROOT,)
) -> Process:
    """The same under observation; see :mod:`benchmarks.launch`."""
    arguments = (observer, str(file), str(interval), "--config", str(config))
    return Process("benchmarks.launch", arguments, config.parent, (*sources, ROOT))


class Record:
    """What stands in the daemon's cursor file, read from outside while it runs."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "cursor.db"

    @property
    def events(self) -> int:
        """How many events were ever recorded."""
        return self._number("SELECT coalesce(max(number), 0) FROM events")

    @property
    def events_kept(self) -> int:
        """How many events there are."""
        return self._number("SELECT count(*) FROM events")

    @property
    def pending(self) -> int:
        """Those that are not told yet."""
        return self._number("SELECT count(*) FROM events WHERE state = 'pending'")

    @property
    def waiting(self) -> int:
        """Deliveries that are not made yet."""
        return self._number("SELECT count(*) FROM deliveries WHERE state = 'waiting'")

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return sum(one.stat().st_size for one in self.path.parent.glob("cursor.db*"))

    def _number(self, query: str) -> int:
        with self._open() as db:
            found: int = db.execute(query).fetchone()[0]
        return found

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=30)) as db:
            yield db
