"""Money on its way to the merchant's bank: the families ``payout``, ``payout_failed`` and ``payout_canceled``.

A payout is told once, by whichever comes first of ``payout.created`` (the arrival date is known then) and
``payout.paid``. Before 2017-04-06 payouts were transfers, as payments to connected accounts still are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cashnotifyd.occurrences.other import anything
from cashnotifyd.occurrences.reading import Details, Reading, Silence, Untold, Variant
from cashnotifyd.occurrences.shapes import ids, mapping, moment, money, text
from cashnotifyd.vocabulary import Event, Kind

SENT: Final = "payout"
FAILED: Final = "payout_failed"
CANCELED: Final = "payout_canceled"


def payout_sent(event: Event) -> Reading | Untold:
    """``payout.created`` and ``payout.paid``."""
    if event.object.get("status") in ("canceled", "failed"):
        return Untold(Silence.PAYOUT_NOT_SENT)
    return _reading(event, SENT, Kind.PAYOUT)


def payout_failed(event: Event) -> Reading:
    """``payout.failed``."""
    return _reading(event, FAILED, Kind.PAYOUT_FAILED)


def payout_canceled(event: Event) -> Reading:
    """``payout.canceled``: the money stays in the balance."""
    return _reading(event, CANCELED, Kind.PAYOUT, Variant.PAYOUT_CANCELED)


def transfer_sent(event: Event) -> Reading | Untold:
    """``transfer.created`` and ``transfer.paid``: a payout if it goes to a bank account or a debit card."""
    return payout_sent(event) if _to_a_bank(event.object) else anything(event)


def transfer_failed(event: Event) -> Reading:
    """``transfer.failed``."""
    return payout_failed(event) if _to_a_bank(event.object) else anything(event)


def transfer_canceled(event: Event) -> Reading:
    """``transfer.canceled``, before 2017-04-06."""
    return payout_canceled(event) if _to_a_bank(event.object) else anything(event)


def _to_a_bank(transfer: Mapping[str, Any]) -> bool:
    """The first transfers (2012) had no type, and their bank account stood under ``account``."""
    return transfer.get("type") in ("bank_account", "card") or any(
        isinstance(transfer.get(name), dict) for name in ("bank_account", "account", "summary")
    )


def _reading(event: Event, family: str, kind: Kind, variant: Variant | None = None) -> Reading:
    payout = event.object
    automatic = payout.get("automatic")
    bank = next(filter(None, (mapping(payout.get(name)) for name in ("destination", "bank_account", "account"))), {})
    return Reading(
        family=family,
        kind=kind,
        names=ids(payout.get("id")) or ids(event.id),
        details=Details(
            variant=variant,
            money=money(payout.get("amount"), payout.get("currency")),
            arrives=moment(payout.get("arrival_date")) or moment(payout.get("date")),
            automatic=automatic if isinstance(automatic, bool) else None,
            bank=text(bank.get("bank_name")) or text(bank.get("brand")),
            bank_last4=text(bank.get("last4")),
            reason=text(payout.get("failure_code")),
            explanation=text(payout.get("failure_message")),
            status=text(payout.get("status")),
            object_id=next(iter(ids(payout.get("id"))), None),
            object_type=text(payout.get("object")),
        ),
    )
