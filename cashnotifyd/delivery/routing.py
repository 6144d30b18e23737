"""Which channels a message goes to. Every "no" has a named reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from cashnotifyd.cursor_file.values import Routing
from cashnotifyd.vocabulary import Account, Kind, Mode

TOLD_BY_DEFAULT = frozenset(Kind) - {Kind.OTHER, Kind.CUSTOMER}


@dataclass(frozen=True, slots=True)
class Channel:
    """What a channel takes. ``targets``: how many recipients its URL has. None: no restriction."""

    id: str
    targets: int
    accounts: frozenset[str] | None = None
    modes: frozenset[Mode] | None = None
    events: tuple[str, ...] | None = None
    """Kinds, Stripe types or globs over types."""


def route(channels: Iterable[Channel], account: Account, kind: Kind, types: Iterable[str] = ()) -> Routing:
    """Decide for every channel. ``types``: the Stripe types of the events behind the message."""
    deliver: list[tuple[str, int]] = []
    declined: list[tuple[str, str]] = []
    types = tuple(types)
    for channel in channels:
        reason = _objection(channel, account, kind, types)
        if reason is None:
            deliver.extend((channel.id, target) for target in range(channel.targets))
        else:
            declined.append((channel.id, reason))
    return Routing(tuple(deliver), tuple(declined))


def _objection(channel: Channel, account: Account, kind: Kind, types: tuple[str, ...]) -> str | None:
    if channel.accounts is not None and account.id not in channel.accounts:
        return "account_not_wanted"
    if channel.modes is not None and account.mode not in channel.modes:
        return "mode_not_wanted"
    if channel.events is None:
        return None if kind in TOLD_BY_DEFAULT else "not_told_by_default"
    if kind in channel.events or any(fnmatchcase(type_, glob) for type_ in types for glob in channel.events):
        return None
    return "kind_not_wanted"
