"""The watches that run, one for each account, and those of a changed configuration in their place."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cashnotifyd.config.settings import AccountSettings, Settings
from cashnotifyd.cursor_file.door import WatchRecord
from cashnotifyd.lookups.icons import Icons
from cashnotifyd.oversight.contact import Seen
from cashnotifyd.polling.watch import Surroundings, Watch, WatchedKey
from cashnotifyd.service_manager import Progress
from cashnotifyd.stripe_api import StripeConnections
from cashnotifyd.telling.saying import Audience
from cashnotifyd.vocabulary import Account

_STAGGER = 0.05
_POLL_ALLOWANCE = 180.0
"""Seconds in which an account must get on beyond its pause: one answer may take four attempts of 20 s."""


@dataclass(frozen=True, slots=True)
class _Running:
    key: WatchedKey
    watch: Watch
    task: asyncio.Task[None]


class Watches:
    """The watches over all accounts. ``told``: there may be something to send; ``icons``: the folder of their icons."""

    def __init__(
        self,
        record: WatchRecord,
        rng: random.Random,
        progress: Progress,
        audience: Callable[[], Audience],
        told: Callable[[], None],
        icons: Path,
    ) -> None:
        self._record = record
        self._icons = icons
        self._rng = rng
        self._progress = progress
        self._audience = audience
        self._told = told
        self._running: dict[str, _Running] = {}
        self._stripe_accounts: dict[str, str] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._running)

    @property
    def accounts(self) -> dict[str, Account]:
        """The accounts as messages name them, by their ids."""
        return {id_: one.watch.account for id_, one in self._running.items()}

    @property
    def seen(self) -> tuple[Seen, ...]:
        """How it stands with each."""
        watches = (one.watch for one in self._running.values())
        return tuple(Seen(one.account, one.number, one.polled_at, one.failure, one.interval) for one in watches)

    def wake(self) -> None:
        """Poll now."""
        for one in self._running.values():
            one.watch.wake()

    async def end_changed(self, settings: Settings) -> None:
        """End what is not wanted any more, or otherwise."""
        await self._end(
            [id_ for id_, one in self._running.items() if one.key != _key(settings.accounts.get(id_), settings)]
        )

    async def end(self) -> None:
        """End all."""
        await self._end(list(self._running))

    def begin(self, settings: Settings, group: asyncio.TaskGroup, connections: StripeConnections) -> None:
        """Begin a watch for each account that has none; the others poll now."""
        around = Surroundings(
            record=self._record,
            audience=self._audience,
            configured=lambda: self._running,
            now=time.time,
            rng=self._rng,
            beat=lambda id_, pause: self._progress.beat(id_, pause + _POLL_ALLOWANCE, time.monotonic()),
            told=self._told,
            introduce=self._stripe_accounts.setdefault,
            icons=Icons(self._icons, connections.file),
        )
        self.wake()
        started = 0
        for id_, account in settings.accounts.items():
            if id_ in self._running:
                continue
            key = _key(account, settings)
            assert key is not None
            watch = Watch(key, connections.account(key.api_key, key.api_base), around)
            # Spread out, so that a thousand accounts do not all ask in the same instant.
            task = group.create_task(watch.run(started * _STAGGER), name=f"watch {id_}")
            self._progress.beat(id_, started * _STAGGER + _POLL_ALLOWANCE, time.monotonic())
            self._running[id_] = _Running(key, watch, task)
            started += 1

    async def _end(self, ids: list[str]) -> None:
        ended = [(id_, self._running.pop(id_)) for id_ in ids]
        for _, one in ended:
            one.task.cancel()
        for id_, one in ended:
            with suppress(asyncio.CancelledError):
                await one.task
            self._progress.forget(id_)
            for stripe_account in [known for known, holder in self._stripe_accounts.items() if holder == id_]:
                del self._stripe_accounts[stripe_account]


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
    )
