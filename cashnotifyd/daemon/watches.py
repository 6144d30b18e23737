"""The watches that run, one for each account, and those of a changed configuration in their place."""

from __future__ import annotations

import asyncio
import gc
import random
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cashnotifyd.config.settings import AccountSettings, Settings
from cashnotifyd.cursor_file.door import WatchRecord
from cashnotifyd.lookups.icons import Icons
from cashnotifyd.oversight.contact import Seen
from cashnotifyd.polling.watch import Surroundings, Watch, WatchedKey
from cashnotifyd.service_manager import Progress
from cashnotifyd.stripe_api import StripeConnections
from cashnotifyd.telling.saying import Audience
from cashnotifyd.vocabulary import Account

_T = TypeVar("_T")

_STEP = 0.01
"""Seconds from one watch's turn to the next: 100 accounts a second keep half a core busy with their first polls."""

_MOST_LATE = 0.1

_POLL_ALLOWANCE = 180.0
"""Seconds in which an account must get on beyond its pause: one answer may take four attempts of 20 s."""

_SLICE = 100
"""Watches dealt with at once: some milliseconds, in which nobody else gets on."""

_NOTED_AT_ONCE = 500
"""Accounts in one transaction: each waits for the disk."""

_ENDED_KEPT = 100
"""Watches that have ended and whose memory, 20 KiB each or so, is not worth a full round of the garbage collector."""

_Sleep = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class _Running:
    """A watch, and the task that it has from its first turn on."""

    key: WatchedKey
    watch: Watch
    task: asyncio.Task[None] | None = None


