"""``cashnotifyd mute``: silence for a while."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from cashnotifyd.cli import mutes
from cashnotifyd.cli.completing import channel_ids
from cashnotifyd.cli.joining import at_record, known_channels, settings_in
from cashnotifyd.cli.options import config_option
from cashnotifyd.cursor_file.door import MutingRecord
from cashnotifyd.cursor_file.values import Mute
from cashnotifyd.schedules import Span

_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?=.)" + "".join(rf"(?:(\d{{1,6}}){unit})?" for unit in _UNITS), re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
_LONGEST = 30 * 86_400
_EXAMPLE = "for instance: cashnotifyd mute phone 2h"


@dataclass(frozen=True, slots=True)
class Wish:
    """Which channels are to be silent, none meaning all, and until when (s since 1970 UTC)."""

    channels: tuple[str, ...]
    until: float


@click.command()
@click.argument("words", metavar="[CHANNEL]... [DURATION | until HH:MM]", nargs=-1, shell_complete=channel_ids)
@click.option("--drop", is_flag=True, help="What comes meanwhile is not told there at all, but for emergencies.")
@click.option("--json", "as_json", is_flag=True, help="What is muted then, as an array.")
@config_option
def mute(words: tuple[str, ...], drop: bool, as_json: bool, config: Path | None) -> None:  # noqa: FBT001 (flags of the command line)
    """Silence channels for a while.

    DURATION is such as 30m, 2h, 1d or 1h30m; the time is that of the configuration's time zone. Without a CHANNEL, all
    of them are silent. Without anything, it shows what is muted.

    Nothing is lost: what comes meanwhile is held, emergencies too, and told at the end, in one message if it is much.
    With --drop it is not told there, now or later, but for emergencies, which are held even then. `cashnotifyd unmute`
    ends it before its time. A running daemon notices within seconds, and a mute survives its restart.
    """
    settings = settings_in(config)
    wish = None
    if words:
        wish = _wish(words, time.time(), settings.timezone)
        known_channels(wish.channels, settings)

    async def silence(record: MutingRecord) -> mutes.Mutes:
        now = time.time()
        if wish is not None:
            for channel in dict.fromkeys(wish.channels) or (None,):
                await record.mute(channel, Mute(Span(now, wish.until), drop))
        return await record.mutes(now)

    if wish is None and drop:
        raise click.UsageError(f"--drop for how long? As in: {_EXAMPLE.partition(': ')[2]} --drop")
    found = at_record(settings, silence)
    click.echo(mutes.as_json(found) if as_json else mutes.told(found, settings))


def _wish(words: Sequence[str], now: float, timezone: ZoneInfo) -> Wish:
    """What the words mean. Raises click.UsageError where they mean nothing."""
    *channels, last = words
    if (clock := _TIME.fullmatch(last)) is not None:
        if channels and channels[-1] == "until":
            channels.pop()
        return Wish(tuple(channels), _next(clock, now, timezone))
    return Wish(tuple(channels), now + _seconds(last))


def _seconds(text: str) -> float:
    if text.isascii() and text.isdigit():
        raise click.UsageError(f"{text} of what? Write {text}h or {text}m, {_EXAMPLE}")
    if (parts := _DURATION.fullmatch(text)) is None:
        raise click.UsageError(f"For how long? {text!r} is no duration. Write 30m, 2h or 1d at the end, {_EXAMPLE}")
    seconds = sum(int(part or 0) * unit for part, unit in zip(parts.groups(), _UNITS.values(), strict=True))
    if not 0 < seconds <= _LONGEST:
        raise click.UsageError(f"{text!r} is no while: it can be from 1s to 30d.")
    return float(seconds)


def _next(clock: re.Match[str], now: float, timezone: ZoneInfo) -> float:
    """The next time that a clock in the time zone shows this."""
    try:
        at = time_of_day(int(clock[1]), int(clock[2]))
    except ValueError:
        raise click.UsageError(f"{clock[0]!r} is no time of day: it goes from 0:00 to 23:59.") from None
    today = datetime.fromtimestamp(now, timezone).date()
    moments = (datetime.combine(today + timedelta(days), at, timezone).timestamp() for days in (0, 1))
    return next(moment for moment in moments if moment > now)
