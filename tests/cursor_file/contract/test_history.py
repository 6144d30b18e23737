"""What people who ask are told."""

from __future__ import annotations

from decimal import Decimal

from cashnotifyd.cursor_file.lives import Place, Sought, State
from cashnotifyd.cursor_file.values import ListedEvent, Takings, Telling
from cashnotifyd.money import Money
from cashnotifyd.vocabulary import Kind, Mode, Urgency
from tests.cursor_file.contract.shop import (
    DAY,
    NOW,
    Shop,
    declined,
    ending,
    eur,
    fact,
    first,
    life,
    listed,
    words,
)


async def ids(shop: Shop, sought: Sought = Sought(), after: Place | None = None, limit: int = 100) -> list[str]:  # noqa: B008 (a value)
    return [one.id for one in await shop.record.events(sought, after, limit)]


async def tells(shop: Shop, id_: str, kind: Kind, created: float, takings: Takings | None = None) -> None:
    """An event of its own that is told."""
    await shop.lists(listed(id_, created))
    await shop.tells(
        words(kind, f"Title {id_}"), of=fact(f"ch_{id_}"), takings=takings, events=await shop.pending(), now=created
    )


async def test_the_newest_come_first_in_pages(shop: Shop) -> None:
    await shop.lists(*(listed(f"evt_{number}", NOW + number % 3) for number in range(6)))
    assert await ids(shop) == ["evt_5", "evt_2", "evt_4", "evt_1", "evt_3", "evt_0"]

    found: list[str] = []
    after = None
    for _ in range(3):
        page = await shop.record.events(Sought(), after, 2)
        found += [one.id for one in page]
        after = Place(page[-1].created, page[-1].number)
    assert found == await ids(shop)
    assert await shop.record.events(Sought(), after, 2) == []


async def test_events_are_found_by_what_stripe_says_of_them(shop: Shop) -> None:
    test = await Shop.opened(shop.record, "shop-test", Mode.TEST)
    await shop.lists(listed("evt_1", NOW), listed("evt_2", NOW + 1, "payout.paid"))
    await test.lists(listed("evt_3", NOW + 2))
    await shop.lists(ListedEvent("evt_4", "charge.succeeded", int(NOW), "{}", "older"))

    assert await ids(shop) == ["evt_3", "evt_2", "evt_1"]
    assert await ids(shop, Sought(accounts=("shop",))) == ["evt_2", "evt_1"]
    assert await ids(shop, Sought(accounts=("shop", "shop-test"))) == ["evt_3", "evt_2", "evt_1"]
    assert await ids(shop, Sought(accounts=("nobody",))) == []
    assert await ids(shop, Sought(mode=Mode.TEST)) == ["evt_3"]
    assert await ids(shop, Sought(types=("payout.*", "x"))) == ["evt_2"]
    assert await ids(shop, Sought(since=NOW + 1)) == ["evt_3", "evt_2"]
    assert await ids(shop, Sought(until=NOW + 1)) == ["evt_1"]


async def test_events_are_found_by_what_they_mean(shop: Shop) -> None:
    await tells(shop, "evt_1", Kind.SALE, NOW, Takings(None, eur(5000)))
    await tells(shop, "evt_2", Kind.REFUND, NOW + 1, Takings(None, Money(400, "jpy")))
    await tells(shop, "evt_3", Kind.CUSTOMER, NOW + 2)
    await shop.lists(listed("evt_4", NOW + 3, "invoice.paid"))
    (number,) = await shop.pending()
    untold = Telling(untold=((number, "duplicate"),))

    # What is pending may be anything: it is for the reader to see.
    assert await ids(shop, Sought(kinds=(Kind.SALE,))) == ["evt_4", "evt_1"]
    await shop.record.tell(shop.number, untold, NOW)
    assert await ids(shop, Sought(kinds=(Kind.SALE,))) == ["evt_1"]
    assert await ids(shop, Sought(kinds=(Kind.OTHER, Kind.REFUND))) == ["evt_4", "evt_2"]
    assert await ids(shop, Sought(text="TITLE EVT_3")) == ["evt_3"]
    assert await ids(shop, Sought(text="Invoice")) == ["evt_4"]
    assert await ids(shop, Sought(currency="jpy")) == ["evt_2"]
    assert await ids(shop, Sought(least=Decimal("50.00"))) == ["evt_2", "evt_1"]
    assert await ids(shop, Sought(least=Decimal("50.01"))) == ["evt_2"]
    assert await ids(shop, Sought(most=Decimal("49.99"))) == []
    assert await ids(shop, Sought(least=Decimal(40), most=Decimal(60), currency="eur")) == ["evt_1"]


