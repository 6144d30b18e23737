"""What the record knows to be wrong: channels that take nothing, accounts out of sight, messages given up."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from cashnotifyd.config.settings import AccountSettings
from cashnotifyd.cursor_file.overview import AccountOnRecord, ChannelOnRecord, Sending
from cashnotifyd.history.conditions import record_of
from cashnotifyd.history.reasons import ABANDONED
from cashnotifyd.polling.identity import key_print
from cashnotifyd.setup.findings import Finding, ok, problem, unknown, warning


@dataclass(frozen=True, slots=True)
class Recorded:
    """How things stand by the record; nothing where there is none. ``unread``: why it could not be asked."""

    accounts: Sequence[AccountOnRecord] = ()
    sending: Sending = field(default_factory=Sending)
    unread: str | None = None


def on_deliveries(id_: str, channel: ChannelOnRecord, zone: ZoneInfo) -> list[Finding]:
    """Whether the channel takes what is sent to it; nothing where all of it arrives."""
    found = []
    if (since := channel.alerts.get("failing")) is not None:
        why = f": {channel.waiting_reason}" if channel.waiting_reason else ""
        found.append(problem("failing", f"it has taken nothing since {_at(since, zone)}{why}", _test(id_)))
    if (since := channel.alerts.get("undeliverable")) is not None:
        found.append(
            problem("undeliverable", f"it has refused for good since {_at(since, zone)} what it was sent", _test(id_))
        )
    return [*found, *_on_waiting(id_, channel, zone), *_on_given_up(id_, channel, zone)]


def on_alerts(account: AccountSettings, recorded: Recorded, zone: ZoneInfo) -> list[Finding]:
    """What the daemon has told of the account and not taken back, for one that has no trouble now."""
    key = account.api_key.get_secret_value()
    known = record_of(recorded.accounts, account.id, account.mode, key_print(key, account.stripe_context))
    alerts: Mapping[str, float] = known.alerts if known else {}
    return [
        warning(name, f"{text} since {_at(alerts[alert], zone)}", next_step)
        for alert, (name, text, next_step) in _ALERTS.items()
        if alert in alerts
    ]


def on_reading(recorded: Recorded) -> list[Finding]:
    """Where the record could not be asked."""
    if recorded.unread is None:
        return []
    return [unknown("unread", f"what waits and what was given up was not looked at: {recorded.unread}")]


def _on_waiting(id_: str, channel: ChannelOnRecord, zone: ZoneInfo) -> list[Finding]:
    if not channel.waiting or channel.waiting_since is None:
        return []
    counted = f"{_messages(channel.waiting)} {'waits' if channel.waiting == 1 else 'wait'}"
    text = f"{counted}, the oldest since {_at(channel.waiting_since, zone)}"
    if channel.waiting_reason is None:
        return [ok("waiting", text)]
    return [
        warning(
            "waiting",
            f"{text}; the last attempt failed: {channel.waiting_reason}",
            f"They are tried again by themselves; at once: cashnotifyd retry {shlex.quote(id_)}",
        )
    ]


def _on_given_up(id_: str, channel: ChannelOnRecord, zone: ZoneInfo) -> list[Finding]:
    if not channel.abandoned:
        return []
    reason = channel.abandoned_reason or ""
    why = f": {ABANDONED.get(reason, reason)}" if reason else ""
    at = "" if channel.abandoned_at is None else f", the last on {_at(channel.abandoned_at, zone)}"
    were = "was" if channel.abandoned == 1 else "were"
    text = f"{_messages(channel.abandoned)} {were} given up{at}{why}"
    if reason in ABANDONED:  # whoever took the recipient out knows
        return [ok("given_up", text)]
    return [warning("given_up", text, f"To send after all, once it works: cashnotifyd retry {shlex.quote(id_)}")]


def _messages(number: int) -> str:
    return f"{number:,} message{'s' * (number != 1)}"


def _at(moment: float, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(moment, zone):%Y-%m-%d %H:%M}"


def _test(id_: str) -> str:
    return f"See what it says now: cashnotifyd send-test {shlex.quote(id_)}"


_READ_AGAIN: Final = (
    "Where Stripe answers this check, the daemon goes on within minutes. If not, it holds another key: let it read the"
    " configuration again (cashnotifyd service install, or kill -HUP)."
)
_ALERTS: Final[Mapping[str, tuple[str, str, str]]] = {
    "stale": (
        "out_of_sight",
        "the daemon has had no answer from Stripe",
        "Where Stripe answers this check, the daemon goes on within minutes. If not, see its log.",
    ),
    "key_refused": ("was_refused", "the daemon's key has been refused", _READ_AGAIN),
    "forbidden": ("was_refused", "the daemon's key has been refused", _READ_AGAIN),
    "permission_missing": ("was_refused", "the daemon's key has lacked a permission", _READ_AGAIN),
    "no_sale": ("no_sale", "no sale, which is unusual,", "See whether one can buy: try it in your own shop."),
}
"""By the alert's name: the finding's, what it says, and what to do."""
