"""A day, a week or a month in the few lines that one reads over breakfast: what came in, what of it is left, what else.

::

    Your week: €4,820.00 and $310.00 · Acme
    €4,820.00 from 41 payments, +12% on the week before
    $310.00 from 3 payments, +4% on the week before
    Fees €144.60 and $9.30; €4,626.40 and $300.70 left after fees and refunds
    2 refunds (€49.00)
    …

It is complete without its picture. Currencies are never added up. It names no customer, so a masked one says as much.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from babel.dates import format_date, format_interval, format_skeleton
from babel.numbers import format_percent

from cashnotifyd.cursor_file.figures import Entry, Figures, Sum
from cashnotifyd.money import Money
from cashnotifyd.schedules import Every, Span
from cashnotifyd.vocabulary import Account, Kind, Message, Mode, Urgency, Wordings
from cashnotifyd.wording.dashboard import dashboard_list
from cashnotifyd.wording.headlines import marked, title
from cashnotifyd.wording.language import Language
from cashnotifyd.wording.particulars import account_name, mode_name
from cashnotifyd.wording.safe_text import Clean


@dataclass(frozen=True, slots=True)
class AccountFigures:
    """What one account came to.

    ``since`` is set where it has been watched for a part of the period only, ``unread`` where it could not be read up
    to the end of it: since then (s since 1970 UTC), or never if that is 0.
    """

    account: Account
    figures: Figures
    since: float | None = None
    unread: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a digest tells of.

    ``accounts`` are those of its ``mode``; ``figures`` are theirs together, ``before`` those of the period before where
    all of that was watched, ``test`` what happened in test mode beside live. ``course`` are the figures hour by hour of
    a day, and day by day of a week or month.
    """

    every: Every
    period: Span
    mode: Mode
    accounts: tuple[AccountFigures, ...]
    figures: Figures
    before: Figures | None = None
    test: Figures | None = None
    course: tuple[Figures, ...] = ()
    course_before: tuple[Figures, ...] = ()


_YOURS: Final[Mapping[Every, str]] = {
    Every.DAILY: "Your {period}: {takings}",
    Every.WEEKLY: "Your week: {takings}",
    Every.MONTHLY: "Your {period}: {takings}",
}
_QUIET: Final[Mapping[Every, str]] = {
    Every.DAILY: "A quiet day: no payments",
    Every.WEEKLY: "A quiet week: no payments",
    Every.MONTHLY: "A quiet month: no payments",
}
_CHANGED: Final[Mapping[Every, str]] = {
    Every.DAILY: "{what}, {change} on the day before",
    Every.WEEKLY: "{what}, {change} on the week before",
    Every.MONTHLY: "{what}, {change} on the month before",
}
_ALIKE: Final[Mapping[Every, str]] = {
    Every.DAILY: "{what}, as on the day before",
    Every.WEEKLY: "{what}, as in the week before",
    Every.MONTHLY: "{what}, as in the month before",
}
_AFTER: Final[Mapping[Every, str]] = {
    Every.DAILY: "{what}, {before} on the day before",
    Every.WEEKLY: "{what}, {before} in the week before",
    Every.MONTHLY: "{what}, {before} in the month before",
}
"""Where a percentage says nothing."""
_COUNTED: Final[Mapping[Entry, tuple[str, str]]] = {
    Entry.OUTSIDE: ("{count} invoice paid outside Stripe", "{count} invoices paid outside Stripe"),
    Entry.REFUND: ("{count} refund", "{count} refunds"),
    Entry.REFUND_FAILED: ("{count} refund failed", "{count} refunds failed"),
    Entry.FAILURE: ("{count} payment failed", "{count} payments failed"),
    Entry.DISPUTE: ("{count} dispute", "{count} disputes"),
    Entry.INQUIRY: ("{count} inquiry", "{count} inquiries"),
    Entry.WON: ("{count} dispute won", "{count} disputes won"),
    Entry.LOST: ("{count} dispute lost", "{count} disputes lost"),
    Entry.PAYOUT: ("{count} payout", "{count} payouts"),
    Entry.PAYOUT_FAILED: ("{count} payout failed", "{count} payouts failed"),
    Entry.PAYOUT_CANCELED: ("{count} payout cancelled", "{count} payouts cancelled"),
    Entry.STARTED: ("{count} new subscription", "{count} new subscriptions"),
    Entry.TRIAL: ("{count} trial started", "{count} trials started"),
    Entry.CONVERTED: ("{count} trial converted", "{count} trials converted"),
    Entry.ENDED: ("{count} subscription cancelled", "{count} subscriptions cancelled"),
}
_LINES: Final = (
    (Entry.OUTSIDE,),
    (Entry.REFUND, Entry.REFUND_FAILED),
    (Entry.FAILURE,),
    (Entry.DISPUTE, Entry.INQUIRY, Entry.WON, Entry.LOST),
    (Entry.STARTED, Entry.TRIAL, Entry.CONVERTED, Entry.ENDED),
    (Entry.PAYOUT, Entry.PAYOUT_FAILED, Entry.PAYOUT_CANCELED),
)
"""What stands together in a line, in the order of the lines."""
_PRICES: Final = frozenset({Entry.STARTED, Entry.TRIAL, Entry.CONVERTED, Entry.ENDED})
"""Amounts that did not move: some a month, some a year."""
_CURRENCIES_IN_TITLE, _CURRENCIES = 2, 6
_ACCOUNTS: Final = 5
_NAME: Final = 40
_TENFOLD: Final = 10


