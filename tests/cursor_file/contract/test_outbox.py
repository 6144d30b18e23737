"""What a recipient's lane is offered, what becomes of it, and who else may touch it."""

from __future__ import annotations

from dataclasses import replace

from cashnotifyd.cursor_file.values import Address, Lately, ListedEvent, Mute, Takings
from cashnotifyd.schedules import Span
from cashnotifyd.vocabulary import Disclosure, Kind, Mode, Urgency
from tests.cursor_file.contract.shop import (
    DESK,
    LATELY,
    NOW,
    PHONE,
    Shop,
    declined,
    eur,
    first,
    listed,
    offered,
    sent,
    titles,
    to,
    words,
)


async def test_nothing_is_offered_where_nothing_waits(shop: Shop) -> None:
    await shop.tells(routing=to("desk"))
    await shop.tells(routing=to("phone", target=1))
    await shop.tells(routing=declined(phone="kind_not_wanted"))

    for lately in (None, LATELY):
        offer = await offered(shop.record, lately=lately)
        assert (offer.emergency, offer.free, offer.heads) == (None, None, ())
        assert (offer.standing.streams, offer.standing.unsettled, offer.standing.away) == ((), False, None)


async def test_deliveries_come_in_the_order_in_which_they_were_told(shop: Shop) -> None:
    for title, created in (("first", NOW), ("second", NOW - 500), ("third", NOW + 1)):
        await shop.tells(words(Kind.SALE, title), now=created)

    assert await titles(shop.record, now=NOW + 1) == ["first", "second", "third"]


async def test_a_delivery_is_marked_and_comes_no_more(shop: Shop) -> None:
    await shop.sells("evt_1", to("phone", "desk"))
    await shop.sells("evt_2")
    await shop.record.mark_delivered((await first(shop.record)).id, NOW + 1)
    await shop.record.mark_abandoned((await first(shop.record)).id, "too old", NOW + 2)

    assert await titles(shop.record) == []
    assert await shop.record.next_due(PHONE, NOW - 1) is None
    assert await shop.record.waiting() == 1
    other, one = await sent(shop.record, "evt_1")
    assert (one.state, one.reason, one.attempts, one.due, one.finished) == ("delivered", None, 1, None, NOW + 1)
    assert (other.state, other.attempts) == ("waiting", 0)
    (one,) = await sent(shop.record, "evt_2")
    assert (one.state, one.reason, one.attempts, one.due, one.finished) == ("abandoned", "too old", 1, None, NOW + 2)


async def test_a_delivery_comes_again_when_it_is_due(shop: Shop) -> None:
    await shop.sells("evt_1")
    delivery = await first(shop.record)
    await shop.record.mark_due_again(delivery.id, NOW + 60, "refused", 1)

    assert (await offered(shop.record, now=NOW + 59, lately=None)).free is None
    assert await shop.record.next_due(PHONE, NOW - 1) == NOW + 60
    assert await shop.record.next_due(PHONE, NOW + 60) is None
    again = await first(shop.record, now=NOW + 60)
    assert (again.id, again.attempts, again.unconfirmed, again.created) == (delivery.id, 1, 1, NOW)
    (waits,) = await sent(shop.record, "evt_1")
    assert (waits.state, waits.reason, waits.due, waits.finished) == ("waiting", "refused", NOW + 60, None)


async def test_one_that_waits_longer_is_overtaken_and_keeps_its_place(shop: Shop) -> None:
    await shop.tells(words(Kind.SALE, "first"))
    await shop.tells(words(Kind.SALE, "second"))
    await shop.record.mark_due_again((await first(shop.record)).id, NOW + 60, "refused", 0)

    assert (await first(shop.record)).message.title == "second"
    assert await shop.record.next_due(PHONE, NOW) == NOW + 60
    assert await titles(shop.record, now=NOW + 60) == ["first", "second"]


