"""Every type that no family knows: told only where a channel names the type."""

from __future__ import annotations

from typing import Final

from cashnotifyd.occurrences.reading import Details, Reading
from cashnotifyd.occurrences.shapes import id_of, ids, money, text
from cashnotifyd.vocabulary import Event, Kind

FAMILY: Final = "other"


def anything(event: Event) -> Reading:
    """Any event, by its type and, if its object has one, its amount. Each is a fact of its own."""
    thing = event.object
    amounts = (money(thing.get(name), thing.get("currency")) for name in ("amount", "amount_due", "amount_total"))
    return Reading(
        family=FAMILY,
        kind=Kind.OTHER,
        names=ids(event.id),
        details=Details(
            money=next(filter(None, amounts), None),
            object_id=id_of(thing),
            object_type=text(thing.get("object")),
        ),
    )
