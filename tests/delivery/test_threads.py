"""Sends have threads as they need them, and no channel takes those of others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from cashnotifyd.delivery.threads import AT_ONCE, OF_ONE, Threads
from tests.running import PATIENCE


@pytest.fixture
def released() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def begun(sends: list[Future[bool]]) -> int:
    return sum(send.running() for send in sends)


def test_lanes_that_have_sent_have_no_thread() -> None:
    threads, before = Threads(), threading.active_count()
    for number in range(50):
        lane = threads.of(f"lane-{number}")
        assert lane.submit(lambda: 7).result(PATIENCE) == 7
        lane.shutdown()

    assert threading.active_count() - before < 25  # some may still be on their way out


@pytest.mark.fault(17, lost=0, repeated=0)
def test_a_channel_with_hundreds_of_sends_that_hang_takes_no_thread_of_another(released: threading.Event) -> None:
    threads = Threads()
    hanging = [threads.of("dead").submit(released.wait) for _ in range(2 * AT_ONCE)]

    assert threads.of("healthy").submit(lambda: "sent").result(PATIENCE) == "sent"
    assert begun(hanging) == OF_ONE
    released.set()
    assert all(one.result(PATIENCE) for one in hanging)


def test_a_hundred_channels_that_hang_leave_one_for_each_that_does_not(released: threading.Event) -> None:
    threads = Threads()
    hanging = [threads.of(f"dead-{n}").submit(released.wait) for _ in range(OF_ONE) for n in range(AT_ONCE // 2)]

    healthy = [threads.of(f"healthy-{n}").submit(lambda: "sent") for n in range(AT_ONCE // 2)]
    assert [one.result(PATIENCE) for one in healthy] == ["sent"] * (AT_ONCE // 2)
    assert begun(hanging) == AT_ONCE // 2
    released.set()
    assert all(one.result(PATIENCE) for one in hanging)


def test_what_waits_for_a_thread_can_be_taken_back(released: threading.Event) -> None:
    threads = Threads(of_one=1)
    hanging, waiting = (threads.of("dead").submit(released.wait) for _ in range(2))

    assert waiting.cancel()
    assert not hanging.cancel()
    released.set()
    assert hanging.result(PATIENCE)
    assert threads.of("dead").submit(lambda: "sent").result(PATIENCE) == "sent"


def test_what_a_send_raises_is_whose_it_was() -> None:
    def fails() -> None:
        raise KeyError("x")

    threads = Threads(of_one=1)
    with pytest.raises(KeyError):
        threads.of("odd").submit(fails).result(PATIENCE)
    assert threads.of("odd").submit(lambda: "sent").result(PATIENCE) == "sent"
