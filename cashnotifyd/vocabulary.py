"""The words that every room speaks: an account, an event, a kind, an urgency, a message.

Plain frozen values without behaviour beyond reading themselves. This module imports nothing of the project.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What an occurrence is to a merchant. The values are written in people's configuration files."""

    SALE = "sale"
    RENEWAL = "renewal"
    FAILED_PAYMENT = "failed_payment"
    REFUND = "refund"
    DISPUTE = "dispute"
    DISPUTE_CLOSED = "dispute_closed"
    FRAUD_WARNING = "fraud_warning"
    PAYOUT = "payout"
    PAYOUT_FAILED = "payout_failed"
    SUBSCRIPTION_STARTED = "subscription_started"
    SUBSCRIPTION_CHANGED = "subscription_changed"
    SUBSCRIPTION_CANCELED = "subscription_canceled"
    TRIAL_ENDING = "trial_ending"
    CUSTOMER = "customer"
    ACCOUNT = "account"
    WATCH = "watch"
    OTHER = "other"


class Urgency(StrEnum):
    """How loudly a message may knock."""

    EMERGENCY = "emergency"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Mode(StrEnum):
    """Whether real money moves. Sandboxes count as test."""

    LIVE = "live"
    TEST = "test"

    @classmethod
    def of_livemode(cls, livemode: bool | None, otherwise: Mode) -> Mode:  # noqa: FBT001 (Stripe's own field)
        """Stripe's ``livemode`` as a mode; ``otherwise`` where an event does not say."""
        if livemode is None:
            return otherwise
        return cls.LIVE if livemode else cls.TEST


class Disclosure(StrEnum):
    """How much of what happened a channel is told. The values are written in people's configuration files."""

    FULL = "full"
    MASKED = "masked"
    """Neither the customer's name nor an e-mail address."""
    PRIVATE = "private"
    """No amounts either."""


@dataclass(frozen=True, slots=True)
class Icon:
    """The image of a merchant account, where it has one.

    ``url`` is for services that fetch it themselves, ``file`` (an absolute path) for what shows messages on this very
    machine.
    """

    url: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class ConnectedAccount:
    """An account of somebody else's that is connected to a platform: Stripe's ``acct_…``, and its name if known."""

    id: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """The merchant account that a message speaks of.

    ``id`` is the name in the configuration file, ``name`` what people call it, ``stripe_id`` Stripe's ``acct_…``
    where it is known (dashboard links lead to the right account with it). ``connected`` is the account that it
    happened on, where that is not the watched one but one connected to it.
    """

    id: str
    name: str
    mode: Mode
    stripe_id: str | None = None
    icon: Icon | None = None
    connected: ConnectedAccount | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One Stripe event, its outer shape checked and nothing more.

    ``created`` is Stripe's time in whole seconds since 1970 UTC. ``object`` is ``data.object`` in the API version
    that the account had at that time, ``previous`` is ``data.previous_attributes``; what they hold is hostile until
    a family of :mod:`cashnotifyd.occurrences` has read it. ``connected`` is the ``acct_…`` of a connected account
    that the event came from, if any.
    """

    id: str
    type: str
    created: int
    livemode: bool | None
    object: Mapping[str, Any]
    previous: Mapping[str, Any]
    api_version: str | None = None
    connected: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """What a person reads. ``title`` and ``body`` are clean plain text; ``link`` leads to the Stripe dashboard.

    ``picture`` is the absolute path of a PNG that shows what the body says.
    """

    kind: Kind
    title: str
    body: str
    urgency: Urgency
    link: str | None = None
    icon: Icon | None = None
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class Wordings:
    """One message in as many words as each :class:`Disclosure` allows."""

    full: Message
    masked: Message
    private: Message

    @classmethod
    def alike(cls, message: Message) -> Wordings:
        """A message that holds nothing to hide, such as the daemon's own."""
        return cls(message, message, message)

    @classmethod
    def unsent(cls, message: Message) -> Wordings:
        """A message that no channel has: a discreet one could not be told anything of it."""
        nothing = replace(message, title="", body="", link=None)
        return cls(message, nothing, nothing)


@dataclass(frozen=True, slots=True)
class UrlReport:
    """What is wrong with a channel's URL and the next step, without any secret; and whether it holds a secret."""

    problem: str | None
    has_secret: bool
