"""One account's watch: identify, walk, tell, wait, and so on until it is cancelled.

A failing account holds up no other: each has a task of its own. Everything it must not forget is on record, so it may
be cancelled at any await.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog

from cashnotifyd.config.settings import USUAL_SHARE
from cashnotifyd.cursor_file.door import WatchRecord
from cashnotifyd.cursor_file.values import About, Announcement, PollNote, WatchedAccount
from cashnotifyd.delivery.routing import Matter, route
from cashnotifyd.lookups.allowance import Budget, Terms
from cashnotifyd.lookups.asking import LookUps
from cashnotifyd.lookups.icons import Icons
from cashnotifyd.lookups.needs import Resource
from cashnotifyd.polling.identity import Begin, Prove, Resume, key_print, whose
from cashnotifyd.polling.pace import (
    AWAY,
    is_away,
    jittered,
    pace,
    pause_after_failures,
    pause_after_refusal,
)
from cashnotifyd.polling.walk import FirstContact, Gap, Walked, Walker, meets_record
from cashnotifyd.refusal import Refusal
from cashnotifyd.schedules import Span
from cashnotifyd.stripe_api import Cause, Failure, OwnAccount, StripeApi
from cashnotifyd.telling.pending import Told, tell_pending
from cashnotifyd.telling.saying import Audience
from cashnotifyd.telling.sorting import HOLD
from cashnotifyd.vocabulary import Account, Icon, Message, Mode

log = structlog.get_logger(__name__)

_REFUSALS = (Cause.KEY_REFUSED, Cause.FORBIDDEN, Cause.PERMISSION_MISSING)
"""Without these nothing is told of an account. Their names in the record are their values."""

_POORER = "poorer:"
"""What the name of an alert begins with that says only what messages lack."""

_COUNT_IS_FRESH, _COUNT_IS_FRESH_AFTER_NEWS = 3600.0, 300.0
"""Seconds for which what was counted of the last 30 days may do."""


@dataclass(frozen=True, slots=True)
class WatchedKey:
    """What a watch needs to know of the configuration. ``interval``: seconds between polls, None for automatic."""

    config_id: str
    api_key: str
    mode: Mode
    name: str | None
    interval: float | None
    logo: str | None = None
    """The path of an image that comes before Stripe's icon where a file can be shown."""
    api_base: str = "https://api.stripe.com"
    context: str | None = None
    """The ``acct_…`` that is meant, where the key is for several accounts."""
    share: float = USUAL_SHARE
    """The part of the account's read allowance that is ours."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all watches share.

    ``audience`` and ``configured`` (the ids of all accounts) answer with those of now; ``beat`` notes that this account
    gets on, ``told`` that there is something to send on these channels; ``introduce`` tells whose Stripe account this
    one is, and answers with the ids of all that are the same, kept up to date.
    """

    record: WatchRecord
    audience: Callable[[], Audience]
    configured: Callable[[], Collection[str]]
    now: Callable[[], float]
    rng: random.Random
    beat: Callable[[str, float], None]
    told: Callable[[Collection[str]], None]
    introduce: Callable[[str, str], Collection[str]]
    icons: Icons


