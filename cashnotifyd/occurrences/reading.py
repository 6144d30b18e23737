"""What one event says: a reading. Several readings of one real-world fact become one occurrence.

Every field of :class:`Details` may be missing: an event in an old API version, or seen with few permissions, makes a
poorer message, never none. Strings in here are as Stripe sent them; :mod:`cashnotifyd.wording` cleans them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from enum import StrEnum
from operator import attrgetter
from typing import Any, Final, Self

from cashnotifyd.money import Money
from cashnotifyd.vocabulary import Kind


class Variant(StrEnum):
    """Which of the several things that one kind stands for: its own headline, sentence and urgency.

    A plain sale, a declined payment, a payout on its way have none.
    """

    # Sales and renewals.
    FIRST_PAYMENT = "first_payment"
    CHANGE_PAYMENT = "change_payment"
    RECOVERED = "recovered"
    OUTSIDE_STRIPE = "outside_stripe"
    # Payments that did not come in.
    CONFIRMATION_NEEDED = "confirmation_needed"
    OVERDUE = "overdue"
    PAST_DUE = "past_due"
    UNCOLLECTIBLE = "uncollectible"
    NOT_FINALIZED = "not_finalized"
    # Refunds.
    REFUND_FAILED = "refund_failed"
    REFUND_CANCELED = "refund_canceled"
    # Disputes, and what comes before them.
    INQUIRY = "inquiry"
    ESCALATED = "escalated"
    WON = "won"
    LOST = "lost"
    INQUIRY_CLOSED = "inquiry_closed"
    PREVENTED = "prevented"
    REVIEW = "review"
    # Payouts.
    PAYOUT_CANCELED = "payout_canceled"
    # Subscriptions.
    TRIAL = "trial"
    TRIAL_CONVERTED = "trial_converted"
    TRIAL_MOVED = "trial_moved"
    UPGRADED = "upgraded"
    DOWNGRADED = "downgraded"
    PLAN_CHANGED = "plan_changed"
    CHANGE_EXPIRED = "change_expired"
    CANCELLATION_SCHEDULED = "cancellation_scheduled"
    CANCELLATION_WITHDRAWN = "cancellation_withdrawn"
    PAUSED = "paused"
    RESUMED = "resumed"
    COLLECTION_PAUSED = "collection_paused"
    COLLECTION_RESUMED = "collection_resumed"
    UNPAID = "unpaid"
    # The merchant's own account.
    PAYMENTS_OFF = "payments_off"
    PAYMENTS_ON = "payments_on"
    PAYOUTS_OFF = "payouts_off"
    PAYOUTS_ON = "payouts_on"
    RESTRICTED = "restricted"
    INFORMATION_OVERDUE = "information_overdue"
    INFORMATION_SOONER = "information_sooner"
    INFORMATION_REJECTED = "information_rejected"
    INFORMATION_NEEDED = "information_needed"
    INFORMATION_COMPLETE = "information_complete"
    CAPABILITY_ON = "capability_on"
    CAPABILITY_OFF = "capability_off"
    BANK_ADDED = "bank_added"
    BANK_CHANGED = "bank_changed"
    BANK_REMOVED = "bank_removed"
    APPLICATION_ADDED = "application_added"
    APPLICATION_REMOVED = "application_removed"
    TOP_UP_FAILED = "top_up_failed"


UNSPECIFIC: Final = frozenset(
    {
        "card_declined",
        "generic_could_not_process",
        "generic_decline",
        "partner_generic_decline",
        "payment_intent_payment_attempt_failed",
        "payment_method_provider_decline",
        "processing_error",
    }
)
"""Codes that say hardly more than that a payment failed: one of Stripe's events may give such a code for what another
knows the cause of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """The particulars of an occurrence. Times are seconds since 1970 UTC."""

    variant: Variant | None = None
    money: Money | None = None
    whole: Money | None = None
    """What ``money`` is a part of: the payment behind a partial refund or dispute."""
    so_far: Money | None = None
    """What has been refunded of ``whole`` with this refund and those before it."""
    customer_name: str | None = None
    other_names: tuple[str, ...] | None = None
    """What else the customer is called: on the card, on the parcel. No message says it, and a discreet one strikes it
    out of what others wrote."""
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
    paid_at: int | None = None
    """When the payment was made that a refund or a dispute goes back to."""
    arrives: int | None = None
    automatic: bool | None = None
    """Whether Stripe started a payout by its schedule; else the merchant did."""
    bank: str | None = None
    bank_last4: str | None = None
    interval: str | None = None
    """``day``, ``week``, ``month`` or ``year``; ``interval_count`` of them."""
    interval_count: int | None = None
    monthly: Money | None = None
    """What a subscription comes to a month, where it is not paid by the month."""
    before: Details | None = None
    """Price, period and plan that a change of a subscription replaced, or the day for information that was moved."""
    effective: int | None = None
    """When a subscription that is to end ends, or one that pauses goes on."""
    trial_end: int | None = None
    canceled_by_request: bool | None = None
    missing: int | None = None
    """How many pieces of information about the merchant Stripe lacks; where some are overdue, these."""
    business: str | None = None
    """The name of the account that it happened on, where that is a connected one."""
    available: tuple[Money, ...] | None = None
    """A balance, an amount a currency."""
    status: str | None = None
    number: str | None = None
    """An invoice's number as the customer sees it."""
    fee: Money | None = None
    """What Stripe took, in the currency that the account is settled in, as is ``net``."""
    net: Money | None = None
    """What the balance gained or lost."""
    settled: Money | None = None
    """``money`` in the currency that the account is settled in, where that is another, by ``exchange_rate``."""
    exchange_rate: float | None = None
    balance_transaction_id: str | None = None
    """This id and those below name what can be looked up, at Stripe or in the record."""
    charge_id: str | None = None
    customer_id: str | None = None
    invoice_id: str | None = None
    payment_intent_id: str | None = None
    payout_id: str | None = None
    product_ids: tuple[str, ...] | None = None
    """The dearest first, where a product's name says better what was bought than ``what`` does."""
    things: int | None = None
    """How many are billed, where ``product_ids`` are known: Stripe lists ten lines, and not each has a product."""
    subscription_id: str | None = None
    object_id: str | None = None
    """The object that the dashboard link leads to."""
    object_type: str | None = None
    """Its type in Stripe's words: ``payment_intent``, ``charge``, ``invoice``, …"""

    def known(self) -> dict[str, Any]:
        """What is known, by its name."""
        return {name: value for name, value in zip(_PARTICULARS, _values(self), strict=True) if value is not None}

    def filled_from(self, *others: Details) -> Details:
        """These details, with what is missing taken from the first of ``others`` that knows it.

        A name that gives way is one of the other names. A reason that says nothing gives way to one that does.
        """
        filled: dict[str, Any] = {}
        for one in (*reversed(others), self):
            filled.update(one.known())
        if filled.get("reason") in UNSPECIFIC:
            cause = next((one for one in others if one.reason is not None and one.reason not in UNSPECIFIC), Details())
            filled.update({name: value for name, value in cause.known().items() if name in ("reason", "explanation")})
        names: list[str | None] = [*(self.other_names or ())]
        for one in others:
            names += [one.customer_name, *(one.other_names or ())]
        if names:
            named = filled.get("customer_name")
            besides = dict.fromkeys(name for name in names if name is not None and name != named)
            filled["other_names"] = tuple(besides) or None
        return Details(**filled)


