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


def plan(**changes: object) -> Json:
    """A plan from 2018-02-05 to today, flat; versions since 2020-05 send a ``price`` beside it."""
    return {
        "id": "gold",
        "object": "plan",
        "amount": 2000,
        "currency": "usd",
        "interval": "month",
        "interval_count": 1,
        "nickname": "Gold",
        "product": "prod_1",
    } | changes


def price(**changes: object) -> Json:
    return {
        "id": "price_1",
        "billing_scheme": "per_unit",
        "currency": "usd",
        "nickname": "Gold",
        "product": "prod_1",
        "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"},
        "unit_amount": 1000,
    } | changes


def items(*prices: Json, quantity: int = 1, until: int = AT + 2_592_000) -> Json:
    """A subscription's items since basil: each with its period."""
    return {
        "object": "list",
        "data": [
            {"id": f"si_{number}", "quantity": quantity, "current_period_end": until, "price": one}
            for number, one in enumerate(prices, 1)
        ],
    }


def session(**changes: object) -> Json:
    return {
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
    } | changes


def account(**changes: object) -> Json:
    """The merchant's account since 2019-02-19."""
    return {
        "id": "acct_1Acme",
        "object": "account",
        "business_profile": {"name": "Acme Shop"},
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": "FR",
        "details_submitted": True,
        "email": "owner@example.com",
        "payouts_enabled": True,
        "requirements": {"current_deadline": None, "currently_due": [], "disabled_reason": None, "past_due": []},
    } | changes


def bank_account(**changes: object) -> Json:
    return {
        "id": "ba_1Acme",
        "object": "bank_account",
        "account": "acct_1Acme",
        "bank_name": "Banque Postale",
        "country": "FR",
        "currency": "eur",
        "default_for_currency": True,
        "last4": "2606",
        "status": "new",
    } | changes


def review(**changes: object) -> Json:
    return {
        "id": "prv_1",
        "object": "review",
        "charge": "ch_3Ada",
        "closed_reason": None,
        "open": True,
        "opened_reason": "rule",
        "payment_intent": "pi_3Ada",
        "reason": "rule",
    } | changes


