"""``cashnotifyd status``: how the watching stands."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from babel import Locale

from cashnotifyd import __version__
from cashnotifyd.cli.joining import from_record, settings_in
from cashnotifyd.cli.mutes import effective
from cashnotifyd.cli.options import config_option
from cashnotifyd.cli.speaking import language_of, moment_in
from cashnotifyd.cli.tables import be_lenient, styled, wrapped
from cashnotifyd.config.settings import AccountSettings, ChannelSettings, Settings
from cashnotifyd.cursor_file.door import StandingRecord
from cashnotifyd.cursor_file.examining import daemon_on
from cashnotifyd.cursor_file.overview import AccountOnRecord, ChannelOnRecord, Sending
from cashnotifyd.history.conditions import (
    POORER,
    AccountCondition,
    AccountState,
    ChannelCondition,
    ChannelState,
    account_condition,
    channel_condition,
    record_of,
)
from cashnotifyd.history.reasons import ABANDONED
from cashnotifyd.history.timestamps import iso, iso_or_none
from cashnotifyd.lookups.allowance import Budget, Terms, read_allowance
from cashnotifyd.polling.identity import key_print
from cashnotifyd.polling.pace import Pace, Why, pace
from cashnotifyd.redaction import escape_controls
from cashnotifyd.vocabulary import Mode
from cashnotifyd.wording.language import Language

_FAILED = 1


@dataclass(frozen=True, slots=True)
class _Account:
    settings: AccountSettings
    on_record: AccountOnRecord | None
    condition: AccountCondition
    pace: Pace
    terms: Terms


@dataclass(frozen=True, slots=True)
class _Channel:
    settings: ChannelSettings
    on_record: ChannelOnRecord
    condition: ChannelCondition


@dataclass(frozen=True, slots=True)
class _Status:
    """``process`` and ``since`` are the daemon's, None where none is seen; ``recorded``: whether there is a record."""

    settings: Settings
    process: int | None
    since: float | None
    recorded: bool
    accounts: tuple[_Account, ...]
    channels: tuple[_Channel, ...]
    now: float


@click.command()
@click.option(
    "--json", "as_json", is_flag=True, help="All of it as an object, with accounts and channels by their ids."
)
@click.option("--exit-code", is_flag=True, help="End with 1 if anything is wrong, rather than with 0.")
@config_option
def status(as_json: bool, exit_code: bool, config: Path | None) -> None:  # noqa: FBT001 (flags of the command line)
    """Show how the watching stands: the daemon, accounts, channels, what waits and what was given up.

    It is read from the local record, whether the daemon runs or not; nothing is asked of Stripe (`cashnotifyd check`
    does that). The exit status is 0 however things stand, unless --exit-code is given.
    """
    settings, now = settings_in(config), time.time()
    found = _status(settings, now)
    wrong = list(_wrong(found))
    if as_json:
        click.echo(json.dumps(_as_values(found, wrong), indent=2, ensure_ascii=False).encode())
    else:
        be_lenient()
        click.echo("\n".join(_told(found, wrong)))
    if wrong and exit_code:
        raise click.exceptions.Exit(_FAILED)


def _status(settings: Settings, now: float) -> _Status:
    async def look(record: StandingRecord) -> tuple[tuple[AccountOnRecord, ...], Sending]:
        return await record.watching(now), await record.sending(tuple(settings.channels), now)

    recorded = _may_be_there(settings.cursor_file)
    nothing = Sending({id_: ChannelOnRecord() for id_ in settings.channels}, {})
    watching, sending = from_record(settings, look) if recorded else ((), nothing)
    process = daemon_on(settings.cursor_file)
    since = None if process is None else _started(settings.cursor_file)
    return _Status(
        settings=settings,
        process=process,
        since=since,
        recorded=recorded,
        accounts=tuple(_account(one, watching, settings, since, now) for one in settings.accounts.values()),
        channels=tuple(_channel(one, sending, now) for one in settings.channels.values()),
        now=now,
    )


