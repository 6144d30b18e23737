"""What holds for every call: whole, kept, finished, one after the other, and given back as it was."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from cashnotifyd.cursor_file.door import Record
from cashnotifyd.cursor_file.lives import Sought
from cashnotifyd.cursor_file.values import About, Mute, Routing, Telling
from cashnotifyd.refusal import Refusal
from cashnotifyd.schedules import Every, Span
from cashnotifyd.vocabulary import Kind, Mode
from tests.cursor_file.contract.engines import Engine
from tests.cursor_file.contract.shop import (
    NOW,
    PHONE,
    WATCH,
    Shop,
    ending,
    fact,
    first,
    listed,
    offered,
    titles,
    to,
    words,
)

TWICE = Routing(to("phone").deliver * 2, ())
"""To the same recipient twice, which no record takes."""


async def test_it_is_all_there_after_an_end(engine: Engine) -> None:
    record = engine.open()
    shop = await Shop.opened(record)
    await shop.sells("evt_1")
    await shop.lists(listed("evt_2"), end=ending(NOW, 100, 3, WATCH))
    await record.mark_due_again((await first(record)).id, NOW + 60, "timeout", 1)
    await record.mute("desk", Mute(Span(NOW, NOW + 60), drops=True))
    before = [await record.find("evt_1"), await record.watching(NOW), await record.sending(["phone", "desk"], NOW)]
    record.close()

    record = engine.open()
    assert [
        await record.find("evt_1"),
        await record.watching(NOW),
        await record.sending(["phone", "desk"], NOW),
    ] == before
    assert len(await record.pending(shop.number, 10)) == 1
    assert await record.waiting() == 2
    assert len(await record.facts_under(shop.number, [("payment", f"ch_{shop.number}_0")])) == 1
    record.close()


async def test_numbers_go_on_after_an_end(engine: Engine) -> None:
    record = engine.open()
    shop = await Shop.opened(record)
    await shop.sells("evt_1")
    number, delivery = (await record.not_settled()).last, (await first(record)).id
    await record.mark_delivered(delivery, NOW)
    record.close()

    record = engine.open()
    again = Shop(record, shop.number)
    await again.sells("evt_2", of=fact("ch_other"))
    assert (await record.not_settled()).last > number
    assert (await first(record)).id > delivery
    other = await record.begin_account("other", Mode.LIVE, stripe_id=None, name=None, key_print="p")
    assert other.id > shop.number
    record.close()


async def test_a_page_that_cannot_be_kept_leaves_nothing(shop: Shop) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011 (each engine has its own)
        await shop.lists(listed("evt_1"), end=ending(NOW, told=replace(WATCH, routing=TWICE)))

    assert await shop.pending() == []
    assert await shop.record.seen_among(shop.number, ["evt_1"]) == set()
    (account,) = await shop.record.accounts("shop", Mode.LIVE, None)
    assert (account.low_water, account.polled_at) == (None, None)
    await shop.lists(listed("evt_1"))
    assert len(await shop.pending()) == 1


async def test_a_telling_that_cannot_be_kept_leaves_nothing(shop: Shop) -> None:
    await shop.lists(listed("evt_1"))
    (number,) = await shop.pending()
    with pytest.raises(Exception):  # noqa: B017, PT011 (each engine has its own)
        await shop.tells(of=fact("ch_1"), events=[number], routing=TWICE)

    assert await shop.pending() == [number]
    assert await shop.record.waiting() == 0
    assert await shop.record.facts_under(shop.number, [("payment", "ch_1")]) == []


async def test_an_alert_that_cannot_be_told_is_not_raised(shop: Shop) -> None:
    about = About.account(shop.number)
    with pytest.raises(Exception):  # noqa: B017, PT011 (each engine has its own)
        await shop.record.raise_alert(about, "key_refused", replace(WATCH, routing=TWICE), NOW)

    assert await shop.record.open_alerts(about) == {}


async def test_what_its_caller_gives_up_is_done_whole_or_never(shop: Shop) -> None:
    page = [listed(f"evt_{number}") for number in range(300)]
    for ticks in range(3):
        task = asyncio.create_task(shop.record.record_page(shop.number, page, NOW, ending(NOW)))
        for _ in range(ticks):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        (account,) = await shop.record.accounts("shop", Mode.LIVE, None)
        assert (len(await shop.pending()), account.low_water) in {(0, None), (300, int(NOW))}


async def test_calls_at_the_same_time_take_effect_one_after_the_other(shop: Shop) -> None:
    pages = [[listed(f"evt_{number}"), listed(f"evt_{number + 1}")] for number in range(20)]
    await asyncio.gather(*(shop.record.record_page(shop.number, page, NOW, ending(reads=1)) for page in pages))
    assert len(await shop.pending()) == 21
    assert (await shop.record.usage(shop.number, NOW)).reads == 20

    news = await asyncio.gather(
        *(shop.record.raise_alert(About.channel("phone"), "silent", WATCH, NOW) for _ in range(5))
    )
    assert sorted(news) == [False, False, False, False, True]
    assert await shop.record.waiting() == 1


async def test_the_calls_of_one_task_keep_their_order(shop: Shop) -> None:
    await shop.lists(listed("evt_1"))
    assert len(await shop.pending()) == 1
    await shop.tells(events=await shop.pending())
    assert await shop.pending() == []
    await shop.record.mark_delivered((await first(shop.record)).id, NOW)
    assert await shop.record.waiting() == 0


async def test_there_is_one_daemon(engine: Engine) -> None:
    record = engine.open()
    with pytest.raises(Refusal, match="another cashnotifyd") as refused:
        engine.open()
    assert refused.value.hint
    record.close()
    engine.open().close()


async def test_a_command_beside_sees_and_is_seen(engine: Engine) -> None:
    record = engine.open()
    shop = await Shop.opened(record)
    beside = engine.beside()
    await shop.sells("evt_1")
    assert await beside.waiting() == 1
    assert len((await beside.find("evt_1")).lives) == 1
    await beside.mute("phone", Mute(Span(NOW, NOW + 60), drops=False))
    assert list(await record.mutes(NOW)) == ["phone"]
    await beside.make_due("phone", NOW)
    await record.mark_abandoned((await first(record)).id, "refused", NOW)
    assert await beside.resend_abandoned("phone", NOW + 1) == 1
    assert await titles(record, now=NOW + 1) == ["Sale €49.00 · Acme"]
    beside.close()
    record.close()

    alone = engine.beside()
    assert await alone.waiting() == 0
    alone.close()


async def test_word_from_elsewhere_comes_once(engine: Engine) -> None:
    record, beside = engine.open(), engine.beside()
    assert not await record.changed_elsewhere()
    await record.begin_account("shop", Mode.LIVE, stripe_id=None, name=None, key_print="p")
    assert not await record.changed_elsewhere()
    assert await beside.changed_elsewhere()
    await beside.mute(None, Mute(Span(NOW, NOW + 60), drops=False))
    assert await record.changed_elsewhere()
    assert not await record.changed_elsewhere()
    assert not await beside.changed_elsewhere()
    beside.close()
    record.close()


async def test_text_comes_back_as_it_was_given(shop: Shop) -> None:
    odd = 'O\'Neil "quoted" %s ?1 ; -- \\ \t\n é 日本 \U0001f4b6 \x00 \u202e'
    await shop.lists(listed("evt_1", payload=odd))
    assert [one.payload for one in await shop.record.pending(shop.number, 1)] == [odd]
    await shop.tells(words(Kind.SALE, odd), of=fact(odd), events=await shop.pending())

    assert (await first(shop.record)).message.title == odd
    (told,) = await shop.record.facts_under(shop.number, [("payment", odd)])
    assert told.names == {odd}
    (event,) = await shop.record.events(Sought(), None, 10)
    assert event.told is not None
    assert event.told.title == odd


async def test_times_and_amounts_come_back_as_they_were_given(shop: Shop) -> None:
    moment = 1_790_000_000.123456
    await shop.lists(listed("evt_1", 2**33), now=moment, end=ending(2**33))
    (event,) = await shop.record.pending(shop.number, 1)
    assert event.recorded_at == moment
    await shop.tells(events=[event.number], now=moment)
    delivery = await first(shop.record, now=moment)
    assert delivery.created == moment
    await shop.record.mark_due_again(delivery.id, moment + 0.1, "timeout", 0)
    assert await shop.record.next_due(PHONE, moment) == moment + 0.1
    (account,) = await shop.record.accounts("shop", Mode.LIVE, None)
    assert (account.polled_at, account.low_water) == (moment, 2**33)


async def test_an_unknown_number_is_none_of_anything(record: Record) -> None:
    nobody = 999
    await record.mark_delivered(nobody, NOW)
    await record.mark_due_again(nobody, NOW, "refused", 0)
    await record.mark_abandoned(nobody, "refused", NOW)
    await record.update_account(nobody, config_id="x", stripe_id=None, name=None, key_print="p")
    await record.keep_icon(nobody, "file", "link")
    await record.note_absence(nobody, Span(1.0, 2.0))
    await record.tell(nobody, Telling(untold=((nobody, "silent"),)), NOW)
    await record.end_digests("nobody", Every.DAILY)

    assert await record.pending(nobody, 1) == []
    assert await record.unsettled([nobody]) == set()
    assert await record.facts_under(nobody, [("payment", "ch_1")]) == []
    assert await record.events_behind(nobody, "payment", "ch_1") == []
    assert await record.last_sale(nobody) is None
    assert await record.waiting() == 0
    assert await record.account_ids() == []
    assert (await offered(record)).standing.streams == ()
