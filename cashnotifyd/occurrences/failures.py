"""Money that did not come in: the family ``failure``, one fact an attempt.

A payment intent is tried again, and so is an invoice: only the failed attempt's charge names the fact. Where no charge
was made (the customer did not authenticate), the event itself stands for the attempt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any, Final

from cashnotifyd.occurrences.reading import Details, Part, Reading
from cashnotifyd.occurrences.shapes import (
    at,
    bill_expected,
    charged,
    count,
    dashboard_payment,
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
    same_customer_and_amount,
    text,
)
from cashnotifyd.vocabulary import Event, Kind

FAMILY: Final = "failure"

_INVOICE, _INTENT, _CHARGE = 50, 30, 20


def charge_failed(event: Event) -> Reading:
    """``charge.failed``."""
    charge = event.object
    names = ids(charge.get("id"))
    hints = ids(charge.get("payment_intent"), charge.get("invoice"))
    if "invoice" not in charge:
        hints |= same_customer_and_amount(charge.get("customer"), charged(charge))
    details = Details(money=charged(charge), what=text(charge.get("description")))
    parts = [details, _why(charge), dashboard_payment(charge), payer(charge), instrument(charge)]
    reading = _reading(event, names, hints, _CHARGE, parts)
    return replace(reading, brings=frozenset({Part.PAYMENT}), expects=bill_expected(charge))


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
    hints = ids(intent.get("id"), intent.get("invoice"))
    if "invoice" not in intent:
        hints |= same_customer_and_amount(intent.get("customer"), due)
    reason = Details(
        reason=text(error.get("decline_code")) or text(error.get("code")), explanation=text(error.get("message"))
    )
    details = Details(
        money=due, what=text(intent.get("description")), object_id=id_of(intent), object_type="payment_intent"
    )
    people = [payer(intent), payer(mapping(error.get("payment_method"))), payer(attempted)]
    means = [instrument(error), instrument(attempted)]
    reading = _reading(event, ids(charge), hints, _INTENT, [details, reason, _why(attempted), *people, *means])
    return replace(reading, brings=frozenset({Part.PAYMENT}), expects=bill_expected(intent))


def invoice_failed(event: Event) -> Reading:
    """``invoice.payment_failed``: knows how often it was tried and when the next attempt is.

    Before basil it names the charge of the attempt; since then nothing but the customer and the amount ties it to it.
    """
    invoice = event.object
    due = money(invoice.get("amount_remaining") or invoice.get("amount_due"), invoice.get("currency"))
    hints = ids(invoice.get("id"), invoice.get("payment_intent"))
    if "charge" not in invoice:
        hints |= same_customer_and_amount(invoice.get("customer"), due)
    details = Details(
        money=due,
        what=invoice_subject(invoice),
        number=text(invoice.get("number")),
        attempt=count(invoice.get("attempt_count")),
        next_attempt=moment(invoice.get("next_payment_attempt")),
        object_id=id_of(invoice),
        object_type="invoice",
    )
    reading = _reading(event, ids(invoice.get("charge")), hints, _INVOICE, [details, payer(invoice)])
    return replace(reading, brings=frozenset({Part.BILL}), expects=frozenset({Part.PAYMENT}))


def _why(charge: Mapping[str, Any]) -> Details:
    """The issuer's decline code is the outcome's reason; ``failure_code`` says hardly more than "declined"."""
    return Details(
        reason=text(at(charge, "outcome", "reason")) or text(charge.get("failure_code")),
        explanation=text(charge.get("failure_message")),
    )


def _reading(
    event: Event, names: frozenset[str], hints: frozenset[str], richness: int, parts: Sequence[Details]
) -> Reading:
    return Reading(
        family=FAMILY,
        kind=Kind.FAILED_PAYMENT,
        names=names or ids(event.id),
        hints=hints - names,
        richness=richness,
        details=reduce(Details.filled_from, parts),
    )
