"""The composition: from settings to running tasks, through reloads, to a clean end.

::

    settings ─▶ a Watch for each account ─┐                      ┌─▶ a Lane for each channel
                                          ├─▶ the cursor file ──▶┤
                (Stripe, over one pool)   ┘     (one thread)     └─   (a thread each, Apprise)

All tasks live in one group: one that crashes ends the daemon, which loses nothing, and the service manager starts it
again. A reload compares what is wanted with what runs and touches only what differs.
"""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import structlog

from cashnotifyd import logs
from cashnotifyd.config.loading import ConfigError, Loaded
from cashnotifyd.config.settings import AccountSettings, ChannelSettings, Settings
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.values import Cause, Gathered
from cashnotifyd.delivery.apprise_door.urls import open_targets
from cashnotifyd.delivery.lane import Lane, Way
from cashnotifyd.delivery.routing import Channel
from cashnotifyd.delivery.turns import Manners
from cashnotifyd.digests.pictures import Pictures
from cashnotifyd.digests.telling import Digests, Subscriber
from cashnotifyd.lookups.icons import Icons
from cashnotifyd.polling.watch import Surroundings, Watch, WatchedKey
from cashnotifyd.schedules import DigestSchedule
from cashnotifyd.service_manager import Progress, ServiceManager
from cashnotifyd.stripe_api import StripeConnections
from cashnotifyd.telling import Audience
from cashnotifyd.vocabulary import Kind, Message, Wordings
from cashnotifyd.wording.message import Words

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 6.0
"""How long after the signal to stop further messages that are due are still begun."""

STOP_SECONDS = 18.0
"""When the daemon ends at the latest, whatever is still under way: the service manager's patience ends at 20."""

_TICK = 5.0
_CLOCK_JUMP = 30.0
_STAGGER = 0.05
_POLL_ALLOWANCE = 180.0
"""Seconds in which an account must get on beyond its pause: one answer may take four attempts of 20 s."""

_DAY = 86400.0

S = TypeVar("S")
J = TypeVar("J", Watch, Lane)


@dataclass(frozen=True, slots=True)
class _Running(Generic[S, J]):
    """A job, the settings that it runs with, and its task."""

    settings: S
    job: J
    task: asyncio.Task[None]


