"""Stripe's codes in plain words, for the merchant who reads them on a phone.

The codes are those of Stripe's documentation: "Decline codes", "Dispute categories", the refund's and the payout's
failure reasons. Each sentence is a msgid.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_NO_REASON: Final = "The bank declined without giving a reason"
_ASK_BANK: Final = "The bank declined; the customer needs to ask it why"
_WRONG_CARD_NUMBER: Final = "The card number is wrong"
_WRONG_CVC: Final = "The card's security code is wrong"
_WRONG_PIN: Final = "The PIN is wrong"
_PIN_NEEDED: Final = "The card asks for a PIN"
_AUTHENTICATION: Final = "The customer needs to confirm the payment with their bank"
_LIMIT: Final = "The card's limit is exceeded"
_NOT_ALLOWED: Final = "The card does not allow this payment"
_REVOKED: Final = "The customer told their bank to stop these payments"
_TECHNICAL: Final = "A technical error; it may work on another try"
_LOST: Final = "The card is reported lost"
_STOLEN: Final = "The card is reported stolen"
_RISK: Final = "Stripe blocked the payment as too risky"
_NO_FUNDS: Final = "Insufficient funds"
_ACCOUNT_CLOSED: Final = "The bank account is closed"
_NO_ACCOUNT: Final = "The bank account could not be found"
_DEBIT_NOT_AUTHORIZED: Final = "The customer's bank says the debit was not authorized"
_EXPIRED: Final = "The card has expired"
_INFORMATION: Final = "Stripe lacks information about the business"
_REVIEW: Final = "Stripe is reviewing the account"

DECLINES: Final[Mapping[str, str]] = {
    "approve_with_id": _NO_REASON,
    "authentication_not_handled": _AUTHENTICATION,
    "authentication_required": _AUTHENTICATION,
    "call_issuer": _ASK_BANK,
    "card_not_supported": "The card does not support this kind of purchase",
    "card_velocity_exceeded": _LIMIT,
    "currency_not_supported": "The card does not support this currency",
    "do_not_honor": _NO_REASON,
    "do_not_try_again": _NO_REASON,
    "duplicate_transaction": "The same payment was made a moment ago",
    "expired_card": _EXPIRED,
    "fraudulent": "The bank suspects fraud",
    "generic_decline": _NO_REASON,
    "highest_risk_level": _RISK,
    "elevated_risk_level": _RISK,
    "rule": "One of your Radar rules blocked the payment",
    "incorrect_address": "The address does not match the card",
    "incorrect_cvc": _WRONG_CVC,
    "incorrect_number": _WRONG_CARD_NUMBER,
    "incorrect_pin": _WRONG_PIN,
    "incorrect_zip": "The postal code does not match the card",
    "insufficient_funds": _NO_FUNDS,
    "invalid_account": "The card or the account behind it is not valid",
    "invalid_amount": "The amount is not allowed or exceeds the card's limit",
    "invalid_cvc": _WRONG_CVC,
    "invalid_expiry_month": "The expiry month is wrong",
    "invalid_expiry_year": "The expiry year is wrong",
    "invalid_number": _WRONG_CARD_NUMBER,
    "invalid_pin": _WRONG_PIN,
    "issuer_not_available": "The customer's bank could not be reached",
    "live_mode_test_card": "A test card was used for a real payment",
    "lost_card": _LOST,
    "merchant_blacklist": "The card is on your block list",
    "mobile_device_authentication_required": _AUTHENTICATION,
    "new_account_information_available": "The card or the account behind it is not valid",
    "no_action_taken": _NO_REASON,
    "not_permitted": _NOT_ALLOWED,
    "offline_pin_required": _PIN_NEEDED,
    "online_or_offline_pin_required": _PIN_NEEDED,
    "pickup_card": "The card may not be used; it may be lost or stolen",
    "pin_try_exceeded": "Too many wrong PINs",
    "previously_declined_do_not_retry": "The bank declined before and does not want another try",
    "processing_error": _TECHNICAL,
    "reenter_transaction": _TECHNICAL,
    "requested_block_on_incorrect_cvc": _WRONG_CVC,
    "requested_block_on_incorrect_zip": "The postal code does not match the card",
    "restricted_card": "The card may not be used; it may be lost or stolen",
    "revocation_of_all_authorizations": _REVOKED,
    "revocation_of_authorization": _REVOKED,
    "security_violation": _NO_REASON,
    "service_not_allowed": _NOT_ALLOWED,
    "stolen_card": _STOLEN,
    "stop_payment_order": _REVOKED,
    "testmode_decline": "A test card that is always declined",
    "test_mode_live_card": "A real card was used in test mode",
    "transaction_not_allowed": _NOT_ALLOWED,
    "try_again_later": _NO_REASON,
    "withdrawal_count_limit_exceeded": _LIMIT,
    # Error codes that stand where there is no decline code.
    "card_declined": "The card was declined",
    "card_decline_rate_limit_exceeded": "The card was declined too often; it can be tried again in a day",
    "charge_exceeds_source_limit": "The amount exceeds the payment method's limit",
    "charge_exceeds_transaction_limit": "The amount exceeds the payment method's limit",
    "payment_intent_authentication_failure": "The customer did not confirm the payment with their bank",
    "payment_intent_mandate_invalid": "The customer's mandate is no longer valid",
    "payment_intent_payment_attempt_expired": "The customer did not complete the payment in time",
    "payment_intent_payment_attempt_failed": "The payment failed",
    "payment_method_customer_decline": "The customer declined the payment",
    "payment_method_provider_decline": "The payment provider declined",
    "payment_method_provider_timeout": "The payment provider did not answer in time",
    "payment_method_not_available": "The payment provider could not be reached",
    "payment_method_unactivated": "This payment method is not activated in your Stripe account",
    "setup_intent_authentication_failure": "The customer did not confirm the payment with their bank",
    # Bank debits.
    "account_closed": _ACCOUNT_CLOSED,
    "account_frozen": "The bank account is frozen",
    "bank_account_restricted": "The bank account does not allow debits",
    "bank_account_unusable": "The bank account cannot be used",
    "bank_ownership_changed": "The bank account moved to another bank",
    "branch_does_not_exist": _NO_ACCOUNT,
    "debit_authorization_not_match": "The mandate does not match the bank account",
    "debit_disputed": "The customer disputed the debit",
    "debit_not_authorized": _DEBIT_NOT_AUTHORIZED,
    "generic_could_not_process": "The bank could not process the debit",
    "incorrect_account_holder_name": "The account holder's name is wrong",
    "invalid_account_number": "The account number is wrong",
    "invalid_account_number_length": "The account number is wrong",
    "no_account": _NO_ACCOUNT,
    "recipient_deceased": "The account holder has died",
    "refer_to_customer": _ASK_BANK,
    # Wallets, vouchers and other local payment methods.
    "card_already_activated": "The card is activated already",
    "compliance_violation": "The payment provider declined for legal reasons",
    "expired_payment_information": "The customer's payment details have expired",
    "invalid_authorization": "The customer's authorization is not valid",
    "invalid_billing_agreement": "The customer's agreement with the payment provider is not valid",
    "invalid_business_account": "The payment provider does not accept your business account",
    "invalid_customer_account": "The customer's account at the payment provider has a problem",
    "invalid_payment_information": "The customer's payment details are not valid",
    "invalid_track_data": "The card could not be read",
    "lost_or_stolen_card": "The card is reported lost or stolen",
    "partner_action_not_supported": "The payment provider does not support this",
    "partner_duplicate_transaction": "The same payment was made a moment ago",
    "partner_expired_card": _EXPIRED,
    "partner_generic_decline": "The payment provider declined",
    "partner_high_risk_customer": "The payment provider suspects fraud",
    "partner_insufficient_funds": _NO_FUNDS,
    "partner_invalid_amount": "The payment provider does not accept this amount",
    "partner_invalid_currency": "The payment provider does not accept this currency",
    "partner_payment_not_found": "The payment provider does not know the payment",
    "partner_processing_error": _TECHNICAL,
    "payment_disputed": "The customer disputed the payment",
    "payment_limit_exceeded": "The amount exceeds the payment method's limit",
    "recurring_not_supported_by_bank": "The customer's bank does not support recurring payments",
}

LEAVES_IT_TO_THE_SENTENCE: Final = "payment_intent_payment_attempt_failed"
"""The code of what has no code of its own, a bank debit above all: Stripe's sentence beside it names the cause."""

