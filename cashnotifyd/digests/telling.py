"""Tells each channel its digests: none skipped, none twice.

What has been told stands in the record, and is moved on in the transaction that puts the digest into the outbox. So a
crash, a restart or a machine that was asleep at the due time changes nothing but when it is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Final

import structlog

from cashnotifyd.cursor_file.door import DigestRecord
from cashnotifyd.cursor_file.figures import Digest, Total, Watched, add_up
from cashnotifyd.cursor_file.values import Recipient
from cashnotifyd.digests.due import (
    begin,
    bounds,
    calendar_end,
    due,
    is_from_a_wrong_clock,
    is_read,
    waits_until,
    was_begun,
    was_watched,
)
from cashnotifyd.digests.pictures import Pictures
from cashnotifyd.refusal import Refusal
from cashnotifyd.schedules import DigestSchedule, Every, Span
from cashnotifyd.vocabulary import Account, Disclosure, Mode, Wordings
from cashnotifyd.wording.digests import AccountFigures, Report
from cashnotifyd.wording.message import Words

log = structlog.get_logger(__name__)

_TICK: Final = 30.0
_DAY: Final = 86400.0


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A channel that has digests. ``targets``: how many recipients it has. None: all accounts, both modes."""

    channel: str
    targets: int
    schedule: DigestSchedule
    accounts: frozenset[str] | None = None
    modes: frozenset[Mode] | None = None
    details: Disclosure = Disclosure.FULL

    def hears_of(self, account: Account) -> bool:
        """Whether its digests tell of an account."""
        wanted = self.accounts is None or account.id in self.accounts
        return wanted and (self.modes is None or account.mode in self.modes)


