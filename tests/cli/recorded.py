"""A record of what was really told, for commands that show it; the command line on it, in this process."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner, Result

from cashnotifyd import cli
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.values import ListedEvent
from cashnotifyd.simulator.account import SimulatedAccount
from tests.teller import NOW, Teller, emitted, shop

CONFIG = """
cursor_file: cursor.db
timezone: UTC
locale: en_US
accounts:
  shop: {api_key: rk_live_51AbCdEfGhIjKlMnOpQrStUv, name: Acme Shop}
channels:
  all: {url: "json://127.0.0.1:9/all", events: ["*"]}
  phone: {url: "json://127.0.0.1:9/phone"}
"""
API = "2025-03-31.basil"


class Desk:
    """A configuration, a record that a daemon has open, and the command line on both."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "config.yaml"
        self.config.touch(mode=0o600)
        self.config.write_text(CONFIG)
        self.cursor_file = folder / "cursor.db"
        self.record = CursorFile.open(self.cursor_file)
        self.teller = Teller(self.record)
        self.shop = shop(API)
        self._told = 0

    async def told(self) -> list[dict[str, Any]]:
        """What the shop did since the last time is polled and told. Returns its events."""
        new = emitted(self.shop)[self._told :]
        self._told += len(new)
        await self.teller.poll(new)
        while self.teller.held:
            self.teller.now += 6
            await self.teller.poll([])
        return new

    async def found_at_first_contact(self, before: SimulatedAccount) -> None:
        """What this one did is history."""
        page = [
            ListedEvent(event["id"], event["type"], event["created"], json.dumps(event), "history")
            for event in emitted(before)
        ]
        await self.teller.poll([])
        await self.record.record_page(1, page, NOW)


class Answer:
    """What a command said."""

    def __init__(self, result: Result) -> None:
        self.status = result.exit_code
        self.out = result.stdout_bytes.decode()
        self.error = result.stderr or str(result.exception or "")

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


async def asked(desk: Desk, *arguments: str) -> Answer:
    """Ask on the command line. In another thread, since a command has an event loop of its own."""
    name, *rest = arguments
    command = cli.cashnotifyd.get_command(click.Context(cli.cashnotifyd), name)
    assert command is not None
    given = [*rest, "--config", str(desk.config)]
    return Answer(await asyncio.to_thread(CliRunner().invoke, command, given))


async def json_of(desk: Desk, *arguments: str) -> Any:  # noqa: ANN401 (whatever JSON holds)
    answer = await asked(desk, *arguments, "--json")
    assert answer.status == 0, answer.error
    return json.loads(answer.out)
