"""What one event says: a reading. Several readings of one real-world fact become one occurrence.

Every field of :class:`Details` may be missing: an event in an old API version, or seen with few permissions, makes a
poorer message, never none. Strings in here are as Stripe sent them; :mod:`cashnotifyd.wording` cleans them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum

from cashnotifyd.vocabulary import Kind


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the currency's minor unit as Stripe counts it, and the lower-case ISO code."""

    amount: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """The particulars of an occurrence. Times are seconds since 1970 UTC."""

    money: Money | None = None
    whole: Money | None = None
    """What ``money`` is a part of: the payment behind a partial refund or dispute."""
    customer_name: str | None = None
    customer_email: str | None = None
    customer_country: str | None = None
    """ISO 3166 alpha-2."""
    what: str | None = None
    """What was bought: a product, a plan, the merchant's description."""
    card_brand: str | None = None
    card_last4: str | None = None
    payment_method: str | None = None
    """Stripe's type of a payment method that is no card: ``sepa_debit``, ``klarna``, …"""
    reason: str | None = None
    """Stripe's code: a decline code, a dispute or refund reason, a payout's failure code."""
    explanation: str | None = None
    """Stripe's own sentence that goes with ``reason``."""
    attempt: int | None = None
    next_attempt: int | None = None
    due_by: int | None = None
    arrives: int | None = None
    bank: str | None = None
    bank_last4: str | None = None
    interval: str | None = None
    """``day``, ``week``, ``month`` or ``year``; ``interval_count`` of them."""
    interval_count: int | None = None
    trial_end: int | None = None
    canceled_by_request: bool | None = None
    status: str | None = None
    number: str | None = None
    """An invoice's number as the customer sees it."""
    object_id: str | None = None
    """The object that the dashboard link leads to."""
    object_type: str | None = None
    """Its type in Stripe's words: ``payment_intent``, ``charge``, ``invoice``, …"""

    def filled_from(self, other: Details) -> Details:
        """These details, with what is missing taken from ``other``."""
        mine = {f.name: getattr(self, f.name) for f in fields(self)}
        return Details(**{name: getattr(other, name) if value is None else value for name, value in mine.items()})


class Part(StrEnum):
    """A part of a payment's story that an event of its own tells."""

    PAYMENT = "payment"
    """Who paid, or tried to, and by which means."""
    BILL = "bill"
    """What the payment is for."""
    REFUND = "refund"
    """Why it was paid back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one event says about one fact.

    ``family`` separates facts of different sorts that concern the same objects (a payment, its refund, its dispute).
    ``names`` are ids that belong to this one fact alone (the charge of a payment, the ``re_…`` of a refund);
    ``hints`` are ids that other facts may share (the payment intent of a failed attempt, which is tried again; the
    invoice of a partial payment). :mod:`cashnotifyd.occurrences.facts` joins readings by them.
    ``richness`` says which of several readings tells the story best: the highest gives kind and details, the others
    fill in what it lacks. ``brings`` is the part of the story that this one tells, ``expects`` are parts that others
    may be about to tell: a fact is held back for a moment while one is missing.
    """

    family: str
    kind: Kind
    names: frozenset[str]
    hints: frozenset[str] = frozenset()
    richness: int = 0
    brings: Part | None = None
    expects: frozenset[Part] = frozenset()
    details: Details = field(default_factory=Details)


@dataclass(frozen=True, slots=True)
class Untold:
    """The event is understood and makes no message; ``reason`` is a short name that ``explain`` prints."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One real-world fact, read from one or more events; ``created`` is that of the earliest."""

    kind: Kind
    created: int
    types: frozenset[str]
    """The Stripe types of the events it was read from: channels may filter on them."""
    details: Details
