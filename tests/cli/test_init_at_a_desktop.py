from __future__ import annotations

from pathlib import Path

import yaml

from cashnotifyd.simulator.server import Simulator
from tests.cli.shops import surroundings
from tests.cli.terminal import Terminal
from tests.delivery.test_desktop import SessionBus, bus

__all__ = ["bus"]


async def test_the_desktop_is_the_default(stripe: Simulator, bus: SessionBus, tmp_path: Path) -> None:
    key = stripe.account("acct_1Shop", name="Acme Shop").key()
    environ = surroundings(
        tmp_path, CASHNOTIFYD_STRIPE_API_BASE=stripe.base, DBUS_SESSION_BUS_ADDRESS=f"unix:path={bus.path}"
    )
    async with Terminal(["init"], environ) as screen:
        await screen.answer(("not shown", key), ("[acme-shop]: ", ""), ("account? [y/N]: ", ""))
        await screen.until("  desktop  notices on this desktop\n")
        await screen.answer(("(desktop, ntfy, url) [desktop]: ", ""), ("Did it arrive? [Y/n]: ", ""))
        await screen.answer(("[desktop]: ", ""), ("channel? [y/N]: ", ""), ("Write it? [Y/n]: ", ""))
        await screen.until("What is next")
    (notice,) = bus.notices
    assert notice.body[3] == "[TEST] Sale $49.00 · Test from cashnotifyd"
    written = yaml.safe_load((tmp_path / ".config" / "cashnotifyd" / "config.yaml").read_text())
    assert written["channels"] == {"desktop": {"url": "dbus://"}}
