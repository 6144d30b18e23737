"""The record of a soaked daemon: the real one on SQLite, in real files, that a crash or a power cut leaves as they are.

The simulated loop does at once what the record would do in its thread; nothing else of it is changed.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cashnotifyd.cursor_file.record import CursorFile
from tests.simulation.world import World

T = TypeVar("T")

Settled = Callable[[str, int], None]
"""Called with a channel and a target when it is on record what became of a send there."""


class SoakedFile(CursorFile):
    """A handle on it, for one life of the daemon. Each of its transactions is a moment at which that may end."""

    world: World
    settled: Settled
    image: Path | None = None
    """Where its files are kept as they reached the disk last, while the power is about to fail."""
    _soft = False

    @classmethod
    def begun(cls, path: Path, world: World, settled: Settled) -> SoakedFile:
        record = cls.open(path)
        assert isinstance(record, cls)
        record.world, record.settled = world, settled
        return record

    async def mark_delivered(self, delivery: int, now: float) -> None:
        await super().mark_delivered(delivery, now)
        self._note_settled(delivery)

    async def mark_due_again(self, delivery: int, due: float, reason: str, unconfirmed: int) -> None:
        await super().mark_due_again(delivery, due, reason, unconfirmed)
        self._note_settled(delivery)

    async def mark_abandoned(self, delivery: int, reason: str, now: float) -> None:
        await super().mark_abandoned(delivery, reason, now)
        self._note_settled(delivery)

    def keep_image(self, folder: Path) -> None:
        """From now on, keep what a power cut would leave."""
        self.image = folder
        self._photograph()

    def die(self, how: str) -> None:
        """Leave the files as a process leaves them that is killed, or whose machine loses its power."""
        if how == "kill" or self.image is None:
            self.image = self.path.with_name("image")
            self._photograph()
        self.close()
        for file in self._files():
            file.unlink(missing_ok=True)
        for file in self.image.iterdir():
            shutil.move(file, self.path.parent)
        self.image.rmdir()

    def _note_settled(self, delivery: int) -> None:
        row = self._db.execute("SELECT channel, target FROM deliveries WHERE id = ?", (delivery,)).fetchone()
        if row is not None:
            self.settled(*row)

    def _committed(self, statements: Callable[[], T]) -> T:
        if not self.world.alive:
            raise asyncio.CancelledError
        self.world.effect("commit (before)")
        result = super()._committed(statements)
        if self.image is not None and not self._soft:
            self._photograph()
        self.world.effect("commit (after)")
        return result

    def _committed_soon(self, statements: Callable[[], T]) -> T:
        self._soft = True
        try:
            return super()._committed_soon(statements)
        finally:
            self._soft = False

    def _photograph(self) -> None:
        assert self.image is not None
        self.image.mkdir(exist_ok=True)
        for file in self._files():
            if file.exists():
                shutil.copy2(file, self.image)

    def _files(self) -> list[Path]:
        return [self.path, self.path.with_name(self.path.name + "-wal"), self.path.with_name(self.path.name + "-shm")]
