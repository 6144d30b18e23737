"""The ids that events name, in every version's place for them; fees that an event tells itself."""

from __future__ import annotations

from typing import Any

import pytest

from cashnotifyd.money import Money
from cashnotifyd.occurrences.facts import join
from cashnotifyd.occurrences.reading import Details, Part, Reading, Silence
from cashnotifyd.occurrences.references import references
from cashnotifyd.occurrences.understanding import understand
from cashnotifyd.vocabulary import Event


def event(kind: str, thing: dict[str, Any], previous: dict[str, Any] | None = None) -> Event:
    return Event(f"evt_{kind}", kind, 1_790_000_000, livemode=True, object=thing, previous=previous or {})


CHARGE = {
    "object": "charge", "id": "ch_1", "amount": 4900, "currency": "usd", "customer": "cus_1", "payment_intent": "pi_1",
    "paid": True, "captured": True, "status": "succeeded", "balance_transaction": None,
}  # fmt: skip
BOOKED: dict[str, Any] = {
    "object": "balance_transaction", "id": "txn_1", "amount": 5341, "currency": "eur", "fee": 185, "net": 5156,
    "exchange_rate": 1.09,
}  # fmt: skip
LINE = {"object": "line_item", "amount": 2900, "type": "subscription", "price": {"product": "prod_1"}}
BASIL_LINE = {
    "object": "line_item", "amount": 2900, "pricing": {"price_details": {"product": "prod_1"}},
    "parent": {"type": "subscription_item_details", "subscription_item_details": {"proration": False}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "thing", "named"),
    [
        (
            "charge.succeeded",
            {**CHARGE, "invoice": "in_1", "balance_transaction": "txn_1"},
            Details(charge_id="ch_1", customer_id="cus_1", payment_intent_id="pi_1", invoice_id="in_1",
                    balance_transaction_id="txn_1"),
        ),
        # The booking of a refunded charge is that of its payment.
        (
            "charge.refunded",
            {**CHARGE, "balance_transaction": "txn_1", "refunds": {"data": [{"balance_transaction": "txn_2"}]}},
            Details(charge_id="ch_1", customer_id="cus_1", payment_intent_id="pi_1", balance_transaction_id="txn_2"),
        ),
        (
            "payment_intent.succeeded",
            {"object": "payment_intent", "id": "pi_1", "charges": {"data": [{"balance_transaction": "txn_1"}]}},
            Details(payment_intent_id="pi_1", balance_transaction_id="txn_1"),
        ),
        (
            "invoice.paid",
            {"object": "invoice", "id": "in_1", "customer": {"id": "cus_1"}, "payment_intent": "pi_1",
             "subscription": "sub_1", "lines": {"data": [LINE]}},
            Details(customer_id="cus_1", payment_intent_id="pi_1", invoice_id="in_1", subscription_id="sub_1",
                    product_ids=("prod_1",), things=1),
        ),
        (
            "invoice.paid",
            {"object": "invoice", "id": "in_1", "parent": {"subscription_details": {"subscription": "sub_1"}},
             "payments": {"data": [{"status": "paid", "payment": {"payment_intent": "pi_1"}}]},
             "lines": {"data": [{**BASIL_LINE, "amount": 100, "pricing": {"price_details": {"product": "prod_2"}}},
                                BASIL_LINE]}},
            Details(payment_intent_id="pi_1", invoice_id="in_1", subscription_id="sub_1",
                    product_ids=("prod_1", "prod_2"), things=2),
        ),
        # A proration's own words say more than a product's name.
        ("invoice.paid", {"object": "invoice", "lines": {"data": [{**LINE, "proration": True}]}}, Details()),
        ("invoice.paid", {"object": "invoice", "lines": {"data": [{**LINE, "type": "invoiceitem"}]}}, Details()),
        (
            "customer.subscription.created",
            {"object": "subscription", "id": "sub_1", "plan": {"product": "prod_1"}},
            Details(subscription_id="sub_1", product_ids=("prod_1",), things=1),
        ),
        (
            "customer.subscription.created",
            {"object": "subscription", "id": "sub_1",
             "items": {"data": [{"price": {"product": "prod_1", "unit_amount": 900}},
                                {"price": {"product": "prod_2", "unit_amount": 500}, "quantity": 2},
                                {"price": {"unit_amount": None}}], "total_count": 12}},
            Details(subscription_id="sub_1", product_ids=("prod_2", "prod_1"), things=12),
        ),
        (
            "charge.dispute.created",
            {"object": "dispute", "payment_intent": "pi_1",
             "balance_transactions": [{**BOOKED, "exchange_rate": None}]},
            Details(payment_intent_id="pi_1", balance_transaction_id="txn_1", fee=Money(185, "eur"),
                    net=Money(5156, "eur")),
        ),
        ("payout.paid", {"object": "payout", "id": "po_1", "balance_transaction": "txn_1"},
         Details(payout_id="po_1", balance_transaction_id="txn_1")),
        (
            "charge.succeeded",
            {"object": "charge", "amount": 4900, "currency": "usd", "fee": 172},
            Details(fee=Money(172, "usd"), net=Money(4728, "usd")),
        ),
        (
            "charge.succeeded",
            {"object": "charge", "balance_transaction": BOOKED},
            Details(fee=Money(185, "eur"), net=Money(5156, "eur"), settled=Money(5341, "eur"), exchange_rate=1.09,
                    balance_transaction_id="txn_1"),
        ),
    ],
)  # fmt: skip
def test_what_an_event_names(kind: str, thing: dict[str, Any], named: Details) -> None:
    assert Details().filled_from(*references(event(kind, thing))) == named


