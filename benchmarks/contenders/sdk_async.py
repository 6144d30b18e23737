"""(b) The SDK's async default: a task an account, ``list_async`` over httpx, Apprise's own async call."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import stripe
from apprise import Apprise

from benchmarks.contenders.task import Cursors, Task, question, task_given, turns


async def watch(task: Task) -> None:
    """Poll all accounts side by side, for ever."""
    stripe.enable_telemetry = False
    people = Apprise()
    people.add(task.hook)
    cursors = Cursors(Path("cursors.json"))
    async with asyncio.TaskGroup() as group:
        for place, key in enumerate(task.keys):
            client = stripe.StripeClient(key, base_addresses={"api": task.base})
            group.create_task(_watch_one(client, key, cursors, people, task, place))


async def _watch_one(
    client: stripe.StripeClient, key: str, cursors: Cursors, people: Apprise, task: Task, place: int
) -> None:
    async for _ in turns(task, place):
        try:
            async for event in _news(client, cursors, key):
                sold = event.data.object
                await people.async_notify(
                    title=event.type,
                    body=f"{sold.amount / 100:.2f} {sold.currency}\nhttps://dashboard.stripe.com/payments/{sold.id}",
                )
                cursors.move(key, event.id)
        except stripe.APIConnectionError as error:
            print(error, file=sys.stderr)


async def _news(client: stripe.StripeClient, cursors: Cursors, key: str) -> AsyncIterator[stripe.Event]:
    """What is new, oldest first."""
    cursor = cursors.of(key)
    listed = await client.v1.events.list_async(question(cursor))  # type: ignore[arg-type] # as people pass it
    if cursor is None:
        cursors.move(key, listed.data[0].id if listed.data else "")
    elif cursor:
        async for event in listed.auto_paging_iter():
            yield event
    else:
        for event in reversed([each async for each in listed.auto_paging_iter()]):
            yield event


if __name__ == "__main__":
    asyncio.run(watch(task_given()))
