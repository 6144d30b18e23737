"""The suite is worth what it catches: engines that break one promise each, none of which may pass."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from cashnotifyd.cursor_file.door import Record
from cashnotifyd.cursor_file.lives import Found, News
from cashnotifyd.cursor_file.overview import Sending
from cashnotifyd.cursor_file.values import (
    Address,
    Ending,
    Lately,
    ListedEvent,
    Mute,
    Offer,
    Routing,
    Standing,
    Summary,
    Takings,
    Usage,
)
from cashnotifyd.occurrences.facts import Fact
from cashnotifyd.schedules import Span
from cashnotifyd.vocabulary import Disclosure
from tests.cursor_file import contract
from tests.cursor_file.contract.engines import InMemory
from tests.cursor_file.contract.shop import Shop
from tests.in_memory.disk import DeliveryRow, Disk, EventRow
from tests.in_memory.outbox import to_gather
from tests.in_memory.record import InMemoryRecord

T = TypeVar("T")
Test = Callable[..., Coroutine[Any, Any, None]]


def contract_tests() -> list[Test]:
    """All of the contract."""
    modules = [
        importlib.import_module(f"{contract.__name__}.{module.name}")
        for module in pkgutil.iter_modules(contract.__path__)
        if module.name.startswith("test_")
    ]
    return [one for module in modules for name, one in vars(module).items() if name.startswith("test_")]


def broken(kept: type[InMemoryRecord], disk: type[Disk] = Disk) -> Iterator[str]:
    """The tests that an engine does not pass."""
    with asyncio.Runner() as runner:
        for test in contract_tests():
            try:
                runner.run(_asked(test, InMemory(kept, disk())))
            except (Exception, pytest.fail.Exception):  # noqa: BLE001 (whatever a broken engine ends in)
                yield test.__name__


async def _asked(test: Test, engine: InMemory) -> None:
    wanted = inspect.signature(test).parameters
    if "engine" in wanted:
        await test(engine)
        return
    record = engine.open()
    await test(await Shop.opened(record) if "shop" in wanted else record)


def test_the_engine_itself_passes() -> None:
    assert len(contract_tests()) > 80
    assert list(broken(InMemoryRecord)) == []


# Each call, answered as it should be and not kept, or answered with nothing


class Forgetful(InMemoryRecord):
    forgets = False

    def transaction(self, work: Callable[[], T]) -> T:
        forgets, self.forgets = self.forgets, False
        if not forgets:
            return super().transaction(work)
        answer = work()
        self.disk.roll_back()
        return answer


WRITES = (
    "begin_account", "update_account", "keep_icon", "note_absence", "note_polls", "record_page", "tell", "raise_alert",
    "clear_alerts", "summarize", "mark_delivered", "mark_due_again", "mark_abandoned", "make_due", "forget_failures",
    "decline_due", "resend_abandoned", "abandon_strays", "mute", "unmute", "begin_digests", "end_digests",
    "tell_digest", "prune",
)  # fmt: skip
READS: dict[str, object] = {
    "accounts": [], "usage": Usage(), "seen_among": set(), "pending": [], "pending_of": [], "facts_under": [],
    "events_behind": [], "unsettled": set(), "open_alerts": {}, "every_alert": {}, "selling_hours": [],
    "last_sale": None, "abandoned": {}, "works": False, "has_delivered": False, "waited": 0,
    "offer": Offer(Standing(())),
    "gather": None, "next_due": None, "waiting": 0, "mutes": {}, "watched": [], "totals": [], "digests": {},
    "events": [], "not_settled": News((), (), 0), "news": News((), (), 0), "find": Found(), "account_ids": [],
    "watching": (), "sending": Sending(), "changed_elsewhere": False,
}  # fmt: skip


def test_each_call_of_the_door_is_tried() -> None:
    calls = {name for name, one in inspect.getmembers(Record, inspect.iscoroutinefunction) if name[0] != "_"}
    assert calls == {*WRITES, *READS}


@pytest.mark.parametrize("name", WRITES)
def test_a_call_that_is_not_kept_is_caught(name: str) -> None:
    kept = getattr(InMemoryRecord, name)

    async def forgotten(self: Forgetful, *args: object, **kwargs: object) -> object:
        self.forgets = True
        return await kept(self, *args, **kwargs)

    assert next(broken(type("Mutant", (Forgetful,), {name: forgotten})), None)


@pytest.mark.parametrize("name", READS)
def test_a_call_that_finds_nothing_is_caught(name: str) -> None:
    async def empty(_self: InMemoryRecord, *_args: object, **_kwargs: object) -> object:
        return READS[name]

    assert next(broken(type("Mutant", (InMemoryRecord,), {name: empty})), None)


# Promises broken by hand


class RecordsTwice(InMemoryRecord):
    def record_events(self, account: int, page: Sequence[ListedEvent], now: float) -> None:
        for event in page:
            self.disk.numbers.pop((account, event.id), None)
            super().record_events(account, [event], now)


class ReadsAgainWhatWasTold(InMemoryRecord):
    def record_events(self, account: int, page: Sequence[ListedEvent], now: float) -> None:
        super().record_events(account, page, now)
        for event in page:
            number = self.disk.numbers[account, event.id]
            self.disk.keep_event(replace(self.disk.events[number], state=event.state))


class MovesTheMarkWithoutTheEvents(InMemoryRecord):
    def transaction(self, work: Callable[[], T]) -> T:
        try:
            return super().transaction(work)
        finally:
            self._own_writes += self.disk.commit()

    def record_events(self, account: int, page: Sequence[ListedEvent], now: float) -> None:
        self.disk.commit()
        super().record_events(account, page, now)

    def announce(self, *args: Any) -> None:  # noqa: ANN401 (as they come)
        self.disk.commit()
        super().announce(*args)


class MovesTheMarkInATransactionOfItsOwn(InMemoryRecord):
    async def record_page(
        self, account: int, page: Sequence[ListedEvent], now: float, ending: Ending | None = None
    ) -> None:
        await super().record_page(account, page, now)
        await super().record_page(account, (), now, ending)


class MovesTheMarkWithoutAnEnd(InMemoryRecord):
    def record_events(self, account: int, page: Sequence[ListedEvent], now: float) -> None:
        super().record_events(account, page, now)
        self.disk.keep_account(account, polled_at=now)


class LosesPayloads(InMemoryRecord):
    def record_events(self, account: int, page: Sequence[ListedEvent], now: float) -> None:
        super().record_events(account, [replace(event, payload=event.payload.strip()[:40]) for event in page], now)


class ForgetsWhenClosed(InMemoryRecord):
    def close(self) -> None:
        super().close()
        self.disk.waiting.clear()


class StartsNumbersAnew(InMemoryRecord):
    def close(self) -> None:
        super().close()
        self.disk.last["delivery"] = max(self.disk.waiting, default=0)
        self.disk.commit()


class LetsTwoDaemonsIn(InMemoryRecord):
    def __init__(self, disk: Disk, *, daemon: bool) -> None:
        super().__init__(disk, daemon=False)
        self._daemon = daemon


class HearsItself(InMemoryRecord):
    def transaction(self, work: Callable[[], T]) -> T:
        answer = super().transaction(work)
        self._own_writes = 0
        return answer


class TellsAndLeavesPending(InMemoryRecord):
    def settle(self, occurrence: int, fact: Fact, events: Sequence[int]) -> None:
        super().settle(occurrence, fact, events[1:])


class TakesHintsForNames(InMemoryRecord):
    def settle(self, occurrence: int, fact: Fact, events: Sequence[int]) -> None:
        super().settle(occurrence, replace(fact, names=fact.names | fact.hints), events)


class ForgetsOtherNames(InMemoryRecord):
    def settle(self, occurrence: int, fact: Fact, events: Sequence[int]) -> None:
        row = self.disk.occurrences[occurrence]
        self.disk.occurrences[occurrence] = replace(row, names=frozenset())
        super().settle(occurrence, fact, events)


class LetsLaterFeesReplaceTheFirst(InMemoryRecord):
    def add_takings(self, occurrence: int, takings: Takings) -> None:
        row = self.disk.occurrences[occurrence]
        self.disk.occurrences[occurrence] = replace(row, fee=None, net=None)
        super().add_takings(occurrence, takings)


class KeepsNoReason(InMemoryRecord):
    def post(self, occurrence: int, routing: Routing, *rest: Any) -> None:  # noqa: ANN401 (as they come)
        super().post(occurrence, replace(routing, declined=()), *rest)


class TellsARecipientTwice(InMemoryRecord):
    def post(self, occurrence: int, routing: Routing, *rest: Any) -> None:  # noqa: ANN401 (as they come)
        for one in routing.deliver:
            super().post(occurrence, Routing((one,), ()), *rest)
        super().post(occurrence, Routing((), routing.declined), *rest)


class KnocksAsLoudlyEverywhere(InMemoryRecord):
    async def offer(self, address: Address, disclosure: Disclosure, now: float, lately: Lately | None) -> Offer:
        offer = await super().offer(address, disclosure, now, lately)
        return replace(offer, emergency=None, free=offer.free or offer.emergency)


class ShowsPrivateThings(InMemoryRecord):
    async def offer(self, address: Address, disclosure: Disclosure, now: float, lately: Lately | None) -> Offer:
        shown = Disclosure.MASKED if disclosure is Disclosure.PRIVATE else disclosure
        return await super().offer(address, shown, now, lately)


class SendsBeforeItIsDue(InMemoryRecord):
    async def offer(self, address: Address, disclosure: Disclosure, now: float, lately: Lately | None) -> Offer:
        return await super().offer(address, disclosure, now + 1.5, lately)


class LosesWhatIsGivenUp(InMemoryRecord):
    def finish(self, row: DeliveryRow, state: str, *rest: Any, **changes: Any) -> None:  # noqa: ANN401 (as they come)
        super().finish(row, state, *rest, **changes)
        if state == "abandoned":
            del self.disk.deliveries[row.id]


class SummarizesWhatCameSince(InMemoryRecord):
    async def summarize(self, summary: Summary, now: float) -> None:
        rows = to_gather(self.disk, summary.address, summary.streams, now)
        await super().summarize(replace(summary, gathered=replace(summary.gathered, last=rows[-1].id)), now)


class DeclinesEmergencies(InMemoryRecord):
    async def decline_due(self, channel: str, told: Span, reason: str, now: float) -> None:
        await super().decline_due(channel, told, reason, now)
        for row in list(self.disk.waiting.values()):
            if row.channel == channel and told.since <= row.created < told.until:
                self.finish(row, "declined", reason, now)


class HastensAllRecipients(InMemoryRecord):
    async def make_due(
        self, channel: str, now: float, target: int | None = None, besides: Collection[int] = ()
    ) -> None:
        del target
        await super().make_due(channel, now, None, besides)


class HastensWhatMayHaveArrived(InMemoryRecord):
    async def forget_failures(self, address: Address, now: float, latest: float) -> None:  # noqa: ARG002 (as there)
        await super().make_due(address.channel, now, address.target)


class LetsAMuteOfOneSilenceAll(InMemoryRecord):
    async def mute(self, channel: str | None, mute: Mute) -> None:
        await super().mute(channel, mute)
        await super().mute(None, mute)


class Backwards(Disk):
    def waiting_for(self, address: Address) -> list[DeliveryRow]:
        return super().waiting_for(address)[::-1]


class ByNumber(Disk):
    def story(self, occurrence: Any) -> list[EventRow]:  # noqa: ANN401 (a row)
        return sorted(super().story(occurrence), key=lambda one: one.number)


class ByTime(Disk):
    def waiting_for(self, address: Address) -> list[DeliveryRow]:
        return sorted(super().waiting_for(address), key=lambda one: one.due or 0.0)


class Unordered(InMemoryRecord):
    def oldest_pending(self, account: int) -> list[EventRow]:
        return sorted(super().oldest_pending(account), key=lambda one: one.number)


class WithoutIds(InMemoryRecord):
    def oldest_pending(self, account: int) -> list[EventRow]:
        return sorted(super().oldest_pending(account), key=lambda one: (one.created, one.number))


@pytest.mark.parametrize("mutant", [one for one in InMemoryRecord.__subclasses__() if one is not Forgetful])
def test_a_broken_promise_is_caught(mutant: type[InMemoryRecord]) -> None:
    assert next(broken(mutant), None)


@pytest.mark.parametrize("disk", Disk.__subclasses__())
def test_a_wrong_order_is_caught(disk: type[Disk]) -> None:
    assert next(broken(InMemoryRecord, disk), None)
