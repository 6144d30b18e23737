"""A run: the lives of a daemon from its first start to a calm end, whatever happens in between.

::

    seed ─▶ plan ─▶ life ─▶ crash or stop ─▶ pause ─▶ life … ─▶ calm ─▶ settled ─▶ what was promised
"""

from __future__ import annotations

import random
import signal
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count

import pytest

from cashnotifyd.config.loading import Loaded
from cashnotifyd.daemon.outside import Outside
from cashnotifyd.daemon.running import Daemon
from cashnotifyd.polling.walk import DEEP_EVERY
from cashnotifyd.service_manager import ServiceManager
from cashnotifyd.simulator.account import PERMISSIONS
from cashnotifyd.vocabulary import Message, Mode
from tests.in_memory.disk import AccountRow, DeliveryRow, OccurrenceRow
from tests.simulation.clock import Clock, SimulatedLoop, StandstillError
from tests.simulation.commands import Commands
from tests.simulation.configured import Configuration
from tests.simulation.digested import check_digest, check_once, is_owed
from tests.simulation.disk import SimulatedRecord, Storage
from tests.simulation.network import Network, Outage, SimulatedConnections
from tests.simulation.patched import patched
from tests.simulation.plan import (
    Change,
    Command,
    Crash,
    Entry,
    Limit,
    Mend,
    Plan,
    Refuse,
    Step,
    Stop,
    Storm,
    Story,
    Suspend,
    planned,
)
from tests.simulation.promises import at_rest, at_the_end
from tests.simulation.punctuality import Punctuality
from tests.simulation.recipients import Key, Recipient, SimulatedThread, behind, bury, key_of
from tests.simulation.shops import Shop
from tests.simulation.world import Doom, PowerFailure, Violation, World

Mutation = Callable[[pytest.MonkeyPatch], None]
"""Makes the daemon a worse one."""

_LOOK = 15.0
_PATIENCE = 4 * 3600.0
"""Seconds of calm after which everything that waits must have got through."""

_CALM_INTERVALS = ((240.0, 40.0), (1200.0, 240.0))
"""After so many seconds of calm, seconds between polls: some messages take hours, in which nothing else happens."""

_POISONED = 0.04

_RELOADED = 60.0
"""Seconds that a reload may take: it waits for sends under way."""

_RETRIED = 300.0
"""Seconds between two polls at most, of a server that fails for long."""

_DAWDLING = 90.0
"""Seconds by which a poll may be late: it waits for look-ups, and they for answers that never come."""

_AUTOMATIC = 60.0
"""Seconds between two polls of an account that has just been busy, in the first hour at least."""

