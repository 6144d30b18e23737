"""The only door to Stripe: pages of events, objects, the account's own face; failures are values."""

from cashnotifyd.stripe_api.accounts import OwnAccount, account_in
from cashnotifyd.stripe_api.asking import ATTEMPTS, LOOK_UP_ATTEMPTS, TIMEOUT, StripeApi, StripeConnections
from cashnotifyd.stripe_api.failures import Cause, Failure, failure_of
from cashnotifyd.stripe_api.pages import Listed, Malformed, Page, page_in

__all__ = [
    "ATTEMPTS",
    "LOOK_UP_ATTEMPTS",
    "TIMEOUT",
    "Cause",
    "Failure",
    "Listed",
    "Malformed",
    "OwnAccount",
    "Page",
    "StripeApi",
    "StripeConnections",
    "account_in",
    "failure_of",
    "page_in",
]
