"""Tolerant reading of Stripe's payloads, whose shape depends on the account's API version at the time of the event.

Every reader takes whatever JSON holds and answers None (or nothing) for what it does not know: no payload raises.
The versions named here are those of Stripe's API changelog and upgrade notes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from cashnotifyd.money import Money
from cashnotifyd.occurrences.reading import Details

_ID = re.compile(r"[!-~]{1,255}")
_CURRENCY = re.compile(r"[A-Za-z]{3,5}")
_DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,12})?")
_LARGEST = 10**15
"""Stripe's amounts have at most 12 digits; what is longer is no amount (and would overrun a decimal's precision)."""
_WRITTEN_BY_STRIPE = frozenset({"Payment for Invoice", "Subscription creation", "Subscription update"})
_LAST_SECOND = 253_370_764_800
"""The first second of the year 9999: later ones do not fit a date in every time zone."""


def mapping(value: object) -> Mapping[str, Any]:
    """``value`` if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def at(value: object, *path: str) -> Any:  # noqa: ANN401 (JSON is anything)
    """What stands at ``path`` below ``value``; None where the path breaks off."""
    for step in path:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def text(value: object) -> str | None:
    """A string with something in it. Lone surrogates, which JSON can spell but nothing can store, become ``?``."""
    if not isinstance(value, str) or not value.strip():
        return None
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def whole_number(value: object) -> int | None:
    """An integer; JSON's booleans are none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def count(value: object) -> int | None:
    """An integer from 1 up, small enough to be a count of something."""
    number = whole_number(value)
    return number if number is not None and 0 < number <= 1_000_000 else None  # noqa: PLR2004 (any sane bound)


def moment(value: object) -> int | None:
    """Seconds since 1970 UTC, after 1970 and within a calendar's reach."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    seconds = whole_number(value)
    return seconds if seconds is not None and 0 < seconds < _LAST_SECOND else None


def identifier(value: object) -> str | None:
    """A string that can be an id or a type: printable ASCII without spaces, at most 255 characters."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def id_of(value: object) -> str | None:
    """The id of an object that is either named by its id or expanded."""
    return identifier(value.get("id") if isinstance(value, dict) else value)


def ids(*values: object) -> frozenset[str]:
    """The ids among ``values``, each an id or an expanded object."""
    return frozenset(found for found in map(id_of, values) if found is not None)


def entries(value: object) -> list[Mapping[str, Any]]:
    """The objects of a list: a Stripe list (``{"data": […]}``) or, in the oldest versions, a bare array."""
    listed = at(value, "data") if isinstance(value, dict) else value
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []


def listed(value: object) -> int:
    """How many objects a list has at Stripe, which puts no more than ten of them into an event."""
    return max(len(entries(value)), count(at(value, "total_count")) or 0)


def newest(objects: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The one with the highest ``created``, the first of equals; an empty object if there is none."""
    return max(objects, key=lambda one: moment(one.get("created")) or 0, default={})


def money(amount: object, currency: object) -> Money | None:
    """An amount in a currency, if both are there and make sense."""
    number = whole_number(amount)
    if number is None or abs(number) >= _LARGEST or not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        return None
    return Money(number, currency.lower())


def unit_amount(price: Mapping[str, Any]) -> Decimal | None:
    """What one unit costs by a price or a plan, in minor units; with fractions of them it is a text alone."""
    whole = (whole_number(price.get(name)) for name in ("unit_amount", "amount"))
    if (found := next((amount for amount in whole if amount is not None), None)) is not None:
        return Decimal(found)
    fine = (price.get(name) for name in ("unit_amount_decimal", "amount_decimal"))
    return next((Decimal(amount) for amount in fine if isinstance(amount, str) and _DECIMAL.fullmatch(amount)), None)


def payer(payment: Mapping[str, Any]) -> Details:
    """Who pays: from a charge, a payment intent, an invoice or a checkout session of any version.

    A guest of the checkout has no customer object, only ``customer_details`` or ``billing_details``.
    """
    card = _oldest_card(payment)
    sources: list[Mapping[str, Any]] = [
        mapping(payment.get("billing_details")),
        mapping(payment.get("customer_details")),
        {
            "name": payment.get("customer_name"),
            "email": payment.get("customer_email"),
            "address": payment.get("customer_address"),
        },
        customer_particulars(payment.get("customer")),
        {"email": payment.get("receipt_email")},
        mapping(at(payment, "source", "owner")),
        {"name": card.get("name"), "address": {"country": card.get("address_country")}},
        {"name": at(payment, "shipping", "name")},
    ]
    name, *others = dict.fromkeys(found for source in sources if (found := text(source.get("name")))) or [None]
    return Details(
        customer_name=name,
        other_names=tuple(other for other in others if other is not None) or None,
        customer_email=_first(text(source.get("email")) for source in sources),
        customer_country=_first(text(at(source, "address", "country")) for source in sources),
    )


def customer_particulars(customer: object) -> Mapping[str, Any]:
    """An expanded customer. Before names came to customers (2018), ``description`` held them as a rule."""
    found = mapping(customer)
    return {
        "name": text(found.get("name")) or text(found.get("description")),
        "email": found.get("email"),
        "address": found.get("address"),
    }


