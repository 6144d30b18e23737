"""What a key can do: asked of Stripe, one question for each permission, and judged.

::

    events ─▶ can it read at all? ─▶ one probe for each other permission ─▶ KeyReport ─▶ findings
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from cashnotifyd.permissions import EVENTS, NAME_AND_LOGO, NEEDED, Permission
from cashnotifyd.setup.findings import Finding, ok, problem, unknown, warning
from cashnotifyd.stripe_api import Cause, Failure, OwnAccount, StripeApi, account_in
from cashnotifyd.vocabulary import Mode

PATIENCE: Final = 30.0
"""Seconds for all questions about one key."""

_TOLERANCE: Final = 5.0
"""Seconds that a clock may be wrong by before anybody notices."""

_NO_FILE: Final = "file_1CashnotifydCheck"
"""No file of Stripe's. That a link to it is refused says whether links are allowed, and nothing is made."""

_KEYS_PAGE: Final = "https://dashboard.stripe.com/apikeys"


_NO_STRIPE: Final = (
    "no_stripe",
    "what answers is not Stripe as it should be",
    "See whether stripe_api_base is right, and whether this network asks you to sign in first.",
)
_TROUBLES: Final = {
    Cause.KEY_REFUSED: (
        "key_refused",
        "Stripe does not take the key: it is revoked, expired or mistyped",
        "Create another (cashnotifyd key-url prints the link) and put it in its place.",
    ),
    Cause.PERMISSION_MISSING: (
        "events_missing",
        "the key may not read events, so nothing is told of this account",
        f"Edit the key at {_KEYS_PAGE} and set {EVENTS.label}.",
    ),
    Cause.FORBIDDEN: (
        "key_forbidden",
        "Stripe does not let the key in",
        f"See whether the account is open and the key belongs to it: {_KEYS_PAGE}",
    ),
    Cause.RATE_LIMITED: ("stripe_busy", "Stripe has no time for this account now", "Try again in a minute."),
    Cause.BUSY: ("stripe_busy", "Stripe has no time for this account now", "Try again in a minute."),
    Cause.SERVER_ERROR: ("stripe_failing", "Stripe itself fails", "See https://status.stripe.com, and try later."),
    Cause.NETWORK: (
        "stripe_unreachable",
        "Stripe cannot be reached",
        "See that this machine is online, and that a firewall or proxy lets it through to Stripe.",
    ),
}


class Standing(StrEnum):
    """Whether a key carries a permission."""

    PRESENT = "present"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class KeyReport:
    """What one key can do.

    ``failure`` is why it cannot read events, in which case nothing else is known. ``latest`` are the newest events as
    Stripe lists them. ``clock``: seconds by which this machine's clock is ahead of Stripe's, None where it did not say.
    """

    failure: Failure | None
    account: OwnAccount = field(default_factory=lambda: OwnAccount(None, None))
    standings: Mapping[Permission, Standing] | None = None
    latest: tuple[Any, ...] = ()
    clock: float | None = None

    @property
    def missing(self) -> tuple[Permission, ...]:
        """Of the permissions that are needed, those that it lacks."""
        found = self.standings or {}
        return tuple(permission for permission in NEEDED if found.get(permission) is Standing.MISSING)


