"""Amounts as people write them."""

from __future__ import annotations

import copy
import re
from functools import cache, lru_cache

from babel import Locale
from babel.numbers import NumberPattern

from cashnotifyd.money import Money, main_units, sent_decimals, spoken_without_decimals
from cashnotifyd.wording.safe_text import Clean, clean

_CODE_BESIDE_FIGURE = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_]{2})")


@lru_cache(maxsize=64)
def format_money(money: Money, locale: Locale) -> Clean:
    """The amount with its currency, as ``locale`` writes it; an unknown currency is its code.

    Not ``babel.numbers.format_currency``: its decimals are those of daily life (an Albanian lek has none there), and
    rounding away what was paid is no option.
    """
    amount = main_units(money)
    decimals = sent_decimals(money.currency)
    if spoken_without_decimals(money.currency) and amount == amount.to_integral_value():
        decimals = 0
    currency = clean(money.currency, 8).upper()
    return code_apart(_pattern(locale, decimals).apply(amount, locale, currency=currency, currency_digits=False))


@cache
def _pattern(locale: Locale, decimals: int) -> NumberPattern:
    pattern: NumberPattern = copy.copy(locale.currency_formats["standard"])
    pattern.frac_prec = (decimals, decimals)
    return pattern


def code_apart(written: str) -> Clean:
    """The amount with a space between a code and a figure ("KWD 6"), which some locales leave out."""
    return Clean(_CODE_BESIDE_FIGURE.sub("\N{NO-BREAK SPACE}", written, count=1))
