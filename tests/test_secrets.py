"""No secret reaches a log, the process list or the cursor file, however loudly everything is told to speak."""

from __future__ import annotations

from pathlib import Path

import pytest

from cashnotifyd.simulator import families
from cashnotifyd.simulator.server import Simulator
from tests.running import Receiver, RunningDaemon

PLANTED = {
    "hook": "json://user:PLANTEDhookpassword1@127.0.0.1:{port}/hook",
    "ntfy": "ntfy://tk_PLANTEDntfytoken1234567890ab@127.0.0.1:{port}/topic",
    "mail": "mailto://me:PLANTEDmailpassword1@127.0.0.1:1?from=me@example.com&to=you@example.com",
    "telegram": "tgram://123456789:PLANTEDtelegramtokenabcdefghijklmnopq/123456",
    "discord": "discord://123456789012345678/PLANTEDdiscordtokenPLANTEDdiscordtokenPLANTEDdiscordtokenPLANTED",
}


@pytest.mark.fault(42, measured="0 hits")
async def test_everything_at_debug_and_everything_failing(tmp_path: Path) -> None:
    async with Simulator() as stripe, Receiver() as receiver:
        shop = stripe.account("acct_1Shop", name="Acme Shop")
        gone = stripe.account("acct_1Gone", name="Gone")
        keys = [shop.key(), gone.key()]
        gone.revoke(keys[1])
        receiver.status = 500
        channels = {name: {"url": url.format(port=receiver.port)} for name, url in PLANTED.items()}
        settings = {
            "poll_interval": "1s",
            "stripe_api_base": stripe.base,
            "accounts": {"shop": {"api_key": keys[0]}, "gone": {"api_key": keys[1]}},
            "channels": channels,
        }
        daemon = RunningDaemon(tmp_path, settings)
        daemon.options = ("--log-level", "debug")
        daemon.environment = {"STRIPE_LOG": "debug", "PYDANTIC_SETTINGS_DEBUG": "1"}
        async with daemon:
            families.charge_sale(shop)
            await daemon.until_logged("not delivered, to be tried again", times=5)
            await daemon.until_logged("the key is refused")
            assert daemon.process is not None
            command_line = Path(f"/proc/{daemon.process.pid}/cmdline")
            shown = command_line.read_bytes() if command_line.exists() else b""
            assert await daemon.stop() == 0
    left = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path != daemon.config}
    for name, content in {**left, "command line": shown}.items():
        for secret in ("PLANTED", *keys, *(key[-24:] for key in keys)):
            assert secret.encode() not in content, f"{secret[:12]}… stands in {name}"