async def test_what_is_due_comes_by_streams_with_the_head_of_each(shop: Shop) -> None:
    test = await Shop.opened(shop.record, "shop-test", Mode.TEST)
    await shop.tells(words(Kind.SALE, "sale 1"), now=NOW - 9)
    await shop.tells(words(Kind.SALE, "sale 2"), now=NOW - 3)
    await shop.tells(words(Kind.FAILED_PAYMENT, "failure"))
    await shop.tells(words(Kind.DISPUTE, "dispute"), to("phone", urgency=Urgency.HIGH))
    await test.tells(words(Kind.SALE, "test sale"))
    await shop.tells(words(Kind.FRAUD_WARNING, "fraud"), to("phone", urgency=Urgency.EMERGENCY))

    offer = await offered(shop.record)
    assert offer.free is None
    assert offer.emergency is not None
    assert offer.emergency.message.title == "fraud"
    assert [(name, head.message.title) for name, head in offer.heads] == [
        ("live", "sale 1"), ("live failures", "failure"), ("live urgent", "dispute"), ("test", "test sale"),
    ]  # fmt: skip
    live = offer.standing.streams[0]
    assert [one.name for one in offer.standing.streams] == [name for name, _ in offer.heads]
    assert (live.due, live.oldest, live.newest, live.recent) == (2, NOW - 9, NOW - 3, 2)


async def test_a_failed_payment_of_a_sort_of_its_own_is_no_failure_of_the_checkout(shop: Shop) -> None:
    await shop.tells(words(Kind.FAILED_PAYMENT), takings=Takings("overdue", eur(100)))

    assert [name for name, _ in (await offered(shop.record)).heads] == ["live"]


async def test_what_may_have_arrived_is_held_by_no_stream(shop: Shop) -> None:
    await shop.tells(words(Kind.SALE, "first"))
    await shop.tells(words(Kind.SALE, "second"))
    await shop.record.mark_due_again((await first(shop.record)).id, NOW, "timeout", 1)

    offer = await offered(shop.record)
    assert offer.free is not None
    assert offer.free.message.title == "first"
    assert [(name, head.message.title) for name, head in offer.heads] == [("live", "second")]
    assert offer.standing.streams[0].due == 1


async def test_without_streams_the_oldest_of_all_is_offered(shop: Shop) -> None:
    await shop.tells(words(Kind.FAILED_PAYMENT, "failure"))
    await shop.tells(words(Kind.SALE, "sale"))
    await shop.tells(words(Kind.FRAUD_WARNING, "fraud"), to("phone", urgency=Urgency.EMERGENCY))

    offer = await offered(shop.record, lately=None)
    assert offer.free is not None
    assert offer.emergency is not None
    assert (offer.free.message.title, offer.emergency.message.title) == ("failure", "fraud")
    assert (offer.heads, offer.standing.streams) == ((), ())


async def test_recent_is_what_was_recorded_lately_sent_or_not(shop: Shop) -> None:
    await shop.tells(words(Kind.SALE), now=NOW - 61)
    await shop.tells(words(Kind.SALE), now=NOW - 59)
    await shop.tells(words(Kind.SALE), to("phone", urgency=Urgency.EMERGENCY), now=NOW - 1)
    await shop.tells(words(Kind.FAILED_PAYMENT), now=NOW - 599)
    await titles(shop.record, now=NOW)
    await shop.tells(words(Kind.SALE))
    await shop.tells(words(Kind.FAILED_PAYMENT))
    await shop.record.decline_due("phone", Span(NOW, NOW + 1), "muted", NOW)
    await shop.tells(words(Kind.SALE), now=NOW - 2)
    await shop.tells(words(Kind.FAILED_PAYMENT), now=NOW - 2)

    live, failures = (await offered(shop.record)).standing.streams
    assert (live.due, live.recent) == (1, 2)
    assert (failures.due, failures.recent) == (1, 2)
    longer = await offered(shop.record, lately=Lately(failures=1.0, others=62.0))
    assert [one.recent for one in longer.standing.streams] == [3, 0]


async def test_news_that_may_still_come_is_seen(shop: Shop) -> None:
    await shop.tells()
    assert not (await offered(shop.record)).standing.unsettled
    other = await Shop.opened(shop.record, "other")
    await other.lists(ListedEvent("evt_0", "charge.succeeded", int(NOW), "{}", "history"))
    assert not (await offered(shop.record)).standing.unsettled
    await other.lists(listed("evt_1"))
    assert (await offered(shop.record)).standing.unsettled


async def test_an_absence_is_told_with_what_came_after_it(shop: Shop) -> None:
    other = await Shop.opened(shop.record, "other")
    await other.record.note_absence(other.number, Span(NOW - 9000, NOW))
    await shop.record.note_absence(shop.number, Span(NOW - 8000, NOW - 10))
    await shop.tells()
    assert (await offered(shop.record)).standing.away == Span(NOW - 8000, NOW - 10)
    await other.tells()
    assert (await offered(shop.record)).standing.away == Span(NOW - 9000, NOW)

    await titles(shop.record)
    await shop.tells(now=NOW + 1000)
    assert (await offered(shop.record, now=NOW + 1000)).standing.away is None


