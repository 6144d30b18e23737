"""Hand-made Stripe events in the shapes of several API versions, one name each."""

from __future__ import annotations

from typing import Any, Final

Json = dict[str, Any]

AT: Final = 1795525380  # 24 November 2026, 13:03 UTC


def event(
    event_type: str, thing: Json, *, event_id: str, version: str, previous: Json | None = None, created: int = AT
) -> Json:
    data: Json = {"object": thing}
    if previous is not None:
        data["previous_attributes"] = previous
    return {
        "id": event_id,
        "object": "event",
        "type": event_type,
        "api_version": version,
        "created": created,
        "livemode": True,
        "pending_webhooks": 1,
        "request": {"id": "req_1", "idempotency_key": None},
        "data": data,
    }


ADA: Final[Json] = {
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "phone": None,
    "address": {"country": "GB", "city": "London", "line1": None, "postal_code": None},
}
VISA: Final[Json] = {"type": "card", "card": {"brand": "visa", "last4": "4242", "country": "US", "wallet": None}}


def charge(**changes: object) -> Json:
    """A charge since 2025-03-31 (basil): no ``invoice``, no ``refunds``."""
    return {
        "id": "ch_3Ada",
        "object": "charge",
        "amount": 4900,
        "amount_captured": 4900,
        "amount_refunded": 0,
        "balance_transaction": None,
        "billing_details": ADA,
        "captured": True,
        "currency": "eur",
        "customer": "cus_Ada",
        "description": "Ceramic teapot",
        "failure_code": None,
        "failure_message": None,
        "outcome": {"type": "authorized", "reason": None, "network_status": "approved_by_network"},
        "paid": True,
        "payment_intent": "pi_3Ada",
        "payment_method_details": VISA,
        "receipt_email": None,
        "refunded": False,
        "status": "succeeded",
    } | changes


def intent(**changes: object) -> Json:
    """A payment intent since 2025-03-31 (basil)."""
    return {
        "id": "pi_3Ada",
        "object": "payment_intent",
        "amount": 4900,
        "amount_received": 4900,
        "currency": "eur",
        "customer": "cus_Ada",
        "description": "Ceramic teapot",
        "last_payment_error": None,
        "latest_charge": "ch_3Ada",
        "receipt_email": "ada@example.com",
        "status": "succeeded",
    } | changes


def invoice(**changes: object) -> Json:
    """An invoice since 2025-03-31 (basil): nothing in it names a payment."""
    return {
        "id": "in_1Ada",
        "object": "invoice",
        "amount_due": 2000,
        "amount_paid": 2000,
        "amount_remaining": 0,
        "attempt_count": 1,
        "billing_reason": "subscription_cycle",
        "currency": "usd",
        "customer": "cus_Ada",
        "customer_address": ADA["address"],
        "customer_email": "ada@example.com",
        "customer_name": "Ada Lovelace",
        "lines": {
            "object": "list",
            "data": [
                {
                    "id": "il_1",
                    "amount": 2000,
                    "currency": "usd",
                    "description": "1 \N{MULTIPLICATION SIGN} Gold (at $20.00 / month)",
                    "parent": {"type": "subscription_item_details"},
                    "pricing": {"type": "price_details", "price_details": {"price": "price_1", "product": "prod_1"}},
                }
            ],
        },
        "next_payment_attempt": None,
        "number": "ACME-0007",
        "parent": {"type": "subscription_details", "subscription_details": {"subscription": "sub_1Ada"}},
        "status": "paid",
    } | changes


def subscription(**changes: object) -> Json:
    """A subscription since 2025-03-31 (basil): periods stand with the items."""
    return {
        "id": "sub_1Ada",
        "object": "subscription",
        "cancel_at_period_end": False,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "currency": "usd",
        "customer": "cus_Ada",
        "items": {
            "object": "list",
            "data": [
                {
                    "id": "si_1",
                    "quantity": 2,
                    "current_period_end": AT + 2_592_000,
                    "price": {
                        "id": "price_1",
                        "billing_scheme": "per_unit",
                        "currency": "usd",
                        "nickname": "Gold",
                        "product": "prod_1",
                        "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"},
                        "unit_amount": 1000,
                    },
                }
            ],
        },
        "start_date": AT,
        "status": "active",
        "trial_end": None,
    } | changes