BASIL: Final = "2025-03-31.basil"
CLOVER: Final = "2025-09-30.clover"
DAHLIA: Final = "2026-04-22.dahlia"
ENDIVE: Final = "2026-10-28.endive"

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
    # Other types that say the same
    "sale captured later": event(
        "charge.captured", charge(amount_captured=3000, created=AT - 86_400), event_id="evt_captured", version=DAHLIA
    ),
    "checkout paid later": event(
        "checkout.session.async_payment_succeeded", session(), event_id="evt_checkoutlater", version=DAHLIA
    ),
    "first payment of a checkout": event(
        "checkout.session.completed",
        session(invoice="in_1Ada", mode="subscription", payment_intent=None, subscription="sub_1Ada"),
        event_id="evt_checkoutsub",
        version=CLOVER,
    ),
    "refund failed 2015": event(
        "charge.refund.updated",
        refund(status="failed", failure_reason="unknown", payment_intent=None),
        event_id="evt_refundfailed2015",
        version="2015-10-16",
    ),
    "refund failed at last": event(
        "refund.updated",
        refund(status="failed", failure_reason="declined"),
        event_id="evt_refundfailedlast",
        version=ENDIVE,
        previous={"status": "pending"},
    ),
    "refund failed at once": event(
        "refund.created",
        refund(status="failed", failure_reason="insufficient_funds"),
        event_id="evt_refundfailedonce",
        version=ENDIVE,
    ),
    "refund waits for the customer": event(
        "refund.created", refund(status="requires_action"), event_id="evt_refundwaits", version=ENDIVE
    ),
    "payout 2016": event(
        "transfer.created",
        {"id": "tr_2Old", "object": "transfer", "amount": 5000, "currency": "usd", "date": AT, "type": "bank_account"},
        event_id="evt_payout2016",
        version="2016-03-07",
    ),
    "subscription paused by its trial": event(
        "customer.subscription.updated",
        subscription(status="paused"),
        event_id="evt_pausedtoo",
        version=DAHLIA,
        previous={"status": "trialing"},
    ),
    "subscription resumed after that": event(
        "customer.subscription.updated",
        subscription(),
        event_id="evt_resumedtoo",
        version=DAHLIA,
        previous={"status": "paused"},
    ),
    "capability lost by itself": event(
        "capability.updated",
        {"id": "card_payments", "object": "capability", "account": "acct_1Acme", "status": "inactive"},
        event_id="evt_caplosttoo",
        version=CLOVER,
        previous={"status": "active"},
    ),
    "capability gained by the account": event(
        "account.updated",
        account(),
        event_id="evt_capgainedtoo",
        version=CLOVER,
        previous={"capabilities": {"transfers": "pending"}},
    ),
    # Subscriptions that change
    "trial converted": event(
        "customer.subscription.updated",
        subscription(),
        event_id="evt_converted",
        version=DAHLIA,
        previous={"status": "trialing", "items": items(price(), quantity=2)},
    ),
    "trial granted later": event(
        "customer.subscription.updated",
        subscription(status="trialing", trial_end=AT + 1_209_600),
        event_id="evt_granted",
        version=DAHLIA,
        previous={"status": "active", "trial_end": None, "trial_start": None},
    ),
    "trial made longer": event(
        "customer.subscription.updated",
        subscription(status="trialing", trial_end=AT + 1_209_600),
        event_id="evt_longer",
        version=CLOVER,
        previous={"trial_end": AT + 604_800},
    ),
    "upgrade 2013": event(
        "customer.subscription.updated",
        {
            "object": "subscription",
            "customer": "cus_Ada",
            "plan": {"id": "gold", "name": "Gold plan", "amount": 2000, "currency": "usd", "interval": "month"},
            "quantity": 1,
            "status": "active",
        },
        event_id="evt_upgrade2013",
        version="2013-02-11",
        previous={"plan": {"id": "tin", "name": "Tin plan", "amount": 500}},
    ),
    "more seats 2019": event(
        "customer.subscription.updated",
        {
            "id": "sub_1Ada",
            "object": "subscription",
            "items": {"data": [{"id": "si_1", "plan": plan(), "quantity": 5}]},
            "plan": plan(),
            "quantity": 5,
            "status": "active",
        },
        event_id="evt_seats2019",
        version="2019-12-03",
        previous={"quantity": 2, "items": {"data": [{"id": "si_1", "plan": plan(), "quantity": 2}]}},
    ),
    "downgrade endive": event(
        "customer.subscription.updated",
        subscription(items=items(price(id="price_0", nickname="Tin", unit_amount=500))),
        event_id="evt_downgrade",
        version=ENDIVE,
        previous={"items": items(price())},
    ),
    "yearly instead of monthly": event(
        "customer.subscription.updated",
        subscription(items=items(price(id="price_y", unit_amount=10000, recurring={"interval": "year"}))),
        event_id="evt_yearly",
        version=CLOVER,
        previous={"items": items(price())},
    ),
    "other currency": event(
        "customer.subscription.updated",
        subscription(items=items(price(id="price_e", currency="eur", unit_amount=900))),
        event_id="evt_currency",
        version=CLOVER,
        previous={"items": items(price())},
    ),
    "change not paid": event(
        "customer.subscription.pending_update_expired", subscription(), event_id="evt_expired", version="2020-08-27"
    ),
    "cancellation scheduled 2014": event(
        "customer.subscription.updated",
        {
            "id": "sub_1Ada",
            "object": "subscription",
            "cancel_at_period_end": True,
            "canceled_at": AT,
            "current_period_end": AT + 864_000,
            "plan": plan(),
            "quantity": 1,
            "status": "active",
        },
        event_id="evt_scheduled2014",
        version="2014-06-17",
        previous={"cancel_at_period_end": False, "canceled_at": None},
    ),
    "cancellation scheduled": event(
        "customer.subscription.updated",
        subscription(
            cancel_at_period_end=True,
            cancel_at=AT + 2_592_000,
            cancellation_details={
                "comment": None,
                "feedback": "switched_service",
                "reason": "cancellation_requested",
            },
        ),
        event_id="evt_scheduled",
        version=ENDIVE,
        previous={"cancel_at_period_end": False, "cancel_at": None, "cancellation_details": {"reason": None}},
    ),
    "cancellation taken back": event(
        "customer.subscription.updated",
        subscription(),
        event_id="evt_withdrawn",
        version=CLOVER,
        previous={"cancel_at_period_end": True, "cancel_at": AT + 2_592_000},
    ),
    "collection paused": event(
        "customer.subscription.updated",
        subscription(pause_collection={"behavior": "void", "resumes_at": AT + 2_592_000}),
        event_id="evt_collection",
        version=CLOVER,
        previous={"pause_collection": None},
    ),
    "collection resumed": event(
        "customer.subscription.updated",
        subscription(pause_collection=None),
        event_id="evt_collects",
        version=CLOVER,
        previous={"pause_collection": {"behavior": "void", "resumes_at": None}},
    ),
    "subscription paused": event(
        "customer.subscription.paused", subscription(status="paused"), event_id="evt_paused", version=DAHLIA
    ),
    "subscription resumed": event(
        "customer.subscription.resumed", subscription(), event_id="evt_resumed", version=DAHLIA
    ),
    "subscription unpaid": event(
        "customer.subscription.updated",
        subscription(status="unpaid"),
        event_id="evt_unpaid",
        version="2022-11-15",
        previous={"status": "past_due"},
    ),
    # First payments, recovered ones, and those outside Stripe
    "first payment": event(
        "invoice.paid", invoice(billing_reason="subscription_create"), event_id="evt_first", version=ENDIVE
    ),
    "first payment 2012": event(
        "invoice.payment_succeeded",
        {
            "id": "in_1Old",
            "object": "invoice",
            "charge": "ch_1Old",
            "currency": "usd",
            "lines": {"subscriptions": [{"amount": 2000, "plan": {"id": "gold", "name": "Gold plan"}}]},
            "paid": True,
            "period_start": 1338768000,
            "period_end": 1338768000,
            "subscription": "sub_1Old",
            "total": 2000,
        },
        event_id="evt_first2012",
        version="2012-11-07",
    ),
    "recovered": event("invoice.paid", invoice(attempt_count=3), event_id="evt_recovered", version=CLOVER),
    "payment for a change": event(
        "invoice.paid", invoice(billing_reason="subscription_update"), event_id="evt_prorated", version=CLOVER
    ),
    "outside Stripe 2022": event(
        "invoice.paid",
        invoice(
            amount_paid=0,
            billing_reason="manual",
            charge=None,
            paid=True,
            paid_out_of_band=True,
            parent=None,
            payment_intent="pi_unused",
        ),
        event_id="evt_outside2022",
        version="2022-11-15",
    ),
    "outside Stripe endive": event(
        "invoice_payment.paid",
        {
            "id": "inpay_2Ada",
            "object": "invoice_payment",
            "amount_paid": 2000,
            "currency": "usd",
            "invoice": "in_1Ada",
            "payment": {"type": "payment_record", "payment_record": "pr_1"},
            "status": "paid",
        },
        event_id="evt_outside",
        version=ENDIVE,
    ),
    # Bills that are not paid
    "confirmation needed": event(
        "invoice.payment_action_required",
        invoice(amount_paid=0, amount_remaining=2000, status="open"),
        event_id="evt_confirm",
        version=CLOVER,
    ),
    "checkout failed": event(
        "checkout.session.async_payment_failed",
        session(payment_status="unpaid"),
        event_id="evt_checkoutfail",
        version=CLOVER,
    ),
    "invoice overdue": event(
        "invoice.overdue",
        invoice(amount_paid=0, amount_remaining=2000, due_date=AT - 86_400, status="open"),
        event_id="evt_overdue",
        version=DAHLIA,
    ),
    "subscription past due": event(
        "customer.subscription.updated",
        subscription(collection_method="send_invoice", latest_invoice="in_1Ada", status="past_due"),
        event_id="evt_pastduesub",
        version=DAHLIA,
        previous={"status": "active"},
    ),
    "subscription past due 2018": event(
        "customer.subscription.updated",
        subscription(billing="send_invoice", status="past_due"),
        event_id="evt_pastduesub2018",
        version="2018-02-28",
        previous={"status": "active"},
    ),
    "invoice uncollectible": event(
        "invoice.marked_uncollectible",
        invoice(amount_paid=0, amount_remaining=2000, status="uncollectible"),
        event_id="evt_uncollectible",
        version="2019-02-19",
    ),
    "invoice not finalized": event(
        "invoice.finalization_failed",
        invoice(
            amount_paid=0,
            amount_remaining=2000,
            last_finalization_error={
                "code": "customer_tax_location_invalid",
                "message": "The customer's location is not recognized.",
                "type": "invalid_request_error",
            },
            number=None,
            status="draft",
        ),
        event_id="evt_notfinal",
        version=CLOVER,
    ),
    # More of refunds, disputes and payouts
    "refund of the whole": event(
        "charge.refunded",
        charge(amount_refunded=4900, created=AT - 864_000, refunded=True),
        event_id="evt_refundwhole",
        version=ENDIVE,
        previous={"amount_refunded": 0, "refunded": False},
    ),
    "refund called off": event(
        "refund.updated",
        refund(status="canceled"),
        event_id="evt_refundoff",
        version=CLOVER,
        previous={"status": "requires_action"},
    ),
    "dispute with a customer": event(
        "charge.dispute.created",
        dispute(
            charge=charge(created=AT - 864_000, amount=8000, currency="usd"),
            evidence={"customer_name": "Ada King", "customer_email_address": "king@example.com"},
        ),
        event_id="evt_disputewho",
        version=ENDIVE,
    ),
    "dispute with evidence only": event(
        "charge.dispute.created",
        dispute(
            evidence={
                "customer_name": "Ada Lovelace",
                "customer_email_address": "ada@example.com",
                "product_description": "Ceramic teapot",
            }
        ),
        event_id="evt_disputeevidence",
        version="2018-05-21",
    ),
    "inquiry escalated": event(
        "charge.dispute.updated",
        dispute(),
        event_id="evt_escalated",
        version=CLOVER,
        previous={"status": "warning_needs_response"},
    ),
    "inquiry closed": event(
        "charge.dispute.closed", dispute(status="warning_closed"), event_id="evt_inquiryclosed", version=CLOVER
    ),
    "dispute prevented": event(
        "charge.dispute.created", dispute(status="prevented"), event_id="evt_prevented", version=CLOVER
    ),
    "dispute prevented at its end": event(
        "charge.dispute.closed", dispute(status="prevented"), event_id="evt_preventedend", version=CLOVER
    ),
    "dispute prevented after all": event(
        "charge.dispute.updated",
        dispute(status="prevented"),
        event_id="evt_preventedafter",
        version=CLOVER,
        previous={"status": "needs_response"},
    ),
    "refund failed without a status": event(
        "refund.failed", refund(status=None, failure_reason="unknown"), event_id="evt_refundnull", version=CLOVER
    ),
    "fraud warning settled": event(
        "radar.early_fraud_warning.created",
        {
            "id": "issfr_2",
            "object": "radar.early_fraud_warning",
            "actionable": False,
            "charge": charge(created=AT - 86_400),
            "fraud_type": "misc",
        },
        event_id="evt_issfr2",
        version="2019-05-16",
    ),
    "review": event("review.opened", review(), event_id="evt_review", version=CLOVER),
    "payout by hand": event(
        "payout.created", payout(id="po_2Acme", automatic=False), event_id="evt_payouthand", version=ENDIVE
    ),
    "payout canceled": event(
        "payout.canceled", payout(status="canceled"), event_id="evt_payoutoff", version="2019-02-11"
    ),
    "payout canceled 2014": event(
        "transfer.canceled",
        {"id": "tr_1Old", "object": "transfer", "amount": 5000, "currency": "usd", "type": "bank_account"},
        event_id="evt_payoutoff2014",
        version="2014-06-17",
    ),
    "payout failed 2015": event(
        "transfer.failed",
        {
            "id": "tr_1Old",
            "object": "transfer",
            "amount": 5000,
            "bank_account": {"object": "bank_account", "bank_name": "BANK OF OLD", "last4": "6789"},
            "currency": "usd",
            "failure_code": "no_account",
            "type": "bank_account",
        },
        event_id="evt_payoutfail2015",
        version="2015-10-16",
    ),
    # The merchant's own account
    "payments off": event(
        "account.updated",
        account(
            charges_enabled=False,
            requirements={
                "current_deadline": None,
                "disabled_reason": "requirements.past_due",
                "past_due": ["individual.verification.document", "tos_acceptance.date"],
            },
        ),
        event_id="evt_chargesoff",
        version=CLOVER,
        previous={"charges_enabled": True, "requirements": {"past_due": [], "disabled_reason": None}},
    ),
    "payments on": event(
        "account.updated", account(), event_id="evt_chargeson", version=CLOVER, previous={"charges_enabled": False}
    ),
    "payouts off 2016": event(
        "account.updated",
        {
            "id": "acct_1Acme",
            "object": "account",
            "business_name": "Acme Shop",
            "charges_enabled": True,
            "transfers_enabled": False,
            "verification": {"disabled_reason": "fields_needed", "fields_needed": ["legal_entity.dob.day"]},
        },
        event_id="evt_transfersoff",
        version="2016-07-06",
        previous={"transfers_enabled": True},
    ),
    "payouts on": event(
        "account.updated", account(), event_id="evt_payoutson", version=ENDIVE, previous={"payouts_enabled": False}
    ),
    "information overdue": event(
        "account.updated",
        account(requirements={"current_deadline": 1796342399, "past_due": ["company.tax_id"]}),
        event_id="evt_pastdue",
        version=ENDIVE,
        previous={"requirements": {"past_due": []}},
    ),
    "information sooner": event(
        "account.updated",
        account(requirements={"current_deadline": AT + 86_400, "currently_due": ["company.tax_id"], "past_due": []}),
        event_id="evt_sooner",
        version=CLOVER,
        previous={"requirements": {"current_deadline": AT + 30 * 86_400}},
    ),
    "information rejected": event(
        "account.updated",
        account(
            requirements={
                "current_deadline": None,
                "currently_due": ["person_1Ada.verification.document"],
                "errors": [
                    {
                        "code": "verification_document_too_blurry",
                        "reason": "The document is blurry.",
                        "requirement": "person_1Ada.verification.document",
                    }
                ],
                "past_due": [],
            }
        ),
        event_id="evt_rejected",
        version=CLOVER,
        previous={"requirements": {"currently_due": [], "errors": []}},
    ),
    "information needed": event(
        "account.updated",
        account(
            requirements={"current_deadline": None, "currently_due": ["business_profile.url"], "past_due": []},
        ),
        event_id="evt_needed",
        version=CLOVER,
        previous={"requirements": {"currently_due": []}},
    ),
    "account under review": event(
        "account.updated",
        account(requirements={"current_deadline": None, "disabled_reason": "under_review", "past_due": []}),
        event_id="evt_review",
        version=CLOVER,
        previous={"requirements": {"disabled_reason": None}},
    ),
    "information complete": event(
        "account.updated",
        account(),
        event_id="evt_complete",
        version=ENDIVE,
        previous={"requirements": {"past_due": ["company.tax_id"]}},
    ),
    "capability lost": event(
        "account.updated",
        account(capabilities={"card_payments": "inactive", "transfers": "active"}),
        event_id="evt_caplost",
        version=CLOVER,
        previous={"capabilities": {"card_payments": "active"}},
    ),
    "capability gained": event(
        "capability.updated",
        {"id": "sepa_debit_payments", "object": "capability", "account": "acct_1Acme", "status": "active"},
        event_id="evt_capgained",
        version=CLOVER,
        previous={"status": "pending"},
    ),
    "payout account added": event(
        "account.external_account.created", bank_account(), event_id="evt_bankadded", version=CLOVER
    ),
    "payout account changed": event(
        "account.external_account.updated",
        bank_account(),
        event_id="evt_bankchanged",
        version=CLOVER,
        previous={"default_for_currency": False},
    ),
    "payout account removed": event(
        "account.external_account.deleted",
        {"id": "card_1", "object": "card", "brand": "Visa", "last4": "5556", "account": "acct_1Acme"},
        event_id="evt_bankremoved",
        version="2016-03-07",
    ),
    "application connected": event(
        "account.application.authorized",
        {"id": "ca_1", "object": "application", "name": "Ledger Sync"},
        event_id="evt_appon",
        version=CLOVER,
    ),
    "application disconnected": event(
        "account.application.deauthorized",
        {"id": "ca_1", "object": "application", "name": "Ledger Sync"},
        event_id="evt_appoff",
        version="2012-07-09",
    ),
    "top-up failed": event(
        "topup.failed",
        {
            "id": "tu_1",
            "object": "topup",
            "amount": 50000,
            "currency": "usd",
            "failure_code": "insufficient_funds",
            "failure_message": "The account holds too little.",
            "status": "failed",
        },
        event_id="evt_topupfail",
        version=CLOVER,
    ),
    # Told where a channel names them
    "checkout expired": event(
        "checkout.session.expired",
        session(payment_status="unpaid", status="expired"),
        event_id="evt_checkoutexpired",
        version=ENDIVE,
    ),
    "invoice finalized": event(
        "invoice.finalized",
        invoice(amount_paid=0, due_date=AT + 1_209_600, status="open"),
        event_id="evt_finalized",
        version=CLOVER,
    ),
    "balance available": event(
        "balance.available",
        {
            "object": "balance",
            "available": [
                {"amount": 120450, "currency": "eur", "source_types": {"card": 120450}},
                {"amount": 5000, "currency": "jpy", "source_types": {"card": 5000}},
                {"amount": 0, "currency": "usd", "source_types": {"card": 0}},
            ],
            "pending": [],
        },
        event_id="evt_balance",
        version=CLOVER,
    ),
    "quote accepted": event(
        "quote.accepted",
        {
            "id": "qt_1",
            "object": "quote",
            "amount_total": 90000,
            "currency": "eur",
            "customer": "cus_Ada",
            "description": "Tea for the office",
            "number": "QT-0001",
        },
        event_id="evt_quote",
        version=CLOVER,
    ),
    "top-up arrived": event(
        "topup.succeeded",
        {"id": "tu_1", "object": "topup", "amount": 50000, "currency": "usd", "description": "For refunds"},
        event_id="evt_topup",
        version=CLOVER,
    ),
    "application fee": event(
        "application_fee.created",
        {"id": "fee_1", "object": "application_fee", "amount": 250, "currency": "eur", "account": "acct_1Other"},
        event_id="evt_fee",
        version=CLOVER,
    ),
    "spending on an issued card": event(
        "issuing_authorization.created",
        {
            "id": "iauth_1",
            "object": "issuing.authorization",
            "amount": 1250,
            "currency": "eur",
            "merchant_data": {"name": "Cafe de Flore"},
        },
        event_id="evt_iauth",
        version=CLOVER,
    ),
    "payment begun": event(
        "payment_intent.created",
        intent(amount_received=0, latest_charge=None, status="requires_payment_method"),
        event_id="evt_begun",
        version=CLOVER,
    ),
    "customer updated": event(
        "customer.updated",
        {"id": "cus_Ada", "object": "customer", "name": "Ada Lovelace", "email": "ada@example.com"},
        event_id="evt_cusupdated",
        version=CLOVER,
        previous={"email": "ada@old.example"},
    ),
    "product updated": event(
        "product.updated",
        {"id": "prod_1", "object": "product", "name": "Ceramic teapot", "description": "Holds a litre"},
        event_id="evt_product",
        version=CLOVER,
        previous={"name": "Teapot"},
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

QUIET: Final[list[tuple[str, str, Json, Json | None]]] = [
    ("authorized_not_captured", "charge.succeeded", charge(captured=False), None),
    ("payment_pending", "charge.succeeded", charge(status="pending"), None),
    ("nothing_paid", "invoice.paid", invoice(amount_paid=0), None),
    ("nothing_paid", "charge.succeeded", charge(amount=0, amount_captured=0), None),
    ("nothing_paid", "payment_intent.succeeded", intent(amount_received=0), None),
    ("payment_pending", "checkout.session.completed", {"id": "cs_1", "payment_status": "unpaid"}, None),
    ("nothing_paid", "checkout.session.completed", {"id": "cs_1", "payment_status": "no_payment_required"}, None),
    ("nothing_paid", "checkout.session.completed", {"id": "cs_1", "mode": "setup"}, None),
    ("customer_present", "invoice.payment_action_required", invoice(billing_reason="subscription_create"), None),
    ("authorization_released", "charge.refunded", charge(captured=False, amount_refunded=4900), None),
    ("authorization_released", "refund.created", refund(reason="expired_uncaptured_charge"), None),
    ("refund_canceled", "refund.created", refund(status="canceled"), None),
    ("refund_progress", "refund.updated", refund(), None),
    ("refund_progress", "charge.refund.updated", refund(), None),
    ("dispute_updated", "charge.dispute.updated", dispute(), {"evidence": {"uncategorized_text": None}}),
    ("dispute_funds_withdrawn", "charge.dispute.funds_withdrawn", dispute(), None),
    ("dispute_funds_reinstated", "charge.dispute.funds_reinstated", dispute(), None),
    ("fraud_warning_updated", "radar.early_fraud_warning.updated", {"id": "issfr_1"}, {"actionable": True}),
    ("payout_not_sent", "payout.created", payout(status="failed"), None),
    ("awaiting_first_payment", "customer.subscription.created", subscription(status="incomplete"), None),
    ("never_started", "customer.subscription.deleted", subscription(status="incomplete_expired"), None),
    (
        "never_started",
        "customer.subscription.updated",
        subscription(status="incomplete_expired"),
        {"status": "incomplete"},
    ),
    ("end_tells", "customer.subscription.updated", subscription(status="canceled"), {"status": "active"}),
    ("failed_payment_tells", "customer.subscription.updated", subscription(status="past_due"), {"status": "active"}),
    (
        "trial_over",
        "customer.subscription.trial_will_end",
        subscription(status="active", trial_end=AT - 1),
        {"trial_end": AT + 7 * 86_400},
    ),
    (
        "trial_over",
        "customer.subscription.trial_will_end",
        subscription(status="trialing", trial_end=AT),
        {"trial_end": AT + 7 * 86_400},
    ),
    ("payment_tells", "customer.subscription.updated", subscription(), {"status": "past_due"}),
    (
        "payment_tells",
        "customer.subscription.updated",
        subscription(items=items(price())),
        {"items": items(price(), until=AT), "latest_invoice": "in_0"},
    ),
    (
        "payment_tells",
        "customer.subscription.updated",
        {"id": "sub_1", "plan": plan(), "quantity": 1, "status": "active"},
        {"current_period_end": AT, "current_period_start": AT - 2_592_000},
    ),
    ("account_housekeeping", "account.updated", account(), {"email": "old@example.com"}),
    ("account_housekeeping", "capability.updated", {"id": "transfers", "status": "active"}, {"requirements": {}}),
    ("bank_housekeeping", "account.external_account.updated", bank_account(), {"metadata": {}}),
    ("bank_housekeeping", "account.external_account.updated", bank_account(status="validated"), {"status": "new"}),
    (
        "bank_housekeeping",
        "account.external_account.updated",
        bank_account(default_for_currency=False),
        {"default_for_currency": True},
    ),
]
"""What is understood and makes no message: the reason, the type, the object, the previous attributes."""
