"""A simulated Stripe on a clock that the test moves, and a real cursor file."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.values import Announcement, Telling, WatchedAccount
from cashnotifyd.delivery.routing import Channel
from cashnotifyd.lookups.icons import Icons
from cashnotifyd.polling.walk import FirstContact, Gap, Walker
from cashnotifyd.polling.watch import Surroundings, Watch, WatchedKey
from cashnotifyd.simulator.account import SimulatedAccount
from cashnotifyd.simulator.server import Simulator
from cashnotifyd.stripe_api import Failure, StripeApi, StripeConnections
from cashnotifyd.telling.saying import Audience
from cashnotifyd.vocabulary import Kind, Message, Mode, Urgency
from cashnotifyd.wording.message import Words
from tests import inspecting
from tests.clock import Clock
from tests.outbox import to


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def stripe(clock: Clock) -> AsyncIterator[Simulator]:
    async with Simulator(now=clock) as stripe:
        yield stripe


@pytest.fixture
def record(tmp_path: Path) -> Iterator[CursorFile]:
    record = CursorFile.open(tmp_path / "cursor.db")
    yield record
    record.close()


@dataclass
class Watcher:
    """Walks one shop and keeps what a walk leaves behind."""

    shop: SimulatedAccount
    api: StripeApi
    record: CursorFile
    clock: Clock
    account: WatchedAccount
    remarks: list[FirstContact | Gap] = field(default_factory=list)

    async def walk(self) -> Failure | None:
        """Go back all the way, as after a start."""
        return await self.go_on(self.walker())

    def walker(self) -> Walker:
        """One that has not walked yet."""
        return Walker(self.api, self.record, self.clock, self._announce, lambda: None)

    async def go_on(self, walker: Walker) -> Failure | None:
        """Walk as one does that has walked before."""
        result = await walker.walk(self.account)
        if isinstance(result, Failure):
            return result
        self.account = result.account
        return None

    async def news(self) -> list[str]:
        """Walk, then take what is pending as understood; its ids, in the order in which they would be told."""
        assert await self.walk() is None
        return await self.taken()

    async def taken(self) -> list[str]:
        """What is pending, taken as understood; its ids."""
        pending = await self.record.pending(self.account.id, 1000)
        untold = tuple((event.number, "test") for event in pending)
        await self.record.tell(self.account.id, Telling(untold=untold), self.clock())
        return [json.loads(event.payload)["id"] for event in pending]

    def _announce(self, remark: FirstContact | Gap) -> Announcement:
        self.remarks.append(remark)
        return Announcement(Message(Kind.WATCH, "t", "b", Urgency.LOW), to("phone"))


@pytest.fixture
async def watcher(stripe: Simulator, record: CursorFile, clock: Clock) -> AsyncIterator[Watcher]:
    async def at_once(_seconds: float) -> None:
        """No pause between retries."""

    shop = stripe.account("acct_1Shop", name="Acme Shop")
    key = shop.key()
    account = await record.begin_account("shop", Mode.LIVE, stripe_id=shop.id, name=shop.name, key_print="x")
    connections = StripeConnections()
    yield Watcher(shop, connections.account(key, stripe.base, at_once), record, clock, account)
    await connections.close()


class Room:
    """What watches share, and what they have told."""

    def __init__(self, stripe: Simulator, record: CursorFile, clock: Clock, connections: StripeConnections) -> None:
        self.stripe = stripe
        self.record = record
        self.beats: dict[str, float] = {}
        self._connections = connections
        self.configured: set[str] = set()
        self._same: dict[str, list[str]] = {}
        self.woken: list[str] = []
        """The channels that were told that there is something to send."""
        audience = Audience(Words("en_US", ZoneInfo("UTC")), (Channel("phone", 1),))
        self.around = Surroundings(
            record=record,
            audience=lambda: audience,
            configured=lambda: self.configured,
            now=clock,
            rng=random.Random(1),
            beat=self.beats.__setitem__,
            told=self.woken.extend,
            icons=Icons(record.path.parent / "icons", connections.file),
            introduce=self._introduce,
        )

    def watch(
        self,
        key: str,
        config_id: str = "shop",
        *,
        interval: float | None = 10.0,
        name: str | None = None,
        logo: str | None = None,
    ) -> Watch:
        async def at_once(_seconds: float) -> None:
            """No pause between retries."""

        self.configured.add(config_id)
        mode = Mode.TEST if "_test_" in key else Mode.LIVE
        watched = WatchedKey(config_id, key, mode, name, interval, logo, self.stripe.base)
        return Watch(watched, self._connections.account(key, self.stripe.base, at_once), self.around)

    def _introduce(self, stripe_account: str, id_: str) -> list[str]:
        same = self._same.setdefault(stripe_account, [])
        same.append(id_)
        return same

    def titles(self) -> list[str]:
        return [one.title for one in inspecting.told(self.record.path)]


@pytest.fixture
async def room(stripe: Simulator, record: CursorFile, clock: Clock) -> AsyncIterator[Room]:
    connections = StripeConnections()
    yield Room(stripe, record, clock, connections)
    await connections.close()


@pytest.fixture
def shop(stripe: Simulator) -> SimulatedAccount:
    return stripe.account("acct_1Shop", name="Acme Shop")
