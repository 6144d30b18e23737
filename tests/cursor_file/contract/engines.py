"""Who may stand behind the door."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from cashnotifyd.cursor_file.door import Record
from cashnotifyd.cursor_file.record import CursorFile
from tests.in_memory.disk import Disk
from tests.in_memory.record import InMemoryRecord


class Engine(Protocol):
    """One place where a record is kept."""

    def open(self) -> Record:
        """As the daemon does, again after each end."""
        ...

    def beside(self) -> Record:
        """As a command does, while a daemon is there or not."""
        ...


class Sqlite:
    def __init__(self, folder: Path) -> None:
        self._path = folder / "cursor.db"

    def open(self) -> Record:
        return CursorFile.open(self._path)

    def beside(self) -> Record:
        return CursorFile.beside(self._path)


class InMemory:
    """``kept`` is the class that keeps it: a mutant, where the suite itself is tried."""

    def __init__(self, kept: type[InMemoryRecord] = InMemoryRecord, disk: Disk | None = None) -> None:
        self._kept = kept
        self._disk = disk or Disk()

    def open(self) -> Record:
        return self._kept.open(self._disk)

    def beside(self) -> Record:
        return self._kept.beside(self._disk)


ENGINES: dict[str, Callable[[Path], Engine]] = {"sqlite": Sqlite, "in_memory": lambda _: InMemory()}