def _may_be_there(path: Path) -> bool:
    """Whoever may not even look is told so when it is opened."""
    try:
        return path.exists()
    except OSError:
        return True


def _account(
    account: AccountSettings,
    watching: tuple[AccountOnRecord, ...],
    settings: Settings,
    since: float | None,
    now: float,
) -> _Account:
    print_of_key = key_print(account.api_key.get_secret_value(), account.stripe_context)
    on_record = record_of(watching, account.id, account.mode, print_of_key)
    terms = Terms(account.mode, settings.poll_interval, settings.read_share, _sharers(on_record, watching, settings))
    found = _pace(on_record, terms, now)
    condition = account_condition(on_record, found.seconds, settings.stale_after, since, now)
    return _Account(account, on_record, condition, found, terms)


def _sharers(on_record: AccountOnRecord | None, watching: tuple[AccountOnRecord, ...], settings: Settings) -> int:
    """How many accounts of the configuration are this Stripe account."""
    if on_record is None or on_record.stripe_id is None:
        return 1
    this = (on_record.stripe_id, on_record.mode)
    return len({one.id for one in watching if (one.stripe_id, one.mode) == this and one.id in settings.accounts}) or 1


def _pace(on_record: AccountOnRecord | None, terms: Terms, now: float) -> Pace:
    if on_record is None:
        return pace(Budget(terms))
    budget = Budget(terms, on_record.usage, on_record.reads_left, on_record.reads_left_at or 0.0)
    return pace(budget.by(now), _since(on_record.low_water, now), _since(on_record.met_at, now))


def _since(moment: float | None, now: float) -> float:
    return math.inf if moment is None else now - moment


def _channel(channel: ChannelSettings, sending: Sending, now: float) -> _Channel:
    on_record = sending.channels[channel.id]
    mute = effective(channel.id, sending.mutes)
    return _Channel(channel, on_record, channel_condition(on_record, mute, channel.quiet_hours, now))


def _started(cursor_file: Path) -> float | None:
    """When the daemon began: it writes its number into the lock then."""
    try:
        return cursor_file.with_name(f"{cursor_file.name}.lock").stat().st_mtime
    except OSError:
        return None


def _wrong(found: _Status) -> Iterator[str]:
    """What somebody has to do something about."""
    if found.process is None:
        yield "the daemon is not running"
    for account in found.accounts:
        if account.condition.state is not AccountState.OK:
            yield f"account {account.settings.id}: {_in_words(account.condition.state)}"
        if account.on_record is not None and "no_sale" in account.on_record.alerts:
            yield f"account {account.settings.id}: no sales, though there should be some"
    for channel in found.channels:
        if channel.condition.state in {ChannelState.FAILING, ChannelState.UNDELIVERABLE, ChannelState.WAITING}:
            yield f"channel {channel.settings.id}: {_in_words(channel.condition.state)}"


def _in_words(state: str) -> str:
    return state.replace("_", " ")


# For scripts


def _as_values(found: _Status, wrong: list[str]) -> dict[str, Any]:
    return {
        "version": __version__,
        "well": not wrong,
        "wrong": wrong,
        "daemon": {"running": found.process is not None, "process": found.process, "since": iso_or_none(found.since)},
        "cursor_file": str(found.settings.cursor_file),
        "accounts": {one.settings.id: _account_as_values(one) for one in found.accounts},
        "channels": {one.settings.id: _channel_as_values(one) for one in found.channels},
    }


