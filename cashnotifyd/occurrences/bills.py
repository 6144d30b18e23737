"""Which invoice a payment is for, and which payments an invoice has.

Until basil (2025-03-31) a charge and a payment intent name their invoice, and an invoice its charge; null says that
there is none. Since then Stripe leaves these keys out, and nobody knows: so null, where a look-alike still writes it,
says no more than a key that is missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from cashnotifyd.money import Money
from cashnotifyd.occurrences.reading import Part
from cashnotifyd.occurrences.shapes import at, entries, id_of, ids, text
from cashnotifyd.vocabulary import Event

_BASIL: Final = "2025-03-31"
_INVOICE: Final = re.compile(r"in_\w+")


def bill_hints(event: Event, paid: Money | None) -> frozenset[str]:
    """What hints at the invoice of a charge or a payment intent: its id, or who pays how much where none is told."""
    payment = event.object
    named = _invoice_named(payment)
    return named if named or _tells(event, "invoice") else same_customer_and_amount(payment.get("customer"), paid)


def bill_expected(event: Event) -> frozenset[Part]:
    """What a charge or a payment intent leaves to its invoice's event. Since basil only a customer hints at one."""
    billed = _invoice_named(event.object) or (not _tells(event, "invoice") and id_of(event.object.get("customer")))
    return frozenset({Part.BILL}) if billed else frozenset()


def charge_hints(event: Event, payments: frozenset[str], paid: Money | None) -> frozenset[str]:
    """What hints at the charge of an invoice whose ``payments`` are known: who pays how much, where none is told."""
    if payments or _tells(event, "charge"):
        return frozenset()
    return same_customer_and_amount(event.object.get("customer"), paid)


def same_customer_and_amount(customer: object, paid: Money | None) -> frozenset[str]:
    """A hint for what no id ties together: since basil neither a charge nor an invoice's event names the other."""
    payer_id = id_of(customer)
    return frozenset({f"{payer_id}:{paid.amount}{paid.currency}"}) if payer_id and paid else frozenset()


def invoice_payments(invoice: Mapping[str, Any]) -> list[frozenset[str]]:
    """The ids of each payment of an invoice: its payment intent and its charge, as far as they are told.

    Since basil ``payments`` (which events carry only where it was expanded) with its attempts and parts; before, one
    payment intent and one charge.
    """
    each = _listed(invoice, (None, "paid")) or [ids(invoice.get("charge"), invoice.get("payment_intent"))]
    return [found for found in each if found]


def attempted_payments(invoice: Mapping[str, Any]) -> frozenset[str]:
    """The ids of what an invoice that is not paid is to be paid by."""
    return ids(invoice.get("payment_intent")).union(*_listed(invoice, (None, "open")))


def _listed(invoice: Mapping[str, Any], statuses: tuple[str | None, ...]) -> list[frozenset[str]]:
    payments = [entry for entry in entries(invoice.get("payments")) if entry.get("status") in statuses]
    return [ids(at(entry, "payment", "payment_intent"), at(entry, "payment", "charge")) for entry in payments]


def _invoice_named(payment: Mapping[str, Any]) -> frozenset[str]:
    """The invoice that a payment names. As the order's reference it stands there since 2025, unless it was replaced."""
    ordered = text(at(payment, "payment_details", "order_reference")) or ""
    return ids(payment.get("invoice")) or ids(ordered if _INVOICE.fullmatch(ordered) else None)


def _tells(event: Event, key: str) -> bool:
    """Whether an event tells what stands under ``key``, be it that nothing does."""
    if event.object.get(key) is None and (event.api_version or "") >= _BASIL:
        return False
    return key in event.object
