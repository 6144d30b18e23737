"""What people mean by a time: ``2026-11-24``, ``2026-11-24 15:00``, ``15:00``, ``yesterday``, ``2h`` ago."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import click

_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?=.)" + "".join(rf"(?:(\d{{1,6}}){unit})?" for unit in _UNITS), re.ASCII)
_DAY = timedelta(days=1)
EXAMPLES = "2026-11-24, '2026-11-24 15:00', 15:00, today, yesterday, or 2h and 7d for so long ago"


def since(text: str, now: float, timezone: ZoneInfo) -> float:
    """The moment (s since 1970 UTC); of a day its begin.

    Raises:
        click.UsageError: it means none.
    """
    return _meant(text, now, timezone, lambda day: day)


def until(text: str, now: float, timezone: ZoneInfo) -> float:
    """The moment that is not included any more; of a day its end.

    Raises:
        click.UsageError: it means none.
    """
    return _meant(text, now, timezone, lambda day: day + _DAY)


def _meant(text: str, now: float, timezone: ZoneInfo, edge: Callable[[date], date]) -> float:
    today = datetime.fromtimestamp(now, timezone).date()
    named = {"today": today, "yesterday": today - _DAY}.get(text.strip().lower())
    try:
        if named is not None:
            return _begin(edge(named), timezone)
        if (parts := _DURATION.fullmatch(text.strip())) is not None:
            return now - sum(int(part or 0) * unit for part, unit in zip(parts.groups(), _UNITS.values(), strict=True))
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text.strip(), re.ASCII):
            return _begin(edge(date.fromisoformat(text.strip())), timezone)
        if re.fullmatch(r"\d{1,2}:\d\d", text.strip(), re.ASCII):
            clock = datetime.strptime(text.strip(), "%H:%M").time()  # noqa: DTZ007 (a time of day)
            return datetime.combine(today, clock, timezone).timestamp()
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone)).timestamp()
    except (ValueError, OverflowError):
        raise click.UsageError(f"{text!r} is no time. Write {EXAMPLES}.") from None


def _begin(day: date, timezone: ZoneInfo) -> float:
    return datetime.combine(day, time(), timezone).timestamp()