DISPUTES: Final[Mapping[str, str]] = {
    "bank_cannot_process": "The customer's bank cannot process the payment",
    "check_returned": "The check was returned",
    "credit_not_processed": "The customer says a promised refund did not come",
    "customer_initiated": "The customer contests the payment",
    "debit_not_authorized": "The customer says they did not authorize the debit",
    "duplicate": "The customer says they were charged twice",
    "fraudulent": "The customer says they did not make this payment",
    "general": "The bank gave no particular reason",
    "incorrect_account_details": "The account details are wrong",
    "insufficient_funds": "The customer's account had insufficient funds",
    "noncompliant": "The bank says the payment breaks the card network's rules",
    "product_not_received": "The customer says the product did not arrive",
    "product_unacceptable": "The customer says the product was defective or not as described",
    "subscription_canceled": "The customer says the subscription was already cancelled",
    "unrecognized": "The customer does not recognize the payment",
}

FRAUD_WARNINGS: Final[Mapping[str, str]] = {
    "card_never_received": "The card never reached its holder",
    "fraudulent_card_application": "The card was applied for under a false name",
    "made_with_counterfeit_card": "The payment was made with a counterfeit card",
    "made_with_lost_card": "The payment was made with a lost card",
    "made_with_stolen_card": "The payment was made with a stolen card",
    "misc": "The card's bank reports the payment as fraudulent",
    "unauthorized_use_of_card": "The card was used without its holder's consent",
}

