"""What happened and how much, in the few words that a locked phone shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cashnotifyd.occurrences.reading import Occurrence, Variant
from cashnotifyd.vocabulary import Account, Kind, Mode
from cashnotifyd.wording.language import Language
from cashnotifyd.wording.particulars import account_name, connected_name
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
    Kind.SUBSCRIPTION_CHANGED: "Subscription changed",
    Kind.SUBSCRIPTION_CANCELED: "Subscription cancelled",
    Kind.TRIAL_ENDING: "Trial ending",
    Kind.CUSTOMER: "New customer",
    Kind.ACCOUNT: "Account changed",
}
BY_VARIANT: Final[Mapping[Variant, str]] = {
    Variant.CONFIRMATION_NEEDED: "Confirmation needed",
    Variant.OVERDUE: "Invoice overdue",
    Variant.PAST_DUE: "Subscription past due",
    Variant.UNCOLLECTIBLE: "Invoice uncollectible",
    Variant.NOT_FINALIZED: "Invoice held up",
    Variant.REFUND_FAILED: "Refund failed",
    Variant.REFUND_CANCELED: "Refund cancelled",
    Variant.INQUIRY: "Inquiry",
    Variant.ESCALATED: "Inquiry now a dispute",
    Variant.WON: "Dispute won",
    Variant.LOST: "Dispute lost",
    Variant.INQUIRY_CLOSED: "Inquiry closed",
    Variant.PREVENTED: "Dispute prevented",
    Variant.REVIEW: "Payment to review",
    Variant.PAYOUT_CANCELED: "Payout cancelled",
    Variant.TRIAL: "Trial started",
    Variant.TRIAL_CONVERTED: "Trial converted",
    Variant.TRIAL_MOVED: "Trial end moved",
    Variant.UPGRADED: "Subscription upgraded",
    Variant.DOWNGRADED: "Subscription downgraded",
    Variant.PLAN_CHANGED: "Subscription changed",
    Variant.CHANGE_EXPIRED: "Subscription change expired",
    Variant.CANCELLATION_SCHEDULED: "Cancellation scheduled",
    Variant.CANCELLATION_WITHDRAWN: "Cancellation withdrawn",
    Variant.PAUSED: "Subscription paused",
    Variant.RESUMED: "Subscription resumed",
    Variant.COLLECTION_PAUSED: "Collection paused",
    Variant.COLLECTION_RESUMED: "Collection resumed",
    Variant.UNPAID: "Subscription unpaid",
    Variant.PAYMENTS_OFF: "Payments switched off",
    Variant.PAYMENTS_ON: "Payments switched on",
    Variant.PAYOUTS_OFF: "Payouts switched off",
    Variant.PAYOUTS_ON: "Payouts switched on",
    Variant.RESTRICTED: "Account restricted",
    Variant.INFORMATION_OVERDUE: "Stripe needs information",
    Variant.INFORMATION_SOONER: "Stripe needs information sooner",
    Variant.INFORMATION_REJECTED: "Information rejected",
    Variant.INFORMATION_NEEDED: "Stripe asks for information",
    Variant.INFORMATION_COMPLETE: "Information complete",
    Variant.CAPABILITY_ON: "Capability gained",
    Variant.CAPABILITY_OFF: "Capability lost",
    Variant.BANK_ADDED: "Payout account added",
    Variant.BANK_CHANGED: "Payout account changed",
    Variant.BANK_REMOVED: "Payout account removed",
    Variant.APPLICATION_ADDED: "Application connected",
    Variant.APPLICATION_REMOVED: "Application disconnected",
    Variant.TOP_UP_FAILED: "Top-up failed",
}
BY_TYPE: Final[Mapping[str, str]] = {
    "application_fee.created": "Application fee",
    "application_fee.refunded": "Application fee refunded",
    "balance.available": "Balance available",
    "billing.alert.triggered": "Usage alert",
    "charge.expired": "Authorization expired",
    "charge.pending": "Payment pending",
    "checkout.session.expired": "Checkout expired",
    "coupon.created": "Coupon created",
    "coupon.deleted": "Coupon deleted",
    "coupon.updated": "Coupon updated",
    "credit_note.created": "Credit note",
    "credit_note.voided": "Credit note voided",
    "customer.deleted": "Customer deleted",
    "customer.discount.created": "Discount granted",
    "customer.discount.deleted": "Discount ended",
    "customer.source.expiring": "Card expires soon",
    "customer.subscription.pending_update_applied": "Subscription change applied",
    "customer.subscription.updated": "Subscription updated",
    "customer.updated": "Customer updated",
    "identity.verification_session.requires_input": "Identity not verified",
    "identity.verification_session.verified": "Identity verified",
    "invoice.created": "Invoice drafted",
    "invoice.deleted": "Invoice draft deleted",
    "invoice.finalized": "Invoice finalized",
    "invoice.overpaid": "Invoice overpaid",
    "invoice.sent": "Invoice sent",
    "invoice.upcoming": "Upcoming invoice",
    "invoice.updated": "Invoice updated",
    "invoice.voided": "Invoice voided",
    "invoice.will_be_due": "Invoice due soon",
    "issuing_authorization.created": "Card spending",
    "issuing_transaction.created": "Card spending booked",
    "mandate.updated": "Mandate updated",
    "payment_intent.amount_capturable_updated": "Payment to capture",
    "payment_intent.canceled": "Payment cancelled",
    "payment_intent.created": "Payment started",
    "payment_intent.partially_funded": "Payment partly funded",
    "payment_intent.processing": "Payment in progress",
    "payment_intent.requires_action": "Payment awaits the customer",
    "payment_method.attached": "Payment method added",
    "payment_method.automatically_updated": "Card updated by its bank",
    "payment_method.detached": "Payment method removed",
    "payout.reconciliation_completed": "Payout reconciled",
    "price.created": "Price created",
    "price.deleted": "Price deleted",
    "price.updated": "Price updated",
    "product.created": "Product created",
    "product.deleted": "Product deleted",
    "product.updated": "Product updated",
    "promotion_code.created": "Promotion code created",
    "quote.accepted": "Quote accepted",
    "quote.canceled": "Quote cancelled",
    "quote.finalized": "Quote finalized",
    "reporting.report_run.succeeded": "Report ready",
    "reserve.hold.created": "Money held in reserve",
    "reserve.release.created": "Reserve released",
    "review.closed": "Review closed",
    "setup_intent.setup_failed": "Payment method not set up",
    "setup_intent.succeeded": "Payment method set up",
    "topup.canceled": "Top-up cancelled",
    "topup.created": "Top-up started",
    "topup.reversed": "Top-up reversed",
    "topup.succeeded": "Top-up arrived",
    "transfer.created": "Transfer",
    "transfer.reversed": "Transfer reversed",
}
"""What people ask for of the types that are no kind of their own; the rest go by Stripe's words."""
_IMPLIED_OWNERS: Final = (
    "customer.subscription.",
    "charge.dispute.",
    "charge.refund.",
    "account.external_account.",
    "treasury.",
)
"""Type prefixes whose first word tells a reader nothing."""
_NAME: Final = 40
_CONNECTED: Final = 24
"""Characters of a connected account's name: its id has 21."""
_LONGEST: Final = 44
"""Characters of a type's words: with an amount and an account's short name they stay within 80."""