class Watches:
    """The watches over all accounts.

    ``told``: there is something to send on these channels; ``icons``: the folder of the accounts' icons.

    They begin one after the other, and are woken so: ten thousand that ask in the same instant would be no faster, and
    hold up everything else. As each pauses for itself from then on, they stay spread out.
    """

    def __init__(
        self,
        record: WatchRecord,
        rng: random.Random,
        progress: Progress,
        audience: Callable[[], Audience],
        told: Callable[[Collection[str]], None],
        icons: Path,
    ) -> None:
        self._record = record
        self._icons = icons
        self._rng = rng
        self._progress = progress
        self._audience = audience
        self._told = told
        self._running: dict[str, _Running] = {}
        self._same: dict[str, list[str]] = {}
        self._turns: dict[str, None] = {}
        self._someone_waits = asyncio.Event()
        self._ended = 0

    def __len__(self) -> int:
        """How many there are."""
        return len(self._running)

    def account(self, id_: str) -> Account | None:
        """The account of this id as messages name it."""
        one = self._running.get(id_)
        return None if one is None else one.watch.account

    @property
    def accounts(self) -> list[Account]:
        """The accounts as messages name them."""
        return [one.watch.account for one in self._running.values()]

    @property
    def seen(self) -> Iterator[Seen]:
        """How it stands with each, at the moment in which it is asked for."""
        watches = [one.watch for one in self._running.values()]
        return (Seen(one.account, one.number, one.polled_at, one.failure, one.interval) for one in watches)

    def wake(self) -> None:
        """Poll now, one after the other."""
        self._line_up(self._running)

    async def run(self, group: asyncio.TaskGroup, sleep: _Sleep = asyncio.sleep) -> None:
        """Give each its turn, to begin in ``group`` or to poll now, until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            await self._someone_waits.wait()
            self._someone_waits.clear()
            taken, due = 0, clock()
            while self._turns:
                self._take_turn(next(iter(self._turns)), group)
                # Late turns follow each other at once, but a machine that cannot keep up at all is not pressed.
                due = max(due + _STEP, clock() - _MOST_LATE)
                await sleep(max(due - clock(), 0.0))
                taken += 1
                if taken % _SLICE == 0:
                    _settle()
            _settle()

    def _take_turn(self, id_: str, group: asyncio.TaskGroup) -> None:
        del self._turns[id_]
        one = self._running.get(id_)
        if one is None:
            return  # ended before its turn came
        if one.task is not None:
            one.watch.wake()
            return
        one.task = group.create_task(one.watch.run(0.0), name=f"watch {id_}")
        self._progress.beat(id_, _POLL_ALLOWANCE, time.monotonic())

    def _line_up(self, ids: Iterable[str]) -> None:
        for id_ in ids:
            self._turns.setdefault(id_)
        self._someone_waits.set()

    async def note(self) -> None:
        """Note on record what the polls leave to be noted, for all accounts at once."""
        for some in _slices(self._running.values(), _NOTED_AT_ONCE):
            notes = [note for one in some if (note := one.watch.note()) is not None]
            if notes:
                await self._record.note_polls(notes)
            await asyncio.sleep(0)

    async def end_changed(self, settings: Settings) -> None:
        """End what is not wanted any more, or otherwise."""
        changed = []
        for some in _slices(self._running):
            changed += [id_ for id_ in some if self._running[id_].key != _key(settings.accounts.get(id_), settings)]
            await asyncio.sleep(0)
        await self._end(changed)
        self._free_ended()

    async def end(self) -> None:
        """End all."""
        await self._end(self._running)

    async def begin(self, settings: Settings, connections: StripeConnections) -> None:
        """Begin a watch for each account that has none; the others poll after them."""
        around = Surroundings(
            record=self._record,
            audience=self._audience,
            configured=lambda: self._running,
            now=time.time,
            rng=self._rng,
            beat=lambda id_, pause: self._progress.beat(id_, pause + _POLL_ALLOWANCE, time.monotonic()),
            told=self._told,
            introduce=self._introduce,
            icons=Icons(self._icons, connections.file),
        )
        for some in _slices(settings.accounts.items()):
            for id_, account in some:
                if id_ not in self._running:
                    key = _key(account, settings)
                    assert key is not None
                    self._running[id_] = _Running(
                        key, Watch(key, connections.account(key.api_key, key.api_base, context=key.context), around)
                    )
                    self._line_up([id_])
            await asyncio.sleep(0)
        self.wake()

    def _introduce(self, stripe_account: str, id_: str) -> Collection[str]:
        same = self._same.setdefault(stripe_account, [])
        if id_ not in same:
            same.append(id_)
        return same

    async def _end(self, ids: Iterable[str]) -> None:
        gone = set(ids)
        for id_ in gone:
            self._turns.pop(id_, None)
        for same in self._same.values():
            same[:] = [id_ for id_ in same if id_ not in gone]
        for some in _slices(gone):
            ended = [self._running.pop(id_) for id_ in some]
            tasks = [one.task for one in ended if one.task is not None]
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks)
            if notes := [note for one in ended if (note := one.watch.note()) is not None]:
                await self._record.note_polls(notes)
            for id_ in some:
                self._progress.forget(id_)
        self._ended += len(gone)

    def _free_ended(self) -> None:
        """Let go of what :func:`_settle` has set aside of watches that have ended: they hold on to each other."""
        if self._ended > _ENDED_KEPT:
            self._ended = 0
            gc.unfreeze()
            gc.collect()


def _settle() -> None:
    """Take what is there by now for what stays, and let the garbage collector pass over it from now on.

    Its full rounds go through all objects, and nobody else gets on meanwhile: 0.4 to 1.4 s with 5,000 accounts,
    measured again and again as they began.
    """
    gc.collect(1)
    gc.freeze()


def _slices(many: Iterable[_T], size: int = _SLICE) -> Iterator[list[_T]]:
    """``many`` as they are now, some at a time."""
    every = list(many)
    return (every[at : at + size] for at in range(0, len(every), size))


def _key(account: AccountSettings | None, settings: Settings) -> WatchedKey | None:
    if account is None:
        return None
    return WatchedKey(
        account.id,
        account.api_key.get_secret_value(),
        account.mode,
        account.name,
        settings.poll_interval,
        None if account.logo is None else str(account.logo),
        account.stripe_api_base,
        account.stripe_context,
        settings.read_share,
    )
