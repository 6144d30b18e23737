"""What was told is known again by its ids, in all the words it was told in."""

from __future__ import annotations

from cashnotifyd.cursor_file.values import Routing, Siblings, Takings, Telling
from cashnotifyd.money import Money
from cashnotifyd.vocabulary import Disclosure, Kind, Mode, Urgency
from tests.cursor_file.contract.shop import (
    DESK,
    NOW,
    PHONE,
    SALE,
    WORDINGS,
    Shop,
    declined,
    eur,
    fact,
    first,
    life,
    listed,
    offered,
    sent,
    to,
    words,
)


async def test_telling_makes_a_delivery_for_each_recipient_and_keeps_each_no(shop: Shop) -> None:
    await shop.lists(listed("evt_1"))
    await shop.tells(routing=to("phone", "desk"), events=await shop.pending(), of=fact("ch_1"))
    await shop.lists(listed("evt_2"))
    await shop.tells(routing=declined(mail="mode_not_wanted"), events=await shop.pending(), of=fact("ch_2"))

    assert await shop.record.waiting() == 2
    assert await shop.record.waiting("desk") == 1
    for address in (PHONE, DESK):
        delivery = await first(shop.record, address)
        assert delivery.message == SALE
        assert (delivery.channel, delivery.target) == (address.channel, 0)
        assert (delivery.attempts, delivery.unconfirmed, delivery.created) == (0, 0, NOW)
    (no,) = await sent(shop.record, "evt_2")
    assert (no.channel, no.state, no.reason, no.created, no.finished) == (
        "mail", "declined", "mode_not_wanted", NOW, NOW,
    )  # fmt: skip
    event = (await life(shop.record, "evt_2")).event
    assert event.told is not None
    assert event.told.declined == ("mode_not_wanted",)


async def test_a_channel_gets_the_wording_that_it_may_have(shop: Shop) -> None:
    await shop.tells()

    for disclosure in Disclosure:
        offer = await offered(shop.record, disclosure=disclosure, lately=None)
        assert offer.free is not None
        assert offer.free.message == getattr(WORDINGS, disclosure)


async def test_a_recipient_is_knocked_at_as_loudly_as_it_was_routed(shop: Shop) -> None:
    await shop.tells(words(Kind.DISPUTE, urgency=Urgency.HIGH), to("phone", urgency=Urgency.EMERGENCY))

    offer = await offered(shop.record)
    assert offer.emergency is not None
    assert offer.emergency.message.urgency is Urgency.EMERGENCY


async def test_a_told_fact_is_known_by_its_names_and_hints(shop: Shop) -> None:
    await shop.sells("evt_1", of=fact("ch_1", hints=["in_1"], created=NOW - 9))
    await shop.sells("evt_2", of=fact("ch_2", hints=["in_1"]))

    one, two = await shop.record.facts_under(shop.number, [("payment", "in_1")])
    assert (one.family, one.created) == ("payment", int(NOW - 9))
    assert (one.names, one.hints, one.types) == ({"ch_1"}, {"in_1"}, {"charge.succeeded"})
    assert await shop.record.facts_under(shop.number, [("payment", "ch_2"), ("payment", "ch_9")]) == [two]
    assert await shop.record.facts_under(shop.number, [("payment", "ch_1"), ("payment", "in_1")]) == [one, two]
    assert await shop.record.facts_under(shop.number, [("refund", "ch_1")]) == []
    assert await shop.record.facts_under(shop.number, []) == []
    other = await Shop.opened(shop.record, "other", Mode.TEST)
    assert await shop.record.facts_under(other.number, [("payment", "ch_1")]) == []


async def test_siblings_add_names_and_types_and_no_message(shop: Shop) -> None:
    await shop.sells("evt_1", of=fact("ch_1", hints=["pi_1"]))
    (told,) = await shop.record.facts_under(shop.number, [("payment", "ch_1")])
    told.names |= {"pi_1"}
    told.hints |= {"in_1"}
    await shop.lists(listed("evt_2", type_="payment_intent.succeeded"))
    await shop.record.tell(shop.number, Telling(siblings=(Siblings(told, tuple(await shop.pending())),)), NOW)

    (again,) = await shop.record.facts_under(shop.number, [("payment", "in_1")])
    assert again.told_as == told.told_as
    assert (again.names, again.hints) == ({"ch_1", "pi_1"}, {"in_1"})
    assert again.types == {"charge.succeeded", "payment_intent.succeeded"}
    assert await shop.pending() == []
    assert await shop.record.waiting() == 1
    assert [one.id for one in (await life(shop.record, "evt_1")).siblings] == ["evt_2"]