def headline(occurrence: Occurrence, language: Language) -> Clean:
    """Such as "Sale €49.00"."""
    what = _what(occurrence, language)
    amount = language.price(occurrence.details)
    return what if amount is None else language.say("{what} {amount}", what=what, amount=amount)


def title(what: Clean, account: Account, language: Language) -> Clean:
    """A headline with the account that it concerns."""
    return marked(beside_account(what, account, language), account.mode, language)


def beside_account(what: Clean, account: Account, language: Language) -> Clean:
    """A headline and an account's name; a connected account's is never taken for one's own."""
    if connected := connected_name(account, _CONNECTED):
        return language.say("{what} · {account} (connected account)", what=what, account=connected)
    return language.say("{what} · {account}", what=what, account=account_name(account, _NAME))


def marked(text: Clean, mode: Mode, language: Language) -> Clean:
    """Text with a mark if no real money moved."""
    return language.say("[TEST] {title}", title=text) if mode is Mode.TEST else text


def _what(occurrence: Occurrence, language: Language) -> Clean:
    variant, event_type = occurrence.details.variant, min(occurrence.types, default="")
    if variant is not None and (msgid := BY_VARIANT.get(variant)) is not None:
        return language.say(msgid)
    if (msgid := _HEADLINES.get(occurrence.kind) or BY_TYPE.get(event_type)) is not None:
        return language.say(msgid)
    return type_in_words(event_type)


def type_in_words(event_type: str) -> Clean:
    """``customer.subscription.paused`` as "Subscription paused". Stripe's words are English in every language."""
    if event_type.startswith(_IMPLIED_OWNERS):
        event_type = event_type.partition(".")[2]
    words = clean(event_type.replace(".", " ").replace("_", " ").replace("invoiceitem", "invoice item"), _LONGEST)
    return Clean(words[:1].upper() + words[1:]) if words else Clean("Event")
