"""A walk that takes minutes: what it has found so far need not wait for its end."""

from __future__ import annotations

from cashnotifyd.polling.walk import PAGE, Walked, Walker
from tests.polling.conftest import Watcher


async def test_now_and_then_what_is_on_record_so_far_is_looked_at(watcher: Watcher) -> None:
    await watcher.walk()
    start = int(watcher.clock.now)
    watcher.clock.now += 10_000
    for number in range(3 * PAGE):
        watcher.shop.emit("charge.updated", {"id": "ch_1", "object": "charge"}, created=start + 1000 + number)
    looked_at: list[tuple[int, int]] = []

    async def meanwhile(whole_from: int) -> None:
        looked_at.append((whole_from, len(await watcher.record.pending(watcher.account.id, 1000))))

    def page_takes_20_seconds() -> None:
        watcher.clock.now += 20

    walker = Walker(watcher.api, watcher.record, watcher.clock, watcher._announce, page_takes_20_seconds, meanwhile)
    walked = await walker.walk(watcher.account)

    assert isinstance(walked, Walked)
    assert walked.news == 3 * PAGE
    assert looked_at == [(start + 1000 + PAGE, 2 * PAGE)]
