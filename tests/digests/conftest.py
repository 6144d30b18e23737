from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cashnotifyd.cursor_file.record import CursorFile
from tests.digests.ledger import Till, opened


@pytest.fixture
def record(tmp_path: Path) -> Iterator[CursorFile]:
    with opened(tmp_path) as record:
        yield record


@pytest.fixture
def till(record: CursorFile) -> Till:
    return Till(record)
