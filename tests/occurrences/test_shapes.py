"""Tolerant reading: what is not there, or is not what it should be, is None."""

from __future__ import annotations

import pytest

from cashnotifyd.money import Money
from cashnotifyd.occurrences.reading import Details
from cashnotifyd.occurrences.shapes import (
    count,
    entries,
    id_of,
    instrument,
    invoice_subject,
    moment,
    money,
    payer,
    text,
)


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        (4900, "EUR", Money(4900, "eur")),
        (-1, "usd", Money(-1, "usd")),
        (1, "usdc", Money(1, "usdc")),
        (True, "usd", None),
        (4900.0, "usd", None),
        ("4900", "usd", None),
        (None, "usd", None),
        (10**30, "usd", None),
        (4900, None, None),
        (4900, "", None),
        (4900, "e u", None),
        (4900, ["eur"], None),
    ],
)
def test_money_is_a_whole_number_and_a_currency(amount: object, currency: object, expected: Money | None) -> None:
    assert money(amount, currency) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ch_1", "ch_1"),
        ({"id": "ch_1"}, "ch_1"),
        ({"id": None}, None),
        ("", None),
        ("a b", None),
        (3, None),
        ([], None),
    ],
)
def test_an_object_is_named_or_expanded(value: object, expected: str | None) -> None:
    assert id_of(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1795525380, 1795525380), (1795525380.0, 1795525380), (0, None), (-5, None), (True, None), (10**15, None)],
)
def test_a_moment_fits_a_calendar(value: object, expected: int | None) -> None:
    assert moment(value) == expected


@pytest.mark.parametrize(("value", "expected"), [(2, 2), (0, None), (True, None), (10**9, None), ("2", None)])
def test_a_count_is_small_and_positive(value: object, expected: int | None) -> None:
    assert count(value) == expected


@pytest.mark.parametrize(("value", "expected"), [(" a ", " a "), ("  ", None), ("\ud800x", "?x"), (3, None)])
def test_text_can_be_stored(value: object, expected: str | None) -> None:
    assert text(value) == expected


@pytest.mark.parametrize("value", [{"data": [{"id": 1}, 3]}, [{"id": 1}, None]])
def test_a_list_is_a_stripe_list_or_an_array(value: object) -> None:
    assert entries(value) == [{"id": 1}]


@pytest.mark.parametrize(
    ("payment", "expected"),
    [
        ({"card": {"type": "Visa", "last4": "4242"}}, Details(card_brand="Visa", card_last4="4242")),
        (
            {"source": {"object": "card", "brand": "Visa", "last4": "4242"}},
            Details(card_brand="Visa", card_last4="4242"),
        ),
        (
            {"source": {"object": "source", "type": "card", "card": {"brand": "Visa", "last4": "4242"}}},
            Details(card_brand="Visa", card_last4="4242"),
        ),
        ({"source": {"object": "source", "type": "ideal", "ideal": {}}}, Details(payment_method="ideal")),
        ({"source": {"object": "bank_account", "last4": "6789"}}, Details(payment_method="bank_account")),
        (
            {"payment_method_details": {"type": "card_present", "card_present": {"brand": "visa", "last4": "4242"}}},
            Details(card_brand="visa", card_last4="4242"),
        ),
        ({"payment_method_details": {"type": "klarna", "klarna": {}}}, Details(payment_method="klarna")),
        ({}, Details()),
    ],
)
def test_the_means_of_payment_in_every_version(payment: dict[str, object], expected: Details) -> None:
    assert instrument(payment) == expected


@pytest.mark.parametrize(
    ("payment", "name", "email", "country"),
    [
        ({"customer_name": "Ada", "customer_email": "a@b.example", "customer_address": {"country": "GB"}},
         "Ada", "a@b.example", "GB"),
        ({"customer": {"description": "Ada", "email": "a@b.example"}}, "Ada", "a@b.example", None),
        ({"billing_details": {"name": None, "email": None}, "receipt_email": "a@b.example"}, None, "a@b.example", None),
        ({"source": {"object": "source", "owner": {"name": "Ada", "email": None}}}, "Ada", None, None),
        ({"shipping": {"name": "Ada"}}, "Ada", None, None),
    ],
)  # fmt: skip
def test_who_pays_in_every_version(
    payment: dict[str, object], name: str | None, email: str | None, country: str | None
) -> None:
    assert payer(payment) == Details(customer_name=name, customer_email=email, customer_country=country)


@pytest.mark.parametrize(
    ("invoice", "subject"),
    [
        ({"lines": {"data": [{"description": "Unused time on Basic", "amount": -500},
                             {"description": "Remaining time on Pro", "amount": 900}]}}, "Remaining time on Pro (+1)"),
        ({"lines": {"data": [{"amount": 900, "plan": {"nickname": "Pro"}}]}}, "Pro"),
        ({"lines": {"data": [{"amount": 1, "description": "Ink"}] * 10, "total_count": 14}}, "Ink (+13)"),
        ({"lines": {"data": [{"amount": 900}, {"amount": 1, "description": "Ink"}]}}, "Ink (+1)"),
        ({"lines": {"data": [{"amount": 900, "description": "Pro"}], "total_count": "x"}}, "Pro"),
        ({"lines": {"data": [{"amount": 900, "price": {"product": {"name": "Pro"}}}]}}, "Pro"),
        ({"lines": {"subscriptions": [{"plan": {"name": "Gold"}}], "invoiceitems": []}}, "Gold"),
        ({"lines": {"data": []}, "description": "Consulting"}, "Consulting"),
        ({}, None),
    ],
)  # fmt: skip
def test_what_an_invoice_is_for(invoice: dict[str, object], subject: str | None) -> None:
    assert invoice_subject(invoice) == subject
