"""What each service takes besides text: urgency, link, icon, tags, picture, as its plugin's arguments.

Services are named as Apprise names their plugins, so that a table loads none of them. What a URL says wins everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from apprise import NotifyBase, NotifyType

from cashnotifyd.delivery.apprise_door.plugins import descends
from cashnotifyd.delivery.apprise_door.texts import LINK_TITLE
from cashnotifyd.vocabulary import Kind, Message, Urgency

_HIGH_TO_LOW: Final = (Urgency.EMERGENCY, Urgency.HIGH, Urgency.NORMAL, Urgency.LOW)
_NAMED: Final = ("emergency", "high", "normal", "low")
_TAGS: Final = {
    Kind.SALE: "moneybag",
    Kind.RENEWAL: "repeat",
    Kind.FAILED_PAYMENT: "credit_card",
    Kind.REFUND: "leftwards_arrow_with_hook",
    Kind.DISPUTE: "rotating_light",
    Kind.DISPUTE_CLOSED: "balance_scale",
    Kind.FRAUD_WARNING: "warning",
    Kind.PAYOUT: "bank",
    Kind.PAYOUT_FAILED: "x",
    Kind.SUBSCRIPTION_STARTED: "tada",
    Kind.SUBSCRIPTION_CHANGED: "arrows_counterclockwise",
    Kind.SUBSCRIPTION_CANCELED: "wave",
    Kind.TRIAL_ENDING: "hourglass_flowing_sand",
    Kind.CUSTOMER: "bust_in_silhouette",
    Kind.ACCOUNT: "office",
    Kind.WATCH: "eyes",
}
"""Short codes that ntfy shows as an emoji before the title (its documentation, "Emoji reference")."""
_RINGING: Final = frozenset({Kind.SALE, Kind.RENEWAL, Kind.PAYOUT, Kind.SUBSCRIPTION_STARTED})
"""Money comes in."""
_SUPPRESS_EMBEDS: Final = 1 << 2
_SUPPRESS_NOTIFICATIONS: Final = 1 << 12


@dataclass(frozen=True, slots=True)
class Takes:
    """How a service takes what is not text. ``of`` gives the arguments of a message's urgency and kind."""

    of: Callable[[Message], Mapping[str, Any]]
    link: str | None = None
    """The argument for the link; None where it has to stand in the text."""
    icon_file: str | None = None
    """The argument for the icon's file."""


def _by_urgency(argument: str, *high_to_low: object) -> Callable[[Message], Mapping[str, Any]]:
    values = dict(zip(_HIGH_TO_LOW, high_to_low, strict=True))
    return lambda message: {} if values[message.urgency] is None else {argument: values[message.urgency]}


def _ntfys(message: Message) -> Mapping[str, Any]:
    priorities = _by_urgency("priority", "max", "high", "default", "low")(message)
    return {**priorities, "xtags": [_TAGS[message.kind]]} if message.kind in _TAGS else priorities


def _pushovers(message: Message) -> Mapping[str, Any]:
    """The documentation of Pushover's API: "Message priority", "Notification sounds".

    An emergency rings every minute, for an hour at most, until somebody acknowledges it. Without a word Apprise would
    name the sound "pushover"; an empty one leaves it to the phone's own settings.
    """
    chosen = dict(_by_urgency("priority", "2", "1", "0", "-1")(message))
    if message.urgency is Urgency.EMERGENCY:
        chosen.update(sound="siren", interval=60, expire=3600)
    elif message.urgency is Urgency.HIGH:
        chosen.update(sound="bugle")
    else:
        chosen.update(sound="cashregister" if message.kind in _RINGING else "")
    return {**chosen, "supplemental_url_title": LINK_TITLE} if message.link else chosen


def _discords(message: Message) -> Mapping[str, Any]:
    """Flags, of Discord's documentation, "Message": no preview of a login page; what is low wakes nobody.

    A colour there would need an embed, which Apprise makes of Markdown alone, reading mentions in it.
    """
    silent = _SUPPRESS_NOTIFICATIONS if message.urgency is Urgency.LOW else 0
    return {"flags": _SUPPRESS_EMBEDS | silent}


