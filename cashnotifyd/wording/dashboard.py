"""Links into Stripe's dashboard."""

from __future__ import annotations

import re
from typing import Final

from cashnotifyd.vocabulary import Account, Kind, Mode

_PAGES: Final = {
    "payment_intent": "payments",
    "charge": "payments",
    "invoice": "invoices",
    "subscription": "subscriptions",
    "customer": "customers",
    "connected_account": "connect/accounts",
    "payout": "payouts",
    "dispute": "disputes",
    "product": "products",
    "price": "prices",
    "coupon": "coupons",
    "payment_link": "payment-links",
    "quote": "quotes",
    "setup_intent": "setup_intents",
    "subscription_schedule": "subscription_schedules",
    "topup": "topups",
    "transfer": "connect/transfers",
}
_LISTS: Final = {
    Kind.SALE: "payments",
    Kind.RENEWAL: "payments",
    Kind.FAILED_PAYMENT: "payments",
    Kind.REFUND: "payments",
    Kind.DISPUTE: "disputes",
    Kind.DISPUTE_CLOSED: "disputes",
    Kind.FRAUD_WARNING: "payments",
    Kind.PAYOUT: "payouts",
    Kind.PAYOUT_FAILED: "payouts",
    Kind.SUBSCRIPTION_STARTED: "subscriptions",
    Kind.SUBSCRIPTION_CHANGED: "subscriptions",
    Kind.SUBSCRIPTION_CANCELED: "subscriptions",
    Kind.TRIAL_ENDING: "subscriptions",
    Kind.CUSTOMER: "customers",
}
"""The page that lists what a kind is made of. There is none for the others."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")


def dashboard_link(account: Account, object_type: str | None, object_id: str | None) -> str | None:
    """The dashboard's page for an object, in the right account and mode; None where there is no such page."""
    page = _PAGES.get(object_type or "")
    if page is None or object_id is None or not _ID.fullmatch(object_id):
        return None
    return f"{_home(account)}/{page}/{object_id}"


def dashboard_list(account: Account, kind: Kind) -> str | None:
    """The dashboard's page that lists what is of a kind, in the right account and mode."""
    return f"{_home(account)}/{_LISTS[kind]}" if kind in _LISTS else None


def _home(account: Account) -> str:
    owner = f"/{account.stripe_id}" if account.stripe_id is not None and _ID.fullmatch(account.stripe_id) else ""
    mode = "/test" if account.mode is Mode.TEST else ""
    return f"https://dashboard.stripe.com{owner}{mode}"
