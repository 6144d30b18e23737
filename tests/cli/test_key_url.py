"""The link that creates a key."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from click.testing import CliRunner

from cashnotifyd.cli.key_url import key_url
from cashnotifyd.lookups.needs import Resource
from cashnotifyd.permissions import EVENTS, NAME_AND_LOGO, NEEDED

SEVEN = {
    "rak_event_read",
    "rak_balance_read",
    "rak_invoice_read",
    "rak_payout_read",
    "rak_subscription_read",
    "rak_customer_read",
    "rak_product_read",
}


def permissions_in(link: str) -> set[str]:
    parts = urlsplit(link.strip())
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "dashboard.stripe.com", "/apikeys/create")
    permissions = parse_qs(parts.query)["permissions[]"]
    assert len(set(permissions)) == len(permissions)
    return set(permissions)


def test_the_seven_permissions_and_no_others() -> None:
    result = CliRunner().invoke(key_url)

    assert result.exit_code == 0
    assert permissions_in(result.stdout) == SEVEN
    assert all(permission.purpose in result.stderr for permission in NEEDED)


def test_with_name_and_logo_two_more() -> None:
    result = CliRunner().invoke(key_url, ["--with-name-and-logo"])

    assert permissions_in(result.stdout) == SEVEN | {"rak_connected_account_read", "rak_file_write"}
    assert all(permission.purpose in result.stderr for permission in NAME_AND_LOGO)


def test_what_is_looked_up_is_what_is_asked_for() -> None:
    assert {EVENTS.slug, *Resource} == {permission.slug for permission in NEEDED}
