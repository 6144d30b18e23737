"""The walk that misses nothing.

Newest first and without a cursor in the first query (a cursor id ages out and then answers 400), page by page back to
where the record is whole, and :data:`OVERLAP` further: events become visible after newer ones. What has been seen is
known by its id alone; ``created`` says neither order nor novelty (Stripe's documentation, "Event ordering"). Each page
is recorded as it comes, so memory stays bounded; the mark moves only when the walk is whole, with its last page, so a
walk that breaks is walked again and loses nothing.

Between two such walks an account that is asked often is glanced at: a small page, which reaches back by
:data:`GLANCE_OVERLAP` alone. What becomes visible later than that is found by the next walk that goes all the way.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Literal

import structlog

from cashnotifyd.cursor_file.door import WalkRecord
from cashnotifyd.cursor_file.values import Announcement, Ending, ListedEvent, WatchedAccount
from cashnotifyd.stripe_api import Cause, Failure, Listed, Malformed, Page, StripeApi

log = structlog.get_logger(__name__)

PAGE = 100
"""Events a request: Stripe's largest page."""

OVERLAP = 600
"""Seconds before the low-water mark that are read again. Stripe gives no bound for late events; other pollers that
were read saw up to a minute and re-read ten."""

HISTORY = 50
"""Events that the first contact takes as history."""

RETENTION = 30 * 86400
"""Seconds for which Stripe lists events."""

_LONG = 30.0
"""Seconds of a walk after which what it found so far is looked at: a week of a busy account takes minutes to read."""

_CLOCK_TOLERANCE = 5
"""Seconds that an event may be ahead of Stripe's clock. Further ahead (a test clock), it moves no mark."""

GLANCE_OVERLAP = 120
"""Seconds before the low-water mark that a glance reads again."""

GLANCE = 10
"""Events of a glance, beside those that are known to be there: some more than one payment brings at once."""

DEEP_EVERY = 30
"""Seconds for which glances may do between two walks that go back all the way."""

_MALFORMED_KNOWN = 1000
"""Entries that are no events by whose prints they are known, before it is begun anew."""

STANDSTILL = 100
"""Pages running that go no further back in time, after which a list is none of Stripe's: ten thousand events in one
second are more than its rate limits let anybody make."""

FREELY = 1000
"""Pages of one walk that are read at full speed: a hundred thousand events."""

_LONGEST_WAIT = 5.0
"""Seconds between two pages."""

_NO_END = Failure(Cause.GARBLED, "the list of events does not move on from page to page", retry=False)