def instrument(payment: Mapping[str, Any]) -> Details:
    """What a charge was paid with.

    ``payment_method_details`` since 2019-03, ``source`` since 2015-02-18, ``card`` before.
    """
    details = mapping(payment.get("payment_method_details")) or mapping(payment.get("payment_method"))
    sort = text(details.get("type"))
    if sort is not None:
        return _of_sort(sort, mapping(details.get(sort)))
    source = mapping(payment.get("source"))
    if text(source.get("type")) is not None and source.get("object") == "source":
        return _of_sort(str(source["type"]), mapping(source.get(str(source["type"]))))
    if source.get("object") == "bank_account":
        return Details(payment_method="bank_account")
    card = _oldest_card(payment)
    # Until 2014 a card's brand was called its type.
    return Details(card_brand=text(card.get("brand")) or text(card.get("type")), card_last4=text(card.get("last4")))


def _oldest_card(payment: Mapping[str, Any]) -> Mapping[str, Any]:
    source = mapping(payment.get("source"))
    return source if source.get("object") == "card" else mapping(payment.get("card"))


def _of_sort(sort: str, particulars: Mapping[str, Any]) -> Details:
    if sort in ("card", "card_present", "interac_present", "three_d_secure"):
        return Details(card_brand=text(particulars.get("brand")), card_last4=text(particulars.get("last4")))
    return Details(payment_method=sort)


def described(payment: Mapping[str, Any]) -> str | None:
    """What the merchant says a charge or a payment intent is for; for a subscription's and an invoice's Stripe does."""
    description = text(payment.get("description"))
    return None if description in _WRITTEN_BY_STRIPE else description


def charged(charge: Mapping[str, Any]) -> Money | None:
    """The whole amount of a charge."""
    return money(charge.get("amount"), charge.get("currency"))


def let_go(charge: Mapping[str, Any]) -> frozenset[str]:
    """A name for what a charge gave back if that is no more than the part of it that was never captured.

    Stripe counts that part as refunded at the moment of the capture. ``amount_captured`` came in 2020.
    """
    amount, back = whole_number(charge.get("amount")), whole_number(charge.get("amount_refunded"))
    captured = whole_number(charge.get("amount_captured"))
    if amount is None or not back or captured not in (None, amount - back):
        return frozenset()
    return frozenset(f"{found}:{back}:uncaptured" for found in ids(charge.get("id")))


def payment_made(charge: Mapping[str, Any]) -> Details:
    """When a payment was made that something later goes back to. ``created`` of whatever is not a charge is another."""
    return Details(paid_at=moment(charge.get("created")) if charge.get("object") == "charge" else None)


def dashboard_payment(payment: Mapping[str, Any]) -> Details:
    """The object under which the dashboard shows a payment: its payment intent, or its charge where there is none.

    ``payment`` is a charge, or what names one (a refund, a fraud warning).
    """
    if (intent := id_of(payment.get("payment_intent"))) is not None:
        return Details(object_id=intent, object_type="payment_intent")
    charge = payment.get("id") if payment.get("object") == "charge" else payment.get("charge")
    return Details(object_id=found, object_type="charge") if (found := id_of(charge)) is not None else Details()


def subscription_of(invoice: Mapping[str, Any]) -> str | None:
    """The subscription that an invoice bills: under ``parent`` since basil, directly before."""
    return id_of(at(invoice, "parent", "subscription_details", "subscription")) or id_of(invoice.get("subscription"))


def invoice_lines(invoice: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The (at most ten) lines that an invoice's event carries. In 2012 they were sorted into three arrays."""
    lines = invoice.get("lines")
    yield from entries(lines)
    for sort in ("subscriptions", "prorations", "invoiceitems"):
        yield from entries(at(lines, sort))


def price_of(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The price of a subscription item or an invoice line: ``price`` since 2020-05, ``plan`` before, often both."""
    return mapping(item.get("price")) or mapping(item.get("plan")) or mapping(at(item, "pricing", "price_details"))


def price_name(price: Mapping[str, Any]) -> str | None:
    """What a price calls itself, in words: the product's name where it is expanded, else the nickname.

    Plans had a name of their own until 2018-02-05.
    """
    return text(at(price, "product", "name")) or text(price.get("nickname")) or text(price.get("name"))


def invoice_subject(invoice: Mapping[str, Any]) -> str | None:
    """What an invoice is for: its dearest line, and how many more there are."""
    named = [
        (text(line.get("description")) or price_name(price_of(line)), whole_number(line.get("amount")) or 0)
        for line in invoice_lines(invoice)
    ]
    return dearest(named, invoice_length(invoice)) or text(invoice.get("description"))


def invoice_length(invoice: Mapping[str, Any]) -> int:
    """How many lines an invoice has, those among them that its event does not carry."""
    return max(listed(invoice.get("lines")), sum(1 for _ in invoice_lines(invoice)))


def dearest(things: Iterable[tuple[str | None, int]], number: int) -> str | None:
    """What the dearest of ``number`` things is called, of those with a name, and how many more there are.

    ``things``: a name and an amount of each that is known.
    """
    named = [(amount, name) for name, amount in things if name is not None]
    _, name = max(named, key=lambda one: one[0], default=(0, None))
    return f"{name} (+{number - 1})" if name is not None and number > 1 else name


def _first(found: Iterable[str | None]) -> str | None:
    return next((one for one in found if one is not None), None)
