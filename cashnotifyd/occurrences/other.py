"""Every type that no family knows: told only where a channel names the type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cashnotifyd.money import Money
from cashnotifyd.occurrences.plans import plan
from cashnotifyd.occurrences.reading import Details, Reading
from cashnotifyd.occurrences.shapes import (
    at,
    customer_particulars,
    entries,
    id_of,
    ids,
    instrument,
    invoice_subject,
    moment,
    money,
    payer,
    text,
)
from cashnotifyd.vocabulary import Event, Kind

FAMILY: Final = "other"

_AMOUNTS: Final = ("amount", "amount_due", "amount_total", "unit_amount", "amount_off")
_NAMES: Final = ("name", "nickname", "description")


def anything(event: Event) -> Reading:
    """Any event by its type, and whatever its object has of an amount, a name, a customer. Each is its own fact."""
    thing = event.object
    amounts = [found for name in _AMOUNTS if (found := money(thing.get(name), thing.get("currency"))) is not None]
    available = tuple(_available(thing))
    details = Details(
        money=amounts[0] if amounts else available[0] if len(available) == 1 else None,
        available=available if len(available) > 1 else None,
        what=_what(thing),
        number=text(thing.get("number")) if thing.get("object") == "invoice" else None,
        due_by=moment(thing.get("due_date")),
        object_id=id_of(thing),
        object_type=text(thing.get("object")),
    )
    return Reading(
        family=FAMILY,
        kind=Kind.OTHER,
        names=ids(event.id),
        details=details.filled_from(_sold(thing), _people(thing), _means(thing)),
    )


def _what(thing: Mapping[str, Any]) -> str | None:
    if thing.get("object") == "customer":
        return None
    if thing.get("object") == "invoice":
        return invoice_subject(thing)
    names = [thing.get(name) for name in _NAMES]
    return next(
        filter(None, map(text, [*names, at(thing, "product", "name"), at(thing, "merchant_data", "name")])), None
    )


def _sold(thing: Mapping[str, Any]) -> Details:
    return plan(thing) if thing.get("object") == "subscription" else Details()


def _means(thing: Mapping[str, Any]) -> Details:
    """A card that is the object itself, or whatever a payment was made with."""
    return instrument({"card": thing} if thing.get("object") == "card" else thing)


def _people(thing: Mapping[str, Any]) -> Details:
    if thing.get("object") != "customer":
        return payer(thing)
    particulars = customer_particulars(thing)
    return Details(
        customer_name=text(particulars.get("name")),
        customer_email=text(particulars.get("email")),
        customer_country=text(at(particulars, "address", "country")),
    )


def _available(thing: Mapping[str, Any]) -> list[Money]:
    """A balance, in each currency that it holds anything of."""
    if thing.get("object") != "balance":
        return []
    each = (money(entry.get("amount"), entry.get("currency")) for entry in entries(thing.get("available")))
    return [found for found in each if found is not None and found.amount != 0]
