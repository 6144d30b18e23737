"""The accounts, and what each has cost."""

from __future__ import annotations

from dataclasses import replace

from cashnotifyd.cursor_file.door import Record
from cashnotifyd.cursor_file.values import ListedEvent, PollNote, Telling
from cashnotifyd.vocabulary import Mode
from tests.cursor_file.contract.shop import DAY, NOW, Shop, ending, listed


async def test_a_new_account_was_never_polled(record: Record) -> None:
    begun = await record.begin_account("shop", Mode.LIVE, stripe_id="acct_1", name="Acme", key_print="p")

    assert (begun.config_id, begun.mode, begun.stripe_id, begun.name) == ("shop", Mode.LIVE, "acct_1", "Acme")
    assert (begun.key_print, begun.low_water, begun.watched_from, begun.polled_at) == ("p", None, 0, None)
    assert await record.accounts("shop", Mode.LIVE, None) == [begun]


async def test_an_account_is_found_by_either_id_in_its_mode(record: Record) -> None:
    first = await record.begin_account("shop", Mode.LIVE, stripe_id="acct_1", name="Acme", key_print="p")
    second = await record.begin_account("shop", Mode.LIVE, stripe_id="acct_2", name="Acme", key_print="q")
    nameless = await record.begin_account("other", Mode.TEST, stripe_id=None, name=None, key_print="r")

    assert await record.accounts("shop", Mode.LIVE, None) == [second, first]
    assert await record.accounts("renamed", Mode.LIVE, "acct_1") == [first]
    assert await record.accounts("shop", Mode.TEST, "acct_1") == []
    assert await record.accounts("renamed", Mode.TEST, None) == []
    assert await record.accounts("other", Mode.TEST, None) == [nameless]
    assert await record.account_ids() == ["other", "shop"]


async def test_what_is_known_by_now_is_kept(shop: Shop) -> None:
    (begun,) = await shop.record.accounts("shop", Mode.LIVE, None)
    await shop.record.update_account(shop.number, config_id="renamed", stripe_id="acct_9", name="New", key_print="q")
    await shop.record.keep_icon(shop.number, "file_1", "https://files/1")

    assert await shop.record.accounts("renamed", Mode.LIVE, None) == [
        replace(
            begun,
            config_id="renamed",
            stripe_id="acct_9",
            name="New",
            key_print="q",
            icon_file="file_1",
            icon_link="https://files/1",
        )
    ]


async def test_notes_of_polls_are_kept_and_add_up(shop: Shop) -> None:
    other = await Shop.opened(shop.record, "other")
    await shop.record.note_polls(
        [
            PollNote(shop.number, NOW, 5, 100.5, NOW + 1),
            PollNote(other.number, None, 0, 7.0, NOW + 1),
            PollNote(shop.number, None, 2, 98.5, NOW + 2),
        ]
    )

    (one,) = await shop.record.accounts("shop", Mode.LIVE, None)
    (two,) = await shop.record.accounts("other", Mode.LIVE, None)
    assert (one.polled_at, one.reads_left, one.reads_left_at) == (NOW, 98.5, NOW + 2)
    assert (two.polled_at, two.reads_left, two.reads_left_at) == (None, 7.0, NOW + 1)
    assert one.low_water is None
    assert (await shop.record.usage(shop.number, NOW)).reads == 7
    assert (await shop.record.usage(other.number, NOW)).reads == 0


async def test_the_first_contact_is_the_first_whole_walk(shop: Shop) -> None:
    await shop.lists(listed("evt_1", NOW), now=NOW)
    (before,) = await shop.record.accounts("shop", Mode.LIVE, None)
    await shop.lists(now=NOW + 1, end=ending(0))
    await shop.lists(now=NOW + 9, end=ending(NOW))
    (known,) = await shop.record.accounts("shop", Mode.LIVE, None)
    (watched,) = await shop.record.watching(NOW)
    assert (before.met_at, known.met_at, watched.met_at) == (None, NOW + 1, NOW + 1)


async def test_usage_is_that_of_thirty_days(shop: Shop) -> None:
    await shop.lists(
        listed("evt_1", NOW),
        listed("evt_2", NOW - 29 * DAY),
        listed("evt_3", NOW - 31 * DAY),
        listed("evt_4", NOW, "payout.paid"),
        ListedEvent("evt_5", "charge.succeeded", int(NOW), "{}", "older"),
        now=NOW - 40 * DAY,
        end=ending(NOW, NOW - 10 * DAY, 11),
    )
    await shop.lists(end=ending(NOW, NOW - 10 * DAY, 3))

    used = await shop.record.usage(shop.number, NOW)
    assert (used.transactions, used.reads, used.days) == (3, 3, 10.0)
    assert used.recent == 2


async def test_the_reads_of_telling_count(shop: Shop) -> None:
    await shop.record.tell(shop.number, _reads(4), NOW)
    await shop.record.tell(shop.number, _reads(1), NOW)

    assert (await shop.record.usage(shop.number, NOW)).reads == 5


def _reads(count: int) -> Telling:
    return Telling(reads=count)
