"""Daemons that are a little worse than ours. A simulation that does not tell them from ours proves nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from cashnotifyd.config.settings import ChannelSettings
from cashnotifyd.cursor_file.values import Delivery, Ending, ListedEvent, Telling, WatchedAccount
from cashnotifyd.daemon import running
from cashnotifyd.daemon.lanes import Lanes
from cashnotifyd.delivery import lane, retrying
from cashnotifyd.delivery.lane import Lane
from cashnotifyd.delivery.outcome import NotSent, Outcome
from cashnotifyd.delivery.retrying import Done
from cashnotifyd.lookups.asking import LookUps
from cashnotifyd.occurrences.facts import Fact
from cashnotifyd.polling import walk
from cashnotifyd.polling.walk import Trail, Walked, Walker
from cashnotifyd.polling.watch import Watch
from cashnotifyd.stripe_api import Failure, Page
from tests.in_memory.disk import EventRow
from tests.in_memory.record import InMemoryRecord
from tests.simulation.disk import SimulatedRecord


@dataclass(frozen=True, slots=True)
class Mutant:
    """A worse daemon: what is wrong with it, and how it comes to be so."""

    name: str
    does: str
    mutate: Callable[[pytest.MonkeyPatch], None]


def _mark_before_send(patch: pytest.MonkeyPatch) -> None:
    kept = Lane._deliver

    async def deliver(self: Lane, delivery: Delivery) -> None:
        record = self._record
        assert isinstance(record, SimulatedRecord)
        row = record.disk.deliveries[delivery.id]
        await record.mark_delivered(delivery.id, self._now())
        outcome = await self._send(self._target[0], delivery.message)
        record.disk.keep_delivery(row)
        record.disk.commit()

        async def sent(*_: object) -> Outcome:
            return outcome

        with pytest.MonkeyPatch.context() as here:
            here.setattr(self, "_send", sent)
            await kept(self, delivery)

    patch.setattr(Lane, "_deliver", deliver)


def _mark_before_events(patch: pytest.MonkeyPatch) -> None:
    kept = SimulatedRecord.record_page

    async def record_page(
        self: SimulatedRecord, account: int, page: Sequence[ListedEvent], now: float, ending: Ending | None = None
    ) -> None:
        if ending is not None:
            await kept(self, account, [], now, ending)
        await kept(self, account, page, now)

    patch.setattr(SimulatedRecord, "record_page", record_page)


def _mark_with_each_page(patch: pytest.MonkeyPatch) -> None:
    kept = SimulatedRecord.record_page

    async def record_page(
        self: SimulatedRecord, account: int, page: Sequence[ListedEvent], now: float, ending: Ending | None = None
    ) -> None:
        row = self.disk.accounts[account]
        if ending is None and page and row.low_water is not None:
            ending = Ending(max(row.low_water, *(event.created for event in page)), row.watched_from, 0, None)
        await kept(self, account, page, now, ending)

    patch.setattr(SimulatedRecord, "record_page", record_page)


def _no_overlap(patch: pytest.MonkeyPatch) -> None:
    kept = Trail.is_whole

    def is_whole(self: Trail, page: Page, overlap: int = 0) -> bool:  # noqa: ARG001 (as there)
        return kept(self, page, 0)

    patch.setattr(Trail, "is_whole", is_whole)
    patch.setattr(walk, "GLANCE_OVERLAP", 0)


def _first_page_only(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Trail, "is_whole", lambda *_: True)


def _glance_for_whole_walk(patch: pytest.MonkeyPatch) -> None:
    kept = Walker.walk

    async def walked(self: Walker, account: WatchedAccount) -> Walked | Failure:
        result = await kept(self, account)
        if isinstance(result, Walked):
            self._deep_at = result.account.polled_at
        return result

    patch.setattr(Walker, "walk", walked)


def _no_fsync(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SimulatedRecord, "syncs", False)


def _no_dedup(patch: pytest.MonkeyPatch) -> None:
    def record_events(self: InMemoryRecord, account: int, page: Sequence[ListedEvent], now: float) -> None:
        for one in page:
            number = self.disk.number("event")
            row = EventRow(number, account, one.id, one.created, one.type, now, one.payload, one.state)
            self.disk.keep_event(row)

    async def seen_among(*_: object) -> set[str]:
        return set()

    patch.setattr(InMemoryRecord, "record_events", record_events)
    patch.setattr(SimulatedRecord, "seen_among", seen_among)


def _tell_in_two_steps(patch: pytest.MonkeyPatch) -> None:
    kept: Callable[[SimulatedRecord, int, Telling, float], Awaitable[None]] = SimulatedRecord.tell

    async def tell(self: SimulatedRecord, account: int, telling: Telling, now: float) -> None:
        def settle() -> None:
            for number in (number for news in telling.news for number in news.events):
                self.disk.keep_event(replace(self.disk.events[number], state="untold", reason="about to be told"))

        self.call, self.soft = "commit tell, the first half", False
        self.transaction(settle)
        await kept(self, account, telling, now)

    patch.setattr(SimulatedRecord, "tell", tell)


def _deliveries_apart(patch: pytest.MonkeyPatch) -> None:
    kept: Callable[[SimulatedRecord, int, Telling, float], Awaitable[None]] = SimulatedRecord.tell
    post = InMemoryRecord.post

    async def tell(self: SimulatedRecord, account: int, telling: Telling, now: float) -> None:
        later: list[tuple[Any, ...]] = []
        with pytest.MonkeyPatch.context() as here:
            here.setattr(self, "post", lambda *asked: later.append(asked))
            await kept(self, account, telling, now)
        self.call, self.soft = "commit tell, the second half", False
        self.transaction(lambda: [post(self, *asked) for asked in later])

    patch.setattr(SimulatedRecord, "tell", tell)


def _names_forgotten(patch: pytest.MonkeyPatch) -> None:
    async def facts_under(*_: object) -> list[Fact]:
        return []

    patch.setattr(SimulatedRecord, "facts_under", facts_under)


def _sent_until_answered(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(retrying, "_UNCONFIRMED_RETRIES", 1_000_000)


def _failure_for_delivery(patch: pytest.MonkeyPatch) -> None:
    kept = retrying.after

    def after(delivery: Delivery, outcome: Outcome, *rest: Any) -> Any:  # noqa: ANN401 (as there)
        return Done() if isinstance(outcome, NotSent) else kept(delivery, outcome, *rest)

    patch.setattr(lane, "after", after)


def _watch_ends(patch: pytest.MonkeyPatch) -> None:
    async def whatever_comes(_: Watch, work: Callable[[], Awaitable[float | None]]) -> float | None:
        try:
            return await work()
        except Exception:  # noqa: BLE001 (as there)
            await asyncio.Event().wait()
            return None

    patch.setattr(Watch, "_whatever_comes", whatever_comes)


def _reload_loses_waiting(patch: pytest.MonkeyPatch) -> None:
    kept = Lanes.end_changed

    async def end_changed(self: Lanes, wanted: Mapping[str, ChannelSettings], stopping: asyncio.Event) -> None:
        same = {id_: 9 for id_, one in self._running.items() if one.settings == wanted.get(id_)}
        is_first = not self._running
        await kept(self, wanted, stopping)
        if not is_first:
            await self._record.abandon_strays(same, time.time())

    patch.setattr(Lanes, "end_changed", end_changed)


def _reload_waits_for_nobody(patch: pytest.MonkeyPatch) -> None:
    async def end_changed(self: Lanes, wanted: Mapping[str, ChannelSettings], _: asyncio.Event) -> None:
        for id_ in [id_ for id_, one in self._running.items() if one.settings != wanted.get(id_)]:
            for one in self._running.pop(id_).lanes:
                one.halt()

    patch.setattr(Lanes, "end_changed", end_changed)


def _stop_waits_for_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(running, "DRAIN_SECONDS", 0.0)
    patch.setattr(running, "STOP_SECONDS", 0.0)


def _reads_counted_twice(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(LookUps, "recorded", lambda *_: None)


def _restart_begins_at_now(patch: pytest.MonkeyPatch) -> None:
    kept: Callable[..., Awaitable[list[WatchedAccount]]] = SimulatedRecord.accounts

    async def accounts(self: SimulatedRecord, *asked: object) -> list[WatchedAccount]:
        found = await kept(self, *asked)
        return [one if one.low_water is None else replace(one, low_water=int(time.time())) for one in found]

    patch.setattr(SimulatedRecord, "accounts", accounts)


def _poison_stops_all(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(retrying, "_TRIES_OF_A_REFUSED_MESSAGE", 1_000_000)


MUTANTS: Collection[Mutant] = (
    Mutant("mark before send", "a delivery is marked before it is sent", _mark_before_send),
    Mutant("cursor before record", "the mark is recorded before the last page's events", _mark_before_events),
    Mutant("cursor with each page", "the mark moves before the walk is whole", _mark_with_each_page),
    Mutant("no overlap", "a walk ends at the mark", _no_overlap),
    Mutant("no fsync", "a power cut takes back what was committed", _no_fsync),
    Mutant("first page only", "a walk never asks for a second page", _first_page_only),
    Mutant("glance for a walk", "a glance counts as a walk that goes back all the way", _glance_for_whole_walk),
    Mutant("restart at now", "a restart goes on from now, not from the mark", _restart_begins_at_now),
    Mutant("no dedup", "an event on record is recorded again", _no_dedup),
    Mutant("names forgotten", "a sibling in a later poll finds no fact that was told", _names_forgotten),
    Mutant("tell in two steps", "events are settled before what they came to is recorded", _tell_in_two_steps),
    Mutant("deliveries apart", "deliveries are recorded after their occurrence", _deliveries_apart),
    Mutant("sent until answered", "what may have arrived is sent again and again", _sent_until_answered),
    Mutant("failure for delivery", "what was not sent is marked as delivered", _failure_for_delivery),
    Mutant("poison is never given up", "what is refused is tried for ever", _poison_stops_all),
    Mutant("watch ends", "an unexpected error ends an account's watch", _watch_ends),
    Mutant("reload loses", "a changed channel loses what waits for it", _reload_loses_waiting),
    Mutant(
        "reload does not wait", "a changed channel's lane begins before the old one has ended", _reload_waits_for_nobody
    ),
    Mutant("stop does not wait", "a stop does not wait for sends under way", _stop_waits_for_nobody),
    Mutant("reads counted twice", "what was counted stays to be counted", _reads_counted_twice),
)
