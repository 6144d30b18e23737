"""Asking Stripe for what messages lack: in rounds over a batch, a few requests at a time, for a few seconds in all.

::

    occurrences ─▶ needs ─▶ cached? allowed? affordable? ─▶ ask ─┐
                     ▲                                           │ (an invoice names a product: the next round)
                     └───────────────── answers ◀────────────────┘
                                           └─▶ completed occurrences

Whatever goes wrong here costs particulars, never a message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from cashnotifyd.lookups.allowance import Budget
from cashnotifyd.lookups.cache import Cache
from cashnotifyd.lookups.needs import Need, Resource, completed, needs
from cashnotifyd.occurrences.reading import Occurrence
from cashnotifyd.stripe_api import Cause, Failure, StripeApi

log = structlog.get_logger(__name__)

Answered = dict[Need, Mapping[str, Any] | None]

AT_A_TIME = 4
"""Requests under way at once for one account: Stripe counts concurrency too, and the account's own shop needs it."""

ROUNDS = 4
"""A payment names its invoice's payment, that the invoice, that the product and the customer."""

_HOPELESS = 3
"""Failures running after which Stripe is left alone: a batch of two hundred must not wait for each in turn."""

_REST = 60.0
"""Seconds for which it is left alone then: many batches must not wait either."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. ``request`` for one answer; ``batch`` for all of a batch, and ``further`` for each need beyond a few."""

    request: float = 3.0
    batch: float = 5.0
    further: float = 0.05


class LookUps:
    """What can be looked up with one account's key."""

    def __init__(
        self, api: StripeApi, patience: Patience | None = None, progress: Callable[[], None] = lambda: None
    ) -> None:
        """``progress`` is called whenever something has been found out, or not: a backlog may take a while."""
        self._api = api
        self._progress = progress
        self._rests_until = 0.0
        self._patience = patience or Patience()
        self._cache = Cache()
        self._settled = 0
        self.refused: dict[Resource, str] = {}
        """What the key may not read, and the permission as Stripe names it. It is not asked for again until a restart
        or another key."""
        self.budget = Budget()
        """What may be read, for polls and look-ups together. Its terms and usage are kept up to date by the caller."""
        self.granted: set[Resource] = set()
        """What the key has been seen to read."""

    @property
    def unrecorded_reads(self) -> int:
        """Requests sent with this key and not yet counted in the record."""
        return self._api.unrecorded_reads

    def recorded(self, reads: int) -> None:
        """So many of them have been counted."""
        self._api.unrecorded_reads -= reads

    def settle(self, now: float) -> None:
        """Take from the budget what was read since the last time, be it by look-ups or not.

        Where polls do not go by the allowance, what is left is for look-ups alone, and they are not taken from it.
        """
        reads, self._settled = self._api.reads - self._settled, self._api.reads
        budget = self.budget.by(now)
        self.budget = budget.less(reads) if budget.terms.metered else budget

    async def complete(self, occurrences: Sequence[Occurrence], now: float) -> list[Occurrence]:
        """The occurrences, each with whatever could be found out in time, in the same order."""
        self.settle(now)
        if 0.0 < self._rests_until - now <= _REST:  # further ahead, the clock has been set back since
            return list(occurrences)
        answers: Answered = {}
        trouble = _Trouble()
        seconds = self._patience.batch + self._patience.further * max(len(occurrences) - AT_A_TIME, 0)
        try:
            async with asyncio.timeout(seconds):
                for _ in range(ROUNDS):
                    wanted = dict.fromkeys(need for one in occurrences for need in needs(one, answers))
                    if not wanted:
                        break
                    await self._ask(list(wanted), answers, trouble, len(occurrences), now)
                    self._progress()
        except TimeoutError:
            log.info("not all was found out in time; some messages do without")
            trouble.failures_running = _HOPELESS
        if trouble.failures_running >= _HOPELESS:
            self._rests_until = now + _REST
        self._progress()
        return [completed(one, answers) for one in occurrences]

    async def _ask(
        self, wanted: Sequence[Need], answers: Answered, trouble: _Trouble, occurrences: int, now: float
    ) -> None:
        """Answer every need, with None where it cannot be asked for."""
        answers.update((need, self._cache.answer(need)) for need in wanted if self._cache.known(need, now))
        unknown = [need for need in wanted if need not in answers and need.resource not in self.refused]
        answers.update(dict.fromkeys(need for need in wanted if need not in answers))
        affordable = self.budget.covers(len(unknown), occurrences)
        if affordable < len(unknown):
            skipped = len(unknown) - affordable
            log.info("look-ups are skipped: too many at once for the read allowance", count=skipped)
        # One of each sort goes ahead: a resource that the key may not read is refused once, not by all at once.
        ahead = {need.resource: need for need in reversed(unknown[:affordable]) if need.resource not in self.granted}
        rest = [need for need in unknown[:affordable] if ahead.get(need.resource) != need]
        try:
            for some in (list(ahead.values()), rest):
                await self._ask_at_once(some, answers, trouble, now)
        finally:
            self.budget = self.budget.less(self._api.reads - self._settled)
            self._settled = self._api.reads

    async def _ask_at_once(self, asked: Sequence[Need], answers: Answered, trouble: _Trouble, now: float) -> None:
        waiting = iter(asked)

        async def work() -> None:
            for need in waiting:
                answers[need] = await self._answer(need, trouble, now)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_A_TIME, len(asked))):
                group.create_task(work())

    async def _answer(self, need: Need, trouble: _Trouble, now: float) -> Mapping[str, Any] | None:
        if need.resource in self.refused or trouble.failures_running >= _HOPELESS:
            return None
        try:
            async with asyncio.timeout(self._patience.request):
                found = await self._api.look_up(need.path, need.parameters)
        except TimeoutError:
            found = Failure(Cause.NETWORK, "no answer in time", retry=False)
        if not isinstance(found, Failure):
            trouble.failures_running = 0
            self.granted.add(need.resource)
            self._cache.keep(need, found, now)
            return found
        log.info("a look-up failed; the message does without", resource=need.resource, reason=found.reason)
        if found.cause is Cause.PERMISSION_MISSING:
            self.refused[need.resource] = found.permission or need.resource
            self.granted.discard(need.resource)
        elif found.cause is Cause.REFUSED:  # gone, as a rule: the next time it will be no less so
            self._cache.keep(need, None, now)
        else:
            trouble.failures_running += 1
        return None


@dataclass(slots=True)
class _Trouble:
    """How often running Stripe has not answered in this batch."""

    failures_running: int = 0