def digest(report: Report, language: Language) -> Wordings:
    """The digest for each level of detail."""
    told = _Digest(report, language)
    return Wordings(full=told.message(), masked=told.message(), private=_Discreet(report, language).message())


def period_name(report: Report, period: Span, language: Language) -> Clean:
    """What a period is called where it is clear about when it is: a weekday, the days of a week, a month."""
    first, last = _days(period, language)
    match report.every:
        case Every.DAILY:
            name = format_date(first, "cccc", locale=language.locale)
        case Every.WEEKLY:
            return Clean(format_interval(first, last, "MMMd", locale=language.locale))
        case Every.MONTHLY:
            name = format_date(first, "LLLL", locale=language.locale)
    return Clean(name[:1].upper() + name[1:])


def period_dates(report: Report, language: Language) -> Clean:
    """The day, the days of the week, or the month, with the year."""
    first, last = _days(report.period, language)
    match report.every:
        case Every.DAILY:
            return Clean(format_date(first, "medium", locale=language.locale))
        case Every.WEEKLY:
            return Clean(format_interval(first, last, "yMMMd", locale=language.locale))
        case Every.MONTHLY:
            return Clean(format_skeleton("yMMMM", first, locale=language.locale))


def change(now: int, before: int, language: Language) -> Clean | None:
    """Such as "+12%"; None where it says nothing: from nothing, or many times as much. Empty for as good as none."""
    if before <= 0 or abs(now - before) >= _TENFOLD * before:
        return None
    percent = round(100 * (now - before) / before)
    if percent == 0:
        return Clean("")
    return Clean(f"{'+' if percent > 0 else '−'}{format_percent(abs(percent) / 100, locale=language.locale)}")  # noqa: RUF001 (a minus)


