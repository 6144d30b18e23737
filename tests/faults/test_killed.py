"""The promise at its hardest: killed two hundred times, the daemon loses nothing and repeats what was under way."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from tests.faults.figures import Figures
from tests.faults.scene import scene

KILLS = 200
CHANNELS = ("phone", "desk", "mail")


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.fault(27)
async def test_killed_two_hundred_times(tmp_path: Path, figures: Figures) -> None:
    seed = 27
    rng = random.Random(seed)
    async with scene(tmp_path, shops=2, channels=CHANNELS) as shops:

        def arrived() -> int:
            return sum(len(shops.receiver.titles(name)) for name in CHANNELS)

        await shops.daemon.start()
        await shops.is_known()
        for kill in range(KILLS):
            # It sells before, during and after the kill: some are recorded, some told, some under way.
            for _ in range(rng.randint(1, 6)):
                shops.sell()
            before = arrived()
            await shops.receiver.until(lambda before=before: arrived() > before, 60)  # type: ignore[misc]
            await asyncio.sleep(rng.uniform(0, 0.05) if kill % 2 else rng.uniform(0, 0.6))
            shops.sell()
            await shops.daemon.kill()
            await shops.daemon.start()
            if rng.random() < 0.1:  # now and then in the middle of a start
                await asyncio.sleep(rng.uniform(0, 0.8))
                await shops.daemon.kill()
                await shops.daemon.start()
        await shops.all_is_told(120)
        assert await shops.daemon.stop() == 0

    counted = shops.counted()
    figures(
        **counted,
        measured=f"{KILLS} kills, {shops.sold} sales of two accounts on three channels, "
        f"{counted['repeated'] / KILLS:.2f} repeated a kill, at most {shops.most_repeated()} of them on one channel",
        seed=seed,
    )
    assert counted["lost"] == 0
    assert shops.most_repeated() <= 1
