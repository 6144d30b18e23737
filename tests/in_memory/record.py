"""The second engine: each call of the door done at once, on a :class:`Disk`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Concatenate, ParamSpec, TypeVar

from cashnotifyd.cursor_file.door import KEEP_DAYS
from cashnotifyd.cursor_file.figures import Digest, Total, Watched
from cashnotifyd.cursor_file.lives import Found, News, Place, RecordedEvent, Sought
from cashnotifyd.cursor_file.overview import AccountOnRecord, Sending
from cashnotifyd.cursor_file.selling import SellingHour
from cashnotifyd.cursor_file.streams import Streams, alone, streams
from cashnotifyd.cursor_file.values import (
    NOT_CHOSEN,
    About,
    Address,
    Announcement,
    Ending,
    Gathered,
    Lately,
    ListedEvent,
    Mute,
    Offer,
    PendingEvent,
    PollNote,
    Recipient,
    Routing,
    Summary,
    Takings,
    Telling,
    Usage,
    WatchedAccount,
    recent_days,
)
from cashnotifyd.cursor_file.values import News as ToldNews
from cashnotifyd.occurrences.facts import Fact
from cashnotifyd.refusal import Refusal
from cashnotifyd.schedules import Every, Span
from cashnotifyd.vocabulary import Disclosure, Kind, Mode, Urgency, Wordings
from tests.in_memory import asking, outbox
from tests.in_memory.disk import AccountRow, DeliveryRow, Disk, EventRow, OccurrenceRow, settlement

P = ParamSpec("P")
T = TypeVar("T")

_DAY = 86400
_HOUR = 3600
_ON_THE_WAY = 4 * _DAY
_EVENTS_BEHIND = 20


def _call(
    work: Callable[Concatenate[InMemoryRecord, P], T],
) -> Callable[Concatenate[InMemoryRecord, P], Coroutine[Any, Any, T]]:
    """A call of the door: done as a whole before anybody else is heard, even if its caller is cancelled."""

    async def call(self: InMemoryRecord, /, *args: P.args, **kwargs: P.kwargs) -> T:
        answer = self.transaction(lambda: work(self, *args, **kwargs))
        await asyncio.sleep(0)  # as others would, so that what runs beside comes in between
        return answer

    return call


class InMemoryRecord:
    """A handle on a disk. What it has answered is on the disk: to crash, drop it and open a ``disk.copy()``."""

    def __init__(self, disk: Disk, *, daemon: bool) -> None:
        if daemon and disk.held:
            raise Refusal("another cashnotifyd uses the record", hint="Stop that one first.")
        disk.held = disk.held or daemon
        self.disk = disk
        self._daemon = daemon
        self._own_writes = 0
        self._elsewhere = disk.writes

    @classmethod
    def open(cls, disk: Disk) -> InMemoryRecord:
        """As a daemon does."""
        return cls(disk, daemon=True)

    @classmethod
    def beside(cls, disk: Disk) -> InMemoryRecord:
        """As a command does."""
        return cls(disk, daemon=False)

    def end_by(self, moment: float) -> None:
        """No other program holds this one up."""

    def close(self) -> None:
        self.disk.held = self.disk.held and not self._daemon

    def transaction(self, work: Callable[[], T]) -> T:
        """Do it whole or not at all."""
        try:
            answer = work()
        except BaseException:
            self.disk.roll_back()
            raise
        self._own_writes += self.disk.commit()
        return answer

    # Accounts

    @_call
    def accounts(self, config_id: str, mode: Mode, stripe_id: str | None) -> list[WatchedAccount]:
        found = [
            one
            for one in self.disk.accounts.values()
            if one.mode is mode
            and (one.config_id == config_id or (stripe_id is not None and one.stripe_id == stripe_id))
        ]
        return [_watched(one) for one in sorted(found, key=lambda one: one.id, reverse=True)]

    @_call
    def begin_account(
        self, config_id: str, mode: Mode, *, stripe_id: str | None, name: str | None, key_print: str
    ) -> WatchedAccount:
        row = AccountRow(self.disk.number("account"), config_id, mode, stripe_id, name, key_print)
        self.disk.accounts[row.id] = row
        return _watched(row)

    @_call
    def update_account(
        self, account: int, *, config_id: str, stripe_id: str | None, name: str | None, key_print: str
    ) -> None:
        self.disk.keep_account(account, config_id=config_id, stripe_id=stripe_id, name=name, key_print=key_print)

    @_call
    def keep_icon(self, account: int, file: str | None, link: str | None) -> None:
        self.disk.keep_account(account, icon_file=file, icon_link=link)

    @_call
    def note_absence(self, account: int, absence: Span) -> None:
        self.disk.keep_account(account, away=absence)

    @_call
    def note_polls(self, notes: Sequence[PollNote]) -> None:
        for note in notes:
            row = self.disk.accounts.get(note.account)
            polled_at = note.polled_at if note.polled_at is not None or row is None else row.polled_at
            self.disk.keep_account(note.account, polled_at=polled_at, reads_left=note.reads_left, reads_left_at=note.at)
            self.count_reads(note.account, note.reads, note.at)

    @_call
    def usage(self, account: int, now: float) -> Usage:
        row = self.disk.accounts.get(account)
        if row is None:
            return Usage()
        charges = asking.charges(self.disk, account, now - 30 * _DAY)
        return Usage(
            charges,
            asking.charges(self.disk, account, now - recent_days(charges) * _DAY),
            asking.reads(self.disk, account, now),
            min(max((now - row.watched_from) / _DAY, 0.0), 30.0),
        )

    def count_reads(self, account: int, reads: int, now: float) -> None:
        if reads:
            day = int(now // _DAY)
            self.disk.reads[account, day] = self.disk.reads.get((account, day), 0) + reads

    # Polling

    @_call
    def record_page(self, account: int, page: Sequence[ListedEvent], now: float, ending: Ending | None = None) -> None:
        self.record_events(account, page, now)
        if ending is not None:
            self.move_mark(account, ending, now)
            self.count_reads(account, ending.reads, now)
            if ending.announcement is not None:
                self.announce(account, ending.announcement, now)

    def record_events(self, account: int, page: Sequence[ListedEvent], now: float) -> None:
        if page and account not in self.disk.accounts:
            raise LookupError(account)
        for event in page:
            if (account, event.id) not in self.disk.numbers:
                payload = None if event.state == "older" else event.payload
                self.disk.keep_event(
                    EventRow(
                        self.disk.number("event"),
                        account,
                        event.id,
                        event.created,
                        event.type,
                        now,
                        payload,
                        event.state,
                    )
                )

    def move_mark(self, account: int, ending: Ending, now: float) -> None:
        row = self.disk.accounts[account]
        self.disk.keep_account(
            account,
            low_water=ending.low_water,
            watched_from=ending.watched_from,
            polled_at=now,
            met_at=now if row.low_water is None else row.met_at,
        )

    @_call
    def seen_among(self, account: int, ids: list[str]) -> set[str]:
        return {id_ for id_ in ids if (account, id_) in self.disk.numbers}

    # Telling

    @_call
    def pending(self, account: int, limit: int, since: int = 0) -> list[PendingEvent]:
        return _as_pending([one for one in self.oldest_pending(account) if one.created >= since], limit)

    @_call
    def pending_of(self, account: int, types: Collection[str], limit: int) -> list[PendingEvent]:
        return _as_pending([one for one in self.oldest_pending(account) if one.type in types], limit)

    def oldest_pending(self, account: int) -> list[EventRow]:
        mine = (one for one in self.disk.pending.values() if one.account == account)
        return sorted(mine, key=lambda one: (one.created, one.id))

    @_call
    def facts_under(self, account: int, refs: Collection[tuple[str, str]]) -> list[Fact]:
        found = {one.number: one for family, ref in refs for one in self.disk.under(account, family, ref)}
        return [
            Fact(
                one.family,
                one.created,
                set(one.names),
                set(one.hints),
                {event.type for event in self.disk.story(one)},
                told_as=number,
                decided=frozenset(
                    row.channel
                    for row in self.disk.deliveries.values()
                    if row.occurrence == number and (row.state != "declined" or row.reason != NOT_CHOSEN)
                ),
            )
            for number, one in sorted(found.items())
        ]

    @_call
    def events_behind(self, account: int, family: str, name: str) -> list[str]:
        named = (one for one in self.disk.under(account, family, name) if name in one.names)
        events = [self.disk.events[number] for one in named for number in one.events]
        payloads = (one.payload for one in sorted(events, key=lambda one: (one.created, one.id)))
        return [one for one in payloads if one is not None][:_EVENTS_BEHIND]

    @_call
    def unsettled(self, told: Collection[int]) -> set[int]:
        rows = (self.disk.occurrences.get(number) for number in told)
        return {one.number for one in rows if one is not None and one.settled_in is None}

    @_call
    def tell(self, account: int, telling: Telling, now: float) -> None:
        for news in telling.news:
            if news.fact.told_as is not None:
                self.tell_again(news.fact.told_as, news, now)
                continue
            kept = OccurrenceRow(
                self.disk.number("occurrence"),
                account,
                news.mode,
                news.fact.family,
                news.fact.created,
                now,
                news.wordings,
                news.takings.variant,
                news.takings.money,
                **settlement(news.takings),
            )
            self.disk.occurrences[kept.number] = kept
            self.post(kept.number, news.routing, streams(news.mode, news.message.kind, news.takings.variant), now)
            self.settle(kept.number, news.fact, news.events)
        for siblings in telling.siblings:
            assert siblings.fact.told_as is not None
            self.settle(siblings.fact.told_as, siblings.fact, siblings.events)
            self.add_takings(siblings.fact.told_as, siblings.takings)
        for number, reason in telling.untold:
            if number in self.disk.events:
                self.disk.keep_event(replace(self.disk.events[number], state="untold", reason=reason))
        self.count_reads(account, telling.reads, now)

    def tell_again(self, occurrence: int, news: ToldNews, now: float) -> None:
        """Tell channels that were not to have it before; in other words than it has, only if nobody had it."""
        ours = [one for one in self.disk.deliveries.values() if one.occurrence == occurrence]
        if all(one.state == "declined" for one in ours):
            row = self.disk.occurrences[occurrence]
            self.disk.occurrences[occurrence] = replace(row, wordings=news.wordings)
        for one in ours:
            if one.state == "declined" and one.channel in news.routing.channels:
                del self.disk.deliveries[one.id]
        self.add_takings(occurrence, news.takings)
        self.post(occurrence, news.routing, streams(news.mode, news.message.kind, news.takings.variant), now)
        self.settle(occurrence, news.fact, news.events)

    def settle(self, occurrence: int, fact: Fact, events: Sequence[int]) -> None:
        """Tie events and ids to their occurrence. A name stays a name."""
        row = self.disk.occurrences[occurrence]
        names = row.names | fact.names
        known = [number for number in events if number in self.disk.events]
        row = replace(row, names=names, hints=(row.hints | fact.hints) - names, events=(*row.events, *known))
        self.disk.occurrences[occurrence] = row
        assert row.account is not None
        for ref in fact.names | fact.hints:
            key = row.account, fact.family, ref
            under = self.disk.refs.get(key, ())
            if occurrence not in under:
                self.disk.refs[key] = (*under, occurrence)
        for number in known:
            self.disk.keep_event(replace(self.disk.events[number], state="told", occurrence=occurrence))

    def add_takings(self, occurrence: int, takings: Takings) -> None:
        row, late = self.disk.occurrences[occurrence], settlement(takings)
        if late["settled_in"] is not None and row.settled_in in {None, late["settled_in"]}:
            self.disk.occurrences[occurrence] = replace(
                row,
                fee=late["fee"] if row.fee is None else row.fee,
                net=late["net"] if row.net is None else row.net,
                settled_in=late["settled_in"],
            )

    def announce(self, account: int | None, announcement: Announcement, now: float) -> None:
        kind = announcement.message.kind
        number = self.keep_ours("watch", int(now), Wordings.alike(announcement.message), now, account)
        self.post(number, announcement.routing, streams(None, kind, None), now)

    def keep_ours(self, family: str, created: int, wordings: Wordings, now: float, account: int | None = None) -> int:
        row = OccurrenceRow(self.disk.number("occurrence"), account, None, family, created, now, wordings)
        self.disk.occurrences[row.number] = row
        return row.number

    def post(self, occurrence: int, routing: Routing, stream: Streams, now: float) -> None:
        """A delivery for each recipient, due at once; one with the reason for each channel that is not to have it."""
        asked = [Address(one.channel, one.target) for one in routing.deliver]
        asked += [Address(channel) for channel, _ in routing.declined]
        if len(set(asked)) < len(asked):
            raise ValueError("a recipient is told once")
        for to in routing.deliver:
            self.put(occurrence, to.channel, to.target, now, urgency=to.urgency, stream=stream(to.urgency), due=now)
        for channel, reason in routing.declined:
            self.put(occurrence, channel, 0, now, state="declined", reason=reason, finished=now)

    def put(  # noqa: PLR0917 (a row)
        self,
        occurrence: int,
        channel: str,
        target: int,
        now: float,
        state: str = "waiting",
        urgency: Urgency | None = None,
        stream: str | None = None,
        **rest: Any,  # noqa: ANN401 (of a row)
    ) -> None:
        number = self.disk.number("delivery")
        self.disk.keep_delivery(DeliveryRow(number, occurrence, channel, target, urgency, stream, state, now, **rest))

    # What is wrong, and whether all goes on as usual

    @_call
    def raise_alert(
        self, about: About, name: str, announcement: Announcement | None, now: float, since: float | None = None
    ) -> bool:
        if (about.text, name) in self.disk.alerts:
            return False
        self.disk.alerts[about.text, name] = now if since is None else since
        if announcement is not None:
            self.announce(about.number, announcement, now)
        return True

    @_call
    def open_alerts(self, about: About) -> dict[str, float]:
        return asking.alerts(self.disk, about.text)

    @_call
    def clear_alerts(self, about: About, names: Collection[str], announcement: Announcement | None, now: float) -> None:
        over = [(about.text, name) for name in names if (about.text, name) in self.disk.alerts]
        for one in dict.fromkeys(over):
            del self.disk.alerts[one]
        if over and announcement is not None:
            self.announce(about.number, announcement, now)

    @_call
    def every_alert(self) -> dict[str, dict[str, float]]:
        return {about: asking.alerts(self.disk, about) for about, _ in self.disk.alerts}

    @_call
    def selling_hours(self, account: int, since: float) -> list[SellingHour]:
        sales = sorted(one.created for one in self.live_sales(account) if one.created >= int(since))
        hours = {moment // _HOUR: [one for one in sales if one // _HOUR == moment // _HOUR] for moment in sales}
        return [SellingHour(len(hour), hour[0], hour[-1]) for hour in hours.values()]

    @_call
    def last_sale(self, account: int) -> int | None:
        return max((one.created for one in self.live_sales(account)), default=None)

    def live_sales(self, account: int) -> list[OccurrenceRow]:
        mine = (one for one in self.disk.occurrences.values() if one.account == account and one.mode is Mode.LIVE)
        return [one for one in mine if one.wordings.full.kind is Kind.SALE]

    @_call
    def abandoned(self, channels: Collection[str]) -> dict[str, tuple[str, float]]:
        given_up = [one for one in self.disk.deliveries.values() if one.state == "abandoned"]
        found = {}
        for one in sorted(given_up, key=lambda one: one.finished or 0.0):
            if one.channel in channels and one.reason not in {"channel_removed", "recipient_removed"}:
                found[one.channel] = one.reason or "", one.finished or 0.0
        return found

    @_call
    def works(self, channel: str, since: float) -> bool:
        failing = any(one.channel == channel and one.attempts > 0 for one in self.disk.waiting.values())
        return not failing and self.took_something(channel, since)

    @_call
    def has_delivered(self, channel: str, since: float) -> bool:
        return self.took_something(channel, since)

    @_call
    def waited(self, channel: str, since: float) -> int:
        rows = [
            one
            for one in self.disk.deliveries.values()
            if one.channel == channel
            and one.created > since - _ON_THE_WAY
            and (one.state == "waiting" or (one.state in {"delivered", "summarized"} and (one.finished or 0.0) > since))
        ]
        until: dict[int, float] = {}
        for one in rows:
            if one.state != "waiting" and one.attempts > (one.state == "delivered"):
                until[one.target] = max(until.get(one.target, 0.0), one.finished or 0.0)
        late = {one.occurrence for one in rows if one.created <= until.get(one.target, 0.0)}
        told = (self.disk.occurrences[one] for one in late)
        return sum(one.family != "summary" or one.told_at <= since for one in told)

    def took_something(self, channel: str, since: float) -> bool:
        rows = (one for one in self.disk.deliveries.values() if one.channel == channel and one.state == "delivered")
        return any(one.created > since - _ON_THE_WAY and (one.finished or 0.0) > since for one in rows)

    # The outbox

    @_call
    def offer(self, address: Address, disclosure: Disclosure, now: float, lately: Lately | None) -> Offer:
        return outbox.offer(self.disk, address, disclosure, now, lately)

    @_call
    def gather(self, address: Address, streams: tuple[str, ...], now: float) -> Gathered:
        return outbox.gather(self.disk, address, streams, now)

    @_call
    def summarize(self, summary: Summary, now: float) -> None:
        address = summary.address
        number = self.keep_ours("summary", int(summary.began), summary.wordings, now)
        to = Recipient(address.channel, address.target, summary.wordings.full.urgency)
        self.post(number, Routing((to,), ()), alone, now)
        for row in outbox.to_gather(self.disk, address, summary.streams, now):
            if row.id <= summary.gathered.last:
                self.finish(row, "summarized", summary.reason, now, summary=number)

    def finish(self, row: DeliveryRow, state: str, reason: str | None, now: float, **changes: Any) -> None:  # noqa: ANN401 (of a row)
        self.disk.keep_delivery(replace(row, state=state, reason=reason, due=None, finished=now, **changes))

    @_call
    def next_due(self, address: Address, now: float) -> float | None:
        due = (one.due for one in self.disk.waiting_for(address))
        return min((one for one in due if one is not None and one > now), default=None)

    @_call
    def mark_delivered(self, delivery: int, now: float) -> None:
        if (row := self.disk.deliveries.get(delivery)) is not None:
            self.finish(row, "delivered", None, now, attempts=row.attempts + 1)

    @_call
    def mark_due_again(self, delivery: int, due: float, reason: str, unconfirmed: int) -> None:
        if (row := self.disk.deliveries.get(delivery)) is not None:
            again = replace(row, due=due, reason=reason, unconfirmed=unconfirmed, attempts=row.attempts + 1)
            self.disk.keep_delivery(again)

    @_call
    def mark_abandoned(self, delivery: int, reason: str, now: float) -> None:
        if (row := self.disk.deliveries.get(delivery)) is not None:
            self.finish(row, "abandoned", reason, now, attempts=row.attempts + 1)

    @_call
    def make_due(self, channel: str, now: float, target: int | None = None, besides: Collection[int] = ()) -> None:
        for row in list(self.disk.waiting.values()):
            if row.channel == channel and target in {None, row.target} and row.id not in besides:
                self.hasten(row, now)

    @_call
    def forget_failures(self, address: Address, now: float, latest: float) -> None:
        for row in self.disk.waiting_for(address):
            if not row.unconfirmed or (row.due is not None and row.due > latest):
                self.hasten(row, now)

    def hasten(self, row: DeliveryRow, now: float) -> None:
        if row.due is not None and row.due > now:
            self.disk.keep_delivery(replace(row, due=now))

    @_call
    def decline_due(self, channel: str, told: Span, reason: str, now: float) -> None:
        for row in list(self.disk.waiting.values()):
            is_due = row.channel == channel and row.urgency is not Urgency.EMERGENCY and row.created < told.until
            if is_due and told.since <= self.disk.occurrences[row.occurrence].told_at < told.until:
                self.finish(row, "declined", reason, now)

    @_call
    def resend_abandoned(self, channel: str | None, now: float) -> int:
        found = [one for one in self.disk.deliveries.values() if one.state == "abandoned"]
        found = [one for one in found if channel in {None, one.channel}]
        for row in found:
            self.disk.keep_delivery(
                replace(
                    row, state="waiting", reason=None, attempts=0, unconfirmed=0, created=now, due=now, finished=None
                )
            )
        return len(found)

    @_call
    def abandon_strays(self, channels: Mapping[str, int], now: float) -> int:
        given_up = 0
        for row in list(self.disk.waiting.values()):
            if row.channel not in channels or row.target >= channels[row.channel]:
                reason = "recipient_removed" if row.channel in channels else "channel_removed"
                self.finish(row, "abandoned", reason, now)
                given_up += 1
        return given_up

    @_call
    def waiting(self, channel: str | None = None) -> int:
        return sum(channel in {None, one.channel} for one in self.disk.waiting.values())

    @_call
    def mute(self, channel: str | None, mute: Mute) -> None:
        self.disk.mutes[channel] = mute

    @_call
    def unmute(self, channel: str | None, now: float) -> int:
        ended = [of for of, mute in self.disk.mutes.items() if mute.span.until > now and channel in {None, of}]
        for of in ended:
            mute = self.disk.mutes[of]
            self.disk.mutes[of] = replace(mute, span=replace(mute.span, until=now))
        return len(ended)

    @_call
    def mutes(self, now: float) -> dict[str | None, Mute]:
        return {channel: mute for channel, mute in self.disk.mutes.items() if mute.in_force(now)}

    # Digests

    @_call
    def watched(self, ids: Sequence[tuple[str, Mode]], until: float) -> list[Watched]:
        found = []
        for id_, mode in ids:
            rows = [one for one in self.disk.accounts.values() if one.config_id == id_ and one.mode is mode]
            row = max(rows, key=lambda one: (one.polled_at is not None, one.polled_at or 0.0, one.id), default=None)
            if row is not None:
                unsettled = any(one.created < until for one in self.oldest_pending(row.id))
                found.append(Watched(row.id, id_, mode, self.known_since(row.id), row.polled_at, unsettled))
        return found

    def known_since(self, account: int) -> float | None:
        events = (one for one in self.disk.events.values() if one.account == account)
        told = (one for one in self.disk.occurrences.values() if one.account == account)
        first = min((one for one in events if one.created > 0), key=lambda one: one.created, default=None)
        first_told = min((one for one in told if one.created > 0), key=lambda one: one.created, default=None)
        moments = [first.recorded_at] if first is not None else []
        return min((*moments, *([first_told.told_at] if first_told is not None else [])), default=None)

    @_call
    def totals(self, accounts: Sequence[int], bounds: Sequence[float]) -> list[tuple[Total, ...]]:
        return [outbox.totals(self.disk, accounts, since, until) for since, until in pairwise(bounds)]

    @_call
    def digests(self) -> dict[tuple[str, Every], float]:
        return dict(self.disk.digests)

    @_call
    def begin_digests(self, channel: str, every: Every, until: float) -> None:
        self.disk.digests[channel, every] = until

    @_call
    def end_digests(self, channel: str, every: Every) -> None:
        if (channel, every) in self.disk.digests:
            del self.disk.digests[channel, every]

    @_call
    def tell_digest(self, digest: Digest, now: float) -> bool:
        key = digest.channel, digest.every
        if key not in self.disk.digests or self.disk.digests[key] >= digest.until:
            return False
        self.disk.digests[key] = digest.until
        number = self.keep_ours("digest", int(now), digest.wordings, now)
        self.post(number, Routing(digest.recipients, ()), alone, now)
        return True

    # For people who ask

    @_call
    def events(self, sought: Sought, after: Place | None, limit: int) -> list[RecordedEvent]:
        return asking.page(self.disk, sought, after, limit)

    @_call
    def not_settled(self) -> News:
        return News((), tuple(sorted(self.disk.pending)), max(self.disk.events, default=0))

    @_call
    def news(self, sought: Sought, after: int, pending: Sequence[int]) -> News:
        return asking.news(self.disk, sought, after, pending)

    @_call
    def find(self, id_: str) -> Found:
        return asking.find(self.disk, id_)

    @_call
    def account_ids(self) -> list[str]:
        return sorted({one.config_id for one in self.disk.accounts.values()})

    @_call
    def watching(self, now: float) -> tuple[AccountOnRecord, ...]:
        return asking.watching(self.disk, now)

    @_call
    def sending(self, channels: Sequence[str], now: float) -> Sending:
        return asking.sending(self.disk, channels, now)

    @_call
    def prune(self, now: float) -> None:
        horizon = now - KEEP_DAYS * _DAY
        for event in list(self.disk.events.values()):
            listed = event.recorded_at >= horizon + 31 * _DAY
            if event.created < int(horizon) and not listed and event.state != "pending":
                self.disk.forget_event(event)
        waits = {one.occurrence for one in self.disk.waiting.values()}
        done = (one for one in self.disk.occurrences.values() if not one.events and one.number not in waits)
        old = {one.number for one in done if one.told_at < horizon}
        old -= {one.summary for one in self.disk.deliveries.values() if one.summary and one.occurrence not in old}
        for number in old:
            self.disk.forget_occurrence(number)
        for key in [key for key in self.disk.reads if key[1] < horizon // _DAY]:
            del self.disk.reads[key]
        self.disk.recount()

    @_call
    def changed_elsewhere(self) -> bool:
        elsewhere = self.disk.writes - self._own_writes
        changed, self._elsewhere = elsewhere != self._elsewhere, elsewhere
        return changed


def _watched(row: AccountRow) -> WatchedAccount:
    return WatchedAccount(
        row.id,
        row.config_id,
        row.mode,
        row.stripe_id,
        row.name,
        row.key_print,
        row.low_water,
        row.watched_from,
        row.polled_at,
        row.icon_file,
        row.icon_link,
        row.reads_left,
        row.reads_left_at,
        row.met_at,
    )


def _as_pending(rows: Sequence[EventRow], limit: int) -> list[PendingEvent]:
    return [PendingEvent(one.number, one.payload or "", one.recorded_at) for one in rows[:limit]]
