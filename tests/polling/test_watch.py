"""One account's watch over a simulated Stripe: whose record, what is told of itself, how long it waits."""

from __future__ import annotations

import asyncio

import pytest

from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.lookups.allowance import Budget
from cashnotifyd.simulator import families
from cashnotifyd.simulator.account import PERMISSIONS, SimulatedAccount
from cashnotifyd.simulator.faults import Status
from cashnotifyd.simulator.server import Simulator
from cashnotifyd.telling.sorting import HOLD
from cashnotifyd.vocabulary import Mode
from tests import inspecting
from tests.clock import Clock
from tests.polling.conftest import Room
from tests.running import PATIENCE, until

DAY = 86400


async def test_it_waits_for_its_interval(room: Room, shop: SimulatedAccount) -> None:
    assert 9 <= await room.watch(shop.key()).poll() <= 10
    assert room.beats["shop"] <= 10


async def test_automatic_follows_what_happens_and_the_sales_of_a_month(
    room: Room, shop: SimulatedAccount, clock: Clock
) -> None:
    watch = room.watch(shop.key(), interval=None)
    at_first = await watch.poll()
    clock.now += DAY
    quiet = await watch.poll()
    for _ in range(300):
        families.charge_sale(shop, at=clock() - 60)
    clock.now += DAY
    busy = await watch.poll()
    clock.now += 10 * DAY
    afterwards = await watch.poll()

    assert at_first < 60, "somebody waits for the first sale"
    assert quiet > 300, "ten thousand reads a month are one in four minutes, and half of them are for others"
    assert busy < quiet / 2
    assert busy < afterwards < quiet


async def test_reads_and_what_is_left_of_them_outlive_a_restart(
    room: Room, shop: SimulatedAccount, clock: Clock, record: CursorFile
) -> None:
    watch = room.watch(shop.key(), interval=None)
    for _ in range(50):
        clock.now += await watch.poll()
    note = watch.note()
    assert note is not None
    await record.note_polls([note])
    assert watch.note() is None
    again = room.watch(shop.key(), interval=None)
    await again.poll()

    (known,) = await record.accounts("shop", Mode.LIVE, None)
    assert note.reads_left < Budget().capacity
    assert known.reads_left == note.reads_left
    assert again.interval > watch.interval, "no new credit"
    assert (await record.usage(known.id, clock())).reads + 2 == len(shop.requests)


async def test_a_new_account_is_one_for_an_hour_whatever_restarts(
    room: Room, shop: SimulatedAccount, clock: Clock
) -> None:
    at_first = await room.watch(shop.key(), interval=None).poll()
    clock.now += 1800
    again = room.watch(shop.key(), interval=None)
    in_between = await again.poll()
    clock.now += 1800
    assert at_first < 60
    assert in_between < 60
    assert await again.poll() > 300


async def test_a_test_account_is_asked_as_after_its_newest_event_from_the_first_contact_on(
    room: Room, stripe: Simulator, clock: Clock
) -> None:
    idle, busy = (stripe.account(id_, name="Acme", mode=Mode.TEST) for id_ in ("acct_1Idle", "acct_1Busy"))
    families.charge_sale(busy, at=clock() - 60)
    assert 27 <= await room.watch(idle.key(), "idle", interval=None).poll() <= 30
    assert await room.watch(busy.key(), "busy", interval=None).poll() <= 5


async def test_two_entries_for_one_account_share_its_allowance(
    room: Room, shop: SimulatedAccount, clock: Clock
) -> None:
    alone = room.watch(shop.key(), "shop", interval=None)
    await alone.poll()
    clock.now += DAY
    before = await alone.poll()
    await room.watch(shop.key(), "again", interval=None).poll()
    clock.now += DAY

    assert await alone.poll() > 1.5 * before


async def test_the_configured_name_comes_first_then_stripes_then_the_id(room: Room, shop: SimulatedAccount) -> None:
    await room.watch(shop.key(), "a", name="My name").poll()
    other = room.stripe.account("acct_1Other", name="Other")
    await room.watch(other.key(), "b").poll()
    third = room.stripe.account("acct_1Third", name="Third")
    await room.watch(third.key(permissions={"rak_event_read"}), "c").poll()

    assert room.titles() == ["Now watching · My name", "Now watching · Other", "Now watching · c"]


@pytest.mark.fault(12, measured="one alert")
async def test_a_key_that_may_not_list_events_is_told_once_with_the_permission(
    room: Room, shop: SimulatedAccount, clock: Clock
) -> None:
    key = shop.key(permissions=PERMISSIONS - {"rak_event_read"})
    watch = room.watch(key)
    pauses = []
    for _ in range(6):
        pauses.append(await watch.poll())
        clock.now += pauses[-1]

    assert len(room.titles()) == 1
    assert "rak_event_read" in inspecting.told(room.record.path)[0].body
    assert pauses[0] <= 60
    assert pauses[-1] >= 2700

    shop.grant(key, PERMISSIONS)
    await watch.poll()
    assert sorted(room.titles()[1:]) == ["Now watching · Acme Shop", "The key works again · Acme Shop"]


async def test_a_failing_server_is_left_alone_for_longer_and_told_of_by_nobody(
    room: Room, shop: SimulatedAccount
) -> None:
    watch = room.watch(shop.key(), interval=1.0)
    await watch.poll()
    shop.fail(Status(503))
    pauses = [await watch.poll() for _ in range(5)]
    shop.mend()

    assert pauses == sorted(pauses)
    assert pauses[-1] > 40
    assert await watch.poll() <= 1
    assert room.titles() == ["Now watching · Acme Shop"]


