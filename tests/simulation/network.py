"""Stripe as the simulated daemon reaches it: answers of the look-alike, after a while, or something else instead."""

from __future__ import annotations

import asyncio
import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from types import TracebackType
from typing import Any, Literal, cast

import aiohttp
import msgspec
from yarl import URL

from cashnotifyd.simulator import errors
from cashnotifyd.simulator.account import SimulatedAccount
from cashnotifyd.simulator.listing import PageRequest, cut
from cashnotifyd.simulator.server import Simulator
from cashnotifyd.stripe_api import Cause, Failure, StripeApi, StripeConnections, failure_of
from cashnotifyd.stripe_api.failures import network_reason
from cashnotifyd.telling.sorting import HOLD
from tests.simulation.world import World

BASE = "https://stripe.invalid"

Weather = Literal["cut", "lost", "error", "limited", "busy", "garbage", "slow", "bug"]
_WEATHER: tuple[Weather, ...] = (
    "cut", "cut", "lost", "error", "error", "limited", "busy", "garbage", "slow", "slow", "bug",
)  # fmt: skip
_SOON, _FIRST_PAUSE = 3, 45.0
"""Polls with a refused key that may come at once (what is held is looked at again); seconds after the first else."""

_PATIENCE = 20.0
"""Seconds after which the real client gives up on an answer."""


class LibraryFault(RuntimeError):  # noqa: N818 (what a library may raise that nobody expects)
    """A fault of a library under the daemon, which its watch has to survive."""