def _account_as_values(account: _Account) -> dict[str, Any]:
    known = account.on_record
    name = account.settings.name or (known.name if known else None)
    return {
        "name": _harmless(name),
        "mode": account.settings.mode,
        "state": account.condition.state,
        "since": iso_or_none(account.condition.since),
        "last_poll": iso_or_none(known.polled_at if known else None),
        "cursor": iso_or_none((known.low_water or None) if known else None),
        "poll_interval": round(account.pace.seconds, 1),
        "poll_interval_by": account.pace.why,
        "reads_30d": known.reads if known else 0,
        "read_allowance": read_allowance(known.charges if known else 0),
        "read_share": int(account.terms.limit(known.charges if known else 0)),
        "events": known.events if known else 0,
        "pending": known.pending if known else 0,
        "alerts": _alerts(known.alerts if known else {}),
    }


def _channel_as_values(channel: _Channel) -> dict[str, Any]:
    known, condition = channel.on_record, channel.condition
    return {
        "state": condition.state,
        "since": iso_or_none(condition.since),
        "until": iso_or_none(condition.until),
        "waiting": known.waiting,
        "waiting_since": iso_or_none(known.waiting_since),
        "waiting_reason": _harmless(known.waiting_reason),
        "abandoned": known.abandoned,
        "abandoned_at": iso_or_none(known.abandoned_at),
        "abandoned_reason": _harmless(known.abandoned_reason),
        "last_delivery": iso_or_none(known.delivered_at),
        "alerts": _alerts(known.alerts),
    }


def _harmless(text: str | None) -> str | None:
    """A stranger's text: JSON is read on terminals too."""
    return None if text is None else escape_controls(text)


def _alerts(alerts: Mapping[str, float]) -> dict[str, str]:
    return {name: iso(since) for name, since in alerts.items()}


# For people


_HANGING = " " * 6
_A_MINUTE = 60.0
_ENGLISH = Locale("en")
_COLOURS = {
    "ok": "green",
    "quiet": "green",
    "muted": "yellow",
    "waiting": "yellow",
    "never_polled": "yellow",
    "late": "yellow",
    "stale": "yellow",
}
"""By the state; what is not here is red."""


def _told(found: _Status, wrong: list[str]) -> Iterator[str]:
    yield from _about_daemon(found)
    yield ""
    yield styled("Accounts", "bold")
    for account in found.accounts:
        yield from _about_account(account, found)
    yield ""
    yield styled("Channels", "bold")
    for channel in found.channels:
        yield from _about_channel(channel, found)
    if not found.channels:
        yield "  There is none: nobody is told."
    yield ""
    yield styled("All is well.", "green") if not wrong else styled(wrapped(f"Wrong: {'; '.join(wrong)}."), "red")


def _about_daemon(found: _Status) -> Iterator[str]:
    if found.process is None:
        yield wrapped(f"cashnotifyd {__version__}: not running. Start it with `cashnotifyd run`, or as a service.")
    else:
        since = "" if found.since is None else f" since {_at(found.since, found)}"
        yield wrapped(f"cashnotifyd {__version__}: running{since}, process {found.process}")
    if not found.recorded:
        yield wrapped(f"There is no record yet at {found.settings.cursor_file}: the daemon begins it when it starts.")


def _about_account(account: _Account, found: _Status) -> Iterator[str]:
    known, condition, id_ = account.on_record, account.condition, account.settings.id
    yield _headed(id_, f"{account.settings.mode}, {_in_words(condition.state)}", _COLOURS.get(condition.state, "red"))
    if (said := _STATES[condition.state]) is not None:
        yield wrapped(said, _HANGING, _HANGING)
    if known is None:
        return
    newest = f"newest event {_ago(known.low_water, found)}" if known.low_water else "no event yet"
    every = f"every {_every(account.pace.seconds)}{_UNUSUAL.get(account.pace.why, '')}"
    yield wrapped(f"{_polled(known.polled_at, found)}, {every}; {newest}", _HANGING, _HANGING)
    reads = f"{known.reads:,} reads in 30 days"
    if account.terms.mode is Mode.LIVE:
        share, allowed = account.terms.limit(known.charges), read_allowance(known.charges)
        reads = f"{reads}, {known.reads / share:.0%} of our share of the {allowed:,} that Stripe allows"
    pending = f", {known.pending:,} not understood yet" if known.pending else ""
    yield wrapped(f"{reads}; {known.events:,} events on record{pending}", _HANGING, _HANGING)
    if poorer := [name.removeprefix(POORER) for name in known.alerts if name.startswith(POORER)]:
        lacking = f"messages could say more: the key may not read {', '.join(sorted(poorer))} (cashnotifyd check)"
        yield wrapped(lacking, _HANGING, _HANGING)
    if "no_sale" in known.alerts:
        yield wrapped(f"no sale since {_at(known.alerts['no_sale'], found)}, which is unusual", _HANGING, _HANGING)


