"""One message in the place of many."""

from __future__ import annotations

from cashnotifyd.cursor_file.values import NOTICE, Count, FailureBurst, Gathered, Summary, Takings
from cashnotifyd.schedules import Span
from cashnotifyd.vocabulary import Kind, Mode, Urgency
from tests.cursor_file.contract.shop import (
    DAY,
    NOW,
    PHONE,
    Shop,
    ending,
    eur,
    fact,
    first,
    life,
    offered,
    sent,
    titles,
    to,
    words,
)

STREAMS = ("live", "live urgent", "live failures")


async def gathered(shop: Shop, *streams: str, now: float = NOW) -> Gathered:
    return await shop.record.gather(PHONE, streams or STREAMS, now)


def summary(what: Gathered, *streams: str, began: float = NOW) -> Summary:
    wordings = words(Kind.SALE, "many things", Urgency.NORMAL)
    return Summary(PHONE, what, streams or STREAMS, wordings, "busy", began)


async def test_what_is_gathered_is_counted(shop: Shop) -> None:
    for cents in (100, 300, 200):
        await shop.tells(words(Kind.SALE), takings=Takings(None, eur(cents)))
    await shop.tells(words(Kind.REFUND), takings=Takings("partial", eur(50)), now=NOW - 5)
    await shop.tells(words(Kind.CUSTOMER))
    await shop.tells(words(Kind.DISPUTE, "dispute"), to("phone", urgency=Urgency.HIGH))

    what = await gathered(shop)
    assert what.tally.counts == (
        Count(Mode.LIVE, Kind.SALE, 3, eur(600), eur(300)),
        Count(Mode.LIVE, Kind.CUSTOMER, 1),
        Count(Mode.LIVE, Kind.DISPUTE, 1, notable=1),
        Count(Mode.LIVE, Kind.REFUND, 1, eur(50), eur(50), "partial"),
    )
    assert (what.tally.since, what.tally.until) == (int(NOW - 5), int(NOW))
    assert (what.tally.notables, what.tally.urgency) == (1, Urgency.HIGH)
    assert [one.full.title for one in what.tally.notable] == ["dispute"]
    assert what.account == "shop"
    assert what.failures is None


async def test_what_the_daemon_says_of_itself_is_an_alert_or_a_notice(shop: Shop) -> None:
    await shop.tells(words(Kind.WATCH, "fails", Urgency.HIGH), to("phone", urgency=Urgency.HIGH))
    await shop.tells(words(Kind.WATCH, "fails, told softly", Urgency.HIGH), to("phone", urgency=Urgency.LOW))
    for number in range(4):
        await shop.tells(words(Kind.WATCH, f"well {number}", Urgency.NORMAL))
    await shop.tells(words(Kind.WATCH, "loud", Urgency.LOW), to("phone", urgency=Urgency.HIGH))

    tally = (await gathered(shop)).tally
    assert tally.counts == (
        Count(Mode.LIVE, Kind.WATCH, 5, variant=NOTICE, notable=1),
        Count(Mode.LIVE, Kind.WATCH, 2, notable=1),
    )
    assert [one.full.title for one in tally.notable] == ["fails", "loud"]
    assert [one.full.title for one in tally.notices] == ["well 0", "well 1", "well 2"]


async def test_a_time_that_is_not_known_is_in_no_span(shop: Shop) -> None:
    for created in (NOW - 7, 0, NOW - 9):
        await shop.tells(words(Kind.FAILED_PAYMENT), of=fact(f"ch_{created}", created=created))

    tally = (await gathered(shop)).tally
    assert (tally.since, tally.until) == (int(NOW - 9), int(NOW - 7))
    assert sum(one.count for one in tally.counts) == 3


async def test_of_what_has_no_time_there_is_no_span(shop: Shop) -> None:
    await shop.tells(words(Kind.FAILED_PAYMENT), of=fact("ch_1", created=0))

    what = await gathered(shop)
    assert (what.tally.since, what.tally.until, what.failures) == (0, 0, None)


async def test_accounts_come_with_the_busiest_first(shop: Shop) -> None:
    other, third = await Shop.opened(shop.record, "other"), await Shop.opened(shop.record, "cafe")
    for one in (other, other, shop, third):
        await one.tells()

    what = await gathered(shop)
    assert what.tally.accounts == (("other", 2), ("cafe", 1), ("shop", 1))
    assert what.account is None


async def test_at_most_ten_are_named(shop: Shop) -> None:
    for number in range(12):
        await shop.tells(words(Kind.DISPUTE, f"dispute {number}"), to("phone", urgency=Urgency.HIGH))

    tally = (await gathered(shop)).tally
    assert [one.full.title for one in tally.notable] == [f"dispute {number}" for number in range(10)]
    assert tally.notables == 12


