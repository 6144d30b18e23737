"""Subscriptions that begin, change and end, and the customers who have them.

The families ``subscription_started``, ``subscription_changed``, ``subscription_canceled``, ``trial_ending`` and
``customer``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from cashnotifyd.occurrences.failures import subscription_past_due
from cashnotifyd.occurrences.other import anything
from cashnotifyd.occurrences.plans import a_month, plan, plan_before
from cashnotifyd.occurrences.reading import Details, Reading, Silence, Untold, Variant
from cashnotifyd.occurrences.shapes import (
    at,
    customer_particulars,
    entries,
    id_of,
    ids,
    mapping,
    moment,
    text,
)
from cashnotifyd.vocabulary import Event, Kind

STARTED: Final = "subscription_started"
CHANGED: Final = "subscription_changed"
CANCELED: Final = "subscription_canceled"
TRIAL_ENDING: Final = "trial_ending"
CUSTOMER: Final = "customer"

_MOVED_BY_A_RENEWAL: Final = frozenset({"current_period_start", "current_period_end", "items", "latest_invoice"})


def subscription_created(event: Event) -> Reading | Untold:
    """``customer.subscription.created``: one whose first payment is still awaited may never start."""
    if event.object.get("status") in ("incomplete", "incomplete_expired"):
        return Untold(Silence.AWAITING_FIRST_PAYMENT)
    return _reading(event, STARTED, Kind.SUBSCRIPTION_STARTED)


def subscription_updated(event: Event) -> Reading | Untold:
    """``customer.subscription.updated``: everything between beginning and end, told apart by what it was before.

    It comes with every renewal and failed payment too, which are told by their payment.
    """
    was, status = event.previous.get("status"), event.object.get("status")
    if was == "incomplete" and status in ("active", "trialing"):
        return _reading(event, STARTED, Kind.SUBSCRIPTION_STARTED)
    if was is not None and status in ("canceled", "incomplete_expired"):
        return Untold(Silence.END_TELLS if status == "canceled" else Silence.NEVER_STARTED)
    replaced = plan_before(event.object, event.previous)
    variant = _standing(event) or _cancellation(event) or _collection(event)
    variant = variant or (_plan_change(event.object, replaced) if replaced else _trial(event))
    if variant is not None:
        return _changed(event, variant, replaced)
    if was is not None and status == "past_due":
        return _past_due(event)
    if was in ("past_due", "unpaid") or (event.previous and event.previous.keys() <= _MOVED_BY_A_RENEWAL):
        return Untold(Silence.PAYMENT_TELLS)
    return anything(event)


def subscription_paused(event: Event) -> Reading:
    """``customer.subscription.paused``: a trial ended without a payment method."""
    return _changed(event, Variant.PAUSED)


def subscription_resumed(event: Event) -> Reading:
    """``customer.subscription.resumed``."""
    return _changed(event, Variant.RESUMED)


def change_expired(event: Event) -> Reading:
    """``customer.subscription.pending_update_expired``: a change that was to be paid first, and was not."""
    return _changed(event, Variant.CHANGE_EXPIRED)


def subscription_deleted(event: Event) -> Reading | Untold:
    """``customer.subscription.deleted``. ``cancellation_details`` came in 2023."""
    if event.object.get("status") == "incomplete_expired":
        return Untold(Silence.NEVER_STARTED)
    return _reading(event, CANCELED, Kind.SUBSCRIPTION_CANCELED)


def trial_will_end(event: Event) -> Reading | Untold:
    """``customer.subscription.trial_will_end``, three days before; a trial that is made longer ends again.

    It comes as well when a trial is ended early (``trial_end=now``): what that leads to has events of its own.
    """
    ends = moment(event.object.get("trial_end"))
    if event.object.get("status") == "active" or (ends is not None and ends <= event.created):
        return Untold(Silence.TRIAL_OVER)
    reading = _reading(event, TRIAL_ENDING, Kind.TRIAL_ENDING)
    subscription, trial_end = reading.details.object_id, reading.details.trial_end
    names = frozenset({f"{subscription}:{trial_end}"}) if subscription and trial_end else ids(event.id)
    return replace(reading, names=names)


def customer_created(event: Event) -> Reading:
    """``customer.created``."""
    customer = event.object
    return Reading(
        family=CUSTOMER,
        kind=Kind.CUSTOMER,
        names=ids(customer.get("id")) or ids(event.id),
        details=_customer(customer).filled_from(Details(object_id=id_of(customer), object_type="customer")),
    )


def _past_due(event: Event) -> Reading | Untold:
    """``collection_method`` was called ``billing`` until 2019."""
    if "send_invoice" in (event.object.get("collection_method"), event.object.get("billing")):
        return subscription_past_due(event, _reading(event, CHANGED, Kind.SUBSCRIPTION_CHANGED).details)
    return Untold(Silence.FAILED_PAYMENT_TELLS)


def _standing(event: Event) -> Variant | None:
    """What a change of status is news of, where no other event tells it."""
    was, status = event.previous.get("status"), event.object.get("status")
    if was is None:
        return None
    if status in ("unpaid", "paused"):
        return Variant.UNPAID if status == "unpaid" else Variant.PAUSED
    return Variant.RESUMED if was == "paused" else None


def _cancellation(event: Event) -> Variant | None:
    """An end that is decided on, moved or taken back: at the period's end, or at a time of its own (2018)."""
    subscription, previous = event.object, event.previous
    if not {"cancel_at_period_end", "cancel_at"} & previous.keys():
        return None
    if subscription.get("cancel_at_period_end") is True or moment(subscription.get("cancel_at")) is not None:
        return Variant.CANCELLATION_SCHEDULED
    if previous.get("cancel_at_period_end") is True or moment(previous.get("cancel_at")) is not None:
        return Variant.CANCELLATION_WITHDRAWN
    return None


