"""Texts that fit: as each service shows them, and no longer than it takes."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from apprise import NotifyBase, NotifyFormat

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
_TEAMS: Final = ("NotifyWorkflows", "NotifyMSTeams")
"""They read Markdown in a title of its own too. Of their cards a single line break makes a blank ("by design", says
microsoft/AdaptiveCards#5538), and {{DATE(…)}} a date, before any Markdown is read (its "Text features")."""
_READING_MARKDOWN: Final = (
    "NotifyDiscord",
    "NotifyFluxer",
    "NotifyGuilded",
    "NotifyMattermost",
    "NotifyRevolt",
    *_TEAMS,
)
"""Services that read Markdown even in what is sent as text, and take a backslash before its signs (Mattermost means it:
mattermost/mattermost#13546)."""
_WITHOUT_ESCAPES: Final = ("NotifyGoogleChat", "NotifyRocketChat")
"""Services that read signs and may show a backslash before them. Google documents no escape ("Format messages").
Rocket.Chat takes one before ``*_~`#.`` alone (RocketChat/fuselage#899) and none in a headline ("HeadingChunk" of its
grammar), which is what Apprise makes of a title; older servers take none at all (RocketChat/Rocket.Chat#8989)."""
_PAIRED: Final = re.compile(r"[*~`]|(?<![^\W_])_+|_+(?![^\W_])")
"""What means something there in pairs. Within a word, as in ada_k@example.org, an underscore does not."""
_TWINS: Final = str.maketrans("*_~`", "\u2217\u02cd\u223c\u02cb")
"""Signs that look alike and mean nothing. A zero-width sign would not do: beside it ``*`` still makes a pair in
CommonMark, as which Google Chat reads what new apps say."""
_PLACED: Final = re.compile(r"\](?=\()|\|(?=\|)|<(?=\S)|^[^\S\n]*(?=[#>+=-]|\d+[.)])", re.MULTILINE)
"""What means something there before or at the beginning of something else."""
_READ_BY_APPRISE: Final = re.compile(r"[\\\[\]<>]|&(?=#?\w+;)")
"""What Apprise reads in Markdown on the way to Google Chat, and takes the backslash from."""
_CARD_FUNCTION: Final = re.compile(r"\{(?=\{)")
_COMMONMARK: Final = re.compile(r"[\\`*_~|\[\]<>]|&(?=#?\w+;)|^\s*(?:[#+=-]|\d+(?=[.)]))", re.MULTILINE)
"""What has to be escaped in Markdown. Apprise escapes every punctuation mark there is, and not every service that is
sent Markdown takes that back."""
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
_MATRIX_BYTES: Final = 20_000
"""An event there has at most 65,536 bytes of JSON (Matrix's Client-Server API, "Size limits"), less when encrypted."""
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
    writer = _Writer(service, None if links_apart else message.link)
    title = _cut(message.title, writer.has_room_for)
    body = message.body or ("" if writer.link else message.title)
    return writer.write(title, _cut(body, lambda text: writer.fits(writer.write(title, text))))


class _Writer:
    """Writes for one service. ``link`` is what has to stand in the text there."""

    def __init__(self, service: NotifyBase, link: str | None) -> None:
        self.link = link
        self._service = service
        self._names = {one.__name__ for one in type(service).__mro__}
        # Converted here, as the dispatcher does: asked directly, some plugins (Telegram) take text for markup.
        self._format = service.resolve_format(NotifyFormat.TEXT)
        # Of several <br/> Apprise leaves Telegram one.
        self._line_break = "\n" if "NotifyTelegram" in self._names else "<br/>"

    def write(self, title: str, body: str) -> Texts:
        title, body = self._title(title), self._body(body)
        if "NotifyMatrix" in self._names and self._format is NotifyFormat.TEXT:
            return Texts("", f"{title}\n{body}", self._format)  # Apprise would put a "# " before the title
        return Texts(title, body, self._format)

    def has_room_for(self, title: str) -> bool:
        if self._service.title_maxlen > 0:
            return len(self._title(title)) <= self._service.title_maxlen
        return len(title) <= _TITLE_IN_BODY and len(self._title(title)) <= self._service.body_maxlen // 2

    def fits(self, texts: Texts) -> bool:
        if "NotifyNtfy" in self._names:
            return len(json.dumps(texts.body)) <= _NTFY_BYTES
        if "NotifyMatrix" in self._names:
            return len(texts.body.encode("utf-8", "surrogatepass")) <= _MATRIX_BYTES
        # Apprise measures what it is given and, once more, what it makes of it for the service.
        whole = self._put_together(texts)
        longest = max(map(self._length, (whole, self._service.dialect_convert(whole, texts.format))))
        return longest <= self._service.body_maxlen

    def _title(self, title: str) -> str:
        if self._service.title_maxlen <= 0:
            return self._converted(title, self._format)
        in_markdown = not self._names.isdisjoint(_TEAMS)
        return self._converted(title, NotifyFormat.MARKDOWN if in_markdown else NotifyFormat.TEXT)

    def _body(self, body: str) -> str:
        """``body`` in the service's format, and the link after it, whole and as it is."""
        shown = self._converted(body, self._format)
        if self.link is None:
            return shown
        if self._format is NotifyFormat.MARKDOWN:
            link = f"[{LINK_TITLE}]({self.link})"
        else:
            link = html.escape(self.link) if self._format is NotifyFormat.HTML else self.link
        between = self._line_break * 2 if self._format is NotifyFormat.HTML else "\n\n"
        return f"{shown}{between}{link}" if shown else link

    def _converted(self, text: str, shown_as: NotifyFormat) -> str:
        if not self._names.isdisjoint(_CALLING):
            text = _CALL.sub(rf"\g<0>{_BREAK}", text)
        if not self._names.isdisjoint(_TEAMS):
            text = re.sub(r"\n+", "\n\n", _CARD_FUNCTION.sub(rf"\g<0>{_BREAK}", text))
        if not self._names.isdisjoint(_WITHOUT_ESCAPES) and shown_as is not NotifyFormat.HTML:
            text = _PAIRED.sub(lambda signs: signs[0].translate(_TWINS), text)
            text = _PLACED.sub(rf"\g<0>{_BREAK}", text)
            read = "NotifyGoogleChat" in self._names and shown_as is NotifyFormat.MARKDOWN
            return _READ_BY_APPRISE.sub(r"\\\g<0>", text) if read else text
        if shown_as is NotifyFormat.HTML:
            # Apprise would make every space one that no line breaks at.
            return html.escape(text, quote=False).replace("\n", self._line_break)
        if shown_as is NotifyFormat.MARKDOWN:
            return _COMMONMARK.sub(_escaped, text)
        return text if self._names.isdisjoint(_READING_MARKDOWN) else _MARKDOWN.sub(_escaped, text)

    def _put_together(self, texts: Texts) -> str:
        """What Apprise makes of both for a service that takes one text."""
        if self._service.title_maxlen > 0:
            return texts.title + " " * _ROOM + texts.body if self._service.overflow_amalgamate_title else texts.body
        if texts.format is NotifyFormat.HTML:
            return f"<b>{texts.title}</b><br />\r\n{texts.body}"
        return f"# {texts.title}\r\n{texts.body}"

    def _length(self, text: str) -> int:
        if self._names.isdisjoint(_COUNTING_UTF16):
            return len(text)
        return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _escaped(match: re.Match[str]) -> str:
    sign = match[0]
    return f"{sign}\\" if sign[-1].isdigit() else f"{sign[:-1]}\\{sign[-1]}"


def _cut(text: str, fits: Callable[[str], bool]) -> str:
    """``text``, or as much of its beginning as fits with an ellipsis."""
    if fits(text):
        return text
    longest, too_long = 0, len(text)
    while too_long - longest > 1:
        middle = (longest + too_long) // 2
        longest, too_long = (middle, too_long) if fits(f"{text[:middle].rstrip()}…") else (longest, middle)
    return f"{text[:longest].rstrip()}…"
