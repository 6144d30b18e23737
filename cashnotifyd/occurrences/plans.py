"""What a subscription sells, for how much, how often: now, and before a change."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from cashnotifyd.money import Money
from cashnotifyd.occurrences.reading import Details
from cashnotifyd.occurrences.shapes import (
    count,
    dearest,
    entries,
    id_of,
    listed,
    mapping,
    money,
    price_name,
    price_of,
    text,
    unit_amount,
    whole_number,
)

_PER_YEAR: Final[Mapping[str, int]] = {"day": 365, "week": 52, "month": 12, "year": 1}


def plan(subscription: Mapping[str, Any]) -> Details:
    """Plan, price before discounts and tax, period, and what that comes to a month where it is not paid by the month.

    No amount where the items differ in currency or period, or where one is tiered, metered or priced by packages.
    """
    price, interval, interval_count = _price(subscription)
    details = Details(money=price, interval=interval, interval_count=interval_count, what=_what(subscription))
    if price is None or (interval == "month" and interval_count in (None, 1)):
        return details
    return Details(monthly=a_month(details)).filled_from(details)


def plan_before(subscription: Mapping[str, Any], previous: Mapping[str, Any]) -> Details | None:
    """The plan that a change replaced; None where the plan is what it was.

    ``previous`` is the event's ``previous_attributes``: the whole list of items since 2016, of a plan only the fields
    that differ. Since basil every renewal changes the items, because their periods stand with them.
    """
    was = _before(subscription, previous)
    return None if was is None or _contents(was) == _contents(subscription) else plan(was)


def a_month(priced: Details) -> Money | None:
    """What a recurring price comes to a month, to the nearest minor unit."""
    per_year = _PER_YEAR.get(priced.interval or "")
    if priced.money is None or per_year is None:
        return None
    months = 12 * (priced.interval_count or 1)
    return Money((2 * priced.money.amount * per_year + months) // (2 * months), priced.money.currency)


def _before(subscription: Mapping[str, Any], previous: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if entries(previous.get("items")):
        return {"items": previous["items"]}
    items = _items(subscription)
    if len(items) != 1 or not ("plan" in previous or "quantity" in previous):
        return None
    now = mapping(items[0].get("plan")) or mapping(subscription.get("plan")) or price_of(items[0])
    quantity = previous["quantity"] if "quantity" in previous else items[0].get("quantity")
    return {"plan": {**now, **mapping(previous.get("plan"))}, "quantity": quantity}


def _items(subscription: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A subscription's items; before they came (2016) it had one plan and its quantity."""
    return entries(subscription.get("items")) or ([subscription] if mapping(subscription.get("plan")) else [])


def _contents(subscription: Mapping[str, Any]) -> set[tuple[str | None, int, Decimal | None, str | None]]:
    sold = [(price_of(item), _quantity(item)) for item in _items(subscription)]
    return {(id_of(price), quantity, unit_amount(price), text(price.get("currency"))) for price, quantity in sold}


def _quantity(item: Mapping[str, Any]) -> int:
    quantity = whole_number(item.get("quantity"))
    return 1 if quantity is None else quantity


def _all(item: Mapping[str, Any]) -> Money | None:
    """What an item comes to. Stripe rounds after it has multiplied: a price may hold fractions of a cent."""
    price = price_of(item)
    each = unit_amount(price)
    if each is None:
        return None
    return money(int((each * _quantity(item)).to_integral_value(ROUND_HALF_UP)), price.get("currency"))


def _what(subscription: Mapping[str, Any]) -> str | None:
    items = _items(subscription)
    named = [(price_name(price_of(item)), paid.amount if (paid := _all(item)) else 0) for item in items]
    return dearest(named, max(len(items), listed(subscription.get("items"))))


def _price(subscription: Mapping[str, Any]) -> tuple[Money | None, str | None, int | None]:
    total = 0
    periods: set[tuple[str | None, int | None]] = set()
    currencies: set[str] = set()
    summable = True
    for item in _items(subscription):
        price = price_of(item)
        recurring = mapping(price.get("recurring")) or price
        periods.add((text(recurring.get("interval")), count(recurring.get("interval_count"))))
        paid = _all(item)
        fixed = (
            price.get("billing_scheme") != "tiered"
            and recurring.get("usage_type") != "metered"
            and not price.get("transform_quantity")
            and not price.get("transform_usage")
        )
        if paid is None or not fixed:
            summable = False
            continue
        currencies.add(paid.currency)
        total += paid.amount
    interval, interval_count = next(iter(periods)) if len(periods) == 1 else (None, None)
    if not summable or len(currencies) != 1 or interval is None:
        return None, interval, interval_count
    return money(total, next(iter(currencies))), interval, interval_count
