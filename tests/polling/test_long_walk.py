"""A walk that takes minutes: what it has found so far need not wait for its end."""

from __future__ import annotations

from dataclasses import replace

from cashnotifyd.cursor_file.values import Address
from cashnotifyd.delivery.turns import lately
from cashnotifyd.polling.walk import PAGE, Walked, Walker
from cashnotifyd.schedules import Burst
from cashnotifyd.simulator import families
from cashnotifyd.simulator.account import SimulatedAccount
from cashnotifyd.vocabulary import Disclosure
from tests.clock import Clock
from tests.outbox import next_delivery
from tests.polling.conftest import Room, Watcher


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


async def test_what_took_long_to_read_is_told_as_what_came_of_an_absence(
    room: Room, shop: SimulatedAccount, clock: Clock
) -> None:
    key = shop.key()
    await room.watch(key).poll()
    greeting = await next_delivery(room.record, "phone", Disclosure.FULL, clock.now)
    assert greeting is not None
    await room.record.mark_delivered(greeting.id, clock.now)
    left = clock.now
    for number in range(2 * PAGE):
        families.charge_sale(shop, amount=100 + number, at=left + 1000 + 60 * number)
    clock.now = left + 7 * 86_400

    def page_takes_ten_minutes(*_: object) -> None:
        clock.now += 600

    room.around = replace(room.around, beat=page_takes_ten_minutes)
    await room.watch(key).poll()

    standing = (await room.record.offer(Address("phone"), Disclosure.FULL, clock.now, lately(Burst(5, 60.0)))).standing
    assert standing.away is not None
    assert standing.away.since == left
