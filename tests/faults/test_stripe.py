"""What Stripe, the network and the resolver can do to a watch: nothing is lost, nothing is repeated."""

from __future__ import annotations

import random
import socket
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, get_args

import aiohttp
import pytest

from cashnotifyd.polling.walk import DEEP_EVERY, FirstContact, Gap
from cashnotifyd.simulator import families
from cashnotifyd.simulator.account import PERMISSIONS, RETENTION, SimulatedAccount
from cashnotifyd.simulator.faults import (
    Doubled,
    Drip,
    Fault,
    RateLimited,
    RateLimitReason,
    Reordered,
    Reset,
    ResetMidBody,
    Status,
    Truncated,
)
from cashnotifyd.simulator.server import Simulator
from cashnotifyd.stripe_api import Failure
from tests import inspecting
from tests.clock import Clock
from tests.faults.figures import Figures
from tests.polling.conftest import Room, Watcher

DAY = 86_400.0
BREAKS: tuple[Fault, ...] = (ResetMidBody(), ResetMidBody(), Truncated(), Reset())
REASONS = (*get_args(RateLimitReason), None)


def emit(shop: SimulatedAccount, count: int, *, created: float | None = None) -> list[str]:
    charge = {"id": "ch_1", "object": "charge"}
    return [shop.emit("charge.updated", charge, created=created)["id"] for _ in range(count)]


def lists(shop: SimulatedAccount) -> int:
    """How often events were asked for."""
    return sum(request.path == "/v1/events" for request in shop.requests)


def differences(happened: list[str], known: list[str]) -> dict[str, int]:
    """What was lost on the way, and what came more than once."""
    counted = Counter(known)
    assert counted.keys() <= set(happened)
    return {"lost": len(set(happened) - counted.keys()), "repeated": counted.total() - len(counted)}


NONE = {"lost": 0, "repeated": 0}


# The resolver


