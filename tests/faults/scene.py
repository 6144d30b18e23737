"""A simulated Stripe, a receiver in trouble, and the real daemon between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cashnotifyd.simulator import families
from cashnotifyd.simulator.account import SimulatedAccount
from cashnotifyd.simulator.server import Simulator
from tests.faults.receiver import FaultyReceiver
from tests.faults.shifted import ShiftedDaemon
from tests.running import IN_WHICH_LIFE, PATIENCE


@dataclass
class Scene:
    """Shops by their ids, channels by their names, and what was sold."""

    stripe: Simulator
    receiver: FaultyReceiver
    shops: dict[str, SimulatedAccount]
    daemon: ShiftedDaemon
    channels: tuple[str, ...]
    sold: int = 0

    @property
    def shop(self) -> SimulatedAccount:
        """The first shop."""
        return next(iter(self.shops.values()))

    def sell(self, *, at: float | None = None) -> None:
        """The next sale, in the next shop, for an amount that no other has."""
        shops = list(self.shops.values())
        families.charge_sale(shops[self.sold % len(shops)], amount=1000 + self.sold, at=at)
        self.sold += 1

    def told(self, channel: str) -> Counter[str]:
        """How often each sale was told there, by its amount."""
        titles = self.receiver.titles(channel)
        return Counter(title.split()[1] for title in titles if title.startswith("Sale "))

    async def is_known(self) -> None:
        """Wait until every channel knows every shop."""
        await self.receiver.until(
            lambda: all(len(self.receiver.titles(name)) >= len(self.shops) for name in self.channels)
        )

    async def all_is_told(self, seconds: float = PATIENCE) -> None:
        """Wait until every sale was told everywhere."""
        await self.receiver.until(lambda: all(len(self.told(name)) == self.sold for name in self.channels), seconds)

    def counted(self) -> dict[str, int]:
        """What was lost and what was repeated, over all channels."""
        sold = {f"${10 + number / 100:.2f}" for number in range(self.sold)}
        lost = sum(len(sold - self.told(name).keys()) for name in self.channels)
        return {
            "lost": lost,
            "repeated": sum(sum(self.told(name).values()) - len(self.told(name)) for name in self.channels),
        }

    def most_repeated(self) -> int:
        """How many messages one end of the daemon repeated on one channel, at most."""
        ends = [self.receiver.repeats(name, _sale) for name in self.channels]
        return max((count for one in ends for count in one.values()), default=0)


def _sale(message: dict[str, str]) -> str | None:
    return message["title"] if message["title"].startswith("Sale ") else None


@asynccontextmanager
async def scene(
    folder: Path,
    *,
    shops: int = 1,
    channels: tuple[str, ...] = ("phone",),
    options: str = "",
    stripe: Simulator | None = None,
    **settings: Any,  # noqa: ANN401 (the configuration's)
) -> AsyncIterator[Scene]:
    """A daemon that is not started yet; at the end it is gone, with what it logged if the test fails."""
    async with stripe or Simulator() as running, FaultyReceiver() as receiver:
        accounts = {f"shop{number}": running.account(f"acct_{number}Shop", name="Acme") for number in range(shops)}
        configured = {
            "poll_interval": "1s",
            "stripe_api_base": running.base,
            "accounts": {name: {"api_key": shop.key()} for name, shop in accounts.items()},
            "channels": {
                name: {"url": f"{receiver.url(name)}?{IN_WHICH_LIFE}{options}", "burst": "off"} for name in channels
            },
        }
        daemon = ShiftedDaemon(folder, configured | settings)
        made = Scene(running, receiver, accounts, daemon, channels)
        try:
            yield made
        except BaseException as error:
            await daemon.__aexit__(type(error), error, None)
            raise
        await daemon.__aexit__(None, None, None)