_UNUSUAL: Mapping[Why, str] = {
    Why.SCARCE: " as the read allowance carries no more",
    Why.OVERDRAWN: " until what was read beyond our share of the allowance is made up for",
}

_STATES: Mapping[AccountState, str | None] = {
    AccountState.OK: None,
    AccountState.NEVER_POLLED: "the first contact has not been made",
    AccountState.LATE: "no poll has succeeded for longer than it should take: the daemon's log says why",
    AccountState.STALE: "the last poll is long ago: is the daemon running, and the machine awake?",
    AccountState.OUT_OF_SIGHT: "the daemon gets no answer from Stripe: see its log",
    AccountState.KEY_REFUSED: "Stripe does not accept the key: put a valid one into the configuration",
    AccountState.PERMISSION_MISSING: "the key lacks a permission: cashnotifyd check says which",
}


def _about_channel(channel: _Channel, found: _Status) -> Iterator[str]:
    known, condition, id_ = channel.on_record, channel.condition, channel.settings.id
    when = ""
    if condition.until is not None:
        when = f" until {_at(condition.until, found)}"
    elif condition.since is not None:
        when = f" since {_at(condition.since, found)}"
    yield _headed(id_, f"{_in_words(condition.state)}{when}", _COLOURS.get(condition.state, "red"))
    if known.waiting:
        since = "" if known.waiting_since is None else f", the oldest since {_at(known.waiting_since, found)}"
        why = f" ({known.waiting_reason})" if known.waiting_reason else ""
        yield wrapped(f"{known.waiting:,} waiting{since}{why}", _HANGING, _HANGING)
    if known.abandoned:
        reason = known.abandoned_reason or ""
        why = f": {ABANDONED.get(reason, reason)}" if reason else ""
        at = "" if known.abandoned_at is None else f", the last {_at(known.abandoned_at, found)}"
        yield wrapped(f"{known.abandoned:,} given up{at}{why}", _HANGING, _HANGING)
        yield wrapped(f"to send after all: cashnotifyd retry {id_}", _HANGING, _HANGING)
    last = "nothing delivered yet" if known.delivered_at is None else f"last delivery {_ago(known.delivered_at, found)}"
    yield wrapped(last, _HANGING, _HANGING)


def _headed(id_: str, state: str, style: str) -> str:
    return f"  {styled(id_, 'bold')}: {styled(state, style)}"


def _at(moment: float, found: _Status) -> str:
    return moment_in(moment, language_of(found.settings))


def _ago(moment: float, found: _Status) -> str:
    """How long ago, in English as the sentence around it; a clock that was set back makes it now."""
    return f"{Language(_ENGLISH, found.settings.timezone).duration(max(found.now - moment, 0.0))} ago"


def _polled(moment: float | None, found: _Status) -> str:
    """To the minute: a poll that finds nothing is noted with others, some seconds later."""
    if moment is None:
        return "never polled"
    return "polled within the last minute" if found.now - moment <= _A_MINUTE else f"polled {_ago(moment, found)}"


def _every(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds < 90 else f"{seconds / 60:.0f} min"  # noqa: PLR2004 (a minute and a half)
