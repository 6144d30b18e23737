"""What services do to those who send to them, on the lanes and on the real process."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from pathlib import Path

import pytest

from cashnotifyd.delivery.outcome import Delivered, NotSent, Outcome
from cashnotifyd.vocabulary import Message
from tests.clock import NOON
from tests.delivery.street import House, Street, numbered
from tests.faults.figures import Figures
from tests.faults.receiver import TakenThenGarbage, TakenThenReset, TakenThenSilent
from tests.faults.scene import scene
from tests.running import until

DAY = 86_400.0


@pytest.mark.fault(15)
async def test_a_day_of_5xx_loses_and_repeats_nothing(tmp_path: Path, figures: Figures) -> None:
    tries: list[float] = []

    def down_for_a_day(_message: Message, now: float) -> Outcome:
        tries.append(now)
        return Delivered() if now >= NOON + DAY else NotSent("503")

    down, well = House(down_for_a_day), House()
    street = Street(tmp_path, NOON, {"down": down, "well": well})
    titles = numbered("Sale", range(24))
    for number, title in enumerate(titles):
        await street.told(title)
        await street.on(3600.0)
        if number % 6 == 0:
            street.restart()
    failed = len([at for at in tries if at < NOON + DAY])
    await street.on(3600.0)
    street.record.close()

    assert well.titles == titles
    assert Counter(down.titles) == Counter(titles)
    first, last = (down.got[place][0] - NOON - DAY for place in (0, -1))
    figures(
        lost=0,
        repeated=0,
        measured=f"24 messages held, {failed} tries in the day; after it the first was told within {first:.0f} s, "
        f"the last within {last:.0f} s",
    )


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.fault(16)
@pytest.mark.parametrize("trouble", [TakenThenSilent(), TakenThenReset(), TakenThenGarbage()], ids=str)
async def test_a_service_that_takes_and_does_not_say_so(
    tmp_path: Path, trouble: TakenThenSilent | TakenThenReset | TakenThenGarbage, figures: Figures
) -> None:
    async with scene(tmp_path, options="&rto=6") as shop:
        await shop.daemon.start()
        await shop.is_known()
        shop.receiver.fail("phone", trouble)
        for _ in range(3):
            shop.sell()
        await shop.daemon.until_logged("not delivered, to be tried again")
        assert shop.receiver.doubtful["phone"] == 1
        await shop.all_is_told(120)  # no other is risked in the minute before it is sent again
        assert await shop.daemon.stop() == 0
    counted = shop.counted()
    figures(**counted, measured=f"{type(trouble).__name__}: one send in doubt, {counted['repeated']} repeated")
    assert counted["lost"] == 0
    assert counted["repeated"] <= 1


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.fault(2, 6, 15, 20)
async def test_bad_weather_on_every_side(tmp_path: Path, figures: Figures) -> None:
    seed = 6
    async with scene(tmp_path, shops=2, channels=("phone", "desk", "mail")) as shops:
        await shops.daemon.start()
        await shops.is_known()
        for number, shop in enumerate(shops.shops.values()):
            shop.weather(seed + number)
        shops.receiver.weather(seed)
        for _ in range(60):
            shops.sell()
            await asyncio.sleep(0.5)
        for shop in shops.shops.values():
            shop.mend()
        shops.receiver.mend()
        shops.daemon.signal(signal.SIGHUP)  # somebody has mended something; else a channel is tried within five minutes
        await shops.all_is_told(120)
        assert await shops.daemon.stop() == 0
    assert shops.counted() == {"lost": 0, "repeated": 0}
    figures(**shops.counted(), measured=f"{shops.sold} sales in 30 s of weather", seed=seed)


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.fault(17)
async def test_one_of_three_is_down_and_the_others_do_not_notice(tmp_path: Path, figures: Figures) -> None:
    channels = ("phone", "desk", "mail")
    async with scene(tmp_path, channels=channels) as shop:
        loop = asyncio.get_running_loop()
        await shop.daemon.start()
        await shop.is_known()

        async def delay() -> float:
            """Seconds until a sale has reached the two that are well."""
            begun = loop.time()
            shop.sell()
            await shop.receiver.until(lambda: all(len(shop.told(name)) == shop.sold for name in channels[1:]))
            return loop.time() - begun

        before = [await delay() for _ in range(8)]
        shop.receiver.refusing["phone"] = 503
        during = [await delay() for _ in range(8)]
        del shop.receiver.refusing["phone"]
        await until(lambda: shop.told("phone").total() >= shop.sold)
        assert await shop.daemon.stop() == 0
    assert shop.counted() == {"lost": 0, "repeated": 0}
    usual, slower = sorted(before)[4], sorted(during)[4]
    figures(**shop.counted(), measured=f"the other two told in {slower:.1f} s, {usual:.1f} s before (poll of 1 s)")
