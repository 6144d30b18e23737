"""Payments that customers or banks contest, or that Stripe finds suspicious.

The families ``dispute``, ``dispute_escalated``, ``dispute_closed``, ``fraud_warning`` and ``review``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cashnotifyd.occurrences.reading import Details, Reading, Silence, Untold, Variant
from cashnotifyd.occurrences.shapes import (
    at,
    charged,
    dashboard_payment,
    described,
    id_of,
    ids,
    instrument,
    mapping,
    moment,
    money,
    payer,
    payment_made,
    text,
)
from cashnotifyd.vocabulary import Event, Kind

OPENED: Final = "dispute"
ESCALATED: Final = "dispute_escalated"
CLOSED: Final = "dispute_closed"
WARNED: Final = "fraud_warning"
REVIEW: Final = "review"

_OUTCOMES: Final[Mapping[str, Variant]] = {
    "won": Variant.WON,
    "lost": Variant.LOST,
    "warning_closed": Variant.INQUIRY_CLOSED,
    "prevented": Variant.PREVENTED,
}
"""``prevented`` (2025-08-27): blocked or resolved before it was raised, where the merchant enrolled for that."""


def dispute_created(event: Event) -> Reading:
    """``charge.dispute.created``. One that was prevented begins with its end."""
    if event.object.get("status") == "prevented":
        return dispute_closed(event)
    inquiry = (text(event.object.get("status")) or "").startswith("warning_")
    return _dispute(event, OPENED, Kind.DISPUTE, Variant.INQUIRY if inquiry else None)


def dispute_closed(event: Event) -> Reading:
    """``charge.dispute.closed``: won, lost, prevented, or an inquiry that came to nothing."""
    outcome = _OUTCOMES.get(text(event.object.get("status")) or "")
    return _dispute(event, CLOSED, Kind.DISPUTE_CLOSED, outcome)


def funds_withdrawn(_event: Event) -> Untold:
    """``charge.dispute.funds_withdrawn`` belongs to a dispute that was told when it was opened."""
    return Untold(Silence.DISPUTE_FUNDS_WITHDRAWN)


def funds_reinstated(_event: Event) -> Untold:
    """``charge.dispute.funds_reinstated`` belongs to a dispute whose end is told."""
    return Untold(Silence.DISPUTE_FUNDS_REINSTATED)


def dispute_updated(event: Event) -> Reading | Untold:
    """``charge.dispute.updated``: as a rule the merchant's own evidence.

    News when an inquiry became a dispute, and when it was prevented.
    """
    before, status = text(event.previous.get("status")) or "", text(event.object.get("status")) or ""
    if before.startswith("warning_") and status == "needs_response":
        return _dispute(event, ESCALATED, Kind.DISPUTE, Variant.ESCALATED)
    if before and before != status == "prevented":
        return dispute_closed(event)
    return Untold(Silence.DISPUTE_UPDATED)


def fraud_warned(event: Event) -> Reading:
    """``radar.early_fraud_warning.created``: the issuer's word that a payment is fraudulent, before any dispute."""
    warning = event.object
    charge = mapping(warning.get("charge"))
    details = Details(
        money=charged(charge),
        what=described(charge),
        reason=text(warning.get("fraud_type")),
        # Not actionable: refunded in full or disputed already.
        status="settled" if warning.get("actionable") is False else None,
    )
    parts = [details, dashboard_payment(warning), payer(charge), instrument(charge), payment_made(charge)]
    return Reading(
        family=WARNED,
        kind=Kind.FRAUD_WARNING,
        names=ids(warning.get("id")) or ids(event.id),
        details=Details.filled_from(*parts),
    )


def fraud_warning_updated(_event: Event) -> Untold:
    """``radar.early_fraud_warning.updated``: as a rule it is no longer actionable, after a refund."""
    return Untold(Silence.FRAUD_WARNING_UPDATED)


def review_opened(event: Event) -> Reading:
    """``review.opened``: Radar, or one of the merchant's own rules, wants somebody to look at a payment."""
    review = event.object
    charge = mapping(review.get("charge")) or mapping(review.get("payment_intent"))
    details = Details(variant=Variant.REVIEW, money=charged(charge), reason=text(review.get("opened_reason")))
    parts = [details, dashboard_payment(review), payer(charge), instrument(charge)]
    return Reading(
        family=REVIEW,
        kind=Kind.FRAUD_WARNING,
        names=ids(review.get("id")) or ids(event.id),
        details=Details.filled_from(*parts),
    )


def _dispute(event: Event, family: str, kind: Kind, variant: Variant | None) -> Reading:
    """A dispute had no id of its own at first (2012): then its charge, which had one dispute at most, names it."""
    dispute = event.object
    charge = mapping(dispute.get("charge"))
    evidence = mapping(dispute.get("evidence"))
    details = Details(
        variant=variant,
        money=money(dispute.get("amount"), dispute.get("currency")),
        whole=charged(charge),
        reason=text(dispute.get("reason")),
        status=text(dispute.get("status")),
        due_by=moment(at(dispute, "evidence_details", "due_by")) or moment(dispute.get("evidence_due_by")),
    )
    customer = Details(
        customer_name=text(evidence.get("customer_name")), customer_email=text(evidence.get("customer_email_address"))
    )
    means = [instrument(dispute), instrument(charge)]
    subject = Details(what=described(charge) or text(evidence.get("product_description")))
    parts = [details, _dashboard(dispute), payer(charge), customer, *means, subject, payment_made(charge)]
    return Reading(
        family=family,
        kind=kind,
        names=ids(dispute.get("id")) or ids(dispute.get("charge")) or ids(event.id),
        details=Details.filled_from(*parts),
    )


def _dashboard(dispute: Mapping[str, Any]) -> Details:
    if (found := id_of(dispute.get("id"))) is not None:
        return Details(object_id=found, object_type="dispute")
    return dashboard_payment(dispute)
