"""The families of events that Stripe really sends for one fact, in the shapes of the account's API version.

Each function plays one fact on an account: it stores the objects for GET, emits the events, and answers what later
facts build on (the payment that a refund is of). ``at`` is when it happened, in seconds since 1970; default: now.
What Stripe sends a few seconds afterwards becomes visible that much later. All events of a fact may share a second,
in which case their order in a list means nothing: so it is at Stripe.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cashnotifyd.simulator import objects
from cashnotifyd.simulator.account import Json, SimulatedAccount
from cashnotifyd.simulator.people import GOODS, PEOPLE, PRO, Person, Plan

CAPTURE_DELAY = 2
"""Seconds after which a charge learns its balance transaction, where capture is asynchronous."""

REFUND_REFERENCE_DELAY = 3
"""Seconds after which a refund learns its reference number. (Days at Stripe.)"""

RETRY_DELAY = 3 * 86_400
"""Seconds until Stripe tries a failed invoice payment again."""

DISPUTE_FEE = {"usd": 1500, "eur": 1500, "gbp": 1500, "jpy": 1500}
"""What a dispute costs, in the minor unit; nothing in other currencies."""


@dataclass(slots=True)
class Payment:
    """A payment, paid or failed. Refunds and disputes bring ``charge`` up to date."""

    person: Person
    charge: Json
    intent: Json | None = None
    session: Json | None = None
    invoice: Json | None = None


@dataclass(slots=True)
class Subscription:
    """A subscription and what it is to; renewals and its end bring ``subscription`` up to date."""

    person: Person
    plan: Plan
    customer: Json
    product: Json
    subscription: Json
    invoices: int = 0
    open_invoice: Json | None = None
    """The invoice whose payment failed, until it is paid."""
    open_intent: Json | None = None


def customer_created(shop: SimulatedAccount, person: Person | None = None, *, at: float | None = None) -> Json:
    """Somebody becomes a customer: ``customer.created``."""
    when = _when(shop, at)
    customer = shop.store(objects.customer(shop, person or _somebody(shop), when))
    shop.emit("customer.created", customer, created=when)
    return customer


def checkout_sale(
    shop: SimulatedAccount,
    *,
    amount: int | None = None,
    currency: str | None = None,
    person: Person | None = None,
    what: str | None = None,
    at: float | None = None,
) -> Payment:
    """A guest buys once through Checkout: four events, and a ``charge.updated`` where capture is asynchronous."""
    when, buyer, currency = _when(shop, at), person or _somebody(shop), currency or shop.currency
    amount, what = amount or _some_amount(shop, currency), what or shop.random.choice(GOODS)
    intent_id = shop.new_id("pi_3")
    intent = objects.payment_intent(
        shop, buyer, intent_id=intent_id, amount=amount, currency=currency, at=when, description=what
    )
    shop.emit("payment_intent.created", intent, created=when)
    charge = objects.charge(
        shop, buyer, amount=amount, currency=currency, at=when, intent_id=intent_id, description=what
    )
    charge = _capture(shop, charge, when)
    intent = objects.with_charge(shop, intent, charge)
    shop.emit("payment_intent.succeeded", intent, created=when)
    session = objects.checkout_session(
        shop, buyer, mode="payment", amount=amount, currency=currency, at=when, intent_id=intent_id
    )
    shop.emit("checkout.session.completed", session, created=when)
    return Payment(buyer, charge, intent, session)


def charge_sale(
    shop: SimulatedAccount,
    *,
    amount: int | None = None,
    currency: str | None = None,
    person: Person | None = None,
    what: str | None = None,
    at: float | None = None,
) -> Payment:
    """A sale through the old Charges API: ``charge.succeeded`` and nothing around it."""
    when, buyer, currency = _when(shop, at), person or _somebody(shop), currency or shop.currency
    amount, what = amount or _some_amount(shop, currency), what or shop.random.choice(GOODS)
    charge = objects.charge(shop, buyer, amount=amount, currency=currency, at=when, description=what)
    return Payment(buyer, _capture(shop, charge, when))


def failed_payment(  # noqa: PLR0913 (what a failed payment is)
    shop: SimulatedAccount,
    *,
    amount: int | None = None,
    currency: str | None = None,
    person: Person | None = None,
    what: str | None = None,
    decline: str = "generic_decline",
    at: float | None = None,
) -> Payment:
    """A card is declined: ``charge.failed`` and ``payment_intent.payment_failed``."""
    when, buyer, currency = _when(shop, at), person or _somebody(shop), currency or shop.currency
    amount, what = amount or _some_amount(shop, currency), what or shop.random.choice(GOODS)
    intent_id = shop.new_id("pi_3")
    intent = objects.payment_intent(
        shop, buyer, intent_id=intent_id, amount=amount, currency=currency, at=when, description=what
    )
    shop.emit("payment_intent.created", intent, created=when)
    charge = objects.charge(
        shop, buyer, amount=amount, currency=currency, at=when, intent_id=intent_id, description=what, decline=decline
    )
    shop.emit("charge.failed", charge, created=when)
    intent = objects.with_charge(shop, intent, charge, decline)
    shop.emit("payment_intent.payment_failed", intent, created=when)
    return Payment(buyer, charge, intent)


def subscription_start(
    shop: SimulatedAccount, plan: Plan = PRO, *, person: Person | None = None, at: float | None = None
) -> tuple[Subscription, Payment]:
    """Somebody subscribes through Checkout and pays the first period."""
    when, buyer = _when(shop, at), person or _somebody(shop)
    customer = customer_created(shop, buyer, at=when)
    product = shop.store(objects.product(shop, plan.name, shop.created))
    priced = objects.price(shop, plan, product["id"], shop.created)
    subscription_id = shop.new_id("sub_1")
    incomplete = objects.subscription(
        shop,
        subscription_id=subscription_id,
        customer_id=customer["id"],
        priced=priced,
        at=when,
        seconds=objects.period_seconds(plan),
        status="incomplete",
    )
    started = Subscription(buyer, plan, customer, product, incomplete)
    draft, opened, intent = _billed(shop, started, "subscription_create", start=when, at=when)
    incomplete["latest_invoice"] = draft["id"]
    shop.emit("customer.subscription.created", incomplete, created=when)
    payment = _settle(shop, started, opened, intent, when)
    active = incomplete | {"status": "active", "default_payment_method": payment.charge["payment_method"]}
    started.subscription = shop.store(active)
    previous = {"default_payment_method": None, "status": "incomplete"}
    shop.emit("customer.subscription.updated", active, created=when, previous=previous)
    payment.session = objects.checkout_session(
        shop,
        buyer,
        mode="subscription",
        amount=plan.amount,
        currency=plan.currency,
        at=when,
        customer_id=customer["id"],
        invoice_id=draft["id"],
        subscription_id=subscription_id,
    )
    shop.emit("checkout.session.completed", payment.session, created=when)
    return started, payment


def renewal(shop: SimulatedAccount, subscribed: Subscription, *, at: float | None = None) -> Payment:
    """The next period begins and is paid."""
    when = _when(shop, at)
    opened, intent = _next_period(shop, subscribed, when)
    return _settle(shop, subscribed, opened, intent, when)


def renewal_failed(
    shop: SimulatedAccount,
    subscribed: Subscription,
    *,
    decline: str = "insufficient_funds",
    next_in: int | None = RETRY_DELAY,
    at: float | None = None,
) -> Payment:
    """The next period begins, or its payment is tried again, and the card is declined.

    Calling it again on the same subscription is the next attempt. ``next_in`` are the seconds until another one; after
    None there is none.
    """
    when = _when(shop, at)
    if subscribed.open_invoice is None or subscribed.open_intent is None:
        opened, intent = _next_period(shop, subscribed, when)
        past_due = subscribed.subscription | {"status": "past_due"}
        shop.emit("customer.subscription.updated", past_due, created=when, previous={"status": "active"})
        subscribed.subscription = shop.store(past_due)
    else:
        opened, intent = subscribed.open_invoice, subscribed.open_intent
    charge = _invoice_charge(shop, subscribed, opened, intent, when, decline)
    shop.emit("charge.failed", charge, created=when)
    intent = objects.with_charge(shop, intent, charge, decline)
    shop.emit("payment_intent.payment_failed", intent, created=when)
    unpaid = objects.unpaid(shop, opened, charge, None if next_in is None else when + next_in)
    previous = {name: opened[name] for name in ("attempt_count", "attempted", "next_payment_attempt")}
    shop.emit("invoice.updated", unpaid, created=when, previous=previous)
    shop.emit("invoice.payment_failed", unpaid, created=when)
    subscribed.open_invoice, subscribed.open_intent = shop.store(unpaid), intent
    return Payment(subscribed.person, charge, intent, invoice=unpaid)


def renewal_recovered(shop: SimulatedAccount, subscribed: Subscription, *, at: float | None = None) -> Payment:
    """A later attempt after :func:`renewal_failed` succeeds.

    Raises:
        ValueError: no payment of this subscription has failed.
    """
    if subscribed.open_invoice is None or subscribed.open_intent is None:
        raise ValueError("no invoice of this subscription is open")
    when = _when(shop, at)
    payment = _settle(shop, subscribed, subscribed.open_invoice, subscribed.open_intent, when)
    active = subscribed.subscription | {"status": "active"}
    shop.emit("customer.subscription.updated", active, created=when, previous={"status": "past_due"})
    subscribed.subscription = shop.store(active)
    return payment


def cancellation(
    shop: SimulatedAccount,
    subscribed: Subscription,
    *,
    reason: Literal["cancellation_requested", "payment_failed"] = "cancellation_requested",
    feedback: str | None = None,
    at: float | None = None,
) -> Json:
    """The subscription ends at once: ``customer.subscription.deleted``."""
    when = _when(shop, at)
    ended = subscribed.subscription | {
        "canceled_at": when,
        "cancellation_details": {"comment": None, "feedback": feedback, "reason": reason},
        "ended_at": when,
        "status": "canceled",
    }
    subscribed.subscription = shop.store(ended)
    shop.emit("customer.subscription.deleted", ended, created=when)
    return ended


def refund(
    shop: SimulatedAccount,
    payment: Payment,
    *,
    amount: int | None = None,
    reason: str = "requested_by_customer",
    at: float | None = None,
) -> Json:
    """All that is left of a payment goes back, or ``amount`` of it."""
    when, charged = _when(shop, at), payment.charge
    refunded = objects.refund(
        shop, charged, amount=amount or charged["amount"] - charged["amount_refunded"], reason=reason, at=when
    )
    refunded["balance_transaction"] = _booked(
        shop, refunded["id"], "refund", -refunded["amount"], charged["currency"], 0, when
    )
    if objects.has_refund_events(shop):
        shop.emit("refund.created", refunded, created=when)
    payment.charge, previous = objects.with_refund(charged, refunded)
    shop.emit("charge.refunded", payment.charge, created=when, previous=previous)
    referenced = refunded | {
        "destination_details": {
            "card": {
                "reference": shop.new_id("", 12),
                "reference_status": "available",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        }
    }
    _emit_later(
        shop,
        "refund.updated" if objects.has_refund_events(shop) else "charge.refund.updated",
        referenced,
        when,
        REFUND_REFERENCE_DELAY,
        {"destination_details": refunded["destination_details"]},
    )
    return refunded


def dispute(
    shop: SimulatedAccount,
    payment: Payment,
    *,
    amount: int | None = None,
    reason: str = "fraudulent",
    at: float | None = None,
) -> Json:
    """The cardholder disputes a payment: ``charge.dispute.created`` and ``charge.dispute.funds_withdrawn``."""
    when, charged = _when(shop, at), payment.charge
    opened = objects.dispute(shop, charged, amount=amount or charged["amount"], reason=reason, at=when)
    shop.emit("charge.dispute.created", opened, created=when)
    fee = DISPUTE_FEE.get(charged["currency"], 0)
    booked = _booked(shop, opened["id"], "adjustment", -opened["amount"], charged["currency"], fee, when)
    withdrawn = opened | {"balance_transactions": [shop.find("balance_transaction", booked)]}
    shop.emit("charge.dispute.funds_withdrawn", withdrawn, created=when, previous={"balance_transactions": []})
    payment.charge = charged | {"disputed": True}
    return withdrawn


def dispute_closed(
    shop: SimulatedAccount, disputed: Json, *, outcome: Literal["won", "lost"], at: float | None = None
) -> Json:
    """The bank decides: ``charge.dispute.closed``, and the money comes back when the merchant has won."""
    when = _when(shop, at)
    closed = disputed | {
        "evidence_details": disputed["evidence_details"] | {"has_evidence": True, "submission_count": 1},
        "status": outcome,
    }
    if outcome == "won":
        booked = _booked(shop, closed["id"], "adjustment", closed["amount"], closed["currency"], 0, when)
        both = [*closed["balance_transactions"], shop.find("balance_transaction", booked)]
        previous = {"balance_transactions": closed["balance_transactions"]}
        closed |= {"balance_transactions": both}
        shop.emit("charge.dispute.funds_reinstated", closed, created=when, previous=previous)
    shop.emit("charge.dispute.closed", closed, created=when, previous={"status": "under_review"})
    return closed


def payout_created(
    shop: SimulatedAccount, *, amount: int | None = None, currency: str | None = None, at: float | None = None
) -> Json:
    """A part of the balance sets off for the bank: ``payout.created``."""
    when, currency = _when(shop, at), currency or shop.currency
    sent = objects.payout(shop, amount=amount or 10 * _some_amount(shop, currency), currency=currency, at=when)
    sent["balance_transaction"] = _booked(shop, sent["id"], "payout", -sent["amount"], currency, 0, when)
    shop.emit("payout.created", shop.store(sent), created=when)
    return sent


def payout_paid(shop: SimulatedAccount, sent: Json, *, at: float | None = None) -> Json:
    """It has arrived, a day or more after :func:`payout_created`: ``payout.paid``."""
    arrived = sent | {"reconciliation_status": "completed", "status": "paid"}
    shop.emit("payout.paid", shop.store(arrived), created=_when(shop, at))
    return arrived


def payout_failed(
    shop: SimulatedAccount,
    sent: Json,
    *,
    code: str = "account_closed",
    message: str = "The bank account has been closed.",
    at: float | None = None,
) -> Json:
    """The bank sends it back, up to five days after :func:`payout_created`: ``payout.failed``."""
    when = _when(shop, at)
    failed = sent | {
        "failure_balance_transaction": _booked(
            shop, sent["id"], "payout_failure", sent["amount"], sent["currency"], 0, when
        ),
        "failure_code": code,
        "failure_message": message,
        "status": "failed",
    }
    shop.emit("payout.failed", shop.store(failed), created=when)
    return failed


def _when(shop: SimulatedAccount, at: float | None) -> int:
    return int(shop.now() if at is None else at)


def _somebody(shop: SimulatedAccount) -> Person:
    return shop.random.choice(PEOPLE)


def _some_amount(shop: SimulatedAccount, currency: str) -> int:
    """Between 9 and 249 main units, ending in a 9 as prices do. Stripe wants a zero at the end of three decimals."""
    main = shop.random.randrange(9, 250, 10)
    return main * 100 if currency == "jpy" else main * 10 ** objects.decimals(currency)


def _booked(  # noqa: PLR0913, PLR0917 (what Stripe books)
    shop: SimulatedAccount, source: str, kind: str, amount: int, currency: str, fee: int, at: int
) -> str:
    booking = objects.balance_transaction(
        shop, source=source, kind=kind, amount=amount, currency=currency, fee=fee, at=at
    )
    return str(shop.store(booking)["id"])


def _capture(shop: SimulatedAccount, charge: Json, at: int) -> Json:
    """Emit ``charge.succeeded``, with its balance transaction or with a later ``charge.updated`` that brings it."""
    fee = objects.processing_fee(charge["amount"], charge["currency"])
    booked = charge | {
        "balance_transaction": _booked(shop, charge["id"], "charge", charge["amount"], charge["currency"], fee, at)
    }
    if not objects.has_late_balance(shop):
        shop.emit("charge.succeeded", booked, created=at)
        return booked
    shop.emit("charge.succeeded", charge, created=at)
    _emit_later(shop, "charge.updated", booked, at, CAPTURE_DELAY, {"balance_transaction": None})
    return booked


def _emit_later(shop: SimulatedAccount, kind: str, obj: Json, at: int, delay: int, previous: Json) -> None:
    """An event of ``at + delay``, seen no sooner than that."""
    visible_in = max(0.0, at + delay - shop.now())
    shop.emit(kind, obj, created=at + delay, visible_in=visible_in, previous=previous)


def _billed(
    shop: SimulatedAccount, subscribed: Subscription, billing_reason: str, *, start: int, at: int
) -> tuple[Json, Json, Json]:
    """Emit an invoice's making: the draft, the open invoice, its payment intent."""
    plan = subscribed.plan
    subscribed.invoices += 1
    draft = objects.invoice(
        shop,
        subscribed.person,
        subscribed.subscription,
        plan_name=plan.name,
        billing_reason=billing_reason,
        at=at,
        start=start,
        end=start + objects.period_seconds(plan),
    )
    shop.emit("invoice.created", draft, created=at)
    intent = objects.payment_intent(
        shop,
        subscribed.person,
        intent_id=shop.new_id("pi_3"),
        amount=plan.amount,
        currency=plan.currency,
        at=at,
        customer_id=subscribed.customer["id"],
        invoice_id=draft["id"],
        description=_reason_text(billing_reason),
    )
    number = f"{subscribed.customer['invoice_prefix']}-{subscribed.invoices:04}"
    opened = objects.finalized(shop, draft, number=number, intent_id=intent["id"], at=at)
    shop.emit("invoice.finalized", opened, created=at)
    shop.emit("payment_intent.created", intent, created=at)
    return draft, opened, intent