@pytest.mark.parametrize("junk", [None, 5, "x", [], {}, {"data": [1, None]}, True])
@pytest.mark.parametrize("sort", ["charge", "invoice", "payment_intent", "subscription", "dispute", "invoice_payment"])
def test_junk_names_nothing(sort: str, junk: object) -> None:
    thing = dict.fromkeys(
        ("customer", "charges", "lines", "items", "payments", "payment", "balance_transactions", "latest_charge",
         "parent", "fee", "amount", "plan"),
        junk,
    )  # fmt: skip
    found = Details().filled_from(*references(event("x", {**thing, "object": sort})))
    assert found.fee is None
    assert found.product_ids is None


# The booking that comes late


def reading(kind: str, thing: dict[str, Any], previous: dict[str, Any] | None = None) -> tuple[Event, Reading]:
    happened = event(kind, thing, previous)
    read = understand(happened)
    assert isinstance(read, Reading)
    return happened, read


LATE = reading("charge.updated", {**CHARGE, "balance_transaction": "txn_1"}, {"balance_transaction": None})


@pytest.mark.parametrize(
    ("kind", "thing"),
    [
        ("charge.succeeded", CHARGE),
        ("payment_intent.succeeded", {"object": "payment_intent", "id": "pi_1", "latest_charge": "ch_1"}),
    ],
)
def test_a_payment_awaits_its_booking(kind: str, thing: dict[str, Any]) -> None:
    payment = reading(kind, thing)
    (early,) = join([payment], [])
    (whole,) = join([LATE, payment], [])

    assert Part.FEE in early.lacks()
    assert Part.FEE not in whole.lacks()
    assert whole.silence() is None
    assert whole.occurrence().details.balance_transaction_id == "txn_1"
    assert whole.ranked()[0][0].type == kind


def test_a_booking_alone_is_silent_and_awaits_its_payment() -> None:
    (fact,) = join([LATE], [])

    assert fact.silence() is Silence.NOTHING_NEW
    assert fact.lacks() == {Part.PAYMENT}


@pytest.mark.parametrize(
    ("changes", "previous"),
    [({}, {"metadata": {}}), ({"balance_transaction": "txn_1"}, {"metadata": {}}), ({"captured": False}, {})],
)
def test_any_other_change_of_a_charge_is_no_booking(changes: dict[str, Any], previous: dict[str, Any]) -> None:
    _, read = reading("charge.updated", {**CHARGE, **changes}, previous)
    assert read.tells
