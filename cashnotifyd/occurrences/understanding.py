"""From Stripe's JSON to what happened: one event in, one reading (or the reason why it makes no message) out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from cashnotifyd.occurrences import accounts, disputes, failures, payments, payouts, refunds, subscriptions
from cashnotifyd.occurrences.other import anything
from cashnotifyd.occurrences.reading import Reading, Untold
from cashnotifyd.occurrences.references import references
from cashnotifyd.occurrences.shapes import identifier, mapping, moment, text
from cashnotifyd.vocabulary import Event

READERS: Final[Mapping[str, Callable[[Event], Reading | Untold]]] = {
    "charge.succeeded": payments.charge_succeeded,
    "charge.captured": payments.charge_succeeded,
    "charge.updated": payments.charge_updated,
    "payment_intent.succeeded": payments.intent_succeeded,
    "invoice.paid": payments.invoice_paid,
    "invoice.payment_succeeded": payments.invoice_paid,
    "invoice_payment.paid": payments.invoice_payment_paid,
    "checkout.session.completed": payments.checkout_completed,
    "checkout.session.async_payment_succeeded": payments.checkout_completed,
    "charge.failed": failures.charge_failed,
    "payment_intent.payment_failed": failures.intent_failed,
    "invoice.payment_failed": failures.invoice_failed,
    "invoice.payment_action_required": failures.confirmation_needed,
    "checkout.session.async_payment_failed": failures.checkout_failed,
    "invoice.overdue": failures.invoice_overdue,
    "invoice.marked_uncollectible": failures.invoice_uncollectible,
    "invoice.finalization_failed": failures.invoice_not_finalized,
    "charge.refunded": refunds.charge_refunded,
    "refund.created": refunds.refund_created,
    "refund.updated": refunds.refund_updated,
    "refund.failed": refunds.refund_updated,
    "charge.refund.updated": refunds.refund_updated,
    "charge.dispute.created": disputes.dispute_created,
    "charge.dispute.closed": disputes.dispute_closed,
    "charge.dispute.updated": disputes.dispute_updated,
    "charge.dispute.funds_withdrawn": disputes.funds_withdrawn,
    "charge.dispute.funds_reinstated": disputes.funds_reinstated,
    "radar.early_fraud_warning.created": disputes.fraud_warned,
    "radar.early_fraud_warning.updated": disputes.fraud_warning_updated,
    "review.opened": disputes.review_opened,
    "payout.created": payouts.payout_sent,
    "payout.paid": payouts.payout_sent,
    "payout.failed": payouts.payout_failed,
    "payout.canceled": payouts.payout_canceled,
    "transfer.created": payouts.transfer_sent,
    "transfer.paid": payouts.transfer_sent,
    "transfer.failed": payouts.transfer_failed,
    "transfer.canceled": payouts.transfer_canceled,
    "customer.subscription.created": subscriptions.subscription_created,
    "customer.subscription.updated": subscriptions.subscription_updated,
    "customer.subscription.deleted": subscriptions.subscription_deleted,
    "customer.subscription.trial_will_end": subscriptions.trial_will_end,
    "customer.subscription.paused": subscriptions.subscription_paused,
    "customer.subscription.resumed": subscriptions.subscription_resumed,
    "customer.subscription.pending_update_expired": subscriptions.change_expired,
    "customer.created": subscriptions.customer_created,
    "account.updated": accounts.account_updated,
    "capability.updated": accounts.capability_updated,
    "account.external_account.created": accounts.bank_added,
    "account.external_account.updated": accounts.bank_updated,
    "account.external_account.deleted": accounts.bank_removed,
    "account.application.authorized": accounts.application_authorized,
    "account.application.deauthorized": accounts.application_deauthorized,
    "topup.failed": accounts.top_up_failed,
}


def understand(event: Event) -> Reading | Untold:
    """What ``event`` says. Never raises, whatever its object holds."""
    reading = READERS.get(event.type, anything)(event)
    if isinstance(reading, Untold):
        return reading
    return replace(reading, details=reading.details.filled_from(*references(event)))


def event_from_json(raw: object) -> Event | None:
    """The event that ``raw`` is, or None if it has no usable id or type. A time that is none becomes 0.

    Connected accounts stand under ``account`` since 2017-05-25, under ``user_id`` before.
    """
    outer = mapping(raw)
    event_id, event_type = identifier(outer.get("id")), identifier(outer.get("type"))
    if event_id is None or event_type is None:
        return None
    data, livemode = mapping(outer.get("data")), outer.get("livemode")
    connected = identifier(outer.get("account")) or identifier(outer.get("user_id"))
    return Event(
        id=event_id,
        type=event_type,
        created=moment(outer.get("created")) or 0,
        livemode=livemode if isinstance(livemode, bool) else None,
        object=mapping(data.get("object")),
        previous=mapping(data.get("previous_attributes")),
        api_version=text(outer.get("api_version")),
        connected=connected,
    )
