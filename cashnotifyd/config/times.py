"""What durations and times of day mean: text in, meaning out, or :class:`Refused` with the next step."""

from __future__ import annotations

import re
from datetime import time
from typing import NamedTuple

from cashnotifyd.config.findings import Refused, did_you_mean
from cashnotifyd.config.values import as_text, is_off
from cashnotifyd.schedules import Every

_USUAL_DIGEST = time(8)


class _Limit(NamedTuple):
    seconds: float
    spoken: str


_A_SECOND = _Limit(1, "a second")
_TWO_MINUTES = _Limit(120, "two minutes")
_AN_HOUR = _Limit(3600, "an hour")
# Longer is a typing error: news of money would come too late to matter.
_A_DAY = _Limit(86_400, "a day")


def poll_interval(value: object) -> float | None:
    """Seconds from a second to a day, None for ``auto``."""
    text = as_text(value).strip()
    if text == "auto":
        return None
    return _seconds(text, _A_SECOND, _A_DAY, "Write auto, or a duration such as 30s, 5m, 1h or 1m30s.")


def stale_after(value: object) -> float:
    """Seconds from two minutes to a day."""
    return _seconds(as_text(value), _TWO_MINUTES, _A_DAY, "Write a duration from 2m to 24h, such as 15m or 1h30m.")


def burst_within(value: object) -> float:
    """Seconds from one to an hour."""
    return _seconds(as_text(value), _A_SECOND, _AN_HOUR, "Write a duration from 1s to 1h, such as 30s, 1m or 5m.")


def _seconds(text: str, shortest: _Limit, longest: _Limit, hint: str) -> float:
    text = text.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        in_seconds = f"Seconds are meant? Then write {int(text)}s."
        raise Refused("a number without a unit", in_seconds if int(text) >= shortest.seconds else hint)
    parts = re.fullmatch(r"(?=.)(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?", text)
    if parts is None:
        raise Refused("this is not a duration", hint)
    hours, minutes, seconds = (int(part or 0) for part in parts.groups())
    total = float(hours * 3600 + minutes * 60 + seconds)
    if total < shortest.seconds:
        raise Refused(f"shorter than {shortest.spoken}", hint)
    if total > longest.seconds:
        raise Refused(f"longer than {longest.spoken}", hint)
    return total


def quiet_hours(value: object) -> tuple[time, time] | None:
    """When they begin and end: ``22:00-07:00``, ``22-7``. None for ``off``."""
    text = as_text(value).strip()
    if is_off(text):
        return None
    begin_text, dash, end_text = re.sub("[–—]", "-", text).partition("-")  # noqa: RUF001 (dashes that people paste)
    begin, end = _time_of_day(begin_text), _time_of_day(end_text)
    if not dash or begin is None or end is None:
        raise Refused("these are no quiet hours", "Write when they begin and end, as in 22:00-07:00, or off.")
    if begin == end:
        raise Refused(
            "they end when they begin: is that never, or always?",
            "Write two times, as in 22:00-07:00, or off. For a channel that is never told, take the channel out.",
        )
    return begin, end


def digest(value: object) -> tuple[Every, time] | None:
    """How often and at which time of day: ``daily``, ``weekly 18:30``, ``monthly at 9``. None for ``off``."""
    text = as_text(value).strip().lower()
    if is_off(text):
        return None
    often, *at = text.split(maxsplit=1)
    try:
        every = Every(often)
    except ValueError:
        raise Refused(
            "this does not say how often there is a digest",
            f"{did_you_mean(often, Every)}Write daily, weekly or monthly, with a time if it is not to be 08:00 "
            "(daily 18:30), or off.",
        ) from None
    moment = _time_of_day(at[0].removeprefix("at ")) if at else _USUAL_DIGEST
    if moment is None:
        raise Refused("the digest's time is no time of day", f"Write it as in {every} 08:00.")
    return every, moment


def _time_of_day(text: str) -> time | None:
    """``7``, ``07:00`` or ``24:00``, which is midnight like ``00:00``."""
    parts = re.fullmatch(r"([0-9]{1,2})(?::([0-9]{2}))?", text.strip())
    if parts is None:
        return None
    hour, minute = int(parts[1]), int(parts[2] or 0)
    if (hour, minute) == (24, 0):
        return time()
    try:
        return time(hour, minute)
    except ValueError:
        return None
