"""Texts that fit: as each service shows them, and no longer than it takes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final

from apprise import NotifyBase, NotifyFormat
from apprise.conversion import convert_between

from cashnotifyd.delivery.apprise_door.plugins import descends
from cashnotifyd.vocabulary import Message

LINK_TITLE: Final = "Stripe Dashboard"
_CALLING: Final = ("NotifyDiscord", "NotifyGuilded", "NotifyMattermost", "NotifyRocketChat")
_READING_MARKDOWN: Final = ("NotifyDiscord", "NotifyGuilded", "NotifyMattermost")
"""Services that read Markdown even in what is sent as text, and take a backslash before its signs."""
_MARKDOWN: Final = re.compile(r"[\\`*_~|\[\]]|^\s*(?:[#>+-]|\d+(?=[.)]))", re.MULTILINE)
_CALL: Final = re.compile(r"(?<!\w)@(?=(?:everyone|here|channel|all)\b)|<(?=@)", re.IGNORECASE)
"""What rings for a whole room there, wherever it stands in a text: a customer may be named @everyone."""
_NTFY_BYTES: Final = 4000
"""ntfy turns a longer message into an attachment, which the phone shows as a file name (its documentation,
"Limitations": 4,096 bytes). Counted in JSON, which never is shorter than UTF-8 and is what the plugin counts."""


def texts_for(service: NotifyBase, message: Message, *, links_apart: bool) -> tuple[str, str]:
    """Title and body as this service can show them, cut with a sign where they are too long.

    Apprise left to itself would send an oversized text as it is, for the service to refuse or to turn into a file.
    """
    title, body = message.title, message.body
    if any(descends(type(service), name) for name in _READING_MARKDOWN):
        title, body = (_literal(service, text) for text in (title, body))
    if message.link and not links_apart:
        body = f"{body}\n\n{message.link}" if body else message.link
    if any(descends(type(service), name) for name in _CALLING):
        title, body = (_CALL.sub("\\g<0>\u200b", text) for text in (title, body))
    if service.title_maxlen > 0:
        title = _cut(title, service.title_maxlen, len)
    if descends(type(service), "NotifyNtfy"):
        return title, _cut(body or title, _NTFY_BYTES, lambda text: len(json.dumps(text)))
    taken = len(title) + 2 if service.title_maxlen <= 0 or service.overflow_amalgamate_title else 0
    return title, _cut(body or title, max(service.body_maxlen - taken, 1), len)


def as_format(shown_as: NotifyFormat, body: str, link: str | None) -> str:
    """A text in the service's format. A link within Markdown is one: Apprise would put backslashes into its address."""
    shown: str
    if shown_as is not NotifyFormat.MARKDOWN or link is None or not body.endswith(link):
        shown = convert_between(NotifyFormat.TEXT, shown_as, body)
    else:
        shown = convert_between(NotifyFormat.TEXT, shown_as, body.removesuffix(link)) + f"[{LINK_TITLE}]({link})"
    return shown


def _literal(service: NotifyBase, text: str) -> str:
    """``text`` so that a service which reads Markdown in it shows it as it is: a customer may be named ||**# Ada."""
    if service.resolve_format(NotifyFormat.TEXT) is not NotifyFormat.TEXT:
        return text  # what is sent as Markdown is escaped on its way, by as_format
    return _MARKDOWN.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    sign = match[0]
    return f"{sign}\\" if sign[-1].isdigit() else f"{sign[:-1]}\\{sign[-1]}"


def _cut(text: str, limit: int, size: Callable[[str], int]) -> str:
    if size(text) <= limit:
        return text
    kept = text[:limit]
    while kept and size(kept + "…") > limit:
        kept = kept[: min(len(kept) - 1, len(kept) * limit // size(kept + "…"))]
    return kept.rstrip() + "…"
