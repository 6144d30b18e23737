"""What happened and how much, in the few words that a locked phone shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cashnotifyd.occurrences.reading import Occurrence, Variant
from cashnotifyd.vocabulary import Kind
from cashnotifyd.wording.language import Language
from cashnotifyd.wording.safe_text import Clean, clean

_HEADLINES: Final[Mapping[Kind, str]] = {
    Kind.SALE: "Sale",
    Kind.RENEWAL: "Renewal",
    Kind.FAILED_PAYMENT: "Payment failed",
    Kind.REFUND: "Refund",
    Kind.DISPUTE: "Dispute",
    Kind.DISPUTE_CLOSED: "Dispute closed",
    Kind.FRAUD_WARNING: "Fraud warning",
    Kind.PAYOUT: "Payout",
    Kind.PAYOUT_FAILED: "Payout failed",
    Kind.SUBSCRIPTION_STARTED: "New subscription",
    Kind.SUBSCRIPTION_CANCELED: "Subscription cancelled",
    Kind.TRIAL_ENDING: "Trial ending",
    Kind.CUSTOMER: "New customer",
}
_BY_VARIANT: Final[Mapping[Variant, str]] = {
    Variant.REFUND_FAILED: "Refund failed",
    Variant.INQUIRY: "Inquiry",
    Variant.WON: "Dispute won",
    Variant.LOST: "Dispute lost",
    Variant.INQUIRY_CLOSED: "Inquiry closed",
}
_IMPLIED_OWNERS: Final = (
    "customer.subscription.",
    "charge.dispute.",
    "charge.refund.",
    "account.external_account.",
    "treasury.",
)
"""Type prefixes whose first word tells a reader nothing."""
_LONGEST: Final = 44
"""Characters of a type's words: with an amount and an account's short name they stay within 80."""


def headline(occurrence: Occurrence, language: Language) -> Clean:
    """Such as "Sale €49.00"."""
    what = _what(occurrence, language)
    amount = language.price(occurrence.details)
    return what if amount is None else language.say("{what} {amount}", what=what, amount=amount)


def _what(occurrence: Occurrence, language: Language) -> Clean:
    variant = occurrence.details.variant
    msgid = (_BY_VARIANT.get(variant) if variant else None) or _HEADLINES.get(occurrence.kind)
    if msgid is not None:
        return language.say(msgid)
    return type_in_words(min(occurrence.types, default=""))


def type_in_words(event_type: str) -> Clean:
    """``customer.subscription.paused`` as "Subscription paused". Stripe's words are English in every language."""
    if event_type.startswith(_IMPLIED_OWNERS):
        event_type = event_type.partition(".")[2]
    words = clean(event_type.replace(".", " ").replace("_", " ").replace("invoiceitem", "invoice item"), _LONGEST)
    return Clean(words[:1].upper() + words[1:]) if words else Clean("Event")
