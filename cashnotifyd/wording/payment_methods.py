"""Stripe's card brands and payment methods by the names that people know. Proper names are not translated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CARD_BRANDS: Final[Mapping[str, str]] = {
    "amex": "American Express",
    "cartes_bancaires": "Cartes Bancaires",
    "diners": "Diners Club",
    "discover": "Discover",
    "eftpos_au": "eftpos",
    "girocard": "girocard",
    "interac": "Interac",
    "jcb": "JCB",
    "link": "Link",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
    "visa": "Visa",
}
"""By the lower-case code. Old versions send the name itself, which :func:`brand_name` leaves as it is."""

PAYMENT_METHODS: Final[Mapping[str, str]] = {
    "affirm": "Affirm",
    "afterpay_clearpay": "Afterpay / Clearpay",
    "alipay": "Alipay",
    "alma": "Alma",
    "amazon_pay": "Amazon Pay",
    "bancontact": "Bancontact",
    "billie": "Billie",
    "blik": "BLIK",
    "boleto": "Boleto",
    "cashapp": "Cash App Pay",
    "eps": "EPS",
    "fpx": "FPX",
    "giropay": "giropay",
    "grabpay": "GrabPay",
    "ideal": "iDEAL",
    "kakao_pay": "Kakao Pay",
    "klarna": "Klarna",
    "konbini": "Konbini",
    "link": "Link",
    "mb_way": "MB WAY",
    "mobilepay": "MobilePay",
    "multibanco": "Multibanco",
    "naver_pay": "Naver Pay",
    "oxxo": "OXXO",
    "p24": "Przelewy24",
    "pay_by_bank": "Pay by Bank",
    "paynow": "PayNow",
    "paypal": "PayPal",
    "payto": "PayTo",
    "pix": "Pix",
    "promptpay": "PromptPay",
    "revolut_pay": "Revolut Pay",
    "samsung_pay": "Samsung Pay",
    "satispay": "Satispay",
    "sofort": "Sofort",
    "swish": "Swish",
    "twint": "TWINT",
    "wechat": "WeChat Pay",
    "wechat_pay": "WeChat Pay",
    "zip": "Zip",
}

DESCRIBED_METHODS: Final[Mapping[str, str]] = {
    "ach_credit_transfer": "ACH transfer",
    "ach_debit": "ACH debit",
    "acss_debit": "Canadian pre-authorized debit",
    "au_becs_debit": "BECS Direct Debit",
    "bacs_debit": "Bacs Direct Debit",
    "bank_account": "Bank account",
    "crypto": "Crypto",
    "customer_balance": "Bank transfer",
    "kr_card": "Korean card",
    "nz_bank_account": "NZ bank account",
    "sepa_debit": "SEPA Direct Debit",
    "us_bank_account": "US bank account",
}
"""What is no proper name but a description."""

CAPABILITIES: Final[Mapping[str, str]] = {
    "bank_transfer_payments": "Bank transfer",
    "card_payments": "Card payments",
    "gb_bank_transfer_payments": "Bank transfer",
    "jp_bank_transfer_payments": "Bank transfer",
    "mx_bank_transfer_payments": "Bank transfer",
    "sepa_bank_transfer_payments": "Bank transfer",
    "transfers": "Transfers",
    "us_bank_account_ach_payments": "US bank account",
    "us_bank_transfer_payments": "Bank transfer",
}
"""What an account may do and is not named by its payment method alone."""


def brand_name(brand: str) -> str | None:
    """A card brand's name; None for Stripe's word that it does not know."""
    return None if brand.lower() == "unknown" else CARD_BRANDS.get(brand.lower(), brand)


def method_name(method: str) -> str:
    """A payment method's name; one that is newer than this list is its code in plain words."""
    return PAYMENT_METHODS.get(method) or DESCRIBED_METHODS.get(method) or method.replace("_", " ").capitalize()
