"""The merchant's own account, and on a platform those of its merchants: what they may do, and where money goes.

The family ``account``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from cashnotifyd.occurrences.reading import Details, Reading, Silence, Untold, Variant
from cashnotifyd.occurrences.shapes import at, id_of, ids, mapping, moment, money, text
from cashnotifyd.vocabulary import Event, Kind

FAMILY: Final = "account"

_ACCOUNT, _CAPABILITY = 20, 10
_NUMBERS: Final = frozenset({"last4", "routing_number"})


def account_updated(event: Event) -> Reading | Untold:
    """``account.updated``: news when the account may do more or less than before, or when Stripe lacks information.

    Payouts were called transfers until 2017; capabilities came in 2019 with ``requirements``.
    """
    account, previous = event.object, event.previous
    variant = (
        _switched(account, previous, "charges_enabled", Variant.PAYMENTS_ON, Variant.PAYMENTS_OFF)
        or _switched(account, previous, "payouts_enabled", Variant.PAYOUTS_ON, Variant.PAYOUTS_OFF)
        or _switched(account, previous, "transfers_enabled", Variant.PAYOUTS_ON, Variant.PAYOUTS_OFF)
        or _restricted(account, previous)
        or _information(account, previous)
    )
    turned = _capabilities(account, previous)
    if variant is None and not turned:
        return Untold(Silence.ACCOUNT_HOUSEKEEPING)
    capability = next(iter(turned)) if variant is None else None
    due_by = _deadline(account)
    details = Details(
        variant=variant or turned[capability or ""],
        status=_payouts_too(account, previous, variant),
        what=capability,
        business=_business_name(account) if event.connected else None,
        reason=text(at(account, "requirements", "disabled_reason"))
        or text(at(account, "verification", "disabled_reason")),
        missing=len(_listed(account, "past_due") or ()) or None,
        due_by=due_by,
        object_id=id_of(account),
        object_type="account",
    )
    match variant:
        case Variant.INFORMATION_REJECTED:
            details = _rejection(account, previous).filled_from(details)
        case Variant.INFORMATION_NEEDED:
            details = replace(details, missing=len(_listed(account, "currently_due") or ()))
        case Variant.INFORMATION_SOONER:
            details = replace(details, before=Details(due_by=_deadline(previous)))
    # A day that was told says all there is to say until another comes, whichever updates name it again.
    is_a_day = variant is Variant.INFORMATION_SOONER or (
        variant is Variant.INFORMATION_OVERDUE and not _has_more(account, previous, "past_due") and not turned
    )
    return Reading(
        family=FAMILY,
        kind=Kind.ACCOUNT,
        names=ids(f"{id_of(account)}:{due_by}" if is_a_day and id_of(account) else event.id),
        hints=frozenset(f"{id_of(account)}:{name}:{turn}" for name, turn in turned.items()),
        richness=_ACCOUNT,
        details=details,
    )


def capability_updated(event: Event) -> Reading | Untold:
    """``capability.updated``: its id is its name, such as ``card_payments``."""
    capability = event.object
    name = text(capability.get("id"))
    turn = _turn(event.previous.get("status"), capability.get("status"))
    if turn is None or name is None:
        return Untold(Silence.ACCOUNT_HOUSEKEEPING)
    account = id_of(capability.get("account"))
    return Reading(
        family=FAMILY,
        kind=Kind.ACCOUNT,
        names=ids(event.id),
        hints=frozenset({f"{account}:{name}:{turn}"}) if account else frozenset(),
        richness=_CAPABILITY,
        details=Details(variant=turn, what=name, object_id=account, object_type="account"),
    )


def bank_added(event: Event) -> Reading:
    """``account.external_account.created``."""
    return _bank(event, Variant.BANK_ADDED)


def bank_updated(event: Event) -> Reading | Untold:
    """``account.external_account.updated``: news when payouts go there from now on, or it is another than before.

    What used to get the payouts of a currency sends an event as well.
    """
    chosen = "default_for_currency" in event.previous and event.object.get("default_for_currency") is True
    if not chosen and not _NUMBERS & event.previous.keys():
        return Untold(Silence.BANK_HOUSEKEEPING)
    return _bank(event, Variant.BANK_CHANGED)


def bank_removed(event: Event) -> Reading:
    """``account.external_account.deleted``."""
    return _bank(event, Variant.BANK_REMOVED)


def application_authorized(event: Event) -> Reading:
    """``account.application.authorized``."""
    return _application(event, Variant.APPLICATION_ADDED)


def application_deauthorized(event: Event) -> Reading:
    """``account.application.deauthorized``."""
    return _application(event, Variant.APPLICATION_REMOVED)


def top_up_failed(event: Event) -> Reading:
    """``topup.failed``: the bank did not give the money that was to fill the balance."""
    top_up = event.object
    details = Details(
        variant=Variant.TOP_UP_FAILED,
        money=money(top_up.get("amount"), top_up.get("currency")),
        reason=text(top_up.get("failure_code")),
        explanation=text(top_up.get("failure_message")),
        object_id=id_of(top_up),
        object_type="topup",
    )
    return _reading(event, details)


def _switched(
    account: Mapping[str, Any], previous: Mapping[str, Any], name: str, on: Variant, off: Variant
) -> Variant | None:
    if name not in previous or not isinstance(now := account.get(name), bool) or previous[name] == now:
        return None
    return on if now else off


def _restricted(account: Mapping[str, Any], previous: Mapping[str, Any]) -> Variant | None:
    """A restriction that no information lifts: a review, a rejection, a pause by the platform."""
    was = mapping(previous.get("requirements"))
    reason = text(at(account, "requirements", "disabled_reason"))
    if "disabled_reason" not in was or reason is None or reason == was["disabled_reason"]:
        return None
    return None if reason.startswith(("requirements.", "action_required.")) else Variant.RESTRICTED


def _information(account: Mapping[str, Any], previous: Mapping[str, Any]) -> Variant | None:
    """What Stripe lacks and did not lack before: past its day, rejected, by a day, or without one.

    One more item beside those that are due is no news: the message before says by when, and Stripe's page says which.
    An update that does not say what changed is news only where there is a day.
    """
    was = mapping(previous.get("requirements"))
    if _has_more(account, previous, "past_due"):
        return Variant.INFORMATION_OVERDUE
    if _new_errors(account, previous):
        return Variant.INFORMATION_REJECTED
    due, deadline, before = _listed(account, "currently_due"), _deadline(account), _deadline(previous)
    newly_due = _listed(previous, "currently_due") == [] and bool(due)
    if deadline is not None:
        if before is not None and deadline < before:
            return Variant.INFORMATION_SOONER
        if newly_due or ("current_deadline" in was and before is None) or (due and not previous):
            return Variant.INFORMATION_OVERDUE
    elif newly_due:
        return Variant.INFORMATION_NEEDED
    return (
        Variant.INFORMATION_COMPLETE if _listed(previous, "past_due") and _listed(account, "past_due") == [] else None
    )


def _has_more(account: Mapping[str, Any], previous: Mapping[str, Any], name: str) -> bool:
    before, now = _listed(previous, name), _listed(account, name)
    return before is not None and now is not None and len(now) > len(before)


def _new_errors(account: Mapping[str, Any], previous: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What Stripe found wrong with what it was sent (2020), and had not found before."""
    before = _listed(previous, "errors")
    if before is None:
        return []
    return [error for error in _listed(account, "errors") or () if isinstance(error, dict) and error not in before]


