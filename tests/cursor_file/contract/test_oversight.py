"""What is wrong, and whether all goes on as usual."""

from __future__ import annotations

from dataclasses import replace

from cashnotifyd.cursor_file.selling import SellingHour
from cashnotifyd.cursor_file.values import About, Routing, Summary
from cashnotifyd.vocabulary import Kind, Mode
from tests.cursor_file.contract.shop import DAY, NOW, PHONE, WATCH, Shop, first, titles, to, words

HOUR = 3600


async def test_an_alert_is_told_once_until_it_is_over(shop: Shop) -> None:
    about = About.account(shop.number)
    assert await shop.record.raise_alert(about, "key_refused", WATCH, NOW)
    assert not await shop.record.raise_alert(about, "key_refused", WATCH, NOW + 1)
    assert await shop.record.raise_alert(about, "silent", None, NOW + 1, since=NOW - 50)
    assert await shop.record.open_alerts(about) == {"key_refused": NOW, "silent": NOW - 50}
    assert await shop.record.waiting() == 1

    await shop.record.clear_alerts(about, {"key_refused", "never_raised"}, WATCH, NOW + 2)
    await shop.record.clear_alerts(about, ["key_refused"], WATCH, NOW + 3)
    await shop.record.clear_alerts(about, ["silent"], None, NOW + 3)
    assert await shop.record.waiting() == 2
    assert await shop.record.open_alerts(about) == {}
    assert await shop.record.raise_alert(about, "key_refused", WATCH, NOW + 4)


async def test_alerts_are_of_an_account_or_of_a_channel(shop: Shop) -> None:
    other = await Shop.opened(shop.record, "other")
    phone = About.channel("phone")
    await shop.record.raise_alert(About.account(shop.number), "silent", None, NOW)
    await shop.record.raise_alert(phone, "undeliverable", WATCH, NOW + 1)

    assert await shop.record.open_alerts(About.account(other.number)) == {}
    assert await shop.record.every_alert() == {
        About.account(shop.number).text: {"silent": NOW},
        phone.text: {"undeliverable": NOW + 1},
    }
    assert (await shop.record.sending(["phone"], NOW)).channels["phone"].alerts == {"undeliverable": NOW + 1}
    (_, account) = sorted(await shop.record.watching(NOW), key=lambda one: one.id)
    assert account.alerts == {"silent": NOW}


async def test_ours_is_told_in_the_words_of_live_news(shop: Shop) -> None:
    await shop.record.raise_alert(About.channel("mail"), "undeliverable", WATCH, NOW)

    delivery = await first(shop.record)
    assert delivery.message == WATCH.message
    assert await titles(shop.record) == ["Stripe refuses the key"]


async def test_sales_are_counted_by_hours(shop: Shop) -> None:
    test = await Shop.opened(shop.record, "shop-test", Mode.TEST)
    begin = NOW // HOUR * HOUR
    for moment in (begin + 5, begin + 3599, begin + 3600, begin - 7200):
        await shop.tells(words(Kind.SALE), now=moment)
    await shop.tells(words(Kind.RENEWAL), now=begin + 9999)
    await test.tells(words(Kind.SALE), now=begin + 9999)

    assert await shop.record.selling_hours(shop.number, begin) == [
        SellingHour(2, int(begin + 5), int(begin + 3599)),
        SellingHour(1, int(begin + 3600), int(begin + 3600)),
    ]
    assert await shop.record.last_sale(shop.number) == int(begin + 3600)
    assert await shop.record.last_sale(test.number) is None
    assert await shop.record.selling_hours(test.number, 0) == []


async def test_the_last_that_was_given_up(shop: Shop) -> None:
    for moment, reason in ((NOW + 5, "refused"), (NOW + 9, "too old"), (NOW + 1, "earlier")):
        await shop.tells()
        await shop.record.mark_abandoned((await first(shop.record)).id, reason, moment)
    await shop.tells(routing=to("desk"))
    await shop.record.abandon_strays({"phone": 1}, NOW + 20)

    assert await shop.record.abandoned({"phone", "desk", "mail"}) == {"phone": ("too old", NOW + 9)}
    assert await shop.record.abandoned(["mail"]) == {}


