"""Shops whose weeks are all alike, so that what grows is not theirs; a Stripe that forgets what it no longer lists."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from cashnotifyd.simulator import families
from cashnotifyd.simulator.account import Json, StoredEvent
from tests.simulation.network import Network
from tests.simulation.shops import Fact, Shop

DAY = 86_400.0
WEEK = 7 * DAY

_NUMBERS = 5_000
"""Amounts until they come again: in two years, when nothing is under way any more that had them before."""

_NO_JSON: Json = {}

WEEKS: Mapping[str, Mapping[str, int]] = {
    "shop": {
        "sale": 11, "charge": 6, "failed": 3, "refund": 2, "dispute": 1, "payout": 1, "payout_failed": 1,
        "start": 2, "renewal": 2, "renewal_failed": 1, "recovery": 1, "cancellation": 2,
    },
    "second": {"sale": 4, "refund": 1, "payout": 1},
    "later": {"sale": 3, "failed": 1},
}  # fmt: skip
"""What happens in a week, by the account's id. 22 and 4 of it are charges that count for the allowance."""


@dataclass(frozen=True, slots=True)
class Play:
    """A story of one of the shops."""

    shop: str
    story: str


def week(rng: random.Random) -> Iterator[tuple[float, Play]]:
    """What happens in a week, and when (s from its beginning): by day, mostly, and more of it at some hours."""
    for shop, stories in WEEKS.items():
        for story, number in stories.items():
            for nth in range(number):
                day = {"renewal_failed": 1, "recovery": 4}.get(story, (7 * nth // number + rng.randrange(2)) % 7)
                yield (day + rng.triangular(0.2, 0.95, 0.6)) * DAY, Play(shop, story)


def numbers() -> Iterator[int]:
    """What amounts are made of."""
    while True:
        yield from range(1, _NUMBERS)


def perform(shop: Shop, story: str, now: float) -> Sequence[StoredEvent]:
    """Let it happen; answers with its events."""
    if story == "cancellation":
        shop._running.append(shop._subscribed.pop())
    account = shop.account
    before = len(account.emitted)
    keys = getattr(shop, f"_play_{story}")()
    emitted = account.emitted[before:]
    seen = [one.visible_at - account.now() + now for one in emitted]
    shop.facts += [Fact(shop.id, key, now, story, min(seen), max(seen)) for key in keys]
    return emitted


def turn_the_day(shop: Shop, network: Network, listed_for: float) -> None:
    """Forget what is older than Stripe lists events for (s), and keep what it lists as it is sent."""
    account, bodies = shop.account, network._bodies
    now = account.now()
    listed = []
    for event in account._events:
        if event.created < now - listed_for:
            bodies.pop(event.id, None)
            continue
        if event.id not in bodies:
            bodies[event.id] = msgspec.json.encode(event.json)
        listed.append(event if event.json is _NO_JSON else replace(event, json=_NO_JSON))
    account._events[:] = account.emitted[:] = listed
    account._events_by_id = {event.id: event for event in listed}
    subscribed = [*shop._running, *shop._subscribed, *shop._failing]
    needed = {named["id"] for one in subscribed for named in (one.customer, one.product, one.subscription)}
    for objects in account._objects.values():
        for id_ in [id_ for id_, one in objects.items() if one["created"] < now - listed_for and id_ not in needed]:
            del objects[id_]
    del shop._sold[:-20]
    for spending in network.spending.values():
        spending.chosen.clear()


def turn_the_week(shop: Shop, rested: list[families.Subscription]) -> list[families.Subscription]:
    """Whoever paid a week ago may pay again, as an amount of its own is all that tells facts apart."""
    shop._subscribed += rested
    running = list(shop._running)
    shop._running.clear()
    return running
