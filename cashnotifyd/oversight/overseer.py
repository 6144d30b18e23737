"""Watches the watcher: what nobody else would notice, since it is that something does not happen.

::

                     ┌─▶ contact with Stripe, for each account ─▶ alert, all-clear
    look, now and then ─▶ sales, where a shop has a rhythm      ─▶ alert, all-clear
                     ├─▶ channels: trouble, messages given up   ─▶ alert on the others, all-clear
                     └─▶ the verdict for the heartbeat

What has been told is on record, so a restart neither tells it again nor forgets the all-clear.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

import structlog

from cashnotifyd.cursor_file.door import OversightRecord
from cashnotifyd.cursor_file.values import About, Announcement
from cashnotifyd.delivery.retrying import Trouble
from cashnotifyd.delivery.routing import Matter, announced, route
from cashnotifyd.oversight.contact import Contact, Contacts, Seen, verdict
from cashnotifyd.oversight.silence import WINDOW, silence
from cashnotifyd.oversight.verdict import Verdict
from cashnotifyd.stripe_api import Cause
from cashnotifyd.telling.saying import Audience
from cashnotifyd.vocabulary import Account, Message, Mode

log = structlog.get_logger(__name__)

_REFUSALS = frozenset({Cause.KEY_REFUSED, Cause.FORBIDDEN, Cause.PERMISSION_MISSING})
"""Alerts that say already that nothing can be read."""

_STALE = "stale"
_NO_SALE = "no_sale"
_FAILING = "failing"
_UNDELIVERABLE = "undeliverable"

_PATIENCE = 600.0
"""Seconds for which a channel may fail before that is told."""

_SALES_EVERY = 600.0
"""Seconds between two looks at an account's sales; and how long what came while nobody looked has to be told."""


_SALES_AT_ONCE = 500
"""Looks at sales in one look at all: of 10,000 accounts each still has its turn in ten minutes."""

_SLICE = 100
"""Accounts after which others get on."""

_WATCH = "watch "


@dataclass(frozen=True, slots=True)
class Outlook:
    """What there is to look at now. ``accounts``: as they are when each is asked for, which can be done once.

    ``troubles``: what is wrong with each channel, by its id. ``stale_after``: seconds without a successful poll that
    are too many.
    """

    accounts: Iterable[Seen]
    troubles: Mapping[str, Trouble | None]
    audience: Audience
    stale_after: float


