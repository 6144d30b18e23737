"""The daemon against a Stripe look-alike that nobody here wrote.

localstripe lists oldest first, knows no /v1/account and only ``sk_`` keys, and speaks API version 2017-08-15. Whatever
it does otherwise than Stripe, the daemon must neither loop, crash nor flood.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.real.conftest import REAL, free_port, listens, running, wait_until
from tests.running import Receiver, RunningDaemon, until

pytestmark = pytest.mark.real
KEY = "sk_test_12345"


class LocalStripe:
    """localstripe as a process, and a client that makes things happen in it."""

    def __init__(self, port: int, log: Path, client: aiohttp.ClientSession) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.log = log
        self._client = client

    async def post(self, path: str, **form: str) -> Any:  # noqa: ANN401 (JSON)
        answer = await self._client.post(
            f"{self.base}/v1/{path}", data=form, headers={"Authorization": f"Bearer {KEY}"}
        )
        assert answer.status == 200, await answer.text()
        return await answer.json()

    async def subscribe(self, name: str) -> str:
        """A customer with a card subscribes; the subscription's id."""
        card = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2030", "cvc": "123"}
        token = await self.post("tokens", **{f"card[{field}]": value for field, value in card.items()})
        customer = await self.post("customers", name=name, email="jane@example.com", source=token["id"])
        subscription = await self.post(
            "subscriptions", **{"customer": customer["id"], "items[0][plan]": "pro", "items[0][quantity]": "1"}
        )
        return str(subscription["id"])

    def polls(self) -> int:
        return self.log.read_text(errors="replace").count('"GET /v1/events')


@pytest.fixture
async def localstripe(tmp_path: Path, started: ExitStack) -> AsyncIterator[LocalStripe]:
    program = REAL / "localstripe" / "bin" / "localstripe"
    if not program.exists():
        pytest.skip("localstripe is not installed: tests/real/install installs it")
    port, log = free_port(), tmp_path / "localstripe.log"
    started.enter_context(
        running(
            program, "--port", str(port), "--from-scratch", log=log,
            env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"},
        )
    )  # fmt: skip
    await asyncio.to_thread(wait_until, lambda: listens(port))
    async with aiohttp.ClientSession() as client:
        stripe = LocalStripe(port, log, client)
        await stripe.post(
            "plans", id="pro", amount="2000", currency="usd", interval="month", name="Pro", **{"product[name]": "Pro"}
        )
        yield stripe


async def test_it_neither_loops_nor_crashes_nor_floods(localstripe: LocalStripe, tmp_path: Path) -> None:
    folder = tmp_path / "daemon"
    folder.mkdir()
    async with Receiver() as receiver:
        settings = {
            "poll_interval": "1s",
            "stripe_api_base": localstripe.base,
            "accounts": {"shop": {"api_key": KEY, "name": "Shop"}},
            "channels": {"phone": {"url": receiver.url("phone"), "burst": "off"}},
        }
        async with RunningDaemon(folder, settings) as daemon:
            await receiver.until(lambda: len(receiver.titles("phone")) == 1)
            assert receiver.titles("phone") == ["[TEST] Now watching · Shop"]
            for number in range(30):  # well over a page of events
                await localstripe.subscribe(f"Jane {number}")
            new = "[TEST] New subscription $20.00/month · Shop"
            await receiver.until(lambda: receiver.titles("phone").count(new) == 30)
            before = localstripe.polls()
            await until(lambda: localstripe.polls() >= before + 8)
            counted = len(receiver.titles("phone"))
            await until(lambda: localstripe.polls() >= before + 16)
            assert len(receiver.titles("phone")) == counted
            assert max(receiver.links("phone").values()) == 1
            assert await daemon.stop() == 0
        problems = [line for line in daemon.logged() if line["level"] in {"error", "critical"}]
        assert problems == []
