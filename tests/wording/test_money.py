"""Amounts: the right number of decimals for every currency, in the reader's locale."""

from __future__ import annotations

from decimal import Decimal

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from cashnotifyd.money import Money, main_units
from cashnotifyd.wording.money import format_money


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        (4900, "eur", "€49.00"),
        (120450, "usd", "$1,204.50"),
        (-500, "usd", "-$5.00"),
        (500, "jpy", "¥500"),
        (1000, "mga", "MGA 1,000"),
        (5120, "kwd", "KWD 5.120"),
        (500, "isk", "ISK 5"),
        (550, "isk", "ISK 5.50"),
        (1_000_000, "ugx", "UGX 10,000"),
        (1050, "huf", "HUF 10.50"),
        (1050, "twd", "NT$10.50"),
        (1050, "all", "ALL 10.50"),
        (4900, "xyz", "XYZ 49.00"),
        (0, "usd", "$0.00"),
    ],
)
def test_amounts_in_american(amount: int, currency: str, written: str) -> None:
    assert format_money(Money(amount, currency), Locale("en", "US")).replace("\N{NO-BREAK SPACE}", " ") == written


@pytest.mark.parametrize(
    ("locale", "written"),
    [("de_DE", "1.204,50 €"), ("fr_FR", "1 204,50 €"), ("ja_JP", "€1,204.50"), ("bn_BD", "1,204.50€")],
)
def test_amounts_elsewhere(locale: str, written: str) -> None:
    text = format_money(Money(120450, "eur"), Locale.parse(locale))

    assert text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ") == written


def test_a_code_does_not_touch_the_figure_on_either_side() -> None:
    assert format_money(Money(120450, "chf"), Locale.parse("bn_BD")) == "1,204.50\N{NO-BREAK SPACE}CHF"


@given(st.integers(-(10**15), 10**15), st.sampled_from(["usd", "jpy", "kwd", "isk", "huf"]))
def test_nothing_is_rounded_away(amount: int, currency: str) -> None:
    written = format_money(Money(amount, currency), Locale("en", "US"))
    figures = "".join(character for character in written if character in "-.0123456789")

    assert Decimal(figures) == main_units(Money(amount, currency))
