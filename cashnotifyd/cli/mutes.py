"""What people are told of the channels that are muted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from babel import Locale

from cashnotifyd.cli.tables import wrapped
from cashnotifyd.config.settings import Settings
from cashnotifyd.cursor_file.values import Mute
from cashnotifyd.history.timestamps import iso
from cashnotifyd.wording.language import Language

Mutes = Mapping[str | None, Mute]
"""By channel; None stands for all of them."""


def told(mutes: Mutes, settings: Settings) -> str:
    """Lines for people."""
    return "\n".join(_lines(mutes, settings)) or "No channel is muted."


def as_json(mutes: Mutes) -> str:
    """An array, an object a mute; ``channel`` is null where it is for all of them. Times are ISO 8601, UTC."""
    return json.dumps(
        [
            {
                "channel": channel,
                "since": iso(mute.span.since),
                "until": iso(mute.span.until),
                "meanwhile": "dropped" if mute.drops else "held",
            }
            for channel, mute in mutes.items()
        ],
        indent=2,
    )


def effective(channel: str, mutes: Mutes) -> Mute | None:
    """The mute that a channel goes by now: its own before the one for all."""
    return mutes.get(channel) or mutes.get(None)


def _lines(mutes: Mutes, settings: Settings) -> Iterable[str]:
    everything = mutes.get(None)
    if everything is not None:
        yield _line("All channels are", everything, settings)
    for channel in settings.channels:
        mute = effective(channel, mutes)
        if mute is not None and mute != everything:
            yield _line(f"{channel} is", mute, settings)


def _line(who: str, mute: Mute, settings: Settings) -> str:
    what = (
        "What comes meanwhile is not told there; emergencies are, at the end."
        if mute.drops
        else "What comes meanwhile is held, emergencies too, and told at the end."
    )
    until = moment(mute.span.until, settings.locale, settings.timezone)
    return wrapped(f"{who} muted until {until}. {what}", indent="  ")


def moment(seconds: float, locale: str, timezone: ZoneInfo) -> str:
    """Day and minute."""
    # No-break spaces are for messages; a terminal may show them as something else.
    return " ".join(Language(Locale.parse(locale), timezone).moment(seconds).split())
