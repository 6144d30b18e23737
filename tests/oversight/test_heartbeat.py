from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Self

import pytest
from aiohttp import web
from structlog.testing import capture_logs
from yarl import URL

from cashnotifyd.oversight.heartbeat import Heartbeat, Sign, failing, is_due
from cashnotifyd.oversight.verdict import Verdict
from tests.clock import Clock
from tests.delivery.doubles import closed_port
from tests.running import PATIENCE, until

WELL, UNWELL = Verdict.WELL, Verdict.UNWELL
SECRET = "0b5c8f52-secret"


class Checks:
    """A service that waits for signs of life."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.answering = asyncio.Event()
        self.answering.set()
        self._arrived = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE), self._arrived:
            await self._arrived.wait_for(happened)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/{SECRET}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        async with self._arrived:
            self.asked.append(request.raw_path)
            self._arrived.notify_all()
        await self.answering.wait()
        return web.Response(status=self.status, headers=self.headers)


@pytest.fixture
async def checks() -> AsyncIterator[Checks]:
    async with Checks() as service:
        yield service


@asynccontextmanager
async def beating(url: str, clock: Clock) -> AsyncIterator[Heartbeat]:
    heartbeat = Heartbeat(url, clock)
    task = asyncio.create_task(heartbeat.run())
    try:
        yield heartbeat
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.mark.parametrize(
    ("last", "verdict", "seconds", "due"),
    [
        (None, WELL, 0, True),
        (None, UNWELL, 0, True),
        (None, Verdict.UNKNOWN, 0, False),
        (Sign(WELL, 0, arrived=True), WELL, 59, False),
        (Sign(WELL, 0, arrived=True), WELL, 60, True),
        (Sign(WELL, 0, arrived=True), UNWELL, 1, True),
        (Sign(WELL, 0, arrived=True), Verdict.UNKNOWN, 600, False),
        (Sign(UNWELL, 0, arrived=True), UNWELL, 299, False),
        (Sign(UNWELL, 0, arrived=True), UNWELL, 300, True),
        (Sign(UNWELL, 0, arrived=True), WELL, 59, False),
        (Sign(UNWELL, 0, arrived=True), WELL, 60, True),
        (Sign(UNWELL, 0, arrived=False), UNWELL, 59, False),
        (Sign(UNWELL, 0, arrived=False), UNWELL, 60, True),
        (Sign(WELL, 0, arrived=False), UNWELL, 59, False),
        (Sign(WELL, 0, arrived=False), WELL, 60, True),
    ],
)
def test_when_a_sign_is_due(last: Sign | None, verdict: Verdict, seconds: float, *, due: bool) -> None:
    assert is_due(last, verdict, seconds) is due


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://hc-ping.com/abc", "https://hc-ping.com/abc/fail"),
        ("https://hc-ping.com/abc/", "https://hc-ping.com/abc/fail"),
        ("https://hc-ping.com/key/my-check?create=1", "https://hc-ping.com/key/my-check/fail?create=1"),
        ("https://example.org/a%2Fb?x=%26", "https://example.org/a%2Fb/fail?x=%26"),
    ],
)
def test_the_sign_that_something_is_wrong_has_its_own_address(url: str, expected: str) -> None:
    assert str(failing(URL(url))) == expected


async def test_a_sign_a_minute_while_all_is_well(checks: Checks) -> None:
    clock = Clock()
    async with beating(checks.url, clock) as heartbeat:
        for _ in range(3):
            await told(heartbeat, WELL)
            for _ in range(3):
                clock.now += 15
                heartbeat.judge(WELL)
                await asyncio.sleep(0)
            clock.now += 15

    assert checks.asked == [f"/{SECRET}"] * 3


async def test_what_is_wrong_is_said_at_once(checks: Checks) -> None:
    clock = Clock()
    async with beating(checks.url + "?create=1", clock) as heartbeat:
        await told(heartbeat, WELL)
        clock.now += 15
        await told(heartbeat, UNWELL)

    assert checks.asked == [f"/{SECRET}?create=1", f"/{SECRET}/fail?create=1"]


async def test_without_a_verdict_there_is_no_sign(checks: Checks) -> None:
    async with beating(checks.url, Clock()) as heartbeat:
        heartbeat.judge(Verdict.UNKNOWN)
        await asyncio.sleep(0)
        await told(heartbeat, WELL)

    assert checks.asked == [f"/{SECRET}"]


async def test_a_service_that_hangs_holds_nobody_up_and_the_end_is_clean(checks: Checks) -> None:
    checks.answering.clear()
    clock = Clock()
    async with beating(checks.url, clock) as heartbeat:
        heartbeat.judge(WELL)
        await checks.until(lambda: len(checks.asked) == 1)
        heartbeat.judge(UNWELL)
        heartbeat.judge(UNWELL)
    checks.answering.set()

    assert len(checks.asked) == 1


@pytest.mark.parametrize("status", [404, 429, 500, 302])
async def test_a_service_that_does_not_take_it_is_logged_once_and_asked_again(checks: Checks, status: int) -> None:
    checks.status, checks.headers = status, {"Location": f"{checks.url}/elsewhere"}
    clock = Clock()
    with capture_logs() as logged:
        async with beating(checks.url, clock) as heartbeat:
            for _ in range(3):
                await told(heartbeat, WELL)
                clock.now += 60
            checks.status = 200
            await told(heartbeat, WELL)

    assert [(line["log_level"], line["event"]) for line in logged] == [
        ("warning", "the heartbeat does not arrive"),
        ("info", "the heartbeat arrives again"),
    ]
    assert logged[0]["problem"] == f"status {status}"
    assert set(checks.asked) == {f"/{SECRET}"}


async def test_a_service_that_is_not_there_costs_a_line_without_the_url() -> None:
    with capture_logs() as logged:
        async with beating(f"http://127.0.0.1:{closed_port()}/{SECRET}", Clock()) as heartbeat:
            await told(heartbeat, WELL)

    (line,) = logged
    assert SECRET not in repr(line)
    assert line["log_level"] == "warning"


async def told(heartbeat: Heartbeat, verdict: Verdict) -> None:
    """Judge, and wait until the service has answered."""
    before = heartbeat._last
    heartbeat.judge(verdict)
    await until(lambda: heartbeat._last is not before)