async def test_a_channel_works_that_took_something_and_has_no_failure_waiting(shop: Shop) -> None:
    await shop.tells(now=NOW - 100)
    assert not await shop.record.has_delivered("phone", NOW - 200)
    await shop.record.mark_delivered((await first(shop.record)).id, NOW)
    assert await shop.record.has_delivered("phone", NOW - 1)
    assert not await shop.record.has_delivered("phone", NOW)
    assert not await shop.record.has_delivered("desk", NOW - 1)
    assert await shop.record.works("phone", NOW - 1)

    await shop.tells()
    assert await shop.record.works("phone", NOW - 1)
    await shop.record.mark_due_again((await first(shop.record)).id, NOW + 1, "refused", 0)
    assert not await shop.record.works("phone", NOW - 1)
    assert await shop.record.has_delivered("phone", NOW - 1)


async def test_what_waited_for_a_channel_that_was_down_is_counted(shop: Shop) -> None:
    """One sent before, one that failed, three behind it, two of them told by a summary; then one that came later."""
    await shop.tells(now=NOW - 90)
    await shop.record.mark_delivered((await first(shop.record)).id, NOW - 80)
    for number in range(4):
        await shop.tells(routing=to("phone", "desk"), now=NOW - 60 + number)
    assert await shop.record.waited("phone", NOW - 60) == 0
    failed = await first(shop.record)
    await shop.record.mark_due_again(failed.id, NOW - 30, "refused", 0)
    await shop.record.mark_delivered(failed.id, NOW)
    await shop.record.mark_delivered((await first(shop.record)).id, NOW)
    gathered = await shop.record.gather(PHONE, ("live",), NOW)
    many = Summary(PHONE, gathered, ("live",), words(Kind.SALE, "many things"), "unreachable", NOW)
    await shop.record.summarize(many, NOW)
    await shop.tells(now=NOW + 1)

    assert await shop.record.waited("phone", NOW - 60) == 4
    assert await shop.record.waited("desk", NOW - 60) == 0
    await shop.record.mark_delivered((await first(shop.record, now=NOW + 2)).id, NOW + 2)
    assert await shop.record.waited("phone", NOW - 60) == 4


async def test_what_is_still_to_come_has_waited_as_well_and_for_several_recipients_once(shop: Shop) -> None:
    both = Routing((*to("phone").deliver, *to("phone", target=1).deliver), ())
    for number in range(3):
        await shop.tells(routing=both, now=NOW - 60 + number)
    for address in (PHONE, replace(PHONE, target=1)):
        failed = await first(shop.record, address)
        await shop.record.mark_due_again(failed.id, NOW - 30, "refused", 0)
        await shop.record.mark_delivered(failed.id, NOW)

    assert await shop.record.waited("phone", NOW - 60) == 3


async def test_a_message_is_on_its_way_for_four_days_at_most(shop: Shop) -> None:
    await shop.tells(now=NOW - 5 * DAY)
    await shop.record.mark_delivered((await first(shop.record)).id, NOW)

    assert not await shop.record.has_delivered("phone", NOW - 1)


async def test_how_a_channel_stands(shop: Shop) -> None:
    empty = (await shop.record.sending(["phone"], NOW)).channels["phone"]
    assert (empty.waiting, empty.waiting_since, empty.abandoned, empty.delivered_at) == (0, None, 0, None)
    for moment in (NOW, NOW + 1, NOW + 2, NOW + 3):
        await shop.tells(now=moment)
    await shop.record.mark_delivered((await first(shop.record)).id, NOW + 10)
    await shop.record.mark_abandoned((await first(shop.record, now=NOW + 9)).id, "too old", NOW + 11)
    await shop.record.mark_due_again((await first(shop.record, now=NOW + 9)).id, NOW + 50, "refused", 0)

    found = (await shop.record.sending(["phone", "desk"], NOW)).channels
    one = found["phone"]
    assert (one.waiting, one.waiting_since, one.waiting_reason) == (2, NOW + 2, "refused")
    assert (one.abandoned, one.abandoned_reason, one.abandoned_at) == (1, "too old", NOW + 11)
    assert one.delivered_at == NOW + 10
    assert found["desk"] == empty
    assert await shop.record.next_due(PHONE, NOW + 9) == NOW + 50
