"""The daemon: from settings to running tasks, through reloads, to a clean end.

::

    settings ─▶ a Watch for each account ─┐                      ┌─▶ a Lane for each channel
                                          ├─▶ the cursor file ──▶┤
                (Stripe, over one pool)   ┘     (one thread)     └─   (a thread a send, Apprise)

All tasks live in one group: one that crashes ends the daemon, which loses nothing, and the service manager starts it
again. A reload compares what is wanted with what runs and touches only what differs.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from dataclasses import replace

import structlog

from cashnotifyd import logs
from cashnotifyd.config.loading import ConfigError, Loaded
from cashnotifyd.cursor_file.door import DaemonRecord
from cashnotifyd.cursor_file.values import Cause, Gathered
from cashnotifyd.daemon.lanes import Lanes
from cashnotifyd.daemon.lookout import Lookout
from cashnotifyd.daemon.outside import Outside
from cashnotifyd.daemon.watches import Watches
from cashnotifyd.digests.pictures import Pictures
from cashnotifyd.digests.telling import Digests
from cashnotifyd.oversight.overseer import Outlook
from cashnotifyd.service_manager import Progress, ServiceManager
from cashnotifyd.stripe_api import StripeConnections
from cashnotifyd.telling.saying import Audience
from cashnotifyd.vocabulary import Kind, Message, Wordings
from cashnotifyd.wording.message import Words

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 6.0
"""How long after the signal to stop further messages that are due are still begun."""

STOP_SECONDS = 18.0
"""When the daemon ends at the latest, whatever is still under way: the service manager's patience ends at 20."""

_TICK = 5.0
"""Seconds between two looks around, and between two notes on record of polls that found nothing: a crash forgets the
reads of as many."""
_CLOCK_JUMP = 30.0
_DAY = 86400.0


class Daemon:
    """The daemon. ``load`` reads the configuration afresh and raises ConfigError; ``start`` is what it read first."""

    def __init__(
        self,
        start: Loaded,
        load: Callable[[], Loaded],
        record: DaemonRecord,
        manager: ServiceManager,
        outside: Outside | None = None,
    ) -> None:
        self._start = start
        self._load = load
        self._record = record
        self._manager = manager
        self._stopping = asyncio.Event()
        self._reloading = asyncio.Event()
        self._stale_after = start.settings.stale_after
        self._audience = Audience(Words(start.settings.locale, start.settings.timezone), ())
        self._progress = Progress()
        self._outside = outside or Outside()
        self._lanes = Lanes(record, self._outside, self._summarized)
        state = start.settings.cursor_file.resolve().parent
        self._watches = Watches(
            record,
            self._outside.rng,
            self._progress,
            lambda: self._audience,
            self._lanes.wake,
            icons=state / "icons",
        )
        self._lookout = Lookout(record, self._outlook, self._lanes.wake)
        self._digests = Digests(
            record,
            lambda: self._lanes.subscribers,
            lambda: self._watches.accounts,
            lambda: self._audience.words,
            Pictures(state / "digests"),
            self._lanes.wake,
        )

    def stop(self) -> None:
        """Drain and end."""
        if not self._stopping.is_set():
            self._stopping.set()
            self._record.end_by(time.monotonic() + STOP_SECONDS)

    def reload(self) -> None:
        """Read the configuration afresh, and go by it if it is sound."""
        self._reloading.set()

    @property
    def told_to_stop(self) -> bool:
        """Whether it ends because somebody wants it to."""
        return self._stopping.is_set()

    @property
    def sends_under_way(self) -> list[str]:
        """Channels whose send could not be waited for. Known after :meth:`run`."""
        return self._lanes.sending

    async def run(self) -> None:
        """Watch and tell until stopped.

        Raises:
            Refusal: the cursor file cannot be written any more.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self.reload)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})  # one that came before has waited: it reloads now
        connections = self._outside.connections()
        try:
            async with asyncio.TaskGroup() as group:
                await self._apply(self._start, group, connections)
                beside = [
                    group.create_task(work)
                    for work in (
                        self._watches.run(group), self._tend(), self._lookout.run(), self._digests.run(time.time),
                    )
                ]  # fmt: skip
                self._manager.ready()
                while not await self._signalled_to_stop():
                    await self._reload(group, connections)
                self._manager.stopping()
                self._manager.status("stopping")
                await self._drain()
                for task in beside:
                    task.cancel()
        finally:
            await connections.close()

    async def _signalled_to_stop(self) -> bool:
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
            log.warning(
                "a changed cursor_file takes effect at the next start", cursor_file=self._start.settings.cursor_file
            )
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
        await self._watches.end_changed(settings)
        await self._lanes.end_changed(settings.channels, self._stopping)
        if self._stopping.is_set():
            return
        await self._lanes.begin(settings.channels, group)
        self._audience = Audience(Words(settings.locale, settings.timezone), self._lanes.channels)
        self._stale_after = settings.stale_after
        heartbeat = settings.heartbeat
        self._lookout.beat(None if heartbeat is None else heartbeat.get_secret_value(), group)
        strays = await self._lanes.abandon_strays()
        if strays:
            log.warning("messages for channels that are not configured any more are abandoned", count=strays)
        await self._watches.begin(settings, connections)
        self._lanes.try_now()
        self._manager.status(self._summary())

    # The end

    async def _drain(self) -> None:
        """Stop polling at once, send what is due for a while, and wait for the sends under way, but not for ever."""
        begun = time.monotonic()
        self._lookout.stop()
        await self._watches.note()
        await self._watches.end()
        await self._lanes.drain(begun + DRAIN_SECONDS, begun + STOP_SECONDS)

    # What the rooms want to know of each other

    def _summarized(self, gathered: Gathered, cause: Cause) -> Wordings:
        """The words of a summary, with accounts by the names that people know."""
        accounts = tuple((self._name(id_), count) for id_, count in gathered.tally.accounts)
        within = None if gathered.account is None else self._watches.account(gathered.account)
        tally = replace(gathered.tally, accounts=accounts)
        try:
            return self._audience.words.summary(tally, cause, gathered.failures, within)
        except Exception:
            # As with a single message: words that trip us cost the particulars, not the news.
            log.exception("a summary could not be worded and is told as a number")
            count = sum(one.count for one in tally.counts)
            return Wordings.alike(Message(Kind.OTHER, f"{count} messages", "", tally.urgency))

    def _name(self, id_: str) -> str:
        account = self._watches.account(id_)
        return id_ if account is None else account.name

    def _outlook(self) -> Outlook:
        return Outlook(self._watches.seen, self._lanes.troubles, self._audience, self._stale_after)

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
            await self._watches.note()
            # Timers stand still while a machine sleeps; the wall clock does not.
            jump = time.time() - time.monotonic() - offset
            if abs(jump) > _CLOCK_JUMP:
                log.info("the clock has jumped: polling now", seconds=round(jump))
                offset += jump
                self._watches.wake()
                self._lanes.clock_was_set()
            elif await self._record.changed_elsewhere():
                # Somebody muted a channel, or wants abandoned messages sent after all.
                self._lanes.try_now()
            await asyncio.sleep(tick)

    def _summary(self) -> str:
        return f"watching {_counted(len(self._watches), 'account')}, telling {_counted(len(self._lanes), 'channel')}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
