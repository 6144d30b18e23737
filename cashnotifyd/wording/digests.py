"""A day, a week or a month in the few lines that one reads over breakfast: what came in, what of it is left, what else.

::

    Your week: €4,820.00 and $310.00 · Acme
    €4,820.00 from 41 payments, +12% on the week before
    $310.00 from 3 payments, +4% on the week before
    Fees €144.60 (+12%) and $9.30 (+4%); €4,626.40 (+11%) and $300.70 (+4%) left after fees and refunds
    2 refunds (€49.00; €29.00 the week before)
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
from cashnotifyd.occurrences.reading import Variant
from cashnotifyd.schedules import Every, Span
from cashnotifyd.vocabulary import Account, Kind, Message, Mode, Urgency, Wordings
from cashnotifyd.wording.counted import COUNTED, COUNTED_BY_VARIANT
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
    a day, and day by day of a week or month. ``passed_over``: how many older digests nobody is told any more.
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
    passed_over: int = 0


_YOURS: Final[Mapping[Every, str]] = {
    Every.DAILY: "Your {period}: {takings}",
    Every.WEEKLY: "Your week: {takings}",
    Every.MONTHLY: "Your {period}: {takings}",
}
_PARTLY_KNOWN: Final[Mapping[Every, str]] = {
    Every.DAILY: "Your {period}, as far as known: {takings}",
    Every.WEEKLY: "Your week, as far as known: {takings}",
    Every.MONTHLY: "Your {period}, as far as known: {takings}",
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
_BEFORE: Final[Mapping[Every, str]] = {
    Every.DAILY: "{what} the day before",
    Every.WEEKLY: "{what} the week before",
    Every.MONTHLY: "{what} the month before",
}
_NONE_BEFORE: Final[Mapping[Every, str]] = {
    Every.DAILY: "none the day before",
    Every.WEEKLY: "none the week before",
    Every.MONTHLY: "none the month before",
}
_COUNTED: Final[Mapping[Entry, tuple[str, str]]] = {
    Entry.OUTSIDE: COUNTED_BY_VARIANT[Variant.OUTSIDE_STRIPE],
    Entry.REFUND: COUNTED[Kind.REFUND],
    Entry.REFUND_FAILED: COUNTED_BY_VARIANT[Variant.REFUND_FAILED],
    Entry.FAILURE: COUNTED[Kind.FAILED_PAYMENT],
    Entry.DISPUTE: COUNTED[Kind.DISPUTE],
    Entry.INQUIRY: COUNTED_BY_VARIANT[Variant.INQUIRY],
    Entry.WON: COUNTED_BY_VARIANT[Variant.WON],
    Entry.LOST: COUNTED_BY_VARIANT[Variant.LOST],
    Entry.PAYOUT: COUNTED[Kind.PAYOUT],
    Entry.PAYOUT_FAILED: COUNTED[Kind.PAYOUT_FAILED],
    Entry.PAYOUT_CANCELED: COUNTED_BY_VARIANT[Variant.PAYOUT_CANCELED],
    Entry.STARTED: COUNTED[Kind.SUBSCRIPTION_STARTED],
    Entry.TRIAL: COUNTED_BY_VARIANT[Variant.TRIAL],
    Entry.CONVERTED: COUNTED_BY_VARIANT[Variant.TRIAL_CONVERTED],
    Entry.ENDED: COUNTED[Kind.SUBSCRIPTION_CANCELED],
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
_LEFT_OUT: Final[Mapping[Entry, tuple[str, str]]] = {
    Entry.REFUND: ("{count} refund", "{count} refunds"),
    Entry.REFUND_FAILED: ("{count} failed refund", "{count} failed refunds"),
}
_COMPARED: Final = frozenset({Entry.REFUND, Entry.STARTED, Entry.ENDED, Entry.PAYOUT})
_MISSED: Final = frozenset({Entry.STARTED, Entry.ENDED})
"""What is said, too, when there is none where there was some before."""
_BAD: Final = (Entry.FAILURE, Entry.DISPUTE, Entry.PAYOUT_FAILED, Entry.LOST, Entry.REFUND_FAILED, Entry.INQUIRY)
"""What makes a period without payments anything but quiet."""
_BAD_IN_TITLE: Final = 3
_CURRENCIES_IN_TITLE, _CURRENCIES = 2, 8
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
            urgency=Urgency.NORMAL if self._is_bad() else Urgency.LOW,
            link=None if one is None else dashboard_list(one, Kind.SALE),
            icon=None if one is None else one.icon,
        )

    def _only_account(self) -> Account | None:
        accounts = self.report.accounts
        return accounts[0].account if len(accounts) == 1 else None

    def _title(self, one: Account | None) -> Clean:
        report, language = self.report, self.language
        period = period_name(report, report.period, language)
        if report.figures.of(Entry.PAYMENT):
            what = language.say(_YOURS[report.every], period=period, takings=self._takings(report.figures))
        elif self._is_partly_known():
            what = language.say(_PARTLY_KNOWN[report.every], period=period, takings=self._no_payments())
        elif self._is_bad():
            what = language.say(_YOURS[report.every], period=period, takings=self._no_payments())
        else:
            what = language.say(_QUIET[report.every])
        return marked(what, report.mode, language) if one is None else title(what, one, language)

    def _is_partly_known(self) -> bool:
        return any(one.since is not None or one.unread is not None for one in self.report.accounts)

    def _is_bad(self) -> bool:
        """Whether nothing came in and something went wrong."""
        figures = self.report.figures
        return not figures.of(Entry.PAYMENT) and figures.count(*_BAD) > 0

    def _no_payments(self) -> Clean:
        """That nothing came in, and the worst of what went wrong."""
        language, figures = self.language, self.report.figures
        bad = [self._failed_or_worse(entry) for entry in _BAD if figures.count(entry)]
        if not bad:
            return language.say("no payments")
        return language.say("no payments; {bad}", bad=Clean(", ".join(bad[:_BAD_IN_TITLE])))

    def _failed_or_worse(self, entry: Entry) -> Clean:
        count = self.report.figures.count(entry)
        if entry is Entry.FAILURE:  # after "no payments" it need not say of what
            return self.language.say_count("{count} failed", "{count} failed", count)
        return self.language.say_count(*_COUNTED[entry], count)

    def _body(self) -> Iterator[Clean]:
        report, language = self.report, self.language
        yield from self._payments(report.figures, report.before)
        yield from self._left(report.figures, report.before)
        yield from self._others(report.figures, report.before)
        yield from self._by_account()
        if report.test:
            for line in (*self._payments(report.test, None), *self._others(report.test, None)):
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
            monies = [one.money for one in before.of(Entry.PAYMENT) if one.money is not None]
            gone = [money.currency for money in monies if money.currency not in there and money.amount]
            sums += [Sum(0, Money(0, currency)) for currency in gone]
        for one in sums[:_CURRENCIES]:
            yield self._came_in(one) if before is None else self._compared(one, before)
        if len(sums) > _CURRENCIES:
            yield self._more_currencies(len(sums) - _CURRENCIES)

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

    def _compared(self, now: Sum, before: Figures) -> Clean:
        """By amounts, or by counts where these say nothing."""
        what, money = self._came_in(now), now.money
        currency = None if money is None else money.currency
        was = next((one for one in before.of(Entry.PAYMENT) if _currency(one) == currency), Sum(0, None))
        amount = 0 if was.money is None else was.money.amount
        if money is not None and (money.amount or amount):
            return self._against(what, money.amount, amount, self.language.money(Money(amount, money.currency)))
        return self._beside(what, self._before(self.language.number(was.count))) if was.count else what

    def _before(self, what: Clean) -> Clean:
        return self.language.say(_BEFORE[self.report.every], what=what)

    def _beside(self, what: Clean, more: Clean) -> Clean:
        return self.language.say("{what} ({amounts})", what=what, amounts=more)

    def _against(self, what: Clean, now: int, was: int, before: Clean) -> Clean:
        changed = change(now, was, self.language) if now else None
        if changed is None:
            return self.language.say(_AFTER[self.report.every], what=what, before=before)
        if not changed:
            return self.language.say(_ALIKE[self.report.every], what=what)
        return self.language.say(_CHANGED[self.report.every], what=what, change=changed)

    def _left(self, figures: Figures, before: Figures | None) -> Iterator[Clean]:
        if not figures.net:
            return
        # What is a part of it here or there cannot be compared.
        was = None if before is None or _has_gaps(figures) or _has_gaps(before) else before
        amounts = {
            "fees": self._amounts(figures.fees, () if was is None else was.fees),
            "net": self._amounts(figures.net, () if was is None else was.net),
        }
        if figures.count(Entry.REFUND):
            what = self.language.say("Fees {fees}; {net} left after fees and refunds", **amounts)
        else:
            what = self.language.say("Fees {fees}; {net} left after fees", **amounts)
        left_out = list(self._left_out(figures))
        if left_out:
            what = self.language.say("{what}, without {left_out}", what=what, left_out=self.language.listed(left_out))
        yield what

    def _left_out(self, figures: Figures) -> Iterator[Clean]:
        """What is in neither fees nor net."""
        for entry, forms in _LEFT_OUT.items():
            if sums := figures.left_out.get(entry):
                counted = self.language.say_count(*forms, sum(one.count for one in sums))
                monies = _monies(sums)
                yield self._beside(counted, self._amounts(monies)) if monies else counted
        if figures.unsettled:
            yield self.language.say_count(
                "{count} payment whose fee is not known",
                "{count} payments whose fees are not known",
                figures.unsettled,
            )

    def _amounts(self, monies: Sequence[Money], before: Sequence[Money] = ()) -> Clean:
        """Each with how it has changed, where that says something."""
        was = {money.currency: money.amount for money in before}
        said = []
        for money in monies[:_CURRENCIES]:
            changed = change(money.amount, was.get(money.currency, 0), self.language)
            amount = self.language.money(money)
            said.append(self._beside(amount, changed) if changed else amount)
        if len(monies) > _CURRENCIES:
            return Clean(f"{', '.join(said)} {self._more_currencies(len(monies) - _CURRENCIES)}")
        return self.language.listed(said)

    def _more_currencies(self, count: int) -> Clean:
        return self.language.say_count("and {count} more currency", "and {count} more currencies", count)

    def _of(self, entry: Entry, figures: Figures, before: Figures | None) -> Clean:
        """How many, and how much, now and before."""
        counted = self.language.say_count(*_COUNTED[entry], figures.count(entry))
        monies = self._amounts_of(entry, figures)
        was = None if before is None or entry not in _COMPARED else self._was(entry, before)
        if not monies:
            return counted if was is None else self._beside(counted, was)
        if was is None:
            return self._beside(counted, self._amounts(monies))
        return self.language.say(
            "{what} ({amounts}; {before})", what=counted, amounts=self._amounts(monies), before=was
        )

    def _was(self, entry: Entry, before: Figures) -> Clean:
        if not before.count(entry):
            return self.language.say(_NONE_BEFORE[self.report.every])
        monies = self._amounts_of(entry, before)
        return self._before(self._amounts(monies) if monies else self.language.number(before.count(entry)))

    def _amounts_of(self, entry: Entry, figures: Figures) -> list[Money]:
        return [] if entry in _PRICES else _monies(figures.of(entry))

    # Of what has none

    def _number_of_payments(self, figures: Figures) -> Clean:
        return self.language.say_count("{count} payment", "{count} payments", figures.count(Entry.PAYMENT))

    def _others(self, figures: Figures, before: Figures | None) -> Iterator[Clean]:
        for entries in _LINES:
            told = [
                self._of(entry, figures, before)
                for entry in entries
                if figures.count(entry) or (before is not None and entry in _MISSED and before.count(entry))
            ]
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
        """What nobody could know, said of a few accounts by name, and what nobody is told any more."""
        if self.report.passed_over:
            yield self.language.say_count(
                "{count} older digest was passed over",
                "{count} older digests were passed over",
                self.report.passed_over,
            )
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
        was = before.count(Entry.PAYMENT)
        if count or was:
            yield self._against(self._number_of_payments(figures), count, was, self._number_of_payments(before))

    def _left(self, _figures: Figures, _before: Figures | None) -> Iterator[Clean]:
        return iter(())

    def _amounts_of(self, _entry: Entry, _figures: Figures) -> list[Money]:
        return []

    def _one_account(self, figures: Figures) -> Clean:
        return self._number_of_payments(figures)


def _currency(one: Sum) -> str | None:
    return None if one.money is None else one.money.currency


def _monies(sums: Iterable[Sum]) -> list[Money]:
    return [one.money for one in sums if one.money is not None]


def _has_gaps(figures: Figures) -> bool:
    return bool(figures.unsettled or figures.left_out)


def _first(accounts: Iterable[AccountFigures]) -> list[AccountFigures]:
    return list(accounts)[:_ACCOUNTS]


def _days(period: Span, language: Language) -> tuple[date, date]:
    first, end = (datetime.fromtimestamp(at, language.timezone).date() for at in (period.since, period.until))
    return first, end - timedelta(days=1)
