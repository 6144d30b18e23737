"""The whole daemon through simulated months: its real code, its real record in real files, in a world of steady weeks.

::

    calendar ─▶ life ─▶ stop, crash or power cut ─▶ life …      each noon: gauges read, books held against the record
"""

from __future__ import annotations

import gc
import pickle
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import time as time_of_day
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from cashnotifyd.config.loading import Loaded
from cashnotifyd.config.settings import AccountSettings, ChannelSettings, Settings
from cashnotifyd.cursor_file import pruning
from cashnotifyd.daemon import lookout, running, watches
from cashnotifyd.daemon.outside import Outside
from cashnotifyd.daemon.running import Daemon
from cashnotifyd.digests import telling
from cashnotifyd.polling import walk
from cashnotifyd.schedules import DigestSchedule, Every
from cashnotifyd.service_manager import ServiceManager
from cashnotifyd.simulator.account import PERMISSIONS, StoredEvent
from cashnotifyd.telling import pending
from cashnotifyd.vocabulary import Disclosure
from tests.simulation import world as simulated_world
from tests.simulation.clock import Clock, SimulatedLoop, StandstillError, _Selector
from tests.simulation.configured import Configuration
from tests.simulation.network import BASE, Network, SimulatedConnections
from tests.simulation.patched import patched
from tests.simulation.plan import Change, Storm
from tests.simulation.recipients import Recipient, SimulatedThread, behind, bury
from tests.simulation.shops import Shop
from tests.simulation.world import BEGIN, PowerFailure, Violation, World
from tests.soak.books import SHARE, TICK, History, Reads, Told
from tests.soak.calendar import Audit, Crash, Happening, Jump, Leave, Turn, happenings
from tests.soak.gauges import Held, Kept, held, kept
from tests.soak.merchants import DAY, WEEKS, Play, numbers, perform, turn_the_day, turn_the_week
from tests.soak.record import SoakedFile

Mutation = Callable[[pytest.MonkeyPatch], None]
"""Makes the daemon a worse one."""

_LOOK = 1800.0
"""Seconds between two looks at whether all is well, and at digests."""

_RESOLUTION = 1e-6
"""Seconds that each turn of the loop takes. After months, two floats are further apart than the loop's own billionth of
a second, and time would stand still where a timer is due."""

_LISTED_FOR = 9 * DAY
"""Seconds for which Stripe lists events here, rather than for thirty days: nobody is away for so long, and most of the
time would go into it."""

_PARIS = ZoneInfo("Europe/Paris")
_AS_IT_IS: tuple[tuple[Any, str], ...] = (
    (walk, "GLANCE_OVERLAP"), (walk, "HISTORY"), (walk, "GLANCE"), (pending, "BATCH"),
    (pending, "PORTION"), (watches, "_settle"),
)  # fmt: skip
_REAL = [(module, name, getattr(module, name)) for module, name in _AS_IT_IS]
"""What the short runs of tests.simulation have otherwise."""


class _Coarse(_Selector):
    """Time passes with each turn of the loop, as it does everywhere."""

    def select(self, timeout: float | None) -> list[Any]:
        return super().select(None if timeout is None else max(timeout, _RESOLUTION))


class Mishap(KeyboardInterrupt):
    """The soak itself is wrong. asyncio lets errors of this sort through at once."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A noon. ``day``: days from the beginning; ``told``: messages that ever arrived."""

    day: int
    at: float
    held: Held
    kept: Kept
    rows: dict[str, int]
    """Of each table of the record."""
    told: int
    reads: dict[str, tuple[int, int]]
    """On record and made in the last 30 days, by account."""


@dataclass(slots=True)
class Report:
    """What came of it. ``findings``: what was not as it has to be, flatness aside."""

    seed: int
    days: int
    keep: int
    findings: list[str]
    samples: list[Sample]
    told: Told
    reads: Reads
    lives: int
    seconds: float
    """Of real time."""


