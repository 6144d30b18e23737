"""One attempt to send one message to one recipient."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import structlog
from apprise import AppriseAttachment, NotifyBase
from apprise.exception import AppriseImproperlyConfigured
from apprise.plugins.base import _delivery_tracker

from cashnotifyd.delivery.apprise_door.answers import Answer, meaning
from cashnotifyd.delivery.apprise_door.cutting import Connections
from cashnotifyd.delivery.apprise_door.hearing import AskedToWait, Ear
from cashnotifyd.delivery.apprise_door.masking import redacted
from cashnotifyd.delivery.apprise_door.paces import pace_of
from cashnotifyd.delivery.apprise_door.plugins import descends, instance, made_ready
from cashnotifyd.delivery.apprise_door.services import (
    arguments_for,
    icon_url_for,
    takes,
    takes_pictures,
    type_of,
)
from cashnotifyd.delivery.apprise_door.texts import texts_for
from cashnotifyd.delivery.failures import describe, outcome_of
from cashnotifyd.delivery.outcome import Delivered, NotSent, Outcome, Refused, Unconfirmed
from cashnotifyd.vocabulary import Message

log = structlog.get_logger(__name__)

_STATUS: Final = re.compile(r"\berror=([1-5]\d\d)\b")
"""How Apprise's warnings name the status of an answer; for a plugin that sends from a thread of its own."""
_PATIENCE: Final = 60.0
_LONGEST_PATIENCE: Final = 600.0
"""Seconds for a whole send, whatever the URL says of its parts: a reload waits for the one under way."""


