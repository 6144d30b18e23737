"""Watching the watcher: looks now and then whether all is well, and gives the signs of life."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection

import structlog

from cashnotifyd.cursor_file.door import OversightRecord
from cashnotifyd.oversight.heartbeat import Heartbeat
from cashnotifyd.oversight.overseer import Outlook, Overseer
from cashnotifyd.refusal import Refusal

log = structlog.get_logger(__name__)

_LOOK = 30.0


class Lookout:
    """Looks at the ``outlook``; ``told``: there is something to send on these channels."""

    def __init__(
        self, record: OversightRecord, outlook: Callable[[], Outlook], told: Callable[[Collection[str]], None]
    ) -> None:
        self._overseer = Overseer(record, outlook, told)
        self._url: str | None = None
        self._heartbeat: Heartbeat | None = None
        self._beating: asyncio.Task[None] | None = None

    def beat(self, url: str | None, group: asyncio.TaskGroup) -> None:
        """Give the signs of life there from now on, or none."""
        if url == self._url:
            return
        self.stop()
        self._url = url
        if url is not None:
            self._heartbeat = Heartbeat(url, time.monotonic)
            self._beating = group.create_task(self._heartbeat.run(), name="heartbeat")

    def stop(self) -> None:
        """Give no more signs of life."""
        if self._beating is not None:
            self._beating.cancel()
        self._url = self._heartbeat = self._beating = None

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                verdict = await self._overseer.look(time.time())
            except Refusal:
                raise  # the record is everybody's
            except Exception:
                # What trips the overseer must not end what it oversees; without a verdict the heartbeat stops.
                log.exception("whether all is well could not be found out")
            else:
                if self._heartbeat is not None:
                    self._heartbeat.judge(verdict)
            await asyncio.sleep(_LOOK)
