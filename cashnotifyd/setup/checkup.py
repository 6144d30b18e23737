"""Everything at once: each account, each channel, the record, the daemon.

Nothing is written, no lock is taken, and it does not matter whether the daemon runs.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from cashnotifyd.config.settings import AccountSettings, ChannelSettings, Settings
from cashnotifyd.cursor_file.examining import Examined, Used, examine
from cashnotifyd.cursor_file.overview import ChannelOnRecord
from cashnotifyd.lookups.allowance import Terms
from cashnotifyd.permissions import Permission
from cashnotifyd.refusal import Refusal
from cashnotifyd.service.condition import Condition, conditions
from cashnotifyd.setup.channels import examine_channel, unheard
from cashnotifyd.setup.findings import Finding, Verdict, count, unknown, warning
from cashnotifyd.setup.keys import KeyReport, Standing, examine_key, findings_on, not_asked
from cashnotifyd.setup.reaching import stripe_at, trouble_reaching
from cashnotifyd.setup.reads import on_allowance, on_pace_elsewhere
from cashnotifyd.setup.record import on_cursor_file, on_daemon
from cashnotifyd.setup.recorded import Recorded, on_alerts, on_deliveries, on_reading
from cashnotifyd.setup.services import on_services
from cashnotifyd.stripe_api import Cause, Failure, StripeConnections
from cashnotifyd.vocabulary import Mode

_ACCOUNTS_AT_ONCE: Final = 8
"""Each asks up to eight things at once."""
_CHANNELS_AT_ONCE: Final = 20


class Reach(StrEnum):
    """How far a check may look."""

    NETWORK = "network"
    OFFLINE = "offline"
    """Not beyond this machine."""


@dataclass(frozen=True, slots=True)
class AccountCheck:
    """How it stands with one account. ``standings``: None where Stripe was not asked or did not say."""

    id: str
    mode: Mode
    findings: Sequence[Finding]
    name: str | None = None
    stripe_id: str | None = None
    standings: Mapping[Permission, Standing] | None = None


@dataclass(frozen=True, slots=True)
class Checkup:
    """How it stands with everything. ``channels`` are by id."""

    accounts: Sequence[AccountCheck]
    channels: Mapping[str, Sequence[Finding]]
    record: Sequence[Finding]
    daemon: Sequence[Finding]

    def findings(self) -> Iterator[Finding]:
        """All of them."""
        for account in self.accounts:
            yield from account.findings
        for findings in self.channels.values():
            yield from findings
        yield from self.record
        yield from self.daemon


async def check_up(settings: Settings, reach: Reach, recorded: Recorded) -> Checkup:
    """Look at everything that the settings name, within a minute or two however many there are."""
    record = await asyncio.to_thread(_record, settings)
    used = record.used if isinstance(record, Examined) else {}
    accounts, channels, services = await asyncio.gather(
        _accounts(settings, used, reach), _channels(settings, reach), asyncio.to_thread(_services)
    )
    zone, sending = settings.timezone, recorded.sending.channels
    unread = on_reading(recorded) if isinstance(record, Examined) else []  # else it is told what is wrong with it
    return Checkup(
        [_with_alerts(check, settings, recorded) for check in accounts],
        {
            id_: [*findings, *on_deliveries(id_, sending.get(id_, ChannelOnRecord()), zone)]
            for id_, findings in channels.items()
        },
        [*on_cursor_file(settings.cursor_file, record), *unread],
        [*on_services(services), on_daemon(settings.cursor_file)],
    )


def _with_alerts(check: AccountCheck, settings: Settings, recorded: Recorded) -> AccountCheck:
    """What does not work now says more than what the daemon told of it."""
    if count(check.findings, Verdict.PROBLEM):
        return check
    alerts = on_alerts(settings.accounts[check.id], recorded, settings.timezone)
    return replace(check, findings=[*check.findings, *alerts])


def _services() -> tuple[Condition, ...]:
    try:
        return conditions(os.environ, Path.home())
    except RuntimeError:  # a user without a home has no services
        return ()


def _record(settings: Settings) -> Examined | Refusal | None:
    try:
        return examine(settings.cursor_file, time.time())
    except Refusal as refusal:
        return refusal


async def _accounts(settings: Settings, used: Mapping[tuple[str, Mode], Used], reach: Reach) -> Sequence[AccountCheck]:
    accounts = list(settings.accounts.values())
    if reach is Reach.OFFLINE:
        checks = [
            AccountCheck(account.id, account.mode, not_asked(account.api_key.get_secret_value()), account.name)
            for account in accounts
        ]
    else:
        connections, turn = StripeConnections(), asyncio.Semaphore(_ACCOUNTS_AT_ONCE)
        bases = list({account.stripe_api_base for account in accounts})
        try:
            # A Stripe that cannot be reached would be waited for once for each account.
            tried = await asyncio.gather(*(trouble_reaching(stripe_at(base)) for base in bases))
            troubles = dict(zip(bases, tried, strict=True))
            checks = await asyncio.gather(*(_account(account, troubles, connections, turn) for account in accounts))
        finally:
            await connections.close()
    silent, first = unheard(settings), _first_of_each(checks)
    return [
        replace(
            check,
            findings=[
                *check.findings,
                *_twice(check, first),
                _reads(settings.accounts[check.id], used, _terms(check, checks, settings)),
                *([silent[check.id]] if check.id in silent else []),
            ],
        )
        for check in checks
    ]


async def _account(
    account: AccountSettings,
    troubles: Mapping[str, str | None],
    connections: StripeConnections,
    turn: asyncio.Semaphore,
) -> AccountCheck:
    key, base = account.api_key.get_secret_value(), account.stripe_api_base
    if (trouble := troubles[base]) is not None:
        report = KeyReport(Failure(Cause.NETWORK, trouble, retry=True))
    else:
        async with turn:
            report = await examine_key(connections.account(key, base, context=account.stripe_context))
    return AccountCheck(
        account.id,
        account.mode,
        findings_on(report, key, account.mode),
        account.name or report.account.name,
        report.account.stripe_id,
        report.standings,
    )


def _reads(account: AccountSettings, used: Mapping[tuple[str, Mode], Used], terms: Terms) -> Finding:
    """Automatic polls go by the allowance whoever answers; at a fixed interval Stripe alone counts."""
    if terms.interval is not None and not account.is_at_stripe:
        return on_pace_elsewhere(terms)
    return on_allowance(used.get((account.id, account.mode)), terms)


def _terms(check: AccountCheck, checks: Sequence[AccountCheck], settings: Settings) -> Terms:
    """How an account may be asked. As far as Stripe did not say whose it is, it is taken for one of its own."""
    alike = [one for one in checks if (one.stripe_id, one.mode) == (check.stripe_id, check.mode)]
    sharers = 1 if check.stripe_id is None else len(alike)
    return Terms(check.mode, settings.poll_interval, settings.read_share, sharers)


def _first_of_each(checks: Sequence[AccountCheck]) -> dict[tuple[str, Mode], str]:
    first: dict[tuple[str, Mode], str] = {}
    for check in checks:
        if check.stripe_id is not None:
            first.setdefault((check.stripe_id, check.mode), check.id)
    return first


def _twice(check: AccountCheck, first: Mapping[tuple[str, Mode], str]) -> list[Finding]:
    other = first.get((check.stripe_id or "", check.mode), check.id)
    if other == check.id:
        return []
    return [
        warning(
            "twice",
            f"this is the same Stripe account as {other}: all its news is told twice",
            "Take one of the two out of the configuration.",
        )
    ]


async def _channels(settings: Settings, reach: Reach) -> dict[str, Sequence[Finding]]:
    channels = list(settings.channels.values())
    if reach is Reach.OFFLINE:
        return {channel.id: [unknown("reachable", "not connected to (--offline)")] for channel in channels}
    turn = asyncio.Semaphore(_CHANNELS_AT_ONCE)

    async def one(channel: ChannelSettings) -> Finding:
        async with turn:
            return await examine_channel(channel)

    found = await asyncio.gather(*(one(channel) for channel in channels))
    return {channel.id: [finding] for channel, finding in zip(channels, found, strict=True)}