REFUNDS: Final[Mapping[str, str]] = {
    "duplicate": "Charged twice",
    "expired_uncaptured_charge": "The payment was not captured in time",
    "fraudulent": "The payment was fraudulent",
    "requested_by_customer": "Requested by the customer",
    # Why a refund failed.
    "charge_for_pending_refund_disputed": "The customer has since disputed the payment",
    "declined": "The bank declined the refund",
    "expired_or_canceled_card": "The card has expired or is cancelled",
    "insufficient_funds": "Your Stripe balance is too low",
    "lost_or_stolen_card": "The card is lost or stolen",
    "merchant_request": "Cancelled at your request",
    "unknown": "The bank gave no reason",
}

PAYOUTS: Final[Mapping[str, str]] = {
    "account_closed": _ACCOUNT_CLOSED,
    "account_frozen": "The bank account is frozen",
    "bank_account_restricted": "The bank account does not allow this kind of transfer",
    "bank_account_unusable": "The bank account cannot be used",
    "bank_ownership_changed": "The bank account moved to another bank",
    "could_not_process": "The bank could not process the payout",
    "debit_not_authorized": "The bank account does not allow debits",
    "declined": "The bank declined the payout",
    "expired_card": _EXPIRED,
    "incorrect_account_holder_address": "The account holder's address is wrong",
    "incorrect_account_holder_name": "The account holder's name is wrong",
    "incorrect_account_holder_tax_id": "The account holder's tax ID is wrong",
    "incorrect_account_type": "The type of the bank account is wrong",
    "instant_payouts_unsupported": "The card does not support instant payouts",
    "insufficient_funds": "Your Stripe balance is too low",
    "invalid_account_number": "The account number is wrong",
    "invalid_card": "The card is not valid",
    "invalid_currency": "The bank account does not accept this currency",
    "invalid_transaction": "The bank refuses this kind of payout",
    "lost_or_stolen_card": "The card is lost or stolen",
    "no_account": _NO_ACCOUNT,
    "refer_to_card_issuer": "The card's bank refused; ask it why",
    "unsupported_card": "The card does not support payouts",
}

CANCELLATIONS: Final[Mapping[str, str]] = {
    "customer_service": "The customer was unhappy with the service",
    "low_quality": "The customer was unhappy with the quality",
    "missing_features": "The customer missed a feature",
    "other": "The customer had another reason",
    "payment_disputed": "A payment was disputed",
    "payment_failed": "Payments failed",
    "switched_service": "The customer uses another service now",
    "too_complex": "The customer found it too complicated",
    "too_expensive": "The customer found it too expensive",
    "unused": "The customer did not use it enough",
}
"""What customers answer (``cancellation_details.feedback``), and what Stripe itself gives as the reason."""

REVIEWS: Final[Mapping[str, str]] = {
    "manual": "Someone on your team flagged it",
    "rule": "One of your Radar rules flagged it",
}

ACCOUNTS: Final[Mapping[str, str]] = {
    "action_required.requested_capabilities": "A capability must be requested first",
    "fields_needed": _INFORMATION,
    "listed": "Stripe is checking whether the account is on a list of prohibited accounts",
    "other": _REVIEW,
    "platform_paused": "The platform paused the account",
    "rejected.fraud": "Stripe rejected the account and suspects fraud",
    "rejected.incomplete_verification": "Stripe rejected the account because information was missing",
    "rejected.listed": "Stripe rejected the account; it is on a list of prohibited accounts",
    "rejected.other": "Stripe rejected the account",
    "rejected.platform_fraud": "The platform rejected the account and suspects fraud",
    "rejected.platform_other": "The platform rejected the account",
    "rejected.platform_terms_of_service": "The platform rejected the account for a breach of its terms",
    "rejected.terms_of_service": "Stripe rejected the account for a breach of its terms",
    "requirements.past_due": _INFORMATION,
    "requirements.pending_verification": "Stripe is checking what you sent",
    "under_review": _REVIEW,
}
"""Why an account may not do something (``requirements.disabled_reason``)."""
