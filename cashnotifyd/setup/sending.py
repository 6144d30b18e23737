"""A test message, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from cashnotifyd.delivery.apprise_door.urls import open_targets
from cashnotifyd.delivery.outcome import Delivered, NotSent, Outcome, Refused, Throttled, Unconfirmed
from cashnotifyd.money import Money
from cashnotifyd.occurrences.reading import Details, Occurrence
from cashnotifyd.setup.findings import Finding, ok, problem
from cashnotifyd.vocabulary import Account, Disclosure, Kind, Message, Mode, Urgency
from cashnotifyd.wording.dashboard import dashboard_list
from cashnotifyd.wording.message import Words
from cashnotifyd.wording.urgencies import URGENCY

KINDS: Final = tuple(kind for kind in Kind if kind not in {Kind.WATCH, Kind.OTHER, Kind.ACCOUNT, Kind.CUSTOMER})
"""What a test message can pretend to be."""

_DAY: Final = 86400
_NOBODY: Final = Account("test", "Test from cashnotifyd", Mode.TEST)
_LINE: Final = "This is only a test: no money has moved."


@dataclass(frozen=True, slots=True)
class Sample:
    """What a test message pretends to be, and how loudly it knocks."""

    kind: Kind = Kind.SALE
    urgency: Urgency | None = None


def sample_message(sample: Sample, words: Words, details: Disclosure, now: float) -> Message:
    """The test message, as discreet as the channel is. Its title and its first line say that it is one."""
    occurrence = Occurrence(
        kind=sample.kind, created=int(now), types=frozenset(), details=_particulars(sample.kind, int(now))
    )
    wordings = words.wordings(occurrence, _NOBODY)
    message: Message = getattr(wordings, details.value)
    body = f"{_LINE}\n{message.body}" if message.body else _LINE
    return replace(
        message,
        body=body,
        urgency=sample.urgency or URGENCY[sample.kind],
        link=dashboard_list(_NOBODY, sample.kind),
    )


def send(url: str, message: Message) -> list[Outcome]:
    """Send to every recipient of the URL, one after the other; blocks for half a minute a recipient at most."""
    return [target.send(message) for target in open_targets(url)]


def on_outcome(outcome: Outcome) -> Finding:
    """What became of one attempt, in words."""
    match outcome:
        case Delivered():
            return ok("delivered", "delivered: the service has taken it")
        case NotSent(reason):
            return problem("not_sent", f"not sent: {reason}", "See that the service can be reached, and try again.")
        case Unconfirmed(reason):
            return problem(
                "unconfirmed", f"it may have arrived, the service did not say: {reason}", "Look whether it is there."
            )
        case Refused(reason, "message"):
            return problem("refused", f"the service refused this message: {reason}", "Try another --kind.")
        case Refused(reason):
            return problem(
                "refused",
                f"the service refused: {reason}",
                "Correct its URL: the token, log-in or recipient.",
            )
        case Throttled(reason, seconds):
            wait = "a while" if seconds is None else f"{seconds:.0f} s"
            return problem("throttled", f"the service gets too many messages: {reason}", f"Try again in {wait}.")


def _particulars(kind: Kind, now: int) -> Details:
    details = Details(
        money=Money(4900, "usd"),
        customer_name="Jane Example",
        customer_email="jane@example.com",
        customer_country="US",
        what="A test product",
        card_brand="visa",
        card_last4="4242",
    )
    monthly = replace(details, interval="month", interval_count=1)
    plain = Details(money=details.money)
    return {
        Kind.FAILED_PAYMENT: replace(details, reason="insufficient_funds", attempt=1, next_attempt=now + 3 * _DAY),
        Kind.DISPUTE: replace(details, reason="fraudulent", due_by=now + 8 * _DAY),
        Kind.FRAUD_WARNING: replace(details, reason="fraudulent"),
        Kind.PAYOUT: replace(plain, arrives=now + 2 * _DAY),
        Kind.PAYOUT_FAILED: replace(plain, reason="account_closed"),
        Kind.SUBSCRIPTION_STARTED: monthly,
        Kind.SUBSCRIPTION_CHANGED: monthly,
        Kind.SUBSCRIPTION_CANCELED: monthly,
        Kind.TRIAL_ENDING: replace(monthly, trial_end=now + 3 * _DAY),
    }.get(kind, details)
