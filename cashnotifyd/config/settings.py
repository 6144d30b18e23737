"""What the daemon is told to do: plain frozen values, checked and resolved before anybody sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from cashnotifyd.vocabulary import Disclosure, Mode


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """One Stripe account to watch. ``name`` and ``logo`` are None where Stripe's own are to be asked for.

    ``logo`` is the absolute path of an image.
    """

    id: str
    api_key: SecretStr
    name: str | None
    stripe_api_base: str
    mode: Mode
    logo: Path | None = None


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """One place to tell people. None means all: all accounts, both modes, whatever is told by default.

    ``events`` are kinds, Stripe types and globs (``*``, ``?``) over Stripe types, as written. ``details`` is how much
    of what happened is told here.
    """

    id: str
    url: SecretStr
    accounts: frozenset[str] | None
    modes: frozenset[Mode] | None
    events: tuple[str, ...] | None
    details: Disclosure


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration. ``poll_interval`` is in seconds, None for auto; ``cursor_file`` is absolute."""

    poll_interval: float | None
    cursor_file: Path
    locale: str
    timezone: ZoneInfo
    accounts: Mapping[str, AccountSettings]
    channels: Mapping[str, ChannelSettings]
