"""``cashnotifyd check``: what works, what is missing, what that costs, and what to do."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from cashnotifyd import logs
from cashnotifyd.cli.checking import Screen, loaded_from
from cashnotifyd.cli.joining import from_record
from cashnotifyd.cli.options import config_option
from cashnotifyd.config.loading import ConfigError, Loaded, default_path
from cashnotifyd.config.settings import Settings
from cashnotifyd.permissions import NEEDED
from cashnotifyd.refusal import Refusal
from cashnotifyd.setup.checkup import AccountCheck, Checkup, Reach, check_up
from cashnotifyd.setup.findings import Finding, Verdict, count, ok
from cashnotifyd.setup.keys import Standing
from cashnotifyd.setup.recorded import Recorded

_FAILED: Final = 1
_BAD_CONFIGURATION: Final = 78  # EX_CONFIG of sysexits.h
_FEW: Final = 5
"""With more accounts than that, those that are all well get a line each."""


@click.command()
@click.option("--offline", is_flag=True, help="Look at what is on this machine only: ask no server.")
@click.option("--json", "as_json", is_flag=True, help="An object, as the README describes it.")
@config_option
def check(offline: bool, as_json: bool, config: Path | None) -> int:  # noqa: FBT001 (flags of the command line)
    """Look at everything: the configuration, each key and its permissions, each channel, the record.

    Says what works, what is missing, what is lost by that, and what to do about it; of each channel also what waits
    and what was given up. Each account takes about nine reads at Stripe. No message is sent: whether one arrives, only
    `cashnotifyd send-test` shows. It changes nothing, and the daemon may run meanwhile.

    Exit status: 0 if everything works, warnings or not; 1 if something does not; 78 if the configuration cannot be
    used.
    """
    try:
        loaded = loaded_from(config)
    except ConfigError as error:
        if not as_json:
            raise Refusal("the configuration cannot be used", hint=str(error), status=_BAD_CONFIGURATION) from None
        _print(_of_unusable(_path(config), error))
        return _BAD_CONFIGURATION
    reach = Reach.OFFLINE if offline else Reach.NETWORK
    checkup = asyncio.run(check_up(loaded.settings, reach, _recorded(loaded.settings)))
    about = _on_configuration(loaded)
    if as_json:
        _print(_as_json(_path(config), about, checkup))
    else:
        _show(_path(config), about, checkup)
    return _FAILED if count(checkup.findings(), Verdict.PROBLEM) else 0


def _path(config: Path | None) -> Path:
    try:
        return config or default_path(os.environ)
    except ConfigError:  # a user without a home
        return Path("config.yaml")


def _recorded(settings: Settings) -> Recorded:
    """What the record says of accounts and channels. Whether the file itself is sound is looked at elsewhere."""
    now = time.time()
    try:
        if not settings.cursor_file.exists():
            return Recorded()
        accounts, sending = from_record(
            settings, lambda record: asyncio.gather(record.watching(now), record.sending(tuple(settings.channels), now))
        )
    except Refusal as refusal:
        return Recorded(unread=refusal.problem)
    except OSError as error:
        return Recorded(unread=error.strerror)
    return Recorded(accounts, sending)


def _on_configuration(loaded: Loaded) -> list[Finding]:
    """It can be used; and its warnings, but for those on keys, which come with the account."""
    settings = loaded.settings
    accounts, channels = len(settings.accounts), len(settings.channels)
    counted = f"{accounts} account{'s' * (accounts != 1)}, {channels} channel{'s' * (channels != 1)}"
    warnings = (text for text in loaded.warnings if not text.startswith("accounts."))
    return [ok("usable", counted), *(Finding("setting", Verdict.WARNING, text) for text in warnings)]


# For people


def _show(path: Path, about: Sequence[Finding], checkup: Checkup) -> None:
    screen = Screen()
    _section(screen, f"Configuration {path}", about)
    many = len(checkup.accounts) > _FEW
    for account in checkup.accounts:
        heading = f"Account {account.id}" + (f", {account.name}" if account.name else "") + f" ({account.mode} mode)"
        if many and all(finding.verdict is Verdict.OK for finding in account.findings):
            screen.heading(f"{heading}: all well")
            continue
        _section(screen, heading, account.findings)
        if account.standings and not (many and not _lacks(account)):
            screen.permissions(account.standings)
    for id_, findings in checkup.channels.items():
        _section(screen, f"Channel {id_}", findings)
    _section(screen, "Record and daemon", [*checkup.record, *checkup.daemon])
    screen.heading(_verdict([*about, *checkup.findings()]))


def _section(screen: Screen, heading: str, findings: Sequence[Finding]) -> None:
    screen.heading(heading)
    screen.findings(findings)


def _lacks(account: AccountCheck) -> bool:
    standings = account.standings or {}
    return any(standings.get(permission) is not Standing.PRESENT for permission in NEEDED)


def _verdict(findings: Sequence[Finding]) -> str:
    problems, warnings = count(findings, Verdict.PROBLEM), count(findings, Verdict.WARNING)
    failing = (
        "Everything works"
        if not problems
        else f"{problems} thing{'s' * (problems != 1)} " + ("does not work" if problems == 1 else "do not work")
    )
    warned = f", {warnings} warning{'s' * (warnings != 1)}" if warnings else ""
    unseen = ", some things were not looked at" if count(findings, Verdict.UNKNOWN) else ""
    return f"{failing}{warned}{unseen}."


# For scripts


def _as_json(path: Path, about: Sequence[Finding], checkup: Checkup) -> dict[str, Any]:
    findings = [*about, *checkup.findings()]
    return {
        "works": count(findings, Verdict.PROBLEM) == 0,
        "problems": count(findings, Verdict.PROBLEM),
        "warnings": count(findings, Verdict.WARNING),
        "configuration": {"file": str(path), "findings": _findings(about)},
        "accounts": {account.id: _account(account) for account in checkup.accounts},
        "channels": {id_: {"findings": _findings(found)} for id_, found in checkup.channels.items()},
        "record": {"findings": _findings(checkup.record)},
        "daemon": {"findings": _findings(checkup.daemon)},
    }


def _of_unusable(path: Path, error: ConfigError) -> dict[str, Any]:
    findings = [
        {
            "name": "unusable",
            "verdict": Verdict.PROBLEM,
            "text": f"{found.key}: {found.problem}" if found.key else found.problem,
            "next_step": found.hint,
            "place": found.place,
        }
        for found in error.findings
    ]
    return {
        "works": False,
        "problems": len(findings),
        "warnings": 0,
        "configuration": {"file": str(path), "findings": findings},
        "accounts": {},
        "channels": {},
        "record": {"findings": []},
        "daemon": {"findings": []},
    }


def _account(account: AccountCheck) -> dict[str, Any]:
    return {
        "mode": account.mode,
        "name": account.name,
        "stripe_id": account.stripe_id,
        "findings": _findings(account.findings),
        "permissions": [
            {
                "name": permission.slug,
                "label": permission.label,
                "needed": permission in NEEDED,
                "standing": standing,
                "purpose": permission.purpose,
            }
            for permission, standing in (account.standings or {}).items()
        ],
    }


def _findings(findings: Sequence[Finding]) -> list[Mapping[str, Any]]:
    return [
        {
            "name": finding.name,
            "verdict": finding.verdict,
            "text": finding.text,
            "next_step": finding.next_step or None,
        }
        for finding in findings
    ]


def _print(answer: Mapping[str, Any]) -> None:
    click.echo(logs.redact(json.dumps(answer, indent=2, ensure_ascii=False)).encode())
