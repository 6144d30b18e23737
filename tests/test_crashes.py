"""The promise, on the real process: nothing is lost, and a crash repeats at most the send that was under way."""

from __future__ import annotations

from pathlib import Path

import pytest

from cashnotifyd.simulator import families
from cashnotifyd.simulator.server import Simulator
from tests.faults.figures import Figures
from tests.running import IN_WHICH_LIFE, Receiver, RunningDaemon

CHANNELS = ("phone", "desk")


async def kill_while_selling(folder: Path, *, sales: int, kills: int) -> Receiver:
    """Make ``sales``, a share of them before each of the ``kills``, which come while the daemon tells of them."""
    async with Simulator() as stripe, Receiver() as receiver:
        shop = stripe.account("acct_1Shop", name="Acme Shop")
        daemon = RunningDaemon(
            folder,
            {
                "poll_interval": "1s",
                "stripe_api_base": stripe.base,
                "accounts": {"shop": {"api_key": shop.key()}},
                "channels": {
                    name: {"url": f"{receiver.url(name)}?{IN_WHICH_LIFE}", "burst": "off"} for name in CHANNELS
                },
            },
        )

        def arrived() -> int:
            return sum(len(receiver.titles(name)) for name in CHANNELS)

        async with daemon:
            await receiver.until(lambda: all(receiver.titles(name) for name in CHANNELS))
            for kill in range(kills):
                for _ in range(sales // kills):
                    families.charge_sale(shop)
                enough = arrived() + 1 + 4 * (kill % 3)  # at its first words, or at some later ones
                await receiver.until(lambda enough=enough: arrived() >= enough)  # type: ignore[misc]
                await daemon.kill()
                await daemon.start()
            await receiver.until(lambda: all(len(receiver.links(name)) > sales for name in CHANNELS))
            assert await daemon.stop() == 0
    return receiver


async def shows_the_promise(folder: Path, figures: Figures, *, sales: int, kills: int) -> None:
    receiver = await kill_while_selling(folder, sales=sales, kills=kills)

    repeated = 0
    for channel in CHANNELS:
        arrivals = receiver.links(channel)
        repeats = sum(arrivals.values()) - len(arrivals)
        repeated += repeats
        print(  # noqa: T201 (the measured figures: pytest -s shows them)
            f"{channel}: {sales} sales, {kills} kills, {len(arrivals) - 1} told, {repeats} repeated"
        )
        assert len(arrivals) == sales + 1  # and "now watching", once
        of_each_kill = receiver.repeats(channel, lambda message: message["message"])
        assert of_each_kill.total() == repeats
        assert max(of_each_kill.values(), default=0) <= 1
    figures(lost=0, repeated=repeated, measured=f"{kills} kills, {sales} sales on two channels")


@pytest.mark.fault(27)
async def test_killed_again_and_again_nothing_is_lost_and_little_repeated(tmp_path: Path, figures: Figures) -> None:
    await shows_the_promise(tmp_path, figures, sales=45, kills=3)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.fault(27)
async def test_killed_twenty_times_while_it_tells(tmp_path: Path, figures: Figures) -> None:
    await shows_the_promise(tmp_path, figures, sales=300, kills=20)