class Resolver:
    """Knows Stripe's address, or knows nothing at all."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.works = True
        self.asked = 0
        self._look_up = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self._answer)

    def _answer(self, host: str, *words: Any, **options: Any) -> Any:  # noqa: ANN401 (socket's own)
        self.asked += 1
        if not self.works:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return self._look_up("127.0.0.1" if host == "stripe.test" else host, *words, **options)


@pytest.fixture
async def named(clock: Clock) -> AsyncIterator[Simulator]:
    """A Stripe that callers know by a name."""
    async with Simulator(now=clock, name="stripe.test") as stripe:
        yield stripe


@pytest.mark.fault(1)
async def test_ten_minutes_without_a_resolver_are_caught_up_with_in_one_poll(
    named: Simulator, room: Room, clock: Clock, monkeypatch: pytest.MonkeyPatch, figures: Figures
) -> None:
    resolver, room.stripe = Resolver(monkeypatch), named
    shop = named.account("acct_1Shop", name="Acme Shop")
    watch = room.watch(shop.key())
    clock.now += await watch.poll()
    resolver.works, begun, sales = False, clock(), 0
    await named.stop()  # a connection that is still open needs no name
    await named.start()
    connector = room._connections.session.connector
    assert isinstance(connector, aiohttp.TCPConnector)
    connector.clear_dns_cache()  # which keeps a name for ten seconds
    while clock() - begun < 600:
        families.charge_sale(shop, amount=1000 + sales)
        sales += 1
        clock.now += await watch.poll()
        assert watch.failure is not None
    asked, before = resolver.asked, lists(shop)
    resolver.works = True
    await watch.poll()
    polls = lists(shop) - before
    clock.now += 30
    await watch.poll()

    told = [title for title in room.titles() if title.startswith("Sale")]
    expected = [f"Sale ${10 + number / 100:.2f} · Acme Shop" for number in range(sales)]
    assert polls == 1
    assert asked < 40
    assert differences(expected, told) == NONE
    figures(
        **NONE, measured=f"{sales} sales in ten minutes, caught up in {polls} poll; the resolver asked {asked} times"
    )


# Connections


@pytest.mark.fault(2)
async def test_two_hundred_pages_that_break_off(watcher: Watcher, figures: Figures) -> None:
    seed = 2
    rng, walker, happened, known = random.Random(seed), watcher.walker(), list[str](), list[str]()
    await watcher.go_on(walker)
    breaks = 0
    while breaks < 200:
        watcher.clock.now += rng.choice([1, 1, 1, DEEP_EVERY])
        happened += emit(watcher.shop, rng.choice([0, 1, 3, 12]))
        times = rng.randint(1, 3)
        watcher.shop.fail(rng.choice(BREAKS), times=times)
        breaks += times
        assert await watcher.go_on(walker) is None
        known += await watcher.taken()
    assert differences(happened, known) == NONE
    figures(**NONE, measured=f"{breaks} broken answers, {len(happened)} events", seed=seed)


@pytest.mark.fault(2, 6, 10)
@pytest.mark.parametrize("seed", range(3))
async def test_any_weather(watcher: Watcher, seed: int, figures: Figures) -> None:
    rng, walker, happened, known, failed = random.Random(seed), watcher.walker(), list[str](), list[str](), 0
    await watcher.go_on(walker)
    watcher.shop.weather(seed)
    for _ in range(15):
        watcher.clock.now += rng.choice([1, 5, DEEP_EVERY])
        happened += emit(watcher.shop, rng.choice([0, 1, 4, 110]))
        failed += isinstance(await watcher.go_on(walker), Failure)
        known += await watcher.taken()
    watcher.shop.mend()
    watcher.clock.now += DEEP_EVERY
    await watcher.go_on(walker)
    known += await watcher.taken()

    assert differences(happened, known) == NONE
    figures(**NONE, measured=f"weather of seed {seed}: {len(happened)} events, {failed} of 15 walks broke off")


# Rate limits and failures of the server


@pytest.mark.fault(6)
@pytest.mark.parametrize("reason", REASONS)
async def test_a_limit_for_any_reason_is_stood_back_from(
    room: Room, shop: SimulatedAccount, clock: Clock, reason: RateLimitReason | None, figures: Figures
) -> None:
    watch = room.watch(shop.key())
    clock.now += await watch.poll()
    before, begun, sales = lists(shop), clock(), 0
    shop.fail(RateLimited(reason), seconds=600)
    while clock() - begun < 600:
        if sales < 10:
            families.charge_sale(shop, amount=1000 + sales)
            sales += 1
        clock.now += await watch.poll()
    limited = lists(shop) - before
    for _ in range(3):
        clock.now += await watch.poll()

    told = [title for title in room.titles() if title.startswith("Sale")]
    assert differences([f"Sale ${10 + number / 100:.2f} · Acme Shop" for number in range(sales)], told) == NONE
    counted = inspecting.reads(room.record.path)
    assert counted + watch._api.unrecorded_reads == sum(request.method == "GET" for request in shop.requests)
    assert limited <= 60  # what ten minutes without a limit take
    figures(**NONE, measured=f"{limited} requests in ten minutes of 429 where 60 are usual")


@pytest.mark.fault(7)
async def test_an_hour_of_5xx_on_one_account_is_no_matter_of_the_other(
    room: Room, stripe: Simulator, shop: SimulatedAccount, clock: Clock, figures: Figures
) -> None:
    ill = stripe.account("acct_1Ill", name="Ill")
    well, failing = room.watch(shop.key(), interval=240.0), room.watch(ill.key(), "ill", interval=240.0)
    for watch in (well, failing):
        await watch.poll()
    begun, sales, polls = clock(), 0, 0
    ill.fail(Status(503), seconds=3600)
    due, lateness = {"well": begun, "ill": begun}, 0.0
    while clock() - begun < 4200:
        name = min(due, key=lambda one: due[one])
        clock.now = due[name]
        if name == "well" and clock() - begun < 3600 and polls % 2:
            families.charge_sale(shop, amount=1000 + sales)
            families.charge_sale(ill, amount=1000 + sales)
            sales += 1
        polls += name == "ill" and clock() - begun < 3600
        due[name] = clock() + await (well if name == "well" else failing).poll()
        lateness = max(lateness, due["well"] - clock() - 240.0)

    for account in ("Acme Shop", "Ill"):
        told = [title for title in room.titles() if title.startswith("Sale") and title.endswith(account)]
        assert differences([f"Sale ${10 + number / 100:.2f} · {account}" for number in range(sales)], told) == NONE
    assert lateness <= 0
    assert polls < 30
    figures(**NONE, measured=f"the other account +{max(lateness, 0):g} s; {polls} polls in the hour of 503")


@pytest.mark.fault(7, 12)
@pytest.mark.parametrize("is_revoked", [False, True])
async def test_what_fails_from_the_start_is_left_alone_too(
    room: Room,
    shop: SimulatedAccount,
    clock: Clock,
    is_revoked: bool,  # noqa: FBT001 (a case)
    figures: Figures,
) -> None:
    key = shop.key()
    if is_revoked:
        shop.revoke(key)
    else:
        shop.fail(Status(503, should_retry=False))
    watch, begun, polls = room.watch(key), clock(), 0
    while clock() - begun < 3600:
        clock.now += await watch.poll()
        polls += 1

    assert polls <= 30
    figures(measured=f"{'a revoked key' if is_revoked else '503'} from the start: {polls} polls in an hour")


# Pages


@pytest.mark.fault(9)
async def test_five_hundred_events_of_one_second(watcher: Watcher, figures: Figures) -> None:
    emit(watcher.shop, 30)
    walker = watcher.walker()
    await watcher.go_on(walker)
    happened = list[str]()
    for count in (1, 60, 139, 300):
        happened += emit(watcher.shop, count)  # in the second of those before
        await watcher.go_on(walker)

    watcher.clock.now += DEEP_EVERY
    await watcher.go_on(walker)

    assert differences(happened, await watcher.taken()) == NONE
    figures(**NONE, measured=f"{len(happened)} events in the second of 30 older ones, over five polls")


@pytest.mark.fault(10)
@pytest.mark.parametrize("seed", range(2))
async def test_pages_with_doubles_and_out_of_order(watcher: Watcher, seed: int, figures: Figures) -> None:
    rng, walker, happened, known, pages = random.Random(seed), watcher.walker(), list[str](), list[str](), 0
    emit(watcher.shop, 130, created=watcher.clock() - 900)
    await watcher.go_on(walker)
    for _ in range(12):
        watcher.clock.now += rng.choice([1, 20, DEEP_EVERY])
        happened += emit(watcher.shop, rng.choice([0, 1, 9, 11, 130]))
        before = lists(watcher.shop)
        disorder: tuple[Fault, ...] = (Doubled(), Reordered(rng.randrange(1000)))
        watcher.shop.fail(rng.choice(disorder), times=rng.randint(1, 3))
        assert await watcher.go_on(walker) is None
        pages += lists(watcher.shop) - before
        watcher.shop.mend()
        known += await watcher.taken()
    watcher.clock.now += DEEP_EVERY
    await watcher.go_on(walker)
    known += await watcher.taken()

    assert differences(happened, known) == NONE
    figures(**NONE, measured=f"seed {seed}: {pages} pages, {len(happened)} events")


@pytest.mark.fault(11)
async def test_a_cursor_that_ages_out_between_two_pages(watcher: Watcher, figures: Figures) -> None:
    emit(watcher.shop, 1)
    await watcher.walk()
    watcher.clock.now += RETENTION + 10
    aging, staying = watcher.clock() - RETENTION + 1, watcher.clock() - 3600
    aged = emit(watcher.shop, 150, created=aging)
    kept = emit(watcher.shop, 80, created=staying)
    api, walker = watcher.api, watcher.walker()

    class Aging:
        """A Stripe at which two seconds pass between two pages."""

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever the door has)
            return getattr(api, name)

        async def events(self, **asked: Any) -> Any:  # noqa: ANN401 (the door's own)
            page = await api.events(**asked)
            watcher.clock.now += 2
            return page

    walker._api = Aging()  # type: ignore[assignment]
    broken = await walker.walk(watcher.account)
    assert isinstance(broken, Failure)
    assert await watcher.go_on(walker) is None

    known, (_, gap) = await watcher.taken(), watcher.remarks
    assert isinstance(gap, Gap)
    told = known + [one for one in aged if one not in known and gap.since <= aging <= gap.until]
    assert differences(kept + aged, told) == NONE
    assert differences(kept, [one for one in known if one in kept]) == NONE
    figures(
        **differences(kept + aged, told),
        measured=f"a walk broken by it, the next one whole; {len(told) - len(known)} of {len(told)} events "
        "were not listed any more: within the time of the one alert",
    )


@pytest.mark.fault(11)
async def test_after_a_month_away_a_walk_that_breaks_hides_no_gap(watcher: Watcher, figures: Figures) -> None:
    emit(watcher.shop, 3)
    await watcher.walk()
    watcher.clock.now += 40 * DAY
    happened = emit(watcher.shop, 150)
    walker = watcher.walker()
    watcher.shop.fail(Drip(pieces=1, pause=0), times=1)
    watcher.shop.fail(Status(500, should_retry=False), times=1)  # the second page

    assert isinstance(await walker.walk(watcher.account), Failure)
    assert await watcher.go_on(walker) is None
    assert await watcher.go_on(walker) is None

    counted = differences(happened, await watcher.taken())
    assert counted == NONE
    assert [type(remark) for remark in watcher.remarks] == [FirstContact, Gap]
    figures(**counted, measured="the first walk after it broken off, one alert all the same")


# Keys


@pytest.mark.fault(12)
@pytest.mark.parametrize("change", ["revoked", "downgraded"])
async def test_a_key_that_loses_its_rights_and_gets_them_back(
    room: Room, shop: SimulatedAccount, clock: Clock, change: str, figures: Figures
) -> None:
    key, sales = shop.key(), 0
    watch = room.watch(key)
    clock.now += await watch.poll()
    if change == "revoked":
        shop.revoke(key)
    else:
        shop.grant(key, PERMISSIONS - {"rak_event_read"})
    before, begun = lists(shop), clock()
    while clock() - begun < DAY:
        if sales < 20:
            families.charge_sale(shop, amount=1000 + sales)
            sales += 1
        clock.now += await watch.poll()
    asked = lists(shop) - before
    shop.restore(key)
    shop.grant(key, PERMISSIONS)
    for _ in range(3):
        clock.now += await watch.poll()

    told = [title for title in room.titles() if title.startswith("Sale")]
    assert differences([f"Sale ${10 + number / 100:.2f} · Acme Shop" for number in range(sales)], told) == NONE
    alerts = [title for title in room.titles() if not title.startswith(("Sale", "Now watching"))]
    assert len(alerts) == 2, alerts
    assert "works again" in alerts[1]
    assert asked < 50
    figures(**NONE, measured=f"{change} for a day: one alert, one all-clear, {asked} requests")