def _incidents(message: Message) -> Mapping[str, Any]:
    """By Opsgenie's numbers, of which P1 is the loudest: Apprise 2.2 takes "emergency" for P5.

    Left alone it would add what is not urgent as a note to alerts that it opened before, and say yes if there are none.
    """
    return {**_by_urgency("priority", "p1", "p2", "p3", "p5")(message), "action": "new"}


def _desktops(message: Message) -> Mapping[str, Any]:
    return {"urgency": message.urgency.value}


_SILENT_IF_LOW: Final = _by_urgency("silent", False, False, False, True)  # noqa: FBT003 (what the plugins take)
_SERVICES: Final[Mapping[str, Takes]] = {
    "DesktopNotice": Takes(_desktops, link="link", icon_file="icon"),
    "NotifyBark": Takes(_by_urgency("level", "critical", "timeSensitive", "active", "passive"), link="click"),
    "NotifyDiscord": Takes(_discords),
    # Its click needs "extras", which Apprise sends with Markdown only and without one: the app makes links of text.
    "NotifyGotify": Takes(_by_urgency("priority", "10", "8", "5", "3")),
    "NotifyGrowl": Takes(_by_urgency("priority", *_NAMED)),
    "NotifyJira": Takes(_incidents),
    "NotifyJoin": Takes(_by_urgency("priority", *_NAMED)),
    "NotifyMacOSX": Takes(_by_urgency("sound", "default", "default", None, None), link="click"),
    "NotifyNextcloudTalk": Takes(_SILENT_IF_LOW),
    "NotifyNtfy": Takes(_ntfys, link="click"),
    "NotifyOpsgenie": Takes(_incidents),
    "NotifyProwl": Takes(_by_urgency("priority", *_NAMED)),
    "NotifyPushSafer": Takes(_by_urgency("priority", *_NAMED)),
    "NotifyPushover": Takes(_pushovers, link="supplemental_url"),
    "NotifyTelegram": Takes(_SILENT_IF_LOW),
}
_TYPES: Final = {Urgency.EMERGENCY: NotifyType.FAILURE, Urgency.HIGH: NotifyType.WARNING}
_SHOWING_ICONS: Final = (
    "NotifyBark",
    "NotifyDiscord",
    "NotifyMattermost",
    "NotifyNtfy",
    "NotifyRocketChat",
    "NotifySlack",
    "NotifyWorkflows",
)
"""Services that show an image from the web beside a message. Apprise's ``image=`` and ``avatar=`` still decide."""


def takes(plugin: type[NotifyBase]) -> Takes | None:
    """How this service takes what is not text; None for one that takes text alone."""
    return next((found for one in plugin.__mro__ if (found := _SERVICES.get(one.__name__)) is not None), None)


def arguments_for(plugin: type[NotifyBase], url_says: Mapping[str, Any], message: Message) -> dict[str, Any]:
    """The plugin's arguments for this message: ours, and over them whatever the URL says."""
    service = takes(plugin)
    if service is None:
        return dict(url_says)
    ours = dict(service.of(message))
    if message.link and service.link:
        ours[service.link] = message.link
    if message.icon and message.icon.file and service.icon_file:
        ours[service.icon_file] = message.icon.file
    query = url_says.get("qsd") or {}
    # A plugin that reads no "silent" in a URL takes False for one: that is not the URL's word.
    said = {name: value for name, value in url_says.items() if name not in ours or name in query or value}
    return {**ours, **said}


def type_of(message: Message) -> NotifyType:
    """What Apprise calls urgency: the colour at Slack, the severity at PagerDuty, a field of the webhooks."""
    return _TYPES.get(message.urgency, NotifyType.INFO)


def icon_url_for(plugin: type[NotifyBase], message: Message) -> str:
    """The link under which the service fetches the account's icon by itself, empty for none."""
    shows = any(descends(plugin, name) for name in _SHOWING_ICONS)
    return message.icon.url or "" if shows and message.icon is not None else ""


def takes_pictures(plugin: type[NotifyBase], url_says: Mapping[str, Any]) -> bool:
    """Whether a picture goes beside the text. A mail shows it within its page."""
    if descends(plugin, "MailNotice"):
        return False
    # With a token instead of a user, Apprise 2.2 sends text and picture to Matrix as one transaction, of which servers
    # drop the second part as a repeat.
    return bool(plugin.attachment_support) and (not descends(plugin, "NotifyMatrix") or bool(url_says.get("user")))
