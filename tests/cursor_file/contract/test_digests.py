"""What digests are made of, and that each is told once."""

from __future__ import annotations

from cashnotifyd.cursor_file.figures import Digest, Total
from cashnotifyd.cursor_file.values import About, Recipient, Takings
from cashnotifyd.schedules import Every
from cashnotifyd.vocabulary import Kind, Mode, Urgency
from tests.cursor_file.contract.shop import (
    DAY,
    DESK,
    NOW,
    WATCH,
    Shop,
    ending,
    eur,
    fact,
    first,
    listed,
    offered,
    titles,
    words,
)


def digest(until: float) -> Digest:
    recipients = tuple(Recipient("desk", target, Urgency.LOW) for target in (0, 1))
    return Digest("desk", Every.DAILY, until, words(Kind.SALE, "The day", Urgency.LOW), recipients)


async def test_a_digest_is_told_once(shop: Shop) -> None:
    await shop.record.begin_digests("desk", Every.DAILY, NOW)
    assert not await shop.record.tell_digest(digest(NOW), NOW + 9)
    assert await shop.record.tell_digest(digest(NOW + DAY), NOW + 9)
    assert not await shop.record.tell_digest(digest(NOW + DAY), NOW + 10)
    assert not await shop.record.tell_digest(digest(NOW), NOW + 10)

    assert await shop.record.digests() == {("desk", Every.DAILY): NOW + DAY}
    assert await shop.record.waiting() == 2
    delivery = await first(shop.record, DESK, NOW + 9)
    assert (delivery.message.title, delivery.message.urgency) == ("The day", Urgency.LOW)
    assert (await offered(shop.record, DESK, now=NOW + 9)).heads == ()


async def test_digests_begin_and_end(shop: Shop) -> None:
    assert not await shop.record.tell_digest(digest(NOW), NOW)
    await shop.record.begin_digests("desk", Every.DAILY, NOW)
    await shop.record.begin_digests("desk", Every.WEEKLY, NOW)
    await shop.record.begin_digests("desk", Every.DAILY, NOW + 5)
    await shop.record.end_digests("desk", Every.WEEKLY)

    assert await shop.record.digests() == {("desk", Every.DAILY): NOW + 5}
    await shop.record.end_digests("desk", Every.DAILY)
    assert not await shop.record.tell_digest(digest(NOW + DAY), NOW)
    assert await shop.record.waiting() == 0


async def test_accounts_tell_since_when_and_up_to_when(shop: Shop) -> None:
    before = await shop.record.watched([("shop", Mode.LIVE), ("shop", Mode.TEST), ("other", Mode.LIVE)], NOW)
    assert [(one.account, one.since, one.polled_at, one.unsettled) for one in before] == [
        (shop.number, None, None, False)
    ]
    await shop.lists(listed("evt_1", NOW - 50), now=NOW - 40, end=ending())
    (seen,) = await shop.record.watched([("shop", Mode.LIVE)], NOW)
    assert (seen.id, seen.mode, seen.since, seen.polled_at, seen.unsettled) == (
        "shop", Mode.LIVE, NOW - 40, NOW - 40, True,
    )  # fmt: skip
    (earlier,) = await shop.record.watched([("shop", Mode.LIVE)], NOW - 50)
    assert not earlier.unsettled
    await shop.tells(events=await shop.pending())
    (seen,) = await shop.record.watched([("shop", Mode.LIVE)], NOW)
    assert not seen.unsettled


async def test_what_has_no_time_is_not_the_first_of_what_is_on_record(shop: Shop) -> None:
    await shop.lists(listed("evt_1", NOW - 50), now=NOW - 40, end=ending())
    await shop.lists(listed("evt_2", 0), now=NOW - 10)
    await shop.tells(of=fact("ch_2", created=0))

    (seen,) = await shop.record.watched([("shop", Mode.LIVE)], NOW)
    assert seen.since == NOW - 40


async def test_of_several_under_one_id_the_one_polled_last_counts(shop: Shop) -> None:
    second = await Shop.opened(shop.record)
    third = await Shop.opened(shop.record)
    asked = [("shop", Mode.LIVE)]
    assert [one.account for one in await shop.record.watched(asked, NOW)] == [third.number]
    await shop.lists(now=NOW, end=ending())
    await second.lists(now=NOW + 1, end=ending())

    assert [one.account for one in await shop.record.watched(asked, NOW)] == [second.number]


async def test_totals_add_up_what_was_told(shop: Shop) -> None:
    other = await Shop.opened(shop.record, "other")
    settled = Takings(None, eur(1000), fee=eur(30), net=eur(970))
    await shop.tells(words(Kind.SALE), takings=settled, now=NOW)
    await shop.tells(words(Kind.SALE), takings=settled, now=NOW + 10)
    await shop.tells(words(Kind.SALE), takings=Takings(None, eur(500)), now=NOW + 10)
    await shop.tells(words(Kind.CUSTOMER), now=NOW + 10)
    for there in ("a/connect/accounts/b", "acct_1Theirs/payments/pi_1"):
        await shop.tells(words(Kind.SALE, link=f"https://dashboard.stripe.com/{there}"), takings=settled)
    await other.tells(words(Kind.SALE), takings=settled, now=NOW + 10)
    await shop.record.raise_alert(About.account(shop.number), "silent", WATCH, NOW + 10)

    early, late = await shop.record.totals([shop.number], [NOW - 5, NOW + 10, NOW + 11])
    assert early == (Total(shop.number, Kind.SALE, None, "eur", "eur", 1, 1000, 1, 30, 970),)
    assert set(late) == {
        Total(shop.number, Kind.SALE, None, "eur", "eur", 1, 1000, 1, 30, 970),
        Total(shop.number, Kind.SALE, None, "eur", None, 1, 500),
        Total(shop.number, Kind.CUSTOMER, None, None, None, 1, 0),
    }
    (both,) = await shop.record.totals([shop.number, other.number], [NOW + 10, NOW + 11])
    assert {one.account for one in both} == {shop.number, other.number}
    assert await shop.record.totals([], [NOW, NOW + 100]) == [()]


async def test_a_refund_that_failed_has_the_booking_of_the_refund(shop: Shop) -> None:
    taken = Takings(None, eur(400), net=eur(-400))
    await shop.tells(words(Kind.REFUND), of=fact("re_1", family="refund"), takings=taken)
    failed = Takings("refund_failed", eur(400))
    await shop.tells(words(Kind.REFUND), of=fact("re_1", family="refund_failed"), takings=failed)
    await shop.tells(words(Kind.REFUND), of=fact("re_2", family="refund_failed"), takings=failed)

    (found,) = await shop.record.totals([shop.number], [0.0, NOW + 1])
    assert set(found) == {
        Total(shop.number, Kind.REFUND, None, "eur", "eur", 1, 400, 1, 0, -400),
        Total(shop.number, Kind.REFUND, "refund_failed", "eur", "eur", 1, 400, 1, 0, -400),
        Total(shop.number, Kind.REFUND, "refund_failed", "eur", None, 1, 400),
    }
    assert len(await titles(shop.record)) == 3