async def test_the_loudest_is_how_loud_it_is(shop: Shop) -> None:
    await shop.tells(routing=to("phone", urgency=Urgency.LOW))
    assert (await gathered(shop)).tally.urgency is Urgency.LOW
    await shop.tells()
    assert (await gathered(shop)).tally.urgency is Urgency.NORMAL


async def test_only_what_is_due_and_surely_not_sent_is_gathered(shop: Shop) -> None:
    for title in ("in doubt", "later", "now"):
        await shop.tells(words(Kind.SALE, title), takings=Takings(None, eur(1)))
    await shop.tells(words(Kind.FRAUD_WARNING), to("phone", urgency=Urgency.EMERGENCY))
    await shop.tells(words(Kind.FAILED_PAYMENT))
    await shop.tells(words(Kind.SALE), to("phone", target=1))
    one = (await offered(shop.record, lately=None)).free
    assert one is not None
    await shop.record.mark_due_again(one.id, NOW, "timeout", 1)
    await shop.record.mark_due_again(one.id + 1, NOW + 60, "refused", 0)

    assert [one.count for one in (await gathered(shop, "live")).tally.counts] == [1]
    assert [one.count for one in (await gathered(shop, "live", now=NOW + 60)).tally.counts] == [2]


async def test_a_summary_takes_the_place_of_what_was_gathered_and_of_nothing_since(shop: Shop) -> None:
    await shop.sells("evt_1")
    await shop.sells("evt_2")
    what = await gathered(shop)
    await shop.sells("evt_3")
    await shop.record.summarize(summary(what), NOW)

    for id_ in ("evt_1", "evt_2"):
        (one,) = await sent(shop.record, id_)
        assert (one.state, one.reason, one.due, one.finished) == ("summarized", "busy", None, NOW)
        assert (one.summary, one.summary_state) == ("many things", "waiting")
    assert await shop.record.waiting() == 2
    offer = await offered(shop.record)
    assert offer.free is not None
    assert offer.free.message.title == "many things"
    assert [head.message.title for _, head in offer.heads] == ["Sale €49.00 · Acme"]
    await shop.record.mark_delivered(offer.free.id, NOW + 3)
    (one,) = await sent(shop.record, "evt_1")
    assert (one.summary_state, one.summary_finished) == ("delivered", NOW + 3)


async def test_a_summary_is_of_no_account_and_goes_into_no_other(shop: Shop) -> None:
    await shop.sells("evt_1")
    await shop.record.summarize(summary(await gathered(shop)), NOW)
    await shop.sells("evt_2")

    assert [one.count for one in (await gathered(shop)).tally.counts] == [1]
    assert await shop.record.totals([shop.number], [0.0, NOW + 1]) != []
    assert await titles(shop.record) == ["many things", "Sale €49.00 · Acme"]


async def test_the_last_summary_of_a_stream_is_remembered_for_two_hours(shop: Shop) -> None:
    await shop.tells(words(Kind.SALE))
    await shop.tells(words(Kind.FAILED_PAYMENT))
    await shop.record.summarize(summary(await gathered(shop, "live"), "live", began=NOW - 30), NOW)
    await shop.tells(words(Kind.SALE))

    live, failures = (await offered(shop.record)).standing.streams
    assert live.summarized == Span(NOW - 30, NOW)
    assert failures.summarized is None
    later, _ = (await offered(shop.record, now=NOW + 7200)).standing.streams
    assert later.summarized is None


async def test_failed_payments_are_held_against_the_usual(shop: Shop) -> None:
    await shop.lists(end=ending(NOW, NOW - 10 * DAY))
    for number in range(20):
        await shop.tells(words(Kind.FAILED_PAYMENT), now=NOW - 2 * DAY - number)
        await titles(shop.record)
    for ago in (700, 300, 0):
        await shop.tells(words(Kind.FAILED_PAYMENT), now=NOW - ago)
    await shop.tells(words(Kind.FAILED_PAYMENT), takings=Takings("overdue"))

    failures = (await gathered(shop)).failures
    observed = 10 * DAY - 600
    assert failures == FailureBurst(2, 300.0, 21 * 300 / observed)
    new = await Shop.opened(shop.record, "new")
    await new.lists(end=ending(NOW, NOW - DAY + 1))
    await titles(shop.record)
    await new.tells(words(Kind.FAILED_PAYMENT))
    assert (await gathered(shop)).failures == FailureBurst(1, 60.0, None)


async def test_what_was_summarized_stays_with_its_events(shop: Shop) -> None:
    await shop.sells("evt_1", of=fact("ch_1"))
    await shop.record.summarize(summary(await gathered(shop)), NOW)

    event = (await life(shop.record, "evt_1")).event
    assert event.told is not None
    assert event.told.declined is None
    assert (await first(shop.record)).message.urgency is Urgency.NORMAL
