"""Each test of the contract is asked of each engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from cashnotifyd.cursor_file.door import Record
from tests.cursor_file.contract.engines import ENGINES, Engine
from tests.cursor_file.contract.shop import Shop

_MEMORY = Path("/dev/shm")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    # In memory, where there is such a place: nothing here asks about power cuts, and a disk takes 10 ms a commit.
    with TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        yield ENGINES[request.param](Path(folder))


@pytest.fixture
def record(engine: Engine) -> Iterator[Record]:
    record = engine.open()
    yield record
    record.close()


@pytest.fixture
async def shop(record: Record) -> Shop:
    return await Shop.opened(record)
