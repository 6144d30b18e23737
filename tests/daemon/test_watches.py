"""Many accounts begin, poll again and end without getting into each other's way."""

from __future__ import annotations

import asyncio
import random
import weakref
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from cashnotifyd.config.settings import AccountSettings, Settings
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.daemon.watches import Watches
from cashnotifyd.service_manager import Progress
from cashnotifyd.simulator.account import SimulatedAccount
from cashnotifyd.simulator.faults import Stall
from cashnotifyd.simulator.server import Simulator
from cashnotifyd.stripe_api import StripeConnections
from cashnotifyd.telling.saying import Audience
from cashnotifyd.vocabulary import Mode
from cashnotifyd.wording.message import Words
from tests.running import until

SHOPS = tuple(f"shop{number}" for number in range(12))
OTHERS = ("cafe", "bar")


class Street:
    """Shops with an account each, and the watches over them, who have as many turns as :meth:`turns` gives them."""

    def __init__(self, folder: Path, stripe: Simulator, group: asyncio.TaskGroup) -> None:
        self.progress = Progress()
        self.pauses: list[float] = []
        self._record = CursorFile.open(folder / "cursor.db")
        self._stripe = stripe
        self._shops: dict[str, tuple[SimulatedAccount, str]] = {}
        self._connections = StripeConnections()
        self._turns = asyncio.Semaphore(0)
        audience = Audience(Words("en_US", ZoneInfo("UTC")), ())
        self.watches = Watches(
            self._record, random.Random(1), self.progress, lambda: audience, lambda _channels: None, folder / "icons"
        )
        self._settings = Settings(3600.0, folder / "cursor.db", "en_US", ZoneInfo("UTC"), {}, {})
        self._running = group.create_task(self.watches.run(group, self._pause))

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await self._turns.acquire()

    def shop(self, id_: str) -> SimulatedAccount:
        return self._with_key(id_)[0]

    async def configure(self, ids: Iterable[str], interval: float = 3600.0) -> None:
        """Go by a configuration with these accounts, as a reload does."""
        accounts = {
            id_: AccountSettings(id_, SecretStr(self._with_key(id_)[1]), None, self._stripe.base, Mode.LIVE)
            for id_ in ids
        }
        settings = replace(self._settings, poll_interval=interval, accounts=MappingProxyType(accounts))
        await self.watches.end_changed(settings)
        await self.watches.begin(settings, self._connections)

    def turns(self, count: int) -> None:
        for _ in range(count):
            self._turns.release()

    def polled(self) -> list[str]:
        """Whose events have been listed, once for each time, in the order in which that was asked for."""
        keys = {key[-4:]: id_ for id_, (_, key) in self._shops.items()}
        return [keys[seen.key_last4] for seen in self._stripe.requests if seen.path == "/v1/events" and seen.key_last4]

    def well(self) -> set[str]:
        return {seen.account.id for seen in self.watches.seen if seen.polled_at is not None}

    async def close(self) -> None:
        await self.watches.end()
        self._running.cancel()
        await self._connections.close()
        self._record.close()

    def _with_key(self, id_: str) -> tuple[SimulatedAccount, str]:
        if id_ not in self._shops:
            shop = self._stripe.account(f"acct_{id_}", name=id_)
            self._shops[id_] = shop, shop.key()
        return self._shops[id_]


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    async with Simulator() as stripe, asyncio.TaskGroup() as group:
        street = Street(tmp_path, stripe, group)
        yield street
        await street.close()


async def test_they_begin_one_after_the_other(street: Street) -> None:
    await street.configure(SHOPS)
    await until(lambda: street.well() == {SHOPS[0]})
    street.turns(3)
    await until(lambda: street.well() == set(SHOPS[:4]))
    assert len(street.watches) == len(SHOPS)
    assert len(list(street.watches.seen)) == len(SHOPS), "also those that have not begun are looked after"


async def test_ten_thousand_have_begun_within_two_minutes(street: Street) -> None:
    await street.configure(SHOPS)
    street.turns(len(SHOPS))
    await until(lambda: street.well() == set(SHOPS))
    # The sleep here takes no time, so the last pause is all the time until then.
    assert 0 <= street.pauses[-1] / len(SHOPS) * 10_000 <= 120


async def test_who_has_not_begun_is_not_overdue(street: Street) -> None:
    await street.configure(SHOPS)
    await until(lambda: street.well() == {SHOPS[0]})
    assert street.progress.overdue(0.0) == []


async def test_woken_they_poll_one_after_the_other(street: Street) -> None:
    await street.configure(SHOPS)
    street.turns(len(SHOPS))
    await until(lambda: street.well() == set(SHOPS))
    street.watches.wake()
    street.watches.wake()
    street.turns(3)
    await until(lambda: len(street.polled()) >= len(SHOPS) + 3)
    street.turns(2 * len(SHOPS))
    await until(lambda: len(street.polled()) >= 2 * len(SHOPS))
    again = street.polled()[len(SHOPS) :]
    # Those of one turn each ask one after the other; those that had their turns at once, on connections of their own.
    assert set(again[:3]) == set(SHOPS[:3])
    assert sorted(again) == sorted(SHOPS)


async def test_what_a_reload_adds_comes_before_what_was_there(street: Street) -> None:
    await street.configure(SHOPS)
    street.turns(len(SHOPS))
    await until(lambda: street.well() == set(SHOPS))
    await street.configure((*SHOPS, *OTHERS))
    street.turns(len(OTHERS))
    await until(lambda: street.well() >= set(OTHERS))
    assert set(street.polled()[len(SHOPS) :][:2]) == set(OTHERS)


async def test_what_a_reload_takes_out_never_begins(street: Street) -> None:
    await street.configure(SHOPS)
    await until(lambda: street.well() == {SHOPS[0]})
    await street.configure(SHOPS[:2])
    street.turns(len(SHOPS))
    await until(lambda: street.well() == set(SHOPS[:2]))
    assert set(street.polled()) == set(SHOPS[:2])


async def test_a_changed_interval_begins_all_anew(street: Street) -> None:
    await street.configure(SHOPS)
    street.turns(len(SHOPS))
    await until(lambda: street.well() == set(SHOPS))
    await street.configure(SHOPS, interval=1800.0)
    assert street.well() == set()
    street.turns(len(SHOPS) + 1)
    await until(lambda: street.well() == set(SHOPS))
    assert {seen.interval for seen in street.watches.seen} == {1800.0}


async def test_what_has_ended_is_freed(street: Street) -> None:
    many = [f"stall{number}" for number in range(120)]
    await street.configure(many)
    street.turns(len(many))
    await until(lambda: street.well() == set(many))
    ended = [weakref.ref(one.watch) for one in street.watches._running.values()]
    await street.configure(SHOPS)
    assert [one for one in ended if one() is not None] == []


async def test_nobody_to_watch_is_no_trouble(street: Street) -> None:
    street.watches.wake()
    await asyncio.sleep(0)
    await street.configure(SHOPS)
    await until(lambda: street.well() == {SHOPS[0]})


async def test_those_that_stall_hold_up_nobody(street: Street) -> None:
    for id_ in SHOPS[:6]:
        street.shop(id_).fail(Stall(), path="/v1/account")
    await street.configure(SHOPS)
    street.turns(len(SHOPS))
    await until(lambda: street.well() == set(SHOPS[6:]))
