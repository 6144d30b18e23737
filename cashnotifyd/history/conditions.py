"""How it stands with accounts and channels: pure decisions over the record, the configuration and now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cashnotifyd.cursor_file.overview import AccountOnRecord, ChannelOnRecord
from cashnotifyd.cursor_file.values import Mute
from cashnotifyd.history.reasons import ABANDONED
from cashnotifyd.schedules import QuietHours
from cashnotifyd.vocabulary import Mode

_INTERVALS = 3
_NOTED_EVERY = 10.0
"""Seconds for which a poll that found nothing need not be noted: the last one may be as much younger."""
_LATE_AFTER = 60.0
"""Seconds without a successful poll that are nothing yet, however short the interval is."""
_ON_ITS_WAY = 60.0
"""Seconds in which a message is usually sent."""

POORER = "poorer:"
"""What the name of an alert begins with that says only what messages lack."""


class AccountState(StrEnum):
    """The values are what scripts read."""

    OK = "ok"
    NEVER_POLLED = "never_polled"
    LATE = "late"
    """The daemon runs, and several polls have failed, or were not made."""
    STALE = "stale"
    """The last poll is long ago, by the clock alone: the daemon may be off."""
    OUT_OF_SIGHT = "out_of_sight"
    """The daemon tries, and Stripe does not answer it."""
    KEY_REFUSED = "key_refused"
    PERMISSION_MISSING = "permission_missing"


class ChannelState(StrEnum):
    """The values are what scripts read."""

    OK = "ok"
    WAITING = "waiting"
    """Something waits for longer than a message takes, or was tried in vain."""
    QUIET = "quiet"
    MUTED = "muted"
    UNDELIVERABLE = "undeliverable"
    """It took nothing since a message was given up."""
    FAILING = "failing"


_BY_ALERT = {
    "key_refused": AccountState.KEY_REFUSED,
    "forbidden": AccountState.KEY_REFUSED,
    "permission_missing": AccountState.PERMISSION_MISSING,
    "stale": AccountState.OUT_OF_SIGHT,
}


@dataclass(frozen=True, slots=True)
class AccountCondition:
    """``since``: when it began, where that is known (s since 1970 UTC)."""

    state: AccountState
    since: float | None = None


@dataclass(frozen=True, slots=True)
class ChannelCondition:
    """``since`` and ``until``: when it began and when it ends, where that is known (s since 1970 UTC).

    ``trouble``: why what waits could not be sent, in the service's words.
    """

    state: ChannelState
    since: float | None = None
    until: float | None = None
    trouble: str | None = None


def record_of(accounts: Sequence[AccountOnRecord], id_: str, mode: Mode, print_of_key: str) -> AccountOnRecord | None:
    """What is on record of an account in the configuration: what its key was used for, else what was polled last."""
    known = [one for one in accounts if (one.id, one.mode) == (id_, mode)]
    return next((one for one in known if one.key_print == print_of_key), known[0] if known else None)


def account_condition(
    on_record: AccountOnRecord | None, interval: float, stale_after: float, running_since: float | None, now: float
) -> AccountCondition:
    """How it stands with an account. ``interval``: seconds between two polls; ``stale_after``: seconds.

    ``running_since``: when the daemon began (s since 1970 UTC), None where none runs.
    """
    if on_record is None:
        return AccountCondition(AccountState.NEVER_POLLED)
    for alert, state in _BY_ALERT.items():
        if alert in on_record.alerts:
            return AccountCondition(state, on_record.alerts[alert])
    if on_record.polled_at is None:
        return AccountCondition(AccountState.NEVER_POLLED)
    if now - on_record.polled_at > max(stale_after, _INTERVALS * interval) + _NOTED_EVERY:
        return AccountCondition(AccountState.STALE, on_record.polled_at)
    polled_or_begun = now if running_since is None else max(on_record.polled_at, running_since)
    if now - polled_or_begun > max(_INTERVALS * interval, _LATE_AFTER) + _NOTED_EVERY:
        return AccountCondition(AccountState.LATE, on_record.polled_at)
    return AccountCondition(AccountState.OK)


def channel_condition(
    on_record: ChannelOnRecord, mute: Mute | None, hours: QuietHours | None, now: float
) -> ChannelCondition:
    """How it stands with a channel. What has been told to be wrong comes before what is wanted."""
    trouble = on_record.waiting_reason
    if "failing" in on_record.alerts:
        return ChannelCondition(ChannelState.FAILING, since=on_record.alerts["failing"], trouble=trouble)
    if mute is not None and now < mute.span.until:
        return ChannelCondition(ChannelState.MUTED, mute.span.since, mute.span.until)
    if hours is not None and (quiet := hours.around(now)) is not None:
        return ChannelCondition(ChannelState.QUIET, quiet.since, quiet.until)
    given_up = None if on_record.abandoned_reason in ABANDONED else on_record.abandoned_at
    if given_up is not None and (on_record.delivered_at is None or on_record.delivered_at < given_up):
        return ChannelCondition(ChannelState.UNDELIVERABLE, since=given_up, trouble=trouble)
    waiting = on_record.waiting_since
    if waiting is not None and (trouble is not None or now - waiting > _ON_ITS_WAY):
        return ChannelCondition(ChannelState.WAITING, since=waiting, trouble=trouble)
    return ChannelCondition(ChannelState.OK)
