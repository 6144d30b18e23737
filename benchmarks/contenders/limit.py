"""(c) The limit: aiohttp and msgspec, no SDK, no Apprise, nothing remembered beyond the process."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import aiohttp
import msgspec

from benchmarks.contenders.task import Task, body_of, question, task_given, title_of, turns


class Event(msgspec.Struct):
    """What a message needs."""

    id: str
    type: str
    data: dict[str, Any]


class Listed(msgspec.Struct):
    """A page."""

    data: list[Event]
    has_more: bool


async def watch(task: Task) -> None:
    """Poll all accounts side by side, for ever."""
    read = msgspec.json.Decoder(Listed).decode
    hook = task.hook.replace("json://", "http://")
    connector = aiohttp.TCPConnector(limit=100, keepalive_timeout=75)
    async with aiohttp.ClientSession(task.base, connector=connector) as session, asyncio.TaskGroup() as group:
        for place, key in enumerate(task.keys):
            group.create_task(_watch_one(session, key, read, hook, task, place))


async def _watch_one(
    session: aiohttp.ClientSession,
    key: str,
    read: Callable[[bytes], Listed],
    hook: str,
    task: Task,
    place: int,
) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    cursor: str | None = None
    async for _ in turns(task, place):
        try:
            more = True
            while more:
                asked = {name: str(value) for name, value in question(cursor).items()}
                async with session.get("/v1/events", params=asked, headers=headers) as response:
                    listed = read(await response.read())
                if cursor is None:
                    cursor = listed.data[0].id if listed.data else ""
                    break
                for event in reversed(listed.data):
                    told = {"type": event.type, "data": event.data}
                    await (await session.post(hook, json={"title": title_of(told), "message": body_of(told)})).release()
                    cursor = event.id
                more = listed.has_more
        except (aiohttp.ClientError, TimeoutError) as error:
            print(error, file=sys.stderr)


if __name__ == "__main__":
    asyncio.run(watch(task_given()))