async def test_only_channels_that_have_something_to_send_are_woken(
    room: Room, shop: SimulatedAccount, clock: Clock
) -> None:
    watch = room.watch(shop.key())
    await watch.poll()
    assert room.woken == ["phone"]
    shop.emit("balance.available", {"object": "balance"})
    clock.now += 10
    await watch.poll()
    assert room.woken == ["phone"], "what is told to nobody wakes nobody"
    clock.now += 40 * DAY
    await watch.poll()

    assert room.titles()[-1].startswith("Events missed")
    assert room.woken == ["phone"] * 2


async def test_what_is_held_back_brings_the_next_poll_forward(room: Room, shop: SimulatedAccount, clock: Clock) -> None:
    watch = room.watch(shop.key(), interval=300.0)
    await watch.poll()
    subscribed, _ = families.subscription_start(shop)
    await watch.poll()
    clock.now += 1000
    events = len(shop.emitted)
    families.renewal(shop, subscribed)
    late = [stored for stored in shop.emitted[events:] if not stored.type.startswith("charge.")]
    for stored in late:
        shop._events.remove(stored)

    assert await watch.poll() == HOLD
    clock.now += families.CAPTURE_DELAY
    shop._events.extend(late)
    shop._events.sort(key=lambda stored: (stored.created, stored.id))
    assert await watch.poll() > HOLD
    assert "Renewal $29.00 · Acme Shop" in room.titles()


async def test_what_a_crash_left_pending_is_told_even_while_stripe_is_away(
    room: Room, shop: SimulatedAccount, clock: Clock
) -> None:
    key = shop.key()
    first = room.watch(key)
    await first.poll()
    families.charge_sale(shop, amount=4900)

    async def crash() -> None:
        raise ZeroDivisionError

    first._tell = crash  # type: ignore[method-assign] # the power goes between the record and the telling
    with pytest.raises(ZeroDivisionError):
        await first.poll()
    shop.fail(Status(500))
    clock.now += 60
    after = room.watch(key)
    running = asyncio.create_task(after.run(1000.0))
    await until(lambda: len(room.titles()) > 1)
    running.cancel()

    assert room.titles()[1] == "Sale $49.00 · Acme Shop"


async def test_a_known_key_goes_on_while_stripe_cannot_say_whose_it_is(
    room: Room, shop: SimulatedAccount, clock: Clock
) -> None:
    key = shop.key()
    await room.watch(key).poll()
    clock.now += 100
    families.charge_sale(shop, amount=4900)
    shop.fail(Status(500), path="/v1/account")
    clock.now += 10
    await room.watch(key).poll()

    assert room.titles() == ["Now watching · Acme Shop", "Sale $49.00 · Acme Shop"]


async def test_two_entries_for_one_account_are_watched_each_for_itself(
    room: Room, shop: SimulatedAccount, clock: Clock
) -> None:
    first, second = room.watch(shop.key(), "shop"), room.watch(shop.key(), "again")
    await first.poll()
    await second.poll()
    families.charge_sale(shop, amount=4900, at=clock() - 60)
    await first.poll()
    await second.poll()

    assert room.titles() == 2 * ["Now watching · Acme Shop"] + 2 * ["Sale $49.00 · Acme Shop"]


async def test_a_renamed_entry_goes_on_where_it_was(room: Room, shop: SimulatedAccount, clock: Clock) -> None:
    key = shop.key()
    await room.watch(key, "shop").poll()
    families.charge_sale(shop, amount=4900, at=clock() - 60)
    room.configured.remove("shop")
    await room.watch(key, "boutique").poll()

    assert room.titles() == ["Now watching · Acme Shop", "Sale $49.00 · Acme Shop"]


async def test_live_and_test_of_one_account_are_two_records(room: Room, shop: SimulatedAccount) -> None:
    sandbox = room.stripe.account("acct_1Shop", name="Acme Shop", mode=Mode.TEST)
    await room.watch(shop.key(), "live").poll()
    await room.watch(sandbox.key(), "test").poll()

    assert room.titles() == ["Now watching · Acme Shop", "[TEST] Now watching · Acme Shop"]


@pytest.mark.fault(19)
async def test_what_trips_one_watch_ends_neither_it_nor_the_others(room: Room, shop: SimulatedAccount) -> None:
    watch = room.watch(shop.key())
    walked = watch._walk
    tripped = asyncio.Event()

    async def trip(*_: object) -> None:
        tripped.set()
        raise ZeroDivisionError

    watch._walk = trip  # type: ignore[method-assign,assignment] # whatever nobody thought of
    running = asyncio.create_task(watch.run(0.0))
    async with asyncio.timeout(PATIENCE):
        await tripped.wait()
    await until(lambda: room.beats.get("shop", 0.0) > 0)
    watch._walk = walked  # type: ignore[method-assign]
    watch.wake()
    await until(lambda: room.titles() == ["Now watching · Acme Shop"])

    assert not running.done()
    running.cancel()


async def test_a_server_that_says_when_is_left_alone_until_then(room: Room, shop: SimulatedAccount) -> None:
    watch = room.watch(shop.key())
    await watch.poll()
    asked = len(shop.requests)
    shop.fail(Status(503, retry_after="400"), times=1)

    first, again = await watch.poll(), await watch.poll()

    assert 400 <= first <= 440
    assert 390 <= again <= 440
    assert room.beats["shop"] == again, "nobody takes it for hung meanwhile"
    assert watch.failure == "Stripe answered 503"
    assert len(shop.requests) == asked + 1
