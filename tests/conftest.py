"""What all tests have in common."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, settings

from cashnotifyd.simulator.account import SimulatedAccount
from cashnotifyd.simulator.server import Simulator
from cashnotifyd.stripe_api import StripeApi, StripeConnections

pytest_plugins = ["tests.faults.figures"]

# The suite tries the same examples each time, on a machine however slow; `--hypothesis-profile=thorough` tries others.
settings.register_profile("suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "thorough", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("suite")


def pytest_configure() -> None:
    """What a shell starts in its background ignores SIGINT, and so would all that tests start and interrupt."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
async def stripe() -> AsyncIterator[Simulator]:
    async with Simulator() as stripe:
        yield stripe


@pytest.fixture
async def connections() -> AsyncIterator[StripeConnections]:
    connections = StripeConnections()
    yield connections
    await connections.close()


@pytest.fixture
def shop(stripe: Simulator) -> SimulatedAccount:
    """An account that :func:`api` asks for."""
    return stripe.account("acct_1Shop", name="Acme Shop")


@pytest.fixture
def pauses() -> list[float]:
    """How long was waited between attempts."""
    return []


@pytest.fixture
def api(stripe: Simulator, shop: SimulatedAccount, connections: StripeConnections, pauses: list[float]) -> StripeApi:
    """It waits between attempts by noting for how long."""

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    return connections.account(shop.key(), stripe.base, pause)
