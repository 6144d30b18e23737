"""Which channels a message goes to, and how loudly it knocks there. Every "no" has a named reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase

from cashnotifyd.cursor_file.values import NOT_CHOSEN, Recipient, Routing
from cashnotifyd.money import Money, main_units
from cashnotifyd.vocabulary import Account, Kind, Message, Mode, Urgency

TOLD_BY_DEFAULT = frozenset(Kind) - {Kind.OTHER, Kind.CUSTOMER}

_ITSELF = "about_itself"
_EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Channel:
    """What a channel takes. ``targets``: how many recipients its URL has. None: no restriction."""

    id: str
    targets: int
    accounts: frozenset[str] | None = None
    modes: frozenset[Mode] | None = None
    events: tuple[str, ...] | None = None
    """Kinds, Stripe types or globs over types."""
    min_amount: Mapping[str, Decimal] = field(default_factory=dict)
    """The least that it is told of, in main units by lower-case currency."""
    urgencies: Mapping[Kind, Urgency] = field(default_factory=dict)
    """Those of kinds that knock differently here."""
    has_digest: bool = False
    """Whether it is told what all of it came to, whatever else it takes."""

    def concerns(self, account: Account) -> bool:
        """Whether it is told of an account at all."""
        wanted = self.accounts is None or account.id in self.accounts
        return wanted and (self.modes is None or account.mode in self.modes)

    def names(self, type_: str) -> bool:
        """Whether it chooses among Stripe types, and this one: with all that is told of the fact behind it."""
        return any(glob != _EVERYTHING and fnmatchcase(type_, glob) for glob in self.events or ())

    def insists_on(self, type_: str) -> bool:
        """Whether it is to be told of every event of this type, also where nobody would be."""
        return type_ in (self.events or ())

    def recipients(self, urgency: Urgency) -> tuple[Recipient, ...]:
        """All of them, for a message of this urgency."""
        return tuple(Recipient(self.id, target, urgency) for target in range(self.targets))


@dataclass(frozen=True, slots=True)
class Matter:
    """What a message is about, as far as channels choose by it. ``types``: the Stripe types of the events behind it."""

    account: Account
    kind: Kind
    urgency: Urgency
    types: frozenset[str] = frozenset()
    money: Money | None = None


def route(channels: Iterable[Channel], matter: Matter) -> Routing:
    """Decide for every channel."""
    deliver: list[Recipient] = []
    declined: list[tuple[str, str]] = []
    for channel in channels:
        reason = _objection(channel, matter)
        if reason is None:
            deliver.extend(
                channel.recipients(loudness(channel.urgencies, matter.kind, matter.urgency, matter.account.mode))
            )
        else:
            declined.append((channel.id, reason))
    return Routing(tuple(deliver), tuple(declined))


def announced(channels: Iterable[Channel], message: Message, about: str | None = None) -> Routing:
    """Where a message of the daemon's own goes that concerns no account; not to the channel that it is ``about``."""
    deliver: list[Recipient] = []
    declined: list[tuple[str, str]] = []
    for channel in channels:
        reason = _ITSELF if channel.id == about else _objection_to_kind(channel, message.kind, frozenset())
        if reason is None:
            deliver.extend(channel.recipients(loudness(channel.urgencies, message.kind, message.urgency, Mode.LIVE)))
        else:
            declined.append((channel.id, reason))
    return Routing(tuple(deliver), tuple(declined))


def loudness(urgencies: Mapping[Kind, Urgency], kind: Kind, usual: Urgency, mode: Mode) -> Urgency:
    """How loudly a kind knocks where ``urgencies`` are those that differ from the usual."""
    urgency = urgencies.get(kind, usual)
    # Nobody is woken by play money.
    return Urgency.HIGH if mode is Mode.TEST and urgency is Urgency.EMERGENCY else urgency


def _objection(channel: Channel, matter: Matter) -> str | None:
    if channel.accounts is not None and matter.account.id not in channel.accounts:
        return "account_not_wanted"
    if channel.modes is not None and matter.account.mode not in channel.modes:
        return "mode_not_wanted"
    if (reason := _objection_to_kind(channel, matter.kind, matter.types)) is not None:
        return reason
    money = matter.money
    if money is not None and main_units(money) < channel.min_amount.get(money.currency, Decimal("-Infinity")):
        return "below_min_amount"
    return None


def _objection_to_kind(channel: Channel, kind: Kind, types: frozenset[str]) -> str | None:
    if channel.events is None:
        return None if kind in TOLD_BY_DEFAULT else "not_told_by_default"
    if _EVERYTHING in channel.events:
        return None  # our own alerts too, behind which there is no type
    if kind in channel.events or any(fnmatchcase(type_, glob) for type_ in types for glob in channel.events):
        return None
    return NOT_CHOSEN
