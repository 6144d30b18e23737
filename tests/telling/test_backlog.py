"""Far more than one batch takes: what comes first, what waits for its siblings, and that it comes in portions."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.values import ListedEvent
from cashnotifyd.simulator import families
from cashnotifyd.simulator.account import SimulatedAccount
from cashnotifyd.telling import pending
from cashnotifyd.telling.pending import NEWS, Told, tell_pending
from cashnotifyd.vocabulary import Mode
from tests import inspecting
from tests.quick_disk import quick_folder
from tests.teller import AUDIENCE, NOW, SHOP, emitted, shop

DAY = 86_400
A_WEEK_AGO = NOW - 7 * DAY


@pytest.fixture
def record() -> Iterator[CursorFile]:
    with quick_folder() as folder:
        record = CursorFile.open(folder / "cursor.db")
        yield record
        record.close()


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pending, "BATCH", 20)
    monkeypatch.setattr(pending, "LARGEST_BATCH", 100)
    monkeypatch.setattr(pending, "PORTION", 3)


class Backlog:
    """An account whose events are recorded and then told in portions."""

    def __init__(self, record: CursorFile, number: int) -> None:
        self.record = record
        self.number = number

    async def add(self, events: list[dict[str, Any]]) -> None:
        listed = [
            ListedEvent(one["id"], one["type"], int(one["created"]), json.dumps(one), "pending") for one in events
        ]
        await self.record.record_page(self.number, listed, NOW)

    async def portion(self, whole_from: int | None = None) -> Told:
        return await tell_pending(self.record, self.number, SHOP, AUDIENCE, NOW, whole_from=whole_from)

    async def rest(self) -> None:
        for _ in range(200):
            if not (await self.portion()).more:
                return
        pytest.fail("the backlog does not come to an end")

    def told(self) -> list[tuple[str, int]]:
        """Title and time of what the phone gets, in the order of its going out."""
        put = inspecting.outbox(self.record.path, "phone")
        return [(one.title, one.created) for one in put if one.state == "waiting"]

    async def pending(self) -> int:
        return len((await self.record.not_settled()).pending)


@pytest.fixture
async def backlog(record: CursorFile) -> Backlog:
    begun = await record.begin_account("shop", Mode.LIVE, stripe_id=None, name=None, key_print="p")
    return Backlog(record, begun.id)


def payments_off(merchant: SimulatedAccount, at: float) -> None:
    off = {"id": "acct_1Shop", "object": "account", "charges_enabled": False, "payouts_enabled": True}
    merchant.emit("account.updated", off, previous={"charges_enabled": True}, created=at)


def sales(merchant: SimulatedAccount, count: int, *, since: float, every: float) -> None:
    for number in range(count):
        families.checkout_sale(merchant, amount=100 + number, at=since + number * every)


async def test_what_presses_comes_first_then_todays_news_then_the_rest(backlog: Backlog) -> None:
    merchant = shop("2025-09-30.clover")
    sales(merchant, 40, since=A_WEEK_AGO, every=3600)
    payments_off(merchant, A_WEEK_AGO + 30 * 3600)
    sales(merchant, 20, since=NOW - 12 * 3600, every=600)
    await backlog.add(emitted(merchant))

    await backlog.rest()

    titles, times = zip(*backlog.told(), strict=True)
    assert titles[0] == "Payments switched off · Acme Shop"
    assert len(titles) == 61
    news, old = list(times[1:21]), list(times[21:])
    assert min(news) >= NOW - NEWS > max(old)
    assert (news, old) == (sorted(news), sorted(old))


async def test_a_backlog_comes_in_portions_and_what_is_new_meanwhile_before_the_rest(backlog: Backlog) -> None:
    merchant = shop("2025-09-30.clover")
    sales(merchant, 60, since=A_WEEK_AGO, every=3600)
    await backlog.add(emitted(merchant))
    before = len(emitted(merchant))

    first = await backlog.portion()

    assert first.more
    assert 0 < len(backlog.told()) < 60
    sales(merchant, 1, since=NOW - 60, every=1)
    await backlog.add(emitted(merchant)[before:])
    told = len(backlog.told())
    await backlog.portion()
    assert backlog.told()[told][1] == NOW - 60
    await backlog.rest()
    assert len(backlog.told()) == 61
    assert await backlog.pending() == 0


@pytest.mark.parametrize("seed", range(6))
async def test_the_seam_between_news_and_the_rest_tears_no_payment_apart(backlog: Backlog, seed: int) -> None:
    merchant, rng = shop("2025-09-30.clover"), random.Random(seed)
    sales(merchant, 30, since=A_WEEK_AGO, every=3600)
    subscribed = [families.subscription_start(merchant, at=A_WEEK_AGO - DAY)[0] for _ in range(8)]
    sales(merchant, 20, since=NOW - 3600, every=60)
    before = len(emitted(merchant))
    for one in subscribed:
        families.renewal(merchant, one, at=NOW - NEWS)
    events = emitted(merchant)
    # A renewal's invoice, payment and booking are a second or two apart, here on both sides of the seam.
    events[before:] = [{**event, "created": int(NOW) - NEWS + rng.randint(-2, 1)} for event in events[before:]]
    rng.shuffle(events)
    await backlog.add(events)

    await backlog.rest()

    titles = [title for title, _ in backlog.told()]
    assert titles.count("Renewal $29.00 · Acme Shop") == 8
    assert titles.count("Sale $29.00 · Acme Shop") == 8
    assert sum(title.startswith("Sale") for title in titles) == 58
    assert await backlog.pending() == 0


async def test_more_in_one_second_than_a_batch_takes_is_told_whole(backlog: Backlog) -> None:
    merchant = shop("2025-09-30.clover")
    subscribed = [families.subscription_start(merchant, at=A_WEEK_AGO)[0] for _ in range(10)]
    before = len(emitted(merchant))
    for one in subscribed:
        families.renewal(merchant, one, at=NOW - 3600)
    await backlog.add(emitted(merchant)[before:])

    await backlog.rest()

    assert [title for title, _ in backlog.told()] == 10 * ["Renewal $29.00 · Acme Shop"]


@pytest.mark.parametrize("seed", range(6))
async def test_news_need_not_wait_for_the_end_of_a_walk(backlog: Backlog, seed: int) -> None:
    merchant, rng = shop("2025-09-30.clover"), random.Random(seed)
    subscribed = [families.subscription_start(merchant, at=A_WEEK_AGO)[0] for _ in range(2)]
    payments_off(merchant, NOW - 2 * DAY)
    sales(merchant, 30, since=NOW - 3000, every=60)
    edge = int(NOW) - 3600
    before = len(emitted(merchant))
    for one in subscribed:
        families.renewal(merchant, one, at=edge)
    events = emitted(merchant)
    events[before:] = [{**event, "created": edge + rng.randint(-2, 1)} for event in events[before:]]
    seen = [event for event in events if event["created"] >= edge or event["type"] == "account.updated"]

    await backlog.add(seen)
    while (await backlog.portion(whole_from=edge)).more:
        pass

    titles = [title for title, _ in backlog.told()]
    assert titles[0] == "Payments switched off · Acme Shop"
    assert sum(title.startswith("Sale $1.") for title in titles) == 30
    assert await backlog.pending() > 0
    await backlog.add(events)
    await backlog.rest()
    titles = [title for title, _ in backlog.told()]
    assert titles.count("Renewal $29.00 · Acme Shop") == 2
    assert titles.count("Sale $29.00 · Acme Shop") == 2
    assert len(titles) == 31 + 2 + 4
    assert await backlog.pending() == 0


async def test_one_batch_keeps_the_order_of_what_happened(backlog: Backlog) -> None:
    merchant = shop("2025-09-30.clover")
    sales(merchant, 2, since=A_WEEK_AGO, every=3600)
    payments_off(merchant, NOW - 7200)
    sales(merchant, 1, since=NOW - 3600, every=1)
    await backlog.add(emitted(merchant))

    told = await backlog.portion()

    assert (told.held, told.more) == (False, False)
    times = [created for _, created in backlog.told()]
    assert len(times) == 4
    assert times == sorted(times)


async def test_the_inbox_by_time_and_by_type(record: CursorFile, backlog: Backlog) -> None:
    kinds = ["charge.succeeded", "payout.failed", "charge.succeeded", "payout.failed"]
    await backlog.add([{"id": f"evt_{at}", "type": kind, "created": at} for at, kind in enumerate(kinds, start=1)])

    def ids(found: list[Any]) -> list[str]:
        return [json.loads(one.payload)["id"] for one in found]

    assert ids(await record.pending(backlog.number, 10, since=3)) == ["evt_3", "evt_4"]
    assert ids(await record.pending_of(backlog.number, ["payout.failed"], 10)) == ["evt_2", "evt_4"]
    assert ids(await record.pending_of(backlog.number, ["payout.failed"], 1)) == ["evt_2"]
    assert await record.pending_of(backlog.number, ["review.opened"], 10) == []
    assert await record.pending_of(backlog.number + 1, ["payout.failed"], 10) == []
