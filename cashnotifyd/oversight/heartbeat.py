"""A sign of life to a service outside, which raises the alarm when it fails to come: healthchecks.io, or one like it.

``GET URL`` says that all is well, ``GET URL/fail`` that it is not (healthchecks.io's documentation, "Pinging API").
Whoever knows the URL can give signs of life in our name: it is in no log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
import structlog
from yarl import URL

from cashnotifyd import __version__
from cashnotifyd.oversight.verdict import Verdict

log = structlog.get_logger(__name__)

TIMEOUT = 10.0
"""Seconds for one request."""

_EVERY = 60.0
_EVERY_WHEN_UNWELL = 300.0
"""Seconds between two signs that something is wrong: the first one has raised the alarm."""

_OK = 300
"""The first status that is no success; a redirect is not followed, so it is none either."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign that was given: ``at`` (s of any clock), and whether it ``arrived``."""

    verdict: Verdict
    at: float
    arrived: bool


def is_due(last: Sign | None, verdict: Verdict, now: float) -> bool:
    """Whether a sign is to be given. Without a verdict there is none: whoever waits for it will wonder, rightly."""
    if verdict is Verdict.UNKNOWN:
        return False
    if last is None or (verdict is Verdict.UNWELL and last.verdict is Verdict.WELL and last.arrived):
        return True
    is_known = verdict is Verdict.UNWELL and last.verdict is Verdict.UNWELL and last.arrived
    return not 0 <= now - last.at < (_EVERY_WHEN_UNWELL if is_known else _EVERY)


def failing(url: URL) -> URL:
    """The address for a sign that something is wrong."""
    return url.with_path(url.raw_path.rstrip("/") + "/fail", encoded=True, keep_query=True)


class Heartbeat:
    """Gives signs of life while it is judged; :meth:`run` until cancelled. ``clock`` answers seconds, ever more."""

    def __init__(self, url: str, clock: Callable[[], float]) -> None:
        self._url = URL(url)
        self._clock = clock
        self._verdict = Verdict.UNKNOWN
        self._judged = asyncio.Event()
        self._last: Sign | None = None

    def judge(self, verdict: Verdict) -> None:
        """How it is now."""
        self._verdict = verdict
        self._judged.set()

    async def run(self) -> None:
        """Give the signs. Each answers to a verdict, so that they end when nobody judges any more."""
        async with aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=TIMEOUT), headers={"User-Agent": f"cashnotifyd/{__version__}"}
        ) as session:
            while True:
                await self._judged.wait()
                self._judged.clear()
                now = self._clock()
                if is_due(self._last, self._verdict, now):
                    await self._give(session, self._verdict, now)

    async def _give(self, session: aiohttp.ClientSession, verdict: Verdict, now: float) -> None:
        problem = await _problem(session, self._url if verdict is Verdict.WELL else failing(self._url))
        if problem is not None and (self._last is None or self._last.arrived):
            log.warning("the heartbeat does not arrive", problem=problem)
        elif problem is None and self._last is not None and not self._last.arrived:
            log.info("the heartbeat arrives again")
        self._last = Sign(verdict, now, problem is None)


async def _problem(session: aiohttp.ClientSession, url: URL) -> str | None:
    """Ask for ``url``; what went wrong, in words that do not hold it."""
    try:
        async with session.get(url, allow_redirects=False) as answer:
            return None if answer.status < _OK else f"status {answer.status}"
    except TimeoutError:
        return "no answer in time"
    except aiohttp.ClientError as error:
        # Its text may hold the URL.
        return type(error).__name__