@dataclass(slots=True)
class Soak:
    """A world of steady weeks. ``keep``: days for which history is kept."""

    seed: int
    days: int
    keep: int
    folder: Path
    page: int = walk.PAGE
    """Events a request: most of the time goes into reading them."""
    world: World = field(init=False)
    network: Network = field(init=False)
    shops: dict[str, Shop] = field(init=False)
    recipients: list[Recipient] = field(init=False)
    configuration: Configuration = field(init=False)
    record: SoakedFile | None = None
    told: Told = field(default_factory=Told)
    history: History = field(default_factory=History)
    reads: Reads = field(default_factory=Reads)
    lives: int = 0
    _pause: float = 1.0
    _done: bool = False
    _rolled: int = 0
    _loop: SimulatedLoop | None = None
    _rested: dict[str, list[Any]] = field(default_factory=dict)
    _calendar: Iterator[tuple[float, Happening]] = field(init=False)
    _next: tuple[float, Happening] | None = None

    def __post_init__(self) -> None:
        self.history.begun = BEGIN // DAY * DAY
        world = self.world = World(random.Random(f"world {self.seed}"), Clock(self.history.begun))
        self.network = Network(world)
        amounts = numbers()
        self.shops = {id_: self._shop(id_, lambda: next(amounts)) for id_ in WEEKS}
        self.recipients = [
            Recipient(world, "healthy", 0, "healthy"),
            Recipient(world, "healthy", 1, "healthy"),
            Recipient(world, "flaky", 0, "flaky"),
            Recipient(world, "office", 0, "healthy"),
            Recipient(world, "extra", 0, "healthy"),
        ]
        self.configuration = Configuration(
            list(self.shops),
            ["healthy", "flaky", "office"],
            0.0,
            {id_: shop.new_key() for id_, shop in self.shops.items()},
            dict.fromkeys(("healthy", "flaky", "office", "extra"), 1),
        )
        self._calendar = happenings(self.seed, self.days)

    def run(self, mutate: Mutation | None = None) -> Report:
        """Live through it all."""
        began = time.perf_counter()
        with self._patched() as patch:
            if mutate is not None:
                mutate(patch)
            for id_, shop in self.shops.items():
                for _ in range(4):
                    shop.begin(2)
                shop.account.lateness = self._lateness
                self._note(id_, shop.account.emitted)
            self._next = next(self._calendar, None)
            while not self._done:
                self._live()
        seconds = time.perf_counter() - began
        findings, samples = self.world.findings, list(self._samples())
        return Report(
            self.seed, self.days, self.keep, findings, samples, self.told, self.reads, self.lives, seconds
        )  # fmt: skip

    @contextmanager
    def _patched(self) -> Iterator[pytest.MonkeyPatch]:
        with patched(self.world, self.page, walk.OVERLAP) as patch:
            for module, name, value in _REAL:
                patch.setattr(module, name, value)
            patch.setattr(simulated_world, "MOST_EFFECTS", 10**12)
            patch.setattr(running, "_TICK", TICK)
            patch.setattr(lookout, "_LOOK", _LOOK)
            patch.setattr(telling, "_TICK", _LOOK)
            patch.setattr(pruning, "KEEP_DAYS", self.keep)
            yield patch

    def _shop(self, id_: str, amounts: Callable[[], int]) -> Shop:
        account = self.network.simulator.account(f"acct_1{id_}", name=id_.title())
        account.random.seed(f"{self.seed} {id_}")
        self.network.shops.append(account)
        return Shop(id_, account, PERMISSIONS, random.Random(f"{self.seed} {id_}"), amounts)

    def _lateness(self) -> float:
        rng = self.world.rng
        return rng.uniform(0.0, 480.0) if rng.random() < 0.05 else rng.uniform(0.0, 5.0)

    # One life

    def _live(self) -> None:
        world = self.world
        world.alive, self.lives = True, self.lives + 1
        loop = self._loop = SimulatedLoop(world.clock)
        loop._selector = _Coarse(world.clock)
        loop.set_exception_handler(world.unheard)
        outside = Outside(
            lambda: SimulatedConnections(self.network),
            self._targets,
            lambda _: SimulatedThread(world, loop),
            random.Random(world.rng.random()),
        )
        record = self.record = SoakedFile.begun(self.folder / "cursor.db", world, self._settled)
        daemon = Daemon(self._loaded(), self._loaded, record, ServiceManager(), outside)
        self._wind()
        how: str | None = None
        try:
            loop.run_until_complete(daemon.run())
        except PowerFailure as failure:
            how = str(failure)
            self.reads.doubt(self)
        except (StandstillError, Violation) as finding:
            world.found(f"{type(finding).__name__} {finding}")
            self._done = True
        except Exception as error:  # noqa: BLE001 (the daemon's end is a finding)
            world.found(f"the daemon ended by itself: {error!r}")
            self._done = True
        self._loop = None
        bury(loop, world, self.recipients)
        if how is None:
            record.close()
        else:
            record.die(how)
        self.record = None
        del daemon, outside, record
        gc.unfreeze()
        gc.collect()
        if not self._done:
            self._advance(world.clock.elapsed + self._pause)

    # What the daemon is given

    def _loaded(self) -> Loaded:
        now = self.configuration
        accounts = {
            id_: AccountSettings(id_, SecretStr(now.keys[id_]), None, BASE, self.shops[id_].mode)
            for id_ in now.accounts
        }
        settings = Settings(
            None,
            self.folder / "cursor.db",
            "en_US",
            _PARIS,
            accounts,
            {id_: self._channel(id_) for id_ in now.channels},
            read_share=SHARE,
        )
        return Loaded(settings, (), ())

    def _channel(self, id_: str) -> ChannelSettings:
        url = SecretStr(f"sim://{id_}/{self.configuration.urls[id_]}")
        if id_ == "office":  # without amounts there is no picture, which a process of its own would draw
            digest = DigestSchedule(Every.DAILY, time_of_day(8), _PARIS)
            return ChannelSettings(id_, url, None, None, (), Disclosure.PRIVATE, digest=digest)
        return ChannelSettings(id_, url, None, None, None, Disclosure.FULL, burst=None)

    def _targets(self, url: str) -> Sequence[Recipient]:
        return behind(url, self.recipients)

    def _note(self, shop: str, events: Sequence[StoredEvent]) -> None:
        self.history.note(shop, (one.created for one in events))
        self.reads.note(shop, events)

    def _settled(self, channel: str, target: int) -> None:
        for one in self.recipients:
            if (one.channel, one.target) == (channel, target):
                one.note_settled()

    # What happens

    def _wind(self) -> None:
        """See to it that what happens next happens in time."""
        assert self._loop is not None
        if self._next is None:
            self._done = True
            self._loop.call_later(1.0, self._signal, signal.SIGTERM)  # it may be about to begin
            return
        self._loop.call_at(max(self._next[0], self.world.clock.elapsed), self._act)

    def _act(self) -> None:
        assert self._next is not None
        happening = self._next[1]
        self._next = next(self._calendar, None)
        try:
            self._happen(happening)
        except Exception as error:
            raise Mishap from error
        if self._loop is not None:
            self._wind()

    def _advance(self, until: float) -> None:
        """Let time pass in which nobody watches."""
        clock = self.world.clock
        while self._next is not None and self._next[0] <= until:
            clock.elapsed = max(clock.elapsed, self._next[0])
            happening = self._next[1]
            self._next = next(self._calendar, None)
            self._happen(happening)
        clock.elapsed = max(clock.elapsed, until)

    def _happen(self, happening: Happening) -> None:
        world = self.world
        world.say(f"=== {happening}")
        match happening:
            case Play(shop=id_, story=story):
                emitted = perform(self.shops[id_], story, world.clock.elapsed)
                self._note(id_, emitted)
            case Audit():
                self._audit()
            case Turn():
                for id_, shop in self.shops.items():
                    self._rested[id_] = turn_the_week(shop, self._rested.get(id_, []))
            case Storm(share):
                self.network.storm = share
            case Change(what):
                self._change(what)
                self._signal(signal.SIGHUP)
            case _:
                self._strike(happening)

    def _strike(self, happening: Leave | Crash | Jump) -> None:
        match happening:
            case Leave(pause):
                self._pause = pause
                self._signal(signal.SIGTERM)
            case Crash(doom, pause):
                self.world.doom, self._pause = doom, pause
                if self.record is not None and doom.how == "power":
                    self.record.keep_image(self.folder / "image")
            case Jump(seconds):
                self.reads.doubt(self)
                self.history.newest = max(self.history.newest, self.world.clock.time())
                self.told.excused += seconds > 0  # that of a day that was not over yet is told again when it is
                self.world.clock.ahead += seconds

    def _signal(self, number: signal.Signals) -> None:
        if self._loop is not None:
            self._loop.tell(number)

    def _change(self, what: str) -> None:
        now = self.configuration
        match what:
            case "account goes":
                now.accounts.remove("later")
            case "account comes":
                now.accounts.append("later")
            case "key":
                self._rolled += 1
                id_ = list(self.shops)[self._rolled % len(self.shops)]
                self.shops[id_].account._keys.pop(now.keys[id_])
                now.keys[id_] = self.shops[id_].new_key()
            case "channel anew":
                self._rolled += 1
                now.urls[("healthy", "flaky", "office")[self._rolled % 3]] += 1
            case "channel comes":
                now.channels.append("extra")
            case "channel goes":
                now.channels.remove("extra")
            case _:
                raise AssertionError(what)

    def _audit(self) -> None:
        if self.record is None:
            self.world.found("nobody watches at noon")
            return
        self.told.audit(self)
        self.history.audit(self)
        self.reads.audit(self)
        for shop in self.shops.values():
            turn_the_day(shop, self.network, _LISTED_FOR)
        db = self.record._db
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: int(db.execute(f"SELECT count(*) FROM {name}").fetchone()[0]) for name in tables}
        sample = Sample(
            int(self.world.clock.elapsed // DAY),
            self.world.clock.true(),
            held(None, self.record.path),
            kept(),
            rows,
            self.told.number,
            dict(self.reads.last),
        )
        with self._log.open("ab") as log:  # in memory, they would be among what grows
            pickle.dump(sample, log)

    @property
    def _log(self) -> Path:
        return self.folder / "samples"

    def _samples(self) -> Iterator[Sample]:
        with self._log.open("rb") as log:
            while log.peek(1):
                yield pickle.load(log)
