"""A channel's way out: in order, one at a time, each marked before the next."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.values import About, Address, Announcement, Cause, Gathered, Lately, Offer
from cashnotifyd.delivery import retrying
from cashnotifyd.delivery.lane import Lane, Way, own_thread
from cashnotifyd.delivery.outcome import Delivered, NotSent, Outcome, Pace, Refused, Unconfirmed
from cashnotifyd.delivery.retrying import Allowance
from cashnotifyd.delivery.threads import Threads
from cashnotifyd.delivery.turns import Manners
from cashnotifyd.vocabulary import Disclosure, Kind, Message, Mode, Urgency, Wordings
from tests import inspecting
from tests.outbox import to
from tests.running import PATIENCE, until


@dataclass
class Phone:
    """A recipient that answers as ``answer`` says."""

    answer: Callable[[str], Outcome] = lambda _title: Delivered()
    got: list[str] = field(default_factory=list)
    pace: Pace = field(default=Pace(at_once=1, every=0.0))
    patience: float = PATIENCE
    given_up: threading.Event = field(default_factory=threading.Event)

    def give_up(self) -> None:
        self.given_up.set()

    def send(self, message: Message) -> Outcome:
        outcome = self.answer(message.title)
        self.got.append(message.title)
        return outcome


ONE_BY_ONE = Manners()


def in_short(gathered: Gathered, cause: Cause) -> Wordings:
    """A summary in the words of a test."""
    title = f"{type(cause).__name__}: {sum(count.count for count in gathered.tally.counts)}"
    return Wordings.alike(Message(Kind.SALE, title, "", gathered.tally.urgency))


class Outbox:
    """A real record that messages can be put into, and a clock that tests move."""

    def __init__(self, path: Path) -> None:
        self.record = CursorFile.open(path)
        self.time = 1_790_000_000.0
        self._account: int | None = None

    def now(self) -> float:
        return self.time

    async def put(self, *titles: str, target: int = 0, channel: str = "phone") -> None:
        if self._account is None:
            account = await self.record.begin_account("shop", Mode.LIVE, stripe_id=None, name=None, key_print="p")
            self._account = account.id
        for title in titles:
            message = Message(Kind.WATCH, title, "body", Urgency.NORMAL)
            announcement = Announcement(message, to(channel, target=target))
            await self.record.raise_alert(About.account(self._account), title, announcement, self.time)

    def states(self) -> list[tuple[str, str | None, int]]:
        return [(one.state, one.reason, one.attempts) for one in inspecting.outbox(self.record.path)]

    def lane(
        self,
        phone: Phone,
        channel: str = "phone",
        target: int = 0,
        thread: Callable[[str], Executor] = own_thread,
    ) -> Lane:
        way = Way(Address(channel, target), Disclosure.FULL, ONE_BY_ONE, Allowance(phone.pace))
        return Lane(way, phone, self.record, self.now, random.Random(1), in_short, thread)


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Outbox]:
    outbox = Outbox(tmp_path / "cursor.db")
    yield outbox
    outbox.record.close()


def again(outbox: Outbox, lane: Lane, phone: Phone) -> Lane:
    """The lane as it goes on, since one that was drained does not run again."""
    other = outbox.lane(phone)
    other._health = lane._health
    return other


async def drained(lane: Lane) -> None:
    lane.drain()
    async with asyncio.timeout(PATIENCE):
        await lane.run()


async def test_in_order_and_marked(outbox: Outbox) -> None:
    phone = Phone()
    await outbox.put("one", "two", "three")

    await drained(outbox.lane(phone))

    assert phone.got == ["one", "two", "three"]
    assert outbox.states() == [("delivered", None, 1)] * 3


async def test_a_message_that_fails_is_tried_again_before_the_next(outbox: Outbox) -> None:
    answers: list[Outcome] = [NotSent("503"), Delivered(), Delivered()]
    phone = Phone(lambda _title: answers.pop(0))
    await outbox.put("one", "two")
    lane = outbox.lane(phone)
    await drained(lane)
    assert phone.got == ["one"]

    outbox.time += 7
    await drained(again(outbox, lane, phone))
    assert phone.got == ["one", "one", "two"]


async def test_a_message_that_goes_on_failing_lets_the_others_by(outbox: Outbox) -> None:
    phone = Phone(lambda title: NotSent("500") if title == "poison" else Delivered())
    await outbox.put("poison", "two", "three")
    lane = outbox.lane(phone)
    for _ in range(3):
        await drained(lane)
        outbox.time += 15
        lane = again(outbox, lane, phone)

    # After the others it is given one more chance at once; then it waits for its own time.
    assert phone.got == ["poison", "poison", "poison", "two", "poison", "three"]
    assert [state for state, _, _ in outbox.states()] == ["waiting", "delivered", "delivered"]
    assert lane._health.poison == {1}


async def test_a_channel_that_is_down_is_left_alone(outbox: Outbox) -> None:
    phone = Phone(lambda _title: NotSent("refused"))
    await outbox.put(*(f"message {n}" for n in range(50)))
    lane = outbox.lane(phone)
    for _ in range(20):
        await drained(lane)
        outbox.time += 20
        lane = again(outbox, lane, phone)

    assert len(phone.got) == 21  # one a time, and the second message with the first one's third try
    assert await outbox.record.waiting() == 50


async def test_when_a_channel_is_back_nothing_waits_longer(outbox: Outbox) -> None:
    down = [True]
    phone = Phone(lambda _title: NotSent("refused") if down[0] else Delivered())
    await outbox.put("one", "two")
    lane = outbox.lane(phone)
    await drained(lane)
    down[0] = False
    outbox.time += 12
    await outbox.put("three")

    await drained(again(outbox, lane, phone))

    assert phone.got[1:] == ["one", "two", "three"]
    assert await outbox.record.waiting() == 0


async def test_after_a_restart_what_failed_need_not_wait_longer(outbox: Outbox) -> None:
    await outbox.put("one", "two")
    await outbox.record.mark_due_again(1, outbox.time + 3600, "503", 0)
    phone = Phone()
    await drained(outbox.lane(phone))
    assert phone.got == ["one", "two"]


@pytest.mark.fault(16, lost=0)
async def test_while_one_may_have_arrived_no_other_is_risked(outbox: Outbox) -> None:
    answers: list[Outcome] = [Unconfirmed("no answer"), Delivered(), Delivered()]
    phone = Phone(lambda _title: answers.pop(0))
    await outbox.put("one", "two")
    lane = outbox.lane(phone)
    await drained(lane)
    assert phone.got == ["one"]
    assert lane.trouble is not None

    outbox.time += 80
    await drained(again(outbox, lane, phone))
    assert phone.got == ["one", "one", "two"]


@pytest.mark.fault(16, lost=0)
async def test_what_may_have_arrived_is_sent_at_most_once_more_where_others_get_through(outbox: Outbox) -> None:
    phone = Phone(lambda title: Unconfirmed("no answer in time") if title == "one" else Delivered())
    await outbox.put("one", "two")
    lane = outbox.lane(phone)
    for _ in range(5):
        await drained(lane)
        outbox.time += 100
        lane = again(outbox, lane, phone)

    assert phone.got == ["one", "one", "two", "one"]  # after the second time it was not clear whose trouble it was
    assert outbox.states()[0] == ("abandoned", "may have arrived: no answer in time", 3)


@pytest.mark.fault(16, lost=0)
async def test_a_service_that_takes_requests_and_does_nothing_for_hours_loses_nothing(outbox: Outbox) -> None:
    stalls = [True]
    phone = Phone(lambda _title: Unconfirmed("no answer in time") if stalls[0] else Delivered())
    titles = [f"message {n}" for n in range(6)]
    await outbox.put(*titles)
    lane, since = outbox.lane(phone), outbox.time
    while outbox.time - since < 8 * 3600:
        await drained(lane)
        outbox.time += lane._health.pause(random.Random(1))
        lane = again(outbox, lane, phone)
        lane._afresh = False  # the daemon goes on
    tried = Counter(phone.got)
    stalls[0], phone.got = False, []
    outbox.time += 3600
    await drained(again(outbox, lane, phone))

    assert sorted(phone.got) == titles
    assert max(tried.values()) <= 8
    assert tried.total() <= 4 + 8 * 5  # four an hour at the most, but for the first ones


@pytest.mark.fault(16, lost=0)
async def test_a_send_without_an_end_is_given_up_and_the_lane_goes_on(outbox: Outbox) -> None:
    released = threading.Event()

    def endless(_title: str) -> Outcome:
        released.wait(PATIENCE)
        return Delivered()

    phone = Phone(endless, patience=0.05)
    await outbox.put("one")
    lane = outbox.lane(phone)
    async with asyncio.timeout(PATIENCE):
        await drained(lane)
    assert phone.given_up.is_set()
    assert lane.trouble is not None
    assert lane.trouble.reason.startswith("no end to it within")
    assert outbox.states() == [("waiting", lane.trouble.reason, 1)]
    released.set()


async def test_a_send_that_ends_when_it_is_given_up_has_the_last_word(outbox: Outbox) -> None:
    phone = Phone(patience=0.05)

    def cut(_title: str) -> Outcome:
        phone.given_up.wait(PATIENCE)
        return NotSent("the connection was cut before anything was sent")

    phone.answer = cut
    await outbox.put("one")
    lane = outbox.lane(phone)
    await drained(lane)
    assert outbox.states() == [("waiting", "the connection was cut before anything was sent", 1)]


async def test_a_lane_without_a_thread_says_so_and_ends_at_once_when_it_is_to(outbox: Outbox) -> None:
    released, threads = threading.Event(), Threads(of_one=1)
    threads.of("lane-phone").submit(released.wait)
    await outbox.put("one")

    lane = outbox.lane(Phone(patience=0.05), thread=threads.of)
    await drained(lane)
    assert outbox.states() == [("waiting", "too many earlier sends have not ended", 1)]

    outbox.time += 3600
    lane = outbox.lane(Phone(), thread=threads.of)
    running = asyncio.create_task(lane.run())
    await until(lambda: lane._send_begun is not None)
    assert not lane.sending
    async with asyncio.timeout(PATIENCE):
        lane.halt()
        await running
    assert outbox.states()[0][2] == 1
    released.set()


async def test_a_running_lane_sends_when_woken_and_when_due(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "_FIRST_PAUSE", 0.05)
    answers: list[Outcome] = [NotSent("busy"), Delivered(), Delivered()]
    sent = asyncio.Event()
    loop = asyncio.get_running_loop()

    def answer(_title: str) -> Outcome:
        loop.call_soon_threadsafe(sent.set)
        return answers.pop(0)

    phone = Phone(answer)
    lane = outbox.lane(phone)
    running = asyncio.create_task(lane.run())
    await asyncio.sleep(0)
    await outbox.put("one")
    lane.wake()
    async with asyncio.timeout(PATIENCE):
        await sent.wait()
        sent.clear()
        await until(lambda: outbox.states()[0][2] == 1)
        outbox.time += 3600
        lane.wake()
        await sent.wait()
    lane.drain()
    await running
    assert phone.got == ["one", "one"]


async def test_a_recipient_that_is_refused_holds_up_no_other(outbox: Outbox) -> None:
    gone, here = Phone(lambda _title: Refused("550", "channel")), Phone()
    for title in ("a", "b", "c"):
        await outbox.put(f"{title} to gone", target=0)
        await outbox.put(f"{title} to here", target=1)

    await drained(outbox.lane(gone, target=0))
    await drained(outbox.lane(here, target=1))

    assert gone.got == ["a to gone"]
    assert here.got == ["a to here", "b to here", "c to here"]


async def test_halt_waits_for_the_send_under_way_and_begins_no_other(outbox: Outbox) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(_title: str) -> Outcome:
        begun.set()
        go_on.wait(PATIENCE)
        return Delivered()

    phone = Phone(slow)
    await outbox.put("one", "two")
    lane = outbox.lane(phone)
    running = asyncio.create_task(lane.run())
    await asyncio.to_thread(begun.wait, PATIENCE)
    assert lane.sending
    lane.halt()
    go_on.set()
    await running

    assert phone.got == ["one"]
    assert [state for state, _, _ in outbox.states()] == ["delivered", "waiting"]


async def test_a_send_that_nobody_waits_for_any_more_is_still_under_way(outbox: Outbox) -> None:
    begun, answer = threading.Event(), threading.Event()

    def hang(_title: str) -> Outcome:
        begun.set()
        answer.wait(PATIENCE)
        return Delivered()

    lane = outbox.lane(Phone(hang))
    await outbox.put("one")
    running = asyncio.create_task(lane.run())
    await until(begun.is_set)
    running.cancel()
    await asyncio.wait([running])

    assert lane.sending
    answer.set()
    await until(lambda: not lane.sending)


async def test_a_slow_channel_holds_up_no_other(outbox: Outbox) -> None:
    go_on = threading.Event()

    def slow(_title: str) -> Outcome:
        go_on.wait(PATIENCE)
        return Delivered()

    quick = Phone()
    await outbox.put("slow")
    await outbox.put("quick", channel="desk")
    slow_lane = outbox.lane(Phone(slow))
    running = asyncio.create_task(slow_lane.run())
    await drained(outbox.lane(quick, channel="desk"))
    assert quick.got == ["quick"]
    go_on.set()
    slow_lane.drain()
    await running


async def test_a_halt_while_the_next_delivery_is_fetched_leaves_it_waiting(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = Phone()
    await outbox.put("one")
    lane = outbox.lane(phone)
    fetch = outbox.record.offer

    async def halted_meanwhile(address: Address, disclosure: Disclosure, now: float, lately: Lately | None) -> Offer:
        offer = await fetch(address, disclosure, now, lately)
        lane.halt()
        return offer

    monkeypatch.setattr(outbox.record, "offer", halted_meanwhile)
    await lane.run()

    assert phone.got == []
    assert [state for state, _, _ in outbox.states()] == ["waiting"]


async def test_news_does_not_knock_at_a_channel_that_is_down_but_somebody_may(outbox: Outbox) -> None:
    tried = asyncio.Event()
    loop = asyncio.get_running_loop()

    def refused(_title: str) -> Outcome:
        loop.call_soon_threadsafe(tried.set)
        return Refused("401", "channel")

    phone = Phone(refused)
    await outbox.put("one", "two")
    lane = outbox.lane(phone)
    running = asyncio.create_task(lane.run())
    async with asyncio.timeout(PATIENCE):
        await tried.wait()
    tried.clear()
    outbox.time += 60
    lane.wake()
    await until(lambda: not lane._wake.is_set())
    assert not tried.is_set()
    lane.try_now()
    async with asyncio.timeout(PATIENCE):
        await tried.wait()
    lane.halt()
    await running


async def test_when_the_pause_of_a_channel_that_is_down_is_over_news_need_not_wait(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by the simulation: what came after the last message had been set aside waited for up to an hour."""
    monkeypatch.setattr(retrying, "_PAUSE_IN_DOUBT", 0.05)
    monkeypatch.setattr(retrying, "_SET_ASIDE", 1e6)
    answers: list[Outcome] = [Unconfirmed("no answer"), Unconfirmed("no answer"), Delivered(), Delivered()]
    idle, next_due = asyncio.Event(), outbox.record.next_due

    async def and_then(address: Address, now: float) -> float | None:
        due = await next_due(address, now)
        outbox.time += 60
        if len(answers) == 2:
            idle.set()
        return due

    monkeypatch.setattr(outbox.record, "next_due", and_then)
    phone = Phone(lambda _title: answers.pop(0))
    await outbox.put("one")
    lane = outbox.lane(phone)
    running = asyncio.create_task(lane.run())
    async with asyncio.timeout(PATIENCE):
        await idle.wait()
        await outbox.put("two")
        lane.wake()
        await until(lambda: not answers)
    lane.drain()
    await running
    assert phone.got == ["one", "one", "two", "one"]


async def test_what_a_clock_that_was_ahead_has_noted_is_due_when_it_is_set_back(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by the simulation: it waited until the clock was as far again, for a day."""
    idle, next_due = asyncio.Event(), outbox.record.next_due

    async def and_then(address: Address, now: float) -> float | None:
        due = await next_due(address, now)
        idle.set()
        return due

    monkeypatch.setattr(outbox.record, "next_due", and_then)
    phone = Phone()
    await outbox.put("new", "may have arrived")
    await outbox.record.mark_due_again(2, outbox.time + 60, "no answer", 1)
    lane = outbox.lane(phone)
    running = asyncio.create_task(lane.run())
    async with asyncio.timeout(PATIENCE):
        await idle.wait()
        assert phone.got == ["new"]
        await outbox.put("newer")
        outbox.time -= 86_400
        lane.clock_was_set()
        await until(lambda: len(phone.got) == 3)
    lane.drain()
    await running
    assert phone.got == ["new", "may have arrived", "newer"]
