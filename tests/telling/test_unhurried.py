"""Long work lets others have their turn."""

from __future__ import annotations

import asyncio

import pytest

from cashnotifyd.telling import unhurried
from cashnotifyd.telling.unhurried import for_each


async def test_others_get_their_turn_between_two_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unhurried, "STRETCH", -1.0)
    log: list[str] = []

    async def another() -> None:
        for _ in range(3):
            log.append("another")
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(for_each(["a", "b", "c"], log.append))
        tasks.create_task(another())

    assert log[:4] == ["another", "a", "another", "b"]


async def test_the_order_stays() -> None:
    assert await for_each(range(5), lambda number: number * 2) == [0, 2, 4, 6, 8]
