"""An account on record, to which things happen in one line, and the messages that are told of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from cashnotifyd.cursor_file.door import DaemonRecord, LaneRecord, Record
from cashnotifyd.cursor_file.lives import Life, Sent
from cashnotifyd.cursor_file.values import (
    Address,
    Announcement,
    Delivery,
    Ending,
    Lately,
    ListedEvent,
    News,
    Offer,
    Recipient,
    Routing,
    Siblings,
    Takings,
    Telling,
)
from cashnotifyd.money import Money
from cashnotifyd.occurrences.facts import Fact
from cashnotifyd.vocabulary import Disclosure, Icon, Kind, Message, Mode, Urgency, Wordings

DAY = 86400
NOW = 1_790_000_000.0
MANY = 100
"""More than any test here has of anything that it takes one by one."""
PHONE, DESK = Address("phone"), Address("desk")
LATELY = Lately(failures=600.0, others=60.0)
LINK = "https://dashboard.stripe.com/acct_1/payments/pi_1"
SALE = Message(Kind.SALE, "Sale €49.00 · Acme", "Jane\nAcme", Urgency.NORMAL, LINK, Icon("https://x/i.png", "/i.png"))
WORDINGS = Wordings(
    full=SALE,
    masked=replace(SALE, body="J… \nAcme"),
    private=replace(SALE, title="Sale · Acme", body="Acme"),
)
WATCH = Announcement(
    Message(Kind.WATCH, "Stripe refuses the key", "What to do", Urgency.NORMAL),
    Routing((Recipient("phone", 0, Urgency.NORMAL),), ()),
)


def to(*channels: str, target: int = 0, urgency: Urgency = Urgency.NORMAL) -> Routing:
    return Routing(tuple(Recipient(channel, target, urgency) for channel in channels), ())


def declined(**reasons: str) -> Routing:
    return Routing((), tuple(reasons.items()))


def eur(cents: int) -> Money:
    return Money(cents, "eur")


def listed(id_: str, created: float = NOW, type_: str = "charge.succeeded", payload: str | None = None) -> ListedEvent:
    return ListedEvent(id_, type_, int(created), payload or f'{{"id":"{id_}"}}', "pending")


def words(kind: Kind, title: str = "x", urgency: Urgency = Urgency.NORMAL, link: str | None = None) -> Wordings:
    return Wordings.alike(Message(kind, title, "x", urgency, link))


def fact(*names: str, hints: Sequence[str] = (), family: str = "payment", created: float = NOW) -> Fact:
    return Fact(family, int(created), set(names), set(hints), set())


def ending(low_water: float = NOW, watched_from: float = 0, reads: int = 0, told: Announcement | None = None) -> Ending:
    return Ending(int(low_water), int(watched_from), reads, told)


@dataclass
class Shop:
    """An account. What is told of it goes ``to`` the phone, if nothing else is said."""

    record: Record
    number: int
    mode: Mode = Mode.LIVE
    _ids: count[int] = field(default_factory=count)

    @classmethod
    async def opened(cls, record: Record, id_: str = "shop", mode: Mode = Mode.LIVE) -> Shop:
        begun = await record.begin_account(id_, mode, stripe_id=f"acct_{id_}", name="Acme", key_print="print")
        return cls(record, begun.id, mode)

    async def lists(self, *events: ListedEvent, now: float = NOW, end: Ending | None = None) -> None:
        """A poll finds these events."""
        await self.record.record_page(self.number, events, now, end)

    async def pending(self) -> list[int]:
        return [one.number for one in await self.record.pending(self.number, 1000)]

    async def tells(
        self,
        wordings: Wordings = WORDINGS,
        routing: Routing | None = None,
        *,
        of: Fact | None = None,
        takings: Takings | None = None,
        events: Sequence[int] = (),
        now: float = NOW,
    ) -> None:
        """Something is told."""
        news = News(
            of or fact(f"ch_{self.number}_{next(self._ids)}", created=now),
            wordings,
            to("phone") if routing is None else routing,
            tuple(events),
            self.mode,
            takings or Takings(),
        )
        await self.record.tell(self.number, Telling(news=(news,)), now)

    async def sells(
        self, id_: str, routing: Routing | None = None, *, of: Fact | None = None, now: float = NOW
    ) -> None:
        """An event is listed and told as a sale."""
        await self.lists(listed(id_, now), now=now)
        await self.tells(routing=routing, of=of, events=await self.pending(), now=now)

    async def adds(self, told: Fact, takings: Takings, *events: int, now: float = NOW) -> None:
        """Events turn out to be of what was told."""
        await self.record.tell(self.number, Telling(siblings=(Siblings(told, events, takings),)), now)


async def offered(
    record: LaneRecord,
    address: Address = PHONE,
    disclosure: Disclosure = Disclosure.FULL,
    now: float = NOW,
    lately: Lately | None = LATELY,
) -> Offer:
    return await record.offer(address, disclosure, now, lately)


async def first(record: LaneRecord, address: Address = PHONE, now: float = NOW) -> Delivery:
    """What a recipient would get next, of which there must be something."""
    offer = await offered(record, address, now=now, lately=None)
    found = offer.emergency or offer.free
    assert found is not None
    return found


async def titles(record: LaneRecord, address: Address = PHONE, now: float = NOW) -> list[str]:
    """All that a recipient may be sent, in order, by delivering it."""
    found: list[str] = []
    while len(found) < MANY:
        offer = await offered(record, address, now=now, lately=None)
        one = offer.emergency or offer.free
        if one is None:
            return found
        found.append(one.message.title)
        await record.mark_delivered(one.id, now)
    raise AssertionError(f"the same again: {found[-1]}")


async def life(record: Record, id_: str) -> Life:
    """Of the one event that an id names."""
    (one,) = (await record.find(id_)).lives
    return one


async def sent(record: Record, id_: str) -> list[Sent]:
    """What became of the deliveries of an event."""
    return list((await life(record, id_)).sent)


async def account_of(record: DaemonRecord, id_: str = "shop") -> float | None:
    (account,) = await record.accounts(id_, Mode.LIVE, None)
    return account.low_water
