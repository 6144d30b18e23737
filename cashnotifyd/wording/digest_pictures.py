"""What the picture of a digest shows: a bar for each day or hour, and behind it that of the period before."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Final

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_compact_currency  # type: ignore[attr-defined]  # not in the stubs

from cashnotifyd.cursor_file.figures import Entry, Figures
from cashnotifyd.money import Money, main_units
from cashnotifyd.schedules import Every, Span
from cashnotifyd.wording.digests import Report, change, period_dates, period_name
from cashnotifyd.wording.drawings import Drawing, Panel
from cashnotifyd.wording.headlines import marked
from cashnotifyd.wording.language import Language
from cashnotifyd.wording.money import code_apart
from cashnotifyd.wording.particulars import account_name

_PANELS: Final = 2
"""As many currencies as can be read on a phone; the others are in the words."""

_ENGLISH: Final = Locale("en")
_NAME: Final = 32
_STEPS: Final = tuple(Decimal(step) for step in ("1", "2", "2.5", "5", "10"))
_LINES: Final = 4
"""At most so many lines across; the scale ends with the last."""

_WITHOUT_DECIMALS, _MILLION = 100, 1_000_000
_EACH: Final[Mapping[Every, int]] = {Every.DAILY: 6, Every.WEEKLY: 1, Every.MONTHLY: 5}
"""Every how many bars there is a label: at 6, 12 and 18 o'clock, on each day, on the 5th, 10th …"""


def drawing(report: Report, before: Span, language: Language) -> Drawing | None:
    """The picture of a digest; None where there is nothing to see. ``before`` is the period before."""
    sums = [one.money for one in report.figures.of(Entry.PAYMENT) if one.money is not None and one.money.amount > 0]
    if not sums:
        return None
    drawn = _drawn(sums, report, before, language)
    if language.locale.language == _ENGLISH.language:
        return drawn
    return replace(drawn, in_english=_drawn(sums, report, before, Language(_ENGLISH, language.timezone)))


def _drawn(sums: Sequence[Money], report: Report, before: Span, language: Language) -> Drawing:
    only = report.accounts[0].account if len(report.accounts) == 1 else None
    return Drawing(
        when=marked(period_dates(report, language), report.mode, language),
        name="" if only is None else account_name(only, _NAME),
        panels=tuple(_panel(total, report, language) for total in sums[:_PANELS]),
        now=period_name(report, report.period, language),
        before="" if report.before is None else period_name(report, before, language),
    )


def _panel(total: Money, report: Report, language: Language) -> Panel:
    bars = _amounts(report.course, total.currency)
    ghosts = _amounts(report.course_before, total.currency)[: len(bars)] if report.before is not None else []
    highest = max(bars + ghosts)
    step, count = scale(main_units(Money(highest, total.currency)))
    top = step * count
    return Panel(
        headline=language.money(total),
        note=_note(total, report, language),
        peak=_short(main_units(Money(max(bars), total.currency)), total.currency, language),
        bars=_parts(bars, top, total.currency),
        ghosts=_parts(ghosts, top, total.currency) if any(ghosts) else (),
        labels=tuple(_labels(report, len(bars), language)),
        lines=tuple(
            (float(step * number / top), _short(step * number, total.currency, language))
            for number in range(1, count + 1)
        ),
    )


def scale(highest: Decimal) -> tuple[Decimal, int]:
    """A round step, and how many of them reach from zero to at least ``highest``, which is above zero."""
    magnitude = Decimal(1).scaleb((highest / _LINES).adjusted())
    step = next(step * magnitude for step in _STEPS if step * magnitude * _LINES >= highest)
    return step, int((highest / step).to_integral_value(ROUND_CEILING))


def _note(total: Money, report: Report, language: Language) -> str:
    if report.before is None:
        return ""
    return change(total.amount, report.before.amount(Entry.PAYMENT, total.currency), language) or ""


def _amounts(course: Sequence[Figures], currency: str) -> list[int]:
    return [max(figures.amount(Entry.PAYMENT, currency), 0) for figures in course]


def _parts(amounts: Sequence[int], top: Decimal, currency: str) -> tuple[float, ...]:
    return tuple(float(main_units(Money(amount, currency)) / top) for amount in amounts)


def _labels(report: Report, count: int, language: Language) -> list[str]:
    locale, each = language.locale, _EACH[report.every]
    first = datetime.fromtimestamp(report.period.since, language.timezone)
    match report.every:
        case Every.DAILY:
            skeleton = "h" if "a" in locale.time_formats["short"].pattern else "H"
            hours = (first.replace(tzinfo=None, hour=hour) for hour in range(count))
            return [format_skeleton(skeleton, hour, locale=locale) if hour.hour % each == 0 else "" for hour in hours]
        case Every.WEEKLY:
            days = [first.date() + timedelta(days=day) for day in range(count)]
            return [format_date(day, "ccc", locale=locale) for day in days]
        case Every.MONTHLY:
            return [str(day) if day == 1 or day % each == 0 else "" for day in range(1, count + 1)]


def _short(amount: Decimal, currency: str, language: Language) -> str:
    """The amount as it is read in passing: "€2,500", "€1.25M", and cents only where there is not much else."""
    code = currency.upper()
    if amount >= _MILLION:
        return code_apart(format_compact_currency(amount, code, locale=language.locale, fraction_digits=2))
    if amount % 1 and amount < _WITHOUT_DECIMALS:
        return language.money(Money(int(amount / main_units(Money(1, currency))), currency))
    pattern = copy.copy(language.locale.currency_formats["standard"])
    pattern.frac_prec = (0, 0)
    return code_apart(pattern.apply(amount, language.locale, currency=code, currency_digits=False))
