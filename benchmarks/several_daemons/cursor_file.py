"""What the record of today does in a second, on SQLite, on this disk: the real :class:`CursorFile`, call by call."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median

from benchmarks.several_daemons.payload import PAYLOAD
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.values import Address, Ending, ListedEvent, News, Recipient, Routing, Telling
from cashnotifyd.occurrences.facts import Fact
from cashnotifyd.vocabulary import Disclosure, Kind, Message, Mode, Urgency, Wordings

CHANNEL = "desk"
_SLICES = 5
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Rates:
    """Calls a second. Each but ``idle_turn`` and ``sync`` is a commit or holds one."""

    page_of_one: float
    page_of_hundred: float
    tell: float
    send: float
    """The next delivery taken, and marked as delivered."""
    idle_turn: float
    """A lane that looks and has nothing to send."""
    sync: float
    """4 KiB written and ``fdatasync``, nothing else: what the disk does."""

    @property
    def event(self) -> float:
        """Events a second, each listed alone, told alone and sent to one recipient: three commits."""
        return 1.0 / (1.0 / self.page_of_one + 1.0 / self.tell + 1.0 / self.send)


def rates(folder: Path, seconds: float) -> Rates:
    """Measured for ``seconds`` each, the median of slices."""
    path = folder / "cursor.db"
    path.unlink(missing_ok=True)
    return asyncio.run(_rates(path, seconds))


async def _rates(path: Path, seconds: float) -> Rates:
    record = CursorFile.open(path)
    try:
        account = (await record.begin_account("shop", Mode.LIVE, stripe_id="acct_1", name="Acme", key_print="k")).id
        serial = count()

        async def page(size: int) -> None:
            await record.record_page(account, [_event(next(serial)) for _ in range(size)], time.time(), _ending())

        hundred = await _rate(lambda: page(_PAGE), seconds)
        one = await _rate(lambda: page(1), seconds)
        pending = iter(await record.pending(account, 1_000_000))
        tell = await _rate(lambda: _tell(record, account, next(pending).number), seconds)
        send = await _rate(lambda: _send(record), seconds)
        idle = await _rate(lambda: _turn(record, "empty"), seconds)
    finally:
        record.close()
    return Rates(one, hundred, tell, send, idle, syncs(path.parent, seconds))


async def _rate(call: Callable[[], Awaitable[object]], seconds: float) -> float:
    found = []
    for _ in range(_SLICES):
        begun, calls = time.perf_counter(), 0
        while (passed := time.perf_counter() - begun) < seconds / _SLICES:
            await call()
            calls += 1
        found.append(calls / passed)
    return median(found)


def bytes_per_event(folder: Path, events: int = 500) -> float:
    """Of the file, when each event is a sale that was told to one recipient."""
    sizes = []
    for told in (0, events):
        path = folder / f"size-{told}.db"
        asyncio.run(_fill(path, told))
        sizes.append(path.stat().st_size)
    return (sizes[1] - sizes[0]) / events


async def _fill(path: Path, events: int) -> None:
    record = CursorFile.open(path)
    try:
        account = (await record.begin_account("shop", Mode.LIVE, stripe_id="acct_1", name="Acme", key_print="k")).id
        await record.record_page(account, [_event(number) for number in range(events)], time.time(), _ending())
        for one in await record.pending(account, events):
            await _tell(record, account, one.number)
        while await _send(record):
            pass
    finally:
        record.close()


def _event(serial: int) -> ListedEvent:
    return ListedEvent(f"evt_3Several{serial:018d}", "charge.succeeded", int(time.time()), PAYLOAD, "pending")


def _ending() -> Ending:
    return Ending(int(time.time()), 0, 1, None)


async def _tell(record: CursorFile, account: int, event: int) -> None:
    message = Message(Kind.SALE, "€19.00 · Ceramic pour-over", "From jane@example.com, visa 4242", Urgency.NORMAL)
    fact = Fact("payment", int(time.time()), {f"ch_3Several{event}"}, {f"pi_3Several{event}"}, set())
    to = Routing((Recipient(CHANNEL, 0, Urgency.NORMAL),), ())
    news = News(fact, Wordings.alike(message), to, (event,), Mode.LIVE)
    await record.tell(account, Telling((news,)), time.time())


async def _turn(record: CursorFile, channel: str) -> int | None:
    offer = await record.offer(Address(channel), Disclosure.FULL, time.time(), None)
    return None if offer.free is None else offer.free.id


async def _send(record: CursorFile) -> bool:
    if (delivery := await _turn(record, CHANNEL)) is None:
        return False
    await record.mark_delivered(delivery, time.time())
    return True


def syncs(folder: Path, seconds: float) -> float:
    """How often a second 4 KiB can be written and synced."""
    file = os.open(folder / "sync", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.write(file, bytes(1 << 20))
        os.fsync(file)
        begun, calls = time.perf_counter(), 0
        while (passed := time.perf_counter() - begun) < seconds:
            os.pwrite(file, os.urandom(4096), (calls % 256) * 4096)
            os.fdatasync(file)
            calls += 1
        return calls / passed
    finally:
        os.close(file)


@dataclass(frozen=True, slots=True)
class Aged:
    """Calls on a record with a long history. Milliseconds, but for ``prune_s``."""

    events: int
    page_of_one: float
    pending: float
    standing: float
    """``status``: all accounts counted."""
    prune_s: float
    """A hundredth of all events forgotten, as once a day; everything else waits for it."""


def aged(folder: Path, events: int, accounts: int) -> Aged:
    """With so many small events on record, spread over the accounts."""
    return asyncio.run(_aged(folder / f"aged-{events}.db", events, accounts))


async def _aged(path: Path, events: int, accounts: int) -> Aged:
    record, now = CursorFile.open(path), time.time()
    try:
        numbers = [
            (await record.begin_account(f"shop-{n}", Mode.LIVE, stripe_id=f"acct_{n}", name=None, key_print="k")).id
            for n in range(accounts)
        ]
        each = max(events // accounts, 1)
        old = int(now - 401 * 86_400)
        for position, account in enumerate(numbers):
            created = old if position < accounts // 100 else int(now)
            await record.record_page(account, [_small(account, n, created) for n in range(each)], now)
        shop = numbers[-1]
        serial = count(each)

        async def page() -> None:
            await record.record_page(shop, [_small(shop, next(serial), int(now))], now, _ending())

        one = await _rate(page, 1.0)
        pending = await _rate(lambda: record.pending(shop, 100), 0.5)
        standing = await _once(record.watching(now))
        prune = await _once(record.prune(now))
    finally:
        record.close()
    return Aged(events, 1e3 / one, 1e3 / pending, 1e3 * standing, prune)


def _small(account: int, serial: int, created: int) -> ListedEvent:
    payload = json.dumps({"id": serial, "object": "event"})
    return ListedEvent(f"evt_3{account:06d}{serial:012d}", "charge.succeeded", created, payload, "history")


async def _once(call: Awaitable[object]) -> float:
    begun = time.perf_counter()
    await call
    return time.perf_counter() - begun
