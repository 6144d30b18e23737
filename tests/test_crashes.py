"""The promise, on the real process: nothing is lost, and a crash repeats at most the send that was under way."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cashnotifyd.simulator import families
from cashnotifyd.simulator.server import Simulator
from tests.faults.figures import Figures
from tests.running import Receiver, RunningDaemon


async def kill_while_selling(folder: Path, *, sales: int, seconds: float, every: float) -> tuple[int, Receiver]:
    """Make ``sales`` in ``seconds`` while the daemon is killed every so often; returns the number of kills."""
    async with Simulator() as stripe, Receiver() as receiver:
        shop = stripe.account("acct_1Shop", name="Acme Shop")
        daemon = RunningDaemon(
            folder,
            {
                "poll_interval": "1s",
                "stripe_api_base": stripe.base,
                "accounts": {"shop": {"api_key": shop.key()}},
                "channels": {name: {"url": receiver.url(name), "burst": "off"} for name in ("phone", "desk")},
            },
        )
        kills = 0
        async with daemon:
            await receiver.until(lambda: len(receiver.got.get("phone", [])) == len(receiver.got.get("desk", [])) == 1)
            loop = asyncio.get_running_loop()
            start = loop.time()
            next_kill = start + every
            for number in range(sales):
                await asyncio.sleep(max(0.0, start + seconds * number / sales - loop.time()))
                families.charge_sale(shop)
                if loop.time() >= next_kill:
                    await daemon.kill()
                    kills += 1
                    await daemon.start()
                    next_kill = loop.time() + every
            await receiver.until(lambda: all(len(receiver.links(name)) > sales for name in ("phone", "desk")), 60)
            assert await daemon.stop() == 0
    return kills, receiver


async def shows_the_promise(folder: Path, figures: Figures, *, sales: int, seconds: float, every: float) -> None:
    kills, receiver = await kill_while_selling(folder, sales=sales, seconds=seconds, every=every)

    repeated = 0
    for channel in ("phone", "desk"):
        arrivals = receiver.links(channel)
        repeats = sum(arrivals.values()) - len(arrivals)
        repeated += repeats
        print(  # noqa: T201 (the measured figures: pytest -s shows them)
            f"{channel}: {sales} sales, {kills} kills, {len(arrivals) - 1} told, {repeats} repeated"
        )
        assert len(arrivals) == sales + 1  # and "now watching", once
        assert repeats <= kills
    assert kills >= seconds / every / 2
    figures(lost=0, repeated=repeated, measured=f"{kills} kills, {sales} sales on two channels")


@pytest.mark.fault(27)
async def test_killed_again_and_again_nothing_is_lost_and_little_repeated(tmp_path: Path, figures: Figures) -> None:
    await shows_the_promise(tmp_path, figures, sales=60, seconds=6, every=1.5)


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.fault(27)
async def test_killed_every_second_and_a_half_over_thirty_seconds(tmp_path: Path, figures: Figures) -> None:
    await shows_the_promise(tmp_path, figures, sales=300, seconds=30, every=1.5)