def _collection(event: Event) -> Variant | None:
    """``pause_collection`` (2019): the subscription runs on and nothing is charged."""
    if "pause_collection" not in event.previous:
        return None
    before, now = mapping(event.previous["pause_collection"]), mapping(event.object.get("pause_collection"))
    if now and not before:
        return Variant.COLLECTION_PAUSED
    return Variant.COLLECTION_RESUMED if before and not now else None


def _plan_change(subscription: Mapping[str, Any], replaced: Details) -> Variant:
    """Up or down by what it comes to a month; amounts of different currencies are neither."""
    before, now = a_month(replaced), a_month(plan(subscription))
    if before is None or now is None or before.currency != now.currency or before.amount == now.amount:
        return Variant.PLAN_CHANGED
    return Variant.UPGRADED if now.amount > before.amount else Variant.DOWNGRADED


def _trial(event: Event) -> Variant | None:
    was, status = event.previous.get("status"), event.object.get("status")
    if was == "trialing" and status == "active":
        return Variant.TRIAL_CONVERTED
    moved = "trial_end" in event.previous and moment(event.object.get("trial_end")) is not None
    if not moved or status != "trialing":
        return None
    return Variant.TRIAL if moment(event.previous["trial_end"]) is None else Variant.TRIAL_MOVED


def _changed(event: Event, variant: Variant, replaced: Details | None = None) -> Reading:
    """Each change is a fact of its own; two events of one change share a hint."""
    reading = _reading(event, CHANGED, Kind.SUBSCRIPTION_CHANGED)
    details = Details(variant=variant, before=replaced, effective=_effective(event.object, variant))
    return replace(
        reading,
        names=ids(event.id),
        hints=frozenset(f"{name}:{variant}" for name in ids(event.object.get("id"))),
        details=details.filled_from(reading.details),
    )


def _effective(subscription: Mapping[str, Any], variant: Variant) -> int | None:
    """When an end or a return comes. Periods stand with the items since basil."""
    if variant is Variant.COLLECTION_PAUSED:
        return moment(at(subscription, "pause_collection", "resumes_at"))
    if variant is not Variant.CANCELLATION_SCHEDULED:
        return None
    ends = [moment(item.get("current_period_end")) for item in entries(subscription.get("items"))]
    return (
        moment(subscription.get("cancel_at"))
        or moment(subscription.get("current_period_end"))
        or max((end for end in ends if end is not None), default=None)
    )


def _reading(event: Event, family: str, kind: Kind) -> Reading:
    subscription = event.object
    cancellation = mapping(subscription.get("cancellation_details"))
    on_trial = kind is Kind.SUBSCRIPTION_STARTED and subscription.get("status") == "trialing"
    details = Details(
        variant=Variant.TRIAL if on_trial else None,
        status=text(subscription.get("status")),
        trial_end=moment(subscription.get("trial_end")),
        canceled_by_request=_by_request(subscription),
        reason=text(cancellation.get("feedback")) or text(cancellation.get("reason")),
        explanation=text(cancellation.get("comment")),
        object_id=id_of(subscription),
        object_type="subscription",
    )
    return Reading(
        family=family,
        kind=kind,
        names=ids(subscription.get("id")) or ids(event.id),
        details=details.filled_from(plan(subscription)).filled_from(_customer(mapping(subscription.get("customer")))),
    )


def _customer(customer: Mapping[str, Any]) -> Details:
    particulars = customer_particulars(customer)
    return Details(
        customer_name=text(particulars.get("name")),
        customer_email=text(particulars.get("email")),
        customer_country=text(at(particulars, "address", "country")),
    )


def _by_request(subscription: Mapping[str, Any]) -> bool | None:
    """Whether somebody asked for the end; None where the version does not tell."""
    reason = at(subscription, "cancellation_details", "reason")
    if reason in ("payment_failed", "payment_disputed"):
        return False
    if reason == "cancellation_requested" or subscription.get("cancel_at_period_end") is True:
        return True
    return None