def refund(**changes: object) -> Json:
    return {
        "id": "re_3Ada",
        "object": "refund",
        "amount": 1000,
        "charge": "ch_3Ada",
        "created": AT,
        "currency": "eur",
        "payment_intent": "pi_3Ada",
        "reason": "requested_by_customer",
        "status": "succeeded",
    } | changes


def dispute(**changes: object) -> Json:
    return {
        "id": "du_1Ada",
        "object": "dispute",
        "amount": 8000,
        "charge": "ch_3Ada",
        "currency": "usd",
        "evidence_details": {"due_by": 1796342399, "has_evidence": False, "submission_count": 0},
        "payment_intent": "pi_3Ada",
        "payment_method_details": {"type": "card", "card": {"brand": "visa", "network_reason_code": "13.1"}},
        "reason": "product_not_received",
        "status": "needs_response",
    } | changes


def payout(**changes: object) -> Json:
    return {
        "id": "po_1Acme",
        "object": "payout",
        "amount": 120450,
        "arrival_date": 1795737600,
        "automatic": True,
        "currency": "eur",
        "destination": "ba_1Acme",
        "failure_code": None,
        "failure_message": None,
        "method": "standard",
        "status": "in_transit",
        "type": "bank_account",
    } | changes


BASIL: Final = "2025-03-31.basil"
CLOVER: Final = "2025-09-30.clover"

