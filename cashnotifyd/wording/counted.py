"""What there is many of, by the kind and variant: said alike in summaries and digests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cashnotifyd.cursor_file.values import NOTICE
from cashnotifyd.occurrences.reading import Variant
from cashnotifyd.vocabulary import Kind

COUNTED: Final[Mapping[Kind, tuple[str, str]]] = {
    Kind.SALE: ("{count} sale", "{count} sales"),
    Kind.RENEWAL: ("{count} renewal", "{count} renewals"),
    Kind.FAILED_PAYMENT: ("{count} payment failed", "{count} payments failed"),
    Kind.REFUND: ("{count} refund", "{count} refunds"),
    Kind.DISPUTE: ("{count} dispute", "{count} disputes"),
    Kind.DISPUTE_CLOSED: ("{count} dispute closed", "{count} disputes closed"),
    Kind.FRAUD_WARNING: ("{count} fraud warning", "{count} fraud warnings"),
    Kind.PAYOUT: ("{count} payout", "{count} payouts"),
    Kind.PAYOUT_FAILED: ("{count} payout failed", "{count} payouts failed"),
    Kind.SUBSCRIPTION_STARTED: ("{count} new subscription", "{count} new subscriptions"),
    Kind.SUBSCRIPTION_CHANGED: ("{count} subscription changed", "{count} subscriptions changed"),
    Kind.SUBSCRIPTION_CANCELED: ("{count} subscription cancelled", "{count} subscriptions cancelled"),
    Kind.TRIAL_ENDING: ("{count} trial ending", "{count} trials ending"),
    Kind.CUSTOMER: ("{count} new customer", "{count} new customers"),
    Kind.ACCOUNT: ("{count} account change", "{count} account changes"),
    Kind.WATCH: ("{count} alert of cashnotifyd", "{count} alerts of cashnotifyd"),
    Kind.OTHER: ("{count} other event", "{count} other events"),
}
OURS: Final[Mapping[str, tuple[str, str]]] = {
    NOTICE: ("{count} notice of cashnotifyd", "{count} notices of cashnotifyd"),
}
"""What the daemon says of itself and is no alert."""
COUNTED_BY_VARIANT: Final[Mapping[str, tuple[str, str]]] = {
    Variant.OUTSIDE_STRIPE: ("{count} invoice paid outside Stripe", "{count} invoices paid outside Stripe"),
    Variant.CONFIRMATION_NEEDED: ("{count} confirmation needed", "{count} confirmations needed"),
    Variant.OVERDUE: ("{count} invoice overdue", "{count} invoices overdue"),
    Variant.PAST_DUE: ("{count} subscription past due", "{count} subscriptions past due"),
    Variant.UNCOLLECTIBLE: ("{count} invoice uncollectible", "{count} invoices uncollectible"),
    Variant.NOT_FINALIZED: ("{count} invoice held up", "{count} invoices held up"),
    Variant.REFUND_FAILED: ("{count} refund failed", "{count} refunds failed"),
    Variant.REFUND_CANCELED: ("{count} refund cancelled", "{count} refunds cancelled"),
    Variant.INQUIRY: ("{count} inquiry", "{count} inquiries"),
    Variant.ESCALATED: ("{count} inquiry now a dispute", "{count} inquiries now disputes"),
    Variant.WON: ("{count} dispute won", "{count} disputes won"),
    Variant.LOST: ("{count} dispute lost", "{count} disputes lost"),
    Variant.INQUIRY_CLOSED: ("{count} inquiry closed", "{count} inquiries closed"),
    Variant.PREVENTED: ("{count} dispute prevented", "{count} disputes prevented"),
    Variant.REVIEW: ("{count} payment to review", "{count} payments to review"),
    Variant.PAYOUT_CANCELED: ("{count} payout cancelled", "{count} payouts cancelled"),
    Variant.TRIAL: ("{count} trial started", "{count} trials started"),
    Variant.TRIAL_CONVERTED: ("{count} trial converted", "{count} trials converted"),
    Variant.TRIAL_MOVED: ("{count} trial end moved", "{count} trial ends moved"),
    Variant.UPGRADED: ("{count} subscription upgraded", "{count} subscriptions upgraded"),
    Variant.DOWNGRADED: ("{count} subscription downgraded", "{count} subscriptions downgraded"),
    Variant.CHANGE_EXPIRED: ("{count} subscription change expired", "{count} subscription changes expired"),
    Variant.CANCELLATION_SCHEDULED: ("{count} cancellation scheduled", "{count} cancellations scheduled"),
    Variant.CANCELLATION_WITHDRAWN: ("{count} cancellation withdrawn", "{count} cancellations withdrawn"),
    Variant.PAUSED: ("{count} subscription paused", "{count} subscriptions paused"),
    Variant.RESUMED: ("{count} subscription resumed", "{count} subscriptions resumed"),
    Variant.COLLECTION_PAUSED: ("{count} collection paused", "{count} collections paused"),
    Variant.COLLECTION_RESUMED: ("{count} collection resumed", "{count} collections resumed"),
    Variant.UNPAID: ("{count} subscription unpaid", "{count} subscriptions unpaid"),
    Variant.PAYMENTS_OFF: ("Payments switched off once", "Payments switched off {count} times"),
    Variant.PAYMENTS_ON: ("Payments switched on once", "Payments switched on {count} times"),
    Variant.PAYOUTS_OFF: ("Payouts switched off once", "Payouts switched off {count} times"),
    Variant.PAYOUTS_ON: ("Payouts switched on once", "Payouts switched on {count} times"),
    Variant.RESTRICTED: ("Account restricted once", "Account restricted {count} times"),
    Variant.INFORMATION_OVERDUE: ("Information needed once", "Information needed {count} times"),
    Variant.INFORMATION_SOONER: ("Deadline moved up once", "Deadline moved up {count} times"),
    Variant.INFORMATION_REJECTED: ("Information rejected once", "Information rejected {count} times"),
    Variant.INFORMATION_NEEDED: ("Information asked for once", "Information asked for {count} times"),
    Variant.INFORMATION_COMPLETE: ("Information complete once", "Information complete {count} times"),
    Variant.CAPABILITY_ON: ("{count} capability gained", "{count} capabilities gained"),
    Variant.CAPABILITY_OFF: ("{count} capability lost", "{count} capabilities lost"),
    Variant.BANK_ADDED: ("{count} payout account added", "{count} payout accounts added"),
    Variant.BANK_CHANGED: ("{count} payout account changed", "{count} payout accounts changed"),
    Variant.BANK_REMOVED: ("{count} payout account removed", "{count} payout accounts removed"),
    Variant.APPLICATION_ADDED: ("{count} application connected", "{count} applications connected"),
    Variant.APPLICATION_REMOVED: ("{count} application disconnected", "{count} applications disconnected"),
    Variant.TOP_UP_FAILED: ("{count} top-up failed", "{count} top-ups failed"),
}