@dataclass(frozen=True, slots=True)
class _Digest:
    report: Report
    language: Language

    def message(self) -> Message:
        one = self._only_account()
        return Message(
            kind=Kind.ACCOUNT,  # its own kinds ring for each payment
            title=self._title(one),
            body="\n".join(self._body()),
            urgency=Urgency.LOW,
            link=None if one is None else dashboard_list(one, Kind.SALE),
            icon=None if one is None else one.icon,
        )

    def _only_account(self) -> Account | None:
        accounts = self.report.accounts
        return accounts[0].account if len(accounts) == 1 else None

    def _title(self, one: Account | None) -> Clean:
        report, language = self.report, self.language
        if report.figures.of(Entry.PAYMENT):
            period = period_name(report, report.period, language)
            what = language.say(_YOURS[report.every], period=period, takings=self._takings(report.figures))
        else:
            what = language.say(_QUIET[report.every])
        return marked(what, report.mode, language) if one is None else title(what, one, language)

    def _body(self) -> Iterator[Clean]:
        report, language = self.report, self.language
        yield from self._payments(report.figures, report.before)
        yield from self._left(report.figures)
        yield from self._others(report.figures)
        yield from self._by_account()
        if report.test:
            for line in (*self._payments(report.test, None), *self._others(report.test)):
                yield marked(line, Mode.TEST, language)
        yield from self._what_is_not_in_it()
        yield self._where_and_when()

    # Of what has an amount

    def _takings(self, figures: Figures) -> Clean:
        """What came in, in the currencies of most of it."""
        monies = [one.money for one in figures.of(Entry.PAYMENT) if one.money is not None]
        if not monies:
            return self._number_of_payments(figures)
        said = [self.language.money(money) for money in monies[:_CURRENCIES_IN_TITLE]]
        if len(monies) > _CURRENCIES_IN_TITLE:
            return self.language.say("{amounts} and more", amounts=Clean(", ".join(said)))
        return self.language.listed(said)

    def _payments(self, figures: Figures, before: Figures | None) -> Iterator[Clean]:
        """A line for each currency, and for each that there was in the period before."""
        sums = list(figures.of(Entry.PAYMENT))
        if before is not None:
            there = {one.money.currency for one in sums if one.money is not None}
            gone = [one.money for one in before.of(Entry.PAYMENT) if one.money and one.money.currency not in there]
            sums += [Sum(0, Money(0, money.currency)) for money in gone]
        for one in sums[:_CURRENCIES]:
            yield self._compared(self._came_in(one), one.money, before)
        if len(sums) > _CURRENCIES:
            yield self.language.say_count(
                "and {count} more currency", "and {count} more currencies", len(sums) - _CURRENCIES
            )

    def _came_in(self, one: Sum) -> Clean:
        if one.money is None:
            return self.language.say_count(
                "{count} payment of an unknown amount", "{count} payments of unknown amounts", one.count
            )
        if one.count == 0:
            return self.language.money(one.money)
        return self.language.say_count(
            "{money} from {count} payment",
            "{money} from {count} payments",
            one.count,
            money=self.language.money(one.money),
        )

    def _compared(self, what: Clean, now: Money | None, before: Figures | None) -> Clean:
        if now is None or before is None:
            return what
        was = before.amount(Entry.PAYMENT, now.currency)
        return self._against(what, now.amount, was, self.language.money(Money(was, now.currency)))

    def _against(self, what: Clean, now: int, was: int, before: Clean) -> Clean:
        changed = change(now, was, self.language) if now else None
        if changed is None:
            return self.language.say(_AFTER[self.report.every], what=what, before=before)
        if not changed:
            return self.language.say(_ALIKE[self.report.every], what=what)
        return self.language.say(_CHANGED[self.report.every], what=what, change=changed)

    def _left(self, figures: Figures) -> Iterator[Clean]:
        if not figures.net:
            return
        amounts = {"fees": self._amounts(figures.fees), "net": self._amounts(figures.net)}
        if figures.count(Entry.REFUND):
            what = self.language.say("Fees {fees}; {net} left after fees and refunds", **amounts)
        else:
            what = self.language.say("Fees {fees}; {net} left after fees", **amounts)
        if figures.unsettled:
            what = self.language.say_count(
                "{what}, without {count} payment whose fee is not known yet",
                "{what}, without {count} payments whose fees are not known yet",
                figures.unsettled,
                what=what,
            )
        yield what

    def _amounts(self, monies: Sequence[Money]) -> Clean:
        return self.language.listed([self.language.money(money) for money in monies])

    def _of(self, entry: Entry, figures: Figures) -> Clean:
        """How many, and how much."""
        counted = self.language.say_count(*_COUNTED[entry], figures.count(entry))
        monies = [one.money for one in figures.of(entry) if one.money is not None]
        if not monies or entry in _PRICES:
            return counted
        return self.language.say("{what} ({amounts})", what=counted, amounts=self._amounts(monies))

    # Of what has none

    def _number_of_payments(self, figures: Figures) -> Clean:
        return self.language.say_count("{count} payment", "{count} payments", figures.count(Entry.PAYMENT))

    def _others(self, figures: Figures) -> Iterator[Clean]:
        for entries in _LINES:
            told = [self._of(entry, figures) for entry in entries if figures.count(entry)]
            if told:
                yield Clean(", ".join(told))

    def _by_account(self) -> Iterator[Clean]:
        accounts = self.report.accounts
        if len(accounts) == 1:
            return
        biggest = sorted(
            (one for one in accounts if one.figures.count(Entry.PAYMENT)),
            key=lambda one: -one.figures.count(Entry.PAYMENT),
        )
        for one in biggest[:_ACCOUNTS]:
            yield self.language.say(
                "{account}: {what}", account=account_name(one.account, _NAME), what=self._one_account(one.figures)
            )
        if len(biggest) > _ACCOUNTS:
            yield self.language.say_count(
                "and {count} more account", "and {count} more accounts", len(biggest) - _ACCOUNTS
            )

    def _one_account(self, figures: Figures) -> Clean:
        return self.language.say_count(
            "{money} from {count} payment",
            "{money} from {count} payments",
            figures.count(Entry.PAYMENT),
            money=self._takings(figures),
        )

    def _what_is_not_in_it(self) -> Iterator[Clean]:
        """What nobody could know: said of a few accounts by name."""
        for one in _first(one for one in self.report.accounts if one.since is not None):
            assert one.since is not None
            yield self.language.say(
                "{account} has been watched since {when} only",
                account=account_name(one.account, _NAME),
                when=self.language.moment(one.since),
            )
        for one in _first(one for one in self.report.accounts if one.unread is not None):
            name = account_name(one.account, _NAME)
            if one.unread:
                when = self.language.moment(one.unread)
                yield self.language.say(
                    "{account} could not be read since {when}: more may come", account=name, when=when
                )
            else:
                yield self.language.say("{account} could not be read: more may come", account=name)

    def _where_and_when(self) -> Clean:
        """As the last line of every message."""
        accounts, language = self.report.accounts, self.language
        if len(accounts) == 1:
            where = account_name(accounts[0].account)
        else:
            where = language.say_count("{count} account", "{count} accounts", len(accounts))
        return language.say(
            "{account} · {mode} · {when}",
            account=where,
            mode=mode_name(accounts[0].account, language),
            when=period_dates(self.report, language),
        )


class _Discreet(_Digest):
    """The same without amounts: how many there were of each."""

    __slots__ = ()

    def _takings(self, figures: Figures) -> Clean:
        return self._number_of_payments(figures)

    def _payments(self, figures: Figures, before: Figures | None) -> Iterator[Clean]:
        count = figures.count(Entry.PAYMENT)
        if before is None:
            if count:
                yield self._number_of_payments(figures)
            return
        yield self._against(
            self._number_of_payments(figures), count, before.count(Entry.PAYMENT), self._number_of_payments(before)
        )

    def _left(self, _figures: Figures) -> Iterator[Clean]:
        return iter(())

    def _of(self, entry: Entry, figures: Figures) -> Clean:
        return self.language.say_count(*_COUNTED[entry], figures.count(entry))

    def _one_account(self, figures: Figures) -> Clean:
        return self._number_of_payments(figures)


def _first(accounts: Iterable[AccountFigures]) -> list[AccountFigures]:
    return list(accounts)[:_ACCOUNTS]


def _days(period: Span, language: Language) -> tuple[date, date]:
    first, end = (datetime.fromtimestamp(at, language.timezone).date() for at in (period.since, period.until))
    return first, end - timedelta(days=1)