class Target:
    """One recipient behind one Apprise URL. One thread at a time may send.

    ``name`` is the service's, for logs; ``pace`` is what the service takes; ``patience`` is how long a send may last.
    """

    __slots__ = ("_arguments", "_connections", "_hidden", "_plugin", "_reused", "name", "pace", "patience")

    def __init__(
        self, *, name: str, plugin: type[NotifyBase], arguments: dict[str, Any], hidden: tuple[str, ...]
    ) -> None:
        self.name = name
        self.pace = pace_of(plugin, arguments)
        self.patience = min(max(_seconds(arguments, "cto") + _seconds(arguments, "rto"), _PATIENCE), _LONGEST_PATIENCE)
        self._plugin = plugin
        self._arguments = arguments
        self._hidden = hidden
        # An instance may hold a login (Matrix, Bluesky). Where urgency and link are arguments there is a new one for
        # each message, 66 µs.
        self._reused: NotifyBase | None = None
        self._connections: Connections | None = None

    def send(self, message: Message) -> Outcome:
        """Tries once, blocking the calling thread, and says what is known of the result.

        One connection attempt lasts 5 s and the wait for an answer 10 s, unless the URL sets ``cto`` and ``rto``;
        each step of a mail lasts 10 s at most, unless the URL sets ``cto``. All of it lasts as long as the service
        makes it, by dripping; whoever loses patience calls :meth:`give_up`. A picture that cannot be sent is left out.
        """
        with Connections() as self._connections:
            return self._send(message)

    def give_up(self) -> None:
        """End the send under way, from another thread. What it still says is what is known of the message."""
        self._reused = None  # it may be in use for as long as that thread lives
        if self._connections is not None:
            self._connections.give_up()

    def _send(self, message: Message) -> Outcome:
        picture = self._picture_of(message)
        if picture is None:
            return self._attempt(message)
        with _remembering_what_arrived() as arrived:
            outcome = self._attempt(message, picture)
            refused = isinstance(outcome, Refused) and outcome.of == "message"
            if isinstance(outcome, Delivered) or not (arrived or refused):
                return outcome
            # Without the picture what has arrived is not sent again, or is all that there is to send.
            without = self._attempt(message)
        if isinstance(without, Delivered):
            log.info("a message went without its picture", service=self.name, reason=outcome.reason)
        return without

    def _picture_of(self, message: Message) -> Path | None:
        if message.picture is None or not takes_pictures(self._plugin, self._arguments):
            return None
        picture = Path(message.picture)
        return picture if picture.is_file() else None

    def _attempt(self, message: Message, picture: Path | None = None) -> Outcome:
        connections = self._connections
        with Ear() as ear:
            try:
                service = self._service_for(message)
                service.asset.image_url_mask = icon_url_for(self._plugin, message)
                texts = texts_for(service, message, links_apart=self._takes_link())
                taken = service.notify(
                    title=texts.title,
                    body=texts.body,
                    body_format=texts.format,
                    body_passthrough=False,
                    notify_type=type_of(message),
                    overflow="truncate",
                    attach=None if picture is None else AppriseAttachment(picture.as_uri(), asset=service.asset),
                )
            except AppriseImproperlyConfigured as error:
                return Refused(self._reason(ear.warnings or [type(error).__name__], message), "channel")
            except AskedToWait:
                return self._judged(ear, [], message)
            except Exception as error:  # noqa: BLE001 (150 plugins by as many authors: whatever one raises is a failed send, and the lane owns what follows)
                outcome = self._judged(ear, [error], message)
            else:
                outcome = Delivered() if taken else self._judged(ear, list(ear.causes), message)
        if connections is not None and connections.given_up and isinstance(outcome, NotSent | Unconfirmed):
            return replace(outcome, reason=f"no end to it within {self.patience:.0f} s")
        return outcome

    def _takes_link(self) -> bool:
        service = takes(self._plugin)
        return service is not None and service.link is not None

    def _service_for(self, message: Message) -> NotifyBase:
        if descends(self._plugin, "MailNotice"):
            return instance(self._plugin, {**self._arguments, "message": message})
        if takes(self._plugin) is None:
            if self._reused is None:
                self._reused = instance(self._plugin, self._arguments)
            return made_ready(self._reused)
        return instance(self._plugin, arguments_for(self._plugin, self._arguments, message))

    def _judged(self, ear: Ear, causes: list[BaseException], message: Message) -> Outcome:
        broken = [] if ear.broken is None else [ear.broken]
        reason = self._reason([describe(cause) for cause in causes or broken] or ear.warnings, message)
        if ear.broken is not None:
            return Unconfirmed(reason)  # what a plugin made of a yes whose rest is missing is no answer
        if causes:
            return outcome_of(causes, reason)
        if answer := _decisive(ear):
            return meaning(answer, reason, time.time())
        # Without an error of transport a plugin gives up on an answer that says no, and warns of it.
        return NotSent(reason) if ear.warnings else Unconfirmed(reason)

    def _reason(self, said: list[str], message: Message) -> str:
        hidden = (*self._hidden, message.title, *message.body.splitlines())
        return redacted("; ".join(dict.fromkeys(said)), hidden) or "no reason was given"


def _seconds(arguments: Mapping[str, Any], name: str) -> float:
    """A limit that a URL sets, 0 for none that can be read: the plugin takes its own then."""
    try:
        return float(arguments.get(name) or 0.0)
    except (TypeError, ValueError):
        return 0.0


@contextmanager
def _remembering_what_arrived() -> Iterator[set[Any]]:
    """Has plugins note which parts of a message a service took, as Apprise's dispatcher does between its own retries.

    Many send a picture after the text, in requests of its own.
    """
    arrived: set[Any] = set()
    token = _delivery_tracker.set(arrived)
    try:
        yield arrived
    finally:
        _delivery_tracker.reset(token)


def _decisive(ear: Ear) -> Answer | None:
    """The answer with which a plugin gave up: the last no. Rocket.Chat's logs out after it and hears a yes."""
    if ear.answers:
        return next((answer for answer in reversed(ear.answers) if answer.says_no), ear.answers[-1])
    statuses = _STATUS.findall(" ".join(ear.warnings))
    return Answer(int(statuses[-1]), {}) if statuses else None
