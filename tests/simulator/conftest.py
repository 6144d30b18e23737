from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
import stripe

from cashnotifyd.simulator.account import SimulatedAccount
from cashnotifyd.simulator.server import Simulator
from tests.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def simulator(clock: Clock) -> AsyncIterator[Simulator]:
    async with Simulator(now=clock) as running:
        yield running


@pytest.fixture
def shop(simulator: Simulator) -> SimulatedAccount:
    return simulator.account("acct_1Shop", name="Acme Shop")


@pytest.fixture
async def session(simulator: Simulator) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(base_url=simulator.base) as client:
        yield client


class Sdk:
    """Stripe's own library, pointed at the simulator."""

    def __init__(self, base: str, session: aiohttp.ClientSession) -> None:
        self._base = base
        self._http = stripe.AIOHTTPClient(session=session)

    def client(self, key: str) -> stripe.StripeClient:
        return stripe.StripeClient(key, base_addresses={"api": self._base}, http_client=self._http)


@pytest.fixture
async def sdk(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sdk]:
    # Telemetry writes a file into the user's configuration folder.
    monkeypatch.setattr(stripe, "enable_telemetry", False)
    async with aiohttp.ClientSession() as session:
        yield Sdk(simulator.base, session)