_PARTICULARS = tuple(field.name for field in fields(Details))
_values: Callable[[Details], tuple[object, ...]] = attrgetter(*_PARTICULARS)
"""All of them in one step: every event's details are gone through several times."""


class Part(StrEnum):
    """A part of a payment's story that an event of its own tells."""

    PAYMENT = "payment"
    """Who paid, or tried to, and by which means."""
    BILL = "bill"
    """What the payment is for."""
    REFUND = "refund"
    """Why it was paid back."""
    FEE = "fee"
    """Under which booking its fee can be looked up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one event says about one fact.

    ``family`` separates facts of different sorts that concern the same objects (a payment, its refund, its dispute).
    ``names`` are ids that belong to this one fact alone (the charge of a payment, the ``re_…`` of a refund);
    ``hints`` are ids that other facts may share (the payment intent of a failed attempt, which is tried again; the
    invoice of a partial payment). :mod:`cashnotifyd.occurrences.facts` joins readings by them.
    ``richness`` says which of several readings tells the story best: the highest gives kind and details, the others
    fill in what it lacks. ``brings`` are the parts of the story that this one tells, ``expects`` are parts that others
    may be about to tell: a fact is held back for a moment while one is missing. A reading that does not ``tell`` adds
    to a fact, and makes no message where it is all that is known of it. ``voids``: why the whole fact makes none,
    whoever else tells of it. ``unless``: families and hints; where another fact has one of them, this one is a part of
    what that tells, and makes no message either.
    """

    family: str
    kind: Kind
    names: frozenset[str]
    hints: frozenset[str] = frozenset()
    richness: int = 0
    brings: frozenset[Part] = frozenset()
    expects: frozenset[Part] = frozenset()
    tells: bool = True
    voids: Silence | None = None
    unless: frozenset[tuple[str, str]] = frozenset()
    details: Details = field(default_factory=Details)