async def test_what_some_channel_was_to_have_and_the_first_of_each_thing(shop: Shop) -> None:
    await tells(shop, "evt_1", Kind.SALE, NOW)
    (told,) = await shop.record.facts_under(shop.number, [("payment", "ch_evt_1")])
    await shop.lists(listed("evt_2", NOW + 1))
    await shop.adds(told, Takings(), *await shop.pending())
    await shop.lists(listed("evt_3", NOW + 2))
    await shop.tells(routing=declined(phone="kind_not_wanted"), events=await shop.pending())
    await shop.lists(listed("evt_4", NOW + 3))

    assert await ids(shop, Sought(told=True)) == ["evt_2", "evt_1"]
    assert await ids(shop, Sought(leads=True)) == ["evt_4", "evt_3", "evt_1"]
    assert await ids(shop, Sought(told=True, leads=True)) == ["evt_1"]


async def test_an_event_comes_with_what_it_became(shop: Shop) -> None:
    await shop.lists(listed("evt_0", NOW - 1), now=NOW + 5)
    pending = (await life(shop.record, "evt_0")).event
    assert (pending.state, pending.payload, pending.told) == (State.PENDING, '{"id":"evt_0"}', None)
    assert (pending.account, pending.account_name, pending.stripe_id) == ("shop", "Acme", "acct_shop")
    assert (pending.mode, pending.created, pending.type) == (Mode.LIVE, int(NOW - 1), "charge.succeeded")
    assert pending.recorded_at == NOW + 5
    assert pending.leads

    await shop.tells(
        words(Kind.SALE, "Sale", Urgency.HIGH, "https://x"),
        of=fact("ch_1"),
        takings=Takings("v", eur(1), eur(2), eur(3)),
        events=[pending.number],
    )
    event = (await life(shop.record, "evt_0")).event
    told = event.told
    assert told is not None
    assert (event.state, event.payload) == (State.TOLD, None)
    assert (told.kind, told.variant, told.created, told.told_at) == (Kind.SALE, "v", int(NOW), NOW)
    assert (told.title, told.body, told.urgency, told.link) == ("Sale", "x", Urgency.HIGH, "https://x")
    assert (told.money, told.fee, told.net) == (eur(1), eur(2), eur(3))
    assert (told.lead, told.declined) == ("evt_0", None)


async def test_an_id_names_its_event_or_its_object_or_the_beginning_of_one(shop: Shop) -> None:
    await tells(shop, "evt_1A", Kind.SALE, NOW)
    await tells(shop, "evt_1B", Kind.SALE, NOW + 1)
    other = await Shop.opened(shop.record, "other")
    await other.lists(listed("evt_2C"))
    await other.tells(of=fact("ch_evt_1A", family="refund"), events=await other.pending())

    async def named(id_: str) -> list[str]:
        return [one.event.id for one in (await shop.record.find(id_)).lives]

    assert await named("evt_1A") == ["evt_1A"]
    assert await named("evt_2") == ["evt_2C"]
    assert await named("ch_evt_1B") == ["evt_1B"]
    assert sorted(await named("ch_evt_1A")) == ["evt_1A", "evt_2C"]
    assert await named("ch_evt") == await named("evt_9") == await named("") == []
    ambiguous = await shop.record.find("evt_1")
    assert (ambiguous.lives, sorted(ambiguous.candidates)) == ((), ["evt_1A", "evt_1B"])