class Watch:
    """The watch over one account."""

    def __init__(self, key: WatchedKey, api: StripeApi, around: Surroundings) -> None:
        self._key = key
        self._api = api
        self._around = around
        self._record: WatchedAccount | None = None
        self._account = Account(key.config_id, key.name or key.config_id, key.mode)
        self._replaced: WatchedAccount | None = None
        self._same: Collection[str] = ()
        """The ids of all accounts that are this one at Stripe, its own among them."""
        self._walker: Walker | None = None
        self._to_tell = True
        """Whether something may be pending. What is held back for its siblings is."""
        self._backlog = False
        """Whether it was too much to be told at once."""
        self._may_be_alarmed = True
        """Whether an alert of ours may be open."""
        self._failures = 0
        self._refusals = 0
        self.polled_at: float | None = None
        """When the last poll succeeded (s since 1970 UTC)."""
        self.failure: str | None = None
        """Why the last one did not."""
        self._look_ups = LookUps(api, progress=self._beat)
        self._look_ups.budget = Budget(Terms(key.mode, key.interval, key.share))
        self._refused: set[Resource] = set()
        self._granted: set[Resource] = set()
        self._counted_at: float | None = None
        self._met_at = -math.inf
        self._news_at = -math.inf
        self._noted_at: float | None = None
        self._wake = asyncio.Event()
        self._log = log.bind(account=key.config_id)

    @property
    def account(self) -> Account:
        """The account as messages name it."""
        return self._account

    @property
    def number(self) -> int | None:
        """The account's number in the record, as soon as it is known."""
        return None if self._record is None else self._record.id

    @property
    def interval(self) -> float:
        """Seconds between two polls as they are now."""
        now = self._around.now()
        return pace(self._look_ups.budget, now - self._news_at, now - self._met_at).seconds

    def note(self) -> PollNote | None:
        """What polls leave to be noted on record since this was last asked, if anything."""
        record, look_ups = self._record, self._look_ups
        if record is None or (self.polled_at == self._noted_at and not look_ups.unrecorded_reads):
            return None
        now, reads = self._around.now(), look_ups.unrecorded_reads
        look_ups.settle(now)
        look_ups.recorded(reads)
        self._noted_at = self.polled_at
        return PollNote(record.id, self.polled_at, reads, look_ups.budget.ready, now)

    def wake(self) -> None:
        """Poll now: the machine was asleep, or somebody has mended something."""
        self._look_ups.refused.clear()
        self._wake.set()

    async def run(self, delay: float) -> None:
        """Watch until cancelled, beginning after ``delay`` seconds."""
        await self._whatever_comes(self._tell_leftovers)
        await self._sleep(delay)
        while True:
            await self._until_next(await self._whatever_comes(self.poll) or 0.0)

    async def _whatever_comes(self, work: Callable[[], Awaitable[float | None]]) -> float | None:
        """Do it; what trips this account's watch, by our fault or Stripe's, must not end that over the others.

        Returns how many seconds to wait.
        """
        try:
            return await work()
        except Refusal:
            raise  # the record is everybody's
        except Exception:  # noqa: BLE001 (logged, and owned here: see above)
            self._log.exception("the watch tripped")
            self._to_tell = True  # a walk may have recorded something before it tripped
            self.failure = "cashnotifyd could not make sense of it, see its log"
            self._failures += 1
            pause = pause_after_failures(self._failures, await self._usual_interval(), self._around.rng)
            self._beat(pause)
            return pause

    async def poll(self) -> float:
        """Poll once and tell what is new. Returns how many seconds to wait."""
        self._beat()
        failure = None
        if self._record is None:
            failure = await self._identify()
        if failure is None and self._record is not None and self._walker is not None:
            failure = await self._walk(self._record, self._walker)
        self.failure = None if failure is None else failure.reason
        if failure is None:
            self.polled_at = self._around.now()
        pause = await self._pause() if failure is None else await self._failed(failure)
        # What is held back for its siblings is looked at again soon; a poll then may well bring them. Before it
        # is known whose key this is there is nothing to tell, and who refuses or fails is left alone.
        return min(pause, HOLD) if self._to_tell and self._record is not None else pause

    # Whose key it is

    async def _identify(self) -> Failure | None:
        own = await self._api.own_account()
        if isinstance(own, Failure):
            # The same key is the same account: its news need not wait for what only this one question lacks.
            if own.cause is not Cause.SERVER_ERROR or not await self._records_of_this_key():
                return own
            own = OwnAccount(None, None)
        key, around = self._key, self._around
        print_of_key = key_print(key.api_key, key.context)
        known = await around.record.accounts(key.config_id, key.mode, own.stripe_id)
        whose_record = whose(
            known,
            config_id=key.config_id,
            configured=around.configured(),
            stripe_id=own.stripe_id,
            print_of_key=print_of_key,
        )
        if isinstance(whose_record, Prove):
            met = await meets_record(self._api, around.record, whose_record.record, self._beat)
            if isinstance(met, Failure):
                return met
            whose_record = Resume(whose_record.record) if met else Begin(whose_record.record)
        match whose_record:
            case Resume(record):
                record = _known_by_now(record, key, own, print_of_key)
                await around.record.update_account(
                    record.id,
                    config_id=record.config_id,
                    stripe_id=record.stripe_id,
                    name=record.name,
                    key_print=record.key_print,
                )
            case Begin(instead_of):
                self._replaced = instead_of if instead_of and instead_of.low_water is not None else None
                record = await around.record.begin_account(
                    key.config_id, key.mode, stripe_id=own.stripe_id, name=own.name, key_print=print_of_key
                )
        if record.stripe_id is not None:
            self._same = around.introduce(f"{record.stripe_id} {key.mode}", key.config_id)
            if len(self._same) > 1:
                self._log.warning("the same Stripe account twice: all its news is told twice", accounts=self._same)
        budget = self._look_ups.budget
        self._look_ups.budget = replace(budget, left=record.reads_left, at=record.reads_left_at or 0.0)
        self._news_at = float(record.low_water or -math.inf)
        self._met_at = -math.inf if record.met_at is None else record.met_at
        self._record = await self._with_icon(record, own)
        self._walker = Walker(self._api, around.record, around.now, self._remark, self._beat, self._tell_news)
        self._account = self._account_of(self._record)
        await self._tell()
        return None

    async def _with_icon(self, record: WatchedAccount, own: OwnAccount) -> WatchedAccount:
        """The record with a public link to the icon that the merchant chose, as far as the key lets us."""
        known = record
        if own.icon is None and own.name is not None:
            known = replace(record, icon_file=None, icon_link=None)
        elif own.icon is not None and (own.icon != record.icon_file or record.icon_link is None):
            link = await self._api.link_to_file(own.icon)
            if isinstance(link, Failure):
                self._log.info("there is no icon from Stripe", reason=link.reason, permission=link.permission)
            known = replace(record, icon_file=own.icon, icon_link=None if isinstance(link, Failure) else link)
        # Where the key may not ask for the account, what was made with another key goes on to work.
        if known != record:
            await self._around.record.keep_icon(record.id, known.icon_file, known.icon_link)
        if known.icon_link is not None and self._key.logo is None:
            await self._around.icons.fetched(known.icon_link, self._key.api_base)
        return known

    def _account_of(self, record: WatchedAccount) -> Account:
        key, link = self._key, record.icon_link
        kept = self._around.icons.kept(link) if link is not None else None
        file = key.logo or (str(kept) if kept else None)
        icon = Icon(link, file) if link or file else None
        return Account(key.config_id, key.name or record.name or key.config_id, key.mode, record.stripe_id, icon)

    # What is new

    async def _walk(self, record: WatchedAccount, walker: Walker) -> Failure | None:
        was_away = await self._note_absence(record)
        walked = await walker.walk(record)
        if was_away:
            # Until now: what was missed may have taken minutes to read, and is told from here on.
            await self._note_absence(record)
        if isinstance(walked, Walked):
            if walked.announced is not None:
                self._around.told(walked.announced.routing.channels)
            if record.low_water is None:
                self._met_at = self._around.now()
                self._news_at = float(walked.account.low_water or -math.inf)
            elif walked.news:
                self._news_at = self._around.now()
            self._record = walked.account
            await self._all_is_well(walked.account)
        # After a walk that broke as well: what it did record is news by now.
        self._to_tell = self._to_tell or isinstance(walked, Failure) or walked.news > 0
        if self._to_tell:
            await self._tell()
        return walked if isinstance(walked, Failure) else None

    async def _note_absence(self, record: WatchedAccount) -> bool:
        """Note it if nothing was seen of the account for long; returns whether that is so."""
        if record.polled_at is None:
            return False
        absence = Span(record.polled_at, self._around.now())
        if absence.until - absence.since > AWAY and is_away(absence, await self._usual_interval()):
            await self._around.record.note_absence(record.id, absence)
            return True
        return False

    async def _tell(self) -> None:
        assert self._record is not None
        told = await self._tell_of(self._record, self._account)
        self._to_tell, self._backlog = told.held, told.more
        self._beat()

    async def _tell_news(self, whole_from: int) -> None:
        """Tell what need not wait for the end of a walk that has recorded everything since then (s)."""
        assert self._record is not None
        await self._tell_of(self._record, self._account, whole_from)
        self._beat()

    async def _tell_of(self, record: WatchedAccount, account: Account, whole_from: int | None = None) -> Told:
        """Tell what is pending, or of a backlog a portion."""
        around = self._around
        told = await tell_pending(
            around.record, record.id, account, around.audience(), around.now(), self._look_ups, whole_from=whole_from
        )
        await self._report_permissions(record)
        if told.channels:
            around.told(told.channels)
        return told

    async def _tell_leftovers(self) -> None:
        """Tell what a crash left pending, even if Stripe is out of reach by now. The same key is the same account."""
        for record in await self._records_of_this_key():
            while (await self._tell_of(record, self._account_of(record))).more:
                self._beat()

    async def _records_of_this_key(self) -> list[WatchedAccount]:
        key = self._key
        known = await self._around.record.accounts(key.config_id, key.mode, None)
        return [one for one in known if one.key_print == key_print(key.api_key, key.context)]

    def _remark(self, remark: FirstContact | Gap) -> Announcement:
        words = self._around.audience().words
        match remark:
            case FirstContact(history):
                before = self._replaced
                changed_from = before.name or before.stripe_id or before.config_id if before else None
                self._log.info("first contact: now watching", name=self._account.name, history=history)
                return self._announcement(words.now_watching(self._account, history, changed_from))
            case Gap(since, until):
                self._log.error("nothing is known of the time between", since=since, until=until)
                return self._announcement(words.gap(self._account, since, until))

    def _announcement(self, message: Message) -> Announcement:
        matter = Matter(self._account, message.kind, message.urgency)
        return Announcement(message, route(self._around.audience().channels, matter))

    # What is wrong

    async def _failed(self, failure: Failure) -> float:
        interval = await self._usual_interval()
        if failure.cause in _REFUSALS:
            self._refusals += 1
            pause = pause_after_refusal(self._refusals, interval, self._around.rng)
            self._log.error("the key is refused", reason=failure.reason, permission=failure.permission)
            await self._raise_alert(failure)
        else:
            self._failures += 1
            pause = pause_after_failures(self._failures, interval, self._around.rng, failure.wait)
            self._log.warning(
                "the poll failed", reason=failure.reason, cause=failure.cause, again_in_seconds=round(pause)
            )
        self._beat(pause)
        return pause

    async def _raise_alert(self, failure: Failure) -> None:
        around, key = self._around, self._key
        words = around.audience().words
        if failure.cause is Cause.PERMISSION_MISSING:
            message = words.permission_missing(self._account, failure.permission)
        else:
            message = words.key_refused(self._account, failure.reason)
        record = self._record
        if record is None:
            known = await around.record.accounts(key.config_id, key.mode, None)
            record = (
                known[0]
                if known
                else await around.record.begin_account(
                    key.config_id, key.mode, stripe_id=None, name=None, key_print=key_print(key.api_key, key.context)
                )
            )
        announcement = self._announcement(message)
        self._may_be_alarmed = True
        if await around.record.raise_alert(About.account(record.id), failure.cause, announcement, around.now()):
            around.told(announcement.routing.channels)

    async def _all_is_well(self, record: WatchedAccount) -> None:
        if self._failures or self._refusals:
            self._log.info("polling again")
        self._failures = self._refusals = 0
        if not self._may_be_alarmed:
            return
        around, about = self._around, About.account(record.id)
        if mended := set(_REFUSALS).intersection(await around.record.open_alerts(about)):
            all_clear = self._announcement(around.audience().words.key_works_again(self._account))
            await around.record.clear_alerts(about, mended, all_clear, around.now())
            around.told(all_clear.routing.channels)
        self._may_be_alarmed = False

    async def _report_permissions(self, record: WatchedAccount) -> None:
        """Tell once what the key may not look up, and forget that it was told when the key may."""
        around, look_ups = self._around, self._look_ups
        for resource in look_ups.refused.keys() - self._refused:
            permission = look_ups.refused[resource]
            self._log.warning("the key may not look up everything", permission=permission)
            poorer = self._announcement(
                around.audience().words.permission_would_add(self._account, permission, resource)
            )
            if await around.record.raise_alert(About.account(record.id), _POORER + resource, poorer, around.now()):
                around.told(poorer.routing.channels)
        if mended := {_POORER + resource for resource in look_ups.granted - self._granted}:
            await around.record.clear_alerts(About.account(record.id), mended, None, around.now())
        self._refused, self._granted = set(look_ups.refused), set(look_ups.granted)

    # Waiting

    async def _pause(self) -> float:
        pause = jittered(await self._usual_interval(), self._around.rng)
        self._beat(pause)
        return pause

    async def _usual_interval(self) -> float:
        look_ups, sharers = self._look_ups, max(len(self._same), 1)
        if look_ups.budget.terms.sharers != sharers:
            look_ups.budget = replace(look_ups.budget, terms=replace(look_ups.budget.terms, sharers=sharers))
        if self._record is not None:
            await self._count_usage(self._record)
        look_ups.settle(self._around.now())
        return self.interval

    async def _count_usage(self, record: WatchedAccount) -> None:
        """That of the last 30 days, now and then."""
        now, counted_at = self._around.now(), self._counted_at
        fresh = _COUNT_IS_FRESH if counted_at is None or self._news_at <= counted_at else _COUNT_IS_FRESH_AFTER_NEWS
        if counted_at is None or not 0 <= now - counted_at < fresh:
            usage = await self._around.record.usage(record.id, now)
            self._look_ups.budget = replace(self._look_ups.budget, usage=usage)
            self._counted_at = now

    async def _until_next(self, pause: float) -> None:
        """Wait before the next poll, and use the time for what is left of a backlog."""
        clock = asyncio.get_running_loop().time
        until = clock() + pause
        while self._backlog and clock() < until:
            self._backlog = False  # should that trip, the next poll goes on with it
            await self._whatever_comes(self._tell)
        await self._sleep(max(until - clock(), 0.0))

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._wake.clear()

    def _beat(self, pause: float = 0.0) -> None:
        self._around.beat(self._key.config_id, pause)


def _known_by_now(record: WatchedAccount, key: WatchedKey, own: OwnAccount, print_of_key: str) -> WatchedAccount:
    return replace(
        record,
        config_id=key.config_id,
        stripe_id=own.stripe_id or record.stripe_id,
        name=own.name or record.name,
        key_print=print_of_key,
    )
