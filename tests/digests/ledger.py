"""An account on a real record, to which things happen when a test says so, and the channel that has digests of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.values import Ending, ListedEvent, News, Routing, Takings, Telling
from cashnotifyd.digests.pictures import Pictures
from cashnotifyd.digests.telling import Digests, Subscriber
from cashnotifyd.money import Money
from cashnotifyd.occurrences.facts import Fact
from cashnotifyd.schedules import DigestSchedule, Every
from cashnotifyd.vocabulary import Account, Kind, Message, Mode, Urgency, Wordings
from cashnotifyd.wording.message import Words
from tests import inspecting
from tests.inspecting import Put

PARIS = ZoneInfo("Europe/Paris")
NEW_YORK = ZoneInfo("America/New_York")
KIRITIMATI, PAGO_PAGO = ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Pago_Pago")
EIGHT = time(8)
HOUR, DAY = 3600.0, 86400.0
SHOP = Account("shop", "Acme Shop", Mode.LIVE, "acct_1Shop")
TEST_SHOP = Account("shop-test", "Acme Shop", Mode.TEST)
CAFE = Account("cafe", "Acme Café", Mode.LIVE)


def at(written: str, timezone: ZoneInfo = PARIS) -> float:
    """Such as ``2026-11-24 08:00``, by the clock on the wall."""
    return datetime.fromisoformat(written).replace(tzinfo=timezone).timestamp()


def schedule(every: Every = Every.DAILY, timezone: ZoneInfo = PARIS, hour: time = EIGHT) -> DigestSchedule:
    return DigestSchedule(every, hour, timezone)


def eur(cents: int) -> Money:
    return Money(cents, "eur")


@contextmanager
def opened(folder: Path) -> Iterator[CursorFile]:
    record = CursorFile.open(folder / "cursor.db")
    try:
        yield record
    finally:
        record.close()


@dataclass
class Till:
    """An account that is watched."""

    record: CursorFile
    account: Account = SHOP
    number: int = 0
    _names: Iterator[int] = field(default_factory=lambda: iter(range(1_000_000)))

    async def first_contact(self, now: float) -> None:
        """It is watched from now on; an event before is history."""
        begun = await self.record.begin_account(
            self.account.id, self.account.mode, stripe_id=None, name=None, key_print="p"
        )
        self.number = begun.id
        history = ListedEvent("evt_before", "charge.succeeded", int(now) - 40 * 86400, "{}", "history")
        await self.record.record_page(self.number, [history], now, Ending(int(now), 0, 1, None))

    async def is_polled(self, now: float) -> None:
        await self.record.record_page(self.number, [], now, Ending(int(now), 0, 1, None))

    async def takes(
        self,
        moment: float,
        money: Money | None,
        kind: Kind = Kind.SALE,
        *,
        variant: str | None = None,
        fee: Money | None = None,
        net: Money | None = None,
        told_of: str | None = None,
    ) -> None:
        """Something that was told when it happened. ``told_of``: the id that it was told of."""
        name = told_of or f"{self.account.id}-{next(self._names)}"
        family = variant if variant == "refund_failed" else "refund" if kind is Kind.REFUND else "payment"
        news = News(
            Fact(family, int(moment), {name}, set(), set()),
            Wordings.alike(Message(kind, "x", "x", Urgency.NORMAL)),
            Routing((), ()),
            (),
            self.account.mode,
            Takings(variant, money, fee, net),
        )
        await self.record.tell(self.number, Telling(news=(news,)), moment)


def told(record: CursorFile) -> list[Put]:
    """The digests in the outbox."""
    return [one for one in inspecting.outbox(record.path) if one.family == "digest"]


def without_pictures(folder: Path) -> Pictures:
    """As where the extra is not installed."""
    return Pictures(folder / "digests", library="no_such_library")


def digests(
    record: CursorFile, subscriber: Subscriber, *accounts: Account, pictures: Pictures | None = None
) -> Digests:
    """As after a start of the daemon: nothing is known but what is on record."""
    return Digests(
        record,
        lambda: [subscriber],
        lambda: accounts or (SHOP,),
        lambda: Words("en_US", ZoneInfo("UTC")),
        pictures or without_pictures(record.path.parent),
        lambda _channels: None,
    )
