"""Stripe's objects in the shape that an account's API version gives them.

Field names are those of Stripe's API reference and of its SDKs' types; what a version has and has not is from Stripe's
API changelog. A shape is chosen by the date in the version: ``2020-08-27``, ``2025-09-30.clover``.
"""

from __future__ import annotations

from typing import Any

from cashnotifyd.simulator.account import Json, SimulatedAccount
from cashnotifyd.simulator.people import DECLINES, Person, Plan

MONTH = 30 * 86_400
"""Seconds of a billing period, near enough for made-up invoices."""

_PERIODS = {"day": 86_400, "week": 7 * 86_400, "month": MONTH, "year": 365 * 86_400}

_LATEST_CHARGE = "2022-11-15"
_ASYNC_CAPTURE = "2024-04-10"
_REFUND_EVENTS = "2024-10-28"
_BASIL = "2025-03-31"
_INVOICE_PAYMENT_EVENTS = "2025-05-28"

_ZERO_DECIMAL = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"}
)
_THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
_DOLLARS = {"usd": 1.0, "eur": 1.09, "gbp": 1.27, "jpy": 0.0067, "kwd": 3.25, "pln": 0.25, "mxn": 0.055, "cad": 0.73}
"""Rough rates for the settlement of charges in a foreign currency."""


def _since(shop: SimulatedAccount, date: str) -> bool:
    return shop.api_version[:10] >= date


def has_late_balance(shop: SimulatedAccount) -> bool:
    """Whether a charge learns its balance transaction only by a later ``charge.updated``."""
    return _since(shop, _ASYNC_CAPTURE)


def has_refund_events(shop: SimulatedAccount) -> bool:
    """Whether refunds of charges have ``refund.*`` events of their own."""
    return _since(shop, _REFUND_EVENTS)


def has_invoice_payment_events(shop: SimulatedAccount) -> bool:
    """Whether ``invoice_payment.paid`` is sent."""
    return _since(shop, _INVOICE_PAYMENT_EVENTS)


def is_basil(shop: SimulatedAccount) -> bool:
    """Whether invoices and payments know each other only through ``invoice_payment`` objects."""
    return _since(shop, _BASIL)


def decimals(currency: str) -> int:
    """How many decimals Stripe counts an amount in."""
    return 0 if currency in _ZERO_DECIMAL else 3 if currency in _THREE_DECIMAL else 2


def written(amount: int, currency: str) -> str:
    """An amount as Stripe writes it into an invoice line: ``$29.00``."""
    digits = decimals(currency)
    symbol = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}.get(currency, f"{currency.upper()} ")
    return f"{symbol}{amount / 10**digits:,.{digits}f}"


def period_seconds(plan: Plan) -> int:
    """How long one billing period lasts."""
    return _PERIODS[plan.interval] * plan.interval_count


def address(person: Person) -> Json:
    """A person's postal address."""
    return {
        "city": person.city,
        "country": person.country,
        "line1": person.line1,
        "line2": None,
        "postal_code": person.postal_code,
        "state": None,
    }


