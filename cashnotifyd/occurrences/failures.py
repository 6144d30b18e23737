"""Money that did not come in: the family ``failure``, one fact an attempt.

A payment intent is tried again, and so is an invoice: only the failed attempt's charge names the fact. Where no charge
was made (the customer did not authenticate), the event itself stands for the attempt. The family ``bill`` holds what
becomes of an invoice that is not paid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from cashnotifyd.money import Money
from cashnotifyd.occurrences.bills import (
    attempted_payments,
    bill_expected,
    bill_hints,
    charge_hints,
    same_customer_and_amount,
)
from cashnotifyd.occurrences.reading import Details, Part, Reading, Silence, Untold, Variant
from cashnotifyd.occurrences.shapes import (
    at,
    charged,
    count,
    dashboard_payment,
    described,
    entries,
    id_of,
    ids,
    instrument,
    invoice_subject,
    mapping,
    moment,
    money,
    newest,
    payer,
    text,
)
from cashnotifyd.vocabulary import Event, Kind

FAMILY: Final = "failure"
BILL: Final = "bill"

_CONFIRMATION, _INVOICE, _CHECKOUT, _INTENT, _CHARGE = 60, 50, 40, 30, 20
_OVERDUE: Final = 10


def charge_failed(event: Event) -> Reading:
    """``charge.failed``."""
    charge = event.object
    names = ids(charge.get("id"))
    hints = ids(charge.get("payment_intent")) | bill_hints(event, charged(charge))
    details = Details(money=charged(charge), what=described(charge))
    parts = [details, _why(charge), dashboard_payment(charge), payer(charge), instrument(charge)]
    reading = _reading(event, names, hints, _CHARGE, parts)
    return replace(reading, brings=frozenset({Part.PAYMENT}), expects=bill_expected(event))


def intent_failed(event: Event) -> Reading:
    """``payment_intent.payment_failed``: the attempt is in ``last_payment_error``."""
    intent = event.object
    error = mapping(intent.get("last_payment_error"))
    embedded = newest(one for one in entries(intent.get("charges")) if one.get("paid") is not True)
    charge = error.get("charge")
    if charge is None and error.get("code") != "payment_intent_authentication_failure":
        # Without authentication no charge is made, and the latest is that of an earlier attempt.
        charge = intent.get("latest_charge") or embedded
    attempted = mapping(charge) or embedded
    due = money(intent.get("amount"), intent.get("currency"))
    hints = ids(intent.get("id")) | bill_hints(event, due)
    reason = _reason(error.get("decline_code"), error.get("code"), error.get("message"))
    details = Details(money=due, what=described(intent), object_id=id_of(intent), object_type="payment_intent")
    people = [payer(intent), payer(mapping(error.get("payment_method"))), payer(attempted)]
    means = [instrument(error), instrument(attempted)]
    reading = _reading(event, ids(charge), hints, _INTENT, [details, reason, _why(attempted), *people, *means])
    return replace(reading, brings=frozenset({Part.PAYMENT}), expects=bill_expected(event))


def invoice_failed(event: Event) -> Reading:
    """``invoice.payment_failed``: knows how often it was tried and when the next attempt is.

    Before basil it names the charge of the attempt; since then nothing but the customer and the amount ties it to it.
    """
    invoice = event.object
    attempts = Details(
        attempt=count(invoice.get("attempt_count")), next_attempt=moment(invoice.get("next_payment_attempt"))
    )
    parts = [attempts, _bill(invoice), payer(invoice)]
    reading = _reading(event, ids(invoice.get("charge")), _hints(event), _INVOICE, parts)
    return replace(reading, brings=frozenset({Part.BILL}), expects=frozenset({Part.PAYMENT}))


def confirmation_needed(event: Event) -> Reading | Untold:
    """``invoice.payment_action_required``: the bank wants the customer to confirm, who has gone home since."""
    invoice = event.object
    if invoice.get("billing_reason") == "subscription_create":
        return Untold(Silence.CUSTOMER_PRESENT)
    details = Details(
        variant=Variant.CONFIRMATION_NEEDED, next_attempt=moment(invoice.get("next_payment_attempt"))
    ).filled_from(_bill(invoice))
    reading = _reading(event, ids(invoice.get("charge")), _hints(event), _CONFIRMATION, [details, payer(invoice)])
    return replace(reading, brings=frozenset({Part.BILL}))


def checkout_failed(event: Event) -> Reading:
    """``checkout.session.async_payment_failed``: a bank debit that was on its way came back."""
    session = event.object
    due = money(session.get("amount_total"), session.get("currency"))
    intent = id_of(session.get("payment_intent"))
    hints = ids(intent, session.get("invoice"))
    if intent is None:
        hints |= same_customer_and_amount(session.get("customer"), due)
    details = Details(money=due, object_id=intent, object_type="payment_intent" if intent else None)
    reading = _reading(event, frozenset(), hints, _CHECKOUT, [details, payer(session)])
    return replace(reading, brings=frozenset({Part.BILL}), expects=frozenset({Part.PAYMENT}))


def invoice_overdue(event: Event) -> Reading:
    """``invoice.overdue`` (2024): one that was sent to the customer, and its day has passed.

    It comes only where the merchant has set up an automation for it, and as often as that says.
    """
    reading = _bill_reading(event, Variant.OVERDUE)
    return replace(reading, names=_overdue(event, event.object.get("id")), richness=_OVERDUE)


def subscription_past_due(event: Event, subscription: Details) -> Reading:
    """``customer.subscription.updated``, where no payment was tried: the customer was to pay an invoice, and did not.

    The same fact as its invoice being overdue; ``subscription``: what is known of it.
    """
    return Reading(
        family=BILL,
        kind=Kind.FAILED_PAYMENT,
        names=_overdue(event, event.object.get("latest_invoice")),
        details=replace(subscription, variant=Variant.PAST_DUE),
    )


def _overdue(event: Event, invoice: object) -> frozenset[str]:
    return ids(f"{found}:overdue" if (found := id_of(invoice)) else event.id)


def invoice_uncollectible(event: Event) -> Reading:
    """``invoice.marked_uncollectible``: given up, by the merchant or after the last attempt."""
    return _bill_reading(event, Variant.UNCOLLECTIBLE)


def invoice_not_finalized(event: Event) -> Reading:
    """``invoice.finalization_failed``: it cannot be charged until the merchant mends something."""
    return _bill_reading(event, Variant.NOT_FINALIZED)


def _bill_reading(event: Event, variant: Variant) -> Reading:
    invoice = event.object
    error = mapping(invoice.get("last_finalization_error"))
    details = Details(
        variant=variant,
        due_by=moment(invoice.get("due_date")),
        explanation=text(error.get("message")) if variant is Variant.NOT_FINALIZED else None,
    )
    reading = _reading(event, frozenset(), frozenset(), 0, [details, _bill(invoice), payer(invoice)])
    return replace(reading, family=BILL)


def _bill(invoice: Mapping[str, Any]) -> Details:
    return Details(
        money=_due(invoice),
        what=invoice_subject(invoice),
        number=text(invoice.get("number")),
        object_id=id_of(invoice),
        object_type="invoice",
    )


def _due(invoice: Mapping[str, Any]) -> Money | None:
    return money(invoice.get("amount_remaining") or invoice.get("amount_due"), invoice.get("currency"))


def _hints(event: Event) -> frozenset[str]:
    invoice = event.object
    attempted = attempted_payments(invoice)
    return ids(invoice.get("id")) | attempted | charge_hints(event, attempted, _due(invoice))


def _why(charge: Mapping[str, Any]) -> Details:
    """The issuer's decline code is the outcome's reason; a card's ``failure_code`` says hardly more than "declined"."""
    return _reason(at(charge, "outcome", "reason"), charge.get("failure_code"), charge.get("failure_message"))


def _reason(issuers: object, stripes: object, sentence: object) -> Details:
    """The issuer's code, or Stripe's where that one says nothing, and Stripe's sentence."""
    return Details(reason=text(issuers), explanation=text(sentence)).filled_from(Details(reason=text(stripes)))


def _reading(
    event: Event, names: frozenset[str], hints: frozenset[str], richness: int, parts: Sequence[Details]
) -> Reading:
    return Reading(
        family=FAMILY,
        kind=Kind.FAILED_PAYMENT,
        names=names or ids(event.id),
        hints=hints - names,
        richness=richness,
        details=Details.filled_from(*parts),
    )