async def test_the_mute_that_a_channel_goes_by(shop: Shop) -> None:
    everything = Mute(Span(NOW - 50, NOW + 500), drops=False)
    own = Mute(Span(NOW - 20, NOW + 100), drops=True)
    assert (await offered(shop.record)).standing.mute is None
    await shop.record.mute(None, everything)
    assert (await offered(shop.record, lately=None)).standing.mute == everything
    await shop.record.mute("phone", own)

    assert (await offered(shop.record)).standing.mute == own
    assert (await offered(shop.record, DESK)).standing.mute == everything
    assert (await offered(shop.record, now=NOW + 100)).standing.mute == everything
    assert (await offered(shop.record, now=NOW + 500)).standing.mute == everything
    assert await shop.record.mutes(NOW) == {None: everything, "phone": own}
    assert await shop.record.mutes(NOW + 100) == {None: everything}


async def test_a_mute_is_not_in_force_where_the_clock_was_set_far_back(shop: Shop) -> None:
    own, everything = Mute(Span(NOW, NOW + 100), drops=False), Mute(Span(NOW, NOW + 500), drops=False)
    await shop.record.mute(None, everything)
    await shop.record.mute("phone", own)

    assert await shop.record.mutes(NOW - 100) == {None: everything, "phone": own}
    assert await shop.record.mutes(NOW - 101) == {None: everything}
    assert (await offered(shop.record, now=NOW - 101)).standing.mute == everything
    assert await shop.record.mutes(NOW - 501) == {}


async def test_a_mute_is_ended_or_replaced(shop: Shop) -> None:
    await shop.record.mute("phone", Mute(Span(NOW, NOW + 100), drops=True))
    await shop.record.mute("phone", Mute(Span(NOW, NOW + 200), drops=False))
    await shop.record.mute("desk", Mute(Span(NOW, NOW + 100), drops=False))
    await shop.record.mute(None, Mute(Span(NOW, NOW + 50), drops=False))
    assert (await shop.record.mutes(NOW))["phone"] == Mute(Span(NOW, NOW + 200), drops=False)

    assert await shop.record.unmute("phone", NOW + 10) == 1
    assert await shop.record.unmute("phone", NOW + 11) == 0
    assert (await offered(shop.record, now=NOW + 60)).standing.mute == Mute(Span(NOW, NOW + 50), drops=False)
    assert await shop.record.unmute(None, NOW + 60) == 1
    assert await shop.record.mutes(NOW + 60) == {}


async def test_a_channel_that_is_back_waits_no_longer(shop: Shop) -> None:
    for target in (0, 1):
        for title in ("first", "second"):
            await shop.tells(words(Kind.SALE, f"{title} {target}"), to("phone", target=target))
    await shop.tells(routing=to("desk"))
    for address in (PHONE, PHONE, Address("phone", 1), Address("phone", 1), DESK):
        await shop.record.mark_due_again((await first(shop.record, address)).id, NOW + 600, "refused", 0)
    poison = (await first(shop.record, now=NOW + 600)).id

    await shop.record.make_due("phone", NOW + 5, 0, [poison])
    assert (await first(shop.record, now=NOW + 5)).message.title == "second 0"
    assert await shop.record.next_due(PHONE, NOW + 5) == NOW + 600
    assert await shop.record.next_due(Address("phone", 1), NOW + 5) == NOW + 600
    await shop.record.make_due("phone", NOW + 6)
    assert await shop.record.next_due(PHONE, NOW + 5) == NOW + 6
    assert await shop.record.next_due(Address("phone", 1), NOW + 5) == NOW + 6
    assert await shop.record.next_due(DESK, NOW + 5) == NOW + 600


async def test_after_a_restart_failures_wait_no_longer_but_for_what_may_have_arrived(shop: Shop) -> None:
    await shop.tells(words(Kind.SALE, "refused"))
    await shop.tells(words(Kind.SALE, "timed out"))
    await shop.tells(words(Kind.SALE, "elsewhere"), to("phone", target=1))
    await shop.record.mark_due_again((await first(shop.record)).id, NOW + 600, "refused", 0)
    await shop.record.mark_due_again((await first(shop.record)).id, NOW + 700, "timeout", 1)
    other = Address("phone", 1)
    await shop.record.mark_due_again((await first(shop.record, other)).id, NOW + 800, "refused", 0)

    await shop.record.forget_failures(PHONE, NOW + 1, NOW + 700)
    assert await titles(shop.record, now=NOW + 1) == ["refused"]
    assert await shop.record.next_due(PHONE, NOW + 1) == NOW + 700
    assert await shop.record.next_due(other, NOW + 1) == NOW + 800

    await shop.record.forget_failures(PHONE, NOW + 1, NOW + 699)
    assert await shop.record.next_due(PHONE, NOW + 1) is None


