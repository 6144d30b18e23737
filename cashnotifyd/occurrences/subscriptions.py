"""Subscriptions that begin and end, and the customers who have them.

The families ``subscription_started``, ``subscription_canceled``, ``trial_ending`` and ``customer``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from cashnotifyd.occurrences.other import anything
from cashnotifyd.occurrences.reading import Details, Money, Reading, Silence, Untold
from cashnotifyd.occurrences.shapes import (
    at,
    count,
    customer_particulars,
    entries,
    id_of,
    ids,
    mapping,
    moment,
    money,
    price_name,
    price_of,
    text,
    whole_number,
)
from cashnotifyd.vocabulary import Event, Kind

STARTED: Final = "subscription_started"
CANCELED: Final = "subscription_canceled"
TRIAL_ENDING: Final = "trial_ending"
CUSTOMER: Final = "customer"


def subscription_created(event: Event) -> Reading | Untold:
    """``customer.subscription.created``: one whose first payment is still awaited may never start."""
    if event.object.get("status") in ("incomplete", "incomplete_expired"):
        return Untold(Silence.AWAITING_FIRST_PAYMENT)
    return _reading(event, STARTED, Kind.SUBSCRIPTION_STARTED)


def subscription_updated(event: Event) -> Reading:
    """``customer.subscription.updated``: news by itself when the first payment came."""
    if event.previous.get("status") == "incomplete" and event.object.get("status") in ("active", "trialing"):
        return _reading(event, STARTED, Kind.SUBSCRIPTION_STARTED)
    return anything(event)


def subscription_deleted(event: Event) -> Reading | Untold:
    """``customer.subscription.deleted``. ``cancellation_details`` came in 2023."""
    if event.object.get("status") == "incomplete_expired":
        return Untold(Silence.NEVER_STARTED)
    return _reading(event, CANCELED, Kind.SUBSCRIPTION_CANCELED)


def trial_will_end(event: Event) -> Reading:
    """``customer.subscription.trial_will_end``, three days before; a trial that is made longer ends again."""
    reading = _reading(event, TRIAL_ENDING, Kind.TRIAL_ENDING)
    subscription, trial_end = reading.details.object_id, reading.details.trial_end
    names = frozenset({f"{subscription}:{trial_end}"}) if subscription and trial_end else ids(event.id)
    return replace(reading, names=names)


def customer_created(event: Event) -> Reading:
    """``customer.created``."""
    customer = event.object
    return Reading(
        family=CUSTOMER,
        kind=Kind.CUSTOMER,
        names=ids(customer.get("id")) or ids(event.id),
        details=_customer(customer).filled_from(Details(object_id=id_of(customer), object_type="customer")),
    )


def _reading(event: Event, family: str, kind: Kind) -> Reading:
    subscription = event.object
    price, interval, interval_count = _price(subscription)
    cancellation = mapping(subscription.get("cancellation_details"))
    details = Details(
        money=price,
        interval=interval,
        interval_count=interval_count,
        what=_what(subscription),
        status=text(subscription.get("status")),
        trial_end=moment(subscription.get("trial_end")),
        canceled_by_request=_by_request(subscription),
        reason=text(cancellation.get("feedback")) or text(cancellation.get("reason")),
        explanation=text(cancellation.get("comment")),
        object_id=id_of(subscription),
        object_type="subscription",
    )
    return Reading(
        family=family,
        kind=kind,
        names=ids(subscription.get("id")) or ids(event.id),
        details=details.filled_from(_customer(mapping(subscription.get("customer")))),
    )


def _customer(customer: Mapping[str, Any]) -> Details:
    particulars = customer_particulars(customer)
    return Details(
        customer_name=text(particulars.get("name")),
        customer_email=text(particulars.get("email")),
        customer_country=text(at(particulars, "address", "country")),
    )


def _items(subscription: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A subscription's items; before they came (2016) it had one plan and its quantity."""
    return entries(subscription.get("items")) or ([subscription] if mapping(subscription.get("plan")) else [])


def _what(subscription: Mapping[str, Any]) -> str | None:
    names = [name for item in _items(subscription) if (name := price_name(price_of(item))) is not None]
    return f"{names[0]} (+{len(names) - 1})" if len(names) > 1 else next(iter(names), None)


def _price(subscription: Mapping[str, Any]) -> tuple[Money | None, str | None, int | None]:
    """What a period costs before discounts and tax, and how long it is.

    No amount where the items differ in currency or period, or where one is tiered, metered or priced by packages.
    """
    total = 0
    periods: set[tuple[str | None, int | None]] = set()
    currencies: set[str] = set()
    summable = True
    for item in _items(subscription):
        price = price_of(item)
        recurring = mapping(price.get("recurring")) or price
        periods.add((text(recurring.get("interval")), count(recurring.get("interval_count"))))
        quantity = whole_number(item.get("quantity"))
        each = money(
            price["unit_amount"] if "unit_amount" in price else price.get("amount"),
            price.get("currency"),
        )
        fixed = (
            price.get("billing_scheme") != "tiered"
            and recurring.get("usage_type") != "metered"
            and not price.get("transform_quantity")
            and not price.get("transform_usage")
        )
        if each is None or not fixed:
            summable = False
            continue
        currencies.add(each.currency)
        total += each.amount * (1 if quantity is None else quantity)
    interval, interval_count = next(iter(periods)) if len(periods) == 1 else (None, None)
    if not summable or len(currencies) != 1 or interval is None:
        return None, interval, interval_count
    return money(total, next(iter(currencies))), interval, interval_count


def _by_request(subscription: Mapping[str, Any]) -> bool | None:
    """Whether somebody asked for the end; None where the version does not tell."""
    reason = at(subscription, "cancellation_details", "reason")
    if reason in ("payment_failed", "payment_disputed"):
        return False
    if reason == "cancellation_requested" or subscription.get("cancel_at_period_end") is True:
        return True
    return None
