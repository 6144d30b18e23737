"""What an occurrence lacks that Stripe could tell, and what it is once that has been told. Decides; asks nobody.

Only under the permissions that a key for reading news carries: balance, invoice, customer, product, subscription,
payout. Charges, payment intents, prices and checkout sessions are never asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import reduce
from typing import Any, Final
from urllib.parse import quote

from cashnotifyd.occurrences.backward import AFTER_A_PAYMENT, CONTESTED
from cashnotifyd.occurrences.payments import renews
from cashnotifyd.occurrences.reading import Details, Occurrence, Part
from cashnotifyd.occurrences.references import bill, booked, subscribed
from cashnotifyd.occurrences.shapes import entries, id_of, invoice_subject, moment, payer, text
from cashnotifyd.vocabulary import Kind

Answers = Mapping["Need", Mapping[str, Any] | None]
"""What was asked for so far, and what came; None where nothing did."""


class Resource(StrEnum):
    """What one permission of a key is for. The value is the permission that reads it."""

    BALANCE = "rak_balance_read"
    INVOICE = "rak_invoice_read"
    CUSTOMER = "rak_customer_read"
    PRODUCT = "rak_product_read"
    SUBSCRIPTION = "rak_subscription_read"
    PAYOUT = "rak_payout_read"


@dataclass(frozen=True, slots=True)
class Need:
    """One request. ``parameters`` are those of the query."""

    resource: Resource
    path: str
    parameters: tuple[tuple[str, str], ...] = ()


_OF_A_PAYMENT: Final = frozenset({Kind.SALE, Kind.RENEWAL, Kind.FAILED_PAYMENT})


def needs(occurrence: Occurrence, answers: Answers) -> list[Need]:
    """What to ask for next. Nothing is asked for twice, and no more when nothing comes of it."""
    known = completed(occurrence, answers)
    wanted = (
        _booking(known),
        _bill(known, answers),
        _subscription(known),
        _customer(known),
        _product(known),
        _payout(known),
    )
    return [need for need in wanted if need is not None and need not in answers]


def completed(occurrence: Occurrence, answers: Answers) -> Occurrence:
    """The occurrence with what was told. What its events said stays, but for words that are known better now."""
    details, kind = occurrence.details, occurrence.kind
    if (need := _booking(occurrence)) is not None and (found := answers.get(need)) is not None:
        details = details.filled_from(booked(found))
    if (invoice := _invoice(occurrence, answers)) is not None:
        details = _billed(details, invoice)
        if kind is Kind.SALE and renews(invoice):
            kind = Kind.RENEWAL
    known = replace(occurrence, kind=kind, details=details)
    if (need := _subscription(known)) is not None and (found := answers.get(need)) is not None:
        details = details.filled_from(subscribed(found))
    known = replace(known, details=details)
    if (need := _customer(known)) is not None and (found := answers.get(need)) is not None:
        details = details.filled_from(payer({"customer": found}))
    if (need := _product(known)) is not None and (found := answers.get(need)) is not None:
        details = _named(details, found)
    if (need := _payout(known)) is not None and (found := answers.get(need)) is not None:
        details = details.filled_from(Details(arrives=moment(found.get("arrival_date"))))
    return replace(known, details=details)


def _segment(id_: str) -> str:
    """An id as one segment of a path: merchants choose some themselves, and so does whatever poses as Stripe.

    ``.`` and ``..`` would be steps on the way, however they are written.
    """
    return quote(id_, safe="") if id_.strip(".") else "-"


def _booking(occurrence: Occurrence) -> Need | None:
    details = occurrence.details
    if details.balance_transaction_id is None or details.net is not None:
        return None
    return Need(Resource.BALANCE, f"/v1/balance_transactions/{_segment(details.balance_transaction_id)}")


def _bill(occurrence: Occurrence, answers: Answers) -> Need | None:
    """The invoice behind a payment whose own event did not come, or that a later story goes back to."""
    details = occurrence.details
    if not _lacks_its_bill(occurrence):
        return None
    if details.invoice_id is not None:
        return _invoice_by_id(details.invoice_id)
    payment = _invoice_payments(occurrence)
    if payment is None or payment not in answers:
        return payment
    found = _invoice_of(answers[payment])
    return _invoice_by_id(found) if found is not None else None


def _invoice(occurrence: Occurrence, answers: Answers) -> Mapping[str, Any] | None:
    need = _bill(occurrence, answers)
    return answers.get(need) if need is not None and need.path.startswith("/v1/invoices/") else None


def _lacks_its_bill(occurrence: Occurrence) -> bool:
    details = occurrence.details
    if details.number is not None or details.product_ids is not None:
        return False
    if occurrence.kind in _OF_A_PAYMENT:
        return Part.BILL in occurrence.lacks
    return occurrence.kind in AFTER_A_PAYMENT


def _invoice_payments(occurrence: Occurrence) -> Need | None:
    """Since basil neither a charge nor a payment intent names its invoice. A guest of the checkout has none.

    A dispute names no customer, whoever paid.
    """
    details = occurrence.details
    person = details.customer_email or details.customer_name
    guest = person is not None and details.customer_id is None and occurrence.kind not in CONTESTED
    if details.payment_intent_id is None or guest:
        return None
    return Need(
        Resource.INVOICE,
        "/v1/invoice_payments",
        (
            ("payment[type]", "payment_intent"),
            ("payment[payment_intent]", details.payment_intent_id),
            ("limit", "1"),
        ),
    )


def _invoice_of(payments: Mapping[str, Any] | None) -> str | None:
    return next((id_of(entry.get("invoice")) for entry in entries(payments)), None)


def _invoice_by_id(invoice: str) -> Need:
    return Need(Resource.INVOICE, f"/v1/invoices/{_segment(invoice)}")


def _billed(details: Details, invoice: Mapping[str, Any]) -> Details:
    """What the payment is for is what its invoice says: on the payment itself Stripe writes "Subscription update"."""
    subject = Details(what=invoice_subject(invoice), number=text(invoice.get("number")))
    referred = Details(customer_id=id_of(invoice.get("customer")))
    known = replace(details, what=subject.what or details.what)
    return reduce(Details.filled_from, [known, subject, payer(invoice), bill(invoice), referred])


def _subscription(occurrence: Occurrence) -> Need | None:
    details = occurrence.details
    if details.subscription_id is None or details.product_ids is not None or details.what is not None:
        return None
    return Need(Resource.SUBSCRIPTION, f"/v1/subscriptions/{_segment(details.subscription_id)}")


def _customer(occurrence: Occurrence) -> Need | None:
    details = occurrence.details
    if details.customer_id is None or occurrence.kind is Kind.CUSTOMER:
        return None
    if details.customer_email is not None and details.customer_country is not None:
        return None
    return Need(Resource.CUSTOMER, f"/v1/customers/{_segment(details.customer_id)}")


def _product(occurrence: Occurrence) -> Need | None:
    products = occurrence.details.product_ids
    return Need(Resource.PRODUCT, f"/v1/products/{_segment(products[0])}") if products else None


def _named(details: Details, product: Mapping[str, Any]) -> Details:
    name, others = text(product.get("name")), (details.things or len(details.product_ids or ())) - 1
    if name is None:
        return details
    return replace(details, what=f"{name} (+{others})" if others > 0 else name)


def _payout(occurrence: Occurrence) -> Need | None:
    """Only for its date: the bank account it goes to takes a permission that keys for reading news do not carry."""
    details = occurrence.details
    if occurrence.kind is not Kind.PAYOUT or details.payout_id is None or details.arrives is not None:
        return None
    return Need(Resource.PAYOUT, f"/v1/payouts/{_segment(details.payout_id)}")
