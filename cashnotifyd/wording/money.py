"""Amounts as people write them.

Stripe's documentation, "Supported currencies": amounts are in the smallest unit; some currencies have none, some have
three decimals, and ISK and UGX, which have none in life, are still sent with two.
"""

from __future__ import annotations

import copy
import re
from decimal import Decimal
from typing import Final

from babel import Locale

from cashnotifyd.occurrences.reading import Money
from cashnotifyd.wording.safe_text import Clean, clean

ZERO_DECIMAL: Final = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"}
)
THREE_DECIMAL: Final = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
SENT_WITH_TWO_SPOKEN_WITH_NONE: Final = frozenset({"isk", "ugx"})

_CODE_BESIDE_FIGURE = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


def main_units(money: Money) -> Decimal:
    """The amount in euros, dollars, yen."""
    return Decimal(money.amount).scaleb(-_sent_decimals(money.currency))


def format_money(money: Money, locale: Locale) -> Clean:
    """The amount with its currency, as ``locale`` writes it; an unknown currency is its code.

    Not ``babel.numbers.format_currency``: its decimals are those of daily life (an Albanian lek has none there), and
    rounding away what was paid is no option.
    """
    amount = main_units(money)
    decimals = _sent_decimals(money.currency)
    if money.currency in SENT_WITH_TWO_SPOKEN_WITH_NONE and amount == amount.to_integral_value():
        decimals = 0
    pattern = copy.copy(locale.currency_formats["standard"])
    pattern.frac_prec = (decimals, decimals)
    written = pattern.apply(amount, locale, currency=clean(money.currency, 8).upper(), currency_digits=False)
    return Clean(_CODE_BESIDE_FIGURE.sub("\N{NO-BREAK SPACE}", written, count=1))


def _sent_decimals(currency: str) -> int:
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2
