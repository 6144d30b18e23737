"""Money that goes back: the families ``refund`` and ``refund_failed``.

``charge.refunded`` tells every refund and names it until 2022-11-15, when the embedded list went; ``refund.created``
tells every refund since 2024-10-28. The charge with the amount ties the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cashnotifyd.money import Money
from cashnotifyd.occurrences.payments import FAMILY as PAYMENT
from cashnotifyd.occurrences.reading import Details, Part, Reading, Silence, Untold, Variant
from cashnotifyd.occurrences.shapes import (
    charged,
    dashboard_payment,
    described,
    entries,
    id_of,
    ids,
    instrument,
    let_go,
    listed,
    mapping,
    money,
    newest,
    payer,
    payment_made,
    text,
    whole_number,
)
from cashnotifyd.vocabulary import Event, Kind

FAMILY: Final = "refund"
FAILED: Final = "refund_failed"


def charge_refunded(event: Event) -> Reading:
    """``charge.refunded``: the object is the charge, and the event is about its last refund.

    It alone knows that nothing was captured: the refund of a released authorization looks like any other. So does what
    a partial capture lets go; where nothing here proves it, ``charge.captured`` does, which tells the same sum.
    """
    charge = event.object
    released = charge.get("captured") is False or _uncaptured_part(event)
    refund = newest(entries(charge.get("refunds")))
    given_back, whole = _last_given_back(event, refund), _paid(charge)
    details = Details(
        money=given_back,
        whole=whole,
        so_far=_so_far(charge, whole),
        what=described(charge),
        reason=text(refund.get("reason")),
    )
    parts = [details, dashboard_payment(charge), payer(charge), instrument(charge), payment_made(charge)]
    return Reading(
        family=FAMILY,
        kind=Kind.REFUND,
        names=ids(refund.get("id")) or ids(event.id),
        hints=_hints(charge.get("id"), charge.get("payment_intent"), given_back),
        richness=20,
        brings=frozenset({Part.PAYMENT}),
        expects=frozenset() if refund else frozenset({Part.REFUND}),
        tells=not released,
        voids=Silence.AUTHORIZATION_RELEASED if released else None,
        unless=frozenset((PAYMENT, name) for name in let_go(charge)),
        details=Details.filled_from(*parts),
    )


def refund_created(event: Event) -> Reading | Untold:
    """``refund.created``."""
    refund = event.object
    if refund.get("status") == "failed":
        return _failed(event)
    if refund.get("status") == "canceled":
        return Untold(Silence.REFUND_CANCELED)
    if refund.get("reason") == "expired_uncaptured_charge":
        return Untold(Silence.AUTHORIZATION_RELEASED)
    return Reading(
        family=FAMILY,
        kind=Kind.REFUND,
        names=ids(refund.get("id")) or ids(event.id),
        hints=_hints(refund.get("charge"), refund.get("payment_intent"), _amount(refund)),
        richness=10,
        brings=frozenset({Part.REFUND}),
        expects=frozenset({Part.PAYMENT}),
        details=Details(reason=text(refund.get("reason")), status=text(refund.get("status"))).filled_from(
            _details(refund)
        ),
    )


def refund_updated(event: Event) -> Reading | Untold:
    """``refund.updated``, ``refund.failed`` and ``charge.refund.updated``: news only where nothing came of it.

    The status of a refund may be null.
    """
    if event.object.get("status") == "failed" or (event.type == "refund.failed" and not event.object.get("status")):
        return _failed(event)
    if event.object.get("status") == "canceled" and event.previous.get("status") not in (None, "canceled"):
        return _failed(event, Variant.REFUND_CANCELED)
    return Untold(Silence.REFUND_PROGRESS)


def _failed(event: Event, variant: Variant = Variant.REFUND_FAILED) -> Reading:
    refund = event.object
    failure = Details(variant=variant, reason=text(refund.get("failure_reason")))
    return Reading(
        family=FAILED,
        kind=Kind.REFUND,
        names=ids(refund.get("id")) or ids(event.id),
        details=failure.filled_from(_details(refund)),
    )


def _details(refund: Mapping[str, Any]) -> Details:
    charge = mapping(refund.get("charge"))
    details = Details(money=_amount(refund), whole=charged(charge))
    parts = [details, dashboard_payment(refund), payer(charge), instrument(charge), payment_made(charge)]
    return Details.filled_from(*parts)


def _amount(refund: Mapping[str, Any]) -> Money | None:
    return money(refund.get("amount"), refund.get("currency"))


def _last_given_back(event: Event, refund: Mapping[str, Any]) -> Money | None:
    """The amount of this refund alone: ``amount_refunded`` counts all refunds of the charge."""
    currency = event.object.get("currency")
    so_far, before = whole_number(event.object.get("amount_refunded")), event.previous.get("amount_refunded")
    if so_far is not None and (earlier := whole_number(before)) is not None:
        return money(so_far - earlier, currency)
    if so_far == 0 and not refund and event.object.get("refunded") is True:
        return charged(event.object)  # Stripe's own samples of 2013 counted nothing
    return money(refund.get("amount"), currency) or money(so_far, currency)


def _uncaptured_part(event: Event) -> bool:
    """Whether it is certain that what went back was never captured: no refund is listed, or the capture is in it."""
    charge, refunds = event.object, event.object.get("refunds")
    nothing_listed = mapping(refunds).get("data") == [] and listed(refunds) == 0
    captured_now = event.previous.get("captured") is False and charge.get("captured") is True
    return bool(let_go(charge)) and (captured_now or (nothing_listed and bool(charge.get("amount_captured"))))


def _paid(charge: Mapping[str, Any]) -> Money | None:
    """What all refunds of a charge can come to: what was captured of it (``amount_captured`` came in 2020)."""
    captured = whole_number(charge.get("amount_captured"))
    return money(captured, charge.get("currency")) if captured else charged(charge)


def _so_far(charge: Mapping[str, Any], whole: Money | None) -> Money | None:
    """What the refunds of a charge come to; None where they may count what was let go when a part was captured."""
    if charge.get("refunded") is True:
        return whole
    return money(charge.get("amount_refunded"), charge.get("currency")) if whole == charged(charge) else None


def _hints(charge: object, intent: object, amount: Money | None) -> frozenset[str]:
    if amount is None:
        return frozenset()
    return frozenset(f"{found}:{amount.amount}" for one in (charge, intent) if (found := id_of(one)) is not None)
