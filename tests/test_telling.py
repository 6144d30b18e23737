"""From recorded events to recorded deliveries, over a real record and the simulator's families of events."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.delivery.routing import Channel
from cashnotifyd.occurrences.understanding import event_from_json, understand
from cashnotifyd.simulator import families
from cashnotifyd.simulator.account import SimulatedAccount
from cashnotifyd.telling import sorting
from cashnotifyd.telling.saying import decide
from cashnotifyd.telling.sorting import Understood, reading_of
from cashnotifyd.vocabulary import Message, Urgency
from tests import inspecting
from tests.cursor_file.contract.shop import sent
from tests.teller import AUDIENCE, NOW, SHOP, Teller, emitted, shop


@pytest.fixture
def record(tmp_path: Path) -> Iterator[CursorFile]:
    record = CursorFile.open(tmp_path / "cursor.db")
    yield record
    record.close()


FAMILIES: dict[str, Callable[[SimulatedAccount], object]] = {
    "charge": lambda shop: families.charge_sale(shop, amount=4900),
    "checkout": lambda shop: families.checkout_sale(shop, amount=4900),
    "failure": lambda shop: families.failed_payment(shop, amount=4900),
}


@pytest.mark.parametrize("api_version", ["2020-08-27", "2025-09-30.clover"])
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("seed", range(12))
async def test_a_payment_is_one_message_in_any_order_over_any_polls(
    record: CursorFile, api_version: str, family: str, seed: int
) -> None:
    merchant = shop(api_version)
    FAMILIES[family](merchant)
    events = emitted(merchant)
    rng = random.Random(seed)
    rng.shuffle(events)
    teller = Teller(record)
    while events:
        size = rng.randint(1, len(events))
        await teller.poll(events[:size])
        events = events[size:]

    assert teller.titles() == [
        "Payment failed $49.00 · Acme Shop" if family == "failure" else "Sale $49.00 · Acme Shop"
    ]
    assert await teller.unexplained() == 0


@pytest.mark.parametrize("api_version", ["2020-08-27", "2025-09-30.clover"])
async def test_the_story_of_a_subscription(record: CursorFile, api_version: str) -> None:
    merchant, teller = shop(api_version), Teller(record)
    told = 0
    story: list[str] = []

    async def chapter() -> None:
        nonlocal told
        await teller.poll(emitted(merchant)[told:])
        told = len(emitted(merchant))
        story.extend(title.removesuffix(" · Acme Shop") for title in teller.titles()[len(story) :])

    subscribed, _ = families.subscription_start(merchant, at=NOW)
    await chapter()
    payment = families.renewal(merchant, subscribed, at=NOW + 86400)
    await chapter()
    families.refund(merchant, payment, amount=500, at=NOW + 90000)
    await chapter()
    families.dispute(merchant, payment, at=NOW + 100000)
    await chapter()
    families.renewal_failed(merchant, subscribed, at=NOW + 200000)
    await chapter()
    families.cancellation(merchant, subscribed, at=NOW + 300000)
    await chapter()

    assert sorted(story[:2]) == ["New subscription $29.00/month", "Sale $29.00"]
    assert story[2:] == [
        "Renewal $29.00",
        "Refund $5.00",
        "Dispute $29.00",
        "Payment failed $29.00",
        "Subscription cancelled $29.00/month",
    ]
    assert await teller.unexplained() == 0


@pytest.mark.parametrize("api_version", ["2020-08-27", "2022-11-15", "2025-09-30.clover"])
@pytest.mark.parametrize("seed", range(10))
async def test_families_torn_over_many_polls_are_told_once_and_in_full(
    record: CursorFile, api_version: str, seed: int
) -> None:
    merchant, teller, rng = shop(api_version), Teller(record), random.Random(seed)
    subscribed = [families.subscription_start(merchant, at=NOW)[0] for _ in range(4)]
    await teller.poll_torn(emitted(merchant), rng)
    assert sorted(teller.titles()) == sorted(
        4 * ["New subscription $29.00/month · Acme Shop"] + 4 * ["Sale $29.00 · Acme Shop"]
    )
    told = len(emitted(merchant))
    teller.now = NOW + 86400
    for subscription in subscribed:
        families.renewal(merchant, subscription, at=teller.now)
    await teller.poll_torn(emitted(merchant)[told:], rng)

    assert teller.titles()[8:] == 4 * ["Renewal $29.00 · Acme Shop"]
    assert await teller.unexplained() == 0


@pytest.mark.parametrize("seconds", [sorting.HOLD, -86_400.0])
async def test_what_stays_alone_is_told_after_a_moment(record: CursorFile, seconds: float) -> None:
    """Or when our clock is set back: that moment must not last until the clock is as far again."""
    merchant, teller = shop("2025-09-30.clover"), Teller(record)
    subscribed, _ = families.subscription_start(merchant, at=NOW)
    families.renewal(merchant, subscribed, at=NOW)
    charge = [event for event in emitted(merchant) if event["type"] == "charge.succeeded"][-1]

    await teller.poll([charge])
    assert (teller.titles(), teller.held) == ([], True)
    teller.now += seconds
    await teller.poll([])

    assert (teller.titles(), teller.held) == (["Sale $29.00 · Acme Shop"], False)


async def test_what_is_old_news_is_told_at_once(record: CursorFile) -> None:
    merchant, teller = shop("2025-09-30.clover"), Teller(record)
    subscribed, _ = families.subscription_start(merchant, at=NOW - 60)
    families.renewal(merchant, subscribed, at=NOW - 60)
    charge = [event for event in emitted(merchant) if event["type"] == "charge.succeeded"][-1]

    await teller.poll([charge])

    assert teller.titles() == ["Sale $29.00 · Acme Shop"]


async def test_the_end_of_a_batch_tears_nothing_apart(record: CursorFile) -> None:
    merchant, teller = shop("2025-09-30.clover"), Teller(record)
    for number in range(60):  # over several batches
        subscribed, _ = families.subscription_start(merchant, at=NOW - 86400 + number)
        families.renewal(merchant, subscribed, at=NOW - 40000 + 7 * number)

    await teller.poll(emitted(merchant))

    assert teller.titles().count("Renewal $29.00 · Acme Shop") == 60
    assert teller.titles().count("Sale $29.00 · Acme Shop") == 60
    assert await teller.unexplained() == 0


async def test_a_thousand_payments_at_once_stay_a_thousand(record: CursorFile) -> None:
    merchant, teller = shop("2025-09-30.clover"), Teller(record)
    for number in range(300):
        families.checkout_sale(merchant, amount=100 + number)
    events = emitted(merchant)
    random.Random(1).shuffle(events)

    await teller.poll(events)

    assert len(set(teller.titles())) == len(teller.titles()) == 300


async def test_what_is_not_told_by_default_reaches_those_who_ask(record: CursorFile) -> None:
    merchant, teller = shop("2025-09-30.clover"), Teller(record)
    merchant.emit("product.updated", {"id": "prod_1", "object": "product", "name": "Pro"})

    await teller.poll(emitted(merchant))

    assert teller.titles("phone") == []
    assert len(teller.titles("all")) == 1


@pytest.mark.parametrize("apart", [True, False], ids=["a poll each", "in the same poll"])
async def test_a_channel_that_chose_a_type_hears_of_it_whichever_sibling_came_first(
    record: CursorFile, *, apart: bool
) -> None:
    merchant = shop("2025-09-30.clover")
    families.payout_paid(merchant, families.payout_created(merchant, amount=50000, at=NOW - 60), at=NOW - 60)
    families.checkout_sale(merchant, amount=4900)
    teller = Teller(
        record, "shop",
        Channel("arrived", 2, events=("payout.paid",)),
        Channel("sessions", 1, events=("checkout.session.*",)),
        Channel("both", 1, events=("sale", "checkout.session.completed")),
        Channel("small", 1, events=("checkout.session.completed",), min_amount={"usd": Decimal(50)}),
    )  # fmt: skip

    for events in [[event] for event in emitted(merchant)] if apart else [emitted(merchant)]:
        teller.now += 10 * apart
        await teller.poll(events)

    assert teller.titles("phone") == ["Payout $500.00 · Acme Shop", "Sale $49.00 · Acme Shop"]
    assert teller.titles("arrived") == ["Payout $500.00 · Acme Shop"] * 2
    assert teller.messages("sessions") == teller.messages("both") == teller.messages("phone")[1:]
    assert teller.titles("small") == []
    assert await teller.unexplained() == 0


WITHDRAWN = "charge.dispute.funds_withdrawn"


async def test_a_type_that_is_named_is_told_of_whatever_it_says(record: CursorFile) -> None:
    merchant = shop("2025-09-30.clover")
    merchant.emit(WITHDRAWN, {"id": "dp_1", "object": "dispute", "amount": 4900, "currency": "usd"})
    merchant.emit("invoice.paid", {"id": "in_1", "object": "invoice", "amount_paid": 0, "total": 0, "currency": "usd"})
    teller = Teller(
        record, "shop",
        Channel("exact", 1, events=(WITHDRAWN, "invoice.paid")), Channel("globs", 1, events=("charge.dispute.*",)),
    )  # fmt: skip

    await teller.poll(emitted(merchant))

    assert sorted(teller.titles("exact")) == ["Dispute funds withdrawn $49.00 · Acme Shop", "Invoice paid · Acme Shop"]
    assert teller.titles("globs") == teller.titles("phone") == teller.titles("all") == []
    assert {(one.channel, one.state, one.reason) for one in await sent(record, emitted(merchant)[0]["id"])} == {
        ("exact", "waiting", None),
        *((other, "declined", "dispute_funds_withdrawn") for other in ("globs", "phone", "all")),
    }  # fmt: skip


async def test_the_events_own_mode_is_shown(record: CursorFile) -> None:
    merchant, teller = shop("2025-09-30.clover"), Teller(record)
    families.charge_sale(merchant, amount=4900)

    await teller.poll([{**event, "livemode": False} for event in emitted(merchant)])

    assert teller.titles() == ["[TEST] Sale $49.00 · Acme Shop"]


@pytest.mark.parametrize("apart", [True, False], ids=["later", "in the same poll"])
async def test_a_dispute_refers_back_to_its_payment(record: CursorFile, *, apart: bool) -> None:
    merchant, teller = shop("2025-09-30.clover"), Teller(record)
    subscribed, _ = families.subscription_start(merchant, at=NOW - 86400 * 40)
    payment = families.renewal(merchant, subscribed, at=NOW - 86400 * 9)
    if apart:
        await teller.poll(emitted(merchant))
    families.dispute(merchant, payment, at=NOW)
    disputed = [event for event in emitted(merchant) if event["type"] == "charge.dispute.created"]
    for event in disputed:
        del event["data"]["object"]["evidence"]
    await teller.poll(disputed if apart else emitted(merchant))

    title, body = teller.messages()[-1]
    assert title == "Dispute $29.00 · Acme Shop"
    assert subscribed.person.name in body
    assert "Paid on Sep 12, 2026" in body


async def test_a_dispute_waits_for_the_payment_that_waits(record: CursorFile) -> None:
    merchant, teller = shop("2025-09-30.clover"), Teller(record)
    families.dispute(merchant, families.charge_sale(merchant, amount=4900))
    events = [event for event in emitted(merchant) if event["type"] in {"charge.succeeded", "charge.dispute.created"}]

    await teller.poll(events)
    assert teller.titles() == []
    teller.now += 6
    await teller.poll([])

    assert teller.titles() == ["Sale $49.00 · Acme Shop", "Dispute $49.00 · Acme Shop"]


@pytest.mark.parametrize(
    ("connected", "page"),
    [
        ("acct_1Theirs", "acct_1Theirs/payments/pi_1"),
        ("acct_1Shop", "acct_1Shop/payments/pi_1"),
        (None, "acct_1Shop/payments/pi_1"),
    ],
)
def test_what_happened_on_a_connected_account_leads_to_it(connected: str | None, page: str) -> None:
    charge = {"id": "ch_1", "object": "charge", "amount": 4900, "currency": "usd", "payment_intent": "pi_1"}
    raw = {"id": "evt_1", "type": "charge.succeeded", "created": 1, "data": {"object": charge}, "account": connected}
    event = event_from_json(raw)
    assert event is not None

    (news,) = decide([Understood(1, 0.0, event, reading_of(event))], (), SHOP, AUDIENCE, None).news

    assert news.wordings.full.link == f"https://dashboard.stripe.com/{page}"


def told_on(account: str | None, event_type: str, thing: Any, previous: Any = None) -> Message:  # noqa: ANN401 (JSON)
    data = {"object": thing, "previous_attributes": previous}
    event = event_from_json({"id": "evt_1", "type": event_type, "created": 1, "data": data, "account": account})
    assert event is not None
    (news,) = decide([Understood(1, 0.0, event, reading_of(event))], (), SHOP, AUDIENCE, None).news
    return news.wordings.full


def test_a_connected_account_is_not_taken_for_ones_own() -> None:
    charge = {"id": "ch_1", "object": "charge", "amount": 10_000, "currency": "usd"}
    sale = told_on("acct_1Theirs", "charge.succeeded", charge)
    off = {"id": "acct_1Theirs", "object": "account", "charges_enabled": False, "business_profile": {"name": "Bob's"}}
    emergency = told_on("acct_1Theirs", "account.updated", off, {"charges_enabled": True})
    own = told_on(None, "account.updated", off | {"id": "acct_1Shop"}, {"charges_enabled": True})

    assert sale.title == "Sale $100.00 · acct_1Theirs (connected account)"
    assert sale.body.split("\n")[-1].startswith("acct_1Theirs, connected to Acme Shop · live mode")
    assert (emergency.title, emergency.urgency) == (
        "Payments switched off · Bob's (connected account)",
        Urgency.HIGH,
    )
    assert "Bob's, connected to Acme Shop" in emergency.body
    assert emergency.link == "https://dashboard.stripe.com/acct_1Shop/connect/accounts/acct_1Theirs"
    assert (own.title, own.urgency) == ("Payments switched off · Acme Shop", Urgency.EMERGENCY)


@pytest.mark.parametrize(
    ("event_type", "thing", "page"),
    [
        ("capability.updated", {"id": "transfers", "object": "capability", "status": "inactive"}, "account/status"),
        ("account.external_account.created", {"id": "ba_1", "object": "bank_account"}, "settings/payouts"),
        ("account.application.authorized", {"id": "ca_1", "object": "application"}, "settings/apps"),
    ],
)
def test_news_of_the_account_leads_to_its_settings(event_type: str, thing: Any, page: str) -> None:  # noqa: ANN401 (JSON)
    assert told_on(None, event_type, thing, {"status": "active"}).link == (
        f"https://dashboard.stripe.com/acct_1Shop/{page}"
    )


async def test_a_fraud_warning_says_how_much_was_paid(record: CursorFile) -> None:
    merchant, teller = shop("2025-09-30.clover"), Teller(record)
    families.charge_sale(merchant, amount=4900)
    await teller.poll(emitted(merchant))
    charge = next(one["data"]["object"]["id"] for one in emitted(merchant) if one["type"] == "charge.succeeded")
    warning = {"id": "issfr_1", "object": "radar.early_fraud_warning", "charge": charge, "fraud_type": "misc"}
    merchant.emit("radar.early_fraud_warning.created", warning)
    await teller.poll([one for one in emitted(merchant) if one["type"].startswith("radar.")])

    assert teller.titles()[-1] == "Fraud warning $49.00 · Acme Shop"


async def test_an_event_without_a_mode_is_of_the_accounts(record: CursorFile) -> None:
    merchant, teller = shop("2025-09-30.clover"), Teller(record)
    families.charge_sale(merchant, amount=4900)

    await teller.poll(
        [{name: value for name, value in event.items() if name != "livemode"} for event in emitted(merchant)]
    )

    assert teller.titles() == ["Sale $49.00 · Acme Shop"]


@pytest.mark.fault(19, lost=0, repeated=0)
async def test_an_event_that_trips_us_is_told_plainly_and_holds_up_nothing(
    record: CursorFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    merchant, teller = shop("2025-09-30.clover"), Teller(record)
    families.charge_sale(merchant, amount=1300)
    families.charge_sale(merchant, amount=4900)
    understood = understand

    def trip(event: Any) -> Any:  # noqa: ANN401 (whatever the real one takes)
        if event.object.get("amount") == 1300:
            raise ZeroDivisionError
        return understood(event)

    monkeypatch.setattr(sorting, "understand", trip)

    await teller.poll(emitted(merchant))

    assert teller.titles() == ["Sale $49.00 · Acme Shop"]
    assert len(teller.titles("all")) > 1
    assert await teller.unexplained() == 0


async def test_a_payout_that_did_not_go_out_took_nothing(record: CursorFile) -> None:
    merchant, teller = shop("2025-09-30.clover"), Teller(record)
    families.payout_failed(merchant, families.payout_created(merchant, amount=84_000))
    await teller.poll(emitted(merchant))
    (failed,) = inspecting.told(record.path, "payout_failed")
    assert (failed.amount, failed.net) == (84_000, None)


def test_what_no_channel_has_is_worded_for_the_record_alone() -> None:
    merchant = shop("2025-09-30.clover")
    families.charge_sale(merchant, amount=4900)
    understood = [
        Understood(number, 0.0, event, reading_of(event))
        for number, event in enumerate(filter(None, map(event_from_json, emitted(merchant))))
    ]

    (sale,) = decide(understood, (), SHOP, replace(AUDIENCE, channels=()), None).news

    assert sale.message.title == "Sale $49.00 · Acme Shop"
    assert sale.message.body
    assert {(one.title, one.body, one.link) for one in (sale.wordings.masked, sale.wordings.private)} == {
        ("", "", None)
    }
