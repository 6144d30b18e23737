"""What a fleet of accounts asks of one machine, calculated: the formulas behind the table of ceilings.

A fleet is a mix of shops by their sales a month. Polls come at the pace that half of Stripe's read allowance carries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MONTH: Final = 30 * 86_400.0
_DAY: Final = 86_400.0
_READS_PER_TRANSACTION: Final = 500
_FLOOR: Final = 10_000
"""Reads a month that every account has (Stripe's documentation, "Rate limits", "API read request allocations")."""
_LOOK_UPS: Final = 6
"""Reads that a transaction may cost beside polling."""
_FASTEST: Final = 1.0
EVENTS_PER_SALE: Final = 5.0
"""Of a sale: charge, payment intent, checkout session, balance; more with an invoice."""
PEAK: Final = 10.0
"""How many times the average the busiest minutes are."""
KEPT: Final = 400.0
"""Days for which events stay on record."""


@dataclass(frozen=True, slots=True)
class Shops:
    """A part of the fleet, and its sales a month."""

    part: float
    sales: float


FLEET: Final = (Shops(0.80, 10), Shops(0.15, 100), Shops(0.04, 1_000), Shops(0.01, 10_000))
"""As an agency or a platform may have them: most are small."""


def interval(sales: float, share: float = 0.5) -> float:
    """Seconds between polls that ``share`` of the read allowance carries."""
    allowance = max(_FLOOR, _READS_PER_TRANSACTION * sales)
    return max(_FASTEST, MONTH / (share * allowance - _LOOK_UPS * sales))


def polls_per_second(accounts: float, fleet: tuple[Shops, ...] = FLEET) -> float:
    """Of all accounts together."""
    return accounts * sum(shops.part / interval(shops.sales) for shops in fleet)


def events_per_second(accounts: float, fleet: tuple[Shops, ...] = FLEET) -> float:
    """Of all accounts together, on average."""
    return accounts * EVENTS_PER_SALE * sum(shops.part * shops.sales for shops in fleet) / MONTH


def sales_per_second(accounts: float, fleet: tuple[Shops, ...] = FLEET) -> float:
    """Messages, if each sale is told once: on average."""
    return events_per_second(accounts, fleet) / EVENTS_PER_SALE


def kept_bytes(accounts: float, per_event: float, fleet: tuple[Shops, ...] = FLEET) -> float:
    """The record, when it is as long as it gets."""
    return events_per_second(accounts, fleet) * KEPT * _DAY * per_event
