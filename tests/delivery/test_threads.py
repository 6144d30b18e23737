"""Sends have threads as they need them, and lanes that have nothing to send have none."""

from __future__ import annotations

import threading

from cashnotifyd.delivery.threads import Threads
from tests.running import PATIENCE


def sends() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("send")]


def test_lanes_that_send_one_after_the_other_share_a_thread() -> None:
    threads, before = Threads(), len(sends())
    for number in range(50):
        lane = threads.of(f"lane-{number}")
        assert lane.submit(lambda: 7).result() == 7
        lane.shutdown()

    assert len(sends()) - before < 25  # some may still be on their way to being idle


def test_a_send_that_hangs_holds_up_no_other() -> None:
    threads, released = Threads(at_once=3), threading.Event()
    hanging = [threads.of("dead").submit(released.wait) for _ in range(2)]

    assert threads.of("healthy").submit(lambda: "sent").result(PATIENCE) == "sent"
    released.set()
    assert all(one.result(PATIENCE) for one in hanging)
