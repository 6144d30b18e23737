"""Who buys at a simulated shop, and what it sells. All made up; the domains are reserved for examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Person:
    """A buyer with a card."""

    name: str
    email: str
    country: str
    city: str
    postal_code: str
    line1: str
    brand: str = "visa"
    last4: str = "4242"
    wallet: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a subscription costs; ``amount`` in the currency's minor unit."""

    name: str
    amount: int
    currency: str = "usd"
    interval: Literal["day", "week", "month", "year"] = "month"
    interval_count: int = 1


PEOPLE = (
    Person("Jenny Rosen", "jenny.rosen@example.com", "US", "San Francisco", "94103", "510 Townsend St"),
    Person("Zoë Lefèvre", "zoe@lefevre.example", "FR", "Lyon", "69002", "12 rue Mercière", "mastercard", "4444"),
    Person("Haruki Sato", "h.sato@example.net", "JP", "Osaka", "530-0001", "2-4-9 Umeda", "jcb", "0505"),
    Person(
        "Oluwaseun Adeyemi", "seun@example.org", "NG", "Lagos", "101241", "7 Marina Rd", "visa", "0008", "google_pay"
    ),
    Person("Marta Kowalska", "marta@kowalska.example", "PL", "Kraków", "31-042", "Rynek Główny 5", "visa", "1881"),
    Person(
        "Liam O'Brien",
        "liam.obrien@example.com",
        "IE",
        "Cork",
        "T12 X8N6",
        "3 Patrick St",
        "mastercard",
        "5454",
        "apple_pay",
    ),
    Person("Fatima Al-Sabah", "fatima@alsabah.example", "KW", "Kuwait City", "13001", "Gulf Rd 20", "visa", "0077"),
    Person("Diego Fernández", "diego.f@example.org", "MX", "Puebla", "72000", "Av. Reforma 118", "amex", "8431"),
)

GOODS = ("Walnut desk organiser", "Linen notebook, set of 3", "Ceramic pour-over", "Brass bookend", "Wool throw")
"""What a sale is of when nobody says."""

PRO = Plan("Pro plan", 2900)
"""What a subscription is to when nobody says."""

DECLINES = {
    "insufficient_funds": ("card_declined", "Your card has insufficient funds."),
    "generic_decline": ("card_declined", "Your card was declined."),
    "lost_card": ("card_declined", "Your card was declined."),
    "expired_card": ("expired_card", "Your card has expired."),
    "incorrect_cvc": ("incorrect_cvc", "Your card's security code is incorrect."),
}
"""Stripe's decline code: the error code and the sentence that go with it."""
