"""One attempt to send one message to one recipient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from apprise import NotifyBase, NotifyFormat, NotifyType
from apprise.conversion import convert_between
from apprise.exception import AppriseImproperlyConfigured

from cashnotifyd.delivery.apprise_door.desktop_notice import DesktopNotice
from cashnotifyd.delivery.apprise_door.hearing import Ear
from cashnotifyd.delivery.apprise_door.masking import redacted
from cashnotifyd.delivery.apprise_door.plugins import descends, instance
from cashnotifyd.delivery.apprise_door.texts import LINK_TITLE, as_format, texts_for
from cashnotifyd.delivery.failures import describe, may_have_arrived
from cashnotifyd.delivery.outcome import Delivered, NotSent, Outcome, Unconfirmed
from cashnotifyd.vocabulary import Message, Urgency


@dataclass(frozen=True, slots=True)
class _Parameters:
    """How a service takes what is not text: the plugin's arguments for urgency, link and icon's file."""

    urgency: str
    values: Mapping[Urgency, str]
    link: str | None = None
    icon: str | None = None
    fixed: Mapping[str, str] = field(default_factory=dict)


_HIGH_TO_LOW: Final = (Urgency.EMERGENCY, Urgency.HIGH, Urgency.NORMAL, Urgency.LOW)
_PARAMETERS: Final[Mapping[str, _Parameters]] = {
    "NotifyNtfy": _Parameters(
        "priority", dict(zip(_HIGH_TO_LOW, ("max", "high", "default", "low"), strict=True)), link="click"
    ),
    # Pushover's own emergency (2) rings again until somebody confirms it: too much of a good thing.
    "NotifyPushover": _Parameters(
        "priority",
        dict(zip(_HIGH_TO_LOW, ("1", "1", "0", "-1"), strict=True)),
        link="supplemental_url",
        fixed={"supplemental_url_title": LINK_TITLE},
    ),
    "NotifyGotify": _Parameters("priority", dict(zip(_HIGH_TO_LOW, ("10", "8", "5", "3"), strict=True))),
}
_PARAMETERS_OF_DESKTOP: Final = _Parameters("urgency", {urgency: urgency.value for urgency in Urgency}, icon="icon")
_TYPES: Final = {Urgency.EMERGENCY: NotifyType.FAILURE, Urgency.HIGH: NotifyType.WARNING}
_SHOWING_ICONS: Final = ("NotifyDiscord", "NotifyMattermost", "NotifyNtfy", "NotifyRocketChat", "NotifySlack")
"""Services that show an image from the web beside a message. Apprise's ``image=`` and ``avatar=`` still decide."""


class Target:
    """One recipient behind one Apprise URL. ``name`` is the service's, for logs. One thread at a time may send."""

    __slots__ = ("_arguments", "_hidden", "_parameters", "_plugin", "_reused", "name")

    def __init__(
        self, *, name: str, plugin: type[NotifyBase], arguments: dict[str, Any], hidden: tuple[str, ...]
    ) -> None:
        self.name = name
        self._plugin = plugin
        self._arguments = arguments
        self._hidden = hidden
        self._parameters = _PARAMETERS_OF_DESKTOP if plugin is DesktopNotice else _PARAMETERS.get(plugin.__name__)
        # An instance may hold a login (Matrix, Bluesky). Where urgency and link are arguments there is a new one for
        # each message, 66 µs.
        self._reused: NotifyBase | None = None

    def send(self, message: Message) -> Outcome:
        """Tries once, blocking the calling thread, and says what is known of the result.

        One connection attempt lasts 5 s and the wait for an answer 10 s, unless the URL sets ``cto`` and ``rto``;
        each step of a mail lasts 10 s at most, unless the URL sets ``cto``.
        """
        with Ear() as ear:
            try:
                service = self._service_for(message)
                service.asset.image_url_mask = self._icon_for(message)
                title, body = texts_for(service, message, links_apart=self._takes_link())
                # Converted here, as the dispatcher does: asked directly, some plugins (Telegram) take text for markup.
                shown_as = service.resolve_format(NotifyFormat.TEXT)
                taken = service.notify(
                    title=title if service.title_maxlen > 0 else convert_between(NotifyFormat.TEXT, shown_as, title),
                    body=as_format(shown_as, body, message.link),
                    body_format=shown_as,
                    body_passthrough=False,
                    notify_type=_TYPES.get(message.urgency, NotifyType.INFO),
                    overflow="truncate",
                )
            except AppriseImproperlyConfigured as error:
                return NotSent(self._reason(ear.warnings or [type(error).__name__], message))
            except Exception as error:  # noqa: BLE001 (150 plugins by as many authors: whatever one raises is a failed send, and the lane owns what follows)
                return self._judged(ear, [error], message)
            if taken:
                return Delivered()
            return self._judged(ear, ear.causes, message)

    def _takes_link(self) -> bool:
        return self._parameters is not None and (self._parameters.link is not None or self._plugin is DesktopNotice)

    def _icon_for(self, message: Message) -> str:
        """The link under which the service fetches the account's icon by itself, empty for none."""
        shows = any(descends(self._plugin, name) for name in _SHOWING_ICONS)
        return message.icon.url or "" if shows and message.icon is not None else ""

    def _service_for(self, message: Message) -> NotifyBase:
        if descends(self._plugin, "MailNotice"):
            return instance(self._plugin, {**self._arguments, "message": message})
        if self._parameters is None:
            if self._reused is None:
                self._reused = instance(self._plugin, self._arguments)
            return self._reused
        chosen = dict(self._parameters.fixed)
        chosen[self._parameters.urgency] = self._parameters.values[message.urgency]
        if message.link and self._parameters.link:
            chosen[self._parameters.link] = message.link
        if message.icon and message.icon.file and self._parameters.icon:
            chosen[self._parameters.icon] = message.icon.file
        return instance(self._plugin, {**chosen, **self._arguments})

    def _judged(self, ear: Ear, causes: list[BaseException], message: Message) -> Outcome:
        reason = self._reason([describe(cause) for cause in causes] or ear.warnings, message)
        # Without an error of transport a plugin gives up on an answer that says no, and warns of it.
        doubtful = any(may_have_arrived(cause) for cause in causes) if causes else not ear.warnings
        return Unconfirmed(reason) if doubtful else NotSent(reason)

    def _reason(self, said: list[str], message: Message) -> str:
        hidden = (*self._hidden, message.title, *message.body.splitlines())
        return redacted("; ".join(dict.fromkeys(said)), hidden) or "no reason was given"