def customer(shop: SimulatedAccount, person: Person, at: int) -> Json:
    """A customer object."""
    return {
        "id": shop.new_id("cus_", 14),
        "object": "customer",
        "address": address(person),
        "balance": 0,
        "created": at,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": person.email,
        "invoice_prefix": shop.new_id("", 8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": shop.livemode,
        "metadata": {},
        "name": person.name,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": ["en"],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def product(shop: SimulatedAccount, name: str, at: int) -> Json:
    """A product object."""
    return {
        "id": shop.new_id("prod_", 14),
        "object": "product",
        "active": True,
        "created": at,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": shop.livemode,
        "marketing_features": [],
        "metadata": {},
        "name": name,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": None,
        "updated": at,
        "url": None,
    }


def price(shop: SimulatedAccount, plan: Plan, product_id: str, at: int) -> Json:
    """A recurring price object."""
    return {
        "id": shop.new_id("price_1"),
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": at,
        "currency": plan.currency,
        "custom_unit_amount": None,
        "livemode": shop.livemode,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": product_id,
        "recurring": {
            "interval": plan.interval,
            "interval_count": plan.interval_count,
            "meter": None,
            "trial_period_days": None,
            "usage_type": "licensed",
        },
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring",
        "unit_amount": plan.amount,
        "unit_amount_decimal": str(plan.amount),
    }


def legacy_plan(priced: Json) -> Json:
    """The plan that old versions carry beside a price."""
    recurring = priced["recurring"]
    return {
        "id": priced["id"],
        "object": "plan",
        "active": True,
        "amount": priced["unit_amount"],
        "amount_decimal": priced["unit_amount_decimal"],
        "billing_scheme": "per_unit",
        "created": priced["created"],
        "currency": priced["currency"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "livemode": priced["livemode"],
        "metadata": {},
        "nickname": None,
        "product": priced["product"],
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def balance_transaction(  # noqa: PLR0913 (what Stripe books)
    shop: SimulatedAccount, *, source: str, kind: str, amount: int, currency: str, fee: int, at: int
) -> Json:
    """A booking on the account's balance: ``amount`` and ``fee`` as charged, settled in the account's currency."""
    settled, rate = currency, None
    # What goes to the bank goes in the currency it is in.
    if currency != shop.currency and {currency, shop.currency} <= _DOLLARS.keys() and "payout" not in kind:
        settled = shop.currency
        rate = round(_DOLLARS[currency] / _DOLLARS[settled], 6)
        scale = rate * 10.0 ** (decimals(settled) - decimals(currency))
        amount, fee = round(amount * scale), round(fee * scale)
    details = [
        {
            "amount": fee,
            "application": None,
            "currency": settled,
            "description": "Dispute fee" if kind == "adjustment" else "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    category = {"adjustment": "dispute", "payout_failure": "payout_reversal"}.get(kind, kind)
    return {
        "id": shop.new_id("txn_3" if kind in {"charge", "refund"} else "txn_1"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": at + 2 * 86_400,
        "balance_type": "payments",
        "created": at,
        "currency": settled,
        "description": None,
        "exchange_rate": rate,
        "fee": fee,
        "fee_details": details if fee else [],
        "net": amount - fee,
        "reporting_category": category,
        "source": source,
        "status": "pending",
        "type": kind,
    }


def processing_fee(amount: int, currency: str) -> int:
    """Stripe's usual 2.9 % + 30 cents, in the charge's currency."""
    fixed = 0.30 / _DOLLARS.get(currency, 1.0) * 10.0 ** decimals(currency)
    return round(amount * 0.029 + fixed)


def charge(  # noqa: PLR0913 (what a charge is made of)
    shop: SimulatedAccount,
    person: Person,
    *,
    amount: int,
    currency: str,
    at: int,
    customer_id: str | None = None,
    intent_id: str | None = None,
    invoice_id: str | None = None,
    description: str | None = None,
    metadata: dict[str, str] | None = None,
    decline: str | None = None,
) -> Json:
    """A charge on a person's card; with a ``decline`` code a failed one. The balance transaction is not set yet."""
    failure_code, failure_message = DECLINES[decline] if decline else (None, None)
    method = shop.new_id("pm_1") if intent_id else shop.new_id("card_1")
    charge_id = shop.new_id("ch_3")
    receipt = f"https://pay.stripe.com/receipts/payment/{shop.new_id('CAcaFwoVYWNjdF8', 40)}"
    obj: Json = {
        "id": charge_id,
        "object": "charge",
        "amount": amount,
        "amount_captured": 0 if decline else amount,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": {
            "address": address(person),
            "email": person.email,
            "name": person.name,
            "phone": None,
            "tax_id": None,
        },
        "calculated_statement_descriptor": shop.name.upper()[:22],
        "captured": not decline,
        "created": at,
        "currency": currency,
        "customer": customer_id,
        "description": description,
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": failure_code,
        "failure_message": failure_message,
        "fraud_details": {},
        "livemode": shop.livemode,
        "metadata": metadata or {},
        "on_behalf_of": None,
        "outcome": _outcome(shop, decline),
        "paid": not decline,
        "payment_intent": intent_id,
        "payment_method": method,
        "payment_method_details": {"card": _card_details(shop, person, amount), "type": "card"},
        "receipt_email": person.email,
        "receipt_number": None,
        "receipt_url": None if decline else receipt,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None if intent_id else _card_source(person, method),
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "failed" if decline else "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }
    if not is_basil(shop):
        obj |= {"destination": None, "dispute": None, "invoice": invoice_id, "order": None}
    if not _since(shop, _LATEST_CHARGE):
        obj["refunds"] = _embedded([], f"/v1/charges/{charge_id}/refunds")
    return obj


def payment_intent(  # noqa: PLR0913 (what a payment intent is made of)
    shop: SimulatedAccount,
    person: Person,
    *,
    intent_id: str,
    amount: int,
    currency: str,
    at: int,
    customer_id: str | None = None,
    invoice_id: str | None = None,
    description: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Json:
    """A payment intent that nobody has paid yet."""
    obj: Json = {
        "id": intent_id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async" if has_late_balance(shop) else "automatic",
        "client_secret": f"{intent_id}_secret_{shop.new_id('', 25)}",
        "confirmation_method": "automatic",
        "created": at,
        "currency": currency,
        "customer": customer_id,
        "description": description,
        "last_payment_error": None,
        "livemode": shop.livemode,
        "metadata": metadata or {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": person.email,
        "review": None,
        "setup_future_usage": "off_session" if invoice_id else None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }
    if not is_basil(shop):
        obj["invoice"] = invoice_id
    if _since(shop, _LATEST_CHARGE):
        obj["latest_charge"] = None
    else:
        obj["charges"] = _embedded([], f"/v1/charges?payment_intent={intent_id}")
    return obj


def with_charge(shop: SimulatedAccount, intent: Json, charged: Json, decline: str | None = None) -> Json:
    """A payment intent after an attempt."""
    after = dict(intent)
    if _since(shop, _LATEST_CHARGE):
        after["latest_charge"] = charged["id"]
    else:
        after["charges"] = _embedded([charged], f"/v1/charges?payment_intent={intent['id']}")
    if decline is None:
        return after | {
            "amount_received": intent["amount"],
            "payment_method": charged["payment_method"],
            "status": "succeeded",
        }
    code, message = DECLINES[decline]
    after["last_payment_error"] = {
        "charge": charged["id"],
        "code": code,
        "decline_code": decline,
        "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
        "message": message,
        "payment_method": {
            "id": charged["payment_method"],
            "object": "payment_method",
            "billing_details": charged["billing_details"],
            "card": {
                name: charged["payment_method_details"]["card"][name]
                for name in (
                    "brand",
                    "checks",
                    "country",
                    "exp_month",
                    "exp_year",
                    "fingerprint",
                    "funding",
                    "last4",
                    "wallet",
                )
            },
            "created": charged["created"],
            "customer": charged["customer"],
            "livemode": shop.livemode,
            "metadata": {},
            "type": "card",
        },
        "type": "card_error",
    }
    return after


def checkout_session(  # noqa: PLR0913 (what a session is made of)
    shop: SimulatedAccount,
    person: Person,
    *,
    mode: str,
    amount: int,
    currency: str,
    at: int,
    customer_id: str | None = None,
    intent_id: str | None = None,
    invoice_id: str | None = None,
    subscription_id: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Json:
    """A completed and paid Checkout session; ``mode`` is ``payment`` or ``subscription``."""
    return {
        "id": shop.new_id(f"cs_{shop.mode}_a1", 56),
        "object": "checkout.session",
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": amount,
        "amount_total": amount,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": "https://acme.example/cart",
        "client_reference_id": None,
        "consent": None,
        "created": at - 90,
        "currency": currency,
        "custom_fields": [],
        "customer": customer_id,
        "customer_creation": "if_required" if mode == "payment" else "always",
        "customer_details": {
            "address": address(person),
            "email": person.email,
            "name": person.name,
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        },
        "customer_email": None,
        "expires_at": at - 90 + 86_400,
        "invoice": invoice_id,
        "livemode": shop.livemode,
        "locale": None,
        "metadata": metadata or {},
        "mode": mode,
        "payment_intent": intent_id,
        "payment_link": None,
        "payment_method_collection": "if_required" if mode == "payment" else "always",
        "payment_method_types": ["card"],
        "payment_status": "paid",
        "recovered_from": None,
        "setup_intent": None,
        "shipping_options": [],
        "status": "complete",
        "submit_type": None,
        "subscription": subscription_id,
        "success_url": "https://acme.example/thanks",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted",
        "url": None,
    }


def subscription(  # noqa: PLR0913 (what a subscription is made of)
    shop: SimulatedAccount, *, subscription_id: str, customer_id: str, priced: Json, at: int, seconds: int, status: str
) -> Json:
    """A subscription to one price whose first period starts ``at`` and lasts ``seconds``."""
    period = {"current_period_end": at + seconds, "current_period_start": at}
    item: Json = {
        "id": shop.new_id("si_", 14),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": at,
        "discounts": [],
        "metadata": {},
        "plan": legacy_plan(priced),
        "price": priced,
        "quantity": 1,
        "subscription": subscription_id,
        "tax_rates": [],
    }
    obj: Json = {
        "id": subscription_id,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"enabled": False},
        "billing_cycle_anchor": at,
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": at,
        "currency": priced["currency"],
        "customer": customer_id,
        "days_until_due": None,
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "ended_at": None,
        "items": _embedded([item], f"/v1/subscription_items?subscription={subscription_id}"),
        "latest_invoice": None,
        "livemode": shop.livemode,
        "metadata": {},
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": at,
        "status": status,
        "test_clock": None,
        "transfer_data": None,
        "trial_end": None,
        "trial_start": None,
    }
    if is_basil(shop):
        item.update(period)
        obj["billing_mode"] = {"type": "flexible"}
    else:
        obj.update(period)
        obj.update({"plan": item["plan"], "quantity": 1, "discount": None})
    return obj


def with_period(subscribed: Json, start: int, end: int) -> tuple[Json, Json]:
    """A subscription in its next period, and the ``previous_attributes`` of that change."""
    after = dict(subscribed)
    moved = {"current_period_end": end, "current_period_start": start}
    if "current_period_end" in subscribed:
        previous = {name: subscribed[name] for name in moved}
        return after | moved, previous
    item = subscribed["items"]["data"][0]
    after["items"] = subscribed["items"] | {"data": [item | moved]}
    return after, {"items": {"data": [item]}}


def invoice(  # noqa: PLR0913 (what an invoice is made of)
    shop: SimulatedAccount,
    person: Person,
    subscribed: Json,
    *,
    plan_name: str,
    billing_reason: str,
    at: int,
    start: int,
    end: int,
) -> Json:
    """A draft invoice for one period of a subscription."""
    item = subscribed["items"]["data"][0]
    priced = item["price"]
    amount, currency = priced["unit_amount"], priced["currency"]
    invoice_id = shop.new_id("in_1")
    line: Json = {
        "id": shop.new_id("il_1"),
        "object": "line_item",
        "amount": amount,
        "currency": currency,
        "description": f"1 × {plan_name} (at {written(amount, currency)} / {priced['recurring']['interval']})",  # noqa: RUF001 (Stripe's sign)
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "livemode": shop.livemode,
        "metadata": {},
        "period": {"end": end, "start": start},
        "quantity": 1,
    }
    obj: Json = {
        "id": invoice_id,
        "object": "invoice",
        "account_country": shop.country,
        "account_name": shop.name,
        "amount_due": amount,
        "amount_paid": 0,
        "amount_remaining": amount,
        "amount_shipping": 0,
        "application": None,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": {"enabled": False, "liability": None, "status": None},
        "billing_reason": billing_reason,
        "collection_method": "charge_automatically",
        "created": at,
        "currency": currency,
        "custom_fields": None,
        "customer": subscribed["customer"],
        "customer_address": address(person),
        "customer_email": person.email,
        "customer_name": person.name,
        "customer_phone": None,
        "customer_shipping": None,
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "due_date": None,
        "effective_at": None,
        "ending_balance": None,
        "footer": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "lines": _embedded([line], f"/v1/invoices/{invoice_id}/lines"),
        "livemode": shop.livemode,
        "metadata": {},
        "next_payment_attempt": None,
        "number": None,
        "on_behalf_of": None,
        "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
        "period_end": at,
        "period_start": at if billing_reason == "subscription_create" else at - (end - start),
        "receipt_number": None,
        "starting_balance": 0,
        "statement_descriptor": None,
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "subtotal": amount,
        "test_clock": None,
        "total": amount,
        "total_discount_amounts": [],
        "webhooks_delivered_at": None,
    }
    if is_basil(shop):
        line |= {
            "invoice": invoice_id,
            "parent": {
                "invoice_item_details": None,
                "subscription_item_details": {
                    "invoice_item": None,
                    "proration": False,
                    "proration_details": {"credited_items": None},
                    "subscription": subscribed["id"],
                    "subscription_item": item["id"],
                },
                "type": "subscription_item_details",
            },
            "pretax_credit_amounts": [],
            "pricing": {
                "price_details": {"price": priced["id"], "product": priced["product"]},
                "type": "price_details",
                "unit_amount_decimal": priced["unit_amount_decimal"],
            },
            "taxes": [],
        }
        obj |= {
            "amount_overpaid": 0,
            "parent": {
                "quote_details": None,
                "subscription_details": {"metadata": {}, "subscription": subscribed["id"]},
                "type": "subscription_details",
            },
            "total_taxes": [],
        }
    else:
        line |= {
            "plan": item["plan"],
            "price": priced,
            "proration": False,
            "subscription": subscribed["id"],
            "subscription_item": item["id"],
            "tax_amounts": [],
            "tax_rates": [],
            "type": "subscription",
        }
        obj |= {
            "charge": None,
            "discount": None,
            "paid": False,
            "paid_out_of_band": False,
            "payment_intent": None,
            "quote": None,
            "subscription": subscribed["id"],
            "tax": None,
            "total_tax_amounts": [],
        }
    return obj


def finalized(shop: SimulatedAccount, invoiced: Json, *, number: str, intent_id: str, at: int) -> Json:
    """An open invoice. Before 2025-03-31 it names its payment intent."""
    hosted = f"https://invoice.stripe.com/i/{shop.id}/{shop.mode}_{shop.new_id('', 30)}"
    after = invoiced | {
        "effective_at": at,
        "ending_balance": 0,
        "hosted_invoice_url": f"{hosted}?s=ap",
        "invoice_pdf": f"{hosted}/pdf?s=ap",
        "number": number,
        "status": "open",
        "status_transitions": invoiced["status_transitions"] | {"finalized_at": at},
    }
    return after if is_basil(shop) else after | {"payment_intent": intent_id}


def paid(shop: SimulatedAccount, invoiced: Json, charged: Json, at: int) -> Json:
    """A paid invoice. Before 2025-03-31 it names its charge."""
    after = invoiced | {
        "amount_paid": invoiced["amount_due"],
        "amount_remaining": 0,
        "attempt_count": invoiced["attempt_count"] + 1,
        "attempted": True,
        "auto_advance": False,
        "next_payment_attempt": None,
        "status": "paid",
        "status_transitions": invoiced["status_transitions"] | {"paid_at": at},
    }
    return after if is_basil(shop) else after | {"charge": charged["id"], "paid": True}


def unpaid(shop: SimulatedAccount, invoiced: Json, charged: Json, next_attempt: int | None) -> Json:
    """An invoice after an attempt that failed; without a ``next_attempt`` Stripe has given up."""
    after = invoiced | {
        "attempt_count": invoiced["attempt_count"] + 1,
        "attempted": True,
        "next_payment_attempt": next_attempt,
    }
    return after if is_basil(shop) else after | {"charge": charged["id"]}


def invoice_payment(shop: SimulatedAccount, invoiced: Json, intent_id: str, at: int) -> Json:
    """What joins a paid invoice and its payment intent since 2025-03-31."""
    return {
        "id": shop.new_id("inpay_1"),
        "object": "invoice_payment",
        "amount_paid": invoiced["total"],
        "amount_requested": invoiced["total"],
        "created": at,
        "currency": invoiced["currency"],
        "invoice": invoiced["id"],
        "is_default": True,
        "livemode": shop.livemode,
        "payment": {"payment_intent": intent_id, "type": "payment_intent"},
        "status": "paid",
        "status_transitions": {"canceled_at": None, "paid_at": at},
    }


def refund(shop: SimulatedAccount, charged: Json, *, amount: int, reason: str, at: int) -> Json:
    """A refund of a card charge."""
    return {
        "id": shop.new_id("re_3"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charged["id"],
        "created": at,
        "currency": charged["currency"],
        "destination_details": {
            "card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"},
            "type": "card",
        },
        "metadata": {},
        "payment_intent": charged["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def with_refund(charged: Json, refunded: Json) -> tuple[Json, Json]:
    """A charge after a refund, and the ``previous_attributes`` of that change."""
    total = charged["amount_refunded"] + refunded["amount"]
    after = charged | {"amount_refunded": total, "refunded": total >= charged["amount"]}
    previous = {"amount_refunded": charged["amount_refunded"]}
    if after["refunded"]:
        previous["refunded"] = False
    if "refunds" in charged:
        refunds = [refunded, *charged["refunds"]["data"]]
        after["refunds"] = _embedded(refunds, charged["refunds"]["url"])
    return after, previous


def dispute(shop: SimulatedAccount, charged: Json, *, amount: int, reason: str, at: int) -> Json:
    """A dispute that waits for the merchant's answer, 9 days long."""
    network_code = {"fraudulent": "10.4", "product_not_received": "13.1", "duplicate": "12.6"}.get(reason, "13.5")
    return {
        "id": shop.new_id("du_1"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charged["id"],
        "created": at,
        "currency": charged["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {
            "customer_email_address": charged["billing_details"]["email"],
            "customer_name": charged["billing_details"]["name"],
            "product_description": None,
            "receipt": None,
            "uncategorized_text": None,
        },
        "evidence_details": {
            "due_by": at + 9 * 86_400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": shop.livemode,
        "metadata": {},
        "payment_intent": charged["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": charged["payment_method_details"]["card"]["brand"],
                "case_type": "chargeback",
                "network_reason_code": network_code,
            },
            "type": "card",
        },
        "reason": reason,
        "status": "needs_response",
    }


def payout(shop: SimulatedAccount, *, amount: int, currency: str, at: int) -> Json:
    """An automatic payout on its way to the bank."""
    return {
        "id": shop.new_id("po_1"),
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": (at // 86_400 + 2) * 86_400,
        "automatic": True,
        "balance_transaction": None,
        "created": at,
        "currency": currency,
        "description": "STRIPE PAYOUT",
        "destination": shop.new_id("ba_1"),
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": shop.livemode,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "reconciliation_status": "in_progress",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "in_transit",
        "trace_id": {"status": "pending", "value": None},
        "type": "bank_account",
    }


def _embedded(data: list[Json], url: str) -> Json:
    return {"object": "list", "data": data, "has_more": False, "total_count": len(data), "url": url}


def _outcome(shop: SimulatedAccount, decline: str | None) -> Json:
    return {
        "advice_code": "try_again_later" if decline else None,
        "network_advice_code": None,
        "network_decline_code": "51" if decline == "insufficient_funds" else None,
        "network_status": "declined_by_network" if decline else "approved_by_network",
        "reason": decline,
        "risk_level": "normal",
        "risk_score": shop.random.randrange(1, 50),
        "seller_message": f"The bank returned the decline code `{decline}`." if decline else "Payment complete.",
        "type": "issuer_declined" if decline else "authorized",
    }


def _card_details(shop: SimulatedAccount, person: Person, amount: int) -> Json:
    wallet: Any = {"dynamic_last4": None, "type": person.wallet, person.wallet: {}} if person.wallet else None
    return {
        "amount_authorized": amount,
        "authorization_code": f"{shop.random.randrange(10**6):06}",
        "brand": person.brand,
        "checks": {"address_line1_check": "pass", "address_postal_code_check": "pass", "cvc_check": "pass"},
        "country": person.country,
        "exp_month": 8,
        "exp_year": 2031,
        "extended_authorization": {"status": "disabled"},
        "fingerprint": shop.new_id("", 16),
        "funding": "credit",
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": person.last4,
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": person.brand,
        "network_token": {"used": False},
        "network_transaction_id": f"{shop.random.randrange(10**14, 10**15)}",
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": None,
        "wallet": wallet,
    }


def _card_source(person: Person, card_id: str) -> Json:
    brands = {"visa": "Visa", "mastercard": "MasterCard", "amex": "American Express", "jcb": "JCB"}
    return {
        "id": card_id,
        "object": "card",
        "address_country": person.country,
        "brand": brands.get(person.brand, "Unknown"),
        "country": person.country,
        "cvc_check": "pass",
        "exp_month": 8,
        "exp_year": 2031,
        "funding": "credit",
        "last4": person.last4,
        "name": person.name,
        "tokenization_method": None,
    }
