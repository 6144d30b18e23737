"""A daemon that has nothing to do looks at the log's date rather than ask SQLite; it may overlook nothing for that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.values import Mute
from cashnotifyd.schedules import Span

NOW = 1_790_000_000.0
MUTE = Mute(Span(NOW, NOW + 60), drops=False)


@pytest.fixture
def record(tmp_path: Path) -> Iterator[CursorFile]:
    record = CursorFile.open(tmp_path / "cursor.db")
    yield record
    record.close()


@pytest.fixture
def beside(record: CursorFile) -> Iterator[CursorFile]:
    beside = CursorFile.beside(record.path)
    yield beside
    beside.close()


@pytest.mark.parametrize("quiet", range(5))
async def test_after_a_while_without_writes(record: CursorFile, beside: CursorFile, quiet: int) -> None:
    for _ in range(quiet):
        assert not await record.changed_elsewhere()
    await beside.mute(None, MUTE)
    assert await record.changed_elsewhere()
    assert not await record.changed_elsewhere()
