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
_SETTINGS: Final = {
    "account": "account/status",
    "bank_account": "settings/payouts",
    "application": "settings/apps",
}
"""Pages without an id. Stripe's documentation calls the first "Account status page" and links the second as the payout
settings; the last lists the installed apps."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")


def dashboard_link(account: Account, object_type: str | None, object_id: str | None) -> str | None:
    """The dashboard's page for an object, in the right account and mode; None where there is no such page.

    An object of a connected account stands in that account's own dashboard, which the platform's users may open:
    under the account's id, as Stripe itself writes it (an API error's ``request_log_url`` begins so with the account
    that was asked of). The account itself has a page in the platform's dashboard.
    """
    connected = None if account.connected is None else account.connected.id
    owner = account.stripe_id if connected is None else connected
    if connected is None and object_type in _SETTINGS:
        return f"{_home(account.mode, owner)}/{_SETTINGS[object_type]}"
    page = _PAGES.get(object_type or "")
    if page is not None and object_id is not None and _ID.fullmatch(object_id):
        return f"{_home(account.mode, owner)}/{page}/{object_id}"
    if connected is None or not _ID.fullmatch(connected):
        return None
    return f"{_home(account.mode, account.stripe_id)}/connect/accounts/{connected}"


def dashboard_list(account: Account, kind: Kind) -> str | None:
    """The dashboard's page that lists what is of a kind, in the right account and mode."""
    return f"{_home(account.mode, account.stripe_id)}/{_LISTS[kind]}" if kind in _LISTS else None


def _home(mode: Mode, account: str | None) -> str:
    owner = f"/{account}" if account is not None and _ID.fullmatch(account) else ""
    return f"https://dashboard.stripe.com{owner}{'/test' if mode is Mode.TEST else ''}"
