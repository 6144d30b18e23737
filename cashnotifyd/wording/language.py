"""A person's language, currency style and time zone: every sentence, amount and date goes through here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from gettext import NullTranslations
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_decimal

from cashnotifyd.money import Money
from cashnotifyd.occurrences.reading import Details
from cashnotifyd.wording.money import format_money
from cashnotifyd.wording.safe_text import Clean, clean

_NIGHT_ENDS, _NOON = 3, 12
"""Hours of the day."""

_PERIODS = {
    "day": ("{money}/day", "{money} every {count} days"),
    "week": ("{money}/week", "{money} every {count} weeks"),
    "month": ("{money}/month", "{money} every {count} months"),
    "year": ("{money}/year", "{money} every {count} years"),
}
_DURATIONS = {
    86_400: ("{count} day", "{count} days"),
    3_600: ("{count} hour", "{count} hours"),
    60: ("{count} minute", "{count} minutes"),
    1: ("{count} second", "{count} seconds"),
}
"""By the unit's seconds. Not Babel's: the sentences around them are English where there is no catalogue."""
_LEAST = {86_400: 2 * 86_400, 3_600: 2 * 3_600, 60: 60, 1: 0}
"""From how many seconds on a unit is used: 26 hours are more than a day, and 90 minutes more than an hour."""
_DAY = 86_400
_ALPHA_2 = 2
_NO_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})
"""Codes of two letters to which Unicode's CLDR gives a name: unions of countries, the unknown, made-up ones."""


@dataclass(frozen=True, slots=True)
class Language:
    """How to say things. The English sentences in the code are the msgids of ``translation``."""

    locale: Locale
    timezone: ZoneInfo
    translation: NullTranslations = field(default_factory=NullTranslations)

    def say(self, msgid: str, **values: Clean) -> Clean:
        """The sentence in this language. The template is the project's own; values are never templates."""
        return Clean(self.translation.gettext(msgid).format(**values))

    def say_count(self, singular: str, plural: str, count: int, **values: Clean) -> Clean:
        """The sentence in the grammatical number of ``count``, which it may hold as ``{count}``."""
        return Clean(self.translation.ngettext(singular, plural, count).format(count=self.number(count), **values))

    def number(self, count: int) -> Clean:
        """A whole number, such as "1,284"."""
        return Clean(format_decimal(count, locale=self.locale))

    def listed(self, items: Sequence[Clean]) -> Clean:
        """Such as "a, b and c", of at least one."""
        *first, last = items
        return self.say("{first} and {last}", first=Clean(", ".join(first)), last=last) if first else last

    def money(self, money: Money) -> Clean:
        """An amount with its currency."""
        return format_money(money, self.locale)

    def price(self, details: Details) -> Clean | None:
        """An amount, and the period that it is paid for where it recurs."""
        if details.money is None:
            return None
        money = self.money(details.money)
        if (forms := _PERIODS.get(details.interval or "")) is None:
            return money
        return self.say_count(*forms, details.interval_count or 1, money=money)

    def day(self, seconds: int) -> Clean:
        """The day here."""
        return self._date(seconds, self.timezone)

    def bank_day(self, seconds: int) -> Clean:
        """A day that Stripe sends as its midnight in UTC, such as a payout's arrival."""
        return self._date(seconds, UTC)

    def deadline(self, seconds: int) -> Clean:
        """The day of a deadline as people keep it, so that nobody trusts in hours that are not there.

        Stripe's deadlines are ends of days in UTC; a little east of it they fall into the small hours, which belong to
        the day before. A deadline in the morning has its time beside it; later there is most of a day for it.
        """
        local = datetime.fromtimestamp(seconds, self.timezone)
        if local.hour < _NIGHT_ENDS:
            return _written_day(local.date() - timedelta(days=1), self.locale)
        return self.moment(seconds) if local.hour < _NOON else self.day(seconds)

    def moment(self, seconds: float) -> Clean:
        """Day and minute here."""
        return self.say("{date}, {time}", date=self._date(seconds, self.timezone), time=self._time(seconds))

    def period(self, since: float, until: float) -> Clean:
        """Day and minute here of the first and the last of what happened."""
        first, last = self._time(since), self._time(until)
        if self._date(since, self.timezone) != self._date(until, self.timezone):
            return self.say("{since} until {until}", since=self.moment(since), until=self.moment(until))
        if first == last:
            return self.moment(since)
        return self.say("{date}, {since} to {until}", date=self._date(since, self.timezone), since=first, until=last)

    def hours(self, since: float, until: float) -> Clean:
        """The times of day of both, and the days as well where the times alone could be those of more than one."""
        if until - since >= _DAY:
            return self.period(since, until)
        return self.say("{since} to {until}", since=self._time(since), until=self._time(until))

    def duration(self, seconds: float) -> Clean:
        """A length of time as people say it, such as "90 minutes" and "26 hours"."""
        unit = next((unit for unit, least in _LEAST.items() if seconds >= least), 1)
        return self.say_count(*_DURATIONS[unit], max(round(seconds / unit), 0))

    def country(self, code: str) -> Clean:
        """The name of a country by its ISO 3166 code, or as it was written instead; empty for what is no country."""
        written = clean(code, 40)
        if len(written) > _ALPHA_2:
            return written if any(letter.isalpha() for letter in written) else Clean("")
        known = written.upper()
        return Clean("" if known in _NO_COUNTRIES else self.locale.territories.get(known, ""))

    def _date(self, seconds: float, timezone: tzinfo) -> Clean:
        return _written_day(datetime.fromtimestamp(seconds, timezone).date(), self.locale)

    def _time(self, seconds: float) -> Clean:
        return _written_time(seconds, self.timezone, self.locale)


@lru_cache(maxsize=64)
def _written_day(day: date, locale: Locale) -> Clean:
    return Clean(format_date(day, "medium", locale=locale))


@lru_cache(maxsize=64)
def _written_time(seconds: float, timezone: ZoneInfo, locale: Locale) -> Clean:
    local = datetime.fromtimestamp(seconds, timezone)
    return Clean(format_time(local, "short", tzinfo=timezone, locale=locale))
