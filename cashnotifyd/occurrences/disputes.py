"""Payments that customers or banks contest: the families ``dispute``, ``dispute_closed`` and ``fraud_warning``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any, Final

from cashnotifyd.occurrences.reading import Details, Reading, Silence, Untold
from cashnotifyd.occurrences.shapes import (
    at,
    charged,
    dashboard_payment,
    id_of,
    ids,
    instrument,
    mapping,
    moment,
    money,
    payer,
    text,
)
from cashnotifyd.vocabulary import Event, Kind

OPENED: Final = "dispute"
CLOSED: Final = "dispute_closed"
WARNED: Final = "fraud_warning"


def dispute_created(event: Event) -> Reading:
    """``charge.dispute.created``."""
    return _dispute(event, OPENED, Kind.DISPUTE)


def dispute_closed(event: Event) -> Reading:
    """``charge.dispute.closed``: won, lost, or an inquiry that came to nothing."""
    return _dispute(event, CLOSED, Kind.DISPUTE_CLOSED)


def funds_withdrawn(_event: Event) -> Untold:
    """``charge.dispute.funds_withdrawn`` belongs to a dispute that was told when it was opened."""
    return Untold(Silence.DISPUTE_FUNDS_WITHDRAWN)


def funds_reinstated(_event: Event) -> Untold:
    """``charge.dispute.funds_reinstated`` belongs to a dispute whose end is told."""
    return Untold(Silence.DISPUTE_FUNDS_REINSTATED)


def dispute_updated(_event: Event) -> Untold:
    """``charge.dispute.updated``: as a rule the merchant's own evidence."""
    return Untold(Silence.DISPUTE_UPDATED)


def fraud_warned(event: Event) -> Reading:
    """``radar.early_fraud_warning.created``: the issuer's word that a payment is fraudulent, before any dispute."""
    warning = event.object
    charge = mapping(warning.get("charge"))
    details = Details(money=charged(charge), reason=text(warning.get("fraud_type")))
    parts = [details, dashboard_payment(warning), payer(charge), instrument(charge)]
    return Reading(
        family=WARNED,
        kind=Kind.FRAUD_WARNING,
        names=ids(warning.get("id")) or ids(event.id),
        details=reduce(Details.filled_from, parts),
    )


def _dispute(event: Event, family: str, kind: Kind) -> Reading:
    """A dispute had no id of its own at first (2012): then its charge, which had one dispute at most, names it."""
    dispute = event.object
    charge = mapping(dispute.get("charge"))
    details = Details(
        money=money(dispute.get("amount"), dispute.get("currency")),
        whole=charged(charge),
        reason=text(dispute.get("reason")),
        status=text(dispute.get("status")),
        due_by=moment(at(dispute, "evidence_details", "due_by")) or moment(dispute.get("evidence_due_by")),
    )
    parts = [details, _dashboard(dispute), payer(charge), instrument(dispute), instrument(charge)]
    return Reading(
        family=family,
        kind=kind,
        names=ids(dispute.get("id")) or ids(dispute.get("charge")) or ids(event.id),
        details=reduce(Details.filled_from, parts),
    )


def _dashboard(dispute: Mapping[str, Any]) -> Details:
    if (found := id_of(dispute.get("id"))) is not None:
        return Details(object_id=found, object_type="dispute")
    return dashboard_payment(dispute)
