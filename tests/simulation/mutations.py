"""Daemons that are a little worse than ours. A simulation that does not tell them from ours proves nothing."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakSet
from zoneinfo import ZoneInfo

import pytest

from cashnotifyd.config.settings import ChannelSettings
from cashnotifyd.cursor_file.figures import Digest, Total
from cashnotifyd.cursor_file.streams import alone
from cashnotifyd.cursor_file.values import (
    About,
    Address,
    Delivery,
    Ending,
    Gathered,
    ListedEvent,
    Mute,
    Routing,
    Standing,
    Summary,
    Telling,
    Turn,
    WatchedAccount,
)
from cashnotifyd.daemon import running
from cashnotifyd.daemon.lanes import Lanes
from cashnotifyd.delivery import lane, retrying, turns
from cashnotifyd.delivery.lane import Lane
from cashnotifyd.delivery.outcome import Delivered, NotSent, Outcome
from cashnotifyd.delivery.retrying import Done, DueAgain
from cashnotifyd.delivery.turns import Manners
from cashnotifyd.digests import telling as digests
from cashnotifyd.lookups.asking import LookUps
from cashnotifyd.occurrences.facts import Fact
from cashnotifyd.polling import identity, walk, watch
from cashnotifyd.polling.pace import Pace, Why
from cashnotifyd.polling.walk import Trail, Walked, Walker
from cashnotifyd.polling.watch import Watch
from cashnotifyd.schedules import Every, Span
from cashnotifyd.stripe_api import Cause, Failure, Page
from cashnotifyd.telling import finding_out, pending
from cashnotifyd.telling.finding_out import Informant
from cashnotifyd.telling.saying import Audience
from cashnotifyd.telling.sorting import Outcome as Sorted
from tests.in_memory import outbox
from tests.in_memory.disk import DeliveryRow, Disk, EventRow
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

        async def sent(*_: object) -> Outcome | None:
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
    kept, failed = retrying.after, retrying.Health.failed

    def after(delivery: Delivery, outcome: Outcome, now: float, *rest: Any) -> Any:  # noqa: ANN401 (as there)
        """The answer to the second attempt does not settle the first one."""
        if isinstance(outcome, Delivered) and delivery.unconfirmed == 1:
            return DueAgain(now + 60.0, "in doubt", 2)
        return kept(delivery, outcome, now, *rest)

    def failing(health: retrying.Health, delivery: Delivery, outcome: Outcome, *rest: Any) -> None:  # noqa: ANN401 (as there)
        if not isinstance(outcome, Delivered):
            failed(health, delivery, outcome, *rest)

    patch.setattr(lane, "after", after)
    patch.setattr(retrying.Health, "failed", failing)


def _doubt_without_end(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(retrying.Health, "bears", lambda *_: retrying._MOST_IN_DOUBT)


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


def _alert_at_each_poll(patch: pytest.MonkeyPatch) -> None:
    kept: Callable[..., Awaitable[bool]] = SimulatedRecord.raise_alert

    async def raise_alert(self: SimulatedRecord, about: About, name: str, *asked: Any) -> bool:  # noqa: ANN401 (as there)
        if (about.text, name) in self.disk.alerts and name in {Cause.KEY_REFUSED, Cause.PERMISSION_MISSING}:
            await self.clear_alerts(about, [name], None, 0.0)
        return await kept(self, about, name, *asked)

    patch.setattr(SimulatedRecord, "raise_alert", raise_alert)


def _refused_key_ends_watch(patch: pytest.MonkeyPatch) -> None:
    kept = Watch._failed

    async def failed(self: Watch, failure: Failure) -> float:
        pause = await kept(self, failure)
        if failure.cause in {Cause.KEY_REFUSED, Cause.PERMISSION_MISSING}:
            await asyncio.Event().wait()
        return pause

    patch.setattr(Watch, "_failed", failed)


def _refused_key_asks_on(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(watch, "pause_after_refusal", lambda _refusals, interval, _rng: interval)


def _other_key_other_account(patch: pytest.MonkeyPatch) -> None:
    def whose(known: Sequence[WatchedAccount], **asked: Any) -> Any:  # noqa: ANN401 (as there)
        mine = [one for one in known if one.key_print == asked["print_of_key"]]
        return identity.whose(mine, **asked)

    patch.setattr(watch, "whose", whose)


def _less_known_is_untold(patch: pytest.MonkeyPatch) -> None:
    async def looked_up(outcome: Sorted, audience: Audience, look_ups: Informant, now: float) -> Sorted:
        known = await finding_out.looked_up(outcome, audience, look_ups, now)
        untold = tuple((number, "not known") for one in known.due for number in one.numbers)
        refused = isinstance(look_ups, LookUps) and look_ups.refused
        return replace(known, due=(), untold=(*known.untold, *untold)) if refused else known

    patch.setattr(pending, "looked_up", looked_up)


def _summary_in_two_steps(patch: pytest.MonkeyPatch) -> None:
    kept: Callable[[SimulatedRecord, Summary, float], Awaitable[None]] = SimulatedRecord.summarize

    async def summarize(self: SimulatedRecord, summary: Summary, now: float) -> None:
        rows = outbox.to_gather(self.disk, summary.address, summary.streams, now)
        rows = [row for row in rows if row.id <= summary.gathered.last]

        def take() -> None:
            for row in rows:
                self.finish(row, "summarized", summary.reason, now, summary=self.disk.last["occurrence"] + 1)

        self.call, self.soft = "commit summarize, the first half", False
        self.transaction(take)
        await kept(self, summary, now)

    patch.setattr(SimulatedRecord, "summarize", summarize)


def _summary_and_each(patch: pytest.MonkeyPatch) -> None:
    kept = InMemoryRecord.finish

    def finish(self: InMemoryRecord, row: DeliveryRow, state: str, *rest: Any, **changes: Any) -> None:  # noqa: ANN401 (as there)
        if state == "summarized":
            self.disk.keep_delivery(replace(row, stream=None))
        else:
            kept(self, row, state, *rest, **changes)

    patch.setattr(InMemoryRecord, "finish", finish)


def _summary_forgets_latecomers(patch: pytest.MonkeyPatch) -> None:
    kept = outbox.gather

    def gather(disk: Disk, address: Address, streams: Sequence[str], now: float) -> Gathered:
        gathered = kept(disk, address, streams, now)
        tally = gathered.tally
        return replace(gathered, tally=replace(tally, counts=tally.counts[:-1])) if len(tally.counts) > 1 else gathered

    patch.setattr(outbox, "gather", gather)


def _old_clock_counts_for_bursts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(turns, "_is_ahead", lambda *_: False)


def _quiet_hours_drop(patch: pytest.MonkeyPatch) -> None:
    def dropping(turn_: Turn, standing: Standing, manners: Manners, now: float) -> Turn:
        hours = manners.quiet_hours
        quiet = None if hours is None or standing.mute is not None else hours.around(now)
        return turn_ if quiet is None else replace(turn_, drops=Mute(quiet, drops=True))

    _silent_otherwise(patch, dropping)


def _quiet_hours_hold_all(patch: pytest.MonkeyPatch) -> None:
    _silent_otherwise(patch, lambda turn_, *_: replace(turn_, emergencies=False))


def _mute_always_drops(patch: pytest.MonkeyPatch) -> None:
    def dropping(turn_: Turn, standing: Standing, _manners: Manners, now: float) -> Turn:
        mute = standing.mute
        return replace(turn_, drops=mute) if mute is not None and now < mute.span.until else turn_

    _silent_otherwise(patch, dropping)


def _silent_otherwise(patch: pytest.MonkeyPatch, otherwise: Callable[[Turn, Standing, Manners, float], Turn]) -> None:
    kept = turns.silent

    def silent(standing: Standing, manners: Manners, now: float) -> Turn | None:
        turn_ = kept(standing, manners, now)
        return None if turn_ is None else otherwise(turn_, standing, manners, now)

    patch.setattr(turns, "silent", silent)
    patch.setattr(lane, "silent", silent)


def _quiet_hours_elsewhere(patch: pytest.MonkeyPatch) -> None:
    kept = turns.silent

    def silent(standing: Standing, manners: Manners, now: float) -> Turn | None:
        hours = manners.quiet_hours
        london = None if hours is None else replace(hours, timezone=ZoneInfo("UTC"))
        return kept(standing, replace(manners, quiet_hours=london), now)

    patch.setattr(turns, "silent", silent)
    patch.setattr(lane, "silent", silent)


def _mute_drops_what_was_before(patch: pytest.MonkeyPatch) -> None:
    kept: Callable[..., Awaitable[None]] = SimulatedRecord.decline_due

    async def decline_due(self: SimulatedRecord, channel: str, told: Span, *asked: Any) -> None:  # noqa: ANN401 (as there)
        await kept(self, channel, replace(told, since=0.0), *asked)

    patch.setattr(SimulatedRecord, "decline_due", decline_due)


def _deaf_to_commands(patch: pytest.MonkeyPatch) -> None:
    async def changed_elsewhere(_: SimulatedRecord) -> bool:
        return False

    patch.setattr(SimulatedRecord, "changed_elsewhere", changed_elsewhere)


def _digest_in_two_steps(patch: pytest.MonkeyPatch) -> None:
    async def tell_digest(self: SimulatedRecord, digest: Digest, now: float) -> bool:
        def tell() -> None:
            number = self.keep_ours("digest", int(now), digest.wordings, now)
            self.post(number, Routing(digest.recipients, ()), alone, now)

        self.call, self.soft = "commit tell_digest, the first half", False
        self.transaction(tell)
        await self.begin_digests(digest.channel, digest.every, digest.until)
        return True

    patch.setattr(SimulatedRecord, "tell_digest", tell_digest)


def _digest_at_each_start(patch: pytest.MonkeyPatch) -> None:
    kept: Callable[[SimulatedRecord], Awaitable[dict[tuple[str, Every], float]]] = SimulatedRecord.digests
    asked: WeakSet[SimulatedRecord] = WeakSet()

    async def digests(self: SimulatedRecord) -> dict[tuple[str, Every], float]:
        made = await kept(self)
        if self in asked:
            return made
        asked.add(self)
        for key in made:
            self.disk.digests[key] = made[key] = made[key] - 86_400.0
        self.disk.commit()
        return made

    patch.setattr(SimulatedRecord, "digests", digests)


def _digest_before_all_is_read(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(digests, "is_read", lambda *_: True)


def _digest_by_when_it_was_told(patch: pytest.MonkeyPatch) -> None:
    kept = outbox.totals

    def totals(disk: Disk, accounts: Sequence[int], since: float, until: float) -> tuple[Total, ...]:
        told = disk.copy() if not disk.journal else disk
        for row in list(told.occurrences.values()):
            told.occurrences[row.number] = replace(row, created=int(row.told_at))
        return kept(told, accounts, since, until)

    patch.setattr(outbox, "totals", totals)


def _waits_by_the_wall_clock(patch: pytest.MonkeyPatch) -> None:
    async def sleep(self: Watch, seconds: float) -> None:
        until = self._around.now() + seconds
        while (left := until - self._around.now()) > 0.0:  # noqa: ASYNC110 (that is what is wrong)
            await asyncio.sleep(min(left, 60.0))

    patch.setattr(Watch, "_sleep", sleep)


def _due_by_the_old_clock(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Lane, "clock_was_set", Lane.try_now)
    patch.setattr(lane, "LATEST", math.inf)


def _jumps_unnoticed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(running, "_CLOCK_JUMP", math.inf)


def _news_waits_for_the_down(patch: pytest.MonkeyPatch) -> None:
    async def until_woken(self: Lane) -> None:
        while not self._draining:
            await self._wake.wait()
            if self._urged or not self._health.down:
                return
            self._wake.clear()

    patch.setattr(Lane, "_until_woken", until_woken)


def _interval_without_budget(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(watch, "pace", lambda budget, *_: Pace(budget.terms.interval or 12.0, Why.FIXED))


MUTANTS: Sequence[Mutant] = (
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
    Mutant("doubt without end", "what may have arrived is not given up though others get through", _doubt_without_end),
    Mutant("failure for delivery", "what was not sent is marked as delivered", _failure_for_delivery),
    Mutant("poison is never given up", "what is refused is tried for ever", _poison_stops_all),
    Mutant("watch ends", "an unexpected error ends an account's watch", _watch_ends),
    Mutant("reload loses", "a changed channel loses what waits for it", _reload_loses_waiting),
    Mutant(
        "reload does not wait", "a changed channel's lane begins before the old one has ended", _reload_waits_for_nobody
    ),
    Mutant("stop does not wait", "a stop does not wait for sends under way", _stop_waits_for_nobody),
    Mutant("reads counted twice", "what was counted stays to be counted", _reads_counted_twice),
    Mutant("alert at each poll", "a refused key is told at each poll", _alert_at_each_poll),
    Mutant("refused key ends the watch", "a key that is mended is not noticed", _refused_key_ends_watch),
    Mutant("refused key asks on", "a refused key is asked with as often as any", _refused_key_asks_on),
    Mutant("other key, other account", "another key begins a record of its own", _other_key_other_account),
    Mutant("less known is untold", "what cannot be looked up is not told", _less_known_is_untold),
    Mutant("summary in two steps", "what is summed up is marked before its summary is recorded", _summary_in_two_steps),
    Mutant("summary and each", "what is summed up is told as well", _summary_and_each),
    Mutant("summary forgets", "a summary leaves out one sort of what it stands for", _summary_forgets_latecomers),
    Mutant(
        "bursts by the old clock", "a burst waits for the time of a clock that was ahead", _old_clock_counts_for_bursts
    ),
    Mutant("quiet hours drop", "what comes in quiet hours is dropped", _quiet_hours_drop),
    Mutant("quiet hours hold all", "quiet hours hold emergencies", _quiet_hours_hold_all),
    Mutant("quiet hours elsewhere", "quiet hours go by another time zone", _quiet_hours_elsewhere),
    Mutant("mute always drops", "a mute drops what it was to hold", _mute_always_drops),
    Mutant("mute drops too much", "a mute that drops drops what waited before", _mute_drops_what_was_before),
    Mutant("deaf to commands", "nobody notices that a mute has been lifted", _deaf_to_commands),
    Mutant("digest in two steps", "a digest is recorded before it counts as told", _digest_in_two_steps),
    Mutant("digest at each start", "a restart tells the last digest again", _digest_at_each_start),
    Mutant("digest too soon", "a digest does not wait until all of its time is read", _digest_before_all_is_read),
    Mutant("digest by telling", "a digest counts what was told in its time", _digest_by_when_it_was_told),
    Mutant("waits by the wall clock", "pauses between polls go by the wall clock", _waits_by_the_wall_clock),
    Mutant("due by the old clock", "what a clock that was ahead has noted is due by it", _due_by_the_old_clock),
    Mutant("jumps unnoticed", "nobody notices that the clock was set", _jumps_unnoticed),
    Mutant("news waits for the down", "news does not try a channel that was down", _news_waits_for_the_down),
    Mutant("budget forgotten", "the automatic interval goes by no budget", _interval_without_budget),
)