class Silence(StrEnum):
    """Why an event that is understood makes no message: the name that ``explain`` prints, and what it means."""

    meaning: str

    def __new__(cls, name: str, meaning: str) -> Self:
        """A name with its meaning."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.meaning = meaning
        return member

    NOTHING_NEW = "nothing_new", "Adds to what was told, or to what happened before the account was watched"
    NOTHING_PAID = "nothing_paid", "No money moved: an invoice of zero, a free trial, a setup without a payment"
    AUTHORIZED_NOT_CAPTURED = "authorized_not_captured", "Money is reserved on a card; its capture is told"
    PAYMENT_PENDING = "payment_pending", "The bank has not decided yet; the outcome is told"
    AUTHORIZATION_RELEASED = "authorization_released", "Reserved money was let go; it had not moved"
    REFUND_CANCELED = "refund_canceled", "A refund was called off before it was told"
    REFUND_PROGRESS = "refund_progress", "A refund that was told makes its way"
    DISPUTE_UPDATED = "dispute_updated", "As a rule it is your own evidence"
    DISPUTE_FUNDS_WITHDRAWN = "dispute_funds_withdrawn", "Belongs to a dispute that is told when it opens"
    DISPUTE_FUNDS_REINSTATED = "dispute_funds_reinstated", "Belongs to a dispute whose end is told"
    FRAUD_WARNING_UPDATED = "fraud_warning_updated", "As a rule it follows your own refund"
    CUSTOMER_PRESENT = "customer_present", "The customer is confirming a first payment at this moment"
    PAYOUT_NOT_SENT = "payout_not_sent", "The payout's failure or cancellation is told"
    AWAITING_FIRST_PAYMENT = "awaiting_first_payment", "The subscription is told when its first payment comes"
    NEVER_STARTED = "never_started", "The first payment never came, so nothing ends"
    FAILED_PAYMENT_TELLS = "failed_payment_tells", "The failed payment behind it is told"
    PAYMENT_TELLS = "payment_tells", "The payment behind it is told"
    TRIAL_OVER = "trial_over", "The trial was ended early; what the subscription became is told"
    END_TELLS = "end_tells", "The end of the subscription is told"
    ACCOUNT_HOUSEKEEPING = "account_housekeeping", "Nothing new in what the account may do or must provide"
    BANK_HOUSEKEEPING = "bank_housekeeping", "Nothing changed in where payouts go"


@dataclass(frozen=True, slots=True)
class Untold:
    """The event is understood and makes no message; ``reason`` is a short name that ``explain`` prints."""

    reason: Silence


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One real-world fact, read from one or more events; ``created`` is that of the earliest."""

    kind: Kind
    created: int
    types: frozenset[str]
    """The Stripe types of the events it was read from: channels may filter on them."""
    details: Details
    lacks: frozenset[Part] = frozenset()
    """Parts of the story that were expected and that no event told."""