@dataclass(frozen=True, slots=True)
class _Request:
    """As much of a request as the look-alike looks at."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    method: str


@dataclass(slots=True)
class _Body:
    """What is left to read of an answer."""

    left: bytes

    async def readany(self) -> bytes:
        read, self.left = self.left, b""
        return read


@dataclass(slots=True)
class _Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> _Body:
        return _Body(self.body)

    async def read(self) -> bytes:
        return self.body


@dataclass(slots=True)
class Spending:
    """The reads of an account that Stripe has seen, as far as they could have waited."""

    chosen: list[float] = field(default_factory=list)
    """When (s of the simulation) polls and look-ups were made for which nothing but the budget spoke."""
    last_poll: float = -1e9
    has_failed: bool = False
    """Whether the last request did: its retry has to be made."""
    stretch: int = -1
    """In which the first poll was made that has to be, as after a start."""

    def note(self, now: float, stretch: int, *, is_first_page: bool, has_to_be: bool) -> None:
        """A request is made."""
        if is_first_page:
            has_to_be = has_to_be or stretch != self.stretch or now - self.last_poll <= HOLD + 1.0
            self.last_poll, self.stretch = now, stretch
        if not has_to_be and not self.has_failed:
            self.chosen.append(now)


@dataclass(slots=True)
class Outage:
    """A time in which the key of an account is refused, or may not list events."""

    answers: int = 0
    """Refusals that the daemon was told."""
    running: int = 0
    """Of these, those since the watch began anew or the clock was set."""
    since: float = 0.0
    """When the first of those was (s of the machine's monotonic clock)."""
    epoch: int = -1
    """In which the last of them was."""
    is_noticed: bool = False
    """Whether it asked once more after one: by then it has told."""

    def answered(self, epoch: int, now: float) -> bool:
        """One more refusal. Returns whether the daemon does not ask too often: it should back off."""
        if epoch != self.epoch:
            self.epoch, self.running, self.since = epoch, 0, now
        self.answers, self.running = self.answers + 1, self.running + 1
        return self.running - _SOON <= math.log(1.0 + 2.0 * (now - self.since) / _FIRST_PAUSE, 3.0)


@dataclass(slots=True)
class Network:
    """The way to Stripe. ``storm``: how likely (0 to 1) something is wrong with a request, by account."""

    world: World
    simulator: Simulator = field(init=False)
    shops: list[SimulatedAccount] = field(default_factory=list)
    storm: float = 0.0
    requests: list[tuple[float, str]] = field(default_factory=list)
    """When each was made (s of the machine's monotonic clock), and for which account."""
    forced: Callable[[float, Sequence[tuple[str, str]]], Weather | None] = lambda _now, _query: None
    """What a request meets in any case, by the time (s of the simulation) and its query."""
    nameless: Counter[str] = field(default_factory=Counter)
    """Requests that were to tell whose a key is and did not: where a watch ends before it knows, nobody counts them."""
    outages: dict[str, Outage] = field(default_factory=dict)
    """By account."""
    spending: defaultdict[str, Spending] = field(default_factory=lambda: defaultdict(Spending))
    """By account."""
    asked_at: dict[str, float] = field(default_factory=dict)
    """When each account was last asked for anything (s of the machine's monotonic clock)."""
    epoch: int = 0
    """How often watches may have begun anew, or have been woken: at a start, a reload, when the clock was set."""
    walks: dict[str, float] = field(default_factory=dict)
    """When the first page of each account's latest walk was asked for that is over."""
    _begun: dict[str, float] = field(default_factory=dict)
    """The same of the latest."""
    _bodies: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.simulator = Simulator(now=self.world.clock.true)

    async def ask(self, key: str, method: str, path: str, query: Sequence[tuple[str, str]]) -> _Answer:
        """Ask Stripe.

        Raises:
            OSError: there is no connection.
            TimeoutError: there is no answer.
        """
        world, rng = self.world, self.world.rng
        account = next((one for one in self.shops if one.has_key(key)), None)
        name = "nobody" if account is None else f"{account.id} {account.mode}"
        self.requests.append((world.clock.monotonic(), name))
        self.asked_at[name] = world.clock.monotonic()
        is_first_page = path == "/v1/events" and not any(name == "starting_after" for name, _ in query)
        spending, has_to_be = self.spending[name], path in {"/v1/events", "/v1/account", "/v1/file_links"}
        spending.note(
            world.clock.elapsed, self.epoch, is_first_page=is_first_page, has_to_be=has_to_be and not is_first_page
        )
        outage = self.outages.get(name)
        if outage is not None and outage.answers and outage.epoch == self.epoch:
            outage.is_noticed = True
        weather = self.forced(world.clock.elapsed, query)
        if weather is None and not world.calm and rng.random() < self.storm:
            weather = rng.choice(_WEATHER)
        is_refused = account is not None and account.is_revoked(key)
        spending.has_failed = weather is not None
        self.nameless[name] += path == "/v1/account"
        await asyncio.sleep(rng.uniform(0.01, 0.2))
        world.effect(f"request {name} {path} {weather or ''}")
        match weather:
            case "cut":
                raise aiohttp.ClientOSError(104, "reset")
            case "bug":
                raise LibraryFault("a library tripped")
            case "slow":
                await asyncio.sleep(rng.uniform(0.5, 12.0))
            case _:
                pass
        if is_first_page:
            if name in self._begun:
                self.walks[name] = self._begun[name]
            self._begun[name] = world.clock.elapsed
        answer = self._instead(weather) or self._answer(account, key, method, path, query)
        if weather == "lost":
            await asyncio.sleep(_PATIENCE)
            raise TimeoutError
        await asyncio.sleep(rng.uniform(0.01, 0.2))
        world.effect(f"answer  {name} {path} {answer.status}")
        spending.has_failed = weather is not None or answer.status != 200
        is_poll = path in {"/v1/events", "/v1/account"}
        is_refused = is_poll and (answer.status == 401 or (answer.status == 403 and path == "/v1/events"))
        outage = self.outages.get(name)
        if outage is not None and is_refused and not outage.answered(self.epoch, world.clock.monotonic()):
            world.found(f"{name} is asked again and again with a key that is refused: {outage.running} times")
        self.nameless[name] -= path == "/v1/account" and weather is None and not is_refused
        return answer

    def _instead(self, weather: Weather | None) -> _Answer | None:
        match weather:
            case "error":
                return _Answer(self.world.rng.choice((500, 502, 503)), {}, b"{}")
            case "limited":
                asked = {"Retry-After": self.world.rng.choice(("7", "120"))} if self.world.rng.random() < 0.5 else {}
                return _Answer(429, {"Stripe-Rate-Limited-Reason": "global-rate", **asked}, b"{}")
            case "busy":
                return _Answer(429, {}, b'{"error":{"code":"lock_timeout"}}')
            case "garbage":
                return _Answer(200, {}, b"<html>Welcome to the hotel</html>")
            case _:
                return None

    def _answer(
        self, account: SimulatedAccount | None, key: str, method: str, path: str, query: Sequence[tuple[str, str]]
    ) -> _Answer:
        headers = {"Date": formatdate(self.world.clock.true(), usegmt=True)}
        may_list = account is not None and not account.is_revoked(key) and account.allows(key, "rak_event_read")
        if path == "/v1/events" and account is not None and may_list:
            return _Answer(200, headers, self._page(account, dict(query)))
        request = _Request(path, dict(query), {"Authorization": f"Bearer {key}"}, method)
        try:
            body = self.simulator._answer(cast("Any", request), account, key, [])
        except errors.Refusal as refusal:
            return _Answer(refusal.status, headers | refusal.headers, msgspec.json.encode(refusal.body(None)))
        return _Answer(200, headers, msgspec.json.encode(body))

    def _page(self, account: SimulatedAccount, query: Mapping[str, str]) -> bytes:
        """A page of events as the look-alike cuts it, of which each is written once: they are most of all answers."""
        since = int(query.get("created[gte]", 0))
        after = query.get("starting_after")
        visible = [event for event in account.visible_events() if event.created >= since]
        asked = PageRequest(int(query["limit"]), after)
        page = cut(visible, asked, None if after is None else account.find_event(after))
        bodies = self._bodies
        for id_ in page.ids:
            if id_ not in bodies:
                event = account.find_event(id_)
                assert event is not None
                bodies[id_] = msgspec.json.encode(event.json)
        events = b",".join([bodies[id_] for id_ in page.ids])
        return b'{"object":"list","data":[%b],"has_more":%b}' % (events, b"true" if page.has_more else b"false")


class _Exchange:
    def __init__(self, network: Network, url: URL, key: str) -> None:
        self._network = network
        self._url = url
        self._key = key

    async def __aenter__(self) -> _Answer:
        return await self._network.ask(self._key, "GET", self._url.path, tuple(self._url.query.items()))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


class _Session:
    """What fetches pages."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def get(self, url: URL, *, headers: Mapping[str, str], **_: object) -> _Exchange:
        return _Exchange(self._network, url, headers["Authorization"].removeprefix("Bearer "))


class SimulatedConnections(StripeConnections):
    """The connections of one life of the daemon: all of the real thing but what touches a socket."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.session = cast("aiohttp.ClientSession", _Session(network))
        self.for_the_silent = asyncio.Semaphore(2)

    def account(self, api_key: str, base: str, sleep: Any = asyncio.sleep, context: str | None = None) -> StripeApi:  # noqa: ANN401 (as there)
        return _SimulatedApi(self, api_key, base, sleep, context)

    async def close(self) -> None:
        pass


class _SimulatedApi(StripeApi):
    """Asks for objects without the SDK, which is not what is tried here and would take most of the time."""

    async def _object(
        self, method: Literal["get", "post"], path: str, params: Mapping[str, Any]
    ) -> dict[str, Any] | Failure:
        connections = cast("SimulatedConnections", self._connections)
        if method == "get":
            self.reads += 1
            self.unrecorded_reads += 1
        query = [(name, str(value)) for name, value in params.items()]
        try:
            answer = await connections.network.ask(self._key, method.upper(), path, query)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Failure(Cause.NETWORK, network_reason(error), retry=True)
        try:
            found = json.loads(answer.body)
        except ValueError:
            return Failure(Cause.GARBLED, "the answer is no JSON object", retry=True)
        if answer.status != 200:
            return failure_of(answer.status, answer.headers, found.get("error", {}))
        return cast("dict[str, Any]", found)
