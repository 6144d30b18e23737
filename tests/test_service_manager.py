from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cashnotifyd.service_manager import Progress, ServiceManager


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        yield listening


def heard(systemd: socket.socket) -> str:
    return systemd.recv(4096).decode()


def test_each_notice_arrives_as_sd_notify_spells_it(systemd: socket.socket) -> None:
    manager = ServiceManager.from_environment({"NOTIFY_SOCKET": systemd.getsockname()})
    manager.ready()
    assert heard(systemd) == "READY=1"
    manager.status("2 accounts,\nREADY=1")
    assert heard(systemd) == "STATUS=2 accounts, READY=1"
    manager.feed_watchdog()
    assert heard(systemd) == "WATCHDOG=1"
    manager.stopping()
    assert heard(systemd) == "STOPPING=1"
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    manager.reloading()
    flag, at = heard(systemd).split("\n")
    assert flag == "RELOADING=1"
    assert before <= int(at.removeprefix("MONOTONIC_USEC=")) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


@pytest.mark.skipif(not hasattr(os, "eventfd"), reason="abstract sockets are Linux's own")
def test_abstract_socket() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0cashnotifyd-test-{os.getpid()}")
        listening.settimeout(5)
        ServiceManager.from_environment({"NOTIFY_SOCKET": f"@cashnotifyd-test-{os.getpid()}"}).ready()
        assert heard(listening) == "READY=1"


def test_without_a_manager_notices_are_for_nobody() -> None:
    manager = ServiceManager.from_environment({})
    manager.ready()
    manager.feed_watchdog()
    assert manager.watchdog_interval is None


def test_a_manager_that_does_not_read_holds_up_nobody(systemd: socket.socket, tmp_path: Path) -> None:
    manager = ServiceManager(systemd.getsockname())
    for _ in range(2_000):  # far more than the queue of an unread socket takes
        manager.feed_watchdog()
    ServiceManager(str(tmp_path / "gone")).ready()


@pytest.mark.parametrize(
    ("environ", "interval"),
    [
        ({"WATCHDOG_USEC": "120000000"}, 60.0),
        ({"WATCHDOG_USEC": "120000000", "WATCHDOG_PID": str(os.getpid())}, 60.0),
        ({"WATCHDOG_USEC": "120000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({}, None),
    ],
)
def test_watchdog_interval_is_half_of_what_the_manager_waits(environ: dict[str, str], interval: float | None) -> None:
    assert ServiceManager.from_environment(environ).watchdog_interval == interval


@pytest.mark.fault(28)
def test_progress_names_who_is_overdue_the_longest_first() -> None:
    progress = Progress()
    progress.beat("shop", within=10, now=100)
    progress.beat("shop-test", within=5, now=100)
    assert progress.overdue(105) == []
    assert progress.overdue(111) == ["shop-test", "shop"]


def test_progress_after_a_beat_or_the_end_of_a_task_nobody_is_overdue() -> None:
    progress = Progress()
    progress.beat("shop", within=10, now=100)
    progress.beat("shop-test", within=10, now=100)
    progress.beat("shop", within=10, now=109)
    progress.forget("shop-test")
    progress.forget("never-there")
    assert progress.overdue(115) == []
