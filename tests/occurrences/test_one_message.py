"""All events of one payment, in any order and over any polls, become one message, the same whatever the order."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.simulator import families
from cashnotifyd.simulator.account import SimulatedAccount
from tests.occurrences.payloads import ENDIVE, Json, charge, event, intent, invoice
from tests.quick_disk import quick_folder
from tests.teller import NOW, Teller, emitted, shop

ORDERS: Final = 6
"""Thirty of each family, six of them in each of five versions."""
AT: Final = int(NOW)


def renewal(merchant: SimulatedAccount) -> list[Json]:
    subscribed, _ = families.subscription_start(merchant, at=AT - 2_592_000)
    before = len(emitted(merchant))
    families.renewal(merchant, subscribed, at=AT)
    return emitted(merchant)[before:]


def recovered(merchant: SimulatedAccount) -> list[Json]:
    subscribed, _ = families.subscription_start(merchant, at=AT - 2_592_000)
    families.renewal_failed(merchant, subscribed, at=AT - 259_200)
    before = len(emitted(merchant))
    families.renewal_recovered(merchant, subscribed, at=AT)
    return emitted(merchant)[before:]


def failed_renewal(merchant: SimulatedAccount) -> list[Json]:
    subscribed, _ = families.subscription_start(merchant, at=AT - 2_592_000)
    before = len(emitted(merchant))
    families.renewal_failed(merchant, subscribed, at=AT)
    return emitted(merchant)[before:]


def first_payment(merchant: SimulatedAccount) -> list[Json]:
    families.subscription_start(merchant, at=AT)
    return emitted(merchant)


def plain_charge(merchant: SimulatedAccount) -> list[Json]:
    families.charge_sale(merchant, amount=4900, at=AT)
    return emitted(merchant)


def checkout(merchant: SimulatedAccount) -> list[Json]:
    families.checkout_sale(merchant, amount=4900, at=AT)
    return emitted(merchant)


def intent_alone(merchant: SimulatedAccount) -> list[Json]:
    return [one for one in checkout(merchant) if one["type"] != "checkout.session.completed"]


def declined(merchant: SimulatedAccount) -> list[Json]:
    families.failed_payment(merchant, amount=4900, at=AT)
    return emitted(merchant)


def refunded(merchant: SimulatedAccount) -> list[Json]:
    payment = families.checkout_sale(merchant, amount=4900, at=AT - 86_400)
    before = len(emitted(merchant))
    families.refund(merchant, payment, amount=900, at=AT)
    return emitted(merchant)[before:]


def outside_stripe(merchant: SimulatedAccount) -> list[Json]:
    """By hand, as the simulator's people all pay."""
    basil = merchant.api_version[:10] >= "2025-03-31"
    old: Json = {} if basil else {"charge": None, "paid": True, "paid_out_of_band": True, "payment_intent": None}
    paid = invoice(billing_reason="manual", parent=None, **old)
    told = [
        event("invoice.updated", paid, event_id="evt_a", version=ENDIVE, created=AT, previous={"status": "open"}),
        event("invoice.paid", paid, event_id="evt_b", version=ENDIVE, created=AT),
    ]
    if basil:
        record: Json = {
            "id": "inpay_1",
            "object": "invoice_payment",
            "amount_paid": 2000,
            "currency": "usd",
            "invoice": "in_1Ada",
            "payment": {"type": "payment_record", "payment_record": "pr_1"},
        }
        told.append(event("invoice_payment.paid", record, event_id="evt_c", version=ENDIVE, created=AT + 1))
    return told


VERSIONS: Final = ("2020-08-27", "2022-11-15", "2024-06-20", "2025-03-31.basil", ENDIVE)
"""Charges within the intent; only named; a late fee; nothing that names the other; a bridge between them."""

FAMILIES: Final[dict[str, tuple[Callable[[SimulatedAccount], list[Json]], str]]] = {
    "plain charge": (plain_charge, "Sale $49.00"),
    "payment intent": (intent_alone, "Sale $49.00"),
    "checkout": (checkout, "Sale $49.00"),
    "subscription through the checkout": (first_payment, "Sale $29.00"),
    "renewal": (renewal, "Renewal $29.00"),
    "renewal at the second attempt": (recovered, "Renewal $29.00"),
    "invoice paid outside Stripe": (outside_stripe, "Sale $20.00"),
    "declined payment": (declined, "Payment failed $49.00"),
    "declined renewal": (failed_renewal, "Payment failed $29.00"),
    "refund": (refunded, "Refund $9.00"),
}


def seeds(version: str) -> range:
    first = VERSIONS.index(version) * ORDERS
    return range(first, first + ORDERS)


@pytest.fixture
def record() -> Iterator[CursorFile]:
    with quick_folder() as folder:
        record = CursorFile.open(folder / "cursor.db")
        yield record
        record.close()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("family", FAMILIES)
async def test_events_that_come_torn_apart_become_the_same_message(
    record: CursorFile, family: str, version: str
) -> None:
    play, title = FAMILIES[family]
    events = play(shop(version))
    messages = set()
    for seed in seeds(version):
        teller, rng = Teller(record, f"shop-{seed}"), random.Random(seed)
        await teller.poll_torn(rng.sample(events, len(events)), rng)
        told = [message for message in teller.messages() if not message[0].startswith("New subscription")]
        messages.add(tuple(told))
        assert await teller.unexplained() == 0

    assert len(messages) == 1, messages
    assert [message[0] for message in messages.pop()] == [f"{title} · Acme Shop"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("family", FAMILIES)
async def test_events_that_come_a_minute_apart_become_one_message(
    record: CursorFile, family: str, version: str
) -> None:
    """Whichever comes first is told: nothing waits for minutes."""
    play, title = FAMILIES[family]
    events = play(shop(version))
    for seed in seeds(version):
        teller, rng = Teller(record, f"shop-{seed}"), random.Random(seed)
        shuffled = rng.sample(events, len(events))
        while shuffled or teller.held:
            size = rng.randint(1, len(shuffled)) if shuffled else 0
            await teller.poll(shuffled[:size])
            shuffled = shuffled[size:]
            teller.now += 20
        told = [message[0] for message in teller.messages() if not message[0].startswith("New subscription")]

        assert len(told) == 1, (seed, told)
        assert told[0].partition(" $")[2] == f"{title} · Acme Shop".partition(" $")[2]
        assert await teller.unexplained() == 0


@pytest.mark.parametrize("seed", range(ORDERS))
async def test_what_a_partial_capture_lets_go_is_in_no_message(record: CursorFile, seed: int) -> None:
    """By hand, as nobody reserves money in the simulator. Stripe tells it as a refund, in the second of the capture."""
    part = charge(amount=5000, amount_captured=3000, amount_refunded=2000, customer=None)
    received = intent(amount=5000, amount_received=3000, customer=None)
    told = [("charge.captured", part), ("charge.refunded", part), ("payment_intent.succeeded", received)]
    events = [
        event(sort, thing, event_id=f"evt_{number}", version=ENDIVE, created=AT, previous={"amount_refunded": 0})
        for number, (sort, thing) in enumerate(told)
    ]
    teller, rng = Teller(record), random.Random(seed)

    await teller.poll_torn(rng.sample(events, len(events)), rng)

    assert teller.titles() == ["Sale €30.00 · Acme Shop"]
    assert await teller.unexplained() == 0
