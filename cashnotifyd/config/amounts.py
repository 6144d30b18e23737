"""What the amounts of ``min_amount`` mean."""

from __future__ import annotations

import re
from decimal import ROUND_UP, Decimal

from babel.core import get_global
from babel.numbers import list_currencies

from cashnotifyd.config.findings import Refused, did_you_mean
from cashnotifyd.config.values import as_text, from_json, is_off
from cashnotifyd.money import sent_decimals

_SEVERAL = "Several currencies are parted by commas: {usd: 50, jpy: 5000}."

# The first that is near wins: `eru` is rather a euro than an Eritrean nakfa.
_FREQUENT = ("usd", "eur", "gbp", "jpy", "cad", "aud", "chf", "nzd", "sek", "nok", "dkk", "pln", "czk", "inr", "brl")


def min_amount(value: object) -> dict[object, object]:
    """Currencies with an amount each, unchecked: a mapping, in the environment as JSON too. Empty for ``off``."""
    if isinstance(value, str):
        text = value.strip()
        if is_off(text):
            return {}
        if text.startswith("{"):
            value = from_json(text)
        elif re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,3})?", text):
            raise Refused("the amount is of no currency", f"Are dollars meant? Then write {{usd: {text}}}. {_SEVERAL}")
    if not isinstance(value, dict):
        raise Refused("currencies with an amount each are meant here", f"Write {{usd: 50}}. {_SEVERAL}")
    return value


def currency(word: str) -> str:
    """A currency's code as it stands there, in capitals or not."""
    code = word.lower()
    # Past ones too: Stripe still lists currencies that CLDR calls history.
    if code.upper() in list_currencies():
        return word
    if code.isdecimal():
        raise Refused("digits stand where a currency is meant", "Write cents after a point, not a comma: {usd: 49.90}.")
    near = did_you_mean(code, _FREQUENT) or did_you_mean(code, _in_use())
    raise Refused("this is no currency", f"{near}Write the three letters of its code: usd, eur, jpy.")


def amount(value: object) -> Decimal:
    """An amount in main units: dollars, not cents. Zero is no minimum, which is how the environment takes one away."""
    text = as_text(value).strip()
    if re.fullmatch(r"-[0-9.]+", text):
        raise Refused("the amount is below zero", "Write the least amount that is to be told, or take it out.")
    if not re.fullmatch(r"[0-9]{1,12}(?:\.[0-9]{1,9})?", text):
        raise Refused(
            "this is not an amount",
            "Write digits alone, with a point before any cents: 50 or 49.90 (dollars, not cents).",
        )
    return Decimal(text)


def refuse_too_fine(least: Decimal, code: str) -> None:
    """Raise Refused where an amount has more decimals than Stripe counts of its currency."""
    decimals = sent_decimals(code.lower())
    coarser = least.quantize(Decimal(1).scaleb(-decimals), ROUND_UP)
    if least != coarser:
        some = f"{decimals} decimals at most" if decimals else "no decimals"
        raise Refused(f"amounts in {code.lower()} have {some}", f"Write {coarser}, for instance.")


def _in_use() -> list[str]:
    """The codes of all that is legal tender somewhere today, by the alphabet."""
    by_territory = get_global("territory_currencies").values()
    return sorted({code.lower() for codes in by_territory for code, _, end, tender in codes if tender and end is None})
