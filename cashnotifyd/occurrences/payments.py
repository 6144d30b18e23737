"""Money that came in: the up to six events that tell one sale or one renewal.

The family ``payment``. A payment's names are its charge and its payment intent; an invoice may be paid in parts and is
a hint. What tells most is richest: the invoice (what was bought, whether it renews), the checkout session (who), the
payment intent, the charge (the card).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from cashnotifyd.money import Money
from cashnotifyd.occurrences.bills import (
    bill_expected,
    bill_hints,
    charge_hints,
    invoice_payments,
    same_customer_and_amount,
)
from cashnotifyd.occurrences.other import anything
from cashnotifyd.occurrences.reading import Details, Part, Reading, Silence, Untold, Variant
from cashnotifyd.occurrences.references import booking_expected, booking_told, charge_of
from cashnotifyd.occurrences.shapes import (
    at,
    count,
    dashboard_payment,
    dearest,
    described,
    entries,
    id_of,
    ids,
    instrument,
    invoice_subject,
    let_go,
    listed,
    mapping,
    moment,
    money,
    payer,
    price_name,
    price_of,
    subscription_of,
    text,
    whole_number,
)
from cashnotifyd.vocabulary import Event, Kind

FAMILY: Final = "payment"

_INVOICE, _CHECKOUT, _INTENT, _CHARGE, _INVOICE_PAYMENT = 50, 40, 30, 20, 10


def charge_succeeded(event: Event) -> Reading | Untold:
    """``charge.succeeded`` and ``charge.captured``. An authorization that is not captured moves no money yet."""
    charge = event.object
    if charge.get("captured") is False:
        return Untold(Silence.AUTHORIZED_NOT_CAPTURED)
    # "paid" was a charge's status before 2015-02-18.
    if charge.get("paid") is False or charge.get("status") not in (None, "succeeded", "paid"):
        return Untold(Silence.PAYMENT_PENDING)
    paid = _captured(charge)
    if paid is not None and paid.amount <= 0:
        return Untold(Silence.NOTHING_PAID)
    names = ids(charge.get("id"), charge.get("payment_intent"))
    details = Details(money=paid, what=described(charge))
    parts = [details, dashboard_payment(charge), payer(charge), instrument(charge)]
    hints = bill_hints(event, paid) | (let_go(charge) if event.type == "charge.captured" else frozenset())
    reading = _reading(event, Kind.SALE, names, hints, _CHARGE, parts)
    brings = booking_told(charge) | {Part.PAYMENT}
    return replace(reading, brings=brings, expects=bill_expected(event) | booking_expected(charge))


def charge_updated(event: Event) -> Reading:
    """``charge.updated``: with asynchronous capture the booking comes so, seconds after ``charge.succeeded``."""
    charge = event.object
    if event.previous.get("balance_transaction", charge) is not None or charge.get("captured") is False:
        return anything(event)
    names = ids(charge.get("id"), charge.get("payment_intent"))
    reading = _reading(event, Kind.SALE, names, ids(charge.get("invoice")), 0, [Details()])
    return replace(reading, brings=booking_told(charge), expects=frozenset({Part.PAYMENT}), tells=False)


def intent_succeeded(event: Event) -> Reading | Untold:
    """``payment_intent.succeeded``: with ``charges`` embedded before 2022-11-15, ``latest_charge`` since."""
    intent = event.object
    received = whole_number(intent.get("amount_received"))
    paid = money(intent.get("amount") if received is None else received, intent.get("currency"))
    if paid is not None and paid.amount <= 0:
        return Untold(Silence.NOTHING_PAID)
    charge = charge_of(intent)
    names = ids(intent.get("id"), charge, intent.get("latest_charge"))
    details = Details(
        money=paid,
        what=described(intent),
        object_id=id_of(intent),
        object_type="payment_intent",
    )
    parts = [details, payer(intent), payer(charge), instrument(charge), instrument(intent)]
    reading = _reading(event, Kind.SALE, names, bill_hints(event, paid), _INTENT, parts)
    # Who paid and by which means is the charge's to tell, in an event of its own where it is not embedded.
    brings = booking_told(charge) | ({Part.PAYMENT} if charge else set())
    return replace(reading, brings=brings, expects=bill_expected(event) | booking_expected(charge) | {Part.PAYMENT})


def invoice_paid(event: Event) -> Reading | Untold:
    """``invoice.paid`` and ``invoice.payment_succeeded``; the former also tells invoices paid outside Stripe."""
    invoice = event.object
    paid = _invoice_money(invoice)
    if paid is not None and paid.amount <= 0:
        return Untold(Silence.NOTHING_PAID)
    each = invoice_payments(invoice)
    outside = _paid_outside(invoice)
    # An invoice is paid up once, so its own id names that fact where no payment is known or several paid for it, or
    # where the one that was meant for it came to nothing.
    names = each[0] if len(each) == 1 and not outside else ids(invoice.get("id"))
    hints = ids(invoice.get("id")).union(*each)
    if invoice.get("billing_reason") == "subscription_create":
        hints |= ids(subscription_of(invoice))
    # Without an attempt at a payment ("any payment attempt counts") there is no charge that it could be looking for.
    if invoice.get("attempt_count") != 0 and not outside:
        hints |= charge_hints(event, frozenset().union(*each), paid)
    attempts = count(invoice.get("attempt_count")) or 1
    details = Details(
        variant=_variant(invoice, attempts),
        money=paid,
        what=invoice_subject(invoice),
        number=text(invoice.get("number")),
        attempt=attempts if attempts > 1 else None,
        object_id=id_of(invoice),
        object_type="invoice",
    )
    kind = Kind.RENEWAL if renews(invoice) else Kind.SALE
    expects = frozenset() if outside else frozenset({Part.PAYMENT})
    reading = _reading(event, kind, names, hints, _INVOICE, [details, payer(invoice)])
    return replace(reading, brings=frozenset({Part.BILL}), expects=expects)


def invoice_payment_paid(event: Event) -> Reading | Untold:
    """``invoice_payment.paid`` (2025-05-28): alone in tying a payment intent to its invoice."""
    part = event.object
    paid = money(part.get("amount_paid"), part.get("currency"))
    if paid is not None and paid.amount <= 0:
        return Untold(Silence.NOTHING_PAID)
    payment = mapping(part.get("payment"))
    names = ids(payment.get("payment_intent"), payment.get("charge")) or ids(part.get("id"))
    invoice = id_of(part.get("invoice"))
    outside = payment.get("type") == "payment_record"
    details = Details(
        variant=Variant.OUTSIDE_STRIPE if outside else None,
        money=paid,
        object_id=invoice,
        object_type="invoice" if invoice else None,
    )
    reading = _reading(event, Kind.SALE, names, ids(invoice), _INVOICE_PAYMENT, [details])
    if outside:
        return replace(reading, brings=frozenset({Part.PAYMENT}), expects=frozenset({Part.BILL}))
    return replace(reading, expects=frozenset({Part.PAYMENT, Part.BILL}))


def checkout_completed(event: Event) -> Reading | Untold:
    """``checkout.session.completed`` and ``.async_payment_succeeded``. Before 2020 it had no total and no status."""
    session = event.object
    status = session.get("payment_status")
    if status == "no_payment_required" or session.get("mode") == "setup":
        return Untold(Silence.NOTHING_PAID)
    if status == "unpaid":
        return Untold(Silence.PAYMENT_PENDING)
    paid, what = _session_contents(session)
    if paid is not None and paid.amount <= 0:
        return Untold(Silence.NOTHING_PAID)
    intent = id_of(session.get("payment_intent"))
    names = ids(intent, session.get("id"))
    hints = ids(session.get("id"), session.get("invoice"), session.get("subscription"))
    if intent is None:
        hints |= same_customer_and_amount(session.get("customer"), paid)
    first = Variant.FIRST_PAYMENT if session.get("mode") == "subscription" or session.get("subscription") else None
    parts = [Details(variant=first, money=paid, what=what), _dashboard_session(session), payer(session)]
    reading = _reading(event, Kind.SALE, names, hints, _CHECKOUT, parts)
    if session.get("invoice") or session.get("subscription"):
        return replace(reading, expects=frozenset({Part.PAYMENT, Part.BILL}))
    return replace(reading, brings=frozenset({Part.BILL}), expects=frozenset({Part.PAYMENT}))


def _captured(charge: Mapping[str, Any]) -> Money | None:
    """What a charge took. A partial capture gave the rest back as a "refund" before ``amount_captured`` came (2020)."""
    amount = whole_number(charge.get("amount"))
    captured = whole_number(charge.get("amount_captured"))
    if captured:
        amount = captured
    elif amount is not None:
        amount -= whole_number(charge.get("amount_refunded")) or 0
    return money(amount, charge.get("currency"))


def _invoice_money(invoice: Mapping[str, Any]) -> Money | None:
    """``amount_paid`` came in 2018; before, a paid invoice was paid whole.

    Until basil it did not count what was paid outside Stripe.
    """
    outside = _paid_outside(invoice) and not whole_number(invoice.get("amount_paid"))
    for name in ("amount_due", "total") if outside else ("amount_paid", "amount_due", "total"):
        if (paid := money(invoice.get(name), invoice.get("currency"))) is not None:
            return paid
    return None


def renews(invoice: Mapping[str, Any]) -> bool:
    """Whether an invoice bills a further period of a subscription.

    Before ``billing_reason`` came (2018), the first invoice of a subscription was told by its empty period.
    """
    if (reason := _billing_reason(invoice)) is not None:
        return reason == "subscription_cycle"
    start, end = _period(invoice)
    return subscription_of(invoice) is not None and start is not None and end is not None and start < end


def _begins(invoice: Mapping[str, Any]) -> bool:
    """Whether an invoice is the first of a subscription."""
    if (reason := _billing_reason(invoice)) is not None:
        return reason == "subscription_create"
    start, end = _period(invoice)
    return subscription_of(invoice) is not None and start is not None and start == end


def _billing_reason(invoice: Mapping[str, Any]) -> str | None:
    """Until May 2018 "subscription" told neither a first invoice from a later one nor either from a change."""
    reason = text(invoice.get("billing_reason"))
    return None if reason == "subscription" else reason


def _period(invoice: Mapping[str, Any]) -> tuple[int | None, int | None]:
    return moment(invoice.get("period_start")), moment(invoice.get("period_end"))


def _paid_outside(invoice: Mapping[str, Any]) -> bool:
    """Whether the merchant marked an invoice as paid. Basil took the field away and made it a payment of a sort.

    ``amount_paid_off_stripe`` (2026-05-27) would tell, but no event carries it.
    """
    return invoice.get("paid_out_of_band") is True or any(
        at(entry, "payment", "type") == "payment_record" for entry in entries(invoice.get("payments"))
    )


def _variant(invoice: Mapping[str, Any], attempts: int) -> Variant | None:
    if _paid_outside(invoice):
        return Variant.OUTSIDE_STRIPE
    if _begins(invoice):
        return Variant.FIRST_PAYMENT
    if attempts > 1:
        return Variant.RECOVERED
    return Variant.CHANGE_PAYMENT if invoice.get("billing_reason") == "subscription_update" else None


def _session_contents(session: Mapping[str, Any]) -> tuple[Money | None, str | None]:
    """What a checkout sold: ``line_items`` where expanded; until 2020-08-27 ``display_items``."""
    bought = entries(session.get("line_items")) or entries(session.get("display_items"))
    named = [
        (
            text(item.get("description")) or text(at(item, "custom", "name")) or price_name(price_of(item)),
            whole_number(item.get("amount_total")) or 0,
        )
        for item in bought
    ]
    what = dearest(named, max(len(bought), listed(session.get("line_items"))))
    total = money(session.get("amount_total"), session.get("currency"))
    if total is None and "display_items" in session:
        parts = [
            money(
                (whole_number(item.get("amount")) or 0) * (whole_number(item.get("quantity")) or 1),
                item.get("currency"),
            )
            for item in bought
        ]
        currencies = {part.currency for part in parts if part is not None}
        if parts and None not in parts and len(currencies) == 1:
            total = money(sum(part.amount for part in parts if part is not None), currencies.pop())
    return total, what


def _dashboard_session(session: Mapping[str, Any]) -> Details:
    for sort in ("payment_intent", "invoice", "subscription"):
        if (found := id_of(session.get(sort))) is not None:
            return Details(object_id=found, object_type=sort)
    return Details()


def _reading(
    event: Event, kind: Kind, names: frozenset[str], hints: frozenset[str], richness: int, parts: Sequence[Details]
) -> Reading:
    return Reading(
        family=FAMILY,
        kind=kind,
        names=names or ids(event.id),
        hints=hints,
        richness=richness,
        details=Details.filled_from(*parts),
    )