async def test_an_id_of_what_no_event_is_left_of_names_the_others(shop: Shop) -> None:
    await shop.lists(listed("evt_1"))
    for family, events in (("payment", await shop.pending()), ("refund", []), ("dispute", [])):
        await shop.tells(of=fact("ch_1", family=family), events=events)

    assert [one.event.id for one in (await shop.record.find("ch_1")).lives] == ["evt_1"]


async def test_a_life_has_its_siblings_in_order_and_what_was_sent(shop: Shop) -> None:
    await tells(shop, "evt_2", Kind.SALE, NOW + 2)
    (told,) = await shop.record.facts_under(shop.number, [("payment", "ch_evt_2")])
    await shop.lists(listed("evt_3", NOW + 3), listed("evt_1", NOW + 1), now=NOW + 9)
    await shop.adds(told, Takings(), *await shop.pending())
    await shop.record.mark_delivered((await first(shop.record, now=NOW + 9)).id, NOW + 9)

    found = await life(shop.record, "evt_3")
    assert [(one.id, one.created, one.recorded_at) for one in found.siblings] == [
        ("evt_1", int(NOW + 1), NOW + 9),
        ("evt_2", int(NOW + 2), NOW),
    ]
    assert [(one.channel, one.state, one.finished) for one in found.sent] == [("phone", "delivered", NOW + 9)]
    assert found.event.told is not None
    assert found.event.told.lead == "evt_1"


async def test_news_is_what_was_recorded_or_has_settled_since(shop: Shop) -> None:
    await shop.lists(listed("evt_1", NOW), listed("evt_2", NOW + 1))
    before = await shop.record.not_settled()
    assert (before.settled, len(before.pending), before.last) == ((), 2, max(before.pending))

    await shop.tells(events=[before.pending[0]])
    await shop.lists(ListedEvent("evt_0", "charge.succeeded", int(NOW - 9), "{}", "history"), listed("evt_3", NOW + 2))
    news = await shop.record.news(Sought(), before.last, before.pending)
    assert [one.id for one in news.settled] == ["evt_0", "evt_1"]
    assert len(news.pending) == 2
    assert news.last == before.last + 2
    nothing = await shop.record.news(Sought(), news.last, news.pending)
    assert (nothing.settled, set(nothing.pending), nothing.last) == ((), set(news.pending), news.last)
    only = await shop.record.news(Sought(types=("payout.*",)), before.last, before.pending)
    assert only.settled == ()


async def test_how_the_accounts_stand(shop: Shop) -> None:
    other = await Shop.opened(shop.record, "other", Mode.TEST)
    third = await Shop.opened(shop.record, "third")
    await shop.lists(
        listed("evt_1", NOW), listed("evt_2", NOW - 31 * DAY), listed("evt_3", NOW, "payout.paid"),
        now=NOW, end=ending(NOW, 0, 4),
    )  # fmt: skip
    await third.lists(now=NOW + 1, end=ending(NOW - 5))
    await shop.tells(events=(await shop.pending())[:1])

    found = await shop.record.watching(NOW)
    assert [one.id for one in found] == ["third", "shop", "other"]
    one = found[1]
    assert (one.number, one.mode, one.stripe_id, one.name) == (shop.number, Mode.LIVE, "acct_shop", "Acme")
    assert (one.key_print, one.low_water, one.polled_at) == ("print", int(NOW), NOW)
    assert (one.events, one.pending, one.charges, one.reads) == (3, 2, 1, 4)
    assert (found[2].number, found[2].events, found[2].polled_at) == (other.number, 0, None)
