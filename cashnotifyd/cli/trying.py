"""Trying out one key and one channel before they are written."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from cashnotifyd import logs
from cashnotifyd.cli.ground import Ground, Secret
from cashnotifyd.config.values import mode_of_key
from cashnotifyd.delivery.apprise_door.masking import secrets_of
from cashnotifyd.setup.findings import Finding
from cashnotifyd.setup.keys import KeyReport, examine_key, findings_on
from cashnotifyd.setup.sending import Sample, on_outcome, sample_message, send
from cashnotifyd.stripe_api import StripeConnections
from cashnotifyd.vocabulary import Disclosure

_EVENTS_LOOKED_AT = 50


def try_key(key: Secret, ground: Ground) -> tuple[KeyReport, Sequence[Finding]]:
    """Ask Stripe what the key can do, and for the account's latest events."""
    logs.add_secrets([key.value])

    async def asked() -> KeyReport:
        connections = StripeConnections()
        try:
            return await examine_key(connections.account(key.value, ground.stripe_api_base), _EVENTS_LOOKED_AT)
        finally:
            await connections.close()

    report = asyncio.run(asked())
    return report, findings_on(report, key.value, mode_of_key(key.value))


def try_channel(url: Secret, ground: Ground) -> list[Finding]:
    """Send a test message to every recipient; how it went for each."""
    logs.add_secrets(secrets_of(url.value))
    message = sample_message(Sample(), ground.words, Disclosure.FULL, time.time())
    return [on_outcome(outcome) for outcome in send(url.value, message)]
