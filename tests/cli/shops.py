"""A simulated Stripe with a shop, a configuration beside it, and the command line on both."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from cashnotifyd.simulator.account import SimulatedAccount
from cashnotifyd.simulator.server import Simulator
from tests.cli import inside

_SET_UP = ("CASHNOTIFYD_", "DBUS_", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")


def surroundings(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a stranger whose home is ``folder``, without a desktop."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_SET_UP)}
    return {
        **inherited,
        "HOME": str(folder),
        "TZ": "Europe/Paris",
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/no/bus",
        **more,
    }


class Shops:
    """A folder for a configuration, and who plays Stripe for it."""

    def __init__(self, folder: Path, stripe: Simulator) -> None:
        self.folder = folder
        self.stripe = stripe
        self.shop: SimulatedAccount = stripe.account("acct_1Shop", name="Acme Shop")
        self.config = folder / "config.yaml"

    def write(self, settings: Mapping[str, Any]) -> None:
        self.config.touch(mode=0o600)
        whole = {"cursor_file": "cursor.db", "stripe_api_base": self.stripe.base, **settings}
        self.config.write_text(yaml.safe_dump(whole, sort_keys=False))

    async def call(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        environ = surroundings(self.folder, **environment)
        return await asyncio.to_thread(inside.called, *arguments, "--config", str(self.config), environ=environ)

    async def call_beside(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """In a process of its own."""

        def run() -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [sys.executable, "-m", "cashnotifyd", *arguments, "--config", str(self.config)],
                capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                env=surroundings(self.folder, **environment),
            )  # fmt: skip

        return await asyncio.to_thread(run)
