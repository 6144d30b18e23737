"""Amounts as Stripe sends them.

Stripe's documentation, "Supported currencies": amounts are in the smallest unit; some currencies have none, some have
three decimals, and ISK and UGX, which have none in life, are still sent with two.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

ZERO_DECIMAL: Final = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"}
)
THREE_DECIMAL: Final = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
SENT_WITH_TWO_SPOKEN_WITH_NONE: Final = frozenset({"isk", "ugx"})


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the currency's minor unit as Stripe counts it, and the lower-case ISO code."""

    amount: int
    currency: str


def money_or_none(amount: int | None, currency: str | None) -> Money | None:
    """An amount of which nothing, or not the currency, may be known."""
    return None if amount is None or currency is None else Money(amount, currency)


def main_units(money: Money) -> Decimal:
    """The amount in euros, dollars, yen."""
    return Decimal(money.amount).scaleb(-sent_decimals(money.currency))


def sent_decimals(currency: str) -> int:
    """How many digits of an amount stand behind the point."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def spoken_without_decimals(currency: str) -> bool:
    """Whether its decimals exist for Stripe alone."""
    return currency in SENT_WITH_TWO_SPOKEN_WITH_NONE
