"""How loudly each kind of message knocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cashnotifyd.occurrences.reading import Occurrence, Variant
from cashnotifyd.vocabulary import Account, Kind, Mode, Urgency

URGENCY: Final[Mapping[Kind, Urgency]] = {
    Kind.SALE: Urgency.NORMAL,
    Kind.RENEWAL: Urgency.NORMAL,
    Kind.FAILED_PAYMENT: Urgency.NORMAL,
    Kind.REFUND: Urgency.NORMAL,
    Kind.DISPUTE: Urgency.HIGH,
    Kind.DISPUTE_CLOSED: Urgency.NORMAL,
    Kind.FRAUD_WARNING: Urgency.HIGH,
    Kind.PAYOUT: Urgency.NORMAL,
    Kind.PAYOUT_FAILED: Urgency.HIGH,
    Kind.SUBSCRIPTION_STARTED: Urgency.NORMAL,
    Kind.SUBSCRIPTION_CHANGED: Urgency.LOW,
    Kind.SUBSCRIPTION_CANCELED: Urgency.NORMAL,
    Kind.TRIAL_ENDING: Urgency.NORMAL,
    Kind.CUSTOMER: Urgency.LOW,
    Kind.ACCOUNT: Urgency.NORMAL,
    Kind.WATCH: Urgency.HIGH,
    Kind.OTHER: Urgency.LOW,
}
"""A failed payment is normal: Stripe retries most of them, and a shop with many customers has one every day. Of the
daemon's own alerts those that are good news say so themselves."""

BY_VARIANT: Final[Mapping[Variant, Urgency]] = {
    Variant.NOT_FINALIZED: Urgency.HIGH,
    Variant.REFUND_FAILED: Urgency.HIGH,
    Variant.REVIEW: Urgency.NORMAL,
    Variant.CANCELLATION_SCHEDULED: Urgency.NORMAL,
    Variant.UNPAID: Urgency.NORMAL,
    Variant.PAYMENTS_OFF: Urgency.EMERGENCY,
    Variant.PAYOUTS_OFF: Urgency.HIGH,
    Variant.RESTRICTED: Urgency.HIGH,
    Variant.INFORMATION_OVERDUE: Urgency.HIGH,
    Variant.INFORMATION_SOONER: Urgency.HIGH,
    Variant.INFORMATION_REJECTED: Urgency.HIGH,
    Variant.CAPABILITY_ON: Urgency.LOW,
    Variant.CAPABILITY_OFF: Urgency.HIGH,
    Variant.BANK_ADDED: Urgency.HIGH,
    Variant.BANK_CHANGED: Urgency.HIGH,
    Variant.BANK_REMOVED: Urgency.HIGH,
    Variant.TOP_UP_FAILED: Urgency.HIGH,
}
"""Where a variant differs from its kind. While payments are switched off every hour costs sales; and whoever takes over
an account changes first where its payouts go."""


def urgency(occurrence: Occurrence, account: Account) -> Urgency:
    """How loudly the message of an occurrence knocks. Play money wakes nobody, nor does somebody else's account."""
    kind, variant = URGENCY[occurrence.kind], occurrence.details.variant
    usual = kind if variant is None else BY_VARIANT.get(variant, kind)
    own = account.mode is Mode.LIVE and account.connected is None
    return Urgency.HIGH if usual is Urgency.EMERGENCY and not own else usual
