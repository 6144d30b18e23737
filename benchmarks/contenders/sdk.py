"""(a) What a person would write: the SDK as its documentation shows it, Apprise, a cursor in a JSON file."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import stripe
from apprise import Apprise

from benchmarks.contenders.task import Cursors, Task, question, task_given


def watch(task: Task) -> None:
    """Poll one account after the other, for ever."""
    stripe.enable_telemetry = False
    clients = {key: stripe.StripeClient(key, base_addresses={"api": task.base}) for key in task.keys}
    people = Apprise()
    people.add(task.hook)
    cursors = Cursors(Path("cursors.json"))
    while True:
        begun = time.monotonic()
        for key, client in clients.items():
            try:
                for event in _news(client, cursors, key):
                    sold = event.data.object
                    people.notify(
                        title=event.type,
                        body=f"{sold.amount / 100:.2f} {sold.currency}\nhttps://dashboard.stripe.com/payments/{sold.id}",
                    )
                    cursors.move(key, event.id)
            except stripe.APIConnectionError as error:
                print(error, file=sys.stderr)
        time.sleep(max(0.0, task.interval - (time.monotonic() - begun)))


def _news(client: stripe.StripeClient, cursors: Cursors, key: str) -> Iterator[stripe.Event]:
    """What is new, oldest first."""
    cursor = cursors.of(key)
    listed = client.v1.events.list(question(cursor))  # type: ignore[arg-type] # a plain dict, as people pass it
    if cursor is None:
        cursors.move(key, listed.data[0].id if listed.data else "")
    elif cursor:
        yield from listed.auto_paging_iter()
    else:
        yield from reversed(list(listed.auto_paging_iter()))


if __name__ == "__main__":
    watch(task_given())