class Digests:
    """The digests of all channels. ``subscribers`` and ``accounts`` are those of the configuration as it is now.

    ``told`` is called with the channel that there is something to send on.
    """

    def __init__(
        self,
        record: DigestRecord,
        subscribers: Callable[[], Iterable[Subscriber]],
        accounts: Callable[[], Iterable[Account]],
        words: Callable[[], Words],
        pictures: Pictures,
        told: Callable[[Collection[str]], None],
    ) -> None:
        self._record = record
        self._subscribers = subscribers
        self._accounts = accounts
        self._words = words
        self._pictures = pictures
        self._told = told
        self._noticed: dict[tuple[str, Every, float], float] = {}
        self._tidied: float | None = None

    async def run(self, now: Callable[[], float]) -> None:
        """Look every half minute, until cancelled."""
        while True:
            try:
                await self.tend(now())
            except Refusal:
                raise  # the record is everybody's
            except Exception:
                # Figures that trip us must not end what tells of the money itself; the next look tries again.
                log.exception("a digest could not be made")
            await asyncio.sleep(_TICK)

    async def tend(self, now: float) -> None:
        """Tell what is due by now."""
        if self._tidied is None or abs(now - self._tidied) >= _DAY:
            self._tidied = now
            self._pictures.forget_old(now)
        subscribers = {(one.channel, one.schedule.every): one for one in self._subscribers()}
        made = await self._record.digests()
        for channel, every in made.keys() - subscribers.keys():
            await self._record.end_digests(channel, every)
        for key, subscriber in subscribers.items():
            until = made.get(key)
            if until is not None and is_from_a_wrong_clock(until, now):
                log.warning("digests were made far ahead: the clock was wrong", channel=subscriber.channel)
                until = None
            if until is None:
                await self._record.begin_digests(*key, begin(subscriber.schedule, now))
            else:
                await self._tell_due(subscriber, until, now)

    async def _tell_due(self, subscriber: Subscriber, until: float, now: float) -> None:
        found = due(subscriber.schedule, until, now)
        for place, period in enumerate(found.periods):
            passed_over = found.passed_over if place == 0 else 0
            if not await self._tell(subscriber, period, passed_over, now):
                return
            if passed_over:
                log.warning("older digests are passed over", channel=subscriber.channel, count=passed_over)

    async def _tell(self, subscriber: Subscriber, period: Span, passed_over: int, now: float) -> bool:
        """Tell one digest, unless something is not known yet that may be soon. Returns whether that is settled."""
        schedule = subscriber.schedule
        accounts = [account for account in self._accounts() if subscriber.hears_of(account)]
        if not accounts:
            return False
        watched = await self._record.watched([(account.id, account.mode) for account in accounts], period.until)
        end = calendar_end(schedule, period)
        if not was_begun(watched, period):
            await self._record.begin_digests(subscriber.channel, schedule.every, end)
            return True
        known = {(one.id, one.mode): one for one in watched}
        key = (subscriber.channel, schedule.every, end)
        noticed = self._noticed.setdefault(key, now)
        is_whole = len(known) == len(accounts) and all(is_read(one, period) for one in watched)
        if not is_whole and now < waits_until(schedule.due(period), noticed):
            return False
        report = replace(await self._report(accounts, known, schedule, period), passed_over=passed_over)
        wordings = await self._worded(report, subscriber, period)
        del self._noticed[key]
        if wordings is None:
            await self._record.begin_digests(subscriber.channel, schedule.every, end)
            return True
        recipients = tuple(
            Recipient(subscriber.channel, target, wordings.full.urgency) for target in range(subscriber.targets)
        )
        digest = Digest(subscriber.channel, schedule.every, end, wordings, recipients)
        if await self._record.tell_digest(digest, now):
            log.info("a digest is told", channel=subscriber.channel, every=schedule.every)
            self._told([subscriber.channel])
        return True

    async def _report(
        self,
        accounts: Sequence[Account],
        known: dict[tuple[str, Mode], Watched],
        schedule: DigestSchedule,
        period: Span,
    ) -> Report:
        """What the digest of a period tells of. What there is beside live accounts is told apart."""
        mode = Mode.LIVE if any(account.mode is Mode.LIVE for account in accounts) else Mode.TEST
        mine = [account for account in accounts if account.mode is mode]
        watched = [known[account.id, mode] for account in mine if (account.id, mode) in known]
        numbers = [one.account for one in watched]
        course = await self._record.totals(numbers, bounds(schedule, period))
        totals = tuple(chain.from_iterable(course))
        before = schedule.before(period)
        comparable = len(watched) == len(mine) and was_watched(watched, before)
        course_before = await self._record.totals(numbers, bounds(schedule, before)) if comparable else []
        others = [one.account for one in known.values() if one.mode is not mode]
        (test,) = await self._record.totals(others, [period.since, period.until])
        return Report(
            every=schedule.every,
            period=period,
            mode=mode,
            accounts=tuple(_account(account, known.get((account.id, mode)), totals, period) for account in mine),
            figures=add_up(totals),
            before=add_up(chain.from_iterable(course_before)) if comparable else None,
            test=add_up(test) or None,
            course=tuple(map(add_up, course)),
            course_before=tuple(map(add_up, course_before)),
        )

    async def _worded(self, report: Report, subscriber: Subscriber, period: Span) -> Wordings | None:
        schedule = subscriber.schedule
        words = replace(self._words(), timezone=schedule.timezone)
        try:
            wordings = words.digest(report)
            # Without amounts a picture would say nothing.
            drawing = (
                None
                if subscriber.details is Disclosure.PRIVATE
                else words.digest_picture(report, schedule.before(period))
            )
        except Exception:
            # One digest that trips us must not stand in the way of all that comes after it, at every start anew.
            log.exception("a digest could not be worded and is passed over", channel=subscriber.channel)
            return None
        if drawing is None:
            return wordings
        day = datetime.fromtimestamp(period.since, schedule.timezone).date()
        path = await self._pictures.draw(drawing, f"{subscriber.channel}-{schedule.every}-{day}")
        picture = None if path is None else str(path)
        return replace(
            wordings,
            full=replace(wordings.full, picture=picture),
            masked=replace(wordings.masked, picture=picture),
        )


def _account(account: Account, known: Watched | None, totals: Iterable[Total], period: Span) -> AccountFigures:
    if known is None:
        return AccountFigures(account, add_up(()), unread=0.0)
    return AccountFigures(
        account,
        add_up(total for total in totals if total.account == known.account),
        since=known.since if known.since is not None and known.since > period.since else None,
        unread=None if is_read(known, period) else known.polled_at or 0.0,
    )