async def test_what_came_while_a_channel_was_to_hear_nothing_is_not_told_there(shop: Shop) -> None:
    await shop.tells(words(Kind.SALE, "before"), to("phone", "desk"), now=NOW - 1)
    await shop.sells("evt_1", to("phone", "desk"))
    await shop.tells(words(Kind.FRAUD_WARNING, "fraud"), to("phone", urgency=Urgency.EMERGENCY))
    await shop.tells(words(Kind.SALE, "after"), to("phone", "desk"), now=NOW + 4)
    await shop.record.decline_due("phone", Span(NOW, NOW + 4), "muted", NOW + 5)

    desk, phone = await sent(shop.record, "evt_1")
    assert (phone.state, phone.reason, phone.due, phone.finished) == ("declined", "muted", None, NOW + 5)
    assert desk.state == "waiting"
    assert await titles(shop.record, now=NOW + 5) == ["fraud", "before", "after"]


async def test_what_was_sent_after_all_since_then_is_not_declined(shop: Shop) -> None:
    await shop.sells("evt_1", to("phone"))
    await shop.record.mark_abandoned((await first(shop.record, PHONE)).id, "too old", NOW)
    await shop.record.resend_abandoned("phone", NOW + 4)

    await shop.record.decline_due("phone", Span(NOW, NOW + 4), "muted", NOW + 5)

    assert [one.state for one in await sent(shop.record, "evt_1")] == ["waiting"]


async def test_what_was_given_up_is_sent_after_all_as_if_it_were_new(shop: Shop) -> None:
    await shop.sells("evt_1", to("phone", "desk"))
    for address in (PHONE, DESK):
        delivery = await first(shop.record, address)
        await shop.record.mark_due_again(delivery.id, NOW, "timeout", 1)
        await shop.record.mark_abandoned(delivery.id, "too old", NOW)

    assert await shop.record.resend_abandoned("phone", NOW + 50) == 1
    again = await first(shop.record, now=NOW + 50)
    assert (again.attempts, again.unconfirmed, again.created) == (0, 0, NOW + 50)
    desk, phone = await sent(shop.record, "evt_1")
    assert (phone.state, phone.reason, phone.due, phone.finished) == ("waiting", None, NOW + 50, None)
    assert desk.state == "abandoned"
    assert await shop.record.resend_abandoned(None, NOW + 60) == 1
    assert await shop.record.resend_abandoned(None, NOW + 60) == 0


async def test_what_waits_for_whom_there_is_no_more_is_given_up(shop: Shop) -> None:
    await shop.sells("evt_1", to("desk", "phone"))
    await shop.tells(routing=to("phone", target=1))
    await shop.tells(routing=to("phone", target=2))
    await shop.tells(routing=declined(gone="kind_not_wanted"))
    assert await shop.record.abandon_strays({"phone": 2, "mail": 1}, NOW + 1) == 2

    desk, phone = await sent(shop.record, "evt_1")
    assert (desk.state, desk.reason, desk.finished) == ("abandoned", "channel_removed", NOW + 1)
    assert phone.state == "waiting"
    assert await shop.record.waiting("phone") == 2
    assert (await shop.record.sending(["phone"], NOW)).channels["phone"].abandoned_reason == "recipient_removed"
    assert await shop.record.abandon_strays({"phone": 2, "mail": 1}, NOW + 1) == 0


async def test_a_picture_that_was_drawn_in_full_is_not_shown_in_private(shop: Shop) -> None:
    message = replace(words(Kind.SALE).full, picture="/tmp/figures.png")
    await shop.tells(replace(words(Kind.SALE), full=message))

    for disclosure, picture in (
        (Disclosure.FULL, "/tmp/figures.png"),
        (Disclosure.MASKED, "/tmp/figures.png"),
        (Disclosure.PRIVATE, None),
    ):
        offer = await offered(shop.record, disclosure=disclosure, lately=None)
        assert offer.free is not None
        assert offer.free.message.picture == picture
