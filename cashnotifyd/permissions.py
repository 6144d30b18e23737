"""What a restricted key has to be allowed, what for, and the link that fills in Stripe's form with just that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Permission:
    """One line of Stripe's form. ``slug`` is its name in a link, ``label`` the one on the page.

    ``reads`` is what can be asked for with it and not without, as a path of Stripe's API: no endpoint lists what a key
    may do. None where it lets a key write.
    """

    slug: str
    label: str
    purpose: str
    reads: str | None


EVENTS: Final = Permission(
    "rak_event_read", "Events: read", "what happens; without it there is nothing to tell", "/v1/events"
)

NEEDED: Final = (
    EVENTS,
    Permission(
        "rak_balance_read", "Balance: read", "the fee, and what is left of a payment", "/v1/balance_transactions"
    ),
    Permission(
        "rak_invoice_read", "Invoices: read", "what a payment is for, and whether it is a renewal", "/v1/invoices"
    ),
    Permission(
        "rak_customer_read", "Customers: read", "the customer's name, e-mail address and country", "/v1/customers"
    ),
    Permission("rak_product_read", "Products: read", "what the product is called", "/v1/products"),
    Permission(
        "rak_subscription_read",
        "Subscriptions: read",
        "which plan a new or cancelled subscription is for",
        "/v1/subscriptions",
    ),
    Permission("rak_payout_read", "Payouts: read", "when a payout arrives", "/v1/payouts"),
)
"""Only the first is indispensable: a message says less for each of the others that is missing, and is sent all the
same."""

NAME_AND_LOGO: Final = (
    Permission(
        "rak_connected_account_read", "Connected accounts: read", "the account's own name and icon", "/v1/account"
    ),
    Permission(
        "rak_file_write", "Files: write", "a public link to the icon, for channels that show images by link", None
    ),
)


def creation_link(permissions: Iterable[Permission], name: str = "cashnotifyd") -> str:
    """The page where such a key is created, filled in.

    Stripe does not document these links and ignores a name that it does not know (seen with CashNotify's own).
    """
    parameters = "".join(f"&permissions[]={permission.slug}" for permission in permissions)
    return f"https://dashboard.stripe.com/apikeys/create?name={quote(name)}{parameters}"
