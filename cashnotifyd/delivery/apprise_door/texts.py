"""Texts that fit: as each service shows them, and no longer than it takes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from apprise import NotifyBase, NotifyFormat
from apprise.conversion import convert_between

from cashnotifyd.delivery.apprise_door.plugins import descends
from cashnotifyd.vocabulary import Message

LINK_TITLE: Final = "Stripe Dashboard"
_CALLING: Final = (
    "NotifyDiscord",
    "NotifyFluxer",
    "NotifyGuilded",
    "NotifyMastodon",
    "NotifyMatrix",
    "NotifyMattermost",
    "NotifyNextcloudTalk",
    "NotifyRevolt",
    "NotifyRocketChat",
    "NotifyTelegram",
    "NotifyZulip",
)
_READING_MARKDOWN: Final = ("NotifyDiscord", "NotifyFluxer", "NotifyGuilded", "NotifyMattermost", "NotifyRevolt")
"""Services that read Markdown even in what is sent as text, and take a backslash before its signs."""
_TITLES_IN_MARKDOWN: Final = ("NotifyWorkflows", "NotifyMSTeams")
"""Services that read it in a title of its own."""
_MARKDOWN: Final = re.compile(r"[\\`*_~|\[\]]|^\s*(?:[#>+-]|\d+(?=[.)]))", re.MULTILINE)
_CALL: Final = re.compile(
    r"(?<!\w)@(?=[\w*])"  # @all, @ada, Zulip's @**all**
    r"|@(?=everyone\b|here\b(?!\.\w))"  # Discord looks within words too; bob@here.example is an address
    r"|<(?=@)",
    re.IGNORECASE,
)
"""What rings for a person or a whole room, wherever it stands in a text: a customer may be named @everyone."""
_BREAK: Final = "\u200b"
_COUNTING_UTF16: Final = ("NotifyDiscord", "NotifyTelegram")
"""Telegram counts so (Bot API, "MessageEntity"); what Discord counts it does not say, and this is never less."""
_COUNTING_BYTES: Final = ("NotifyMatrix",)
"""An event there has at most 65,536 bytes (Matrix's Client-Server API, "Size limits")."""
_NTFY_BYTES: Final = 4000
"""ntfy turns a longer message into an attachment, which the phone shows as a file name (its documentation,
"Limitations": 4,096 bytes). Counted in JSON, which never is shorter than UTF-8 and is what the plugin counts."""
_TITLE_IN_BODY: Final = 250
"""Signs of a title where a service has no place for one, and it becomes the first line of the body."""
_ROOM: Final = 14
"""Apprise sets 12 aside for the count of a split message, and 2 for a line's end."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Title and body as a plugin is given them, in ``format``."""

    title: str
    body: str
    format: NotifyFormat


def texts_for(service: NotifyBase, message: Message, *, links_apart: bool) -> Texts:
    """Title and body as this service can show them, cut with a sign where they are too long.

    Apprise left to itself would send an oversized text as it is, for the service to refuse or to turn into a file, or
    cut it where it likes, within an ``&amp;`` that Telegram then refuses. So both are cut before they are converted,
    and measured after.
    """
    # Converted here, as the dispatcher does: asked directly, some plugins (Telegram) take text for markup.
    shown_as = service.resolve_format(NotifyFormat.TEXT)
    link = None if links_apart else message.link
    shown_title, title_limit = _title_way(service, shown_as)
    title = _cut(message.title, lambda text: len(shown_title(text)) <= title_limit)
    size, limit = _measure(service, shown_as, shown_title(title))
    body = _cut(message.body or message.title, lambda text: size(_shown(service, shown_as, text, link)) <= limit)
    shown = _shown(service, shown_as, body, link)
    if shown_as is NotifyFormat.TEXT and descends(type(service), "NotifyMatrix"):
        return Texts("", f"{shown_title(title)}\n{shown}", shown_as)  # Apprise would put a "# " before the title
    return Texts(shown_title(title), shown, shown_as)


def _title_way(service: NotifyBase, shown_as: NotifyFormat) -> tuple[Callable[[str], str], int]:
    """How a title is written for this service, and how long it may be."""
    limit = int(service.title_maxlen)
    if limit <= 0:
        return lambda text: _converted(service, shown_as, text[:_TITLE_IN_BODY]), service.body_maxlen // 2
    if any(descends(type(service), name) for name in _TITLES_IN_MARKDOWN):
        return lambda text: _converted(service, shown_as, text), limit
    return lambda text: _literal(service, _quiet(service, text)), limit


def _shown(service: NotifyBase, shown_as: NotifyFormat, body: str, link: str | None) -> str:
    """``body`` in the service's format, and the link after it, whole and as it is."""
    if link is None:
        return _converted(service, shown_as, body)
    if shown_as is NotifyFormat.HTML:
        return _converted(service, shown_as, f"{body}\n\n{link}" if body else link)
    # Apprise would put backslashes into an address that is text to be shown as Markdown.
    written = f"[{LINK_TITLE}]({link})" if shown_as is NotifyFormat.MARKDOWN else link
    return f"{_converted(service, shown_as, body)}\n\n{written}" if body else written


def _converted(service: NotifyBase, shown_as: NotifyFormat, text: str) -> str:
    text = _quiet(service, text)
    if shown_as is NotifyFormat.TEXT:
        return _literal(service, text)
    return str(convert_between(NotifyFormat.TEXT, shown_as, text))


def _quiet(service: NotifyBase, text: str) -> str:
    calling = any(descends(type(service), name) for name in _CALLING)
    return _CALL.sub(rf"\g<0>{_BREAK}", text) if calling else text


def _literal(service: NotifyBase, text: str) -> str:
    """``text`` so that a service which reads Markdown in it shows it as it is: a customer may be named ||**# Ada."""
    reads = any(descends(type(service), name) for name in _READING_MARKDOWN)
    return _MARKDOWN.sub(_escaped, text) if reads else text


def _escaped(match: re.Match[str]) -> str:
    sign = match[0]
    return f"{sign}\\" if sign[-1].isdigit() else f"{sign[:-1]}\\{sign[-1]}"


def _measure(service: NotifyBase, shown_as: NotifyFormat, title: str) -> tuple[Callable[[str], int], int]:
    """How long a body is for this service, and how long it may be."""
    if descends(type(service), "NotifyNtfy"):
        return lambda body: len(json.dumps(body)), _NTFY_BYTES
    limit = int(service.body_maxlen)
    if service.title_maxlen <= 0 or descends(type(service), "NotifyMatrix"):
        limit -= _length(service, title) + _ROOM  # <b></b><br />, or a line's end
    elif service.overflow_amalgamate_title:
        limit -= _length(service, service.dialect_convert(title, shown_as)) + _ROOM

    # Apprise measures what it is given and, once more, what it makes of it for the service.
    def size(body: str) -> int:
        return max(_length(service, body), _length(service, service.dialect_convert(body, shown_as)))

    return size, max(limit, 1)


def _length(service: NotifyBase, text: str) -> int:
    if any(descends(type(service), name) for name in _COUNTING_UTF16):
        return len(text.encode("utf-16-le", "surrogatepass")) // 2
    if any(descends(type(service), name) for name in _COUNTING_BYTES):
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text)


def _cut(text: str, fits: Callable[[str], bool]) -> str:
    """``text``, or as much of its beginning as fits with an ellipsis."""
    if fits(text):
        return text
    longest, too_long = 0, len(text)
    while too_long - longest > 1:
        middle = (longest + too_long) // 2
        longest, too_long = (middle, too_long) if fits(text[:middle] + "…") else (longest, middle)
    return text[:longest].rstrip() + "…"
