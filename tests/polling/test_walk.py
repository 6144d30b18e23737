"""The walk misses nothing and repeats nothing, whatever Stripe's list does meanwhile."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
import structlog

from cashnotifyd.polling.walk import (
    DEEP_EVERY,
    FREELY,
    GLANCE,
    GLANCE_OVERLAP,
    OVERLAP,
    STANDSTILL,
    FirstContact,
    Gap,
    Walker,
    meets_record,
    wait_before,
)
from cashnotifyd.simulator.faults import Fault, Garbage, RateLimited, Reset, Slow, Status, Truncated
from cashnotifyd.stripe_api import Cause, Failure, Page, StripeApi, page_in
from tests import inspecting
from tests.polling.conftest import Watcher

DAY = 86400


def emit(watcher: Watcher, count: int = 1, *, created: float | None = None, visible_in: float = 0.0) -> list[str]:
    """So many events; their ids."""
    charge = {"id": "ch_1", "object": "charge"}
    return [
        watcher.shop.emit("charge.updated", charge, created=created, visible_in=visible_in)["id"] for _ in range(count)
    ]


def list_reads(watcher: Watcher) -> int:
    return sum(request.path == "/v1/events" for request in watcher.shop.requests)


async def test_first_contact_announces_itself_and_nothing_else(watcher: Watcher) -> None:
    emit(watcher, 250)

    assert await watcher.news() == []
    assert watcher.remarks == [FirstContact(50)]
    assert await watcher.news() == []
    assert watcher.remarks == [FirstContact(50)]


async def test_what_comes_after_the_first_contact_is_news(watcher: Watcher) -> None:
    emit(watcher, 3)
    await watcher.walk()
    watcher.clock.now += 10
    new = emit(watcher, 2)

    assert sorted(await watcher.news()) == sorted(new)
    assert await watcher.news() == []


async def test_the_first_event_ever_is_news(watcher: Watcher) -> None:
    assert await watcher.news() == []
    watcher.clock.now += 10
    new = emit(watcher)

    assert await watcher.news() == new


@pytest.mark.parametrize("many", [99, 100, 101, 350])
async def test_any_number_of_pages(watcher: Watcher, many: int) -> None:
    emit(watcher, 120)
    await watcher.walk()
    watcher.clock.now += 2 * OVERLAP
    new = emit(watcher, many)

    assert sorted(await watcher.news()) == sorted(new)


async def test_a_burst_within_one_second_across_pages(watcher: Watcher) -> None:
    emit(watcher, 5)
    await watcher.walk()
    new = emit(watcher, 150)  # in the same second as what is known

    assert sorted(await watcher.news()) == sorted(new)
    more = emit(watcher, 150)
    assert sorted(await watcher.news()) == sorted(more)


@pytest.mark.fault(8, lost=0, repeated=0)
@pytest.mark.parametrize("late", [1, 60, 599])
async def test_an_event_that_becomes_visible_late_is_news(watcher: Watcher, late: int) -> None:
    emit(watcher, 3)
    await watcher.walk()
    begun = watcher.clock.now
    (hidden,) = emit(watcher, 1, visible_in=late)
    watcher.clock.now += late - 1
    newer = [one for number in range(130) for one in emit(watcher, created=begun + (late - 1) * number // 130)]
    assert sorted(await watcher.news()) == sorted(newer)
    watcher.clock.now += 1

    assert await watcher.news() == [hidden]


async def test_a_quiet_poll_costs_one_read_and_no_commit(watcher: Watcher) -> None:
    emit(watcher, 30)
    await watcher.walk()
    before, account = list_reads(watcher), watcher.account
    watcher.clock.now += 1

    assert await watcher.walk() is None

    assert list_reads(watcher) == before + 1
    assert watcher.account == replace(account, polled_at=watcher.clock.now)
    assert watcher.api.unrecorded_reads == 1


async def test_the_mark_moves_only_when_the_walk_is_whole(watcher: Watcher) -> None:
    emit(watcher, 1)
    await watcher.walk()
    watcher.clock.now += 2 * OVERLAP
    new = emit(watcher, 350)
    mark = watcher.account.low_water
    watcher.shop.fail(Slow(0.0), times=2)
    watcher.shop.fail(Status(500, should_retry=False), times=1)  # the third page does not come
    assert isinstance(await watcher.walk(), Failure)
    assert watcher.account.low_water == mark
    told = await watcher.taken()
    assert len(told) == 200  # what was read is recorded all the same
    assert sorted(told + await watcher.news()) == sorted(new)


async def test_an_event_of_the_future_moves_no_mark(watcher: Watcher) -> None:
    emit(watcher)
    await watcher.walk()
    future = emit(watcher, 1, created=watcher.clock.now + 100 * DAY)
    assert await watcher.news() == future
    watcher.clock.now += 2 * OVERLAP
    new = emit(watcher, 150)

    assert sorted(await watcher.news()) == sorted(new)


@pytest.mark.fault(11, lost=0, repeated=0, measured="one alert")
async def test_after_a_month_away_the_gap_is_told_once(watcher: Watcher) -> None:
    emit(watcher, 3)
    away_since = int(watcher.clock.now)
    await watcher.walk()
    watcher.clock.now += 40 * DAY
    new = emit(watcher, 2)

    assert sorted(await watcher.news()) == sorted(new)
    assert watcher.remarks[1:] == [Gap(away_since, int(watcher.clock.now) - 30 * DAY)]
    watcher.clock.now += 10
    await watcher.walk()
    assert len(watcher.remarks) == 2


async def test_a_quiet_account_has_no_gap(watcher: Watcher) -> None:
    emit(watcher, 3)
    await watcher.walk()
    for _ in range(8):
        watcher.clock.now += 5 * DAY
        await watcher.walk()
    new = emit(watcher)

    assert await watcher.news() == new
    assert watcher.remarks == [FirstContact(3)]


@pytest.mark.parametrize(
    "fault",
    [Status(500), Status(503), Reset(), Truncated(), Garbage(), RateLimited("global-rate"), RateLimited(None)],
    ids=lambda fault: type(fault).__name__,
)
async def test_a_passing_fault_is_retried_within_the_walk(watcher: Watcher, fault: Fault) -> None:
    await watcher.walk()
    new = emit(watcher, 150)
    watcher.shop.fail(fault, times=2)

    assert sorted(await watcher.news()) == sorted(new)


async def test_reads_are_counted_with_those_that_failed(watcher: Watcher) -> None:
    watcher.shop.fail(Status(500), times=2)

    await watcher.walk()

    assert watcher.api.unrecorded_reads == 0
    assert inspecting.reads(watcher.record.path) == list_reads(watcher) == 3


# Glances


def asked_for(watcher: Watcher, since: int) -> list[dict[str, str]]:
    """What was asked of the list since that request."""
    return [dict(request.query) for request in watcher.shop.requests if request.path == "/v1/events"][since:]


async def glancing(watcher: Watcher, old: int = 30) -> Walker:
    """A walker that has been all the way, so that a glance does next."""
    emit(watcher, old, created=watcher.clock.now - 2 * GLANCE_OVERLAP)
    await watcher.walk()
    walker = watcher.walker()
    await watcher.go_on(walker)
    watcher.clock.now += 1
    return walker


async def test_between_whole_walks_a_small_page_does(watcher: Watcher) -> None:
    walker, before = await glancing(watcher), list_reads(watcher)
    new = emit(watcher, 3)

    await watcher.go_on(walker)
    assert sorted(await watcher.taken()) == sorted(new)
    watcher.clock.now += 1
    await watcher.go_on(walker)

    asked, mark = asked_for(watcher, before), watcher.account.low_water
    assert mark is not None
    # What is known to be on it comes on top.
    assert [int(query["limit"]) for query in asked] == [GLANCE + 30, GLANCE + 3]
    assert int(asked[1]["created[gte]"]) == mark - GLANCE_OVERLAP
    assert await watcher.taken() == []


async def test_a_glance_that_is_full_goes_all_the_way(watcher: Watcher) -> None:
    walker = await glancing(watcher)
    new = emit(watcher, 250)

    await watcher.go_on(walker)

    assert sorted(await watcher.taken()) == sorted(new)


@pytest.mark.fault(8, lost=0, repeated=0)
async def test_what_is_a_little_late_a_glance_finds_and_what_is_later_the_next_whole_walk(watcher: Watcher) -> None:
    walker = await glancing(watcher)
    emit(watcher, 2 * GLANCE)
    await watcher.go_on(walker)
    await watcher.taken()
    now = watcher.clock.now
    late = emit(watcher, created=now - GLANCE_OVERLAP)
    later = emit(watcher, created=now - OVERLAP) + emit(watcher, created=now - 2 * OVERLAP)
    watcher.clock.now += 1
    await watcher.go_on(walker)
    assert await watcher.taken() == late

    watcher.clock.now += DEEP_EVERY
    await watcher.go_on(walker)

    assert sorted(await watcher.taken()) == sorted(later)


@pytest.mark.fault(33, lost=0, repeated=0)
async def test_a_clock_that_is_set_back_puts_off_no_whole_walk(watcher: Watcher) -> None:
    ours = replace(watcher.clock)
    walker = Walker(watcher.api, watcher.record, ours, watcher._announce, lambda: None)
    emit(watcher, 3)
    await watcher.go_on(walker)
    ours.now -= DAY
    late = emit(watcher, created=watcher.clock.now - 2 * GLANCE_OVERLAP)
    for clock in (ours, watcher.clock):
        clock.now += DEEP_EVERY

    await watcher.go_on(walker)

    assert await watcher.taken() == late


async def test_a_busy_second_seen_halfway_is_seen_whole_by_the_next_glance(watcher: Watcher) -> None:
    walker = await glancing(watcher)
    first = emit(watcher, 25)
    await watcher.go_on(walker)
    rest = emit(watcher, 25)
    await watcher.go_on(walker)

    assert sorted(await watcher.taken()) == sorted(first + rest)


async def test_after_a_walk_that_broke_no_glance_does(watcher: Watcher) -> None:
    walker = await glancing(watcher)
    new = emit(watcher, 250)
    watcher.shop.fail(Slow(0.0), times=1)
    watcher.shop.fail(Status(500, should_retry=False), times=1)
    mark = watcher.account.low_water

    assert isinstance(await watcher.go_on(walker), Failure)
    assert watcher.account.low_water == mark
    some = await watcher.taken()
    assert 0 < len(some) < len(new)
    await watcher.go_on(walker)

    assert sorted(some + await watcher.taken()) == sorted(new)


async def test_what_could_not_be_recorded_is_not_taken_for_known(watcher: Watcher) -> None:
    walker = await glancing(watcher)
    new = emit(watcher, 2)

    class Tripping:
        """A record that takes nothing just now."""

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever the record has)
            return getattr(watcher.record, name)

        async def record_page(self, *_: object) -> None:
            raise ZeroDivisionError

    walker._record = Tripping()
    with pytest.raises(ZeroDivisionError):
        await watcher.go_on(walker)
    walker._record = watcher.record
    await watcher.go_on(walker)

    assert sorted(await watcher.taken()) == sorted(new)


async def test_an_account_without_events_is_asked_for_all_of_them(watcher: Watcher) -> None:
    walker = watcher.walker()
    await watcher.go_on(walker)
    before = list_reads(watcher)
    await watcher.go_on(walker)
    new = emit(watcher, 1)
    await watcher.go_on(walker)

    assert [query["limit"] for query in asked_for(watcher, before)] == ["100"] * 2
    assert await watcher.taken() == new


class OddList(StripeApi):
    """A list of events that no Stripe would serve."""

    def __init__(self, pages: list[list[Any]], *, endless: bool = False) -> None:
        self.unrecorded_reads = 0
        self._pages = pages
        self._endless = endless

    async def events(
        self,
        *,
        limit: int,
        starting_after: str | None = None,  # noqa: ARG002 (theirs)
        created_from: int | None = None,  # noqa: ARG002 (theirs)
    ) -> Page | Failure:
        self.unrecorded_reads += 1
        assert self.unrecorded_reads < 50, "the walk does not end"
        index = min(self.unrecorded_reads, len(self._pages)) - 1
        more = self._endless or index + 1 < len(self._pages)
        return page_in(json.dumps({"data": self._pages[index], "has_more": more}).encode(), limit)


def odd(id_: str, created: object) -> dict[str, Any]:
    return {"id": id_, "object": "event", "type": "charge.updated", "created": created, "data": {"object": {}}}


async def test_a_list_that_runs_the_wrong_way_round_is_read_to_its_end(watcher: Watcher) -> None:
    await watcher.walk()
    now = int(watcher.clock.now)
    pages = [[odd(f"evt_{page}_{n}", now - 5000 + page * 100 + n) for n in range(100)] for page in range(3)]
    watcher.api = OddList(pages)

    assert len(await watcher.news()) == 300


async def test_a_list_that_does_not_move_on_ends_the_walk(watcher: Watcher) -> None:
    await watcher.walk()
    now = int(watcher.clock.now)
    watcher.api = OddList([[odd(f"evt_{n}", now - n) for n in range(100)]], endless=True)

    assert isinstance(await watcher.walk(), Failure)
    assert len(await watcher.taken()) == 100


class Standing(StripeApi):
    """A list that goes on for ever, with new events on each page, all of this second but for one odd one."""

    def __init__(self, now: int) -> None:
        self.unrecorded_reads = 0
        self._now = now

    async def events(
        self,
        *,
        limit: int,
        starting_after: str | None = None,  # noqa: ARG002 (theirs)
        created_from: int | None = None,  # noqa: ARG002 (theirs)
    ) -> Page | Failure:
        self.unrecorded_reads += 1
        read = self.unrecorded_reads
        assert read < 2 * STANDSTILL, "the walk does not end"
        events = [odd(f"evt_{read}_{n}", self._now - (n == 0) * 9 * DAY) for n in range(5)]
        return page_in(json.dumps({"data": events, "has_more": True}).encode(), limit)


async def test_a_list_that_goes_on_and_not_back_in_time_ends_the_walk(watcher: Watcher) -> None:
    await watcher.walk()
    watcher.api = Standing(int(watcher.clock.now))

    found = await watcher.walk()

    assert isinstance(found, Failure)
    assert (found.cause, watcher.api.unrecorded_reads) == (Cause.GARBLED, STANDSTILL + 1)


def test_a_long_walk_is_fast_and_one_without_an_end_slow() -> None:
    million, day = 10_000, 86400
    assert wait_before(FREELY) == 0
    assert sum(map(wait_before, range(million))) < 3600
    assert sum(map(wait_before, range(60_000))) > day


async def test_entries_that_are_no_events_are_passed_over(watcher: Watcher) -> None:
    await watcher.walk()
    watcher.api = OddList([[None, 7, {}, {"id": 3}, odd("evt_good", int(watcher.clock.now)), odd("evt_undated", None)]])

    assert sorted(await watcher.news()) == ["evt_good", "evt_undated"]


def complaints(lines: Sequence[Mapping[str, Any]]) -> list[tuple[object, object]]:
    return [(line["malformed"], line["first"]) for line in lines if "malformed" in line]


async def test_entries_that_are_no_events_are_said_once_until_others_come(watcher: Watcher) -> None:
    await watcher.walk()
    now = int(watcher.clock.now)
    pages: list[list[Any]] = [[{}, {"id": 3}, odd("evt_1", now)]]
    watcher.api = OddList(pages)
    walker = watcher.walker()
    with structlog.testing.capture_logs() as lines:
        await watcher.go_on(walker)
        pages.append([odd("evt_2", now), {}, {"id": 3}, odd("evt_1", now)])
        await watcher.go_on(walker)
        assert complaints(lines) == [(2, "its id is none")]

        pages.append([None, odd("evt_2", now), {}, {"id": 3}])
        await watcher.go_on(walker)
        await watcher.go_on(walker)
    assert complaints(lines) == [(2, "its id is none"), (3, "it is no JSON object")]
    assert {line["account"] for line in lines if "malformed" in line} == {"shop"}


async def test_half_a_character_stands_in_nobodys_way(watcher: Watcher) -> None:
    await watcher.walk()
    now = int(watcher.clock.now)
    watcher.api = OddList([[odd("evt_next", now), odd("evt_half", now) | {"data": {"object": {"name": "Bob \ud83d"}}}]])

    assert sorted(await watcher.news()) == ["evt_half", "evt_next"]


async def test_a_key_proves_itself_by_events_on_record(watcher: Watcher) -> None:
    emit(watcher, 20)
    await watcher.walk()
    watcher.clock.now += 2 * OVERLAP
    emit(watcher, 130)

    assert await meets_record(watcher.api, watcher.record, watcher.account, lambda: None) is True
    stranger = OddList([[odd(f"evt_{n}", int(watcher.clock.now) - n) for n in range(10)]])
    assert await meets_record(stranger, watcher.record, watcher.account, lambda: None) is False
    assert await meets_record(OddList([[]]), watcher.record, watcher.account, lambda: None) is True
