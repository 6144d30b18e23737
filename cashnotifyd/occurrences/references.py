"""What an event names without telling it: the ids by which more can be looked up at Stripe, and fees it tells itself.

::

    Event ─▶ reader of its family ─▶ Reading ─┐
          └▶ references ──────────────────────┴▶ Reading with ids (understanding) ─▶ looked up once it is to be told
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from cashnotifyd.occurrences.bills import invoice_payments
from cashnotifyd.occurrences.reading import Details, Part
from cashnotifyd.occurrences.shapes import (
    entries,
    id_of,
    invoice_length,
    invoice_lines,
    listed,
    mapping,
    money,
    newest,
    price_of,
    subscription_of,
    text,
    unit_amount,
    whole_number,
)
from cashnotifyd.vocabulary import Event


def references(event: Event) -> tuple[Details, ...]:
    """The ids that an event's object names or is. What comes first goes first."""
    thing = event.object
    sort = thing.get("object")
    named = Details(
        charge_id=_itself_or(thing, sort, "charge"),
        customer_id=_itself_or(thing, sort, "customer"),
        payment_intent_id=_itself_or(thing, sort, "payment_intent"),
        invoice_id=_itself_or(thing, sort, "invoice"),
        payout_id=_itself_or(thing, sort, "payout"),
    )
    match sort:
        case "charge" if event.type == "charge.refunded":
            more = [booking(newest(entries(thing.get("refunds"))))]
        case "charge" | "refund" | "payout" | "topup" | "transfer":
            more = [booking(thing)]
        case "payment_intent":
            more = [booking(charge_of(thing))]
        case "invoice":
            more = [bill(thing)]
        case "invoice_payment":
            payment = mapping(thing.get("payment"))
            more = [Details(payment_intent_id=id_of(payment.get("payment_intent")))]
        case "checkout.session":
            more = [Details(subscription_id=id_of(thing.get("subscription")))]
        case "subscription":
            more = [Details(subscription_id=id_of(thing)).filled_from(subscribed(thing))]
        case "dispute":
            more = [booked(entry) for entry in entries(thing.get("balance_transactions"))[:1]]
        case _:
            more = []
    if sort == "invoice" and event.connected:
        more.append(Details(business=text(thing.get("account_name"))))
    return named, *more


def charge_of(intent: Mapping[str, Any]) -> Mapping[str, Any]:
    """The charge that a payment intent embeds (``charges`` before 2022-11-15); failed attempts are in there too."""
    charge = newest(one for one in entries(intent.get("charges")) if one.get("paid") is not False)
    return charge or mapping(intent.get("latest_charge"))


def booking(charge: Mapping[str, Any]) -> Details:
    """Fee and net of what moved money (a charge, a refund, a payout), or the id of the balance transaction with them.

    Since 2024-04-10 a charge may learn it only seconds later. In 2012 a charge told its fee itself.
    """
    transaction = charge.get("balance_transaction")
    if isinstance(transaction, dict):
        return booked(transaction)
    amount, fee = whole_number(charge.get("amount")), whole_number(charge.get("fee"))
    if transaction is None and amount is not None and fee is not None:
        currency = charge.get("currency")
        return Details(fee=money(fee, currency), net=money(amount - fee, currency))
    return Details(balance_transaction_id=id_of(transaction))


def booked(transaction: Mapping[str, Any]) -> Details:
    """What a balance transaction says, all of it in the currency that the account is settled in."""
    currency, rate = transaction.get("currency"), transaction.get("exchange_rate")
    if not isinstance(rate, int | float) or isinstance(rate, bool) or not 0 < rate < 1e9:  # noqa: PLR2004 (any sane bound)
        rate = None
    return Details(
        fee=money(transaction.get("fee"), currency),
        net=money(transaction.get("net"), currency),
        settled=None if rate is None else money(transaction.get("amount"), currency),
        exchange_rate=rate,
        balance_transaction_id=id_of(transaction),
    )


def booking_told(charge: Mapping[str, Any]) -> frozenset[Part]:
    """What a charge brings where it knows its booking."""
    found = booking(charge)
    return frozenset({Part.FEE}) if found.fee or found.balance_transaction_id else frozenset()


def booking_expected(charge: Mapping[str, Any]) -> frozenset[Part]:
    """What a charge leaves to another event: a booking that is not made yet."""
    return frozenset() if booking_told(charge) else frozenset({Part.FEE})


def bill(invoice: Mapping[str, Any]) -> Details:
    """What an invoice bills and how it was paid, if by one payment; its products where their names say it best."""
    payments = [one for one in invoice_payments(invoice) if one]
    intents = {found for one in payments for found in one if found.startswith("pi_")}
    return Details(
        invoice_id=id_of(invoice),
        payment_intent_id=next(iter(intents)) if len(intents) == 1 else None,
        subscription_id=subscription_of(invoice),
    ).filled_from(_products(_products_of_lines(invoice), invoice_length(invoice)))


def subscribed(subscription: Mapping[str, Any]) -> Details:
    """The products of a subscription, the dearest first; before 2016 it had one plan and no items."""
    items = entries(subscription.get("items")) or [subscription]
    found = [product for item in sorted(items, key=_cheapness) if (product := _product_of(item)) is not None]
    return _products(tuple(found), max(len(items), listed(subscription.get("items"))))


def _itself_or(thing: Mapping[str, Any], sort: object, name: str) -> str | None:
    return id_of(thing) if sort == name else id_of(thing.get(name))


def _products_of_lines(invoice: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The products of an invoice, the dearest first.

    None where its dearest line is a proration or an item that the merchant wrote: such a line's own words say more
    than a product's name. A plain line's are Stripe's ("Pro plan (at $29.00 / month)"), in the customer's language.
    """
    lines = sorted(invoice_lines(invoice), key=lambda line: -(whole_number(line.get("amount")) or 0))
    if not lines or not _is_plain(lines[0]) or _product_of(lines[0]) is None:
        return None
    return tuple(found for line in lines if (found := _product_of(line)) is not None)


def _products(products: tuple[str, ...] | None, number: int) -> Details:
    return Details(product_ids=products, things=number) if products else Details()


def _cheapness(item: Mapping[str, Any]) -> Decimal:
    """Sort key of a subscription's items."""
    quantity = whole_number(item.get("quantity"))
    return -(unit_amount(price_of(item)) or Decimal()) * (1 if quantity is None else quantity)


def _product_of(item: Mapping[str, Any]) -> str | None:
    """The product of a line or an item, named by its price or, from 2018-02-05, its plan."""
    return id_of(price_of(item).get("product")) or id_of(mapping(item.get("plan")).get("product"))


def _is_plain(line: Mapping[str, Any]) -> bool:
    parent = mapping(line.get("parent"))
    details = mapping(parent.get("subscription_item_details"))
    if line.get("proration") is True or details.get("proration") is True:
        return False
    return line.get("type") == "subscription" or bool(details)
