"""A refund or a dispute goes back to a payment: who paid, for what, with which card, and when.

The events of the later story name the payment's charge or intent and say little else of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cashnotifyd.occurrences.payments import FAMILY
from cashnotifyd.occurrences.reading import Details, Occurrence
from cashnotifyd.vocabulary import Kind

PAYMENT: Final = FAMILY
CONTESTED: Final = frozenset({Kind.DISPUTE, Kind.DISPUTE_CLOSED, Kind.FRAUD_WARNING})
AFTER_A_PAYMENT: Final = CONTESTED | {Kind.REFUND}


def payment_named(occurrence: Occurrence) -> tuple[str, ...]:
    """The names under which the payment may be on record that this goes back to; none for another story."""
    if occurrence.kind not in AFTER_A_PAYMENT:
        return ()
    details = occurrence.details
    return tuple(name for name in (details.charge_id, details.payment_intent_id) if name is not None)


def referring_back(occurrence: Occurrence, payment: Occurrence) -> Occurrence:
    """The occurrence with what is known of the payment; what its own events say stays."""
    paid = payment.details
    # A warning or a review is of the whole payment, and its own events hold no amount.
    known = Details(
        money=paid.money if occurrence.kind is Kind.FRAUD_WARNING else None,
        whole=paid.money,
        customer_name=paid.customer_name,
        other_names=paid.other_names,
        customer_email=paid.customer_email,
        customer_country=paid.customer_country,
        customer_id=paid.customer_id,
        what=paid.what,
        number=paid.number,
        card_brand=paid.card_brand,
        card_last4=paid.card_last4,
        payment_method=paid.payment_method,
        product_ids=paid.product_ids,
        things=paid.things,
        paid_at=payment.created or None,
    )
    return replace(occurrence, details=occurrence.details.filled_from(known))
