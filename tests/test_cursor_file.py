"""The record: what is committed together, and what it refuses rather than begin anew."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cashnotifyd.cursor_file.pruning import KEEP_DAYS
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.schema import MIGRATIONS
from cashnotifyd.cursor_file.values import (
    About,
    Address,
    Announcement,
    Ending,
    ListedEvent,
    News,
    Routing,
    Siblings,
    Telling,
    WatchedAccount,
)
from cashnotifyd.occurrences.facts import Fact
from cashnotifyd.refusal import Refusal
from cashnotifyd.vocabulary import Disclosure, Kind, Message, Mode, Urgency, Wordings
from tests.outbox import next_delivery, to

NOW = 1_790_000_000.0
LINK = "https://dashboard.stripe.com/x"
MESSAGE = Message(Kind.SALE, "Sale €49.00 · Acme", "Jane\nAcme", Urgency.NORMAL, LINK)
WORDINGS = Wordings(
    full=MESSAGE,
    masked=Message(Kind.SALE, "Sale €49.00 · Acme", "Acme", Urgency.NORMAL, LINK),
    private=Message(Kind.SALE, "Sale · Acme", "Acme", Urgency.NORMAL, LINK),
)
BOTH = replace(to("phone", "mail"), declined=(("desk", "mode_not_wanted"),))


@pytest.fixture
def record(tmp_path: Path) -> Iterator[CursorFile]:
    record = CursorFile.open(tmp_path / "cursor.db")
    yield record
    record.close()


@pytest.fixture
async def shop(record: CursorFile) -> WatchedAccount:
    return await record.begin_account("shop", Mode.LIVE, stripe_id="acct_1", name="Acme", key_print="p")


def listed(id_: str, created: int = int(NOW)) -> ListedEvent:
    return ListedEvent(id_, "charge.succeeded", created, f'{{"id":"{id_}"}}', "pending")


def fact(*names: str, told_as: int | None = None) -> Fact:
    return Fact("payment", int(NOW), set(names), {"in_1"}, {"charge.succeeded"}, told_as=told_as)


async def tell(record: CursorFile, shop: WatchedAccount, *ids: str, routing: Routing = BOTH) -> None:
    """Record events and tell each as a sale of its own."""
    await record.record_page(shop.id, [listed(id_) for id_ in ids], NOW)
    pending = await record.pending(shop.id, 1000)
    news = tuple(News(fact(f"ch_{event.payload}"), WORDINGS, routing, (event.number,), Mode.LIVE) for event in pending)
    await record.tell(shop.id, Telling(news=news), NOW)


async def test_an_event_is_recorded_once(record: CursorFile, shop: WatchedAccount) -> None:
    await record.record_page(shop.id, [listed("evt_1"), listed("evt_2"), listed("evt_1")], NOW)
    await record.record_page(shop.id, [listed("evt_2"), listed("evt_3")], NOW)

    assert [event.payload for event in await record.pending(shop.id, 10)] == [
        '{"id":"evt_1"}', '{"id":"evt_2"}', '{"id":"evt_3"}',
    ]  # fmt: skip
    assert await record.seen_among(shop.id, ["evt_1", "evt_3", "evt_9"]) == {"evt_1", "evt_3"}


async def test_two_accounts_may_list_the_same_id(record: CursorFile, shop: WatchedAccount) -> None:
    other = await record.begin_account("other", Mode.TEST, stripe_id=None, name=None, key_print="q")
    await record.record_page(shop.id, [listed("evt_1")], NOW)
    await record.record_page(other.id, [listed("evt_1")], NOW)

    assert len(await record.pending(other.id, 10)) == 1


async def test_pending_events_come_oldest_first(record: CursorFile, shop: WatchedAccount) -> None:
    await record.record_page(shop.id, [listed("evt_new", 30), listed("evt_old", 10), listed("evt_mid", 20)], NOW)

    assert [event.payload for event in await record.pending(shop.id, 2)] == ['{"id":"evt_old"}', '{"id":"evt_mid"}']


async def test_the_mark_comes_with_the_last_page(record: CursorFile, shop: WatchedAccount) -> None:
    ending = Ending(1234, 1000, 3, Announcement(MESSAGE, BOTH))
    await record.record_page(shop.id, [listed("evt_1")], NOW, ending)

    (account,) = await record.accounts("shop", Mode.LIVE, None)
    assert (account.low_water, account.watched_from, account.polled_at) == (1234, 1000, NOW)
    delivery = await next_delivery(record, "phone", Disclosure.FULL, NOW)
    assert delivery is not None
    assert delivery.message == MESSAGE


async def test_an_account_is_found_by_either_id_in_its_mode(record: CursorFile, shop: WatchedAccount) -> None:
    assert await record.accounts("shop", Mode.LIVE, None) == [shop]
    assert await record.accounts("renamed", Mode.LIVE, "acct_1") == [shop]
    assert await record.accounts("shop", Mode.TEST, "acct_1") == []
    assert await record.accounts("renamed", Mode.LIVE, None) == []


async def test_telling_makes_deliveries_and_settles_the_events(record: CursorFile, shop: WatchedAccount) -> None:
    await tell(record, shop, "evt_1")

    assert await record.pending(shop.id, 10) == []
    assert await record.waiting() == 2
    for channel in ("phone", "mail"):
        delivery = await next_delivery(record, channel, Disclosure.FULL, NOW)
        assert delivery is not None
        assert delivery.message == MESSAGE
    assert await next_delivery(record, "desk", Disclosure.FULL, NOW) is None


@pytest.mark.parametrize("disclosure", Disclosure)
async def test_a_channel_gets_the_wording_that_it_may_have(
    record: CursorFile, shop: WatchedAccount, disclosure: Disclosure
) -> None:
    await tell(record, shop, "evt_1")
    delivery = await next_delivery(record, "phone", disclosure, NOW)

    assert delivery is not None
    assert delivery.message == getattr(WORDINGS, disclosure)


async def test_a_told_fact_is_known_by_its_names_and_hints(record: CursorFile, shop: WatchedAccount) -> None:
    await record.record_page(shop.id, [listed("evt_1")], NOW)
    (event,) = await record.pending(shop.id, 10)
    await record.tell(shop.id, Telling(news=(News(fact("ch_1"), WORDINGS, BOTH, (event.number,), Mode.LIVE),)), NOW)

    (by_name,) = await record.facts_under(shop.id, [("payment", "ch_1"), ("payment", "ch_other")])
    (by_hint,) = await record.facts_under(shop.id, [("payment", "in_1")])
    assert by_name == by_hint
    assert (by_name.names, by_name.hints, by_name.types) == ({"ch_1"}, {"in_1"}, {"charge.succeeded"})
    assert await record.facts_under(shop.id, [("refund", "ch_1")]) == []

    by_name.names.add("pi_1")
    await record.record_page(shop.id, [listed("evt_2")], NOW)
    (sibling,) = await record.pending(shop.id, 10)
    await record.tell(shop.id, Telling(siblings=(Siblings(by_name, (sibling.number,)),)), NOW)
    assert await record.facts_under(shop.id, [("payment", "pi_1")]) == [by_name]
    assert await record.waiting() == 2


async def test_a_delivery_is_marked_and_comes_no_more(record: CursorFile, shop: WatchedAccount) -> None:
    await tell(record, shop, "evt_1", "evt_2")
    first = await next_delivery(record, "phone", Disclosure.FULL, NOW)
    assert first is not None
    await record.mark_delivered(first.id, NOW)
    second = await next_delivery(record, "phone", Disclosure.FULL, NOW)
    assert second is not None
    assert second.id != first.id
    await record.mark_abandoned(second.id, "too old", NOW)
    assert await next_delivery(record, "phone", Disclosure.FULL, NOW) is None
    assert await record.next_due(Address("phone"), NOW - 1) is None
    assert await record.waiting() == 2  # those of the other channel


async def test_a_delivery_comes_again_when_it_is_due(record: CursorFile, shop: WatchedAccount) -> None:
    await tell(record, shop, "evt_1")
    delivery = await next_delivery(record, "phone", Disclosure.FULL, NOW)
    assert delivery is not None
    await record.mark_due_again(delivery.id, NOW + 60, "refused", 1)

    assert await next_delivery(record, "phone", Disclosure.FULL, NOW + 59) is None
    assert await record.next_due(Address("phone"), NOW - 1) == NOW + 60
    again = await next_delivery(record, "phone", Disclosure.FULL, NOW + 60)
    assert again is not None
    assert (again.attempts, again.unconfirmed, again.created) == (1, 1, NOW)
    await record.mark_due_again(delivery.id, NOW + 600, "refused", 1)
    await record.make_due("phone", NOW + 70)
    assert await record.next_due(Address("phone"), NOW - 1) == NOW + 70


async def test_what_waits_for_a_removed_channel_is_abandoned(record: CursorFile, shop: WatchedAccount) -> None:
    await tell(record, shop, "evt_1")

    assert await record.abandon_strays({"mail": 1}, NOW) == 1
    assert await next_delivery(record, "phone", Disclosure.FULL, NOW) is None
    assert await next_delivery(record, "mail", Disclosure.FULL, NOW) is not None


async def test_an_alert_is_raised_once_until_it_is_cleared(record: CursorFile, shop: WatchedAccount) -> None:
    alert = Announcement(MESSAGE, to("phone"))
    assert await record.raise_alert(About.account(shop.id), "key_refused", alert, NOW)
    assert not await record.raise_alert(About.account(shop.id), "key_refused", alert, NOW + 1)
    assert await record.open_alerts(About.account(shop.id)) == {"key_refused": NOW}
    assert await record.waiting() == 1

    await record.clear_alerts(About.account(shop.id), {"key_refused"}, alert, NOW + 2)
    await record.clear_alerts(About.account(shop.id), {"key_refused"}, alert, NOW + 3)
    assert await record.waiting() == 2
    assert await record.raise_alert(About.account(shop.id), "key_refused", alert, NOW + 4)


async def test_history_is_forgotten_after_a_year_but_not_what_waits(record: CursorFile, shop: WatchedAccount) -> None:
    await tell(record, shop, "evt_1", routing=Routing((), (("phone", "kind_not_wanted"),)))
    await tell(record, shop, "evt_2")

    await record.prune(NOW + KEEP_DAYS * 86400 + 1)

    assert await record.seen_among(shop.id, ["evt_1", "evt_2"]) == set()
    assert await record.waiting() == 2
    occurrences = record._db.execute("SELECT count(*) FROM occurrences").fetchone()[0]
    assert occurrences == 1


async def test_a_cancelled_task_leaves_its_transaction_whole(record: CursorFile, shop: WatchedAccount) -> None:
    page = [listed(f"evt_{n}") for n in range(500)]
    task = asyncio.create_task(record.record_page(shop.id, page, NOW))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert len(await record.pending(shop.id, 1000)) in {0, 500}


async def test_it_is_all_there_after_a_restart(tmp_path: Path) -> None:
    first = CursorFile.open(tmp_path / "cursor.db")
    shop = await first.begin_account("shop", Mode.LIVE, stripe_id=None, name=None, key_print="p")
    await tell(first, shop, "evt_1")
    first.close()

    second = CursorFile.open(tmp_path / "cursor.db")
    assert await second.waiting() == 2
    assert await second.seen_among(shop.id, ["evt_1"]) == {"evt_1"}
    second.close()


# What it refuses


def refusal(path: Path) -> Refusal:
    with pytest.raises(Refusal) as caught:
        CursorFile.open(path)
    assert str(path) in str(caught.value)
    assert caught.value.hint
    return caught.value


def made(path: Path) -> Path:
    CursorFile.open(path).close()
    return path


def test_a_new_file_is_its_owners_alone_even_with_a_lax_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = made(tmp_path / "state" / "cursor.db")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_two_daemons_on_one_file(tmp_path: Path) -> None:
    path = tmp_path / "cursor.db"
    first = CursorFile.open(path)
    assert f"another cashnotifyd (process {os.getpid()})" in str(refusal(path))
    link = tmp_path / "link.db"
    link.symlink_to(path)
    with pytest.raises(Refusal, match="another cashnotifyd"):
        CursorFile.open(link)
    first.close()
    CursorFile.open(path).close()


def test_a_file_of_a_newer_schema(tmp_path: Path) -> None:
    path = made(tmp_path / "cursor.db")
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.close()
    before = path.read_bytes()

    assert "newer cashnotifyd" in str(refusal(path))
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"", b"garbage" * 1000, b"SQLite format 3\0" + b"\0" * 4000], ids=["empty", "garbage", "zeros"]
)
def test_a_file_that_is_no_cursor_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cursor.db"
    path.write_bytes(content)

    assert "move it away" in str(refusal(path))
    assert path.read_bytes() == content


def test_another_programs_database(tmp_path: Path) -> None:
    path = tmp_path / "cursor.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE bookmarks (url)")
    db.close()

    assert "no cursor file of cashnotifyd" in str(refusal(path))


async def test_a_damaged_page(tmp_path: Path) -> None:
    path = tmp_path / "cursor.db"
    record = CursorFile.open(path)
    shop = await record.begin_account("shop", Mode.LIVE, stripe_id=None, name=None, key_print="p")
    await record.record_page(shop.id, [listed(f"evt_{n}") for n in range(2000)], NOW)
    record.close()
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 8192] = b"\xff" * 8192
    path.write_bytes(data)

    assert "damaged" in str(refusal(path))
    assert path.read_bytes() == bytes(data)


def test_a_log_without_its_file(tmp_path: Path) -> None:
    path = tmp_path / "cursor.db"
    (tmp_path / "cursor.db-wal").write_bytes(b"news")

    assert "is gone" in str(refusal(path))
    assert not path.exists()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert "cannot be used" in str(refusal(tmp_path / "file" / "cursor.db"))


async def test_a_full_disk_is_a_refusal_that_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "cursor.db"
    record = CursorFile.open(path)
    shop = await record.begin_account("shop", Mode.LIVE, stripe_id=None, name=None, key_print="p")
    await record.record_page(shop.id, [listed("evt_1")], NOW)
    pages = record._db.execute("PRAGMA page_count").fetchone()[0]
    record._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(Refusal, match="no room left"):
        await record.record_page(shop.id, [listed(f"evt_x{n}") for n in range(5000)], NOW)
    record.close()

    again = CursorFile.open(path)
    assert [event.payload for event in await again.pending(shop.id, 10000)] == ['{"id":"evt_1"}']
    again.close()


def test_a_half_made_file_is_never_found(tmp_path: Path) -> None:
    path = tmp_path / "cursor.db"
    (tmp_path / "cursor.db.new").write_bytes(b"half")

    made(path)

    assert not (tmp_path / "cursor.db.new").exists()


def test_a_copy_elsewhere_opens(tmp_path: Path) -> None:
    path = made(tmp_path / "cursor.db")
    shutil.copy(path, tmp_path / "backup.db")

    made(tmp_path / "backup.db")