CORPUS: Final[dict[str, Json]] = {
    # Sales
    "sale 2012": event(
        "charge.succeeded",
        {
            "id": "ch_1Old",
            "object": "charge",
            "amount": 4900,
            "card": {
                "object": "card",
                "type": "Visa",
                "last4": "4242",
                "name": "Ada Lovelace",
                "country": "US",
                "address_country": None,
                "exp_month": 8,
                "exp_year": 2013,
            },
            "currency": "usd",
            "customer": None,
            "description": "Ceramic teapot",
            "disputed": False,
            "fee": 172,
            "invoice": None,
            "paid": True,
            "refunded": False,
        },
        event_id="evt_sale2012",
        version="2012-07-09",
    ),
    "sale 2014, status paid": event(
        "charge.succeeded",
        charge(
            id="ch_1Paid",
            status="paid",
            payment_intent=None,
            payment_method_details=None,
            billing_details=None,
            amount_captured=None,
            invoice=None,
            card={"object": "card", "brand": "Visa", "last4": "4242", "name": "Ada Lovelace"},
        ),
        event_id="evt_sale2014",
        version="2014-11-05",
    ),
    "sale 2017": event(
        "charge.succeeded",
        {
            "id": "ch_1Mid",
            "object": "charge",
            "amount": 500,
            "amount_refunded": 0,
            "captured": True,
            "currency": "jpy",
            "customer": None,
            "description": None,
            "invoice": None,
            "paid": True,
            "receipt_email": "ada@example.com",
            "source": {
                "id": "card_1",
                "object": "card",
                "brand": "American Express",
                "last4": "0005",
                "name": None,
                "address_country": None,
            },
            "status": "succeeded",
        },
        event_id="evt_sale2017",
        version="2017-04-06",
    ),
    "sale 2020, SEPA": event(
        "charge.succeeded",
        charge(
            id="py_1Sepa",
            payment_intent="pi_1Sepa",
            invoice=None,
            payment_method_details={"type": "sepa_debit", "sepa_debit": {"last4": "3000", "country": "DE"}},
        ),
        event_id="evt_sale2020",
        version="2020-08-27",
    ),
    "sale basil": event("charge.succeeded", charge(), event_id="evt_sale", version=BASIL),
    "intent 2020": event(
        "payment_intent.succeeded",
        intent(
            latest_charge=None,
            invoice=None,
            receipt_email=None,
            charges={
                "object": "list",
                "data": [
                    charge(id="ch_3Failed", created=AT, paid=False, status="failed", invoice=None),
                    charge(id="ch_3Ada", created=AT, invoice=None),
                ],
            },
        ),
        event_id="evt_intent2020",
        version="2020-08-27",
    ),
    "intent basil": event("payment_intent.succeeded", intent(), event_id="evt_intent", version=BASIL),
    "checkout 2019": event(
        "checkout.session.completed",
        {
            "id": "cs_test_1Old",
            "object": "checkout.session",
            "customer": "cus_Ada",
            "display_items": [
                {
                    "amount": 1250,
                    "currency": "usd",
                    "custom": {"name": "Tea", "description": "Green"},
                    "quantity": 2,
                    "type": "custom",
                },
                {"amount": 500, "currency": "usd", "custom": {"name": "Cup"}, "quantity": 1, "type": "custom"},
            ],
            "mode": "payment",
            "payment_intent": "pi_1Old",
            "subscription": None,
        },
        event_id="evt_checkout2019",
        version="2019-05-16",
    ),
    "checkout clover": event(
        "checkout.session.completed",
        {
            "id": "cs_live_1Ada",
            "object": "checkout.session",
            "amount_total": 4900,
            "currency": "eur",
            "customer": None,
            "customer_details": ADA,
            "invoice": None,
            "mode": "payment",
            "payment_intent": "pi_3Ada",
            "payment_status": "paid",
            "status": "complete",
            "subscription": None,
        },
        event_id="evt_checkout",
        version=CLOVER,
    ),
    # Renewals
    "renewal 2012": event(
        "invoice.payment_succeeded",
        {
            "id": "in_1Old",
            "object": "invoice",
            "amount_due": 2000,
            "attempt_count": 1,
            "charge": "ch_1OldInvoice",
            "currency": "usd",
            "customer": "cus_Ada",
            "date": 1341360000,
            "lines": {
                "invoiceitems": [],
                "prorations": [],
                "subscriptions": [
                    {"amount": 2000, "plan": {"id": "gold", "name": "Gold plan", "interval": "month", "amount": 2000}}
                ],
            },
            "next_payment_attempt": None,
            "paid": True,
            "period_start": 1338768000,
            "period_end": 1341360000,
            "subscription": "sub_1Old",
            "total": 2000,
        },
        event_id="evt_renewal2012",
        version="2012-07-09",
    ),
    "renewal 2022": event(
        "invoice.paid",
        invoice(charge="ch_1Inv", payment_intent="pi_1Inv", subscription="sub_1Ada", parent=None, paid=True),
        event_id="evt_renewal2022",
        version="2022-11-15",
    ),
    "renewal clover": event("invoice.paid", invoice(), event_id="evt_renewal", version=CLOVER),
    "renewal expanded payments": event(
        "invoice.paid",
        invoice(
            payments={
                "object": "list",
                "data": [
                    {"status": "canceled", "payment": {"type": "payment_intent", "payment_intent": "pi_gaveup"}},
                    {"status": "paid", "payment": {"type": "payment_intent", "payment_intent": "pi_1Inv"}},
                ],
            }
        ),
        event_id="evt_renewalexpanded",
        version=BASIL,
    ),
    "invoice payment": event(
        "invoice_payment.paid",
        {
            "id": "inpay_1Ada",
            "object": "invoice_payment",
            "amount_paid": 2000,
            "amount_requested": 2000,
            "currency": "usd",
            "invoice": "in_1Ada",
            "payment": {"type": "payment_intent", "payment_intent": "pi_1Inv"},
            "status": "paid",
        },
        event_id="evt_inpay",
        version=CLOVER,
    ),
    # Failures
    "failure 2012": event(
        "charge.failed",
        {
            "id": "ch_1OldFail",
            "object": "charge",
            "amount": 2000,
            "card": {"object": "card", "type": "MasterCard", "last4": "4444", "name": None},
            "currency": "usd",
            "failure_code": "card_declined",
            "failure_message": "Your card was declined.",
            "invoice": "in_1Old",
            "paid": False,
        },
        event_id="evt_fail2012",
        version="2012-07-09",
    ),
    "failure clover": event(
        "charge.failed",
        charge(
            id="ch_3Fail",
            amount=2000,
            currency="usd",
            paid=False,
            status="failed",
            failure_code="card_declined",
            failure_message="Your card has insufficient funds.",
            outcome={"type": "issuer_declined", "reason": "insufficient_funds"},
        ),
        event_id="evt_fail",
        version=CLOVER,
    ),
    "intent failure": event(
        "payment_intent.payment_failed",
        intent(
            amount=2000,
            currency="usd",
            amount_received=0,
            status="requires_payment_method",
            latest_charge="ch_3Fail",
            last_payment_error={
                "charge": "ch_3Fail",
                "code": "card_declined",
                "decline_code": "insufficient_funds",
                "message": "Your card has insufficient funds.",
                "payment_method": {"id": "pm_1", "object": "payment_method", "billing_details": ADA} | VISA,
                "type": "card_error",
            },
        ),
        event_id="evt_intentfail",
        version=CLOVER,
    ),
    "invoice failure clover": event(
        "invoice.payment_failed",
        invoice(
            amount_paid=0,
            amount_remaining=2000,
            attempt_count=2,
            next_payment_attempt=AT + 259_200,
            status="open",
        ),
        event_id="evt_invfail",
        version=CLOVER,
    ),
    # Refunds
    "refund 2020": event(
        "charge.refunded",
        charge(
            amount_refunded=1500,
            invoice=None,
            refunds={
                "object": "list",
                "data": [refund(id="re_new", amount=1000, created=AT), refund(id="re_old", amount=500, created=AT - 9)],
            },
        ),
        event_id="evt_refund2020",
        version="2020-08-27",
        previous={"amount_refunded": 500, "refunds": {"data": []}},
    ),
    "refund 2023": event(
        "charge.refunded",
        charge(amount_refunded=1000),
        event_id="evt_refund2023",
        version="2023-10-16",
        previous={"amount_refunded": 0},
    ),
    "refund clover": event("refund.created", refund(), event_id="evt_refund", version=CLOVER),
    "refund failed": event(
        "refund.failed",
        refund(status="failed", failure_reason="expired_or_canceled_card"),
        event_id="evt_refundfailed",
        version=CLOVER,
    ),
    # Disputes
    "dispute 2012": event(
        "charge.dispute.created",
        {
            "object": "dispute",
            "amount": 8000,
            "charge": "ch_1Old",
            "currency": "usd",
            "evidence": None,
            "evidence_due_by": 1796342399,
            "reason": "general",
            "status": "needs_response",
        },
        event_id="evt_dispute2012",
        version="2012-11-07",
    ),
    "dispute clover": event("charge.dispute.created", dispute(), event_id="evt_dispute", version=CLOVER),
    "inquiry": event(
        "charge.dispute.created",
        dispute(status="warning_needs_response", reason="fraudulent"),
        event_id="evt_inquiry",
        version=CLOVER,
    ),
    "dispute won": event("charge.dispute.closed", dispute(status="won"), event_id="evt_won", version=CLOVER),
    "dispute lost": event("charge.dispute.closed", dispute(status="lost"), event_id="evt_lost", version=CLOVER),
    "fraud warning": event(
        "radar.early_fraud_warning.created",
        {
            "id": "issfr_1",
            "object": "radar.early_fraud_warning",
            "actionable": True,
            "charge": "ch_3Ada",
            "fraud_type": "made_with_stolen_card",
            "payment_intent": "pi_3Ada",
        },
        event_id="evt_issfr",
        version=CLOVER,
    ),
    # Payouts
    "payout 2012": event(
        "transfer.paid",
        {
            "id": "tr_1Old",
            "object": "transfer",
            "account": {"object": "bank_account", "bank_name": "STRIPE TEST BANK", "last4": "6789", "country": "US"},
            "amount": 120450,
            "currency": "usd",
            "date": 1795737600,
            "status": "paid",
            "summary": {"charge_count": 3},
        },
        event_id="evt_payout2012",
        version="2012-07-09",
    ),
    "payout clover": event("payout.created", payout(), event_id="evt_payout", version=CLOVER),
    "payout paid": event(
        "payout.paid", payout(status="paid", arrival_date=1795478400), event_id="evt_payoutpaid", version=CLOVER
    ),
    "payout failed": event(
        "payout.failed",
        payout(
            status="failed",
            failure_code="account_closed",
            failure_message="The bank account has been closed",
            destination={"id": "ba_1", "object": "bank_account", "bank_name": "Banque Postale", "last4": "2606"},
        ),
        event_id="evt_payoutfailed",
        version=CLOVER,
    ),
    # Subscriptions
    "subscription 2012": event(
        "customer.subscription.created",
        {
            "object": "subscription",
            "customer": "cus_Ada",
            "plan": {
                "id": "gold",
                "object": "plan",
                "name": "Gold plan",
                "amount": 2000,
                "currency": "usd",
                "interval": "month",
                "interval_count": 1,
            },
            "quantity": 1,
            "start": 1341360000,
            "status": "active",
        },
        event_id="evt_sub2012",
        version="2012-07-09",
    ),
    "subscription clover": event("customer.subscription.created", subscription(), event_id="evt_sub", version=CLOVER),
    "subscription on trial": event(
        "customer.subscription.created",
        subscription(status="trialing", trial_end=AT + 1_209_600),
        event_id="evt_subtrial",
        version=CLOVER,
    ),
    "subscription paid at last": event(
        "customer.subscription.updated",
        subscription(),
        event_id="evt_subpaid",
        version=CLOVER,
        previous={"status": "incomplete"},
    ),
    "subscription canceled": event(
        "customer.subscription.deleted",
        subscription(
            status="canceled",
            cancellation_details={
                "comment": "Lovely tea, small budget",
                "feedback": "too_expensive",
                "reason": "cancellation_requested",
            },
        ),
        event_id="evt_subcanceled",
        version=CLOVER,
    ),
    "trial ending": event(
        "customer.subscription.trial_will_end",
        subscription(status="trialing", trial_end=AT + 259_200),
        event_id="evt_trialend",
        version=CLOVER,
    ),
    "customer": event(
        "customer.created",
        {"id": "cus_Ada", "object": "customer", "name": "Ada Lovelace", "email": "ada@example.com", "address": None},
        event_id="evt_customer",
        version=CLOVER,
    ),
    "customer 2012": event(
        "customer.created",
        {"id": "cus_Old", "object": "customer", "description": "Ada Lovelace", "email": None, "active_card": None},
        event_id="evt_customer2012",
        version="2012-07-09",
    ),
    # Others
    "charge updated": event("charge.updated", charge(), event_id="evt_updated", version=CLOVER),
    "subscription updated": event(
        "customer.subscription.updated",
        subscription(),
        event_id="evt_subupdated",
        version=CLOVER,
        previous={"metadata": {}},
    ),
    "transfer to a connected account": event(
        "transfer.created",
        {
            "id": "tr_1",
            "object": "transfer",
            "amount": 700,
            "currency": "usd",
            "destination": "acct_1Other",
        },
        event_id="evt_transfer",
        version=CLOVER,
    ),
    "unknown type": event(
        "teapot.brewing.late", {"id": "tp_1", "object": "teapot"}, event_id="evt_teapot", version="2031-01-01.kettle"
    ),
}
"""Every one of them is told."""
