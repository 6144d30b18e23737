"""Accounts that get no answer share a few connections, so that they hold up nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from cashnotifyd.simulator.faults import Reset
from cashnotifyd.simulator.server import Simulator
from cashnotifyd.stripe_api import Cause, Failure, Page, StripeConnections
from cashnotifyd.stripe_api.asking import ATTEMPTS, SILENT_CONNECTIONS

AS_ONE = 2
"""Resets that count as one: aiohttp itself asks again once."""


@pytest.fixture
async def connections() -> AsyncIterator[StripeConnections]:
    connections = StripeConnections()
    yield connections
    await connections.close()


async def at_once(_seconds: float) -> None:
    """No pause between retries."""


async def test_while_many_are_silent_others_are_answered(connections: StripeConnections) -> None:
    async with Simulator() as stripe:
        silent, well = stripe.account("acct_1Silent", name="Silent"), stripe.account("acct_1Well", name="Well")
        of_silent = connections.account(silent.key(), stripe.base, at_once)
        of_well = connections.account(well.key(), stripe.base, at_once)
        silent.fail(Reset(), times=AS_ONE)
        for _ in range(SILENT_CONNECTIONS):
            await connections.for_the_silent.acquire()

        failure = await of_silent.events(limit=10)
        assert isinstance(failure, Failure)
        assert failure.cause is Cause.NETWORK
        assert (len(silent.requests), of_silent.reads) == (AS_ONE, 1), "what is not asked is not counted"
        assert isinstance(await of_well.events(limit=10), Page)

        connections.for_the_silent.release()
        assert isinstance(await of_silent.events(limit=10), Page)


async def test_who_is_answered_is_silent_no_more(connections: StripeConnections) -> None:
    async with Simulator() as stripe:
        shop = stripe.account("acct_1Shop", name="Shop")
        api = connections.account(shop.key(), stripe.base, at_once)
        shop.fail(Reset(), times=AS_ONE * ATTEMPTS)
        assert isinstance(await api.events(limit=10), Failure)
        assert isinstance(await api.events(limit=10), Page)
        for _ in range(SILENT_CONNECTIONS):
            await connections.for_the_silent.acquire()
        assert isinstance(await api.events(limit=10), Page)