async def test_a_channel_that_chose_by_type_can_hear_of_it_later(shop: Shop) -> None:
    await shop.sells("evt_1", Routing(to("phone").deliver, declined(desk="kind_not_wanted").declined), of=fact("ch_1"))
    (told,) = await shop.record.facts_under(shop.number, [("payment", "ch_1")])
    assert told.decided == {"phone"}
    await shop.lists(listed("evt_2", type_="payment_intent.succeeded"))
    told.names |= {"pi_1"}
    await shop.tells(
        words(Kind.SALE, "Poorer"),
        to("desk"),
        of=told,
        takings=Takings(fee=eur(29), net=eur(4871)),
        events=await shop.pending(),
        now=NOW + 9,
    )

    (again,) = await shop.record.facts_under(shop.number, [("payment", "pi_1")])
    assert again.told_as == told.told_as
    assert again.decided == {"phone", "desk"}
    assert await shop.record.waiting() == 2
    late = await first(shop.record, DESK, NOW + 9)
    assert (late.message, late.created) == (SALE, NOW + 9)
    assert {(one.channel, one.state) for one in await sent(shop.record, "evt_2")} == {
        ("phone", "waiting"),
        ("desk", "waiting"),
    }
    event = (await life(shop.record, "evt_1")).event
    assert event.told is not None
    assert event.told.fee == eur(29)


async def test_what_nobody_heard_of_is_told_later_in_words_of_then(shop: Shop) -> None:
    await shop.sells("evt_1", declined(desk="kind_not_wanted", phone="below_min_amount"), of=fact("ch_1"))
    (told,) = await shop.record.facts_under(shop.number, [("payment", "ch_1")])
    assert told.decided == {"phone"}
    await shop.lists(listed("evt_2"))
    poorer = words(Kind.SALE, "Poorer")
    await shop.tells(poorer, to("desk"), of=told, events=await shop.pending(), now=NOW + 9)

    assert (await first(shop.record, DESK, NOW + 9)).message == poorer.full
    assert {(one.channel, one.state) for one in await sent(shop.record, "evt_1")} == {
        ("phone", "declined"),
        ("desk", "waiting"),
    }


async def test_a_name_stays_a_name(shop: Shop) -> None:
    await shop.sells("evt_1", of=fact("ch_1"))
    (told,) = await shop.record.facts_under(shop.number, [("payment", "ch_1")])
    told.names, told.hints = set(), {"ch_1"}
    await shop.adds(told, Takings())

    (again,) = await shop.record.facts_under(shop.number, [("payment", "ch_1")])
    assert (again.names, again.hints) == ({"ch_1"}, set())


async def test_the_events_behind_a_fact_are_those_of_its_name(shop: Shop) -> None:
    await shop.lists(listed("evt_2", NOW + 1), listed("evt_1", NOW))
    await shop.tells(of=fact("ch_1", hints=["in_1"]), events=await shop.pending())

    behind = await shop.record.events_behind(shop.number, "payment", "ch_1")
    assert behind == ['{"id":"evt_1"}', '{"id":"evt_2"}']
    assert await shop.record.events_behind(shop.number, "payment", "in_1") == []
    assert await shop.record.events_behind(shop.number, "refund", "ch_1") == []

    await shop.lists(*(listed(f"evt_more_{number}", NOW + 9) for number in range(30)))
    await shop.tells(of=fact("ch_2"), events=await shop.pending())
    assert len(await shop.record.events_behind(shop.number, "payment", "ch_2")) == 20


async def test_fee_and_net_are_kept_and_what_comes_later_fills_the_gaps(shop: Shop) -> None:
    await shop.sells("evt_1", of=fact("ch_1"))
    (told,) = await shop.record.facts_under(shop.number, [("payment", "ch_1")])
    assert told.told_as is not None
    assert await shop.record.unsettled([told.told_as, 999]) == {told.told_as}

    await shop.adds(told, Takings(fee=eur(29)))
    await shop.adds(told, Takings(fee=eur(99), net=eur(4871)))
    await shop.adds(told, Takings(net=eur(1)))
    assert await shop.record.unsettled([told.told_as]) == set()
    event = (await life(shop.record, "evt_1")).event
    assert event.told is not None
    assert (event.told.money, event.told.fee, event.told.net) == (None, eur(29), eur(4871))


async def test_another_currency_changes_no_booking(shop: Shop) -> None:
    await shop.lists(listed("evt_1"))
    takings = Takings("late", eur(4900), fee=eur(29), net=eur(4871))
    await shop.tells(of=fact("ch_1"), takings=takings, events=await shop.pending())
    (told,) = await shop.record.facts_under(shop.number, [("payment", "ch_1")])
    assert told.told_as is not None
    assert await shop.record.unsettled([told.told_as]) == set()
    await shop.adds(told, Takings(net=_usd(5000)))

    event = (await life(shop.record, "evt_1")).event
    assert event.told is not None
    assert (event.told.variant, event.told.money, event.told.fee, event.told.net) == (
        "late", eur(4900), eur(29), eur(4871),
    )  # fmt: skip


def _usd(cents: int) -> Money:
    return Money(cents, "usd")