class Daemon:
    """The daemon. ``load`` reads the configuration afresh and raises ConfigError; ``start`` is what it read first."""

    def __init__(self, start: Loaded, load: Callable[[], Loaded], record: CursorFile, manager: ServiceManager) -> None:
        self._start = start
        self._load = load
        self._record = record
        self._manager = manager
        self._progress = Progress()
        self._rng = random.Random()  # noqa: S311 (spreads polls and retries; no secret hangs on it)
        self._stopping = asyncio.Event()
        self._reloading = asyncio.Event()
        self._watches: dict[str, _Running[WatchedKey, Watch]] = {}
        self._lanes: dict[str, _Running[ChannelSettings, Lane]] = {}
        self._stripe_accounts: dict[str, str] = {}
        self._audience = Audience(Words(start.settings.locale, start.settings.timezone), ())
        self._subscribers: tuple[Subscriber, ...] = ()

    def stop(self) -> None:
        """Drain and end."""
        self._stopping.set()

    def reload(self) -> None:
        """Read the configuration afresh, and go by it if it is sound."""
        self._reloading.set()

    @property
    def sends_under_way(self) -> list[str]:
        """Channels whose send could not be waited for. Known after :meth:`run`."""
        return [name for name, lane in self._lanes.items() if lane.job.sending]

    async def run(self) -> None:
        """Watch and tell until stopped.

        Raises:
            Refusal: the cursor file cannot be written any more.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self.reload)
        connections = StripeConnections()
        try:
            async with asyncio.TaskGroup() as group:
                await self._apply(self._start, group, connections)
                digests = Digests(
                    self._record,
                    lambda: self._subscribers,
                    lambda: [running.job.account for running in self._watches.values()],
                    lambda: self._audience.words,
                    Pictures(self._record.path.parent / "digests"),
                    self._wake_lanes,
                )
                beside = [group.create_task(self._tend()), group.create_task(digests.run(time.time))]
                self._manager.ready()
                while not await self._told_to_stop():
                    await self._reload(group, connections)
                self._manager.stopping()
                self._manager.status("stopping")
                for task in beside:
                    task.cancel()
                await self._drain()
        finally:
            await connections.close()

    async def _told_to_stop(self) -> bool:
        """Wait for one of the signals; whether it was the one to stop."""
        waits = [asyncio.ensure_future(event.wait()) for event in (self._stopping, self._reloading)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._reloading.clear()
        return self._stopping.is_set()

    # Reload

    async def _reload(self, group: asyncio.TaskGroup, connections: StripeConnections) -> None:
        self._manager.reloading()
        try:
            loaded = await asyncio.to_thread(self._load)
        except ConfigError as error:
            for finding in error.findings:
                log.error("the new configuration is refused, the old one stays", finding=str(finding))  # noqa: TRY400 (findings, not a traceback)
            self._manager.ready()
            self._manager.status(f"{self._summary()}; the changed configuration is refused, see the log")
            return
        if loaded.settings.cursor_file != self._start.settings.cursor_file:
            log.warning("a changed cursor_file takes effect at the next start", cursor_file=self._record.path)
        logs.add_secrets(loaded.secrets)
        await self._apply(loaded, group, connections)
        if self._stopping.is_set():
            return
        self._manager.ready()
        log.info("the configuration has been reloaded")

    async def _apply(self, loaded: Loaded, group: asyncio.TaskGroup, connections: StripeConnections) -> None:
        """Make what runs what is wanted. Told to stop meanwhile, it begins nothing more."""
        settings = loaded.settings
        for warning in loaded.warnings:
            log.warning(warning)
        wanted_watches = {id_: _watched(account, settings) for id_, account in settings.accounts.items()}
        await self._end_watches(
            id_ for id_, running in self._watches.items() if running.settings != wanted_watches.get(id_)
        )
        await self._end_lanes(
            id_ for id_, running in self._lanes.items() if running.settings != settings.channels.get(id_)
        )
        if self._stopping.is_set():
            return
        channels, subscribers = [], []
        for id_, channel in settings.channels.items():
            targets = await asyncio.to_thread(open_targets, channel.url.get_secret_value())
            channels.append(_channel(channel, len(targets)))
            if channel.digest is not None:
                subscribers.append(_subscriber(channel, channel.digest, len(targets)))
            if id_ not in self._lanes:
                way = Way(id_, channel.details, Manners(channel.quiet_hours, channel.burst))
                lane = Lane(way, targets, self._record, time.time, self._rng, self._summarized)
                self._lanes[id_] = _Running(channel, lane, group.create_task(lane.run(), name=f"lane {id_}"))
        self._audience = Audience(Words(settings.locale, settings.timezone), tuple(channels))
        self._subscribers = tuple(subscribers)
        strays = await self._record.abandon_strays(settings.channels, time.time())
        if strays:
            log.warning("messages for channels that are not configured any more are abandoned", count=strays)
        around = Surroundings(
            record=self._record,
            audience=lambda: self._audience,
            configured=lambda: self._watches,
            now=time.time,
            rng=self._rng,
            beat=lambda id_, pause: self._progress.beat(id_, pause + _POLL_ALLOWANCE, time.monotonic()),
            told=self._wake_lanes,
            introduce=self._stripe_accounts.setdefault,
            icons=Icons(self._record.path.parent / "icons", connections.file),
        )
        started = 0
        for id_, key in wanted_watches.items():
            if id_ in self._watches:
                self._watches[id_].job.wake()
                continue
            watch = Watch(key, connections.account(key.api_key, key.api_base), around)
            # Spread out, so that a thousand accounts do not all ask in the same instant.
            task = group.create_task(watch.run(started * _STAGGER), name=f"watch {id_}")
            self._progress.beat(id_, started * _STAGGER + _POLL_ALLOWANCE, time.monotonic())
            self._watches[id_] = _Running(key, watch, task)
            started += 1
        self._wake_lanes()
        self._manager.status(self._summary())

    async def _end_watches(self, ids: Iterable[str]) -> None:
        ended = [(id_, self._watches.pop(id_)) for id_ in list(ids)]
        for _, running in ended:
            running.task.cancel()
        for id_, running in ended:
            with suppress(asyncio.CancelledError):
                await running.task
            self._progress.forget(id_)
            for stripe_account in [known for known, holder in self._stripe_accounts.items() if holder == id_]:
                del self._stripe_accounts[stripe_account]

    async def _end_lanes(self, ids: Iterable[str]) -> None:
        """End lanes after the send under way: two lanes of one channel at a time would send twice.

        Told to stop meanwhile, it leaves those that still send to :meth:`_drain`, which does not wait for ever.
        """
        ending = {id_: self._lanes[id_] for id_ in list(ids)}
        for running in ending.values():
            running.job.halt()
        sending = {running.task for running in ending.values()}
        stop = asyncio.ensure_future(self._stopping.wait())
        try:
            while sending and not stop.done():
                done, _ = await asyncio.wait({*sending, stop}, return_when=asyncio.FIRST_COMPLETED)
                sending -= done
        finally:
            stop.cancel()
        for id_, running in ending.items():
            if running.task not in sending:
                del self._lanes[id_]

    def _summarized(self, gathered: Gathered, cause: Cause) -> Wordings:
        """The words of a summary, with accounts by the names that people know."""
        known = {id_: running.job.account for id_, running in self._watches.items()}
        names = {id_: account.name for id_, account in known.items()}
        accounts = tuple((names.get(id_, id_), count) for id_, count in gathered.tally.accounts)
        within = known.get(gathered.account) if gathered.account is not None else None
        tally = replace(gathered.tally, accounts=accounts)
        try:
            return self._audience.words.summary(tally, cause, gathered.failures, within)
        except Exception:
            # As with a single message: words that trip us cost the particulars, not the news.
            log.exception("a summary could not be worded and is told as a number")
            count = sum(one.count for one in tally.counts)
            return Wordings.alike(Message(Kind.OTHER, f"{count} messages", "", tally.urgency))

    def _wake_lanes(self) -> None:
        for running in self._lanes.values():
            running.job.wake()

    # The end

    async def _drain(self) -> None:
        """Stop polling at once, send what is due for a while, and wait for the sends under way, but not for ever."""
        begun = time.monotonic()
        await self._end_watches(list(self._watches))
        lanes = [running.task for running in self._lanes.values()]
        if not lanes:
            return
        for running in self._lanes.values():
            running.job.drain()
        await asyncio.wait(lanes, timeout=DRAIN_SECONDS)
        for running in self._lanes.values():
            running.job.halt()
        await asyncio.wait(lanes, timeout=STOP_SECONDS - (time.monotonic() - begun))
        for task in lanes:
            task.cancel()

    # Between polls

    async def _tend(self) -> None:
        """Feed the watchdog while all get on, notice that the machine was asleep, forget what is old."""
        interval = self._manager.watchdog_interval
        tick = _TICK if interval is None else min(_TICK, interval)
        offset = time.time() - time.monotonic()
        pruned = -_DAY
        while True:
            now = time.monotonic()
            overdue = self._progress.overdue(now)
            if overdue:
                log.error("no progress, the watchdog is not fed", accounts=overdue)
            elif interval is not None:
                self._manager.feed_watchdog()
            if now - pruned >= _DAY:
                pruned = now
                await self._record.prune(time.time())
            # Timers stand still while a machine sleeps; the wall clock does not.
            jump = time.time() - time.monotonic() - offset
            if abs(jump) > _CLOCK_JUMP:
                log.info("the clock has jumped: polling now", seconds=round(jump))
                offset += jump
                for running in self._watches.values():
                    running.job.wake()
                self._wake_lanes()
            elif await self._record.changed_elsewhere():
                # Somebody muted a channel, or wants abandoned messages sent after all.
                self._wake_lanes()
            await asyncio.sleep(tick)

    def _summary(self) -> str:
        return f"watching {_counted(len(self._watches), 'account')}, telling {_counted(len(self._lanes), 'channel')}"


def _watched(account: AccountSettings, settings: Settings) -> WatchedKey:
    return WatchedKey(
        account.id,
        account.api_key.get_secret_value(),
        account.mode,
        account.name,
        settings.poll_interval,
        None if account.logo is None else str(account.logo),
        account.stripe_api_base,
    )


def _channel(settings: ChannelSettings, targets: int) -> Channel:
    return Channel(
        settings.id,
        targets,
        settings.accounts,
        settings.modes,
        settings.events,
        settings.min_amount,
        settings.urgencies,
    )


def _subscriber(settings: ChannelSettings, schedule: DigestSchedule, targets: int) -> Subscriber:
    return Subscriber(settings.id, targets, schedule, settings.accounts, settings.modes, settings.details)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
