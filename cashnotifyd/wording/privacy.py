"""What a channel may know of an occurrence: the particulars that its level of detail leaves.

It works on what happened, before a word is said, so that no sentence has to know of it. What is not named here as
harmless is left out: a particular that is new to this list makes a discreet message poorer, never less discreet.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from cashnotifyd.money import Money
from cashnotifyd.occurrences.reading import Details, Occurrence
from cashnotifyd.vocabulary import Disclosure, Kind
from cashnotifyd.wording.safe_text import clean

HARMLESS: Final = frozenset(
    {
        "variant", "status", "reason", "number", "object_id", "object_type",
        "customer_country", "card_brand", "card_last4", "payment_method", "bank", "bank_last4",
        "attempt", "next_attempt", "due_by", "paid_at", "arrives", "automatic", "effective", "trial_end",
        "interval", "interval_count", "canceled_by_request", "missing",
    }
)  # fmt: skip
"""Particulars that name no customer and hold no amount: Stripe's codes, days, the merchant's own bank."""
WRITTEN_BY_OTHERS: Final = frozenset({"what", "explanation"})
"""Free text, which may name the customer or hold an amount: told with both struck out."""
PERSONAL: Final = frozenset({"customer_name", "customer_email", "other_names"})
LOOKED_UP_BY: Final = frozenset(
    {
        "balance_transaction_id", "business", "charge_id", "customer_id", "invoice_id", "payment_intent_id",
        "payout_id", "product_ids", "subscription_id", "things",
    }
)  # fmt: skip
"""Particulars that no message shows; a connected account is named beside them, as one's own is."""

_EXPLAINED_BY_STRIPE: Final = frozenset({Kind.FAILED_PAYMENT, Kind.REFUND, Kind.PAYOUT_FAILED})
"""Elsewhere an explanation is what a customer wrote, and a person's own words can tell who they are."""

_THINGS: Final = frozenset(
    {
        "charge", "checkout.session", "coupon", "credit_note", "invoice", "invoiceitem", "payment_intent", "payout",
        "plan", "price", "product", "promotion_code", "quote", "refund", "subscription", "subscription_schedule",
        "topup", "transfer",
    }
)  # fmt: skip
"""Of the objects that are no kind of their own, those whose name or description is that of a thing, not of a person
as a card's or a cardholder's is."""
_STRUCK: Final = "…"
_EMAIL: Final = re.compile(r"[^\s<>‹›()\[\]\"',;:@＠]+[@＠][^\s<>‹›()\[\]\"',;:@＠]+")  # noqa: RUF001 (what clean makes of some @)
_BETWEEN_WORDS: Final = re.compile(r"[\s,;.()]+")
_SHORTEST_WORD_OF_A_NAME: Final = 3
_LONGEST: Final = 500

_PRICE_IN_BRACKETS: Final = re.compile(r"\s*\([^()]*\d[^()]*\)")
_COUNTED: Final = re.compile(r"(?P<many>\d+ [×x] )?(?P<what>.*?)(?P<more> \(\+\d+\))?", re.DOTALL)  # noqa: RUF001 (Stripe's sign)
_SIGN: Final = r"(?:[^\W\d_]{0,3}\$|[€£¥₹₩₽₺₴₦₫฿₪%])"
_FIGURE: Final = re.compile(rf"(?:{_SIGN}\s?)?[-−]?\d(?:[\d.,'’\s]*\d)?(?:\s?{_SIGN})?")  # noqa: RUF001 (as people write)


def disclosed(occurrence: Occurrence, disclosure: Disclosure) -> Occurrence:
    """The occurrence as far as a channel of this level may know it."""
    if disclosure is Disclosure.FULL:
        return occurrence
    details = occurrence.details
    known = details.known()
    if occurrence.kind not in _EXPLAINED_BY_STRIPE:
        known.pop("explanation", None)
    if occurrence.kind is Kind.OTHER and details.object_type not in _THINGS:
        known.pop("what", None)
    if disclosure is Disclosure.PRIVATE and details.money is not None and details.money.amount < 0:
        # A payout that takes money is told by its sign; without it, an arrival would say the contrary.
        known.pop("arrives", None)
    names = (details.customer_name, *(details.other_names or ()))
    return replace(occurrence, details=_left(known, names, disclosure))


def _left(known: Mapping[str, object], names: Iterable[str | None], disclosure: Disclosure) -> Details:
    left: dict[str, Any] = {}
    for particular, value in known.items():
        match value:
            case harmless if particular in HARMLESS:
                left[particular] = harmless
            case str(text) if particular in WRITTEN_BY_OTHERS:
                left[particular] = _struck(text, names, disclosure)
            case Money() | float() | (Money(), *_) as amount if disclosure is Disclosure.MASKED:
                left[particular] = amount
            case Details() as inner:
                left[particular] = _left(inner.known(), names, disclosure)
    return Details(**left)


def _forms(name: str | None) -> Iterator[str]:
    """What a customer's name looks like in a text: the whole of it, and each of its words."""
    whole = unicodedata.normalize("NFC", clean(name or "", _LONGEST))
    yield whole
    yield from (word for word in _BETWEEN_WORDS.split(whole) if len(word) >= _SHORTEST_WORD_OF_A_NAME)


def _without(text: str, name: str) -> str:
    # Hardly any text holds a name, and to compile a pattern for each customer takes longer than all the rest.
    if not name or (name.isascii() and text.isascii() and name.lower() not in text.lower()):
        return text
    # Where letters have no case, words have no spaces around them.
    caseless = any(unicodedata.category(letter) == "Lo" for letter in name)
    pattern = re.escape(name) if caseless else rf"(?<!\w){re.escape(name)}(?!\w)"
    return re.sub(pattern, _STRUCK, text, flags=re.IGNORECASE)


def _struck(text: str, names: Iterable[str | None], disclosure: Disclosure) -> str:
    text = unicodedata.normalize("NFC", clean(text, _LONGEST))
    text = _EMAIL.sub(_STRUCK, text)
    for name in names:
        for form in _forms(name):
            text = _without(text, form)
    return _without_figures(text) if disclosure is Disclosure.PRIVATE else text


def _without_figures(text: str) -> str:
    """Without any number, as each may be an amount; but how many there are of a thing, and how many more things."""
    counted = _COUNTED.fullmatch(text)
    assert counted is not None, "every part of it may be missing"
    what = _FIGURE.sub(_STRUCK, _PRICE_IN_BRACKETS.sub("", counted["what"]))
    return f"{counted['many'] or ''}{what}{counted['more'] or ''}"