def _reason_text(billing_reason: str) -> str:
    """What Stripe writes on an invoice's payment."""
    return "Subscription creation" if billing_reason == "subscription_create" else "Subscription update"


def _next_period(shop: SimulatedAccount, subscribed: Subscription, at: int) -> tuple[Json, Json]:
    """Emit a new period: the subscription moves on, an invoice is made."""
    _, opened, intent = _billed(shop, subscribed, "subscription_cycle", start=at, at=at)
    end = at + objects.period_seconds(subscribed.plan)
    moved, previous = objects.with_period(subscribed.subscription, at, end)
    previous |= {"latest_invoice": subscribed.subscription["latest_invoice"]}
    moved |= {"latest_invoice": opened["id"]}
    shop.emit("customer.subscription.updated", moved, created=at, previous=previous)
    subscribed.subscription = shop.store(moved)
    return opened, intent


def _invoice_charge(
    shop: SimulatedAccount, subscribed: Subscription, opened: Json, intent: Json, at: int, decline: str | None = None
) -> Json:
    return objects.charge(
        shop,
        subscribed.person,
        amount=opened["amount_due"],
        currency=opened["currency"],
        at=at,
        customer_id=subscribed.customer["id"],
        intent_id=intent["id"],
        invoice_id=opened["id"],
        description=_reason_text(opened["billing_reason"]),
        decline=decline,
    )


def _settle(shop: SimulatedAccount, subscribed: Subscription, opened: Json, intent: Json, at: int) -> Payment:
    """Emit the payment of an open invoice."""
    charge = _capture(shop, _invoice_charge(shop, subscribed, opened, intent, at), at)
    intent = objects.with_charge(shop, intent, charge) | {"last_payment_error": None}
    shop.emit("payment_intent.succeeded", intent, created=at)
    settled = shop.store(objects.paid(shop, opened, charge, at))
    if objects.is_basil(shop):
        joined = shop.store(objects.invoice_payment(shop, settled, intent["id"], at))
        if objects.has_invoice_payment_events(shop):
            shop.emit("invoice_payment.paid", joined, created=at)
    shop.emit("invoice.updated", settled, created=at, previous={"status": "open"})
    shop.emit("invoice.paid", settled, created=at)
    shop.emit("invoice.payment_succeeded", settled, created=at)
    subscribed.open_invoice = subscribed.open_intent = None
    return Payment(subscribed.person, charge, intent, invoice=settled)