async def examine_key(api: StripeApi, latest: int = 1) -> KeyReport:
    """Ask Stripe what the key can do; about nine requests. ``latest``: how many of the newest events to bring along."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await _examined(api, latest)
    except TimeoutError:
        return KeyReport(Failure(Cause.NETWORK, f"no answer within {PATIENCE:g} s", retry=True))


async def _examined(api: StripeApi, latest: int) -> KeyReport:
    asked = time.time()
    events = await api.events(limit=latest)
    answered = time.time()
    missing_events = isinstance(events, Failure) and events.cause is Cause.PERMISSION_MISSING
    if isinstance(events, Failure) and not missing_events:
        return KeyReport(events)
    others = [permission for permission in (*NEEDED, *NAME_AND_LOGO) if permission != EVENTS]
    async with asyncio.TaskGroup() as group:
        probes = {permission: group.create_task(_probe(api, permission)) for permission in others}
    answers = {permission: probe.result() for permission, probe in probes.items()}
    standings = {EVENTS: Standing.MISSING if missing_events else Standing.PRESENT}
    standings |= {permission: _standing(answer) for permission, answer in answers.items()}
    account = _whose(answers)
    if isinstance(events, Failure):
        return KeyReport(events, OwnAccount(account.stripe_id or events.stripe_id, account.name), standings)
    clock = None if events.server_time is None else clock_ahead(events.server_time, asked, answered)
    return KeyReport(None, account, standings, tuple(json.loads(event.payload) for event in events.events), clock)


async def _probe(api: StripeApi, permission: Permission) -> dict[str, Any] | Failure:
    if permission.reads is None:
        answer = await api.link_to_file(_NO_FILE)
        return answer if isinstance(answer, Failure) else {}
    return await api.look_up(permission.reads, () if permission.reads == "/v1/account" else [("limit", "1")])


def _standing(answer: dict[str, Any] | Failure) -> Standing:
    if not isinstance(answer, Failure):
        return Standing.PRESENT
    match answer.cause:
        case Cause.PERMISSION_MISSING:
            return Standing.MISSING
        case Cause.REFUSED:  # what it asked for is wrong, and it might have had it
            return Standing.PRESENT
    return Standing.UNKNOWN


def _whose(answers: Mapping[Permission, dict[str, Any] | Failure]) -> OwnAccount:
    """From the account itself, else from a refusal that names it."""
    for permission, answer in answers.items():
        if permission.reads == "/v1/account" and not isinstance(answer, Failure):
            account = account_in(answer)
            # On one line, where it cannot pass for a finding of its own.
            return replace(account, name=None if account.name is None else " ".join(account.name.split()))
    refusals = (answer.stripe_id for answer in answers.values() if isinstance(answer, Failure))
    return OwnAccount(next(filter(None, refusals), None), None)


def clock_ahead(server_time: float, asked: float, answered: float) -> float:
    """Seconds by which our clock is surely ahead of a server that told its whole second between two of our times.

    Negative where it is behind, 0 where nothing is sure.
    """
    if asked > server_time + 1:
        return asked - server_time - 1
    return min(answered - server_time, 0.0)


def findings_on(report: KeyReport, key: str, mode: Mode) -> list[Finding]:
    """What there is to say of a key, the permissions that it has aside."""
    found = [_works(report)]
    if key.startswith("sk_"):
        found.append(
            warning(
                "full_secret_key",
                "this is a full secret key: whoever gets hold of it can move your money",
                "Create a restricted one (cashnotifyd key-url prints the link) and put it in its place.",
            )
        )
    if found_mode := _other_mode(report, mode):
        found.append(
            warning(
                "wrong_mode",
                f"the key looks like one of {mode} mode, and its events are of {found_mode} mode",
                f"Copy the key again, from the {mode} mode of the dashboard.",
            )
        )
    if report.clock is not None:
        found.append(_on_clock(report.clock))
    missing = report.missing
    if missing and EVENTS not in missing:
        labels = ", ".join(permission.label for permission in missing)
        found.append(
            warning(
                "permissions_missing",
                f"messages say less than they could without {labels}",
                f"Edit the key at {_KEYS_PAGE} and set {labels}.",
            )
        )
    return found


def _works(report: KeyReport) -> Finding:
    failure, who = report.failure, report.account
    if failure is None:
        if who.name is None:
            of = f" for {who.stripe_id}" if who.stripe_id else ""
            return ok("key", f"the key works{of}, and may not know the account's name")
        return ok("key", f"the key works: {who.name}" + (f" ({who.stripe_id})" if who.stripe_id else ""))
    if failure.by_address:
        return problem(
            "key_address",
            "Stripe refuses the key from this machine's IP address",
            f"Add the address to those that the key is limited to, or take the limit away: {_KEYS_PAGE}",
        )
    name, text, next_step = _TROUBLES.get(failure.cause, _NO_STRIPE)
    return problem(name, f"{text} ({failure.reason})", next_step)


def _other_mode(report: KeyReport, mode: Mode) -> Mode | None:
    for event in report.latest:
        livemode = event.get("livemode") if isinstance(event, Mapping) else None
        if isinstance(livemode, bool) and Mode.of_livemode(livemode, mode) is not mode:
            return Mode.of_livemode(livemode, mode)
    return None


def _on_clock(ahead: float) -> Finding:
    if abs(ahead) <= _TOLERANCE:
        return ok("clock", "this machine's clock agrees with Stripe's")
    side = "ahead of" if ahead > 0 else "behind"
    return warning(
        "clock",
        f"this machine's clock is {_duration(abs(ahead))} {side} Stripe's",
        "Let the system set it: timedatectl set-ntp true (on a Mac: System Settings, Date & Time).",
    )


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"  # noqa: PLR2004 (two minutes)


def not_asked(key: str) -> list[Finding]:
    """What there is to say of a key without asking Stripe."""
    found = findings_on(KeyReport(None), key, Mode.LIVE)[1:]
    return [unknown("key", "not asked of Stripe (--offline)"), *found]
