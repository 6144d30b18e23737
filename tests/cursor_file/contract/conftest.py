"""Each test of the contract is asked of each engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cashnotifyd.cursor_file.door import Record
from tests.cursor_file.contract.engines import ENGINES, Engine
from tests.cursor_file.contract.shop import Shop
from tests.quick_disk import quick_folder


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with quick_folder() as folder:
        yield ENGINES[request.param](folder)


@pytest.fixture
def record(engine: Engine) -> Iterator[Record]:
    record = engine.open()
    yield record
    record.close()


@pytest.fixture
async def shop(record: Record) -> Shop:
    return await Shop.opened(record)
