"""Links into Stripe's dashboard."""

from __future__ import annotations

import re
from typing import Final

from cashnotifyd.vocabulary import Account, Mode

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
_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")


def dashboard_link(account: Account, object_type: str | None, object_id: str | None) -> str | None:
    """The dashboard's page for an object, in the right account and mode; None where there is no such page."""
    page = _PAGES.get(object_type or "")
    if page is None or object_id is None or not _ID.fullmatch(object_id):
        return None
    owner = f"/{account.stripe_id}" if account.stripe_id is not None and _ID.fullmatch(account.stripe_id) else ""
    mode = "/test" if account.mode is Mode.TEST else ""
    return f"https://dashboard.stripe.com{owner}{mode}/{page}/{object_id}"
