"""Several lanes over one real record, on a clock that jumps from one thing that happens to the next."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.values import (
    Address,
    Cause,
    Gathered,
    ListedEvent,
    News,
    Recipient,
    Routing,
    Takings,
    Telling,
    WatchedAccount,
)
from cashnotifyd.delivery.lane import Lane, Way
from cashnotifyd.delivery.outcome import Delivered, Outcome, Pace
from cashnotifyd.delivery.retrying import Allowance
from cashnotifyd.delivery.turns import Manners
from cashnotifyd.money import Money
from cashnotifyd.occurrences.facts import Fact
from cashnotifyd.vocabulary import Disclosure, Kind, Message, Mode, Urgency, Wordings
from tests import inspecting
from tests.running import PATIENCE


@dataclass
class House:
    """A recipient at the end of a lane. ``answer`` says what becomes of a message; ``takes`` seconds for it."""

    answer: Callable[[Message, float], Outcome] = lambda _message, _now: Delivered()
    takes: float = 0.0
    manners: Manners = field(default_factory=Manners)
    pace: Pace = field(default=Pace(at_once=1, every=0.0))
    got: list[tuple[float, Message]] = field(default_factory=list)
    now: float = 0.0
    awake_at: float = 0.0
    patience: float = PATIENCE

    def give_up(self) -> None:
        raise AssertionError("a send of this house ends at once")

    def send(self, message: Message) -> Outcome:
        self.now += self.takes
        outcome = self.answer(message, self.now)
        if isinstance(outcome, Delivered):
            self.got.append((self.now, message))
        return outcome

    @property
    def titles(self) -> list[str]:
        return [message.title for _, message in self.got]


class Street:
    """Houses by the name of their channel. What is :meth:`told` at a time reaches them as time goes :meth:`on`."""

    def __init__(self, folder: Path, now: float, houses: dict[str, House]) -> None:
        self.record = CursorFile.open(folder / "cursor.db")
        self.now = now
        self.houses = houses
        self.gathered: list[tuple[Gathered, Cause]] = []
        self._numbers = count(1)
        self._account: WatchedAccount | None = None
        self._lanes = {name: self._lane(name, house) for name, house in houses.items()}

    def _lane(self, name: str, house: House) -> Lane:
        house.now = house.awake_at = self.now
        way = Way(Address(name), Disclosure.FULL, house.manners, Allowance(house.pace))
        return Lane(way, house, self.record, lambda: max(self.now, house.now), random.Random(1), self.in_short)

    def restart(self) -> None:
        """The daemon ends and begins again on the same record."""
        self._lanes = {name: self._lane(name, house) for name, house in self.houses.items()}

    def in_short(self, gathered: Gathered, cause: Cause) -> Wordings:
        """A summary in the words of a test."""
        self.gathered.append((gathered, cause))
        title = f"{type(cause).__name__} {sum(one.count for one in gathered.tally.counts)}"
        return Wordings.alike(Message(Kind.SALE, title, "", gathered.tally.urgency))

    async def told(
        self,
        *titles: str,
        kind: Kind = Kind.SALE,
        urgency: Urgency = Urgency.NORMAL,
        mode: Mode = Mode.LIVE,
        money: Money | None = None,
        variant: str | None = None,
    ) -> None:
        """These things happened and are recorded for every channel, in one transaction."""
        if self._account is None:
            self._account = await self.record.begin_account(
                "shop", Mode.LIVE, stripe_id=None, name="Acme", key_print="p"
            )
        ids = {f"evt_{next(self._numbers):06}": title for title in titles}
        page = [ListedEvent(id_, "charge.succeeded", int(self.now), id_, "pending") for id_ in ids]
        await self.record.record_page(self._account.id, page, self.now)
        everybody = Routing(tuple(Recipient(name, 0, urgency) for name in self.houses), ())
        news = tuple(
            News(
                fact=Fact("payment", int(self.now), {event.payload}, set(), set()),
                wordings=Wordings.alike(Message(kind, ids[event.payload], "", urgency)),
                routing=everybody,
                events=(event.number,),
                mode=mode,
                takings=Takings(variant, money),
            )
            for event in await self.record.pending(self._account.id, len(ids))
        )
        await self.record.tell(self._account.id, Telling(news), self.now)
        for house in self.houses.values():
            # News wakes a lane, as soon as it is not busy, unless its channel is down.
            if not self._lanes[self._name(house)]._health.down:
                house.awake_at = min(house.awake_at, max(self.now, house.now))

    async def on(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while True:
            house = min(self.houses.values(), key=lambda one: one.awake_at)
            if house.awake_at > end:
                break
            self.now = max(self.now, house.awake_at)
            house.now = max(house.now, self.now)
            pause = await self._lanes[self._name(house)]._send_all()
            house.awake_at = max(house.now, self.now) + max(pause, 0.001)
        self.now = end

    def _name(self, house: House) -> str:
        return next(name for name, one in self.houses.items() if one is house)

    def fates(self, channel: str) -> list[tuple[str, str | None]]:
        """What became of each delivery of a channel, in their order: the state and the reason."""
        return [(one.state, one.reason) for one in inspecting.outbox(self.record.path, channel)]


def numbered(what: str, numbers: Sequence[int] | range) -> list[str]:
    """Titles with numbers."""
    return [f"{what} {number}" for number in numbers]
