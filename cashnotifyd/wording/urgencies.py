"""How loudly each kind of message knocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cashnotifyd.vocabulary import Kind, Urgency

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
