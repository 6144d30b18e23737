"""A person's language, currency style and time zone: every sentence, amount and date goes through here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from gettext import NullTranslations
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time

from cashnotifyd.occurrences.money import Money
from cashnotifyd.occurrences.reading import Details
from cashnotifyd.wording.money import format_money
from cashnotifyd.wording.safe_text import Clean, clean

_NOON = 12

_PERIODS = {
    "day": ("{money}/day", "{money} every {count} days"),
    "week": ("{money}/week", "{money} every {count} weeks"),
    "month": ("{money}/month", "{money} every {count} months"),
    "year": ("{money}/year", "{money} every {count} years"),
}


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
        return Clean(self.translation.ngettext(singular, plural, count).format(count=count, **values))

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
        """The last day that is wholly or mostly before a deadline, so that nobody trusts in a day that is not there.

        Stripe's deadlines are ends of days in UTC; east of it they fall into the small hours of the next day.
        """
        local = datetime.fromtimestamp(seconds, self.timezone)
        return self._date(seconds if local.hour >= _NOON else seconds - _NOON * 3600, self.timezone)

    def moment(self, seconds: int) -> Clean:
        """Day and minute here."""
        local = datetime.fromtimestamp(seconds, self.timezone)
        return self.say(
            "{date}, {time}",
            date=self.day(seconds),
            time=Clean(format_time(local, "short", tzinfo=self.timezone, locale=self.locale)),
        )

    def country(self, code: str) -> Clean:
        """The name of a country by its ISO 3166 code."""
        return Clean(self.locale.territories.get(code.upper()) or clean(code, 40))

    def _date(self, seconds: int, timezone: tzinfo) -> Clean:
        return Clean(format_date(datetime.fromtimestamp(seconds, timezone).date(), "medium", locale=self.locale))
