"""How many messages each service takes, so that the lanes keep within it. Apprise's own throttle sleeps and is off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from apprise import NotifyBase

from cashnotifyd.delivery.outcome import Pace

_UNLIMITED: Final = Pace(1, 0.0)
_AT_ONCE: Final = 5
"""Of services whose limit nobody here knows: a few in a row trouble none."""
_PACES: Final[Mapping[str, Pace]] = {
    # One's own machine, and one's own server, which has no limit.
    "DesktopNotice": _UNLIMITED,
    "NotifyGotify": _UNLIMITED,
    # "visitor-request-limit-burst" and "-replenish" of its server: the defaults, and what ntfy.sh says of itself
    # (ntfy's documentation, "Rate limiting" and "Limitations").
    "NotifyNtfy": Pace(60, 5.0),
    # 10,000 a month are free and no pace is set (Pushover's API documentation, "Limits"): this is courtesy.
    "NotifyPushover": Pace(20, 1.0),
    # X-RateLimit-Limit 5 and X-RateLimit-Reset-After 2 of a webhook's answers, and no more than 30 a minute in a room.
    "NotifyDiscord": Pace(5, 2.4),
    # "No more than one message per second", with "bursts over that limit for short periods" (Slack, "Rate limits").
    "NotifySlack": Pace(5, 1.0),
    # 60 writes per minute in a space (Google Chat, "Usage limits").
    "NotifyGoogleChat": Pace(5, 1.1),
    # More than four requests per second are throttled (Microsoft Teams, "Rate limiting for connectors").
    "NotifyWorkflows": Pace(4, 1.0),
    # Synapse's defaults: rc_message per_second 0.2, burst_count 10.
    "NotifyMatrix": Pace(10, 5.0),
    # No standard: providers allow from 20 a minute; who sends more in a row looks like a stolen account.
    "NotifyEmail": Pace(10, 3.0),
}
# Telegram, "Bots FAQ", on limits: one message per second in a chat, short bursts apart; 20 per minute in a group.
_TELEGRAMS_CHAT: Final = Pace(3, 1.0)
_TELEGRAMS_GROUP: Final = Pace(5, 4.0)


def pace_of(plugin: type[NotifyBase], arguments: Mapping[str, Any]) -> Pace:
    """What the service behind a URL with one recipient takes."""
    names = [one.__name__ for one in plugin.__mro__]
    if "NotifyTelegram" in names:
        recipients = [str(one) for one in arguments.get("targets") or ()]
        # A group's number is below zero, and a group or channel may have a name.
        return (
            _TELEGRAMS_GROUP if any(one[:1] in "-@" or not one[:1].isdigit() for one in recipients) else _TELEGRAMS_CHAT
        )
    known = next((_PACES[name] for name in names if name in _PACES), None)
    # What the plugin's author found that the service bears: seconds between two requests, whatever Apprise calls it.
    return known or Pace(_AT_ONCE, float(plugin.request_rate_per_sec))
