"""Stripe's codes in plain words."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from cashnotifyd.wording import reasons
from cashnotifyd.wording.payment_methods import brand_name, method_name

# Stripe's documentation, "Decline codes", the table of card declines.
CARD_DECLINES = """
    approve_with_id authentication_not_handled authentication_required call_issuer card_not_supported
    card_velocity_exceeded currency_not_supported do_not_honor do_not_try_again duplicate_transaction expired_card
    fraudulent generic_decline incorrect_address incorrect_cvc incorrect_number incorrect_pin incorrect_zip
    insufficient_funds invalid_account invalid_amount invalid_cvc invalid_expiry_month invalid_expiry_year
    invalid_number invalid_pin issuer_not_available lost_card merchant_blacklist
    mobile_device_authentication_required new_account_information_available no_action_taken not_permitted
    offline_pin_required online_or_offline_pin_required pickup_card pin_try_exceeded processing_error
    reenter_transaction restricted_card revocation_of_all_authorizations revocation_of_authorization
    security_violation service_not_allowed stolen_card stop_payment_order testmode_decline transaction_not_allowed
    try_again_later withdrawal_count_limit_exceeded
""".split()  # noqa: SIM905 (fifty codes read better as words)


@pytest.mark.parametrize("code", CARD_DECLINES)
def test_every_documented_decline_has_words(code: str) -> None:
    assert code in reasons.DECLINES


@pytest.mark.parametrize(
    "table",
    [
        reasons.DECLINES,
        reasons.DISPUTES,
        reasons.FRAUD_WARNINGS,
        reasons.REFUNDS,
        reasons.PAYOUTS,
        reasons.CANCELLATIONS,
    ],
)
def test_the_words_are_words(table: Mapping[str, str]) -> None:
    for code, words in table.items():
        assert words[0].isupper(), code
        assert not words.endswith("."), code
        assert not set("_{}") & set(words), code
        assert len(words) <= 70, code


@pytest.mark.parametrize(
    ("brand", "name"),
    [("visa", "Visa"), ("American Express", "American Express"), ("Unknown", None), ("newpay", "newpay")],
)
def test_card_brands(brand: str, name: str | None) -> None:
    assert brand_name(brand) == name


@pytest.mark.parametrize(
    ("method", "name"), [("sepa_debit", "SEPA Direct Debit"), ("moon_pay_later", "Moon pay later")]
)
def test_payment_methods(method: str, name: str) -> None:
    assert method_name(method) == name
