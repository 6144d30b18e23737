"""(b') The SDK's cheapest path: raw requests on one AIOHTTPClient that all accounts share."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import aiohttp
import stripe
from apprise import Apprise

from benchmarks.contenders.task import Cursors, Task, body_of, question, task_given, title_of, turns


async def watch(task: Task) -> None:
    """Poll all accounts side by side, for ever."""
    stripe.enable_telemetry = False
    shared = stripe.AIOHTTPClient(connector=aiohttp.TCPConnector(limit=100, keepalive_timeout=75))
    people = Apprise()
    people.add(task.hook)
    cursors = Cursors(Path("cursors.json"))
    async with asyncio.TaskGroup() as group:
        for place, key in enumerate(task.keys):
            client = stripe.StripeClient(key, http_client=shared, base_addresses={"api": task.base})
            group.create_task(_watch_one(client, key, cursors, people, task, place))


async def _watch_one(
    client: stripe.StripeClient, key: str, cursors: Cursors, people: Apprise, task: Task, place: int
) -> None:
    async for _ in turns(task, place):
        try:
            more = True
            while more:
                cursor = cursors.of(key)
                listed = (await client.raw_request_async("get", "/v1/events", **question(cursor))).data
                if cursor is None:
                    cursors.move(key, listed["data"][0]["id"] if listed["data"] else "")
                    break
                for event in reversed(listed["data"]):
                    await people.async_notify(title=title_of(event), body=body_of(event))
                    cursors.move(key, event["id"])
                more = listed["has_more"]
        except (stripe.APIConnectionError, aiohttp.ClientError, TimeoutError) as error:
            print(error, file=sys.stderr)


if __name__ == "__main__":
    asyncio.run(watch(task_given()))
