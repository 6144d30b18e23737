"""What is older than history is kept is forgotten, but for what still matters."""

from __future__ import annotations

from cashnotifyd.cursor_file.door import KEEP_DAYS
from cashnotifyd.cursor_file.values import Summary, Takings
from cashnotifyd.vocabulary import Kind
from tests.cursor_file.contract.shop import (
    DAY,
    DESK,
    NOW,
    PHONE,
    Shop,
    declined,
    ending,
    fact,
    listed,
    titles,
    to,
    words,
)

LATER = NOW + KEEP_DAYS * DAY + 1


async def test_history_is_forgotten_but_not_what_waits(shop: Shop) -> None:
    await shop.sells("evt_1", declined(phone="kind_not_wanted"), of=fact("ch_1"))
    await shop.sells("evt_2", of=fact("ch_2"))
    await shop.lists(listed("evt_3"), listed("evt_4", NOW + 1))
    await shop.record.prune(LATER - 1)
    assert len(await shop.record.seen_among(shop.number, ["evt_1", "evt_2", "evt_3", "evt_4"])) == 4

    await shop.record.prune(LATER)
    assert await shop.record.seen_among(shop.number, ["evt_1", "evt_2", "evt_3"]) == {"evt_3"}
    assert await shop.record.facts_under(shop.number, [("payment", "ch_1")]) == []
    assert len(await shop.record.facts_under(shop.number, [("payment", "ch_2")])) == 1
    assert len(await shop.pending()) == 2
    assert await titles(shop.record) == ["Sale €49.00 · Acme"]

    await shop.record.prune(LATER)
    assert await shop.record.facts_under(shop.number, [("payment", "ch_2")]) == []
    assert (await shop.record.sending(["phone"], NOW)).channels["phone"].delivered_at is None


async def test_what_says_that_it_is_very_old_is_not_forgotten_while_it_may_be_listed(shop: Shop) -> None:
    await shop.lists(listed("evt_1", 0))
    await shop.tells(routing=declined(phone="kind_not_wanted"), events=await shop.pending())

    await shop.record.prune(NOW + 31 * DAY)
    assert await shop.record.seen_among(shop.number, ["evt_1"]) == {"evt_1"}
    await shop.record.prune(LATER)
    assert await shop.record.seen_among(shop.number, ["evt_1"]) == set()


async def test_reads_that_nobody_counts_any_more_are_forgotten(shop: Shop) -> None:
    """Found by tests.soak: a row for each account and day stayed for ever."""
    await shop.lists(end=ending(reads=3))
    await shop.lists(end=ending(reads=4), now=NOW + DAY)
    before = (await shop.record.usage(shop.number, NOW)).reads
    await shop.record.prune(LATER + DAY - 1)
    kept = (await shop.record.usage(shop.number, NOW)).reads

    assert (before, kept) == (7, 4)


async def test_what_is_told_with_a_newer_event_stays(shop: Shop) -> None:
    await shop.lists(listed("evt_1", NOW), listed("evt_2", NOW + 10))
    await shop.tells(of=fact("ch_1"), events=await shop.pending())
    await titles(shop.record)
    await shop.record.prune(LATER + 1)

    (told,) = await shop.record.facts_under(shop.number, [("payment", "ch_1")])
    assert told.types == {"charge.succeeded"}
    assert await shop.record.seen_among(shop.number, ["evt_1", "evt_2"]) == {"evt_2"}
    assert (await shop.record.find("evt_2")).lives[0].sent[0].state == "delivered"


async def test_a_summary_stays_as_long_as_what_it_stands_for(shop: Shop) -> None:
    await shop.sells("evt_1", now=NOW + 100)
    what = await shop.record.gather(PHONE, ("live",), NOW + 100)
    early = Summary(PHONE, what, ("live",), words(Kind.SALE, "many things"), "busy", NOW)
    await shop.record.summarize(early, NOW + 100)
    await titles(shop.record, now=NOW + 100)
    await shop.record.prune(LATER + 50)

    (one,) = (await shop.record.find("evt_1")).lives[0].sent
    assert (one.state, one.summary) == ("summarized", "many things")


async def test_a_summary_stays_with_what_is_old_and_waits_elsewhere(shop: Shop) -> None:
    await shop.sells("evt_1", to("phone", "desk"), of=fact("ch_1"))
    await shop.lists(listed("evt_2", NOW + 100))
    (told,) = await shop.record.facts_under(shop.number, [("payment", "ch_1")])
    await shop.adds(told, Takings(), *await shop.pending())
    what = await shop.record.gather(PHONE, ("live",), NOW)
    many = Summary(PHONE, what, ("live",), words(Kind.SALE, "many things"), "busy", NOW)
    await shop.record.summarize(many, NOW)
    assert await titles(shop.record) == ["many things"]
    await shop.record.prune(LATER)

    desk, phone = (await shop.record.find("evt_2")).lives[0].sent
    assert (desk.state, phone.state, phone.summary) == ("waiting", "summarized", "many things")
    await titles(shop.record, DESK)
    await shop.record.prune(LATER)
    assert len((await shop.record.find("evt_2")).lives[0].sent) == 2
    await shop.record.prune(LATER + 100)
    assert (await shop.record.find("evt_2")).lives == ()
    assert (await shop.record.sending(["phone"], NOW)).channels["phone"].delivered_at is None


async def test_numbers_of_what_was_forgotten_do_not_confuse(shop: Shop) -> None:
    await shop.sells("evt_1", declined(phone="kind_not_wanted"))
    await shop.lists(listed("evt_2", LATER))
    last = (await shop.record.not_settled()).last
    await shop.record.prune(LATER)
    await shop.lists(listed("evt_3", LATER))

    assert (await shop.record.not_settled()).last > last
