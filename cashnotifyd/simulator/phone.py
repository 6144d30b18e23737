"""A phone on loopback: it receives what Apprise's ``json://`` posts, as a push service would."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Notice:
    """A message that arrived. ``type`` is Apprise's: ``info``, ``success``, ``warning`` or ``failure``."""

    title: str
    body: str
    type: str


class Phone:
    """``async with Phone() as phone: notice = await phone.notices.get()``."""

    def __init__(self) -> None:
        self.notices: asyncio.Queue[Notice] = asyncio.Queue()
        self._port = 0
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The Apprise URL of this phone."""
        return f"json://127.0.0.1:{self._port}/phone"

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_post("/phone", self._receive)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        try:
            message = await request.json()
            notice = Notice(str(message["title"]), str(message["message"]), str(message["type"]))
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise web.HTTPBadRequest(text="not a message") from error
        self.notices.put_nowait(notice)
        return web.Response(status=204)