OURS = frozenset({"summary", "digest", "watch"})
"""Families of what is no fact of a shop's."""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a run. ``findings``: promises that were not kept."""

    seed: int
    findings: tuple[str, ...]
    effects: int
    crashes: int
    seconds: float
    """Of simulated time."""
    facts: int
    arrived: int
    repeated: int
    in_flight: int
    """Sends under way at the ends of lives: so many repeats would be allowed."""


class Simulation:
    """The world of one seed, and the lives of the daemon in it."""

    def __init__(self, seed: int, trace: Callable[[str], None] | None = None, plan: Plan | None = None) -> None:
        self.seed = seed
        self.plan = plan or planned(seed)
        self.world = World(random.Random(f"world {seed}"), Clock(self.plan.begins_at), trace=trace)
        self.network = Network(self.world)
        self.contacts: dict[str, float] = {}
        """When the first contact with each account was on record."""
        self.crashes_at: list[float] = []
        """The same in seconds of the simulation."""
        self.ends: list[float] = []
        """When crashes were: what had not been noted yet is lost."""
        self.crashes = 0
        self.ever: set[str] = set()
        """Accounts that were ever watched."""
        numbers = count(1)
        modes = (Mode.LIVE, Mode.LIVE if self.plan.both_live else Mode.TEST, Mode.LIVE)
        self.shops = {
            id_: self._shop(id_, mode, version, lambda: next(numbers))
            for id_, mode, version in zip(
                ("shop", "second", "later"), modes, (*self.plan.api_versions, "2025-09-30.clover"), strict=True
            )
        }
        self.recipients = [
            Recipient(self.world, "healthy", 0, "healthy"),
            Recipient(self.world, "healthy", 1, "healthy"),
            Recipient(self.world, "flaky", 0, "flaky"),
            Recipient(self.world, "slow", 0, "slow"),
            Recipient(self.world, "extra", 0, "flaky"),
        ]
        self.ours: dict[tuple[str, str], str] = {}
        """What was told that is no fact of a shop's: a summary, a digest, an alert, by title and body."""
        self.storage = Storage(
            self.world, settled=self._settled, met=self._met, kept=self._kept, posted=self._posted, begun=self._begun
        )
        self.storage.digested = partial(check_digest, self)
        self.punctuality = Punctuality(self.world, self.storage.disk, self.plan.habits)
        for one in self.recipients:
            one.key_of, one.begins = self.key_of, partial(self.punctuality.sends, one.address)
            one.answers = partial(self.punctuality.answered, one.address)
        self.commands = Commands(self)
        self.digests: set[tuple[str, str]] = set()
        """What was told: on which channel, and of when."""
        self.digested_at: dict[str, float] = {}
        """When each channel's last digest was recorded."""
        self.reloaded_at = 0.0
        self.configuration = Configuration(
            ["shop", "second"],
            ["healthy", "flaky", "slow"],
            self.plan.interval if self.plan.share is None else None,
            {id_: shop.new_key() for id_, shop in self.shops.items()},
            dict.fromkeys(("healthy", "flaky", "slow", "extra"), 1),
        )
        self._entries: deque[tuple[float, Entry]] = deque(self.plan.entries)
        self._pause = 1.0
        self._then: Doom | None = None
        self._done = False
        self._told_to_stop = self.calm_since = self._epoch_began = 0.0
        self._watched: tuple[list[str], float | None] = ([], None)
        """The accounts that are watched since then, and the seconds between two polls."""
        self._loop: SimulatedLoop | None = None
        self._suspended = False
        self._most_ahead = 0.0
        self._mended_at: dict[str, float] = {}
        self.ahead_in_all = 0.0
        """Seconds by which the machine's clock was ever set forward."""

    def run(self, mutate: Mutation | None = None) -> Report:
        """Live through it all."""
        with patched(self.world, self.plan.page, self.plan.overlap) as patch:
            if mutate is not None:
                mutate(patch)
            for number, shop in enumerate(self.shops.values()):
                shop.begin(self.plan.history if number < 2 else 1)
                shop.account.lateness = self._lateness
            while not self._done:
                self._live()
            at_the_end(self)
        arrived = [key for one in self.recipients for _, key, _ in one.arrived]
        return Report(
            self.seed,
            tuple(self.world.findings),
            self.world.effects,
            self.crashes,
            self.world.clock.elapsed,
            sum(len(shop.facts) for shop in self.shops.values()),
            len(arrived),
            len(arrived) - sum(len({key for _, key, _ in one.arrived}) for one in self.recipients),
            sum(one.in_flight.total() for one in self.recipients),
        )

    def _shop(self, id_: str, mode: Mode, version: str, numbers: Callable[[], int]) -> Shop:
        account = self.network.simulator.account(f"acct_1{id_}", name=id_.title(), api_version=version, mode=mode)
        account.random.seed(f"{self.seed} {id_}")
        self.network.shops.append(account)
        may = PERMISSIONS if self.plan.may_read_account else PERMISSIONS - {"rak_connected_account_read"}
        return Shop(id_, account, may, random.Random(f"{self.seed} stories {id_}"), numbers)

    def _lateness(self) -> float:
        rng, most = self.world.rng, 0.8 * self.plan.overlap
        match rng.randrange(20):
            case 0:
                return rng.uniform(0.0, most)
            case 1 | 2 | 3:
                return rng.uniform(0.0, min(most, 60.0))
            case _:
                return rng.uniform(0.0, 2.0)

    # One life

    def _live(self) -> None:
        world = self.world
        world.alive = True
        world.say("the daemon begins")
        self._begin_epoch()
        self.punctuality.disturbed(0.0)
        loop = self._loop = SimulatedLoop(world.clock)
        loop.set_exception_handler(world.unheard)
        outside = Outside(
            lambda: SimulatedConnections(self.network),
            self._targets,
            lambda _: SimulatedThread(world, loop),
            random.Random(world.rng.random()),
        )
        record = SimulatedRecord(self.storage)
        daemon = Daemon(self._loaded(), self._loaded, record, ServiceManager(), outside)
        self._wind()
        power_fails, before = False, self.crashes
        try:
            loop.run_until_complete(daemon.run())
            self._check_stop(daemon)
        except PowerFailure as failure:
            self._check_asked()
            self.crashes += 1
            self.ends.append(world.clock.monotonic())
            self.crashes_at.append(world.clock.elapsed)
            power_fails = str(failure) == "power"
            world.say(f"CRASH ({failure})")
        except (StandstillError, Violation) as finding:
            world.found(f"{type(finding).__name__} {finding}")
            self._done = True
        except Exception as error:  # noqa: BLE001 (the daemon's end is a finding)
            world.found(f"the daemon ended by itself: {_causes(error)}")
            self._done = True
        self._loop = None
        bury(loop, world, self.recipients)
        if self.crashes > before:
            world.doom, self._then = self._then, None
        if power_fails:
            self.storage.cut_power()
        record.close()
        at_rest(self)
        if not self._done:
            self._advance(world.clock.elapsed + self._pause)

    def _check_stop(self, daemon: Daemon) -> None:
        world = self.world
        world.say(f"the daemon has stopped, still sending: {daemon.sends_under_way}")
        unmarked = sorted({one.channel for one in self.recipients if one.under_way is not None})
        if unmarked and world.clock.monotonic() - self._told_to_stop < 17.0:
            world.found(f"stopped at once in the middle of sends: {unmarked}")

    # What the daemon is given

    def _loaded(self) -> Loaded:
        self.ever.update(self.configuration.accounts)
        return self.configuration.loaded(self.plan, self.shops)

    def _targets(self, url: str) -> Sequence[Recipient]:
        return behind(url, self.recipients)

    def has_wrong_clock(self, seconds: float) -> bool:
        """Whether the machine's clock was ever wrong by so much."""
        return self._most_ahead > seconds

    def key_of(self, message: Message) -> Key:
        """What a message speaks of; of a summary, a digest or an alert its words tell."""
        family = self.ours.get((message.title, message.body))
        return key_of(message) if family is None else (f"our {family}", f"{message.title}\n{message.body}")

    def _kept(self, row: OccurrenceRow) -> None:
        full = row.wordings.full
        if row.family in OURS:
            self.ours[full.title, full.body] = row.family
        if row.family == "digest":
            check_once(self, row)

    def _posted(self, row: DeliveryRow) -> None:
        self.punctuality.recorded(row)

    def _begun(self, old: DeliveryRow, new: DeliveryRow) -> None:
        now = self.world.clock.elapsed
        at = now if new.state == "summarized" else self.recipient(new.channel, new.target).sent_at
        if new.channel != "extra":
            self.punctuality.begun(old, new, at)

    def recipient(self, channel: str, target: int) -> Recipient:
        return next(one for one in self.recipients if (one.channel, one.target) == (channel, target))

    def _settled(self, channel: str, target: int) -> None:
        one = self.recipient(channel, target)
        one.note_settled()
        self.punctuality.ended(one.address)

    def _met(self, row: AccountRow) -> None:
        self.contacts.setdefault(row.config_id, self.world.clock.elapsed)

    # What happens

    def _wind(self) -> None:
        """See to it that what happens next happens in time."""
        loop, now = self._loop, self.world.clock.elapsed
        assert loop is not None
        if self._entries:
            loop.call_later(max(self._entries[0][0] - now, 0.0), self._act)
        elif not self.world.calm:
            loop.call_later(max(self.plan.ends - now, 0.0), self._become_calm)
        else:
            loop.call_later(_LOOK, self._look)

    def _act(self) -> None:
        _, entry = self._entries.popleft()
        self._happen(entry)
        if self._loop is not None:
            self._wind()

    def _advance(self, until: float) -> None:
        """Let time pass in which nobody watches."""
        clock = self.world.clock
        while self._entries and self._entries[0][0] <= until:
            at, entry = self._entries.popleft()
            clock.pass_to(at, asleep=self._suspended)
            self._happen(entry)
        clock.pass_to(until, asleep=self._suspended)

    def _happen(self, entry: Entry) -> None:
        self.world.say(f"=== {entry}")
        match entry:
            case Story(shop=number):
                self._play(list(self.shops.values())[number])
            case Storm(share):
                self.network.storm = share
            case Change(what):
                busy = [one.channel for one in self.recipients if one.under_way]
                self.configuration.change(what, self.shops, busy, self.world.rng)
                self._reload()
            case Stop() | Crash():
                self._interrupt(entry)
            case Step() | Suspend():
                self._set_clocks(entry)
            case Command():
                self.commands.run(entry)
            case Refuse() | Limit() | Mend():
                self._change_key(entry)

    def _play(self, shop: Shop) -> None:
        fact = shop.play(self.world.clock.elapsed)
        self.world.say(f"    {fact}")
        if self.world.rng.random() < _POISONED:
            for one in self.recipients:
                if one.character == "flaky":
                    one.poison.add(fact.key)

    def _interrupt(self, entry: Stop | Crash) -> None:
        match entry:
            case Stop(pause) if self._loop is not None:
                self._pause = pause
                self._stop()
            case Crash(doom, pause, then):
                self.world.doom, self._pause, self._then = doom, pause, then

    def _set_clocks(self, entry: Step | Suspend) -> None:
        clock = self.world.clock
        match entry:
            case Step(ahead):
                self._most_ahead = max(self._most_ahead, abs(ahead))
                self.ahead_in_all += max(ahead - clock.ahead, 0.0)
                clock.ahead = ahead
            case Suspend(seconds) if self._loop is not None and not self._suspended:
                self._suspended = True
                self._advance(self.world.clock.elapsed + seconds)
                self._suspended = False
        self._begin_epoch()
        self.punctuality.disturbed()
        self.punctuality.changed()

    def _change_key(self, entry: Refuse | Limit | Mend) -> None:
        shop, now = list(self.shops.values())[entry.shop], self.configuration
        account, key = shop.account, now.keys[shop.id]
        match entry:
            case Refuse(how="revoked"):
                self.network.outages[shop.name] = Outage()
                account.revoke(key)
            case Refuse(how=permission):
                self.network.outages[shop.name] = Outage()
                account.grant(key, shop.may - {permission})
            case Limit(permission=permission):
                account.grant(key, shop.may - {permission})
            case Mend(how="dashboard"):
                self._mended_at[shop.id] = self.world.clock.elapsed
                account.restore(key)
                account.grant(key, shop.may)
            case Mend():
                now.keys[shop.id] = shop.new_key()
                self._reload()

    def _reload(self) -> None:
        self._begin_epoch()
        self.punctuality.disturbed(_RELOADED)
        self.reloaded_at = self.world.clock.elapsed
        if self._loop is not None:
            self._loop.tell(signal.SIGHUP)

    def _stop(self) -> None:
        self._check_asked()
        self._told_to_stop = self.world.clock.monotonic()
        if self._loop is not None:
            self._loop.tell(signal.SIGTERM)

    def _begin_epoch(self) -> None:
        """Watches begin anew, or are woken."""
        if self._loop is not None:
            self._check_asked()
        self._epoch_began = self.world.clock.monotonic()
        self._watched = list(self.configuration.accounts), self.configuration.interval
        self.network.epoch += 1

    def _check_asked(self) -> None:
        """Whether each account was asked for something lately, unless its key is refused or the budget forbids it."""
        (accounts, interval), now = self._watched, self.world.clock.monotonic()
        if interval is None:
            return
        for shop in (self.shops[id_] for id_ in accounts):
            silence = now - max(self.network.asked_at.get(shop.name, 0.0), self._epoch_began)
            if shop.name not in self.network.outages and silence > max(interval, _RETRIED) + _DAWDLING:
                self.world.found(f"{shop.id} has not been asked for anything for {silence:.0f} s")

    # The end

    def _become_calm(self) -> None:
        world, now = self.world, self.configuration
        world.calm, world.doom, self._then, self.network.storm = True, None, None, 0.0
        world.say("=== calm")
        self.calm_since = world.clock.elapsed
        self._mend_all()
        self.commands.run(Command("unmute", None))
        if missing := [id_ for id_ in self.shops if id_ in self.ever and id_ not in now.accounts]:
            now.accounts.extend(missing)
            self._reload()
        self._wind()

    def _mend_all(self) -> None:
        """Whatever is wrong with keys: with every other shop's by a reload, the others' in Stripe's dashboard."""
        for number, shop in enumerate(self.shops.values()):
            key = self.configuration.keys[shop.id]
            if shop.account.is_revoked(key) or not all(shop.account.allows(key, one) for one in shop.may):
                self._change_key(Mend(number, self.world.rng.choice(("dashboard", "reload"))))

    def _look(self) -> None:
        elapsed = self.world.clock.elapsed
        if self._is_settled():
            self._done = True
            self._stop()
        elif elapsed - self.calm_since > _PATIENCE:
            disk = self.storage.disk
            waits = [(one.channel, one.reason, one.due) for one in disk.waiting.values()]
            owed = ", a digest is owed" if is_owed(self) else ""
            self.world.found(f"it does not settle: {len(disk.pending)} pending, waiting {waits[:5]}{owed}")
            self._done = True
            self._stop()
        else:
            for calm, interval in _CALM_INTERVALS if self._is_every_mend_seen() else ():
                now = self.configuration
                if elapsed - self.calm_since > calm and (now.interval is None or now.interval < interval):
                    now.interval = interval
                    self._reload()
            self._wind()

    def _is_every_mend_seen(self) -> bool:
        """Whether each key that was mended in the dashboard was used since: a reload would try it before its time."""
        walks = self.network.walks
        return all(walks.get(self.shops[id_].name, 0.0) >= at for id_, at in self._mended_at.items())

    def _is_settled(self) -> bool:
        disk = self.storage.disk
        if disk.pending or disk.waiting or is_owed(self) or any(name == "stale" for _, name in disk.alerts):
            return False
        now = self.world.clock.true()
        for id_ in self.configuration.accounts:
            shop = self.shops[id_]
            seen_by = max((one.visible_at for one in shop.account.emitted), default=0.0)
            quiet_from = max(seen_by - now + self.world.clock.elapsed, self.calm_since)
            walked = self.network.walks.get(shop.name, 0.0)
            if walked < quiet_from + DEEP_EVERY + (self.configuration.interval or _AUTOMATIC):
                return False
        return True


def _causes(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(_causes(one) for one in error.exceptions)
    return f"{type(error).__name__}: {error}"


def simulate(seed: int, mutate: Mutation | None = None, trace: Callable[[str], None] | None = None) -> Report:
    """Run a seed."""
    return Simulation(seed, trace).run(mutate)
