"""What the daemon is told to do: plain frozen values, checked and resolved before anybody sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from cashnotifyd.schedules import Burst, DigestSchedule, QuietHours
from cashnotifyd.vocabulary import Disclosure, Kind, Mode, Urgency

STRIPE_ITSELF = "https://api.stripe.com"
"""Where Stripe's API is. Whatever else is asked is something that plays Stripe, and has none of its limits."""

USUAL_BURST = Burst(above=5, within=60.0)
"""What counts as a burst where nothing is written."""

USUAL_SHARE = 0.5
"""Of the read allowance: the account's other integrations need the rest."""


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """One Stripe account to watch. ``name`` and ``logo`` are None where Stripe's own are to be asked for.

    ``logo`` is the absolute path of an image. ``stripe_context``: the ``acct_…`` that is meant, or the path of them
    that leads to it, where the key is for several.
    """

    id: str
    api_key: SecretStr
    name: str | None
    stripe_api_base: str
    mode: Mode
    logo: Path | None = None
    stripe_context: str | None = None

    @property
    def is_at_stripe(self) -> bool:
        """Whether it is Stripe itself that is asked."""
        return self.stripe_api_base == STRIPE_ITSELF


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """One place to tell people. None means all: all accounts, both modes, whatever is told by default.

    ``events`` are kinds, Stripe types and globs (``*``, ``?``) over Stripe types, as written. ``details`` is how much
    of what happened is told here. ``min_amount`` is in main units (euros, yen) by lower-case currency. ``urgencies``
    are those of kinds that differ from the usual, the whole file's and this channel's own. Without a ``burst`` there
    is a message for each thing, always.
    """

    id: str
    url: SecretStr
    accounts: frozenset[str] | None
    modes: frozenset[Mode] | None
    events: tuple[str, ...] | None
    details: Disclosure
    min_amount: Mapping[str, Decimal] = field(default_factory=dict)
    urgencies: Mapping[Kind, Urgency] = field(default_factory=dict)
    quiet_hours: QuietHours | None = None
    burst: Burst | None = USUAL_BURST
    digest: DigestSchedule | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration. ``poll_interval`` is in seconds, None for auto; ``cursor_file`` is absolute.

    ``heartbeat`` is the URL that is asked for while all is well. ``stale_after``: seconds without a successful poll
    after which that is told. ``read_share``: the part of Stripe's read allowance that may be used, of each account.
    ``urgencies`` are those of kinds that differ from the usual, for all channels.
    """

    poll_interval: float | None
    cursor_file: Path
    locale: str
    timezone: ZoneInfo
    accounts: Mapping[str, AccountSettings]
    channels: Mapping[str, ChannelSettings]
    heartbeat: SecretStr | None = None
    stale_after: float = 900.0
    read_share: float = USUAL_SHARE
    urgencies: Mapping[Kind, Urgency] = field(default_factory=dict)
