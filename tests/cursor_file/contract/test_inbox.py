"""Pages go in, pending events come out."""

from __future__ import annotations

from cashnotifyd.cursor_file.values import ListedEvent, Telling
from cashnotifyd.vocabulary import Mode
from tests.cursor_file.contract.shop import NOW, WATCH, Shop, ending, fact, first, life, listed


async def test_an_event_is_recorded_once(shop: Shop) -> None:
    await shop.lists(listed("evt_1", 1), listed("evt_2", 2), listed("evt_1", 1))
    await shop.lists(listed("evt_2", 2), listed("evt_3", 3))

    assert [one.payload for one in await shop.record.pending(shop.number, 10)] == [
        '{"id":"evt_1"}', '{"id":"evt_2"}', '{"id":"evt_3"}',
    ]  # fmt: skip
    assert await shop.record.seen_among(shop.number, ["evt_1", "evt_3", "evt_9"]) == {"evt_1", "evt_3"}


async def test_what_is_on_record_stays_whatever_a_later_page_says(shop: Shop) -> None:
    await shop.lists(listed("evt_1"))
    (before,) = await shop.record.pending(shop.number, 10)
    await shop.lists(listed("evt_1", NOW + 5, "payout.paid", "changed"), now=NOW + 9)
    assert await shop.record.pending(shop.number, 10) == [before]

    await shop.tells(events=[before.number])
    await shop.lists(listed("evt_1"))
    assert await shop.pending() == []
    assert (await life(shop.record, "evt_1")).event.state == "told"


async def test_two_accounts_may_list_the_same_id(shop: Shop) -> None:
    other = await Shop.opened(shop.record, "other", Mode.TEST)
    await shop.lists(listed("evt_1"))
    assert await shop.record.seen_among(other.number, ["evt_1"]) == set()
    await other.lists(listed("evt_1"))

    assert len(await shop.pending()) == len(await other.pending()) == 1
    assert len((await shop.record.find("evt_1")).lives) == 2


async def test_pending_events_come_by_creation_and_then_by_id(shop: Shop) -> None:
    await shop.lists(listed("evt_c", 30), listed("evt_b", 10), listed("evt_d", 20))
    await shop.lists(listed("evt_a", 10))

    found = [one.payload for one in await shop.record.pending(shop.number, 3)]
    assert found == ['{"id":"evt_a"}', '{"id":"evt_b"}', '{"id":"evt_d"}']
    since = [one.payload for one in await shop.record.pending(shop.number, 10, since=20)]
    assert since == ['{"id":"evt_d"}', '{"id":"evt_c"}']


async def test_pending_events_of_some_types(shop: Shop) -> None:
    await shop.lists(listed("evt_1", 10), listed("evt_2", 20, "payout.paid"), listed("evt_3", 5, "payout.paid"))

    found = await shop.record.pending_of(shop.number, {"payout.paid", "payout.failed"}, 10)
    assert [one.payload for one in found] == ['{"id":"evt_3"}', '{"id":"evt_2"}']
    assert len(await shop.record.pending_of(shop.number, {"payout.paid"}, 1)) == 1
    assert await shop.record.pending_of(shop.number, set(), 10) == []


async def test_only_what_is_pending_is_pending(shop: Shop) -> None:
    await shop.lists(
        ListedEvent("evt_older", "charge.succeeded", int(NOW), "{}", "older"),
        ListedEvent("evt_history", "charge.succeeded", int(NOW), "{}", "history"),
        ListedEvent("evt_pending", "charge.succeeded", int(NOW), "{}", "pending"),
    )

    assert len(await shop.pending()) == 1
    assert len(await shop.record.seen_among(shop.number, ["evt_older", "evt_history", "evt_pending"])) == 3
    assert (await life(shop.record, "evt_older")).event.payload is None
    assert (await life(shop.record, "evt_history")).event.payload == "{}"


async def test_the_mark_comes_with_the_last_page_alone(shop: Shop) -> None:
    await shop.lists(listed("evt_1"))
    (account,) = await shop.record.accounts("shop", Mode.LIVE, None)
    assert (account.low_water, account.polled_at) == (None, None)

    await shop.lists(listed("evt_2"), now=NOW + 5, end=ending(1234, 1000, 3, WATCH))
    (account,) = await shop.record.accounts("shop", Mode.LIVE, None)
    assert (account.low_water, account.watched_from, account.polled_at) == (1234, 1000, NOW + 5)
    assert len(await shop.pending()) == 2
    assert (await first(shop.record, now=NOW + 5)).message.title == "Stripe refuses the key"
    assert (await shop.record.usage(shop.number, NOW)).reads == 3


async def test_events_settle_as_told_or_untold(shop: Shop) -> None:
    await shop.lists(listed("evt_1"), listed("evt_2"), listed("evt_3"))
    numbers = {id_: (await life(shop.record, id_)).event.number for id_ in ("evt_1", "evt_2", "evt_3")}
    await shop.tells(of=fact("ch_1"), events=[numbers["evt_1"]])
    await shop.record.tell(shop.number, Telling(untold=((numbers["evt_2"], "duplicate"),)), NOW)

    assert await shop.pending() == [numbers["evt_3"]]
    assert (await life(shop.record, "evt_1")).event.state == "told"
    untold = (await life(shop.record, "evt_2")).event
    assert (untold.state, untold.reason) == ("untold", "duplicate")