@dataclass(frozen=True, slots=True)
class FirstContact:
    """The walk was the first over this account. ``history``: events on record that are not told."""

    history: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Stripe no longer lists what happened between these times (s since 1970 UTC), and nobody read it then."""

    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Glance:
    """A small page: at most ``limit`` events, of those created at ``since`` (s) or later."""

    limit: int
    since: int


@dataclass(frozen=True, slots=True)
class Walked:
    """The account as a whole walk leaves it, how many events it recorded, and what it announced."""

    account: WatchedAccount
    news: int
    announced: Announcement | None = None


class Walker:
    """Walks over one account's events, and knows the last page that held nothing new.

    ``announce`` words what a walk has to say of itself. ``progress`` is called after each page, and ``meanwhile`` now
    and then in a walk that takes long, with the time (s, Stripe's) from which on everything is on record.
    """

    __slots__ = (
        "_announce",
        "_api",
        "_deep_at",
        "_familiar",
        "_glanced_at",
        "_malformed",
        "_meanwhile",
        "_near",
        "_now",
        "_progress",
        "_record",
    )

    def __init__(
        self,
        api: StripeApi,
        record: WalkRecord,
        now: Callable[[], float],
        announce: Callable[[FirstContact | Gap], Announcement],
        progress: Callable[[], None],
        meanwhile: Callable[[int], Awaitable[None]] | None = None,
    ) -> None:
        self._api = api
        self._record = record
        self._now = now
        self._announce = announce
        self._progress = progress
        self._meanwhile = meanwhile
        self._deep_at: float | None = None
        self._familiar: tuple[bytes, ...] = ()
        self._glanced_at: frozenset[str] = frozenset()
        """What the last glance passed."""
        self._malformed: frozenset[bytes] = frozenset()
        """What was said to be no event."""
        self._near = 0
        """Events on record that a glance passes."""

    async def walk(self, account: WatchedAccount) -> Walked | Failure:
        """Record whatever is new. A first contact takes it as history instead.

        On a :class:`Failure` the pages before it are recorded all the same, and the next walk goes back all the way.
        """
        trail = Trail(account)
        glance, deep_at = self._glance(account), self._deep_at
        self._deep_at = None
        recorded, newest = 0, None
        looked_at = self._now()
        async with aclosing(_pages(self._api, self._progress, glance)) as pages:
            async for page in pages:
                if isinstance(page, Failure):
                    return page
                self._say_malformed(account, page.malformed)
                page_print = _print_of(page)
                known = self._glanced_at if glance else frozenset[str]()
                new = trail.digest(page, await self._seen(account, page, page_print, known), self._now())
                recorded += len(new)
                newest = newest or page
                does_to_glance = glance is not None and trail.is_whole(page, GLANCE_OVERLAP)
                glance = None
                if does_to_glance or trail.is_whole(page):
                    after, announced = await self._end(account, trail, page, new)
                    self._deep_at = deep_at if does_to_glance else after.polled_at
                    self._near = _near(newest, after)
                    self._remember(page_print, page if does_to_glance else None)
                    return Walked(after, recorded, announced)
                await self._record.record_page(account.id, new, self._now())
                self._remember(page_print)
                if self._meanwhile and trail.oldest and self._now() - looked_at >= _LONG:
                    await self._meanwhile(trail.oldest)
                    looked_at = self._now()
        return _NO_END

    def _say_malformed(self, account: WatchedAccount, malformed: Malformed | None) -> None:
        """Once, and again where others come: the next poll finds the same."""
        if malformed is None or malformed.prints <= self._malformed:
            return
        log.warning(
            "entries in Stripe's list of events are no events and are passed over",
            account=account.config_id,
            malformed=malformed.count,
            first=malformed.first,
        )
        known = self._malformed if len(self._malformed) < _MALFORMED_KNOWN else frozenset[bytes]()
        self._malformed = known | malformed.prints

    def _remember(self, page_print: bytes, glanced_at: Page | None = None) -> None:
        """What is on a page of this print is on record. Not before it is: what is taken for known is not looked up."""
        self._familiar = (page_print, *self._familiar[:1])
        self._glanced_at = frozenset(event.id for event in glanced_at.events) if glanced_at else frozenset()

    def _glance(self, account: WatchedAccount) -> Glance | None:
        """What to ask for where a glance does."""
        if not account.low_water or self._deep_at is None or not 0 <= self._now() - self._deep_at < DEEP_EVERY:
            return None
        return Glance(min(self._near + GLANCE, PAGE), max(account.low_water - GLANCE_OVERLAP, 1))

    async def _seen(
        self, account: WatchedAccount, page: Page, page_print: bytes, known: frozenset[str]
    ) -> Collection[str]:
        """What of a page is on record. Most pages are as they were, which need not be looked up.

        Nor those where some is ``known``: what is new but for that is recorded, and stays as it is if it was before.
        """
        ids = [event.id for event in page.events]
        if not ids or page_print in self._familiar:
            return ids
        if known and not known.isdisjoint(ids):
            return known
        return await self._record.seen_among(account.id, ids)

    async def _end(
        self, account: WatchedAccount, trail: Trail, page: Page, new: Sequence[ListedEvent]
    ) -> tuple[WatchedAccount, Announcement | None]:
        """The account after a whole walk, with what it found on record, and what was announced."""
        now = self._now()
        remark, after = trail.remark(now), trail.account_after(page, now)
        announcement = self._announce(remark) if remark else None
        if new or remark is not None or after.low_water != account.low_water:
            ending = Ending(trail.newest, after.watched_from, self._api.unrecorded_reads, announcement)
            self._api.unrecorded_reads -= ending.reads
            await self._record.record_page(account.id, new, now, ending)
        return after, announcement


async def meets_record(
    api: StripeApi, record: WalkRecord, account: WatchedAccount, progress: Callable[[], None]
) -> bool | Failure:
    """Whether a key lists events that are on this record: then it is a key of the same account.

    Walks as far back as the record reaches and records nothing. A list without any event contradicts nothing.
    """
    trail = Trail(account)
    async with aclosing(_pages(api, progress)) as pages:
        async for page in pages:
            if isinstance(page, Failure):
                return page
            if await record.seen_among(account.id, [event.id for event in page.events]):
                return True
            trail.digest(page, set(), 0.0)
            if trail.is_whole(page):
                return trail.length == 0
    return _NO_END


class Trail:
    """Where a walk has been, and whether that is far enough. Decides; reads and writes nothing."""

    def __init__(self, account: WatchedAccount) -> None:
        self._account = account
        self._first_contact = account.low_water is None
        self._met_known = False
        self._oldest: int | None = None
        self.newest = account.low_water or 0
        """The low-water mark (s) that the walk will leave."""
        self.length = 0
        """Events passed."""

    def digest(self, page: Page, seen: Collection[str], clock: float) -> list[ListedEvent]:
        """Take note of a page; returns what is new on it. ``clock``: our own, where Stripe does not tell its time."""
        for event in _dated(page):
            self._oldest = event.created if self._oldest is None else min(self._oldest, event.created)
            if event.created > self.newest and event.created <= _clock_of(page, clock) + _CLOCK_TOLERANCE:
                self.newest = event.created
        # Known from before the mark: what a walk that broke off has recorded since closes no gap.
        mark = self._account.low_water or 0
        self._met_known = self._met_known or any(event.id in seen and event.created <= mark for event in _dated(page))
        start = self.length
        self.length += len(page.events)
        return [
            ListedEvent(event.id, event.type, event.created, event.payload, self._state(event, start + index))
            for index, event in enumerate(page.events)
            if event.id not in seen
        ]

    def is_whole(self, page: Page, overlap: int = OVERLAP) -> bool:
        """Whether the walk reaches back far enough with this page: by ``overlap`` (s) beyond the mark."""
        if not page.has_more:
            return True
        dated = list(_dated(page))
        known_from = self.newest if self._first_contact else self._account.low_water or 0
        return _is_newest_first(dated) and dated[-1].created < known_from - overlap

    @property
    def oldest(self) -> int | None:
        """The earliest time (s) of an event that was passed."""
        return self._oldest

    def remark(self, now: float) -> FirstContact | Gap | None:
        """What there is to say of the whole walk."""
        if self._first_contact:
            return FirstContact(min(self.length, HISTORY))
        polled_at = self._account.polled_at
        if self._met_known or polled_at is None or now - polled_at <= RETENTION:
            return None
        listed_from = int(now) - RETENTION
        return Gap(int(polled_at), listed_from if self._oldest is None else min(listed_from, self._oldest))

    def account_after(self, page: Page, now: float) -> WatchedAccount:
        """The account as the whole walk leaves it; ``page`` was its last."""
        cut_off = self._first_contact and page.has_more
        watched_from = (self._oldest or 0) if cut_off else self._account.watched_from
        return replace(self._account, low_water=self.newest, watched_from=watched_from, polled_at=now)

    def _state(self, event: Listed, position: int) -> Literal["history", "older", "pending"]:
        if self._first_contact:
            return "history" if position < HISTORY else "older"
        return "older" if 0 < event.created <= self._account.watched_from else "pending"


async def _pages(
    api: StripeApi,
    progress: Callable[[], None],
    glance: Glance | None = None,
) -> AsyncGenerator[Page | Failure]:
    """The account's events, page by page, for as long as there are more; a failure ends them.

    With a ``glance`` the first page is a small one.
    """
    cursors: set[str] = set()
    earliest, number, moved_on = math.inf, 0, 0
    page = await (api.events(limit=glance.limit, created_from=glance.since) if glance else api.events(limit=PAGE))
    while True:
        progress()
        yield page
        number += 1
        if not isinstance(page, Failure) and (middle := _middle(page)) < earliest:
            earliest, moved_on = middle, number
        if number - moved_on >= STANDSTILL:
            return
        if isinstance(page, Failure) or not page.has_more or not page.events:
            return
        cursor = page.events[-1].id
        if cursor in cursors:
            return
        cursors.add(cursor)
        if wait := wait_before(number):
            await asyncio.sleep(wait)
        page = await api.events(limit=PAGE, starting_after=cursor)


def wait_before(pages: int) -> float:
    """Seconds to wait after so many pages of one walk: longer and longer, so that a list without an end is slow.

    A million events wait three quarters of an hour in all.
    """
    return min(max(pages - FREELY, 0) / 15_000, _LONGEST_WAIT)


def _middle(page: Page) -> float:
    """The median time (s) of a page's events: a few odd ones, as of a test clock, do not move it."""
    times = sorted(event.created for event in _dated(page))
    return times[len(times) // 2] if times else math.inf


def _near(page: Page, account: WatchedAccount) -> int:
    """How many events of the newest page a glance passes again."""
    return sum(event.created >= (account.low_water or 0) - GLANCE_OVERLAP for event in page.events)


def _print_of(page: Page) -> bytes:
    """A mark by which a page of the same events is known again."""
    return hashlib.blake2b("\n".join(event.id for event in page.events).encode(), digest_size=16).digest()


def _clock_of(page: Page, ours: float) -> float:
    return ours if page.server_time is None else page.server_time


def _dated(page: Page) -> Iterator[Listed]:
    """Without events whose time is none: they are news all the same, but say nothing about where the walk is."""
    return (event for event in page.events if event.created > 0)


def _is_newest_first(dated: Sequence[Listed]) -> bool:
    """A list that runs the wrong way round (as a look-alike's may) says nothing about what is on its next page."""
    return bool(dated) and dated[0].created >= dated[-1].created