def _rejection(account: Mapping[str, Any], previous: Mapping[str, Any]) -> Details:
    error = _new_errors(account, previous)[0]
    return Details(reason=text(error.get("code")), explanation=text(error.get("reason")))


def _listed(account: Mapping[str, Any], name: str) -> list[Any] | None:
    found = at(account, "requirements", name)
    return found if isinstance(found, list) else None


def _deadline(account: Mapping[str, Any]) -> int | None:
    return moment(at(account, "requirements", "current_deadline"))


def _capabilities(account: Mapping[str, Any], previous: Mapping[str, Any]) -> dict[str, Variant]:
    """The capabilities that came or went, those that went first."""
    now = mapping(account.get("capabilities"))
    turns = {name: _turn(was, now.get(name)) for name, was in mapping(previous.get("capabilities")).items()}
    found = {name: turn for name, turn in turns.items() if turn is not None and text(name) is not None}
    return dict(sorted(found.items(), key=lambda one: (one[1] is not Variant.CAPABILITY_OFF, one[0])))


def _turn(was: object, status: object) -> Variant | None:
    if was == status or not isinstance(was, str) or not isinstance(status, str):
        return None
    if status == "active":
        return Variant.CAPABILITY_ON
    return Variant.CAPABILITY_OFF if was == "active" else None


def _bank(event: Event, variant: Variant) -> Reading:
    account = event.object
    details = Details(
        variant=variant,
        bank=text(account.get("bank_name")) or text(account.get("brand")),
        bank_last4=text(account.get("last4")),
        status=text(account.get("status")),
        object_type="bank_account",
    )
    return _reading(event, details)


def _application(event: Event, variant: Variant) -> Reading:
    return _reading(event, Details(variant=variant, what=text(event.object.get("name")), object_type="application"))


def _reading(event: Event, details: Details) -> Reading:
    return Reading(family=FAMILY, kind=Kind.ACCOUNT, names=ids(event.id), details=details)


def _business_name(account: Mapping[str, Any]) -> str | None:
    """``business_name`` and ``display_name`` moved on 2019-02-19."""
    return (
        text(at(account, "business_profile", "name"))
        or text(at(account, "settings", "dashboard", "display_name"))
        or text(account.get("business_name"))
        or text(account.get("display_name"))
    )


def _payouts_too(account: Mapping[str, Any], previous: Mapping[str, Any], variant: Variant | None) -> str | None:
    """Whether payouts were switched together with payments: ``payouts_on`` or ``payouts_off``."""
    if variant not in (Variant.PAYMENTS_ON, Variant.PAYMENTS_OFF):
        return None
    names = ("payouts_enabled", "transfers_enabled")
    turns = [_switched(account, previous, name, Variant.PAYOUTS_ON, Variant.PAYOUTS_OFF) for name in names]
    return next((str(turn) for turn in turns if turn is not None), None)