class Overseer:
    """Looks at all of it. ``told``: there is something to send on these channels."""

    def __init__(
        self, record: OversightRecord, outlook: Callable[[], Outlook], told: Callable[[Collection[str]], None]
    ) -> None:
        self._record = record
        self._outlook = outlook
        self._told = told
        self._contacts = Contacts()
        self._sales_at: dict[str, float] = {}
        self._looks_at_sales = 0
        self._gone: set[str] = set()
        self._abandoned: dict[str, tuple[str, float]] | None = None

    async def look(self, now: float) -> Verdict:
        """Look once, and tell what is wrong and what is well again."""
        outlook = self._outlook()
        alerts = await self._record.every_alert()
        contacts: dict[str, Contact] = {}
        self._looks_at_sales = 0
        for seen, contact in self._contacts.look(outlook.accounts, outlook.stale_after, now):
            await self._look_at_contact(seen, contact, alerts, outlook.audience, now)
            await self._look_at_sales(seen, contact, alerts, outlook.audience, now)
            contacts[seen.account.id] = contact
            if len(contacts) % _SLICE == 0:
                await asyncio.sleep(0)
        await self._look_at_channels(outlook, alerts, now)
        await self._forget(contacts.keys(), outlook, alerts, now)
        return verdict(contacts.values())

    # Accounts

    async def _look_at_contact(
        self, seen: Seen, contact: Contact, alerts: Mapping[str, Mapping[str, float]], audience: Audience, now: float
    ) -> None:
        about, account, words = _about_watch(seen), seen.account, audience.words
        since = alerts.get(about.text, {}).get(_STALE)
        if since is not None:
            # What was told by a clock that was ahead is not to wait until it is as late again.
            if seen.polled_at is not None and (seen.polled_at > since or since > now) and contact.in_time:
                log.info("in contact with Stripe again", account=account.id)
                lost_at = contact.watched_from if since > now else since
                again = _announcement(audience, account, words.polled_again(account, lost_at, now))
                await self._clear(about, _STALE, again, now)
            return
        if contact.in_time:
            return
        known = await self._record.accounts(account.id, account.mode, account.stripe_id)
        numbers = [one.id for one in known[:1]] if seen.number is None else [seen.number]
        if any(_REFUSALS & alerts.get(About.account(number).text, {}).keys() for number in numbers):
            return
        on_record = (one.polled_at for one in known if one.polled_at is not None and one.polled_at <= now)
        before = max(on_record, default=None)
        since = contact.polled_at or before
        log.error("no contact with Stripe", account=account.id, since=since, reason=seen.failure)
        lost = _announcement(audience, account, words.not_polled(account, since, seen.failure or ""))
        await self._raise(about, _STALE, lost, now, since or contact.watched_from)

    async def _look_at_sales(
        self, seen: Seen, contact: Contact, alerts: Mapping[str, Mapping[str, float]], audience: Audience, now: float
    ) -> None:
        """Renewals do not count: Stripe makes them by itself, whatever has become of the checkout."""
        account, polled_at = seen.account, contact.polled_at
        if account.mode is not Mode.LIVE or seen.number is None or polled_at is None or not contact.in_time:
            return
        about = About.account(seen.number)
        since = alerts.get(about.text, {}).get(_NO_SALE)
        if since is None and not self._is_time_for_sales(account.id, contact, now):
            return
        self._looks_at_sales += since is None
        if await self._record.pending(seen.number, 1):
            return
        last = await self._record.last_sale(seen.number)
        if since is None:
            self._sales_at[account.id] = now
        if last is None:
            return
        if since is not None:
            if last > since:
                log.info("sales again", account=account.id)
                again = _announcement(audience, account, audience.words.sales_again(account, since, last))
                await self._clear(about, _NO_SALE, again, now)
            return
        hours = await self._record.selling_hours(seen.number, last - WINDOW)
        if (found := silence(hours, audience.words.timezone, polled_at)) is not None:
            log.error("no sale where there should be some", account=account.id, since=found.since)
            none = _announcement(audience, account, audience.words.no_sales(account, found.since, found.usual, now))
            await self._raise(about, _NO_SALE, none, now, found.since)

    def _is_time_for_sales(self, id_: str, contact: Contact, now: float) -> bool:
        if self._looks_at_sales >= _SALES_AT_ONCE:
            return False
        before = max(self._sales_at.get(id_, contact.watched_from), contact.watched_from)
        return not 0 <= now - before < _SALES_EVERY

    # Channels

    async def _look_at_channels(self, outlook: Outlook, alerts: Mapping[str, Mapping[str, float]], now: float) -> None:
        abandoned = await self._record.abandoned(outlook.troubles)
        for channel, trouble in outlook.troubles.items():
            told = alerts.get(About.channel(channel).text, {})
            await self._look_at_trouble(channel, trouble, told.get(_FAILING), outlook.audience, now)
            await self._look_at_abandoned(
                channel, abandoned.get(channel), told.get(_UNDELIVERABLE), outlook.audience, now
            )
        self._abandoned = abandoned

    async def _look_at_trouble(
        self, channel: str, trouble: Trouble | None, told_since: float | None, audience: Audience, now: float
    ) -> None:
        about, words = About.channel(channel), audience.words
        if told_since is not None:
            # After a restart a lane knows of no trouble until it has tried; and one recipient of several may be well.
            if trouble is None and await self._record.works(channel, told_since):
                waited = await self._record.waited(channel, told_since)
                again = words.channel_works_again(channel, told_since, waited, now)
                await self._clear(about, _FAILING, _to_others(audience, channel, again), now)
        elif trouble is not None and (trouble.refused or now - trouble.since > _PATIENCE):
            waiting = await self._record.waiting(channel)
            fails = words.channel_failing(channel, trouble.since, trouble.reason, trouble.refused, waiting)
            announcement = _to_others(audience, channel, fails)
            _log_channel("a channel fails", channel, trouble.reason, announcement)
            await self._raise(about, _FAILING, announcement, now, trouble.since)

    async def _look_at_abandoned(
        self,
        channel: str,
        last: tuple[str, float] | None,
        told_since: float | None,
        audience: Audience,
        now: float,
    ) -> None:
        about = About.channel(channel)
        if told_since is not None:
            if last is None or await self._record.has_delivered(channel, told_since):
                await self._record.clear_alerts(about, [_UNDELIVERABLE], None, now)
            return
        if last is None:
            return
        reason, at = last
        if self._abandoned is None:
            # It may have been given up as the daemon stopped, when nobody looked.
            is_new = not await self._record.has_delivered(channel, at)
        else:
            is_new = self._abandoned.get(channel) != last
        if is_new:
            announcement = _to_others(audience, channel, audience.words.undeliverable(channel, reason))
            _log_channel("a message was given up", channel, reason, announcement)
            await self._raise(about, _UNDELIVERABLE, announcement, now, at)

    # What both have in common

    async def _raise(self, about: About, name: str, announcement: Announcement, now: float, since: float) -> None:
        if await self._record.raise_alert(about, name, announcement, now, since):
            self._told(announcement.routing.channels)

    async def _clear(self, about: About, name: str, announcement: Announcement, now: float) -> None:
        await self._record.clear_alerts(about, [name], announcement, now)
        self._told(announcement.routing.channels)

    async def _forget(
        self, accounts: Collection[str], outlook: Outlook, alerts: Mapping[str, Mapping[str, float]], now: float
    ) -> None:
        """What was told of channels and accounts that are not configured any more. A reload may just exchange one."""
        there = {About.channel(id_).text for id_ in outlook.troubles}
        gone = {text for text in alerts if text.startswith("channel ") and text not in there}
        gone |= {text for text in alerts if text.startswith(_WATCH) and text.removeprefix(_WATCH) not in accounts}
        for text in gone & self._gone:
            await self._record.clear_alerts(About(text), alerts[text], None, now)
        self._gone = gone


def _about_watch(seen: Seen) -> About:
    """Not about the account by its number: before the first contact it has none."""
    return About(f"{_WATCH}{seen.account.id}", seen.number)


def _announcement(audience: Audience, account: Account, message: Message) -> Announcement:
    return Announcement(message, route(audience.channels, Matter(account, message.kind, message.urgency)))


def _to_others(audience: Audience, channel: str, message: Message) -> Announcement:
    return Announcement(message, announced(audience.channels, message, channel))


def _log_channel(what: str, channel: str, reason: str, announcement: Announcement) -> None:
    told_on = sorted({recipient.channel for recipient in announcement.routing.deliver})
    # Where no other channel takes it, this line is the only place that says so.
    log.error(what, channel=channel, reason=reason, told_on=told_on or "no other channel")
