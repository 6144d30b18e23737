"""The walk that misses nothing.

Newest first and without a cursor in the first query (a cursor id ages out and then answers 400), page by page back to
where the record is whole, and :data:`OVERLAP` further: events become visible after newer ones. What has been seen is
known by its id alone; ``created`` says neither order nor novelty (Stripe's documentation, "Event ordering"). Each page
is recorded as it comes, so memory stays bounded; the mark moves only when the walk is whole, with its last page, so a
walk that breaks is walked again and loses nothing.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Literal

import structlog

from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.cursor_file.values import Announcement, Ending, ListedEvent, WatchedAccount
from cashnotifyd.occurrences.understanding import event_from_json
from cashnotifyd.stripe_api import Cause, Failure, Page, StripeApi
from cashnotifyd.vocabulary import Event

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

_CLOCK_TOLERANCE = 5
"""Seconds that an event may be ahead of Stripe's clock. Further ahead (a test clock), it moves no mark."""

_STILL_FRESH = 60
"""Seconds for which an uneventful walk need not be noted in the record: a commit waits for the disk."""


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


async def walk(
    api: StripeApi,
    record: CursorFile,
    account: WatchedAccount,
    now: Callable[[], float],
    announce: Callable[[FirstContact | Gap], Announcement],
    progress: Callable[[], None],
) -> WatchedAccount | Failure:
    """Record whatever is new. A first contact takes it as history instead.

    Returns the account as it stands after a whole walk. On a :class:`Failure` the pages before it are recorded all the
    same. ``announce`` words what a walk has to say of itself; ``progress`` is called after each page.
    """
    trail = Trail(account)
    async with aclosing(_pages(api, progress)) as pages:
        async for page in pages:
            if isinstance(page, Failure):
                return page
            seen = await record.seen_among(account.id, [event.id for event, _ in page.events])
            new = trail.digest(page, seen, now())
            if not trail.is_whole(page):
                if new:
                    await record.record_page(account.id, new, now())
                continue
            remark = trail.remark(now())
            after = trail.account_after(page, now())
            if not new and remark is None and not _worth_noting(account, after):
                return account
            announcement = announce(remark) if remark else None
            ending = Ending(trail.newest, after.watched_from, api.unrecorded_reads, announcement)
            await record.record_page(account.id, new, now(), ending)
            api.unrecorded_reads -= ending.reads
            return after
    return _NO_END


async def meets_record(
    api: StripeApi, record: CursorFile, account: WatchedAccount, progress: Callable[[], None]
) -> bool | Failure:
    """Whether a key lists events that are on this record: then it is a key of the same account.

    Walks as far back as the record reaches and records nothing. A list without any event contradicts nothing.
    """
    trail = Trail(account)
    async with aclosing(_pages(api, progress)) as pages:
        async for page in pages:
            if isinstance(page, Failure):
                return page
            if await record.seen_among(account.id, [event.id for event, _ in page.events]):
                return True
            trail.digest(page, set(), 0.0)
            if trail.is_whole(page):
                return trail.length == 0
    return _NO_END


@dataclass(frozen=True, slots=True)
class EventPage:
    """A page with its entries read: each event, and the JSON that it came as."""

    events: list[tuple[Event, object]]
    has_more: bool
    server_time: float | None


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

    def digest(self, page: EventPage, seen: set[str], clock: float) -> list[ListedEvent]:
        """Take note of a page; returns what is new on it. ``clock``: our own, where Stripe does not tell its time."""
        clock = clock if page.server_time is None else page.server_time
        for event in _dated(page):
            self._oldest = event.created if self._oldest is None else min(self._oldest, event.created)
            if event.created <= clock + _CLOCK_TOLERANCE:
                self.newest = max(self.newest, event.created)
        self._met_known = self._met_known or bool(seen)
        start = self.length
        self.length += len(page.events)
        return [
            ListedEvent(event.id, event.type, event.created, _payload(raw), self._state(event, start + index))
            for index, (event, raw) in enumerate(page.events)
            if event.id not in seen
        ]

    def is_whole(self, page: EventPage) -> bool:
        """Whether the walk reaches back far enough with this page."""
        if not page.has_more:
            return True
        dated = list(_dated(page))
        if not dated:
            return False
        # A list that runs the wrong way round (as a look-alike's may) says nothing about what is on its next page.
        newest_first = dated[0].created >= dated[-1].created
        known_from = self.newest if self._first_contact else self._account.low_water or 0
        return newest_first and dated[-1].created < known_from - OVERLAP

    def remark(self, now: float) -> FirstContact | Gap | None:
        """What there is to say of the whole walk."""
        if self._first_contact:
            return FirstContact(min(self.length, HISTORY))
        polled_at = self._account.polled_at
        if self._met_known or polled_at is None or now - polled_at <= RETENTION:
            return None
        listed_from = int(now) - RETENTION
        return Gap(int(polled_at), listed_from if self._oldest is None else min(listed_from, self._oldest))

    def account_after(self, page: EventPage, now: float) -> WatchedAccount:
        """The account as the whole walk leaves it; ``page`` was its last."""
        cut_off = self._first_contact and page.has_more
        watched_from = (self._oldest or 0) if cut_off else self._account.watched_from
        return replace(self._account, low_water=self.newest, watched_from=watched_from, polled_at=now)

    def _state(self, event: Event, position: int) -> Literal["history", "older", "pending"]:
        if self._first_contact:
            return "history" if position < HISTORY else "older"
        return "older" if 0 < event.created <= self._account.watched_from else "pending"


async def _pages(api: StripeApi, progress: Callable[[], None]) -> AsyncGenerator[EventPage | Failure]:
    """The account's events, page by page, for as long as there are more; a failure ends them."""
    cursors: set[str] = set()
    cursor: str | None = None
    while True:
        page = await api.events(limit=PAGE, starting_after=cursor)
        progress()
        if isinstance(page, Failure):
            yield page
            return
        events = _events_of(page)
        yield EventPage(events, page.has_more, page.server_time)
        cursor = events[-1][0].id if events else None
        if not page.has_more or cursor is None or cursor in cursors:
            return
        cursors.add(cursor)


def _events_of(page: Page) -> list[tuple[Event, object]]:
    events = []
    for raw in page.items:
        event = event_from_json(raw)
        if event is None:
            log.warning("an entry in Stripe's list of events is no event and is passed over")
            continue
        events.append((event, raw))
    return events


def _dated(page: EventPage) -> Iterator[Event]:
    """Without events whose time is none: they are news all the same, but say nothing about where the walk is."""
    return (event for event, _ in page.events if event.created > 0)


def _worth_noting(before: WatchedAccount, after: WatchedAccount) -> bool:
    if before.low_water != after.low_water or before.polled_at is None or after.polled_at is None:
        return True
    return not 0 <= after.polled_at - before.polled_at < _STILL_FRESH


def _payload(raw: object) -> str:
    """As JSON. Lone surrogates, which JSON can spell but nothing can store, become ``?``."""
    return json.dumps(raw, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")
