"""A receiver that fails in the ways in which services do, scripted or as a seed has it."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from cashnotifyd.simulator.faults import Reset, Slow, Status
from tests.running import Receiver


@dataclass(frozen=True, slots=True)
class TooMany:
    """A 429 that says after how many seconds to come again."""

    retry_after: int = 1


@dataclass(frozen=True, slots=True)
class TakenThenSilent:
    """The message is taken, and no answer comes."""


@dataclass(frozen=True, slots=True)
class TakenThenReset:
    """The message is taken, and the connection is reset before the answer."""


@dataclass(frozen=True, slots=True)
class TakenThenGarbage:
    """The message is taken, and the answer to it is what no HTTP server says."""


Trouble = Status | TooMany | Slow | Reset | TakenThenSilent | TakenThenReset | TakenThenGarbage

MIX: tuple[Trouble, ...] = (Status(500), Status(502), Status(503), TooMany(1), Slow(0.05))
"""What tells the sender for sure that a message was not taken; and what is merely slow.

A reset does not: it leaves the message in doubt, and one that is in doubt twice is given up, by design.
"""


class FaultyReceiver(Receiver):
    """A web hook in trouble, path by path."""

    def __init__(self) -> None:
        super().__init__()
        self.doubtful: Counter[str] = Counter()
        """How often each path took a message and did not say so."""
        self._scripts: dict[str, deque[Trouble]] = {}
        self._weather: random.Random | None = None
        self._mix: Sequence[Trouble] = MIX

    def fail(self, path: str, *troubles: Trouble) -> None:
        """Answer the next requests to a path with these."""
        self._scripts.setdefault(path, deque()).extend(troubles)

    def weather(self, seed: int, mix: Sequence[Trouble] = MIX) -> None:
        """Let every third request meet one of the ``mix``."""
        self._weather, self._mix = random.Random(seed), mix

    def mend(self) -> None:
        """Take back every trouble."""
        self._scripts.clear()
        self._weather = None

    def _next(self, path: str) -> Trouble | None:
        if script := self._scripts.get(path):
            return script.popleft()
        if self._weather is not None and self._weather.random() < 1 / 3:
            return self._weather.choice(self._mix)
        return None

    async def _take(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        match trouble := self._next(path):
            case None:
                return await super()._take(request)
            case Status(status=status):
                return web.Response(status=status)
            case TooMany(retry_after=seconds):
                return web.Response(status=429, headers={"Retry-After": str(seconds)})
            case Slow(seconds=seconds):
                await asyncio.sleep(seconds)
                return await super()._take(request)
            case Reset():
                return _reset(request)
        answer = await super()._take(request)
        self.doubtful[path] += 1
        if isinstance(trouble, TakenThenSilent):
            await asyncio.sleep(30)
        elif isinstance(trouble, TakenThenGarbage) and request.transport is not None:
            request.transport.write(b"\x15\x03\x01 this is no HTTP\r\n\r\n")
            request.transport.close()
        else:
            _reset(request)
        return answer


def _reset(request: web.Request) -> web.Response:
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return web.Response(status=500)
