"""Whatever is asked of the record in whatever order, every engine answers the same."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import pytest

from cashnotifyd.cursor_file.door import Record
from cashnotifyd.cursor_file.figures import Digest
from cashnotifyd.cursor_file.lives import Sought
from cashnotifyd.cursor_file.values import (
    About,
    Address,
    Ending,
    Lately,
    ListedEvent,
    Mute,
    News,
    PollNote,
    Recipient,
    Routing,
    Siblings,
    Summary,
    Takings,
    Telling,
)
from cashnotifyd.money import Money
from cashnotifyd.occurrences.facts import Fact
from cashnotifyd.schedules import Every, Span
from cashnotifyd.vocabulary import Disclosure, Kind, Mode, Urgency
from tests.cursor_file.contract.engines import ENGINES
from tests.cursor_file.contract.shop import DAY, NOW, WATCH, words
from tests.quick_disk import quick_folder

CHANNELS = ("phone", "desk", "mail")
ADDRESSES = tuple(Address(channel, target) for channel in CHANNELS for target in (0, 1))
KINDS = (Kind.SALE, Kind.SALE, Kind.FAILED_PAYMENT, Kind.REFUND, Kind.DISPUTE, Kind.CUSTOMER)
STREAMS = ("live", "live failures", "live urgent", "test", "test failures", "test urgent")
ACCOUNTS = (1, 2, 3)


class Life:
    """What happens to a record, the same for each that begins with the same seed, and what it answers."""

    def __init__(self, record: Record, seed: int) -> None:
        self.record = record
        self.rng = random.Random(seed)
        self.now = NOW

    async def begin(self) -> None:
        for id_, mode in (("shop", Mode.LIVE), ("shop", Mode.TEST), ("cafe", Mode.LIVE)):
            await self.record.begin_account(id_, mode, stripe_id=f"acct_{id_}", name=id_, key_print="p")

    async def goes_on(self) -> str:
        """One thing happens. Returns what."""
        self.now += self.rng.choice((0.25, 1.0, 30.0, 400.0, 5000.0, 90_000.0))
        happening = self.rng.choice(
            (self.polls, self.polls, self.tells, self.tells, self.tells, self.sends, self.sends, self.sums_up,
             self.joins, self.is_meddled_with, self.is_meddled_with, self.is_in_trouble, self.digests)
        )  # fmt: skip
        await happening()
        return happening.__name__

    async def polls(self) -> None:
        account = self.rng.choice(ACCOUNTS)
        page = [
            ListedEvent(
                f"evt_{self.rng.randrange(60)}",
                self.rng.choice(("charge.succeeded", "payout.paid")),
                int(self.now) - self.rng.randrange(5),
                f"payload {self.rng.random()}",
                self.rng.choice(("pending", "pending", "pending", "history", "older")),
            )
            for _ in range(self.rng.randrange(6))
        ]
        announced = WATCH if self.rng.random() < 0.2 else None
        ending = Ending(int(self.now), int(NOW) - 5 * DAY, self.rng.randrange(4), announced)
        await self.record.record_page(account, page, self.now, self.rng.choice((None, ending)))

    async def tells(self) -> None:
        account = self.rng.choice(ACCOUNTS)
        pending = [one.number for one in await self.record.pending(account, 9)]
        untold = [(number, "progress") for number in pending if self.rng.random() < 0.2]
        left = [number for number in pending if number not in dict(untold)]
        news = [self.news(left[at : at + 2]) for at in range(0, len(left), 2)] or [self.news(())]
        telling = Telling(tuple(news), (), tuple(untold), self.rng.randrange(3))
        await self.record.tell(account, telling, self.now)

    def news(self, events: Sequence[int]) -> News:
        kind = self.rng.choice(KINDS)
        loud = self.rng.choice((Urgency.NORMAL, Urgency.NORMAL, Urgency.LOW, Urgency.HIGH, Urgency.EMERGENCY))
        to = self.rng.sample(ADDRESSES, self.rng.randrange(4))
        declined = tuple((channel, "mode_not_wanted") for channel in CHANNELS if Address(channel) not in to)
        return News(
            self.fact("refund" if kind is Kind.REFUND else "payment"),
            words(kind, f"{kind} {self.rng.randrange(99)}", loud),
            Routing(tuple(Recipient(one.channel, one.target, loud) for one in to), declined),
            tuple(events),
            self.rng.choice((Mode.LIVE, Mode.LIVE, Mode.TEST)),
            self.takings(),
        )

    def fact(self, family: str) -> Fact:
        names = {f"ch_{self.rng.randrange(20)}"}
        return Fact(family, int(self.now), names, {f"in_{self.rng.randrange(9)}"}, set())

    def takings(self) -> Takings:
        money = self.rng.choice((None, Money(self.rng.randrange(1, 9999), self.rng.choice(("eur", "jpy")))))
        fee, net = (self.rng.choice((None, Money(self.rng.randrange(1, 99), "eur"))) for _ in range(2))
        return Takings(self.rng.choice((None, None, "partial")), money, fee, net)

    async def joins(self) -> None:
        account = self.rng.choice(ACCOUNTS)
        told = await self.record.facts_under(account, [("payment", f"in_{self.rng.randrange(9)}")])
        events = tuple(one.number for one in await self.record.pending(account, 1))
        for fact in told[:1]:
            fact.names.add(f"pi_{self.rng.randrange(9)}")
            siblings = Siblings(fact, events, self.takings())
            await self.record.tell(account, Telling(siblings=(siblings,)), self.now)

    async def sends(self) -> None:
        address, lately = self.rng.choice(ADDRESSES), self.rng.choice((None, Lately(600.0, 60.0)))
        offer = await self.record.offer(address, Disclosure.FULL, self.now, lately)
        for one in (offer.emergency, offer.free, *(head for _, head in offer.heads)):
            if one is None:
                continue
            match self.rng.randrange(4):
                case 0:
                    await self.record.mark_due_again(one.id, self.now + 50, "503", self.rng.randrange(2))
                case 1:
                    await self.record.mark_abandoned(one.id, "too old", self.now)
                case _:
                    await self.record.mark_delivered(one.id, self.now)

    async def sums_up(self) -> None:
        address = self.rng.choice(ADDRESSES)
        offer = await self.record.offer(address, Disclosure.FULL, self.now, Lately(600.0, 60.0))
        streams = tuple(one.name for one in offer.standing.streams)
        if streams:
            gathered = await self.record.gather(address, streams, self.now)
            summary = Summary(address, gathered, streams, words(Kind.SALE, "many"), "busy", self.now - 5)
            await self.record.summarize(summary, self.now)

    async def is_meddled_with(self) -> None:
        channel, address = self.rng.choice(CHANNELS), self.rng.choice(ADDRESSES)
        since = self.now + self.rng.choice((0, 0, 500, 700))  # where the clock was set back
        mute = Mute(Span(since, since + 600), drops=self.rng.random() < 0.5)
        match self.rng.randrange(8):
            case 0:
                await self.record.make_due(channel, self.now, self.rng.choice((None, 0, 1)))
            case 1:
                await self.record.forget_failures(address, self.now, self.now + 3600)
            case 2:
                await self.record.decline_due(channel, Span(self.now - 500, self.now - 50), "muted", self.now)
            case 3:
                await self.record.resend_abandoned(self.rng.choice((None, channel)), self.now)
            case 4:
                await self.record.abandon_strays({"phone": 2, "desk": 1}, self.now)
            case 5:
                await self.record.mute(self.rng.choice((None, channel)), mute)
            case 6:
                await self.record.unmute(self.rng.choice((None, channel)), self.now)
            case _:
                await self.record.prune(self.now + self.rng.choice((0, 399, 401)) * DAY)

    async def is_in_trouble(self) -> None:
        account = self.rng.choice(ACCOUNTS)
        about = self.rng.choice((About.account(account), About.channel("phone")))
        name = self.rng.choice(("silent", "refused"))
        match self.rng.randrange(4):
            case 0:
                await self.record.raise_alert(about, name, replace(WATCH), self.now)
            case 1:
                await self.record.clear_alerts(about, [name], WATCH, self.now)
            case 2:
                await self.record.note_absence(account, Span(self.now - 9000, self.now))
            case _:
                await self.record.note_polls([PollNote(account, self.now, 2, 5.0, self.now)])

    async def digests(self) -> None:
        every = self.rng.choice(tuple(Every))
        to = (Recipient("mail", 0, Urgency.LOW),)
        digest = Digest("mail", every, self.now // DAY * DAY, words(Kind.SALE, "The day"), to)
        if self.rng.random() < 0.4:
            await self.record.begin_digests("mail", every, self.now // DAY * DAY - DAY)
        await self.record.tell_digest(digest, self.now)

    async def says(self) -> dict[str, object]:
        """All that can be asked."""
        asked: dict[str, Callable[[], Awaitable[object]]] = {
            "waiting": self.record.waiting,
            "mutes": lambda: self.record.mutes(self.now),
            "alerts": self.record.every_alert,
            "digests": self.record.digests,
            "events": lambda: self.record.events(Sought(), None, 1000),
            "told": lambda: self.record.events(Sought(told=True, leads=True), None, 1000),
            "sales": lambda: self.record.events(Sought(kinds=(Kind.SALE,), text="sale 1"), None, 1000),
            "watching": lambda: self.record.watching(self.now),
            "sending": lambda: self.record.sending(CHANNELS, self.now),
            "abandoned": lambda: self.record.abandoned(CHANNELS),
            "unsettled": lambda: self.record.unsettled(range(100)),
        }
        says: dict[str, object] = {name: await ask() for name, ask in asked.items()}
        says["totals"] = [set(one) for one in await self.record.totals(ACCOUNTS, [NOW, NOW + 5000, self.now + 1])]
        watched = await self.record.watched([("shop", Mode.LIVE), ("cafe", Mode.LIVE)], self.now)
        says["watched"] = [replace(one, since=None) for one in watched]  # of several created at once, that of any
        for id_ in (*(f"evt_{number}" for number in range(0, 60, 7)), "ch_3", "in_3", "evt_1"):
            found = await self.record.find(id_)
            says[f"find {id_}"] = replace(found, candidates=tuple(sorted(found.candidates)))
        for account in ACCOUNTS:
            refs = [("payment", f"ch_{number}") for number in range(20)]
            says[f"facts {account}"] = await self.record.facts_under(account, refs)
            says[f"pending {account}"] = await self.record.pending(account, 5)
            says[f"behind {account}"] = await self.record.events_behind(account, "payment", "ch_3")
            says[f"hours {account}"] = await self.record.selling_hours(account, NOW)
            says[f"last {account}"] = await self.record.last_sale(account)
            says[f"usage {account}"] = await self.record.usage(account, self.now)
        for channel in CHANNELS:
            says[f"waited {channel}"] = await self.record.waited(channel, self.now - 5000)
            says[f"works {channel}"] = await self.record.works(channel, self.now - 5000)
        for address in ADDRESSES:
            offer = await self.record.offer(address, Disclosure.PRIVATE, self.now, Lately(600.0, 60.0))
            says[f"offer {address}"] = offer
            says[f"next {address}"] = await self.record.offer(address, Disclosure.FULL, self.now, None)
            says[f"due {address}"] = await self.record.next_due(address, self.now - 10)
            if offer.standing.streams:
                gathered = await self.record.gather(address, STREAMS, self.now)
                counts = frozenset(gathered.tally.counts)  # of the same count, kind and currency in any order
                says[f"gather {address}"] = gathered.last, gathered.account, gathered.failures, counts
        return says


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(6, 100))])
async def test_all_engines_answer_the_same(seed: int) -> None:
    with quick_folder() as folder:
        records = {name: engine(folder).open() for name, engine in ENGINES.items()}
        try:
            lives = [Life(record, seed) for record in records.values()]
            for life in lives:
                await life.begin()
            for step in range(60):
                happened = [await life.goes_on() for life in lives]
                first, *others = [await life.says() for life in lives]
                for other in others:
                    for what, answer in first.items():
                        assert other[what] == answer, f"step {step}, after {happened[0]}: {what}"
        finally:
            for record in records.values():
                record.close()
